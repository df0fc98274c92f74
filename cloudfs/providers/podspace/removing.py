"""Deleting, and finding out what it means that nothing was deleted (reference 3.13, 3.16)."""

import logging
from collections.abc import Sequence
from contextlib import suppress

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    InvalidName,
    NotEmpty,
    NotFound,
)
from cloudfs.model import EntryId
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.batch import Batches, Outcome
from cloudfs.providers.podspace.wire import Entity

log = logging.getLogger(__name__)


class Removals:
    """Deletions of one account."""

    def __init__(self, api: Api, batches: Batches) -> None:
        self._api = api
        self._batches = batches

    async def remove(
        self, entry_id: EntryId, *, permanently: bool = False, only_empty: bool = False
    ) -> None:
        """Put an entry into the bin, or remove it for ever, which takes two steps.

        Raises NotFound if it was gone before, AccessDenied if the service leaves it, NotEmpty
        for a folder with children if *only_empty*.
        """
        try:
            if only_empty:
                await self.check_empty(entry_id)
            await self._trash(entry_id)
        except NotFound:
            # An earlier attempt may have come no further than the bin.
            if not permanently or not (await self._api.wipe(entry_id))[0]:
                raise
        else:
            if permanently:
                await self._api.wipe(entry_id)

    async def _trash(self, entry_id: EntryId) -> None:
        """Put an entry into the bin.

        Nothing affected means that it was not there, raises NotFound; but also that the account
        may not do it, raises AccessDenied.
        """
        count, doubtful = await self._api.trash(entry_id)
        if count:
            return
        try:
            await self._api.stat(entry_id)
        except NotFound:
            if doubtful:
                return
            raise
        raise AccessDenied("the service lets nobody but the owner delete this")

    async def remove_many(
        self, entry_ids: Sequence[EntryId], *, permanently: bool
    ) -> list[Outcome]:
        """Remove each entry; what became of it, in their order."""

        async def single(entry_id: EntryId) -> None:
            await self.remove(entry_id, permanently=permanently)

        outcomes = await self._batches.each("entry.trash", entry_ids, single)
        if permanently:
            removed = [id_ for id_, failure in zip(entry_ids, outcomes, strict=True) if not failure]
            failures = dict(zip(removed, await self.wipe_many(removed), strict=True))
            outcomes = [
                failures.get(id_) or outcome
                for id_, outcome in zip(entry_ids, outcomes, strict=True)
            ]
        return outcomes

    async def wipe_many(self, entry_ids: Sequence[EntryId]) -> list[Outcome]:
        """Remove each entry from the bin for ever; what is not in it is no failure."""

        async def single(entry_id: EntryId) -> None:
            await self._api.wipe(entry_id)

        return await self._batches.each("trash.wipe", entry_ids, single)

    async def check_empty(self, folder_id: EntryId) -> None:
        """Raise NotEmpty if the folder has children (3.13)."""
        page = await self._api.list_folder(folder_id, size=1)
        if page.received or page.count:
            raise NotEmpty("the folder is not empty")

    async def misnamed(
        self, made: Entity, folder_id: EntryId, name: str, *, size: int = 0
    ) -> CloudError:
        """The error when the service called *made* otherwise than *name*, which is undone.

        The name was taken, or is one that the service changes (3.5). Only what is surely new is
        removed: a file of its first version and *size*, or a folder without children.
        """
        if made.is_folder:
            with suppress(NotEmpty):
                await self.check_empty(EntryId(made.hash))
                await self.discard(EntryId(made.hash))
        elif made.size == size and not made.version:
            await self.discard(EntryId(made.hash))
        if await self._api.exist(folder_id, name) is not None:
            return AlreadyExists(f"{name} exists")
        return InvalidName(f"the service stores {name!r} as {made.name!r}")

    async def discard(self, entry_id: EntryId) -> None:
        """Remove for ever what nobody is to see; a failure is only logged."""
        try:
            await self.remove(entry_id, permanently=True)
        except NotFound:
            return
        except CloudError as error:
            log.warning("%s, which is of no use, could not be removed: %s", entry_id, error)
