"""Deleting, and finding out why a deletion was refused (reference 3.10)."""

from cloudfs.errors import (
    AccessDenied,
    NotEmpty,
    NotFound,
    TransientError,
)
from cloudfs.model import EntryId
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.paths import name_of
from cloudfs.providers.cloudike.refusals import Forbidden


class Removals:
    """Deletions of one account."""

    def __init__(self, api: Api, *, bypass_trash: bool) -> None:
        self._api = api
        self._bypass_trash = bypass_trash

    async def remove(
        self, path: EntryId, *, only_empty: bool = False, permanently: bool = False
    ) -> None:
        """Delete what is at *path*. Raises NotEmpty for a folder with children if *only_empty*."""
        try:
            await self._api.delete(
                path, only_empty=only_empty, without_trash=permanently or self._bypass_trash
            )
        except Forbidden as error:
            if only_empty and await self.has_children(path):
                raise NotEmpty(f"{name_of(path)} is not empty") from error
            raise AccessDenied(str(error)) from error

    async def certainly(
        self, path: EntryId, *, only_empty: bool = False, to_trash: bool = False
    ) -> None:
        """Delete what is at *path*, if anything is; look when the answer is lost."""
        try:
            await self.remove(path, only_empty=only_empty, permanently=not to_trash)
        except NotFound:
            return
        except TransientError:
            if await self._api.metadata_or_none(path) is not None:
                raise

    async def has_children(self, path: EntryId) -> bool:
        """Whether the entry at *path* is a folder with something in it."""
        try:
            found = await self._api.listing(path, limit=1)
        except NotFound:
            return False
        return found is not None and found.page is not None and found.page.received > 0
