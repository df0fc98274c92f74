"""Where things are: the top of the drive, the trees of the account, the recycle bin.

An account has three trees, none of which an entry can leave (reference 1.7), and the bin, whose
entries keep their numbers and still answer (3.2). The drive shows one folder of a tree, or all
trees side by side below a folder that only exists here.
"""

from collections.abc import MutableMapping

import trio
from cachetools import TTLCache

from cloudfs.errors import NotFound, NotPermitted, ReadOnly
from cloudfs.model import Entry, EntryId, Kind
from cloudfs.providers.asus.api import Api, bin_number
from cloudfs.providers.asus.ids import BACKUP, HOME, SYNC, SYSTEM, TOP, Ref, ref
from cloudfs.providers.asus.settings import AsusSettings, root_number
from cloudfs.providers.asus.wire import Listing

BIN_NOTE = "bin"

BELIEVED = 10.0  # seconds for which a folder that was seen outside the bin is taken to be there
REMEMBERED = 20_000

SHOWN = {"MySyncFolder": SYNC, "MyCollection": HOME, "MyBackup": BACKUP}
TREE_OF = {"sync": SYNC, "home": HOME, "backup": BACKUP}


class Places:
    """The places of one account."""

    def __init__(self, api: Api, settings: AsusSettings, notes: MutableMapping[str, str]) -> None:
        self._api = api
        self._root = settings.root
        self._user = settings.username
        self._notes = notes

        # Changing.
        self._top: Ref | None = None  # of the drive; None: not asked for yet, or all trees
        self._tree = TREE_OF.get(settings.root, "")  # that the top is in
        self._sync_folder: str | None = None
        self._has_no_bin = False
        self._seen: TTLCache[str, None] = TTLCache(REMEMBERED, BELIEVED, timer=trio.current_time)

    @property
    def shows_all(self) -> bool:
        """Whether the top of the drive is the folder of all trees."""
        return self._root == "all"

    @property
    def tree(self) -> str:
        """Number of the tree that the drive shows a part of; "" if it is not known."""
        return self._tree

    async def top(self) -> Ref | None:
        """The top of the drive; None if that is no folder of the service."""
        if self.shows_all:
            return None
        if self._top is None:
            self._top = await self._found_top()
        return self._top

    async def root(self) -> Entry:
        """The top of the drive as an entry."""
        top = await self.top()
        if top is None:
            return Entry(id=TOP, parent_id=None, name="", kind=Kind.FOLDER, writable=False)
        return Entry(id=top.id, parent_id=None, name="", kind=Kind.FOLDER)

    async def tops(self) -> dict[str, Ref]:
        """The trees by the name that they are shown under."""
        found = {}
        for name, tree in SHOWN.items():
            number = await self._sync() if tree == SYNC else tree
            found[name] = Ref(Kind.FOLDER, number, tree)
        return found

    async def shown_trees(self) -> list[Entry]:
        """The trees as entries, children of the folder that shows them if the drive has it."""
        above = TOP if self.shows_all else None
        return [
            Entry(id=place.id, parent_id=above, name=name, kind=Kind.FOLDER)
            for name, place in (await self.tops()).items()
        ]

    def domain(self, entry_id: EntryId) -> str:
        """The tree, or the shared folder, that an entry cannot leave."""
        if entry_id == TOP:
            return TOP
        return ref(entry_id).wall or self._tree

    async def _is_fixed(self, entry: Ref) -> bool:
        """Whether an entry is a system folder, or a top, which nobody can move or remove."""
        if not entry.is_folder:
            return False
        if entry.number in SYSTEM or entry.number == await self.bin():
            return True
        if self.shows_all or entry.wall in SYSTEM:
            return entry.number == await self._sync()
        top = await self.top()
        return top is not None and entry.number == top.number

    async def changeable(self, entry_id: EntryId) -> Ref:
        """The entry, if it can be moved or removed. Raises NotPermitted."""
        if entry_id == TOP:
            raise NotPermitted("the top of the drive cannot be changed")
        entry = ref(entry_id)
        if entry.is_group_top:
            raise NotPermitted("the top of a folder that somebody else shares cannot be changed")
        if await self._is_fixed(entry):
            raise NotPermitted("a system folder cannot be changed")
        return entry

    async def can_be_left(self, entry_id: EntryId) -> bool:
        """Whether an entry is the top of a folder that somebody else shares."""
        if entry_id == TOP or not ref(entry_id).is_group_top:
            return False
        return entry_id != (await self.root()).id

    # The bin ------------------------------------------------------------------------------

    async def bin(self) -> str | None:
        """Number of the recycle bin, which never changes; None if the account has none."""
        known = self._notes.get(BIN_NOTE)
        if known is None and not self._has_no_bin:
            known = await bin_number(self._api)
            if known is None:
                self._has_no_bin = True  # asked again by the next process
            else:
                self._notes[BIN_NOTE] = known
        return known

    def unsettled(self) -> None:
        """A folder has gone to the bin, and others with it."""
        self._seen.clear()

    async def check_listing(self, folder: Ref, listing: Listing) -> None:
        """Raise NotFound if a folder that was just listed is in the bin."""
        number = await self.bin()
        if number is not None and number in {folder.number, listing.parent, listing.tree}:
            raise NotFound(f"{folder.id} is in the bin")
        self._seen[folder.number] = None

    async def check_parent(self, entry: Ref, parent: str | None) -> None:
        """Raise NotFound if an entry is in the bin, or in a folder that is."""
        if parent is None or entry.is_group:
            return
        if parent == await self.bin():
            raise NotFound(f"{entry.id} is in the bin")
        top = await self.top()
        if parent in SYSTEM or parent in self._seen or (top is not None and parent == top.number):
            return
        folder = entry.folder(parent)
        await self.check_listing(folder, await self._api.browse(folder, page=1, size=1))

    # Finding the top ----------------------------------------------------------------------

    async def _found_top(self) -> Ref:
        if self._root == "sync":
            return Ref(Kind.FOLDER, await self._sync())
        number = root_number(self._root)
        if number is None:
            return Ref(Kind.FOLDER, TREE_OF[self._root])
        folder = Ref(Kind.FOLDER, number)
        listing = await self._api.browse(folder, page=1, size=1)
        await self.check_listing(folder, listing)
        self._tree = listing.tree or ""
        if listing.owner and listing.owner.casefold() != self._user.casefold():
            return Ref(Kind.FOLDER, number, number)  # somebody else's: joint editing (2.7)
        return folder

    async def _sync(self) -> str:
        if self._sync_folder is None:
            self._sync_folder = await self._api.getmysyncfolder()
        return self._sync_folder


def writable_folder(folder_id: EntryId) -> Ref:
    """A folder that something is to be put into. Raises ReadOnly, or NotFound."""
    if folder_id == TOP:
        raise ReadOnly("nothing can be put beside the trees")
    return ref(folder_id)
