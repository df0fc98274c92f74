"""Reading: ranges of a file over a link that lives as long as the token (reference 3.6).

The link leads to whatever the file holds now, and no answer tells which version that is. So a
link is good for a short time only, after which the version is looked at again; a file that is
replaced by one of another size is noticed at once.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from urllib.parse import unquote, urljoin, urlsplit

import trio

from cloudfs.errors import (
    BadReply,
    Changed,
    CloudError,
    IsAFolder,
    LinkExpired,
    NotFound,
    Unsupported,
)
from cloudfs.http.client import Http, StreamedReply
from cloudfs.http.origins import origin
from cloudfs.http.ranges import MOST_REDIRECTS, REDIRECTS, exactly
from cloudfs.http.session import TokenRejected
from cloudfs.model import DownloadLink, Entry, EntryId, Pieces, Version
from cloudfs.providers.asus import statuses, wire
from cloudfs.providers.asus.calls import Calls, query_string, quoted
from cloudfs.providers.asus.entries import version
from cloudfs.providers.asus.exchange import refused
from cloudfs.providers.asus.ids import Ref, ref
from cloudfs.providers.asus.looking import Looking

PATH = "/webrelay/directdownload/"
BELIEVED = 30.0  # seconds for which a file is taken to hold what it held when it was looked at
LONGEST_ERROR = 64 * 1024  # bytes of a document that tells of an error
LOUD = frozenset({500, 502, 504})  # the service may explain these


class Downloads:
    """Links, and what they lead to, for one account."""

    def __init__(self, http: Http, calls: Calls, looking: Looking) -> None:
        self._http = http
        self._calls = calls
        self._looking = looking

    # Links --------------------------------------------------------------------------------

    async def link(self, entry: Entry) -> DownloadLink:
        """A link to what a file holds now."""
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        file = ref(entry.id)
        described = await self._looking.info(file)
        return await self._made(file, described.size, version(described))

    async def links(self, entries: Sequence[Entry]) -> Sequence[DownloadLink | CloudError]:
        """Links to several files; those of one folder are found by listing it."""
        by_folder: dict[str, list[Entry]] = {}
        for entry in entries:
            by_folder.setdefault(entry.parent_id or "", []).append(entry)
        found: dict[str, DownloadLink | CloudError] = {}
        for folder_id, group in by_folder.items():
            if folder_id and len(group) > 1:
                await self._listed(ref(EntryId(folder_id)), group, found)
            for entry in group:
                if entry.id not in found:
                    found[entry.id] = await self._link_or_error(entry)
        return [found[entry.id] for entry in entries]

    async def _listed(
        self, folder: Ref, group: list[Entry], found: dict[str, DownloadLink | CloudError]
    ) -> None:
        """Find what the files of *group* hold by listing their folder, as long as that pays."""
        missing = {entry.id for entry in group if not entry.is_folder}
        pages = 0
        try:
            async with aclosing(self._looking.list(folder.id)) as listing:
                async for page in listing:
                    for fresh in page.entries:
                        if fresh.id in missing:
                            missing.discard(fresh.id)
                            found[fresh.id] = await self._made(
                                ref(fresh.id), fresh.size, fresh.version
                            )
                    pages += 1
                    if not missing or pages >= len(group):
                        return
        except NotFound:
            return  # each file is looked at for itself

    async def _link_or_error(self, entry: Entry) -> DownloadLink | CloudError:
        try:
            return await self.link(entry)
        except CloudError as error:
            return error

    async def _made(self, file: Ref, size: int, which: Version) -> DownloadLink:
        grant = await self._calls.auth.grant()
        query = query_string([("dis", self._calls.sid), ("fi", file.number), ("pv", "0")])
        return DownloadLink(
            url=f"{grant.webrelay}{PATH}{quoted(grant.token)}/?{query}",
            version=which,
            size=size,
            expires_at=trio.current_time() + BELIEVED,
        )

    # Bytes --------------------------------------------------------------------------------

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        """The bytes from *start* up to *stop*, as `Provider.fetch` promises."""
        url = link.url
        exchange = self._calls.exchange
        for _ in range(MOST_REDIRECTS + 1):
            async with self._http.stream(
                "GET",
                url,
                label="asus.read",
                headers={"Range": f"bytes={start}-{stop - 1}"},
                credentials=exchange.credentials,
                auth=exchange.signature,
                keep=LOUD,
            ) as reply:
                if reply.status in REDIRECTS and "location" in reply.headers:
                    url = _redirected(url, reply.headers["location"])
                    continue
                await self._guard(reply, link)
                async with aclosing(exactly(reply, start, stop, link.size)) as pieces:
                    yield pieces
                return
        raise BadReply(f"read: more than {MOST_REDIRECTS} redirects")

    async def _guard(self, reply: StreamedReply, link: DownloadLink) -> None:
        """Raise what a reply tells that is not a part of the file, nor all of it."""
        if reply.status >= 400 and reply.status != 416:
            body = await reply.body(LONGEST_ERROR)
            await self._raise(refused(reply.status, body, "read"), link)
        length = reply.headers.get("content-length", "").strip()
        if reply.status != 200 or (length.isdecimal() and int(length) == link.size):
            return
        body = await reply.body(LONGEST_ERROR)
        try:
            status = wire.status(wire.parsed(body))
        except BadReply:
            if length:
                raise Changed(f"the file has {length} bytes now, not {link.size}") from None
            raise
        await self._raise(statuses.error(status, "read"), link)

    async def _raise(self, error: CloudError, link: DownloadLink) -> None:
        if isinstance(error, TokenRejected):
            await self._calls.auth.renewed(_token(link))
            raise LinkExpired("the token of a download link is no longer accepted") from error
        if isinstance(error, NotFound):
            raise Changed("the file is gone") from error
        if isinstance(error, Unsupported):
            raise LinkExpired("the service does not know the download link") from error
        raise error


def _redirected(url: str, location: str) -> str:
    """Where a redirect leads, which must be on the same server (reference 3.6)."""
    try:
        target = urljoin(url, location)
        if origin(target) == origin(url):
            return target
    except ValueError as error:
        raise BadReply("read: a redirect to an address that makes no sense") from error
    raise BadReply("read: the service leads to another server")


def _token(link: DownloadLink) -> str:
    """The token in a link's path."""
    return unquote(urlsplit(link.url).path.partition(PATH)[2].rstrip("/"))
