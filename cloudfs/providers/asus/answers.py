"""Replies about the account, its servers, uploads and shares, as dataclasses.

As in `wire`, unknown elements are ignored, and BadReply is raised only for what is indispensable.
"""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from cloudfs.model import Kind, Quota
from cloudfs.providers.asus import ids, values
from cloudfs.providers.asus.wire import required, usable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The token, and the servers it is good for, as they were told (reference 2.4)."""

    token: str
    inforelay: str
    webrelay: str
    searchserver: str | None = None
    largest_file: int | None = None  # bytes
    package: str = ""

    def __repr__(self) -> str:
        return "SignedIn(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The state of an upload transaction (reference 3.5.1)."""

    transaction: str | None = None
    offset: int = 0  # bytes that the service has
    latest_checksum: str | None = None  # of what the file held before
    file: str | None = None  # number of the file, if it is complete already


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareState:
    """How an entry is shared (reference 3.19)."""

    code: str | None = None
    password: bool = False
    group: bool = False
    members: tuple[str, ...] = ()
    unknown_members: tuple[str, ...] = ()
    expires_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedEntry:
    """An entry in a list of shares."""

    kind: Kind
    number: str
    name: str
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPage:
    """A page of the account's shares; *bound* is where the next one begins."""

    entries: tuple[SharedEntry, ...]
    received: int
    bound: str | None


def signed_in(root: "Element") -> SignedIn:
    """The answer to a sign-in."""
    package = root.find("package")
    largest = None if package is None else values.amount(package.findtext("maxfilesize"))
    return SignedIn(
        token=required(values.visible(root.findtext("token")), "the token"),
        inforelay=required(values.visible(root.findtext("inforelay")), "the InfoRelay"),
        webrelay=required(values.visible(root.findtext("webrelay")), "the WebRelay"),
        searchserver=values.visible(root.findtext("searchserver")),
        largest_file=largest * MB if largest else None,
        package="" if package is None else values.word(package, "display") or "",
    )


def gateway(root: "Element") -> str:
    """The ServiceGateway (reference 2.2, 2.3)."""
    return required(values.visible(root.findtext("servicegateway")), "the ServiceGateway")


def quota(root: "Element") -> Quota:
    """Space of the account; the service counts in MB (reference 3.14)."""
    package = root.find("package")
    total = None if package is None else values.amount(package.findtext("capacity"))
    used = values.amount(root.findtext("usedcapacity"))
    free = values.amount(root.findtext("freecapacity"))
    return Quota(
        total=None if total is None else total * MB,
        used=None if used is None else used * MB,
        free=None if free is None else free * MB,
    )


def upload(root: "Element") -> Upload:
    """The answer to initbinaryupload."""
    file = ids.number(root.findtext("fileid"))
    return Upload(
        transaction=values.visible(root.findtext("transid")),
        offset=values.amount(root.findtext("offset")) or 0,
        latest_checksum=_sha512(root.findtext("latestchecksum")),
        file=file if file is not None and int(file) > 0 else None,
    )


def finished(root: "Element") -> str:
    """Number of the file that an upload has made (reference 3.5.3)."""
    return required(ids.number(root.findtext("fileid")), "the file")


def copied(root: "Element") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Numbers of the copies made, and of the files that were not copied (reference 3.9)."""
    made = [ids.number(value) for value in values.texts(root, "fileid")]
    failed = [ids.number(value) for value in values.texts(root, "failid")]
    return tuple(n for n in made if n), tuple(n for n in failed if n)


def share_state(root: "Element", zone: tzinfo = UTC) -> ShareState:
    """How an entry is shared; no code means that it is not."""
    return ShareState(
        code=values.visible(root.findtext("sharecode")),
        password=values.flag(root.findtext("ispasswordneeded")),
        group=values.flag(root.findtext("isgroupaware")),
        members=values.texts(root, "shareforuserid"),
        unknown_members=values.texts(root, "invaliduserid"),
        expires_ns=values.moment(root.findtext("expiredtime"), zone),
    )


def shared_page(root: "Element") -> SharedPage:
    """A page of getsharedentries, where *isfolder* is 1 for a folder."""
    given = root.findall("entry")
    return SharedPage(
        entries=usable(given, lambda element: _shared(element, "id")),
        received=len(given),
        bound=values.text(root, "lastentrybound"),
    )


def sharings(root: "Element") -> tuple[SharedEntry, ...]:
    """The entries of listsharingtoothers and listsharingfromothers."""
    return usable(root.findall("entry"), lambda element: _shared(element, "entryid"))


def by_share_code(root: "Element") -> SharedEntry:
    """What a share code stands for; here *entrytype* is 1 for a folder (1.8)."""
    folder = values.flag(root.findtext("entrytype"))
    return SharedEntry(
        kind=Kind.FOLDER if folder else Kind.FILE,
        number=required(ids.number(root.findtext("entryid")), "the entry"),
        name="",
        owner=values.word(root, "owner") or "",
    )


def _shared(element: "Element", number_in: str) -> SharedEntry:
    folder = values.flag(element.findtext("isfolder"))
    return SharedEntry(
        kind=Kind.FOLDER if folder else Kind.FILE,
        number=required(ids.number(element.findtext(number_in)), number_in),
        name=required(values.text(element, "rawentryname"), "the name of an entry"),
        owner=values.word(element, "userid") or "",
    )


def _sha512(given: str | None) -> str | None:
    digest = (given or "").strip().lower()
    return digest if len(digest) == 128 and set(digest) <= set("0123456789abcdef") else None
