"""How far ahead of its readers a drive fetches."""

from collections import Counter

import trio

from cloudfs.content.cache import BLOCK

NEAREST = 4 * BLOCK
FARTHEST = 256 * BLOCK  # a line of 1 Gbit/s and 100 ms is full with that
CROWD = FARTHEST // 2  # for several readers together, who each have what they asked for as well
NEIGHBOURHOOD = 2 * BLOCK
BREATH = 0.2  # seconds between two reads of one program
STANDING_ASIDE = 1.0  # seconds, at a time, for those who fetch for no reader
SLACK = 16 * BLOCK  # within a sequence the kernel's own read-ahead may come out of order


class Pattern:
    """How one reader goes through a file, and so how far ahead to fetch.

    A first read, or one somewhere else, gets what it asks for. While reads follow one another
    the distance doubles with every step, up to `FARTHEST`.
    """

    def __init__(self) -> None:
        self._expected = 0
        self._ahead = 0

    def ahead(self, start: int, stop: int) -> int:
        """How many bytes after *stop* will be wanted soon."""
        slack = min(max(self._ahead, NEIGHBOURHOOD), SLACK)
        if abs(start - self._expected) <= slack:
            self._ahead = min(max(self._ahead * 2, NEAREST), FARTHEST)
            self._expected = max(self._expected, stop)
        else:
            self._ahead = 0
            self._expected = stop
        return self._ahead


class OnTheWay:
    """Shares out what may be on its way for all readers of a drive together.

    One that reads alone may fill the line. Many that each did would only queue up in it, and
    whatever else is asked for would come behind all of them.
    """

    def __init__(self) -> None:
        # Changing. How many fetches are under way for each file.
        self._fetches: Counter[object] = Counter()
        self._clear = trio.Event()
        self._ended_at = float("-inf")  # when the last of them was over

    def begin(self, file: object) -> None:
        """Bytes of *file* are being fetched, until `end`."""
        self._fetches[file] += 1

    def end(self, file: object) -> None:
        """They have come, or will not."""
        self._fetches[file] -= 1
        if not self._fetches[file]:
            del self._fetches[file]
        if not self._fetches:
            self._ended_at = trio.current_time()
            self._clear.set()
            self._clear = trio.Event()

    async def clear(self) -> None:
        """Wait until nothing is on its way for a reader, though not for ever."""
        with trio.move_on_after(STANDING_ASIDE):
            while self._fetches or trio.current_time() < self._ended_at + BREATH:
                if self._fetches:
                    await self._clear.wait()
                await trio.sleep_until(self._ended_at + BREATH)

    def share(self, file: object) -> int:
        """How many bytes ahead of its reader *file* may fetch now."""
        readers = len(self._fetches) + (file not in self._fetches)
        return max(NEAREST, (FARTHEST if readers == 1 else CROWD) // readers)
