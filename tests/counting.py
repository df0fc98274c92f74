"""A provider that counts, and fails on cue."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing

import trio

from cloudfs.errors import ConnectionLost
from cloudfs.model import Content, DownloadLink, Entry, EntryId, ListingTag, Pages, Pieces, Transfer
from cloudfs.providers.memory import MemoryProvider, MemoryService


class CountingProvider(MemoryProvider):
    """An account in memory with a record of what was asked of it.

    *before* is called with each verb before it is carried out, and *after* when it has been;
    what they raise reaches the caller. *gate*, if there is one, holds every change back.
    """

    def __init__(self, service: MemoryService | None = None) -> None:
        super().__init__(service=service)
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[str, str]] = []
        self.before: Callable[[str, str], None] = lambda _, __: None
        self.after: Callable[[str, str], None] = lambda _, __: None
        self.gate: trio.Event | None = None

    def another(self) -> MemoryProvider:
        """Another client of the account."""
        return MemoryProvider(service=self.service)

    def lose_answers(self, *verbs: str, times: int = 1) -> None:
        """The next requests of these verbs are carried out, and not answered."""
        left = Counter(dict.fromkeys(verbs, times))

        def after(verb: str, _: str) -> None:
            if left[verb] > 0:
                left[verb] -= 1
                raise ConnectionLost("the answer is lost, on cue")

        self.after = after

    async def _counted(self, verb: str, name: str) -> None:
        self.calls[verb] += 1
        self.log.append((verb, name))
        self.before(verb, name)
        if self.gate is not None and verb not in {"list", "stat", "link"}:
            await self.gate.wait()

    async def list_folder(self, folder_id: EntryId, *, unless: ListingTag | None = None) -> Pages:
        await self._counted("list", folder_id)
        async with aclosing(super().list_folder(folder_id, unless=unless)) as pages:
            async for page in pages:
                yield page

    async def stat(self, entry_id: EntryId) -> Entry:
        await self._counted("stat", entry_id)
        return await super().stat(entry_id)

    async def download_link(self, entry: Entry) -> DownloadLink:
        await self._counted("link", entry.name)
        return await super().download_link(entry)

    def fetch(
        self, link: DownloadLink, start: int, stop: int
    ) -> AbstractAsyncContextManager[Pieces]:
        self.calls["fetch"] += 1
        return super().fetch(link, start, stop)

    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        await self._counted("create_folder", name)
        entry = await super().create_folder(folder_id, name)
        self.after("create_folder", name)
        return entry

    async def upload(
        self,
        folder_id: EntryId,
        name: str,
        content: Content,
        *,
        replacing: Entry | None = None,
        transfer: Transfer | None = None,
    ) -> Entry:
        await self._counted("replace" if replacing else "upload", name)
        entry = await super().upload(
            folder_id, name, content, replacing=replacing, transfer=transfer
        )
        self.after("replace" if replacing else "upload", name)
        return entry

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        await self._counted("move", name)
        moved = await super().move(entry, folder_id, name, replacing=replacing)
        self.after("move", name)
        return moved

    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        await self._counted("remove", entry.name)
        await super().remove(entry, recursive=recursive, permanently=permanently)
        self.after("remove", entry.name)

    @property
    def changes_made(self) -> Counter[str]:
        """How often each changing verb was asked for."""
        verbs = ("create_folder", "upload", "replace", "move", "remove")
        return Counter({verb: self.calls[verb] for verb in verbs if self.calls[verb]})
