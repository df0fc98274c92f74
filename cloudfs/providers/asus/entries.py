"""What the service describes, as our entries.

A listing may leave out when a file was modified; then another call told it, or tells it when it
is asked for, and it is remembered as long as the entry has not changed (reference 3.2).
"""

from cachetools import LRUCache

from cloudfs.errors import BadReply
from cloudfs.model import Entry, EntryId, Kind, Version
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.wire import Described

REMEMBERED = 50_000

_Key = tuple[Kind, str, str | None, str]


class Entries:
    """Makes entries, for one account."""

    def __init__(self) -> None:
        # Changing. Times by what they hold for: written and created, in nanoseconds.
        self._times: LRUCache[_Key, tuple[int | None, int | None]] = LRUCache(REMEMBERED)

    def entry(
        self, described: Described, beside: Ref, *, parent_id: EntryId | None = None
    ) -> Entry:
        """The entry that *described* is, in the tree that *beside* is in.

        *parent_id* is its folder, if the description does not tell.
        """
        here = beside.beside(described.kind, described.number)
        if described.parent is not None and parent_id is None:
            parent_id = here.folder(described.parent).id
        written, created = self._known_times(described)
        return Entry(
            id=here.id,
            parent_id=None if here.is_group_top else parent_id,
            name=described.name,
            kind=described.kind,
            size=described.size,
            version=version(described),
            modified_ns=next(
                (t for t in (described.modified_ns, written) if t is not None), described.stamp_ns
            ),
            created_ns=created,
            mime=described.mime,
            extra=described.extra,
        )

    def _known_times(self, described: Described) -> tuple[int | None, int | None]:
        key = (described.kind, described.number, described.head, described.stamp)
        if described.attribute is not None:
            told = described.attribute.written_ns, described.attribute.created_ns
            self._times[key] = told
            return told
        known: tuple[int | None, int | None] = self._times.get(key, (None, None))
        return known


def version(described: Described) -> Version:
    """Which content a file has: its number, which rises with each one (reference 3.15)."""
    if described.is_folder:
        return Version("")
    if described.head is not None:
        return Version(described.head)
    if described.stamp:
        return Version(described.stamp)
    raise BadReply(f"the reply does not tell the version of {described.name!r}")
