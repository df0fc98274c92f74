"""A look at what happened lately, which is less than a change feed (reference 3.19).

The service has no feed. Its list of the latest activities tells quickly that something happened,
but it is silent about what others do in shared folders, and perhaps about deletions, and keeps
only the latest activity of an entry. So it proves nothing: at regular intervals everything is
said to be news, whatever the list shows.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from cloudfs.errors import BadReply
from cloudfs.model import EntryId, News
from cloudfs.providers.facets import ChangeFeed
from cloudfs.providers.podspace import values
from cloudfs.providers.podspace.answers import Activity
from cloudfs.providers.podspace.places import ROOT, Places
from cloudfs.providers.podspace.recent import Latest

PAGE = 50
MOST_PAGES = 4  # if more than these happened, everything is read again

HARMLESS = frozenset({"DOWNLOAD", "SHARE", "UNSHARE", "PUBLIC"})
IN_ONE_FOLDER = frozenset({"UPLOAD", "CREATE", "COPY", "RENAME", "TRASH"})
IN_THE_BIN = frozenset({"TRASH", "RESTORE"})

Seen = frozenset[tuple[str, str]]  # hash and kind of the activities at the cursor's time


@dataclass(frozen=True, slots=True)
class _Cursor:
    """The newest activity that was seen, and when everything was last said to be news."""

    at_ns: int
    seen: Seen
    everything_at: float  # wall clock

    def text(self) -> str:
        return json.dumps(
            {"at": self.at_ns, "seen": sorted(self.seen), "everything": self.everything_at}
        )


class PodspaceChanges(ChangeFeed):
    """The look at one account's latest activities."""

    complete = False

    def __init__(
        self,
        latest: Latest,
        places: Places,
        *,
        interval: float,
        trust: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._latest = latest
        self._places = places
        self.interval = interval  # seconds between two questions
        self._trust = trust
        self._clock = clock

    async def cursor(self) -> str:
        page = await self._latest.page(0, PAGE)
        return _cursor(page.items, self._clock()).text()

    async def since(self, cursor: str) -> News:
        known = _parsed(cursor)
        now = self._clock()
        if known is None or not 0 <= now - known.everything_at < self._trust:
            return await self._everything()
        items = await self._from(known)
        if items is None:
            return await self._everything()
        newer = [item for item in items if _is_newer(item, known)]
        following = _cursor(items, known.everything_at, known)
        return self._news(newer, known, following.text())

    async def _everything(self) -> News:
        return News(cursor=await self.cursor(), everything=True, trash=True)

    async def _from(self, known: _Cursor) -> list[Activity] | None:
        """Activities back to those that were seen; None if there are too many."""
        found: list[Activity] = []
        start = 0
        for _ in range(MOST_PAGES):
            page = await self._latest.page(start, PAGE)
            found += page.items
            start += page.received
            reached = min((item.created_ns for item in page.items), default=known.at_ns)
            if page.is_last(start, PAGE, len(page.items)) or reached < known.at_ns:
                return found
        return None

    def _news(self, newer: list[Activity], known: _Cursor, cursor: str) -> News:
        folders: set[EntryId] = set()
        trees: set[EntryId] = set()
        everything = trash = False
        for item in newer:
            entity = item.entity
            changed = entity.updated_ns is None or entity.updated_ns > known.at_ns
            if item.kind in HARMLESS and not changed:
                continue
            trash = trash or item.kind in IN_THE_BIN
            if item.kind not in IN_ONE_FOLDER or entity.parent_hash is None:
                everything = True  # a move tells not where from, a download hides what was before
                continue
            folders.add(self._places.id_of(entity.parent_hash))
            if entity.is_folder and item.kind != "CREATE":
                trees.add(self._places.id_of(entity.hash))
        return News(
            cursor=cursor,
            folders=frozenset(folders),
            trees=frozenset(trees - {ROOT}),
            everything=everything,
            trash=trash,
        )


def _is_newer(item: Activity, known: _Cursor) -> bool:
    if item.created_ns != known.at_ns:
        return item.created_ns > known.at_ns
    return (item.entity.hash, item.kind) not in known.seen


def _cursor(
    items: list[Activity] | tuple[Activity, ...],
    everything_at: float,
    known: _Cursor | None = None,
) -> _Cursor:
    start = 0 if known is None else known.at_ns
    newest = max((item.created_ns for item in items), default=start)
    seen = frozenset((item.entity.hash, item.kind) for item in items if item.created_ns == newest)
    if known is not None and newest <= start:
        newest, seen = start, seen | known.seen if newest == start else known.seen
    return _Cursor(newest, seen, everything_at)


def _parsed(cursor: str) -> _Cursor | None:
    try:
        state = values.record(json.loads(cursor))
        pairs = [values.array(pair) for pair in values.array(state.get("seen"))]
        seen = frozenset((str(hash_), str(kind)) for hash_, kind in pairs)
        return _Cursor(int(state["at"]), seen, float(state["everything"]))
    except (ValueError, KeyError, TypeError, OverflowError, BadReply):
        return None
