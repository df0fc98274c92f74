"""What changed on the service: the history of the projects in use, and their list (reference 3.16).

1. Each project has a history of its own, so a cursor holds, for each project that something was
   listed of, the time of its latest event. One that comes into use later is news as a whole, once.
2. Events tell what happened to which ids, but only for some in which folder. `Places` knows where
   an entry was seen; where that is not enough, the whole project is news.
3. Who may not read a history is told, every time, that all of the project may have changed.
4. Projects that come, go and get other names are seen in their list: that is short.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cloudfs.errors import AccessDenied, BadReply, NotFound
from cloudfs.model import EntryId, News
from cloudfs.providers.cloud689 import values
from cloudfs.providers.cloud689.answers import Event
from cloudfs.providers.cloud689.history import (
    ADDED,
    DELETED,
    FOLDER_CREATED,
    MOVED,
    RESTORED,
    TO_TRASH,
    UPDATED,
    History,
)
from cloudfs.providers.cloud689.ids import ROOT, address_of, file_id, folder_id
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places
from cloudfs.providers.facets import ChangeFeed

NO_RIGHT = -1  # stands for the time of the latest event, where no history may be read

BINNING = frozenset({TO_TRASH, DELETED, RESTORED})
INTO_FOLDER = frozenset({ADDED, FOLDER_CREATED, RESTORED})


@dataclass
class _News:
    """What is found out, before it is told."""

    folders: set[EntryId] = field(default_factory=set)
    trees: set[EntryId] = field(default_factory=set)
    trash: bool = False


class Cloud689Changes(ChangeFeed):
    """The histories of one account."""

    def __init__(self, history: History, looks: Looks, places: Places, *, interval: float) -> None:
        self._history = history
        self._looks = looks
        self._places = places
        self.interval = interval  # seconds between two questions

    async def cursor(self) -> str:
        projects, mark = await self._projects()
        in_use = [project for project in sorted(self._places.in_use) if project in projects]
        return _text({project: await self._latest(project) for project in in_use}, mark)

    async def since(self, cursor: str) -> News:
        before = _parsed(cursor)
        if before is None:
            return News(cursor=await self.cursor(), everything=True, trash=True)
        known, known_mark = before
        projects, mark = await self._projects()
        news, now = _News(), dict[str, int]()
        if mark != known_mark:
            news.folders.add(ROOT)
        for project in sorted(projects & (known.keys() | self._places.in_use)):
            now[project] = await self._look(project, known.get(project), news)
        return News(
            cursor=_text(now, mark),
            folders=frozenset(news.folders),
            trees=frozenset(news.trees),
            trash=news.trash,
        )

    async def _projects(self) -> tuple[set[str], str]:
        """The projects there are, and a mark of their names."""
        named = sorted((entry.id, entry.name) for entry in await self._looks.projects())
        mark = hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
        return {address_of(id_).project for id_, _ in named}, mark

    async def _latest(self, project: str) -> int:
        try:
            return await self._history.newest(project)
        except (AccessDenied, NotFound):
            return NO_RIGHT

    async def _look(self, project: str, after: int | None, news: _News) -> int:
        """Add what happened in a project after that time; returns the time of the latest event."""
        top = folder_id(project, None)
        if after is None or after == NO_RIGHT:
            latest = await self._latest(project)
            news.trees.add(top)
            return latest
        try:
            events = await self._history.changes(project, after)
        except (AccessDenied, NotFound):
            news.trees.add(top)
            return NO_RIGHT
        if events is None:
            news.trees.add(top)
            news.trash = True
            return await self._latest(project)
        for event in events:
            if event.at > after:
                self._add(project, event, news)
        return max((event.at for event in events), default=after)

    def _add(self, project: str, event: Event, news: _News) -> None:
        """What one event says."""
        news.trash = news.trash or event.type in BINNING
        if event.type == DELETED:
            return
        top = folder_id(project, None)
        if event.parent is None:
            parent = None
        else:
            parent = top if event.parent == project else folder_id(project, event.parent)
            news.folders.add(parent)
        if event.type in INTO_FOLDER:
            if parent is None:
                news.trees.add(top)
        elif event.type in {UPDATED, TO_TRASH, MOVED}:
            self._add_former(project, event, parent, news)

    def _add_former(self, project: str, event: Event, parent: EntryId | None, news: _News) -> None:
        """The folders that the entries of an event were in before."""
        ids = [file_id(project, own) for own in event.files]
        ids += [folder_id(project, own) for own in event.folders]
        for id_ in ids:
            former = self._places.parents(id_)
            news.folders |= former
            # After a move that was seen from its end only, the beginning is anywhere.
            if not former or (event.type == MOVED and former <= {parent}):
                news.trees.add(folder_id(project, None))
        if not ids:
            news.trees.add(folder_id(project, None))


def _text(times: Mapping[str, int], mark: str) -> str:
    return json.dumps({"projects": times, "list": mark}, sort_keys=True)


def _parsed(cursor: str) -> tuple[dict[str, int], str] | None:
    try:
        state = values.record(json.loads(cursor))
        times = values.record(state.get("projects"))
        return {project: int(at) for project, at in times.items()}, str(state["list"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, BadReply):
        return None
