"""Which parts a large file is sent in, and which of them the store can copy (reference 5)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cloudfs.providers.s3.settings import LARGEST_PART, MIB, SMALLEST_PART

AIMED_AT = 9000  # parts at most
MOST_PARTS = 10_000  # that the service takes


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes from *start* up to *stop*; *copied*: out of what the object holds at this place."""

    number: int
    start: int
    stop: int
    copied: bool = False


def part_size_for(size: int, least: int) -> int:
    """Bytes in each part of a file of *size* bytes: *least*, or whole MiB for very large ones."""
    return min(max(least, -(-size // AIMED_AT // MIB) * MIB), LARGEST_PART)


def plan(size: int, part_size: int, unchanged: Iterable[tuple[int, int]] = ()) -> Sequence[Part]:
    """The parts of a file of *size* bytes.

    No part but the last is smaller than what the service takes, so a copied one gives some of
    its bytes to a small neighbour that is sent, or is not copied at all.
    """
    parts = _parts(size, part_size_for(size, part_size), unchanged)
    if len(parts) > MOST_PARTS:  # it is copied in too many places
        parts = _parts(size, part_size_for(size, part_size), ())
    return parts


def _parts(size: int, part_size: int, unchanged: Iterable[tuple[int, int]]) -> list[Part]:
    copy_size = max(part_size, min(512 * MIB, LARGEST_PART))
    parts: list[Part] = []
    for start, stop, copied in _runs(size, unchanged):
        for low, high in _cut(start, stop, copy_size if copied else part_size):
            parts.append(Part(len(parts) + 1, low, high, copied))
    return parts


def _runs(size: int, unchanged: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """The file as runs that are sent and copied by turns."""
    at = 0  # everything before is told
    for low, high in unchanged:
        start, stop = max(low, at), min(high, size)
        if at < start < at + SMALLEST_PART:
            start = at + SMALLEST_PART  # what is sent before it needs some of its bytes
        if stop - start < SMALLEST_PART:
            continue
        if start > at:
            yield at, start, False
        yield start, stop, True
        at = stop
    if at < size or size == 0:
        yield at, size, False


def _cut(start: int, stop: int, part_size: int) -> Iterator[tuple[int, int]]:
    """Pieces of about *part_size*; the rest goes with the last one, if it is too small alone."""
    while stop - start >= part_size + SMALLEST_PART:
        yield start, start + part_size
        start += part_size
    if stop - start > LARGEST_PART:
        middle = (start + stop) // 2
        yield start, middle
        start = middle
    yield start, stop
