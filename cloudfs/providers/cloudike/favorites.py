"""Favourites (reference 3.20)."""

from collections.abc import AsyncGenerator, Sequence

from cloudfs.errors import CloudError, TransientError, Unreachable
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId, Found
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.facets import Favorites

NOT_CARRIED_OUT = (Unreachable, Refused)


class CloudikeFavorites(Favorites):
    """Marked entries. The service only turns a mark over, so it is looked at first."""

    def __init__(self, api: Api, calls: FileCalls) -> None:
        self._api = api
        self._calls = calls

    async def marked(self) -> AsyncGenerator[Sequence[Found], None]:
        yield [Found(entry=entry, path=entry.id) for entry in await self._calls.favorites()]

    async def mark(self, entry: Entry, *, wanted: bool) -> None:
        if await self._is_marked(entry.id) == wanted:
            return
        try:
            turned = await self._calls.set_favorite(entry.id)
        except NOT_CARRIED_OUT:
            raise
        except TransientError:
            if await self._is_marked(entry.id) != wanted:
                raise
            return
        if _marked(turned) != wanted:
            raise CloudError(f"the service does not change the mark of {entry.name}")

    async def _is_marked(self, path: EntryId) -> bool:
        return _marked(await self._api.metadata(path))


def _marked(entry: Entry) -> bool:
    return "favorite" in entry.extra
