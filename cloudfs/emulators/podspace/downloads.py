"""Contents fetched: directly, by link, as an archive (reference 3.8).

With `redirect_downloads` the bytes come from the second origin, by a URL that is signed.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cloudfs.emulators.podspace.access import need_file
from cloudfs.emulators.podspace.activities import Activity, note
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.errors import FORBIDDEN, ApiError, Code
from cloudfs.emulators.podspace.mediatypes import type_of_name
from cloudfs.emulators.podspace.zips import entries_of, in_thread, zipped
from cloudfs.emulators.routing import TOKEN, Match, Routes
from cloudfs.emulators.signing import BadSignature, Expired
from cloudfs.emulators.store.contents import Version
from cloudfs.emulators.store.tree import Node
from cloudfs.emulators.streaming import RangeBeyondEnd, StreamResponse, file_response

if TYPE_CHECKING:
    from cloudfs.emulators.podspace.emulator import PodSpaceEmulator

ObjectHandler = Callable[["PodSpaceEmulator", Request, Match[Any]], Response]

routes = PodSpaceRoutes()
objects: Routes[ObjectHandler] = Routes()  # of the second origin

VERSION = "<version>"
REDIRECT_TTL = 3600.0  # seconds
_LINK = "link"  # what a seal is for


def too_old() -> ApiError:
    """The refusal of a link whose time is over."""
    return ApiError(Code.PERMISSION_DENIED, "the link is too old", error=FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file, as they are or were."""

    node: Node
    version: Version


@routes.on("GET HEAD", "files/<hash>", key="file.get", label="download")
def _get(call: Call) -> Response:
    content = _named(call, call.hash)
    call.admit(content.node)
    if _begins(call.request):
        note(call.view, Activity.DOWNLOAD, content.node)
    return _sent(call, content)


def _begins(request: Request) -> bool:
    """Whether a download begins with this request; one file is read by many."""
    byte_range = request.headers.get("range", "bytes=0-")
    return request.method == "GET" and byte_range.startswith("bytes=0-")


@routes.on("GET", "files/<hash>/link", key="file.link", label="link")
def _link(call: Call) -> Any:
    content = _named(call, call.hash)
    call.admit(content.node)
    now, expires = call.emulator.clock.now_ms(), call.params.need_integer("expiration")
    if expires <= now:
        raise ApiError(Code.INVALID_REQUEST, "the link would be too old")
    until = min(expires, now + round(call.settings.link_cap * 1000))
    what = f"{call.hash}-{until:x}-{secrets.token_hex(4)}"
    return {"downloadLink": f"{what}-{call.emulator.signer.seal(_LINK, what)}"}


@routes.on("GET HEAD", "files/d/<token>", key="file.get_by_link", label="download")
def _get_by_link(call: Call) -> Response:
    what, _, seal = call.values[TOKEN].rpartition("-")
    try:
        call.emulator.signer.check_seal(seal, _LINK, what)
    except BadSignature as error:
        raise ApiError(Code.PERMISSION_DENIED, "there is no such link", error=FORBIDDEN) from error
    hash_, until, _ = what.split("-")
    if call.emulator.clock.now_ms() >= int(until, 16):
        raise too_old()
    return _sent(call, _named(call, hash_))


@routes.on("GET", "files", key="files.zip", label="archive")
def _zip(call: Call) -> Response:
    hashes = call.params.parts("entityHashes")
    if not hashes:
        raise ApiError(Code.INVALID_REQUEST, "entityHashes is missing")
    tops = [call.view.entry(text) for text in hashes]
    for top in tops:
        call.admit(top)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": _disposition("files.zip"),
    }
    return StreamResponse(in_thread(zipped(entries_of(call.store, tops))), headers=headers)


def _named(call: Call, text: str) -> Content:
    """The content that a hash of a file or version names; 101 for a folder."""
    found = call.view.version(text)
    if found is not None:
        return Content(*found)
    node = need_file(call.view.entry(text))
    return Content(node, call.store.contents.current(node))


def _sent(call: Call, content: Content) -> Response:
    if call.settings.redirect_downloads:
        return RedirectResponse(_signed(call, content), 302)
    return send(call.emulator, call.request, content)


def _signed(call: Call, content: Content) -> str:
    return call.emulator.signer.url(
        call.emulator.store_base(call.request),
        "GET",
        f"/content/{content.version.id}",
        ttl=REDIRECT_TTL,
        params={"nonce": secrets.token_hex(4)},  # two links to one content are two links
    )


@objects.on("GET HEAD", "content/<version>", key="object/get", label="download")
def _object(emulator: "PodSpaceEmulator", request: Request, match: Match[Any]) -> Response:
    try:
        emulator.signer.check_url("GET", request.scope["path"], request.query_params)
    except (BadSignature, Expired) as error:
        raise ApiError(Code.PERMISSION_DENIED, str(error), error=FORBIDDEN) from error
    version = emulator.store.contents.find(int(match.values[VERSION]))
    if version is None:
        raise ApiError(Code.FILE_NOT_FOUND, "the content is gone")
    return send(emulator, request, Content(emulator.store.tree.get(version.node), version))


def send(emulator: "PodSpaceEmulator", request: Request, content: Content) -> Response:
    """The bytes, or the range of them that is asked for; of a HEAD the headers alone."""
    name, size = content.node.name, content.version.size
    headers = {"Content-Type": type_of_name(name), "Content-Disposition": _disposition(name)}
    if request.method == "HEAD":
        return Response(headers={**headers, "Accept-Ranges": "bytes", "Content-Length": str(size)})
    byte_range = None if emulator.settings.ignore_range else request.headers.get("range")
    path = emulator.store.blobs.path(emulator.store.blobs.get(content.version.blob))
    try:
        return file_response(path, size, byte_range, headers)
    except RangeBeyondEnd:
        response = emulator.answers.status(request, 416, None)
        response.headers["Content-Range"] = f"bytes */{size}"
        return response


def _disposition(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
