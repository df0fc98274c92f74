"""fetch, preview: what the service fetches for an account, and the pictures it makes."""

import argparse
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cloudfs.cli.archiving import tell
from cloudfs.cli.copying import check_free
from cloudfs.cli.downloading import STANDARD_OUTPUT, file_in, new_file
from cloudfs.cli.output import plain, size
from cloudfs.cli.parsing import Commands
from cloudfs.cli.places import Paths, target
from cloudfs.cli.services import at_service, offered
from cloudfs.config import load
from cloudfs.errors import ConfigError, NotFound
from cloudfs.model import Entry
from cloudfs.providers.base import Provider

KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}


def add(commands: Commands) -> None:
    """The commands of this module."""
    command = commands.add(
        "fetch", "let the service fetch a web address into the account", command=fetch
    )
    command.add_argument("url", metavar="URL")
    command.add_argument("target", metavar="NAME:PATH", help="a folder, or the file's path")
    command = commands.add("preview", "fetch a small picture of a file", command=preview)
    command.add_argument("target", metavar="NAME:PATH")
    command.add_argument(
        "file", metavar="FILE", nargs="?", help="where to (default: NAME.preview.png or the like)"
    )
    command.add_argument("--force", action="store_true", help="replace FILE if it exists")


def fetch(arguments: argparse.Namespace) -> None:
    """Have the service store what an address leads to."""
    address = urlsplit(arguments.url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ConfigError("the URL must begin with http:// or https://")
    to = target(load(), arguments.target)

    async def work(provider: Provider) -> tuple[str | None, Entry]:
        fetching = offered(provider, provider.fetching, "fetching of web addresses")
        last = unquote(address.path.rpartition("/")[2]).rpartition("/")[2] or address.hostname
        folder, name = await to.place_for(provider, last or "")
        await check_free(provider, folder, name)
        made = await fetching.fetch_url(arguments.url, folder.id, name)
        return await Paths(provider).of(made), made

    tell(*at_service(to.remote, work), as_json=arguments.json)


def preview(arguments: argparse.Namespace) -> None:
    """Write a small picture of a file."""
    source = target(load(), arguments.target)

    async def look(provider: Provider) -> tuple[Entry, bytes]:
        previews = offered(provider, provider.previews, "previews")
        entry = await source.entry(provider)
        try:
            return entry, await previews.preview(entry)
        except NotFound as error:
            raise NotFound(f"{provider.title} has no preview of {plain(entry.name)}") from error

    entry, picture = at_service(source.remote, look)
    kind = next((kind for start, kind in KINDS.items() if picture.startswith(start)), "img")
    path = file_in(Path(arguments.file or ""), entry, f".preview.{kind}")
    with new_file(path, force=arguments.force) as stream:
        stream.write(picture)
    if arguments.file == STANDARD_OUTPUT:
        return
    if arguments.json:
        print(json.dumps({"file": str(path), "size": len(picture)}, indent=2))
    else:
        print(f"{plain(str(path))}: {size(len(picture))}")
