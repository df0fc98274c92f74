"""Versions of files (reference 3.14)."""

from typing import Any

from starlette.responses import Response

from cloudfs.emulators.cloudike import changing, events
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.describe import describe
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.sightings import sightings
from cloudfs.emulators.store.contents import Version

routes = CloudikeRoutes()

RESTORED = "restored"


@routes.on("GET", "files/versions/<path>", label="versions")
def _versions(call: Call) -> Response:
    place = call.view.file(call.rest)
    skip, limit = call.params.number("skip", 0), call.params.number("limit", 0)
    found = call.store.contents.history(place.node)
    return reply([_shown(v) for v in found[skip : skip + limit if limit else None]])


def _shown(version: Version) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": version.key,
        "version": version.number,
        "type": version.kind,
        "timestamp": version.made / 1000,
        "content": {"size": version.size},
    }
    if version.origin is not None:
        shown["restored_timestamp"] = version.origin / 1000
    return shown


@routes.on("POST", "files/restore", label="restore-version")
def _restore(call: Call) -> Response:
    view, store = call.view, call.store
    path = call.params.path("path")
    number = call.params.integer("version")
    if number is None:
        raise ApiError(400, description="version is missing")
    place = view.file(path)
    version = store.contents.numbered(place.node, number)
    if version is None:
        raise ApiError(404, description="the file has no such version")
    changing.need_writable(place)
    changing.need_space(view, place.node.owner, version.size - place.node.size)
    made = store.accounts.stamp(place.node.owner)
    node = store.contents.write(
        place.node,
        store.blobs.get(version.blob),
        number=made,
        made=made,
        kind=RESTORED,
        author=view.user,
        client_created=version.client_created,
        client_modified=version.client_modified,
        origin=version.made,
    )
    events.announce(view, "version_restored", node, sightings(store, node))
    return reply(describe(view, view.need(path)))
