"""Contents on the wire: byte ranges out, bodies of any size in."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

import trio
from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.connections import Receive, Scope, Send
from cloudfs.emulators.groups import bare_errors
from cloudfs.emulators.store.blobs import PIECE, read

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class RangeBeyondEnd(Exception):
    """None of the bytes that were asked for exist."""


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None if the whole is to be sent.

    As RFC 9110 14.2 wants it, anything but a single well-formed range is ignored. Raises
    RangeBeyondEnd.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= stop:
        raise RangeBeyondEnd
    return start, stop


class StreamResponse(Response):
    """An answer whose body is made while it is sent; it ends when the client goes away."""

    def __init__(
        self, pieces: AsyncGenerator[bytes], *, status: int = 200, headers: Mapping[str, str]
    ) -> None:
        super().__init__(status_code=status)
        del self.headers["content-length"]  # of no body
        self.headers.update(headers)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        with bare_errors():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_on_disconnect, receive, nursery.cancel_scope)
                await self._send(send)
                nursery.cancel_scope.cancel()

    async def _send(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def file_response(
    path: Path, size: int, byte_range: str | None, headers: Mapping[str, str]
) -> Response:
    """The content of a file, or the range of it that a Range header asks for.

    Raises RangeBeyondEnd.
    """
    span = parse_range(byte_range, size)
    start, stop = span or (0, size)
    head = {"Accept-Ranges": "bytes", "Content-Length": str(stop - start), **headers}
    if span is not None:
        head["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return StreamResponse(
        read(path, start, stop), status=200 if span is None else 206, headers=head
    )


async def body_pieces(request: Request) -> AsyncGenerator[bytes]:
    """The body of a request in pieces of about a MiB, of which the last may be small.

    Close the iterator (`contextlib.aclosing`) if it may not be read to its end.
    """
    held: list[bytes] = []
    size = 0
    async with aclosing(request.stream()) as parts:
        async for part in parts:
            held.append(part)
            size += len(part)
            if size >= PIECE:
                yield b"".join(held)
                held, size = [], 0
    if held:
        yield b"".join(held)


async def _cancel_on_disconnect(receive: Receive, scope: trio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
