"""The recycle bin: filled, listed, emptied again either way (reference 3.13 to 3.16).

The bin of an account holds what was trashed of its own trees, and of those organisations
whose entries it may trash.
"""

from typing import Any

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.access import Level, View, need_inner
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entities
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.hashes import Kind, Named, named_by
from cloudfs.emulators.podspace.organisations import Role, role_in
from cloudfs.emulators.store.bin import BinItem

routes = PodSpaceRoutes()


@routes.on("DELETE", "files/<hash>", key="entry.trash", label="remove")
def _trash(call: Call) -> Any:
    try:
        node = call.view.entry(call.hash)
    except ApiError as refusal:
        if refusal.code == Code.FILE_NOT_FOUND:
            return 0
        raise
    if call.view.level(node) < Level.FULL:
        return 0
    changing.trash(call.view, need_inner(node))
    return 1


@routes.on("GET", "trashes", key="trash.list", label="trash-list")
def _list(call: Call) -> Any:
    items = items_of(call.view)
    pairs = [(item, call.store.tree.get(item.node)) for item in items]
    page = call.page
    shown = page.cut(page.sorted(pairs, lambda pair: pair[1]))
    nodes, parents = [node for _, node in shown], [item.parent for item, _ in shown]
    return {"list": entities(call.view, nodes, parents), "count": len(items)}


@routes.on("PUT", "trashes/<hash>/restore", key="trash.restore", label="restore")
def _restore(call: Call) -> Any:
    return _restore_these(call, _named(call))


@routes.on("POST", "trashes/restore", key="trash.restore_all", label="restore")
def _restore_all(call: Call) -> Any:
    return _restore_these(call, items_of(call.view))


@routes.on("DELETE", "trashes/<hash>", key="trash.wipe", label="purge")
def _wipe(call: Call) -> Any:
    return _wipe_these(call, _named(call))


@routes.on("DELETE", "trashes", key="trash.wipe_all", label="purge")
def _wipe_all(call: Call) -> Any:
    return _wipe_these(call, items_of(call.view))


def items_of(view: View) -> list[BinItem]:
    """What is in the bin of an account, newest first."""
    items = view.store.bin.items(view.user)
    for team in view.teams.of(view.user):
        if role_in(team, view.user) == Role.MAINTAINER:
            items += [i for i in view.store.bin.items(team.owner) if i.scope == team.root]
    return sorted(items, key=lambda item: item.deleted, reverse=True)


def _named(call: Call) -> list[BinItem]:
    """What the hash in the path names, if it is in the bin."""
    named = named_by(call.hash)
    return [item for item in items_of(call.view) if named == Named(Kind.NODE, item.node)]


def _restore_these(call: Call, items: list[BinItem]) -> int:
    # A folder first, then what was trashed from it before: that goes back into it.
    waiting = {item.node: item for item in items}
    while waiting:
        for item in list(waiting.values()):
            if _in_tree_of(call.view, item) not in waiting:
                changing.restore(call.view, item)
                del waiting[item.node]
    return len(items)


def _in_tree_of(view: View, item: BinItem) -> int | None:
    """The top of the trashed tree that the folder of an item is in, if it is in one."""
    parent = None if item.parent is None else view.store.tree.find(item.parent)
    return None if parent is None else parent.bin


def _wipe_these(call: Call, items: list[BinItem]) -> int:
    changing.wipe(call.view, items)
    return len(items)
