"""A file in an archive of its own, made piece by piece and in little memory (reference 3.9)."""

import zipfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import trio

from cloudfs.emulators.store.blobs import PIECE

_BEGINS = (1980, 1, 1, 0, 0, 0)  # the first time that the format knows
_SMALL = 1 << 31  # bytes; the archive of a larger file has more to tell of it


async def zipped(name: str, path: Path) -> AsyncGenerator[bytes]:
    """The archive, each piece made in a thread."""
    pieces = _pieces(name, path)
    try:
        while (piece := await trio.to_thread.run_sync(next, pieces, None)) is not None:
            yield piece
    finally:
        pieces.close()


def zipped_size(name: str, size: int) -> int | None:
    """The size of the archive of a file of *size* bytes; None if that is not known before."""
    if size >= _SMALL:
        return None
    return size + sum(len(piece) for piece in _pieces(name, Path("/dev/null")))


def _pieces(name: str, path: Path) -> Generator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[call-overload]  # it only writes
        info = zipfile.ZipInfo(name, _BEGINS)
        with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
            while piece := source.read(PIECE):
                target.write(piece)
                yield pipe.take()
    yield pipe.take()


class _Pipe:
    """What a zip file is written to: it keeps nothing that was taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
