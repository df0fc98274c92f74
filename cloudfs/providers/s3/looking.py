"""Looking at what the store has: one entry (reference 1.1, 3).

A folder is wherever a key begins with its name and a slash: whether there is one, only a listing
tells. So `stat` asks for the object and the folder at once, as the folder goes first.
"""

from collections.abc import Sequence

import trio

from cloudfs.errors import (
    AlreadyExists,
    NotAFolder,
    NotFound,
    unwrapped,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.entries import Entries
from cloudfs.providers.s3.headers import Head
from cloudfs.providers.s3.keys import (
    ROOT,
    Layout,
    Place,
    is_hidden,
    is_shadowed,
)

BELIEVED = 20.0  # seconds that a folder which was seen is taken to be there still


class Looking:
    """Entries of one account, as the store describes them now."""

    def __init__(self, api: Api, layout: Layout, entries: Entries) -> None:
        self._api = api
        self.layout = layout
        self.entries = entries
        self._seen: dict[EntryId, float] = {}  # folders, and when they were known to be there

    async def stat(self, entry_id: EntryId) -> Entry:
        """The entry. Raises NotFound."""
        if entry_id == ROOT or self.layout.is_bucket(entry_id):
            return await self._top(entry_id)
        place = self.layout.object(entry_id)
        self._check_place(place)
        if is_shadowed(entry_id) or self.layout.is_weird(entry_id):
            return self.entries.headed(entry_id, await self._api.head(place))
        head, is_folder = await self._head_and_folder(entry_id)
        if is_folder:
            self.saw(entry_id)
            return self.entries.folder(entry_id)
        if head is None:
            raise NotFound(f"no {entry_id}")
        return self.entries.headed(entry_id, head)

    async def stat_or_none(self, entry_id: EntryId) -> Entry | None:
        """The entry; None if there is none."""
        try:
            return await self.stat(entry_id)
        except NotFound:
            return None

    async def is_folder(self, entry_id: EntryId) -> bool:
        """Whether there is a folder of this id."""
        listing = await self.first(self.layout.folder(entry_id), 1)
        return not listing.empty

    async def has_children(self, folder_id: EntryId) -> bool:
        """Whether anything is in a folder but what marks it as one."""
        place = self.layout.folder(folder_id)
        following = None
        most = 2
        while True:
            listing = await self._api.listing(place, most=most, flat=True, following=following)
            if any(not is_marker(o.key, place) for o in listing.objects):
                return True
            if (following := listing.following) is None:
                return False
            most = 0

    async def require_folder(self, folder_id: EntryId) -> None:
        """Raise NotFound or NotAFolder unless there is such a folder, or was a moment ago."""
        if folder_id == ROOT and not self.layout.lists_buckets:
            return
        if self._seen.get(folder_id, -BELIEVED) > trio.current_time() - BELIEVED:
            return
        if self.layout.is_bucket(folder_id):
            await self._top(folder_id)
        elif not await self.is_folder(folder_id):
            if await self._api.head_or_none(self.layout.object(folder_id)) is not None:
                raise NotAFolder(f"{folder_id} is a file")
            raise NotFound(f"no {folder_id}")
        self.saw(folder_id)

    async def require_free(self, entry_id: EntryId, *, objects: bool) -> None:
        """Raise AlreadyExists if a folder has the id, or, if *objects*, an object has it."""
        if objects:
            head, is_folder = await self._head_and_folder(entry_id)
        else:
            head, is_folder = None, await self.is_folder(entry_id)
        if is_folder or head is not None:
            raise AlreadyExists(f"{entry_id} exists")

    def saw(self, folder_id: EntryId) -> None:
        """There is such a folder now."""
        self._seen[folder_id] = trio.current_time()
        if len(self._seen) > 10_000:
            self._seen.pop(next(iter(self._seen)))

    def forget(self, folder_id: EntryId) -> None:
        """There may not be such a folder any more, nor any below it."""
        for known in [k for k in self._seen if k == folder_id or k.startswith(f"{folder_id}/")]:
            del self._seen[known]

    async def _head_and_folder(self, entry_id: EntryId) -> tuple[Head | None, bool]:
        head: Head | None = None
        is_folder = False

        async def look() -> None:
            nonlocal head
            head = await self._api.head_or_none(self.layout.object(entry_id))

        with unwrapped():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(look)
                is_folder = await self.is_folder(entry_id)
        return head, is_folder

    async def first(self, place: Place, most: int) -> wire.Listing:
        """The first page that has anything, or the last one: any may be empty (reference 3)."""
        listing = await self._api.listing(place, most=most, flat=True)
        while listing.empty and listing.following is not None:
            listing = await self._api.listing(
                place, most=most, flat=True, following=listing.following
            )
        return listing

    async def _top(self, entry_id: EntryId) -> Entry:
        if not self.layout.lists_buckets:
            await self._api.listing(self.layout.folder(ROOT), most=1)
            return self.entries.folder(ROOT)
        for entry in await self.buckets():
            if entry.id == entry_id:
                return entry
        if entry_id == ROOT:
            return self.entries.folder(ROOT)
        # Not all who may use a bucket may see it in the list.
        await self._api.listing(self.layout.folder(entry_id), most=1)
        return self.entries.folder(entry_id)

    async def buckets(self) -> Sequence[Entry]:
        """The folders at the top of an account that lists its buckets."""
        return [
            self.entries.folder(EntryId(f"/{bucket.name}"), bucket.created_ns)
            for bucket in await self._api.buckets()
        ]

    def _check_place(self, place: Place) -> None:
        if not place.bucket or not place.key:
            raise NotFound("there is no such entry")


def is_marker(key: str, folder: Place) -> bool:
    """Whether a key in *folder* only marks that, or is hidden."""
    inside = key.removeprefix(folder.key)
    return not inside or ("/" not in inside and is_hidden(inside))
