"""How much room there is: statfs(2), answered without asking anybody."""

import logging
from dataclasses import dataclass

import trio

from cloudfs.errors import CloudError
from cloudfs.model import Quota
from cloudfs.providers.base import Provider

log = logging.getLogger(__name__)

BLOCK = 4096
UNLIMITED = 1 << 50  # free bytes where the service tells no limit: 1 PiB, as rclone shows
INTERVAL = 60.0  # seconds between two questions to the service


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes."""

    total: int
    free: int


class Space:
    """The account's quota as last heard of."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._quota = Quota()
        self._wanted = trio.Event()

    def room(self) -> Room:
        """What statfs(2) tells; never zero for lack of knowledge."""
        self._wanted.set()
        total, used, free = self._quota.total, self._quota.used or 0, self._quota.free
        if total is None:
            free = UNLIMITED if free is None else free
            total = used + free
        elif free is None:
            free = total - used
        return Room(total, max(0, min(free, total)))

    @property
    def quota(self) -> Quota:
        """The account's quota as last heard of."""
        return self._quota

    async def keep_up(self) -> None:
        """Ask the service now and then, while somebody wants to know."""
        if not self._provider.capabilities.quota:
            return
        while True:
            await self.ask()
            await trio.sleep(INTERVAL)
            self._wanted = trio.Event()
            await self._wanted.wait()

    async def ask(self) -> None:
        """Ask the service now; what it said before stands if it does not answer."""
        if not self._provider.capabilities.quota:
            return
        try:
            self._quota = await self._provider.quota()
        except CloudError as error:
            log.info("the quota is not known: %s", error)
