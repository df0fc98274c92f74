"""The ids of the service: numbers of the store, as 32 hexadecimal digits (reference 1).

A number is scrambled by a small Feistel cipher, so nothing has to be looked up, the same steps
give the same ids in every emulator, and no id that was made up means anything: a part of what
is scrambled must come out as zeros.
"""

import hashlib
import hmac
import re
from enum import IntEnum
from functools import lru_cache

_KEY = b"689cloud"  # no secret: an id alone opens nothing
_ROUNDS = 4
_HALF = 64  # bits
_MASK = (1 << _HALF) - 1
_SPARE = 72  # bits that are zero
_NUMBER_BITS = 48
_SHAPE = re.compile(r"[0-9a-f]{32}")


class Kind(IntEnum):
    """What an id names."""

    TEAM = 1
    USER = 2
    PROJECT = 3
    ENTRY = 4  # a folder or a file
    EVENT = 5


@lru_cache(maxsize=65536)
def id_of(kind: Kind, number: int) -> str:
    """The id of the thing of that number."""
    block = ((kind << _NUMBER_BITS) | number) << _SPARE
    left, right = block >> _HALF, block & _MASK
    for step in range(_ROUNDS):
        left, right = right, left ^ _mixed(step, right)
    return f"{(left << _HALF) | right:032x}"


@lru_cache(maxsize=65536)
def number_of(kind: Kind, text: str) -> int | None:
    """The number behind an id; None if it is no id of that kind."""
    if not _SHAPE.fullmatch(text):
        return None
    value = int(text, 16)
    left, right = value >> _HALF, value & _MASK
    for step in reversed(range(_ROUNDS)):
        left, right = right ^ _mixed(step, left), left
    block = (left << _HALF) | right
    if block & ((1 << _SPARE) - 1) or block >> (_SPARE + _NUMBER_BITS) != kind:
        return None
    return (block >> _SPARE) & ((1 << _NUMBER_BITS) - 1)


def entry_id(number: int) -> str:
    """The id of a folder or file."""
    return id_of(Kind.ENTRY, number)


def _mixed(step: int, value: int) -> int:
    message = step.to_bytes(1, "big") + value.to_bytes(8, "big")
    digest = hmac.new(_KEY, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big")
