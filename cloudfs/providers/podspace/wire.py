"""Replies about entries as dataclasses: pure functions that raise nothing but BadReply.

They are tolerant: unknown members are ignored, optional ones may be missing or null. In an array
of entries one that is unusable is left out, so that one bad entry never hides the others.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cloudfs.errors import BadReply
from cloudfs.model import NOTHING
from cloudfs.providers.podspace import values

log = logging.getLogger(__name__)

T = TypeVar("T")

FOLDER_TYPE = "application/vnd.podspace.folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A file or folder in the service's words (1.6). Times are nanoseconds."""

    hash: str
    name: str  # as a person sees it, with its extension
    is_folder: bool
    size: int = 0
    parent_hash: str | None = None
    version: int | None = None  # None: the service does not tell
    created_ns: int | None = None
    updated_ns: int | None = None
    mime: str | None = None
    can_edit: bool | None = None  # None: nothing is said, so the owner of the tree can
    extra: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOf(Generic[T]):
    """One page of a list (reference 3)."""

    items: tuple[T, ...]
    received: int  # by how much the next page starts later
    count: int | None = None  # items in all pages, if told
    whole: bool = False  # there are no further pages
    folder: Entity | None = None  # whose listing it is, if told
    root_hash: str | None = None  # the top of its breadcrumb, if told

    def is_last(self, start: int, size: int, fresh: int) -> bool:
        """Whether no page follows, *start* items having been received, *size* asked for (3).

        Without a count a short page proves nothing: the service may give fewer than it is asked
        for. But a page with nothing *fresh* is one that comes whatever is asked for.
        """
        if self.whole or self.received == 0:
            return True
        if not fresh and (self.items or self.count is None):
            return True
        return self.count is not None and self.received < size and start >= self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A content that a file has, or had (3.18)."""

    hash: str
    number: int
    size: int
    created_ns: int | None


def result(value: Any) -> Any:
    """What an answer is about, out of its envelope (1.5); None if nothing."""
    return value.get("result") if isinstance(value, dict) else value


def display_name(name: str, extension: str, *, is_folder: bool) -> str:
    """The whole name of an entry (1.6)."""
    return f"{name}.{extension}" if extension and not is_folder else name


def entity(value: Any) -> Entity:
    """An entry."""
    members = values.record(value)
    told_hash = members.get("hash") or members.get("hashCode")  # older answers (1.6)
    hash_ = values.identifier(told_hash)
    if hash_ is None:
        raise BadReply("the reply holds an entry without a usable hash")
    is_folder = members.get("type") == FOLDER_TYPE
    size = values.integer(members.get("size"))
    if size is None and not is_folder:
        raise BadReply("the reply does not tell the size of a file")
    level = members.get("accessLevel")
    return Entity(
        hash=hash_,
        name=display_name(
            values.text(members.get("name")) or "",
            values.text(members.get("extension")) or "",
            is_folder=is_folder,
        ),
        is_folder=is_folder,
        size=0 if is_folder or size is None else size,
        parent_hash=values.identifier(members.get("parentHash")),
        version=values.integer(members.get("version")),
        created_ns=values.moment(members.get("created")),
        updated_ns=values.moment(members.get("updated")),
        mime=None if is_folder else values.text(members.get("type")) or None,
        can_edit=level.upper() != "VIEW" if isinstance(level, str) and level else None,
        extra=_extra(members),
    )


def optional_entity(value: Any) -> Entity | None:
    """An entry; None if the answer tells of none."""
    if isinstance(value, dict) and (value.get("hash") or value.get("hashCode")):
        return entity(value)
    return None


def page(value: Any, parse: Callable[[Any], T]) -> PageOf[T]:
    """A page of what *parse* makes of each item; a bare array is a complete list (3)."""
    if isinstance(value, list):
        return PageOf(items=_usable(value, parse), received=len(value), whole=True)
    members = {} if value is None else values.record(value)
    raw = values.array(members.get("list"))
    return PageOf(
        items=_usable(raw, parse),
        received=len(raw),
        count=values.integer(members.get("count")),
        folder=_optionally(members.get("entity")),
        root_hash=_top(members.get("breadcrumb")),
    )


def affected(value: Any) -> int:
    """To how many entries something was done; nothing told is success (3.13)."""
    if value is None or value is True:
        return 1
    if value is False:
        return 0
    count = values.integer(value)
    if count is None:
        raise BadReply("the reply does not tell how many entries were affected")
    return count


def failed(value: Any) -> bool:
    """Whether a move or copy reports anything that it could not treat (3.10)."""
    if value is False:
        return True
    if not isinstance(value, dict):
        return False
    return any(
        bool(value.get(kind)) and isinstance(value.get(kind), list) for kind in ("files", "folders")
    )


def versions(value: Any) -> tuple[Listed, ...]:
    """The contents a file has had, the newest first (3.18)."""
    raw = values.array(value)
    found = _usable(raw, _version)
    if raw and not found:
        raise BadReply("the reply lists no version that can be used")
    return tuple(sorted(found, key=lambda version: version.number, reverse=True))


def address(value: Any) -> list[tuple[str, str]]:
    """Hash and name of an entry and all folders above it, the entry first (3.24)."""
    steps = []
    for item in values.array(value):
        members = values.record(item)
        hash_ = values.identifier(members.get("hash"))
        if hash_ is None:
            raise BadReply("the reply holds an address without hashes")
        steps.append((hash_, values.text(members.get("name")) or ""))
    return steps


def _version(item: Any) -> Listed:
    members = values.record(item)
    hash_ = values.identifier(members.get("hash"))
    number = values.integer(members.get("version"))
    size = values.integer(members.get("size"))
    if hash_ is None or number is None or size is None:
        raise BadReply("the reply holds a version without hash, number or size")
    created = values.moment(members.get("created"))
    return Listed(hash=hash_, number=number, size=size, created_ns=created)


def _usable(raw: list[Any], parse: Callable[[Any], T]) -> tuple[T, ...]:
    found = []
    for item in raw:
        try:
            found.append(parse(item))
        except BadReply as error:
            log.info("an item of a list is left out: %s", error)
    return tuple(found)


def _optionally(value: Any) -> Entity | None:
    try:
        return optional_entity(value)
    except BadReply:
        return None


def _top(breadcrumb: Any) -> str | None:
    if not isinstance(breadcrumb, list) or not breadcrumb:
        return None
    return values.identifier(values.optional_record(breadcrumb[-1]).get("hash"))


_FLAGS = {"isPublic": "public", "isShared": "shared", "isBookmarked": "bookmark"}


def _extra(members: Mapping[str, Any]) -> Mapping[str, str]:
    """The service's own properties, as far as they say something."""
    extra = {name: "1" for flag, name in _FLAGS.items() if values.flag(members.get(flag))}
    thumbnail = values.text(members.get("thumbnail"))
    if thumbnail is not None and thumbnail.startswith("THUMBNAIL_EXIST"):
        extra["thumbnail"] = "1"
    for role in ("owner", "uploader"):
        username = values.text(values.optional_record(members.get(role)).get("username"))
        if username:
            extra[role] = username
    return extra
