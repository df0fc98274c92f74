"""Resumable uploads by the tus protocol, 1.0.0 (reference 3.6 and 3.7).

What is refused in the terms of tus has no body; what the service refuses has its usual one.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import wraps
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from cloudfs.emulators.podspace.access import Level
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entity
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.parameters import Parameters
from cloudfs.emulators.podspace.resumable import Plan, begin, offset_of, plan_of, settle
from cloudfs.emulators.podspace.uploads import group_folder
from cloudfs.emulators.store.blobs import Incoming
from cloudfs.emulators.store.uploads import Upload

routes = PodSpaceRoutes()

VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
KEY = "<key>"
_UPLOADS = ("files/resumable_upload/<key>", "files/resumable_replace/<key>")

Handler = Callable[[Call], Awaitable[Any]]


class TusRefusal(Exception):
    """A refusal in the terms of tus: a status, and no body."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def speaking_tus(handler: Handler) -> Handler:
    """*handler*, for requests of the right version of tus only."""

    @wraps(handler)
    async def checked(call: Call) -> Any:
        if call.request.headers.get("tus-resumable") != VERSION:
            return _answer(412, {"Tus-Version": VERSION})
        try:
            return await handler(call)
        except TusRefusal as refusal:
            return _answer(refusal.status)

    return checked


@routes.on("POST", "files/resumable_upload", key="file.tus_create", label="start-upload")
@speaking_tus
async def _create(call: Call) -> Response:
    meta = _metadata(call)
    with call.store.transaction():
        if (group := meta.text("userGroupHash")) is not None:
            folder = group_folder(call, group)
        else:
            folder = call.view.folder(meta.text("folderHash"), Level.EDIT)
        plan = Plan(
            length=_length(call),
            node=folder.id,
            name=meta.text("fileFullName") or meta.text("name") or "",
            public=meta.boolean("isPublic"),
        )
        upload = begin(call.view, plan)
    return await _created(call, upload)


@routes.on("POST", "files/resumable_replace", key="file.tus_replace", label="start-upload")
@speaking_tus
async def _replace(call: Call) -> Response:
    meta = _metadata(call)
    with call.store.transaction():
        node = call.view.original(meta.need("hash"))
        upload = begin(call.view, Plan(length=_length(call), node=node.id, name=None))
    return await _created(call, upload)


async def _created(call: Call, upload: Upload) -> Response:
    await settle(call.emulator, upload.name)  # at once, if it is to be empty
    where = call.request.url.replace(query="", fragment="")
    return _answer(201, {"Location": f"{str(where).rstrip('/')}/{upload.name}"})


@routes.on("HEAD", *_UPLOADS, key="file.tus_state", label="upload-state")
@speaking_tus
async def _state(call: Call) -> Response:
    upload = _upload(call)
    state = {
        "Upload-Offset": str(offset_of(call.store, upload)),
        "Upload-Length": str(plan_of(upload).length),
        "Cache-Control": "no-store",
    }
    return _answer(200, state)


@routes.on("PATCH", *_UPLOADS, key="file.tus_patch", label="upload-part")
@speaking_tus
async def _patch(call: Call) -> Response:
    upload = _upload(call)
    headers = call.request.headers
    if headers.get("content-type") != CONTENT_TYPE:
        raise TusRefusal(415)
    offset = _number(headers.get("upload-offset"))
    if offset is None:
        raise TusRefusal(400)
    if offset != offset_of(call.store, upload):
        raise TusRefusal(409)
    room = plan_of(upload).length - offset
    async with call.store.blobs.receive() as part:
        try:
            await _receive(call, part, room)
        except ClientDisconnect:
            await _keep(call, part, offset)  # so that the client need not send it again
            raise
        await _keep(call, part, offset)
    await settle(call.emulator, upload.name)
    return _answer(204, {"Upload-Offset": str(offset + part.size)})


async def _receive(call: Call, part: Incoming, room: int) -> None:
    async with aclosing(call.request.stream()) as arriving:
        async for data in arriving:
            room -= len(data)
            if room < 0:
                raise TusRefusal(400)
            await part.write(data)


async def _keep(call: Call, part: Incoming, offset: int) -> None:
    await part.flush()
    with call.store.transaction():
        upload = _upload(call)
        if offset != offset_of(call.store, upload):  # another request was faster
            raise TusRefusal(409)
        if part.size:
            number = len(call.store.uploads.parts(upload)) + 1
            call.store.uploads.put(upload, number, call.store.blobs.keep(part))


@routes.on("DELETE", *_UPLOADS, key="file.tus_end", label="cancel-upload")
@speaking_tus
async def _end(call: Call) -> Response:
    with call.store.transaction():
        call.store.uploads.end(_upload(call))
    return _answer(204)


@routes.on(
    "GET", "files/uploaded_file_info/<key>", key="file.uploaded_info", label="confirm-upload"
)
async def _info(call: Call) -> Any:
    await settle(call.emulator, call.values[KEY])
    now = call.emulator.clock.now_ms()
    with call.store.transaction():
        upload = call.store.uploads.get(call.values[KEY])
        if upload is None or upload.account != call.view.user or upload.expires <= now:
            raise ApiError(Code.FILE_NOT_FOUND, "there is no such upload")
        plan = plan_of(upload)
        assembled = round(call.settings.assembly_time * 1000)
        if plan.settled is None or now < plan.settled + assembled:
            raise ApiError(Code.FILE_NOT_FOUND, "the upload is not complete")
        if plan.code is not None:
            raise ApiError(Code(plan.code), "it could not be put in place", result=plan.existing)
        node = call.store.tree.find(plan.result or 0)
        if node is None or node.bin is not None:
            raise ApiError(Code.FILE_NOT_FOUND, "it is gone again")
        return entity(call.view, node)


def _upload(call: Call) -> Upload:
    """The upload in the path; 404 if there is none, 410 if its time is over."""
    upload = call.store.uploads.get(call.values[KEY])
    if upload is None or upload.account != call.view.user:
        raise TusRefusal(404)
    segment = "resumable_replace" if plan_of(upload).name is None else "resumable_upload"
    if segment not in call.request.scope["path"].split("/"):
        raise TusRefusal(404)
    if upload.expires <= call.emulator.clock.now_ms():
        raise TusRefusal(410)
    return upload


def _length(call: Call) -> int:
    length = _number(call.request.headers.get("upload-length"))
    if length is None:
        raise ApiError(Code.INVALID_REQUEST, "Upload-Length is missing or no number")
    return length


def _metadata(call: Call) -> Parameters:
    """What Upload-Metadata says; 101 if it cannot be read."""
    fields = []
    for pair in call.request.headers.get("upload-metadata", "").split(","):
        name, _, encoded = pair.strip().partition(" ")
        try:
            fields.append((name, base64.b64decode(encoded.strip(), validate=True).decode()))
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ApiError(Code.INVALID_REQUEST, f"{name} cannot be read") from error
    return Parameters({}).with_fields(fields)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _answer(status: int, headers: dict[str, str] | None = None) -> Response:
    response = Response(status_code=status)
    response.headers.update({"Tus-Resumable": VERSION, **(headers or {})})
    return response
