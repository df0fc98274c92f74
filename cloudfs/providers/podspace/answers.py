"""Replies about what goes with files: shares, teams, activities, space, as dataclasses.

Like those of `wire`, the functions are pure, tolerant, and raise nothing but BadReply.
"""

from dataclasses import dataclass
from typing import Any

from cloudfs.errors import BadReply
from cloudfs.model import Quota
from cloudfs.providers.podspace import values, wire
from cloudfs.providers.podspace.wire import Entity

VIEWERS = frozenset({"GUEST", "VIEWER"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A share (3.17)."""

    hash: str
    public: bool
    edit: bool
    person: str | None  # with whom, if it is not public
    entity: Entity | None
    entity_hash: str | None
    expires_ns: int | None
    password: bool


@dataclass(frozen=True, slots=True)
class Activity:
    """The latest that happened to an entry (3.19)."""

    kind: str
    created_ns: int
    entity: Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """An organisation (3.20)."""

    hash: str
    name: str
    folder: str  # hash of its root
    owner: str | None
    members: tuple[tuple[str, str], ...]  # user name and role


def share(value: Any) -> Shared:
    """A share."""
    members = values.record(value)
    hash_ = values.identifier(members.get("hash"))
    if hash_ is None:
        raise BadReply("the reply holds a share without a usable hash")
    public = _upper(members.get("type")) == "PUBLIC"
    raw = values.optional_record(members.get("entity"))
    return Shared(
        hash=hash_,
        public=public,
        edit=_upper(members.get("level")) == "EDIT",
        person=None if public else _person(members.get("person")),
        entity=_entity(raw),
        entity_hash=values.identifier(raw.get("hash")),
        expires_ns=values.day(members.get("expiration")),
        password=values.flag(members.get("hasPassword")),
    )


def shares(value: Any) -> tuple[Shared, ...]:
    """Shares: an array, or a single one (3.17)."""
    if isinstance(value, dict):
        return (share(value),)
    return tuple(share(item) for item in values.array(value))


def activity(value: Any) -> Activity:
    """An item of the list of what happened lately."""
    members = values.record(value)
    created = values.moment(members.get("created"))
    if created is None:
        raise BadReply("the reply lists an activity without its time")
    return Activity(_upper(members.get("kind")), created, wire.entity(members.get("entity")))


def teams(value: Any) -> tuple[Team, ...]:
    """The organisations of the account, without those that cannot be entered."""
    found = []
    for item in values.array(value):
        members = values.optional_record(item)
        hash_ = values.identifier(members.get("organization")) or values.identifier(
            members.get("hash")
        )
        folder = values.identifier(members.get("folder"))
        if hash_ is None or folder is None:
            continue
        found.append(
            Team(
                hash=hash_,
                name=values.text(members.get("name")) or hash_,
                folder=folder,
                owner=_person(members.get("owner")),
                members=tuple(_members(members.get("members"))),
            )
        )
    return tuple(found)


def username(value: Any) -> str | None:
    """The name of a user."""
    return values.text(values.optional_record(value).get("username"))


def quota(value: Any) -> Quota:
    """Space of the account (3.22)."""
    members = values.record(value)
    total = values.integer(members.get("storageLimit"))
    used = values.integer(members.get("storageUsage"))
    free = None if total is None or used is None else max(0, total - used)
    return Quota(total=total, used=used, free=free)


def can_upload(value: Any) -> bool:
    """Whether there is room; what says nothing says yes."""
    return values.optional_record(value).get("canUpload") is not False


def preview(body: bytes) -> bytes:
    """An image. Raises BadReply for an empty one."""
    if not body:
        raise BadReply("the service gives an empty preview")
    return body


def _members(value: Any) -> list[tuple[str, str]]:
    found = []
    for item in value if isinstance(value, list) else []:
        members = values.optional_record(item)
        name = username(members.get("user"))
        if name:
            found.append((name, _upper(members.get("authority"))))
    return found


def _person(value: Any) -> str | None:
    """What a user is called: several services leave out one name or another."""
    members = values.optional_record(value)
    for name in ("username", "name"):
        told = values.text(members.get(name))
        if told:
            return told
    sso = values.integer(members.get("ssoId"))
    return None if sso is None else str(sso)


def _entity(raw: dict[str, Any]) -> Entity | None:
    """The shared entry, which may be told in short, without its size (appendix C)."""
    if not raw:
        return None
    try:
        return wire.entity({"size": 0, **raw} if raw.get("type") == wire.FOLDER_TYPE else raw)
    except BadReply:
        return None


def _upper(value: Any) -> str:
    return value.upper() if isinstance(value, str) else ""
