from collections.abc import Sequence

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from cloudfs.errors import NotFound, Unreachable
from cloudfs.model import Entry, EntryId, Kind
from cloudfs.providers.webdav.gathering import Gathering


class Server:
    """A folder, and what was asked about it; answers come when they are let go."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.asked: list[str] = []
        self.go = trio.Event()
        self.down = False
        self.gathering = Gathering(self.stat, self.children)

    async def stat(self, entry_id: EntryId) -> Entry:
        self.asked.append(f"stat {entry_id}")
        await self.go.wait()
        if entry_id.rpartition("/")[2] not in self.names:
            raise NotFound(entry_id)
        return entry(entry_id)

    async def children(self, folder_id: EntryId) -> tuple[Sequence[Entry], None]:
        self.asked.append(f"list {folder_id}")
        await self.go.wait()
        if self.down:
            raise Unreachable("down, on cue")
        return [entry(EntryId(f"{folder_id}/{name}")) for name in self.names], None


def entry(entry_id: EntryId) -> Entry:
    return Entry(id=entry_id, parent_id=None, name=entry_id.rpartition("/")[2], kind=Kind.FILE)


async def ask(server: Server, *names: str) -> dict[str, Entry | NotFound]:
    """What is told about children of /d, asked for one right after the other."""
    told: dict[str, Entry | NotFound] = {}

    async def one(name: str) -> None:
        try:
            told[name] = await server.gathering.stat(EntryId(f"/d/{name}"))
        except NotFound as error:
            told[name] = error

    async with trio.open_nursery() as nursery:
        for name in names:
            nursery.start_soon(one, name)
            await wait_all_tasks_blocked()
        server.go.set()
    return told


async def test_those_that_wait_are_answered_by_one_listing(autojump_clock):
    server = Server(*"abcdef")
    told = await ask(server, *"abcdef")
    assert {name: found.id for name, found in told.items() if isinstance(found, Entry)} == {
        name: f"/d/{name}" for name in "abcdef"
    }
    assert server.asked == ["stat /d/a", "list /d"]


@pytest.mark.parametrize("names", ["a", "ab", "abc"])
async def test_a_few_are_asked_for_one_by_one(autojump_clock, names: str):
    server = Server(*"abc")
    assert set(await ask(server, *names)) == set(names)
    assert sorted(server.asked) == [f"stat /d/{name}" for name in names]


async def test_what_a_listing_does_not_have_is_asked_for(autojump_clock):
    server = Server(*"abcd")
    told = await ask(server, *"abcdx")
    assert isinstance(told["x"], NotFound)
    assert server.asked == ["stat /d/a", "list /d", "stat /d/x"]


async def test_a_listing_that_fails_fails_nobody(autojump_clock):
    server = Server(*"abcd")
    server.down = True
    told = await ask(server, *"abcd")
    assert all(isinstance(found, Entry) for found in told.values())
    assert server.asked.count("list /d") == 1


async def test_a_very_large_folder_is_not_listed_for_a_few(autojump_clock):
    server = Server(*(str(number) for number in range(1000)))
    await ask(server, *"1234")
    server.go = trio.Event()
    server.asked.clear()
    await ask(server, *"1234")
    assert sorted(server.asked) == [f"stat /d/{number}" for number in range(1, 5)]


async def test_one_who_gives_up_holds_up_nobody(autojump_clock):
    server = Server(*"abcde")

    async def one(name: str) -> None:
        await server.gathering.stat(EntryId(f"/d/{name}"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one, "a")
        await wait_all_tasks_blocked()
        async with trio.open_nursery() as impatient:
            impatient.start_soon(one, "b")
            await wait_all_tasks_blocked()
            impatient.cancel_scope.cancel()
        for name in "cde":
            nursery.start_soon(one, name)
        await wait_all_tasks_blocked()
        server.go.set()
    assert server.asked == ["stat /d/a", "list /d"]
