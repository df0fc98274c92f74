"""Single changes of one entry that can be relied upon (reference 3.7, 3.8, 4).

The service changes one thing at a time, and the answer may be lost. Then the entry is looked at,
by its number, which nothing here changes, before anything is concluded.
"""

import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cloudfs.errors import CloudError, TransientError, Unreachable
from cloudfs.http.retry import Refused
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.statuses import AlreadyThere
from cloudfs.providers.asus.wire import Described

log = logging.getLogger(__name__)

NOT_CARRIED_OUT = (Unreachable, Refused)


def spare_name(*what: str) -> str:
    """A name that nobody else uses, the same for the same purpose: so a repeat finds it."""
    digest = hashlib.sha256("\n".join(what).encode("utf-8", "surrogatepass")).hexdigest()
    return f".cloudfs-tmp-{digest[:16]}"


class Steps:
    """The steps of one account."""

    def __init__(self, api: Api, looking: Looking) -> None:
        self._api = api
        self._looking = looking

    async def rename(self, entry: Ref, name: str) -> None:
        """Give *entry* another name in its folder. Raises AlreadyExists."""
        await self._step(
            entry, lambda: self._api.rename(entry, name), lambda found: found.name == name
        )

    async def move(self, entry: Ref, folder: Ref) -> None:
        """Put *entry* into *folder*. Raises AlreadyExists."""
        try:
            await self._step(
                entry,
                lambda: self._api.move(entry, folder),
                lambda found: found.parent == folder.number,
            )
        except AlreadyThere:
            return

    async def _step(
        self,
        entry: Ref,
        change: Callable[[], Awaitable[None]],
        is_done: Callable[[Described], bool],
    ) -> None:
        try:
            await change()
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            try:
                found = await self._looking.info(entry)
            except CloudError:
                raise lost from None
            if not is_done(found):
                raise


@asynccontextmanager
async def undone_by(undo: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """If what is done inside fails, *undo* what was done before; the failure is reported."""
    try:
        yield
    except CloudError:
        try:
            await undo()
        except TransientError as error:
            log.info("a step could not be undone now, a repeat goes on from it: %s", error)
        except CloudError as error:
            log.warning("a step could not be undone: %s", error)
        raise
