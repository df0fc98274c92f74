"""Single steps of a rename or move that can be relied upon (reference 3.8.1, 3.8.2).

Each step returns the entry where it is afterwards. When the answer is lost, both ends are
looked at before anything is concluded; when the service only says "forbidden", a look tells
whether the name is taken.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cloudfs.errors import AccessDenied, AlreadyExists, CloudError, TransientError, Unreachable
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.paths import folder_of, join, name_of
from cloudfs.providers.cloudike.refusals import Forbidden, SameFolder

log = logging.getLogger(__name__)

Change = Callable[[], Awaitable[Entry]]


class Steps:
    """The steps of one account."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def rename(self, path: EntryId, name: str) -> Entry:
        """Give the entry at *path* another name in its folder. Raises AlreadyExists."""
        there = join(folder_of(path), name)
        return await self._step(path, there, lambda: self._api.rename(path, name, there))

    async def move(self, path: EntryId, folder: EntryId, *, overwrite: bool = False) -> Entry:
        """Put the entry at *path* into *folder*. Raises AlreadyExists unless *overwrite*."""
        there = join(folder, name_of(path))
        try:
            return await self._step(
                path,
                there,
                lambda: self._api.move(path, folder, there, overwrite=overwrite),
                taken_is_refused=not overwrite,
            )
        except SameFolder:
            return await self._api.metadata(there)

    async def _step(
        self, here: EntryId, there: EntryId, change: Change, *, taken_is_refused: bool = True
    ) -> Entry:
        try:
            return await change()
        except Forbidden as error:
            if taken_is_refused and await self._api.metadata_or_none(there) is not None:
                raise AlreadyExists(f"{name_of(there)} exists") from error
            raise AccessDenied(str(error)) from error
        except (Unreachable, Refused):
            raise  # it was not carried out
        except TransientError as error:
            arrived = await self._after_lost_answer(here, there, error)
            if arrived is None:
                raise
            return arrived

    async def _after_lost_answer(
        self, here: EntryId, there: EntryId, lost: TransientError
    ) -> Entry | None:
        """The entry at *there*, if it has left *here*."""
        try:
            if await self._api.metadata_or_none(here) is not None:
                return None
            return await self._api.metadata_or_none(there)
        except CloudError:
            raise lost from None


@asynccontextmanager
async def undone_by(undo: Change) -> AsyncIterator[None]:
    """If what is done inside fails, *undo* what was done before; the failure is reported."""
    try:
        yield
    except CloudError:
        try:
            await undo()
        except CloudError as error:
            log.warning("a step of a move could not be undone: %s", error)
        raise
