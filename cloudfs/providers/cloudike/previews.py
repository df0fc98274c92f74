"""Small pictures of files (reference 3.1, 3.22)."""

from contextlib import suppress

from cloudfs.errors import AccessDenied, BadReply, IsAFolder, NotFound
from cloudfs.model import Entry
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.facets import Previews


class CloudikePreviews(Previews):
    """Pictures that the service has made; where the file tells of them, else where it is asked."""

    def __init__(self, calls: FileCalls) -> None:
        self._calls = calls

    async def preview(self, entry: Entry) -> bytes:
        if entry.is_folder:
            raise NotFound("there are no pictures of folders")
        for thumbnail in await self._calls.thumbnails(entry.id):
            with suppress(NotFound, AccessDenied, BadReply):  # the address may have ended
                if picture := await self._calls.picture(thumbnail):
                    return picture
        picture = await self._calls.get_preview(entry.id, entry.version)
        if not picture:
            raise NotFound(f"there is no picture of {entry.name}")
        return picture

    async def rebuild(self, entry: Entry) -> bool:
        """Have the pictures of a file made anew; whether the service has begun with it."""
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        return await self._calls.create_extra(entry.id, entry.version)
