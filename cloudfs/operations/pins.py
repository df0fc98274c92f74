"""Files and folders that are kept on this machine: fetched, never dropped, renewed.

A pin is an extended attribute of a node, remembered like the others that were set here. A
pinned folder means all that is below it, also what comes later. Which files that are is found
out by going through the tree: at the start, after every news of a pinned place, and now and then,
for what was moved or removed here. What is missing is fetched with nobody waiting.

Pinned files may take most of the disk cache, but not all: programs need some for the rest.
"""

import logging
from collections.abc import Sequence

import trio

from cloudfs.content.cache import BlockCache
from cloudfs.errors import Changed, CloudError, NoLocalSpace, NotFound, NotPermitted, TransientError
from cloudfs.http.limits import priority
from cloudfs.model import Entry, InodeNumber, Priority, Version
from cloudfs.operations.warming import FILES_AT_ONCE, Warming, size_of
from cloudfs.tree.listings import Listings
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Register

log = logging.getLogger(__name__)

PIN = "user.cloudfs.pin"
SHARE = 0.9  # of the cache, for pinned files
CALM = 0.3  # seconds after news in which more may come
AGAIN = 60.0  # seconds between two looks at the tree
ASK_AGAIN = 600.0  # seconds after which the listings are asked for, where no feed tells
PAUSE = 15.0  # seconds without another try after the service could not be reached


class Pins:
    """Which nodes are pinned, and the tasks that keep them here."""

    def __init__(
        self,
        tree: Tree,
        register: Register,
        listings: Listings,
        cache: BlockCache,
        warming: Warming,
    ) -> None:
        self._tree = tree
        self._register = register
        self._listings = listings
        self._cache = cache
        self._warming = warming

        # Changing. `_tops` are the pinned nodes themselves; those that were pinned by an earlier
        # process may not be in the tree yet. `_whole` has the version of each file that is known
        # to be here, `_waiting` what workers are to fetch.
        self._tops: set[InodeNumber] = set()
        self._protected: set[InodeNumber] = set()
        self._above: set[InodeNumber] = set()  # the folders in which pinned nodes are
        self._whole: dict[InodeNumber, Version] = {}
        self._waiting: dict[InodeNumber, Node] = {}
        self._fetching: set[InodeNumber] = set()
        self._asked_at = float("-inf")
        self._not_before = float("-inf")
        self._news = trio.Event()
        self._work = trio.Event()
        self._said = ""
        self.files: list[Node] = []  # all that are pinned and fit
        self.bytes = 0
        self.trouble: str | None = None  # why not everything is kept

    async def recall(self) -> None:
        """Take up the pins of earlier processes: from now on nothing of theirs is dropped."""
        self._tops = set(await self._register.having(PIN))
        if self._tops:
            self._protected = await self._register.below(self._tops)
            self._cache.pin(self._protected)

    # Asked by others ----------------------------------------------------------------------------

    def state(self, node: Node) -> str | None:
        """``1`` for what is pinned itself, ``inherited`` below it, None for the rest."""
        if not self._tops:
            return None
        if node.number in self._tops:
            return "1"
        return "inherited" if self.covers(node) else None

    def covers(self, node: Node) -> bool:
        """Whether *node* is pinned, itself or with a folder above it."""
        return bool(self._tops) and any(n.number in self._tops for n in node.upwards())

    def leads_to(self, folder: Node) -> bool:
        """Whether *folder* is pinned, or has something below it that is pinned itself."""
        return folder.number in self._above or self.covers(folder)

    @property
    def limit(self) -> int:
        """How many bytes may be pinned."""
        return int(self._cache.room * SHARE)

    @property
    def missing(self) -> int:
        """How many files are still to be fetched."""
        return len(self._waiting) + len(self._fetching)

    def others(self, tops: Sequence[Node]) -> int:
        """How many bytes are pinned elsewhere than at and below *tops*."""
        chosen = set(tops)
        return sum(size_of(node) for node in self.files if chosen.isdisjoint(node.upwards()))

    def refusal(self, nodes: list[Node]) -> str | None:
        """Why these files cannot be pinned besides those that are: they would fill the cache."""
        known = {node.number for node in self.files}
        more = sum(size_of(node) for node in nodes if node.number not in known)
        if not more or self.bytes + more <= self.limit:
            return None
        return (
            f"pinned files would take {_mib(self.bytes + more)}, and the disk cache has "
            f"{_mib(self.limit)} for them; raise cache_size, or free disk space"
        )

    # Pinning ------------------------------------------------------------------------------------

    async def pin(self, node: Node) -> None:
        """Keep *node*, and all that is and will be below it. Raises NoLocalSpace for a file."""
        if not node.is_folder and (refusal := self.refusal([node])) is not None:
            raise NoLocalSpace(refusal)
        await self._keep_pinned(node)

    async def _keep_pinned(self, node: Node) -> None:
        await self._recall_attributes(node)
        node.own().xattrs[PIN] = b"1"
        self._tops.add(node.number)
        self._add_known(node)
        await self._register.keep_attributes(node)
        self._asked_at = float("-inf")
        self._wake()

    async def unpin(self, node: Node) -> bool:
        """Keep it no longer; whether it was pinned. Raises NotPermitted below a pinned folder."""
        if node.number not in self._tops:
            above = next((n for n in node.upwards() if n.number in self._tops), None)
            if above is None:
                return False
            raise NotPermitted(
                f"{node.path()} is pinned with the folder {above.path()}; unpin that one"
            )
        await self._recall_attributes(node)
        node.own().xattrs.pop(PIN, None)
        self._tops.discard(node.number)
        await self._register.keep_attributes(node)
        self._wake()
        return True

    async def replaced(self, old: Node, new: Node) -> None:
        """*new* was given the name of *old*, as editors do when they save: it gets the pin, too."""
        if old.number in self._tops:
            self._tops.discard(old.number)
            await self._keep_pinned(new)

    def _add_known(self, top: Node) -> None:
        """Keep from this moment on what is known below *top*; the next look finds the rest."""
        counted = {node.number for node in self.files}
        for node in top.tree():
            self._protected.add(node.number)
            if not node.is_folder and node.number not in counted:
                self.files.append(node)
                self.bytes += size_of(node)
        self._cache.pin(self._protected)

    async def _recall_attributes(self, node: Node) -> None:
        """Not every node comes with what was set on it earlier, and it shall not be lost."""
        none = node.attributes is None
        attributes = await self._register.attributes(node.number) if none else None
        if attributes is not None and node.attributes is None:
            node.attributes = attributes

    # News ---------------------------------------------------------------------------------------

    def name_changed(self, folder: Node, name: str) -> None:
        """A name leads somewhere else: perhaps to another node that has the pin now."""
        node = folder.children.get(name)
        if node is not None and node.attributes is not None and PIN in node.attributes.xattrs:
            self._tops.add(node.number)
            self._wake()
        self._heard_of(folder)

    def content_changed(self, node: Node) -> None:
        """A file has other bytes."""
        self._heard_of(node)

    def _heard_of(self, node: Node) -> None:
        if self.covers(node):
            self._wake()

    def _wake(self) -> None:
        self._news.set()

    # Keeping ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep what is pinned, until cancelled."""
        with priority(Priority.BACKGROUND):
            async with trio.open_nursery() as nursery:
                for _ in range(FILES_AT_ONCE):
                    nursery.start_soon(self._keep_fetching)
                while True:
                    await self._look()
                    with trio.move_on_after(AGAIN if self._tops else float("inf")):
                        await self._news.wait()
                        await trio.sleep(CALM)
                    self._news = trio.Event()

    async def _look(self) -> None:
        """Find out what is pinned and what of it is missing."""
        if not self._tops:
            self._above.clear()
            self._settle([], whole=True)
            return
        tops, whole = await self._tops_in_tree()
        self._above = {above.number for top in tops for above in top.upwards() if above is not top}
        if trio.current_time() >= self._asked_at + ASK_AGAIN:
            self._asked_at = trio.current_time()
            await self._warming.files(tops)  # reads again what is old
        files: dict[Node, None] = {}
        waiting = list(tops)
        while waiting:
            node = waiting.pop()
            if not node.is_folder:
                files[node] = None
                continue
            if not node.listing.complete and not await self._is_listed(node):
                whole = False
            waiting.extend(reversed(node.in_order()))
            await trio.lowlevel.checkpoint()
        self._settle(list(files), whole=whole)
        versions = {n.number: n.entry.version for n in self.files if n.entry is not None}
        await trio.to_thread.run_sync(self._cache.drop_others, versions)

    async def _is_listed(self, folder: Node) -> bool:
        try:
            await self._listings.ensure(folder)
        except CloudError as error:
            log.info("the pinned folder %s cannot be listed: %s", folder.path(), error)
            return False
        return True

    async def _tops_in_tree(self) -> tuple[list[Node], bool]:
        """The pinned nodes, and whether these are all."""
        found, whole = [], True
        for number in list(self._tops):
            node = self._tree.known(number)
            if node is None:
                bones = await self._register.lineage(number)
                if not bones:
                    self._tops.discard(number)  # it is gone for good
                    continue
                node = await self._led_to([bone.number for bone in bones])
            if node is None:
                whole = False
            elif node.is_within(self._tree.root):
                await self._recall_attributes(node)
                found.append(node)
            else:
                self._tops.discard(number)
        return found, whole

    async def _led_to(self, lineage: list[InodeNumber]) -> Node | None:
        """The last node of *lineage*, after listing what leads there."""
        node: Node | None = self._tree.root
        for number in lineage:
            assert node is not None
            if not node.listing.complete and not await self._is_listed(node):
                return None
            node = self._tree.known(number)
            if node is None:
                return None
        return node

    def _settle(self, files: list[Node], *, whole: bool) -> None:
        """Keep as many of *files* as fit; *whole*: there are no others that are not known now."""
        limit, total = self.limit, 0
        kept, left_out = [], 0
        for node in files:
            size = size_of(node)
            if total + size > limit:
                left_out += 1
                continue
            total += size
            kept.append(node)
        self.files, self.bytes = kept, total
        numbers = {node.number for node in kept}
        self._protected = numbers if whole else numbers | self._protected
        self._cache.pin(self._protected)
        self._whole = {
            node.number: version
            for node in kept
            if (version := self._whole.get(node.number)) is not None
        }
        if left_out:
            self._complain(
                f"{left_out} pinned files are not kept: the disk cache has {_mib(limit)} for "
                "pinned files; raise cache_size, free disk space, or unpin something"
            )
        else:
            self.trouble = None
            self._said = ""
        self._waiting = {node.number: node for node in kept if self._is_wanted(node)}
        work, self._work = self._work, trio.Event()
        work.set()

    def _complain(self, text: str) -> None:
        self.trouble = text
        if text != self._said:
            log.warning("%s", text)
            self._said = text

    def _is_wanted(self, node: Node) -> bool:
        entry = node.entry
        if entry is None or node.number in self._fetching:
            return False
        if node.pinned:
            return False  # what is here is newer, and becomes the next version
        return self._whole.get(node.number) != entry.version

    async def _keep_fetching(self) -> None:
        while True:
            if not self._waiting or trio.current_time() < self._not_before:
                with trio.move_on_at(self._not_before if self._waiting else float("inf")):
                    await self._work.wait()
                continue
            number = next(iter(self._waiting))
            node = self._waiting.pop(number)
            self._fetching.add(number)
            try:
                await self._fetch(node)
            finally:
                self._fetching.discard(number)

    async def _fetch(self, node: Node) -> None:
        try:
            entry = await self._warming.fetch(node, still=self._is_still_wanted)
        except (Changed, NotFound):
            if node.parent is not None:
                self._listings.expire(node.parent)
                await self._listings.revalidate(node.parent)
                self._wake()
        except TransientError as error:
            log.info("pinned files wait for the service: %s", error)
            self._not_before = trio.current_time() + PAUSE
            self._waiting.setdefault(node.number, node)
        except NoLocalSpace as error:
            self._waiting.clear()
            self._complain(f"not all pinned files are kept: {error}; raise cache_size")
        except (CloudError, OSError) as error:
            self.trouble = f"{node.path()}: {error}"
            log.info("the pinned file %s", self.trouble)
        else:
            if entry is None or entry is not node.entry:
                self._wake()
            elif not node.pinned:
                self._whole[node.number] = entry.version

    def _is_still_wanted(self, node: Node, entry: Entry) -> bool:
        return node.entry is not None and node.entry.version == entry.version and self.covers(node)


def _mib(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"
