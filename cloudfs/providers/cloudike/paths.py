"""Paths: the only key of an entry (reference 1.3, 1.7), and so its id."""

from urllib.parse import quote

from cloudfs.model import EntryId

ROOT = EntryId("/")


def join(folder_id: EntryId, name: str) -> EntryId:
    """The id of the child *name* of a folder."""
    return EntryId(f"/{name}" if folder_id == ROOT else f"{folder_id}/{name}")


def parent_of(entry_id: EntryId) -> EntryId | None:
    """The id of the folder that holds the entry; None for the root."""
    if entry_id == ROOT:
        return None
    return EntryId(entry_id.rpartition("/")[0] or ROOT)


def folder_of(entry_id: EntryId) -> EntryId:
    """The id of the folder that holds an entry which is not the root."""
    return EntryId(entry_id.rpartition("/")[0] or ROOT)


def name_of(entry_id: EntryId) -> str:
    """The last segment; "" for the root."""
    return entry_id.rpartition("/")[2]


def within(entry_id: EntryId, folder_id: EntryId) -> bool:
    """Whether the entry is the folder, or anywhere below it."""
    return folder_id in {ROOT, entry_id} or entry_id.startswith(f"{folder_id}/")


def quoted(entry_id: EntryId) -> str:
    """The path as the end of a URL: each segment encoded, without the leading slash."""
    return "/".join(quoted_segment(segment) for segment in entry_id[1:].split("/"))


def quoted_segment(segment: str) -> str:
    """*segment* of a URL's path, all but RFC 3986's unreserved characters encoded."""
    return quote(segment, safe="")
