from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from cloudfs.http.limits import Limiter, current_priority, priority
from cloudfs.model import Priority


class Client:
    """One request: it waits for a place, and holds it until it is let go."""

    def __init__(self, nursery: trio.Nursery, limiter: Limiter, who: Priority) -> None:
        self._limiter = limiter
        self.scope = trio.CancelScope()
        self.admitted_at: float | None = None
        self.gone = False
        self.at_last: Callable[[], None] = lambda: None  # done just before the place is given back
        self._let_go = trio.Event()
        with priority(who):
            nursery.start_soon(self._run)

    async def _run(self) -> None:
        with self.scope:
            async with self._limiter.slot():
                self.admitted_at = trio.current_time()
                await self._let_go.wait()
                self.at_last()
        self.gone = True

    @property
    def runs(self) -> bool:
        return self.admitted_at is not None and not self.gone

    async def let_go(self) -> None:
        self._let_go.set()
        await wait_all_tasks_blocked()


class Clients:
    """Requests by priority."""

    def __init__(self, nursery: trio.Nursery, limiter: Limiter) -> None:
        self._nursery = nursery
        self.limiter = limiter

    async def arrive(self, who: Priority, number: int = 1) -> list[Client]:
        arrived = []
        for _ in range(number):
            arrived.append(Client(self._nursery, self.limiter, who))
            await wait_all_tasks_blocked()  # trio starts tasks in any order
        return arrived


@pytest.fixture
async def clients(nursery: trio.Nursery):
    return Clients(nursery, Limiter(start=8, floor=3, ceiling=10))


def running(some: list[Client]) -> list[bool]:
    return [client.runs for client in some]


@contextmanager
def room_for_all(limiter: Limiter) -> Iterator[None]:
    """Afterwards all places must be there again."""
    yield
    assert limiter.running == 0


async def test_no_more_requests_run_than_the_limit_allows(clients: Clients):
    some = await clients.arrive(Priority.INTERACTIVE, 9)
    assert running(some) == [True] * 8 + [False]
    assert clients.limiter.running == 8
    await some[3].let_go()
    assert some[8].runs


async def test_two_places_are_kept_for_programs(clients: Clients):
    uploads = await clients.arrive(Priority.BACKGROUND, 9)
    assert running(uploads) == [True] * 6 + [False] * 3
    ahead = await clients.arrive(Priority.PREFETCH)
    assert running(ahead) == [False]
    programs = await clients.arrive(Priority.INTERACTIVE, 3)
    assert running(programs) == [True, True, False]


async def test_even_at_the_lowest_limit_one_upload_goes_on(clients: Clients):
    clients.limiter.throttled(None)
    clients.limiter.throttled(None)
    assert clients.limiter.limit == 3
    assert running(await clients.arrive(Priority.BACKGROUND, 2)) == [True, False]


async def test_programs_go_before_prefetch_and_that_before_uploads(clients: Clients):
    first = await clients.arrive(Priority.INTERACTIVE, 8)
    (upload,) = await clients.arrive(Priority.BACKGROUND)
    (ahead,) = await clients.arrive(Priority.PREFETCH)
    (program,) = await clients.arrive(Priority.INTERACTIVE)
    order = []
    for client in first[:6]:
        await client.let_go()
        order += [c for c in (upload, ahead, program) if c.runs and c not in order]
    assert order == [program, ahead, upload]


async def test_of_equals_the_first_come_is_first_served(clients: Clients):
    first = await clients.arrive(Priority.INTERACTIVE, 8)
    late, later = await clients.arrive(Priority.INTERACTIVE, 2)
    await first[0].let_go()
    assert (late.runs, later.runs) == (True, False)
    await first[1].let_go()
    assert later.runs


async def test_the_limit_grows_by_one_after_as_many_successes_as_it_allows(clients: Clients):
    limiter = clients.limiter
    for _ in range(7):
        limiter.succeeded()
    assert limiter.limit == 8
    waiting = (await clients.arrive(Priority.INTERACTIVE, 9))[-1]
    limiter.succeeded()
    assert limiter.limit == 9
    await wait_all_tasks_blocked()
    assert waiting.runs


def test_the_limit_does_not_grow_beyond_its_ceiling():
    limiter = Limiter(start=8, ceiling=10)
    for _ in range(100):
        limiter.succeeded()
    assert limiter.limit == 10
    assert Limiter(start=8, ceiling=4).limit == 4


def test_when_it_is_too_much_the_limit_halves_but_not_below_its_floor():
    limiter = Limiter(start=16, floor=3)
    seen = []
    for _ in range(4):
        limiter.throttled(None)
        seen.append(limiter.limit)
    assert seen == [8, 4, 3, 3]


def test_successes_before_a_refusal_count_no_more():
    limiter = Limiter(start=8, floor=3)
    for _ in range(7):
        limiter.succeeded()
    limiter.throttled(None)
    for _ in range(3):
        limiter.succeeded()
    assert limiter.limit == 4
    limiter.succeeded()
    assert limiter.limit == 5


async def test_after_halving_nobody_starts_before_enough_have_ended(clients: Clients):
    some = await clients.arrive(Priority.INTERACTIVE, 9)
    clients.limiter.throttled(None)
    for client in some[:4]:
        await client.let_go()
    assert (clients.limiter.running, some[8].runs) == (4, False)
    await some[4].let_go()
    assert some[8].runs


async def test_a_pause_holds_everybody_back(clients: Clients, autojump_clock):
    clients.limiter.throttled(30.0)
    programs = await clients.arrive(Priority.INTERACTIVE)
    uploads = await clients.arrive(Priority.BACKGROUND)
    await trio.sleep(29)
    assert running(programs + uploads) == [False, False]
    await trio.sleep(1.5)
    assert running(programs + uploads) == [True, True]


async def test_a_pause_holds_those_back_too_who_wait_for_a_place(clients: Clients, autojump_clock):
    some = await clients.arrive(Priority.INTERACTIVE, 9)
    clients.limiter.throttled(30.0)
    for client in some[:8]:
        await client.let_go()
    await trio.sleep(29)
    assert not some[8].runs
    await trio.sleep(1.5)
    assert some[8].runs


async def test_a_longer_pause_counts_for_those_who_sit_one_out(clients: Clients, autojump_clock):
    clients.limiter.throttled(10.0)
    (client,) = await clients.arrive(Priority.INTERACTIVE)
    await trio.sleep(5)
    clients.limiter.throttled(20.0)
    await trio.sleep(100)
    assert client.admitted_at == pytest.approx(25.0)


async def test_a_shorter_pause_does_not_end_a_longer_one(clients: Clients, autojump_clock):
    clients.limiter.throttled(20.0)
    clients.limiter.throttled(1.0)
    (client,) = await clients.arrive(Priority.INTERACTIVE)
    await trio.sleep(100)
    assert client.admitted_at == pytest.approx(20.0)


async def test_who_is_cancelled_while_waiting_takes_no_place(clients: Clients):
    some = await clients.arrive(Priority.INTERACTIVE, 10)
    some[8].scope.cancel()
    await some[0].let_go()
    assert some[8].gone
    assert some[9].runs
    assert clients.limiter.running == 8


async def test_who_is_cancelled_while_running_gives_the_place_back(clients: Clients):
    some = await clients.arrive(Priority.INTERACTIVE, 9)
    some[0].scope.cancel()
    await wait_all_tasks_blocked()
    assert some[8].runs
    assert clients.limiter.running == 8


async def test_a_place_given_to_one_who_is_just_being_cancelled_goes_to_the_next(nursery):
    limiter = Limiter(start=1, floor=1)
    with room_for_all(limiter):
        clients = Clients(nursery, limiter)
        holder, cancelled, following = await clients.arrive(Priority.INTERACTIVE, 3)
        holder.at_last = cancelled.scope.cancel  # before it can run, the place is given to it
        await holder.let_go()
        assert cancelled.admitted_at is None
        assert following.runs
        await following.let_go()


async def test_who_is_cancelled_on_arrival_takes_no_place(nursery):
    limiter = Limiter(start=3, floor=3)
    with room_for_all(limiter):
        clients = Clients(nursery, limiter)
        holders = await clients.arrive(Priority.INTERACTIVE, 2)
        (upload,) = await clients.arrive(Priority.BACKGROUND)
        with trio.CancelScope() as scope:
            scope.cancel()
            async with limiter.slot():  # a place is free, but somebody waits
                await trio.lowlevel.checkpoint()
        assert scope.cancelled_caught
        assert limiter.running == 2
        for holder in holders:
            await holder.let_go()
        assert upload.runs
        await upload.let_go()


async def test_a_failure_inside_gives_the_place_back():
    limiter = Limiter()
    before = limiter.limit
    with room_for_all(limiter):
        with pytest.raises(ZeroDivisionError):
            async with limiter.slot():
                raise ZeroDivisionError
        assert limiter.limit == before


async def test_a_task_has_the_priority_of_where_it_was_started(nursery: trio.Nursery):
    seen = []

    async def look() -> None:
        seen.append(current_priority())

    assert current_priority() is Priority.INTERACTIVE
    with priority(Priority.BACKGROUND):
        nursery.start_soon(look)
        with priority(Priority.PREFETCH):
            nursery.start_soon(look)
            await look()
        await look()
    await wait_all_tasks_blocked()
    assert sorted(seen) == [Priority.PREFETCH] * 2 + [Priority.BACKGROUND] * 2
    assert current_priority() is Priority.INTERACTIVE
