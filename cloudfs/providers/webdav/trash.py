"""The recycle bins of Nextcloud and ownCloud (reference 9).

Both are collections of what was deleted, under names of their own. The bin is the whole
account's: of what is in it, only what came from below the base collection is shown here, and
only that is emptied.
"""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

from cloudfs.errors import BadReply, NotFound
from cloudfs.http.retry import Repeat
from cloudfs.model import Entry, EntryId, Kind, TrashItem
from cloudfs.providers.facets import Trash
from cloudfs.providers.webdav.api import Dav
from cloudfs.providers.webdav.looking import Looking
from cloudfs.providers.webdav.nextcloud import files_of
from cloudfs.providers.webdav.paths import ROOT, Collection, id_of, parent_of, segments_of
from cloudfs.providers.webdav.server import SECOND, CloudAccount
from cloudfs.providers.webdav.statuses import refusal
from cloudfs.providers.webdav.wire import PROPERTIES, Resource

PAGE = 500

_DELETED_AT = re.compile(r"\.d\d+$")


@dataclass(frozen=True, slots=True)
class _Names:
    """What a product calls the properties of a thing in its bin."""

    filename: str
    location: str
    time: str


NAMES: Mapping[str, _Names] = {
    "nextcloud": _Names(
        "nc:trashbin-filename", "nc:trashbin-original-location", "nc:trashbin-deletion-time"
    ),
    "owncloud": _Names(
        "oc:trashbin-original-filename",
        "oc:trashbin-original-location",
        "oc:trashbin-delete-timestamp",
    ),
}


class CloudTrash(Trash):
    """The bin of one account."""

    def __init__(self, dav: Dav, looking: Looking, account: CloudAccount) -> None:
        self._dav = dav
        self._looking = looking
        self._account = account
        self._names = NAMES[account.product]
        endpoint = Collection(account.endpoint)
        if account.product == "nextcloud":
            self._bin = endpoint.below("trashbin", account.user, "trash")
            self._restore = endpoint.below("trashbin", account.user, "restore")
        else:
            self._bin = endpoint.below("trash-bin", account.user)
        self._files = files_of(account)

    async def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        found = [item for item, _ in await self._found()]
        for start in range(0, max(len(found), 1), PAGE):
            yield found[start : start + PAGE]

    async def restore(self, item: TrashItem) -> Entry:
        resource = await self._look(item)
        file_id = resource.extra.get("oc:fileid", "")
        if self._account.product == "nextcloud":
            target = self._restore.file(id_of((item.id,)))
        else:
            target = self._files.file(item.entry_id or id_of((item.name,)))
        reply = await self._dav.move(self._url(item), target, overwrite=False)
        if not reply.ok:
            raise refusal(reply.status, f"restoring {item.name}")
        return await self._restored(item, file_id)

    async def purge(self, items: Sequence[TrashItem]) -> None:
        for item in items:
            await self._delete(self._url(item))

    async def empty(self) -> None:
        if self._account.below == ROOT:
            await self._delete(self._bin.url)
        else:
            await self.purge([item for item, _ in await self._found()])

    async def purge_deleted(self, file_id: str) -> None:
        """Remove for ever what was the file or folder with this id of the server's."""
        await self.purge([item for item, found in await self._found() if found == file_id])

    async def _found(self) -> list[tuple[TrashItem, str]]:
        """What is in the bin, each with the id that the server knows it by."""
        found = await self._dav.propfind(self._bin.url, 1, self._properties())
        mine = (r for r in found if r.status < 300 and r.segments[:-1] == self._bin.segments)
        pairs = ((self._item(resource), resource.extra.get("oc:fileid", "")) for resource in mine)
        return [(item, file_id) for item, file_id in pairs if item is not None]

    def _properties(self) -> tuple[str, ...]:
        names = self._names
        return (*PROPERTIES, "oc:size", "oc:fileid", names.filename, names.location, names.time)

    def _item(self, resource: Resource) -> TrashItem | None:
        """The item; None if it did not come from below the base collection."""
        extra = resource.extra
        base = segments_of(EntryId(self._account.below))
        origin = tuple(part for part in extra.get(self._names.location, "").split("/") if part)
        if origin[: len(base)] != base:
            return None
        own = resource.segments[-1]
        entry_id = id_of(origin[len(base) :])
        name = extra.get(self._names.filename) or _DELETED_AT.sub("", own)
        when = extra.get(self._names.time, "")
        size = resource.size if resource.size is not None else _whole(extra.get("oc:size", ""))
        return TrashItem(
            id=own,
            name=name,
            kind=Kind.FOLDER if resource.collection else Kind.FILE,
            size=size,
            deleted_ns=_whole(when) * SECOND or None,
            origin_path=entry_id if origin else None,
            origin_parent_id=parent_of(entry_id) if origin else None,
            entry_id=entry_id if origin else None,
        )

    async def _look(self, item: TrashItem) -> Resource:
        found = await self._dav.propfind(self._url(item), 0, self._properties())
        for resource in found:
            if resource.status < 300:
                return resource
        raise NotFound(f"{item.name} is not in the bin")

    async def _restored(self, item: TrashItem, file_id: str) -> Entry:
        """Where the server put it: at its origin, or beside it, or at the top."""

        def same(entry: Entry) -> bool:
            return entry.extra.get("oc:fileid") == file_id if file_id else entry.name == item.name

        if item.entry_id:
            entry = await self._looking.stat_or_none(item.entry_id)
            if entry is not None and same(entry):
                return entry
        for folder_id in dict.fromkeys((item.origin_parent_id or ROOT, ROOT)):
            try:
                entries, _ = await self._looking.children(folder_id)
            except NotFound:
                continue
            for entry in filter(same, entries):
                return entry
        raise BadReply(f"{item.name} was restored, but is nowhere to be seen")

    async def _delete(self, url: str) -> None:
        reply = await self._dav.send("DELETE", url, repeat=Repeat.SAFELY)
        if not reply.ok and reply.status != 404:
            raise refusal(reply.status, "emptying the bin")

    def _url(self, item: TrashItem) -> str:
        place = self._bin.folder if item.kind is Kind.FOLDER else self._bin.file
        return place(id_of((item.id,)))


def _whole(text: str) -> int:
    """A number of at most 18 digits; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
