"""An account in this process that commands find under the name "work"."""

from collections.abc import Callable
from typing import Any

import pytest
import trio

from cloudfs.model import Entry
from cloudfs.mounting import building
from cloudfs.providers.base import Provider, resolve
from cloudfs.providers.memory import MemoryProvider, MemoryService
from tests.cli.service import Home
from tests.support import BytesContent, content, listing


class Account:
    """What is on the service, apart from the commands; and how the commands' client is made."""

    def __init__(self) -> None:
        self.service = MemoryService()
        self.provider = MemoryProvider(service=self.service)
        self.prepare: Callable[[Any], object] = lambda _: None  # a client of a command
        self.requests: list[str] = []

    def client(self, *_: object, **__: object) -> Provider:
        client = MemoryProvider(service=self.service)
        self.prepare(client)
        return client

    def write(self, path: str, data: bytes) -> Entry:
        return trio.run(self._write, path, data)

    def remove(self, path: str) -> Entry:
        entry = self.entry(path)
        trio.run(lambda: self.provider.remove(entry, recursive=True))
        return entry

    def entry(self, path: str) -> Entry:
        return trio.run(resolve, self.provider, path)

    def read(self, path: str) -> bytes:
        return trio.run(content, self.provider, self.entry(path))

    def tree(self) -> dict[str, bytes | None]:
        """What is there, by path; None for folders."""
        return trio.run(self._tree)

    def bin(self) -> list[str]:
        return sorted(item.entry.name for item in self.service.binned())

    async def _tree(self) -> dict[str, bytes | None]:
        found: dict[str, bytes | None] = {}
        waiting = [("", await self.provider.root())]
        while waiting:
            path, folder = waiting.pop()
            for name, entry in (await listing(self.provider, folder.id)).items():
                here = f"{path}/{name}"
                found[here] = None if entry.is_folder else await content(self.provider, entry)
                if entry.is_folder:
                    waiting.append((here, entry))
        return found

    async def _write(self, path: str, data: bytes) -> Entry:
        *folders, name = path.strip("/").split("/")
        folder = await self.provider.root()
        for above in folders:
            children = await listing(self.provider, folder.id)
            folder = children.get(above) or await self.provider.create_folder(folder.id, above)
        old = (await listing(self.provider, folder.id)).get(name)
        return await self.provider.upload(folder.id, name, BytesContent(data), replacing=old)


def account_for(home: Home, monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    home.remote("work", type="memory")
    monkeypatch.setattr(building, "create", account.client)
    return account
