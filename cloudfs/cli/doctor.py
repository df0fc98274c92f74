"""doctor: what of an account works, call by call, with times and reasons."""

import argparse
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import trio

from cloudfs.cli.checkup import Check, Checkup, Skipped, State, Work
from cloudfs.cli.looks import Looks
from cloudfs.cli.output import Done
from cloudfs.cli.scratch import SMALL_PARTS, Scratch
from cloudfs.cli.targets import remote_and_path
from cloudfs.config import Remote, load, resolved
from cloudfs.errors import ConfigError, unwrapped
from cloudfs.http import probe
from cloudfs.http.client import Http
from cloudfs.mounting.building import connected
from cloudfs.mounting.folders import folders_of
from cloudfs.providers.base import FACETS, Provider
from cloudfs.providers.registry import service
from cloudfs.providers.settings import fields

SHORTEST_SECRET = 8  # shorter ones are parts of common words: leaving them out would show them
UNTRIED = {"archives", "fetching"}  # they would leave something behind, or need an address


def doctor(arguments: argparse.Namespace) -> None:
    """Check a remote from its configuration to its recycle bin."""
    checkup = Checkup(_nothing if arguments.json else _show)
    visit = _Visit(checkup, arguments.target, write=arguments.write)
    with unwrapped():
        trio.run(visit.make)
    if arguments.json:
        print(json.dumps(visit.report(), indent=2))
    else:
        print(visit.summary())
    if checkup.failed:
        raise Done(1 if visit.remote is not None else 2)


class _Visit:
    """All checks of one remote, as far as they make sense."""

    def __init__(self, checkup: Checkup, target: str, *, write: bool) -> None:
        self._checkup = checkup
        self._target = target
        self._write = write

        # Changing.
        self.remote: Remote | None = None
        self._path = "/"
        self._table: dict[str, Any] = {}  # with secrets
        self._provider: Provider | None = None

    async def make(self) -> None:
        """Check the configuration and, if it is right, the account."""
        run = self._checkup.run
        if not await run("configuration", self._configuration):
            return
        assert self.remote is not None
        if not await run("secrets", self._secrets):
            return
        if url := self._url():
            way = _Way(url)
            for name, work in (("name service", way.addresses), ("connection", way.handshake)):
                await run(name, work)
        try:
            async with connected(self._for_a_visit(), folders_of(self.remote.name)) as connection:
                await self._account(*connection)
        except ConfigError as error:
            await run("settings", _raises(error))

    async def _account(self, provider: Provider, http: Http) -> None:
        checkup = self._checkup
        checkup.requests = lambda: sum(http.counters.requests.values())
        self._provider = provider

        async def sign_in() -> str:
            await provider.open()
            return type(provider).title

        if not await checkup.run("sign-in", sign_in):
            return  # the others would fail likewise, and may have the account locked
        looks = Looks(provider, self._path)
        await self._all(looks.of_account())
        if not self._write:
            await self._all(looks.of_file())
            return
        scratch = Scratch(provider, looks.folder)
        try:
            await self._all(scratch.first())
            looks.file = scratch.file
            await self._all(looks.of_file())
            await self._all(scratch.rest())
        finally:
            with trio.CancelScope(shield=True):
                await self._all(scratch.last())

    async def _all(self, checks: Iterable[tuple[str, Work]]) -> None:
        for name, work in checks:
            await self._checkup.run(name, work)

    # This machine's side ----------------------------------------------------------------------

    async def _configuration(self) -> str:
        config = load()
        self.remote, self._path = remote_and_path(config, self._target)
        return f"{self.remote.type}; {_permissions(config.path)}"

    async def _secrets(self) -> str:
        assert self.remote is not None
        table = await trio.to_thread.run_sync(resolved, self.remote)
        self._table = table
        known = fields(service(self.remote.type, remote=self.remote.name).settings_type)
        names = [name for name in table if name in known and known[name][1].secret]
        told = (str(table[name]) for name in names)
        self._checkup.secrets = [secret for secret in told if len(secret) >= SHORTEST_SECRET]
        return ", ".join(names) or "none"

    def _url(self) -> str:
        """Where the first request goes, if that is known."""
        assert self.remote is not None
        known = fields(service(self.remote.type, remote=self.remote.name).settings_type)
        if "url" not in known:
            return ""
        url = self._table.get("url", known["url"][0].default)
        return url if isinstance(url, str) else ""

    def _for_a_visit(self) -> Remote:
        """The remote with what is tried with less, and without an end of the session."""
        assert self.remote is not None
        known = fields(service(self.remote.type, remote=self.remote.name).settings_type)
        settings: dict[str, Any] = dict(self._table)
        if "logout" in known:
            settings["logout"] = False
        for name, most in SMALL_PARTS.items() if self._write else ():
            if name in known:
                settings[name] = min(settings.get(name, known[name][0].default), most)
        return replace(self.remote, settings=settings, keyring=())

    # Telling ----------------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "remote": self.remote.name if self.remote else self._target.partition(":")[0],
            "type": self.remote.type if self.remote else None,
            "ok": not self._checkup.failed,
            "checks": [
                {
                    "check": check.name,
                    "state": check.state.value,
                    "seconds": round(check.seconds, 4),
                    "requests": check.requests,
                    "detail": check.detail,
                }
                for check in self._checkup.checks
            ],
            "not_offered": self._facets(offered=False),
            "not_tried": sorted(UNTRIED & set(self._facets(offered=True))),
        }

    def summary(self) -> str:
        """What there is to say at the end, for people."""
        lines = []
        if missing := self._facets(offered=False):
            lines.append(f"not offered by this service: {', '.join(missing)}")
        if untried := sorted(UNTRIED & set(self._facets(offered=True))):
            lines.append(f"offered, and not tried: {', '.join(untried)}")
        failed = self._checkup.failed
        of_all = len(self._checkup.checks)
        lines.append(f"{failed} of {of_all} checks failed" if failed else "all of it works")
        return "\n".join(lines)

    def _facets(self, *, offered: bool) -> list[str]:
        if self._provider is None:
            return []
        return [name for name in FACETS if (getattr(self._provider, name) is not None) == offered]


class _Way:
    """The way to a server."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def addresses(self) -> str:
        """Count what the name of its host leads to."""
        self._check_proxy()
        return f"addresses: {await probe.addresses(self._url)}"

    async def handshake(self) -> str:
        """Tell how a connection is secured."""
        self._check_proxy()
        return await probe.handshake(self._url)

    def _check_proxy(self) -> None:
        if probe.uses_proxy(self._url):
            raise Skipped("requests go through a proxy")


def _raises(error: ConfigError) -> Work:
    async def work() -> str:
        raise error

    return work


def _permissions(path: Path) -> str:
    try:
        return f"{path} has permissions {path.stat().st_mode & 0o777:04o}"
    except OSError:
        return "not from a file"


def _show(check: Check) -> None:
    mark = {State.OK: "ok", State.FAILED: "FAILED", State.SKIPPED: "-"}[check.state]
    spent = f"{check.seconds * 1000:.0f} ms"
    requests = f"{check.requests} req" if check.requests else ""
    line = f"{mark:<7}{check.name:<34}{spent:>9} {requests:>7}  {check.detail}"
    print(line.rstrip(), flush=True)


def _nothing(_: Check) -> None:
    pass
