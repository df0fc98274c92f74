"""Replies about what goes with entries, as dataclasses: links, shares, sizes, comments.

Like those of `wire`, the functions are pure, tolerant, and raise nothing but BadReply.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cloudfs.errors import BadReply
from cloudfs.model import Invitation
from cloudfs.providers.cloudike import values

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """What is agreed for a public link (reference 3.17)."""

    expires_ns: int | None  # None: never
    password: bool
    uploads: bool  # it leads to a folder that others can only put files into
    download_max: int | None
    download_count: int | None


@dataclass(frozen=True, slots=True)
class Collaborator:
    """Somebody who takes part in a shared folder (reference 3.18)."""

    login: str
    name: str
    owner: bool
    writer: bool
    indirect: bool  # by way of a group, or of a folder above
    status: str | None


@dataclass(frozen=True, slots=True)
class FolderInfo:
    """What is below a folder, at any depth (reference 3.22); None where it is not told."""

    size: int | None  # bytes
    items: int | None
    files: int | None
    folders: int | None


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a move or copy would meet (reference 3.8.3); None where it is not told."""

    exists: bool | None  # is the name taken?
    over_writable: bool | None  # could what has it be replaced?
    copyable: bool | None  # is there space?


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote about an entry (reference 3.22)."""

    id: str
    text: str
    created_ns: int | None
    owner: str | None  # number of the account


@dataclass(frozen=True, slots=True)
class PermanentToken:
    """A token that does not expire, by what it is called (reference 2.4); not the token itself."""

    id: str
    description: str
    created_ns: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """What became of one of many entries (reference 3.10.2)."""

    path: str | None
    error_code: int | None


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """Where a small picture of a file is (reference 3.1)."""

    url: str = field(repr=False)


def link_terms(value: Any) -> LinkTerms:
    """What is agreed for a link."""
    members = values.record(value)
    return LinkTerms(
        expires_ns=values.moment(members.get("expires")),
        password=bool(members.get("password")),
        uploads=members.get("access_rights") == "upload",
        download_max=values.integer(members.get("download_max")) or None,
        download_count=values.integer(members.get("download_count")),
    )


def collaborators(value: Any) -> tuple[Collaborator, ...]:
    """Everybody who takes part in a folder, its owner among them."""
    return _each(value, _collaborator)


def invitations(value: Any) -> tuple[Invitation, ...]:
    """Shares that wait for this account's answer."""
    return _each(value, _invitation)


def comments(value: Any) -> tuple[Comment, ...]:
    """What was written about an entry."""
    return _each(value, _comment)


def permanent_tokens(value: Any) -> tuple[PermanentToken, ...]:
    """The account's tokens."""
    return _each(value, _token)


def nodes(value: Any) -> tuple[Node, ...]:
    """What became of each of many entries, in the order they were asked about."""
    return tuple(_node(item) for item in values.array(values.record(value).get("nodes")))


def folder_info(value: Any) -> FolderInfo:
    """How much is below a folder; what the members are called is not certain."""
    members = values.record(value)
    files, folders = _first(members, "files_count"), _first(members, "folders_count")
    items = _first(members, "count", "items_count")
    if items is None and files is not None and folders is not None:
        items = files + folders
    return FolderInfo(_first(members, "size", "folder_size", "bytes"), items, files, folders)


def foresight(value: Any) -> Foresight:
    """What a move or copy would meet."""
    members = values.record(value)
    told = [members.get(name) for name in ("exists", "over_writable", "copyable")]
    return Foresight(*(None if answer is None else values.flag(answer) for answer in told))


def thumbnails(value: Any) -> tuple[Thumbnail, ...]:
    """Small pictures that a metadata object tells of, the preferred one first."""
    told = values.optional_record(values.record(value).get("extradata"))
    sizes = values.optional_record(told.get("thumbnails"))
    links = (
        values.text(values.optional_record(sizes.get(size)).get("link"))
        for size in ("middle", "small", "preview")
    )
    return tuple(Thumbnail(link) for link in links if link is not None)


def public_hash(value: str) -> str:
    """The key of a link; what the service calls so may be its whole address (3.17)."""
    return value.rstrip("/").rpartition("/")[2] if value.startswith("http") else value


def _collaborator(members: dict[str, Any]) -> Collaborator:
    user, owner = _identifier(members.get("userid")), members.get("owner")
    login = values.text(members.get("login")) or (f"userid:{user}" if user else None)
    if login is None:
        raise BadReply("the reply lists a collaborator without a login")
    return Collaborator(
        login=login,
        name=values.text(members.get("name")) or "",
        owner=owner is True or (user is not None and _identifier(owner) == user),
        writer=values.flag(members.get("writer")),
        indirect=values.flag(members.get("is_indirect")),
        status=_identifier(members.get("status")),
    )


def _invitation(members: dict[str, Any]) -> Invitation:
    hash_ = values.text(members.get("hash"))
    if hash_ is None:
        raise BadReply("the reply lists an invitation without its hash")
    return Invitation(
        id=hash_,
        name=values.text(members.get("directory_name")) or "",
        owner=values.text(members.get("owner_name")) or _identifier(members.get("owner_id")) or "",
        edit=values.flag(members.get("writer")),
    )


def _comment(members: dict[str, Any]) -> Comment:
    id_ = _identifier(members.get("id"))
    if id_ is None:
        raise BadReply("the reply lists a comment without an id")
    text = members.get("text")
    return Comment(
        id_,
        text if isinstance(text, str) else "",
        values.moment(members.get("created_time")),
        _identifier(members.get("owner_id")),
    )


def _token(members: dict[str, Any]) -> PermanentToken:
    id_ = _identifier(members.get("id"))
    if id_ is None:
        raise BadReply("the reply lists a token without an id")
    description = values.text(members.get("device_description")) or ""
    return PermanentToken(id_, description, values.moment(members.get("created")))


def _node(item: Any) -> Node:
    members = values.optional_record(item)
    return Node(
        values.optional_path(members.get("path")),
        values.integer(members.get("error_code")) or None,
    )


def _each(value: Any, read: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
    """What an array holds; an object may stand around it, as around other lists."""
    rows = value.get("content", []) if isinstance(value, dict) else value
    return tuple(read(values.record(row)) for row in values.array(rows))


def _first(members: dict[str, Any], *names: str) -> int | None:
    told = (values.integer(members.get(name)) for name in names)
    return next((figure for figure in told if figure is not None), None)


def _identifier(value: Any) -> str | None:
    """A number or text that stands for something."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return values.text(value)
