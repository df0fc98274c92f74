"""What programs wrote to a file, until the service has it.

The difficulties, and what answers each:

1. Only parts of a file may have been written; the rest is still what the service has, and may
   be large. A `Layer` knows which bytes of its sparse file are real; reads fall through to
   the layer below, and at last to the base, the version on the service.
2. What was acknowledged (by close or fsync) must survive a crash as it was, while a program
   goes on writing. Writes go to an active layer; `Draft.seal` ends it, and a sealed layer is
   not written by programs again.
3. An upload must not see a file change under it. It reads the layers that were sealed when
   it began, and holds them as long as it runs: `Snapshot`.
4. Layers must not pile up. `Draft.compact` copies a sealed layer into the one below. That may
   be interrupted at any byte: the copied layer still lies on top and says the same.
5. A crash between the disk and the journal must find all files the journal names. Files that
   are not needed any more go when the record without them is written: `Draft.recorded`.
"""

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass, field, replace
from errno import ESTALE
from pathlib import Path
from typing import Any, Protocol

import trio

from cloudfs.content.layers import PIECE, Layer, reach, resolve
from cloudfs.content.spans import Spans
from cloudfs.errors import Changed, CloudError, NotFound
from cloudfs.model import Checksum, Entry, Pieces, Version


class BaseLost(CloudError):
    """A file was written to in parts, and the version that holds the others cannot be had."""

    errno = ESTALE


class Base(Protocol):
    """What a draft was begun from: a version on the service."""

    size: int
    version: Version
    entry: Entry

    async def read(self, start: int, stop: int) -> bytes:
        """The bytes from *start* up to *stop*."""

    def close(self) -> None:
        """No more reads will come."""


@dataclass(slots=True)
class Snapshot:
    """A draft's acknowledged content; it stays as it is until `release`."""

    layers: tuple[Layer, ...]  # the lowest first
    base: Base | None
    size: int
    modified_ns: int
    generation: int
    _checksums: dict[str, Checksum] = field(default_factory=dict)

    async def read(self, start: int, stop: int) -> Pieces:
        """The bytes from *start* up to *stop*, in pieces of at most 1 MiB."""
        for at in range(start, stop, PIECE):
            yield await assemble(self.layers, self.base, at, min(at + PIECE, stop))

    async def checksum(self, algorithm: str) -> Checksum:
        """Digest of all bytes."""
        if algorithm not in self._checksums:
            digest = hashlib.new(algorithm)
            async with aclosing(self.read(0, self.size)) as pieces:
                async for piece in pieces:
                    await trio.to_thread.run_sync(digest.update, piece)
            self._checksums[algorithm] = Checksum(algorithm, digest.hexdigest())
        return self._checksums[algorithm]

    def unchanged(self, version: Version) -> Sequence[tuple[int, int]]:
        """Ranges that no layer covers, if the base is of *version*."""
        if self.base is None or self.base.version != version:
            return []
        visible = min(reach(self.layers, self.base.size), self.size)
        spans = Spans(
            (low, high) for low, high, layer in resolve(self.layers, 0, visible) if layer is None
        )
        return list(spans)

    def alone(self) -> "Snapshot":
        """The same with zeros where the base shows through; it is released with this one."""
        return replace(self, base=None, _checksums={})

    def release(self) -> None:
        """The content is not needed any more."""
        for layer in self.layers:
            layer.let_go()


class Draft:
    """The content of one file as programs left it.

    *generation* counts what was sealed: an upload of generation n has brought everything to
    the service if nothing was sealed since.
    """

    def __init__(self, folder: Path, name: str, *, base: Base | None, modified_ns: int) -> None:
        self._folder = folder
        self._name = name
        self._lock = trio.Lock()  # of those who write, seal or compact
        self.base = base
        self.modified_ns = modified_ns
        self.generation = 0

        # Changing. `_sealed` is what was acknowledged, the lowest first; `_active` takes
        # writes; `_obsolete` is needed by the last record only.
        self._sealed: list[Layer] = []
        self._active: Layer | None = None
        self._obsolete: list[Layer] = []
        self._new = base is None
        self._count = 0

    @property
    def size(self) -> int:
        """Bytes of the file, as programs see it."""
        return self._size_over(self._layers())

    @property
    def unsealed(self) -> bool:
        """Whether something was written since the last seal; a new file counts as written."""
        return self._active is not None or self._new

    # Programs ---------------------------------------------------------------------------------

    async def read(self, start: int, stop: int) -> bytes:
        """The bytes from *start* up to *stop*, or as many as there are."""
        return await assemble(self._layers(), self.base, start, min(stop, self.size))

    async def write(self, offset: int, data: bytes, modified_ns: int) -> None:
        """Write *data*; the file grows if it ends before that. Raises NoLocalSpace."""
        async with self._lock:
            layer = self._writable()
            await trio.to_thread.run_sync(layer.write, offset, data)
            layer.written(offset, offset + len(data))
            self.modified_ns = modified_ns

    async def truncate(self, size: int, modified_ns: int) -> None:
        """Let the file end at *size*, cut off or filled up with zeros."""
        async with self._lock:
            layer = self._writable()
            layer.truncated(size)
            self.modified_ns = modified_ns
            await trio.to_thread.run_sync(layer.shorten, size)

    # The journal and the uploader -------------------------------------------------------------

    async def seal(self) -> None:
        """Acknowledge what was written: from now on it is what `record` tells."""
        async with self._lock:
            if not self.unsealed:
                return
            active = self._writable()
            if active.below == 0:  # nothing of the others shows through
                self._obsolete += self._sealed
                self._sealed = []
            active.seal()
            self._sealed.append(active)
            self._active = None
            self._new = False
            self.generation += 1

    def dated(self, modified_ns: int) -> None:
        """The content was given another modification time."""
        self.modified_ns = modified_ns
        if not self.unsealed:
            self.generation += 1

    async def sync(self) -> None:
        """Make what is sealed survive a power failure."""
        for layer in self._sealed.copy():
            if not layer.synced:
                with layer.used():
                    await trio.to_thread.run_sync(layer.sync)
                    layer.synced = True

    def record(self) -> list[Any]:
        """What is sealed, as JSON values from which `reopen` makes the draft again."""
        layers = [layer.record() for layer in self._sealed]
        return [self._name, self.modified_ns, self.generation, self._count, layers]

    def recorded(self) -> None:
        """The last `record` is written: files that only earlier ones named may go."""
        _doom(self._obsolete)

    def rebase(self, base: Base) -> None:
        """The service has what was sealed, as *base*: what shows through is the same there."""
        if self.base is not None:
            self.base.close()
        self.base = base

    def snapshot(self) -> Snapshot:
        """What is sealed, to be read in peace until it is released."""
        layers = tuple(self._sealed)
        for layer in layers:
            layer.hold()
        return Snapshot(
            layers, self.base, self._size_over(layers), self.modified_ns, self.generation
        )

    async def compact(self) -> bool:
        """Join two sealed layers, if nobody reads them; True if there is a new record to write."""
        async with self._lock:
            if len(self._sealed) < 2:
                return False
            lower, upper = self._sealed[-2:]
            if _in_use(lower, upper):
                return False
            with lower.used(), upper.used():
                await trio.to_thread.run_sync(lower.copy_from, upper)
            if _in_use(lower, upper):  # since; what was copied does no harm
                return False
            lower.absorbed(upper)
            self._sealed.pop()
            self._obsolete.append(upper)
            return True

    def discard(self) -> None:
        """Remove all files: the record is gone."""
        _doom(self._obsolete)
        _doom(self._sealed)
        self._end()

    def close(self) -> None:
        """Let go of the files, which `reopen` will want again; what is not sealed is lost."""
        for layer in self._sealed:
            layer.close()
        self._sealed = []
        self._end()

    # Inside -----------------------------------------------------------------------------------

    def _end(self) -> None:
        if self._active is not None:
            self._active.doom()
            self._active = None
        if self.base is not None:
            self.base.close()
            self.base = None

    def _layers(self) -> tuple[Layer, ...]:
        return (*self._sealed, self._active) if self._active is not None else tuple(self._sealed)

    def _size_over(self, layers: Sequence[Layer]) -> int:
        if layers:
            return layers[-1].size
        return self.base.size if self.base is not None else 0

    def _writable(self) -> Layer:
        if self._active is None:
            size = self.size
            self._count += 1
            path = self._folder / f"{self._name}.{self._count}"
            self._active = Layer(path, size=size, below=size)
        return self._active


async def assemble(layers: Sequence[Layer], base: Base | None, start: int, stop: int) -> bytes:
    """The bytes from *start* up to *stop* as *layers* over *base* show them."""
    if start >= stop:
        return b""
    parts: list[bytes] = []
    with ExitStack() as stack:
        for layer in layers:
            stack.enter_context(layer.used())
        visible = reach(layers, base.size if base is not None else 0)
        for low, high, source in resolve(layers, start, stop):
            if source is not None:
                parts.append(source.read(low, high))
            elif base is not None and low < visible:
                data = await _from_base(base, low, min(high, visible))
                parts.append(data.ljust(high - low, b"\0"))
            else:
                parts.append(bytes(high - low))
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _from_base(base: Base, start: int, stop: int) -> bytes:
    try:
        return await base.read(start, stop)
    except (Changed, NotFound) as error:
        raise BaseLost(
            "only parts of the file were written here, and the service no longer has the version "
            "that the others were in; what was written is kept"
        ) from error


def reopen(folder: Path, record: list[Any], *, base: Base | None) -> Draft:
    """The draft that `Draft.record` described. Raises FileNotFoundError if a layer is gone."""
    name, modified_ns, generation, count, layers = record
    draft = Draft(folder, name, base=base, modified_ns=modified_ns)
    draft.generation = generation
    draft._count = count  # noqa: SLF001 - this is the other half of the class
    draft._new = False  # noqa: SLF001
    for file_name, size, below, spans in layers:
        path = folder / file_name
        if spans and not path.exists():  # a layer that nothing was written to has no file
            raise FileNotFoundError(f"the draft {file_name} is missing")
        spans_ = Spans((start, stop) for start, stop in spans)
        layer = Layer(path, size=size, below=below, spans=spans_)
        layer.seal()
        draft._sealed.append(layer)  # noqa: SLF001
    return draft


def files_of(record: list[Any]) -> set[str]:
    """The names of the files that a record needs."""
    return {file_name for file_name, *_ in record[4]}


def remove_strays(folder: Path, known: set[str]) -> None:
    """Remove what no record names: it was written, and never acknowledged."""
    for path in folder.iterdir():
        if path.name not in known:
            with suppress(OSError):
                path.unlink()


def _in_use(*layers: Layer) -> bool:
    return any(layer.in_use for layer in layers)


def _doom(layers: list[Layer]) -> None:
    while layers:
        layers.pop().doom()
