"""What happened in projects: noted with every change, and told (reference 3.16)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Any

from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.contents import many_details
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.ids import Kind, entry_id, id_of
from cloudfs.emulators.cloud689.people import TeamRole
from cloudfs.emulators.cloud689.projects import Project, Role
from cloudfs.emulators.cloud689.times import time_text
from cloudfs.emulators.store.changes import Change
from cloudfs.emulators.store.tree import Node

routes = Cloud689Routes()

PAGE_SIZE = 20
_BATCH = "batch"  # kind of record: which event tells of an upload batch in some folder
_FOLDER_TYPE, _PROJECT_TYPE = "application/folder", "application/project"


class Event(IntEnum):
    """The types of events that are noted."""

    ADD_FILE = 200
    CREATE_PROJECT = 300
    UPDATE_PROJECT = 301
    DELETE_PROJECT = 302
    CREATE_LINK = 408
    SHARE_LINK = 410
    CREATE_FOLDER = 500
    UPDATE = 800
    REMOVE = 801  # to the trash
    MOVE = 802
    DELETE = 803  # for ever
    RESTORE = 804


class Category(IntEnum):
    """What events are about."""

    FILE = 2
    PROJECT = 3
    LINK = 4
    FOLDER = 5


_WORDS = {
    Event.ADD_FILE: "Add file",
    Event.CREATE_PROJECT: "Create project",
    Event.UPDATE_PROJECT: "Update project",
    Event.DELETE_PROJECT: "Delete project",
    Event.CREATE_LINK: "Create link",
    Event.SHARE_LINK: "Share link",
    Event.CREATE_FOLDER: "Create folder",
    Event.UPDATE: "Update",
    Event.REMOVE: "Remove",
    Event.MOVE: "Move",
    Event.DELETE: "Delete",
    Event.RESTORE: "Restore",
}
_WITH_KIND = {Event.UPDATE, Event.REMOVE, Event.MOVE, Event.DELETE, Event.RESTORE}


def note_entries(
    view: View,
    event: Event,
    project: Project,
    nodes: Sequence[Node],
    parent: int | None,
    *,
    old_name: str | None = None,
    batch: str | None = None,
) -> None:
    """Note what the user did with entries of one kind that are, or were, in one folder.

    *old_name* is that of an entry that got another one. Files of one *batch* that come into
    one folder are one event.
    """
    folder = not nodes[0].is_file
    kind = "FOLDER" if folder else "FILE"
    words = _WORDS[event]
    data = {
        "category": Category.FOLDER if folder else Category.FILE,
        "folder_ids" if folder else "file_ids": [entry_id(node.id) for node in nodes],
        "data": {
            "result": _results(view, event, project, nodes, old_name),
            "description": f"{words} {kind.lower()}" if event in _WITH_KIND else words,
            "type": kind,
            "parent": _parent(view, project, parent),
        },
    }
    key = None if batch is None else json.dumps([view.user.number, batch, parent])
    if key is None or not _extend(view, project, key, data):
        seq = _note(view, event, project, data)
        if key is not None and seq is not None:
            until = view.clock.now_ms() + round(view.settings.upload_ttl * 1000)
            view.store.records.put(_BATCH, key, view.user.number, {"seq": seq}, expires=until)


def note_project(view: View, event: Event, project: Project, **new: str) -> None:
    """Note what the user did with a project."""
    result = _result(project.id, project.name, _PROJECT_TYPE) | new
    told = {"result": [result], "description": _WORDS[event], "type": "PROJECT", "parent": None}
    _note(view, event, project, {"category": Category.PROJECT, "data": told})


def note_link(view: View, event: Event, project: Project, link: str, shared: Any) -> None:
    """Note what the user did with a link."""
    told = {
        "result": [],
        "description": _WORDS[event],
        "type": "LINK",
        "parent": None,
        "link": link,
        "shared_object": shared,
    }
    _note(view, event, project, {"category": Category.LINK, "data": told})


def _note(view: View, event: Event, project: Project, data: dict[str, Any]) -> int | None:
    """Write an event; returns its number, None if that is to fail."""
    stamp = _stamp(view, project)
    if view.settings.history_fails:
        view.unnoted = True
        return None
    data["data"]["user_action"] = {"user_id": view.user.id, "role_id": view.user.role}
    return view.store.changes.add(
        project.team,
        stamp=stamp,
        kind=str(event.value),
        actor=view.user.number,
        node=project.root,
        data=data,
    )


def _stamp(view: View, project: Project) -> int:
    """The time of an event, which is that of the project's last modification too."""
    stamp = view.store.accounts.stamp(project.team)
    fresh = view.projects.with_root(project.root)
    if fresh is not None:
        view.projects.save(replace(fresh, modified=view.clock.now_ms()))
    return stamp


def _extend(view: View, project: Project, key: str, data: dict[str, Any]) -> bool:
    """Let the event of a batch tell of more; False if there is none."""
    record = view.store.records.get(_BATCH, key)
    change = None if record is None else view.store.changes.get(record.data["seq"])
    if change is None:
        return False
    told = change.data
    told["file_ids"] += data["file_ids"]
    told["data"]["result"] += data["data"]["result"]
    view.store.changes.renew(change, stamp=_stamp(view, project), data=told)
    return True


def _results(
    view: View, event: Event, project: Project, nodes: Sequence[Node], old_name: str | None
) -> list[dict[str, Any]]:
    details = many_details(view.store, nodes)
    found = []
    for node in nodes:
        more = details.get(node.id)
        # The service's own mistake: removed files are told with the id of their project.
        strange = event == Event.REMOVE and node.is_file
        one = _result(
            project.id if strange else entry_id(node.id),
            node.name if old_name is None else old_name,
            _FOLDER_TYPE if more is None else more.content_type,
        )
        found.append(one if old_name is None else one | {"new_name": node.name})
    return found


def _result(id_: str, name: str, content_type: str) -> dict[str, Any]:
    return {"id": id_, "name": name, "role": 0, "new_role": 0, "content_type": content_type}


def _parent(view: View, project: Project, number: int | None) -> dict[str, Any]:
    node = None if number in {None, project.root} else view.store.tree.find(number or 0)
    if node is None:
        return {"id": project.id, "name": project.name, "content_type": _PROJECT_TYPE}
    return {"id": entry_id(node.id), "name": node.name, "content_type": _FOLDER_TYPE}


@routes.on("GET", "history/project", label="events")
def _of_project(call: Call) -> Answer:
    project = call.view.project(call.params.need("project_id"), Role.EDITOR)
    files, folders = set(call.params.ids("file_ids")), set(call.params.ids("folder_ids"))

    def concerns(change: Change) -> bool:
        if change.node != project.root:
            return False
        told = change.data
        return not (files or folders) or not (
            files.isdisjoint(told.get("file_ids", ()))
            and folders.isdisjoint(told.get("folder_ids", ()))
        )

    return _page(call, concerns)


@routes.on("GET", "history/team", label="events")
def _of_team(call: Call) -> Answer:
    team = call.emulator.people.team(call.params.need("team_id"))
    if team is None:
        raise ApiError(Code.ERR_TEAM_NOT_EXIST)
    if team.number != call.user.team or call.user.role == TeamRole.MEMBER:
        raise ApiError(Code.INVALID_ROLE_USER, "this is for those who manage the team")
    return _page(call, lambda _: True)


def _page(call: Call, concerns: Any) -> Answer:
    """The events that are asked for, the newest first."""
    params = call.params
    size = params.integer("page_size", 1) or PAGE_SIZE
    first = (params.integer("page_number") or 0) * size
    types = {str(number) for number in params.numbers("history_types")}
    since = params.integer("last_update", None)
    found = [
        change
        for change in call.store.changes.of(
            call.user.team, first=None if since is None else since + 1
        )
        if (not types or change.kind in types) and concerns(change)
    ]
    shown = [_told(call.view, change) for change in found[first : first + size]]
    return Answer(shown, "OK", len(found))


def _told(view: View, change: Change) -> dict[str, Any]:
    told = change.data
    ids = {name: ",".join(told[name]) for name in ("file_ids", "folder_ids") if told.get(name)}
    return {
        "history_id": id_of(Kind.EVENT, change.seq),
        "user_id": id_of(Kind.USER, change.actor),
        "team_id": id_of(Kind.TEAM, change.account),
        **ids,
        "category": told["category"],
        "history_type": int(change.kind),
        "project_id": id_of(Kind.PROJECT, change.node or 0),
        "create_date": time_text(change.stamp, view.zone),
        "last_update": change.stamp,
        "data": told["data"],
        "server_time": time_text(view.clock.now_ms()),
    }
