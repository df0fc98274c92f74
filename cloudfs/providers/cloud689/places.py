"""What listings have told, as far as later calls need it: where entries are, and who we are there.

None of this is an answer to a program. It spares requests (a folder has no call that tells about
it, reference 3.3) and may be forgotten, or wrong by now: whoever uses it looks whether it holds.
"""

from collections.abc import Iterable

from cachetools import LRUCache

from cloudfs.errors import InvalidName, NameTooLong
from cloudfs.model import Entry, EntryId
from cloudfs.providers.base import NameRules
from cloudfs.providers.cloud689.ids import ROOT

REMEMBERED = 100_000

# Reference 1.2. Control characters are shown as something else, so there can be none made here.
NAMES = NameRules(longest_bytes=255, controls=False, forbidden=frozenset("\x7f"))


class Places:
    """Where entries were seen last."""

    def __init__(self) -> None:
        self._seen: LRUCache[EntryId, tuple[EntryId, str]] = LRUCache(REMEMBERED)
        self._parents: LRUCache[EntryId, frozenset[EntryId]] = LRUCache(REMEMBERED)
        self._roles: dict[str, int] = {}
        self.in_use: set[str] = set()  # projects that something was listed of

    def learn(self, entries: Iterable[Entry]) -> None:
        """These entries are where they say."""
        for entry in entries:
            if entry.parent_id is not None:
                self.place(entry.id, entry.parent_id, entry.name)

    def place(self, entry_id: EntryId, parent_id: EntryId, name: str) -> None:
        """This entry is there."""
        self._seen[entry_id] = (parent_id, name)
        parents = self._parents.get(entry_id, frozenset())
        if parent_id not in parents:
            self._parents[entry_id] = parents | {parent_id}

    def forget(self, entry_id: EntryId) -> None:
        """This entry is there no more."""
        self._seen.pop(entry_id, None)

    def parent(self, entry_id: EntryId) -> EntryId | None:
        """The folder that the entry was seen in, if it was."""
        seen = self._seen.get(entry_id)
        return None if seen is None else seen[0]

    def parents(self, entry_id: EntryId) -> frozenset[EntryId]:
        """All folders that the entry was seen in so far, also before it was moved."""
        return self._parents.get(entry_id, frozenset())

    def name(self, entry_id: EntryId) -> str | None:
        """What the entry was called when it was seen last, if it was."""
        seen = self._seen.get(entry_id)
        return None if seen is None else seen[1]

    def path(self, entry_id: EntryId) -> str | None:
        """The entry's path from the top of the account, if all folders above it were seen."""
        names: list[str] = []
        passed: set[EntryId] = set()
        while entry_id != ROOT:
            seen = self._seen.get(entry_id)
            if seen is None or entry_id in passed:
                return None
            passed.add(entry_id)
            entry_id, name = seen
            names.append(name)
        return "/" + "/".join(reversed(names))

    def learn_role(self, project: str, role: int | None) -> None:
        """The account has this role in the project."""
        if role is not None:
            self._roles[project] = role

    def role(self, project: str) -> int | None:
        """The account's role in the project, if it was told."""
        return self._roles.get(project)


def check_name(name: str) -> None:
    """Raise InvalidName or NameTooLong for what the service cannot store."""
    if problem := NAMES.problem(name):
        raise InvalidName(f"{name!r} {problem}")
    if NAMES.too_long(name):
        raise NameTooLong("the name is longer than 255 bytes")


def is_storable(name: str) -> bool:
    """Whether an entry can have this name."""
    return NAMES.problem(name) is None and not NAMES.too_long(name)
