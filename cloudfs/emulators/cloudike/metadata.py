"""Looking: folders, entries, search, favourites, sizes (reference 3.2, 3.3, 3.15, 3.20, 3.22)."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.describe import (
    M,
    describe,
    describe_all,
    describe_version,
    file_hash,
    listing_hash,
)
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.store.tree import Order

routes = CloudikeRoutes()

_ORDERS = {"name": Order.NAME, "modified_time": Order.MODIFIED}


@routes.on("GET", "metadata/<path>", label="list")
def _metadata(call: Call) -> Response:
    return answer(call, call.view, call.view.need(call.rest))


def answer(call: Call, view: View, place: Place) -> Response:
    """The answer about *place*: its M, for a folder with its listing, or 304."""
    extra = call.params.boolean("extra", default=True)
    if place.is_file:
        found = _file(call, view, place, extra=extra)
        return tagged(call, file_hash(found), lambda: found)
    hash_ = listing_hash(view, place)
    if not call.params.boolean("listing", "list", default=True):
        return tagged(call, hash_, lambda: _folder(view, place, hash_, extra=extra))
    if call.params.text("hash") == hash_:
        return unchanged(hash_)
    return tagged(
        call,
        hash_,
        lambda: _folder(view, place, hash_, extra=extra) | _listing(call, view, place, extra=extra),
    )


def _file(call: Call, view: View, place: Place, *, extra: bool) -> M:
    number = call.params.integer("version", code="InvalidVersion")
    if number is None:
        return _described(view, place, extra=extra)
    version = view.store.contents.numbered(place.node, number)
    if version is None:
        raise ApiError(404, description="the file has no such version")
    return describe_version(view, place, version, extra=extra)


def _folder(view: View, place: Place, hash_: str, *, extra: bool) -> M:
    return _described(view, place, extra=extra) | {"hash": hash_}


def _described(view: View, place: Place, *, extra: bool) -> M:
    found = describe(view, place, extra=extra)
    return found | {"name": place.node.name} if view.published is place.node else found


def _listing(call: Call, view: View, place: Place, *, extra: bool) -> M:
    text = call.params.text("order_by") or "name"
    order = _ORDERS.get(text.removeprefix("-"))
    if order is None:
        raise ApiError(400, description=f"nothing is ordered by {text}")
    folders_only = call.params.boolean("dirs_only", default=False)
    offset, limit = page_of(call)
    children = view.children(
        place,
        order=order,
        descending=text.startswith("-"),
        folders_only=folders_only,
        offset=offset,
        limit=limit,
    )
    count = view.store.tree.count_children(place.node.id, folders_only=folders_only)
    return {
        "content": describe_all(view, children, extra=extra),
        "is_last_page": offset + len(children) >= count,
    }


def page_of(call: Call) -> tuple[int, int | None]:
    """Where a page begins, and its greatest length; None: all that is left."""
    limit = call.params.number("limit", 0)
    capped = min(limit, call.emulator.settings.page_cap) if limit else None
    return call.params.number("offset", 0), capped


def cut(call: Call, found: list[Any]) -> tuple[list[Any], bool]:
    """The page of *found* that is asked for, and whether it is the last."""
    offset, limit = page_of(call)
    stop = len(found) if limit is None else offset + limit
    return found[offset:stop], stop >= len(found)


def tagged(call: Call, hash_: str, make: Callable[[], Any]) -> Response:
    """What *make* returns, with an ETag; 304 if the client has it already."""
    known = call.request.headers.get("if-none-match", "")
    if hash_ in {tag.strip().removeprefix("W/").strip('"') for tag in known.split(",")}:
        return unchanged(hash_)
    return reply(make(), headers=_etag(hash_))


def unchanged(hash_: str) -> Response:
    """304."""
    return Response(status_code=304, headers=_etag(hash_))


def _etag(hash_: str) -> dict[str, str]:
    return {"ETag": f'"{hash_}"'}


@routes.on("GET POST", "files/search", label="search")
def _search(call: Call) -> Response:
    query = call.params.text("query")
    if query is None:
        raise ApiError(400, description="what is to be looked for?")
    view = call.view
    found = [
        place for place in view.walk(view.root())[1:] if query.casefold() in place.name.casefold()
    ]
    found.sort(key=lambda place: place.path.encode())
    some, last = cut(call, found)
    return reply({"content": describe_all(view, some, extra=True), "is_last_page": last})


@routes.on("GET", "files/favorites", label="favourites")
def _favorites(call: Call) -> Response:
    view = call.view
    places = [view.place_of(node) for node in call.store.favourites.of(call.user.id)]
    return reply(describe_all(view, [place for place in places if place], extra=True))


@routes.on("POST", "fileops/set_favorite", label="favourite")
def _set_favorite(call: Call) -> Response:
    view = call.view
    path = call.params.path("path")
    place = view.need(path)
    marked = describe(view, place)["is_favorite"]
    call.store.favourites.set(call.user.id, place.node, marked=not marked)
    return reply(describe(view, view.need(path)))


@routes.on("GET", "fileops/folder_info", label="folder-size")
def _folder_info(call: Call) -> Response:
    view = call.view
    place = view.need(call.params.path("path"))
    if place.is_file:
        raise ApiError(400, description=f"{place.path} is a file")
    below = view.walk(place)[1:]
    return reply(
        {
            "path": place.path,
            "size": sum(found.node.size for found in below),
            "files_count": sum(found.is_file for found in below),
            "folders_count": sum(not found.is_file for found in below),
        }
    )
