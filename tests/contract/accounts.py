"""The accounts that the contract suite runs against: one entry each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from cloudfs.emulators.cloudike.settings import CloudikeSettings
from cloudfs.model import Entry
from cloudfs.providers.base import Provider
from cloudfs.providers.memory import MemoryProvider, MemoryService
from tests.contract import s3_servers, webdav_servers
from tests.contract.emulated import CONDITIONS, Condition, emulated, one_by_one


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


def s3(
    start: Callable[[], s3_servers.Store], **how: Any
) -> Callable[[], AbstractAsyncContextManager[Account]]:
    @asynccontextmanager
    async def account() -> AsyncIterator[Account]:
        async with s3_servers.clients(start, **how) as another:
            yield Account(await another(), another)

    return account


@asynccontextmanager
async def nextcloud() -> AsyncIterator[Account]:
    async with webdav_servers.nextcloud_clients() as another:
        yield Account(await another(), another)


def emulator(
    type_: str, condition: Condition = CONDITIONS[""], **how: Any
) -> Callable[[], AbstractAsyncContextManager[Account]]:
    @asynccontextmanager
    async def account() -> AsyncIterator[Account]:
        async with emulated(type_, condition, **how) as another:
            yield Account(await another(), another)

    return account


def on_emulator(
    type_: str, **how: Any
) -> dict[str, Callable[[], AbstractAsyncContextManager[Account]]]:
    """One account for each condition."""
    return {
        f"{type_}-{name}" if name else type_: emulator(type_, condition, **how)
        for name, condition in CONDITIONS.items()
    }


def in_a_folder(
    accounts: dict[str, Callable[[], AbstractAsyncContextManager[Account]]],
) -> dict[str, Callable[[], AbstractAsyncContextManager[Account]]]:
    """The same accounts with a new folder for their root, where that can hold folders only."""

    def begun_by(
        start: Callable[[], AbstractAsyncContextManager[Account]],
    ) -> Callable[[], AbstractAsyncContextManager[Account]]:
        @asynccontextmanager
        async def account() -> AsyncIterator[Account]:
            async with start() as whole:
                root = await whole.provider.root()
                folder = await whole.provider.create_folder(root.id, "contract")

                async def top() -> Entry:
                    return replace(folder, name="", parent_id=None)

                async def another() -> Provider:
                    client = await whole.another()
                    client.root = top
                    return client

                whole.provider.root = top
                yield Account(whole.provider, another)

        return account

    return {name: begun_by(start) for name, start in accounts.items()}


def quick_tasks(**settings: Any) -> Callable[[], CloudikeSettings]:
    return lambda: CloudikeSettings(task_delay=0.02, **settings)


CLOUDIKE = {"small_pages": {"page_limit": 3}, "task_poll": 0.05}

ACCOUNTS: dict[str, Callable[[], AbstractAsyncContextManager[Account]]] = {
    "memory": memory,
    **on_emulator("asuswebstorage", small_pages={"pagesize": 3}),
    **on_emulator("omnistor", small_pages={"pagesize": 3}),
    **in_a_folder(
        on_emulator("cloud689", small_pages={"length": 3, "page_size": 3}, projects="rw")
    ),
    **on_emulator(
        "cloudike", emulator_settings=quick_tasks(), change_detection="events", **CLOUDIKE
    ),
    **on_emulator("podspace", short_pages={"page_cap": 3}),
    "podspace-older-habits": emulator(
        "podspace",
        configured={"legacy_errors": True, "on_duplicate": "rename", "ignore_range": True},
    ),
    "podspace-other-habits": emulator(
        "podspace",
        configured={"no_error_code": True, "redirect_downloads": True, "assembly_time": 0.1},
        single_request_limit=3,
        chunk_size=256 * 1024,
    ),
    "s3-moto": s3(s3_servers.moto, max_keys=3),
    "s3-moto-bad-day": s3(s3_servers.moto, max_keys=3, bad_day=True),
    "s3-moto-prefix": s3(s3_servers.moto, prefix="home/of me", mtime="meta"),
    "s3-moto-versioned": s3(s3_servers.moto, versioned=True),
    "s3-rclone": s3(s3_servers.rclone),
    "s3-rclone-placeholder": s3(s3_servers.rclone, dir_marker="placeholder", mtime="meta"),
    "webdav-apache": webdav(webdav_servers.apache),
    "webdav-nextcloud": nextcloud,
    "webdav-rclone-bad-day": webdav(webdav_servers.rclone, bad_day=True),
    "webdav-nginx": webdav(webdav_servers.nginx),
    "webdav-rclone": webdav(webdav_servers.rclone),
    "webdav-rclone-locks": webdav(webdav_servers.rclone, locks=True),
    "webdav-wsgidav": webdav(webdav_servers.wsgidav),
    "webdav-wsgidav-in-place": webdav(webdav_servers.wsgidav, atomic_put=False),
}

if one_by_one():  # more of the same, for which there is no time every day
    ACCOUNTS |= {
        "s3-rclone-bad-day": s3(s3_servers.rclone, max_keys=3, bad_day=True),
        "webdav-apache-bad-day": webdav(webdav_servers.apache, bad_day=True),
        "webdav-wsgidav-bad-day": webdav(webdav_servers.wsgidav, bad_day=True),
    }
