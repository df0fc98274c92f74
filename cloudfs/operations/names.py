"""Names: lookup, mkdir, unlink, rmdir, rename, symlink (the man pages of section 2)."""

import time

from cloudfs.errors import (
    AcrossDomains,
    AlreadyExists,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    Unsupported,
)
from cloudfs.journal.journal import Journal
from cloudfs.operations.attributes import Creator, Looks
from cloudfs.operations.pins import Pins
from cloudfs.operations.rules import Rules
from cloudfs.tree.listings import Listings
from cloudfs.tree.names import LONGEST_LINK
from cloudfs.tree.nodes import Node


class NameOperations:
    """Finds, makes, moves and removes names."""

    def __init__(
        self, listings: Listings, journal: Journal, rules: Rules, looks: Looks, pins: Pins
    ) -> None:
        self._listings = listings
        self._journal = journal
        self._rules = rules
        self._looks = looks
        self._pins = pins

    async def lookup(self, parent: Node, name: str) -> Node:
        """The child of that name. Raises NotFound only if the service says so, or did lately."""
        if not parent.is_folder:
            raise NotAFolder(f"{parent.path()} is not a folder")
        await self._listings.ensure(parent)
        node = parent.children.get(name)
        if node is None:
            raise NotFound(f"there is no {name!r}")
        return node

    async def make_folder(self, parent: Node, name: str, mode: int, creator: Creator) -> Node:
        """mkdir(2)."""
        await self._prepare(parent, name)
        node = await self._journal.make_folder(parent, name)
        await self._looks.born(node, mode, creator)
        self._looks.folder_changed(parent)
        return node

    async def make_symlink(self, parent: Node, name: str, target: str, creator: Creator) -> Node:
        """symlink(2): a small file on the service that holds the target."""
        if not self._rules.symlinks:
            raise NotPermitted("this drive is mounted with symlinks=refuse")
        raw = target.encode("utf-8", "surrogateescape")
        if len(raw) > LONGEST_LINK:
            raise InvalidRequest("the target of the link is too long")
        await self._prepare(parent, name, is_symlink=True)
        node = self._journal.make_file(parent, name, is_symlink=True)
        await self._journal.begin_draft(node).write(0, raw, time.time_ns())
        await self._journal.seal(node)
        await self._looks.born(node, 0o777, creator)
        self._looks.folder_changed(parent)
        return node

    async def unlink(self, parent: Node, name: str) -> None:
        """unlink(2)."""
        node = await self._child(parent, name)
        if node.is_folder:
            raise IsAFolder(f"{name!r} is a folder")
        self._looks.changed(node)
        await self._journal.remove(node)
        self._looks.folder_changed(parent)

    async def remove_folder(self, parent: Node, name: str) -> None:
        """rmdir(2)."""
        node = await self._child(parent, name)
        if not node.is_folder:
            raise NotAFolder(f"{name!r} is not a folder")
        await self._check_empty(node)
        await self._journal.remove(node)
        self._looks.folder_changed(parent)

    async def rename(
        self,
        old_parent: Node,
        old_name: str,
        new_parent: Node,
        new_name: str,
        *,
        replace: bool = True,
        exchange: bool = False,
    ) -> None:
        """rename(2), and renameat2(2) with RENAME_NOREPLACE; RENAME_EXCHANGE is refused."""
        if exchange:
            raise InvalidRequest("two entries cannot be exchanged in one step here")
        node = await self._child(old_parent, old_name)
        self._rules.changeable(new_parent)
        self._rules.movable(old_parent, new_parent)
        await self._listings.ensure(new_parent)
        if node.parent is not old_parent or node.name != old_name:
            raise NotFound(f"{old_name!r} has just been moved or removed")
        target = new_parent.children.get(new_name)
        if target is node:
            return
        if target is not None and not replace:
            raise AlreadyExists(f"{new_name!r} exists")
        if new_parent.is_within(node):
            raise InvalidRequest("a folder cannot be moved into itself")
        await self._check_movable(node)
        if target is not None:
            await self._check_replaceable(node, target)
        else:
            self._rules.free(new_parent, new_name, but=node)
        self._rules.storable(new_name, is_symlink=node.is_symlink)
        if new_parent.children.get(new_name) is not target or node.parent is not old_parent:
            raise NotFound(f"{old_name!r} has just been moved or removed")
        self._looks.changed(node)
        if target is not None:
            self._looks.changed(target)
        await self._journal.move(node, new_parent, new_name, target)
        if target is not None:
            await self._pins.replaced(target, node)
        self._looks.folder_changed(old_parent)
        self._looks.folder_changed(new_parent)

    async def prepare_file(self, parent: Node, name: str) -> None:
        """Check all that stands against a new file."""
        await self._prepare(parent, name)

    async def make_node(self) -> Node:
        """Device nodes, fifos and sockets cannot be kept on a service."""
        raise Unsupported("the service stores files and folders only")

    # Inside -----------------------------------------------------------------------------------

    async def _prepare(self, parent: Node, name: str, *, is_symlink: bool = False) -> None:
        self._rules.changeable(parent)
        await self._listings.ensure(parent)
        self._rules.free(parent, name)
        self._rules.storable(name, is_symlink=is_symlink)

    async def _child(self, parent: Node, name: str) -> Node:
        self._rules.changeable(parent)
        return await self.lookup(parent, name)

    async def _check_empty(self, folder: Node) -> None:
        await self._listings.ensure(folder)
        if folder.children:
            raise NotEmpty(f"{folder.path()} is not empty")

    async def _check_movable(self, node: Node) -> None:
        """mv(1) copies a folder that the service has got and cannot move."""
        if self._rules.moves_folders or not node.is_folder:
            return
        if node.entry is None and not self._journal.order.is_stirred(node):
            return  # it is made under its new name
        await self._listings.ensure(node)
        if node.children:
            raise AcrossDomains(f"the service moves no folder, as {node.path()} is")

    async def _check_replaceable(self, node: Node, target: Node) -> None:
        if target.is_folder:
            if not node.is_folder:
                raise IsAFolder(f"{target.path()} is a folder")
            await self._check_empty(target)
        elif node.is_folder:
            raise NotAFolder(f"{target.path()} is not a folder")
