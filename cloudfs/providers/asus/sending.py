"""Sending the bytes of an upload, of which none may arrive twice (reference 3.5.2, 3.5.4)."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing

import trio

from cloudfs.errors import ConnectionLost, LoginFailed, TransientError
from cloudfs.http.retry import jittered
from cloudfs.http.session import TokenRejected
from cloudfs.model import Content, Pieces, Transfer
from cloudfs.providers.asus.relay import Relay
from cloudfs.providers.asus.steps import NOT_CARRIED_OUT

INTERRUPTIONS = 5  # without progress, before the upload is left for later


class Sender:
    """Sends one content."""

    def __init__(self, relay: Relay, content: Content, transfer: Transfer, *, chunk: int) -> None:
        self._relay = relay
        self._content = content
        self._transfer = transfer
        self._chunk = chunk

    async def send(
        self, transaction: str, offset: int, reopened: Callable[[], Awaitable[int]]
    ) -> bool:
        """Send all bytes from *offset* on; whether one request was enough.

        After an interruption *reopened* asks the service how many bytes it has.
        """
        size, empty = self._content.size, self._content.size == 0
        requests = interruptions = refusals = 0
        while offset < size or empty:
            stop = min(offset + self._chunk, size) if self._chunk else size
            requests += 1
            try:
                await self._relay.resume(
                    transaction, offset, self._reader(offset, stop), stop - offset
                )
            except NOT_CARRIED_OUT:
                raise
            except TokenRejected as error:
                refusals += 1
                if refusals > 1:
                    raise LoginFailed("the service takes no token for an upload") from error
            except TransientError:
                interruptions += 1
                if interruptions > INTERRUPTIONS:
                    raise
                await trio.sleep(jittered(2.0 ** (interruptions - 1)))
            else:
                offset, empty = stop, False
                continue
            arrived = await reopened()
            if arrived > offset:
                interruptions = refusals = 0
            offset = arrived
        return requests <= 1

    def _reader(self, start: int, stop: int) -> Callable[[], Pieces]:
        """The bytes from *start* up to *stop*, counted as they go."""

        async def read() -> Pieces:
            self._transfer.reset(start)
            try:
                async with aclosing(self._content.read(start, stop)) as pieces:
                    async for piece in pieces:
                        yield piece
                        self._transfer.advance(len(piece))
            except TransientError as error:
                # What went out before cannot be taken back: this is no refusal of the service.
                raise ConnectionLost(f"the content could not be read on: {error}") from error

        return read
