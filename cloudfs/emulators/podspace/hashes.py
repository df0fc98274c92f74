"""The opaque texts that name things: numbers of the store, written as the service writes them.

A number is scrambled by a small Feistel cipher and written in base 36, so nothing has to be
looked up, the same steps give the same hashes in every emulator, and no text that was made up
means anything: a part of what is scrambled must come out as zeros.
"""

import hashlib
import hmac
import string
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

_KEY = b"podspace"  # no secret: a hash alone opens nothing
_DIGITS = string.digits + string.ascii_uppercase
_ROUNDS = 4
_NUMBER_BITS = 40


class Kind(IntEnum):
    """What a hash names."""

    NODE = 1
    VERSION = 2
    TEAM = 3
    GRANT = 4


_KINDS = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Named:
    """What a hash says."""

    kind: Kind
    number: int


@lru_cache(maxsize=65536)
def hash_of(kind: Kind, number: int) -> str:
    """The hash of the thing of that number."""
    half = _half_of(kind)
    block = ((kind << _NUMBER_BITS) | number) << (2 * half - _NUMBER_BITS - 8)
    left, right = block >> half, block & ((1 << half) - 1)
    for step in range(_ROUNDS):
        left, right = right, left ^ _mixed(step, right, half)
    return _written((left << half) | right, _length_of(kind))


@lru_cache(maxsize=65536)
def named_by(text: str) -> Named | None:
    """What a hash names; None if it is no hash."""
    for half, length in ((40, 16), (50, 20)):
        if len(text) == length and set(text) <= set(_DIGITS):
            return _read(int(text, 36), half)
    return None


def node_hash(number: int | None) -> str:
    """The hash of a file or folder; empty for None."""
    return "" if number is None else hash_of(Kind.NODE, number)


def _half_of(kind: Kind) -> int:
    return 50 if kind == Kind.GRANT else 40


def _length_of(kind: Kind) -> int:
    return 20 if kind == Kind.GRANT else 16


def _read(value: int, half: int) -> Named | None:
    if value >> (2 * half):
        return None
    left, right = value >> half, value & ((1 << half) - 1)
    for step in reversed(range(_ROUNDS)):
        left, right = right ^ _mixed(step, left, half), left
    block = (left << half) | right
    spare = 2 * half - _NUMBER_BITS - 8
    number, kind = (block >> spare) & ((1 << _NUMBER_BITS) - 1), block >> (spare + _NUMBER_BITS)
    if block & ((1 << spare) - 1) or kind not in _KINDS or half != _half_of(Kind(kind)):
        return None
    return Named(Kind(kind), number)


def _mixed(step: int, value: int, half: int) -> int:
    message = step.to_bytes(1, "big") + value.to_bytes(8, "big")
    digest = hmac.new(_KEY, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") & ((1 << half) - 1)


def _written(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, digit = divmod(value, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
