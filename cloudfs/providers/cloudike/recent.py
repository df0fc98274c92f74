"""What happened to files lately, from the event log (reference 3.16.2)."""

from collections.abc import AsyncGenerator, Sequence

from cloudfs.model import EntryId, Found
from cloudfs.providers.cloudike.answers import Event
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.facets import Recent

PAGE = 100  # the service gives no more
FAR_ENOUGH = 1000  # events that are looked through


class CloudikeRecent(Recent):
    """Files in the order of their latest events, as far as they are still where those left them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def recent(self, limit: int) -> AsyncGenerator[Sequence[Found], None]:
        seen: set[EntryId] = set()
        given = read = 0
        while given < limit and read < FAR_ENOUGH:
            events = await self._api.events(since=0, skip=read, limit=PAGE)
            read += len(events)
            for path in _of_files(events):
                if path in seen:
                    continue
                seen.add(path)
                entry = await self._api.metadata_or_none(path)
                if entry is None or entry.is_folder:
                    continue
                given += 1
                yield [Found(entry=entry, path=entry.id)]
                if given == limit:
                    return
            if len(events) < PAGE:
                return


def _of_files(events: Sequence[Event]) -> list[EntryId]:
    return [
        event.path
        for event in events
        if event.path is not None
        and event.type.startswith("file_")
        and event.type != "file_deleted"
    ]
