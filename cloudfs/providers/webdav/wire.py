"""Multistatus replies as dataclasses, and the bodies of requests (reference 3, RFC 4918).

Replies are read by namespace, since every server has prefixes of its own, without entities,
and leniently: a property that cannot be understood is as good as absent, a resource whose
path cannot be understood is left out. Only a reply that is no multistatus at all is an error.
"""

import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, cast
from xml.sax.saxutils import escape

from defusedxml import ElementTree

from cloudfs.errors import BadReply
from cloudfs.model import NOTHING
from cloudfs.providers.webdav.paths import Segments, decoded

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

log = logging.getLogger(__name__)

DAV = "{DAV:}"
NAMESPACES = {"http://owncloud.org/ns": "oc", "http://nextcloud.org/ns": "nc"}

PROPERTIES = (
    "d:resourcetype",
    "d:getcontentlength",
    "d:getlastmodified",
    "d:getetag",
    "d:creationdate",
    "d:getcontenttype",
)
QUOTA = ("d:quota-available-bytes", "d:quota-used-bytes")

_LARGEST = 2**63 - 1
_FURTHEST = 9_000_000_000  # seconds either side of 1970 that still fit 64 bits as nanoseconds
_STATUS = re.compile(r"HTTP/\S+\s+(\d{3})\b")
_NUMBER = re.compile(r"-?\d{1,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What a reply says of one resource. Times are seconds since 1970."""

    segments: Segments
    status: int = 200  # of the resource itself: 404 if it vanished meanwhile
    collection: bool = False
    size: int | None = None
    etag: str | None = None  # as it was sent
    modified: int | None = None
    created: int | None = None
    mime: str | None = None
    quota_available: int | None = None
    quota_used: int | None = None
    extra: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # "oc:fileid": "17"


def multistatus(body: bytes) -> list[Resource]:
    """The resources of a 207. Raises BadReply if *body* is not one."""
    return [found for found in map(_resource, _responses(body)) if found is not None]


def failures(body: bytes) -> list[int]:
    """The statuses in a 207 that are not of success (RFC 4918, 9.6.1). Raises BadReply."""
    found: list[int] = []
    for response in _responses(body):
        found.extend(_status(element) for element in response.iter(f"{DAV}status"))
    return [status for status in found if status >= 300]


def propfind(properties: tuple[str, ...]) -> bytes:
    """A request for these properties, given with the prefixes d, oc and nc."""
    names = "".join(f"<{name}/>" for name in properties)
    return _document("propfind", f"<d:prop>{names}</d:prop>")


def proppatch(values: Mapping[str, str]) -> bytes:
    """A request to set properties."""
    pairs = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
    return _document("propertyupdate", f"<d:set><d:prop>{pairs}</d:prop></d:set>")


def lockinfo(owner: str) -> bytes:
    """A request for an exclusive write lock."""
    return _document(
        "lockinfo",
        "<d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype>"
        f"<d:owner>{escape(owner)}</d:owner>",
    )


def _document(root: str, content: str) -> bytes:
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for uri, prefix in NAMESPACES.items())
    text = f'<?xml version="1.0" encoding="utf-8"?><d:{root} xmlns:d="DAV:"{spaces}>'
    return f"{text}{content}</d:{root}>".encode()


def _responses(body: bytes) -> "Iterator[Element]":
    """Each response element; it is emptied when the next is asked for, to spare memory."""
    root: Element | None = None
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(body), events=("start", "end")):
            if root is None:
                root = cast("Element", element)
                if root.tag != f"{DAV}multistatus":
                    raise BadReply(f"a <{root.tag}> instead of a multistatus")
            elif event == "end" and element.tag == f"{DAV}response":
                yield element
                root.clear()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadReply(f"the multistatus cannot be read ({type(error).__name__})") from error
    if root is None:
        raise BadReply("an empty reply instead of a multistatus")


def _resource(response: "Element") -> Resource | None:
    href = response.findtext(f"{DAV}href")
    segments = None if href is None else decoded(href)
    if segments is None:
        log.debug("left out of a multistatus: a resource whose path cannot be understood")
        return None
    own = response.find(f"{DAV}status")
    if own is not None:
        return Resource(segments=segments, status=_status(own))
    properties: dict[str, Element] = {}
    refused = 404
    for propstat in response.findall(f"{DAV}propstat"):
        element = propstat.find(f"{DAV}status")
        status = 200 if element is None else _status(element)
        if 200 <= status < 300:
            properties.update((p.tag, p) for p in propstat.iterfind(f"{DAV}prop/*"))
        else:
            refused = status
    if not properties:
        return Resource(segments=segments, status=refused)
    return _described(segments, properties)


def _described(segments: Segments, properties: "Mapping[str, Element]") -> Resource:
    def text(name: str) -> str | None:
        element = properties.get(DAV + name)
        found = None if element is None else (element.text or "").strip()
        return found or None

    kind = properties.get(f"{DAV}resourcetype")
    size = _number(text("getcontentlength"))
    return Resource(
        segments=segments,
        collection=kind is not None and kind.find(f"{DAV}collection") is not None,
        size=size if size is not None and size >= 0 else None,
        etag=text("getetag"),
        modified=_seconds(text("getlastmodified")),
        created=_seconds(text("creationdate")),
        mime=text("getcontenttype"),
        quota_available=_number(text("quota-available-bytes")),
        quota_used=_number(text("quota-used-bytes")),
        extra=dict(_extensions(properties)),
    )


def _extensions(properties: "Mapping[str, Element]") -> Iterator[tuple[str, str]]:
    """Nextcloud's own properties; those made of elements as their words."""
    for tag, element in properties.items():
        uri, _, name = tag[1:].partition("}")
        if uri in NAMESPACES:
            nested = " ".join(text.strip() for text in element.itertext() if text.strip())
            yield f"{NAMESPACES[uri]}:{name}", nested if len(element) else element.text or ""


def _status(element: "Element") -> int:
    """The status that an element holds; 500 if it holds none: not a success."""
    match = _STATUS.search(element.text or "")
    return int(match[1]) if match else 500


def _number(text: str | None) -> int | None:
    if text is None or not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if -_LARGEST <= number <= _LARGEST else None


def _seconds(text: str | None) -> int | None:
    """A date of RFC 9110 or ISO 8601; some servers send the one where the other belongs."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        seconds = int(when.timestamp())
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return seconds if abs(seconds) < _FURTHEST else None


def http_date(text: str | None) -> int | None:
    """Seconds since 1970 that a date header says; None if it says nothing."""
    return _seconds(text)
