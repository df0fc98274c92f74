"""The service's search, by names (reference 3.15)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from cloudfs.errors import InvalidRequest
from cloudfs.model import Found
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.cloudike.paging import in_pages
from cloudfs.providers.facets import Search


class CloudikeSearch(Search):
    """Files and folders of the whole tree whose names hold what is looked for."""

    def __init__(self, calls: FileCalls, *, page_limit: int) -> None:
        self._calls = calls
        self._limit = page_limit

    async def find(self, query: str) -> AsyncGenerator[Sequence[Found], None]:
        if not query.strip():
            raise InvalidRequest("a search needs something to look for")
        pages = in_pages(
            lambda offset: self._calls.search(query, offset=offset, limit=self._limit),
            lambda entry: entry.id,
            limit=self._limit,
        )
        async with aclosing(pages):
            async for page in pages:
                yield [Found(entry=entry, path=entry.id) for entry in page]
