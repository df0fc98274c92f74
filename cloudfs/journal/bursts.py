"""When programs are in the middle of something."""

import trio


class Bursts:
    """When programs change one thing after another, as `tar x` does. Times are trio's clock."""

    QUIET = 0.3  # seconds that end a burst

    def __init__(self) -> None:
        self.began = self._last = float("-inf")

    def note(self) -> None:
        """A program changes something."""
        if self.are_over():
            self.began = trio.current_time()
        self._last = trio.current_time()

    def over_at(self) -> float:
        """When the burst is over, if nothing comes any more."""
        return self._last + self.QUIET

    def are_over(self) -> bool:
        """Whether programs are quiet."""
        return self.over_at() <= trio.current_time()
