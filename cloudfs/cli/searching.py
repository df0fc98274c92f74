"""search, favorites, recent: entries that the service picks out."""

import argparse
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from cloudfs.cli.output import plain, size, when
from cloudfs.cli.parsing import Commands
from cloudfs.cli.places import Paths, Target
from cloudfs.cli.services import at_service, offered
from cloudfs.cli.targets import remote_and_path
from cloudfs.config import load
from cloudfs.errors import ConfigError
from cloudfs.model import Found
from cloudfs.providers.base import Provider

LATEST = 20

Pages = AsyncGenerator[Sequence[Found], None]


def add(commands: Commands) -> None:
    """The commands of this module."""
    command = commands.add("search", "let the service search", command=search)
    command.add_argument("remote", metavar="NAME:")
    command.add_argument("query", metavar="QUERY", nargs="+", help="by the service's rules")
    _how_to_list(command, limit=None)
    command = commands.add("favorites", "list, add or remove favourites", command=favorites)
    command.add_argument("remote", metavar="NAME:")
    command.add_argument("action", metavar="add|remove", nargs="?", choices=("add", "remove"))
    command.add_argument("paths", metavar="PATH", nargs="*")
    _how_to_list(command, limit=None)
    command = commands.add("recent", "list what was used or changed lately", command=recent)
    command.add_argument("remote", metavar="NAME:")
    _how_to_list(command, limit=LATEST)


def search(arguments: argparse.Namespace) -> None:
    """Print what the service finds, as it comes."""

    def find(provider: Provider) -> Pages:
        return offered(provider, provider.search, "search").find(" ".join(arguments.query))

    _list(arguments, find)


def recent(arguments: argparse.Namespace) -> None:
    """Print the latest entries."""

    def latest(provider: Provider) -> Pages:
        return offered(provider, provider.recent, "list of recent files").recent(arguments.limit)

    _list(arguments, latest)


def favorites(arguments: argparse.Namespace) -> None:
    """Print the favourites, or change what is one."""
    if arguments.action is None:
        _list(arguments, lambda provider: _favorites(provider).marked())
        return
    if not arguments.paths:
        raise ConfigError(f"cloudfs favorites {arguments.remote} {arguments.action} wants a PATH")
    remote, _ = remote_and_path(load(), arguments.remote)

    async def mark(provider: Provider) -> None:
        facet = _favorites(provider)
        for path in arguments.paths:
            entry = await Target(path, remote, path).entry(provider)
            await facet.mark(entry, wanted=arguments.action == "add")

    at_service(remote, mark)
    if arguments.json:
        print(json.dumps({"action": arguments.action, "paths": arguments.paths}, indent=2))


def _favorites(provider: Provider) -> Any:
    return offered(provider, provider.favorites, "favourites")


def _how_to_list(command: argparse.ArgumentParser, *, limit: int | None) -> None:
    command.add_argument("-l", "--long", action="store_true", help="with sizes and times")
    command.add_argument(
        "--limit", type=_count, metavar="N", default=limit, help="print at most N entries"
    )


def _list(arguments: argparse.Namespace, pages_of: Callable[[Provider], Pages]) -> None:
    remote, _ = remote_and_path(load(), arguments.remote)
    table: list[dict[str, Any]] = []

    async def look(provider: Provider) -> None:
        paths = Paths(provider)
        left = arguments.limit
        async with aclosing(pages_of(provider)) as pages:
            async for page in pages:
                shown = page if left is None else page[:left]
                await paths.learn(found.entry.parent_id for found in shown if found.path is None)
                for found in shown:
                    placed = _Placed(found, found.path or await paths.of(found.entry))
                    if arguments.json:
                        table.append(placed.as_json())
                    else:
                        print(placed.line(long=arguments.long), flush=True)
                if left is not None:
                    left -= len(shown)
                    if left == 0:
                        return

    at_service(remote, look)
    if arguments.json:
        print(json.dumps(table, indent=2))


@dataclass(frozen=True, slots=True)
class _Placed:
    """Something found, and where it is in the account; None: not below its root."""

    found: Found
    path: str | None

    def line(self, *, long: bool) -> str:
        """For people."""
        entry = self.found.entry
        where = plain(self.path or entry.name) + ("/" if entry.is_folder else "")
        if not long:
            return where
        shown = "" if entry.is_folder else size(entry.size)
        return f"{shown:>12}  {when(entry.modified_ns)}  {where}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        entry = self.found.entry
        return {
            "path": self.path,
            "name": entry.name,
            "kind": entry.kind.value,
            "size": entry.size,
            "modified_ns": entry.modified_ns,
            "id": entry.id,
        }


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of entries")
    return int(text)
