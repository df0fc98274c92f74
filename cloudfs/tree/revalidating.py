"""Reads remembered listings again, when those who wanted them are through.

After a restart the drive answers from what it remembers. What it answered is asked for again
behind, but not in the middle of a program that runs through the tree: it waits for a pause.
"""

from collections.abc import Awaitable, Callable

import trio

from cloudfs.http.limits import priority
from cloudfs.model import Priority
from cloudfs.tree.nodes import Node

PAUSE = 0.5  # seconds in which nobody wants a remembered listing
LONGEST = 3.0  # seconds after which it is done without a pause


class Revalidation:
    """The folders that are to be read again."""

    def __init__(self, read: Callable[[Node], Awaitable[None]], nursery: trio.Nursery) -> None:
        self._read = read  # raises no CloudError
        self._nursery = nursery

        # Changing. A task runs while somebody is waiting.
        self._waiting: dict[Node, None] = {}
        self._asked_at = 0.0
        self._running = False

    def want(self, folder: Node) -> None:
        """The listing of *folder* was needed, and is only remembered."""
        self._asked_at = trio.current_time()
        self._waiting[folder] = None
        if not self._running:
            self._running = True
            self._nursery.start_soon(self._run)

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._pause()
                folders, self._waiting = self._waiting, {}
                async with trio.open_nursery() as nursery:
                    for folder in folders:
                        nursery.start_soon(self._again, folder)
        finally:
            self._running = False

    async def _pause(self) -> None:
        latest = trio.current_time() + LONGEST
        asked_at = None
        while asked_at != self._asked_at and trio.current_time() < latest:
            asked_at = self._asked_at
            await trio.sleep_until(min(asked_at + PAUSE, latest))

    async def _again(self, folder: Node) -> None:
        with priority(Priority.BACKGROUND):
            await self._read(folder)
