"""Packing (reference 3.22). The service makes zips to be downloaded, so this brings them back."""

from collections.abc import Sequence

import trio

from cloudfs.errors import (
    AlreadyExists,
    BadReply,
    InvalidRequest,
    NotFound,
    NotPermitted,
    Unsupported,
)
from cloudfs.http.client import StreamedReply
from cloudfs.model import Entry, EntryId, Transfer
from cloudfs.providers.cloudike import values
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.cloudike.names import check_name
from cloudfs.providers.cloudike.paths import ROOT, folder_of, join
from cloudfs.providers.cloudike.spool import Spool
from cloudfs.providers.cloudike.tasks import Tasks
from cloudfs.providers.cloudike.uploads import Uploads
from cloudfs.providers.facets import Archives

NOT_AS_A_STREAM = (NotFound, Unsupported, InvalidRequest)


class CloudikeArchives(Archives):
    """Zips by the service, which come by way of this machine's disk."""

    unpacks = False

    def __init__(self, api: Api, calls: FileCalls, uploads: Uploads, tasks: Tasks) -> None:
        self._api = api
        self._calls = calls
        self._uploads = uploads
        self._tasks = tasks

    async def pack(self, entries: Sequence[Entry], folder_id: EntryId, name: str) -> Entry:
        if not entries:
            raise InvalidRequest("there is nothing to pack")
        check_name(name)
        target = join(folder_id, name)
        if await self._api.metadata_or_none(target) is not None:
            raise AlreadyExists(f"{name} exists")
        with Spool() as spool:
            await self.fetch(entries, spool)
            return await self._uploads.upload(target, spool, None, Transfer())

    async def fetch(self, entries: Sequence[Entry], spool: Spool) -> None:
        """Put a zip of *entries* into *spool*."""
        paths = [entry.id for entry in entries]
        if ROOT in paths:
            raise NotPermitted("the root cannot be packed; name what is in it")
        try:
            url = await self._calls.archive_stream(paths)
        except NOT_AS_A_STREAM:
            url = await self._made(paths)

        async def take(reply: StreamedReply) -> None:
            await spool.fill(reply, "archive_read")

        await self._api.connection.download(url, take, call="archive_read")
        if not await trio.to_thread.run_sync(spool.is_zip):
            raise BadReply("the service's archive is not whole, or is none")

    async def _made(self, paths: Sequence[EntryId]) -> str:
        """Where the archive is that the service has made in the background."""
        parents = {folder_of(path) for path in paths}
        parent = parents.pop() if len(parents) == 1 else ROOT
        task = await self._tasks.result(await self._calls.archive(paths, parent))
        return values.address(task.url, base=self._api.connection.url)
