"""Plain values in replies: numbers, times, names (reference 1.8 to 1.10).

Whatever a reply holds in their place, the answer is a value that can be used, or None.
"""

import base64
import binascii
import re
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SECOND = 1_000_000_000

FURTHEST = 9_000_000_000  # seconds either side of 1970 that still fit 64 bits as nanoseconds
MILLISECONDS = 100_000_000_000  # from here on a time is not in seconds (1.10)

_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.:](\d{1,9}))?", re.ASCII)


def text(element: "Element", name: str) -> str | None:
    """The text of the child called *name* as it was sent; None if there is none, or no child."""
    return element.findtext(name) or None


def word(element: "Element", name: str) -> str | None:
    """The same without blanks around it."""
    return (element.findtext(name) or "").strip() or None


def texts(element: "Element", name: str) -> tuple[str, ...]:
    """The texts of all children called *name*."""
    found = ((child.text or "").strip() for child in element.findall(name))
    return tuple(value for value in found if value)


def integer(given: str | None) -> int | None:
    """A decimal number of at most 64 bits."""
    given = (given or "").strip()
    if _INTEGER.fullmatch(given) is None:
        return None
    value = int(given)
    return value if -(2**63) <= value < 2**63 else None


def amount(given: str | None) -> int | None:
    """A number that is not negative."""
    value = integer(given)
    return value if value is not None and value >= 0 else None


def flag(given: str | None) -> bool:
    """Whether a 0 or 1 is 1."""
    return (given or "").strip() == "1"


def moment(given: str | None, zone: tzinfo) -> int | None:
    """A date and time, in nanoseconds since 1970."""
    match = _TIME.fullmatch((given or "").strip())
    if match is None:
        return None
    try:
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        when = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        seconds = int(when.timestamp())
    except (ValueError, OverflowError):
        return None
    if abs(seconds) > FURTHEST:
        return None
    return seconds * SECOND + int((match[7] or "").ljust(9, "0"))


def epoch(given: str | None) -> int | None:
    """A number of seconds, or of milliseconds if it is that large, as nanoseconds since 1970."""
    value = integer(given)
    if value is None:
        return None
    if abs(value) < MILLISECONDS:
        return value * SECOND if abs(value) <= FURTHEST else None
    return value * (SECOND // 1000) if abs(value) <= FURTHEST * 1000 else None


def decoded_name(given: str | None) -> str | None:
    """A name from its Base64 form (1.9)."""
    try:
        return base64.b64decode((given or "").strip(), validate=True).decode("utf-8") or None
    except (binascii.Error, ValueError):
        return None


def storable(name: str | None) -> bool:
    """Whether *name* can be the name of an entry on a drive."""
    return name is not None and name not in {"", ".", ".."} and not set(name) & {"/", "\0"}


def visible(given: str | None) -> str | None:
    """A word of printable ASCII characters: a token, a code, a transaction."""
    given = (given or "").strip()
    return given if given and given.isascii() and given.isprintable() and " " not in given else None
