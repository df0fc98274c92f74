"""Folders made, objects renamed, moved, copied and deleted (reference 3.5, 3.8 to 3.10)."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from cloudfs.emulators.cloudike import changing
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.changing import ClientTimes, need_writable
from cloudfs.emulators.cloudike.describe import M, describe
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.names import Path, check_name, child_path, join_path, split_path
from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.cloudike.tasks import summary

routes = CloudikeRoutes()


@routes.on("POST", "fileops/folder_create", label="create-folder")
def _folder_create(call: Call) -> Response:
    view, path = call.view, call.params.path("path")
    if not path:
        raise ApiError(400, description="the root is there already")
    times = ClientTimes(call.params.integer("created"), call.params.integer("modified"))
    check_name(path[-1], strict=view.settings.strict_names)
    parent = view.folder(path[:-1])
    if view.child(parent, path[-1]) is not None:
        raise ApiError(403, "FolderAlreadyCreated", f"{join_path(path)} exists")
    return reply(describe(view, changing.create_folder(view, parent, path[-1], times)))


@routes.on("POST", "fileops/rename", label="rename")
def _rename(call: Call) -> Response:
    view, path = call.view, call.params.path("path")
    name = check_name(call.params.need("newname"), strict=view.settings.strict_names)
    place = view.need(path)
    if not path:
        raise ApiError(403, "FileCantBeRenamed", "the root has no name")
    if name != path[-1]:
        parent = view.folder(path[:-1])
        if view.child(parent, name) is not None:
            raise ApiError(403, "FileCantBeRenamed", f"{name} exists")
        need_writable(parent)
        changing.rename(view, place, name)
    return reply(describe(view, view.need((*path[:-1], name))))


@routes.on("POST", "fileops/move", label="move")
def _move(call: Call) -> Response:
    view = call.view
    place, folder, overwrite = _ends(call)
    _check_move(view, place, folder)
    there = view.child(folder, place.name)
    if there is not None:
        if overwrite and not _may_replace(view, place, there):
            raise ApiError(412, "FileOrFolderOverwriteMountPointToAnother")
        _check_replaceable(place, there, overwrite=overwrite)
        changing.discard(view, there)
    changing.move(view, place, folder)
    return reply(describe(view, view.need(split_path(child_path(folder.path, place.name)))))


@routes.on("POST", "fileops/copy", label="copy")
def _copy(call: Call) -> Response:
    view = call.view
    place, folder, overwrite = _ends(call)
    _check_not_below(view, place, folder)
    need_writable(folder)
    name = place.name
    if _is_parent(view, folder, place):
        name = changing.free_name(view, folder, name, is_folder=not place.is_file)
    there = view.child(folder, name)
    if there is not None:
        _check_replaceable(place, there, overwrite=overwrite)
        changing.need_space(view, folder.node.owner, changing.size_of(view, place))
        changing.discard(view, there)
    return reply(describe(view, changing.copy(view, place, folder, name)))


def _ends(call: Call) -> tuple[Place, Place, bool]:
    source, target = call.params.path("from_path"), call.params.path("to_path")
    overwrite = call.params.boolean("overwrite", default=True)
    place = call.view.need(source)
    folder = call.view.folder(target)
    if not source:
        raise ApiError(403, description="the root stays where it is")
    return place, folder, overwrite


def _check_move(view: View, place: Place, folder: Place) -> None:
    """Refuse what may not be moved there, whatever has its name."""
    _check_not_below(view, place, folder)
    if _is_parent(view, folder, place):
        raise ApiError(409, "SameDirectory", f"{place.path} is in that folder already")
    if _is_shared(view, place) and folder.share is not None:
        raise ApiError(412, "FileOrFolderMoveMountPointToAnother")
    need_writable(folder)
    if place.mount is None:
        need_writable(place)


def _check_not_below(view: View, place: Place, folder: Place) -> None:
    if any(node.id == place.node.id for node in view.store.tree.above(folder.node.id)):
        raise ApiError(424, "MoveParentToChild", "the folder is in itself then")


def _is_parent(view: View, folder: Place, place: Place) -> bool:
    """Whether *place* is directly in *folder*."""
    child = view.child(folder, place.name)
    return child is not None and child.path == place.path


def _is_shared(view: View, place: Place) -> bool:
    return place.mount is not None or view.store.shares.folder_key(place.node.id) is not None


def _may_replace(view: View, place: Place, there: Place) -> bool:
    """Whether no folder that somebody shares would replace one, or be replaced."""
    if place.is_file or there.is_file:
        return True
    return not _is_shared(view, place) and not _is_shared(view, there)


def _check_replaceable(place: Place, there: Place, *, overwrite: bool) -> None:
    if not overwrite or there.is_file != place.is_file:
        raise ApiError(403, "ObjectAlreadyExists", f"{there.path} exists")


@routes.on("GET", "fileops/precheck", label="precheck")
def _precheck(call: Call) -> Response:
    view = call.view
    sources = [view.need(path) for path in call.params.paths("from_path")]
    folder = view.folder(call.params.path("to_path"))
    taken: list[tuple[Place, Place]] = []
    for place in sources:
        _check_move(view, place, folder)
        there = view.child(folder, place.name)
        taken += [] if there is None else [(place, there)]
    size = sum(changing.size_of(view, place) for place in sources)
    return reply(
        {
            "exists": bool(taken),
            "over_writable": all(
                place.is_file == there.is_file and _may_replace(view, place, there)
                for place, there in taken
            ),
            "copyable": changing.has_space(view, folder.node.owner, size),
        }
    )


@routes.on("POST", "fileops/delete", label="remove")
def _delete(call: Call) -> Response:
    return reply(_delete_one(call, call.params.path("path")))


@routes.on("POST", "fileops/multi/delete", label="remove-many")
def _multi_delete(call: Call) -> Response:
    return reply(one_by_one(call, _delete_one))


def one_by_one(call: Call, act: Callable[[Call, Path], M]) -> dict[str, Any]:
    """Act on every `path`; what one is refused is noted and does not stop the others."""
    paths = call.params.paths("path")
    if not paths:
        raise ApiError(400, description="path is missing")
    nodes = []
    for path in paths:
        try:
            with call.store.transaction():
                nodes.append({**act(call, path), "error_code": None})
        except ApiError as refusal:
            nodes.append({"path": join_path(path), "error_code": refusal.status})
    return summary(nodes)


def _delete_one(call: Call, path: Path) -> M:
    view = call.view
    without_trash = call.params.boolean("without_trash", default=False)
    place = view.need(path)
    if not path:
        raise ApiError(403, description="the root cannot be deleted")
    only_empty = call.params.boolean("only_empty", default=False)
    if only_empty and not place.is_file and call.store.tree.count_children(place.node.id):
        raise ApiError(403, "FolderNotEmpty", f"{place.path} is not empty")
    found = describe(view, place)
    changing.delete(view, place, without_trash=without_trash)
    return found | {"deleted": True, "is_in_trash": not without_trash}
