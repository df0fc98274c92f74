"""Download links, shared and reused until they are about to expire."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from cachetools import LRUCache

from cloudfs.errors import Changed, LinkExpired
from cloudfs.model import DownloadLink, Entry, EntryId, Pieces, Version
from cloudfs.providers.base import Provider

MARGIN = 10.0  # seconds before its end at which a link is no longer given out
KEPT = 2000

_Key = tuple[EntryId, Version]


class Links:
    """The links of one account's files."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

        # Changing. One task at a time asks for a link; others for the same file wait for it.
        self._links: LRUCache[_Key, DownloadLink] = LRUCache(KEPT)
        self._asking: dict[_Key, trio.Event] = {}

    @asynccontextmanager
    async def fetch(self, entry: Entry, start: int, stop: int) -> AsyncIterator[Pieces]:
        """The bytes of *entry*, at its version, from *start* up to *stop*.

        A link that is refused before it gave a byte is renewed once. Raises Changed if the
        version cannot be had any more, or a TransientError.
        """
        link = await self._link(entry)
        fetching = self._provider.fetch(link, start, stop)
        try:
            pieces = await fetching.__aenter__()
        except LinkExpired:
            self._drop(entry, link)
            link = await self._link(entry)
            fetching = self._provider.fetch(link, start, stop)
            pieces = await fetching.__aenter__()
        try:
            yield pieces
        except BaseException as error:
            if not await fetching.__aexit__(type(error), error, error.__traceback__):
                raise
        else:
            await fetching.__aexit__(None, None, None)

    async def _link(self, entry: Entry) -> DownloadLink:
        key = (entry.id, entry.version)
        while True:
            link = self._links.get(key)
            if link is not None and (
                link.expires_at is None or trio.current_time() < link.expires_at - MARGIN
            ):
                return link
            if key not in self._asking:
                break
            await self._asking[key].wait()
        asked = self._asking[key] = trio.Event()
        try:
            link = await self._provider.download_link(entry)
        finally:
            del self._asking[key]
            asked.set()
        if link.version != entry.version or link.size != entry.size:
            raise Changed(f"{entry.name} has changed on the service")
        self._links[key] = link
        return link

    def _drop(self, entry: Entry, link: DownloadLink) -> None:
        key = (entry.id, entry.version)
        if self._links.get(key) is link:
            del self._links[key]
