"""Copying a file on the service, under a name of our choice (reference 3.11).

The service copies into another folder, under the same name, and does not tell the copy's hash.
For any other wish the copy is made in a folder of its own inside the destination, where nothing
else can be mistaken for it, and then gets its name and moves out. That folder is named after the
wish, so that a repeat finds and uses what an earlier attempt left.
"""

import hashlib
import logging

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    NotFound,
    TransientError,
    Unreachable,
)
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.places import Places
from cloudfs.providers.podspace.removing import Removals
from cloudfs.providers.podspace.steps import Steps

log = logging.getLogger(__name__)


class Copies:
    """Copies within one account."""

    def __init__(self, api: Api, places: Places, steps: Steps, removals: Removals) -> None:
        self._api = api
        self._places = places
        self._steps = steps
        self._removals = removals

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        """A copy of the file *entry*. Raises AlreadyExists if the name is taken."""
        taken = await self._steps.child(folder_id, name)
        if taken is not None:
            if await self._was_ours(taken, entry, folder_id, name):
                return taken
            raise AlreadyExists(f"{name} exists")
        if entry.name == name and entry.parent_id != folder_id:
            return await self._into(entry, folder_id)
        workshop, is_new = await self._workshop(entry, folder_id, name)
        try:
            copy = None if is_new else await self._left_in(workshop, entry, name)
            if copy is None:
                copy = await self._into(entry, workshop)
            if copy.name != name:
                copy = await self._steps.rename(copy.id, name)
            placed = await self._steps.move(copy, folder_id)
        except CloudError as error:
            if not error.transient:
                await self._removals.discard(workshop)
            raise
        await self._removals.discard(workshop)
        return placed

    async def _left_in(self, workshop: EntryId, entry: Entry, name: str) -> Entry | None:
        """The copy that an earlier attempt has made, under the one name or the other."""
        return await self._steps.child(workshop, name) or await self._steps.child(
            workshop, entry.name
        )

    async def _into(self, entry: Entry, folder_id: EntryId) -> Entry:
        """The copy in another folder, where its name is free."""
        copied = True
        try:
            copied = await self._api.copy(entry.id, folder_id)
        except (Unreachable, Refused):
            raise
        except TransientError as lost:
            found = await self._found(lost, entry, folder_id)
            if found is None or found.size != entry.size:
                raise
            return found
        found = await self._steps.child(folder_id, entry.name)
        if copied and found is not None:
            return found
        if found is not None:
            raise AlreadyExists(f"{entry.name} exists")
        if copied:
            raise NotFound(f"the copy of {entry.name} is gone already")
        raise AccessDenied(f"the service does not let {entry.name} be copied there")

    async def _found(self, lost: TransientError, entry: Entry, folder_id: EntryId) -> Entry | None:
        try:
            return await self._steps.child(folder_id, entry.name)
        except CloudError:
            raise lost from None

    async def _workshop(self, entry: Entry, folder_id: EntryId, name: str) -> tuple[EntryId, bool]:
        """The folder in which this copy is made, and whether it was made just now."""
        title = _title(entry, folder_id, name)
        left = await self._steps.child(folder_id, title)
        if left is None:
            made = await self._api.create_folder(folder_id, title)
            if made is not None:
                return self._places.id_of(made.hash), True
            left = await self._steps.child(folder_id, title)
        if left is None or not left.is_folder:
            raise CloudError("the service does not make a folder to copy in")
        return left.id, False

    async def _was_ours(self, taken: Entry, entry: Entry, folder_id: EntryId, name: str) -> bool:
        """Whether an earlier attempt made *taken*, and only did not come to clearing up."""
        left = await self._steps.child(folder_id, _title(entry, folder_id, name))
        if left is None or not left.is_folder:
            return False
        page = await self._api.list_folder(left.id, size=1)
        await self._removals.discard(left.id)
        return page.received == 0 and taken.size == entry.size


def _title(entry: Entry, folder_id: EntryId, name: str) -> str:
    what = repr((entry.id, entry.version, folder_id, name)).encode("utf-8", "surrogatepass")
    return f".cloudfs-{hashlib.sha256(what).hexdigest()[:16]}"
