"""The one place where a single request is repeated.

A request is repeated when its failure is transient and a repeat cannot do harm: always for
one that changes nothing or does the same when done twice (`Repeat.SAFELY`), else only when it
cannot have been carried out (`Repeat.IF_REFUSED`): no connection was made, or the service
answered that it is too busy to look. What was perhaps carried out is the journal's to sort
out: it looks before it repeats.

Waits double from half a second, with jitter, and obey Retry-After. Altogether an operation
that a program waits for may take `DEADLINES[INTERACTIVE]` seconds; then the program gets an
error rather than a frozen window.
"""

import logging
import random
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TypeVar

import trio

from cloudfs.errors import TimedOut, TransientError, Unreachable
from cloudfs.http.limits import current_priority
from cloudfs.model import Priority

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 5
FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
DEADLINES = {Priority.INTERACTIVE: 25.0, Priority.PREFETCH: 25.0, Priority.BACKGROUND: 120.0}


class Repeat(Enum):
    """When a failed request may be sent again."""

    SAFELY = "safely"
    IF_REFUSED = "if refused"


class Refused(TransientError):
    """The service was too busy to look at the request (429, 503): nothing was done."""


def jittered(wait: float) -> float:
    """*wait* seconds, more or less: clients that failed together shall not return together."""
    return wait * random.uniform(0.5, 1.0)


async def retrying(
    attempt: Callable[[], Awaitable[T]],
    *,
    repeat: Repeat,
    what: str,
    deadline: float | None = None,
) -> T:
    """Result of *attempt*, made up to five times within *deadline* seconds.

    Raises the last TransientError, or TimedOut when the deadline comes first.
    """
    limit = DEADLINES[current_priority()] if deadline is None else deadline
    last: TransientError | None = None
    with trio.move_on_after(limit) as scope:
        wait = FIRST_WAIT
        for number in range(1, ATTEMPTS + 1):
            try:
                return await attempt()
            except TransientError as error:
                last = error
                refused = isinstance(error, Refused | Unreachable)
                if number == ATTEMPTS or not (repeat is Repeat.SAFELY or refused):
                    raise
                pause = jittered(wait) if error.retry_after is None else error.retry_after
                if trio.current_time() + pause >= scope.deadline:
                    raise
            log.debug("%s failed (%s); attempt %d in %.1f s", what, last, number + 1, pause)
            await trio.sleep(pause)
            wait = min(wait * 2, LONGEST_WAIT)
    if last is not None:
        raise TimedOut(f"no answer within {limit:.0f} s: {last}") from last
    raise TimedOut(f"no answer within {limit:.0f} s ({what})")
