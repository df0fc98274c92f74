"""Projects: listed, looked at, created, renamed, deleted (reference 3.1, 3.3 and 3.6)."""

from cloudfs.emulators.cloud689 import changing
from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import PLAIN_OK, Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.describe import Json, project_object
from cloudfs.emulators.cloud689.ids import Kind, id_of
from cloudfs.emulators.cloud689.projects import Project, Role
from cloudfs.emulators.cloud689.times import time_text

routes = Cloud689Routes()

LENGTH = 10  # of a page


@routes.on("POST", "project/list", label="list-projects")
def _list(call: Call) -> Answer:
    view, params = call.view, call.params
    params.integer("sort_key", None)
    start, length = params.integer("start") or 0, params.integer("length")
    key = (params.text("search_key") or "").casefold()
    found = [
        project
        for project in reversed(view.projects.of(view.user.number, view.user.team))
        if key in project.name.casefold()
    ]
    found.sort(key=lambda project: project.created, reverse=True)
    shown = found[start : start + (LENGTH if length is None else length)]
    counts = view.store.listings.files_below([project.root for project in shown])
    data = [_row(view, one, counts.get(one.root, 0), len(found)) for one in shown]
    return Answer({"draw": params.text("draw"), "total_result": len(found), "data": data})


def _row(view: View, project: Project, files: int, total: int) -> Json:
    return {
        "project_id": project.id,
        "project_name": project.name,
        "owner_id": id_of(Kind.USER, project.owner),
        "owner_name": view.people.user(project.owner).name,
        "create_date": time_text(project.created, view.zone),
        "number_file": files,
        "number_member": len(project.members),
        "link": None,
        "project_role_id": project.role(view.user.number),
        "total_result": total,
    }


@routes.on("POST", "project/info", label="stat-project")
def _info(call: Call) -> Answer:
    view = call.view
    project = view.project(call.params.need("project_id"))
    counts = view.store.listings.files_below([project.root])
    return Answer(
        project_object(project, created_zone=view.zone)
        | {
            "number_of_file": counts.get(project.root, 0),
            "number_of_user": len(project.members),
        }
    )


@routes.on("POST", "project/create", label="create-project")
def _create(call: Call) -> Answer:
    params = call.params
    name, most = params.name("name"), params.need_integer("max_download")
    description = params.text("description") or ""
    project = changing.create_project(call.view, name, description=description, max_download=most)
    return Answer(project_object(project))


@routes.on("POST", "project/edit", label="rename-project")
def _edit(call: Call) -> Answer:
    params = call.params
    params.need("project_id")
    name, most = params.name("name"), params.integer("max_download")
    project = call.view.project(params.need("project_id"), Role.OWNER)
    edited = changing.edit_project(
        call.view,
        project,
        name=name,
        description=params.optional("description", project.description),
        max_download=project.max_download if most is None else most,
    )
    return Answer(project_object(edited))


@routes.on("POST", "project/delete", label="remove-project")
def _delete(call: Call) -> Answer:
    project = call.view.project(call.params.need("project_id"), Role.OWNER)
    changing.delete_project(call.view, project)
    return PLAIN_OK
