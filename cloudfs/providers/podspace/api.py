"""The service's calls about files and folders: one request each, replies as dataclasses."""

from cloudfs.http.retry import Repeat
from cloudfs.model import Content, EntryId
from cloudfs.providers.podspace import forms, wire
from cloudfs.providers.podspace.connection import Connection
from cloudfs.providers.podspace.endpoints import Query
from cloudfs.providers.podspace.paging import paging
from cloudfs.providers.podspace.places import ROOT
from cloudfs.providers.podspace.wire import Entity, Listed, PageOf


class Api:
    """The calls of one account. An *entry_id* or *folder_id* is a hash, or ROOT."""

    def __init__(self, connection: Connection, *, page_size: int, upload_key: str = "") -> None:
        self.connection = connection
        self.page_size = page_size
        self._upload_key = upload_key or None

    # Looking ------------------------------------------------------------------------------

    async def list_folder(
        self, folder_id: EntryId, start: int = 0, *, size: int | None = None
    ) -> PageOf[Entity]:
        """A page of the children of a folder. Raises NotFound, or NotAFolder (3.1)."""
        query: Query = {
            **paging(start, size or self.page_size),
            "breadcrumb": True if folder_id == ROOT else None,
        }
        answer = await self.connection.call("folder.list", query, hash=folder_id)
        return wire.page(answer.result, wire.entity)

    async def stat(self, entry_id: EntryId) -> Entity:
        """An entry that is not in the bin. Raises NotFound (3.2)."""
        answer = await self.connection.call("entry.stat", hash=entry_id)
        return wire.entity(answer.result)

    async def exist(self, folder_id: EntryId, name: str) -> Entity | None:
        """The child of exactly this name; None if there is none (3.3)."""
        answer = await self.connection.call("entry.exist", {"fileName": name}, folderHash=folder_id)
        found = wire.optional_entity(answer.result)
        return found if found is not None and found.name == name else None

    # Changing -----------------------------------------------------------------------------

    async def create_folder(self, folder_id: EntryId, name: str) -> Entity | None:
        """A new folder; None if the answer does not tell of it (3.4)."""
        query = {"name": name, "parentHash": folder_id}
        return wire.optional_entity((await self.connection.call("folder.create", query)).result)

    async def upload(self, folder_id: EntryId, name: str, content: Content) -> Entity | None:
        """A new file, perhaps under another name than the wanted one (3.5)."""
        answer = await self.connection.call(
            "file.upload",
            {"folderHash": folder_id, "upload_key": self._upload_key},
            sent=forms.file(name, content),
        )
        return wire.optional_entity(answer.result)

    async def replace(self, entry_id: EntryId, name: str, content: Content) -> Entity | None:
        """The file with another content (3.7)."""
        answer = await self.connection.call(
            "file.replace",
            {"upload_key": self._upload_key},
            sent=forms.file(name, content),
            hash=entry_id,
        )
        return wire.optional_entity(answer.result)

    async def rename(self, entry_id: EntryId, name: str) -> Entity | None:
        """The entry under another name in its folder. Raises AlreadyExists (3.9)."""
        answer = await self.connection.call(
            "entry.rename", sent=forms.fields({"newName": name}), hash=entry_id
        )
        return wire.optional_entity(answer.result)

    async def move(self, entry_id: EntryId, folder_id: EntryId) -> bool:
        """Whether the entry could be put into another folder, under the same name (3.10)."""
        return await self._transplant("entry.move", entry_id, folder_id)

    async def copy(self, entry_id: EntryId, folder_id: EntryId) -> bool:
        """Whether the entry could be copied to another folder, under the same name (3.11)."""
        return await self._transplant("entry.copy", entry_id, folder_id)

    async def _transplant(self, key: str, entry_id: EntryId, folder_id: EntryId) -> bool:
        query = {"destFolderHash": folder_id}
        answer = await self.connection.call(key, query, hash=entry_id)
        return not wire.failed(answer.result)

    # The bin: each tells how many entries it affected, and whether it may have done so before --

    async def trash(self, entry_id: EntryId) -> tuple[int, bool]:
        """Put an entry, and all that is in it, into the bin (3.13)."""
        return await self._affecting("entry.trash", entry_id)

    async def list_trash(self, start: int = 0) -> PageOf[Entity]:
        """A page of what is in the bin (3.14)."""
        answer = await self.connection.call("trash.list", paging(start, self.page_size))
        return wire.page(answer.result, wire.entity)

    async def restore(self, entry_id: EntryId) -> tuple[int, bool]:
        """Put an entry back out of the bin (3.15)."""
        return await self._affecting("trash.restore", entry_id, Repeat.SAFELY)

    async def wipe(self, entry_id: EntryId) -> tuple[int, bool]:
        """Remove an entry that is in the bin for ever (3.16)."""
        return await self._affecting("trash.wipe", entry_id)

    async def wipe_all(self) -> None:
        """Remove everything in the bin for ever."""
        await self.connection.call("trash.wipe_all")

    async def _affecting(
        self, key: str, entry_id: EntryId, repeat: Repeat | None = None
    ) -> tuple[int, bool]:
        answer = await self.connection.call(key, repeat=repeat, hash=entry_id)
        return wire.affected(answer.result), answer.doubtful

    # Versions -----------------------------------------------------------------------------

    async def versions(self, entry_id: EntryId) -> tuple[Listed, ...]:
        """The contents a file has had, the newest first; none if it has had but one (3.18)."""
        return wire.versions((await self.connection.call("version.list", hash=entry_id)).result)

    async def restore_version(self, version_hash: str) -> Entity | None:
        """The file with an older content as its newest."""
        answer = await self.connection.call("version.restore", versionHash=version_hash)
        return wire.optional_entity(answer.result)
