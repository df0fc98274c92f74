"""Folders listed and searched, files looked at (reference 3.2, 3.3, 3.14 and 3.17)."""

from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.describe import (
    ACTIVE,
    Json,
    file_object,
    listing_entries,
    project_object,
)
from cloudfs.emulators.cloud689.ids import Kind, entry_id, id_of
from cloudfs.emulators.cloud689.projects import Project
from cloudfs.emulators.cloud689.times import time_text
from cloudfs.emulators.store.tree import Node

routes = Cloud689Routes()


@routes.on("POST", "project/f/browse", label="list")
def _browse(call: Call) -> Answer:
    view, params = call.view, call.params
    params.need("project_id")
    params.integer("sort_key", None)
    active = params.boolean("active", default=True)
    folder_only = params.boolean("folder_only", default=False)
    everywhere = params.boolean("search_global", default=False)
    project = view.project(params.need("project_id"))
    folder_id, key = params.text("folder_id"), (params.text("search_key") or "").casefold()
    found = (
        _active(view, project, folder_id, everywhere=everywhere)
        if active
        else _deleted(view, project, folder_id)
    )
    shown = [
        node for node in found if key in node.name.casefold() and not (folder_only and node.is_file)
    ]
    result = {
        "member": _members(project),
        "project": project_object(project),
        "file_info": listing_entries(view, project, folders_first(shown)),
    }
    return Answer(result)


def folders_first(nodes: list[Node]) -> list[Node]:
    """*nodes* in the order of listings."""
    return sorted(nodes, key=lambda node: node.is_file)


def _active(view: View, project: Project, folder_id: str | None, *, everywhere: bool) -> list[Node]:
    folder = view.folder(project, folder_id)
    if everywhere:
        return view.store.tree.below(project.root)[1:]
    return view.store.tree.children(folder.id)


def _deleted(view: View, project: Project, folder_id: str | None) -> list[Node]:
    """What was deleted in the project; or what is in a folder that was, or is in one that was."""
    if folder_id is not None:
        folder = view.entry(project, folder_id, folder=True, active=False)
        return view.store.tree.children(folder.id)
    return [view.store.tree.get(item.node) for item in view.store.bin.of_scope(project.root)]


def _members(project: Project) -> list[Json]:
    return [
        {
            "user_id": id_of(Kind.USER, member.user),
            "project_role_id": member.role,
            "status": ACTIVE,
            "create_date": time_text(member.since),
        }
        for member in project.members
    ]


@routes.on("POST", "project/f/info", label="stat")
def _info(call: Call) -> Answer:
    view, params = call.view, call.params
    params.need_all("project_id", "f_id")
    active = params.boolean("active", default=True)
    project = view.project(params.need("project_id"))
    node = view.entry(project, params.need("f_id"), folder=False, active=active)
    return Answer({"file": file_object(view, node), "path": _path(view, node)})


def _path(view: View, node: Node) -> list[Json]:
    """The folders above an entry, from the root of the project down."""
    above = view.store.tree.above(node.id)[1:]
    if node.bin is None:
        above = above[:-1]  # the root itself is no folder
    return [{"folder_id": entry_id(one.id), "name": one.name} for one in reversed(above)]
