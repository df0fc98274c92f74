"""Looking at projects, folders and files: the service's items as our entries.

1. A folder has no call that tells about it (reference 3.3): it is looked for in the listing of the
   folder it was seen in last, else on the way to a file that is in it, else in the whole project.
2. Several children may have one name (1.2): the first by `precedence` is the one that has it.
3. The list of projects comes in pages that shift when it changes: then it is read anew.
"""

from collections import deque
from collections.abc import Sequence
from contextlib import aclosing

from cloudfs.errors import NotAFolder, NotFound, Unavailable
from cloudfs.model import NOTHING, Entry, EntryId, Kind, Page, Pages
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.ids import ROOT, Address, address_of, file_id, folder_id
from cloudfs.providers.cloud689.places import Places
from cloudfs.providers.cloud689.settings import Cloud689Settings
from cloudfs.providers.cloud689.sizes import Sizes, version_of
from cloudfs.providers.cloud689.wire import LIMITED, Described, Item, Listing, Project, Step

RESTARTS = 3

ROLES = {1: "owner", 2: "editor", 3: "member", 4: "limited"}  # reference 4.2


def precedence(entry: Entry) -> tuple[bool, int, EntryId]:
    """What of namesakes comes first: folders, then the latest change, then the smaller id."""
    return (not entry.is_folder, -(entry.modified_ns or 0), entry.id)


class Looks:
    """The account as it is now."""

    def __init__(self, api: Api, places: Places, sizes: Sizes, settings: Cloud689Settings) -> None:
        self._api = api
        self._places = places
        self._sizes = sizes
        self._page_length = settings.length
        self.root = Entry(
            id=ROOT,
            parent_id=None,
            name="",
            kind=Kind.FOLDER,
            writable=settings.projects == "rw",
        )

    # Listings -------------------------------------------------------------------------------

    async def list_folder(self, id_: EntryId) -> Pages:
        """The children of a folder, of a project, or the projects."""
        if id_ != ROOT:
            yield Page(entries=tuple(await self.children(id_)))
            return
        async with aclosing(self._project_pages()) as pages:
            async for page in pages:
                yield page

    async def children(self, id_: EntryId) -> list[Entry]:
        """All children of a folder. Raises NotFound, or NotAFolder."""
        if id_ == ROOT:
            return await self.projects()
        address = address_of(id_)
        if address.is_file:
            raise NotAFolder("a file has no children")
        return self._noted(await self._api.browse(address.project, address.own), address)

    async def projects(self) -> list[Entry]:
        """All projects."""
        found: dict[EntryId, Entry] = {}
        async with aclosing(self._project_pages()) as pages:
            async for page in pages:
                if page.restart:
                    found.clear()
                found.update((entry.id, entry) for entry in page.entries)
        return list(found.values())

    async def named(self, id_: EntryId, name: str) -> list[Entry]:
        """The children of that name, the one that is shown by it first."""
        found = [child for child in await self.children(id_) if child.name == name]
        return sorted(found, key=precedence)

    async def _project_pages(self) -> Pages:
        start, restarts = 0, 0
        total: int | None = None
        listed: set[str] = set()
        while True:
            page = await self._api.projects(start=start, length=self._page_length)
            if start and page.total != total and restarts < RESTARTS:
                start, restarts = 0, restarts + 1
                listed.clear()
                continue
            total = page.total
            fresh = {p.id: p for p in page.projects if p.id not in listed}
            listed.update(fresh)
            yield Page(
                entries=tuple(self.project_entry(project) for project in fresh.values()),
                restart=restarts > 0 and start == 0,
            )
            start += page.received
            if not fresh or (total is not None and start >= total):
                return

    def _noted(self, listing: Listing, address: Address) -> list[Entry]:
        """The entries of a folder's listing, remembered for later."""
        self._places.in_use.add(address.project)
        self._places.learn_role(address.project, listing.role_of(self._api.auth.user_id))
        here = folder_id(address.project, address.own)
        found: dict[EntryId, Entry] = {}
        for item in listing.items:
            if not item.deleted:
                entry = self.entry(
                    item, address.project, here, project_ns=listing.project_created_ns
                )
                found.setdefault(entry.id, entry)
        self._places.learn(found.values())
        return list(found.values())

    # Single entries -------------------------------------------------------------------------

    async def stat(self, id_: EntryId) -> Entry:
        """The entry as it is now. Raises NotFound."""
        if id_ == ROOT:
            return self.root
        address = address_of(id_)
        if address.is_file:
            return self.file_entry(await self._api.file(address), address)
        if address.is_project:
            return self.project_entry(await self._api.project(address.project))
        return await self._folder(id_, address)

    def file_entry(self, described: Described, address: Address) -> Entry:
        """The entry of a file that was asked for by its id."""
        id_ = file_id(address.project, described.item.id)
        if described.path is None:
            parent = self._places.parent(id_)
            return self.entry(described.item, address.project, parent)
        entry = self.entry(
            described.item, address.project, self.learn_way(address.project, described.path)
        )
        self._places.learn([entry])
        return entry

    def learn_way(self, project: str, steps: Sequence[Step]) -> EntryId:
        """Folders on a way down from the top of a project; returns the last of them."""
        above = folder_id(project, None)
        for step in steps:
            here = folder_id(project, step.id)
            self._places.place(here, above, step.name)
            above = here
        return above

    async def _folder(self, id_: EntryId, address: Address) -> Entry:
        parent = self._places.parent(id_)
        if parent is not None and (found := await self.among(id_, parent)) is not None:
            return found
        inside = await self.children(id_)  # raises NotFound if there is no such folder
        for child in inside:
            if not child.is_folder:
                await self.stat(child.id)  # which tells the folders above it
                break
        parent = self._places.parent(id_)
        if parent is not None and (found := await self.among(id_, parent)) is not None:
            return found
        return await self._searched(id_, address.project)

    async def among(self, id_: EntryId, parent: EntryId) -> Entry | None:
        """The entry, if it is in the folder *parent*."""
        try:
            children = await self.children(parent)
        except NotFound:
            return None
        return next((child for child in children if child.id == id_), None)

    async def _searched(self, id_: EntryId, project: str) -> Entry:
        """The folder, wherever it is in the project."""
        waiting = deque([folder_id(project, None)])
        passed = set(waiting)
        while waiting:
            here = address_of(waiting.popleft())
            try:
                listing = await self._api.browse(project, here.own, folder_only=True)
            except NotFound:
                if here.is_project:
                    raise
                continue  # it went meanwhile
            for child in self._noted(listing, here):
                if child.id == id_:
                    return child
                if child.is_folder and child.id not in passed:
                    passed.add(child.id)
                    waiting.append(child.id)
        raise Unavailable("the folder is there, but not found in its project: it may be moving")

    def placed(self, item: Item, project: str, project_ns: int | None) -> Entry:
        """*item* as an entry in the folder that it names itself."""
        parent = folder_id(project, item.parent)
        entry = self.entry(item, project, parent, project_ns=project_ns)
        self._places.learn([entry])
        return entry

    # Entries --------------------------------------------------------------------------------

    def entry(
        self,
        item: Item,
        project: str,
        parent_id: EntryId | None,
        *,
        project_ns: int | None = None,
    ) -> Entry:
        """*item* as an entry in the folder *parent_id*.

        A folder tells no time; the project's stands for it (1.3), the one that stays the same.
        """
        writable = self._places.role(project) != LIMITED
        if item.is_folder:
            return Entry(
                id=folder_id(project, item.id),
                parent_id=parent_id,
                name=item.name,
                kind=Kind.FOLDER,
                modified_ns=item.modified_ns or project_ns,
                created_ns=item.created_ns,
                writable=writable,
            )
        id_ = file_id(project, item.id)
        size = self._sizes.of(item)
        return Entry(
            id=id_,
            parent_id=parent_id,
            name=item.name,
            kind=Kind.FILE,
            size=size,
            version=version_of(item, size),
            modified_ns=item.modified_ns,
            created_ns=item.created_ns,
            mime=item.mime,
            writable=writable,
            extra={"protected": "true"} if item.protected else NOTHING,
        )

    def project_entry(self, project: Project) -> Entry:
        """A project as an entry at the top."""
        self._places.learn_role(project.id, project.role)
        role = self._places.role(project.id)
        entry = Entry(
            id=folder_id(project.id, None),
            parent_id=ROOT,
            name=project.name,
            kind=Kind.FOLDER,
            modified_ns=project.created_ns,
            created_ns=project.created_ns,
            writable=role != LIMITED,
            extra=_extra(project, role),
        )
        self._places.learn([entry])
        return entry


def _extra(project: Project, role: int | None) -> dict[str, str]:
    told = {
        "role": ROLES.get(role, str(role)) if role is not None else None,
        "owner": project.owner,
        "files": None if project.files is None else str(project.files),
        "members": None if project.members is None else str(project.members),
    }
    return {name: value for name, value in told.items() if value is not None}
