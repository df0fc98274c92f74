"""Bytes on this machine's disk while they are on their way, in a file without a name."""

import hashlib
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from errno import EDQUOT, ENOSPC
from types import TracebackType
from typing import Self

import trio

from cloudfs.errors import CloudError, NoLocalSpace
from cloudfs.http.client import Reply, StreamedReply
from cloudfs.model import Checksum, Pieces, Version
from cloudfs.providers.cloudike.refusals import refusal

PIECE = 1024 * 1024


class Spool:
    """What a download brought, to be read or uploaded: it is a `Content`.

    Used with ``with``; the file is gone afterwards, or when this process ends.
    """

    def __init__(self) -> None:
        self.size = 0
        self.modified_ns = time.time_ns()

    def __enter__(self) -> Self:
        with _disk():
            self._file = tempfile.TemporaryFile(buffering=0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    async def fill(self, reply: StreamedReply, call: str) -> None:
        """Keep the body of *reply*, instead of what was here before.

        Raises what a reply without success stands for.
        """
        if not 200 <= reply.status < 300:
            raise refusal(Reply(reply.status, reply.headers, await reply.body()), call)
        self.size = 0
        with _disk():
            await trio.to_thread.run_sync(self._file.truncate, 0)
            async with aclosing(reply.pieces()) as pieces:
                async for piece in pieces:
                    await trio.to_thread.run_sync(self._write, piece)

    async def read(self, start: int, stop: int) -> Pieces:
        """The bytes from *start* up to *stop*."""
        while start < stop:
            end = min(start + PIECE, stop)
            with _disk():
                piece = await trio.to_thread.run_sync(self._at, start, end)
            if not piece:
                raise CloudError("a temporary file has become shorter")
            yield piece
            start += len(piece)

    async def checksum(self, algorithm: str) -> Checksum:
        """The digest of all bytes."""
        with _disk():
            return await trio.to_thread.run_sync(self._digest, algorithm)

    def unchanged(self, version: Version) -> Sequence[tuple[int, int]]:  # noqa: ARG002 - see below
        """None: these bytes were in no other version."""
        return ()

    def is_zip(self) -> bool:
        """Whether this is a zip with its end, where its directory is. Blocks."""
        with _disk():
            return zipfile.is_zipfile(self._file)

    def _write(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            written = os.pwrite(self._file.fileno(), rest, self.size)
            rest, self.size = rest[written:], self.size + written

    def _at(self, start: int, stop: int) -> bytes:
        return os.pread(self._file.fileno(), stop - start, start)

    def _digest(self, algorithm: str) -> Checksum:
        digest = hashlib.new(algorithm, usedforsecurity=False)
        for start in range(0, self.size, PIECE):
            digest.update(self._at(start, start + PIECE))
        return Checksum(algorithm, digest.hexdigest())


@contextmanager
def _disk() -> Iterator[None]:
    """Raise what this machine's disk refuses as our errors."""
    try:
        yield
    except OSError as error:
        if error.errno in {ENOSPC, EDQUOT}:
            raise NoLocalSpace("the disk has no room for a temporary file") from error
        raise CloudError(f"a temporary file cannot be used: {error.strerror}") from error
