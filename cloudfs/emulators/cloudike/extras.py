"""The rest: events, previews, comments (reference 3.16.2, 3.22)."""

import base64
import secrets
from typing import Any

from starlette.responses import Response

from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.describe import mime_type
from cloudfs.emulators.cloudike.errors import ApiError, empty, reply
from cloudfs.emulators.cloudike.events import event_of
from cloudfs.emulators.store.records import Record

routes = CloudikeRoutes()

MOST_EVENTS = 100
COMMENT = "comment"  # kind of record

# One transparent pixel.
_PREVIEW = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


@routes.on("GET", "events", label="events")
def _events(call: Call) -> Response:
    params, user = call.params, call.user.id
    person = params.text("person")
    if person not in {None, "me", "other"}:
        raise ApiError(400, description="person is me or other")
    changes = call.store.changes.of(
        user,
        kind=params.text("type"),
        by=user if person == "me" else None,
        not_by=user if person == "other" else None,
        first=params.integer("from_timestamp"),
        last=params.integer("to_timestamp"),
        offset=params.number("skip", 0),
        limit=min(params.number("limit", 20), MOST_EVENTS),
    )
    view = call.view
    return reply([event_of(view, change) for change in changes])


@routes.on("GET", "files/get_preview", label="preview")
def _get_preview(call: Call) -> Response:
    place = call.view.file(call.params.path("path"))
    if not mime_type(place.name).startswith("image/"):
        raise ApiError(404, "FileNotFound", "there is no preview of this")
    return Response(_PREVIEW, media_type="image/png")


@routes.on("POST", "files/create_extra", label="preview")
def _create_extra(call: Call) -> Response:
    place = call.view.file(call.params.path("path"))
    return reply({"started": mime_type(place.name).startswith("image/")})


@routes.on("GET", "workflow/comments/<path>", label="comments")
def _comments(call: Call) -> Response:
    node = call.view.need(call.rest).node.id
    found = call.store.records.of(COMMENT)
    return reply([_shown(record) for record in found if record.data["node"] == node])


@routes.on("POST", "workflow/comment/<path>", label="comments")
def _comment(call: Call) -> Response:
    node = call.view.need(call.rest).node.id
    comment_id = secrets.token_hex(12)
    data = {
        "node": node,
        "text": call.params.need("text"),
        "created": call.emulator.clock.now_ms(),
    }
    call.store.records.put(COMMENT, comment_id, call.user.id, data)
    return reply(_shown(_own_comment(call, comment_id)))


@routes.on("POST", "workflow/comment/edit", label="comments")
def _edit(call: Call) -> Response:
    record = _own_comment(call, call.params.need("id"))
    data = {**record.data, "text": call.params.need("text")}
    call.store.records.put(COMMENT, record.key, record.account, data)
    return reply(_shown(_own_comment(call, record.key)))


@routes.on("POST", "workflow/comment/delete", label="comments")
def _delete(call: Call) -> Response:
    record = _own_comment(call, call.params.need("id"))
    call.store.records.remove(COMMENT, record.key)
    return empty()


def _own_comment(call: Call, comment_id: str) -> Record:
    record = call.store.records.get(COMMENT, comment_id)
    if record is None or record.account != call.user.id:
        raise ApiError(404, description="you have no such comment")
    return record


def _shown(record: Record) -> dict[str, Any]:
    return {
        "id": record.key,
        "created_time": record.data["created"],
        "text": record.data["text"],
        "taggedText": record.data["text"],
        "type": "comment",
        "owner_id": record.account,
    }
