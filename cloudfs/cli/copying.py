"""cp: a copy that the service makes, within one account."""

import argparse
import json
from contextlib import aclosing
from typing import Any

import trio

from cloudfs.cli.output import Done, complain, plain
from cloudfs.cli.parsing import Commands
from cloudfs.cli.places import Paths, Target, target
from cloudfs.cli.services import at_service, lacking
from cloudfs.config import load
from cloudfs.errors import AlreadyExists, CloudError, ConfigError, IsAFolder, NotFound, unwrapped
from cloudfs.model import Entry, EntryId
from cloudfs.providers.base import Provider

TOGETHER = 4  # copies made side by side


def add(commands: Commands) -> None:
    """The command of this module."""
    command = commands.add("cp", "copy on the service, nothing is downloaded", command=cp)
    command.add_argument("source", metavar="NAME:PATH")
    command.add_argument("destination", metavar="NAME:PATH", help="a folder, or the copy's path")
    command.add_argument("-r", "--recursive", action="store_true", help="copy folders, too")


def cp(arguments: argparse.Namespace) -> None:
    """Copy a file, or a folder with all that is in it; nothing is overwritten."""
    config = load()
    source, destination = target(config, arguments.source), target(config, arguments.destination)
    check_same_remote(source, destination)

    async def work(provider: Provider) -> tuple[str | None, Entry, list[str]]:
        if not provider.capabilities.copy:
            raise lacking(provider, "copying of files on the service")
        entry = await source.entry(provider)
        if entry.is_folder and not arguments.recursive:
            raise IsAFolder(f"{arguments.source} is a folder; copy it with -r")
        folder, name = await destination.place_for(provider, entry.name)
        await check_free(provider, folder, name)
        copying = _Copying(provider)
        copy = await copying.copy(entry, folder.id, name)
        return await Paths(provider).of(copy), copy, copying.failures

    path, copy, failures = at_service(source.remote, work)
    for failure in failures:
        complain(failure)
    if arguments.json:
        told: dict[str, Any] = {"path": path, "id": copy.id, "failures": failures}
        print(json.dumps(told, indent=2))
    else:
        print(plain(path or copy.name))
    if failures:
        raise Done(1)


def check_same_remote(*targets: Target) -> None:
    """Raise ConfigError for targets that are not all on one remote."""
    names = list(dict.fromkeys(target_.remote.name for target_ in targets))
    if len(names) > 1:
        raise ConfigError(
            f"a service works within one account, and {names[0]}: and {names[1]}: are two; "
            "mount both and copy between the drives"
        )


async def check_free(provider: Provider, folder: Entry, name: str) -> None:
    """Raise AlreadyExists if the folder has something of this name."""
    try:
        await provider.find(folder.id, name)
    except NotFound:
        return
    raise AlreadyExists(f"{plain(name)} exists in {plain(folder.name) or '/'}")


class _Copying:
    """Copies a tree: folders are made, files copied. `failures` tell what was left out."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._limit = trio.CapacityLimiter(TOGETHER)
        self.failures: list[str] = []

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        """The copy of a file, or of a folder with what could be copied in it."""
        if not entry.is_folder:
            return await self._provider.copy(entry, folder_id, name)
        tree = await self._below(entry, plain(entry.name))  # before a copy is in it
        top = await self._provider.create_folder(folder_id, name)
        made = {entry.id: top.id}
        with unwrapped():
            async with trio.open_nursery() as nursery:
                for child, told in tree:
                    parent = made.get(child.parent_id) if child.parent_id is not None else None
                    if parent is None:
                        continue  # its folder could not be made, which was told
                    if child.is_folder:
                        await self._make_folder(child, parent, told, made)
                    else:
                        await self._limit.acquire_on_behalf_of(child.id)
                        nursery.start_soon(self._copy_file, child, parent, told)
        return top

    async def _make_folder(
        self, child: Entry, parent: EntryId, told: str, made: dict[EntryId, EntryId]
    ) -> None:
        try:
            made[child.id] = (await self._provider.create_folder(parent, child.name)).id
        except CloudError as error:
            self.failures.append(f"{told}: {error}")

    async def _copy_file(self, child: Entry, parent: EntryId, told: str) -> None:
        try:
            await self._provider.copy(child, parent, child.name)
        except CloudError as error:
            self.failures.append(f"{told}: {error}")
        finally:
            self._limit.release_on_behalf_of(child.id)

    async def _below(self, top: Entry, told: str) -> list[tuple[Entry, str]]:
        """All entries below a folder, each after its parent, with their paths for people."""
        found: list[tuple[Entry, str]] = []
        waiting = [(top, told)]
        while waiting:
            folder, path = waiting.pop()
            children: dict[EntryId, Entry] = {}
            async with aclosing(self._provider.list_folder(folder.id)) as pages:
                async for page in pages:
                    if page.restart:
                        children.clear()
                    children.update((child.id, child) for child in page.entries)
            named = [(child, f"{path}/{plain(child.name)}") for child in children.values()]
            found += named
            waiting += [each for each in named if each[0].is_folder]
        return found
