"""What happened lately (reference 3.19)."""

from collections.abc import AsyncGenerator, Sequence

from cloudfs.model import Found
from cloudfs.providers.facets import Recent
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.answers import Activity
from cloudfs.providers.podspace.places import Places
from cloudfs.providers.podspace.wire import PageOf

MOST_AT_ONCE = 100


class Latest:
    """The list of what happened lately, the newest first.

    Which of the two orders that is, the service's own client does not agree with itself about;
    so it is found out from a page that shows it.
    """

    def __init__(self, account: AccountApi) -> None:
        self._account = account

        # Changing.
        self._descending = True

    async def page(self, start: int, size: int) -> PageOf[Activity]:
        """A page of the list."""
        page = await self._page(start, size)
        if start == 0 and _oldest_first(page.items):
            self._descending = not self._descending
            other = await self._page(start, size)
            if not _oldest_first(other.items):
                return other
            self._descending = not self._descending
        return page

    async def _page(self, start: int, size: int) -> PageOf[Activity]:
        return await self._account.activities(start, size, newest_first=self._descending)


class PodspaceRecent(Recent):
    """The entries that were used or changed lately."""

    def __init__(self, latest: Latest, places: Places) -> None:
        self._latest = latest
        self._places = places

    async def recent(self, limit: int) -> AsyncGenerator[Sequence[Found], None]:
        given: set[str] = set()
        start = 0
        while len(given) < limit:
            size = min(limit, MOST_AT_ONCE)
            page = await self._latest.page(start, size)
            newest_first = sorted(page.items, key=lambda item: item.created_ns, reverse=True)
            fresh = {
                item.entity.hash: item.entity
                for item in newest_first
                if item.entity.hash not in given
            }
            entities = list(fresh.values())[: limit - len(given)]
            given.update(entity.hash for entity in entities)
            yield [Found(entry=self._places.entry(entity)) for entity in entities]
            start += page.received
            if page.is_last(start, size, len(fresh)):
                return


def _oldest_first(items: Sequence[Activity]) -> bool:
    return len(items) > 1 and items[0].created_ns < items[-1].created_ns
