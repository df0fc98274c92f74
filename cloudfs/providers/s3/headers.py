"""What the headers of an object say, and what is written into them (reference 1.2, 5)."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from cloudfs.errors import BadReply
from cloudfs.model import NOTHING
from cloudfs.providers.s3 import wire

META = "x-amz-meta-"
MTIME = "mtime"
OTHER_MTIMES = ("goog-reserved-file-mtime",)
FOLDER_TYPE = "application/x-directory"
UNKNOWN_TYPE = "application/octet-stream"

# What a request that stores an object has to say again, or it is lost; the metadata, too.
KEPT = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-website-redirect-location",
)
# What a copy loses, too, even one that keeps the metadata.
ENCRYPTION = "x-amz-server-side-encryption"
PLACING = (
    "x-amz-storage-class",
    ENCRYPTION,
    "x-amz-server-side-encryption-aws-kms-key-id",
)
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})

_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An object as HEAD describes it, or as we know it after we stored it."""

    size: int
    etag: str = ""  # without quotes
    modified_ns: int | None = None  # when it was stored, in whole seconds
    version_id: str = ""
    kept: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # KEPT and PLACING
    metadata: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # by lower-case name

    @property
    def written_ns(self) -> int | None:
        """When the file was modified by its metadata, by whatever program wrote that."""
        for name in (MTIME, *OTHER_MTIMES):
            if (found := parsed_time(self.metadata.get(name, ""))) is not None:
                return found
        return None

    def placing(self) -> dict[str, str]:
        """Headers that put a copy where the object is."""
        found = {name: self.kept[name] for name in PLACING if name in self.kept}
        if found.get("x-amz-storage-class") in ARCHIVED:
            del found["x-amz-storage-class"]
        return found

    def again(self, **metadata: str) -> dict[str, str]:
        """Headers that say again all that the object's headers said, but for *metadata*."""
        found = {name: self.kept[name] for name in KEPT if name in self.kept}
        for name, value in ({**self.metadata, **metadata}).items():
            found[META + name] = plain_text(value)
        return found | self.placing()


def head_from(headers: Mapping[str, str]) -> Head:
    """The object that the headers of an answer to HEAD describe. Raises BadReply."""
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise BadReply("an object without a length")
    kept = {name: headers[name] for name in (*KEPT, *PLACING) if name in headers}
    encoding = kept.get("content-encoding", "").replace("aws-chunked", "").strip(" ,")
    if encoding:
        kept["content-encoding"] = encoding
    else:
        kept.pop("content-encoding", None)
    return Head(
        size=int(length),
        etag=wire.plain_etag(headers.get("etag")),
        modified_ns=wire.http_time(headers.get("last-modified")),
        version_id=headers.get("x-amz-version-id", ""),
        kept=kept,
        metadata={
            name.lower().removeprefix(META): value
            for name, value in headers.items()
            if name.lower().startswith(META)
        },
    )


def quoted(etag: str) -> str:
    """An ETag for a condition."""
    return f'"{etag}"'


def could_be_md5(etag: str) -> bool:
    """Whether an ETag may be the MD5 of the bytes: never with a dash (reference 5)."""
    return _MD5.fullmatch(etag) is not None


def written_time(nanoseconds: int) -> str:
    """A time as rclone writes it: decimal seconds, without zeros at the end."""
    sign = "-" if nanoseconds < 0 else ""
    seconds, fraction = divmod(abs(nanoseconds), wire.SECOND)
    return f"{sign}{seconds}.{fraction:09}".rstrip("0").rstrip(".")


def parsed_time(text: str) -> int | None:
    """Nanoseconds that *text*, whole or decimal seconds, means; None if it means none."""
    text = text.strip()
    if not text or len(text) > 40 or not text.isascii():
        return None
    try:
        nanoseconds = Decimal(text) * wire.SECOND
    except InvalidOperation:
        return None
    if not nanoseconds.is_finite() or abs(nanoseconds) > wire.LARGEST:
        return None
    return int(nanoseconds)


def plain_text(value: str) -> str:
    """Metadata as a header can carry it: US-ASCII, else encoded as RFC 2047 has it."""
    if value.isascii() and value.isprintable():
        return value
    return f"=?UTF-8?B?{b64encode(value.encode('utf-8', 'replace')).decode()}?="
