"""How an EntryId is put together (reference 1.7).

The service numbers files and folders apart, so an id carries both: "d1002" is a folder, "f5001"
a file. An entry outside the tree that the drive shows also carries the top that it was reached
through, since neither the service nor a number tells it: "f5001@77" is below folder 77. There
it is a folder that somebody else shares, where every request needs the switch for joint editing
(2.7), unless it is one of the account's own system folders.
"""

import re
from dataclasses import dataclass

from cloudfs.errors import NotFound
from cloudfs.model import EntryId, Kind

HOME = "0"
BACKUP = "-3"
SYNC = "-5"
SYSTEM = frozenset({HOME, BACKUP, SYNC})

TOP = EntryId("all")
"""The folder that shows all trees side by side; the service does not know it."""

LARGEST = 2**63 - 1

_NUMBER = re.compile(r"-?\d{1,19}", re.ASCII)
_ID = re.compile(r"([df])(-?\d{1,19})(?:@(-?\d{1,19}))?", re.ASCII)
_LETTERS = {"d": Kind.FOLDER, "f": Kind.FILE}


@dataclass(frozen=True, slots=True)
class Ref:
    """An entry as the service addresses it: kind and number."""

    kind: Kind
    number: str
    wall: str = ""  # number of the top it was reached through; "": the drive's own

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind is Kind.FOLDER

    @property
    def id(self) -> EntryId:
        """The entry's id."""
        letter = "d" if self.is_folder else "f"
        return EntryId(f"{letter}{self.number}{f'@{self.wall}' if self.wall else ''}")

    @property
    def is_group(self) -> bool:
        """Whether it is in a folder that somebody else shares for joint editing."""
        return bool(self.wall) and self.wall not in SYSTEM

    @property
    def is_group_top(self) -> bool:
        """Whether it is such a shared folder itself."""
        return self.is_group and self.is_folder and self.number == self.wall

    def beside(self, kind: Kind, number: str) -> "Ref":
        """Another entry of the same tree."""
        return Ref(kind, number, self.wall)

    def folder(self, number: str) -> "Ref":
        """A folder of the same tree."""
        return self.beside(Kind.FOLDER, number)

    def file(self, number: str) -> "Ref":
        """A file of the same tree."""
        return self.beside(Kind.FILE, number)


def ref(entry_id: EntryId) -> Ref:
    """What *entry_id* stands for. Raises NotFound if it is no id of this service."""
    match = _ID.fullmatch(entry_id)
    if match is None:
        raise NotFound(f"no entry can have the id {entry_id!r}")
    letter, number, wall = match.groups()
    return Ref(_LETTERS[letter], number, wall or "")


def number(text: str | None) -> str | None:
    """*text* as the number of an entry; None if it is none."""
    text = (text or "").strip()
    if _NUMBER.fullmatch(text) is None or abs(int(text)) > LARGEST:
        return None
    return str(int(text))
