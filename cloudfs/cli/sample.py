"""Something to upload that no service has seen before."""

import hashlib
import random
import time
from collections.abc import Sequence

import trio

from cloudfs.model import Checksum, Pieces, Version


class Sample:
    """Content that nobody has uploaded before."""

    def __init__(self, size: int = 1000, modified_ns: int | None = None) -> None:
        self._data = random.randbytes(size)
        now = time.time_ns()
        self.modified_ns = now - now % 10**9 if modified_ns is None else modified_ns

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self._data)

    @property
    def data(self) -> bytes:
        """The bytes."""
        return self._data

    async def read(self, start: int, stop: int) -> Pieces:
        """Some of them."""
        for at in range(start, stop, 1 << 20):
            yield self._data[at : min(at + (1 << 20), stop)]

    async def checksum(self, algorithm: str) -> Checksum:
        """Their digest."""
        digest = await trio.to_thread.run_sync(hashlib.new, algorithm, self._data)
        return Checksum(algorithm, digest.hexdigest())

    def unchanged(self, version: Version) -> Sequence[tuple[int, int]]:  # noqa: ARG002 - new each time
        """None of it was in another version."""
        return ()
