"""Where entries are: what the root is called, and where the account may only look.

The root is `ROOT` here and in requests. The service also has a hash for it, which shows up as the
parent of its children (reference 1.7); it is learned from listings and kept in the notes.
"""

from collections.abc import MutableMapping

from cachetools import LRUCache

from cloudfs.errors import InvalidName, NameTooLong
from cloudfs.model import Entry, EntryId, Kind, Version
from cloudfs.providers.base import NameRules
from cloudfs.providers.podspace.wire import Entity, PageOf

ROOT = EntryId("ROOT")
ROOT_NOTE = "root_hash"

NAMES = NameRules(forbidden=frozenset('\\/?%*:|"<>'), controls=False, trailing_dot=False)
"""Names that can be stored (reference 1.8)."""

MOST_REMEMBERED = 20_000


class Places:
    """Turns the service's entries into ours."""

    def __init__(self, notes: MutableMapping[str, str]) -> None:
        self._notes = notes

        # Changing. Not all answers say of these, or of their children, that they are so.
        self._view_only: LRUCache[str, bool] = LRUCache(MOST_REMEMBERED)

    @property
    def root_hash(self) -> str | None:
        """The root's own hash, if it is known by now."""
        return self._notes.get(ROOT_NOTE)

    def learn_root(self, *hashes: str | None) -> None:
        """The first of *hashes* that says something is the root's own."""
        for hash_ in hashes:
            if hash_ and hash_ != ROOT:
                if hash_ != self.root_hash:
                    self._notes[ROOT_NOTE] = hash_
                return

    def id_of(self, hash_: str) -> EntryId:
        """The id of the entry that the service calls *hash_*."""
        return ROOT if hash_ == self.root_hash else EntryId(hash_)

    def is_root(self, entry_id: EntryId) -> bool:
        """Whether the id is the account's root."""
        return self.id_of(entry_id) == ROOT

    def entry(self, entity: Entity, *, folder_id: EntryId | None = None) -> Entry:
        """The entry; *folder_id* is where it was found, if that is known."""
        parent_id = folder_id
        if parent_id is None and entity.parent_hash:
            parent_id = self.id_of(entity.parent_hash)
        entry_id = self.id_of(entity.hash)
        writable = entry_id not in self._view_only and parent_id not in self._view_only
        if entity.can_edit is not None:
            writable = entity.can_edit
        if entity.can_edit is not None or not writable:
            self.restrict(entry_id, view_only=not writable)
        return Entry(
            id=entry_id,
            parent_id=None if entry_id == ROOT else parent_id,
            name="" if entry_id == ROOT else entity.name,
            kind=Kind.FOLDER if entity.is_folder else Kind.FILE,
            size=entity.size,
            version=version_of(entity),
            modified_ns=entity.updated_ns,
            created_ns=entity.created_ns,
            mime=entity.mime,
            writable=writable,
            extra=entity.extra,
        )

    def restrict(self, entry_id: EntryId, *, view_only: bool) -> None:
        """Remember whether the entry, and what is below it, can only be looked at."""
        if view_only:
            self._view_only[entry_id] = True
        else:
            self._view_only.pop(entry_id, None)

    def children(self, page: PageOf[Entity], folder_id: EntryId) -> list[Entry]:
        """The entries of a page of a folder's listing, without what cannot be in it."""
        if self.is_root(folder_id):
            self.learn_root(
                page.folder.hash if page.folder else None,
                page.root_hash,
                *(item.parent_hash for item in page.items),
            )
        elif page.folder is not None and page.folder.can_edit is not None:
            self.restrict(folder_id, view_only=not page.folder.can_edit)
        entries = (self.entry(item, folder_id=folder_id) for item in page.items)
        return [entry for entry in entries if entry.id not in {ROOT, folder_id}]


def version_of(entity: Entity) -> Version:
    """The version of a file: its number, or what else changes with its content (3.19)."""
    if entity.is_folder:
        return Version("")
    if entity.version is None:
        return Version(f"{entity.updated_ns or 0}.{entity.size}")
    return numbered(entity.version)


def numbered(number: int) -> Version:
    """The version that the service counts so."""
    return Version(str(number))


def number_of(version: Version) -> int | None:
    """The service's number of a version; None if it never gave one."""
    return int(version) if version.isascii() and version.isdigit() and len(version) < 20 else None


def check_name(name: str) -> None:
    """Raise InvalidName or NameTooLong for what the service cannot store."""
    if NAMES.too_long(name):
        raise NameTooLong("the name is longer than 255 bytes")
    if problem := NAMES.problem(name):
        raise InvalidName(f"{name!r} {problem}")
