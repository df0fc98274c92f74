"""Removing files and folders (reference 3.14)."""

from collections.abc import Sequence

from cloudfs.errors import BadReply, NotEmpty, NotFound
from cloudfs.model import Entry
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.ids import Address, address_of
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places

TOGETHER = 100  # entries removed for ever by one request


class Removals:
    """Removals within the projects of one account."""

    def __init__(self, api: Api, looks: Looks, places: Places) -> None:
        self._api = api
        self._looks = looks
        self._places = places

    async def remove(self, entry: Entry, *, recursive: bool, permanently: bool) -> None:
        """Put an entry into the trash, or remove it for ever, as `Provider.remove` promises."""
        address = address_of(entry.id)
        if entry.is_folder and not recursive and await self._looks.children(entry.id):
            raise NotEmpty(f"{entry.name} is not empty")
        try:
            await self._api.delete(address)
        except NotFound:
            # It may be in the trash since an attempt that came no further.
            if not permanently or not await self.in_trash(address.project, [address]):
                raise
        self._places.forget(entry.id)
        if permanently:
            await self.purge(address.project, [address])

    async def purge(self, project: str, addresses: Sequence[Address]) -> None:
        """Remove entries of one project from its trash for ever; those gone already are none."""
        for start in range(0, len(addresses), TOGETHER):
            await self._purge_some(project, addresses[start : start + TOGETHER])

    async def in_trash(self, project: str, addresses: Sequence[Address]) -> list[Address]:
        """Which of the entries are in the trash of the project."""
        listing = await self._api.browse(project, active=False)
        binned = {(item.id, item.is_folder) for item in listing.items}
        return [a for a in addresses if (a.own, not a.is_file) in binned]

    async def _purge_some(self, project: str, addresses: Sequence[Address]) -> None:
        """All of *addresses*, by one request; if one was gone, those that are left."""
        left = list(addresses)
        while left:
            try:
                await self._api.delete_forever(left)
            except NotFound as error:
                before, left = left, await self.in_trash(project, left)
                if len(left) == len(before):
                    raise BadReply("the trash does not find what it lists") from error
            else:
                return
