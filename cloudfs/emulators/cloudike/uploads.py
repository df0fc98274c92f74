"""Uploads: a ticket, content sent to the object store, confirmation (reference 3.6)."""

import re
import secrets
from dataclasses import asdict, dataclass
from urllib.parse import quote, urlencode

from starlette.responses import Response

from cloudfs.emulators.cloudike import tickets
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.changing import (
    ClientTimes,
    create_folders,
    need_space,
    need_writable,
    write_file,
)
from cloudfs.emulators.cloudike.describe import M, describe
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.names import Path, check_name, join_path, split_path
from cloudfs.emulators.cloudike.parameters import Parameters
from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.store.blobs import Blob
from cloudfs.emulators.store.uploads import Upload

routes = CloudikeRoutes()

PART_NUMBERS = range(1, 10_001)
_MD5 = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where content is to go, and on which conditions."""

    path: Path
    overwrite: bool
    version: int | None
    size: int | None
    checksum: str | None  # lower case


@routes.on("POST", "files/create", label="start-upload")
def _create(call: Call) -> Response:
    params, view = call.params, call.view
    target = _target(params, params.path("path"), strict=view.settings.strict_names)
    times = ClientTimes(params.integer("created"), params.integer("modified"))
    create_dirs = params.boolean("create_dirs", default=True)
    multipart = params.boolean("multipart", default=False)
    _check(view, target, target.size or 0, create_dirs=create_dirs)
    known = _known_content(view, target)
    if known is not None:
        return reply(_put(view, target, known, times, create_dirs=create_dirs), 201)

    name = f"{call.user.id}_{secrets.token_hex(16)}"
    expires = call.emulator.clock.now_ms() + round(view.settings.form_ttl * 1000)
    data = {**asdict(times), "create_dirs": create_dirs, "multipart": multipart}
    upload = call.store.uploads.begin(name, call.user.id, expires=expires, data=data)
    ticket = _ticket(call, upload, multipart=multipart)
    return reply({**ticket, "confirm_url": _confirm_url(call, upload, target)})


def _ticket(call: Call, upload: Upload, *, multipart: bool) -> dict[str, object]:
    if multipart:
        part = tickets.put_ticket(call.emulator, call.request, upload, 1)
        return {**part, "temp_path": _temp_path(upload)}
    return tickets.simple_ticket(call.emulator, call.request, upload)


@routes.on("POST", "files/create_part", label="upload-part")
def _create_part(call: Call) -> Response:
    temp_path = call.params.need("temp_path")
    number = call.params.integer("part_num")
    if number not in PART_NUMBERS:
        raise ApiError(400, description="part_num goes from 1 to 10000")
    upload = call.store.uploads.get(temp_path.removeprefix(_TEMP))
    if upload is None or upload.account != call.user.id or not upload.data["multipart"]:
        raise _gone("there is no such upload")
    return reply(tickets.put_ticket(call.emulator, call.request, upload, number))


@routes.on("POST", "files/confirm/<path>", label="confirm-upload")
async def _confirm(call: Call) -> Response:
    with call.store.transaction():
        upload = _confirmed(call)
        parts = call.store.uploads.parts(upload)
        _check_parts(call, parts)
    if len(parts) == 1:
        return _finish(call, upload, parts[0][1])
    async with call.store.blobs.receive() as whole:
        try:
            await call.store.blobs.join([blob for _, blob in parts], whole)
        except FileNotFoundError as error:
            raise _gone("it was confirmed meanwhile") from error
        with call.store.transaction():
            return _finish(call, upload, call.store.blobs.keep(whole))


def _confirmed(call: Call) -> Upload:
    user_id = call.params.integer("user_id")
    if user_id is None:
        raise ApiError(400, description="user_id is missing")
    if call.account is not None and call.account.id != user_id:
        raise ApiError(403, description="this is the upload of somebody else")
    upload = call.store.uploads.get(call.params.need("temp_name"))
    if upload is None or upload.account != user_id:
        raise _gone("there is no such upload, or not any more")
    return upload


def _check_parts(call: Call, parts: list[tuple[int, Blob]]) -> None:
    if not parts:
        raise _gone("nothing was uploaded")
    if [number for number, _ in parts] != list(range(1, len(parts) + 1)):
        raise ApiError(400, "IncompleteUpload", "a part is missing")
    if any(blob.size < call.emulator.settings.min_part_size for _, blob in parts[:-1]):
        raise ApiError(400, "EntityTooSmall", "a part before the last is too small")


def _finish(call: Call, upload: Upload, blob: Blob) -> Response:
    with call.store.transaction():
        view = call.emulator.view(upload.account, call.base)
        target = _target(call.params, split_path(join_path(call.rest)), strict=False)
        if target.size not in {None, blob.size}:
            raise ApiError(400, "SizeMismatch", f"{blob.size} bytes have arrived")
        if target.checksum not in {None, blob.digest}:
            raise ApiError(400, "ChecksumMismatch", "other bytes have arrived")
        if call.store.uploads.get(upload.name) is None:
            raise _gone("it was confirmed while the parts were joined")
        create_dirs = bool(upload.data["create_dirs"])
        _check(view, target, blob.size, create_dirs=create_dirs)
        times = ClientTimes(upload.data["created"], upload.data["modified"])
        found = _put(view, target, blob, times, create_dirs=create_dirs)
        call.store.uploads.end(upload)
        return reply(found)


def _gone(why: str) -> ApiError:
    return ApiError(404, "TempFileNotFound", why)


def _target(params: Parameters, path: Path, *, strict: bool) -> Target:
    if not path:
        raise ApiError(400, description="the root is no file")
    check_name(path[-1], strict=strict)
    checksum = params.text("checksum")
    if checksum is not None and not _MD5.fullmatch(checksum):
        raise ApiError(400, description="checksum is no MD5")
    return Target(
        path,
        params.boolean("overwrite", default=False),
        params.integer("version", code="InvalidVersion"),
        params.integer("size"),
        checksum and checksum.lower(),
    )


def _check(view: View, target: Target, size: int, *, create_dirs: bool) -> None:
    """Refuse in the order of the reference: parent, object, version, space."""
    parent = _nearest_parent(view, target.path, create_dirs=create_dirs)
    need_writable(parent)
    there = view.find(target.path)
    if there is not None and (not target.overwrite or not there.is_file):
        raise ApiError(409, description=f"{there.path} exists")
    if target.version is not None and (there is None or there.node.number != target.version):
        raise ApiError(403, "VersionMismatch", "this is not the current version")
    replaced = 0 if there is None else there.node.size
    need_space(view, parent.node.owner, size - replaced)


def _nearest_parent(view: View, path: Path, *, create_dirs: bool) -> Place:
    if not create_dirs:
        return view.folder(path[:-1])
    place = view.root()
    for name in path[:-1]:
        child = view.child(place, name)
        if child is None:
            break
        if child.is_file:
            raise ApiError(405, description=f"{child.path} is a file")
        place = child
    return place


def _known_content(view: View, target: Target) -> Blob | None:
    if not view.settings.dedup or target.size is None or target.checksum is None:
        return None
    return view.store.blobs.find(target.checksum, target.size)


def _put(view: View, target: Target, blob: Blob, times: ClientTimes, *, create_dirs: bool) -> M:
    parent = (create_folders if create_dirs else View.folder)(view, target.path[:-1])
    return describe(view, write_file(view, parent, target.path[-1], blob, times=times))


_TEMP = "/temp/"


def _temp_path(upload: Upload) -> str:
    return _TEMP + upload.name


def _confirm_url(call: Call, upload: Upload, target: Target) -> str:
    query: dict[str, object] = {
        "user_id": upload.account,
        "temp_name": upload.name,
        "overwrite": int(target.overwrite),
    }
    for name in ("version", "size", "checksum"):
        if (value := getattr(target, name)) is not None:
            query[name] = value
    path = "/".join(quote(name, safe="") for name in target.path)
    return f"{call.base}/api/1/files/confirm/{path}?{urlencode(query)}"
