"""Where it is not clear what the service has: lost answers, and two sides that changed one thing.

Nothing is ever repeated on a guess, and nothing of either side is lost. A request whose answer
was lost is looked up before it is made again. When both sides changed a file, the one that was
saved here keeps its name, and the other becomes ``name (conflict DATE HOST).ext`` beside it.
"""

import logging
import time
from dataclasses import dataclass

from cloudfs.errors import AlreadyExists, NotFound
from cloudfs.journal.changes import Change, Sent
from cloudfs.journal.journal import Journal
from cloudfs.model import Entry, EntryId, InodeNumber, Kind
from cloudfs.providers.base import IdKind, Provider
from cloudfs.tree.listings import Listings
from cloudfs.tree.names import Names, conflict_name
from cloudfs.tree.nodes import Node, Tree

log = logging.getLogger(__name__)

CLOCKS_DIFFER = 300.0  # seconds by which a service's clock may be behind ours
MOST_NAMES = 20


class Again(Exception):
    """The change is another one now; it can be carried out at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """Finds out, and decides."""

    journal: Journal
    provider: Provider
    tree: Tree
    names: Names
    listings: Listings
    host: str

    # Lost answers -----------------------------------------------------------------------------

    async def settle(self, change: Change) -> None:
        """Find out what became of an attempt that was not answered, and note it."""
        if change.base is None:
            await self._settle_creation(change)
        elif change.content and change.sent is not None:
            await self._settle_replacement(change, change.base)
        elif change.heading != change.origin:
            await self._settle_move(change, change.base)
        self.journal.settled(change)

    async def _settle_creation(self, change: Change) -> None:
        assert change.heading is not None
        number, name = change.heading
        parent = self.tree.known(number)
        if parent is None or parent.entry is None:
            return
        stored = self.names.stored(name, is_symlink=change.is_symlink)
        try:
            entry = await self.provider.find(parent.entry.id, stored)
        except NotFound:
            return
        if entry.kind is not change.kind:
            return
        if change.kind is Kind.FILE and not _is_ours(entry, change):
            return
        if entry.is_folder and (node := self.tree.known(change.number)) is not None:
            node.listing.complete = False
        self._arrived(change, entry, (number, name))

    async def _settle_replacement(self, change: Change, base: Entry) -> None:
        try:
            entry = await self.provider.stat(base.id)
        except NotFound:
            return
        if entry.version != base.version and _is_ours(entry, change):
            self._arrived(change, entry, change.origin)

    def _arrived(
        self, change: Change, entry: Entry, origin: tuple[InodeNumber, str] | None
    ) -> None:
        log.info("%s had arrived although nobody said so", change.name)
        if change.sent is not None:
            self.journal.uploaded(change, change.sent.generation, entry)
        self.journal.progressed(change, entry, origin)

    async def _settle_move(self, change: Change, base: Entry) -> None:
        assert change.heading is not None
        number, name = change.heading
        parent = self.tree.known(number)
        if parent is None or parent.entry is None:
            return
        stored = self.names.stored(name, is_symlink=change.is_symlink)
        try:
            entry = await self.provider.stat(base.id)
            moved = (entry.parent_id, entry.name) == (parent.entry.id, stored)
        except NotFound:
            if self.provider.capabilities.ids is not IdKind.PATH:
                return
            try:
                entry = await self.provider.find(parent.entry.id, stored)
            except NotFound:
                return
            moved = (entry.kind, entry.size) == (base.kind, base.size)
        if moved:
            self.journal.progressed(change, entry, (number, name))

    # Two sides ----------------------------------------------------------------------------------

    async def folder_exists(self, change: Change, parent_id: EntryId, name: str) -> Entry:
        """Somebody else made a folder of this name: it is one folder, with what both put in.

        A file of theirs that is in the way goes aside (raises Again).
        """
        entry = await self.provider.find(parent_id, name)
        if not entry.is_folder:
            await self._put_aside(change, entry, parent_id)
            raise Again
        node = self.tree.known(change.number)
        if node is not None:
            node.listing.complete = False
        return entry

    async def name_taken(self, change: Change, parent_id: EntryId, name: str, sent: Sent) -> Entry:
        """Somebody else made something of this name: returns it if it has our content.

        Otherwise theirs goes aside (raises Again).
        """
        try:
            entry = await self.provider.find(parent_id, name)
        except NotFound:
            raise Again from None
        if _has_content(entry, sent):
            return entry
        await self._put_aside(change, entry, parent_id)
        raise Again

    async def file_moved_on(
        self,
        change: Change,
        parent: Node,
        target: Entry | None,
        sent: Sent,
        replaced: Change | None,
    ) -> Entry:
        """The file that was to get new content is not what it was: returns it if it has ours.

        Gone: the content becomes a new file. Changed: theirs is kept beside it. Both raise
        Again.
        """
        if target is None:
            await self.parent_lost(parent)
            raise Again
        try:
            entry = await self.provider.stat(target.id)
        except NotFound:
            if replaced is not None:
                await self.journal.dissolve([replaced])
            else:
                self.journal.progressed(change, None, None)
            if parent.entry is not None:
                await self.parent_lost(parent)
            raise Again from None
        if _has_content(entry, sent):
            return entry
        if entry.version == target.version:
            raise Again
        if replaced is not None:  # theirs is newer than what was renamed over here
            self.journal.progressed(replaced, entry, replaced.origin)
        await self._keep_beside(change, entry, replaced)
        raise Again

    async def move_aside(self, change: Change, parent_id: EntryId, name: str) -> None:
        """Somebody else's entry has the name that a moved one is to get: theirs goes aside."""
        try:
            entry = await self.provider.find(parent_id, name)
        except NotFound:
            return
        await self._put_aside(change, entry, parent_id)

    async def parent_lost(self, parent: Node) -> None:
        """Raise Again if the service really has lost the folder: it is then made anew."""
        if parent.entry is None:
            raise Again
        try:
            await self.provider.stat(parent.entry.id)
        except NotFound:
            if parent is self.tree.root:
                raise
            log.info("%s is gone from the service and is made anew", parent.path())
            self.journal.orphaned(parent)
            raise Again from None

    async def source_lost(self, change: Change, parent: Node) -> None:
        """What was moved here is gone there: then it is gone, but for what was made in it."""
        await self.parent_lost(parent)
        assert change.base is not None
        try:
            await self.provider.stat(change.base.id)
        except NotFound:
            node = self.tree.known(change.number)
            if node is None:
                return
            if node.is_folder and any(b.pinned for b in node.tree() if b is not node):
                self.journal.orphaned(node)
            elif change.content:
                self.journal.progressed(change, None, None)
            else:
                log.info("%s was removed on the service while it was moved here", node.path())
                await self.journal.lose(node)
            raise Again from None

    async def _keep_beside(self, change: Change, theirs: Entry, replaced: Change | None) -> None:
        """Save their content under a conflict name, so that ours may go over it."""
        parent_id = theirs.parent_id
        assert parent_id is not None
        if not self.provider.capabilities.copy:
            await self._put_aside(change, theirs, parent_id)
            if replaced is not None:
                await self.journal.dissolve([replaced])
            else:
                self.journal.progressed(change, None, None)
            return
        for attempt in range(1, MOST_NAMES):
            name = self._conflict_name(theirs, attempt)
            try:
                await self.provider.copy(theirs, parent_id, name)
            except AlreadyExists:
                continue
            await self._tell(change, name)
            if replaced is None:
                self.journal.progressed(change, theirs, change.origin)
            return
        raise AlreadyExists(f"too many conflicts of {theirs.name}")

    async def _put_aside(self, change: Change, theirs: Entry, parent_id: EntryId) -> None:
        for attempt in range(1, MOST_NAMES):
            name = self._conflict_name(theirs, attempt)
            try:
                await self.provider.move(theirs, parent_id, name)
            except AlreadyExists:
                continue
            except NotFound:
                return
            await self._tell(change, name)
            return
        raise AlreadyExists(f"too many conflicts of {theirs.name}")

    def _conflict_name(self, theirs: Entry, attempt: int) -> str:
        when = time.strftime("%Y-%m-%d %H%M%S", time.gmtime((theirs.modified_ns or 0) // 10**9))
        if not theirs.modified_ns:
            when = time.strftime("%Y-%m-%d %H%M%S", time.gmtime())
        return conflict_name(theirs.name, when, self.host, attempt)

    async def _tell(self, change: Change, copy: str) -> None:
        folder = self.tree.known(change.parent)
        where = folder.path().rstrip("/") if folder is not None else ""
        log.warning(
            "%s/%s was changed on both sides; theirs is kept as %r", where, change.name, copy
        )
        await self.journal.conflicted(f"{where}/{change.name}", f"{where}/{copy}")
        if folder is not None:
            self.listings.expire(folder)


def _has_content(entry: Entry, sent: Sent) -> bool:
    """Whether an entry surely has the bytes that were sent."""
    return (
        not entry.is_folder
        and entry.size == sent.size
        and entry.checksum is not None
        and str(entry.checksum) == sent.checksum
    )


def _is_ours(entry: Entry, change: Change) -> bool:
    """Whether an entry is what our unanswered upload has made.

    Without a checksum to go by, it is if it has our size and is not older than the attempt.
    """
    sent = change.sent
    if sent is None or entry.is_folder or entry.size != sent.size:
        return False
    if entry.checksum is not None and sent.checksum is not None:
        return str(entry.checksum) == sent.checksum
    oldest = (change.began - CLOCKS_DIFFER) * 1e9
    return entry.modified_ns is None or entry.modified_ns >= oldest
