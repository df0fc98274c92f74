"""Small pictures of files (reference 3.24)."""

from cloudfs.errors import NotFound
from cloudfs.model import Entry
from cloudfs.providers.facets import Previews
from cloudfs.providers.podspace.account import AccountApi


class PodspacePreviews(Previews):
    """Thumbnails."""

    def __init__(self, account: AccountApi) -> None:
        self._account = account

    async def preview(self, entry: Entry) -> bytes:
        if entry.is_folder:
            raise NotFound("there are no images of folders")
        return await self._account.thumbnail(entry.id)
