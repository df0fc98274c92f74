"""Making folders (reference 3.5). The service does not mind namesakes, so we look before.

Making one is the one change that is not safe to repeat: when its answer is lost, the one new folder
of that name is ours.
"""

from cloudfs.errors import AlreadyExists, CloudError, TransientError, Unreachable
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.ids import address_of
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places

NOT_CARRIED_OUT = (Unreachable, Refused)


class Creations:
    """New folders of one account."""

    def __init__(self, api: Api, looks: Looks, places: Places) -> None:
        self._api = api
        self._looks = looks
        self._places = places

    async def create_folder(self, folder: EntryId, name: str) -> Entry:
        """A new folder. Raises AlreadyExists, or NotFound without its parent."""
        parent = address_of(folder)
        if await self._looks.named(folder, name):
            raise AlreadyExists(f"{name} exists")
        try:
            item = await self._api.create_folder(parent, name)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            return await self._found(folder, name, lost)
        entry = self._looks.entry(item, parent.project, folder)
        self._places.learn([entry])
        return entry

    async def _found(self, folder: EntryId, name: str, lost: TransientError) -> Entry:
        try:
            found = [entry for entry in await self._looks.named(folder, name) if entry.is_folder]
        except CloudError:
            raise lost from None
        if len(found) != 1:
            raise lost
        return found[0]
