"""One step of one change, on the service.

A step is one verb of the provider, with what has to be looked at before, and what the answer
means. It ends with `Journal.progressed`, or raises: `Again` when the change is another one now
and can go on at once, and any CloudError for the committer to judge.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import trio

from cloudfs.content.drafts import BaseLost, Snapshot
from cloudfs.errors import AlreadyExists, BadReply, Changed, NotEmpty, NotFound, Unsupported
from cloudfs.journal.changes import Change, Sent
from cloudfs.journal.journal import Journal
from cloudfs.journal.settling import Again, Settling
from cloudfs.model import Content, Entry, EntryId, InodeNumber, Kind
from cloudfs.providers.base import Provider, Verb
from cloudfs.tree.listings import Listings
from cloudfs.tree.metadata import Metadata
from cloudfs.tree.names import Names
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Register

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Carries out steps, for the committer."""

    journal: Journal
    provider: Provider
    tree: Tree
    names: Names
    register: Register
    metadata: Metadata
    listings: Listings
    settling: Settling
    permanently: bool  # removed files do not go to the service's bin
    adopt: Callable[[InodeNumber, Entry, Content], Awaitable[None]]  # see `Contents.adopt`

    async def carry_out(self, change: Change) -> None:
        """Do what comes next for *change*."""
        if change.attempted:
            await self.settling.settle(change)
            await self.journal.finish(change)
            raise Again
        if change.removed:
            await self._remove(change)
        elif change.base is None and change.kind is Kind.FOLDER:
            await self._create_folder(change)
        elif change.base is None or change.content:
            await self._upload(change)
        elif change.moved:
            await self._move(change, change.name)
        elif change.times is not None:
            await self._set_modified(change)
        await self.journal.finish(change)

    def is_read(self, change: Change) -> bool:
        """Whether programs still have the removed file open."""
        node = self.tree.known(change.number)
        return node is not None and not node.is_folder and node.handles > 0

    async def step_aside(self, change: Change) -> None:
        """Give an entry a name of its own, to end a circle of names that wait for each other."""
        await self._move(change, f".cloudfs-{change.number:x}")

    # The steps --------------------------------------------------------------------------------

    async def _create_folder(self, change: Change) -> None:
        parent, parent_id = self._parent(change)
        origin = (change.parent, change.name)
        name = self.names.stored(change.name)
        await self.journal.attempting(change, origin)
        try:
            entry = await self.provider.create_folder(parent_id, name)
        except AlreadyExists:
            entry = await self.settling.folder_exists(change, parent_id, name)
        except NotFound:
            await self.settling.parent_lost(parent)
            raise
        else:
            self.metadata.save(entry.id, (), None)
            if (node := self.tree.known(change.number)) is not None:
                node.listing.read_at = trio.current_time()  # what is in it, we put there
        self.journal.progressed(change, entry, origin)
        self._noted(parent, origin[1], entry)

    async def _upload(self, change: Change) -> None:
        draft = change.draft
        assert draft is not None, change
        parent, parent_id = self._parent(change)
        origin, name = (change.parent, change.name), change.name
        replaced = None
        target = change.base
        if target is not None:
            assert change.origin is not None
            origin, stored = change.origin, target.name
            parent_id = target.parent_id or parent_id
        else:
            stored = self.names.stored(name, is_symlink=change.is_symlink)
            replaced = self.journal.order.replaced_by(change)
            target = replaced.base if replaced is not None else None
        snapshot = draft.snapshot()
        try:
            sent = Sent(snapshot.size, await self._checksum(snapshot), snapshot.generation)
            await self.journal.attempting(change, origin, sent)
            change.transfer = await self.journal.transfer(change)
            try:
                await self._look_before_upload(parent_id, stored, target)
                entry = await self.provider.upload(
                    parent_id,
                    stored,
                    snapshot,
                    replacing=target,
                    transfer=change.transfer,
                )
            except AlreadyExists:
                entry = await self.settling.name_taken(change, parent_id, stored, sent)
            except (Changed, NotFound):
                entry = await self.settling.file_moved_on(change, parent, target, sent, replaced)
            _verify(entry, sent)
            await self.adopt(change.number, entry, snapshot)
            self.journal.uploaded(change, snapshot.generation, entry)
        except BaseLost:
            await self._find_base(change, parent)
            raise
        finally:
            snapshot.release()
            change.transfer = None
        self.journal.progressed(change, entry, origin)
        if replaced is not None:
            await self.journal.dissolve([replaced])
        await self._keep_time(change, entry, snapshot.modified_ns)
        self._noted(self.tree.known(origin[0]), origin[1], entry)

    async def _find_base(self, change: Change, parent: Node) -> None:
        """Raise Again if what shows through a draft is still there, perhaps by another version."""
        if await self.journal.settle_down(parent, parent.entry):
            raise Again
        node, base, draft = self.tree.known(change.number), change.base, change.draft
        if node is None or base is None or draft is None or draft.base is None:
            return
        try:
            entry = await self.provider.stat(base.id)
        except NotFound:
            return
        known = draft.base.entry
        same = (entry.size, entry.modified_ns) == (known.size, known.modified_ns)
        if entry.version == known.version or (node.relocated and same):
            change.base = entry
            draft.rebase(self.journal.open_base(change.number, entry))
            raise Again

    async def _move(self, change: Change, name: str) -> None:
        base = change.base
        assert base is not None
        parent, parent_id = self._parent(change)
        if name != change.name:  # stepping aside, where it is
            assert change.origin is not None
            parent_id = base.parent_id or parent_id
            origin = (change.origin[0], name)
            stored, replaced = name, None
        else:
            origin = (change.parent, change.name)
            stored = self.names.stored(name, is_symlink=change.is_symlink)
            replaced = self.journal.order.replaced_by(change)
        await self.journal.attempting(change, origin)
        replacing = replaced.base if replaced is not None else None
        try:
            entry = await self.provider.move(base, parent_id, stored, replacing=replacing)
        except AlreadyExists:
            await self.settling.move_aside(change, parent_id, stored)
            raise Again from None
        except Changed:
            change.base = await self.provider.stat(base.id)
            raise Again from None
        except NotEmpty:
            assert replaced is not None
            await self.journal.withdraw(replaced)
            raise Again from None
        except NotFound:
            await self.settling.source_lost(change, parent)
            raise
        old = change.origin
        self.metadata.remove(base.id)
        if base.id != entry.id and entry.is_folder:
            self.metadata.rebase(base.id, entry.id)
        self.journal.progressed(change, entry, origin, same_content=True)
        if replaced is not None:
            await self.journal.dissolve([replaced])
        if old is not None and (folder := self.tree.known(old[0])) is not None:
            self.tree.touch(folder, old[1])
        self._noted(self.tree.known(origin[0]), origin[1], entry)

    async def _remove(self, change: Change) -> None:
        base = change.base
        if base is None:
            return  # it never came to be
        inside: list[Change] = []
        try:
            if change.kind is Kind.FOLDER:
                inside = await self._inside(change, top=True)
            elif Verb.REMOVE not in self.provider.capabilities.conditional:
                await self._check_version(base)
            await self.provider.remove(base, recursive=bool(inside), permanently=self.permanently)
        except NotFound:
            pass
        except (Changed, NotEmpty) as reason:
            await self._keep_after_all(change, str(reason))
            return
        self.metadata.remove(base.id)
        if change.origin is not None and (folder := self.tree.known(change.origin[0])) is not None:
            self.tree.touch(folder, change.origin[1])
        self.journal.progressed(change, None, None)
        await self.journal.dissolve(inside)

    async def _set_modified(self, change: Change) -> None:
        base, when = change.base, change.times
        assert base is not None
        assert when is not None
        same_content = True
        try:
            entry = await self.provider.set_modified(base, when)
        except Changed:
            entry = await self.provider.stat(base.id)  # somebody's newer content keeps its time
            same_content = False
        except Unsupported:
            entry = base  # this very server cannot: the time is kept here only
        if change.times == when:
            change.times = None
        self.journal.progressed(change, entry, change.origin, same_content=same_content)
        self.metadata.put(entry)

    # What the steps need ------------------------------------------------------------------------

    def _parent(self, change: Change) -> tuple[Node, EntryId]:
        parent = self.tree.node(change.parent)
        if parent.entry is None:
            raise Again  # it has just been lost, and is made anew first
        return parent, parent.entry.id

    async def _checksum(self, snapshot: Snapshot) -> str | None:
        algorithm = self.provider.capabilities.checksum
        return str(await snapshot.checksum(algorithm)) if algorithm is not None else None

    async def _look_before_upload(
        self, parent_id: EntryId, name: str, target: Entry | None
    ) -> None:
        """What a service that knows no conditions cannot refuse, refuse here."""
        conditional = self.provider.capabilities.conditional
        if target is None:
            if Verb.CREATE in conditional:
                return
            try:
                await self.provider.find(parent_id, name)
            except NotFound:
                return
            raise AlreadyExists(f"{name} exists on the service")
        if Verb.REPLACE in conditional:
            return
        await self._check_version(target)

    async def _check_version(self, entry: Entry) -> None:
        fresh = await self.provider.stat(entry.id)
        if fresh.version != entry.version:
            raise Changed(f"{entry.name} was changed on the service")

    async def _inside(self, folder: Change, *, top: bool) -> list[Change]:
        """The changes of all that is in a removed folder: it may go as a whole.

        Raises NotEmpty if the service has something in it that was not removed here. What was
        read a moment ago below the top is believed, where the service has a bin to get it
        back from.
        """
        base = folder.base
        assert base is not None
        known = self.journal.order.removed_in(base.id)
        if not known:
            return []  # then the service itself refuses if there is something
        fresh = (
            not top
            and self.provider.trash is not None
            and not self.permanently
            and folder.listed_at is not None
            and trio.current_time() - folder.listed_at < self.listings.lifetime
        )
        if not fresh:
            async with aclosing(self.provider.list_folder(base.id)) as pages:
                async for page in pages:
                    for entry in page.entries:
                        removed = known.get(entry.id)
                        if removed is None or not _same(removed, entry):
                            raise NotEmpty(f"{base.name} has new content on the service")
        inside = list(known.values())
        for change in known.values():
            if change.kind is Kind.FOLDER:
                inside += await self._inside(change, top=False)
        return inside

    async def _keep_after_all(self, change: Change, reason: str) -> None:
        log.info("%s is not removed: %s", change.name, reason)
        if change.base is not None:
            self.metadata.forget(change.base.id)
        await self.journal.withdraw(change)
        if change.origin is not None and (folder := self.tree.known(change.origin[0])) is not None:
            self.tree.touch(folder, change.origin[1])
            self.listings.expire(folder)

    async def _keep_time(self, change: Change, entry: Entry, modified_ns: int) -> None:
        """Remember the time that programs gave the content, if the service does not."""
        node = self.tree.known(change.number)
        if node is None or entry.modified_ns == modified_ns:
            return
        own = node.own()
        own.modified_ns = modified_ns
        own.modified_version = entry.version
        await self.register.keep_attributes(node)

    def _noted(self, folder: Node | None, name: str, entry: Entry) -> None:
        """Listings that are on their way know nothing of this yet."""
        if folder is not None:
            self.tree.touch(folder, name)
        self.metadata.put(entry)


def _same(removed: Change, entry: Entry) -> bool:
    base = removed.base
    return base is not None and (base.is_folder or base.version == entry.version)


def _verify(entry: Entry, sent: Sent) -> None:
    if entry.size != sent.size:
        raise BadReply(f"the service stored {entry.size} bytes of {entry.name}, not {sent.size}")
    if entry.checksum is None or sent.checksum is None:
        return
    if str(entry.checksum) != sent.checksum:
        raise BadReply(f"the service stored other bytes of {entry.name} than were sent")
