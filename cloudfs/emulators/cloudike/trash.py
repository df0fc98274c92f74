"""The trash: listed, restored, purged (reference 3.11 to 3.13)."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from cloudfs.emulators.cloudike import changing, events, tasks
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.describe import M, bin_hash, describe, describe_binned
from cloudfs.emulators.cloudike.errors import ApiError, empty, reply
from cloudfs.emulators.cloudike.fileops import one_by_one
from cloudfs.emulators.cloudike.metadata import cut, tagged
from cloudfs.emulators.cloudike.names import Path, join_path, split_path
from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.cloudike.sightings import owner_path, sightings
from cloudfs.emulators.store.bin import BinItem

routes = CloudikeRoutes()

RESTORE, CLEAR, PURGE = "restore", "clear", "purge"  # tasks


@routes.on("GET", "trash", label="trash-list")
def _list(call: Call) -> Response:
    items = call.store.bin.items(call.user.id)
    return _listing(call, call.user.id, [(item, item.path) for item in items])


@routes.on("GET", "trash/from_shared/<path>", label="trash-list")
def _list_from_shared(call: Call) -> Response:
    folder = _shared_folder(call)
    return _listing(call, folder.node.owner, _deleted_from(call.view, folder))


def _listing(call: Call, owner: int, found: list[tuple[BinItem, str]]) -> Response:
    hash_ = bin_hash(call.view, owner)
    extra = call.params.boolean("extra", default=True)

    def body() -> dict[str, Any]:
        described = [describe_binned(call.view, item, path, extra=extra) for item, path in found]
        if call.params.boolean("dirs_only", default=False):
            described = [m for m in described if m["folder"]]
        content, last = cut(call, _ordered(call, described))
        return {"content": content, "hash": hash_, "is_last_page": last}

    return tagged(call, hash_, body)


def _ordered(call: Call, described: list[M]) -> list[M]:
    text = call.params.text("order_by") or "name"
    keys = {
        "name": lambda m: m["restore_path"].rpartition("/")[2].encode(),
        "modified_time": lambda m: m["modified"],
    }
    key = keys.get(text.removeprefix("-"))
    if key is None:
        raise ApiError(400, description=f"nothing is ordered by {text}")
    return sorted(described, key=key, reverse=text.startswith("-"))


def _shared_folder(call: Call) -> Place:
    place = call.view.need(call.rest)
    if call.store.shares.folder_key(place.node.id) is None:
        raise ApiError(400, description=f"{place.path} is no shared folder")
    return place


def _deleted_from(view: View, folder: Place) -> list[tuple[BinItem, str]]:
    """What members deleted from a shared folder, and where the viewer saw it."""
    owners = owner_path(view.store, folder.node)
    return [
        (item, folder.path + item.path.removeprefix(owners))
        for item in view.store.bin.items(folder.node.owner)
        if item.scope == folder.node.id
    ]


@routes.on("POST", "trash/restore/<name>", label="restore")
def _restore(call: Call) -> Response:
    overwrite = call.params.boolean("overwrite", default=True)
    name = call.values["<name>"]
    _check_restore(call.view, _binned(call.view, name), overwrite=overwrite)
    return tasks.begin(call, RESTORE, {"names": [name], "overwrite": overwrite})


@routes.on("POST", "trash/restore/<name>/from_shared/<path>", label="restore")
def _restore_from_shared(call: Call) -> Response:
    folder = _shared_folder(call)
    changing.need_writable(folder)
    overwrite = call.params.boolean("overwrite", default=True)
    name = call.values["<name>"]
    if name not in {item.name for item, _ in _deleted_from(call.view, folder)}:
        raise ApiError(404, description="there is no such object in the trash")
    owners = call.view.by(folder.node.owner)
    _check_restore(owners, _binned(owners, name), overwrite=overwrite)
    details = {"names": [name], "overwrite": overwrite, "owner": folder.node.owner}
    return tasks.begin(call, RESTORE, details)


@routes.on("POST", "trash/restore", label="restore")
def _restore_many(call: Call) -> Response:
    names = call.params.texts("paths")
    if not names:
        raise ApiError(400, description="paths is missing")
    overwrite = call.params.boolean("overwrite", default=True)
    return tasks.begin(call, RESTORE, {"names": names, "overwrite": overwrite})


@tasks.work(RESTORE)
def _do_restore(view: View, details: dict[str, Any]) -> dict[str, Any]:
    owners = view.by(details.get("owner", view.user))

    def restore(name: str) -> M:
        item = _binned(owners, name)
        _check_restore(owners, item, overwrite=details["overwrite"])
        return describe(view, restore_item(owners, item, actor=view))

    return _each(view, details["names"], restore)


def _each(view: View, names: list[str], act: Callable[[str], M]) -> dict[str, Any]:
    nodes = []
    for name in names:
        try:
            with view.store.transaction():
                nodes.append({**act(name), "error_code": None})
        except ApiError as refusal:
            nodes.append({"name": name, "error_code": refusal.status})
    return tasks.summary(nodes)


def _binned(view: View, name: str) -> BinItem:
    item = view.store.bin.find(view.user, name)
    if item is None:
        raise ApiError(404, description="there is no such object in the trash")
    return item


def _check_restore(view: View, item: BinItem, *, overwrite: bool) -> None:
    """Refuse a restoration that cannot be, before anything was done."""
    node = view.store.tree.get(item.node)
    path = split_path(item.path)
    there = view.find(path)
    if there is not None and (not overwrite or there.is_file != node.is_file):
        raise ApiError(403, "ObjectAlreadyExists", f"{item.path} exists")
    for length in range(len(path)):
        above = view.find(path[:length])
        if above is not None and above.is_file:
            raise ApiError(403, "ObjectAlreadyExists", f"{above.path} is a file now")
    size = sum(found.size for found in view.store.tree.below(node.id))
    changing.need_space(view, view.user, size - (there.node.size if there else 0))


def restore_item(view: View, item: BinItem, *, actor: View) -> Place:
    """Put something back to where it was, in the name of *actor*; it has been checked.

    Returns where the actor sees it.
    """
    path = split_path(item.path)
    there = view.find(path)
    if there is not None:
        changing.discard(view, there)
    parent = changing.create_folders(view, path[:-1])
    node = view.store.bin.restore(item, parent.node, path[-1])
    events.announce(actor, "undeleted", node, sightings(view.store, node))
    place = actor.place_of(view.store.tree.get(node.id))
    assert place is not None, "whoever may restore something may see it"
    return place


@routes.on("POST", "fileops/undelete", label="restore")
def _undelete(call: Call) -> Response:
    return reply(_undelete_one(call, call.params.path("path")))


@routes.on("POST", "fileops/multi/undelete", label="restore")
def _multi_undelete(call: Call) -> Response:
    return reply(one_by_one(call, _undelete_one))


def _undelete_one(call: Call, path: Path) -> M:
    view = call.view
    item = call.store.bin.latest_from(call.user.id, join_path(path))
    there = view.find(path)
    if item is None:
        if there is not None:
            raise ApiError(403, "NotDeleted", f"{there.path} is not deleted")
        raise ApiError(404, description=f"{join_path(path)} does not exist")
    if view.find(path[:-1]) is None:
        raise ApiError(403, "NotDeleted", "the folder that it was in is deleted too")
    _check_restore(view, item, overwrite=False)
    return describe(view, restore_item(view, item, actor=view))


@routes.on("POST", "trash/clear", label="purge")
def _clear(call: Call) -> Response:
    names = call.params.texts("paths")
    if call.params.given("paths") and not names:
        raise ApiError(400, description="paths is empty")
    if call.params.given("path") and not names:
        raise ApiError(400, description="path is not a parameter; paths is")
    return tasks.begin(call, CLEAR, {"names": names or None})


@tasks.work(CLEAR)
def _do_clear(view: View, details: dict[str, Any]) -> dict[str, Any]:
    names = details["names"]
    if names is None:
        names = [item.name for item in view.store.bin.items(view.user)]

    def purge(name: str) -> M:
        item = _binned(view, name)
        found = describe_binned(view, item, item.path, extra=False)
        view.store.bin.purge(item)
        return found

    return _each(view, names, purge)


@routes.on("POST", "fileops/purge", label="purge-everything")
def _purge(call: Call) -> Response:
    if not call.emulator.settings.purge_enabled:
        raise ApiError(405, "NotImplemented", "this is switched off here")
    tasks.begin(call, PURGE, {})
    return empty()


@tasks.work(PURGE)
def _do_purge(view: View, _: dict[str, Any]) -> dict[str, Any]:
    for item in view.store.bin.items(view.user):
        view.store.bin.purge(item)
    view.store.contents.drop_all_histories(view.user)
    return {}


@routes.on("POST", "fileops/purgestatus", label="purge-everything")
def _purge_status(call: Call) -> Response:
    busy = any(
        task.due is not None and task.data["work"] == PURGE
        for task in call.store.records.of(tasks.TASK, call.user.id)
    )
    return reply({"status": "PROCESSING" if busy else "DONE"})
