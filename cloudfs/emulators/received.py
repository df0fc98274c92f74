"""The requests that an emulator was sent: who asked for what, never with which secret."""

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any

KEPT = 20_000  # the oldest are forgotten


class Origin(StrEnum):
    """Which of an emulator's two servers was asked."""

    API = "api"
    STORE = "store"  # signed URLs for contents


@dataclass(slots=True, kw_only=True)
class Received:
    """One request."""

    number: int  # 1 for the first
    origin: Origin
    method: str
    path: str  # decoded
    route: str  # key of the route; empty if there is none
    label: str
    headers: tuple[str, ...]  # names, lower case
    credentials: bool  # were there any, of whatever kind?
    byte_range: str | None  # the Range header
    status: int | None = None  # of the answer; None: there was none (yet)
    sent: int = 0  # bytes of the answer's body

    # What "the same token" and "the same link" mean to a fault; shown to nobody.
    token: str | None = field(default=None, repr=False)
    link: str | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, Any]:
        """What may be shown."""
        shown = {name: getattr(self, name) for name in self.__slots__}
        del shown["token"], shown["link"]
        return shown


class RequestLog:
    """The last requests, and how many there were of each kind."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._received: deque[Received] = deque(maxlen=KEPT)
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._received)

    def next_number(self) -> int:
        """The number of the next request."""
        return next(self._numbers)

    def add(self, received: Received) -> None:
        """Note a request."""
        self._received.append(received)
        self._counts[received.route] += 1

    def all(self, route: str | None = None, *, origin: Origin | None = None) -> list[Received]:
        """The requests, oldest first; of one route (key or label) or origin only, if named."""
        return [
            received
            for received in self._received
            if route in {None, received.route, received.label} and origin in {None, received.origin}
        ]

    def counts(self) -> dict[str, int]:
        """The number of requests by route key."""
        return dict(self._counts)

    def clear(self) -> None:
        """Forget all of it."""
        self._received.clear()
        self._counts.clear()
