"""remotes, ls, df: a look at accounts without mounting them."""

import argparse
import json
from contextlib import aclosing

from cloudfs.cli.output import plain, size, space, when
from cloudfs.cli.services import at_service
from cloudfs.cli.targets import remote_and_path
from cloudfs.config import load
from cloudfs.model import Entry, Quota
from cloudfs.providers.base import Provider, resolve


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

    entries = at_service(remote, look)
    if arguments.json:
        print(json.dumps([_as_json(entry) for entry in entries], indent=2))
        return
    for entry in entries:
        name = plain(entry.name) + ("/" if entry.is_folder else "")
        if arguments.long:
            shown = "" if entry.is_folder else size(entry.size)
            print(f"{shown:>12}  {when(entry.modified_ns)}  {name}")
        else:
            print(name)


def df(arguments: argparse.Namespace) -> None:
    """Tell the space of a remote's account."""
    remote, _ = remote_and_path(load(), arguments.target)

    async def look(provider: Provider) -> Quota:
        return await provider.quota() if provider.capabilities.quota else Quota()

    quota = at_service(remote, look)
    if arguments.json:
        print(json.dumps({"total": quota.total, "used": quota.used, "free": quota.free}))
        return
    print(f"total {space(quota.total)}, used {space(quota.used)}, free {space(quota.free)}")


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "kind": entry.kind.value,
        "size": entry.size,
        "modified_ns": entry.modified_ns,
        "id": entry.id,
        "version": entry.version,
    }
