"""Packing and unpacking (reference 3.24)."""

from collections.abc import Sequence

from cloudfs.errors import InvalidRequest, IsAFolder
from cloudfs.model import Entry, EntryId
from cloudfs.providers.facets import Archives
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.places import check_name
from cloudfs.providers.podspace.working import Works


class PodspaceArchives(Archives):
    """Zip files, made and unpacked by the service."""

    def __init__(self, account: AccountApi, works: Works) -> None:
        self._account = account
        self._works = works

    async def pack(self, entries: Sequence[Entry], folder_id: EntryId, name: str) -> Entry:
        check_name(name)
        entry_ids = [entry.id for entry in entries]
        if not entry_ids:
            raise InvalidRequest("there is nothing to pack")
        return await self._works.result(
            folder_id, name, lambda: self._account.archive(entry_ids, folder_id, name)
        )

    async def unpack(self, entry: Entry, folder_id: EntryId) -> Entry:
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        name = entry.name.rpartition(".")[0] or entry.name
        return await self._works.result(
            folder_id, name, lambda: self._account.extract(entry.id, folder_id)
        )
