"""Keeps the tree as the service has it.

The difficulties, and what answers each:

1. Programs ask again and again. A listing answers everything about its folder (names, "no such
   name", attributes) until its time is over: `Listings.ensure`.
2. After a restart nobody wants to wait. A remembered listing answers at once and is asked for
   again behind.
3. A listing shows the past. What was done here while it was on its way, or is still waiting in
   the journal, it does not know: `_Merge` leaves touched names and pinned nodes alone.
4. Unknown is not absent. A listing that fails changes nothing; an old one goes on answering,
   and the next attempt waits a little.
5. A file may be open while somebody replaces it on the service. What is open stays what it was,
   as with any file system: the name leads to a new node.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import trio

from cloudfs.errors import CloudError, NotAFolder, NotFound, TransientError
from cloudfs.http.limits import priority
from cloudfs.model import Entry, EntryId, InodeNumber, ListingTag, Priority
from cloudfs.providers.base import Provider
from cloudfs.tree.metadata import Metadata
from cloudfs.tree.names import Names, Shown
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Register, Registered

log = logging.getLogger(__name__)

PAUSE = 5.0  # seconds without another try after the service could not be reached
MOST_READINGS = 3  # of a folder that changes its id while it is being listed


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who is told of changes that were not made here.

    *name_changed*: a name leads somewhere else now, or nowhere. *content_changed*: a file has
    other bytes. *attributes_changed*: only times and the like. *orphaned*: the service has lost
    a folder in which changes made here are waiting.
    """

    name_changed: Callable[[Node, str], None]
    content_changed: Callable[[Node], None]
    attributes_changed: Callable[[Node], None]
    orphaned: Callable[[Node], None]


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
        self._nursery = nursery
        self._settle_down = settle_down  # see `Journal.settle_down`
        self.lifetime = lifetime  # seconds for which a listing is believed

        # Changing. One task at a time reads a folder; others wait for its event.
        self._reading: dict[Node, trio.Event] = {}
        self._not_before: dict[Node, float] = {}

    async def ensure(self, folder: Node) -> None:
        """Have the children of *folder* in the tree, all of them, as of not too long ago.

        Raises NotFound if the service has lost the folder, a TransientError if it cannot be
        asked and nothing is remembered.
        """
        listing = folder.listing
        if listing.complete and self._is_fresh(folder):
            return
        if not listing.complete and await self._recall(folder):
            return
        try:
            await self.refresh(folder)
        except TransientError:
            if not listing.complete:
                raise
            self._not_before[folder] = trio.current_time() + PAUSE
        except NotFound:
            if not _awaits_upload(folder):
                if folder.parent is not None:
                    self.expire(folder.parent)
                raise
            self._watchers.orphaned(folder)

    async def refresh(self, folder: Node) -> None:
        """Read the listing of *folder* from the service now."""
        while folder in self._reading:
            await self._reading[folder].wait()
            if folder.listing.complete and self._is_fresh(folder):
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
        if not listing.complete or listing.read_at is None:
            return 0.0
        return max(0.0, listing.read_at + self.lifetime - trio.current_time())

    def is_missing(self, folder: Node) -> bool:
        """Whether the children of *folder* would have to be asked for."""
        return not (folder.listing.complete and self._is_fresh(folder))

    def expire(self, folder: Node) -> None:
        """Believe the listing of *folder* no longer."""
        folder.listing.read_at = None
        self._not_before.pop(folder, None)

    def _is_fresh(self, folder: Node) -> bool:
        if folder.entry is None or self.expires_in(folder) > 0:
            return True
        return self._not_before.get(folder, 0.0) > trio.current_time()

    async def _recall(self, folder: Node) -> bool:
        """Take the remembered listing, if there is one; ask the service behind."""
        entry = folder.entry
        if entry is None:
            return False
        serial = folder.listing.serial
        remembered = await self._metadata.load(entry.id)
        if remembered is None or folder.listing.complete:
            return folder.listing.complete
        registered = await self._register.of(remembered.entries)
        self._merge(folder, remembered.entries, registered, remembered.tag, serial)
        folder.listing.read_at = None
        self._not_before[folder] = trio.current_time() + PAUSE
        self._nursery.start_soon(self._revalidate, folder)
        return True

    async def _revalidate(self, folder: Node) -> None:
        with priority(Priority.BACKGROUND):
            try:
                await self.refresh(folder)
            except CloudError as error:
                log.info("%s could not be read again: %s", folder.path(), error)

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
        serial = listing.serial
        unless = listing.tag if listing.complete else None
        entries: dict[EntryId, Entry] = {}
        tag: ListingTag | None = None
        async with aclosing(self._provider.list_folder(folder_id, unless=unless)) as pages:
            async for page in pages:
                if page.unchanged:
                    listing.read_at = trio.current_time()
                    self._metadata.confirm(folder_id, page.tag)
                    return
                if page.restart:
                    entries.clear()
                entries.update((entry.id, entry) for entry in page.entries)
                tag = page.tag
        kept = tuple(entries.values())
        registered = await self._register.of([e for e in kept if not self._is_child(e, folder)])
        credible = self._merge(folder, kept, registered, tag, serial)
        listing.read_at = trio.current_time() if credible else None
        if serial == listing.serial:
            self._metadata.save(folder_id, kept, tag)
        else:
            listing.tag = None  # it was overtaken by what was done here: the next one is read whole

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
        merge = _Merge(self._tree, folder, self._register, registered, serial, self._watchers)
        merge.run(self._names.shown(e for e in entries if e.id not in self._tree.departed))
        self._register.keep(merge.placed)
        self._register.drop(set(merge.gone) - {node.number for node in merge.placed})
        listing = folder.listing
        listing.complete = True
        listing.tag = tag if merge.possible else None
        if serial == listing.serial:
            listing.touched.clear()
        if not merge.possible:
            self._expire_above(folder)
        return merge.possible

    def _expire_above(self, folder: Node) -> None:
        """Look again where *folder* is: it was moved, and the folders above do not know it yet."""
        walk = folder.parent
        while walk is not None:
            self.expire(walk)
            walk = walk.parent


def _awaits_upload(folder: Node) -> bool:
    """Whether something was made or changed below *folder* that the service has not got."""
    return folder.is_folder and any(below.pinned for below in folder.tree())


class _Merge:
    """Makes the children of one folder what a listing says. There is no await in here."""

    def __init__(
        self,
        tree: Tree,
        folder: Node,
        register: Register,
        registered: dict[EntryId, Registered],
        serial: int,
        watchers: Watchers,
    ) -> None:
        self._tree = tree
        self._folder = folder
        self._register = register
        self._registered = registered
        self._serial = serial
        self._watchers = watchers
        self._first = not folder.listing.complete
        self.placed: list[Node] = []  # new, or at another place than before
        self.gone: list[InodeNumber] = []
        self.possible = True  # is nothing listed that cannot be in this folder?
        self._pulled_out: list[Node] = []

    def run(self, listed: Sequence[Shown]) -> None:
        """Take over what is listed."""
        wanted = {shown.entry.id: shown for shown in listed}
        self._take_away(wanted)
        for shown in listed:
            node = self._tree.by_id(shown.entry.id)
            if node is None:
                self._add(shown)
            elif not node.pinned:
                self._update(node, shown)
        for node in self._pulled_out:
            if node.parent is None:  # its new name is taken by something made here
                self._lose(node)

    def _settled(self, name: str) -> bool:
        """Whether the listing may speak about *name*: nothing was done to it since."""
        return self._folder.listing.touched.get(name, 0) <= self._serial

    def _take_away(self, wanted: dict[EntryId, Shown]) -> None:
        """Free all names that will lead elsewhere or nowhere."""
        for name, node in list(self._folder.children.items()):
            if node.pinned or not self._settled(name):
                continue
            shown = wanted.get(node.entry.id) if node.entry is not None else None
            if shown is None or shown.entry.kind is not node.kind:
                self._vanish(node)
            elif shown.name != name or shown.is_symlink != node.is_symlink:
                self._tell_name(name)
                self._tree.pull_out(node)
                self._pulled_out.append(node)

    def _vanish(self, node: Node) -> None:
        if _awaits_upload(node):
            self._watchers.orphaned(node)
            return
        self._tell_name(node.name)
        self._lose(node)

    def _lose(self, node: Node) -> None:
        self.gone.extend(below.number for below in node.tree())
        self._tree.unlink(node)

    def _add(self, shown: Shown) -> None:
        if not self._free(shown.name):
            return
        known = self._registered.get(shown.entry.id)
        if known is None:
            return  # it appeared between two looks: the next listing has it
        number = known.number
        if self._tree.known(number) is not None:
            number = self._register.new_number()  # it was gone, and its node is still in use
        node = Node(number, shown.entry.kind, shown.entry)
        node.is_symlink = shown.is_symlink
        node.attributes = known.attributes
        self._tree.add(node, self._folder, shown.name)
        self._tell_name(shown.name)
        self.placed.append(node)

    def _update(self, node: Node, shown: Shown) -> None:
        before = node.entry
        entry = shown.entry
        assert before is not None
        if node.kind is not entry.kind:
            return  # a folder with changes in it that is a file there: its watcher was told
        if node.parent is not self._folder or node.name != shown.name:
            if not self._free(shown.name):
                return
            if self._folder.is_within(node):
                self.possible = False
                return
            if node.parent is not None:
                self._watchers.name_changed(node.parent, node.name)
            self._tree.place(node, self._folder, shown.name)
            node.is_symlink = shown.is_symlink
            self._tell_name(shown.name)
            self.placed.append(node)
        elif not self._settled(shown.name):
            return
        if before.version == entry.version:
            self._tree.identify(node, entry)
            if (before.modified_ns, before.size) != (entry.modified_ns, entry.size):
                self._watchers.attributes_changed(node)
        elif node.handles:
            self._replace(node, shown)
        else:
            node.aliases = frozenset()
            self._tree.identify(node, entry)
            self._watchers.content_changed(node)

    def _replace(self, node: Node, shown: Shown) -> None:
        """Leave the open file to those who have it open; the name gets a new node."""
        fresh = Node(self._register.new_number(), shown.entry.kind, shown.entry)
        fresh.is_symlink = shown.is_symlink
        fresh.attributes = None if node.attributes is None else node.attributes.copy()
        self._tree.unlink(node)
        self._tree.add(fresh, self._folder, shown.name)
        self._tell_name(shown.name)
        self.placed.append(fresh)

    def _free(self, name: str) -> bool:
        """Whether an entry may take *name*: it does not, while something made here has it."""
        return self._settled(name) and name not in self._folder.children

    def _tell_name(self, name: str) -> None:
        if not self._first:
            self._watchers.name_changed(self._folder, name)
