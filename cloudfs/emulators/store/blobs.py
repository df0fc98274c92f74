"""File contents, each stored once, under its hash.

The order that makes a kill harmless: content is written to a file of its own in `incoming/`,
renamed to its place in `blobs/`, and only then does a transaction mention it; a file that is
no longer mentioned is deleted after the transaction that dropped it. What a kill leaves
behind is therefore rubbish, never a hole, and `tidy` clears it at the next start.
"""

import hashlib
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import trio

from cloudfs.emulators.groups import bare_errors
from cloudfs.emulators.store.database import Database

PIECE = 1 << 20  # bytes handed to a thread, or read by one, at a time


@dataclass(frozen=True, slots=True)
class Blob:
    """One stored content."""

    id: int
    digest: str  # lower-case hexadecimal
    size: int


class Growing:
    """A content while it is written; it is gone unless `Blobs.keep` takes it."""

    def __init__(self, path: Path, algorithm: str) -> None:
        self.path = path
        self.size = 0
        self._file = path.open("xb", buffering=0)
        self._hash = hashlib.new(algorithm, usedforsecurity=False)

    @property
    def digest(self) -> str:
        """The hash of everything written."""
        return self._hash.hexdigest()

    def append(self, pieces: Iterable[bytes]) -> None:
        """Write *pieces*, in the calling thread."""
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[self._file.write(view) :]
            self._hash.update(piece)
            self.size += len(piece)

    def close(self) -> None:
        """Close the file, and delete it if nobody took it."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Incoming(Growing):
    """A content that arrives: while a thread writes one piece, the next is collected."""

    def __init__(self, path: Path, algorithm: str, nursery: trio.Nursery) -> None:
        super().__init__(path, algorithm)
        self._nursery = nursery

        # Changing. `_pieces` holds `_held` bytes that no thread was given yet; `_settled` is
        # set while no thread is at work.
        self._pieces: list[bytes] = []
        self._held = 0
        self._settled = trio.Event()
        self._settled.set()

    async def write(self, data: bytes) -> None:
        """Append *data*, soon."""
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= PIECE:
            await self._settled.wait()
            self._settled = trio.Event()
            self._nursery.start_soon(self._append_held)

    async def flush(self) -> None:
        """Return when everything is written. Needed before `Blobs.keep`."""
        await self._settled.wait()
        await self._append_held()

    async def _append_held(self) -> None:
        pieces, self._pieces, self._held = self._pieces, [], 0
        await trio.to_thread.run_sync(self.append, pieces)
        self._settled.set()


class Blobs:
    """The contents of one store."""

    def __init__(self, root: Path, database: Database, algorithm: str) -> None:
        self._folder = root / "blobs"
        self._incoming = root / "incoming"
        self._database = database
        self._algorithm = algorithm
        for folder in (self._folder, self._incoming):
            folder.mkdir(mode=0o700, exist_ok=True)

    @asynccontextmanager
    async def receive(self) -> AsyncIterator[Incoming]:
        """A new content to write to; `keep` it inside, or it is thrown away."""
        with ExitStack() as stack:
            # Closed after the nursery, since a thread of it may still be writing.
            stack.enter_context(bare_errors())
            async with trio.open_nursery() as nursery:
                incoming = Incoming(self._new_path(), self._algorithm, nursery)
                stack.callback(incoming.close)
                yield incoming

    def keep(self, incoming: Growing) -> Blob:
        """Take over what was received. Belongs into the transaction that refers to it."""
        digest, size = incoming.digest, incoming.size
        known = self._row(digest, size)
        if known is not None:
            return known
        place = self._place(digest, size)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        incoming.path.replace(place)
        cursor = self._database.run("INSERT INTO blobs (digest, size) VALUES (?, ?)", digest, size)
        assert cursor.lastrowid is not None
        return Blob(cursor.lastrowid, digest, size)

    def keep_bytes(self, data: bytes) -> Blob:
        """Store a small content at once. Belongs into the transaction that refers to it."""
        with closing(Growing(self._new_path(), self._algorithm)) as content:
            content.append([data])
            return self.keep(content)

    def get(self, blob_id: int) -> Blob:
        """The content of that id."""
        row = self._database.row("SELECT id, digest, size FROM blobs WHERE id = ?", blob_id)
        assert row is not None, "versions and parts refer to existing blobs only"
        return Blob(*row)

    def find(self, digest: str, size: int) -> Blob | None:
        """The content of that hash and size, if a version of any file has it."""
        blob = self._row(digest, size)
        if blob is None:
            return None
        used = self._database.row("SELECT 1 FROM versions WHERE blob = ? LIMIT 1", blob.id)
        return None if used is None else blob

    def at(self, digest: str, size: int) -> Path | None:
        """The file that holds a content; None if it is not stored (any more)."""
        place = self._place(digest, size)
        return place if place.exists() else None

    def path(self, blob: Blob) -> Path:
        """The file that holds *blob*."""
        return self._place(blob.digest, blob.size)

    async def join(self, blobs: Iterable[Blob], into: Growing) -> None:
        """Append the contents of *blobs* to *into*, in order."""
        for blob in blobs:
            await trio.to_thread.run_sync(_pour, self.path(blob), into)

    def sweep(self) -> None:
        """Drop the contents that nobody refers to any more. Ends a transaction."""
        for (blob_id,) in self._database.rows("SELECT blob FROM loose"):
            row = self._database.row(
                "DELETE FROM blobs WHERE id = ? AND NOT EXISTS (SELECT 1 FROM versions WHERE"
                " blob = blobs.id) AND NOT EXISTS (SELECT 1 FROM parts WHERE blob = blobs.id)"
                " RETURNING digest, size",
                blob_id,
            )
            self._database.run("DELETE FROM loose WHERE blob = ?", blob_id)
            if row is not None:
                self._database.after_commit(self._place(*row).unlink)

    def tidy(self) -> None:
        """Delete what an earlier process left unfinished."""
        for path in self._incoming.iterdir():
            path.unlink()
        for path in self._folder.glob("*/*"):
            digest, _, size = path.name.partition("-")
            if self._row(digest, int(size)) is None:
                path.unlink()

    def _new_path(self) -> Path:
        return self._incoming / secrets.token_hex(16)

    def _row(self, digest: str, size: int) -> Blob | None:
        row = self._database.row(
            "SELECT id, digest, size FROM blobs WHERE digest = ? AND size = ?", digest, size
        )
        return None if row is None else Blob(*row)

    def _place(self, digest: str, size: int) -> Path:
        return self._folder / digest[:2] / f"{digest}-{size}"


def _pour(path: Path, into: Growing) -> None:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(PIECE):
            into.append([piece])


async def read(path: Path, start: int, stop: int) -> AsyncGenerator[bytes]:
    """The bytes of *path* from *start* to before *stop*, a piece at a time.

    The file is opened before the first piece, so that its deletion does no harm. Close the
    iterator (`contextlib.aclosing`) if it may not be read to its end.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        while start < stop:
            length = min(PIECE, stop - start)
            piece = await trio.to_thread.run_sync(os.pread, descriptor, length, start)
            if not piece:
                return
            yield piece
            start += len(piece)
    finally:
        os.close(descriptor)
