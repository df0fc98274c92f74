"""The accounts that the contract suite runs against: one entry each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from cloudfs.emulators.cloudike.settings import CloudikeSettings
from cloudfs.providers.base import Provider
from cloudfs.providers.memory import MemoryProvider, MemoryService
from tests.contract import webdav_servers
from tests.contract.emulated import CONDITIONS, Condition, emulated


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


def webdav(
    start: Callable[[], webdav_servers.Server], **settings: object
) -> Callable[[], AbstractAsyncContextManager[Account]]:
    @asynccontextmanager
    async def account() -> AsyncIterator[Account]:
        async with webdav_servers.clients(start, **settings) as another:
            yield Account(await another(), another)

    return account


@asynccontextmanager
async def nextcloud() -> AsyncIterator[Account]:
    async with webdav_servers.nextcloud_clients() as another:
        yield Account(await another(), another)


def on_emulator(
    type_: str, **how: Any
) -> dict[str, Callable[[], AbstractAsyncContextManager[Account]]]:
    """One account for each condition."""

    def under(condition: Condition) -> Callable[[], AbstractAsyncContextManager[Account]]:
        @asynccontextmanager
        async def account() -> AsyncIterator[Account]:
            async with emulated(type_, condition, **how) as another:
                yield Account(await another(), another)

        return account

    return {
        f"{type_}-{name}" if name else type_: under(condition)
        for name, condition in CONDITIONS.items()
    }


def quick_tasks(**settings: Any) -> Callable[[], CloudikeSettings]:
    return lambda: CloudikeSettings(task_delay=0.02, **settings)


CLOUDIKE = {"small_pages": {"page_limit": 3}, "task_poll": 0.05}

ACCOUNTS: dict[str, Callable[[], AbstractAsyncContextManager[Account]]] = {
    "memory": memory,
    **on_emulator(
        "cloudike", emulator_settings=quick_tasks(), change_detection="events", **CLOUDIKE
    ),
    "webdav-apache": webdav(webdav_servers.apache),
    "webdav-nextcloud": nextcloud,
    "webdav-nginx": webdav(webdav_servers.nginx),
    "webdav-rclone": webdav(webdav_servers.rclone),
    "webdav-rclone-locks": webdav(webdav_servers.rclone, locks=True),
    "webdav-wsgidav": webdav(webdav_servers.wsgidav),
    "webdav-wsgidav-in-place": webdav(webdav_servers.wsgidav, atomic_put=False),
}
