"""Attributes: what stat(2) tells, and what chmod, chown, utimensat and truncate set."""

import time
from dataclasses import dataclass

from cloudfs.errors import InvalidRequest, IsAFolder
from cloudfs.journal.journal import Journal
from cloudfs.operations.rules import Rules
from cloudfs.tree.attributes import Appearance, Defaults, appearance
from cloudfs.tree.nodes import Node
from cloudfs.tree.register import Register

PERMISSIONS = 0o7777


@dataclass(frozen=True, slots=True)
class Creator:
    """Whose new file it is."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be set; None: not this. Times are nanoseconds."""

    size: int | None = None
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    accessed_ns: int | None = None
    modified_ns: int | None = None


class Looks:
    """How nodes look, and what is set on them."""

    def __init__(
        self, journal: Journal, register: Register, defaults: Defaults, rules: Rules
    ) -> None:
        self._journal = journal
        self._register = register
        self._defaults = defaults
        self._rules = rules

    def of(self, node: Node) -> Appearance:
        """What stat(2) tells of a node."""
        draft = self._journal.draft(node)
        if draft is None:
            return appearance(node, self._defaults)
        modified_ns = draft.modified_ns if self._journal.is_dirty(node) else None
        return appearance(node, self._defaults, size=draft.size, modified_ns=modified_ns)

    async def born(self, node: Node, mode: int, creator: Creator) -> None:
        """A node was made by a program."""
        own = node.own()
        own.changed_ns = time.time_ns()
        default = self._defaults.folder_mode if node.is_folder else self._defaults.file_mode
        special = False
        if not node.is_symlink and mode & PERMISSIONS != default:
            own.mode = mode & PERMISSIONS
            special = True
        if (creator.uid, creator.gid) != (self._defaults.uid, self._defaults.gid):
            own.uid, own.gid = creator.uid, creator.gid
            special = True
        if node.is_folder:
            own.modified_ns = own.changed_ns
        if special:
            await self._register.keep_attributes(node)

    def changed(self, node: Node) -> None:
        """Something about the node itself was changed: its ctime."""
        node.own().changed_ns = time.time_ns()

    def folder_changed(self, folder: Node) -> None:
        """A name in the folder was made, moved or removed: its mtime and ctime."""
        own = folder.own()
        own.changed_ns = own.modified_ns = time.time_ns()

    async def set(self, node: Node, wanted: Wanted) -> None:
        """Set what is *wanted*. What the service cannot hold is kept on this machine."""
        self._rules.writable(node)
        now = time.time_ns()
        if wanted.size is not None:
            await self.truncate(node, wanted.size)
            if not node.writers:
                await self._journal.seal(node)
        own = node.own()
        own.changed_ns = now
        if wanted.mode is not None:
            own.mode = wanted.mode & PERMISSIONS
        if wanted.uid is not None:
            own.uid = wanted.uid
        if wanted.gid is not None:
            own.gid = wanted.gid
        if wanted.accessed_ns is not None:
            own.accessed_ns = wanted.accessed_ns
        if wanted.modified_ns is not None:
            own.modified_ns = wanted.modified_ns
            own.modified_version = node.entry.version if node.entry is not None else None
            await self._journal.set_modified(node, wanted.modified_ns)
        if any(
            value is not None
            for value in (
                wanted.mode,
                wanted.uid,
                wanted.gid,
                wanted.accessed_ns,
                wanted.modified_ns,
            )
        ):
            await self._register.keep_attributes(node)

    async def truncate(self, node: Node, size: int) -> None:
        """ftruncate(2): it is acknowledged when the file is closed."""
        if node.is_folder:
            raise IsAFolder(f"{node.path()} is a folder")
        if size < 0:
            raise InvalidRequest("a size below zero")
        await self._journal.begin_draft(node).truncate(size, time.time_ns())
