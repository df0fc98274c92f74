"""remotes, ls, df: a look at accounts without mounting them."""

import argparse
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

import trio

from cloudfs.cli.output import size, when
from cloudfs.cli.targets import remote_and_path
from cloudfs.config import Remote, load
from cloudfs.errors import unwrapped
from cloudfs.model import Entry
from cloudfs.mounting.building import connected
from cloudfs.mounting.folders import folders_of
from cloudfs.providers.base import Provider, resolve

T = TypeVar("T")


def remotes(arguments: argparse.Namespace) -> None:
    """List the remotes of the configuration."""
    config = load()
    table = [
        {"name": remote.name, "type": remote.type, "url": remote.settings.get("url", "")}
        for remote in config.remotes.values()
    ]
    if arguments.json:
        print(json.dumps(table, indent=2))
        return
    if not table:
        print(f"no remotes yet; write some into {config.path}")
    for row in table:
        print(f"{row['name']}:\t{row['type']}\t{row['url']}")


def ls(arguments: argparse.Namespace) -> None:
    """List a folder of a remote."""
    remote, path = remote_and_path(load(), arguments.target)

    async def look(provider: Provider) -> list[Entry]:
        entry = await resolve(provider, path)
        if not entry.is_folder:
            return [entry]
        found: dict[str, Entry] = {}
        async with aclosing(provider.list_folder(entry.id)) as pages:
            async for page in pages:
                if page.restart:
                    found.clear()
                found.update((child.id, child) for child in page.entries)
        return sorted(found.values(), key=lambda child: child.name)

    entries = _with_provider(remote, look)
    if arguments.json:
        print(json.dumps([_as_json(entry) for entry in entries], indent=2))
        return
    for entry in entries:
        name = f"{entry.name}/" if entry.is_folder else entry.name
        if arguments.long:
            shown = "" if entry.is_folder else size(entry.size)
            print(f"{shown:>12}  {when(entry.modified_ns)}  {name}")
        else:
            print(name)


def df(arguments: argparse.Namespace) -> None:
    """Tell the space of a remote's account."""
    remote, _ = remote_and_path(load(), arguments.target)
    quota = _with_provider(remote, lambda provider: provider.quota())
    if arguments.json:
        print(json.dumps({"total": quota.total, "used": quota.used, "free": quota.free}))
        return
    print(f"total {size(quota.total)}, used {size(quota.used)}, free {size(quota.free)}")


def _with_provider(remote: Remote, work: Callable[[Provider], Awaitable[T]]) -> T:
    """What *work* makes of the remote's provider, signed in."""

    async def run() -> T:
        async with connected(remote, folders_of(remote.name)) as (provider, _):
            await provider.open()
            return await work(provider)

    with unwrapped():
        return trio.run(run)


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "kind": entry.kind.value,
        "size": entry.size,
        "modified_ns": entry.modified_ns,
        "id": entry.id,
        "version": entry.version,
    }
