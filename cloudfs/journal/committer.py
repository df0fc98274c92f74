"""Brings the changes to the service, in the background.

Changes come due when programs have left them alone for a moment; the order says which must
wait for which; the rest run side by side. A failure that may pass is tried again, ever more
slowly; one that will not is kept and shown. Nothing here ends the drive: a bug in one step is
logged, and the change waits like any other.
"""

import heapq
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import trio

from cloudfs.errors import BadReply, CloudError, LoginFailed, NoLocalSpace, TransientError
from cloudfs.http.limits import priority
from cloudfs.http.retry import jittered
from cloudfs.journal.changes import Change, Failure
from cloudfs.journal.journal import Journal
from cloudfs.journal.settling import Again
from cloudfs.journal.steps import Steps
from cloudfs.model import InodeNumber, Priority

log = logging.getLogger(__name__)

FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0
LOGIN_WAIT = 60.0
SHORT_BURST = 4.0  # seconds
LONG_BURST = 30.0
MEANWHILE = 2  # steps at once during a burst
MOST_AGAIN = 8  # times a change may turn into another one before it has to wait


class Committer:
    """Works off a journal."""

    def __init__(self, journal: Journal, steps: Steps, *, hold_back: float, parallel: int) -> None:
        self._journal = journal
        self._steps = steps
        self._hold_back = hold_back
        self._limit = parallel
        journal.poke = self._poke

        # Changing. A number is in `_due` (a heap by time) when its change may be looked at, or
        # in `_parked` under the one it waits for.
        self._due: list[tuple[float, int, InodeNumber]] = []
        self._sequence = count()
        self._parked: dict[InodeNumber, set[InodeNumber]] = defaultdict(set)
        self._running = 0
        self._hurried = 0
        self._paused_until = 0.0
        self._wake = trio.Event()
        self._settled = trio.Event()

    # Waiting for it -----------------------------------------------------------------------------

    async def drain(self) -> None:
        """Wait until the service has everything that it will take."""
        with self.hurry():
            while self._journal.waiting or self._running:
                await self._settled.wait()

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """Inside, changes are not held back for programs to make up their minds."""
        self._hurried += 1
        for change in self._journal.waiting:
            self._poke(change)
        try:
            yield
        finally:
            self._hurried -= 1

    def resume(self) -> None:
        """The login works again, or the network: try at once."""
        self._paused_until = 0.0
        for change in self._journal.waiting:
            change.retry_at = 0.0
            self._poke(change)

    # Working ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until cancelled."""
        async with trio.open_nursery() as nursery:
            for change in self._journal.waiting:
                self._poke(change)
            while True:
                self._wake = trio.Event()
                self._start_what_is_due(nursery)
                self._end_a_circle(nursery)
                with trio.move_on_at(self._next_look()):
                    await self._wake.wait()

    def _next_look(self) -> float:
        """When there may be something to start, if nothing else happens before."""
        if not self._due or self._running >= self._limit:
            return float("inf")
        if self._running >= self._room():
            return self._journal.bursts.over_at()
        return self._due[0][0]

    def _room(self) -> int:
        """How many steps may run now.

        They take time from programs, which wait for this process when they change something. A
        short `tar x` or `git clone` is through before the first step; in a longer one a few must
        do, unless it takes so long that too much would pile up.
        """
        bursts = self._journal.bursts
        length = trio.current_time() - bursts.began
        if self._hurried or bursts.are_over() or length > LONG_BURST:
            return self._limit
        return 0 if length < SHORT_BURST else MEANWHILE

    def _poke(self, change: Change) -> None:
        """Look at *change* when its time has come, and now at what waited for it."""
        self._push(change.number, self._earliest(change))
        for number in self._parked.pop(change.number, ()):
            self._push(number, 0.0)
        self._settled.set()
        self._settled = trio.Event()

    def _push(self, number: InodeNumber, when: float) -> None:
        heapq.heappush(self._due, (when, next(self._sequence), number))
        self._wake.set()

    def _earliest(self, change: Change) -> float:
        """When a change may be carried out, on trio's clock."""
        earliest = max(change.retry_at, self._paused_until)
        if self._hurried:
            return earliest
        if change.removed:
            quiet = self._journal.removed_at + self._hold_back
            earliest = max(earliest, min(quiet, change.not_before + 10 * self._hold_back))
        return max(earliest, change.not_before)

    def _start_what_is_due(self, nursery: trio.Nursery) -> None:
        now = trio.current_time()
        while self._due and self._due[0][0] <= now and self._running < self._room():
            _, _, number = heapq.heappop(self._due)
            change = self._journal.changes.get(number)
            if change is None or change.running or change.failure is not None:
                continue
            when = self._earliest(change)
            if when > now:
                self._push(number, when)
                continue
            if change.removed and not self._hurried and self._steps.is_read(change):
                continue  # closing it brings the change back here
            try:
                blocker = self._journal.order.blocker(change)
            except CloudError:
                blocker = None  # its step will meet the same and say so
            if blocker is not None:
                self._parked[blocker.number].add(number)
                continue
            self._start(nursery, change, aside=False)

    def _end_a_circle(self, nursery: trio.Nursery) -> None:
        """If all that is left waits for one another, let one of them take a name of its own."""
        if self._running or not self._parked:
            return
        parked = set().union(*self._parked.values())
        waiting = self._journal.waiting
        if not all(change.number in parked for change in waiting):
            return
        for change in waiting:
            if change.moved and not change.removed:
                self._start(nursery, change, aside=True)
                return

    def _start(self, nursery: trio.Nursery, change: Change, *, aside: bool) -> None:
        change.running = True
        self._journal.order.running.add(change.number)
        self._running += 1
        nursery.start_soon(self._work, change, aside)

    async def _work(self, change: Change, aside: bool) -> None:  # noqa: FBT001 - start_soon
        try:
            with priority(Priority.BACKGROUND):
                await self._step(change, aside=aside)
        except Exception:
            log.exception("a change of %r could not be carried out", change.name)
            self._wait(change, "an internal error; see the log")
        finally:
            change.running = False
            self._journal.order.running.discard(change.number)
            self._journal.step_over()
            self._running -= 1
            self._poke(change)

    async def _step(self, change: Change, *, aside: bool) -> None:
        try:
            if aside:
                await self._steps.step_aside(change)
            else:
                await self._steps.carry_out(change)
        except Again:
            self._journal.settled(change)
            change.attempts += 1
            if change.attempts > MOST_AGAIN:
                self._wait(change, "it keeps changing on the service")
        except LoginFailed as error:
            self._paused_until = trio.current_time() + LOGIN_WAIT
            change.trouble = str(error)
            log.warning("uploads wait for a login: %s", error)
        except (TransientError, NoLocalSpace, BadReply) as error:
            # A login page of a hotel's network is no answer of the service.
            self._wait(change, str(error), getattr(error, "retry_after", None))
        except CloudError as error:
            if error.transient:
                self._wait(change, str(error))
                return
            log.warning("the service refuses a change of %r: %s", change.name, error)
            await self._journal.refuse(change, Failure(str(error), error.errno))

    def _wait(self, change: Change, trouble: str, seconds: float | None = None) -> None:
        change.attempts += 1
        change.trouble = trouble
        wait = min(FIRST_WAIT * 2.0 ** min(change.attempts - 1, 10), LONGEST_WAIT)
        change.retry_at = trio.current_time() + (jittered(wait) if seconds is None else seconds)
        log.info("%r waits %.0f s for another attempt: %s", change.name, wait, trouble)
