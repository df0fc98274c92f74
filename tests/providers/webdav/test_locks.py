import httpx
import pytest
import trio

from cloudfs.errors import BadReply, Busy, Changed, ConnectionLost, NotFound
from cloudfs.providers.webdav.locks import Lock, locked
from cloudfs.providers.webdav.paths import ROOT
from tests.providers.webdav.scripted import (
    GONE,
    Answer,
    Scripted,
    entry,
    file,
    multistatus,
    provider,
    status,
)
from tests.support import BytesContent

LOCK, UNLOCK, LOOK, PUT = "LOCK /dav/a", "UNLOCK /dav/a", "PROPFIND /dav/a", "PUT /dav/a"
TOKEN = "<opaquelocktoken:1>"
GRANTED = status(200, Lock_Token=TOKEN)
CONDITION = f"<https://dav.example/dav/a> ({TOKEN})"
OLD, NEW = multistatus(file("/dav/a")), multistatus(file("/dav/a", etag='"v2"'))
CLASS_2 = {"locks": True}


def server_with(**answers: Answer | list[Answer]) -> Scripted:
    prepared = {LOCK: GRANTED, UNLOCK: status(204), LOOK: OLD, PUT: status(204)}
    names = {"lock": LOCK, "unlock": UNLOCK, "look": LOOK, "put": PUT, "delete": "DELETE /dav/a"}
    return Scripted({**prepared, **{names[key]: value for key, value in answers.items()}})


async def replace(server: Scripted) -> None:
    account = provider(server, profile="nginx", found=CLASS_2, locks=True)
    await account.upload(ROOT, "a", BytesContent(b"abc"), replacing=entry("/a"))


async def test_a_file_is_compared_and_replaced_under_a_lock():
    server = server_with(look=[OLD, OLD, NEW])
    await replace(server)
    assert server.log == [LOOK, LOCK, LOOK, PUT, LOOK, UNLOCK]
    assert server.last("PUT").headers["If"] == CONDITION
    assert server.last("UNLOCK").headers["Lock-Token"] == TOKEN
    lock = server.last("LOCK").headers
    assert (lock["Timeout"], lock["Depth"]) == ("Second-60", "0")


async def test_a_file_that_is_gone_is_not_locked_since_that_would_make_one():
    server = server_with(look=GONE)
    with pytest.raises(NotFound):
        await replace(server)
    assert server.log == [LOOK]


async def test_the_lock_is_given_back_when_the_file_moved_on():
    server = server_with(look=[OLD, NEW])
    with pytest.raises(Changed):
        await replace(server)
    assert server.log == [LOOK, LOCK, LOOK, UNLOCK]


async def test_the_lock_is_given_back_when_the_upload_fails():
    server = server_with(put=httpx.WriteError("reset"))
    with pytest.raises(ConnectionLost):
        await replace(server)
    assert server.log[-1] == UNLOCK


async def test_a_file_locked_by_somebody_else_is_busy():
    server = server_with(lock=status(423))
    with pytest.raises(Busy):
        await replace(server)
    assert server.log == [LOOK, LOCK]


@pytest.mark.parametrize("token", ["", "opaquelocktoken:1"])
async def test_a_lock_without_a_token_is_none(token: str):
    server = server_with(lock=status(200, Lock_Token=token))
    with pytest.raises(BadReply):
        await replace(server)


async def test_a_lock_that_is_gone_needs_not_be_given_back(autojump_clock):
    server = server_with(look=[OLD, OLD, NEW], unlock=status(409))
    await replace(server)
    server = server_with(look=[OLD, OLD, NEW], unlock=httpx.ConnectError("gone"))
    await replace(server)


async def test_a_file_is_removed_under_a_lock():
    server = server_with(delete=status(204))
    account = provider(server, profile="rclone", found=CLASS_2, locks=True)
    await account.remove(entry("/a"))
    assert server.log == [LOOK, LOCK, LOOK, "DELETE /dav/a", UNLOCK]
    assert server.last("DELETE").headers["If"] == CONDITION


async def test_locks_are_not_used_unless_asked_for_and_offered():
    for found, locks in (({"locks": True}, False), ({"locks": False}, True)):
        server = server_with(look=NEW)
        account = provider(server, profile="nginx", found=found, locks=locks)
        await account.upload(ROOT, "a", BytesContent(b"abc"), replacing=entry("/a"))
        assert LOCK not in server.log


async def test_a_lock_is_refreshed_while_the_work_lasts(autojump_clock):
    server = server_with()
    account = provider(server)

    async def work() -> str:
        await trio.sleep(70)
        return "done"

    lock = Lock(account._dav, "https://dav.example/dav/a", TOKEN)
    assert await lock.held_while(work) == "done"
    assert server.log == [LOCK] * 3
    assert {r.headers["If"] for r in server.requests} == {f"({TOKEN})"}
    assert {r.content for r in server.requests} == {b""}


async def test_a_lost_lock_shows_in_the_work_not_in_the_refreshing(autojump_clock):
    server = server_with(lock=status(412))
    lock = Lock(provider(server)._dav, "https://dav.example/dav/a", TOKEN)

    async def work() -> None:
        await trio.sleep(70)
        raise Busy("423")

    with pytest.raises(Busy):
        await lock.held_while(work)
    assert server.log == [LOCK]


async def test_cancelling_gives_the_lock_back():
    server = server_with()
    account = provider(server)
    with trio.CancelScope() as scope:
        async with locked(account._dav, "https://dav.example/dav/a"):
            scope.cancel()
            await trio.lowlevel.checkpoint()
    assert server.log == [LOCK, UNLOCK]
