"""Renaming, by copying and deleting (reference 6).

The difficulties, and what answers each:

1. It takes several requests. Copies are made and looked at first; only then is anything deleted.
   If copying fails, the copies go again; if deleting fails, both are there. A repeat sees that
   what stands at the target are copies, of all or of what is left, and goes on from there.
2. A copy overwrites whatever is at the target, so that is looked at just before.
3. A folder costs one copy for each object in it: it is moved only if the settings want that and
   it is small enough. An empty one is moved anyhow.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import trio

from cloudfs.errors import (
    AcrossDomains,
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    unwrapped,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.copying import Copied, Copying, is_copy, is_own_copy
from cloudfs.providers.s3.entries import version_of_head
from cloudfs.providers.s3.folders import Folders
from cloudfs.providers.s3.headers import Head
from cloudfs.providers.s3.keys import ROOT, Place, is_shadowed, lies_in, parent_of
from cloudfs.providers.s3.looking import Looking, is_marker
from cloudfs.providers.s3.removing import Removing
from cloudfs.providers.s3.settings import LARGEST_PART

log = logging.getLogger(__name__)

COPIES_AT_ONCE = 8
CLEANUP = 30.0  # seconds that removing copies may take


@dataclass(frozen=True, slots=True)
class Limits:
    """What folders are moved. *most*: objects in one; 0: only empty folders are."""

    most: int


class Moving:
    """Moves within one account."""

    def __init__(
        self,
        api: Api,
        looking: Looking,
        folders: Folders,
        copying: Copying,
        removing: Removing,
        limits: Limits,
    ) -> None:
        self._api = api
        self._looking = looking
        self._folders = folders
        self._copying = copying
        self._removing = removing
        self._limits = limits

    async def move(self, entry: Entry, target: EntryId, replacing: Entry | None) -> Entry:
        """Move *entry* to *target*, where *replacing* gives way."""
        layout = self._looking.layout
        folder_id = parent_of(target)
        assert folder_id is not None
        if entry.id == ROOT or layout.is_bucket(entry.id) or not entry.writable:
            raise NotPermitted("the top folder, buckets and what is only shown are not moved")
        if entry.is_folder and lies_in(target, entry.id):
            raise InvalidRequest("a folder cannot be moved into itself")
        if layout.object(entry.id).bucket != layout.object(target).bucket:
            raise AcrossDomains("the store renames only within one bucket")
        if replacing is not None and entry.is_folder and not replacing.is_folder:
            raise NotAFolder(f"{replacing.name} is a file")
        if replacing is not None and replacing.is_folder and not entry.is_folder:
            raise IsAFolder(f"{replacing.name} is a folder")
        await self._looking.require_folder(folder_id)
        if entry.is_folder:
            return await self._move_folder(entry, target, replacing)
        return await self._move_file(entry, target, replacing)

    # A file -------------------------------------------------------------------------------

    async def _move_file(self, entry: Entry, target: EntryId, replacing: Entry | None) -> Entry:
        source, place = (self._looking.layout.object(i) for i in (entry.id, target))
        head = await self._copying.unchanged(entry)
        there = await self._in_the_way(head, target, replacing)
        if there is None:
            await self._copying.put(source, place, head)
            there = await self._copying.verified(place, head)
        await self._folders.keep(parent_of(entry.id), {source.key})
        listed = wire.Listed(key=source.key, size=head.size, etag=head.etag)
        await self._removing.delete_copied(source, [listed])
        return self._looking.entries.headed(target, there)

    async def _in_the_way(
        self, source: Head, target: EntryId, replacing: Entry | None
    ) -> Head | None:
        """Our own copy at the target, of an attempt that was cut short. Raises for all else."""
        if not is_shadowed(target) and await self._looking.is_folder(target):
            if replacing is None:
                raise AlreadyExists(f"{target} exists")
            raise IsAFolder(f"{target} is a folder now")
        there = await self._api.head_or_none(self._looking.layout.object(target))
        if there is None:
            return None
        if replacing is not None and version_of_head(there) == replacing.version:
            return None
        if is_own_copy(source, there):
            return there
        if replacing is None:
            raise AlreadyExists(f"{target} exists")
        raise Changed(f"{replacing.name} has changed on the service")

    # A folder -----------------------------------------------------------------------------

    async def _move_folder(self, entry: Entry, target: EntryId, replacing: Entry | None) -> Entry:
        layout = self._looking.layout
        source, place = layout.folder(entry.id), layout.folder(target)
        objects = await self._folders.keys(entry.id, most=max(self._limits.most, 1))
        if not objects:
            raise NotFound(f"{entry.name} is gone")
        only_marked = all(is_marker(listed.key, source) for listed in objects)
        if len(objects) > self._limits.most and not only_marked:
            raise AcrossDomains(
                "a folder is renamed only by copying what is in it; dir_rename and "
                "dir_rename_limit say up to which number of objects the store does that"
            )
        missing = await self._not_copied(objects, source, target, replacing)
        await self._copy_all(missing, source, place)
        keys = {listed.key for listed in objects}
        await self._folders.keep(parent_of(entry.id), keys)
        self._looking.forget(entry.id)
        await self._removing.delete_copied(source, objects)
        self._looking.saw(target)
        return self._looking.entries.folder(target)

    async def _not_copied(
        self,
        objects: Sequence[wire.Listed],
        source: Place,
        target: EntryId,
        replacing: Entry | None,
    ) -> Sequence[wire.Listed]:
        """Which of *objects* are not at the target yet. Raises if something else is.

        What is there may be of an attempt that was cut short: while it copied, or while it
        deleted what it had copied.
        """
        place = self._looking.layout.folder(target)
        if await self._api.head_or_none(self._looking.layout.object(target)) is not None:
            raise AlreadyExists(f"{target} exists")
        there = await self._folders.keys(target, most=2 * self._limits.most)
        if not there:
            return objects
        copied = {listed.key: listed for listed in there}
        wanted = {_renamed(listed.key, source, place): listed for listed in objects}
        if all(is_marker(key, place) for key in copied):
            if replacing is None:
                raise AlreadyExists(f"{target} exists")
            return objects
        same = {
            key
            for key in copied.keys() & wanted.keys()
            if is_copy(_as_head(wanted[key]), _as_head(copied[key]))
        }
        if same not in (copied.keys(), wanted.keys()):
            if replacing is not None:
                raise NotEmpty(f"{replacing.name} is not empty")
            raise AlreadyExists(f"{target} exists")
        return [listed for key, listed in wanted.items() if key not in same]

    async def _copy_all(self, objects: Sequence[wire.Listed], source: Place, place: Place) -> None:
        """Copy every object, or none. What marks the folder comes last."""
        made: dict[str, str] = {}  # versions by key
        waiting = iter(sorted(objects, key=lambda listed: is_marker(listed.key, source)))

        async def work() -> None:
            for listed in waiting:
                origin = Place(source.bucket, listed.key)
                target = Place(place.bucket, _renamed(listed.key, source, place))
                made[target.key] = ""  # even if the answer is lost
                copied = await self._copy_one(listed, origin, target)
                made[target.key] = copied.version_id
                if not is_copy(_as_head(listed), Head(size=listed.size, etag=copied.etag)):
                    await self._copying.verified(target, await self._api.head(origin))

        try:
            with unwrapped():
                async with trio.open_nursery() as nursery:
                    for _ in range(COPIES_AT_ONCE):
                        nursery.start_soon(work)
            if objects:
                self._check(objects, await self._listed(place, len(objects)), source, place)
        except BaseException:
            with trio.move_on_after(CLEANUP, shield=True):
                try:
                    await self._removing.delete_all(place.bucket, made.items())
                except CloudError as error:
                    log.debug("copies of a folder may have been left: %s", error)
            raise

    async def _copy_one(self, listed: wire.Listed, source: Place, target: Place) -> Copied:
        if listed.size > LARGEST_PART:
            return await self._copying.put(source, target, await self._api.head(source))
        return await self._copying.put(source, target, _as_head(listed))

    async def _listed(self, place: Place, count: int) -> Sequence[wire.Listed]:
        return await self._folders.keys(self._looking.layout.id_of(place), most=2 * count)

    def _check(
        self,
        objects: Sequence[wire.Listed],
        there: Sequence[wire.Listed],
        source: Place,
        place: Place,
    ) -> None:
        sizes = {listed.key: listed.size for listed in there}
        for listed in objects:
            if sizes.get(_renamed(listed.key, source, place)) != listed.size:
                raise BadReply("not all of the folder was copied")


def _renamed(key: str, source: Place, place: Place) -> str:
    return place.key + key.removeprefix(source.key)


def _as_head(listed: wire.Listed) -> Head:
    return Head(size=listed.size, etag=listed.etag)
