"""The time of an emulator, which a test may move forward."""

import time
from collections.abc import Callable


class Clock:
    """Real time, plus what it was advanced by.

    An advance is not kept over a restart: the stamps that the store hands out only grow, so
    going back to real time breaks nothing.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0

    @property
    def ahead(self) -> float:
        """Seconds that this clock is ahead of its source."""
        return self._ahead

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return self._source() + self._ahead

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._ahead += seconds
