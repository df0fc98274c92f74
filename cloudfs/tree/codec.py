"""Entries as text, for the databases."""

import json
from typing import Any

from cloudfs.model import Checksum, Entry, EntryId, Kind, ListingTag, Version

_FOLDER = "d"
_FILE = "f"


def entry_record(entry: Entry) -> str:
    """All of *entry* but its id and its parent's, which the databases keep beside it."""
    checksum = entry.checksum
    values: list[Any] = [
        entry.name,
        _FOLDER if entry.is_folder else _FILE,
        entry.size,
        entry.version,
        entry.modified_ns,
        entry.created_ns,
        entry.mime,
        [checksum.algorithm, checksum.digest] if checksum is not None else None,
        entry.writable,
        entry.tag,
        dict(entry.extra),
    ]
    return json.dumps(values, ensure_ascii=True, separators=(",", ":"))


def entry_from_record(entry_id: str, parent_id: str | None, record: str) -> Entry:
    """The entry that `entry_record` wrote."""
    name, kind, size, version, modified, created, mime, checksum, writable, tag, extra = json.loads(
        record
    )
    return Entry(
        id=EntryId(entry_id),
        parent_id=EntryId(parent_id) if parent_id is not None else None,
        name=name,
        kind=Kind.FOLDER if kind == _FOLDER else Kind.FILE,
        size=size,
        version=Version(version),
        modified_ns=modified,
        created_ns=created,
        mime=mime,
        checksum=Checksum(*checksum) if checksum else None,
        writable=writable,
        tag=ListingTag(tag) if tag is not None else None,
        extra=extra,
    )


def entry_values(entry: Entry | None) -> list[Any] | None:
    """*entry* as JSON values, ids included."""
    if entry is None:
        return None
    return [entry.id, entry.parent_id, entry_record(entry)]


def entry_from_values(values: list[Any] | None) -> Entry | None:
    """The entry that `entry_values` described."""
    return None if values is None else entry_from_record(*values)
