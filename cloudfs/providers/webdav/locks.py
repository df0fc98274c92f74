"""Write locks on a file while it is replaced or removed (reference 7, RFC 4918, 6 and 9.10).

They are advisory in one direction only: others cannot change the file meanwhile. They last
a minute at a time, so a lock whose owner dies goes away by itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import trio

from cloudfs.errors import BadReply, CloudError
from cloudfs.http.retry import Repeat
from cloudfs.providers.webdav.api import XML, Dav
from cloudfs.providers.webdav.statuses import refusal
from cloudfs.providers.webdav.wire import lockinfo

T = TypeVar("T")

LIFETIME = 60  # seconds
CLEANUP = 5.0  # seconds that giving a lock back may take


class Lock:
    """A lock on the resource at *url*."""

    def __init__(self, dav: Dav, url: str, token: str) -> None:
        self._dav = dav
        self._token = token
        self.url = url

    @property
    def condition(self) -> Mapping[str, str]:
        """The header that a change of the resource needs now.

        It names the resource, since Apache and rclone would take a bare token for one of
        everything that a request touches.
        """
        return {"If": f"<{self.url}> ({self._token})"}

    async def refresh(self) -> None:
        """Make it last a minute from now. Raises Changed if it is lost."""
        headers = {"If": f"({self._token})", "Timeout": f"Second-{LIFETIME}"}
        reply = await self._dav.send("LOCK", self.url, headers=headers)
        if not reply.ok:
            raise refusal(reply.status, "LOCK")

    async def held_while(self, work: Callable[[], Awaitable[T]]) -> T:
        """Result of *work*, during which the lock is refreshed."""
        outcome: list[T] = []
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._keep_up)
                outcome.append(await work())
                nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            if len(group.exceptions) == 1:  # refreshing never fails: it is of *work*
                raise group.exceptions[0] from None
            raise
        return outcome[0]

    async def _keep_up(self) -> None:
        """Refresh it for as long as this runs; a failure shows in the change it is for."""
        while True:
            await trio.sleep(LIFETIME / 3)
            try:
                await self.refresh()
            except CloudError:
                return

    async def release(self) -> None:
        """Give it back. It may be gone, together with the resource."""
        with trio.move_on_after(CLEANUP, shield=True):
            try:
                await self._dav.send("UNLOCK", self.url, headers={"Lock-Token": self._token})
            except CloudError:
                return


@asynccontextmanager
async def locked(dav: Dav, url: str) -> AsyncIterator[Lock]:
    """A lock on the existing resource at *url*, given back at the end. Raises Busy."""
    headers = {"Timeout": f"Second-{LIFETIME}", "Depth": "0", "Content-Type": XML}
    reply = await dav.send(
        "LOCK", url, headers=headers, body=lockinfo("cloudfs"), repeat=Repeat.IF_REFUSED
    )
    if not reply.ok:
        raise refusal(reply.status, "LOCK")
    token = reply.headers.get("lock-token", "").strip()
    if not (token.startswith("<") and token.endswith(">")):
        raise BadReply("LOCK: an answer without a lock token")
    lock = Lock(dav, url, token)
    try:
        yield lock
    finally:
        await lock.release()
