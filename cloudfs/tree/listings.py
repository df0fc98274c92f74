"""Keeps the tree as the service has it.

The difficulties, and what answers each:

1. Programs ask again and again. A listing answers everything about its folder (names, "no such
   name", attributes) until its time is over: `Listings.ensure`.
2. After a restart nobody wants to wait. A remembered listing answers at once, with those below
   it, and is asked for again behind: `Revalidation`.
3. A listing shows the past. What was done here while it was on its way, or is still waiting in
   the journal, it does not know: `Merge` leaves touched names and pinned nodes alone.
4. Unknown is not absent. A listing that fails changes nothing; an old one goes on answering,
   and the next attempt waits a little.
5. A file may be open while somebody replaces it on the service. What is open stays what it was,
   as with any file system: the name leads to a new node.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

import trio

from cloudfs.errors import CloudError, NotAFolder, NotFound, TransientError
from cloudfs.model import Entry, EntryId, ListingTag
from cloudfs.providers.base import Provider
from cloudfs.tree.merging import Merge, Watchers, awaits_upload
from cloudfs.tree.metadata import Metadata
from cloudfs.tree.names import Names
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Register, Registered
from cloudfs.tree.revalidating import Revalidation

log = logging.getLogger(__name__)

PAUSE = 5.0  # seconds without another try after the service could not be reached
MOMENT = 1.0  # seconds for which the kernel may repeat what is only remembered
AHEAD = 5000  # remembered entries that are taken at once
MOST_READINGS = 3  # of a folder that changes its id while it is being listed


class Listings:
    """Brings folders up to date."""

    def __init__(
        self,
        provider: Provider,
        tree: Tree,
        *,
        names: Names,
        register: Register,
        metadata: Metadata,
        watchers: Watchers,
        nursery: trio.Nursery,
        lifetime: float,
        settle_down: Callable[[Node, Entry], Awaitable[bool]],
    ) -> None:
        self._provider = provider
        self._tree = tree
        self._names = names
        self._register = register
        self._metadata = metadata
        self._watchers = watchers
        self._settle_down = settle_down  # see `Journal.settle_down`
        self.lifetime = lifetime  # seconds for which a listing is believed

        # Changing. One task at a time reads a folder; others wait for its event.
        self._reading: dict[Node, trio.Event] = {}
        self._not_before: dict[Node, float] = {}
        self._wanted: Counter[Node] = Counter()  # by how many tasks that wait for its children
        self._vouched_from = float("inf")  # see `begin_to_vouch`
        self._vouched_at = float("-inf")
        self._news = 0  # how often something was heard that the disk did not know
        self._revalidation = Revalidation(self.revalidate, nursery)

    async def ensure(self, folder: Node) -> None:
        """Have the children of *folder* in the tree, all of them, as of not too long ago.

        Raises NotFound if the service has lost the folder, a TransientError if it cannot be
        asked and nothing is remembered.
        """
        listing = folder.listing
        listing.used_at = trio.current_time()
        if listing.complete and self.is_fresh(folder):
            return
        self._wanted[folder] += 1
        try:
            await self._bring_up(folder)
        finally:
            self._wanted[folder] -= 1
            if not self._wanted[folder]:
                del self._wanted[folder]

    async def _bring_up(self, folder: Node) -> None:
        listing = folder.listing
        if not listing.complete:
            if self._tree.known(folder.number) is not folder:
                raise NotFound(f"{folder} is not known any more")
            await self.recall(folder)
        if listing.complete and self.is_fresh(folder):
            return
        if listing.complete and listing.remembered:
            if not self._is_paused(folder):
                self._revalidation.want(folder)
            return
        try:
            await self.refresh(folder)
        except TransientError:
            if not listing.complete:
                raise
            self._pause(folder)
        except NotFound:
            if not awaits_upload(folder):
                self._is_lost(folder)
                raise
            self._watchers.orphaned(folder)

    async def refresh(self, folder: Node) -> None:
        """Read the listing of *folder* from the service now."""
        while folder in self._reading:
            await self._reading[folder].wait()
            if folder.listing.complete and self.is_fresh(folder):
                return
        done = self._reading[folder] = trio.Event()
        try:
            await self._read(folder)
        finally:
            del self._reading[folder]
            done.set()

    def expires_in(self, folder: Node) -> float:
        """For how many seconds the listing of *folder* will be believed."""
        listing = folder.listing
        if folder.entry is None:
            return self.lifetime
        if not (listing.complete or listing.thinned):
            return 0.0
        if listing.remembered:
            return MOMENT
        if listing.read_at is None:
            return 0.0
        good_at = listing.read_at
        if good_at >= self._vouched_from:
            good_at = max(good_at, self._vouched_at)
        return max(0.0, good_at + self.lifetime - trio.current_time())

    def is_missing(self, folder: Node) -> bool:
        """Whether somebody who needs the children of *folder* would have to wait for them."""
        listing = folder.listing
        return not (listing.complete and (listing.remembered or self.is_fresh(folder)))

    def is_in_use(self, folder: Node) -> bool:
        """Whether somebody is about to have the children of *folder*."""
        return folder in self._wanted or folder in self._reading

    def expire(self, folder: Node) -> None:
        """Believe the listing of *folder* no longer, nor one that is on its way."""
        listing = folder.listing
        listing.read_at = None
        listing.remembered = False
        listing.doubts += 1
        self._not_before.pop(folder, None)

    def heard(self) -> None:
        """Somebody hears of changes: what is just being recalled may not have them."""
        self._news += 1

    def take_out(self, node: Node) -> None:
        """What was done here about *node* is forgotten: a listing tells what is in its place."""
        folder = node.parent
        assert folder is not None
        self._watchers.name_changed(folder, node.name)
        self._tree.touch(folder, node.name)
        self._tree.unlink(node)
        self._register.drop([below.number for below in node.tree()])

    def begin_to_vouch(self) -> None:
        """From now on somebody hears of every change; what was read before is not covered."""
        self._vouched_from = trio.current_time()
        self._vouched_at = self._vouched_from
        self._news += 1

    def vouch(self, asked_at: float) -> None:
        """Nothing but what was expired has changed on the service until *asked_at*.

        Said of all that was read since `begin_to_vouch`, or, if that was in an earlier process,
        of all that is remembered and not in doubt.
        """
        if self._vouched_from == float("inf"):
            self._vouched_from = asked_at
        self._vouched_at = asked_at

    def is_fresh(self, folder: Node) -> bool:
        """Whether the listing of *folder* is believed."""
        if folder.entry is None:
            return True
        if folder.listing.remembered:
            return False
        return self.expires_in(folder) > 0 or self._is_paused(folder)

    def _is_paused(self, folder: Node) -> bool:
        return self._not_before.get(folder, 0.0) > trio.current_time()

    def _pause(self, folder: Node) -> None:
        self._not_before[folder] = trio.current_time() + PAUSE

    def _is_lost(self, folder: Node) -> None:
        """The service does not have *folder*: the folder above shows what became of it."""
        folder.listing.remembered = False
        if folder.parent is not None:
            self.expire(folder.parent)

    async def recall(self, folder: Node) -> None:
        """Take the remembered listing of a folder, and those of the folders below it."""
        entry = folder.entry
        if entry is None:
            return
        serials = {folder: folder.listing.serial}
        news = self._news
        listings = await self._metadata.load(entry.id, most=AHEAD)
        if not listings:
            return
        entries = [entry for listing in listings.values() for entry in listing.entries]
        registered = await self._register.of(entries)
        for folder_id, remembered in listings.items():
            node = self._tree.by_id(folder_id)
            if node is None or not node.is_folder or node.listing.complete:
                continue  # what is remembered of a folder may be younger than of the one above
            serial = serials.get(node, 0)
            thinned, node.listing.thinned = node.listing.thinned, False  # nobody has to be told
            self._merge(node, remembered.entries, registered, remembered.tag, serial)
            if thinned:
                continue  # it is believed as it was before, unless it was expired since
            if remembered.in_doubt or news != self._news or self._vouched_from == float("inf"):
                node.listing.remembered = True
            else:
                node.listing.read_at = self._vouched_at

    async def revalidate(self, folder: Node) -> None:
        """Read the listing of *folder* again with nobody waiting; failures are only noted."""
        if not folder.listing.complete:
            return  # it was dropped meanwhile
        try:
            await self.refresh(folder)
        except CloudError as error:
            log.info("%s could not be read again: %s", folder.path(), error)
            if isinstance(error, NotFound):
                self._is_lost(folder)
            else:
                self._pause(folder)

    async def _read(self, folder: Node) -> None:
        for _ in range(MOST_READINGS):
            entry = folder.entry
            if entry is None:
                return  # it is not on the service yet: what is here is all there is
            try:
                await self._read_as(folder, entry.id)
            except (NotFound, NotAFolder):
                if not await self._settle_down(folder, entry):
                    raise
                continue  # it was moved here meanwhile, and has another id now
            return
        raise NotFound(f"{folder.path()} keeps moving")

    async def _read_as(self, folder: Node, folder_id: EntryId) -> None:
        listing = folder.listing
        serial, doubts, began = listing.serial, listing.doubts, trio.current_time()
        unless = listing.tag if listing.complete else None
        entries: dict[EntryId, Entry] = {}
        tag: ListingTag | None = None
        async with aclosing(self._provider.list_folder(folder_id, unless=unless)) as pages:
            async for page in pages:
                if page.unchanged:
                    listing.remembered = False
                    listing.read_at = began if doubts == listing.doubts else None
                    self._metadata.confirm(folder_id, page.tag, in_doubt=self._in_doubt(began))
                    return
                if page.restart:
                    entries.clear()
                entries.update((entry.id, entry) for entry in page.entries)
                tag = page.tag
        kept = tuple(entries.values())
        registered = await self._register.of([e for e in kept if not self._is_child(e, folder)])
        credible = self._merge(folder, kept, registered, tag, serial)
        listing.read_at = began if credible and doubts == listing.doubts else None
        listing.remembered = False
        if serial == listing.serial:
            self._metadata.save(folder_id, kept, tag, in_doubt=self._in_doubt(began))
        else:
            listing.tag = None  # it was overtaken by what was done here: the next one is read whole

    def _in_doubt(self, began: float) -> bool:
        """Whether there may have been changes since *began* that nobody would have heard of."""
        return began < self._vouched_from

    def _is_child(self, entry: Entry, folder: Node) -> bool:
        """Whether *entry* is in the tree where it is listed.

        One that is elsewhere may be lost there before it is found here.
        """
        node = self._tree.by_id(entry.id)
        return node is not None and node.parent is folder and node.kind is entry.kind

    def _merge(
        self,
        folder: Node,
        entries: Sequence[Entry],
        registered: dict[EntryId, Registered],
        tag: ListingTag | None,
        serial: int,
    ) -> bool:
        """Take a listing over; returns whether all of it was possible."""
        merge = Merge(self._tree, folder, self._register, registered, serial, self._watchers)
        merge.run(self._names.shown(e for e in entries if e.id not in self._tree.departed))
        self._register.keep(merge.moved)
        self._register.drop(set(merge.gone) - {node.number for node in merge.placed})
        listing = folder.listing
        listing.complete = True
        listing.thinned = False
        listing.tag = tag if merge.possible else None
        if serial == listing.serial:
            listing.touched.clear()
        if not merge.possible:
            self._expire_above(folder)
        return merge.possible

    def _expire_above(self, folder: Node) -> None:
        """Look again where *folder* is: it was moved, and the folders above do not know it yet."""
        for above in folder.upwards():
            if above is not folder:
                self.expire(above)
