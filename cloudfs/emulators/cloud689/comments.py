"""What members say about a project (reference 6, row 19)."""

import secrets
from typing import Any

from cloudfs.emulators.cloud689.answers import PLAIN_OK, Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.ids import Kind, id_of
from cloudfs.emulators.cloud689.projects import Project, Role
from cloudfs.emulators.cloud689.times import time_text
from cloudfs.emulators.store.records import Record

routes = Cloud689Routes()

PAGE_SIZE = 5
_COMMENT = "comment"  # kind of record


@routes.on("POST", "project/comment/create", label="comment")
def _create(call: Call) -> Answer:
    text = call.params.need("text")
    project = call.view.project(call.params.need("project_id"), Role.MEMBER)
    key = secrets.token_hex(16)
    data = {"project": project.root, "text": text, "created": call.clock.now_ms()}
    call.store.records.put(_COMMENT, key, call.user.number, data)
    return Answer(_told(call, key))


@routes.on("POST", "project/comment/update", label="comment")
def _update(call: Call) -> Answer:
    text = call.params.need("text")
    comment = _own(call)
    data = comment.data | {"text": text}
    call.store.records.put(_COMMENT, comment.key, comment.account, data)
    return Answer(_told(call, comment.key))


@routes.on("POST", "project/comment/delete", label="comment")
def _delete(call: Call) -> Answer:
    call.store.records.remove(_COMMENT, _own(call).key)
    return PLAIN_OK


@routes.on("POST", "project/comment/get", label="comments")
def _get(call: Call) -> Answer:
    params = call.params
    size = params.integer("page_size", 1) or PAGE_SIZE
    first = (params.integer("page_number") or 0) * size
    project = call.view.project(params.need("project_id"))
    found = _of(call, project)
    shown = [_told(call, comment.key) for comment in found[first : first + size]]
    return Answer(shown, total=len(found))


def _of(call: Call, project: Project) -> list[Record]:
    """The comments on a project, newest first."""
    records = call.store.records.of(_COMMENT)
    return [one for one in reversed(records) if one.data["project"] == project.root]


def _own(call: Call) -> Record:
    """The comment that a call is about; 404 unless it is of whoever asks."""
    key = call.params.need("comment_id")
    found = call.store.records.get(_COMMENT, key)
    if found is None or found.account != call.user.number:
        raise ApiError(Code.COMMENT_NOT_FOUND_OF_USER, key)
    project = call.params.text("project_id") or id_of(Kind.PROJECT, found.data["project"])
    if call.view.project(project).root != found.data["project"]:
        raise ApiError(Code.COMMENT_NOT_FOUND_OF_USER, key)
    return found


def _told(call: Call, key: str) -> dict[str, Any]:
    found = call.store.records.get(_COMMENT, key)
    assert found is not None
    user = call.emulator.people.user(found.account)
    return {
        "comment_id": key,
        "project_id": id_of(Kind.PROJECT, found.data["project"]),
        "user_id": user.id,
        "user_name": user.name,
        "text": found.data["text"],
        "create_date": time_text(found.data["created"], call.view.zone),
    }
