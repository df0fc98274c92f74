"""Replies about what is going on, as dataclasses: sign-in, transfers, events, tasks.

Like those of `wire`, the functions are pure, tolerant, and raise nothing but BadReply.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudfs.errors import BadReply
from cloudfs.model import Checksum, EntryId, Version
from cloudfs.providers.cloudike import values
from cloudfs.providers.cloudike.paths import join, parent_of

UNFINISHED = frozenset(
    {"PENDING", "STARTED", "PROCESSING", "RETRY", "calculating", "created", "in_progress"}
)


@dataclass(frozen=True, slots=True)
class Login:
    """The answer to a login (reference 2.2). None: no such time; the token is for ever."""

    token: str = field(repr=False)
    created_ns: int | None
    expires_ns: int | None
    offer: bool  # the user has yet to accept one


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where and how to upload, and where to say that it is done (reference 3.6.1)."""

    url: str | None = field(repr=False)
    method: str | None  # PUT or POST
    parameters: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    confirm_url: str | None = field(repr=False)
    temp_path: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """A signed address of one version of a file (reference 3.7)."""

    url: str = field(repr=False)
    version: Version | None
    size: int | None
    checksum: Checksum | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, by whomever (reference 3.16.2)."""

    type: str
    timestamp: int  # milliseconds
    path: EntryId | None  # after the event; None if it cannot be read
    old_path: EntryId | None  # before it, of a move or rename


@dataclass(frozen=True, slots=True)
class Task:
    """How a background task stands (reference 3.19)."""

    finished: bool
    failed: int = 0
    paths: tuple[EntryId, ...] = ()  # where the entries it treated are now
    error_codes: tuple[int, ...] = ()
    url: str | None = field(default=None, repr=False)  # where the archive is that it has made
    place: EntryId | None = None  # the entry that it has made (reference 3.17)


def login(value: Any) -> Login:
    """The token that a login gave."""
    answer = values.record(value)
    token = values.visible(answer.get("token"))
    if token is None:
        raise BadReply("the answer to the login holds no token")
    return Login(
        token,
        values.moment(answer.get("created")),
        values.moment(answer.get("expires")),
        bool(answer.get("offer_url")),
    )


def ticket(value: Any, base_url: str) -> Ticket:
    """What an upload, or a part of one, is to be sent with."""
    members = values.record(value)
    url, confirm = members.get("url"), members.get("confirm_url")
    method = members.get("method")
    temp_path = members.get("temp_path")
    return Ticket(
        url=values.address(url) if url else None,
        method=method.upper() if isinstance(method, str) and method else None,
        parameters=_fields(members.get("parameters")),
        headers=_fields(members.get("headers")),
        confirm_url=values.address(confirm, base=base_url) if confirm else None,
        temp_path=values.text(temp_path),
    )


def is_ticket(value: Any) -> bool:
    """Whether the answer to a creation asks for an upload, or is the finished file."""
    members = values.record(value)
    return "confirm_url" in members or "path" not in members


def link(value: Any) -> Link:
    """A download link."""
    members = values.record(value)
    version = values.integer(members.get("version"))
    return Link(
        url=values.address(members.get("url")),
        version=None if version is None else Version(str(version)),
        size=values.integer(members.get("size")),
        checksum=values.checksum(members.get("checksum")),
    )


def events(value: Any) -> tuple[Event, ...]:
    """What happened, the newest first."""
    return tuple(_event(item) for item in values.array(value))


def task(value: Any) -> Task:
    """How a task stands, by the body of a 200 answer."""
    members = values.record(value)
    progress = values.integer(members.get("progress"))
    status = members.get("status")
    if (progress is not None and progress < 100) or (
        isinstance(status, str) and status in UNFINISHED
    ):
        return Task(finished=False)
    return task_result(members)


def task_result(members: Mapping[str, Any]) -> Task:
    """What a task amounted to."""
    nodes = members.get("nodes")
    paths: list[EntryId] = []
    codes: list[int] = []
    for node in nodes if isinstance(nodes, list) else []:
        found = values.optional_record(node)
        code = values.integer(found.get("error_code"))
        if code:
            codes.append(code)
        elif "path" in found:
            paths.append(values.path(found["path"]))
    place = members.get("folder_name")
    return Task(
        finished=True,
        failed=values.integer(members.get("failed")) or 0,
        paths=tuple(paths),
        error_codes=tuple(codes),
        url=values.text(members.get("url")),
        place=values.optional_path(f"/{place}") if isinstance(place, str) and place else None,
    )


def started(value: Any) -> str | Task:
    """The name of the task that does the work, or what came of it."""
    return task_id(value) or task(value)


def task_id(value: Any) -> str | None:
    """The name of the task that was started; None if the work is done already."""
    name = values.record(value).get("taskid")
    return str(name) if isinstance(name, int) and not isinstance(name, bool) else values.text(name)


def _event(item: Any) -> Event:
    members = values.record(item)
    kind = values.text(members.get("type"))
    when = values.moment(members.get("timestamp"))
    if kind is None or when is None:
        raise BadReply("the reply lists an event without type or time")
    path, old_path = (
        values.optional_path(members.get("path")),
        values.optional_path(members.get("oldpath")),
    )
    old_name = members.get("oldname")
    if old_path is None and path is not None and isinstance(old_name, str):
        folder = parent_of(path)
        if folder is not None and values.storable_name(old_name):
            old_path = join(folder, old_name)
    return Event(kind, when // 1_000_000, path, old_path)


def _fields(value: Any) -> dict[str, str]:
    """Fields or headers to replay as they are; PHP writes an empty object as [] (3.6.1)."""
    if not value or isinstance(value, list):
        return {}
    fields: dict[str, str] = {}
    for name, field_value in values.record(value).items():
        if isinstance(field_value, bool) or not isinstance(field_value, str | int):
            raise BadReply("an upload ticket holds a field that is no text")
        text = str(field_value)
        if not name.isprintable() or not values.sendable(text):
            raise BadReply("an upload ticket holds a field that cannot be sent")
        fields[name] = text
    return fields
