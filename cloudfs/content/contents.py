"""The contents of the service's files, each version opened once however many read it."""

import logging
from collections.abc import Callable
from contextlib import aclosing

import trio

from cloudfs.content.ahead import OnTheWay, Pattern
from cloudfs.content.cache import BLOCK, BlockCache
from cloudfs.content.links import Links
from cloudfs.content.remote import RemoteFile
from cloudfs.model import Content, Entry, InodeNumber, Version

log = logging.getLogger(__name__)

MOST_OF_CACHE = 4  # the part of the cache's limit that one file may take right after its upload

_Key = tuple[InodeNumber, Version]


class Contents:
    """Opens versions of files for reading.

    *locate* gives the entry of an inode as it is now: a file may be moved while it is read.
    """

    def __init__(
        self,
        links: Links,
        cache: BlockCache,
        nursery: trio.Nursery,
        locate: Callable[[InodeNumber, Entry], Entry],
    ) -> None:
        self._links = links
        self._cache = cache
        self._nursery = nursery
        self._locate = locate
        self._on_the_way = OnTheWay()

        # Changing.
        self._open: dict[_Key, tuple[RemoteFile, int]] = {}

    def open(self, number: InodeNumber, entry: Entry) -> RemoteFile:
        """The version of *entry*, to be closed by `close`."""
        key = (number, entry.version)
        if key in self._open:
            file, users = self._open[key]
        else:
            users = 0
            file = RemoteFile(
                number,
                entry,
                links=self._links,
                cache=self._cache,
                nursery=self._nursery,
                on_the_way=self._on_the_way,
                locate=lambda known: self._locate(number, known),
            )
        self._open[key] = (file, users + 1)
        return file

    def close(self, number: InodeNumber, entry: Entry) -> None:
        """The caller of `open` is done with it."""
        key = (number, entry.version)
        file, users = self._open[key]
        if users > 1:
            self._open[key] = (file, users - 1)
            return
        del self._open[key]
        file.close()

    def base(self, number: InodeNumber, entry: Entry) -> "LazyContent":
        """The version of *entry*, opened when the first byte of it is wanted."""
        return LazyContent(self, number, entry)

    async def adopt(self, number: InodeNumber, entry: Entry, content: Content) -> None:
        """Keep what has just become the content of *entry*, so that nobody has to fetch it."""
        if not 0 < entry.size <= self._cache.limit // MOST_OF_CACHE:
            return
        file = self._cache.open(number, entry.version, entry.size)
        try:
            at = 0
            async with aclosing(content.read(0, entry.size)) as pieces:
                async for piece in pieces:
                    first, at = at // BLOCK, at + len(piece)
                    if not await trio.to_thread.run_sync(self._cache.store, file, first, piece):
                        return
        except OSError as error:
            log.warning("the cache does not take what was uploaded: %s", error)
        finally:
            self._cache.close(file)

    def is_cached(self, number: InodeNumber, entry: Entry, count: int) -> bool:
        """Whether the first *count* bytes need not be fetched, as far as one can tell quickly."""
        return self._cache.holds(number, entry.version, count)

    @property
    def opened(self) -> int:
        """How many versions are open."""
        return len(self._open)


class LazyContent:
    """A version that may never be read: what a draft was begun from, or a file that was opened."""

    def __init__(self, contents: Contents, number: InodeNumber, entry: Entry) -> None:
        self._contents = contents
        self._number = number
        self._pattern = Pattern()
        self.entry = entry
        self.size = entry.size
        self.version = entry.version

        # Changing.
        self._file: RemoteFile | None = None

    async def read(self, start: int, stop: int) -> bytes:
        """The bytes from *start* up to *stop*, or as many as there are; see `RemoteFile.read`."""
        if self._file is None:
            self._file = self._contents.open(self._number, self.entry)
        return await self._file.read(start, stop, self._pattern)

    def close(self) -> None:
        """No more reads will come."""
        if self._file is not None:
            self._contents.close(self._number, self.entry)
            self._file = None
