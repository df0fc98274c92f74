"""Search in the account's own tree (reference 3.21)."""

from collections.abc import Callable
from typing import Any

from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.days import begin_of, end_of
from cloudfs.emulators.podspace.describe import entities
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.mediatypes import Category, is_of
from cloudfs.emulators.podspace.parameters import Parameters
from cloudfs.emulators.store.tree import Node

routes = PodSpaceRoutes()

Criterion = Callable[[Node], bool]


@routes.on("GET", "files/search", key="search", label="search")
def _search(call: Call) -> Any:
    wanted, page = _criteria(call.params), call.page
    below = call.store.tree.below(call.view.root().id)[1:]
    found = [node for node in below if all(criterion(node) for criterion in wanted)]
    shown = page.cut(page.sorted(found, lambda node: node))
    return {"list": entities(call.view, shown), "count": len(found)}


def _criteria(params: Parameters) -> list[Criterion]:
    """What has to be true of everything that is found; 101 if nothing is asked for."""
    texts = [params.text(name) for name in ("words", "title")]
    wanted = [_named_like(text) for text in texts if text is not None]
    if (kind := params.text("type")) is not None:
        wanted.append(_of_category(kind))
    if (least := params.integer("minSize")) is not None:
        wanted.append(lambda node: node.size >= least)
    if (most := params.integer("maxSize")) is not None:
        wanted.append(lambda node: node.size <= most)
    if (after := params.day("after")) is not None:
        wanted.append(lambda node: node.created >= begin_of(after))
    if (before := params.day("before")) is not None:
        wanted.append(lambda node: node.created < end_of(before))
    if not wanted:
        raise ApiError(Code.INVALID_REQUEST, "nothing is asked for")
    return wanted


def _named_like(text: str) -> Criterion:
    folded = text.casefold()
    return lambda node: folded in node.name.casefold()


def _of_category(text: str) -> Criterion:
    if text not in set(Category):
        raise ApiError(Code.INVALID_REQUEST, f"there is no type {text}")
    category = Category(text)
    return lambda node: is_of(node, category)
