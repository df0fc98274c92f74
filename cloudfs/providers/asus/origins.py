"""Where removed entries came from, which the service does not remember (reference 3.11).

Only what this client removed is known, and only the latest of it.
"""

import json
from collections.abc import MutableMapping, Sequence

from cloudfs.errors import NotFound
from cloudfs.model import EntryId
from cloudfs.providers.asus.ids import Ref, ref

ORIGINS_NOTE = "origins"
REMEMBERED = 300


class Origins:
    """The folders of what was removed, kept in *notes*."""

    def __init__(self, notes: MutableMapping[str, str]) -> None:
        self._notes = notes

        # Changing. Without the top that an entry was reached through: the bin knows no trees.
        self._folders = _kept(notes)

    def remember(self, entries: Sequence[Ref], folder: Ref) -> None:
        """*entries* were removed from *folder*."""
        for entry in entries:
            key = _key(entry)
            self._folders.pop(key, None)
            self._folders[key] = folder.id
        while len(self._folders) > REMEMBERED:
            del self._folders[next(iter(self._folders))]
        self._notes[ORIGINS_NOTE] = json.dumps(self._folders)

    def of(self, entry: Ref) -> EntryId | None:
        """The folder that an entry was removed from, if it is known."""
        found = self._folders.get(_key(entry))
        return None if found is None else EntryId(found)


def _key(entry: Ref) -> str:
    return Ref(entry.kind, entry.number).id


def _kept(notes: MutableMapping[str, str]) -> dict[str, str]:
    try:
        members = json.loads(notes[ORIGINS_NOTE])
        return {str(entry): ref(folder).id for entry, folder in members.items()}
    except (KeyError, ValueError, AttributeError, TypeError, NotFound):
        return {}
