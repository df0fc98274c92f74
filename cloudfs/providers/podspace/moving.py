"""Rename, move and replace in one verb, out of calls that do one thing each (reference 3.10).

The service renames within a folder, or moves between folders, and never replaces. So an entry
may have to travel under a spare name, and what it replaces goes into the bin first.

1. A step may fail: those before it are undone (`_undone_by`).
2. Undoing may fail, or the process may end. Hashes stay the same and each step comes to the same
   when made twice, so a repeat goes through all of them again and ends well: an entry is moved
   although it is there already, what is replaced is in the bin already.
3. What is replaced may have changed, or gone elsewhere: it is looked at just before (`_clear`).
"""

import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cloudfs.errors import (
    AlreadyExists,
    Changed,
    CloudError,
    IsAFolder,
    NotAFolder,
    NotFound,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.removing import Removals
from cloudfs.providers.podspace.steps import Steps

log = logging.getLogger(__name__)


class Moves:
    """Moves of one account."""

    def __init__(self, api: Api, steps: Steps, removals: Removals) -> None:
        self._api = api
        self._steps = steps
        self._removals = removals

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, replacing: Entry | None
    ) -> Entry:
        """Bring *entry* to its new place, as `Provider.move` promises."""
        if replacing is not None:
            _check_kinds(entry, replacing)
            if replacing.id == entry.id:
                replacing = None
        if (entry.parent_id, entry.name) == (folder_id, name):
            found = await self._steps.look(entry.id)
            if (found.parent_id, found.name) == (folder_id, name):
                return found
            entry = found
        if entry.parent_id == folder_id:
            async with self._cleared(entry, folder_id, name, replacing):
                return await self._steps.rename(entry.id, name)
        if entry.name == name:
            async with self._cleared(entry, folder_id, name, replacing):
                return await self._steps.move(entry, folder_id)
        return await self._cross(entry, folder_id, name, replacing)

    async def _cross(
        self, entry: Entry, folder_id: EntryId, name: str, replacing: Entry | None
    ) -> Entry:
        """Another folder and another name: two steps, or three if the old name is taken there."""
        taken = await self._steps.child(folder_id, name)
        if taken is not None and taken.id == entry.id:
            return taken  # an earlier attempt came so far
        if taken is not None and replacing is None:
            raise AlreadyExists(f"{name} exists")
        namesake = await self._steps.child(folder_id, entry.name)
        if namesake is None or namesake.id == entry.id:
            return await self._move_and_rename(entry, folder_id, name, replacing)
        spare = _spare_name(entry, folder_id, name)
        travelling = await self._steps.rename(entry.id, spare)
        async with _undone_by(lambda: self._steps.rename(entry.id, entry.name)):
            return await self._move_and_rename(travelling, folder_id, name, replacing)

    async def _move_and_rename(
        self, entry: Entry, folder_id: EntryId, name: str, replacing: Entry | None
    ) -> Entry:
        home = entry.parent_id
        moved = await self._steps.move(entry, folder_id)

        async def back() -> None:
            if home is not None:
                await self._steps.move(moved, home)

        async with _undone_by(back), self._cleared(moved, folder_id, name, replacing):
            return await self._steps.rename(moved.id, name)

    @asynccontextmanager
    async def _cleared(
        self, entry: Entry, folder_id: EntryId, name: str, replacing: Entry | None
    ) -> AsyncIterator[None]:
        """Have *replacing* in the bin while *entry* takes its name; if that fails, back again."""
        if replacing is None:
            yield
            return
        await self._steps.look(entry.id)  # else the one of them that is left would go
        if not await self._clear(folder_id, name, replacing):
            yield
            return
        async with _undone_by(lambda: self._put_back(entry, folder_id, name, replacing)):
            yield

    async def _clear(self, folder_id: EntryId, name: str, replacing: Entry) -> bool:
        """Put *replacing* into the bin; returns whether it was there to be put.

        Raises Changed if it is at another version by now, NotEmpty for a folder with children.
        """
        try:
            found = await self._steps.look(replacing.id)
        except NotFound:
            return False  # an earlier attempt came so far
        if (found.parent_id, found.name) != (folder_id, name):
            return False  # somebody moved it out of the way
        if found.version != replacing.version:
            raise Changed(f"{name} has changed on the service")
        if found.is_folder:
            await self._removals.check_empty(found.id)
        try:
            await self._removals.remove(found.id)
        except NotFound:
            return False
        return True

    async def _put_back(self, entry: Entry, folder_id: EntryId, name: str, replaced: Entry) -> None:
        """Take *replaced* out of the bin, unless *entry* has its name after all."""
        found = await self._steps.look(entry.id)
        if (found.parent_id, found.name) != (folder_id, name):
            await self._api.restore(replaced.id)


@asynccontextmanager
async def _undone_by(undo: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """If what is done inside fails, *undo* what was done before; the failure is reported."""
    try:
        yield
    except CloudError:
        try:
            await undo()
        except CloudError as error:
            log.warning("a step of a move could not be undone: %s", error)
        raise


def _check_kinds(entry: Entry, replacing: Entry) -> None:
    if entry.is_folder and not replacing.is_folder:
        raise NotAFolder(f"{replacing.name} is a file")
    if replacing.is_folder and not entry.is_folder:
        raise IsAFolder(f"{replacing.name} is a folder")


def _spare_name(entry: Entry, folder_id: EntryId, name: str) -> str:
    """A name that nobody else has, the same in every attempt at this move."""
    what = repr((entry.id, folder_id, name)).encode("utf-8", "surrogatepass")
    return f".cloudfs-{hashlib.sha256(what).hexdigest()[:16]}"
