"""What some services offer beyond files and folders: one small interface each.

A provider holds an object of the facet, or None. The same three rules hold as for the verbs
of `base`.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

from cloudfs.model import DownloadLink, Entry, FileVersion, News, TrashItem, Version


class Trash(ABC):
    """The service's recycle bin."""

    tells_origin: ClassVar[bool] = True  # does an item say where it came from?
    tells_time: ClassVar[bool] = True  # does an item say when it was deleted?

    @abstractmethod
    def items(self) -> AsyncIterator[Sequence[TrashItem]]:
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

    @abstractmethod
    async def cursor(self) -> str:
        """Where to start: everything later than this call will be news."""

    @abstractmethod
    async def since(self, cursor: str) -> News:
        """What changed since *cursor* was given out.

        An answer that cannot be told apart from "too long ago", or a feed that has gone
        backwards, is `News(everything=True)`.
        """
