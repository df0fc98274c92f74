"""Downloads by the web relay (reference 3.6)."""

from urllib.parse import quote

from starlette.responses import Response

from cloudfs.emulators.asus.call import MEDIA_TYPE, RELAY, Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.describe import mime_type
from cloudfs.emulators.asus.payload import branch, leaf, to_text
from cloudfs.emulators.asus.refusals import Refusal, Status
from cloudfs.emulators.routing import TOKEN
from cloudfs.emulators.store.tree import Node
from cloudfs.emulators.streaming import RangeBeyondEnd, file_response

routes = AsusRoutes()

_HTTP = {Status.PARAMETER: 400, Status.NO_FILE: 404}


@serve(
    routes,
    f"webrelay/directdownload/{TOKEN}",
    "webrelay/directdownload",
    label="download",
    needs=RELAY,
    methods="GET POST",
)
async def _direct_download(call: Call) -> Answer:
    try:
        with call.store.transaction():
            node = call.view.file(call.fields.need_number("fi"))
            start = call.fields.number("of", 0) or 0
    except Refusal as refusal:
        return _failed(call, refusal)
    byte_range = call.request.headers.get("range")
    if byte_range is None and start > 0:
        byte_range = f"bytes={start}-"
    return _content(call, node, byte_range)


def _content(call: Call, node: Node, byte_range: str | None) -> Response:
    assert node.blob is not None
    path = call.store.blobs.path(call.store.blobs.get(node.blob))
    how = "inline" if call.fields.text("pv") == "1" else "attachment"
    name = call.fields.text("rn") or node.name
    headers = {
        "Content-Type": mime_type(node.name),
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}",
    }
    try:
        return file_response(path, node.size, byte_range, headers)
    except RangeBeyondEnd:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{node.size}"})


def _failed(call: Call, refusal: Refusal) -> Response:
    """A status of HTTP, and the one of the service in a body without a declaration."""
    body = to_text(branch(call.root, leaf("status", int(refusal.status))))
    return Response(body, _HTTP[refusal.status], {"Content-Type": MEDIA_TYPE})
