"""All versions of objects, key by key, the newest first (reference 7).

Most stores list them so, with the markers of deletions where they belong. Some list all markers
after all versions: there the times tell the order, and within one second what is plausible.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import groupby

from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.keys import Place
from cloudfs.providers.s3.wire import Record


async def histories(api: Api, place: Place) -> AsyncGenerator[Sequence[Record], None]:
    """All versions of each key that begins with that of *place*, the newest first."""
    held: list[Record] = []
    following: tuple[str, str] | None = None
    while True:
        page = await api.versions(place, following=following)
        # The versions of a key may go on in the next page. The sort leaves their order alone.
        records = sorted(held + list(page.records), key=lambda record: record.key)
        groups = [list(group) for _, group in groupby(records, key=lambda record: record.key)]
        following = page.following
        held = groups.pop() if groups and following is not None else []
        for group in groups:
            yield in_order(group)
        if following is None:
            return


async def history(api: Api, place: Place) -> Sequence[Record]:
    """All versions of one object, the newest first; none if it never was."""
    found: list[Record] = []
    following: tuple[str, str] | None = None
    while True:
        page = await api.versions(place, following=following)
        found += [record for record in page.records if record.key == place.key]
        following = page.following
        # It is the first of all keys that begin like it.
        if following is None or any(record.key > place.key for record in page.records):
            return in_order(found)


async def erase(api: Api, place: Place, *, versioned: bool) -> None:
    """Delete an object that we made to try something, with all its versions."""
    if not versioned:
        await api.delete(place)
        return
    for record in await history(api, place):  # a lost answer may have made one more
        await api.delete(place, record.version_id)


def in_order(records: Sequence[Record]) -> Sequence[Record]:
    """The versions of one key, the newest first."""
    kinds = [record.is_marker for record in records]
    if kinds != sorted(kinds) or len(set(kinds)) < 2:
        return records  # as they should be
    by_time = sorted(records, key=lambda r: (not r.is_latest, -(r.modified_ns or 0)))
    latest = [r for r in by_time if r.is_latest]
    found: list[Record] = []
    for _, group in groupby(by_time[len(latest) :], key=lambda record: record.modified_ns):
        before = (latest + found)[-1:]
        found += _alternating(list(group), after_marker=bool(before) and before[0].is_marker)
    return latest + found


def _alternating(records: Sequence[Record], *, after_marker: bool) -> Iterator[Record]:
    """Records of one second: whoever deletes something has something to delete."""
    markers = [r for r in records if r.is_marker]
    versions = [r for r in records if not r.is_marker]
    while markers and versions:
        yield versions.pop(0) if after_marker else markers.pop(0)
        after_marker = not after_marker
    yield from markers or versions
