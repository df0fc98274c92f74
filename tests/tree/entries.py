"""Entries for tests that need no service."""

from typing import Any

from cloudfs.model import Entry, EntryId, Kind, Version


def file(name: str, entry_id: str | None = None, **other: Any) -> Entry:
    values = {"size": 10_000, "version": Version("v1"), **other}
    return Entry(
        id=EntryId(f"id of {name}" if entry_id is None else entry_id),
        parent_id=EntryId("root"),
        name=name,
        kind=Kind.FILE,
        **values,
    )


def folder(name: str, entry_id: str | None = None, **other: Any) -> Entry:
    return Entry(
        id=EntryId(f"id of {name}" if entry_id is None else entry_id),
        parent_id=EntryId("root"),
        name=name,
        kind=Kind.FOLDER,
        **other,
    )


ROOT = Entry(id=EntryId("root"), parent_id=None, name="", kind=Kind.FOLDER)
