"""Everything below a folder, from a list of the whole tree that the service makes (3.16.4)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import trio

from cloudfs.errors import CloudError, NotAFolder, NotFound, Unsupported
from cloudfs.http.client import StreamedReply
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike import wire
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.filecalls import FileCalls, FullListing
from cloudfs.providers.cloudike.jsonarray import ArrayReader
from cloudfs.providers.cloudike.paths import within
from cloudfs.providers.cloudike.spool import Spool
from cloudfs.providers.cloudike.store import EXPIRED
from cloudfs.providers.cloudike.tasks import Tasks
from cloudfs.providers.facets import TreeListing


class CloudikeTree(TreeListing):
    """The full listing. It is always of the whole tree, so it is worth it near the top only."""

    def __init__(self, api: Api, calls: FileCalls, tasks: Tasks) -> None:
        self._api = api
        self._calls = calls
        self._tasks = tasks

    async def below(self, folder_id: EntryId) -> AsyncGenerator[Sequence[Entry], None]:
        if not (await self._api.metadata(folder_id)).is_folder:
            raise NotAFolder(f"{folder_id} is a file")
        with Spool() as spool:
            await self._fetch(spool)
            reader = ArrayReader()
            async with aclosing(spool.read(0, spool.size)) as pieces:
                async for piece in pieces:
                    yield self._below(folder_id, await trio.to_thread.run_sync(reader.feed, piece))
            yield self._below(folder_id, reader.end())

    def _below(self, folder_id: EntryId, told: list[object]) -> list[Entry]:
        return [
            entry
            for entry in wire.tree(told, link_base=self._api.link_base)
            if entry.id != folder_id and within(entry.id, folder_id)
        ]

    async def _fetch(self, spool: Spool) -> None:
        """Have the list made and keep it in *spool*; its address may have ended meanwhile."""
        try:
            name = await self._calls.start_full_listing()
        except NotFound as error:
            raise Unsupported("the service makes no list of the whole tree") from error
        if not await self._kept(await self._ready(name), spool) and not await self._kept(
            await self._ready(name), spool
        ):
            raise CloudError("the service's list of the whole tree cannot be read")

    async def _ready(self, name: str | FullListing) -> str:
        if isinstance(name, str):
            listing = await self._tasks.until(
                lambda: self._calls.full_listing(name), lambda found: found.url is not None
            )
        else:
            listing = name
        assert listing.url is not None
        return listing.url

    async def _kept(self, url: str, spool: Spool) -> bool:
        """Whether the list was there; False: its address is refused."""

        async def take(reply: StreamedReply) -> bool:
            if reply.status in EXPIRED:
                return False
            await spool.fill(reply, "full_listing_read")
            return True

        return await self._api.connection.download(url, take, call="full_listing_read")
