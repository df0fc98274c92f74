"""The trash of a project: filled, and emptied either way (reference 3.14)."""

from cloudfs.emulators.cloud689 import changing
from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import PLAIN_OK, Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.projects import Project, Role
from cloudfs.emulators.store.bin import BinItem

routes = Cloud689Routes()


@routes.on("POST", "project/f/delete", label="remove")
def _delete(call: Call) -> Answer:
    view, params = call.view, call.params
    params.need("project_id")
    params.either(("folder_id", "file_id"))
    project = view.project(params.need("project_id"), Role.MEMBER)
    node = view.need_author(project, view.either(project, params))
    changing.remove(view, project, node)
    return PLAIN_OK


@routes.on("POST", "project/f/restore", label="restore")
def _restore(call: Call) -> Answer:
    project, items = _items(call)
    changing.restore(call.view, project, items)
    return PLAIN_OK


@routes.on("POST", "project/f/deleteforever", label="purge")
def _delete_forever(call: Call) -> Answer:
    project, items = _items(call)
    changing.purge(call.view, project, items)
    return PLAIN_OK


def _items(call: Call) -> tuple[Project, list[BinItem]]:
    """The project, and the entries of its trash that a call is about: all, or 404."""
    view, params = call.view, call.params
    params.need("project_id")
    folders, files = params.ids("folder_ids"), params.ids("file_ids")
    if not folders and not files:
        raise ApiError(Code.MISSING_PARAMETER, "folder_ids or file_ids")
    project = view.project(params.need("project_id"), Role.EDITOR)
    found = [_item(view, project, text, folder=True) for text in folders]
    return project, found + [_item(view, project, text, folder=False) for text in files]


def _item(view: View, project: Project, text: str, *, folder: bool) -> BinItem:
    node = view.entry(project, text, folder=folder, active=False)
    item = view.store.bin.top(node.id)
    if item is None:  # it went with a folder above it
        raise ApiError(Code.FOLDER_NOT_FOUND if folder else Code.FILE_NOT_FOUND, text)
    return item
