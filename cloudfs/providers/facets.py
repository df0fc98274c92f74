"""What some services offer beyond files and folders: one small interface each.

A provider holds an object of the facet, or None. The same three rules hold as for the verbs
of `base`.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

from cloudfs.errors import Unsupported
from cloudfs.model import (
    DownloadLink,
    Entry,
    EntryId,
    FileVersion,
    Found,
    Invitation,
    News,
    Share,
    TrashItem,
    Version,
)


class Trash(ABC):
    """The service's recycle bin."""

    tells_origin: ClassVar[bool] = True  # does an item say where it came from?
    tells_time: ClassVar[bool] = True  # does an item say when it was deleted?

    @abstractmethod
    def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        """What is in the bin, page by page; only the top of a deleted tree is an item."""

    @abstractmethod
    async def restore(self, item: TrashItem) -> Entry:
        """Put *item* back where the service puts it, and return it there.

        That is its origin if it still can be, else a place of the service's choosing, or a
        name of its choosing if the old one is taken. Raises NotFound if the bin has no such
        item.
        """

    @abstractmethod
    async def purge(self, items: Sequence[TrashItem]) -> None:
        """Remove *items* for ever, and nothing else; those already gone are no error."""

    @abstractmethod
    async def empty(self) -> None:
        """Remove everything in the bin for ever."""


class Versions(ABC):
    """The contents a file has had."""

    @abstractmethod
    async def of(self, entry: Entry) -> Sequence[FileVersion]:
        """All versions of a file, the newest first; the current one is among them."""

    @abstractmethod
    async def download_link(self, entry: Entry, version: Version) -> DownloadLink:
        """A link to an older content. Raises NotFound if the service has dropped it."""

    @abstractmethod
    async def restore(self, entry: Entry, version: Version) -> Entry:
        """Make an older content the current one; what is current now stays as a version."""


class ChangeFeed(ABC):
    """What changed on the service, by whomever."""

    complete: ClassVar[bool] = True  # does silence mean that nothing changed?
    interval: float = 30.0  # seconds between two questions

    @abstractmethod
    async def cursor(self) -> str:
        """Where to start: everything later than this call will be news."""

    @abstractmethod
    async def since(self, cursor: str) -> News:
        """What changed since *cursor* was given out.

        An answer that cannot be told apart from "too long ago", or a feed that has gone
        backwards, is `News(everything=True)`.
        """


class TreeListing(ABC):
    """Everything below a folder, in fewer requests than it has folders."""

    @abstractmethod
    def below(self, folder_id: EntryId) -> AsyncGenerator[Sequence[Entry], None]:
        """All entries below a folder, at any depth and in any order; each has its parent_id."""


class Search(ABC):
    """The service's own search."""

    @abstractmethod
    def find(self, query: str) -> AsyncGenerator[Sequence[Found], None]:
        """What matches *query* by the service's rules, page by page."""


class Favorites(ABC):
    """Entries that the account has marked."""

    @abstractmethod
    def marked(self) -> AsyncGenerator[Sequence[Found], None]:
        """All marked entries."""

    @abstractmethod
    async def mark(self, entry: Entry, *, wanted: bool) -> None:
        """Mark an entry, or take the mark away; repeating it changes nothing."""


class Recent(ABC):
    """What was used or changed lately."""

    @abstractmethod
    def recent(self, limit: int) -> AsyncGenerator[Sequence[Found], None]:
        """At most *limit* entries, the latest first."""


class Sharing(ABC):
    """Links and shares of the account's files and folders."""

    passwords: ClassVar[bool] = False  # what `create` understands
    expiry: ClassVar[bool] = False
    editing: ClassVar[bool] = False
    members: ClassVar[bool] = False
    links: ClassVar[bool] = True  # public links; else only members can be named

    @abstractmethod
    async def create(
        self,
        entry: Entry,
        *,
        password: str | None = None,
        expires_ns: int | None = None,
        edit: bool = False,
        members: Sequence[str] = (),
    ) -> Share:
        """Share *entry*: with *members*, or by a public link.

        Raises Unsupported for a wish that the service cannot fulfil, before anything is shared.
        """

    @abstractmethod
    async def shares(self, entry: Entry | None = None) -> Sequence[Share]:
        """The shares of one entry, or all that the service tells of."""

    @abstractmethod
    async def remove(self, share: Share) -> None:
        """End a share; one that is gone already is no error."""

    async def shared_with_me(self) -> Sequence[Entry]:
        """Top entries that others share with this account, usable like its own."""
        return []

    async def invitations(self) -> Sequence[Invitation]:
        """Shares that wait for a yes."""
        return []

    async def answer(self, invitation: Invitation, *, accept: bool) -> None:
        """Accept or decline an invitation."""
        raise Unsupported("this service has no invitations")


class Roots(ABC):
    """Further folders of the account outside its tree: teams, other system folders."""

    title: ClassVar[str] = "teams"  # the hidden folder of the drive that they are shown in

    @abstractmethod
    async def roots(self) -> Sequence[tuple[str, Entry]]:
        """Their names, and what they are."""


class Details(ABC):
    """Properties of an entry that cost a request: told as extended attributes on demand."""

    names: ClassVar[frozenset[str]]  # "folder_size" is user.cloudfs.folder_size

    @abstractmethod
    async def get(self, entry: Entry, name: str) -> str | None:
        """The property as text; None if the entry has none of this name."""


class Archives:
    """Packing and unpacking, done by the service."""

    packs: ClassVar[bool] = True
    unpacks: ClassVar[bool] = True

    async def pack(self, entries: Sequence[Entry], folder_id: EntryId, name: str) -> Entry:
        """Make an archive of *entries*; returns it, perhaps under another name."""
        raise Unsupported("this service does not make archives")

    async def unpack(self, entry: Entry, folder_id: EntryId) -> Entry:
        """Unpack an archive into a new folder; returns that."""
        raise Unsupported("this service does not unpack archives")


class Fetching(ABC):
    """Fetching a web address into the account, done by the service."""

    @abstractmethod
    async def fetch_url(self, url: str, folder_id: EntryId, name: str) -> Entry:
        """Store what *url* leads to; returns the file, perhaps under another name."""


class Previews(ABC):
    """Small pictures of files, made by the service."""

    @abstractmethod
    async def preview(self, entry: Entry) -> bytes:
        """An image. Raises NotFound if there is none of this file."""
