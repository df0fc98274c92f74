"""Images: previews of them, and those that come as base64 text (reference 3.24).

Nothing here can decode an image. A preview is therefore a small picture of our own, another
one for every content; only an image in its actual size is the file itself. A crop is checked,
and not carried out.
"""

import base64
import binascii
import struct
import zlib
from typing import Any

from starlette.responses import Response

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.access import need_file
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entity
from cloudfs.emulators.podspace.downloads import Content, send
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.mediatypes import thumbnail
from cloudfs.emulators.store.tree import Node

routes = PodSpaceRoutes()

ACTUAL = "ACTUAL"
THUMBNAIL = 64  # pixels
_SIZES = {"SMALL": 64, "MEDIUM": 256, "LARGE": 512}


@routes.on("GET HEAD", "files/<hash>/thumbnail", key="file.thumbnail", label="preview")
def _thumbnail(call: Call) -> Response:
    return _picture(_image(call), THUMBNAIL)


@routes.on("GET HEAD", "images/<hash>", "v2/images/<hash>", key="image.get", label="preview")
def _get(call: Call) -> Response:
    node = _image(call)
    size = (call.params.text("size") or ACTUAL).upper()
    call.params.boolean("crop")
    if not _is_quality(call.params.text("quality")) or size not in {ACTUAL, *_SIZES}:
        raise ApiError(Code.INVALID_REQUEST, "there is no such size or quality")
    if size == ACTUAL:
        return send(call.emulator, call.request, Content(node, call.store.contents.current(node)))
    return _picture(node, _SIZES[size])


@routes.on("POST", "images/base64", key="image.upload_base64", label="upload")
async def _upload_base64(call: Call) -> Any:
    text, name = call.params.text("file"), call.params.text("filename") or ""
    if text is None:
        raise ApiError(Code.FILE_NOT_ATTACHED, "there is no file")
    for corner in ("xC", "yC", "wC", "hC"):
        call.params.integer(corner)
    try:
        data = base64.b64decode(text.rpartition(",")[2], validate=True)  # maybe of a data URL
    except binascii.Error as error:
        raise ApiError(Code.INVALID_FORMAT, "this is no base64") from error
    async with call.store.blobs.receive() as incoming:
        await incoming.write(data)
        await incoming.flush()
        with call.store.transaction():
            folder = call.folder_in("folderHash")
            return entity(call.view, changing.add_file(call.view, folder, name, incoming))


def _image(call: Call) -> Node:
    """A file that has a preview; 202 if it has none."""
    node = need_file(call.view.entry(call.hash))
    call.admit(node)
    if not thumbnail(node):
        raise ApiError(Code.FILE_NOT_FOUND, "there is no preview")
    return node


def _is_quality(text: str | None) -> bool:
    try:
        return 0.0 <= float(text or 1) <= 1.0
    except ValueError:
        return False


def _picture(node: Node, pixels: int) -> Response:
    assert node.digest is not None
    colour = bytes.fromhex(node.digest)[:3]
    return Response(_png(colour, pixels), media_type="image/png")


def _png(colour: bytes, pixels: int) -> bytes:
    """A square of one colour."""
    header = struct.pack(">IIBBBBB", pixels, pixels, 8, 2, 0, 0, 0)
    rows = (b"\0" + colour * pixels) * pixels
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
