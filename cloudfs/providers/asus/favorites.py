"""Entries with a mark: the star (reference 3.20)."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from cloudfs.errors import NotFound
from cloudfs.model import Entry, Found
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.ids import TOP, Ref, ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.searching import Finder
from cloudfs.providers.facets import Favorites

STAR = "star"
USUAL = "1"


class AsusFavorites(Favorites):
    """The starred entries of one account. Other marks are left as they are."""

    def __init__(
        self, api: Api, looking: Looking, finder: Finder, names: Mapping[str, str]
    ) -> None:
        self._api = api
        self._looking = looking
        self._finder = finder
        self._star = next((number for number, name in names.items() if name == STAR), USUAL)

    def marked(self) -> AsyncGenerator[Sequence[Found], None]:
        return self._finder.search(
            ("markid", self._star), lambda entry: self._star in marks_of(entry.extra)
        )

    async def mark(self, entry: Entry, *, wanted: bool) -> None:
        here = ref(entry.id)
        marks = await self._marks(entry, here)
        if (self._star in marks) is wanted:
            return
        kept = [mark for mark in marks if mark != self._star]
        await self._api.setentrymark(here, [*kept, self._star] if wanted else kept)

    async def _marks(self, entry: Entry, here: Ref) -> list[str]:
        """The marks that the entry has now; only a listing tells them."""
        parent_id = entry.parent_id or (await self._looking.stat(entry.id)).parent_id
        if parent_id is None or parent_id == TOP:
            return []
        async with aclosing(self._looking.described(ref(parent_id))) as pages:
            async for page in pages:
                for described in page:
                    if (described.kind, described.number) == (here.kind, here.number):
                        return marks_of(described.extra)
        raise NotFound(f"{entry.name} is not in its folder any more")


def marks_of(extra: Mapping[str, str]) -> list[str]:
    """The marks that an entry was listed with."""
    return extra.get("markid", "").split()
