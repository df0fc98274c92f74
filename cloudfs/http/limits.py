"""How many requests run at once, and who goes first.

One `Limiter` serves one account. Its limit adapts: it grows by one after as many successes
as it allows requests, and halves when the service says that it is too much. Two of the
places are kept for requests that a program is waiting for, so that prefetch and uploads
never fill the way.
"""

import heapq
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from itertools import count

import trio

from cloudfs.model import Priority

_priority: ContextVar[Priority] = ContextVar("priority", default=Priority.INTERACTIVE)
_has_place: ContextVar["Limiter | None"] = ContextVar("has_place", default=None)
_waited_for: ContextVar[bool] = ContextVar("waited_for", default=False)

RESERVED_FOR_INTERACTIVE = 2


def current_priority() -> Priority:
    """Who waits for what this task does."""
    return _priority.get()


@contextmanager
def priority(value: Priority) -> Iterator[None]:
    """Requests made inside, also by tasks started inside, have this priority."""
    token = _priority.set(value)
    try:
        yield
    finally:
        _priority.reset(token)


@contextmanager
def waited_for_by_others() -> Iterator[None]:
    """Requests made inside need no place: those who have one may wait for what comes of them."""
    token = _waited_for.set(True)
    try:
        yield
    finally:
        _waited_for.reset(token)


class Limiter:
    """Admits requests by priority, never more at once than the service bears."""

    def __init__(self, *, start: int = 24, floor: int = 3, ceiling: int = 32) -> None:
        self._floor = floor
        self._ceiling = ceiling

        # Changing. `_waiting` holds (priority, order, event); an event set means "admitted",
        # and `_running` has been raised for it already.
        self._limit = min(start, ceiling)
        self._running = 0
        self._successes = 0
        self._paused_until = 0.0
        self._order = count()
        self._waiting: list[tuple[Priority, int, trio.Event]] = []

    @property
    def limit(self) -> int:
        """How many requests may run at once now."""
        return self._limit

    @property
    def running(self) -> int:
        """How many requests run now."""
        return self._running

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it.

        A request that is made while another one is under way, because that one waits for it
        (an upload whose content has to be read from the service first), needs no place of its
        own: all places may be taken by such as wait for one. The same goes for a request that
        is made for all of them (`waited_for_by_others`).
        """
        if _has_place.get() is self or _waited_for.get():
            await self._sit_out_pause()
            yield
            return
        await self._sit_out_pause()
        await self._admission(current_priority())
        try:
            await self._sit_out_pause()  # one that began while this request waited for its place
            token = _has_place.set(self)
            try:
                yield
            finally:
                _has_place.reset(token)
        finally:
            self._running -= 1
            self._admit_waiting()

    def succeeded(self) -> None:
        """A request was answered well: the service may bear one more."""
        self._successes += 1
        if self._successes >= self._limit and self._limit < self._ceiling:
            self._successes = 0
            self._limit += 1
            self._admit_waiting()

    def throttled(self, retry_after: float | None) -> None:
        """The service asked for less, and perhaps for silence of *retry_after* seconds."""
        self._successes = 0
        self._limit = max(self._floor, self._limit // 2)
        if retry_after:
            self._paused_until = max(self._paused_until, trio.current_time() + retry_after)

    async def _sit_out_pause(self) -> None:
        while self._paused_until > trio.current_time():  # noqa: ASYNC110 - it may move on
            await trio.sleep_until(self._paused_until)

    def _may_run(self, who: Priority) -> bool:
        reserved = 0 if who is Priority.INTERACTIVE else RESERVED_FOR_INTERACTIVE
        return self._running < self._limit - reserved

    async def _admission(self, who: Priority) -> None:
        if not self._waiting and self._may_run(who):
            self._running += 1
            return
        admitted = trio.Event()
        place = (who, next(self._order), admitted)
        heapq.heappush(self._waiting, place)
        self._admit_waiting()
        try:
            await admitted.wait()
        except BaseException:
            if admitted.is_set():  # admitted and cancelled at once: give the place back
                self._running -= 1
                self._admit_waiting()
            else:
                self._waiting.remove(place)
                heapq.heapify(self._waiting)
            raise

    def _admit_waiting(self) -> None:
        while self._waiting and self._may_run(self._waiting[0][0]):
            _, _, admitted = heapq.heappop(self._waiting)
            self._running += 1
            admitted.set()
