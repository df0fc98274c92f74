"""The XML of the service as dataclasses, and the bodies of requests (reference 3, 5, 6, 7, 8).

Answers are read without entities and whatever their namespace, and leniently: an element that
cannot be understood is left out. Only an answer of another kind than was asked for is an error.
Times are nanoseconds, of whole seconds: HEAD tells no more (reference 1.2).
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from defusedxml import ElementTree

from cloudfs.errors import BadReply

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

log = logging.getLogger(__name__)

SECOND = 1_000_000_000
LARGEST = 2**63 - 1
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An object in a listing."""

    key: str
    size: int
    etag: str  # without quotes; "" if there is none
    modified_ns: int | None = None
    storage_class: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a listing; *following* asks for the next one, None: it is the last."""

    objects: tuple[Listed, ...] = ()
    prefixes: tuple[str, ...] = ()
    following: str | None = None

    @property
    def empty(self) -> bool:
        """Whether the page has nothing."""
        return not (self.objects or self.prefixes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A version of an object, or the marker that it was deleted."""

    key: str
    version_id: str
    is_marker: bool
    is_latest: bool
    modified_ns: int | None = None
    size: int = 0
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsPage:
    """A page of all versions; *following*: the two markers that ask for the next one."""

    records: tuple[Record, ...] = ()
    following: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of the account."""

    name: str
    created_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An upload in parts that was begun and not ended."""

    key: str
    upload_id: str
    begun_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the body of an error says."""

    code: str
    region: str = ""


# Answers --------------------------------------------------------------------------------------


def listing(body: bytes) -> Listing:
    """The answer to ListObjectsV2. Raises BadReply if *body* is not one."""
    root = _document(body, "ListBucketResult")
    decode = _decoder(root)
    objects = []
    for element in root.findall("Contents"):
        key, size = decode(_text(element, "Key")), _number(_text(element, "Size"))
        if key is None or size is None:
            log.debug("left out of a listing: an object whose key or size cannot be understood")
            continue
        objects.append(
            Listed(
                key=key,
                size=size,
                etag=plain_etag(_text(element, "ETag")),
                modified_ns=_time(_text(element, "LastModified")),
                storage_class=_text(element, "StorageClass") or "",
            )
        )
    prefixes = (decode(_text(e, "Prefix")) for e in root.findall("CommonPrefixes"))
    following = _text(root, "NextContinuationToken")
    if _flag(root, "IsTruncated") and not following:
        raise BadReply("a listing that goes on, and does not say where")
    return Listing(
        objects=tuple(objects),
        prefixes=tuple(prefix for prefix in prefixes if prefix),
        following=following if _flag(root, "IsTruncated") else None,
    )


def versions(body: bytes) -> VersionsPage:
    """The answer to ListObjectVersions. Raises BadReply if *body* is not one."""
    root = _document(body, "ListVersionsResult")
    decode = _decoder(root)
    records = []
    for element in root:
        if element.tag not in {"Version", "DeleteMarker"}:
            continue
        key, version_id = decode(_text(element, "Key")), _text(element, "VersionId")
        if key is None or not version_id:
            log.debug("left out of the versions: one that cannot be understood")
            continue
        records.append(
            Record(
                key=key,
                version_id=version_id,
                is_marker=element.tag == "DeleteMarker",
                is_latest=_flag(element, "IsLatest"),
                modified_ns=_time(_text(element, "LastModified")),
                size=_number(_text(element, "Size")) or 0,
                etag=plain_etag(_text(element, "ETag")),
            )
        )
    following = None
    if _flag(root, "IsTruncated"):
        key_marker = decode(_text(root, "NextKeyMarker"))
        if not key_marker:
            raise BadReply("a list of versions that goes on, and does not say where")
        following = (key_marker, _text(root, "NextVersionIdMarker") or "")
    return VersionsPage(records=tuple(records), following=following)


def buckets(body: bytes) -> list[Bucket]:
    """The answer to ListBuckets. Raises BadReply if *body* is not one."""
    root = _document(body, "ListAllMyBucketsResult")
    return [
        Bucket(name, _time(_text(element, "CreationDate")))
        for element in root.iterfind("Buckets/Bucket")
        if (name := _text(element, "Name"))
    ]


def uploads(body: bytes) -> list[Started]:
    """The first page of the answer to ListMultipartUploads. Raises BadReply if it is not one."""
    root = _document(body, "ListMultipartUploadsResult")
    decode = _decoder(root)
    found = []
    for element in root.findall("Upload"):
        key, upload_id = decode(_text(element, "Key")), _text(element, "UploadId")
        if key and upload_id:
            found.append(Started(key, upload_id, _time(_text(element, "Initiated"))))
    return found


def upload_id(body: bytes) -> str:
    """The id in the answer to CreateMultipartUpload. Raises BadReply if there is none."""
    # Rclone calls its answer by another name.
    root = _document(body, "InitiateMultipartUploadResult", "InitiateMultipartUpload")
    found = _text(root, "UploadId")
    if not found:
        raise BadReply("an upload in parts was begun, and the answer has no id for it")
    return found


def etag_of(body: bytes) -> str:
    """The ETag in the answer to a copy, or to the end of an upload in parts; "" if it has none."""
    kinds = ("CopyObjectResult", "CopyPartResult", "CompleteMultipartUploadResult")
    return plain_etag(_text(_document(body, *kinds), "ETag"))


def versioning(body: bytes) -> str:
    """``Enabled``, ``Suspended``, or nothing if versions were never kept. Raises BadReply."""
    # Moto calls its answer by another name.
    root = _document(body, "VersioningConfiguration", "GetBucketVersioningResponse")
    return (_text(root, "Status") or "").strip()


def not_deleted(body: bytes) -> dict[tuple[str, str], str]:
    """What DeleteObjects could not delete: (key, version id or "") -> code of the error."""
    root = _document(body, "DeleteResult")
    failed = {}
    for element in root.findall("Error"):
        place = (_text(element, "Key") or "", _text(element, "VersionId") or "")
        failed[place] = _text(element, "Code") or "InternalError"
    return failed


def refusal(body: bytes) -> Refusal | None:
    """What *body* says went wrong; None if it says nothing of the kind."""
    if b"<Error" not in body[:1000]:
        return None
    try:
        root = _document(body, "Error")
    except BadReply:
        return None
    return Refusal(code=_text(root, "Code") or "", region=_text(root, "Region") or "")


# Requests -------------------------------------------------------------------------------------


def deletion(objects: Iterable[tuple[str, str]]) -> bytes:
    """A request to delete: keys, each with the version to delete, or "" for the current one."""
    parts = []
    for key, version_id in objects:
        version = f"<VersionId>{escape(version_id)}</VersionId>" if version_id else ""
        parts.append(f"<Object><Key>{_escaped(key)}</Key>{version}</Object>")
    return _request("Delete", "".join(parts) + "<Quiet>true</Quiet>")


def fits_xml(key: str) -> bool:
    """Whether XML 1.0 has a way to write *key*; it has none for most control characters."""
    return all(c >= " " or c in "\t\n\r" for c in key) and not {"\ufffe", "\uffff"} & set(key)


def completion(parts: Iterable[tuple[int, str, str]]) -> bytes:
    """A request to join parts: number, ETag, and Base64 of its SHA-256 or ""."""
    listed = []
    for number, etag, sha256 in parts:
        checksum = f"<ChecksumSHA256>{sha256}</ChecksumSHA256>" if sha256 else ""
        tag = escape(f'"{etag}"', {'"': "&quot;"})
        listed.append(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag>{checksum}</Part>")
    return _request("CompleteMultipartUpload", "".join(listed))


# What both need -------------------------------------------------------------------------------


def plain_etag(text: str | None) -> str:
    """An ETag without quotes: stores leave them out in one place and not in another."""
    return (text or "").strip().removeprefix("W/").strip('"')


def http_time(text: str | None) -> int | None:
    """What a Date or Last-Modified header says; None if it says nothing."""
    try:
        return _whole_seconds(parsedate_to_datetime(text or ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _document(body: bytes, *kinds: str) -> "Element":
    """The root element, without namespaces. Blanks may come first, to keep the way open (5)."""
    try:
        root: Element = ElementTree.fromstring(body.strip())
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadReply(f"no {kinds[0]}, and no XML ({type(error).__name__})") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag not in kinds:
        raise BadReply(f"<{root.tag[:40]}> instead of {kinds[0]}")
    return root


def _decoder(root: "Element") -> Callable[[str | None], str | None]:
    """What reads keys as the answer says that they are written (reference 3)."""
    encoded = (_text(root, "EncodingType") or "").lower() == "url"

    def decode(text: str | None) -> str | None:
        if text is None or not encoded:
            return text
        try:
            return unquote_plus(text, errors="strict")
        except UnicodeDecodeError:
            return None

    return decode


def _text(element: "Element", name: str) -> str | None:
    """The text of a child, blanks and all; None without such a child."""
    child = element.find(name)
    return None if child is None else child.text or ""


def _flag(element: "Element", name: str) -> bool:
    return (_text(element, name) or "").strip().lower() == "true"


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    number = int(text)
    return number if number <= LARGEST else None


def _time(text: str | None) -> int | None:
    try:
        return _whole_seconds(datetime.fromisoformat((text or "").strip()))
    except (ValueError, OverflowError):
        return None


def _whole_seconds(when: datetime) -> int | None:
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    nanoseconds = int(when.timestamp()) * SECOND
    return nanoseconds if abs(nanoseconds) <= LARGEST else None


def _request(root: str, content: str) -> bytes:
    return f'<{root} xmlns="{NAMESPACE}">{content}</{root}>'.encode()


def _escaped(key: str) -> str:
    """A key in XML; a parser would turn these blanks into others."""
    return escape(key, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
