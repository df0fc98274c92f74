"""Contents sent in one request (reference 3.5, 3.7 and 3.24)."""

import secrets
from collections.abc import Callable
from typing import Any

from cloudfs.emulators.podspace import changing, forms
from cloudfs.emulators.podspace.access import Level, View, need_file
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entity
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.parameters import Parameters
from cloudfs.emulators.podspace.settings import OnDuplicate
from cloudfs.emulators.podspace.shares import publish
from cloudfs.emulators.podspace.teams import named_team
from cloudfs.emulators.store.blobs import Incoming
from cloudfs.emulators.store.tree import Node

routes = PodSpaceRoutes()

Place = Callable[[Parameters, str, Incoming], Node]  # what to do with a content of some name


@routes.on("POST", "files", key="file.upload", label="upload")
async def _upload(call: Call) -> Any:
    def place(params: Parameters, name: str, content: Incoming) -> Node:
        folder = call.view.folder(params.text("folderHash"), Level.EDIT)
        return put_file(call, params, folder, name, content)

    return await _received(call, place)


@routes.on("POST", "images", key="image.upload", label="upload")
async def _upload_image(call: Call) -> Any:
    return await _upload(call)


@routes.on("POST", "usergroups/<hash>/files", key="file.upload_to_group", label="upload")
async def _upload_to_group(call: Call) -> Any:
    def place(params: Parameters, name: str, content: Incoming) -> Node:
        return put_file(call, params, group_folder(call, call.hash), name, content)

    return await _received(call, place)


@routes.on("PUT", "files/<hash>", key="file.replace", label="upload")
async def _replace(call: Call) -> Any:
    def place(_: Parameters, __: str, content: Incoming) -> Node:
        node = call.view.need(need_file(call.view.original(call.hash)), Level.EDIT)
        return changing.replace(call.view, node, content)

    return await _received(call, place)


@routes.on("GET", "files/upload_key", key="upload_key", label="upload-key")
def _upload_key(_: Call) -> Any:
    return {"uploadKey": secrets.token_hex(8)}


def put_file(call: Call, params: Parameters, folder: Node, name: str, content: Incoming) -> Node:
    """A new file, as the parameters of an upload want it."""
    unique = params.boolean("uniqueName") or renames(call.view)
    public = params.boolean("isPublic")
    node = changing.add_file(call.view, folder, name, content, unique=unique)
    if public:
        publish(call.view, node)
    return node


def renames(view: View) -> bool:
    """Whether a file whose name is taken gets another one, though nobody asked for that."""
    return view.settings.on_duplicate == OnDuplicate.RENAME


def group_folder(call: Call, text: str) -> Node:
    """Where the files of a chat group go: it is an organisation here. 4 if not a member."""
    team = named_team(call, text)
    if team is None:
        raise ApiError(Code.PERMISSION_DENIED, "this is no group of yours")
    return call.view.need(call.store.tree.get(team.root), Level.EDIT)


def need_content(view: View, size: int) -> None:
    """200 for a file without content, if such are not wanted."""
    if not size and view.settings.reject_empty:
        raise ApiError(Code.FILE_NOT_ATTACHED, "the file is empty")


async def _received(call: Call, place: Place) -> Any:
    async with call.store.blobs.receive() as incoming:
        form = await forms.receive(call.request, incoming)
        if form.filename is None:
            raise ApiError(Code.FILE_NOT_ATTACHED, f"there is no part called {forms.FILE}")
        need_content(call.view, incoming.size)
        with call.store.transaction():
            params = call.params.with_fields(form.fields)
            return entity(call.view, place(params, form.filename, incoming))
