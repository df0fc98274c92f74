"""A server that gives prepared answers, in the words of whatever server a test is about."""

import re
from collections.abc import Awaitable, Callable
from email.utils import formatdate

import httpx

from cloudfs.http.client import Http
from cloudfs.model import Entry, EntryId, Kind, Version
from cloudfs.providers.webdav.entries import ETAG
from cloudfs.providers.webdav.paths import parent_of
from cloudfs.providers.webdav.provider import WebDavProvider
from cloudfs.providers.webdav.server import Server
from cloudfs.providers.webdav.settings import WebDavSettings

URL = "https://dav.example/dav/"
THEN = 1_600_000_000
TEMPORARY = re.compile(r"[^/]*cloudfs-tmp-[0-9a-f]{8}")

Answer = httpx.Response | Exception | Callable[[httpx.Request], Awaitable[httpx.Response]]


class Scripted:
    """Gives the answers for "METHOD /path" in their order; the last one is given for ever."""

    def __init__(self, answers: dict[str, Answer | list[Answer]] | None = None) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[httpx.Request] = []
        for key, answer in (answers or {}).items():
            self.on(key, *(answer if isinstance(answer, list) else [answer]))

    def on(self, key: str, *answers: Answer) -> None:
        """From now on, answer *key* with these."""
        self.answers[key] = list(answers)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        key = _key(request)
        assert key in self.answers, f"unexpected: {key}"
        prepared = self.answers[key]
        answer = prepared[0] if len(prepared) == 1 else prepared.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else await answer(request)

    @property
    def log(self) -> list[str]:
        """What was asked for, in order."""
        return [_key(request) for request in self.requests]

    def last(self, method: str) -> httpx.Request:
        """The latest request of this method."""
        return next(r for r in reversed(self.requests) if r.method == method)


class Transport(httpx.AsyncBaseTransport):
    """Requests as they are; httpx.MockTransport would read streamed bodies beforehand."""

    def __init__(self, server: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._server(request)


def _key(request: httpx.Request) -> str:
    """Method and path; temporary files have one name here, whatever it is."""
    path = request.url.raw_path.decode()
    return f"{request.method} {TEMPORARY.sub('TEMPORARY', path)}"


def provider(
    server: Callable[[httpx.Request], Awaitable[httpx.Response]],
    *,
    profile: str = "",
    found: dict[str, object] | None = None,
    url: str = URL,
    **settings: object,
) -> WebDavProvider:
    """A client of *server* that has found out before what kind it is."""
    notes: dict[str, str] = {}
    Server(url, notes).learn(profile=profile, **(found or {}))
    return WebDavProvider(
        WebDavSettings(url=url, **settings),  # type: ignore[arg-type]
        http=Http(transport=Transport(server)),
        notes=notes,
    )


def multistatus(*responses: str) -> httpx.Response:
    """A 207."""
    body = "".join(responses)
    return httpx.Response(
        207, text=f'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">{body}</d:multistatus>'
    )


def file(path: str, *, size: int = 3, etag: str | None = '"v1"', modified: int = THEN) -> str:
    """A response element about a file."""
    tag = "" if etag is None else f"<d:getetag>{etag.replace(chr(34), '&quot;')}</d:getetag>"
    return (
        f"<d:response><d:href>{path}</d:href><d:propstat><d:prop><d:resourcetype/>"
        f"<d:getcontentlength>{size}</d:getcontentlength>{tag}"
        f"<d:getlastmodified>{formatdate(modified, usegmt=True)}</d:getlastmodified>"
        "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def folder(path: str) -> str:
    """A response element about a collection."""
    return (
        f"<d:response><d:href>{path}</d:href><d:propstat><d:prop>"
        "<d:resourcetype><d:collection/></d:resourcetype>"
        "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def bare(path: str, status: str) -> str:
    """A response element with a status and nothing else."""
    return f"<d:response><d:href>{path}</d:href><d:status>HTTP/1.1 {status}</d:status></d:response>"


def entry(
    entry_id: str,
    *,
    kind: Kind = Kind.FILE,
    size: int = 3,
    version: str = "v1",
    etag: str | None = '"v1"',
    modified: int = THEN,
) -> Entry:
    """What a listing said before."""
    place = EntryId(entry_id)
    return Entry(
        id=place,
        parent_id=parent_of(place),
        name=entry_id.rpartition("/")[2],
        kind=kind,
        size=size,
        version=Version(version if kind is Kind.FILE else ""),
        modified_ns=modified * 1_000_000_000,
        extra={ETAG: etag} if etag else {},
    )


GONE = httpx.Response(404)


def status(code: int, **headers: str) -> httpx.Response:
    """An answer without a body."""
    return httpx.Response(code, headers={k.replace("_", "-"): v for k, v in headers.items()})
