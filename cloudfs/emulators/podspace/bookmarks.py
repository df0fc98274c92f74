"""Bookmarks (reference 3.23)."""

from typing import Any

from cloudfs.emulators.podspace.access import Level
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entities
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.store.tree import Node

routes = PodSpaceRoutes()


@routes.on("POST", "bookmarks", key="mark.add", label="mark")
def _add(call: Call) -> Any:
    return _mark(call, wanted=True)


@routes.on("DELETE", "bookmarks", key="mark.remove", label="mark")
def _remove(call: Call) -> Any:
    return _mark(call, wanted=False)


def _mark(call: Call, *, wanted: bool) -> int:
    hashes = call.params.parts("hash")
    if not hashes:
        raise ApiError(Code.INVALID_REQUEST, "hash is missing")
    nodes = [node for text in hashes if (node := _seen(call, text)) is not None]
    for node in nodes:
        call.store.favourites.set(call.view.user, node, marked=wanted)
    return len(nodes)


def _seen(call: Call, text: str) -> Node | None:
    try:
        return call.view.need(call.view.entry(text), Level.VIEW)
    except ApiError:
        return None


@routes.on("GET", "bookmarks", key="mark.list", label="marks")
def _list(call: Call) -> Any:
    marked = [
        node
        for node in call.store.favourites.of(call.view.user)
        if call.view.level(node) >= Level.VIEW
    ]
    page = call.page
    shown = page.cut(page.sorted(marked, lambda node: node))
    return {"list": entities(call.view, shown), "count": len(marked)}
