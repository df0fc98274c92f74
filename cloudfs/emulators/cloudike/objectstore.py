"""The object store: contents by signed URL, sent and fetched (reference 3.6.2 to 3.7).

It knows no accounts. Its errors are XML, as S3's are.
"""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.cloudike import archives, forms, fulllisting, tickets
from cloudfs.emulators.cloudike.auth import TOKEN_HEADERS
from cloudfs.emulators.cloudike.downloads import DISPOSITION, TYPE
from cloudfs.emulators.routing import Match, Routes
from cloudfs.emulators.signing import BadSignature, Expired
from cloudfs.emulators.store.blobs import Incoming
from cloudfs.emulators.streaming import RangeBeyondEnd, body_pieces, file_response

if TYPE_CHECKING:
    from cloudfs.emulators.cloudike.emulator import CloudikeEmulator

Handler = Callable[["CloudikeEmulator", Request, Match[Any]], Awaitable[Response]]

routes: Routes[Handler] = Routes()

_CODES = {
    400: "InvalidRequest",
    403: "AccessDenied",
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    411: "MissingContentLength",
    416: "InvalidRange",
    500: "InternalError",
    503: "SlowDown",
}


class StoreError(Exception):
    """The store refuses a request."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> Response:
        """The answer that says so."""
        return error(self.status, self.code, str(self))


def error(status: int, code: str | None = None, message: str = "") -> Response:
    """An answer in the store's form."""
    name = escape(code or _CODES.get(status, "Error"))
    text = f"<Error><Code>{name}</Code><Message>{escape(message)}</Message></Error>"
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', status, media_type="application/xml"
    )


async def answer(emulator: "CloudikeEmulator", request: Request, match: Match[Any]) -> Response:
    """The answer to a request for an object."""
    if any(name in request.headers for name in ("authorization", *TOKEN_HEADERS)):
        return error(400, None, "credentials do not belong here")
    if request.method in {"PUT", "POST"} and "content-length" not in request.headers:
        return error(411, None, "the length of the body must be told beforehand")
    handler: Handler = match.route.handler
    try:
        return await handler(emulator, request, match)
    except StoreError as refusal:
        return refusal.response()


@routes.on("GET HEAD", "<key>", key="object/get", label="download")
async def _get(emulator: "CloudikeEmulator", request: Request, match: Match[Any]) -> Response:
    _check_url(emulator, request, "GET")
    digest, _, size = match.values["<key>"].partition("_")[2].partition("-")
    path = emulator.store.blobs.at(digest, int(size))
    if path is None:
        raise StoreError(404, "the content is gone")
    headers = {
        "Content-Type": request.query_params.get(TYPE, tickets.CONTENT_TYPE),
        "ETag": f'"{digest}"',
    }
    if (disposition := request.query_params.get(DISPOSITION)) is not None:
        headers["Content-Disposition"] = disposition
    try:
        return file_response(path, int(size), request.headers.get("range"), headers)
    except RangeBeyondEnd:
        response = error(416)
        response.headers["Content-Range"] = f"bytes */{size}"
        return response


@routes.on("PUT", "<key>", key="object/put", label="upload")
async def _put(emulator: "CloudikeEmulator", request: Request, match: Match[Any]) -> Response:
    _check_url(emulator, request, "PUT")
    if request.headers.get("content-type") != tickets.CONTENT_TYPE:
        raise StoreError(403, "a signed header is missing or altered")
    part = int(request.query_params.get(tickets.PART, 1))
    async with emulator.store.blobs.receive() as incoming:
        async with aclosing(body_pieces(request)) as pieces:
            async for piece in pieces:
                await incoming.write(piece)
        digest = await _keep(emulator, match.values["<key>"], part, incoming)
    return Response(status_code=200, headers={"ETag": f'"{digest}"'})


@routes.on("POST", "", key="object/post", label="upload")
async def _post(emulator: "CloudikeEmulator", request: Request, _: Match[Any]) -> Response:
    async with emulator.store.blobs.receive() as incoming:
        try:
            fields = await forms.receive(request, incoming)
        except forms.BadForm as problem:
            raise StoreError(400, str(problem)) from problem
        try:
            key = tickets.check_form(emulator.signer, emulator.clock, fields)
        except (BadSignature, Expired) as problem:
            raise StoreError(403, str(problem)) from problem
        digest = await _keep(emulator, key, 1, incoming)
    text = f"<PostResponse><Key>{key}</Key><ETag>&quot;{digest}&quot;</ETag></PostResponse>"
    return Response(text, 201, media_type="application/xml")


@routes.on("GET", "archive/<hash>", key="object/archive", label="download")
async def _archive(emulator: "CloudikeEmulator", request: Request, match: Match[Any]) -> Response:
    _check_url(emulator, request, "GET")
    return archives.stream(emulator, match.values["<hash>"]) or error(404)


@routes.on("GET", "listing/<id>", key="object/listing", label="download")
async def _listing(emulator: "CloudikeEmulator", request: Request, match: Match[Any]) -> Response:
    _check_url(emulator, request, "GET")
    return fulllisting.content(emulator, match.values["<id>"]) or error(404)


def _check_url(emulator: "CloudikeEmulator", request: Request, method: str) -> None:
    """403 unless the URL is signed for this method; S3 signs GET and HEAD apart."""
    if request.method != method:
        raise StoreError(403, "the signature is for another method", "SignatureDoesNotMatch")
    try:
        emulator.signer.check_url(method, request.scope["path"], request.query_params)
    except (BadSignature, Expired) as problem:
        raise StoreError(403, str(problem)) from problem


async def _keep(emulator: "CloudikeEmulator", name: str, part: int, incoming: Incoming) -> str:
    await incoming.flush()
    with emulator.store.transaction():
        upload = emulator.store.uploads.get(name)
        if upload is None:
            raise StoreError(404, "there is no such upload, or not any more", "NoSuchUpload")
        blob = emulator.store.blobs.keep(incoming)
        emulator.store.uploads.put(upload, part, blob)
    return blob.digest
