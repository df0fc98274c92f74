"""What the site shows at the address of a link (reference 3.19): a page for people."""

from html import escape

from starlette.responses import HTMLResponse, Response

from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.ids import entry_id
from cloudfs.emulators.cloud689.links import PAGE, Shared, browse, find
from cloudfs.emulators.store.tree import Node

routes = Cloud689Routes()

ID = "<id>"


@routes.on("GET", f"{PAGE}/{ID}", label="link-page")
def _page(call: Call) -> Response:
    try:
        return HTMLResponse(_content(call))
    except ApiError as refusal:
        return HTMLResponse(f"<p>{escape(refusal.code.text)}</p>", 404)


def _content(call: Call) -> str:
    found = find(call, call.values[ID])
    if not found.public:
        raise ApiError(Code.LINK_NOT_FOUND, "this link is not for everybody")
    if found.link.password not in {None, call.params.text("password")}:
        return _ASK
    nodes = browse(call, found, call.params.text("folder"))
    return "<ul>" + "".join(_item(found, node) for node in nodes) + "</ul>"


def _item(found: Shared, node: Node) -> str:
    name, id_ = escape(node.name), entry_id(node.id)
    if not node.is_file:
        password = found.link.password
        more = "" if password is None else f"&amp;password={escape(password)}"
        return f'<li><a href="?folder={id_}{more}">{name}</a></li>'
    fields = {
        "project_id": found.project.id,
        "file_id": id_,
        "download_type": "1",
        "require_auth": "false",
    }
    hidden = "".join(
        f'<input type="hidden" name="{field}" value="{value}">' for field, value in fields.items()
    )
    button = f"<button>{name}</button>"
    return f'<li><form method="post" action="/api/download">{hidden}{button}</form></li>'


_ASK = '<form><input type="password" name="password"><button>Open</button></form>'
