"""What changed on the service: its event log, read from where the last reading ended (3.16.2).

A cursor is the time of the newest event seen, with the events seen at that very millisecond,
since more may follow within it. The log is asked from one millisecond earlier: so the events of
the cursor come again whether or not the service includes its bounds, and their absence means
that the log does not reach back that far, or is another one.
"""

import json

from cloudfs.errors import BadReply
from cloudfs.model import EntryId, News
from cloudfs.providers.cloudike import values
from cloudfs.providers.cloudike.answers import Event
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.paths import folder_of
from cloudfs.providers.facets import ChangeFeed

PAGE = 100  # the service gives no more
MOST = 1000  # events after which everything is read again

SHARING = frozenset({"folder_unshared", "folder_collab_removed"})
ELSEWHERE = frozenset({"moved", "renamed"})
ONE_ENTRY = frozenset({"link_created", "link_deleted"})

Seen = frozenset[tuple[str, str]]  # type and path of the events at the cursor's time


class CloudikeChanges(ChangeFeed):
    """The event log of one account."""

    def __init__(self, api: Api, *, interval: float) -> None:
        self._api = api
        self.interval = interval  # seconds between two questions

    async def cursor(self) -> str:
        return _cursor(await self._api.events(since=0, skip=0, limit=PAGE), 0, frozenset())

    async def since(self, cursor: str) -> News:
        start, seen = _parsed(cursor)
        events = await self._from(start - 1 if start else 0)
        known = {(event.type, event.path or "") for event in events if event.timestamp == start}
        newer = [
            event
            for event in events
            if event.timestamp > start
            or (event.timestamp == start and (event.type, event.path or "") not in seen)
        ]
        if len(events) > MOST or not seen <= known:
            return News(cursor=await self.cursor(), everything=True, trash=True)
        return _news(newer, _cursor(events, start, seen))

    async def _from(self, since: int) -> list[Event]:
        """Events from *since* on, the newest first; a few more than MOST at most."""
        found: list[Event] = []
        while len(found) <= MOST:
            page = await self._api.events(since=since, skip=len(found), limit=PAGE)
            found.extend(page)
            if len(page) < PAGE:
                break
        return found


def _cursor(events: list[Event] | tuple[Event, ...], start: int, seen: Seen) -> str:
    newest = max((event.timestamp for event in events), default=start)
    at_newest = {(event.type, event.path or "") for event in events if event.timestamp == newest}
    if newest <= start:
        newest, at_newest = start, at_newest | seen
    return json.dumps({"at": newest, "seen": sorted(at_newest)})


def _parsed(cursor: str) -> tuple[int, Seen]:
    try:
        state = values.record(json.loads(cursor))
        pairs = [values.array(pair) for pair in values.array(state.get("seen"))]
        return int(state["at"]), frozenset((str(kind), str(path)) for kind, path in pairs)
    except (ValueError, KeyError, TypeError, BadReply):
        return 0, frozenset({("", "")})  # no event is like that: everything is news


def _news(events: list[Event], cursor: str) -> News:
    folders: set[EntryId] = set()
    trees: set[EntryId] = set()
    everything = trash = False
    for event in events:
        subject, _, action = event.type.partition("_")
        if subject == "share" or event.type in SHARING:
            everything = True
        elif subject in {"file", "folder"} or event.type in ONE_ENTRY:
            places = {place for place in (event.path, event.old_path) if place is not None}
            if event.path is None or (action in ELSEWHERE and event.old_path is None):
                everything = True
            folders.update(folder_of(place) for place in places)
            if subject == "folder":
                trees.update(places)
            trash = trash or action in {"deleted", "undeleted"}
    return News(
        cursor=cursor,
        folders=frozenset(folders),
        trees=frozenset(trees),
        everything=everything,
        trash=trash,
    )
