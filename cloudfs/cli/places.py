"""Where on a service the words of a command lead, and what path an entry has."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from errno import ENODATA, ENOENT
from pathlib import Path

import trio

from cloudfs.cli.demo import DEMO, demo_remote
from cloudfs.cli.output import complain
from cloudfs.cli.targets import remote_and_path, state_of
from cloudfs.config import Config, Remote
from cloudfs.errors import AccessDenied, ConfigError, NotAFolder, NotFound, unwrapped
from cloudfs.model import Entry, EntryId
from cloudfs.providers.base import Provider

ID = "user.cloudfs.id"
STATE = "user.cloudfs.state"
DEEPEST = 500  # folders above an entry: more are a ring
TOGETHER = 8  # folders asked for at once


@dataclass(frozen=True, slots=True)
class Target:
    """A file or folder that a command names, which may not exist yet."""

    word: str
    remote: Remote
    path: str  # below `start`; "/" is that itself
    start: EntryId | None = None  # None: the account's root

    async def entry(self, provider: Provider) -> Entry:
        """What is there. Raises NotFound, naming what is missing."""
        return await self._walk(provider, self._names())

    async def place(self, provider: Provider) -> tuple[Entry, str]:
        """The folder in which it is, or would be, and its name. Raises NotFound, NotAFolder."""
        *above, name = self._names() or [""]
        if not name:
            raise ConfigError(f"{self.word}: the name of something in a folder is needed here")
        folder = await self._walk(provider, above)
        if not folder.is_folder:
            raise NotAFolder(f"{self.word}: what it should be in is a file")
        return folder, name

    async def place_for(self, provider: Provider, name: str) -> tuple[Entry, str]:
        """Where something called *name* goes: into the target if that is a folder, else to it."""
        try:
            entry = await self.entry(provider)
        except NotFound:
            if self.word.endswith("/"):
                raise
            return await self.place(provider)
        return (entry, name) if entry.is_folder else await self.place(provider)

    def _names(self) -> list[str]:
        return [name for name in self.path.split("/") if name]

    async def _walk(self, provider: Provider, names: Iterable[str]) -> Entry:
        start = self.start
        entry = await (provider.root() if start is None else provider.stat(start))
        walked = ""
        for name in names:
            walked += f"/{name}"
            try:
                entry = await provider.find(entry.id, name)
            except NotFound as error:
                raise NotFound(f"there is no {self._told(walked)}") from error
        return entry

    def _told(self, walked: str) -> str:
        return f"{self.remote.name}:{walked}" if self.start is None else self.word


def target(config: Config, word: str) -> Target:
    """What NAME:PATH stands for, or a path inside a mounted drive. Raises ConfigError."""
    name, colon, _ = word.partition(":")
    if (colon and "/" not in name) or (name in config.remotes and not os.path.lexists(word)):
        remote, path = remote_and_path(config, word)
        return Target(word, remote, path)
    return _in_drive(config, word)


def _in_drive(config: Config, word: str) -> Target:
    """A path of this machine: the drive tells by which id the service knows it."""
    remote_name = state_of(word).name
    remote = config.remotes.get(remote_name)
    if remote is None:
        remote = demo_remote() if remote_name == DEMO else None
    if remote is None:
        raise ConfigError(f"{word} is on the remote {remote_name}, which {config.path} lacks now")
    path = Path(os.path.abspath(word))  # noqa: PTH100 - resolve() would follow links on the drive
    try:
        start = _told_by_drive(path, ID)
    except FileNotFoundError:
        start = _told_by_drive(path.parent, ID)
        return Target(word, remote, f"/{path.name}", EntryId(start))
    if _told_by_drive(path, STATE) != "clean":
        complain(f"{word} has changes that the service does not have yet; `cloudfs flush` waits")
    return Target(word, remote, "/", EntryId(start))


def _told_by_drive(path: Path, name: str) -> str:
    try:
        return os.fsdecode(os.getxattr(path, name, follow_symlinks=False))
    except OSError as error:
        if error.errno == ENODATA:
            raise ConfigError(
                f"{path} is not on the service yet; run: cloudfs flush {path}"
            ) from error
        if error.errno == ENOENT:
            raise
        raise ConfigError(f"{path} cannot be looked at: {error.strerror}") from error


class Paths:
    """Paths of entries from the account's root, for people; each folder is asked for once."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

        # Changing. None: it is not below the root, or not there any more.
        self._known: dict[EntryId, str | None] = {}

    async def of(self, entry: Entry) -> str | None:
        """The path; None if the entry is not below the account's root."""
        await self._begin()
        if entry.id in self._known:
            known = self._known[entry.id]
            return "/" if known == "" else known
        return await self.within(entry.parent_id, entry.name)

    async def within(self, folder_id: EntryId | None, name: str) -> str | None:
        """The path of a child of that folder; None if the folder is not below the root."""
        if folder_id is None:
            return None
        folder = await self._folder(folder_id)
        return None if folder is None else f"{folder}/{name}"

    async def learn(self, folder_ids: Iterable[EntryId | None]) -> None:
        """Ask for many folders side by side."""
        unknown = {folder_id for folder_id in folder_ids if folder_id not in self._known}
        limit = trio.CapacityLimiter(TOGETHER)

        async def ask(folder_id: EntryId) -> None:
            async with limit:
                await self._folder(folder_id)

        if unknown - {None}:
            await self._begin()
        with unwrapped():
            async with trio.open_nursery() as nursery:
                for folder_id in unknown:
                    if folder_id is not None:
                        nursery.start_soon(ask, folder_id)

    async def _begin(self) -> None:
        if not self._known:
            self._known[(await self._provider.root()).id] = ""

    async def _folder(self, folder_id: EntryId) -> str | None:
        """The path of a folder, without a slash at its end."""
        await self._begin()
        climbed: list[tuple[EntryId, str]] = []
        at: EntryId | None = folder_id
        while at is not None and at not in self._known and len(climbed) < DEEPEST:
            try:
                folder = await self._provider.stat(at)
            except (NotFound, AccessDenied):
                break
            climbed.append((at, folder.name))
            at = folder.parent_id
        path = None if at is None else self._known.setdefault(at, None)
        for folder_id_above, name in reversed(climbed):
            path = None if path is None else f"{path}/{name}"
            self._known[folder_id_above] = path
        return path
