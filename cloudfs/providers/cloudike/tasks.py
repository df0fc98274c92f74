"""Waiting for what the service does in the background (reference 3.19)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from cloudfs.errors import CloudError, TimedOut
from cloudfs.providers.cloudike.answers import Task
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.refusals import refused_with
from cloudfs.providers.cloudike.settings import CloudikeSettings

T = TypeVar("T")

LONGEST_PAUSE = 3.0


class Tasks:
    """Looks at a task until it is finished, on trio's clock."""

    def __init__(self, api: Api, settings: CloudikeSettings) -> None:
        self._api = api
        self._poll = settings.task_poll
        self._grace = settings.task_grace
        self._timeout = settings.task_timeout

    async def result(self, started: str | Task) -> Task:
        """What came of the work that *started* names, or already tells.

        Raises TimedOut when it takes too long; it may still come to its end.
        """
        if isinstance(started, Task):
            if started.finished:
                return started
            raise CloudError("the service does not tell which task does the work")
        return await self.until(lambda: self._api.task(started), lambda task: task.finished)

    async def until(self, look: Callable[[], Awaitable[T | None]], ready: Callable[[T], bool]) -> T:
        """What *look* gives as soon as it is *ready*; None: the service does not know of it.

        Raises TimedOut when it takes too long.
        """
        began = trio.current_time()
        pause = self._poll
        while True:
            found = await look()
            waited = trio.current_time() - began
            if found is not None and ready(found):
                return found
            if found is None and waited >= self._grace:
                raise CloudError("the service does not know the task it has started")
            if waited + pause > self._timeout:
                raise TimedOut(f"a task of the service has not ended within {waited:.0f} s")
            await trio.sleep(pause)
            pause = max(self._poll, min(pause * 1.5, LONGEST_PAUSE))


def check(task: Task, what: str, *, tolerated: frozenset[int] = frozenset()) -> None:
    """Raise what the first entry failed with that *task* could not treat.

    Entries that failed with a status in *tolerated* are no failure.
    """
    serious = [code for code in task.error_codes if code not in tolerated]
    if serious:
        raise refused_with(serious[0], what)(f"{what}: the service answered {serious[0]}")
    if task.failed > len(task.error_codes):
        raise CloudError(f"{what}: the service reports {task.failed} failures")
