"""Requests to a WebDAV server, in HTTP's words (RFC 4918).

What the answers to them mean depends on what was asked for and on the server, so most come
back as they are; `statuses.refusal` names their usual meaning. A PROPFIND means one thing
only and comes back read.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urljoin

import trio

from cloudfs.errors import BadReply
from cloudfs.http.client import Body, Http, Reply, StreamedReply
from cloudfs.http.origins import origin
from cloudfs.http.ranges import REDIRECTS, ranged_get
from cloudfs.http.retry import Repeat
from cloudfs.model import NOTHING, Content, DownloadLink, Pieces, Transfer
from cloudfs.providers.webdav import wire
from cloudfs.providers.webdav.auth import Credentials
from cloudfs.providers.webdav.paths import decoded
from cloudfs.providers.webdav.statuses import refusal

XML = "application/xml; charset=utf-8"
LARGE_REPLY = 256 * 1024  # bytes; longer ones are read off the event loop


class Redirected(BadReply):
    """The server says that the resource is elsewhere."""


class Dav:
    """The way to one account's server, with its credentials."""

    def __init__(self, http: Http, credentials: Credentials) -> None:
        self._http = http
        self._credentials = credentials

    async def send(
        self,
        method: str,
        url: str,
        *,
        repeat: Repeat = Repeat.SAFELY,
        headers: Mapping[str, str] = NOTHING,
        body: Body = None,
        length: int | None = None,
        deadline: float | None = None,
    ) -> Reply:
        """The answer, whatever its status.

        Repeated once at the address with a slash if the server redirects there: it was asked
        about a collection (reference 1). Other redirects are not followed: Redirected.
        """
        slashed = challenged = False
        while True:
            known = self._credentials.challenges
            reply = await self._http.request(
                method,
                url,
                label=f"webdav.{method}",
                repeat=repeat,
                headers=headers,
                credentials=self._credentials.headers,
                auth=self._credentials.digest,
                body=body,
                length=length,
                deadline=deadline,
            )
            asked = reply.status == 401 and self._credentials.challenges > known
            if asked and callable(body) and not challenged:
                challenged = True  # the stream was used up: see `Digest`
            elif reply.status in REDIRECTS and not slashed:
                url, slashed = _with_slash(url, reply, method), True
            else:
                return reply

    async def propfind(
        self, url: str, depth: int, properties: tuple[str, ...]
    ) -> list[wire.Resource]:
        """What the server says of a resource, and with *depth* 1 of those in it.

        No *properties* asks for whatever there is. Raises NotFound, and what else the status
        means; BadReply if the answer is not a multistatus.
        """
        body = wire.propfind(properties) if properties else b""
        headers = {"Depth": str(depth), "Content-Type": XML}
        reply = await self.send("PROPFIND", url, headers=headers, body=body)
        if reply.status != 207:
            raise refusal(reply.status, "PROPFIND")
        if len(reply.body) < LARGE_REPLY:
            return wire.multistatus(reply.body)
        return await trio.to_thread.run_sync(wire.multistatus, reply.body)

    async def put(
        self,
        url: str,
        content: Content,
        *,
        start: int = 0,
        stop: int | None = None,
        headers: Mapping[str, str] = NOTHING,
        repeat: Repeat,
        transfer: Transfer | None = None,
    ) -> Reply:
        """Store the bytes of *content* from *start* up to *stop*, streaming them."""
        end = content.size if stop is None else stop
        before = transfer.sent if transfer else 0

        async def pieces() -> Pieces:
            if transfer:
                transfer.reset(before)
            async with aclosing(content.read(start, end)) as stream:
                async for piece in stream:
                    yield piece
                    if transfer:
                        transfer.advance(len(piece))

        if start == end:
            return await self.send("PUT", url, headers=headers, body=b"", repeat=repeat)
        return await self.send(
            "PUT", url, headers=headers, body=pieces, length=end - start, repeat=repeat
        )

    async def move(
        self, source: str, target: str, *, overwrite: bool, headers: Mapping[str, str] = NOTHING
    ) -> Reply:
        """Rename. Not repeated: the second of two would find nothing to move."""
        return await self._place("MOVE", source, target, headers, overwrite=overwrite)

    async def copy(
        self, source: str, target: str, *, overwrite: bool, headers: Mapping[str, str] = NOTHING
    ) -> Reply:
        """Copy on the server."""
        return await self._place("COPY", source, target, headers, overwrite=overwrite)

    async def _place(
        self, method: str, source: str, target: str, headers: Mapping[str, str], *, overwrite: bool
    ) -> Reply:
        sent = {**headers, "Destination": target, "Overwrite": "T" if overwrite else "F"}
        if source.endswith("/"):
            sent["Depth"] = "infinity"
        return await self.send(method, source, headers=sent, repeat=Repeat.IF_REFUSED)

    @asynccontextmanager
    async def get_range(
        self, link: DownloadLink, start: int, stop: int, check: Callable[[StreamedReply], None]
    ) -> AsyncIterator[Pieces]:
        """A part of a file; see `ranged_get`."""
        async with ranged_get(
            self._http,
            link,
            start,
            stop,
            label="webdav.GET",
            credentials=self._credentials.headers,
            auth=self._credentials.digest,
            check=check,
        ) as pieces:
            yield pieces

    def is_own(self, url: str) -> bool:
        """Whether *url* leads to the account's own server, not to where that sent us."""
        return self._http.trusts(url)


def _with_slash(url: str, reply: Reply, method: str) -> str:
    target = urljoin(url, reply.headers.get("location", ""))
    asked_for_slash = target.endswith("/") and not url.endswith("/")
    if asked_for_slash and origin(target) == origin(url) and decoded(target) == decoded(url):
        return f"{url}/"
    raise Redirected(f"the server redirects to {origin(target)} ({method}): set url to where it is")
