"""Licences of files, and who sets them (reference 3.13).

A licence says how often something may be done with a protected file. Nobody here counts.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import DONE, Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.contents import LICENCE
from cloudfs.emulators.cloud689.describe import parent_id
from cloudfs.emulators.cloud689.ids import entry_id
from cloudfs.emulators.cloud689.parameters import Parameters
from cloudfs.emulators.cloud689.projects import Project, Role
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.tree import Node

routes = Cloud689Routes()

_NONE, _VALID = 0, 1  # values of `status`
_ALL = ("file_ids", "project_id", "printable", "editable", "expiry_date", "local_copy")


@dataclass(frozen=True, slots=True)
class Licence:
    """What may be done with a file."""

    printable: int = 0
    editable: int = 0
    local_copies: int = 0
    expiry: str | None = None
    label: str | None = None

    @classmethod
    def of(cls, params: Parameters) -> "Licence":
        """What *params* say; what they leave out is not allowed."""
        return cls(**_changes(params))


def _changes(params: Parameters) -> dict[str, Any]:
    """What *params* say about a licence."""
    given = {
        "printable": params.integer("printable", None),
        "editable": params.integer("editable", None),
        "local_copies": params.integer("local_copy", None),
        "expiry": params.moment("expiry_date"),
        "label": params.text("label"),
    }
    return {name: value for name, value in given.items() if value is not None}


def save_licence(store: Store, node: Node, licence: Licence) -> None:
    """Let a file have a licence."""
    store.records.put(LICENCE, str(node.id), node.owner, asdict(licence))


def forget_licence(store: Store, node: Node) -> None:
    """Let a file have no licence."""
    store.records.remove(LICENCE, str(node.id))


def licence_of(store: Store, node: Node) -> Licence | None:
    """The licence of a file, if it has one."""
    record = store.records.get(LICENCE, str(node.id))
    return None if record is None else Licence(**record.data)


@routes.on("POST", "license/register", label="set-licence")
def _register(call: Call) -> Answer:
    call.params.need_all(*_ALL)
    licence = Licence.of(call.params)
    for node in _files(call):
        save_licence(call.store, node, licence)
    return DONE


@routes.on("POST", "license/update", label="set-licence")
def _update(call: Call) -> Answer:
    call.params.need_all("file_ids", "project_id")
    delete, changes = call.params.boolean("delete", default=False), _changes(call.params)
    for node in _files(call):
        if delete:
            forget_licence(call.store, node)
        else:
            old = licence_of(call.store, node) or Licence()
            save_licence(call.store, node, replace(old, **changes))
    return DONE


@routes.on("POST", "license/info", label="get-licence")
def _info(call: Call) -> Answer:
    view, params = call.view, call.params
    params.need_all("file_id", "project_id")
    project = view.project(params.need("project_id"), Role.EDITOR)
    node = view.entry(project, params.need("file_id"), folder=False)
    return Answer(_told(view, project, node))


def _told(view: View, project: Project, node: Node) -> dict[str, Any]:
    found = licence_of(view.store, node)
    licence = found or Licence()
    return {
        "file_project_pk": {"file_id": entry_id(node.id), "project_id": project.id},
        "folder_id": parent_id(view, project, node),
        "document_expiry_date": licence.expiry,
        "printable": licence.printable,
        "editable": licence.editable,
        "local_copies": licence.local_copies,
        "label": licence.label,
        "status": _NONE if found is None else _VALID,
    }


def _files(call: Call) -> list[Node]:
    """The files that a call is about."""
    view, params = call.view, call.params
    project = view.project(params.need("project_id"), Role.EDITOR)
    return [view.entry(project, text, folder=False) for text in params.need_ids("file_ids")]
