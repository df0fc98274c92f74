"""What an entry is called by calls (reference 1.2), in one text: its id, for us.

A call names the project and the file or folder in it. Our ids hold both, and begin with the
service's own id, so that what is shown of namesakes is the beginning of that::

    68bf02e1...:f:bf2e...     a file        bf2e...:p     a project
    77559a00...:d:bf2e...     a folder      root          where the projects are
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from cloudfs.errors import NotFound
from cloudfs.model import EntryId

ROOT = EntryId("root")


@dataclass(frozen=True, slots=True)
class Address:
    """A project, or the folder or file in it that has *own* as its id."""

    project: str
    own: str | None = None
    is_file: bool = False

    @property
    def folder(self) -> str | None:
        """What a call is given as the folder: nothing for the top of a project."""
        return None if self.is_file else self.own

    @property
    def is_project(self) -> bool:
        """Whether this is a project as a whole."""
        return self.own is None


def id_of(address: Address) -> EntryId:
    """The address as an id."""
    project = quote(address.project, safe="")
    if address.own is None:
        return EntryId(f"{project}:p")
    kind = "f" if address.is_file else "d"
    return EntryId(f"{quote(address.own, safe='')}:{kind}:{project}")


def file_id(project: str, own: str) -> EntryId:
    """The id of a file."""
    return id_of(Address(project, own, is_file=True))


def folder_id(project: str, own: str | None) -> EntryId:
    """The id of a folder, or of the project if it has none of its own."""
    return id_of(Address(project, own))


def address_of(entry_id: EntryId) -> Address:
    """The address in an id. Raises NotFound if there can be no such entry."""
    match entry_id.split(":"):
        case [project, "p"] if project:
            return Address(unquote(project))
        case [own, "f" | "d" as kind, project] if own and project:
            return Address(unquote(project), unquote(own), is_file=kind == "f")
    raise NotFound(f"{entry_id!r} is the id of nothing")
