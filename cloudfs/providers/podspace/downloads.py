"""Reading: ranges of a file by its own address, with the account's token (reference 3.8).

The service also signs links that need no token. For a drive the file's own address is better: it
costs no request of its own for every file, it does not expire in the middle of one, its token is
renewed like for any other request, and it is no secret that somebody else could read with.

Neither way tells which version the bytes are of, and there is no ETag. So after the service has
begun to answer, it is asked whether the file is still at the link's version: then the bytes are
of it. If it is not, the older version is read under the hash it has got by then (3.18).
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count

import trio
from cachetools import LRUCache

from cloudfs.errors import Changed, IsAFolder, LinkExpired, NotFound
from cloudfs.http.client import StreamedReply
from cloudfs.http.ranges import ranged_get
from cloudfs.http.session import TokenRejected
from cloudfs.model import DownloadLink, Entry, EntryId, Pieces, Version
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.auth import Credentials
from cloudfs.providers.podspace.places import number_of, numbered, version_of

REMEMBERED = 2000  # files whose links turned out to be no good, and that are being read

NO_FILE = frozenset({400, 409, 422})  # what may be said of a hash that is no file's (any more)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FileLink(DownloadLink):
    """A file's address. *watched*: the file whose version has to be watched, if it can change."""

    watched: EntryId | None = None


class Downloads:
    """Reads files of one account."""

    def __init__(self, api: Api, *, verify: bool) -> None:
        self._api = api
        self._connection = api.connection
        self._verify = verify
        self._tickets = count()

        # Changing.
        self._doubted: LRUCache[tuple[EntryId, Version], bool] = LRUCache(REMEMBERED)
        self._watches: LRUCache[EntryId, _Watch] = LRUCache(REMEMBERED)

    async def link(self, entry: Entry) -> DownloadLink:
        """The way to the version of *entry*: without a request, unless there is a doubt."""
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        if (entry.id, entry.version) not in self._doubted:
            return self._current(entry)
        entity = await self._api.stat(entry.id)
        if entity.is_folder or version_of(entity) == entry.version:
            del self._doubted[entry.id, entry.version]
            return self._current(entry)
        number = number_of(entry.version)
        return await self.older(entry, -1 if number is None else number)

    async def older(self, entry: Entry, number: int) -> DownloadLink:
        """The way to a version that is no longer the current one.

        Raises Changed if the service no longer has it.
        """
        for version in await self._api.versions(entry.id):
            if version.number == number:
                return FileLink(
                    url=self._connection.address("file.get", hash=version.hash),
                    version=numbered(number),
                    size=version.size,
                )
        raise Changed(f"the service no longer has that version of {entry.name}")

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        """What `Provider.fetch` promises."""
        watched = link.watched if isinstance(link, FileLink) else None
        async with AsyncExitStack() as stack:

            async def opened(credentials: Credentials) -> Pieces:
                return await stack.enter_async_context(
                    ranged_get(
                        self._connection.http,
                        link,
                        start,
                        stop,
                        label="podspace.file.get",
                        credentials=credentials,
                        check=self._check,
                    )
                )

            try:
                pieces = await self._connection.auth.call(opened)
                if watched is not None and self._verify:
                    await self._confirm(watched, link.version)
            except (Changed, LinkExpired, NotFound) as error:
                if watched is None:
                    raise
                # Asked for a fresh link, the service will tell what is the matter.
                self._doubted[watched, link.version] = True
                raise LinkExpired(str(error)) from error
            yield pieces

    def _current(self, entry: Entry) -> DownloadLink:
        return FileLink(
            url=self._connection.address("file.get", hash=entry.id),
            version=entry.version,
            size=entry.size,
            watched=entry.id,
        )

    async def _confirm(self, entry_id: EntryId, version: Version) -> None:
        """Raise Changed if the file is not at *version* when asked from now on.

        Those who come while the service is being asked wait, and then share the next answer.
        """
        watch = self._watches.setdefault(entry_id, _Watch())
        arrived = next(self._tickets)
        async with watch.lock:
            if watch.asked < arrived:
                asked = next(self._tickets)
                entity = await self._api.stat(entry_id)
                watch.asked, watch.version = asked, version_of(entity)
        if watch.version != version:
            raise Changed("the file has changed on the service")

    def _check(self, reply: StreamedReply) -> None:
        """Raise if *reply* is something else than a part of the file."""
        if reply.status == 401 and self._connection.http.trusts(reply.url):
            raise TokenRejected("the service does not accept the token")
        if reply.status in NO_FILE:
            raise LinkExpired(f"the service does not give the file ({reply.status})")
        headers = reply.headers
        told_as_file = "content-disposition" in headers or "accept-ranges" in headers
        if reply.status == 200 and not told_as_file and "json" in headers.get("content-type", ""):
            raise LinkExpired("the service gives an answer instead of the file")  # hasError, 4.1


class _Watch:
    """What is known of a file's version, and since when."""

    def __init__(self) -> None:
        self.lock = trio.Lock()

        # Changing. `version` was the file's at some time after ticket `asked` was drawn.
        self.asked = -1
        self.version = Version("")
