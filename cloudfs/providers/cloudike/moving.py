"""Rename, move and replace in one verb, out of calls that do one thing each (reference 3.8.3).

The service renames within a folder or moves between folders, and neither replaces in one step.
So an entry may have to travel under a spare name, and a target may have to be set aside:

1. A step may fail: those before it are undone (`steps.undone_by`).
2. Undoing may fail, or the process may end: spare names are made from what is moved and where
   to, so that a repeat finds what an earlier attempt left behind (`Moves._left_behind`).
3. The target's history and links should survive an editor's save: where the service has the
   content by its checksum, the target gets it as a new version (`Moves._switch_content`).
"""

import hashlib
from dataclasses import dataclass, replace

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    Changed,
    CloudError,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
    QuotaExceeded,
    TransientError,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike.answers import Ticket
from cloudfs.providers.cloudike.api import Api, Creation
from cloudfs.providers.cloudike.paths import folder_of, join
from cloudfs.providers.cloudike.refusals import Forbidden
from cloudfs.providers.cloudike.removing import Removals
from cloudfs.providers.cloudike.steps import Steps, undone_by


@dataclass(slots=True)
class _Plan:
    """One move: what, from where, to where, and the names it may take in between."""

    entry: Entry  # as it was before the first attempt
    folder: EntryId
    name: str
    replacing: Entry | None
    spare: str  # of the entry on its way
    aside: str  # of what it replaces

    # Changing.
    is_aside: bool = False  # what it replaces may have been set aside, and awaits its end

    @property
    def target(self) -> EntryId:
        return join(self.folder, self.name)

    @property
    def place_aside(self) -> EntryId:
        return join(self.folder, self.aside)


class Moves:
    """Moves of one account."""

    def __init__(self, api: Api, removals: Removals, *, by_content: bool) -> None:
        self._api = api
        self._steps = Steps(api)
        self._removals = removals
        self._by_content = by_content

    async def move(
        self, entry: Entry, folder: EntryId, name: str, replacing: Entry | None
    ) -> Entry:
        """Bring *entry* to its new place, as `Provider.move` promises."""
        plan = _plan(entry, folder, name, replacing)
        if entry.id == plan.target:
            return await self._api.metadata(entry.id)
        try:
            placed = await self._attempt(plan)
        except NotFound:
            left = await self._left_behind(plan)
            if left is None:
                raise
            plan.is_aside = plan.replacing is not None
            placed = left if left.id == plan.target else await self._place(left, plan)
        if plan.is_aside:
            await self._removals.certainly(plan.place_aside, only_empty=True, to_trash=True)
        return placed

    async def _attempt(self, plan: _Plan) -> Entry:
        old = plan.replacing
        if old is None:
            return await self._place(plan.entry, plan)
        if plan.entry.is_folder != old.is_folder:
            kind = IsAFolder if old.is_folder else NotAFolder
            raise kind(f"{old.name} is not of the same kind as {plan.entry.name}")
        if not old.is_folder:
            switched = await self._switch_content(plan, old)
            if switched is not None:
                return switched
        else:
            await self._api.metadata(plan.entry.id)  # else it may be the target by now
            if await self._removals.has_children(old.id):
                raise NotEmpty(f"{old.name} is not empty")
        return await self._place(plan.entry, plan)

    # A file over a file, in one step --------------------------------------------------------

    async def _switch_content(self, plan: _Plan, old: Entry) -> Entry | None:
        """The target with the content of the entry, which is gone; None if that cannot be."""
        if not self._by_content:
            return None
        source = await self._api.metadata(plan.entry.id)  # its content is about to be deleted
        if source.checksum is None:
            return None
        try:
            written = await self._write_over(source, old, plan)
        except QuotaExceeded:
            return None
        if isinstance(written, Entry):
            await self._removals.certainly(source.id)
            return written
        return None

    async def _write_over(self, source: Entry, old: Entry, plan: _Plan) -> Entry | Ticket | None:
        """*old* with the content of *source*; something else if that cannot be."""
        creation = Creation(
            path=old.id,
            size=source.size,
            base=old.version,
            checksum=source.checksum,
            modified_ns=source.modified_ns,
            created_ns=source.created_ns,
        )
        try:
            return await self._api.create(creation)
        except (Changed, Forbidden, AlreadyExists, TransientError) as error:
            found = await self._api.metadata_or_none(old.id)
            if found is not None and found.version != old.version:
                if _same_content(found, source):
                    return found  # an attempt whose answer was lost has succeeded
                if _same_content(found, old) and isinstance(error, Changed | Forbidden):
                    # Setting it aside and back, in an earlier attempt, gave it a new version.
                    return await self._api.create(replace(creation, base=found.version))
            if found is None and await self._api.metadata_or_none(plan.place_aside) is not None:
                return None  # there an earlier attempt has put it
            raise _meaning(error, old, found) from error

    # Step by step ---------------------------------------------------------------------------

    async def _place(self, entry: Entry, plan: _Plan) -> Entry:
        """Bring *entry*, wherever it is by now, to its target."""
        if folder_of(entry.id) == plan.folder:
            return await self._take_name(entry, plan)
        if entry.name == plan.name:
            return await self._cross(entry, plan)
        try:
            renamed = await self._steps.rename(entry.id, plan.name)
        except AlreadyExists:
            return await self._cross_under_spare_name(entry, plan)
        async with undone_by(lambda: self._steps.rename(renamed.id, entry.name)):
            return await self._cross(renamed, plan)

    async def _take_name(self, entry: Entry, plan: _Plan) -> Entry:
        """Rename *entry*, which is in its folder already."""
        if plan.replacing is None:
            return await self._steps.rename(entry.id, plan.name)
        aside = await self._set_aside(plan)
        async with undone_by(lambda: self._steps.rename(aside, plan.name)):
            placed = await self._steps.rename(entry.id, plan.name)
            async with undone_by(lambda: self._steps.rename(placed.id, entry.name)):
                if plan.entry.is_folder and await self._removals.has_children(aside):
                    raise NotEmpty(f"{plan.name} is not empty")
        plan.is_aside = True
        return placed

    async def _cross(self, entry: Entry, plan: _Plan) -> Entry:
        """Move *entry*, which has its name already, into its folder."""
        old = plan.replacing
        if old is None:
            return await self._steps.move(entry.id, plan.folder)
        if not old.is_folder:
            return await self._steps.move(entry.id, plan.folder, overwrite=True)
        # What the service makes of a folder over a folder is not known (3.8.2).
        await self._removals.certainly(plan.target, only_empty=True, to_trash=True)
        async with undone_by(lambda: self._api.folder_create(plan.target)):
            return await self._steps.move(entry.id, plan.folder)

    async def _cross_under_spare_name(self, entry: Entry, plan: _Plan) -> Entry:
        """The entry's new name is taken in its old folder: it travels under another."""
        home = folder_of(entry.id)
        spare = await self._steps.rename(entry.id, plan.spare)
        async with undone_by(lambda: self._steps.rename(spare.id, entry.name)):
            moved = await self._steps.move(spare.id, plan.folder)
            async with undone_by(lambda: self._steps.move(moved.id, home)):
                return await self._take_name(moved, plan)

    async def _set_aside(self, plan: _Plan) -> EntryId:
        """Give the target another name, unless an earlier attempt has done so."""
        try:
            return (await self._steps.rename(plan.target, plan.aside)).id
        except NotFound:
            return (await self._api.metadata(plan.place_aside)).id

    # After an attempt that was cut short ------------------------------------------------------

    async def _left_behind(self, plan: _Plan) -> Entry | None:
        """Where an earlier attempt has left the entry, if it is not where it was."""
        entry, home = plan.entry, folder_of(plan.entry.id)
        if await self._api.metadata_or_none(entry.id) is not None:
            return None
        found = await self._api.metadata_or_none(plan.target)
        old = plan.replacing
        if (
            found is not None
            and (old is None or found.version != old.version or found.is_folder)
            and (_same_content(found, entry) or _same_birth(found, entry))
        ):
            return found
        for folder in (home, plan.folder):
            found = await self._api.metadata_or_none(join(folder, plan.spare))
            if found is not None:
                return found
        found = await self._api.metadata_or_none(join(home, plan.name))
        if found is not None and home != plan.folder and _same_birth(found, entry):
            return found
        return None


def _plan(entry: Entry, folder: EntryId, name: str, replacing: Entry | None) -> _Plan:
    target = join(folder, name)
    old = None if replacing is None else (replacing.version, replacing.created_ns)
    what = repr((entry.id, entry.version, entry.created_ns, target, old))
    digest = hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()
    return _Plan(
        entry, folder, name, replacing, f".cloudfs-{digest[:16]}", f".cloudfs-{digest[16:32]}"
    )


def _meaning(error: CloudError, old: Entry, found: Entry | None) -> CloudError:
    """What it means that *old* could not be written over, given what is *found* in its place."""
    if isinstance(error, TransientError):
        return error
    if found is not None and found.is_folder:
        return IsAFolder(f"{old.name} is a folder")
    if isinstance(error, Changed) or found is None or found.version != old.version:
        return Changed(f"{old.name} has changed on the service")
    return AccessDenied(str(error))


def _same_content(one: Entry, other: Entry) -> bool:
    """Whether both are files with the same bytes, for certain."""
    return one.checksum is not None and one.checksum == other.checksum and one.size == other.size


def _same_birth(one: Entry, other: Entry) -> bool:
    """Whether both are probably the same thing: a rename keeps all of this (3.8.1)."""
    return one.created_ns is not None and (one.kind, one.created_ns, one.size, one.checksum) == (
        other.kind,
        other.created_ns,
        other.size,
        other.checksum,
    )
