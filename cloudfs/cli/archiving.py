"""archive, extract: packing and unpacking, done by the service."""

import argparse
import json

from cloudfs.cli.copying import check_free, check_same_remote
from cloudfs.cli.output import plain
from cloudfs.cli.parsing import Commands
from cloudfs.cli.places import Paths, target
from cloudfs.cli.services import at_service, lacking
from cloudfs.config import load
from cloudfs.errors import IsAFolder, NotAFolder
from cloudfs.model import Entry
from cloudfs.providers.base import Provider
from cloudfs.providers.facets import Archives


def add(commands: Commands) -> None:
    """The commands of this module."""
    command = commands.add("archive", "let the service pack files and folders", command=archive)
    command.add_argument("sources", metavar="NAME:PATH", nargs="+", help="what to pack")
    command.add_argument("archive", metavar="NAME:ARCHIVE", help="the archive's path")
    command = commands.add("extract", "let the service unpack an archive", command=extract)
    command.add_argument("archive", metavar="NAME:ARCHIVE")
    command.add_argument(
        "folder", metavar="NAME:FOLDER", nargs="?", help="where to; else beside the archive"
    )


def archive(arguments: argparse.Namespace) -> None:
    """Pack entries into a new archive."""
    config = load()
    sources = [target(config, word) for word in arguments.sources]
    to = target(config, arguments.archive)
    check_same_remote(to, *sources)

    async def work(provider: Provider) -> tuple[str | None, Entry]:
        archives = _archives(provider, "making of archives", ability="packs")
        entries = [await source.entry(provider) for source in sources]
        folder, name = await to.place(provider)
        await check_free(provider, folder, name)
        made = await archives.pack(entries, folder.id, name)
        return await Paths(provider).of(made), made

    tell(*at_service(to.remote, work), as_json=arguments.json)


def extract(arguments: argparse.Namespace) -> None:
    """Unpack an archive into a new folder."""
    config = load()
    source = target(config, arguments.archive)
    to = None if arguments.folder is None else target(config, arguments.folder)
    check_same_remote(source, *([] if to is None else [to]))

    async def work(provider: Provider) -> tuple[str | None, Entry]:
        archives = _archives(provider, "unpacking of archives", ability="unpacks")
        entry = await source.entry(provider)
        if entry.is_folder:
            raise IsAFolder(f"{arguments.archive} is a folder")
        if to is not None:
            folder = await to.entry(provider)
            if not folder.is_folder:
                raise NotAFolder(f"{arguments.folder} is a file")
            folder_id = folder.id
        elif entry.parent_id is not None:
            folder_id = entry.parent_id
        else:
            folder_id = (await provider.root()).id
        made = await archives.unpack(entry, folder_id)
        return await Paths(provider).of(made), made

    tell(*at_service(source.remote, work), as_json=arguments.json)


def tell(path: str | None, made: Entry, *, as_json: bool) -> None:
    """Print what the service has made."""
    if as_json:
        told = {"path": path, "name": made.name, "id": made.id, "size": made.size}
        print(json.dumps(told, indent=2))
    else:
        print(plain(path or made.name) + ("/" if made.is_folder else ""))


def _archives(provider: Provider, feature: str, *, ability: str) -> Archives:
    archives = provider.archives
    if archives is None or not getattr(archives, ability):
        raise lacking(provider, feature)
    return archives
