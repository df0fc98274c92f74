"""What a running mount answers to those who ask through its control socket."""

import os
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import trio

from cloudfs.config import Remote, load, resolved
from cloudfs.control import Answer, Command
from cloudfs.errors import ConfigError
from cloudfs.fuse.session import Session
from cloudfs.journal.changes import Change
from cloudfs.journal.giving_up import give_up, save_elsewhere
from cloudfs.mounting import mountpoints
from cloudfs.mounting.building import Assembly
from cloudfs.mounting.keeping import Keeping
from cloudfs.mounting.notes import Notes
from cloudfs.providers.base import FACETS, Provider
from cloudfs.providers.registry import create, service
from cloudfs.providers.settings import fields

PROGRESS_INTERVAL = 0.5
STEP_PATIENCE = 30.0  # seconds for a request that is under way
QUOTA_PATIENCE = 3.0  # seconds after a flush, so that what is told next is true
MOST_LISTED = 1000

# What a new login may bring with it besides secrets.
PARTS_OF_A_LOGIN = {"access_key", "auth", "auth_mode", "captcha", "device_uid", "sid"}


class Commands:
    """Status, flush, umount, login, and what a person does about what waits."""

    def __init__(self, assembly: Assembly, session: Session) -> None:
        self._assembly = assembly
        self._session = session

    def table(self) -> Mapping[str, Command]:
        """The commands by name."""
        return {
            "status": self.status,
            "flush": self.flush,
            "umount": self.umount,
            "retry": self.retry,
            "export": self.export,
            "discard": self.discard,
            "login": self.login,
            **Keeping(self._assembly, self._session.mountpoint).table(),
        }

    async def status(self, _: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """How the mount is."""
        yield {"done": True, **await self._status()}

    async def flush(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Wait until the service has everything; tell how far it is meanwhile."""
        timeout = request.get("timeout")
        deadline = trio.current_time() + (float(timeout) if timeout is not None else float("inf"))
        journal, committer = self._assembly.journal, self._assembly.committer
        with committer.hurry():
            while journal.waiting and trio.current_time() < deadline:
                with trio.move_on_after(min(PROGRESS_INTERVAL, deadline - trio.current_time())):
                    await committer.drain()
                yield self._progress()
        with trio.move_on_after(QUOTA_PATIENCE):
            await self._assembly.drive.space.ask()
        yield {"done": True, **self._progress(), "left": self._left()}

    async def umount(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Flush unless told not to wait, and unmount if nothing is in the way."""
        if request.get("wait", True):
            answer: Answer = {}
            async for answer in self.flush(request):
                if not answer.get("done"):
                    yield answer
            if answer.get("waiting"):
                yield {**answer, "unmounted": False}
                return
        else:
            await self._assembly.journal.harden()
            self._session.in_a_hurry = True
        problem = await trio.to_thread.run_sync(mountpoints.unmount, self._session.mountpoint)
        yield {
            "done": True,
            "unmounted": problem is None,
            "problem": problem,
            "pid": os.getpid(),
            **self._progress(),
            "left": self._left(),
        }

    async def retry(self, _: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Try again what the service refused."""
        count = await self._assembly.journal.retry()
        self._assembly.committer.resume()
        yield {"done": True, "retried": count}

    async def export(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Copy what the service does not have to another folder."""
        journal, tree = self._assembly.journal, self._assembly.drive.tree
        changes = [*journal.refused, *journal.waiting]
        try:
            saved = await save_elsewhere(tree, changes, Path(request["into"]))
        except OSError as error:
            yield {"done": True, "error": f"{error.filename}: {error.strerror}"}
            return
        yield {"done": True, "saved": [os.fspath(path) for path in saved]}

    async def discard(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Forget refused changes, or all, at a path and below it; with "dry" only list them."""
        journal, drive = self._assembly.journal, self._assembly.drive
        top = Path(request["path"]).relative_to(self._session.mountpoint)
        candidates = [*journal.refused, *(journal.waiting if request.get("all") else [])]
        chosen = [change for change in candidates if self._is_below(change, top)]
        shown = [self._shown(change) for change in chosen]
        if not request.get("dry"):
            for change in chosen:
                with trio.move_on_after(STEP_PATIENCE):
                    await journal.idle(change)
                if journal.changes.get(change.number) is change:
                    await give_up(journal, drive.tree, drive.listings, change)
            await journal.harden()
        yield {"done": True, "discarded": shown}

    def _is_below(self, change: Change, top: Path) -> bool:
        return Path(self._path(change).strip("/")).is_relative_to(top)

    async def login(self, _: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Go on with the login that the configuration has now."""
        try:
            fresh = await self._signed_in_anew()
        except ConfigError as error:
            yield {"done": True, "error": str(error)}
            return
        _become(self._assembly.provider, fresh)
        self._assembly.committer.resume()
        yield {"done": True}

    async def _signed_in_anew(self) -> Provider:
        """Another provider of the same account. Raises ConfigError if it is another account."""
        assembly = self._assembly
        remote = load().remote(assembly.remote.name)
        if _account(remote) != _account(assembly.remote):
            raise ConfigError("more than the login has changed")
        fresh = create(
            remote.type,
            await trio.to_thread.run_sync(resolved, remote),
            remote=remote.name,
            http=assembly.http,
            notes=Notes(assembly.folders.state / "notes.json"),
        )
        await fresh.open()
        return fresh

    async def _status(self) -> Answer:
        assembly = self._assembly
        journal = assembly.journal
        conflicts = await journal.conflicts()
        quota = assembly.drive.space.quota
        return {
            "remote": assembly.remote.name,
            "type": assembly.remote.type,
            "mountpoint": os.fspath(self._session.mountpoint),
            "pid": os.getpid(),
            "online": assembly.http.reachable,
            **self._progress(),
            "uploads": [self._upload(change) for change in journal.waiting if change.transfer],
            "pending": [self._shown(change) for change in journal.waiting[:MOST_LISTED]],
            "failed": [self._shown(change) for change in journal.refused[:MOST_LISTED]],
            "conflicts": [
                {"at": at, "path": path, "copy": copy} for at, path, copy in conflicts[-100:]
            ],
            "cache": {"bytes": assembly.cache.used},
            "pinned": {
                "files": len(assembly.pins.files),
                "bytes": assembly.pins.bytes,
                "missing": assembly.pins.missing,
                "trouble": assembly.pins.trouble,
            },
            "quota": {"total": quota.total, "used": quota.used, "free": quota.free},
            "traffic": assembly.http.counters.as_dict(),
        }

    def _progress(self) -> Answer:
        journal = self._assembly.journal
        waiting = journal.waiting
        troubled = next((change for change in waiting if change.trouble), None)
        return {
            "waiting": len(waiting),
            "refused": len(journal.refused),
            "trouble": f"{self._path(troubled)}: {troubled.trouble}" if troubled else None,
        }

    def _left(self) -> list[Answer]:
        journal = self._assembly.journal
        return [self._shown(change) for change in (journal.refused + journal.waiting)[:100]]

    def _upload(self, change: Change) -> Answer:
        transfer = change.transfer
        return {
            "path": self._path(change),
            "sent": transfer.sent if transfer is not None else 0,
            "size": change.draft.size if change.draft is not None else 0,
        }

    def _shown(self, change: Change) -> Answer:
        shown: Answer = {"path": self._path(change), "change": _what(change)}
        if change.failure is not None:
            shown["reason"] = change.failure.message
        elif change.trouble:
            shown["reason"] = change.trouble
        return shown

    def _path(self, change: Change) -> str:
        folder = self._assembly.drive.tree.known(change.parent)
        if folder is None:
            return change.name
        return f"{folder.path().rstrip('/')}/{change.name}"


def _account(remote: Remote) -> Mapping[str, Any]:
    """All of a remote but its login: what is mounted would be another account without it."""
    known = fields(service(remote.type, remote=remote.name).settings_type)
    plain = {
        name: value
        for name, value in remote.settings.items()
        if name in known and not known[name][1].secret and name not in PARTS_OF_A_LOGIN
    }
    return {"type": remote.type, **plain}


def _become(held: Provider, fresh: Provider) -> None:
    """Turn the provider that all parts of the drive hold into *fresh*, and its facets likewise.

    From here on each pair has one state. Calls on their way go on with what they began with.
    """
    for name in FACETS:
        old, new = getattr(held, name), getattr(fresh, name)
        if old is not None and type(old) is type(new):
            old.__dict__ = new.__dict__
    held.__dict__ = fresh.__dict__


def _what(change: Change) -> str:
    if change.removed:
        return "remove"
    if change.base is None:
        return "create"
    if change.content:
        return "update"
    return "move" if change.moved else "set time"
