"""Moving and renaming files and folders (reference 3.10, 3.11).

Names need not be unique, so nothing has to be set aside: the entry goes to its folder, gets its
name, and then what it replaces goes to the trash. Ids stay, so a repeat sees what is done already.
"""

import logging
from dataclasses import replace

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.ids import address_of
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places

log = logging.getLogger(__name__)


class Moves:
    """Moves within the projects of one account."""

    def __init__(self, api: Api, looks: Looks, places: Places) -> None:
        self._api = api
        self._looks = looks
        self._places = places

    async def move(
        self, entry: Entry, folder: EntryId, name: str, replacing: Entry | None
    ) -> Entry:
        """Bring *entry* to its new place, as `Provider.move` promises."""
        children = {child.id: child for child in await self._looks.children(folder)}
        here = children.get(entry.id)
        old = children.get(replacing.id) if replacing is not None else None
        for child in children.values():
            if child.name == name and child not in (here, old):
                raise AlreadyExists(f"{name} exists")
        if old is not None:
            await self._check_way(entry, old)
        self._places.learn([entry])
        placed = here or await self._moved(entry, folder)
        if placed.name != name:
            placed = await self._named(entry, placed, name, moved=here is None)
        self._places.learn([placed])
        if old is not None:
            await self._retire(old)
        return placed

    async def _check_way(self, entry: Entry, old: Entry) -> None:
        """Raise if *old* cannot give way to *entry*."""
        if entry.is_folder and not old.is_folder:
            raise NotAFolder(f"{old.name} is a file")
        if old.is_folder and not entry.is_folder:
            raise IsAFolder(f"{old.name} is a folder")
        if old.is_folder and await self._looks.children(old.id):
            raise NotEmpty(f"{old.name} is not empty")

    async def _moved(self, entry: Entry, folder: EntryId) -> Entry:
        await self._api.move(address_of(entry.id), address_of(folder))
        return _at(entry, folder, entry.name)

    async def _named(self, entry: Entry, placed: Entry, name: str, *, moved: bool) -> Entry:
        """Rename the entry; if that fails, it goes back to where it was."""
        address = address_of(entry.id)
        assert placed.parent_id is not None
        try:
            item = await self._api.edit(address, name)
        except CloudError:
            if moved and entry.parent_id is not None:
                await self._put_back(entry, entry.parent_id)
            raise
        if item is None:
            return _at(placed, placed.parent_id, name)
        return self._looks.entry(item, address.project, placed.parent_id)

    async def _put_back(self, entry: Entry, home: EntryId) -> None:
        try:
            await self._api.move(address_of(entry.id), address_of(home))
        except CloudError as error:
            log.info("%s stays in its new folder under its old name: %s", entry.name, error)

    async def _retire(self, old: Entry) -> None:
        """Remove what was replaced; where the account may not do that, both stay (1.2)."""
        try:
            await self._api.delete(address_of(old.id))
        except NotFound:
            pass
        except AccessDenied as error:
            log.info("%s stays beside what replaces it: %s", old.name, error)
            return
        self._places.forget(old.id)


def _at(entry: Entry, folder: EntryId, name: str) -> Entry:
    return replace(entry, parent_id=folder, name=name)
