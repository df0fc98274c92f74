"""Requests that are made while another one waits for them."""

import trio

from cloudfs.http.limits import Limiter


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
