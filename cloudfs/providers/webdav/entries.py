"""Entries, versions and links from what a server says (reference 3, 4)."""

import re
from collections.abc import Mapping
from email.utils import formatdate

from cloudfs.errors import AccessDenied, BadReply, Changed, LoginFailed
from cloudfs.http.client import StreamedReply
from cloudfs.model import (
    NOTHING,
    Checksum,
    DownloadLink,
    Entry,
    EntryId,
    Kind,
    ListingTag,
    Version,
)
from cloudfs.providers.webdav.paths import parent_of, segments_of
from cloudfs.providers.webdav.server import SECOND
from cloudfs.providers.webdav.wire import Resource, http_date

ETAG = "dav:etag"
"""Where an entry keeps its ETag as a header spells it, which tells whether it is strong."""

# An entity tag has no blanks (RFC 9110, 8.8.3), so this is never mistaken for one.
_TAG = re.compile(r"[\x21\x23-\x7e]{1,1024}")
_UNTAGGED = re.compile(r"\d+ bytes at (\d+|-\d+|\?)")


def normalised(etag: str) -> str:
    """An ETag without quotes and weakness; "" if it is none.

    Servers leave out the quotes in one place and not in another, and Apache's weak ETag turns
    into the strong one of the same file a second later (reference 3).
    """
    tag = etag.strip().removeprefix("W/").strip('"')
    return tag if _TAG.fullmatch(tag) else ""


def spelled(etag: str) -> str:
    """An ETag as a header has it."""
    weak = "W/" if etag.strip().startswith("W/") else ""
    return f'{weak}"{normalised(etag)}"'


def version_of(etag: str | None, size: int, modified: int | None) -> Version:
    """Which content a file has: by its ETag, or else by size and time."""
    if etag and (tag := normalised(etag)):
        return Version(tag)
    return Version(f"{size} bytes at {'?' if modified is None else modified}")


def entry_from(resource: Resource, entry_id: EntryId, *, tagged: bool) -> Entry:
    """The entry that *resource* describes.

    *tagged* says that a folder's ETag changes with anything below it (reference 9).
    """
    segments = segments_of(entry_id)
    extra = dict(resource.extra)
    if resource.etag and normalised(resource.etag):
        extra[ETAG] = spelled(resource.etag)
    permissions = extra.get("oc:permissions")
    needed = "CK" if resource.collection else "W"
    size = resource.size or 0
    tag = resource.collection and tagged and extra.get(ETAG)
    return Entry(
        id=entry_id,
        parent_id=parent_of(entry_id),
        name=segments[-1] if segments else "",
        kind=Kind.FOLDER if resource.collection else Kind.FILE,
        size=0 if resource.collection else size,
        version=Version("")
        if resource.collection
        else version_of(resource.etag, size, resource.modified),
        modified_ns=None if resource.modified is None else resource.modified * SECOND,
        created_ns=resource.created * SECOND if resource.created else None,
        mime=None if resource.collection else resource.mime,
        checksum=checksum_from(extra.get("oc:checksums", "")),
        writable=permissions is None or any(letter in permissions for letter in needed),
        tag=ListingTag(tag) if tag else None,
        extra=extra or NOTHING,
    )


def checksum_from(text: str) -> Checksum | None:
    """The SHA-1 among checksums like "SHA1:... MD5:..."."""
    match = re.search(r"\bSHA1:([0-9a-fA-F]{40})\b", text)
    return Checksum("sha1", match[1].lower()) if match else None


def strong_etag(entry: Entry) -> str | None:
    """The entry's ETag if it was a strong one when the entry was listed, for If-Match."""
    etag = entry.extra.get(ETAG, "")
    return etag if etag.startswith('"') and normalised(etag) == entry.version else None


def match_header(entry: Entry) -> Mapping[str, str]:
    """The condition that a changed file does not fulfil; empty if the file has no ETag.

    An ETag that was weak is sent as the strong one that it has become by now, or becomes
    within the second: until then the answer is 412, which needs a closer look (RFC 9110,
    13.1.1: a weak one never matches).
    """
    tagged = entry.version and not _UNTAGGED.fullmatch(entry.version)
    return {"If-Match": f'"{entry.version}"'} if tagged else NOTHING


def link_to(entry: Entry, url: str, *, one_etag: bool) -> DownloadLink:
    """A link to the content of *entry*; nothing needs to be asked for it.

    The server checks the version where it can: by the ETag if it uses *one_etag* for
    listings and downloads, else by the time. `check_reply` checks what it did not.
    """
    headers: Mapping[str, str] = NOTHING
    if one_etag and (etag := strong_etag(entry)):
        headers = {"If-Match": etag}
    elif entry.modified_ns is not None:
        headers = {"If-Unmodified-Since": formatdate(entry.modified_ns // SECOND, usegmt=True)}
    return DownloadLink(url=url, version=entry.version, size=entry.size, headers=headers)


def check_reply(reply: StreamedReply, link: DownloadLink, *, own: bool, one_etag: bool) -> None:
    """Raise what a download's status means, and Changed if it is of another version.

    A reply that is not of the account's *own* server has marks of its own: nothing can be
    compared but the length, which `ranged_get` does.
    """
    if reply.status in {404, 410}:
        raise Changed(f"the file is gone ({reply.status})")
    if own and reply.status == 401:
        raise LoginFailed("download: the server does not accept the credentials (401)")
    if own and reply.status == 403:
        raise AccessDenied("download: refused (403)")
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise BadReply("download: the server encoded the file, which it was asked not to")
    if reply.status not in {200, 206} or not own:
        return
    etag = normalised(reply.headers.get("etag", ""))
    if etag == link.version:
        return
    if etag and one_etag and not _UNTAGGED.fullmatch(link.version):
        raise Changed("the file has another version now")
    seen, expected = http_date(reply.headers.get("last-modified")), _expected_time(link)
    if seen is not None and expected is not None and seen != expected:
        raise Changed("the file was modified meanwhile")


def _expected_time(link: DownloadLink) -> int | None:
    match = _UNTAGGED.fullmatch(link.version)
    if match and match[1] != "?":
        return int(match[1])
    return http_date(link.headers.get("If-Unmodified-Since"))
