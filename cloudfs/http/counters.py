"""What the traffic of an account amounted to, for `cloudfs status` and the benchmarks."""

from collections import Counter


class Counters:
    """Requests by kind, and bytes in each direction, since the process began."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.bytes_down = 0
        self.bytes_up = 0

    def as_dict(self) -> dict[str, object]:
        """The figures as plain values."""
        return {
            "requests": dict(sorted(self.requests.items())),
            "failures": dict(sorted(self.failures.items())),
            "bytes_down": self.bytes_down,
            "bytes_up": self.bytes_up,
        }
