"""The recycle bin (reference 3.11 to 3.13).

The service does not tell where something came from; what this client removed, it remembers
(`origins`). The rest goes to the folder that the settings name.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from cloudfs.errors import AcrossDomains, AlreadyExists, CloudError, NotFound, TransientError
from cloudfs.model import Entry, EntryId, Kind, TrashItem
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.copying import scratch_folder
from cloudfs.providers.asus.ids import SYSTEM, Ref, ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.origins import Origins
from cloudfs.providers.asus.places import Places
from cloudfs.providers.asus.removing import Removals
from cloudfs.providers.asus.settings import root_number
from cloudfs.providers.asus.steps import NOT_CARRIED_OUT, Steps, spare_name
from cloudfs.providers.asus.wire import Described
from cloudfs.providers.facets import Trash

MOST_NAMES = 20


class AsusTrash(Trash):
    """What was removed, by its numbers, which it keeps."""

    tells_origin = False

    def __init__(
        self,
        api: Api,
        looking: Looking,
        places: Places,
        steps: Steps,
        removals: Removals,
        origins: Origins,
        *,
        restore_folder: str,
    ) -> None:
        self._api = api
        self._looking = looking
        self._places = places
        self._steps = steps
        self._removals = removals
        self._origins = origins
        self._restore_folder = root_number(restore_folder)

    async def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        number = await self._places.bin()
        if number is None:
            return
        beside = Ref(Kind.FOLDER, number)
        async with aclosing(self._looking.described(beside)) as pages:
            async for page in pages:
                yield [self._item(described, beside) for described in page]

    async def purge(self, items: Sequence[TrashItem]) -> None:
        await self._removals.purge([ref(EntryId(item.id)) for item in items])

    async def empty(self) -> None:
        number = await self._places.bin()
        if number is not None:
            await self._api.clearrecyclebin([Ref(Kind.FOLDER, number)])

    def _item(self, described: Described, beside: Ref) -> TrashItem:
        entry = beside.beside(described.kind, described.number)
        size = described.extra.get("treesize", "0") if described.is_folder else described.size
        return TrashItem(
            id=entry.id,
            name=described.name,
            kind=described.kind,
            size=int(size) if str(size).isdecimal() else 0,
            deleted_ns=described.stamp_ns,
            origin_parent_id=self._origins.of(entry),
            entry_id=entry.id,
        )

    # Restoring ----------------------------------------------------------------------------

    async def restore(self, item: TrashItem) -> Entry:
        entry = ref(EntryId(item.id))
        described = await self._api.getentryinfo(entry)
        if described.parent != await self._places.bin():
            return await self._resumed(entry, described)
        failure: CloudError | None = None
        for folder in await self._destinations(entry):
            try:
                try:
                    await self._take_out(entry, folder)
                except AlreadyExists:
                    purpose = spare_name("restore", entry.id)
                    scratch = await scratch_folder(self._api, folder, purpose)
                    await self._take_out(entry, scratch)
                    await self._bring(entry, described.name, scratch, folder)
            except (NotFound, AcrossDomains) as error:
                failure = error  # that folder is gone, too, or takes no such entry
                continue
            return await self._looking.entry(_in_tree_of(folder, entry))
        raise failure or NotFound("there is no folder to restore to")

    async def _take_out(self, entry: Ref, folder: Ref) -> None:
        """Restore *entry* into *folder*. Raises AlreadyExists if its name is taken there."""
        try:
            await self._api.restore(entry, folder)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            try:
                described = await self._api.getentryinfo(entry)
            except CloudError:
                raise lost from None
            if described.parent == await self._places.bin():
                raise

    async def _bring(self, entry: Ref, name: str, scratch: Ref, folder: Ref) -> None:
        """Give *entry*, which is in a folder of ours by now, another name, and move it."""
        entry = _in_tree_of(folder, entry)
        for number in range(2, MOST_NAMES):
            await self._steps.rename(entry, numbered(name, number, is_folder=entry.is_folder))
            try:
                await self._steps.move(entry, folder)
            except AlreadyExists:
                continue
            break
        else:
            raise AlreadyExists(f"{name} exists, and so do all names like it")
        if not await self._removals.has_children(scratch):
            await self._removals.certainly(scratch)

    async def _resumed(self, entry: Ref, described: Described) -> Entry:
        """Go on with a restoration that was cut short. Raises NotFound if there was none."""
        missing = NotFound(f"{described.name} is not in the bin")
        if described.parent is None or described.parent in SYSTEM:
            raise missing
        scratch = entry.folder(described.parent)
        around = await self._api.getentryinfo(scratch)
        if around.name != spare_name("restore", entry.id) or around.parent is None:
            raise missing
        wall = next(
            (f.wall for f in await self._destinations(entry) if f.number == around.parent), ""
        )
        folder = Ref(Kind.FOLDER, around.parent, wall)
        name = _unnumbered(described.name, is_folder=entry.is_folder)
        await self._bring(entry, name, folder.folder(scratch.number), folder)
        return await self._looking.entry(_in_tree_of(folder, entry))

    async def _destinations(self, entry: Ref) -> list[Ref]:
        """Where *entry* may go, the best place first."""
        folders = []
        origin = self._origins.of(entry)
        if origin is not None:
            folders.append(ref(origin))
        top = await self._any_top()
        if self._restore_folder is not None:
            folders.append(top.folder(self._restore_folder))
        return list(dict.fromkeys([*folders, top]))

    async def _any_top(self) -> Ref:
        top = await self._places.top()
        return top if top is not None else (await self._places.tops())["MySyncFolder"]


def numbered(name: str, number: int, *, is_folder: bool) -> str:
    """*name* with a number before its extension, as the service itself does it (3.5.5)."""
    stem, dot, extension = ("", "", "") if is_folder else name.rpartition(".")
    if not stem:
        return f"{name} ({number})"
    return f"{stem} ({number}){dot}{extension}"


def _unnumbered(name: str, *, is_folder: bool) -> str:
    """The name that an attempt which was cut short has numbered."""
    for number in range(2, MOST_NAMES):
        before, mark, after = name.rpartition(f" ({number})")
        if mark and numbered(before + after, number, is_folder=is_folder) == name:
            return before + after
    return name


def _in_tree_of(folder: Ref, entry: Ref) -> Ref:
    """*entry*, where it is restored: perhaps in another tree than it was removed from."""
    return folder.beside(entry.kind, entry.number)
