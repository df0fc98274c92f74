"""Keeps the changes made here, while programs work.

Every method that changes the tree does so at once, before its first await, and returns when
the record is safe from the death of this process. The order of records is the order of calls.

Nothing here talks to the service; `committer` does, and reports with `settled`.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import trio

from cloudfs.content.drafts import Base, Draft
from cloudfs.database import Database, Job
from cloudfs.journal.bursts import Bursts
from cloudfs.journal.changes import Change, Failure, Sent, change_record
from cloudfs.journal.order import Order
from cloudfs.journal.transfers import TRANSFERS, forget_transfers, transfer_of
from cloudfs.model import Entry, EntryId, InodeNumber, Kind, Transfer, Version
from cloudfs.providers.base import Capabilities, IdKind
from cloudfs.tree.names import Names
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Register

SCHEMA = f"""
CREATE TABLE changes (number INTEGER PRIMARY KEY, record TEXT NOT NULL);
{TRANSFERS};
CREATE TABLE conflicts (at REAL, path TEXT, copy TEXT)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """For how long changes are held back, in seconds: what is undone soon costs nothing."""

    hold_back: float = 1.0
    temporary: float = 5.0  # for names by which programs call what they will remove again
    longest: float = 10.0  # however often something is changed


class Journal:
    """The changes of one drive."""

    def __init__(
        self,
        database: Database,
        tree: Tree,
        *,
        names: Names,
        register: Register,
        drafts: Path,
        open_base: Callable[[InodeNumber, Entry], Base],
        patience: Patience,
        capabilities: Capabilities,
        renamed_version: Callable[[InodeNumber, Version, Version], None],
    ) -> None:
        self._database = database
        self._tree = tree
        self._names = names
        self._register = register
        self.drafts_folder = drafts
        self.open_base = open_base
        self._patience = patience
        self._capabilities = capabilities
        self.renamed_version = renamed_version  # told when the same bytes get another version

        # Changing. `poke` is called for every change that may have become ready. A draft is in
        # `_open_drafts` as long as it is to be uploaded, or a handle reads or writes it.
        self.poke: Callable[[Change], None] = lambda _: None
        self._stirred = trio.Event()  # set, and made anew, whenever a step is over
        self.changes: dict[InodeNumber, Change] = {}
        self.order = Order(
            tree,
            names,
            self.changes,
            keeps_versions=capabilities.keeps_versions,
            by_path=capabilities.ids is IdKind.PATH,
        )
        self.bursts = Bursts()
        self.removed_at = 0.0  # trio's clock: when a program last removed something
        self._open_drafts: dict[InodeNumber, Draft] = {}
        self._unsynced: set[Draft] = set()
        self._soft = False  # something is recorded that a power failure would take away

    # Looking ----------------------------------------------------------------------------------

    def draft(self, node: Node) -> Draft | None:
        """What was written to the file here, unless the service has it and nobody reads it."""
        return self._open_drafts.get(node.number)

    def is_dirty(self, node: Node) -> bool:
        """Whether the draft says something that the service does not have."""
        draft = self._open_drafts.get(node.number)
        change = self.changes.get(node.number)
        return draft is not None and (draft.unsealed or (change is not None and change.content))

    def change(self, node: Node) -> Change | None:
        """What waits to be done about the node."""
        return self.changes.get(node.number)

    def mentioned(self) -> set[InodeNumber]:
        """The nodes that the changes and drafts speak of, and the folders they are or were in."""
        found = set(self._open_drafts)
        for change in self.changes.values():
            places = (change.origin, change.heading)
            found.update((change.number, change.parent, *(place[0] for place in places if place)))
        return found

    @property
    def waiting(self) -> list[Change]:
        """What is to be carried out, without what the service refused."""
        return [change for change in self.changes.values() if change.failure is None]

    @property
    def refused(self) -> list[Change]:
        """What the service will not take."""
        return [change for change in self.changes.values() if change.failure is not None]

    # Made by programs -------------------------------------------------------------------------

    async def make_folder(self, parent: Node, name: str) -> Node:
        """A new folder. The name must be free, and one that the service can store."""
        node = Node(self._register.new_number(), Kind.FOLDER)
        node.listing.complete = True
        self._enter(node, parent, name)
        await self._record(self._changed(node))
        return node

    def make_file(self, parent: Node, name: str, *, is_symlink: bool = False) -> Node:
        """A new file, with an empty draft; it is recorded when that is sealed."""
        node = Node(self._register.new_number(), Kind.FILE)
        node.is_symlink = is_symlink
        self._enter(node, parent, name)
        self._open_drafts[node.number] = self._new_draft(node, None)
        return node

    def begin_draft(self, node: Node) -> Draft:
        """The draft of a file that is about to be written."""
        draft = self._open_drafts.get(node.number)
        if draft is None:
            assert node.entry is not None
            draft = self._new_draft(node, self.open_base(node.number, node.entry))
            self._open_drafts[node.number] = draft
        return draft

    async def seal(self, node: Node) -> None:
        """Acknowledge what was written to the file: from now on it survives a crash."""
        draft = self._open_drafts.get(node.number)
        if draft is None or not draft.unsealed:
            return
        await draft.seal()
        self._unsynced.add(draft)
        if node.parent is None:
            return  # it has no name any more: it lives until its last handle is closed
        change = self._changed(node)
        change.content = True
        change.times = None
        await self._record(change)
        if await draft.compact():
            await self._record(change)

    async def move(self, node: Node, folder: Node, name: str, replacing: Node | None) -> None:
        """Give *node* another place; *replacing*, the node that is there, loses its name."""
        changes = [] if replacing is None else self._leave(replacing, gives_way_to=node)
        old_folder, old_name = node.parent, node.name
        assert old_folder is not None
        if node.entry is not None:
            self._changed(node)  # notes where the service has it
        self._tree.place(node, folder, name)
        self._tree.touch(old_folder, old_name)
        self._tree.touch(folder, name)
        self._register.keep([node])
        if node.number in self.changes:
            changes.append(self._changed(node))
        await self._record(*changes)

    async def remove(self, node: Node) -> None:
        """Take a node away: a file, or a folder that has no children here."""
        await self._record(*self._leave(node))

    async def set_modified(self, node: Node, modified_ns: int) -> None:
        """The file was given another modification time."""
        draft = self._open_drafts.get(node.number)
        change = self.changes.get(node.number)
        if draft is not None and self.is_dirty(node):
            draft.dated(modified_ns)
            if change is not None and change.content:
                await self._record(change)
        elif self._capabilities.set_modified and node.entry is not None and not node.is_folder:
            change = self._changed(node)
            change.times = modified_ns
            await self._record(change)

    async def harden(self) -> None:
        """Make everything that was acknowledged survive a power failure."""
        drafts, self._unsynced = self._unsynced, set()
        if not (drafts or self._soft):
            return
        self._soft = False
        try:
            for draft in drafts:
                await draft.sync()
            await self._database.harden()
        except BaseException:
            self._unsynced |= drafts
            self._soft = True
            raise

    async def harden_file(self, node: Node) -> None:
        """The same for what was acknowledged of one file."""
        draft = self._open_drafts.get(node.number)
        if draft is not None:
            await draft.sync()
        await self._database.harden()

    def take_up(self, node: Node, draft: Draft) -> None:
        """The draft that an earlier process left."""
        self._open_drafts[node.number] = draft

    def closed(self, node: Node) -> None:
        """The last handle of a file is gone: a draft that nothing waits for may go."""
        change = self.changes.get(node.number)
        if change is None or not change.content:
            self._end_draft(node.number)
        if change is not None:
            self.poke(change)

    async def settle_down(self, node: Node, seen: Entry | None) -> bool:
        """Whether a failure to read *node* may have come from what is being done about it.

        Then the steps that are under way for the node, or a folder above it, are over when
        this returns, and it is worth another try. *seen* is the entry that was read.
        """
        waited = False
        while self.order.is_stirred(node):
            waited = True
            await self._stirred.wait()
        return waited or (seen is not None and node.entry is not None and node.entry != seen)

    async def idle(self, change: Change) -> None:
        """Wait until nothing is under way for *change*."""
        while change.running:
            await self._stirred.wait()

    def step_over(self) -> None:
        """The committer has ended a step."""
        self._stirred.set()
        self._stirred = trio.Event()

    # Reported by the committer ------------------------------------------------------------------

    async def attempting(
        self, change: Change, heading: tuple[InodeNumber, str], sent: Sent | None = None
    ) -> None:
        """A request is about to be made, and may be carried out without our hearing of it.

        *heading* is where it puts the node, in terms of here.
        """
        change.heading = heading
        change.sent = sent
        await self._record(change)

    def settled(self, change: Change) -> None:
        """It is known what became of the request."""
        change.heading = None
        change.sent = None
        self.order.note(change)

    def progressed(
        self,
        change: Change,
        base: Entry | None,
        origin: tuple[InodeNumber, str] | None,
        *,
        same_content: bool = False,
    ) -> None:
        """The service has *base* of the node now, at what is the place *origin* here.

        *same_content*: the bytes are those of the former base, even if the version is not.
        """
        before = change.base
        change.heading = None
        change.sent = None
        change.failure = None
        change.attempts = 0
        change.base = base
        change.origin = origin
        node = self._tree.known(change.number)
        if change.removed:
            if before is not None:
                self._tree.departed.discard(before.id)
            if base is not None:
                self._tree.departed.add(base.id)
        elif node is not None and node.parent is not None:
            if before is None or base is None or not same_content:
                node.aliases = frozenset()
            elif before.version != base.version:
                node.renamed_version(before.version, base.version)
                self.renamed_version(node.number, before.version, base.version)
            self._tree.identify(node, base)
            self._register.keep([node])
            if before is not None and base is not None and before.id != base.id:
                self._rebase(node, before.id, base.id)
        self.order.note(change)

    async def finish(self, change: Change) -> None:
        """Record what is left of a change, or that nothing is."""
        if self.changes.get(change.number) is not change:
            return  # it was dissolved
        if change.pending:
            await self._record(change)
            return
        self._strike(change)
        number = change.number
        node = self._tree.known(number)
        draft = None
        if node is None or not node.handles:
            draft = self._take_draft(number)
        await self._database.write(lambda connection: _delete(connection, [number]))
        if draft is not None:
            draft.discard()

    def uploaded(self, change: Change, generation: int, base: Entry) -> None:
        """The service has everything of the draft up to *generation*, as the content of *base*."""
        draft = change.draft
        if draft is None:
            return
        if draft.generation == generation:
            change.content = False
        draft.rebase(self.open_base(change.number, base))
        node = self._tree.known(change.number)
        if node is not None:
            node.pages = base.version

    async def dissolve(self, changes: Iterable[Change]) -> None:
        """These changes need nothing of their own any more: another one took care of them."""
        gone = list(changes)
        for change in gone:
            self._strike(change)
            if change.base is not None and change.removed:
                self._tree.departed.discard(change.base.id)
        numbers = [change.number for change in gone]
        await self._database.write(lambda connection: _delete(connection, numbers))

    async def withdraw(self, change: Change) -> None:
        """A removal is not to be: the entry stays, and programs see it again."""
        await self.dissolve([change])

    async def lose(self, node: Node) -> None:
        """The service has lost a node about which nothing but its place was changed here."""
        change = self.changes.get(node.number)
        self._tree.unlink(node)
        self._register.drop([below.number for below in node.tree()])
        if change is not None:
            await self.dissolve([change])

    async def conflicted(self, path: str, copy: str) -> None:
        """Both sides changed *path*: the other side's content is at *copy* now."""
        now = time.time()
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT INTO conflicts VALUES (?, ?, ?)", (now, path, copy)
            )
        )

    async def conflicts(self) -> list[tuple[float, str, str]]:
        """What was conflicted so far: (Unix time, path, path of the copy)."""

        def work(connection: sqlite3.Connection) -> list[tuple[float, str, str]]:
            return list(connection.execute("SELECT at, path, copy FROM conflicts ORDER BY at"))

        return await self._database.write(work)

    async def transfer(self, change: Change) -> Transfer:
        """The course of the change's upload, going on where an earlier one was left."""
        return await transfer_of(self._database, change.number)

    async def refuse(self, change: Change, failure: Failure) -> None:
        """The service will not take the change: keep it, and show it."""
        change.heading = change.sent = None
        change.failure = failure
        await self._record(change)

    async def retry(self) -> int:
        """Try again what was refused; how many changes that is."""
        refused = self.refused
        for change in refused:
            change.failure = None
            change.attempts = 0
            change.not_before = 0.0
        await self._record(*refused)
        return len(refused)

    def orphaned(self, folder: Node) -> None:
        """The service has lost a folder in which changes wait: it will be made anew."""
        for node in list(folder.tree()):
            if node is not folder and not any(below.pinned for below in node.tree()):
                self._tree.unlink(node)
                continue
            change = self._changed(node)
            change.base = change.origin = None
            self._tree.identify(node, None)
            node.listing.complete = True
            self._enqueue(change)

    # Inside -------------------------------------------------------------------------------------

    def _enter(self, node: Node, parent: Node, name: str) -> None:
        node.changed = True
        self._tree.add(node, parent, name)
        self._tree.touch(parent, name)
        self._register.keep([node])

    def _leave(self, node: Node, gives_way_to: Node | None = None) -> list[Change]:
        """Unlink *node*; the changes to record for that."""
        parent, name = node.parent, node.name
        assert parent is not None
        if node.entry is not None:
            self._changed(node)
            self._tree.departed.add(node.entry.id)
        change = self.changes.get(node.number)
        if change is not None:
            change.removed = True
            change.listed_at = node.listing.read_at if node.listing.complete else None
            change.content = False
            change.times = None
            change.gives_way_to = gives_way_to.number if gives_way_to is not None else None
            change.failure = None
        handles = node.handles
        self._tree.unlink(node)
        self._tree.touch(parent, name)
        self._register.drop([node.number])
        if not handles:
            self._end_draft(node.number)
        self.removed_at = trio.current_time()
        return [] if change is None else [change]

    def _new_draft(self, node: Node, base: Base | None) -> Draft:
        """A draft whose files no earlier draft of the file has had."""
        name = f"{node.number:x}-{secrets.token_hex(4)}"
        return Draft(self.drafts_folder, name, base=base, modified_ns=time.time_ns())

    def _changed(self, node: Node) -> Change:
        """The change of a node, brought up to where the node is now."""
        assert node.parent is not None
        place = (node.parent.number, node.name)
        change = self.changes.get(node.number)
        if change is None:
            change = Change(
                number=node.number,
                kind=node.kind,
                parent=place[0],
                name=place[1],
                is_symlink=node.is_symlink,
                base=node.entry,
                origin=place if node.entry is not None else None,
                since=trio.current_time(),
            )
            self.changes[node.number] = change
        change.parent, change.name = place
        change.failure = None
        change.draft = self._open_drafts.get(node.number)
        node.changed = True
        self.bursts.note()
        self._hold_back(change)
        return change

    def _hold_back(self, change: Change) -> None:
        """Let programs make up their minds, but not for ever."""
        temporary = self._names.is_temporary(change.name)
        hold = self._patience.temporary if temporary else self._patience.hold_back
        latest = change.since + self._patience.longest
        change.not_before = min(trio.current_time() + hold, max(latest, change.not_before))

    def _rebase(self, node: Node, old: EntryId, new: EntryId) -> None:
        """A folder's path on the service changed: what is below it has other ids now."""
        if self._capabilities.ids is not IdKind.PATH or not node.is_folder:
            return
        self._tree.rebase(node, old)
        self._register.rebase(old, new)
        below = old + "/"
        for change in self.changes.values():
            base = change.base
            if base is None or not base.id.startswith(below):
                continue
            if change.removed:
                self._tree.departed.discard(base.id)
            moved_id = EntryId(new + base.id[len(old) :])
            parent_id = base.parent_id and EntryId(new + base.parent_id[len(old) :])
            change.base = replace(base, id=moved_id, parent_id=parent_id)
            if change.removed:
                self._tree.departed.add(moved_id)
            self._enqueue(change)

    def _strike(self, change: Change) -> None:
        self.order.forget(change)
        self.changes.pop(change.number, None)
        self.poke(change)
        node = self._tree.known(change.number)
        if node is not None:
            node.changed = False

    def _end_draft(self, number: InodeNumber) -> None:
        draft = self._take_draft(number)
        if draft is not None:
            draft.discard()

    def _take_draft(self, number: InodeNumber) -> Draft | None:
        """The draft, which is not the file's content any more; its files are still there."""
        draft = self._open_drafts.pop(number, None)
        change = self.changes.get(number)
        if draft is not None:
            self._unsynced.discard(draft)
        if change is not None:
            change.draft = None
        return draft

    async def _record(self, *changes: Change) -> None:
        """Write down *changes*; those that need nothing are struck out."""
        jobs = [self._enqueue(change) for change in changes]
        self._soft = True
        for job in jobs:
            await job.done.wait()
            if job.error is not None:
                raise job.error
        for change in changes:
            if change.draft is not None:
                change.draft.recorded()

    def _enqueue(self, change: Change) -> Job[Any]:
        number = change.number
        if not change.pending and not change.running:
            self._strike(change)
            return self._database.enqueue(lambda connection: _delete(connection, [number]))
        self.order.note(change)
        self.poke(change)
        record = change_record(change)
        return self._database.enqueue(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO changes VALUES (?, ?)", (number, record)
            )
        )


def _delete(connection: sqlite3.Connection, numbers: list[InodeNumber]) -> None:
    rows = [(number,) for number in numbers]
    connection.executemany("DELETE FROM changes WHERE number = ?", rows)
    forget_transfers(connection, numbers)
