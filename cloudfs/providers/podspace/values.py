"""The plain values in replies, checked: nothing in a reply is what it claims until then.

What is required raises BadReply when it is missing or malformed; what is optional is None.
"""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from cloudfs.errors import BadReply

LARGEST = 2**63 - 1  # what a file's size and a time in nanoseconds have to fit in
MILLISECOND = 1_000_000

_DIGITS = re.compile(r"[0-9]{1,19}")
_IDENTIFIER = re.compile(r"[!#-&(-+\-.0-~]{1,200}")  # visible, without quotes, comma and slash
_VISIBLE = re.compile(r"[!-~]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def decoded(body: bytes) -> Any:
    """The JSON value of a reply's *body*; an empty one is an empty object."""
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
    """*value* if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def array(value: Any) -> list[Any]:
    """*value*, which has to be an array; nothing is an empty one (1.5)."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadReply("the reply holds no array where one belongs")
    return value


def text(value: Any) -> str | None:
    """*value* if it is text; halves of surrogate pairs, which UTF-8 cannot hold, are replaced."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else None


def identifier(value: Any) -> str | None:
    """*value* if it can be a hash, which is opaque (1.6), but goes into paths and lists."""
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        return None
    return None if value in {".", ".."} or "\\" in value else value


def visible(value: Any) -> str | None:
    """*value* if it is text that fits into a header: visible ASCII, without a space."""
    return value if isinstance(value, str) and _VISIBLE.fullmatch(value) else None


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
    return value is True or value == "true"


def moment(value: Any) -> int | None:
    """A time in nanoseconds, from milliseconds (1.6)."""
    milliseconds = integer(value)
    if not milliseconds or milliseconds > LARGEST // MILLISECOND:
        return None
    return milliseconds * MILLISECOND


def day(value: Any) -> int | None:
    """The beginning of a day that is written YYYY-MM-DD, in nanoseconds (1.6)."""
    if not isinstance(value, str):
        return None
    try:
        parsed = date.fromisoformat(value[:10])
    except ValueError:
        return None
    midnight = datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC)
    ns = int(midnight.timestamp()) * 10**9
    return ns if 0 < ns <= LARGEST else None
