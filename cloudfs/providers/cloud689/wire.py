"""Replies about projects, folders and files as dataclasses: pure, raising nothing but BadReply.

In an array of entries one that is unusable is left out, so that one bad entry never hides the
others; an array of nothing else is no listing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cloudfs.errors import BadReply
from cloudfs.providers.cloud689 import values
from cloudfs.providers.cloud689.times import Zones

log = logging.getLogger(__name__)

T = TypeVar("T")

DELETED = 0  # the status of what is in the trash (reference 3.2)
LIMITED = 4  # the role of those who may only look (reference 4.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file or folder, as any call tells of it (reference 1.2). Times are nanoseconds, UTC."""

    id: str
    name: str
    is_folder: bool
    parent: str | None = None  # the folder; None: the top of the project, or it is not told
    size: int = 0
    modified_ns: int | None = None
    created_ns: int | None = None
    stamp: str = ""  # the time of the last change, the same in whatever zone it was told
    protected: bool = False
    deleted: bool = False
    mime: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project: a folder at the top (reference 3.1, 3.3)."""

    id: str
    name: str
    created_ns: int | None = None
    role: int | None = None  # of the account; None: it is not told
    owner: str | None = None
    files: int | None = None
    members: int | None = None


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """Some of the projects."""

    projects: tuple[Project, ...]
    received: int  # by how much the next page begins later
    total: int | None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who takes part in a project."""

    user_id: str
    role: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a folder, with its project (reference 3.2)."""

    items: tuple[Item, ...]
    members: tuple[Member, ...]
    project_created_ns: int | None

    def role_of(self, user_id: str) -> int | None:
        """What somebody is in the project; None if that is not told."""
        return next((m.role for m in self.members if m.user_id == user_id), None)


@dataclass(frozen=True, slots=True)
class Step:
    """A folder on the way from the top of a project to a file."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Described:
    """A file with the folders above it, the topmost first (reference 3.3)."""

    item: Item
    path: tuple[Step, ...] | None  # None: it makes no sense


def projects(value: Any, zones: Zones) -> ProjectPage:
    """A page of the projects (reference 3.1)."""
    members = values.record(value)
    rows = values.array(members.get("data"))
    return ProjectPage(
        usable(rows, lambda row: _project_row(row, zones)),
        len(rows),
        values.integer(members.get("total_result")),
    )


def project(value: Any, zones: Zones) -> Project:
    """A project by itself (reference 3.3, 3.6)."""
    members = values.record(value)
    return Project(
        id=values.required_identifier(members.get("project_id")),
        name=values.name(members.get("name")),
        created_ns=zones.user(members.get("create_date")),
        files=values.integer(members.get("number_of_file")),
        members=values.integer(members.get("number_of_user")),
    )


def listing(value: Any, zones: Zones) -> Listing:
    """What is in a folder, or in the trash."""
    members = values.record(value)
    about = values.optional_record(members.get("project"))
    people = members.get("member")
    return Listing(
        items(members.get("file_info"), zones),
        usable(people, _member) if isinstance(people, list) else (),
        zones.utc(about.get("create_date")),
    )


def items(value: Any, zones: Zones) -> tuple[Item, ...]:
    """The entries in an array of them."""
    return usable(values.array(value), lambda entry: _entry(entry, zones))


def described(value: Any, zones: Zones) -> Described:
    """A file that was asked for by its id (reference 3.3)."""
    members = values.record(value)
    file = values.record(members.get("file"))
    return Described(
        _file(file, zones, zones.utc(file.get("modify_date"))),
        _path(members.get("path")),
    )


def stored(value: Any, zones: Zones) -> Item:
    """A file as the answer to an upload or a rename has it (reference 3.7, 3.10)."""
    file = values.record(value)
    return _file(file, zones, zones.user(file.get("modify_date")))


def folder(value: Any, zones: Zones) -> Item:
    """A folder as the answer to its creation has it (reference 3.5)."""
    members = values.record(value)
    return Item(
        id=values.required_identifier(members.get("folder_id")),
        name=values.name(members.get("name")),
        is_folder=True,
        parent=values.identifier(members.get("parent_folder_id")),
        created_ns=zones.utc(members.get("create_date")),
    )


def usable(rows: list[Any], read: Callable[[Any], T]) -> tuple[T, ...]:
    """What *read* makes of *rows*, without those that make no sense."""
    found: list[T] = []
    problem: BadReply | None = None
    for row in rows:
        try:
            found.append(read(row))
        except BadReply as error:
            log.info("left out: %s", error)
            problem = error
    if problem is not None and not found:
        raise problem
    return tuple(found)


def _project_row(row: Any, zones: Zones) -> Project:
    members = values.record(row)
    return Project(
        id=values.required_identifier(members.get("project_id")),
        name=values.name(members.get("project_name")),
        created_ns=zones.user(members.get("create_date")),
        role=values.integer(members.get("project_role_id")),
        owner=values.text(members.get("owner_name")),
        files=values.integer(members.get("number_file")),
        members=values.integer(members.get("number_member")),
    )


def _member(row: Any) -> Member:
    members = values.record(row)
    return Member(
        values.required_identifier(members.get("user_id")),
        values.integer(members.get("project_role_id")),
    )


def _entry(value: Any, zones: Zones) -> Item:
    members = values.record(value)
    is_folder = members.get("is_folder")
    if not isinstance(is_folder, bool) and is_folder not in (0, 1):
        raise BadReply("the reply lists an entry that is neither file nor folder")
    modified_ns = zones.browsed(members.get("last_modified_date"))
    return Item(
        id=values.required_identifier(members.get("id")),
        name=values.name(members.get("name")),
        is_folder=bool(is_folder),
        parent=values.identifier(members.get("parent_folder_id")),
        size=0 if is_folder else _size(members),
        modified_ns=modified_ns,
        stamp=zones.stamp(modified_ns),
        protected=values.flag(members.get("is_encrypt")),
        deleted=values.whole(members.get("status")) == DELETED,
        mime=values.text(members.get("content_type")),
    )


def _file(members: dict[str, Any], zones: Zones, modified_ns: int | None) -> Item:
    return Item(
        id=values.required_identifier(members.get("file_id")),
        name=values.name(members.get("title")),
        is_folder=False,
        size=_size(members),
        modified_ns=modified_ns,
        created_ns=zones.utc(members.get("create_date")),
        stamp=zones.stamp(modified_ns),
        protected=values.flag(members.get("is_encrypt")),
        deleted=values.whole(members.get("status")) == DELETED
        or values.flag(members.get("in_recycle_bin")),
        mime=values.text(members.get("content_type")),
    )


def _size(members: dict[str, Any]) -> int:
    size = values.integer(members.get("file_size"))
    if size is None:
        raise BadReply("the reply does not tell the size of a file")
    return size


def _path(value: Any) -> tuple[Step, ...] | None:
    if not isinstance(value, list):
        return None
    try:
        return tuple(_step(step) for step in value)
    except BadReply:
        return None


def _step(value: Any) -> Step:
    members = values.record(value)
    return Step(
        values.required_identifier(members.get("folder_id")), values.name(members.get("name"))
    )
