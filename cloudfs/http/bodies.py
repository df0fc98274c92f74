"""Bodies on their way, ended in good order by whoever stops halfway.

httpx and httpcore iterate over generators within generators. To close the outermost one leaves
those within it suspended, until the garbage collector comes upon them.

1. A reply that is not read to its end (a server that ignores Range sends the whole file): what
   is left of it is read in a scope that is cancelled already. So no byte is waited for, and the
   cancellation, raised innermost, ends all the generators on its way out (`received`).
2. A body that is not sent to its end: httpx is given an iterator, which is no generator, around
   ours, and it is closed here (`Outgoing`).
3. A reply may unpack to any size: no more of it is unpacked than wanted (`Unpacking`).
"""

import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import httpx
import trio

from cloudfs.errors import BadReply
from cloudfs.http.counters import Counters
from cloudfs.model import Pieces

ANY_HEADER = zlib.MAX_WBITS | 32  # gzip's or zlib's, as it comes


async def received(response: httpx.Response) -> Pieces:
    """The body of a reply as it is on the wire; read to its end, its connection is free again."""
    assert isinstance(response.stream, httpx.AsyncByteStream)  # we have an asynchronous client
    pieces = aiter(response.stream)
    try:
        async for piece in pieces:
            yield piece
        await response.aclose()
    finally:
        with trio.CancelScope(shield=True) as scope, suppress(httpx.HTTPError, httpx.StreamError):
            scope.cancel()
            async for _ in pieces:
                pass


class Outgoing(httpx.AsyncByteStream):
    """A body to send. It begins anew when it is sent anew; who made it closes it in the end."""

    def __init__(self, begin: Callable[[], Pieces], counters: Counters) -> None:
        self._begin = begin
        self._counters = counters

        # Changing. The last one is being sent.
        self._begun: list[Pieces] = []

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._begun.append(self._begin())
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._begun[-1])
        self._counters.bytes_up += len(piece)
        return piece

    async def aclose(self) -> None:
        while self._begun:
            await self._begun.pop().aclose()


class Unpacking:
    """Undoes the Content-Encoding of a reply."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        self._unpacker = zlib.decompressobj(ANY_HEADER)

    def __call__(self, piece: bytes, most: int) -> bytes:
        """What *piece* adds to the reply; if that is *most* bytes, there may be more.

        Raises BadReply if it cannot be told.
        """
        if self._encoding in {"", "identity"}:
            return piece
        if self._encoding not in {"gzip", "x-gzip", "deflate"}:
            raise BadReply("the reply is packed in a way that was not asked for")
        try:
            return self._unpacker.decompress(piece, most)
        except zlib.error as error:
            raise BadReply("the reply cannot be decoded") from error
