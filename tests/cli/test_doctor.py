"""`cloudfs doctor`: what it tells of accounts that work, and of those that do not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import trio

from cloudfs.cli.checkup import Checkup, Failed, Skipped, State
from cloudfs.cli.looks import Looks
from cloudfs.cli.scratch import PREFIX, Scratch
from cloudfs.errors import NotFound, Unavailable
from cloudfs.model import Entry
from cloudfs.providers.base import Provider
from cloudfs.providers.memory import MemoryProvider
from tests.cli.service import Home, Said, Service
from tests.support import BytesContent, listing

Cloudfs = Callable[..., Said]
Serve = Callable[[str], Service]

TYPES = ["asuswebstorage", "cloud689", "cloudike", "omnistor", "podspace"]


def states(said: Said) -> dict[str, str]:
    return {check["check"]: check["state"] for check in json.loads(said.out)["checks"]}


def details(said: Said) -> dict[str, str]:
    return {check["check"]: check["detail"] for check in json.loads(said.out)["checks"]}


# Accounts that work -----------------------------------------------------------------------------


@pytest.mark.parametrize("type_", TYPES)
def test_an_account_that_works_passes_and_nothing_is_left(
    type_: str, home: Home, cloudfs: Cloudfs, serve: Serve
):
    service = serve(type_)
    more = {"projects": "rw"} if type_ == "cloud689" else {}
    home.remote("work", type=type_, **service.account, **more)
    before = service.do(lambda: (service.emulator.tree(), service.emulator.bin()))
    said = cloudfs("doctor", "work", "--write", "--json")
    report = json.loads(said.out)
    assert [check for check in report["checks"] if check["state"] == "failed"] == []
    assert (said.status, report["ok"], report["type"]) == (0, True, type_)
    found = states(said)
    for check in ("sign-in", "listing", "upload", "read back", "replace", "move", "large upload"):
        assert found[check] == "ok"
    assert found["remove the folder"] == "ok"
    assert service.do(lambda: (service.emulator.tree(), service.emulator.bin())) == before


def test_without_write_nothing_is_changed(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("cloudike")
    home.remote("work", type="cloudike", **service.account)
    said = cloudfs("doctor", "work", "--json")
    assert said.status == 0, said.out
    assert states(said)["ranged read"] == "skipped"
    methods = {one.method for one in service.do(service.emulator.requests.all)}
    assert service.received("login") == 1
    assert methods == {"GET", "POST"}  # POST: the login


def test_a_file_is_found_in_the_folders_and_read(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("cloudike")
    home.remote("work", type="cloudike", **service.account)
    service.do(lambda: service.emulator.make_folder("/a"))
    service.do(lambda: service.emulator.make_folder("/b"))
    service.do(lambda: service.emulator.write("/b/f", b"x" * 200_000))
    said = cloudfs("doctor", "work:b", "--json")
    assert said.status == 0
    assert details(said)["ranged read"] == "the beginning and from byte 100000 of 200000"
    assert cloudfs("doctor", "work").out.count("\nok     versions ") == 1


def test_the_report_for_people_names_what_is_not_offered(home: Home, cloudfs: Cloudfs):
    home.remote("m", type="memory")
    said = cloudfs("doctor", "m", "--write")
    assert said.status == 0
    *_, missing, verdict = said.out.splitlines()
    assert missing.startswith("not offered by this service: tree, sharing, search")
    assert verdict == "all of it works"


# What does not work -----------------------------------------------------------------------------


def test_an_unknown_remote_is_a_matter_of_the_configuration(home: Home, cloudfs: Cloudfs):
    said = cloudfs("doctor", "nobody", "--json")
    assert (said.status, states(said)) == (2, {"configuration": "failed"})
    assert "cloudfs login nobody" in details(said)["configuration"]


def test_a_file_that_others_can_read_is_told_of(home: Home, cloudfs: Cloudfs):
    home.write('[remotes.w]\ntype = "webdav"\nurl = "https://x.test"\npassword = "pw"\n', 0o644)
    said = cloudfs("doctor", "w")
    assert said.status == 2
    assert said.out.startswith("FAILED configuration")
    assert "chmod 600" in said.out


def test_a_secret_that_cannot_be_had_ends_it(home: Home, cloudfs: Cloudfs):
    home.remote("w", type="webdav", url="https://x.test", password_command="false")
    said = cloudfs("doctor", "w", "--json")
    assert (said.status, states(said)) == (1, {"configuration": "ok", "secrets": "failed"})


def test_settings_that_make_no_sense_are_told_of(home: Home, cloudfs: Cloudfs):
    home.remote("s", type="s3", url="http://127.0.0.1:1", part_size=1)
    said = cloudfs("doctor", "s", "--json")
    assert said.status == 1
    assert states(said)["settings"] == "failed"
    assert "access_key" in details(said)["settings"]


def test_a_server_that_is_not_there_is_told_of(home: Home, cloudfs: Cloudfs):
    home.remote("w", type="webdav", url="http://127.0.0.1:1/")
    said = cloudfs("doctor", "w", "--json")
    assert said.status == 1
    found = states(said)
    assert (found["name service"], found["connection"]) == ("ok", "failed")
    assert (found["sign-in"], "listing" in found) == ("failed", False)
    assert "127.0.0.1:1" in details(said)["connection"]


def test_a_refused_login_is_tried_once_and_ends_it(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("cloudike").own_account()
    home.remote("work", type="cloudike", **{**service.account, "password": "hunter2-hunter2"})
    said = cloudfs("doctor", "work", "--write", "--json")
    assert said.status == 1
    assert list(states(said))[-1] == "sign-in"
    assert service.received("login") == 1
    assert "hunter2" not in said.out + said.err


def test_one_call_that_fails_does_not_end_the_others(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("podspace")
    home.remote("pod", type="podspace", **service.account)
    service.fault(kind="status", route="search", status=400)
    said = cloudfs("doctor", "pod", "--json")
    assert said.status == 1
    found = states(said)
    assert [name for name, state in found.items() if state == "failed"] == ["search"]
    assert found["recent"] == "ok"


def test_the_tokens_outlive_the_visit(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("podspace")
    home.remote("pod", type="podspace", **service.account, logout=True)
    assert cloudfs("doctor", "pod").status == 0
    assert service.received("logout") == 0
    assert cloudfs("doctor", "pod").status == 0


# One check --------------------------------------------------------------------------------------


async def check(outcome: str | Exception) -> Any:
    checkup = Checkup(lambda _: None)
    checkup.secrets = ["hunter2-hunter2"]

    async def work() -> str:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    await checkup.run("it", work)
    return checkup.checks[0]


@pytest.mark.parametrize(
    ("outcome", "state", "detail"),
    [
        ("fine", State.OK, "fine"),
        (Skipped("none"), State.SKIPPED, "none"),
        (Failed("wrong"), State.FAILED, "wrong"),
        (NotFound("gone\n  away"), State.FAILED, "gone away"),
        (Unavailable(""), State.FAILED, "Unavailable"),
        (OSError(13, "Permission denied"), State.FAILED, "[Errno 13] Permission denied"),
        (KeyError("x"), State.FAILED, "an internal error: KeyError: 'x'"),
        (ExceptionGroup("", [NotFound("inside")]), State.FAILED, "inside"),
        (NotFound("?t=hunter2-hunter2&x"), State.FAILED, "?t=***&x"),
    ],
)
async def test_what_comes_of_a_check_is_one_line(
    outcome: str | Exception, state: State, detail: str
):
    told = await check(outcome)
    assert (told.state, told.detail) == (state, detail)


async def test_a_check_that_does_not_end_is_given_up(autojump_clock: object):
    checkup = Checkup(lambda _: None)

    async def work() -> str:
        await trio.sleep_forever()
        return ""

    assert not await checkup.run("it", work)
    assert checkup.checks[0].detail == "no answer within 120 seconds"
    assert checkup.checks[0].seconds == 120


# Accounts that lie ------------------------------------------------------------------------------


async def written(provider: Provider) -> dict[str, State]:
    """What the checks that write come to."""
    checkup = Checkup(lambda _: None)
    scratch = Scratch(provider, await provider.root())
    for checks in (scratch.first, scratch.rest, scratch.last):
        for name, work in checks():
            await checkup.run(name, work)
    return {one.name: one.state for one in checkup.checks}


def failed(found: dict[str, State]) -> list[str]:
    return [name for name, state in found.items() if state is State.FAILED]


async def test_an_account_in_memory_does_all_of_it():
    provider = MemoryProvider()
    assert failed(await written(provider)) == []
    assert await listing(provider, (await provider.root()).id) == {}
    assert provider.service.binned() == []


class Careless(MemoryProvider):
    """Replaces whatever is there."""

    async def upload(self, folder_id, name, content, *, replacing=None, transfer=None):
        if replacing is not None:
            replacing = await self.stat(replacing.id)
        return await super().upload(
            folder_id, name, content, replacing=replacing, transfer=transfer
        )


class Forgetful(MemoryProvider):
    """Keeps half of what it is given."""

    async def upload(self, folder_id, name, content, *, replacing=None, transfer=None):
        half = BytesContent(b"".join([p async for p in content.read(0, content.size // 2)]))
        return await super().upload(folder_id, name, half, replacing=replacing, transfer=transfer)


class Timeless(MemoryProvider):
    """Keeps no times."""

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        return await super().set_modified(entry, modified_ns - 10**9)


class Binless(MemoryProvider):
    """Removes for ever what should be in the bin."""

    async def remove(self, entry, *, recursive=False, permanently=False):
        await super().remove(entry, recursive=recursive, permanently=permanently or True)


class Closed(MemoryProvider):
    """Lets nobody make folders."""

    async def create_folder(self, folder_id, name):
        raise Unavailable(f"{name} in {folder_id}: not now")


@pytest.mark.parametrize(
    ("provider", "broken"),
    [
        (Careless(), ["replace, if not changed"]),
        (Timeless(), ["set time"]),
        (Binless(), ["remove, find in the bin, restore"]),
        (Closed(), ["make a folder"]),
    ],
)
async def test_an_account_that_does_not_do_what_it_says_fails(
    provider: MemoryProvider, broken: list[str]
):
    assert failed(await written(provider)) == broken


async def test_an_account_that_loses_bytes_fails_and_is_left_clean():
    provider = Forgetful()
    found = await written(provider)
    assert {"upload", "replace", "large upload"} <= set(failed(found))
    assert found["remove the folder"] is State.OK
    assert await listing(provider, (await provider.root()).id) == {}


async def test_a_folder_that_cannot_be_removed_is_named():
    class Sticky(MemoryProvider):
        async def remove(self, entry, *, recursive=False, permanently=False):
            if entry.name.startswith(PREFIX):
                raise Unavailable("not now")
            await super().remove(entry, recursive=recursive, permanently=permanently)

    provider = Sticky()
    scratch = Scratch(provider, await provider.root())
    checkup = Checkup(lambda _: None)
    for checks in (scratch.first, scratch.last):
        for name, work in checks():
            await checkup.run(name, work)
    assert checkup.checks[-1].detail == f"not now: remove {scratch.name} by hand"


async def test_a_short_read_fails():
    class Short(MemoryProvider):
        def fetch(self, link, start, stop):
            return super().fetch(link, start, max(start + 1, stop - 1))

    provider = Short()
    await provider.upload((await provider.root()).id, "f", BytesContent(b"x" * 100))
    looks = Looks(provider, "/")
    checkup = Checkup(lambda _: None)
    for name, work in (*looks.of_account(), *looks.of_file()):
        await checkup.run(name, work)
    assert failed({one.name: one.state for one in checkup.checks}) == ["ranged read"]
