"""versions: the contents that a file has had."""

import argparse
import json
from pathlib import Path
from typing import Any

from cloudfs.cli.downloading import STANDARD_OUTPUT, download, file_in, new_file
from cloudfs.cli.output import plain, size, when
from cloudfs.cli.parsing import Commands
from cloudfs.cli.places import Target, target
from cloudfs.cli.services import at_service, offered
from cloudfs.config import load
from cloudfs.errors import IsAFolder
from cloudfs.model import Entry, FileVersion, Version
from cloudfs.providers.base import Provider
from cloudfs.providers.facets import Versions

TARGET = "NAME:PATH"


def add(commands: Commands) -> None:
    """The commands of this module."""
    group = commands.group("versions", "list, restore and fetch older contents of a file")
    command = group.add("list", "list a file's versions, the newest first", command=list_)
    command.add_argument("target", metavar=TARGET)
    command = group.add(
        "restore",
        "make an older content the current one, which stays as a version",
        command=restore,
    )
    command.add_argument("target", metavar=TARGET)
    command.add_argument("version", metavar="VERSION", help="as `list` shows it")
    command = group.add("get", "fetch a version of a file", command=get)
    command.add_argument("target", metavar=TARGET)
    command.add_argument("version", metavar="VERSION", help="as `list` shows it")
    command.add_argument("file", metavar="FILE", help="where to; - is standard output")
    command.add_argument("--force", action="store_true", help="replace FILE if it exists")


def list_(arguments: argparse.Namespace) -> None:
    """Print the versions of a file."""
    target_ = target(load(), arguments.target)

    async def look(provider: Provider) -> list[FileVersion]:
        versions, entry = await _of(provider, target_)
        return list(await versions.of(entry))

    found = at_service(target_.remote, look)
    if arguments.json:
        print(json.dumps([_as_json(version) for version in found], indent=2))
        return
    for version in found:
        current = "  current" if version.current else ""
        told = f"{size(version.size):>12}  {when(version.modified_ns)}  {plain(version.version)}"
        print(told + current)


def restore(arguments: argparse.Namespace) -> None:
    """Make an older content the current one."""
    target_ = target(load(), arguments.target)

    async def work(provider: Provider) -> Entry:
        versions, entry = await _of(provider, target_)
        return await versions.restore(entry, Version(arguments.version))

    entry = at_service(target_.remote, work)
    if arguments.json:
        told = {"name": entry.name, "id": entry.id, "version": entry.version, "size": entry.size}
        print(json.dumps(told, indent=2))
    else:
        was = plain(arguments.version)
        print(f"{plain(entry.name)} is what it was as {was}, {size(entry.size)}")


def get(arguments: argparse.Namespace) -> None:
    """Fetch a version into a file."""
    target_ = target(load(), arguments.target)
    version = Version(arguments.version)

    async def work(provider: Provider) -> tuple[Path, int]:
        versions, entry = await _of(provider, target_)
        path = file_in(Path(arguments.file), entry)
        with new_file(path, force=arguments.force) as stream:
            return path, await download(
                provider, lambda: versions.download_link(entry, version), stream
            )

    path, count = at_service(target_.remote, work)
    if arguments.file == STANDARD_OUTPUT:
        return
    if arguments.json:
        print(json.dumps({"file": str(path), "size": count}, indent=2))
    else:
        print(f"{plain(str(path))}: {size(count)}")


async def _of(provider: Provider, target_: Target) -> tuple[Versions, Entry]:
    versions = offered(provider, provider.versions, "versions of files")
    entry = await target_.entry(provider)
    if entry.is_folder:
        raise IsAFolder(f"{target_.word} is a folder; only files have versions")
    return versions, entry


def _as_json(version: FileVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "size": version.size,
        "modified_ns": version.modified_ns,
        "current": version.current,
    }
