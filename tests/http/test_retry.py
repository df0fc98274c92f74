import itertools

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from cloudfs.errors import (
    BadReply,
    Busy,
    CloudError,
    ConnectionLost,
    NotFound,
    TimedOut,
    TransientError,
    Unavailable,
    Unreachable,
)
from cloudfs.http.limits import priority
from cloudfs.http.retry import DEADLINES, Refused, Repeat, jittered, retrying
from cloudfs.model import Priority


class Attempts:
    """Fails as scripted, then succeeds; keeps the times."""

    def __init__(self, *failures: CloudError, seconds: float = 0.0) -> None:
        self._failures = list(failures)
        self._seconds = seconds
        self.times: list[float] = []

    async def __call__(self) -> str:
        self.times.append(trio.current_time())
        await trio.sleep(self._seconds)
        if self._failures:
            raise self._failures.pop(0)
        return "done"

    @property
    def gaps(self) -> list[float]:
        return [later - sooner for sooner, later in itertools.pairwise(self.times)]


def lost(number: int) -> list[CloudError]:
    return [ConnectionLost(f"number {n}") for n in range(1, number + 1)]


async def test_what_succeeds_is_not_repeated(autojump_clock):
    attempts = Attempts()
    assert await retrying(attempts, repeat=Repeat.SAFELY, what="x") == "done"
    assert len(attempts.times) == 1


@pytest.mark.parametrize(
    "failure",
    [Unavailable("x"), Busy("x"), Unreachable("x"), ConnectionLost("x"), TimedOut("x")],
)
async def test_what_does_no_harm_is_repeated_after_every_transient_failure(
    failure: TransientError, autojump_clock
):
    attempts = Attempts(failure)
    assert await retrying(attempts, repeat=Repeat.SAFELY, what="x") == "done"
    assert len(attempts.times) == 2


@pytest.mark.parametrize("failure", [Refused("x"), Unreachable("x")])
async def test_a_change_is_repeated_if_it_cannot_have_been_carried_out(
    failure: TransientError, autojump_clock
):
    attempts = Attempts(failure)
    assert await retrying(attempts, repeat=Repeat.IF_REFUSED, what="x") == "done"
    assert len(attempts.times) == 2


@pytest.mark.parametrize(
    "failure", [Unavailable("x"), Busy("x"), ConnectionLost("x"), TimedOut("x")]
)
async def test_a_change_that_was_perhaps_carried_out_is_not_repeated(
    failure: TransientError, autojump_clock
):
    attempts = Attempts(failure)
    with pytest.raises(type(failure)):
        await retrying(attempts, repeat=Repeat.IF_REFUSED, what="x")
    assert len(attempts.times) == 1


@pytest.mark.parametrize("failure", [NotFound("x"), BadReply("x")])
async def test_a_plain_answer_is_not_asked_for_again(failure: CloudError, autojump_clock):
    attempts = Attempts(failure)
    with pytest.raises(type(failure)):
        await retrying(attempts, repeat=Repeat.SAFELY, what="x")
    assert len(attempts.times) == 1


async def test_after_five_attempts_the_last_failure_is_raised(autojump_clock):
    attempts = Attempts(*lost(6))
    with pytest.raises(ConnectionLost, match="number 5"):
        await retrying(attempts, repeat=Repeat.SAFELY, what="x")
    assert len(attempts.times) == 5


async def test_waits_double_from_half_a_second_with_jitter(autojump_clock):
    attempts = Attempts(*lost(4))
    await retrying(attempts, repeat=Repeat.SAFELY, what="x")
    assert len(attempts.gaps) == 4
    for wait, gap in zip([0.5, 1.0, 2.0, 4.0], attempts.gaps, strict=True):
        assert wait / 2 <= gap <= wait


def test_jitter_stays_within_its_bounds_and_is_no_constant():
    waits = [jittered(4.0) for _ in range(500)]
    assert min(waits) >= 2.0
    assert max(waits) <= 4.0
    assert max(waits) - min(waits) > 1.0


async def test_a_wait_that_the_service_asks_for_is_taken_as_it_is(autojump_clock):
    attempts = Attempts(Refused("busy", retry_after=7.0), Refused("busy", retry_after=0.0))
    await retrying(attempts, repeat=Repeat.IF_REFUSED, what="x")
    assert attempts.gaps == [pytest.approx(7.0), pytest.approx(0.0)]


async def test_a_wait_beyond_the_deadline_is_not_begun(autojump_clock):
    began = trio.current_time()
    with pytest.raises(Refused, match="busy"):
        await retrying(Attempts(Refused("busy", retry_after=60.0)), repeat=Repeat.SAFELY, what="x")
    assert trio.current_time() == began


@pytest.mark.parametrize("who", list(Priority))
async def test_a_request_without_an_answer_ends_at_the_deadline_of_its_priority(
    who: Priority, autojump_clock
):
    began = trio.current_time()
    with priority(who), pytest.raises(TimedOut, match=r"^no answer"):
        await retrying(Attempts(seconds=1000), repeat=Repeat.SAFELY, what="look")
    assert trio.current_time() - began == pytest.approx(DEADLINES[who])


async def test_a_request_may_have_a_deadline_of_its_own(autojump_clock):
    began = trio.current_time()
    with pytest.raises(TimedOut):
        await retrying(Attempts(seconds=1000), repeat=Repeat.SAFELY, what="x", deadline=300)
    assert trio.current_time() - began == pytest.approx(300)


async def test_when_the_deadline_comes_in_a_later_attempt_the_failure_before_is_told(
    autojump_clock,
):
    attempts = Attempts(*lost(5), seconds=10)
    with pytest.raises(TimedOut, match="number 2") as caught:
        await retrying(attempts, repeat=Repeat.SAFELY, what="x")
    assert isinstance(caught.value.__cause__, ConnectionLost)
    assert len(attempts.times) == 3


async def test_the_deadline_of_the_caller_is_the_callers_affair(autojump_clock):
    with trio.move_on_after(3) as scope:
        await retrying(Attempts(seconds=1000), repeat=Repeat.SAFELY, what="x")
    assert scope.cancelled_caught


async def test_waiting_for_another_attempt_can_be_cancelled(nursery: trio.Nursery, autojump_clock):
    attempts = Attempts(*lost(5))

    async def ask() -> None:
        with scope:
            await retrying(attempts, repeat=Repeat.SAFELY, what="x")

    scope = trio.CancelScope()
    nursery.start_soon(ask)
    await wait_all_tasks_blocked()
    scope.cancel()
    await trio.sleep(100)
    assert scope.cancelled_caught
    assert len(attempts.times) == 1
