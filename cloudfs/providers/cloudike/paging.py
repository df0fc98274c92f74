"""When a listing in pages is complete, and when it has to start again (reference 3.2)."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

from cloudfs.errors import BadReply
from cloudfs.providers.cloudike.wire import PageOf

T = TypeVar("T")

RESTARTS = 3  # so often is a listing begun anew because it changed; then it is taken as it is


def shifted(page: PageOf[Any], state: str | None) -> bool:
    """Whether *page* is of another state of the listing than the first page, as far as known."""
    return page.state is not None and state is not None and page.state != state


def is_last(page: PageOf[Any], limit: int) -> bool:
    """Whether no page follows; *limit* is how many entries were asked for."""
    if page.received == 0 or page.last:
        return True
    return page.last is None and page.received < limit


async def in_pages(
    fetch: Callable[[int], Awaitable[PageOf[T]]], key: Callable[[T], str], *, limit: int
) -> AsyncGenerator[list[T], None]:
    """What *fetch* gives from one offset to the next, each thing once.

    What was listed stays so if the list changes meanwhile and is read again.
    """
    listed: set[str] = set()
    for restarts_left in range(RESTARTS, -1, -1):
        page = await fetch(0)
        offset, state = 0, page.state
        while not shifted(page, state) or not restarts_left:
            fresh = [item for item in page.items if key(item) not in listed]
            listed.update(key(item) for item in fresh)
            yield fresh
            if is_last(page, limit):
                return
            offset += page.received
            before, page = page, await fetch(offset)
            if page.items and page.items == before.items:
                if page.last is None:
                    return  # the service gives all at once, whatever it is asked for
                raise BadReply("the service sends the same page of a list again and again")
