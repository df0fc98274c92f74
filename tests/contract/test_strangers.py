"""No secret of an account goes to a server that is not the account's own.

Two kinds of stranger listen here. `Storage` stands before the service's store of contents, which
signed addresses lead to: it passes everything on, and may see nothing that is good for more than
one content. `Stranger` is where somebody would like to have requests sent: in turn each request
of each verb is answered with a redirect to it, and it asks whoever comes to sign in.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    suppress,
)
from functools import partial
from itertools import count
from typing import Any

import httpx
import pytest
import trio

from cloudfs.errors import CloudError, ConfigError
from cloudfs.model import Entry
from cloudfs.providers.base import Provider
from tests.conftest import Announced
from tests.contract import s3_servers, webdav_servers
from tests.contract.emulated import CONDITIONS, Clients, emulated
from tests.support import BytesContent, content, listing
from tests.witness import Witness

KIB = 1024
DATA = bytes(range(256)) * 1600  # more than one part, as the accounts here are set up
MOST_REQUESTS = 60  # of one verb

Another = Callable[[], Awaitable[Provider]]
Accounts = dict[str, Callable[[], AbstractAsyncContextManager[Another]]]

EMULATED: Accounts = {
    "asuswebstorage": partial(emulated, "asuswebstorage", CONDITIONS[""]),
    "cloud689": partial(emulated, "cloud689", CONDITIONS[""], projects="rw", chunk_size=128 * KIB),
    "cloudike": partial(emulated, "cloudike", CONDITIONS[""], task_poll=0.02),
    "omnistor": partial(emulated, "omnistor", CONDITIONS[""]),
    "podspace": partial(
        emulated,
        "podspace",
        CONDITIONS[""],
        configured={"redirect_downloads": True},
        single_request_limit=1000,
        chunk_size=128 * KIB,
    ),
}
OTHERS: Accounts = {
    "s3": partial(s3_servers.clients, s3_servers.moto, mtime="meta", versioned=True),
    "webdav-basic": partial(
        webdav_servers.clients, webdav_servers.rclone_basic,
        username="reader", password="not to be told",
    ),
    "webdav-digest": partial(
        webdav_servers.clients, webdav_servers.wsgidav_digest, username="reader",
        password="secret", auth="digest",
    ),
}  # fmt: skip
WITH_A_STORE = ["cloudike", "podspace"]  # the others deliver contents by their own servers
FOLLOWING = ["cloudike", "podspace", "webdav-basic", "webdav-digest"]  # redirects to contents


class Ears:
    """A server that keeps every byte it is sent."""

    def __init__(self) -> None:
        self.url = ""
        self.heard = bytearray()

    async def serve(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        await trio.serve_listeners(self._listen, [listener], task_status=task_status)

    async def _listen(self, stream: trio.SocketStream) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async with stream:
                await self.converse(stream)

    async def converse(self, stream: trio.SocketStream) -> None:
        raise NotImplementedError


class Storage(Ears):
    """Passes everything on to the server at *port*."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def converse(self, stream: trio.SocketStream) -> None:
        store = await trio.open_tcp_stream("127.0.0.1", self._port)
        async with store, trio.open_nursery() as nursery:
            nursery.start_soon(self._pass_on, stream, store, self.heard)
            nursery.start_soon(self._pass_on, store, stream, bytearray())

    async def _pass_on(
        self, source: trio.SocketStream, sink: trio.SocketStream, kept: bytearray
    ) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async for piece in source:
                kept += piece
                await sink.send_all(piece)
            await sink.send_eof()


class Stranger(Ears):
    """Answers *head* to the first request of each connection, and listens on."""

    def __init__(self, head: str) -> None:
        super().__init__()
        self._answer = f"HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    async def converse(self, stream: trio.SocketStream) -> None:
        head = b""
        async for piece in stream:
            self.heard += piece
            if b"\r\n\r\n" not in head and b"\r\n\r\n" in (head := head + piece):
                await stream.send_all(self._answer.encode())


@asynccontextmanager
async def listening(ears: Any) -> AsyncIterator[Any]:
    async with trio.open_nursery() as nursery:
        await nursery.start(ears.serve)
        yield ears
        nursery.cancel_scope.cancel()


class Session:
    """What a drive does with an account. A verb is prepared, then done: that may go wrong."""

    def __init__(self, another: Another) -> None:
        self.another = another
        self.provider: Provider
        self.top: Entry
        self._numbers = count()

    async def begin(self) -> "Session":
        self.provider = await self.another()
        root = await self.provider.root()
        self.top = await self.provider.create_folder(root.id, "top")
        return self

    def name(self) -> str:
        return f"n{next(self._numbers)}"

    async def file(self, data: bytes = DATA) -> Entry:
        return await self.provider.upload(self.top.id, self.name(), BytesContent(data))

    async def signing_in(self) -> Callable[[], Awaitable[object]]:
        return self.another

    async def looking(self) -> Callable[[], Awaitable[object]]:
        folder = await self.provider.create_folder(self.top.id, self.name())
        entry = await self.provider.upload(folder.id, "f", BytesContent(b"x"))

        async def look() -> None:
            await listing(self.provider, folder.id)
            await self.provider.stat(entry.id)
            await self.provider.find(folder.id, "f")
            if self.provider.capabilities.quota:
                await self.provider.quota()
            if self.provider.changes is not None:
                await self.provider.changes.since(await self.provider.changes.cursor())

        return look

    async def making(self) -> Callable[[], Awaitable[object]]:
        return partial(self.provider.create_folder, self.top.id, self.name())

    async def uploading(self) -> Callable[[], Awaitable[object]]:
        return partial(self.provider.upload, self.top.id, self.name(), BytesContent(DATA))

    async def replacing(self) -> Callable[[], Awaitable[object]]:
        entry = await self.file()
        newer = BytesContent(DATA[::-1])
        return partial(self.provider.upload, self.top.id, entry.name, newer, replacing=entry)

    async def reading(self) -> Callable[[], Awaitable[object]]:
        return partial(content, self.provider, await self.file())

    async def moving(self) -> Callable[[], Awaitable[object]]:
        return partial(self.provider.move, await self.file(), self.top.id, self.name())

    async def copying(self) -> Callable[[], Awaitable[object]] | None:
        if not self.provider.capabilities.copy:
            return None
        return partial(self.provider.copy, await self.file(), self.top.id, self.name())

    async def dating(self) -> Callable[[], Awaitable[object]] | None:
        if not self.provider.capabilities.set_modified:
            return None
        return partial(self.provider.set_modified, await self.file(), 10**18)

    async def removing(self) -> Callable[[], Awaitable[object]]:
        return partial(self.provider.remove, await self.file())

    async def restoring(self) -> Callable[[], Awaitable[object]] | None:
        trash = self.provider.trash
        if trash is None:
            return None
        entry = await self.file()
        await self.provider.remove(entry)

        async def restore() -> None:
            async with aclosing(trash.items()) as pages:
                found = [item async for page in pages for item in page if item.name == entry.name]
            await trash.restore(found[0])

        return restore

    async def sharing(self) -> Callable[[], Awaitable[object]] | None:
        sharing = self.provider.sharing
        if sharing is None or not sharing.links:
            return None
        entry = await self.file(b"x")

        async def share() -> None:
            await sharing.remove(await sharing.create(entry))

        return share


VERBS = [
    Session.signing_in, Session.looking, Session.making, Session.uploading, Session.replacing,
    Session.reading, Session.moving, Session.copying, Session.dating, Session.removing,
    Session.restoring, Session.sharing,
]  # fmt: skip


class Diversion:
    """Answers one request, the *wanted*-th from now on, with a redirect to somewhere else."""

    def __init__(self, status: int, to: str) -> None:
        self._answer = status, {"Location": f"{to}/wp-login.php?from=elsewhere"}
        self._to = to
        self.wanted = 0
        self.taken = 0

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        if str(request.url).startswith(self._to) or self.wanted == 0:
            return None
        self.wanted -= 1
        if self.wanted > 0:
            return None
        self.taken += 1
        status, headers = self._answer
        return httpx.Response(status, headers=headers)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (302, '401 No\r\nWWW-Authenticate: Basic realm="x"\r\nSet-Cookie: a=b'),
        (307, '401 No\r\nWWW-Authenticate: Digest realm="x", nonce="y", qop="auth"'),
        (308, "200 OK\r\nContent-Type: application/json"),
    ],
    ids=["basic", "digest", "welcome"],
)
@pytest.mark.parametrize("kind", [*EMULATED, *OTHERS])
async def test_a_redirect_to_a_stranger_takes_no_secret_there(
    kind: str, status: int, answer: str, witness: Witness, announce: Announced
):
    announce("could not be removed")  # what is made on the way
    async with AsyncExitStack() as stack:
        stranger = await stack.enter_async_context(listening(Stranger(answer)))
        another = await stack.enter_async_context({**EMULATED, **OTHERS}[kind]())
        session = await Session(another).begin()
        witness.divert = diversion = Diversion(status, stranger.url)
        for verb in VERBS:
            for number in range(1, MOST_REQUESTS):
                if (act := await verb(session)) is None:
                    break
                taken, diversion.wanted = diversion.taken, number
                with suppress(CloudError, ConfigError):
                    await act()
                diversion.wanted = 0
                if diversion.taken == taken:
                    break
            else:
                raise AssertionError(f"{verb.__name__} goes on and on")
    heard = bytes(stranger.heard)
    assert diversion.taken >= len(VERBS) / 2
    assert heard.count(b" HTTP/1.1\r\n") == heard.count(b"GET "), "more than contents is asked for"
    assert bool(heard) == (kind in FOLLOWING)
    assert_nothing_in(heard, witness.secrets | witness.links)


@pytest.mark.parametrize("kind", WITH_A_STORE)
async def test_a_store_of_contents_is_told_no_secret_of_the_account(kind: str, witness: Witness):
    async with EMULATED[kind]() as another:
        clients = another.__self__
        assert isinstance(clients, Clients)
        async with listening(Storage(clients.emulator.store_port)) as storage:
            clients.emulator.configure(store_url=storage.url)
            session = await Session(another).begin()
            for verb in VERBS:
                if (act := await verb(session)) is not None:
                    await act()
            heard = bytes(storage.heard)
    assert b" HTTP/1.1\r\n" in heard, "nothing was stored there"
    assert_nothing_in(heard, witness.secrets)


def assert_nothing_in(heard: bytes, secrets: set[str]) -> None:
    assert secrets
    told = [secret for secret in secrets if len(secret) >= 6 and secret.encode() in heard]
    lines = heard.lower().split(b"\r\n")
    named = (b"authorization:", b"cookie:", b"mountbit-auth:", b"x-amz-")
    told += [line.decode() for line in lines if line.startswith(named)]
    assert not told, told


async def test_a_secret_at_a_strangers_is_noticed(witness: Witness):
    """The check is worth something: requests that do tell are found."""
    async with listening(Stranger("200 OK")) as stranger, httpx.AsyncClient() as client:
        witness.learn("open sesame")
        await client.post(stranger.url, content=b'{"password": "open sesame"}')
        with pytest.raises(AssertionError, match="open sesame"):
            assert_nothing_in(bytes(stranger.heard), witness.secrets)
        stranger.heard.clear()
        await client.get(stranger.url, headers={"Authorization": "Bearer x"})
        with pytest.raises(AssertionError, match="authorization"):
            assert_nothing_in(bytes(stranger.heard), witness.secrets)
        stranger.heard.clear()
        await client.get(stranger.url)
        assert_nothing_in(bytes(stranger.heard), witness.secrets)
