"""The recycle bin (reference 3.14 to 3.16)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from cloudfs.errors import NotFound
from cloudfs.model import Entry, EntryId, Kind, TrashItem
from cloudfs.providers.facets import Trash
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.paging import listed
from cloudfs.providers.podspace.places import Places
from cloudfs.providers.podspace.removing import Removals
from cloudfs.providers.podspace.wire import Entity


class PodspaceTrash(Trash):
    """What was deleted, by its hash: that stays the same in the bin and out of it."""

    tells_time = False

    def __init__(self, api: Api, places: Places, removals: Removals) -> None:
        self._api = api
        self._places = places
        self._removals = removals

    async def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        pages = listed(self._api.list_trash, lambda entity: entity.hash, size=self._api.page_size)
        async with aclosing(pages):
            async for page in pages:
                yield [self._item(entity) for entity in page]

    async def restore(self, item: TrashItem) -> Entry:
        count, doubtful = await self._api.restore(EntryId(item.id))
        if count == 0 and not doubtful:
            raise NotFound(f"{item.name} is not in the bin")
        return self._places.entry(await self._api.stat(EntryId(item.id)))

    async def purge(self, items: Sequence[TrashItem]) -> None:
        entry_ids = list(dict.fromkeys(EntryId(item.id) for item in items))
        for failure in await self._removals.wipe_many(entry_ids):
            if failure is not None and not isinstance(failure, NotFound):
                raise failure

    async def empty(self) -> None:
        await self._api.wipe_all()

    def _item(self, entity: Entity) -> TrashItem:
        return TrashItem(
            id=entity.hash,
            name=entity.name,
            kind=Kind.FOLDER if entity.is_folder else Kind.FILE,
            size=entity.size,
            origin_parent_id=(
                self._places.id_of(entity.parent_hash) if entity.parent_hash else None
            ),
            entry_id=EntryId(entity.hash),
        )
