"""Reading: presigned addresses, and the answers to requests for a part (reference 2, 4)."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import trio

from cloudfs.errors import AccessDenied, Changed, CloudError, LinkExpired, LoginFailed, NotFound
from cloudfs.http.client import StreamedReply
from cloudfs.http.ranges import exactly
from cloudfs.model import NOTHING, DownloadLink, Entry, Pieces, Version
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.connection import Connection
from cloudfs.providers.s3.entries import VERSION_ID, etag_of
from cloudfs.providers.s3.headers import quoted
from cloudfs.providers.s3.keys import Place
from cloudfs.providers.s3.refusals import refusal

LIFE = 6 * 3600  # seconds; temporary credentials may end sooner
LARGEST_REFUSAL = 64 * 1024


class Links:
    """Makes links to objects, without a request, and reads from them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def to(self, entry: Entry, place: Place) -> DownloadLink:
        """A link to what *entry* is at its version."""
        if version_id := entry.extra.get(VERSION_ID, ""):
            return self.to_version(place, version_id, entry.version, entry.size)
        etag = etag_of(entry.version)
        headers = {"If-Match": quoted(etag)} if etag else NOTHING
        return DownloadLink(
            url=self._connection.presigned(place, (), LIFE),
            version=entry.version,
            size=entry.size,
            expires_at=trio.current_time() + LIFE,
            headers=headers,
        )

    def to_version(
        self, place: Place, version_id: str, version: Version, size: int
    ) -> DownloadLink:
        """A link to one version of an object; what is called *version* by others."""
        return DownloadLink(
            url=self._connection.presigned(place, [("versionId", version_id)], LIFE),
            version=version,
            size=size,
            expires_at=trio.current_time() + LIFE,
        )

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        """The bytes from *start* up to *stop*."""
        headers = {"Range": f"bytes={start}-{stop - 1}", **link.headers}
        async with self._connection.open(link.url, headers) as reply:
            if reply.status not in {200, 206}:
                raise await self._refused(reply, link)
            if reply.headers.get("content-length") == str(stop - start):
                _correct(reply)
            told = wire.plain_etag(reply.headers.get("etag"))
            asked = link.headers.get("If-Match", "")
            if asked and told and told != wire.plain_etag(asked):
                raise Changed("the file changed while it was read")
            async with aclosing(exactly(reply, start, stop, link.size)) as pieces:
                yield pieces

    async def _refused(self, reply: StreamedReply, link: DownloadLink) -> CloudError:
        said = wire.refusal(await reply.body(LARGEST_REFUSAL))
        if self._connection.learn_from(reply, said):
            return LinkExpired("the store is to be asked in another way")
        error = refusal(reply.status, said, "read")
        if isinstance(error, NotFound):
            return Changed("the file, or this version of it, is gone")
        ended = link.expires_at is not None and trio.current_time() >= link.expires_at
        if isinstance(error, AccessDenied | LoginFailed) and ended:
            return LinkExpired("the link has ended")
        return error


def _correct(reply: StreamedReply) -> None:
    """Call a part a part: rclone says 200 of one."""
    if "content-range" in reply.headers:
        reply.status = 206
