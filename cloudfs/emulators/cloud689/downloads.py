"""Contents fetched (reference 3.9). No URL is signed here; what is public needs no token."""

from pathlib import Path
from urllib.parse import quote

from starlette.responses import Response

from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.contents import details_of
from cloudfs.emulators.cloud689.links import public_file
from cloudfs.emulators.cloud689.projects import Role
from cloudfs.emulators.cloud689.sessions import authenticate
from cloudfs.emulators.cloud689.zips import zipped, zipped_size
from cloudfs.emulators.store.tree import Node
from cloudfs.emulators.streaming import RangeBeyondEnd, StreamResponse, file_response

routes = Cloud689Routes()

NORMAL, TO_VIEWER, ZIP = 1, 2, 3  # values of download_type


@routes.on("POST", "download", label="download")
def _download(call: Call) -> Response:
    params = call.params
    params.need_all("file_id", "project_id", "download_type")
    type_ = params.one_of("download_type", {NORMAL, TO_VIEWER, ZIP})
    require_auth = params.boolean("require_auth", default=True)
    node = None if require_auth else public_file(call)
    if node is None:
        user = authenticate(call.emulator, call.asked.token)
        view = call.emulator.view(user)
        project = view.project(params.need("project_id"), Role.MEMBER)
        node = view.entry(project, params.need("file_id"), folder=False)
    return _zipped(call, node) if type_ == ZIP else _sent(call, node)


def _zipped(call: Call, node: Node) -> Response:
    size = zipped_size(node.name, node.size)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": _disposition(f"{node.name}.zip"),
        "Accept-Ranges": "none",
        **({} if size is None else {"Content-Length": str(size)}),
    }
    return StreamResponse(zipped(node.name, _path(call, node)), headers=headers)


def _sent(call: Call, node: Node) -> Response:
    ranges = call.settings.ranges
    headers = {
        "Content-Type": details_of(call.store, node).content_type,
        "Content-Disposition": _disposition(node.name),
        "Accept-Ranges": "bytes" if ranges else "none",
    }
    wanted = call.request.headers.get("range") if ranges else None
    try:
        return file_response(_path(call, node), node.size, wanted, headers)
    except RangeBeyondEnd:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{node.size}"})


def _path(call: Call, node: Node) -> Path:
    assert node.blob is not None, "only asked of files"
    return call.store.blobs.path(call.store.blobs.get(node.blob))


def _disposition(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
