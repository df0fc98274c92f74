"""The plain values in replies, checked: nothing in a reply is what it claims until then.

What is required raises BadReply when it is missing or malformed; what is optional is None.
"""

import json
import re
from typing import Any

from cloudfs.errors import BadReply

LARGEST = 2**63 - 1  # what a file's size and a time in nanoseconds have to fit in
LONGEST_ID = 200
LONGEST_TOKEN = 4000

_DIGITS = re.compile(r"-?[0-9]{1,19}")
_UNSHOWABLE = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


def decoded(body: bytes) -> Any:
    """The JSON value of a reply's *body*."""
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
    """*value*, which has to be an array; nothing is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadReply("the reply holds no array where one belongs")
    return value


def text(value: Any) -> str | None:
    """*value* if it is text and not empty; what UTF-8 cannot hold or nobody can see is replaced."""
    return _UNSHOWABLE.sub("\ufffd", value) if isinstance(value, str) and value else None


def name(value: Any) -> str:
    """The name of an entry as it is shown (reference 1.2): it may hold what no name may here."""
    if not isinstance(value, str):
        raise BadReply("the reply holds no name where one belongs")
    return _UNSHOWABLE.sub("\ufffd", value.replace("/", "\u2215"))


def identifier(value: Any) -> str | None:
    """*value* if it can be an id: opaque (reference 1), but it goes into lists with commas."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value <= LARGEST else ""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        return None
    return None if "," in value or value != value.strip() or _UNSHOWABLE.search(value) else value


def token(value: Any) -> str | None:
    """*value* if it can be a token."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TOKEN:
        return None
    return None if _UNSHOWABLE.search(value) else value


def required_identifier(value: Any) -> str:
    """*value*, which has to be an id."""
    found = identifier(value)
    if found is None:
        raise BadReply("the reply holds no id where one belongs")
    return found


def identifiers(value: Any) -> tuple[str, ...]:
    """The ids in a list, with commas or as an array; what cannot be one is left out."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list):
        return ()
    found = (identifier(item.strip() if isinstance(item, str) else item) for item in items)
    return tuple(item for item in found if item is not None)


def whole(value: Any) -> int | None:
    """A whole number of any sign; a few come as strings (reference 1)."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -LARGEST <= value <= LARGEST else None


def integer(value: Any) -> int | None:
    """A count or size: not negative."""
    found = whole(value)
    return found if found is not None and found >= 0 else None


def flag(value: Any) -> bool:
    """Whether *value* says yes."""
    return value is True or value in (1, "1", "true")
