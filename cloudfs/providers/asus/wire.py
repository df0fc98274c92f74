"""Replies that describe entries, as dataclasses (reference 1.8 to 1.11, 3.1, 3.2, 3.16, 3.18).

The calls spell the same things differently; what comes out of here is spelt in one way. Elements
that are not known are ignored, missing ones tolerated where an entry can be shown without them.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, TypeVar

from defusedxml import ElementTree

from cloudfs.errors import BadReply
from cloudfs.model import NOTHING, Kind
from cloudfs.providers.asus import ids, values
from cloudfs.providers.asus.attributes import Attribute, attribute

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

log = logging.getLogger(__name__)

T = TypeVar("T")

FOUND = {"system.file": Kind.FILE, "system.folder": Kind.FOLDER}

FLAGS = (
    *("isgroupaware", "isbackup", "isorigdeleted", "isinfected", "ispublic", "ishidden"),
    *("isprivacyrisk", "isprivacysuspect"),
)
WORDS = ("headversion", "createdtime", "treesize", "owner", "contributor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a reply says of one entry. Times are nanoseconds, UTC."""

    kind: Kind
    number: str
    name: str
    parent: str | None = None
    size: int = 0
    head: str | None = None  # number of the content
    stamp: str = ""  # createdtime as it was sent: another one after every change
    stamp_ns: int | None = None
    modified_ns: int | None = None  # told in the listing
    attribute: Attribute | None = None  # None: not told
    mime: str | None = None
    extra: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind is Kind.FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a folder."""

    name: str = ""
    parent: str | None = None
    tree: str | None = None  # number of the root that the folder is below
    owner: str | None = None
    page: int | None = None  # None: the reply is not in pages
    more: bool = False
    total: int | None = None
    entries: tuple[Described, ...] = ()
    received: int = 0  # also those that cannot be shown


@dataclass(frozen=True, slots=True)
class Located:
    """What was found under a name."""

    kind: Kind
    number: str
    size: int


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what a search found."""

    total: int | None
    entries: tuple[Described, ...]
    received: int


def parsed(body: bytes) -> "Element":
    """The root element of a reply. Raises BadReply if there is none."""
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        raise BadReply(f"the reply is not XML ({type(error).__name__})") from error


def status(root: "Element") -> int:
    """The status in a reply. Raises BadReply if it has none."""
    code = values.integer(root.findtext("status"))
    if code is None:
        raise BadReply("the reply has no status")
    return code


def required(found: T | None, what: str) -> T:
    """*found*, unless it is missing. Raises BadReply."""
    if found is None:
        raise BadReply(f"the reply does not tell {what}")
    return found


def number(root: "Element", name: str) -> str:
    """The number of an entry in the child called *name*. Raises BadReply."""
    return required(ids.number(root.findtext(name)), name)


def listing(root: "Element", zone: tzinfo = UTC) -> Listing:
    """A page of a folder (reference 3.1). Raises BadReply if nothing in it can be used."""
    page = root.find("page")
    given = [child for child in root if child.tag in {"folder", "file"}]
    return Listing(
        name=_name(root, "rawfoldername") or "",
        parent=ids.number(root.findtext("parent")),
        tree=ids.number(root.findtext("rootfolderid")),
        owner=values.word(root, "owner"),
        page=None if page is None else values.integer(page.findtext("pageno")),
        more=page is not None and values.flag(page.findtext("hasnextpage")),
        total=None if page is None else values.amount(page.findtext("totalcount")),
        entries=usable(given, lambda child: listed(child, zone)),
        received=len(given),
    )


def listed(element: "Element", zone: tzinfo = UTC) -> Described:
    """An entry of a listing."""
    if element.tag == "folder":
        return _described(element, Kind.FOLDER, "id", "rawfoldername", zone)
    return _described(element, Kind.FILE, "id", "rawfilename", zone)


def info(root: "Element", kind: Kind, entry_number: str, zone: tzinfo = UTC) -> Described:
    """What getentryinfo tells of the entry that was asked for (reference 3.2)."""
    return _described(root, kind, None, "display", zone, entry_number=entry_number)


def located(root: "Element") -> Located | None:
    """What propfind found (reference 3.3); every type that is not known means nothing."""
    kind = FOUND.get((root.findtext("type") or "").strip())
    entry_number = ids.number(root.findtext("id"))
    if kind is None or entry_number is None:
        return None
    return Located(kind, entry_number, values.amount(root.findtext("size")) or 0)


def latest(root: "Element", zone: tzinfo = UTC) -> tuple[Described, ...]:
    """The files of getlatestchangefiles and getlatestuploads (reference 3.16)."""
    return usable(
        root.findall("entry"),
        lambda child: _described(child, Kind.FILE, "id", "rawfilename", zone),
    )


def hits(root: "Element", zone: tzinfo = UTC) -> Hits:
    """What a search found (reference 3.18); *kind* is 1 for a folder and 2 for a file."""
    given = root.findall("entry")
    kinds = {"1": Kind.FOLDER, "2": Kind.FILE}

    def read(element: "Element") -> Described:
        kind = required(kinds.get((element.findtext("kind") or "").strip()), "kind")
        return _described(element, kind, "id", "rawentryname", zone)

    return Hits(values.amount(root.findtext("total")), usable(given, read), len(given))


def children_exist(root: "Element") -> Mapping[str, bool]:
    """Which of the folders that were asked for have children (reference 3.17)."""
    told = {}
    for element in root.findall("requestfolder"):
        folder = ids.number(element.findtext("id"))
        if folder is not None:
            told[folder] = (element.findtext("childrenexist") or "").strip() != "0"
    return told


def sequences(root: "Element") -> Mapping[str, int]:
    """The change sequence of each sync folder (reference 3.16, 0.1.2)."""
    told = {}
    for element in root.findall("syncfolder"):
        folder = ids.number(element.findtext("folderid"))
        for name in ("changeseq", "changepseq"):
            sequence = values.integer(element.findtext(name))
            if folder is not None and sequence is not None:
                told[folder] = sequence
    return told


class _HostileNameError(BadReply):
    """A name that no folder can hold; all else about the entry may be in order."""


def usable(elements: "Iterable[Element]", read: "Callable[[Element], T]") -> tuple[T, ...]:
    """What *read* makes of *elements*; one that cannot be read is left out, unless all are."""
    found: list[T] = []
    problem: BadReply | None = None
    for element in elements:
        try:
            found.append(read(element))
        except BadReply as error:
            log.info("left out: %s", error)
            if not isinstance(error, _HostileNameError):
                problem = error
    if problem is not None and not found:
        raise problem
    return tuple(found)


def _described(
    element: "Element",
    kind: Kind,
    number_in: str | None,
    name_in: str,
    zone: tzinfo,
    *,
    entry_number: str = "",
) -> Described:
    if number_in is not None:
        entry_number = number(element, number_in)
    name = required(_name(element, name_in), "the name of an entry")
    if not values.storable(name):
        raise _HostileNameError(f"the reply has an entry called {name!r}")
    size = values.amount(element.findtext("size") or element.findtext("filesize"))
    if kind is Kind.FILE:
        size = required(size, f"the size of {name!r}")
    stamp = values.word(element, "createdtime") or ""
    blob = element.find("attribute")
    modified = values.epoch(element.findtext("lastmodifiedtime"))
    return Described(
        kind=kind,
        number=entry_number,
        name=name,
        parent=ids.number(element.findtext("parent")),
        size=0 if kind is Kind.FOLDER or size is None else size,
        head=values.word(element, "headversion"),
        stamp=stamp,
        stamp_ns=values.moment(stamp, zone),
        modified_ns=modified if kind is Kind.FILE else None,
        attribute=None if blob is None else attribute(blob),
        mime=values.visible(element.findtext("mimetype")),
        extra=_extra(element),
    )


def _name(element: "Element", name_in: str) -> str | None:
    """A name in plain text, or in the Base64 of `display` (1.9)."""
    plain = None if name_in == "display" else values.text(element, name_in)
    return plain or values.decoded_name(element.findtext("display"))


def _extra(element: "Element") -> Mapping[str, str]:
    """The service's own properties, as far as they say something."""
    extra = {name: "1" for name in FLAGS if values.flag(element.findtext(name))}
    for name in WORDS:
        if (value := values.word(element, name)) is not None:
            extra[name] = value
    marks = values.word(element, "markid") or values.word(element, "marks")
    if marks is not None:
        extra["markid"] = " ".join(marks.replace(",", " ").split())
    return extra or NOTHING
