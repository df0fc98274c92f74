"""Listings: what is in a folder, page by page (reference 1.1, 3).

The difficulties, and what answers each:

1. An object and a folder may have one name, and come on different pages, as "a.txt" lies
   between "a" and "a/". `Sorted` holds an object back until its folder cannot come any more.
2. Some keys cannot be paths (with "//" or ".."). They are left out, or told at the end of the
   folder's listing (`_weird`).
3. Times that programs gave their files are in no listing: `dated` asks for them file by file.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import trio

from cloudfs.errors import BadReply, CloudError, NotAFolder, NotFound, unwrapped
from cloudfs.model import Entry, EntryId, Page, Pages
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.keys import (
    PROBE,
    ROOT,
    SHADOWED_NAME,
    Place,
    is_hidden,
    is_shadowed,
    is_weird,
)
from cloudfs.providers.s3.looking import Looking

log = logging.getLogger(__name__)

HEADS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Told:
    """One thing of a listing: an object, perhaps behind a folder of its name, or a prefix."""

    key: str
    object: wire.Listed | None = None
    behind_folder: bool = False


class Sorted:
    """Brings the keys of a listing into an order in which a folder is known before its object."""

    def __init__(self) -> None:
        self._held: list[wire.Listed] = []

    def page(self, listing: wire.Listing) -> Iterator[Told]:
        """What can be told now that this page is known."""
        found: list[Told] = [Told(o.key, o) for o in listing.objects]
        found += [Told(prefix) for prefix in listing.prefixes]
        for told in sorted(found, key=lambda t: t.key):
            yield from self._released(told.key)
            if told.object is not None and not told.key.endswith("/"):
                self._held.append(told.object)
            else:
                yield told

    def rest(self) -> Iterator[Told]:
        """What can be told when no page follows."""
        for held in self._held:
            yield Told(held.key, held)
        self._held = []

    def _released(self, key: str) -> Iterator[Told]:
        passed = [held for held in self._held if key >= f"{held.key}/"]
        self._held = [held for held in self._held if key < f"{held.key}/"]
        told = (Told(h.key, h, behind_folder=key.startswith(f"{h.key}/")) for h in passed)
        # What really is called "a (object)" goes before what is only shown so.
        yield from sorted(told, key=lambda t: t.behind_folder)


class Listings:
    """The listings of one account. *versioned* says whether deleted keys may be kept."""

    def __init__(
        self, api: Api, looking: Looking, *, show_weird: bool, versioned: Callable[[], bool]
    ) -> None:
        self._api = api
        self._looking = looking
        self.show_weird = show_weird
        self._versioned = versioned

    async def children(self, folder_id: EntryId) -> Pages:
        """What is in a folder, page by page. Raises NotFound, or NotAFolder."""
        if folder_id == ROOT and self._looking.layout.lists_buckets:
            yield Page(entries=tuple(await self._looking.buckets()))
            return
        if is_shadowed(folder_id) or self._looking.layout.is_weird(folder_id):
            raise NotAFolder(f"{folder_id} is a file")
        place = self._looking.layout.folder(folder_id)
        weird: list[str] = []
        names: set[str] = set()  # that end as those do which we make up
        anything = False
        async with aclosing(self.pages(place)) as pages:
            async for listing, told in pages:
                anything = anything or not listing.empty
                entries = []
                for entry in self._entries(place, told, weird):
                    if self.show_weird or entry.name.endswith(SHADOWED_NAME):
                        if entry.name in names:
                            log.debug("left out of a listing: a second %s", entry.id)
                            continue
                        names.add(entry.name)
                    entries.append(entry)
                yield Page(entries=await self.dated(entries))
        if not anything:
            await self._check_empty(folder_id)
        if weird and self.show_weird:
            async with aclosing(self._weird(place.bucket, weird)) as found:
                async for batch in found:
                    fresh = [entry for entry in batch if entry.name not in names]
                    yield Page(entries=await self.dated(fresh))
        self._looking.saw(folder_id)

    async def pages(
        self, place: Place, *, flat: bool = False
    ) -> AsyncGenerator[tuple[wire.Listing, Sequence[Told]], None]:
        """Each page of a listing, and what can be told of it."""
        order = Sorted()
        following: str | None = None
        while True:
            listing = await self._api.listing(place, flat=flat, following=following)
            if self._api.tells_deleted and listing.prefixes and self._versioned():
                listing = await self._without_deleted(place.bucket, listing)
            told = list(order.page(listing))
            if listing.following is None:
                yield listing, [*told, *order.rest()]
                return
            if listing.following == following:
                raise BadReply("a listing that goes on where it was")
            following = listing.following
            yield listing, told

    async def _without_deleted(self, bucket: str, listing: wire.Listing) -> wire.Listing:
        """A page without the folders in which all objects were deleted."""
        there: dict[str, bool] = {}
        limit = trio.CapacityLimiter(HEADS_AT_ONCE)

        async def look(prefix: str) -> None:
            async with limit:
                there[prefix] = not (await self._looking.first(Place(bucket, prefix), 1)).empty

        with unwrapped():
            async with trio.open_nursery() as nursery:
                for prefix in listing.prefixes:
                    nursery.start_soon(look, prefix)
        return replace(listing, prefixes=tuple(p for p in listing.prefixes if there[p]))

    def _entries(self, place: Place, told: Iterable[Told], weird: list[str]) -> Iterator[Entry]:
        """The entries in a folder; what is weird in it is noted."""
        for one in told:
            if one.key == place.key or not one.key.startswith(place.key):
                continue  # the marker, or a store that tells more than was asked for
            if is_weird(one.key.removeprefix(place.key)):
                weird.append(one.key)
            elif one.object is None or one.key.endswith("/"):
                if one.key.removeprefix(place.key).startswith(PROBE):
                    continue
                folder_id = self._looking.layout.id_of(Place(place.bucket, one.key))
                self._looking.saw(folder_id)
                yield self._looking.entries.folder(folder_id)
            elif not is_hidden(one.key.removeprefix(place.key)):
                yield self._looking.entries.listed(
                    place.bucket, one.object, behind_folder=one.behind_folder
                )

    async def _weird(
        self, bucket: str, keys: Sequence[str]
    ) -> AsyncGenerator[Sequence[Entry], None]:
        """Files for the objects that have one of *keys*, or one that it begins."""
        for key in keys:
            following: str | None = None
            while True:
                page = await self._api.listing(Place(bucket, key), flat=True, following=following)
                yield [
                    self._looking.entries.listed(bucket, found)
                    for found in page.objects
                    if found.key == key or key.endswith("/")
                ]
                if (following := page.following) is None:
                    break

    async def _check_empty(self, folder_id: EntryId) -> None:
        """Raise unless a folder may be there of which no key tells."""
        if folder_id == ROOT or self._looking.layout.is_bucket(folder_id):
            return
        if await self._api.head_or_none(self._looking.layout.object(folder_id)) is not None:
            raise NotAFolder(f"{folder_id} is a file")
        raise NotFound(f"no {folder_id}")

    async def dated(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """The entries with the times of their metadata, if these are wanted (reference 1.2)."""
        if not self._looking.entries.meta:
            return tuple(entries)
        found = list(entries)
        limit = trio.CapacityLimiter(HEADS_AT_ONCE)

        async def date(number: int, entry: Entry) -> None:
            async with limit:
                try:
                    head = await self._api.head(self._looking.layout.object(entry.id))
                except CloudError as error:
                    log.debug("the time of %s is not known: %s", entry.id, error)
                else:
                    found[number] = self._looking.entries.headed(entry.id, head)

        with unwrapped():
            async with trio.open_nursery() as nursery:
                for number, entry in enumerate(entries):
                    if not entry.is_folder:
                        nursery.start_soon(date, number, entry)
        return tuple(found)
