"""A service that does not answer is not waited for again and again.

When a request has failed for lack of an answer, in spite of all its retries, others that a
program waits for fail at once for a moment, and then one at a time may try. So a file manager
that looks at twenty folders of an unreachable service waits once, not twenty times. Requests
in the background go on trying; the first answer to any of them ends it.
"""

import trio

from cloudfs.errors import TransientError, Unreachable
from cloudfs.http.limits import current_priority
from cloudfs.model import Priority

PAUSE = 2.0  # seconds between two tries while the service is down


class Breaker:
    """Watches one origin."""

    def __init__(self) -> None:
        self._failure: TransientError | None = None
        self._next_try = 0.0

    def check(self) -> None:
        """Raise Unreachable if there is no sense in asking now."""
        if self._failure is None or current_priority() is Priority.BACKGROUND:
            return
        now = trio.current_time()
        if now < self._next_try:
            raise Unreachable(f"the service does not answer ({self._failure})")
        self._next_try = now + PAUSE  # this one may try, the others go on failing

    def failed(self, failure: TransientError) -> None:
        """A request got no answer."""
        self._failure = failure
        self._next_try = trio.current_time() + PAUSE

    def answered(self) -> None:
        """A request got an answer, whatever it says."""
        self._failure = None
