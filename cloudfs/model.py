"""The values that every layer speaks of: entries, versions, links, content to upload."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import NewType, Protocol

EntryId = NewType("EntryId", str)
"""What the service calls an entry; opaque, but a path for services that address by path."""

Version = NewType("Version", str)
"""Which content a file has; opaque, compared for equality only."""

ListingTag = NewType("ListingTag", str)
"""Which state a listing shows; handed back to the service to ask whether it still holds."""

Pieces = AsyncGenerator[bytes, None]
"""Bytes as they come; whoever stops early closes it (contextlib.aclosing)."""

InodeNumber = NewType("InodeNumber", int)
HandleNumber = NewType("HandleNumber", int)

ROOT_INODE = InodeNumber(1)

NOTHING: Mapping[str, str] = MappingProxyType({})


class Kind(Enum):
    """What an entry of a service is."""

    FILE = "file"
    FOLDER = "folder"


class Priority(IntEnum):
    """Who waits for a request; the smallest goes first."""

    INTERACTIVE = 0  # a program is blocked in a system call
    PREFETCH = 1  # a program will probably ask soon
    BACKGROUND = 2  # nobody waits: uploads, revalidation


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest of a file's bytes: the name hashlib knows it by, and lower-case hex."""

    algorithm: str
    digest: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder as the service described it last. Times are nanoseconds, UTC."""

    id: EntryId
    parent_id: EntryId | None  # None: the root, or a folder the service does not tell
    name: str  # as the service has it; the drive may have to show another
    kind: Kind
    size: int = 0
    version: Version = Version("")  # "" for folders
    modified_ns: int | None = None
    created_ns: int | None = None
    mime: str | None = None
    checksum: Checksum | None = None
    writable: bool = True  # may this account change it?
    tag: ListingTag | None = None  # of a folder, where the service gives one with the entry
    extra: Mapping[str, str] = field(
        default_factory=lambda: NOTHING
    )  # the service's own properties, for xattrs

    @property
    def is_folder(self) -> bool:
        """Whether the entry can have children."""
        return self.kind is Kind.FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a folder's listing.

    *restart* says that the folder changed while it was being listed: what earlier pages of
    this listing said is to be forgotten. *unchanged* is the answer to a conditional listing:
    no entries follow, the caller's own copy still holds.
    """

    entries: tuple[Entry, ...] = ()
    tag: ListingTag | None = None
    restart: bool = False
    unchanged: bool = False


Pages = AsyncGenerator[Page, None]
"""A listing as it comes; whoever stops early closes it (contextlib.aclosing)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Space of the account in bytes; None where the service does not tell or has no limit."""

    total: int | None = None
    used: int | None = None
    free: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLink:
    """Where the bytes of one version of a file are. A secret: whoever has it can read.

    *expires_at* is on trio's clock; None means as long as the session lives. *headers* are
    sent with every request for it (a precondition, for instance).
    """

    url: str
    version: Version
    size: int
    expires_at: float | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    def __repr__(self) -> str:
        return f"DownloadLink(version={self.version!r}, size={self.size})"


class Content(Protocol):
    """Bytes to upload. They do not change while an upload runs, and can be read repeatedly."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    @property
    def modified_ns(self) -> int:
        """When the program that wrote them last did so."""

    def read(self, start: int, stop: int) -> Pieces:
        """The bytes from *start* up to *stop*, in pieces of at most 1 MiB.

        Raises NoLocalSpace or OSError if this machine cannot give them, and any CloudError
        if a part has to come from the service first.
        """

    async def checksum(self, algorithm: str) -> Checksum:
        """Digest of all bytes by an algorithm of hashlib; computed once, off the event loop."""

    def unchanged(self, version: Version) -> Sequence[tuple[int, int]]:
        """Ranges (start, stop) of bytes that the file has at the same place in *version*.

        In order, and apart from one another; none if that is not known. For services that can
        take them from what they have.
        """


class Transfer:
    """The course of one upload: how far it is, and what is needed to resume it.

    A provider that can resume calls `save` with a text of its own making whenever there is
    progress worth keeping, and finds it in `saved` when the same content is uploaded again,
    perhaps by a later process. `sent` counts the bytes known to have arrived.
    """

    def __init__(self, saved: str | None = None) -> None:
        self.saved = saved
        self.sent = 0

    async def save(self, state: str | None) -> None:
        """Keep *state* for a later attempt; None forgets it."""
        self.saved = state

    def advance(self, count: int) -> None:
        """*count* more bytes have arrived."""
        self.sent += count

    def reset(self, sent: int = 0) -> None:
        """The upload goes on at byte *sent*."""
        self.sent = sent


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashItem:
    """A top-level thing in the service's recycle bin."""

    id: str
    name: str
    kind: Kind
    size: int = 0
    deleted_ns: int | None = None
    origin_path: str | None = None  # of the thing itself, "/a/b.txt"; None: the bin does not tell
    origin_parent_id: EntryId | None = None
    entry_id: EntryId | None = None  # what the entry is called while it is not in the bin


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """One content that a file has, or had."""

    version: Version
    size: int
    modified_ns: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a change feed says: which listings to read again. It never says what is gone.

    *cursor* is where the next question starts. *folders* are to be listed again, *trees* with
    all folders below them; *everything* means that the feed cannot tell.
    """

    cursor: str
    folders: frozenset[EntryId] = frozenset()
    trees: frozenset[EntryId] = frozenset()
    everything: bool = False
    trash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Somebody else's way to a file or folder: a public link, or members by name."""

    id: str
    entry_id: EntryId | None = None
    name: str = ""
    url: str | None = None  # what to hand out; a secret
    members: tuple[str, ...] = ()  # empty: whoever has the url
    password: bool = False  # is one needed?
    expires_ns: int | None = None
    edit: bool = False  # may they change it?


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A share that somebody offers to this account."""

    id: str
    name: str
    owner: str = ""
    edit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entry that a search, or a list of favourites or recent files, came up with."""

    entry: Entry
    path: str | None = None  # from the account's root, "/a/b.txt"; None: the service does not say
