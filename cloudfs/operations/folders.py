"""Folders: opendir, readdir, releasedir, fsyncdir."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cloudfs.errors import NotAFolder
from cloudfs.journal.journal import Journal
from cloudfs.model import HandleNumber
from cloudfs.operations.handles import Handles
from cloudfs.tree.listings import Listings
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.walks import Walks


@dataclass(slots=True)
class OpenFolder:
    """One opendir(3). *found* is what was in the folder when reading began, in a fixed order."""

    node: Node
    found: list[tuple[str, Node]] = field(default_factory=list)


class Folders:
    """All open folders of a drive.

    A position in a folder is a place in the list that was taken when reading began, so it
    stays good while names come and go: no name is skipped or told twice.
    """

    def __init__(self, tree: Tree, listings: Listings, journal: Journal, walks: Walks) -> None:
        self._tree = tree
        self._listings = listings
        self._journal = journal
        self._walks = walks
        self.handles: Handles[OpenFolder] = Handles()

    def open(self, node: Node) -> HandleNumber:
        """opendir(3)."""
        if not node.is_folder:
            raise NotAFolder(f"{node.path()} is not a folder")
        self._tree.opened(node)
        self._walks.opened(node)
        return self.handles.add(OpenFolder(node))

    async def read(self, handle: HandleNumber, position: int) -> Iterator[tuple[int, str, Node]]:
        """The names after *position* (0: from the start) that are still there.

        Each comes with the position after it.
        """
        folder = self.handles.get(handle)
        if position == 0 or not folder.found:
            await self._listings.ensure(folder.node)
            folder.found = list(folder.node.children.items())
            self._walks.told(folder.node)
        return self._rest(folder, position)

    def release(self, handle: HandleNumber) -> None:
        """closedir(3)."""
        self._tree.closed(self.handles.remove(handle).node)

    async def sync(self) -> None:
        """fsync(2) of a folder: names made and removed in it survive a power failure."""
        await self._journal.harden()

    @staticmethod
    def _rest(folder: OpenFolder, position: int) -> Iterator[tuple[int, str, Node]]:
        found = folder.found
        for at in range(position, len(found)):
            name, node = found[at]
            if node.parent is folder.node and node.name == name:
                yield at + 1, name, node
