"""The recycle bin (reference 3.11 to 3.13)."""

from collections.abc import AsyncGenerator, Sequence

from cloudfs.errors import AccessDenied, AlreadyExists, BadReply, NotFound
from cloudfs.model import Entry, EntryId, TrashItem
from cloudfs.providers.cloudike.answers import Task
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.paging import RESTARTS, is_last, shifted
from cloudfs.providers.cloudike.refusals import Forbidden
from cloudfs.providers.cloudike.tasks import Tasks, check
from cloudfs.providers.facets import Trash

TOGETHER = 200  # items removed by one request

GONE = frozenset({404})


class CloudikeTrash(Trash):
    """What was deleted, by the names that only the bin knows."""

    def __init__(self, api: Api, tasks: Tasks, *, page_limit: int) -> None:
        self._api = api
        self._tasks = tasks
        self._limit = page_limit

    async def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        listed: set[str] = set()
        for restarts_left in range(RESTARTS, -1, -1):
            page = await self._api.trash(offset=0, limit=self._limit)
            offset, state = 0, page.state
            while not shifted(page, state) or not restarts_left:
                fresh = [item for item in page.items if item.id not in listed]
                listed.update(item.id for item in fresh)
                yield fresh
                if is_last(page, self._limit):
                    return
                offset += page.received
                before, page = page, await self._api.trash(offset=offset, limit=self._limit)
                if page.items and page.items == before.items:
                    raise BadReply("the service sends the same page of the trash again and again")

    async def restore(self, item: TrashItem) -> Entry:
        try:
            task = await self._tasks.result(await self._api.trash_restore(item.id))
            check(task, "trash_restore")
        except Forbidden as error:
            if item.origin_path and await self._taken(EntryId(item.origin_path)):
                raise AlreadyExists(f"{item.origin_path} exists") from error
            raise AccessDenied(str(error)) from error
        return await self._api.metadata(_place(item, task))

    async def purge(self, items: Sequence[TrashItem]) -> None:
        names = list(dict.fromkeys(item.id for item in items))
        for start in range(0, len(names), TOGETHER):
            await self._clear(names[start : start + TOGETHER])

    async def empty(self) -> None:
        check(await self._tasks.result(await self._api.trash_clear_all()), "trash_clear")

    async def _clear(self, names: list[str]) -> None:
        try:
            task = await self._tasks.result(await self._api.trash_clear(names))
        except NotFound:
            if len(names) == 1:
                return  # it is gone already
            raise
        check(task, "trash_clear", tolerated=GONE)

    async def _taken(self, path: EntryId) -> bool:
        return await self._api.metadata_or_none(path) is not None


def _place(item: TrashItem, task: Task) -> EntryId:
    """Where a restored entry is: as the task tells, else where it was."""
    if task.paths:
        return task.paths[0]
    if item.origin_path is None:
        raise BadReply("the service does not tell where it put what it restored")
    return EntryId(item.origin_path)
