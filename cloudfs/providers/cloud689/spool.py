"""Whole files on this machine's disk, while they arrive and for a while after (reference 3.9).

The service gives a file whole or not at all, and may count how often. So it is fetched once, by
whoever needs it first, and all others read what has arrived already. The files have no name: they
are gone when they are closed, or when this process ends.
"""

import os
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from typing import IO

import trio

from cloudfs.errors import Changed, CloudError, NoLocalSpace
from cloudfs.model import EntryId, Version

_Key = tuple[EntryId, Version]


class Spool:
    """One version of a file: its beginning, or all of it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None

        # Changing. `arrived` bytes can be read; nobody but the one who fills it raises that.
        self.arrived = 0
        self.total: int | None = None  # what the download is to have, as soon as it is told
        self.complete = False
        self.filling = False
        self.users = 0
        self._moved = trio.Event()

    @contextmanager
    def being_filled(self) -> Iterator[None]:
        """What is done inside fills it; others wait for that."""
        assert not self.filling
        self.filling = True
        try:
            yield
        finally:
            self.filling = False
            self._tell()

    async def moved(self, before: int) -> None:
        """Wait until more than *before* has arrived, or it is no longer being filled."""
        if self.filling and self.arrived == before:
            await self._moved.wait()

    async def take(self, position: int, piece: bytes) -> None:
        """*piece* begins at *position* of the file, at or before the end of what is here.

        Raises Changed if an earlier download had other bytes there: then all of it is forgotten.
        """
        known = max(0, min(len(piece), self.arrived - position))
        if known and await self.read(position, position + known) != piece[:known]:
            self.forget()
            raise Changed("the service gives other bytes than a moment ago")
        fresh = piece[known:]
        if fresh:
            with _disk():
                await trio.to_thread.run_sync(self._write, fresh, self.arrived)
            self.arrived += len(fresh)
        self._tell()

    def finish(self) -> None:
        """What has arrived is the whole file."""
        self.total = self.arrived
        self.complete = True

    async def read(self, start: int, stop: int) -> bytes:
        """The bytes from *start* up to *stop*, which have arrived."""
        assert self._file is not None
        with _disk():
            return await trio.to_thread.run_sync(os.pread, self._file.fileno(), stop - start, start)

    def forget(self) -> None:
        """Begin again with nothing."""
        self.arrived, self.total, self.complete = 0, None, False

    def close(self) -> None:
        """Give the disk its space back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, data: bytes, position: int) -> None:
        if self._file is None:
            folder = self._folder or None
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - see close
        rest = memoryview(data)
        while rest:
            written = os.pwrite(self._file.fileno(), rest, position)
            rest, position = rest[written:], position + written

    def _tell(self) -> None:
        self._moved.set()
        self._moved = trio.Event()


class Spools:
    """The spools of one account, at most *limit* bytes of them besides those in use."""

    def __init__(self, folder: str, limit: int) -> None:
        self._folder = folder
        self._limit = limit

        # Changing; the one used last is the last.
        self._spools: OrderedDict[_Key, Spool] = OrderedDict()

    def has(self, id_: EntryId, version: Version) -> bool:
        """Whether something of that version is here."""
        return (id_, version) in self._spools

    @contextmanager
    def use(self, id_: EntryId, version: Version) -> Iterator[Spool]:
        """The spool of that version of a file."""
        spool = self._spools.setdefault((id_, version), Spool(self._folder))
        self._spools.move_to_end((id_, version))
        spool.users += 1
        try:
            yield spool
        finally:
            spool.users -= 1
            self._trim()

    def close(self) -> None:
        """Drop all that nobody reads now."""
        self._limit = 0
        self._trim()

    def _trim(self) -> None:
        idle = [(key, spool) for key, spool in self._spools.items() if not spool.users]
        held = sum(spool.arrived for _, spool in idle)
        for key, spool in idle:
            if held <= self._limit and spool.arrived:
                continue
            held -= spool.arrived
            spool.close()
            del self._spools[key]


@contextmanager
def _disk() -> Iterator[None]:
    """Raise what this machine's disk refuses as our errors."""
    try:
        yield
    except OSError as error:
        if error.errno in {ENOSPC, EDQUOT}:
            raise NoLocalSpace("the disk has no room for a file that comes whole") from error
        raise CloudError(f"the folder for whole files cannot be used: {error.strerror}") from error
