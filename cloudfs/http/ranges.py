"""A part of a file by ranged GET: exactly the bytes asked for, or an error.

Whatever a server does with the Range header (RFC 9110, 14), the caller gets the bytes from
*start* up to *stop* of the version the link stands for. A reply that is not those bytes
(another total length, another start, a page of HTML, half a body) is an error, never data.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urljoin

import httpx

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    Changed,
    ConnectionLost,
    LinkExpired,
    Unavailable,
)
from cloudfs.http.client import Http, StreamedReply
from cloudfs.http.origins import origin
from cloudfs.model import NOTHING, DownloadLink, Pieces

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 3
REFUSALS = frozenset({401, 403, 404, 410})  # what object stores answer to an expired link

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


@asynccontextmanager
async def ranged_get(
    http: Http,
    link: DownloadLink,
    start: int,
    stop: int,
    *,
    label: str = "read",
    credentials: Mapping[str, str] = NOTHING,
    auth: httpx.Auth | None = None,
    check: Callable[[StreamedReply], None] | None = None,
) -> AsyncIterator[Pieces]:
    """The bytes from *start* up to *stop* of what *link* leads to, piece by piece.

    *check* sees the reply before its bytes are used, and raises if it is not of the link's
    version, or says more about a refusal than LinkExpired would. The link's headers go to the
    link's own origin only, not to where a redirect leads.

    Raises LinkExpired if the link is refused, Changed if the file is no longer the version
    the link stands for, a TransientError if the transfer breaks, BadReply for nonsense.
    """
    url = link.url
    for _ in range(MOST_REDIRECTS + 1):
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if origin(url) == origin(link.url):
            headers.update(link.headers)
        async with http.stream(
            "GET", url, label=label, headers=headers, credentials=credentials, auth=auth
        ) as reply:
            if reply.status in REDIRECTS and "location" in reply.headers:
                url = _redirected(url, reply.headers["location"])
                continue
            if check is not None:
                check(reply)
            async with aclosing(exactly(reply, start, stop, link.size)) as pieces:
                yield pieces
            return
    raise BadReply(f"more than {MOST_REDIRECTS} redirects ({label})")


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise BadReply("download: a redirect to an address that makes no sense") from error


def exactly(reply: StreamedReply, start: int, stop: int, size: int) -> Pieces:
    """The bytes from *start* up to *stop* out of *reply*, the answer to a request for them.

    *size* is that of the whole file. Raises what `ranged_get` raises.
    """
    status = reply.status
    if status == 206:
        skip = start - _partial_start(reply, start, size)
        return _window(reply, skip, stop - start)
    if status == 200:
        _check_whole(reply, size)
        return _window(reply, start, stop - start)
    if status in REFUSALS:
        raise LinkExpired(f"the download link is refused ({status})")
    if status in {412, 416}:
        raise Changed(f"the file changed while it was read ({status})")
    if status >= 500:
        raise Unavailable(f"download: the service failed ({status})")
    if status in {402, 451}:
        raise AccessDenied(f"download: refused ({status})")
    raise BadReply(f"download: unexpected status {status}")


def _partial_start(reply: StreamedReply, start: int, size: int) -> int:
    match = _CONTENT_RANGE.fullmatch(reply.headers.get("content-range", "").strip())
    if match is None:
        raise BadReply("download: a partial reply without a usable Content-Range")
    first, _, total = match.groups()
    if total != "*" and int(total) != size:
        raise Changed(f"the file has {total} bytes now, not {size}")
    if int(first) > start:
        raise BadReply(f"download: asked for byte {start}, got {first}")
    return int(first)


def _check_whole(reply: StreamedReply, size: int) -> None:
    """A 200 to a ranged request is the whole file, or not the file at all."""
    length = reply.headers.get("content-length")
    if length is None and reply.headers.get("content-encoding", "identity") != "identity":
        raise BadReply("download: the reply is packed, although that was not asked for")
    if length is None or int(length) == size:
        return
    if "html" in reply.headers.get("content-type", ""):
        raise BadReply("download: got a web page instead of the file")
    raise Changed(f"the file has {length} bytes now, not {size}")


async def _window(reply: StreamedReply, skip: int, count: int) -> Pieces:
    """*count* bytes of the body after the first *skip*; the rest is left unread."""
    async with aclosing(reply.pieces()) as body:
        async for piece in body:
            if count == 0:
                return  # not looked for sooner: a body read to its end frees its connection
            if skip >= len(piece):
                skip -= len(piece)
                continue
            wanted = piece[skip : skip + count] if skip or len(piece) > count else piece
            skip = 0
            count -= len(wanted)
            yield wanted
    if count:
        raise ConnectionLost(f"download: the body ended {count} bytes early")
