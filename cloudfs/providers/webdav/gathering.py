"""Many questions about the children of one folder, asked as one.

After an upload the server is asked what it has now. When hundreds of small files go into one
folder that would be hundreds of requests: those that wait while one is on its way are answered
by a single listing.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import trio
from cachetools import LRUCache

from cloudfs.errors import CloudError
from cloudfs.model import Entry, EntryId
from cloudfs.providers.webdav.paths import parent_of

FEWEST = 3  # questions that are worth a listing
CHILDREN_PER_QUESTION = 50  # at most: a listing of very many costs more than it saves
UNKNOWN = 100  # children of a folder that was not listed yet
REMEMBERED = 1000  # folders


@dataclass(slots=True, eq=False)
class _Round:
    """Those who wait while a request about their folder is on its way."""

    count: int = 0
    may_begin: trio.Event = field(default_factory=trio.Event)
    led: bool = False
    over: trio.Event = field(default_factory=trio.Event)
    answers: dict[EntryId, Entry] = field(default_factory=dict)


class Gathering:
    """Answers `stat` for those who do not mind to be answered together."""

    def __init__(
        self,
        stat: Callable[[EntryId], Awaitable[Entry]],
        children: Callable[[EntryId], Awaitable[tuple[Sequence[Entry], object]]],
    ) -> None:
        self._stat = stat
        self._children = children

        # Changing.
        self._asking: Counter[EntryId] = Counter()  # requests on their way, by folder
        self._waiting: dict[EntryId, _Round] = {}
        self._sizes: LRUCache[EntryId, int] = LRUCache(REMEMBERED)  # folders, as last listed

    async def stat(self, entry_id: EntryId) -> Entry:
        """The entry as it is at some moment after this call. Raises NotFound."""
        folder_id = parent_of(entry_id)
        if folder_id is None:
            return await self._stat(entry_id)
        if self._asking[folder_id]:
            entry = await self._with_others(folder_id, entry_id)
            if entry is not None:
                return entry
        with self._request(folder_id):
            return await self._stat(entry_id)

    async def _with_others(self, folder_id: EntryId, entry_id: EntryId) -> Entry | None:
        """What the next listing says of the entry; None if there is none, or it has none."""
        turn = self._waiting.setdefault(folder_id, _Round())
        turn.count += 1
        await turn.may_begin.wait()
        if turn.led:
            await turn.over.wait()
            return turn.answers.get(entry_id)
        turn.led = True
        try:
            if self._is_worth_it(folder_id, turn.count):
                await self._list(folder_id, turn)
        finally:
            turn.over.set()
        return turn.answers.get(entry_id)

    async def _list(self, folder_id: EntryId, turn: _Round) -> None:
        with self._request(folder_id), suppress(CloudError):  # then each one asks for itself
            entries, _ = await self._children(folder_id)
            self._sizes[folder_id] = len(entries)
            turn.answers.update((entry.id, entry) for entry in entries)

    def _is_worth_it(self, folder_id: EntryId, count: int) -> bool:
        size = self._sizes.get(folder_id, UNKNOWN)
        return count >= FEWEST and size <= count * CHILDREN_PER_QUESTION

    @contextmanager
    def _request(self, folder_id: EntryId) -> Iterator[None]:
        """While it lasts, others wait; after it, those who waited may begin."""
        self._asking[folder_id] += 1
        try:
            yield
        finally:
            self._asking[folder_id] -= 1
            if not self._asking[folder_id]:
                del self._asking[folder_id]
                if (turn := self._waiting.pop(folder_id, None)) is not None:
                    turn.may_begin.set()
