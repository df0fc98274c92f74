"""Accounts on our own emulators, over real HTTP, under good and bad conditions.

Emulator and provider are written from the same reference and share no code. The conditions are
what a service may do to a client on any day: slow answers, short pages, tokens and links that
end early, a server that is too busy now and then.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from cloudfs.emulators.emulator import Emulator
from cloudfs.emulators.faults import Rule
from cloudfs.emulators.registry import EMULATORS
from cloudfs.emulators.server import serving
from cloudfs.http.client import Http
from cloudfs.model import NOTHING
from cloudfs.providers.base import Provider
from cloudfs.providers.registry import create


def one_by_one() -> bool:
    """Whether there is time for every condition by itself, as CLOUDFS_CONDITIONS=each says."""
    return os.environ.get("CLOUDFS_CONDITIONS") == "each"


@dataclass(frozen=True)
class Condition:
    """How the service treats its clients."""

    rules: tuple[dict[str, Any], ...] = ()
    small_pages: bool = False


EACH = {
    "pages-of-3": Condition(small_pages=True),
    "20-ms": Condition(rules=({"kind": "latency", "seconds": 0.02},)),
    "tokens-last-5-requests": Condition(rules=({"kind": "expired_token", "uses": 5},)),
    "links-last-1-use": Condition(rules=({"kind": "expired_link", "uses": 1},)),
    "every-7th-is-503": Condition(rules=({"kind": "status", "status": 503, "every": 7},)),
}
ALL_AT_ONCE = Condition(
    rules=tuple(rule for condition in EACH.values() for rule in condition.rules), small_pages=True
)

# All at once is the harder test, and takes a fifth of the time; one by one tells which it is.
CONDITIONS = {"": Condition()} | (EACH if one_by_one() else {"bad-day": ALL_AT_ONCE})


@dataclass
class Clients:
    """Makes clients of one emulated account."""

    type: str
    emulator: Emulator
    table: dict[str, Any]
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def another(self) -> Provider:
        http = Http()
        self.stack.push_async_callback(http.aclose)
        provider = create(self.type, self.table, remote="test", http=http, notes={})
        self.stack.push_async_callback(provider.aclose)
        await provider.open()
        return provider


def of_nobody_else(type_: str) -> type[Emulator]:
    """An emulator with another password: the usual ones are words that are found everywhere."""
    return type("Emulator", (EMULATORS[type_],), {"password": token_hex(16)})


@asynccontextmanager
async def emulated(
    type_: str,
    condition: Condition,
    *,
    emulator_type: str | None = None,
    small_pages: Mapping[str, Any] = NOTHING,
    short_pages: Mapping[str, Any] = NOTHING,
    configured: Mapping[str, Any] = NOTHING,
    emulator_settings: Callable[[], Any] = lambda: None,
    **table: Any,
) -> AsyncIterator[Callable[[], Awaitable[Provider]]]:
    """Clients of a fresh account on the emulator of *type_*.

    *small_pages* are the settings of the remote that make pages short, *short_pages* those of
    the emulator that do so whatever it is asked for. *configured* are others of its settings.
    """
    kind = emulator_type or type_
    with tempfile.TemporaryDirectory(prefix="cloudfs-emulated-") as folder:
        emulator = of_nobody_else(kind)(Path(folder), settings=emulator_settings())
        async with AsyncExitStack() as stack:
            stack.callback(emulator.close)
            running = await stack.enter_async_context(serving(emulator))
            emulator.configure(**configured)
            account = {"url": running.api_url, **emulator.default_account(), **table}
            if condition.small_pages:
                account |= small_pages
                emulator.configure(**short_pages)
            for rule in condition.rules:
                emulator.faults.add(Rule.from_json(rule))
            yield Clients(type_, emulator, account, stack).another
            emulator.faults.clear()
