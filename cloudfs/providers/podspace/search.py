"""The service's search, which looks at all of the account's own tree (reference 3.21)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from cloudfs.errors import InvalidRequest
from cloudfs.model import Found
from cloudfs.providers.facets import Search
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.endpoints import Query
from cloudfs.providers.podspace.paging import listed
from cloudfs.providers.podspace.places import Places

CRITERIA = ("title", "type", "minSize", "maxSize", "after", "before")

_BY_WORD = {name.lower(): name for name in CRITERIA}


def criteria(query: str) -> Query:
    """What a query asks for: words, and criteria like ``type:image minSize:1000``.

    Raises InvalidRequest if it asks for nothing.
    """
    words: list[str] = []
    wanted: dict[str, str] = {}
    for word in query.split():
        name, colon, value = word.partition(":")
        if colon and value and name.lower() in _BY_WORD:
            wanted[_BY_WORD[name.lower()]] = value
        else:
            words.append(word)
    found: dict[str, str] = {"words": " ".join(words)} if words else {}
    found.update((name, wanted[name]) for name in CRITERIA if name in wanted)
    if not found:
        raise InvalidRequest("a search needs something to look for")
    return found


class PodspaceSearch(Search):
    """Words match names; further criteria can be written among them, all have to be met."""

    def __init__(self, account: AccountApi, places: Places) -> None:
        self._account = account
        self._places = places

    async def find(self, query: str) -> AsyncGenerator[Sequence[Found], None]:
        wanted = criteria(query)
        pages = listed(
            lambda start: self._account.search(wanted, start),
            lambda entity: entity.hash,
            size=self._account.page_size,
        )
        async with aclosing(pages):
            async for page in pages:
                yield [Found(entry=self._places.entry(entity)) for entity in page]
