"""Uploads to a real socket: what an object store sees, byte for byte (reference 3.6.2, 3.6.3)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio

from cloudfs.http.client import Http
from cloudfs.model import Pieces
from cloudfs.providers.cloudike.store import Bytes, Store
from tests.providers.cloudike.service import parse_form


class Socket:
    """A store that takes anything and remembers it."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, dict[str, str], bytes]] = []
        self.url = ""

    async def serve(self, stream: trio.SocketStream) -> None:
        received = b""
        while True:
            while b"\r\n\r\n" not in received:
                piece = await stream.receive_some()
                if not piece:
                    return
                received += piece
            head, _, received = received.partition(b"\r\n\r\n")
            first, *lines = head.split(b"\r\n")
            pairs = [line.decode().split(": ", 1) for line in lines]
            headers = {name.lower(): value for name, value in pairs}
            length = int(headers["content-length"])
            while len(received) < length:
                received += await stream.receive_some()
            self.requests.append((first, headers, received[:length]))
            received = received[length:]
            await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
async def socket(nursery: trio.Nursery) -> Socket:
    socket = Socket()
    serve = partial(trio.serve_tcp, socket.serve, 0, host="127.0.0.1")
    (listener,) = await nursery.start(serve)
    socket.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
    return socket


@asynccontextmanager
async def store() -> AsyncIterator[Store]:
    http = Http()
    yield Store(http)
    await http.aclose()


def content(data: bytes) -> Bytes:
    async def read() -> Pieces:
        for at in range(0, len(data), 1000):
            yield data[at : at + 1000]

    return Bytes(read, len(data))


@pytest.mark.parametrize("data", [b"", b"x" * 5000])
async def test_a_put_is_not_chunked(socket: Socket, data: bytes):
    async with store() as target:
        assert await target.put(f"{socket.url}/a?Sig=x%2Fy%3D", {"x-a": "b"}, content(data)) is None
    ((first, headers, body),) = socket.requests
    assert first == b"PUT /a?Sig=x%2Fy%3D HTTP/1.1"
    assert body == data
    assert headers["x-a"] == "b"
    assert not {"transfer-encoding", "authorization", "cookie"} & set(headers)


@pytest.mark.parametrize("data", [b"", b"x" * 5000])
async def test_a_form_is_as_long_as_it_says(socket: Socket, data: bytes):
    fields = {"key": "k", "policy": "ü\nz", 'odd"name': "v"}
    async with store() as target:
        await target.post_form(f"{socket.url}/", fields, content(data))
        await target.post_form(f"{socket.url}/", fields, content(data))
    assert len(socket.requests) == 2  # the second would be garbled by a wrong length
    for first, headers, body in socket.requests:
        assert first == b"POST / HTTP/1.1"
        found, file = parse_form(headers["content-type"], body)
        assert file == data
        assert [name for name, _ in found] == ["key", "policy", "odd%22name"]
        assert found[1][1].encode("latin-1").decode() == "ü\nz"
