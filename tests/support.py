"""What several suites need: content to upload, and a look at a whole account."""

import hashlib
import time
from typing import NoReturn

import pytest

from cloudfs.errors import LinkExpired, TransientError
from cloudfs.model import Checksum, DownloadLink, Entry, EntryId, Pieces, Version
from cloudfs.providers.base import Provider


class BytesContent:
    """Content to upload that is held in memory."""

    def __init__(
        self,
        data: bytes,
        modified_ns: int | None = None,
        *,
        based_on: tuple[Version, list[tuple[int, int]]] = (Version(""), []),
    ) -> None:
        self.data = data
        self.based_on = based_on
        self.modified_ns = time.time_ns() if modified_ns is None else modified_ns
        self.reads: list[tuple[int, int]] = []

    @property
    def size(self) -> int:
        return len(self.data)

    async def read(self, start: int, stop: int) -> Pieces:
        self.reads.append((start, stop))
        for at in range(start, stop, 1 << 20):
            yield self.data[at : min(at + (1 << 20), stop)]

    async def checksum(self, algorithm: str) -> Checksum:
        return Checksum(algorithm, hashlib.new(algorithm, self.data).hexdigest())

    def unchanged(self, version: Version) -> list[tuple[int, int]]:
        known, ranges = self.based_on
        return ranges if version == known else []


async def listing(provider: Provider, folder_id: EntryId) -> dict[str, Entry]:
    """The children of a folder by name; fails if a name or an id comes twice."""
    entries: list[Entry] = []
    async for page in provider.list_folder(folder_id):
        if page.restart:
            entries.clear()
        entries.extend(page.entries)
    assert len({e.id for e in entries}) == len(entries), "an entry was listed twice"
    names = {e.name: e for e in entries}
    assert len(names) == len(entries), "a name was listed twice"
    return names


async def content(provider: Provider, entry: Entry) -> bytes:
    """The bytes of a file."""
    if entry.size == 0:
        return b""
    return await part(provider, entry, 0, entry.size)


async def part(provider: Provider, entry: Entry, start: int, stop: int) -> bytes:
    """A part of a file, as those read it who know that links end and servers are busy."""
    link = await provider.download_link(entry)
    for _ in range(5):
        try:
            return await fetched(provider, link, start, stop)
        except LinkExpired:
            link = await provider.download_link(entry)
        except TransientError:
            continue
    raise AssertionError("the part could not be had")


async def fetched(provider: Provider, link: DownloadLink, start: int, stop: int) -> bytes:
    """A part of what a link leads to, by one request."""
    async with provider.fetch(link, start, stop) as pieces:
        return b"".join([piece async for piece in pieces])


def lacks(reason: str) -> NoReturn:
    """Skip the rest of a test for what the service cannot do.

    pytest-trio forgets the reason of a skip; tests/conftest.py puts it back from here.
    """
    LAST_REASON[0] = reason
    pytest.skip(reason)


LAST_REASON = [""]
