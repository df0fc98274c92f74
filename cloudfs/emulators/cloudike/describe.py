"""The metadata object M, and the hashes that tell whether it changed (reference 3.1, 3.2)."""

import hashlib
import json
import mimetypes
from collections.abc import Sequence
from typing import Any

from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.cloudike.settings import HashStyle
from cloudfs.emulators.cloudike.sightings import owner_path
from cloudfs.emulators.store.bin import BinItem
from cloudfs.emulators.store.contents import Version
from cloudfs.emulators.store.marks import Marks
from cloudfs.emulators.store.tree import Node

M = dict[str, Any]

_ICONS = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "text": "document_text",
}
_ICONS_BY_TYPE = {
    "application/pdf": "ebook_adobe",
    "application/msword": "document_office",
    "application/vnd.oasis.opendocument.text": "document_office",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "document_office",
    "application/vnd.ms-powerpoint": "presentation_office",
    "application/zip": "archive",
    "application/gzip": "archive",
    "application/x-tar": "archive",
}


def mime_type(name: str) -> str:
    """The type that the name of a file suggests."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def describe(view: View, place: Place, *, extra: bool = True) -> M:
    """The metadata object of what is at *place*, without a listing."""
    return describe_all(view, [place], extra=extra)[0]


def describe_all(view: View, places: Sequence[Place], *, extra: bool) -> list[M]:
    """The metadata objects of many, in order."""
    marks = view.store.marks(view.account, [place.node.id for place in places])
    owners = _Names(view)
    return [_live(view, place, marks, owners, extra=extra) for place in places]


def describe_version(view: View, place: Place, version: Version, *, extra: bool) -> M:
    """The metadata object of a file as it was at an earlier version."""
    return describe(view, place, extra=extra) | {
        "bytes": version.size,
        "size": size_text(version.size),
        "checksum": version.digest,
        "version": version.number,
        "modified": version.made,
        "client_data": client_data(version.client_created, version.client_modified),
    }


def describe_binned(view: View, item: BinItem, path: str, *, extra: bool) -> M:
    """The metadata object of something in the trash; *path* is where the viewer saw it."""
    node = view.store.tree.get(item.node)
    marks = view.store.marks(view.account, [node.id])
    found = _live(view, Place(node, path), marks, _Names(view), extra=extra)
    del found["path"]
    return found | {
        "name": item.name,
        "restore_path": path,
        "modified": item.deleted,
        "deleted": True,
        "is_in_trash": True,
    }


def listing_hash(view: View, place: Place) -> str:
    """The hash of a folder: another one whenever its listing, or its own M, is another."""
    return _digest([view.account, place.node.id, place.node.stamp, place.path])


def file_hash(described: M) -> str:
    """The hash of a file: another one whenever its M is another."""
    return _digest(described)


def bin_hash(view: View, account: int) -> str:
    """The hash of an account's trash."""
    return _digest(["trash", account, view.store.bin.stamp(account)])


def public_hash(view: View, key: str) -> str:
    """A link's key in the style that is set."""
    if view.settings.public_hash_style == HashStyle.URL:
        return f"{view.base}/public/{key}/"
    return key


def client_data(created: int | None, modified: int | None) -> dict[str, int]:
    """The times that a client gave."""
    found = {"created": created, "modified": modified}
    return {name: time for name, time in found.items() if time is not None}


def size_text(size: int) -> str:
    """A size for people."""
    if size < 1024:
        return f"{size} bytes"
    units = ("KB", "MB", "GB", "TB")
    power = min(len(units), (size.bit_length() - 1) // 10)
    return f"{size / 1024**power:.1f}{units[power - 1]}"


class _Names:
    """Names of accounts, each looked up once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[int, str] = {}

    def __getitem__(self, account: int) -> str:
        if account not in self._known:
            self._known[account] = self._view.store.accounts.get(account).name
        return self._known[account]


def _live(view: View, place: Place, marks: Marks, names: _Names, *, extra: bool) -> M:
    node = place.node
    link = marks.links.get(node.id)
    found: M = {
        "path": place.path,
        "folder": not node.is_file,
        "bytes": node.size,
        "size": size_text(node.size),
        "version": node.number,
        "created": node.created,
        "modified": node.modified,
        "client_data": client_data(node.client_created, node.client_modified),
        "icon": "folder",
        "thumbnail": False,
        "deleted": False,
        "is_in_trash": False,
        "is_favorite": node.id in marks.favourites,
        "public_hash": "" if link is None else public_hash(view, link),
        "shared": node.id in marks.shares,
        "shared_hash": marks.shares.get(node.id),
        "role": "owner" if node.owner == view.account else "collaborator",
        "owner": node.owner,
        "owner_name": names[node.owner],
        "owner_path": _owner_path(view, place),
        "author": node.author,
        "author_name": names[node.author],
    }
    if node.is_file:
        found |= _file_members(node, extra=extra)
    return found


def _file_members(node: Node, *, extra: bool) -> M:
    kind = mime_type(node.name)
    found: M = {
        "checksum": node.digest,
        "mime_type": kind,
        "icon": _ICONS_BY_TYPE.get(kind) or _ICONS.get(kind.partition("/")[0], "unknown"),
    }
    return found | {"extradata": {}} if extra else found


def _owner_path(view: View, place: Place) -> str:
    if place.share is None and view.published is None:
        return place.path
    return owner_path(view.store, place.node)


def _digest(value: object) -> str:
    return hashlib.md5(json.dumps(value).encode(), usedforsecurity=False).hexdigest()
