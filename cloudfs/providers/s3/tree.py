"""Everything below a folder, by a listing of keys at any depth (reference 3).

Keys come in order, so the folders above one are told when its first key comes.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

from cloudfs.model import Entry, EntryId
from cloudfs.providers.facets import TreeListing
from cloudfs.providers.s3.keys import ROOT, Place, is_hidden, is_weird
from cloudfs.providers.s3.listings import Listings, Told
from cloudfs.providers.s3.looking import Looking


class KeyTree(TreeListing):
    """The keys of one account as a tree."""

    def __init__(self, looking: Looking, listings: Listings) -> None:
        self._listings = listings
        self._looking = looking

    async def below(self, folder_id: EntryId) -> AsyncGenerator[Sequence[Entry], None]:
        if folder_id == ROOT and self._looking.layout.lists_buckets:
            buckets = await self._looking.buckets()
            yield buckets
            for bucket in buckets:
                async with aclosing(self.below(bucket.id)) as pages:
                    async for page in pages:
                        yield page
            return
        place = self._looking.layout.folder(folder_id)
        open_folders: list[str] = []  # on the way to the last key: keys come in order
        async with aclosing(self._listings.pages(place, flat=True)) as pages:
            async for _, told in pages:
                entries: list[Entry] = []
                for one in told:
                    entries += self._on_the_way(place, one, open_folders)
                yield await self._listings.dated(entries)

    def _on_the_way(self, place: Place, one: Told, open_folders: list[str]) -> Iterator[Entry]:
        """The folders above a key that were not told yet, and its file."""
        inside = one.key.removeprefix(place.key)
        parts = inside.split("/")
        if not one.key.startswith(place.key) or not inside:
            return
        weird = is_weird(inside)
        for depth in range(1, len(parts)):
            if parts[depth - 1] in {"", ".", ".."}:
                break
            path = "/".join(parts[:depth])
            if open_folders[depth - 1 : depth] != [path]:
                open_folders[depth - 1 :] = [path]
                yield self._looking.entries.folder(
                    self._looking.layout.id_of(Place(place.bucket, f"{place.key}{path}/"))
                )
        if one.object is None or (weird and not self._listings.show_weird):
            return
        if weird or not (one.key.endswith("/") or is_hidden(parts[-1])):
            yield self._looking.entries.listed(
                place.bucket, one.object, behind_folder=one.behind_folder
            )
