"""What every service offers, in our words.

A `Provider` is one account. Its verbs do what they say on the service and return what came
of it; none caches, none retries a change, none decides about conflicts: that is the work of
the layers above. What a service can do beyond the required verbs is declared in its
`Capabilities`, as data, or offered as a facet (`facets`): a provider without a recycle bin
has ``trash = None``.

Three rules hold for every verb:

* It raises only CloudError. A failure that leaves the outcome unknown is a TransientError,
  and nothing may be concluded from it.
* An argument that is an `Entry` carries the version the caller has seen. Where `conditional`
  names the verb, the service itself refuses with Changed if its entry is at another version;
  for the others the caller asks `stat` just before.
* It can be cancelled at any await, and is then as good as failed with an unknown outcome.
"""

from abc import ABC, abstractmethod
from collections.abc import MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

from cloudfs.errors import CloudError, NotFound, Unsupported
from cloudfs.http.client import Http
from cloudfs.model import (
    Content,
    DownloadLink,
    Entry,
    EntryId,
    ListingTag,
    Pages,
    Pieces,
    Quota,
    Transfer,
)
from cloudfs.providers.facets import (
    Archives,
    ChangeFeed,
    Details,
    Favorites,
    Fetching,
    Previews,
    Recent,
    Roots,
    Search,
    Sharing,
    Trash,
    TreeListing,
    Versions,
)


class IdKind(Enum):
    """What an EntryId is."""

    STABLE = "stable"  # a moved or renamed entry keeps its id
    PATH = "path"  # the id is the path: it changes with every move, for a folder's content too


class Verb(Enum):
    """A change that a service may be able to make on a condition."""

    CREATE = "create"  # only if the name is free
    REPLACE = "replace"  # only if the file is at this version
    MOVE = "move"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRules:
    """Which names a service can store."""

    longest_bytes: int = 255  # in UTF-8
    longest_chars: int | None = None
    forbidden: frozenset[str] = frozenset()  # characters, besides "/" and NUL
    controls: bool = True  # may it hold characters below 0x20?
    trailing_dot: bool = True
    trailing_space: bool = True

    def problem(self, name: str) -> str | None:
        """Why *name* cannot be stored; None if it can."""
        if name in {"", ".", ".."} or "/" in name or "\0" in name:
            return "is not a name"
        for character in name:
            if character in self.forbidden:
                return f"contains {character!r}"
            if "\ud800" <= character <= "\udfff":
                return "is not valid UTF-8"
            if character < " " and not self.controls:
                return "contains a control character"
        if name.endswith(".") and not self.trailing_dot:
            return "ends in a dot"
        if name.endswith(" ") and not self.trailing_space:
            return "ends in a space"
        return None

    def too_long(self, name: str) -> bool:
        """Whether *name* has more bytes or characters than the service takes."""
        if self.longest_chars is not None and len(name) > self.longest_chars:
            return True
        return len(name.encode("utf-8", "surrogatepass")) > self.longest_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a service can do and hold. The defaults describe the plainest service there is."""

    ids: IdKind = IdKind.STABLE
    names: NameRules = field(default_factory=NameRules)
    unique_names: bool = True  # else two children of a folder may have one name
    case_sensitive: bool = True  # else names that differ only in case are the same
    writable: bool = True
    moves_folders: bool = True  # else `move` refuses a folder that has something in it
    keeps_versions: bool = False  # an upload over a file keeps what it replaces as a version
    conditional: frozenset[Verb] = frozenset()
    modified_step_ns: int | None = None  # resolution of a time given at upload; None: not held
    checksum: str | None = None  # algorithm (hashlib) of the checksums in entries, if any
    listing_tags: bool = False  # can a listing be asked for on the condition that it changed?
    largest_file: int | None = None  # bytes
    parallel: int = 32  # requests at once that still make it faster
    removes_at_once: int = 0  # most entries of one `remove_many`; 0: it is not offered
    links_at_once: int = 0  # most entries of one `download_links`; 0: it is not offered

    # Optional verbs. A contract test asserts that exactly the declared ones are there.
    copy: bool = False
    set_modified: bool = False
    quota: bool = False


class Provider(ABC):
    """One account of a service."""

    title: ClassVar[str]  # what a person calls the service
    settings_type: ClassVar[type]
    capabilities: Capabilities  # may be known better after `open`, never less well

    # Facets: what a service offers beyond files and folders, each an interface of its own.
    trash: Trash | None = None
    versions: Versions | None = None
    changes: ChangeFeed | None = None
    tree: TreeListing | None = None
    sharing: Sharing | None = None
    search: Search | None = None
    favorites: Favorites | None = None
    recent: Recent | None = None
    roots: Roots | None = None
    details: Details | None = None
    archives: Archives | None = None
    fetching: Fetching | None = None
    previews: Previews | None = None

    @abstractmethod
    def __init__(self, settings: Any, *, http: Http, notes: MutableMapping[str, str]) -> None:
        """An account with *settings* of `settings_type`; nothing is sent yet.

        *notes* is what the provider wrote there before, perhaps in an earlier process: tokens,
        discovered servers, a remembered choice. It is kept private, and may be lost.
        """

    async def open(self) -> None:  # noqa: B027 - a service may need no sign-in
        """Sign in, and find out what the server can do. Repeating it is harmless.

        Raises LoginFailed if the account is refused, ConfigError if the settings cannot be
        right, TransientError if the service cannot be asked now: the provider is usable all
        the same, and signs in when it is first needed.
        """

    async def aclose(self) -> None:  # noqa: B027 - nor an end of the session
        """End the session as the service wants it; failures are ignored."""

    # Looking ------------------------------------------------------------------------------

    @abstractmethod
    async def root(self) -> Entry:
        """The account's top folder. Its name is ""."""

    @abstractmethod
    def list_folder(self, folder_id: EntryId, *, unless: ListingTag | None = None) -> Pages:
        """The children of a folder, page by page.

        With *unless*, a service with `listing_tags` answers one unchanged page if the listing
        is still the one of that tag. An entry is listed once; the order is the service's.
        Raises NotFound, or NotAFolder.
        """

    @abstractmethod
    async def stat(self, entry_id: EntryId) -> Entry:
        """The entry as it is now. Raises NotFound."""

    async def find(self, folder_id: EntryId, name: str) -> Entry:
        """The child called *name*, byte for byte. Raises NotFound, also for a missing folder."""
        async with aclosing(self.list_folder(folder_id)) as pages:
            async for page in pages:
                for entry in page.entries:
                    if entry.name == name:
                        return entry
        raise NotFound(f"no {name!r} in {folder_id}")

    # Reading ------------------------------------------------------------------------------

    @abstractmethod
    async def download_link(self, entry: Entry) -> DownloadLink:
        """A link to the content of *entry* at its version.

        Raises NotFound, or Changed if that version cannot be had any more. A service without
        versions gives a link to what is there now, whose `version` tells what that is.
        """

    @abstractmethod
    def fetch(
        self, link: DownloadLink, start: int, stop: int
    ) -> AbstractAsyncContextManager[Pieces]:
        """Exactly the bytes from *start* up to *stop* (``start < stop <= link.size``).

        Raises LinkExpired when a fresh link may help, Changed if the content is no longer the
        link's version, TransientError if the transfer breaks off.
        """

    # Changing -----------------------------------------------------------------------------

    @abstractmethod
    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        """A new folder. Raises AlreadyExists if the name is taken, NotFound without parent."""

    @abstractmethod
    async def upload(
        self,
        folder_id: EntryId,
        name: str,
        content: Content,
        *,
        replacing: Entry | None = None,
        transfer: Transfer | None = None,
    ) -> Entry:
        """Store *content*: as a new file, or as what the file *replacing* holds from now on.

        A new file appears whole or not at all; raises AlreadyExists if the name is taken.
        Replacing keeps the file's place, and its id where the service can; raises Changed if
        it is at another version (see `conditional`), NotFound if it is gone. The entry
        returned has the checksum or size the service acknowledged; BadReply if that is not
        what was sent.
        """

    @abstractmethod
    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        """Move and rename in one step; return the entry in its new place.

        *replacing* is the child that has the name now and gives way: a file for a file, an
        empty folder for a folder. Without it, raises AlreadyExists if the name is taken. Where
        the service needs several requests, a failure between them leaves both entries in
        existence, under names from which a repeat recovers. Moving an entry to where it
        already is succeeds and changes nothing. Raises AcrossDomains where the service has
        walls, InvalidRequest for a folder moved into itself.
        """

    @abstractmethod
    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        """Remove a file or folder: into the recycle bin if there is one and not *permanently*.

        A folder with children goes only if *recursive*: one request, and one thing in the
        bin; else raises NotEmpty. Raises NotFound if it is gone already.
        """

    def domain(self, entry_id: EntryId) -> str:
        """Within what an entry can be moved: between two domains `move` raises AcrossDomains.

        Answered without a request; "" for a service without such walls.
        """
        return ""

    # Offered if `capabilities` says so ----------------------------------------------------

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        """Copy a file on the server. Raises AlreadyExists if the name is taken."""
        raise Unsupported("this service cannot copy")

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        """Change when the file was last modified, and nothing else."""
        raise Unsupported("this service does not keep modification times")

    async def remove_many(
        self,
        entries: Sequence[Entry],
        *,
        permanently: bool = False,
    ) -> Sequence[CloudError | None]:
        """Remove files in one request; what became of each, in order."""
        raise Unsupported("this service removes one by one")

    async def download_links(
        self,
        entries: Sequence[Entry],
    ) -> Sequence[DownloadLink | CloudError]:
        """Links to several files in one request, in order."""
        raise Unsupported("this service gives one link at a time")

    async def quota(self) -> Quota:
        """Space of the account."""
        raise Unsupported("this service does not tell its quota")


FACETS = tuple(name for name in Provider.__annotations__ if getattr(Provider, name, ...) is None)
"""The names of the attributes that hold a facet, or None."""


async def resolve(provider: Provider, path: str) -> Entry:
    """The entry at *path* below the account's root. Raises NotFound, naming what is missing."""
    entry = await provider.root()
    walked = ""
    for name in path.strip("/").split("/"):
        if not name:
            continue
        walked += f"/{name}"
        try:
            entry = await provider.find(entry.id, name)
        except NotFound as error:
            raise NotFound(f"there is no {walked}") from error
    return entry
