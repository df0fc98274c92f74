"""The accounts that the contract suite runs against: one entry each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from cloudfs.providers.base import Provider
from cloudfs.providers.memory import MemoryProvider, MemoryService


@dataclass
class Account:
    """An empty account, a client of it, and the way to get further clients."""

    provider: Provider
    another: Callable[[], Awaitable[Provider]]


@asynccontextmanager
async def memory() -> AsyncIterator[Account]:
    service = MemoryService()

    async def another() -> Provider:
        return MemoryProvider(service=service)

    yield Account(await another(), another)


ACCOUNTS: dict[str, Callable[[], AbstractAsyncContextManager[Account]]] = {
    "memory": memory,
}
