"""Lists in pages, which may shift while they are read (reference 3)."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

from cloudfs.errors import BadReply
from cloudfs.providers.podspace.endpoints import Query
from cloudfs.providers.podspace.wire import PageOf

T = TypeVar("T")

RESTARTS = 3  # so often is a list begun anew because it changed; then it is taken as it is


def paging(start: int, size: int) -> Query:
    """The parameters of a page."""
    return {"start": start, "size": size, "order": "NAME", "desc": False}


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """What a page adds to the list; *restart*: what was there before is to be forgotten."""

    page: PageOf[T]
    fresh: tuple[T, ...]
    restart: bool


async def stretches(
    ask: Callable[[int], Awaitable[PageOf[T]]], identity: Callable[[T], str], *, size: int
) -> AsyncGenerator[Stretch[T], None]:
    """A list by its pages; *ask* is given where one starts. Nothing comes twice between restarts.

    The list is begun anew if it has not as many items in the end as it says it has, or said so
    differently on the way: then something may have slipped from one page into an earlier one.
    Raises BadReply if it has several items and none can be used.
    """
    for restarts_left in range(RESTARTS, -1, -1):
        seen: set[str] = set()
        counts: set[int | None] = set()
        start = unusable = 0
        while True:
            page = await ask(start)
            counts.add(page.count)
            fresh = tuple({identity(i): i for i in page.items if identity(i) not in seen}.values())
            seen.update(identity(item) for item in fresh)
            unusable += page.received - len(page.items)
            yield Stretch(page, fresh, restart=start == 0 and restarts_left < RESTARTS)
            start += page.received
            if page.is_last(start, size, len(fresh)):
                break
        if unusable > 1 and not seen:
            raise BadReply("the service lists nothing that can be used")
        if page.whole or counts in ({None}, {len(seen) + unusable}):
            return


async def listed(
    ask: Callable[[int], Awaitable[PageOf[T]]], identity: Callable[[T], str], *, size: int
) -> AsyncGenerator[tuple[T, ...], None]:
    """A list of which nothing is forgotten when it has to be begun anew."""
    given: set[str] = set()
    async with aclosing(stretches(ask, identity, size=size)) as pages:
        async for stretch in pages:
            fresh = tuple(item for item in stretch.fresh if identity(item) not in given)
            given.update(identity(item) for item in fresh)
            yield fresh
