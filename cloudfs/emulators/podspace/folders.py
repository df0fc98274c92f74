"""Folders listed, made and measured (reference 3.1, 3.4 and 3.22)."""

from typing import Any

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.access import Level
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import breadcrumb, brief, entities, entity, listed
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.hashes import node_hash
from cloudfs.emulators.podspace.paging import Order, Page
from cloudfs.emulators.store.tree import Node
from cloudfs.emulators.store.tree import Order as StoreOrder

routes = PodSpaceRoutes()

_STORE_ORDERS = {
    Order.NAME: StoreOrder.NAME,
    Order.CREATED: StoreOrder.CREATED,
    Order.UPDATED: StoreOrder.MODIFIED,
    Order.SIZE: StoreOrder.SIZE,
}


@routes.on("GET", "folders/<hash>/children", key="folder.list", label="list")
def _list(call: Call) -> Any:
    folder = call.view.entry(call.hash)
    call.admit(folder)
    if folder.is_file:
        raise ApiError(Code.INVALID_REQUEST, "this is a file")
    found: dict[str, Any] = {"entity": listed(call.view, folder)}
    if call.params.boolean("breadcrumb"):
        found["breadcrumb"] = breadcrumb(call.view, folder)
    return {
        **found,
        "count": call.store.tree.count_children(folder.id),
        "list": entities(call.view, _children(call, folder, call.page)),
    }


def _children(call: Call, folder: Node, page: Page) -> list[Node]:
    order = _STORE_ORDERS.get(page.order)
    if order is None:
        everything = call.store.tree.children(folder.id)
        return list(page.cut(page.sorted(everything, lambda node: node)))
    return call.store.tree.children(
        folder.id,
        order=order,
        descending=page.descending,
        offset=page.start,
        limit=page.size,
    )


@routes.on("POST", "folders", key="folder.create", label="create-folder")
def _create(call: Call) -> Any:
    parent = call.folder_in("parentHash")
    name = call.params.text("name") or ""
    return entity(call.view, changing.create_folder(call.view, parent, name))


@routes.on("POST", "files/directories", key="folder.create_tree", label="create-folder")
def _create_tree(call: Call) -> Any:
    top = call.folder_in("parentHash")
    paths = call.params.parts("directories")
    if not paths:
        raise ApiError(Code.INVALID_REQUEST, "directories is missing")
    return {path: node_hash(_folders(call, top, path).id) for path in paths}


def _folders(call: Call, top: Node, path: str) -> Node:
    """The folder of a path below *top*, made with those above it where it is missing."""
    if len(path) < 3 or not path.startswith("/") or not path.endswith("/"):
        raise ApiError(Code.INVALID_REQUEST, f"{path} does not begin and end with a slash")
    folder = top
    for name in path[1:-1].split("/"):
        there = call.store.tree.child(folder.id, name)
        if there is not None and there.is_file:
            raise ApiError(Code.FILE_ALREADY_EXISTS, path, result=brief(there))
        folder = there or changing.create_folder(call.view, folder, name)
    return folder


@routes.on("GET", "folders/<hash>/size", key="folder.size", label="size")
def _size(call: Call) -> Any:
    folder = call.view.folder(call.hash, Level.VIEW)
    files = [node for node in call.store.tree.below(folder.id) if node.is_file]
    return {"size": sum(node.size for node in files), "count": len(files)}


@routes.on("GET", "folders/<hash>/check/upload", key="quota.check", label="check-space")
def _check(call: Call) -> Any:
    folder = call.view.folder(call.hash, Level.VIEW, missing=Code.INVALID_REQUEST)
    size = call.params.need_integer("size")
    return {"canUpload": changing.has_space(call.view, folder.owner, size)}
