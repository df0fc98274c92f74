"""Keeps what is in memory of the tree within bounds.

A drive may have millions of entries, and a program that walks through them all. What nobody
uses is dropped, the folders first that were not used for the longest time: their listings are
on disk, and `Listings.recall` brings them back, with the same inode numbers.

The difficulties, and what answers each:

1. The kernel remembers what it was told, and must find it here. It is asked to let go of files
   first; they are dropped when it has (`_ask`). Folders it keeps: a program may be in one.
2. What was made or changed here may be nowhere else. Nothing is dropped that waits in the
   journal, nor from a folder in which something was done that no listing has confirmed yet.
   Attributes that were set here are handed to the register before.
3. Somebody may be in the middle of something, and hold a node. Folders that were used a moment
   ago are left alone, and those that are open, or being read.
4. A folder that has lost children answers for nothing: it is not `complete`.
"""

import logging
from collections.abc import Callable

import trio

from cloudfs.model import InodeNumber
from cloudfs.tree.listings import Listings
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Register

log = logging.getLogger(__name__)

INTERVAL = 1.0  # seconds between two looks
LONGEST = 8.0  # the same, after some that achieved nothing
YOUNGEST = 3.0  # seconds for which a folder stays after it was used
SLACK = 20  # a twentieth more than necessary is dropped, so that it is not done all the time
MOST_ASKED = 50_000  # names that the kernel is asked to let go at once


class Eviction:
    """Drops nodes when there are more than *most*.

    *waiting* tells the numbers that the journal speaks of. *keeps* says of a node that it stays,
    and of a folder that its children do too. *let_go* asks the kernel to forget names. While
    *is_halted*, nothing is done.
    """

    def __init__(
        self,
        tree: Tree,
        listings: Listings,
        register: Register,
        *,
        most: int,
        waiting: Callable[[], set[InodeNumber]],
        let_go: Callable[[Node, list[str]], None],
        keeps: Callable[[Node], bool] = lambda _: False,
        is_halted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._tree = tree
        self._listings = listings
        self._register = register
        self._most = most
        self._waiting = waiting
        self._let_go = let_go
        self._keeps = keeps
        self._is_halted = is_halted

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        pause = INTERVAL
        while True:
            await trio.sleep(pause)
            achieved = len(self._tree) <= self._most or self.shrink()
            pause = INTERVAL if achieved else min(2 * pause, LONGEST)

    def shrink(self) -> int:
        """Drop what may go, until it is enough; how many went, or will when the kernel agrees.

        There is no await in here: nobody comes in between.
        """
        surplus = len(self._tree) - self._most
        if surplus <= 0 or self._is_halted():
            return 0
        wanted = surplus + self._most // SLACK
        waiting = self._waiting()
        dropped = asked = 0
        for folder in self._candidates(waiting):
            if dropped + asked >= wanted:
                break
            dropped += self._thin(folder, waiting)
            if asked < MOST_ASKED:
                asked += self._ask(folder, waiting)
        log.debug("%d nodes were dropped, %d are asked for", dropped, asked)
        return dropped + asked

    def _candidates(self, waiting: set[InodeNumber]) -> list[Node]:
        """Folders whose children may go, those first that were used least lately."""
        young = trio.current_time() - YOUNGEST
        folders = [
            folder
            for folder in self._tree.folders()
            if folder.listing.used_at < young and self._is_idle(folder, waiting)
        ]
        folders.sort(key=lambda folder: folder.listing.used_at)
        return folders

    def _is_idle(self, folder: Node, waiting: set[InodeNumber]) -> bool:
        return not (
            folder.entry is None
            or folder.pinned
            or folder.handles
            or folder.relocated
            or folder.listing.touched
            or folder.number in waiting
            or self._tree.by_id(folder.entry.id) is not folder
            or self._listings.is_in_use(folder)
            or self._keeps(folder)
        )

    def _thin(self, folder: Node, waiting: set[InodeNumber]) -> int:
        """Drop the children that nobody knows; how many."""
        nodes = [
            node
            for node in folder.children.values()
            if not node.lookups and self._is_spare(node, waiting)
        ]
        self._register.keep(node for node in nodes if node.attributes is not None)
        self._tree.thin(folder, nodes)
        return len(nodes)

    def _ask(self, folder: Node, waiting: set[InodeNumber]) -> int:
        """Ask the kernel to forget the files that nobody else knows; how many."""
        names = [
            node.name
            for node in folder.children.values()
            if node.lookups and not node.is_folder and self._is_spare(node, waiting)
        ]
        if names:
            self._let_go(folder, names)
        return len(names)

    def _is_spare(self, node: Node, waiting: set[InodeNumber]) -> bool:
        """Whether all that there is to know of *node* is on disk, or will be."""
        if node.children or node.handles or node.pinned or node.aliases or node.relocated:
            return False
        if node.entry is None or node.number in waiting or self._keeps(node):
            return False
        return not node.is_folder or self._is_idle(node, waiting)
