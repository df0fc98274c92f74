"""When a listing in pages is complete, and when it has to start again (reference 3.2)."""

from typing import Any

from cloudfs.providers.cloudike.wire import PageOf

RESTARTS = 3  # so often is a listing begun anew because it changed; then it is taken as it is


def shifted(page: PageOf[Any], state: str | None) -> bool:
    """Whether *page* is of another state of the listing than the first page, as far as known."""
    return page.state is not None and state is not None and page.state != state


def is_last(page: PageOf[Any], limit: int) -> bool:
    """Whether no page follows; *limit* is how many entries were asked for."""
    if page.received == 0 or page.last:
        return True
    return page.last is None and page.received < limit
