"""Work that the service does by itself, takes long over, and does again when asked twice (3.24)."""

from collections.abc import Awaitable, Callable

import trio

from cloudfs.errors import CloudError, NotFound, TransientError, Unreachable
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId
from cloudfs.providers.podspace.places import Places
from cloudfs.providers.podspace.steps import Steps
from cloudfs.providers.podspace.wire import Entity

LOOKS = (0.0, 1.0, 4.0)  # pauses before looking whether unanswered work was done


class Works:
    """Work for one account. After a lost answer its result is looked for by name."""

    def __init__(self, steps: Steps, places: Places) -> None:
        self._steps = steps
        self._places = places

    async def result(
        self, folder_id: EntryId, name: str, work: Callable[[], Awaitable[Entity | None]]
    ) -> Entry:
        """What *work* puts into a folder, under *name* if that is free."""
        taken = await self._steps.child(folder_id, name) is not None
        try:
            made = await work()
        except (Unreachable, Refused):
            raise
        except TransientError:
            found = None if taken else await self._look(folder_id, name)
            if found is None:
                raise
            return found
        if made is not None:
            return self._places.entry(made, folder_id=folder_id)
        found = None if taken else await self._steps.child(folder_id, name)
        if found is None:
            raise NotFound("the service does not tell what it has made")
        return found

    async def _look(self, folder_id: EntryId, name: str) -> Entry | None:
        try:
            for pause in LOOKS:
                await trio.sleep(pause)
                found = await self._steps.child(folder_id, name)
                if found is not None:
                    return found
        except CloudError:
            return None
        return None
