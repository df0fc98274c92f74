"""Names (reference 1.7 and 1.9)."""

import base64
import binascii

from cloudfs.emulators.asus.refusals import Refusal, Status

LONGEST = 255  # Unicode code points

_FORBIDDEN = frozenset('/\\:*?"<>;|')
_NOT_IN_XML = frozenset("\ufffe\uffff")


def check_name(name: str) -> str:
    """*name*, if an entry may be called so."""
    if not name:
        raise Refusal(Status.NAME_EMPTY, "the name is empty")
    if any(char in _FORBIDDEN or char in _NOT_IN_XML or char < " " for char in name):
        raise Refusal(Status.NAME_CHARACTER, "the name has a character that is not allowed")
    if len(name) > LONGEST:
        raise Refusal(Status.NAME_LONG, "the name is too long")
    return name


def encode_name(name: str) -> str:
    """A name as ``display`` holds it."""
    return base64.b64encode(name.encode()).decode()


def decode_name(text: str) -> str:
    """The name in a ``display``. Raises ValueError if this is not padded Base64 of UTF-8."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True).decode()
    except binascii.Error as error:
        raise ValueError("this is no Base64") from error
