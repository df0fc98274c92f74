"""Attributes that were set here, and what a file shows to programs.

A service holds a size and mostly a time; the mode, the owner, exact times and user xattrs
that programs set live in `Attributes`, in the drive's own database. What was never set comes
from the `Defaults` of the mount and from the entry.
"""

import stat
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cloudfs.model import Version

if TYPE_CHECKING:
    from cloudfs.tree.nodes import Node

BLOCK = 4096  # st_blksize


@dataclass(slots=True)
class Attributes:
    """What was set on a node here; None: not set. Times are nanoseconds.

    *modified_ns* holds for the content of *modified_version* only: when somebody else changes
    the file, its time is the service's again.
    """

    mode: int | None = None  # permission bits
    uid: int | None = None
    gid: int | None = None
    accessed_ns: int | None = None
    modified_ns: int | None = None
    modified_version: Version | None = None
    changed_ns: int | None = None
    xattrs: dict[str, bytes] = field(default_factory=dict)

    def copy(self) -> "Attributes":
        """The same for another node, to be changed independently."""
        return replace(self, xattrs=dict(self.xattrs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """How entries look on which nothing was set."""

    uid: int
    gid: int
    file_mode: int = 0o644
    folder_mode: int = 0o755
    mounted_ns: int  # the time of what has none


@dataclass(slots=True, kw_only=True)
class Appearance:
    """The answer to getattr, in plain values; not to be changed.

    It is not frozen, as that makes it three times as slow: a listing needs one for each name.
    """

    number: int
    mode: int  # with the type bits
    links: int
    uid: int
    gid: int
    size: int
    accessed_ns: int
    modified_ns: int
    changed_ns: int
    created_ns: int


def appearance(
    node: "Node", defaults: Defaults, *, size: int | None = None, modified_ns: int | None = None
) -> Appearance:
    """How *node* looks; *size* and *modified_ns* are those of a draft, if it has one."""
    entry = node.entry
    own = node.attributes or NOTHING_SET
    time_there = entry.modified_ns if entry is not None else None
    if modified_ns is None:
        modified_ns = own_modified(node)
    if modified_ns is None:
        modified_ns = time_there if time_there is not None else defaults.mounted_ns
    accessed_ns = own.accessed_ns if own.accessed_ns is not None else modified_ns
    changed_ns = own.changed_ns if own.changed_ns is not None else modified_ns
    created_ns = entry.created_ns if entry is not None else None
    if size is None:
        size = entry.size if entry is not None else 0
    return Appearance(
        number=node.number,
        mode=_mode(node, own, defaults),
        links=2 + node.subfolders if node.is_folder else int(node.parent is not None),
        uid=own.uid if own.uid is not None else defaults.uid,
        gid=own.gid if own.gid is not None else defaults.gid,
        size=0 if node.is_folder else size,
        accessed_ns=accessed_ns,
        modified_ns=modified_ns,
        changed_ns=changed_ns,
        created_ns=created_ns if created_ns is not None else modified_ns,
    )


def own_modified(node: "Node") -> int | None:
    """The modification time that was set here, if it is about the content the node has."""
    own = node.attributes
    if own is None or own.modified_ns is None:
        return None
    if node.is_folder or node.entry is None or node.entry.version == own.modified_version:
        return own.modified_ns
    return None


NOTHING_SET = Attributes()


def _mode(node: "Node", own: Attributes, defaults: Defaults) -> int:
    if node.is_symlink:
        return stat.S_IFLNK | 0o777
    if node.is_folder:
        type_, mode = stat.S_IFDIR, defaults.folder_mode
    else:
        type_, mode = stat.S_IFREG, defaults.file_mode
    if node.entry is not None and not node.entry.writable:
        mode &= ~0o222
    return type_ | (own.mode if own.mode is not None else mode)
