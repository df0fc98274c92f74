"""Searching by name, on the search server or by walking all folders (reference 3.18)."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import trio

from cloudfs.errors import BadReply, NotFound, Unsupported, unwrapped
from cloudfs.model import Entry, EntryId, Found, Kind
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.places import Places
from cloudfs.providers.asus.wire import Described
from cloudfs.providers.facets import Search

PAGE = 50
TOGETHER = 8  # entries looked at at once


class Finder:
    """Finds entries below the top of the drive, and makes sure of what they are."""

    def __init__(self, api: Api, looking: Looking, places: Places) -> None:
        self._api = api
        self._looking = looking
        self._places = places

    async def trees(self) -> list[Ref]:
        """The folders that the drive shows all of."""
        top = await self._places.top()
        return [top] if top is not None else list((await self._places.tops()).values())

    async def search(
        self, what: tuple[str, str], matches: Callable[[Entry], bool]
    ) -> AsyncGenerator[Sequence[Found], None]:
        """What the search server finds; else all entries that *matches* says yes to."""
        try:
            async with aclosing(self._on_server(what)) as pages:
                async for page in pages:
                    yield page
        except Unsupported:
            pass
        else:
            return
        async with aclosing(self._walk(matches)) as pages:
            async for page in pages:
                yield page

    async def looked_at(self, described: Sequence[Described], beside: Ref) -> Sequence[Found]:
        """The entries as they are now: a list does not tell which version a file has."""
        found: list[Found | None] = [None] * len(described)

        async def look(place: int, entry_id: EntryId) -> None:
            try:
                found[place] = Found(entry=await self._looking.stat(entry_id))
            except (NotFound, BadReply):
                return

        for start in range(0, len(described), TOGETHER):
            with unwrapped():
                async with trio.open_nursery() as nursery:
                    for place in range(start, min(start + TOGETHER, len(described))):
                        one = described[place]
                        entry_id = beside.beside(one.kind, one.number).id
                        nursery.start_soon(look, place, entry_id)
        return [one for one in found if one is not None]

    async def _on_server(self, what: tuple[str, str]) -> AsyncGenerator[Sequence[Found], None]:
        for below in await self.trees():
            seen: set[tuple[Kind, str]] = set()
            for kind in (Kind.FOLDER, Kind.FILE):
                offset = 0
                while True:
                    hits = await self._api.sqlquery(
                        what, kind, below=below, offset=offset, size=PAGE
                    )
                    fresh = [one for one in hits.entries if (one.kind, one.number) not in seen]
                    seen |= {(one.kind, one.number) for one in fresh}
                    yield await self.looked_at(fresh, below)
                    offset += hits.received
                    is_last = hits.total is not None and offset >= hits.total
                    if not fresh or hits.received < PAGE or is_last:
                        break

    async def _walk(
        self, matches: Callable[[Entry], bool]
    ) -> AsyncGenerator[Sequence[Found], None]:
        waiting = [(tree.id, "") for tree in await self.trees()]
        if self._places.shows_all:
            waiting = [(shown.id, f"/{shown.name}") for shown in await self._places.shown_trees()]
        while waiting:
            folder_id, path = waiting.pop()
            found: list[Found] = []
            try:
                async with aclosing(self._looking.list(folder_id)) as pages:
                    async for page in pages:
                        if page.restart:
                            found.clear()
                        found += [Found(entry=e, path=f"{path}/{e.name}") for e in page.entries]
            except NotFound:
                continue  # it has gone meanwhile
            waiting += [
                (one.entry.id, f"{path}/{one.entry.name}") for one in found if one.entry.is_folder
            ]
            yield [one for one in found if matches(one.entry)]


class AsusSearch(Search):
    """Search for a part of a name, in whatever case."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def find(self, query: str) -> AsyncGenerator[Sequence[Found], None]:
        wanted = query.casefold()
        return self._finder.search(
            ("keyword", query), lambda entry: wanted in entry.name.casefold()
        )
