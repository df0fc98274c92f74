"""Zip archives, made piece by piece and in little memory."""

import zipfile
from collections.abc import AsyncGenerator, Generator, Iterable
from pathlib import Path

import trio

from cloudfs.emulators.podspace.access import ROOT
from cloudfs.emulators.podspace.names import numbered
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.blobs import PIECE
from cloudfs.emulators.store.tree import Node

BEGINS = (1980, 1, 1, 0, 0, 0)  # the first time that the format knows

Entries = list[tuple[str, Path | None]]


def entries_of(store: Store, tops: Iterable[Node]) -> Entries:
    """The name in an archive and the content of everything at and below *tops*."""
    found: Entries = []
    taken: set[str] = set()
    for top in tops:
        names = {top.id: _free(top, taken)}
        for node in store.tree.below(top.id):
            if node.id != top.id:
                assert node.parent is not None
                names[node.id] = f"{names[node.parent]}/{node.name}"
            if node.blob is None:
                found.append((f"{names[node.id]}/", None))
            else:
                blob = store.blobs.get(node.blob)
                found.append((names[node.id], store.blobs.path(blob)))
    return found


def _free(top: Node, taken: set[str]) -> str:
    """The name of *top*, or a numbered form of it that is not taken."""
    name, number = top.name or ROOT, 0
    wanted = name
    while wanted in taken:
        number += 1
        wanted = numbered(name, number, folder=not top.is_file)
    taken.add(wanted)
    return wanted


def zipped(entries: Entries) -> Generator[bytes]:
    """An archive of *entries*."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[call-overload]  # it only writes
        for name, path in entries:
            info = zipfile.ZipInfo(name, BEGINS)
            if path is None:
                archive.writestr(info, b"")
                continue
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield pipe.take()
        yield pipe.take()
    yield pipe.take()


async def in_thread(pieces: Generator[bytes]) -> AsyncGenerator[bytes]:
    """*pieces*, each made in a thread."""
    try:
        while (piece := await trio.to_thread.run_sync(next, pieces, None)) is not None:
            yield piece
    finally:
        pieces.close()


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
