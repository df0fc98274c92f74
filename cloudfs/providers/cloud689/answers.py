"""Replies about what goes on around files: history, links, licences, protection.

Like those of `wire`, the functions are pure, tolerant, and raise nothing but BadReply.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudfs.providers.cloud689 import values
from cloudfs.providers.cloud689.times import Zones, milliseconds

NO_LICENCE = 0  # the status of a file that has none (reference 3.13)

UNKNOWN = 0  # the type of an event that does not tell it


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a project, by whomever (reference 3.16)."""

    type: int
    at: int  # epoch milliseconds
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    parent: str | None = None  # id of the folder or project it happened in
    link: str | None = None  # id of the link that was made


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some of the events, the newest first."""

    events: tuple[Event, ...]
    total: int | None  # how many there are, as far as that is told


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a project, folder or file (reference 3.19).

    The service tells the password to everybody who has the link; here only whether there is one.
    """

    id: str
    project: str | None
    folder: str | None
    file: str | None
    url: str | None = field(repr=False)
    password: bool
    expires_ns: int | None


@dataclass(frozen=True, slots=True)
class Comment:
    """Something that was said about a project."""

    id: str
    user_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Licence:
    """What those who have a protected file may do with it (reference 3.13)."""

    printable: int | None = None  # how often
    editable: int | None = None
    local_copies: int | None = None
    expiry: str | None = None
    label: str | None = None


def events(value: Any) -> tuple[Event, ...]:
    """What happened, the newest first; what makes no sense is of type UNKNOWN."""
    return tuple(_event(item) for item in values.array(value))


def made_link(value: Any) -> tuple[str, str | None]:
    """The id of a link that was made, and the end of its address."""
    members = values.record(value)
    return values.required_identifier(members.get("link_id")), values.text(members.get("link"))


def link(value: Any, zones: Zones) -> Link:
    """A link, but for its password."""
    members = values.record(value)
    return Link(
        id=values.required_identifier(members.get("link_id")),
        project=values.identifier(members.get("project_id")),
        folder=values.identifier(members.get("folder_id")),
        file=values.identifier(members.get("file_id")),
        url=values.text(members.get("link_url")),
        password=bool(members.get("password")),
        expires_ns=zones.user(members.get("expiry_date")),
    )


def licence(value: Any) -> Licence | None:
    """The licence settings of a file; None if there are none."""
    members = values.optional_record(value)
    if not members or values.whole(members.get("status")) == NO_LICENCE:
        return None
    return Licence(
        printable=values.integer(members.get("printable")),
        editable=values.integer(members.get("editable")),
        local_copies=values.integer(members.get("local_copies")),
        expiry=values.text(members.get("document_expiry_date")),
        label=values.text(members.get("label")),
    )


def comments(value: Any) -> tuple[Comment, ...]:
    """What was said about a project; what has no text is left out."""
    found = []
    for item in values.array(value):
        members = values.optional_record(item)
        own, text = values.identifier(members.get("comment_id")), values.text(members.get("text"))
        if own is not None and text is not None:
            found.append(Comment(own, values.identifier(members.get("user_id")), text))
    return tuple(found)


def encodings(value: Any) -> Mapping[str, int]:
    """How far the protection of each file is, by its id (reference 3.13)."""
    found: dict[str, int] = {}
    for item in values.array(value):
        members = values.optional_record(item)
        own, state = (
            values.identifier(members.get("file_id")),
            values.integer(members.get("status_encode")),
        )
        if own is not None and state is not None:
            found[own] = state
    return found


def _event(item: Any) -> Event:
    members = values.optional_record(item)
    kind = values.integer(members.get("history_type"))
    data = values.optional_record(members.get("data"))
    parent = values.optional_record(data.get("parent"))
    return Event(
        UNKNOWN if kind is None else kind,
        milliseconds(members.get("last_update")) or 0,
        # Not from data.result: of a removal that has the id of the project (3.16).
        files=values.identifiers(members.get("file_ids")),
        folders=values.identifiers(members.get("folder_ids")),
        parent=values.identifier(parent.get("id")),
        link=_link_id(data.get("link")),
    )


def _link_id(value: Any) -> str | None:
    """The id of a link, given by itself, as the end of an address, or in an object."""
    if isinstance(value, dict):
        value = value.get("link_id") or value.get("id") or value.get("link")
    return values.identifier(value.rpartition("/")[2]) if isinstance(value, str) else None
