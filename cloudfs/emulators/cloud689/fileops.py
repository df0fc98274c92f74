"""Folders created, entries renamed and moved (reference 3.5, 3.10 and 3.11)."""

from cloudfs.emulators.cloud689 import changing
from cloudfs.emulators.cloud689.answers import PLAIN_OK, Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.describe import file_object, folder_object
from cloudfs.emulators.cloud689.projects import Role

routes = Cloud689Routes()


@routes.on("POST", "project/f/create", label="create-folder")
def _create(call: Call) -> Answer:
    view, params = call.view, call.params
    params.need("project_id")
    name = params.name("name")
    project = view.project(params.need("project_id"), Role.MEMBER)
    parent = view.folder(project, params.text("parent_folder_id"))
    node = changing.create_folder(view, project, parent, name)
    return Answer(folder_object(view, project, node))


@routes.on("POST", "project/f/edit", label="rename")
def _edit(call: Call) -> Answer:
    view, params = call.view, call.params
    params.need("project_id")
    params.either(("folder_id", "file_id"))
    name = params.name("name")
    project = view.project(params.need("project_id"), Role.MEMBER)
    node = view.need_author(project, view.either(project, params))
    node = changing.rename(view, project, node, name)
    if node.is_file:
        return Answer(file_object(view, node, modified_zone=view.zone))
    return Answer(folder_object(view, project, node))


@routes.on("POST", "project/f/move", label="move")
def _move(call: Call) -> Answer:
    view, params = call.view, call.params
    params.need("project_id")
    params.either(("folder_id", "file_id"))
    project = view.project(params.need("project_id"), Role.MEMBER)
    node = view.need_author(project, view.either(project, params))
    folder = view.folder(project, params.text("new_parent_folder_id"))
    changing.move(view, project, node, folder)
    return PLAIN_OK
