"""Bookmarks (reference 3.23)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from cloudfs.errors import NotFound
from cloudfs.model import Entry, Found
from cloudfs.providers.facets import Favorites
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.paging import listed
from cloudfs.providers.podspace.places import Places


class PodspaceFavorites(Favorites):
    """The account's bookmarks."""

    def __init__(self, api: Api, account: AccountApi, places: Places) -> None:
        self._api = api
        self._account = account
        self._places = places

    async def marked(self) -> AsyncGenerator[Sequence[Found], None]:
        size = self._account.page_size
        pages = listed(self._account.bookmarks, lambda entity: entity.hash, size=size)
        async with aclosing(pages):
            async for page in pages:
                yield [Found(entry=self._places.entry(entity)) for entity in page]

    async def mark(self, entry: Entry, *, wanted: bool) -> None:
        if await self._account.mark(entry.id, wanted=wanted):
            return
        await self._api.stat(entry.id)  # raises NotFound
        if wanted:
            raise NotFound(f"the service does not mark {entry.name}")
