"""Single steps of a rename or move that can be relied upon (reference 3.9, 3.10).

An entry keeps its hash wherever it goes, so a look tells at any time where it is. When an answer
is lost, that look decides; when the service reports a failure without its reason, it explains.
"""

from cloudfs.errors import AccessDenied, AlreadyExists, CloudError, TransientError, Unreachable
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.places import Places

NOT_CARRIED_OUT = (Unreachable, Refused)


class Steps:
    """The steps of one account."""

    def __init__(self, api: Api, places: Places) -> None:
        self._api = api
        self._places = places

    async def look(self, entry_id: EntryId) -> Entry:
        """The entry where it is now. Raises NotFound."""
        return self._places.entry(await self._api.stat(entry_id))

    async def child(self, folder_id: EntryId, name: str) -> Entry | None:
        """The child of that name, if there is one."""
        entity = await self._api.exist(folder_id, name)
        return None if entity is None else self._places.entry(entity, folder_id=folder_id)

    async def rename(self, entry_id: EntryId, name: str) -> Entry:
        """Give the entry another name in its folder. Raises AlreadyExists.

        Done twice it comes to the same (3.9).
        """
        try:
            entity = await self._api.rename(entry_id, name)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            found = await self._after(lost, entry_id)
            if found.name != name:
                raise
            return found
        return await self.look(entry_id) if entity is None else self._places.entry(entity)

    async def move(self, entry: Entry, folder_id: EntryId) -> Entry:
        """Put the entry into another folder, under its name there. Raises AlreadyExists."""
        try:
            moved = await self._api.move(entry.id, folder_id)
        except NOT_CARRIED_OUT:
            raise
        except (TransientError, AlreadyExists) as error:
            found = await self._after(error, entry.id)
            if found.parent_id != folder_id:
                raise
            return found
        found = await self.look(entry.id)
        if found.parent_id == folder_id:
            return found
        if moved:
            raise CloudError(f"the service has not moved {entry.name} where it should")
        if await self.child(folder_id, found.name) is not None:
            raise AlreadyExists(f"{found.name} exists")
        raise AccessDenied(f"the service does not let {entry.name} be moved there")

    async def _after(self, error: CloudError, entry_id: EntryId) -> Entry:
        """Where the entry is after *error*, which stands if nobody can tell."""
        try:
            return await self.look(entry_id)
        except CloudError:
            raise error from None
