"""MIME types, which the service takes from names, and what it makes of them."""

import mimetypes
from enum import StrEnum

from cloudfs.emulators.store.tree import Node

FOLDER = "application/vnd.podspace.folder"

_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
_DOCUMENTS = (
    "text/",
    "application/pdf",
    "application/rtf",
    "application/msword",
    "application/vnd.ms-",
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
)


class Category(StrEnum):
    """What a search may ask for (reference 3.21)."""

    DOCUMENT = "document"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FOLDER = "folder"


def media_type(node: Node) -> str:
    """The type of a file or folder."""
    return type_of_name(node.name) if node.is_file else FOLDER


def type_of_name(name: str) -> str:
    """The type that the name of a file suggests."""
    kind, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return _COMPRESSED.get(encoding, "application/octet-stream")
    return kind or "application/octet-stream"


def thumbnail(node: Node) -> str:
    """The mark of a file that has a preview; empty for others."""
    family, _, kind = media_type(node).partition("/")
    return f"THUMBNAIL_EXIST_{kind.upper()}" if family == "image" and node.size else ""


def is_of(node: Node, category: Category) -> bool:
    """Whether something is of a category."""
    kind = media_type(node)
    if category == Category.FOLDER:
        return kind == FOLDER
    if category == Category.DOCUMENT:
        return kind.startswith(_DOCUMENTS)
    return kind.startswith(f"{category}/")
