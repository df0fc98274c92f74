"""Links to contents (reference 3.7)."""

import secrets
from urllib.parse import quote

from starlette.responses import Response

from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.describe import client_data, mime_type
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.names import join_path
from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.store.contents import Version
from cloudfs.emulators.store.tree import Node

routes = CloudikeRoutes()

TYPE, DISPOSITION = "response-content-type", "response-content-disposition"  # as at S3
NONCE = "nonce"  # two links to one content are two links


@routes.on("GET", "files/get/<path>", label="link")
def _get(call: Call) -> Response:
    view = call.view
    with_deleted = call.params.boolean("deleted", default=True)
    place = view.find(call.rest)
    if place is None and with_deleted:
        item = call.store.bin.latest_from(call.user.id, join_path(call.rest))
        if item is not None:
            return answer(
                call, view, Place(call.store.tree.get(item.node), item.path), deleted=True
            )
    if place is None:
        raise ApiError(404, description=f"{join_path(call.rest)} does not exist")
    return answer(call, view, place)


def answer(call: Call, view: View, place: Place, *, deleted: bool = False) -> Response:
    """A link to the content of the file at *place*, and what it will lead to."""
    if not place.is_file:
        raise ApiError(404, description=f"{place.path} is a folder")
    number = call.params.integer("version", code="InvalidVersion")
    version = (
        view.store.contents.current(place.node)
        if number is None
        else view.store.contents.numbered(place.node, number)
    )
    if version is None:
        raise ApiError(404, description="the file has no such version")
    for_view = call.params.boolean("for_view", default=False)
    return reply(
        {
            "url": content_url(call, place.node, version, for_view=for_view),
            "method": "GET",
            "path": place.path,
            "version": version.number,
            "size": version.size,
            "checksum": version.digest,
            "created": place.node.created,
            "modified": place.node.modified if number is None else version.made,
            "client_data": client_data(version.client_created, version.client_modified),
            "deleted": deleted,
        }
    )


def content_url(call: Call, node: Node, version: Version, *, for_view: bool) -> str:
    """A signed URL for the content of a version."""
    params = {NONCE: secrets.token_hex(4)}
    if for_view:
        params[TYPE] = mime_type(node.name)
    else:
        params[DISPOSITION] = f"attachment; filename*=UTF-8''{quote(node.name, safe='')}"
    return call.emulator.signer.url(
        call.emulator.store_base(call.request),
        "GET",
        f"/{node.owner}_{version.digest}-{version.size}",
        ttl=call.emulator.settings.link_ttl,
        params=params,
    )
