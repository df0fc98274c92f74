"""The service's calls about what was deleted (reference 3.11 to 3.13)."""

from collections.abc import Sequence

from cloudfs.errors import InvalidRequest
from cloudfs.http.client import Reply
from cloudfs.model import Entry, EntryId, TrashItem
from cloudfs.providers.cloudike import answers, particulars, values, wire
from cloudfs.providers.cloudike.answers import Task
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.particulars import Node
from cloudfs.providers.cloudike.paths import quoted, quoted_segment
from cloudfs.providers.cloudike.wire import PageOf


class TrashCalls:
    """The calls of one account. Those that take long return the name of a task, or its result."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._connection = api.connection

    async def listing(self, *, offset: int, limit: int) -> PageOf[TrashItem]:
        """A page of what is in the trash."""
        return await self._listing("trash/", "trash", offset, limit)

    async def listing_from_shared(
        self, folder: EntryId, *, offset: int, limit: int
    ) -> PageOf[TrashItem]:
        """A page of what others deleted in a shared folder. Raises InvalidRequest for others."""
        route = f"trash/from_shared/{quoted(folder)}"
        return await self._listing(route, "trash_from_shared", offset, limit)

    async def restore(self, name: str) -> str | Task:
        """Put what the trash calls *name* back."""
        return await self._restore(f"trash/restore/{quoted_segment(name)}")

    async def restore_from_shared(self, name: str, folder: EntryId) -> str | Task:
        """Put back what the trash of a shared folder calls *name*."""
        return await self._restore(
            f"trash/restore/{quoted_segment(name)}/from_shared/{quoted(folder)}"
        )

    async def clear(self, names: Sequence[str]) -> str | Task:
        """Remove what the trash calls *names* for ever."""
        if not names or not all(names):
            # An empty list, or a list of nothing, would empty the whole trash (3.13).
            raise InvalidRequest("there is nothing to remove from the trash")
        return _started(
            await self._connection.post("trash/clear/", {"paths": names}, call="trash_clear")
        )

    async def clear_all(self) -> str | Task:
        """Remove everything in the trash for ever."""
        return _started(await self._connection.post("trash/clear/", {}, call="trash_clear"))

    async def undelete(self, path: EntryId) -> Entry:
        """Put back what was deleted last at *path*."""
        reply = await self._connection.post("fileops/undelete/", {"path": path}, call="undelete")
        return await self._api.told(reply, path)

    async def undelete_many(self, paths: Sequence[EntryId]) -> tuple[Node, ...]:
        """Put back what was deleted last at each path."""
        reply = await self._connection.post(
            "fileops/multi/undelete/", {"path": paths}, call="undelete_many"
        )
        return particulars.nodes(values.decoded(reply.body))

    async def purge(self) -> None:
        """Remove all that was deleted, and all old versions, for ever."""
        await self._connection.post("fileops/purge/", {}, call="purge")

    async def purge_status(self) -> str | None:
        """How a purge stands, in the service's word."""
        reply = await self._connection.post("fileops/purgestatus/", {}, call="purge_status")
        return values.text(values.record(values.decoded(reply.body)).get("status"))

    async def _listing(self, route: str, call: str, offset: int, limit: int) -> PageOf[TrashItem]:
        reply = await self._connection.get(
            route, {"offset": offset, "limit": limit, "extra": False}, call=call
        )
        return wire.trash(values.decoded(reply.body))

    async def _restore(self, route: str) -> str | Task:
        # Nothing is overwritten, whatever has taken the place meanwhile.
        return _started(
            await self._connection.post(route, {"overwrite": False}, call="trash_restore")
        )


def _started(reply: Reply) -> str | Task:
    return answers.started(values.decoded(reply.body))
