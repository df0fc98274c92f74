"""Rename, move and replace in one verb, out of calls that do one thing each (reference 3.8).

1. A step may fail: those before it are undone (`steps.undone_by`).
2. Undoing may fail, or the process may end. Entries keep their numbers, so a repeat finds them
   wherever they are, and under whatever name; it goes on from there (`Moves.move`).
3. What gives way must not be lost: it goes aside, and to the bin only when the other has its
   place. It must be what the caller saw, or an empty folder.
"""

from dataclasses import dataclass

from cloudfs.errors import (
    AcrossDomains,
    AlreadyExists,
    Changed,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
    Unavailable,
)
from cloudfs.model import Entry
from cloudfs.providers.asus.entries import version
from cloudfs.providers.asus.ids import Ref, ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.places import Places
from cloudfs.providers.asus.removing import Removals
from cloudfs.providers.asus.steps import Steps, spare_name, undone_by

PASSES = 3  # an entry may be moved by somebody else meanwhile


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder's number, and a name in it."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class _Plan:
    entry: Ref
    target: Ref  # the folder
    name: str

    @property
    def goal(self) -> _Place:
        return _Place(self.target.number, self.name)

    @property
    def spare(self) -> str:
        """The name of the entry on its way."""
        return spare_name(self.entry.id, self.target.id, self.name)

    def aside(self, old: Ref) -> str:
        """The name of what gives way."""
        return spare_name(old.id, self.entry.id, self.target.id, self.name)


class Moves:
    """Moves of one account."""

    def __init__(self, steps: Steps, looking: Looking, places: Places, removals: Removals) -> None:
        self._steps = steps
        self._looking = looking
        self._places = places
        self._removals = removals

    async def move(self, entry: Entry, folder: Ref, name: str, replacing: Entry | None) -> Entry:
        """Bring *entry* to its new place, as `Provider.move` promises."""
        here = await self._places.changeable(entry.id)
        if not folder.is_folder:
            raise NotAFolder(f"{folder.id} is a file")
        if folder == here:
            raise InvalidRequest("a folder cannot be moved into itself")
        if self._places.domain(entry.id) != self._places.domain(folder.id):
            raise AcrossDomains("the service does not move between its trees")
        plan = _Plan(here, folder, name)
        believed = _place_of(entry)
        if replacing is not None and replacing.id != entry.id:
            found = await self._replace(plan, entry, replacing)
        else:
            await self._bring(plan, believed or await self._place(here))
            found = await self._looking.entry(here)
        for _ in range(PASSES):
            if _place_of(found) == plan.goal:
                return found
            await self._bring(plan, await self._place(here))
            found = await self._looking.entry(here)
        if found.parent_id != folder.id:
            raise Unavailable(f"{name}: somebody else moves it, too")
        return found  # the service spells the name in a way of its own

    # Over something else ------------------------------------------------------------------

    async def _replace(self, plan: _Plan, entry: Entry, replacing: Entry) -> Entry:
        if entry.is_folder != replacing.is_folder:
            kind = IsAFolder if replacing.is_folder else NotAFolder
            raise kind(f"{replacing.name} is not of the same kind as {entry.name}")
        here = await self._place(plan.entry)  # else there is nothing to give way to
        old = await self._places.changeable(replacing.id)
        was = await self._checked(plan, old, replacing)
        if was is None:
            await self._bring(plan, here)
            return await self._looking.entry(plan.entry)
        if was.name != plan.aside(old):
            await self._steps.rename(old, plan.aside(old))
        before = plan.name if was.name == plan.aside(old) else was.name
        async with undone_by(lambda: self._steps.rename(old, before)):
            await self._check_empty(old, replacing)
            await self._bring(plan, here)
            async with undone_by(lambda: self._return(plan, here)):
                await self._end(old)
        return await self._looking.entry(plan.entry)

    async def _checked(self, plan: _Plan, old: Ref, replacing: Entry) -> _Place | None:
        """Where *old* is, if it is in the way; None if it is gone or elsewhere by now."""
        try:
            described = await self._looking.info(old)
        except NotFound:
            return None
        was = _Place(described.parent or "", described.name)
        in_the_way = {plan.name.casefold(), plan.aside(old)}
        if was.folder != plan.target.number or was.name.casefold() not in in_the_way:
            return None
        if not old.is_folder and version(described) != replacing.version:
            raise Changed(f"{replacing.name} has changed on the service")
        await self._check_empty(old, replacing)
        return was

    async def _check_empty(self, old: Ref, replacing: Entry) -> None:
        if old.is_folder and await self._removals.has_children(old):
            raise NotEmpty(f"{replacing.name} is not empty")

    async def _end(self, old: Ref) -> None:
        try:
            await self._removals.to_bin(old)
        except NotFound:
            return

    # To a free name -----------------------------------------------------------------------

    async def _bring(self, plan: _Plan, here: _Place) -> None:
        """Take the entry from *here* to its goal."""
        if here == plan.goal:
            return
        if here.folder == plan.target.number:
            await self._steps.rename(plan.entry, plan.name)
        elif here.name == plan.name:
            await self._steps.move(plan.entry, plan.target)
        else:
            await self._cross(plan, here)

    async def _cross(self, plan: _Plan, here: _Place) -> None:
        """Take the entry to another folder and another name."""
        entry = plan.entry
        home = entry.folder(here.folder)
        try:
            await self._steps.move(entry, plan.target)
        except AlreadyExists:  # its old name is taken there: it travels under a spare one
            await self._steps.rename(entry, plan.spare)
            async with undone_by(lambda: self._steps.rename(entry, here.name)):
                await self._steps.move(entry, plan.target)
                async with undone_by(lambda: self._steps.move(entry, home)):
                    await self._steps.rename(entry, plan.name)
            return
        async with undone_by(lambda: self._steps.move(entry, home)):
            await self._steps.rename(entry, plan.name)

    async def _return(self, plan: _Plan, here: _Place) -> None:
        """Take the entry back to where it was."""
        back = _Plan(plan.entry, plan.entry.folder(here.folder), here.name)
        await self._bring(back, plan.goal)

    async def _place(self, entry: Ref) -> _Place:
        described = await self._looking.info(entry)
        return _Place(described.parent or "", described.name)


def _place_of(entry: Entry) -> _Place | None:
    """Where an entry is, as far as it says."""
    if entry.parent_id is None:
        return None
    try:
        return _Place(ref(entry.parent_id).number, entry.name)
    except NotFound:
        return None
