"""Entries looked at, renamed, moved, copied (reference 3.2, 3.3, 3.9 to 3.11, 3.24)."""

from collections.abc import Callable
from typing import Any

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.access import Level, need_inner
from cloudfs.emulators.podspace.answers import ABSENT
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import (
    breadcrumb,
    detailed,
    entities,
    entity,
    version_entity,
)
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.hashes import node_hash
from cloudfs.emulators.store.tree import Node

routes = PodSpaceRoutes()

# What makes a move or a copy fail for one item, while the request as such succeeds.
_FAILS_ITEM = {Code.FILE_ALREADY_EXISTS, Code.PERMISSION_DENIED}


@routes.on("GET", "files/<hash>/detail", key="entry.stat", label="stat")
def _stat(call: Call) -> Any:
    found = call.view.version(call.hash)
    if found is not None:
        call.admit(found[0])
        return version_entity(call.view, *found)
    node = call.view.entry(call.hash)
    call.admit(node)
    return detailed(call.view, node)


@routes.on("GET", "files/<hash>/exist", key="entry.exist", label="find")
def _exist(call: Call) -> Any:
    found = _children(call, [call.params.need("fileName")])
    return found[0] if found else ABSENT


@routes.on("POST", "files/<hash>/exist", key="entry.exist_many", label="find")
def _exist_many(call: Call) -> Any:
    return _children(call, call.params.texts("fileNames"))


def _children(call: Call, names: list[str]) -> list[dict[str, Any]]:
    folder = call.view.folder(call.hash, Level.VIEW, missing=Code.INVALID_REQUEST)
    found = [call.store.tree.child(folder.id, name) for name in names]
    return entities(call.view, [node for node in found if node is not None])


@routes.on("PUT", "files/<hash>/rename", key="entry.rename", label="rename")
def _rename(call: Call) -> Any:
    node = call.view.original(call.hash)
    name = call.params.text("newName") or ""
    call.view.need(need_inner(node), Level.EDIT, Code.ONLY_OWNER_ACCESS)
    return entity(call.view, changing.rename(call.view, node, name))


@routes.on("PUT", "files/<hash>/move", key="entry.move", label="move")
def _move(call: Call) -> Any:
    return _for_item(call, Level.FULL, changing.move)


@routes.on("PUT", "files/<hash>/copy", key="entry.copy", label="copy")
def _copy(call: Call) -> Any:
    call.view.need(call.view.entry(call.hash), Level.VIEW)
    return _for_item(call, Level.VIEW, changing.copy)


def _for_item(call: Call, level: Level, change: Callable[..., Node]) -> Any:
    """Do it, or list the item among those that failed."""
    node = need_inner(call.view.entry(call.hash))
    folder = call.folder_in("destFolderHash", Level.NONE)
    if any(above.id == node.id for above in call.store.tree.above(folder.id)):
        raise ApiError(Code.INVALID_REQUEST, "a folder cannot be put into itself")
    failed: dict[str, list[dict[str, str]]] = {"files": [], "folders": []}
    try:
        call.view.need(node, level)
        call.view.need(folder, Level.EDIT)
        change(call.view, node, folder)
    except ApiError as refusal:
        if refusal.code not in _FAILS_ITEM:
            raise
        item = {"hash": node_hash(node.id), "name": node.name}
        failed["files" if node.is_file else "folders"].append(item)
    return failed


@routes.on("GET", "files/<hash>/breadcrumb", key="entry.address", label="address")
def _address(call: Call) -> Any:
    return breadcrumb(call.view, call.view.need(call.view.entry(call.hash), Level.VIEW))


@routes.on("GET", "files/<hash>/post", key="entry.post", label="post")
def _post(call: Call) -> Any:
    node = call.view.need(call.view.entry(call.hash), Level.VIEW)
    return entity(call.view, node).get("postId", 0)
