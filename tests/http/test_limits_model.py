"""The limiter against a model of it that has no tasks and no events."""

from dataclasses import dataclass, field

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from cloudfs.http.limits import Limiter, priority
from cloudfs.model import Priority
from tests.trio_run import run

FLOOR, START, CEILING = 3, 5, 7


@dataclass
class Model:
    """Who runs and who waits, as the docstrings have it."""

    limit: int = START
    successes: int = 0
    running: set[int] = field(default_factory=set)
    waiting: list[tuple[Priority, int]] = field(default_factory=list)

    def arrive(self, number: int, who: Priority) -> None:
        self.waiting.append((who, number))
        self._settle()

    def leave(self, number: int) -> None:
        self.running.discard(number)
        self.waiting = [place for place in self.waiting if place[1] != number]
        self._settle()

    def succeed(self) -> None:
        self.successes += 1
        if self.successes >= self.limit and self.limit < CEILING:
            self.limit, self.successes = self.limit + 1, 0
        self._settle()

    def throttle(self) -> None:
        self.limit, self.successes = max(FLOOR, self.limit // 2), 0

    def _settle(self) -> None:
        while self.waiting:
            who, number = min(self.waiting)
            room = self.limit - (0 if who is Priority.INTERACTIVE else 2)
            if len(self.running) >= room:
                return
            self.waiting.remove((who, number))
            self.running.add(number)


class Play:
    """The limiter with tasks, and the model beside it."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self.limiter = Limiter(start=START, floor=FLOOR, ceiling=CEILING)
        self.model = Model()
        self.present: dict[int, tuple[trio.CancelScope, trio.Event]] = {}
        self.inside: set[int] = set()
        self._count = 0

    async def step(self, what: str, who: Priority, which: int, other: int) -> None:
        numbers = sorted(self.present)
        if what == "arrive":
            self._arrive(who)
        elif what == "succeed":
            self.limiter.succeeded()
            self.model.succeed()
        elif what == "throttle":
            self.limiter.throttled(None)
            self.model.throttle()
        elif numbers:
            chosen = [numbers[which % len(numbers)]]
            if what == "several leave":
                chosen.append(numbers[other % len(numbers)])
            self._leave(chosen, cancelled=what == "cancel")
        await wait_all_tasks_blocked()
        assert self.inside == self.model.running
        assert self.limiter.running == len(self.model.running)
        assert self.limiter.limit == self.model.limit

    def _arrive(self, who: Priority) -> None:
        self._count += 1
        number = self._count
        scope, let_go = trio.CancelScope(), trio.Event()
        self.present[number] = scope, let_go
        with priority(who):
            self._nursery.start_soon(self._client, number, scope, let_go)
        self.model.arrive(number, who)

    def _leave(self, chosen: list[int], *, cancelled: bool) -> None:
        for number in dict.fromkeys(chosen):
            scope, let_go = self.present.pop(number)
            if cancelled or number not in self.inside:
                scope.cancel()
            else:
                let_go.set()
        for number in sorted(chosen, key=lambda number: number in self.model.running):
            self.model.leave(number)  # those who wait first: they take no place

    async def _client(self, number: int, scope: trio.CancelScope, let_go: trio.Event) -> None:
        with scope:
            async with self.limiter.slot():
                self.inside.add(number)
                try:
                    await let_go.wait()
                finally:
                    self.inside.discard(number)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [*["arrive"] * 3, "leave", "cancel", "several leave", "succeed", "throttle"],
        ),
        st.sampled_from(list(Priority)),
        st.integers(0, 20),
        st.integers(0, 20),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_those_run_whom_the_model_lets_run(steps: list[tuple[str, Priority, int, int]]):
    async def play() -> None:
        async with trio.open_nursery() as nursery:
            playing = Play(nursery)
            for step in steps:
                await playing.step(*step)
            while playing.present:
                await playing.step("leave", Priority.INTERACTIVE, 0, 0)
            assert playing.limiter.running == 0

    run(play)
