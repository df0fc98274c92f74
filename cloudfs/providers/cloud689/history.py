"""The history of projects: what happened in them, the newest first (reference 3.16).

Not everybody may read it: those who may not are told nothing, and find out in other ways.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing

from cloudfs.errors import AccessDenied
from cloudfs.providers.cloud689.answers import Event
from cloudfs.providers.cloud689.api import Api

ADDED = 200
PROJECT_CREATED, PROJECT_UPDATED, PROJECT_DELETED = 300, 301, 302
LINK_CREATED = 408
FOLDER_CREATED = 500
UPDATED, TO_TRASH, MOVED, DELETED, RESTORED = 800, 801, 802, 803, 804

CHANGES = (
    ADDED,
    PROJECT_CREATED,
    PROJECT_UPDATED,
    PROJECT_DELETED,
    FOLDER_CREATED,
    UPDATED,
    TO_TRASH,
    MOVED,
    DELETED,
    RESTORED,
)

MOST_PAGES = 20  # what is further back is not looked for

Events = AsyncGenerator[Sequence[Event], None]


class History:
    """Reads the history of one account's projects."""

    def __init__(self, api: Api, *, page_size: int) -> None:
        self._api = api
        self._page_size = page_size

    async def newest(self, project: str) -> int:
        """When the latest change was made, in the service's milliseconds; 0 if none was.

        Raises NotFound, or AccessDenied.
        """
        page = await self._api.history(project, page_size=1, page_number=0, types=CHANGES)
        return max((event.at for event in page.events), default=0)

    async def changes(self, project: str, after: int) -> list[Event] | None:
        """The changes later than *after*; None if they are too many.

        Raises NotFound, or AccessDenied.
        """
        found: list[Event] = []
        number = 0
        async with aclosing(self._pages(project, CHANGES, after)) as pages:
            async for events in pages:
                found += events
                number += 1
        return None if number >= MOST_PAGES else found

    async def deletions(self, project: str, ids: Iterable[str]) -> dict[str, int]:
        """When these files and folders were put into the trash, in milliseconds, if it is told."""
        missing = set(ids)
        found: dict[str, int] = {}
        try:
            async with aclosing(self._pages(project, (TO_TRASH,))) as pages:
                async for events in pages:
                    for event in events:
                        for own in missing.intersection(event.files + event.folders):
                            found[own] = event.at
                            missing.discard(own)
                    if not missing:
                        break
        except AccessDenied:
            return found
        return found

    async def links(self, project: str) -> list[str]:
        """The ids of links that were made to the project, or to what is in it."""
        found: dict[str, None] = {}
        try:
            async with aclosing(self._pages(project, (LINK_CREATED,))) as pages:
                async for events in pages:
                    found.update((event.link, None) for event in events if event.link)
        except AccessDenied:
            return []
        return list(found)

    async def _pages(self, project: str, types: Sequence[int], after: int | None = None) -> Events:
        received = 0
        for number in range(MOST_PAGES):
            page = await self._api.history(
                project, page_size=self._page_size, page_number=number, types=types, after=after
            )
            yield page.events
            received += len(page.events)
            short = len(page.events) < self._page_size
            if not page.events or (short and received >= (page.total or 0)):
                return
