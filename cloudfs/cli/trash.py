"""trash: the service's recycle bin, without a mount."""

import argparse
import json
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from cloudfs.cli.binned import Binned, Choice, check_age, in_bin
from cloudfs.cli.confirming import Confirmation
from cloudfs.cli.copying import check_free
from cloudfs.cli.output import Done, complain, plain, size
from cloudfs.cli.parsing import Commands
from cloudfs.cli.places import Paths, Target, target
from cloudfs.cli.services import at_service, offered
from cloudfs.cli.targets import remote_and_path
from cloudfs.cli.times import span
from cloudfs.config import load
from cloudfs.errors import CloudError, ConfigError
from cloudfs.model import Entry
from cloudfs.providers.base import Provider
from cloudfs.providers.facets import Trash

BIN = "recycle bin"
NAMED = 20  # things that a question names


def add(commands: Commands) -> None:
    """The commands of this module."""
    group = commands.group("trash", "look into a service's recycle bin, restore, purge, empty")

    def command(
        name: str, help_: str, do: Callable[[argparse.Namespace], None], words: str | None
    ) -> argparse.ArgumentParser:
        parser = group.add(name, help_, command=do)
        parser.add_argument("remote", metavar="NAME:", help="a remote of the configuration")
        if words is not None:
            parser.add_argument(
                "words",
                metavar="PATTERN",
                nargs=words,
                help="a name, a path, either as a shell pattern, or an id that `list` shows",
            )
        parser.add_argument(
            "--older-than", type=span, metavar="SPAN", help="deleted longer ago, like 30d"
        )
        return parser

    command("list", "list what is in the bin: size, time of deletion, old path, id", list_, "*")
    restoring = command("restore", "put things back where they were, or elsewhere", restore, "+")
    restoring.add_argument("--to", metavar="PATH", help="a folder, or a new path for one thing")
    for name, help_, do, words in (
        ("purge", "remove things in the bin for ever", purge, "+"),
        ("empty", "remove everything in the bin for ever", empty, None),
    ):
        parser = command(name, help_, do, words)
        parser.add_argument("--yes", action="store_true", help="do not ask")


def list_(arguments: argparse.Namespace) -> None:
    """Print what is in the bin, as it comes."""
    remote, _ = remote_and_path(load(), arguments.remote)
    choice = Choice(arguments.words, older_than=arguments.older_than)
    table: list[dict[str, Any]] = []

    async def look(provider: Provider) -> None:
        trash = _trash(provider, arguments)
        pages = in_bin(provider, trash, choice, paths=Paths(provider))
        async with aclosing(pages):
            async for page in pages:
                if arguments.json:
                    table.extend(binned.as_json() for binned in page)
                else:
                    print("".join(f"{binned.line()}\n" for binned in page), end="", flush=True)

    at_service(remote, look)
    if arguments.json:
        print(json.dumps(table, indent=2))


def restore(arguments: argparse.Namespace) -> None:
    """Put things back; the first of several that were one inside the other are put back first."""
    config = load()
    remote, _ = remote_and_path(config, arguments.remote)
    to = None
    if arguments.to is not None:
        to = Target(arguments.to, remote, f"/{arguments.to.strip('/')}")
        if ":" in arguments.to:
            to = target(config, arguments.to)
        if to.remote.name != remote.name:
            raise ConfigError(f"{arguments.to} is on another remote than {arguments.remote}")

    async def work(provider: Provider) -> list[dict[str, Any]]:
        trash = _trash(provider, arguments)
        chosen = await _chosen(provider, trash, arguments)
        chosen.sort(key=lambda binned: -(binned.item.deleted_ns or 0))  # parents went later
        places = None if to is None else await _places(provider, to, chosen)
        restoring = _Restoring(provider, trash, quiet=arguments.json)
        return [
            await restoring.restore(binned, None if places is None else places[number])
            for number, binned in enumerate(chosen)
        ]

    done = at_service(remote, work)
    if arguments.json:
        print(json.dumps(done, indent=2))
    if any("error" in each for each in done):
        raise Done(1)


def purge(arguments: argparse.Namespace) -> None:
    """Remove things for ever."""
    _remove(arguments, Choice(arguments.words, older_than=arguments.older_than))


def empty(arguments: argparse.Namespace) -> None:
    """Remove everything for ever, or what is older."""
    _remove(arguments, Choice([], older_than=arguments.older_than))


def _remove(arguments: argparse.Namespace, choice: Choice) -> None:
    remote, _ = remote_and_path(load(), arguments.remote)
    confirmation = Confirmation(yes=arguments.yes)

    async def work(provider: Provider) -> list[Binned] | None:
        trash = _trash(provider, arguments)
        if choice.is_all and confirmation.given:
            await trash.empty()  # without looking: that is all there is to ask the service
            return None
        found = choice.decide(await _collected(provider, trash, choice))
        if not found:
            return []
        confirmation.ask(_question(found, remote.name, everything=choice.is_all))
        if choice.is_all:
            await trash.empty()
            return None
        await trash.purge([binned.item for binned in found])
        return found

    removed = at_service(remote, work)
    if arguments.json:
        everything = removed is None
        table = [binned.as_json() for binned in removed or ()]
        print(json.dumps({"everything": everything, "removed": table}, indent=2))
    elif removed is None:
        print(f"the bin of {remote.name}: is empty")
    else:
        print(f"removed for ever: {_things(removed)}")


class _Restoring:
    """Puts things back one by one; what fails does not keep the others from it."""

    def __init__(self, provider: Provider, trash: Trash, *, quiet: bool) -> None:
        self._provider = provider
        self._trash = trash
        self._quiet = quiet
        self._paths = Paths(provider)

    async def restore(self, binned: Binned, place: tuple[Entry, str] | None) -> dict[str, Any]:
        """Put a thing back, to a folder and name or where it was; what became of it."""
        told = binned.as_json()
        try:
            entry = await self._trash.restore(binned.item)
            path = await self._paths.of(entry)
            if place is not None:
                try:
                    entry = await self._provider.move(entry, place[0].id, place[1])
                except CloudError as error:
                    raise CloudError(
                        f"it is at {path or entry.name} now, and cannot be moved on: {error}"
                    ) from error
                path = await self._paths.of(entry)
        except CloudError as error:
            complain(f"{binned.shown}: {plain(str(error))}")
            return {**told, "error": str(error)}
        if not self._quiet:
            print(plain(path or entry.name) + ("" if place else _elsewhere(binned, entry, path)))
        return {**told, "path": path, "entry_id": entry.id}


def _elsewhere(binned: Binned, entry: Entry, path: str | None) -> str:
    """A remark on a thing that is not known to be where it was."""
    item = binned.item
    if item.origin_path is None and item.origin_parent_id is None:
        return "  (the service does not tell where it was)"
    where_it_was = (
        path == item.origin_path
        if item.origin_path is not None
        else (entry.parent_id, entry.name) == (item.origin_parent_id, item.name)
    )
    return "" if where_it_was else "  (not where it was: that is gone, or taken)"


async def _places(provider: Provider, to: Target, chosen: list[Binned]) -> list[tuple[Entry, str]]:
    """Where each thing goes. Raises AlreadyExists, before anything is restored, if it cannot."""
    if len(chosen) > 1:
        folder = await to.entry(provider)
        if not folder.is_folder:
            raise ConfigError(f"{to.word} is a file; several things go into a folder")
        places = [(folder, binned.item.name) for binned in chosen]
    else:
        places = [await to.place_for(provider, binned.item.name) for binned in chosen]
    for folder, name in places:
        await check_free(provider, folder, name)
    return places


async def _chosen(provider: Provider, trash: Trash, arguments: argparse.Namespace) -> list[Binned]:
    choice = Choice(arguments.words, older_than=arguments.older_than)
    return choice.decide(await _collected(provider, trash, choice))


async def _collected(provider: Provider, trash: Trash, choice: Choice) -> list[Binned]:
    async with aclosing(in_bin(provider, trash, choice)) as pages:
        return [binned async for page in pages for binned in page]


def _trash(provider: Provider, arguments: argparse.Namespace) -> Trash:
    trash = offered(provider, provider.trash, BIN)
    check_age(provider, trash, arguments.older_than)
    return trash


def _question(found: list[Binned], remote: str, *, everything: bool) -> str:
    names = ", ".join(binned.shown for binned in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    what = "everything" if everything else "this"
    return f"in the bin of {remote}: {names}{more}\nremove {what} for ever, {_things(found)}?"


def _things(found: list[Binned]) -> str:
    total = sum(binned.item.size for binned in found)
    return f"{len(found)} {'thing' if len(found) == 1 else 'things'}, {size(total)}"
