"""The recycle bins, one in each project, as one (reference 3.14).

A listing of a bin tells neither when something was deleted, which the history does, nor the names
of the folders it was in, which a deleted file tells.
"""

import time
from collections.abc import AsyncGenerator, Callable, Sequence

from cachetools import LRUCache

from cloudfs.errors import CloudError, NotFound, TransientError, Unavailable
from cloudfs.model import Entry, EntryId, Kind, TrashItem
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.history import History
from cloudfs.providers.cloud689.ids import Address, address_of, file_id, folder_id
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places
from cloudfs.providers.cloud689.removing import Removals
from cloudfs.providers.cloud689.wire import Item
from cloudfs.providers.facets import Trash

MILLISECOND = 1_000_000
REMEMBERED = 10_000


class Cloud689Trash(Trash):
    """What was deleted. An item is called by the entry's own id, which it keeps."""

    def __init__(
        self,
        api: Api,
        looks: Looks,
        places: Places,
        removals: Removals,
        history: History,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._looks = looks
        self._places = places
        self._removals = removals
        self._history = history
        self._clock = clock

        # Changing: when what the history is silent about was seen first.
        self._seen: LRUCache[EntryId, int] = LRUCache(REMEMBERED)

    async def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        for project in await self._projects():
            binned = await self._binned(project)
            if binned:
                yield await self._described(project, binned)

    async def restore(self, item: TrashItem) -> Entry:
        address = address_of(EntryId(item.id))
        certain = await self._api.restore(address)
        entry = await self._restored(EntryId(item.id), address, item.origin_parent_id)
        if entry is not None:
            return entry
        if certain:
            raise Unavailable(f"{item.name} was put back, but is not found: it may be moving")
        raise NotFound(f"{item.name} is not in the trash")

    async def purge(self, items: Sequence[TrashItem]) -> None:
        by_project: dict[str, list[Address]] = {}
        for entry_id in dict.fromkeys(EntryId(item.id) for item in items):
            address = address_of(entry_id)
            by_project.setdefault(address.project, []).append(address)
        await self._purge(by_project)

    async def empty(self) -> None:
        await self._purge(
            {
                project: [_address(project, item) for item in await self._binned(project)]
                for project in await self._projects()
            }
        )

    async def _restored(
        self, id_: EntryId, address: Address, origin: EntryId | None
    ) -> Entry | None:
        """What was put back: into its old folder, else to the top of its project."""
        if address.is_file:
            try:
                return await self._looks.stat(id_)
            except NotFound:
                return None
        for folder in dict.fromkeys((origin, folder_id(address.project, None))):
            if folder is not None and (entry := await self._looks.among(id_, folder)) is not None:
                return entry
        return None

    async def _projects(self) -> list[str]:
        return [address_of(entry.id).project for entry in await self._looks.projects()]

    async def _binned(self, project: str) -> tuple[Item, ...]:
        """What is in the bin of a project; nothing, if it went meanwhile."""
        try:
            listing = await self._api.browse(project, active=False)
        except NotFound:
            return ()
        return tuple({(item.id, item.is_folder): item for item in listing.items}.values())

    async def _purge(self, by_project: dict[str, list[Address]]) -> None:
        """Go on where one project refuses; raise that in the end."""
        refused: CloudError | None = None
        for project, addresses in by_project.items():
            try:
                await self._removals.purge(project, addresses)
            except TransientError:
                raise
            except NotFound:
                continue  # the project is gone, with all that was in it
            except CloudError as error:
                refused = refused or error
        if refused is not None:
            raise refused

    # Items ----------------------------------------------------------------------------------

    async def _described(self, project: str, binned: tuple[Item, ...]) -> list[TrashItem]:
        deleted = await self._history.deletions(project, {item.id for item in binned})
        found = []
        for item in binned:
            id_ = _id(project, item)
            at = deleted.get(item.id)
            parent = folder_id(project, item.parent)
            path = await self._path(project, item, parent)
            found.append(
                TrashItem(
                    id=id_,
                    name=item.name,
                    kind=Kind.FOLDER if item.is_folder else Kind.FILE,
                    size=item.size,
                    deleted_ns=self._first_seen(id_) if at is None else at * MILLISECOND,
                    origin_path=None if path is None else f"{path}/{item.name}",
                    origin_parent_id=parent,
                    entry_id=id_,
                )
            )
        return found

    async def _path(self, project: str, item: Item, parent: EntryId) -> str | None:
        """The path of the folder that something was deleted from."""
        path = self._places.path(parent)
        if path is None and not item.is_folder:
            try:
                described = await self._api.file(_address(project, item), active=False)
            except NotFound:
                return None  # it was taken out of the bin just now
            self._looks.learn_way(project, described.path or ())
            path = self._places.path(parent)
        return path

    def _first_seen(self, id_: EntryId) -> int:
        if id_ not in self._seen:
            self._seen[id_] = int(self._clock() * 1000) * MILLISECOND
        return self._seen[id_]


def _id(project: str, item: Item) -> EntryId:
    return folder_id(project, item.id) if item.is_folder else file_id(project, item.id)


def _address(project: str, item: Item) -> Address:
    return address_of(_id(project, item))
