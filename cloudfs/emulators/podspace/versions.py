"""Versions of files (reference 3.18)."""

from typing import Any

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.access import Level
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entity, version_item
from cloudfs.emulators.podspace.errors import ApiError, Code

routes = PodSpaceRoutes()


@routes.on("GET", "files/<hash>/versions", key="version.list", label="versions")
def _list(call: Call) -> Any:
    node = call.view.file(call.hash, Level.VIEW)
    history = call.store.contents.history(node)
    if len(history) < 2:  # the current one alone is no history
        return []
    return [version_item(call.view, node, version) for version in reversed(history)]


@routes.on("PATCH", "files/versions/<hash>", key="version.restore", label="restore-version")
def _restore(call: Call) -> Any:
    found = call.view.version(call.hash)
    if found is None:
        raise ApiError(Code.FILE_NOT_FOUND, f"there is no version {call.hash}")
    node, version = found
    call.view.need(node, Level.EDIT)
    return entity(call.view, changing.restore_version(call.view, node, version))
