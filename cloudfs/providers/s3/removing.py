"""Removing: into the bin that a versioned bucket is, or for good (reference 1.1, 6, 7).

What is in a folder goes in batches. Of a batch that was cut short the rest is still there, and
goes when the removal is repeated.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing

from cloudfs.errors import Changed, CloudError, NotEmpty, NotFound, NotPermitted
from cloudfs.model import Entry, EntryId
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.entries import version_of_head
from cloudfs.providers.s3.folders import Folders
from cloudfs.providers.s3.histories import histories, history
from cloudfs.providers.s3.keys import ROOT, Place, parent_of
from cloudfs.providers.s3.looking import Looking
from cloudfs.providers.s3.settings import MOST_KEYS


class Removing:
    """Removals in one account. *versioned* says whether deleted objects can be had back."""

    def __init__(
        self, api: Api, looking: Looking, folders: Folders, versioned: Callable[[], bool]
    ) -> None:
        self._api = api
        self._looking = looking
        self._folders = folders
        self._versioned = versioned

    async def remove(self, entry: Entry, *, recursive: bool, permanently: bool) -> None:
        """Remove a file or folder. Raises NotFound if it is gone already."""
        layout = self._looking.layout
        if entry.id == ROOT or layout.is_bucket(entry.id):
            raise NotPermitted("the top folder, and buckets, are not removed")
        if not entry.writable:
            raise NotPermitted(f"{entry.name} is only shown")
        if entry.is_folder:
            await self._remove_folder(entry, recursive=recursive, permanently=permanently)
            return
        place = layout.object(entry.id)
        head = await self._api.head(place)
        if version_of_head(head) != entry.version:
            raise Changed(f"{entry.name} has changed on the service")
        await self._folders.keep(parent_of(entry.id), {place.key})
        if permanently and self._versioned():
            await self._purge(place)
        else:
            await self._api.delete(place)

    async def remove_many(
        self, entries: Sequence[Entry], *, permanently: bool
    ) -> Sequence[CloudError | None]:
        """Remove files, at most 1000 by one request; what became of each."""
        if permanently and self._versioned():
            return [await self._one(entry) for entry in entries]
        layout = self._looking.layout
        places = [layout.object(entry.id) for entry in entries]
        by_folder: dict[EntryId | None, set[str]] = {}
        for entry, place in zip(entries, places, strict=True):
            by_folder.setdefault(parent_of(entry.id), set()).add(place.key)
        for folder_id, keys in by_folder.items():
            await self._folders.keep(folder_id, keys)
        outcome: dict[Place, CloudError | None] = {}
        for bucket in {place.bucket for place in places}:
            keys_in = [place.key for place in places if place.bucket == bucket]
            for batch in _batches(keys_in):
                told = await self._api.delete_many(bucket, [(key, "") for key in batch])
                outcome |= {Place(bucket, k): t for k, t in zip(batch, told, strict=True)}
        return [outcome[place] for place in places]

    async def delete_copied(self, below: Place, objects: Sequence[wire.Listed]) -> None:
        """Delete what was copied to another place: one object, or what is in one folder.

        On a versioned bucket, what has no earlier versions goes for good: it was moved, and is
        nothing for the bin.
        """
        only: dict[str, str] = {}
        if self._versioned():
            wanted = {listed.key: listed.etag for listed in objects}
            async with aclosing(self._histories(below)) as found:
                async for records in found:
                    first = records[0]
                    if len(records) == 1 and wanted.get(first.key) == first.etag:
                        only[first.key] = first.version_id
        await self.delete_all(below.bucket, [(o.key, only.get(o.key, "")) for o in objects])

    async def _histories(self, place: Place) -> AsyncGenerator[Sequence[wire.Record], None]:
        """The versions of an object, or of all that are in a folder."""
        if not place.key.endswith("/") and place.key:
            if records := await history(self._api, place):
                yield records
            return
        async with aclosing(histories(self._api, place)) as found:
            async for records in found:
                yield records

    async def delete_all(self, bucket: str, objects: Iterable[tuple[str, str]]) -> None:
        """Delete keys, each with a version or "". Raises the first error, after all attempts."""
        errors: list[CloudError] = []
        for batch in _batches(list(objects)):
            if len(batch) == 1:
                await self._api.delete(Place(bucket, batch[0][0]), batch[0][1])
                continue
            told = await self._api.delete_many(bucket, batch)
            errors += [error for error in told if error is not None]
        errors = [error for error in errors if not isinstance(error, NotFound)]
        if errors:
            raise errors[0]

    async def _remove_folder(self, entry: Entry, *, recursive: bool, permanently: bool) -> None:
        place = self._looking.layout.folder(entry.id)
        if not recursive and await self._looking.has_children(entry.id):
            raise NotEmpty(f"{entry.name} is not empty")
        keys = [listed.key for listed in await self._folders.keys(entry.id)]
        if not keys:
            raise NotFound(f"{entry.name} is gone")
        await self._folders.keep(parent_of(entry.id), set(keys[:MOST_KEYS]))
        self._looking.forget(entry.id)
        if permanently and self._versioned():
            await self._purge(place)
        else:
            await self.delete_all(place.bucket, [(key, "") for key in keys])

    async def _purge(self, place: Place) -> None:
        """Remove all versions of what is there now; what is in the bin stays there."""
        async with aclosing(self._histories(place)) as found:
            async for records in found:
                if records[0].is_marker:
                    continue
                oldest_first = [(r.key, r.version_id) for r in reversed(records)]
                await self.delete_all(place.bucket, oldest_first)

    async def _one(self, entry: Entry) -> CloudError | None:
        try:
            await self.remove(entry, recursive=False, permanently=True)
        except CloudError as error:
            return error
        return None


def _batches(objects: list) -> Iterable[list]:  # type: ignore[type-arg]
    for start in range(0, len(objects), MOST_KEYS):
        yield objects[start : start + MOST_KEYS]
