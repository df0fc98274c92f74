"""Fetches small files before they are asked for, when they are read one after the other.

`grep -r`, `cp -r`, `tar c` and indexers read every file of a folder in the order of its listing,
and then those of the next folder. After a few such steps the files that follow are fetched
whole, several at a time, farther ahead with every step. When a program turns elsewhere,
fetching stops: at most what was under way is wasted.
"""

import logging
from collections.abc import Iterator
from itertools import islice

import trio

from cloudfs.content.contents import Contents
from cloudfs.errors import CloudError
from cloudfs.http.limits import priority
from cloudfs.journal.journal import Journal
from cloudfs.model import Entry, Priority
from cloudfs.tree.nodes import Node

log = logging.getLogger(__name__)

SMALL = 512 * 1024  # bytes up to which a file is fetched whole
BEGINNING = 128 * 1024  # of a larger file
CERTAIN_AFTER = 2  # steps in listing order that make a pattern
SKIPPED = 3  # files that a program may leave out without leaving the pattern
NEAREST, FARTHEST = 4, 64  # files ahead
MOST_BYTES = 16 << 20  # under way at once


class Siblings:
    """Watches files being read."""

    def __init__(self, contents: Contents, journal: Journal, nursery: trio.Nursery) -> None:
        self._contents = contents
        self._journal = journal
        self._nursery = nursery

        # Changing. `_asked` are files that were fetched for the present pattern.
        self._last: Node | None = None
        self._steps = 0
        self._ahead = 0
        self._asked: set[Node] = set()
        self._bytes = 0
        self._fetching: set[trio.CancelScope] = set()

    def reading(self, node: Node) -> None:
        """A program begins to read *node* from its start."""
        last, self._last = self._last, node
        if last is node or last is None:
            return
        if node in set(islice(following_files(last), SKIPPED)):
            self._steps += 1
        else:
            self._break_off()
            return
        if self._steps < CERTAIN_AFTER:
            return
        self._asked.discard(node)
        self._ahead = min(max(NEAREST, self._ahead * 2), FARTHEST)
        self._fetch_ahead(node)

    def _break_off(self) -> None:
        self._steps = self._ahead = 0
        self._asked.clear()
        for scope in self._fetching:
            scope.cancel()

    def _fetch_ahead(self, node: Node) -> None:
        for follower in islice(following_files(node), self._ahead):
            entry = follower.entry
            if entry is None or not entry.size or follower in self._asked:
                continue
            if self._journal.draft(follower) is not None:
                continue
            wanted = entry.size if entry.size <= SMALL else BEGINNING
            if self._bytes + wanted > MOST_BYTES:
                return
            self._asked.add(follower)
            if self._contents.is_cached(follower.number, entry, wanted):
                continue
            self._bytes += wanted
            self._nursery.start_soon(self._fetch, follower, entry, wanted)

    async def _fetch(self, node: Node, entry: Entry, wanted: int) -> None:
        scope = trio.CancelScope()
        self._fetching.add(scope)
        try:
            with scope, priority(Priority.PREFETCH):
                content = self._contents.base(node.number, entry)
                try:
                    await content.read(0, wanted)
                finally:
                    content.close()
        except CloudError as error:
            log.debug("fetching ahead: %s", error)  # whoever reads it will see it
        finally:
            self._fetching.discard(scope)
            self._bytes -= wanted


def following_files(node: Node) -> Iterator[Node]:
    """The files that come after *node* in the order in which programs walk through a tree."""
    while node.parent is not None:
        for sibling in node.parent.after(node):
            yield from _files(sibling)
            if sibling.is_folder and not sibling.listing.complete:
                return  # what comes next is not known
        node = node.parent


def _files(node: Node) -> Iterator[Node]:
    if not node.is_folder:
        yield node
        return
    for child in node.in_order():
        yield from _files(child)
