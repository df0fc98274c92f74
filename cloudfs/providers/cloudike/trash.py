"""The recycle bin (reference 3.11 to 3.13)."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from urllib.parse import unquote

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    CloudError,
    InvalidRequest,
    LoginFailed,
    NotFound,
    NotPermitted,
    TransientError,
    Unsupported,
)
from cloudfs.model import Entry, EntryId, TrashItem
from cloudfs.providers.cloudike.answers import Task
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.paging import in_pages
from cloudfs.providers.cloudike.paths import quoted_segment
from cloudfs.providers.cloudike.refusals import Forbidden
from cloudfs.providers.cloudike.sharecalls import ShareCalls
from cloudfs.providers.cloudike.tasks import Tasks, check
from cloudfs.providers.cloudike.trashcalls import TrashCalls
from cloudfs.providers.facets import Trash

log = logging.getLogger(__name__)

TOGETHER = 200  # items removed by one request

GONE = frozenset({404})

FROM_SHARED = "/from_shared/"

NO_SUCH_BIN = (AccessDenied, InvalidRequest, NotFound, Unsupported)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item is: in the account's own bin, or in that of a shared folder."""

    name: str
    folder: EntryId | None = None

    @classmethod
    def of(cls, item: TrashItem) -> "_Place":
        name, mark, folder = item.id.partition(FROM_SHARED)
        return cls(unquote(name), EntryId(f"/{folder}")) if mark else cls(item.id)

    @property
    def id(self) -> str:
        if self.folder is None:
            return self.name
        return f"{quoted_segment(self.name)}{FROM_SHARED}{self.folder[1:]}"


class CloudikeTrash(Trash):
    """What was deleted, by the names that only the bin knows.

    What others deleted from shared folders is told after the account's own.
    """

    def __init__(
        self, api: Api, calls: TrashCalls, shares: ShareCalls, tasks: Tasks, *, page_limit: int
    ) -> None:
        self._api = api
        self._calls = calls
        self._shares = shares
        self._tasks = tasks
        self._limit = page_limit

    async def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        own: set[str] = set()
        async with aclosing(self._own()) as pages:
            async for page in pages:
                own.update(item.id for item in page)
                yield page
        for folder in await self._shared_folders():
            async with aclosing(self._from_shared(folder, own)) as pages:
                async for page in pages:
                    yield page

    async def restore(self, item: TrashItem) -> Entry:
        try:
            task = await self._tasks.result(await self._restoring(_Place.of(item)))
            check(task, "trash_restore")
        except Unsupported:
            if item.origin_path is None:
                raise
            return await self._calls.undelete(EntryId(item.origin_path))
        except Forbidden as error:
            if item.origin_path and await self._taken(EntryId(item.origin_path)):
                raise AlreadyExists(f"{item.origin_path} exists") from error
            raise AccessDenied(str(error)) from error
        return await self._api.metadata(_restored(item, task))

    async def purge(self, items: Sequence[TrashItem]) -> None:
        places = [_Place.of(item) for item in items]
        if any(place.folder is not None for place in places):
            raise NotPermitted("only the owner of a shared folder removes from its bin for ever")
        names = list(dict.fromkeys(place.name for place in places))
        for start in range(0, len(names), TOGETHER):
            await self._clear(names[start : start + TOGETHER])

    async def empty(self) -> None:
        check(await self._tasks.result(await self._calls.clear_all()), "trash_clear")

    async def _own(self) -> AsyncGenerator[list[TrashItem], None]:
        pages = in_pages(
            lambda offset: self._calls.listing(offset=offset, limit=self._limit),
            lambda item: item.id,
            limit=self._limit,
        )
        async with aclosing(pages):
            async for page in pages:
                yield page

    async def _from_shared(
        self, folder: EntryId, own: set[str]
    ) -> AsyncGenerator[list[TrashItem], None]:
        """What is in the bin of a shared folder, and not among the account's *own* items."""
        pages = in_pages(
            lambda offset: self._calls.listing_from_shared(
                folder, offset=offset, limit=self._limit
            ),
            lambda item: item.id,
            limit=self._limit,
        )
        try:
            async with aclosing(pages):
                async for page in pages:
                    yield [
                        replace(item, id=_Place(item.id, folder).id)
                        for item in page
                        if item.id not in own
                    ]
        except LoginFailed:
            raise
        except NO_SUCH_BIN as error:
            log.info("the bin of %s is not told: %s", folder, error)

    async def _shared_folders(self) -> list[EntryId]:
        """Folders that are shared, by this account or with it, as far as the service tells."""
        try:
            return [entry.id for entry in await self._shares.folders() if entry.is_folder]
        except (LoginFailed, TransientError):
            raise
        except CloudError as error:  # then the account's own bin is all there is
            log.info("shared folders are not told: %s", error)
            return []

    async def _restoring(self, place: _Place) -> str | Task:
        if place.folder is None:
            return await self._calls.restore(place.name)
        return await self._calls.restore_from_shared(place.name, place.folder)

    async def _clear(self, names: list[str]) -> None:
        try:
            task = await self._tasks.result(await self._calls.clear(names))
        except NotFound:
            if len(names) == 1:
                return  # it is gone already
            raise
        check(task, "trash_clear", tolerated=GONE)

    async def _taken(self, path: EntryId) -> bool:
        return await self._api.metadata_or_none(path) is not None


def _restored(item: TrashItem, task: Task) -> EntryId:
    """Where a restored entry is: as the task tells, else where it was."""
    if task.paths:
        return task.paths[0]
    if item.origin_path is None:
        raise BadReply("the service does not tell where it put what it restored")
    return EntryId(item.origin_path)
