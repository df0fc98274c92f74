"""Files that were changed, or uploaded, lately (reference 3.16)."""

from collections.abc import AsyncGenerator, Sequence

from cloudfs.errors import NotFound
from cloudfs.model import Found
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.ids import SYNC, SYSTEM, Ref
from cloudfs.providers.asus.places import Places
from cloudfs.providers.asus.searching import Finder
from cloudfs.providers.asus.wire import Described
from cloudfs.providers.facets import Recent

CALLS = {"changes": "getlatestchangefiles", "uploads": "getlatestuploads"}


class AsusRecent(Recent):
    """The latest files of the trees that the drive shows something of."""

    def __init__(self, api: Api, finder: Finder, places: Places, *, what: str) -> None:
        self._api = api
        self._finder = finder
        self._places = places
        self._call = CALLS[what]

    async def recent(self, limit: int) -> AsyncGenerator[Sequence[Found], None]:
        merged: list[Found] = []
        for top in await self._finder.trees():
            if top.is_group:
                continue  # the lists are of the account's own trees
            tree = top.wall or self._places.tree or SYNC
            latest = await self._api.latest(self._call, top=limit, tree=tree)
            merged += await self._finder.looked_at(await self._below(top, latest), top)
        if self._places.shows_all:
            merged.sort(key=lambda found: -(found.entry.modified_ns or 0))
        yield merged[:limit]

    async def _below(self, top: Ref, latest: Sequence[Described]) -> Sequence[Described]:
        """Those of *latest*, which are from all of a tree, that are somewhere below *top*."""
        if top.number in SYSTEM:
            return latest
        answers = {top.number: True}  # folders that were climbed through
        for described in latest:
            climbed: list[str] = []
            number = described.parent
            while number is not None and number not in {*answers, *climbed, *SYSTEM}:
                climbed.append(number)
                number = await self._parent(top.folder(number))
            answers.update(dict.fromkeys(climbed, answers.get(number or "", False)))
        return [one for one in latest if answers.get(one.parent or "", False)]

    async def _parent(self, folder: Ref) -> str | None:
        try:
            return (await self._api.getentryinfo(folder)).parent
        except NotFound:
            return None
