"""Removing: into the bin, out of it for ever, many at once (reference 3.10, 3.13, 3.17)."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import groupby

from cloudfs.errors import CloudError, InvalidRequest, NotEmpty, NotFound, TransientError
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.origins import Origins
from cloudfs.providers.asus.places import Places
from cloudfs.providers.asus.steps import NOT_CARRIED_OUT

TOGETHER = 500  # entries in one request
ASKED_TOGETHER = 200  # folders asked at once whether they are empty


class Removals:
    """Removals of one account."""

    def __init__(self, api: Api, looking: Looking, places: Places, origins: Origins) -> None:
        self._api = api
        self._looking = looking
        self._places = places
        self._origins = origins

    async def remove(
        self, entry: Ref, parent: Ref | None, *, recursive: bool, permanently: bool
    ) -> None:
        """Remove one entry from the folder *parent*, as `Provider.remove` promises."""
        if entry.is_folder and not recursive and await self.has_children(entry):
            raise NotEmpty(f"{entry.id} is not empty")
        try:
            await self.to_bin(entry)
        except NotFound:
            if permanently:  # an earlier attempt may have come half the way
                await self.purge([entry])
            raise
        if permanently and not entry.is_group:
            await self.purge([entry])
        elif parent is not None:
            self._origins.remember([entry], parent)

    async def to_bin(self, entry: Ref) -> None:
        """Move an entry to the bin; it is looked for when the answer is lost."""
        try:
            await self._api.remove([entry])
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            if not await self._is_gone(entry, lost):
                raise
        if entry.is_folder:
            self._places.unsettled()

    async def certainly(self, entry: Ref) -> None:
        """Remove what only served a purpose of ours, for ever; it may be gone already."""
        with suppress(NotFound):
            await self.to_bin(entry)
        if not entry.is_group:
            await self.purge([entry])

    async def has_children(self, folder: Ref) -> bool:
        """Whether there is something in a folder."""
        told = await self._api.ischildrenexist([folder])
        return told.get(folder.number, False)

    # Many at once -------------------------------------------------------------------------

    async def remove_many(
        self, entries: Sequence[tuple[Ref, Ref | None]], *, permanently: bool
    ) -> Sequence[CloudError | None]:
        """Remove entries, each with its folder, as `Provider.remove_many` promises."""
        outcomes: dict[Ref, CloudError | None] = {}
        numbered = sorted(dict.fromkeys(entry for entry, _ in entries), key=_batch)
        for _, of_one_kind in groupby(numbered, key=_batch):
            batch = list(of_one_kind)
            if batch[0].is_folder:
                batch = await self._empty_ones(batch, outcomes)
            for start in range(0, len(batch), TOGETHER):
                part = batch[start : start + TOGETHER]
                await _together(part, self._api.remove, outcomes)
        gone = [entry for entry, failure in outcomes.items() if failure is None]
        if permanently:
            # An earlier attempt may have come half the way: what is not found may be in the bin.
            perhaps = [entry for entry, why in outcomes.items() if isinstance(why, NotFound)]
            doomed = [entry for entry in (*gone, *perhaps) if not entry.is_group]
            outcomes.update(await self._purge_many(doomed))
        else:
            self._remember(entries, set(gone))
        if any(entry.is_folder for entry in gone):
            self._places.unsettled()
        return [outcomes[entry] for entry, _ in entries]

    async def purge(self, entries: Sequence[Ref]) -> None:
        """Remove entries from the bin for ever; those that are not in it are no error."""
        for failure in (await self._purge_many(entries)).values():
            raise failure

    async def _purge_many(self, entries: Sequence[Ref]) -> dict[Ref, CloudError]:
        outcomes: dict[Ref, CloudError | None] = {}
        bin_number = await self._places.bin()
        entries = [entry for entry in entries if entry.number != bin_number]  # it means all in it
        for folders in (False, True):
            batch = [entry for entry in entries if entry.is_folder is folders]
            for start in range(0, len(batch), TOGETHER):
                part = batch[start : start + TOGETHER]
                await _together(part, self._api.clearrecyclebin, outcomes)
        failures = {entry: failure for entry, failure in outcomes.items() if failure is not None}
        for entry, failure in list(failures.items()):
            refused = isinstance(failure, NotFound | InvalidRequest)
            if refused and not await self._is_binned(entry, bin_number):
                del failures[entry]  # it is gone, or was not in the bin
        return failures

    async def _is_binned(self, entry: Ref, bin_number: str | None) -> bool:
        try:
            return (await self._api.getentryinfo(entry)).parent == bin_number
        except NotFound:
            return False

    async def _empty_ones(
        self, folders: list[Ref], outcomes: dict[Ref, CloudError | None]
    ) -> list[Ref]:
        empty = []
        for start in range(0, len(folders), ASKED_TOGETHER):
            part = folders[start : start + ASKED_TOGETHER]
            told = await self._api.ischildrenexist(part)
            for folder in part:
                if folder.number not in told:
                    outcomes[folder] = NotFound(f"{folder.id} does not exist")
                elif told[folder.number]:
                    outcomes[folder] = NotEmpty(f"{folder.id} is not empty")
                else:
                    empty.append(folder)
        return empty

    def _remember(self, entries: Sequence[tuple[Ref, Ref | None]], gone: set[Ref]) -> None:
        by_parent: dict[Ref, list[Ref]] = {}
        for entry, parent in entries:
            if parent is not None and entry in gone:
                by_parent.setdefault(parent, []).append(entry)
        for parent, children in by_parent.items():
            self._origins.remember(children, parent)

    async def _is_gone(self, entry: Ref, lost: TransientError) -> bool:
        try:
            await self._looking.info(entry)
        except NotFound:
            return True
        except CloudError:
            raise lost from None
        return False


async def _together(
    batch: Sequence[Ref],
    change: Callable[[Sequence[Ref]], Awaitable[None]],
    outcomes: dict[Ref, CloudError | None],
) -> None:
    """Make a change that all of *batch* or none go through; find those that hinder it."""
    if not batch:
        return
    try:
        await change(batch)
    except CloudError as error:
        if len(batch) == 1 or error.transient or not isinstance(error, NotFound | InvalidRequest):
            outcomes.update(dict.fromkeys(batch, error))
            return
        middle = len(batch) // 2
        await _together(batch[:middle], change, outcomes)
        await _together(batch[middle:], change, outcomes)
    else:
        outcomes.update(dict.fromkeys(batch, None))


def _batch(entry: Ref) -> tuple[bool, str]:
    return entry.is_folder, entry.wall
