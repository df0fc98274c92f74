"""Sets of byte positions, as sorted disjoint half-open ranges."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Spans:
    """A set of integers that knows its members as ranges from *start* up to *stop*."""

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        # Changing. Sorted, neither empty nor touching: starts[i] < stops[i] < starts[i + 1].
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in spans:
            self.add(start, stop)

    def add(self, start: int, stop: int) -> None:
        """Let the set contain all from *start* up to *stop*."""
        if start >= stop:
            return
        first = bisect_left(self._stops, start)
        last = bisect_right(self._starts, stop)
        if first < last:
            start = min(start, self._starts[first])
            stop = max(stop, self._stops[last - 1])
        self._starts[first:last] = [start]
        self._stops[first:last] = [stop]

    def cut(self, size: int) -> None:
        """Let the set contain nothing from *size* on."""
        keep = bisect_left(self._starts, size)
        del self._starts[keep:], self._stops[keep:]
        if self._stops and self._stops[-1] > size:
            self._stops[-1] = size

    def within(self, start: int, stop: int) -> Iterator[tuple[int, int, bool]]:
        """The range from *start* up to *stop* in pieces: (start, stop, is it in the set?)."""
        at = start
        index = bisect_right(self._stops, start)
        while at < stop:
            if index >= len(self._starts) or self._starts[index] >= stop:
                yield at, stop, False
                return
            if self._starts[index] > at:
                yield at, self._starts[index], False
                at = self._starts[index]
            end = min(self._stops[index], stop)
            yield at, end, True
            at = end
            index += 1

    def missing(self, start: int, stop: int) -> list[tuple[int, int]]:
        """What of the range is not in the set."""
        return [(a, b) for a, b, present in self.within(start, stop) if not present]

    def covers(self, start: int, stop: int) -> bool:
        """Whether all of the range is in the set."""
        return not self.missing(start, stop)

    @property
    def total(self) -> int:
        """How many members the set has."""
        return sum(self._stops) - sum(self._starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._stops, strict=True))

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __repr__(self) -> str:
        return f"Spans({list(self)})"
