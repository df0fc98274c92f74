"""Lists ahead of a program that walks through the tree.

`ls -R`, find, grep -r, rsync and file managers that count what is in each folder open one folder
after the other, each as soon as they have seen the one above or before it. A person does not:
so a folder that is opened within a moment of the one it was found in, or right after the one
before it, is part of a walk, and its neighbours and what is below it are listed before they are
asked for. Nothing is listed ahead of somebody who looks into single folders.

A walk through folders that are known already shall cost next to nothing: looking ahead ends
after some folders, and if none of them is missing, the next steps do not look at all.
"""

from collections.abc import Iterator
from itertools import islice

import trio

from cloudfs.errors import CloudError
from cloudfs.http.limits import priority
from cloudfs.model import Priority
from cloudfs.tree.listings import Listings
from cloudfs.tree.nodes import Node

MOMENT = 0.3  # seconds between the end of a listing and the next step of a walk
FARTHEST = 64  # folders listed ahead and not opened yet
AT_ONCE = 24
FARTHEST_LOOK = 128  # folders that are looked at in search of those to list
STRIDE = 32  # steps of a walk without a look, after one that found nothing to list


class Walks:
    """Watches folders being opened."""

    def __init__(self, listings: Listings, nursery: trio.Nursery) -> None:
        self._listings = listings
        self._nursery = nursery

        # Changing. `_ahead` are folders that were listed, or are being listed, for a walk that
        # has not come to them yet.
        self._told_at: dict[Node, float] = {}  # when a folder's listing was given to a program
        self._last: Node | None = None
        self._ahead: set[Node] = set()
        self._running = 0
        self._rest = 0  # steps that need no look

    def told(self, folder: Node) -> None:
        """A program has been told what is in *folder*."""
        self._told_at[folder] = trio.current_time()
        if len(self._told_at) > 1000:
            self._told_at = dict(list(self._told_at.items())[-500:])

    def opened(self, folder: Node) -> None:
        """A program opens *folder*: list ahead if that is a step of a walk."""
        walking = self._is_step(folder)
        self._last = folder
        self._ahead.discard(folder)
        if not walking:
            self._ahead.clear()
            self._rest = 0
        elif self._rest and not self._listings.is_missing(folder):
            self._rest -= 1
        else:
            self._list_ahead(folder)

    def _is_step(self, folder: Node) -> bool:
        now = trio.current_time()
        if folder in self._ahead:
            return True
        parent = folder.parent
        if parent is not None and now - self._told_at.get(parent, float("-inf")) < MOMENT:
            return True
        last = self._last
        if last is None or last is folder or now - self._told_at.get(last, float("-inf")) > MOMENT:
            return False
        return last.parent is parent

    def _list_ahead(self, last: Node) -> None:
        """List what is missing of the folders that a walk comes to after *last*."""
        self._rest = 0
        found = False
        for folder in islice(following_folders(last), FARTHEST_LOOK):
            if len(self._ahead) >= FARTHEST or self._running >= AT_ONCE:
                return
            if not self._listings.is_missing(folder):
                continue
            found = True
            if folder not in self._ahead:
                self._ahead.add(folder)
                self._running += 1
                self._nursery.start_soon(self._list, folder)
        if not found:
            self._rest = STRIDE

    async def _list(self, folder: Node) -> None:
        try:
            with priority(Priority.PREFETCH):
                await self._listings.ensure(folder)
        except CloudError:
            pass  # whoever comes here will see it
        finally:
            self._running -= 1
        if folder in self._ahead and self._last is not None:
            self._list_ahead(self._last)


def following_folders(folder: Node) -> Iterator[Node]:
    """The folders that a walk comes to after *folder*, in its order, as far as they are known."""
    yield from _below(folder)
    node = folder
    while node.parent is not None:
        for sibling in node.parent.folders_after(node):
            yield sibling
            yield from _below(sibling)
        node = node.parent


def _below(folder: Node) -> Iterator[Node]:
    for child in folder.folders_in_order():
        yield child
        yield from _below(child)
