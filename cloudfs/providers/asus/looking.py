"""Looking at entries, and listing folders whatever happens to them meanwhile (reference 3.1)."""

import logging
from collections.abc import AsyncGenerator, Sequence

from cloudfs.errors import BadReply, NotAFolder, NotFound
from cloudfs.model import Entry, EntryId, Kind, Page, Pages
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.entries import Entries
from cloudfs.providers.asus.ids import SYSTEM, TOP, Ref, ref
from cloudfs.providers.asus.paging import Course
from cloudfs.providers.asus.places import Places
from cloudfs.providers.asus.wire import Described, Listing

log = logging.getLogger(__name__)

RESTARTS = 2  # times a listing begins anew because the folder has changed


class Looking:
    """Looks at the entries of one account."""

    def __init__(self, api: Api, places: Places, entries: Entries, *, pagesize: int) -> None:
        self._api = api
        self._places = places
        self._entries = entries
        self._pagesize = pagesize

        # Changing.
        self._counts_are_right = True  # does the service count what it lists?

    # One entry ----------------------------------------------------------------------------

    async def info(self, entry: Ref) -> Described:
        """What an entry is. Raises NotFound, also if it is in the bin itself."""
        described = await self._api.getentryinfo(entry)
        if entry.is_group or described.parent is None:
            return described
        if described.parent == await self._places.bin():
            raise NotFound(f"{entry.id} is in the bin")
        return described

    async def entry(self, entry: Ref) -> Entry:
        """The same as an entry of ours."""
        return self._entries.entry(await self.info(entry), entry)

    def shown(self, described: Described, beside: Ref) -> Entry:
        """What was just looked at, as an entry of ours."""
        return self._entries.entry(described, beside)

    async def stat(self, entry_id: EntryId) -> Entry:
        """An entry of the drive. Raises NotFound, also if it is somewhere in the bin."""
        root = await self._places.root()
        if entry_id == root.id:
            top = await self._places.top()
            if top is not None:
                await self._browse(top, page=1, size=1)
            return root
        wanted = ref(entry_id)
        if wanted.is_folder and wanted.wall in SYSTEM:
            for shown in await self._places.shown_trees():
                if shown.id == entry_id:
                    return shown
        if wanted.is_folder and wanted.number in SYSTEM:
            return await self._system_folder(wanted)
        described = await self._api.getentryinfo(wanted)
        if not wanted.is_group_top:
            await self._places.check_parent(wanted, described.parent)
        return self._entries.entry(described, wanted)

    async def find(self, folder_id: EntryId, name: str) -> Entry:
        """The child of that very name. Raises NotFound."""
        if folder_id == TOP:
            for shown in await self._places.shown_trees():
                if shown.name == name:
                    return shown
            raise NotFound(f"no {name!r} beside the trees")
        folder = ref(folder_id)
        if not folder.is_folder:
            raise NotFound(f"{folder_id} is a file")
        found = await self._api.propfind(folder, name)
        if found is not None:
            # The service finds a name in whatever case, and does not tell how it is spelt.
            entry = await self.stat(folder.beside(found.kind, found.number).id)
            if entry.name == name and entry.parent_id == folder_id:
                return entry
        raise NotFound(f"no {name!r} in {folder_id}")

    async def _system_folder(self, folder: Ref) -> Entry:
        """A system folder, which can be listed but not looked at (3.2)."""
        listing = await self._browse(folder, page=1, size=1)
        return Entry(id=folder.id, parent_id=None, name=listing.name or "root", kind=Kind.FOLDER)

    # A folder -----------------------------------------------------------------------------

    async def list(self, folder_id: EntryId) -> Pages:
        """The children of a folder, page by page."""
        if folder_id == TOP:
            yield Page(entries=tuple(await self._places.shown_trees()))
            return
        folder = ref(folder_id)
        if not folder.is_folder:
            raise NotAFolder(f"{folder_id} is a file")
        totals = set()
        for restarts in range(RESTARTS + 1):
            course, whole = Course(), True
            while not course.ended:
                first = course.page == 1
                listing = await self._browse(folder, page=course.page, size=self._pagesize)
                fresh = course.fresh(listing)
                if course.shifted and self._counts_are_right and restarts < RESTARTS:
                    whole = False
                    break
                yield Page(entries=self._shown(fresh, folder), restart=first and restarts > 0)
            totals.add(course.total)
            if whole:
                if course.shifted and restarts and len(totals) == 1:
                    log.info("the service counts other entries than it lists in %s", folder_id)
                    self._counts_are_right = False
                return

    async def described(self, folder: Ref) -> AsyncGenerator[Sequence[Described], None]:
        """What the service says of the children of any folder, also of the bin."""
        course = Course()
        while not course.ended:
            listing = await self._api.browse(folder, page=course.page, size=self._pagesize)
            yield course.fresh(listing)

    async def _browse(self, folder: Ref, *, page: int, size: int) -> Listing:
        listing = await self._api.browse(folder, page=page, size=size)
        if not folder.is_group:
            await self._places.check_listing(folder, listing)
        return listing

    def _shown(self, described: Sequence[Described], folder: Ref) -> tuple[Entry, ...]:
        shown = []
        for one in described:
            try:
                shown.append(self._entries.entry(one, folder, parent_id=folder.id))
            except BadReply as error:
                log.info("left out: %s", error)
        return tuple(shown)
