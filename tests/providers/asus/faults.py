"""Disturbing a change at each of its requests, and seeing whether a repeat comes through."""

from collections.abc import Awaitable, Callable, Iterator

from cloudfs.errors import CloudError
from tests.providers.asus.service import FakeAsus

HOW = ("break", "lose", "fail", "down")


def once(number: int, how: str) -> Callable[[int], str]:
    """Disturb one request."""
    return lambda n: how if n == number else "pass"


def from_then_on(number: int, how: str) -> Callable[[int], str]:
    """Disturb one request, and have no connection afterwards."""
    return lambda n: "pass" if n < number else how if n == number else "down"


def disturbances(requests: int) -> Iterator[tuple[str, Callable[[int], str]]]:
    """Each way to disturb a change of so many requests, with a name for it."""
    for number in range(requests):
        for how in HOW:
            yield f"{how} at {number}", once(number, how)
        for how in ("lose", "fail"):
            yield f"{how} at {number}, then down", from_then_on(number, how)


async def outcome(change: Callable[[], Awaitable[object]]) -> CloudError | None:
    """What a change ended in."""
    try:
        await change()
    except CloudError as error:
        return error
    return None


async def requests_of(service: FakeAsus, change: Callable[[], Awaitable[object]]) -> int:
    """How many requests an undisturbed change takes."""
    before = len(service.calls)
    await change()
    return len(service.calls) - before
