"""The plain values in replies, checked: nothing in a reply is what it claims until then.

What is required raises BadReply when it is missing or malformed; what is optional is None.
"""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from cloudfs.errors import BadReply
from cloudfs.model import Checksum, EntryId
from cloudfs.providers.cloudike.paths import ROOT

LARGEST = 2**63 - 1  # what a file's size and a time in nanoseconds have to fit in
MILLISECONDS_FROM = 100_000_000_000  # a smaller number counts seconds (reference 1.5)

_DIGITS = re.compile(r"[0-9]{1,19}")
_NUMBER = re.compile(r"[0-9]{1,19}(\.[0-9]{1,19})?")
_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_VISIBLE = re.compile(r"[!-~]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decoded(body: bytes) -> Any:
    """The JSON value of a reply's *body*; an empty one is an empty object (reference 1.4)."""
    if not body.strip():
        return {}
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReply("the reply is not JSON: does url lead to the service?") from error


def record(value: Any) -> dict[str, Any]:
    """*value*, which has to be an object."""
    if not isinstance(value, dict):
        raise BadReply("the reply holds no object where one belongs")
    return value


def optional_record(value: Any) -> dict[str, Any]:
    """*value* if it is an object, else an empty one: "[]" stands for nothing here and there."""
    return value if isinstance(value, dict) else {}


def array(value: Any) -> list[Any]:
    """*value*, which has to be an array."""
    if not isinstance(value, list):
        raise BadReply("the reply holds no array where one belongs")
    return value


def text(value: Any) -> str | None:
    """*value* if it is a text that can be sent on, and is not empty."""
    if not isinstance(value, str) or not value or not sendable(value):
        return None
    return value


def visible(value: Any) -> str | None:
    """*value* if it is a text that fits into a header: visible ASCII, without a space."""
    return value if isinstance(value, str) and _VISIBLE.fullmatch(value) else None


def sendable(value: str) -> bool:
    """Whether *value* holds no half of a surrogate pair: JSON can spell that, UTF-8 cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def integer(value: Any) -> int | None:
    """A count, size or version: not negative, and of a size that everything can hold."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= LARGEST else None


def flag(value: Any) -> bool:
    """Whether *value* says yes."""
    return value is True or value == 1


def moment(value: Any) -> int | None:
    """A time in nanoseconds, from any of the three formats of reference 1.5; None for none."""
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return _iso_moment(value)
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not 0 < value <= LARGEST:
        return None
    unit = 1_000_000 if value >= MILLISECONDS_FROM else 1_000_000_000
    if isinstance(value, int):
        return _fitting(value * unit)
    return _fitting(round(value * (unit // 1000)) * 1000)  # a float is good for microseconds


def checksum(value: Any) -> Checksum | None:
    """An MD5, in lower case whatever the service writes (reference 3.1)."""
    if not isinstance(value, str) or not _MD5.fullmatch(value):
        return None
    return Checksum("md5", value.lower())


def storable_name(name: str) -> bool:
    """Whether *name* can be an entry's: hostile ones would lead out of the drive."""
    return name not in {"", ".", ".."} and not set("/\0") & set(name) and sendable(name)


def path(value: Any) -> EntryId:
    """An absolute path (reference 1.3); empty segments are harmless there."""
    if not isinstance(value, str) or not value.startswith("/"):
        raise BadReply("the reply holds no path where one belongs")
    names = [name for name in value.split("/") if name]
    if not all(storable_name(name) for name in names):
        raise BadReply("the reply holds a path that cannot be one")
    return EntryId("/" + "/".join(names)) if names else ROOT


def optional_path(value: Any) -> EntryId | None:
    """*value* if it is an absolute path of usable names."""
    try:
        return path(value)
    except BadReply:
        return None


def address(value: Any, *, base: str = "") -> str:
    """An http or https address, which may be given relative to *base*."""
    try:
        whole = urljoin(base, value if isinstance(value, str) else "")
        parts = urlsplit(whole)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise BadReply("the reply holds a malformed address") from error
    if not usable or not whole.isprintable() or not sendable(whole):
        raise BadReply("the reply holds no address where one belongs")
    return whole


def _fitting(ns: int) -> int | None:
    return ns if 0 < ns <= LARGEST else None


def _iso_moment(value: str) -> int | None:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return _fitting((when - _EPOCH) // timedelta(microseconds=1) * 1000)
