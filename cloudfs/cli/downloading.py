"""Bytes of the service, into a file of this machine that is there whole or not at all."""

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from errno import EEXIST
from pathlib import Path
from typing import BinaryIO

import trio

from cloudfs.cli.output import plain
from cloudfs.errors import (
    Changed,
    CloudError,
    ConfigError,
    InvalidName,
    LinkExpired,
    TransientError,
)
from cloudfs.model import DownloadLink, Entry
from cloudfs.providers.base import Provider

ATTEMPTS = 5  # in a row without a byte
PAUSE = 1.0  # seconds before the second; each further one is twice as long
STANDARD_OUTPUT = "-"


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file that appears at *path* when the block is over. "-" is standard output.

    Raises ConfigError if something is there, unless *force* says to replace a file.
    """
    if os.fspath(path) == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.is_dir() or (os.path.lexists(path) and not force):
        raise ConfigError(f"{path} exists; choose another name, or --force to replace a file")
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as stream:
            yield stream
        _put_in_place(temporary, path, force=force)
    finally:
        temporary.unlink(missing_ok=True)


def file_in(path: Path, entry: Entry, suffix: str = "") -> Path:
    """*path*, or the entry's name in it if it is a folder of this machine.

    Raises InvalidName for a name that would lead out of it.
    """
    if not path.is_dir():
        return path
    if not entry.name or entry.name in {".", ".."} or {"/", "\0"} & set(entry.name):
        raise InvalidName(f"{plain(entry.name)} is no name for a file here; name one")
    return path / f"{entry.name}{suffix}"


def _put_in_place(temporary: Path, path: Path, *, force: bool) -> None:
    if not force:
        try:
            os.link(temporary, path)  # which replaces nothing, even if it is there by now
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise FileExistsError(EEXIST, "it exists by now", os.fspath(path)) from None
        else:
            return
    temporary.replace(path)


async def download(
    provider: Provider, link_to: Callable[[], Awaitable[DownloadLink]], stream: BinaryIO
) -> int:
    """Write what the link leads to, over as many connections as it takes; how much it is.

    Raises Changed if a later link leads to something else.
    """
    first = link = await link_to()
    at = 0
    failures = 0
    while at < link.size:
        try:
            async with provider.fetch(link, at, link.size) as pieces:
                async for piece in pieces:
                    stream.write(piece)
                    at += len(piece)
                    failures = 0
        except (LinkExpired, TransientError) as error:
            failures += 1
            if failures == ATTEMPTS:
                raise
            await _pause(error, failures)
            link = await link_to()
            if (link.version, link.size) != (first.version, first.size):
                raise Changed("the file has changed while it was fetched; try again") from error
    return at


async def _pause(error: CloudError, failures: int) -> None:
    if isinstance(error, TransientError):
        await trio.sleep(error.retry_after or PAUSE * 2 ** (failures - 1))
