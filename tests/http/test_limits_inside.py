"""Requests that are made while others wait for them."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from cloudfs.http.limits import Limiter, waited_for_by_others
from cloudfs.http.session import Session, Token, TokenRejected


async def test_what_a_request_waits_for_needs_no_place_of_its_own():
    limiter = Limiter(start=1, floor=1)
    with trio.fail_after(1):
        async with limiter.slot(), limiter.slot():
            assert limiter.running == 1
    assert limiter.running == 0


async def test_neither_does_what_a_task_does_that_it_started():
    limiter = Limiter(start=1, floor=1)

    async def part() -> None:
        async with limiter.slot():
            pass

    with trio.fail_after(1):
        async with limiter.slot(), trio.open_nursery() as nursery:
            nursery.start_soon(part)


async def test_afterwards_a_place_is_needed_again():
    limiter = Limiter(start=1, floor=1)
    async with limiter.slot():
        pass
    async with limiter.slot():
        assert limiter.running == 1


async def test_another_account_has_its_own_places():
    one, two = Limiter(), Limiter()
    async with one.slot(), two.slot():
        assert (one.running, two.running) == (1, 1)


async def test_what_everybody_waits_for_needs_no_place():
    limiter = Limiter(start=1, floor=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold, limiter)
        await wait_all_tasks_blocked()
        with trio.fail_after(1), waited_for_by_others():
            async with limiter.slot():
                assert limiter.running == 1
        with trio.move_on_after(0) as scope:  # afterwards a place is needed again
            async with limiter.slot():
                raise AssertionError
        assert scope.cancelled_caught
        nursery.cancel_scope.cancel()


async def hold(limiter: Limiter) -> None:
    async with limiter.slot():
        await trio.sleep_forever()


async def test_neither_does_a_sign_in_although_all_places_are_held_by_those_who_wait_for_it():
    """An upload reads a part of the old version first, with a token that has just ended."""

    async def sign_in() -> Token:
        arrived.set()
        await all_wait.wait()
        async with limiter.slot():
            return Token("new")

    async def ask(token: Token) -> str:
        if token.value == "old":
            raise TokenRejected("no")
        return token.value

    async def upload() -> None:
        async with limiter.slot():
            await arrived.wait()
            answers.append(await session.call(ask))

    answers: list[str] = []
    limiter = Limiter(start=2, floor=2)
    session = Session(sign_in, token=Token("old"))
    arrived, all_wait = trio.Event(), trio.Event()
    with trio.fail_after(1):
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(upload)
            await wait_all_tasks_blocked()
            nursery.start_soon(session.call, ask)
            await wait_all_tasks_blocked()
            all_wait.set()
    assert answers == ["new", "new"]


async def test_a_pause_that_the_service_asked_for_holds_for_them_too(autojump_clock):
    limiter = Limiter()
    async with limiter.slot():
        limiter.throttled(30.0)
        async with limiter.slot():
            assert trio.current_time() == pytest.approx(30.0)
        limiter.throttled(30.0)
        with waited_for_by_others():
            async with limiter.slot():
                assert trio.current_time() == pytest.approx(60.0)
