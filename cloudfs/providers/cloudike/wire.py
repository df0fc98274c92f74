"""Replies about entries as dataclasses: pure functions that raise nothing but BadReply.

They are as tolerant as the reference demands (1.4): unknown members are ignored, optional ones
may be missing or null. In an array of entries one that is unusable is left out, so that one bad
entry never hides the others; an array of nothing else is no listing.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cloudfs.errors import BadReply
from cloudfs.model import (
    NOTHING,
    Entry,
    EntryId,
    FileVersion,
    Kind,
    Quota,
    TrashItem,
    Version,
)
from cloudfs.providers.cloudike import values
from cloudfs.providers.cloudike.paths import ROOT, join, name_of, parent_of

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageOf(Generic[T]):
    """One page of a folder's children, or of the trash (reference 3.2, 3.11)."""

    items: tuple[T, ...]
    received: int  # by how much the next page's offset is larger
    state: str | None  # hash of the whole listing
    last: bool | None  # None: the service does not tell


def entry(value: Any, entry_id: EntryId, *, link_base: str = "") -> Entry:
    """The entry that a metadata object describes, under the id by which it was asked for."""
    members = values.record(value)
    if _is_folder(members):
        return _folder(members, entry_id, link_base)
    return _file(members, entry_id, link_base)


def entry_by_path(value: Any, *, link_base: str = "") -> Entry:
    """The entry that a metadata object describes, where it says itself that it is."""
    return entry(value, values.path(values.record(value).get("path")), link_base=link_base)


def told_name(value: Any) -> str:
    """The name by which the service itself knows an entry: its spelling may differ from ours."""
    return name_of(values.path(values.record(value).get("path")))


def listing(value: Any, folder_id: EntryId, *, link_base: str = "") -> PageOf[Entry] | None:
    """A page of the children of *folder_id*; None if that is a file."""
    members = values.record(value)
    if not _is_folder(members):
        return None

    def child(item: Any) -> Entry | None:
        if values.flag(values.record(item).get("deleted")):
            return None
        # The id is made from the id of the folder, whatever the service calls that.
        return entry(item, join(folder_id, _child_name(item)), link_base=link_base)

    return _page(members, child)


def trash(value: Any) -> PageOf[TrashItem]:
    """A page of the trash: an object, or the bare array (reference 3.11)."""
    return _page({"content": value} if isinstance(value, list) else values.record(value), _binned)


def found(value: Any, *, link_base: str = "") -> PageOf[Entry]:
    """Entries from all over the account: an object with them, or the bare array (3.15 to 3.20)."""

    def one(item: Any) -> Entry | None:
        members = values.record(item)
        if values.flag(members.get("deleted")) or values.flag(members.get("is_in_trash")):
            return None
        return entry_by_path(item, link_base=link_base)

    return _page({"content": value} if isinstance(value, list) else values.record(value), one)


def tree(values_: list[Any], *, link_base: str = "") -> list[Entry]:
    """Entries of the whole tree, told in a row or one within the other (3.16.4)."""
    flat: list[Any] = []
    waiting = list(values_)
    while waiting:
        item = waiting.pop()
        flat.append(item)
        children = item.get("content") if isinstance(item, dict) else None
        waiting += children if isinstance(children, list) else []
    entries = found(flat, link_base=link_base).items
    return [entry for entry in entries if entry.id != ROOT]


def versions(value: Any) -> PageOf[FileVersion]:
    """Contents a file has had, the newest first (reference 3.14)."""
    return _page({"content": value}, _version)


def quota(value: Any) -> Quota:
    """Space of the account (reference 3.21); -1 and 0 mean that there is no limit."""
    members = values.record(value)
    used = values.integer(members.get("storage_size"))
    limits = [values.integer(members.get(name)) for name in ("hard_quota_size", "quota_size")]
    total = next((limit for limit in limits if limit), None)
    if total is None:
        return Quota(used=used)
    return Quota(total=total, used=used, free=None if used is None else max(0, total - used))


def _file(members: dict[str, Any], entry_id: EntryId, link_base: str) -> Entry:
    size = values.integer(members.get("bytes"))
    version = values.integer(members.get("version"))
    if size is None or version is None:
        raise BadReply(f"the reply does not tell size and version of {name_of(entry_id)!r}")
    given = values.optional_record(members.get("client_data"))
    return Entry(
        id=entry_id,
        parent_id=parent_of(entry_id),
        name=name_of(entry_id),
        kind=Kind.FILE,
        size=size,
        version=Version(str(version)),
        modified_ns=values.moment(given.get("modified")) or values.moment(members.get("modified")),
        created_ns=values.moment(given.get("created")) or values.moment(members.get("created")),
        mime=values.text(members.get("mime_type")),
        checksum=values.checksum(members.get("checksum")),
        extra=_extra(members, link_base),
    )


def _folder(members: dict[str, Any], entry_id: EntryId, link_base: str) -> Entry:
    given = values.optional_record(members.get("client_data"))
    return Entry(
        id=entry_id,
        parent_id=parent_of(entry_id),
        name=name_of(entry_id),
        kind=Kind.FOLDER,
        modified_ns=values.moment(members.get("modified")),
        created_ns=values.moment(given.get("created")) or values.moment(members.get("created")),
        extra=_extra(members, link_base),
    )


def _extra(members: dict[str, Any], link_base: str) -> Mapping[str, str]:
    """The service's own properties, as far as they say something."""
    extra: dict[str, str] = {}
    if public_hash := values.text(members.get("public_hash")):
        extra["public_hash"] = public_hash
        if public_hash.startswith("http"):
            extra["public_link"] = public_hash
        elif link_base:
            extra["public_link"] = f"{link_base.rstrip('/')}/public/{public_hash}/"
    if values.flag(members.get("shared")):
        extra["shared"] = "true"
    if values.flag(members.get("is_favorite")):
        extra["favorite"] = "true"
    role = values.text(members.get("role"))
    if role and role != "owner":
        extra["role"] = role
    return extra or NOTHING


def _child_name(item: Any) -> str:
    path = values.record(item).get("path")
    if not isinstance(path, str):
        raise BadReply("the reply lists an entry without a path")
    name = path.rstrip("/").rpartition("/")[2]
    if not values.storable_name(name):
        raise _HostileNameError(f"the reply lists an entry called {name!r}")
    return name


class _HostileNameError(BadReply):
    """A name that no folder can hold; all else about the entry may be in order."""


def _binned(item: Any) -> TrashItem:
    members = values.record(item)
    key = values.text(members.get("name"))
    if key is None:
        raise BadReply("the trash lists an entry without a name")
    origin = values.optional_path(members.get("restore_path"))
    if origin == ROOT or (origin is None and not values.storable_name(key)):
        raise _HostileNameError("the trash lists an entry that cannot be one")
    folder = _is_folder(members)
    return TrashItem(
        id=key,
        name=name_of(origin) if origin else key,
        kind=Kind.FOLDER if folder else Kind.FILE,
        size=0 if folder else values.integer(members.get("bytes")) or 0,
        deleted_ns=values.moment(members.get("modified")),
        origin_path=origin,
        origin_parent_id=parent_of(origin) if origin else None,
        entry_id=origin,
    )


def _version(item: Any) -> FileVersion:
    members = values.record(item)
    number = values.integer(members.get("version"))
    size = values.integer(values.optional_record(members.get("content")).get("size"))
    if number is None or size is None:
        raise BadReply("the reply lists a version without number or size")
    return FileVersion(
        version=Version(str(number)),
        size=size,
        modified_ns=values.moment(members.get("timestamp")),
    )


def _page(members: Mapping[str, Any], read: Callable[[Any], T | None]) -> PageOf[T]:
    content = values.array(members.get("content"))
    last = members.get("is_last_page")
    return PageOf(
        items=_usable(content, read),
        received=len(content),
        state=values.text(members.get("hash")),
        last=None if last is None else values.flag(last),
    )


def _usable(content: list[Any], read: Callable[[Any], T | None]) -> tuple[T, ...]:
    usable: list[T] = []
    problem: BadReply | None = None
    for item in content:
        try:
            found = read(item)
        except BadReply as error:
            log.info("left out: %s", error)
            if not isinstance(error, _HostileNameError):
                problem = error
        else:
            if found is not None:
                usable.append(found)
    if problem is not None and not usable:
        raise problem
    return tuple(usable)


def _is_folder(members: Mapping[str, Any]) -> bool:
    folder = members.get("folder")
    if isinstance(folder, bool) or folder in (0, 1):
        return bool(folder)
    raise BadReply("the reply does not tell whether an entry is a folder")
