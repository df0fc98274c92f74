"""Public links (reference 3.17)."""

import secrets
from typing import Any

from starlette.responses import Response

from cloudfs.emulators.cloudike import downloads, metadata, tasks
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.changing import copy, free_name, need_space, size_of
from cloudfs.emulators.cloudike.describe import describe, describe_all, public_hash
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.metadata import cut
from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.store.links import Link

routes = CloudikeRoutes()

ADD_TO_STORAGE = "add_to_storage"  # a task
LONGEST_TTL = 31_536_000


@routes.on("POST", "links/create", label="create-link")
def _create(call: Call) -> Response:
    view, params = call.view, call.params
    path = params.path("path")
    ttl = params.number("ttl", 0)
    upload = params.boolean("upload_folder", default=False)
    place = view.need(path)
    if ttl > LONGEST_TTL:
        raise ApiError(400, description="ttl is at most a year")
    if upload and place.is_file:
        raise ApiError(400, description="only a folder takes uploads")
    if place.share is not None:
        raise ApiError(403, description="this belongs to somebody else")
    there = call.store.links.of_node(place.node.id)
    call.store.links.put(
        secrets.token_hex(8) if there is None else there.key,
        place.node,
        account=call.user.id,
        expires=call.emulator.clock.now_ms() + ttl * 1000 if ttl else None,
        password=params.text("password"),
        most=params.integer("download_max") or None,
        upload=upload,
        notify=params.boolean("notify", default=False),
    )
    return reply(describe(view, view.need(path)))


@routes.on("POST", "links/delete", label="remove-link")
def _delete(call: Call) -> Response:
    view, path = call.view, call.params.path("path")
    place = view.need(path)
    link = call.store.links.of_node(place.node.id)
    if link is None or place.share is not None:
        raise ApiError(404, "LinkNotFound", f"{place.path} has no link")
    call.store.links.remove(link)
    return reply(describe(view, view.need(path)))


@routes.on("GET", "links", label="links")
def _links(call: Call) -> Response:
    view = call.view
    wanted = call.params.text("hash")
    places = [
        view.place_of(call.store.tree.get(link.node))
        for link in call.store.links.of_account(call.user.id)
        if wanted is None or link.key == key_of(wanted)
    ]
    some, _ = cut(call, [place for place in places if place is not None])
    return reply(describe_all(view, some, extra=True))


@routes.on("GET", "links/info/<hash>", label="link-info")
def _info(call: Call) -> Response:
    link = call.store.links.get(key_of(call.values["<hash>"]))
    if link is None or link.account != call.user.id:
        raise ApiError(404, "LinkNotFound", "there is no such link")
    return reply(
        {
            "public_hash": public_hash(call.view, link.key),
            "created": link.created,
            "expires": link.expires or 0,
            "access_rights": "upload" if link.upload else "download",
            "author_lang": "en",
            "notify": link.notify,
            "download_max": link.most or 0,
            "download_count": link.used,
            "password": link.password is not None,
        }
    )


@routes.on("GET", "links/metadata/<hash>/<path>", label="link-list")
def _metadata(call: Call) -> Response:
    _, view = opened(call)
    return metadata.answer(call, view, view.need(call.rest))


@routes.on("GET", "links/get/<hash>/<path>", label="link-link")
def _get(call: Call) -> Response:
    link, view = opened(call)
    if link.upload:
        raise ApiError(403, description="this link is for uploads")
    response = downloads.answer(call, view, view.need(call.rest))
    call.store.links.count_use(link)
    return response


def opened(call: Call) -> tuple[Link, View]:
    """The link in the path of a request, and what it shows; 404 or 403 if it may not."""
    link = call.store.links.get(key_of(call.values["<hash>"]))
    if link is None or _is_over(call, link):
        raise ApiError(404, "LinkNotFound", "there is no such link")
    node = call.store.tree.get(link.node)
    if node.bin is not None:
        raise ApiError(404, "LinkNotFound", "what was published is deleted")
    if link.blocked:
        raise ApiError(403, "LinkBlocked", "this link is blocked")
    if link.password not in {None, call.params.text("password")}:
        raise ApiError(403, "WrongPassword", "the password of the link is missing or wrong")
    return link, call.emulator.view(None, call.base, published=node)


def key_of(public: str) -> str:
    """The key of a link, whichever way its hash was written."""
    return public.rstrip("/").rpartition("/")[2]


def _is_over(call: Call, link: Link) -> bool:
    if link.expires is not None and link.expires <= call.emulator.clock.now_ms():
        return True
    return link.most is not None and link.used >= link.most


@routes.on("GET", "links/add_to_storage/<hash>", label="save-link")
def _add_to_storage(call: Call) -> Response:
    _, shown = opened(call)
    need_space(call.view, call.user.id, size_of(shown, shown.root()))
    return tasks.begin(call, ADD_TO_STORAGE, {"node": shown.root().node.id})


@tasks.work(ADD_TO_STORAGE)
def _do_add_to_storage(view: View, details: dict[str, Any]) -> dict[str, Any]:
    node = view.store.tree.find(details["node"])
    if node is None or node.bin is not None:
        raise ApiError(404, description="what was published is deleted")
    root = view.root()
    name = free_name(view, root, node.name, is_folder=not node.is_file)
    copied = view.walk(copy(view, Place(node, "/"), root, name))
    return {
        "folder_name": copied[0].path,
        "files_count": sum(place.is_file for place in copied),
        "size": sum(place.node.size for place in copied),
    }
