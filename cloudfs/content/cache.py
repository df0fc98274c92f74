"""Blocks of files that were read, on disk.

One pair of files for each version of each file: the blocks at their places in a sparse file,
and a map with a checksum for every block that is there. The block is written before its
checksum, and believed only if they fit: after a crash at any point the worst is a block that
has to be fetched again.

Files are dropped, least recently used first, to stay within a size and to leave the disk some
room. What is open or pinned is never dropped; when nothing else is left, new blocks are not kept.
"""

import hashlib
import logging
import os
import threading
import time
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from errno import ENOSPC
from pathlib import Path

from cloudfs.model import InodeNumber, Version

log = logging.getLogger(__name__)

BLOCK = 64 * 1024
_ABSENT = 0
_CRC_BYTES = 4


def blocks_of(start: int, stop: int) -> range:
    """The numbers of the blocks in which the bytes from *start* up to *stop* lie."""
    return range(start // BLOCK, -(-stop // BLOCK))


class CachedFile:
    """The blocks of one version of one file. Its methods block for as long as the disk does."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._data = os.open(path, flags, 0o600)
        try:
            self._map = os.open(_map_path(path), flags, 0o600)
        except BaseException:
            os.close(self._data)
            raise
        count = -(-size // BLOCK)
        raw = os.pread(self._map, count * _CRC_BYTES, 0)
        self._checksums = array("I", raw[: len(raw) // _CRC_BYTES * _CRC_BYTES])
        self._checksums.extend([_ABSENT] * (count - len(self._checksums)))
        self._verified = bytearray(count)  # 1: the block fitted its checksum in this process

    def close(self) -> None:
        """Let go of the files."""
        os.close(self._data)
        os.close(self._map)

    def has(self, block: int) -> bool:
        """Whether the block is here, as far as the map tells."""
        return self._checksums[block] != _ABSENT

    @property
    def stored(self) -> int:
        """Bytes the blocks take, roughly."""
        return sum(1 for checksum in self._checksums if checksum != _ABSENT) * BLOCK

    def store(self, first: int, data: bytes) -> None:
        """Keep *data*: whole blocks from the number *first* on (the last of a file may be short).

        Raises OSError if the disk does not take them.
        """
        _write(self._data, data, first * BLOCK)
        checksums = array("I")
        for at in range(0, len(data), BLOCK):
            checksums.append(zlib.crc32(data[at : at + BLOCK]) or 1)
        _write(self._map, checksums.tobytes(), first * _CRC_BYTES)
        self._checksums[first : first + len(checksums)] = checksums
        self._verified[first : first + len(checksums)] = b"\1" * len(checksums)

    def read(self, start: int, stop: int, *, may_block: bool = True) -> bytes | None:
        """The bytes from *start* up to *stop*; None if a block of them is not here.

        A block that does not fit its checksum counts as not here. Raises BlockingIOError if
        the disk would have to be waited for and that may not be.
        """
        blocks = blocks_of(start, stop)
        if self.lacks(blocks):
            return None
        if not all(self._verified[blocks.start : blocks.stop]):
            if not may_block:
                raise BlockingIOError
            return self._verified_bytes(blocks, start, stop)
        if may_block:
            return _read(self._data, stop - start, start)
        buffer = bytearray(stop - start)
        count = os.preadv(self._data, [buffer], start, os.RWF_NOWAIT)
        if count < len(buffer):
            raise BlockingIOError
        return bytes(buffer)

    def lacks(self, blocks: range) -> bool:
        """Whether one of *blocks* is not here."""
        try:
            self._checksums.index(_ABSENT, blocks.start, blocks.stop)
        except ValueError:
            return False
        return True

    def _verified_bytes(self, blocks: range, start: int, stop: int) -> bytes | None:
        """The bytes from *start* up to *stop*, if all their *blocks* fit their checksums."""
        begin = blocks.start * BLOCK
        data = _read(self._data, min(blocks.stop * BLOCK, self.size) - begin, begin)
        view = memoryview(data)
        whole = True
        for block in blocks:
            at = block * BLOCK - begin
            if (zlib.crc32(view[at : at + BLOCK]) or 1) == self._checksums[block]:
                self._verified[block] = 1
                continue
            log.info("block %d of %s is damaged and will be fetched again", block, self.path.name)
            self._checksums[block] = _ABSENT
            whole = False
        if not whole:
            return None
        return data[start - begin : stop - begin]


class BlockCache:
    """All cached files of a drive, in one folder.

    Blocks are stored by threads, several at once; a lock keeps the account of them.
    """

    def __init__(self, folder: Path, *, limit: int, keep_free: int) -> None:
        self._folder = folder
        self.limit = limit  # bytes
        self._keep_free = keep_free

        # Changing. `_sizes` has every file, the least recently used first. Of files in
        # `_pinned` no version is dropped to make room.
        self._lock = threading.RLock()
        self._pinned: frozenset[InodeNumber] = frozenset()
        self._open: dict[str, tuple[CachedFile, int]] = {}
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self.used = 0  # bytes on disk: the sum of them
        self._looked_at = 0.0
        self._free = 0

    def scan(self) -> None:
        """Look at what earlier processes left."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = []
        for path in self._folder.iterdir():
            if path.suffix == ".map":
                continue
            try:
                used = _map_path(path).stat().st_mtime
            except FileNotFoundError:
                path.unlink(missing_ok=True)
                continue
            found.append((used, path.name, path.stat().st_blocks * 512))
        for _, name, size in sorted(found):
            self._sizes[name] = size
            self.used += size

    @property
    def room(self) -> int:
        """Bytes that may be on disk, with what is there now: the limit, or what the disk has."""
        return max(0, min(self.limit, self.used + self._free_space() - self._keep_free))

    def pin(self, numbers: Iterable[InodeNumber]) -> None:
        """Keep what is cached of these files, and of no others."""
        self._pinned = frozenset(numbers)

    def drop_others(self, versions: Mapping[InodeNumber, Version]) -> None:
        """Forget other versions of these files than those given, but for what is open."""
        for name in list(self._sizes):
            number = _number(name)
            if number in versions and name != _name(number, versions[number]):
                with self._lock:
                    if name in self._sizes and name not in self._open:
                        self._remove(name)

    def open(self, number: InodeNumber, version: Version, size: int) -> CachedFile:
        """The cached blocks of a version of a file; closed again by `close`."""
        name = _name(number, version)
        with self._lock:
            if name in self._open:
                file, count = self._open[name]
            else:
                file, count = CachedFile(self._folder / name, size), 0
                os.utime(_map_path(file.path))
                self._sizes.setdefault(name, 0)
            self._open[name] = (file, count + 1)
            self._sizes.move_to_end(name)
        return file

    def close(self, file: CachedFile) -> None:
        """The caller of `open` is done with it."""
        name = file.path.name
        with self._lock:
            _, count = self._open[name]
            if count > 1:
                self._open[name] = (file, count - 1)
                return
            del self._open[name]
        file.close()

    def store(self, file: CachedFile, first: int, data: bytes) -> bool:
        """Keep blocks of *file*, dropping others if they take the room; False if there is none."""
        with self._lock:
            if not self._make_room(len(data)):
                return False
            self._account(file, len(data))
        try:
            file.store(first, data)
        except OSError as error:
            with self._lock:
                self._account(file, -len(data))
                self._free = 0
            if error.errno != ENOSPC:
                raise
            return False
        return True

    def _account(self, file: CachedFile, count: int) -> None:
        self._sizes[file.path.name] += count
        self.used += count
        self._free -= count

    def holds(self, number: InodeNumber, version: Version, count: int) -> bool:
        """Whether as many bytes of a version are here as *count* blocks' worth, roughly."""
        return self._sizes.get(_name(number, version), -1) >= min(count, BLOCK)

    def rename(self, number: InodeNumber, old: Version, new: Version) -> None:
        """The same bytes have another version now; what is open stays under the old one."""
        old_name, new_name = _name(number, old), _name(number, new)
        with self._lock:
            if old_name not in self._sizes or old_name in self._open or new_name in self._sizes:
                return
            for suffix in ("", ".map"):
                (self._folder / (old_name + suffix)).replace(self._folder / (new_name + suffix))
            self._sizes[new_name] = self._sizes.pop(old_name)

    def drop(self, number: InodeNumber, *, but: Version | None = None) -> None:
        """Forget what is cached of a file, except for one version, and what is open."""
        kept = _name(number, but) if but is not None else None
        prefix = f"{number:x}-"
        with self._lock:
            for name in [n for n in self._sizes if n.startswith(prefix) and n != kept]:
                if name not in self._open:
                    self._remove(name)

    def _make_room(self, wanted: int) -> bool:
        while self.used + wanted > self.limit or self._free_space() - wanted < self._keep_free:
            victim = self._victim()
            if victim is None:
                return False
            self._remove(victim)
        return True

    def _victim(self) -> str | None:
        """The least recently used of those that may go; what is pinned is not passed over twice."""
        pinned = []
        victim = None
        for name in self._sizes:
            if _number(name) in self._pinned:
                pinned.append(name)
            elif name not in self._open:
                victim = name
                break
        if victim is not None:
            for name in pinned:
                self._sizes.move_to_end(name)
        return victim

    def _remove(self, name: str) -> None:
        path = self._folder / name
        path.unlink(missing_ok=True)
        _map_path(path).unlink(missing_ok=True)
        size = self._sizes.pop(name)
        self.used -= size
        self._free += size

    def _free_space(self) -> int:
        now = time.monotonic()
        if now - self._looked_at > 1.0:
            disk = os.statvfs(self._folder)
            self._free = disk.f_bavail * disk.f_frsize
            self._looked_at = now
        return self._free


def _name(number: InodeNumber, version: Version) -> str:
    return f"{number:x}-{hashlib.sha256(version.encode()).hexdigest()[:24]}"


def _number(name: str) -> InodeNumber:
    return InodeNumber(int(name.partition("-")[0], 16))


def _map_path(path: Path) -> Path:
    return path.with_name(path.name + ".map")


def _write(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(descriptor, view, offset)
        view = view[count:]
        offset += count


def _read(descriptor: int, count: int, offset: int) -> bytes:
    """*count* bytes; where the file ends early, zeros, which no checksum fits."""
    data = os.pread(descriptor, count, offset)
    while len(data) < count:
        more = os.pread(descriptor, count - len(data), offset + len(data))
        if not more:
            return data.ljust(count, b"\0")
        data += more
    return data
