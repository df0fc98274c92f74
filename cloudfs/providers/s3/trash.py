"""The recycle bin that a versioned bucket is (reference 7).

Deleting an object puts a marker over its versions. An item of the bin is such a marker, with the
versions below it down to the next one; or a whole folder, if nothing in it is left and it was
deleted in one go. Of an object that is there again, what was deleted before is no item: its
versions are among those of the file.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import groupby, pairwise

from cloudfs.errors import AlreadyExists, NotFound
from cloudfs.model import Entry, EntryId, Kind, TrashItem
from cloudfs.providers.facets import Trash
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.copying import Copying
from cloudfs.providers.s3.histories import histories, history
from cloudfs.providers.s3.keys import (
    ROOT,
    Layout,
    Place,
    is_hidden,
    is_weird,
    name_of,
    parent_of,
    shadowed,
)
from cloudfs.providers.s3.looking import Looking
from cloudfs.providers.s3.removing import Removing
from cloudfs.providers.s3.wire import SECOND, Record

PAGE = 500


@dataclass(frozen=True, slots=True)
class Deletion:
    """An object that was deleted: the markers, and the versions that they hide."""

    key: str
    markers: tuple[Record, ...]  # newest first, as are the versions
    versions: tuple[Record, ...]
    latest: bool  # was nothing stored there since?

    @property
    def when(self) -> int:
        """When it was deleted, in nanoseconds."""
        return self.markers[-1].modified_ns or 0

    @property
    def size(self) -> int:
        """Bytes of what was deleted."""
        return self.versions[0].size

    @property
    def objects(self) -> list[tuple[str, str]]:
        """Keys and versions of all of it, in the order in which it goes without showing again."""
        records = (*reversed(self.versions), *reversed(self.markers))
        return [(record.key, record.version_id) for record in records]


@dataclass(frozen=True, slots=True)
class Thing:
    """An item: one deletion, or all of a folder."""

    key: str  # a folder's ends in a slash
    deletions: tuple[Deletion, ...]

    @property
    def id(self) -> str:
        """What tells it from all others, and where to look for it."""
        newest = max(self.deletions, key=lambda deletion: deletion.when)
        return f"{newest.markers[0].version_id} {self.key}"


def deletions_of(records: Sequence[Record]) -> list[Deletion]:
    """What was deleted of one key, out of its history."""
    runs = [tuple(run) for _, run in groupby(records, key=lambda record: record.is_marker)]
    there_again = bool(runs) and not runs[0][0].is_marker
    if there_again:
        del runs[0]
    return [
        Deletion(records[0].key, runs[at], runs[at + 1], latest=at == 0 and not there_again)
        for at in range(0, len(runs) - 1, 2)
    ]


def things(
    deletions: Sequence[Deletion], live: set[str], folder: str, gap_ns: int
) -> Iterator[Thing]:
    """The items that deletions in *folder*, in order of their keys, amount to.

    *live* are the folders in which something is left.
    """

    def top(deletion: Deletion) -> str:
        name, slash, _ = deletion.key.removeprefix(folder).partition("/")
        return folder + name + slash

    for key, grouped in groupby(deletions, key=top):
        group = list(grouped)
        if key == folder or not key.endswith("/"):
            yield from (Thing(key, (deletion,)) for deletion in group)
            continue
        newest = [deletion for deletion in group if deletion.latest]
        if key not in live and _in_one_go(newest, gap_ns):
            yield Thing(key, tuple(newest))
            group = [deletion for deletion in group if not deletion.latest]
            live = live | {key}
        yield from things(group, live, key, gap_ns)


def _in_one_go(deletions: Sequence[Deletion], gap_ns: int) -> bool:
    times = sorted(deletion.when for deletion in deletions)
    return bool(times) and all(late - early <= gap_ns for early, late in pairwise(times))


class VersionedTrash(Trash):
    """The bin of one bucket."""

    def __init__(
        self, api: Api, looking: Looking, removing: Removing, copying: Copying, *, gap: float
    ) -> None:
        self._api = api
        self._looking = looking
        self._removing = removing
        self._copying = copying
        self._gap_ns = int(gap * SECOND)

    @property
    def _layout(self) -> Layout:
        return self._looking.layout

    async def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        top = self._layout.folder(ROOT)
        found = [item for thing in await self._found(top) if (item := self._item(thing))]
        for start in range(0, max(len(found), 1), PAGE):
            yield found[start : start + PAGE]

    async def restore(self, item: TrashItem) -> Entry:
        thing = await self._thing(item)
        if thing is None:
            raise NotFound(f"{item.name} is not in the bin")
        bucket = self._layout.bucket
        entry_id = self._layout.id_of(Place(bucket, thing.key))
        if not all(deletion.latest for deletion in thing.deletions):
            entry_id = await self._copied_back(thing.deletions[0], entry_id)
        markers = [m for deletion in thing.deletions for m in deletion.markers]
        await self._removing.delete_all(bucket, [(m.key, m.version_id) for m in markers])
        entry = await self._looking.stat(entry_id)
        if entry.is_folder and not thing.key.endswith("/"):
            return await self._looking.stat(shadowed(entry_id))
        return entry

    async def purge(self, items: Sequence[TrashItem]) -> None:
        objects: list[tuple[str, str]] = []
        for item in items:
            if (thing := await self._thing(item)) is not None:
                objects += [o for deletion in thing.deletions for o in deletion.objects]
        await self._removing.delete_all(self._layout.bucket, objects)

    async def empty(self) -> None:
        top = self._layout.folder(ROOT)
        async with aclosing(histories(self._api, top)) as found:
            async for records in found:
                if records[0].is_marker:
                    oldest_first = [(r.key, r.version_id) for r in reversed(records)]
                    await self._removing.delete_all(top.bucket, oldest_first)

    async def _found(self, place: Place) -> list[Thing]:
        """The items whose keys begin with that of *place*."""
        live: set[str] = set()
        deletions: list[Deletion] = []
        async with aclosing(histories(self._api, place)) as found:
            async for records in found:
                if records[0].is_marker:
                    deletions += deletions_of(records)
                    continue
                key = records[0].key
                while (at := key.rfind("/", 0, -1)) >= 0:
                    key = key[: at + 1]
                    live.add(key)
                if records[0].key.endswith("/"):
                    live.add(records[0].key)
        # Above a folder that is looked at alone, nothing has to be known.
        folder = self._layout.prefix
        if place.key != folder:
            folder = place.key[: place.key.rfind("/", 0, -1) + 1]
        return list(things(deletions, live, folder, self._gap_ns))

    async def _thing(self, item: TrashItem) -> Thing | None:
        _, _, key = item.id.partition(" ")
        place = Place(self._layout.bucket, key)
        if key.endswith("/"):
            found = await self._found(place)
        else:
            records = await history(self._api, place)
            found = [Thing(key, (deletion,)) for deletion in deletions_of(records)]
        return next((thing for thing in found if thing.id == item.id), None)

    def _item(self, thing: Thing) -> TrashItem | None:
        """What is told of an item; None if it is nobody's business."""
        inside = self._layout.relative(thing.key)
        entry_id = self._layout.id_of(Place(self._layout.bucket, thing.key))
        is_folder = thing.key.endswith("/")
        if is_weird(inside) or (not is_folder and is_hidden(name_of(entry_id))):
            return None
        return TrashItem(
            id=thing.id,
            name=name_of(entry_id),
            kind=Kind.FOLDER if is_folder else Kind.FILE,
            size=sum(deletion.size for deletion in thing.deletions),
            deleted_ns=max(deletion.when for deletion in thing.deletions) or None,
            origin_path=entry_id,
            origin_parent_id=parent_of(entry_id),
            entry_id=entry_id,
        )

    async def _copied_back(self, deletion: Deletion, entry_id: EntryId) -> EntryId:
        """Where the newest version of an older deletion is now, as a copy."""
        version_id = deletion.versions[0].version_id
        source = Place(self._layout.bucket, deletion.key)
        head = await self._api.head(source, version_id)
        target = entry_id
        for number in range(2, 1000):
            try:
                await self._looking.require_free(target, objects=True)
            except AlreadyExists:
                target = EntryId(f"{entry_id} ({number})")
            else:
                break
        place = self._layout.object(target)
        await self._copying.put(source, place, head, version_id=version_id)
        await self._copying.verified(place, head)
        return target
