"""A sparse file on this machine that holds some bytes of a draft, and knows which.

The methods that touch the disk block; they run in threads and change nothing but the file.
What the layer says of itself changes on the event loop only, when the disk has done its part.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any

from cloudfs.content.spans import Spans
from cloudfs.errors import NoLocalSpace

PIECE = 1 << 20


class Layer:
    """Some bytes of a file, at their places.

    *below* is how many bytes from the start are taken from the layers below where this one
    has none; from there on, what was not written is zero.
    """

    def __init__(self, path: Path, *, size: int, below: int, spans: Spans | None = None) -> None:
        self.path = path

        # Changing. The file is removed when nobody uses it and it is not wanted any more.
        self.size = size
        self.below = below
        self.spans = spans or Spans()
        self.synced = False
        self._users = 0
        self._sealed = False
        self._doomed = False
        self._descriptor: int | None = None  # opened when it is needed, by `_open`

    @property
    def in_use(self) -> bool:
        """Whether somebody reads it who expects it to stay as it is."""
        return self._users > 0

    # On the event loop ----------------------------------------------------------------------

    def written(self, start: int, stop: int) -> None:
        """The bytes from *start* up to *stop* are in the file now."""
        self.spans.add(start, stop)
        self.size = max(self.size, stop)
        self.synced = False

    def truncated(self, size: int) -> None:
        """The file ends at *size* now."""
        self.spans.cut(size)
        self.below = min(self.below, size)
        self.size = size
        self.synced = False

    def absorbed(self, upper: "Layer") -> None:
        """The bytes of *upper*, the layer above, are in the file now: say what both said."""
        self.spans.cut(upper.below)
        self.below = min(self.below, upper.below)
        for start, stop in upper.spans:
            self.spans.add(start, stop)
        self.size = upper.size
        self.synced = False

    def doom(self) -> None:
        """Remove the file as soon as nobody reads it."""
        self._doomed = True
        self._end_if_unused()

    def seal(self) -> None:
        """Nobody writes any more: the file is open only while somebody reads it."""
        self._sealed = True
        self._end_if_unused()

    def close(self) -> None:
        """Let go of the file, which stays."""
        assert not self._users
        self._close()

    @contextmanager
    def used(self) -> Iterator[None]:
        """Inside, the file stays and says what it says now."""
        self.hold()
        try:
            yield
        finally:
            self.let_go()

    def hold(self) -> None:
        """One more reader."""
        self._users += 1

    def let_go(self) -> None:
        """One reader less."""
        self._users -= 1
        self._end_if_unused()

    def record(self) -> list[Any]:
        """The layer as JSON values."""
        return [self.path.name, self.size, self.below, list(self.spans)]

    def _end_if_unused(self) -> None:
        if self._users:
            return
        if self._doomed:
            self._close()
            self.path.unlink(missing_ok=True)
            self._doomed = False
        elif self._sealed:
            self._close()

    def _open(self) -> int:
        if self._descriptor is None:
            with full_disk():
                self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._descriptor

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    # In a thread, or where the page cache has it ----------------------------------------------

    def read(self, start: int, stop: int) -> bytes:
        """Bytes that are in `spans`."""
        data = os.pread(self._open(), stop - start, start)
        if len(data) != stop - start:
            raise OSError(f"the draft {self.path.name} is shorter than it was")
        return data

    def write(self, offset: int, data: bytes) -> None:
        """Write all of *data*. Raises NoLocalSpace."""
        view = memoryview(data)
        descriptor = self._open()
        with full_disk():
            while view:
                count = os.pwrite(descriptor, view, offset)
                view = view[count:]
                offset += count

    def shorten(self, size: int) -> None:
        """Give back the room after *size*."""
        descriptor = self._open()
        if os.fstat(descriptor).st_size > size:
            os.ftruncate(descriptor, size)

    def copy_from(self, upper: "Layer") -> None:
        """Write what *upper* has at its places."""
        for start, stop in upper.spans:
            for at in range(start, stop, PIECE):
                self.write(at, upper.read(at, min(at + PIECE, stop)))

    def sync(self) -> None:
        """Make the file survive a power failure."""
        with full_disk():
            os.fsync(self._open())


def resolve(
    layers: Sequence[Layer], start: int, stop: int
) -> Iterator[tuple[int, int, Layer | None]]:
    """Where the bytes of a range come from, the lowest layer being the first.

    Pieces (start, stop, layer); None stands for what is below all layers, or for zeros: see
    `reach`.
    """
    if not layers:
        yield start, stop, None
        return
    top, rest = layers[-1], layers[:-1]
    for low, high, present in top.spans.within(start, stop):
        if present:
            yield low, high, top
            continue
        visible = min(max(top.below, low), high)
        if low < visible:
            yield from resolve(rest, low, visible)
        if visible < high:
            yield visible, high, None


def reach(layers: Sequence[Layer], base_size: int) -> int:
    """Up to which byte the base shows through; what is in no layer after that is zero."""
    return min([base_size, *(layer.below for layer in layers)])


@contextmanager
def full_disk() -> Iterator[None]:
    """Raise NoLocalSpace for a disk, or a user's share of it, that is full."""
    try:
        yield
    except OSError as error:
        if error.errno in {ENOSPC, EDQUOT}:
            raise NoLocalSpace("the local disk is full") from error
        raise
