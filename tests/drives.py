"""A drive without a mount: paths and bytes in, on any provider."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from cloudfs.config import MountSettings, Remote
from cloudfs.errors import NotFound
from cloudfs.http.client import Http
from cloudfs.model import HandleNumber
from cloudfs.mounting.building import Assembly, assemble
from cloudfs.mounting.folders import Folders
from cloudfs.operations.attributes import Creator, Wanted
from cloudfs.providers.base import Provider
from cloudfs.tree.nodes import Node

ME = Creator(os.getuid(), os.getgid())


class DriveByPath:
    """What programs would do, by path."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.drive = assembly.drive

    async def node(self, path: str) -> Node:
        node = self.drive.tree.root
        for name in filter(None, path.split("/")):
            node = await self.drive.names.lookup(node, name)
        return node

    async def parent(self, path: str) -> tuple[Node, str]:
        folder, _, name = path.rstrip("/").rpartition("/")
        return await self.node(folder), name

    async def exists(self, path: str) -> bool:
        try:
            await self.node(path)
        except NotFound:
            return False
        return True

    async def mkdir(self, path: str) -> Node:
        return await self.drive.names.make_folder(*await self.parent(path), 0o755, ME)

    async def open(self, path: str, flags: int) -> HandleNumber:
        return (await self.drive.files.open(await self.node(path), flags)).handle

    async def create(self, path: str) -> HandleNumber:
        _, opened = await self.drive.files.create(*await self.parent(path), 0o644, os.O_RDWR, ME)
        return opened.handle

    async def write(self, path: str, data: bytes) -> None:
        """Like ``echo data > path``."""
        if await self.exists(path):
            handle = await self.open(path, os.O_WRONLY | os.O_TRUNC)
        else:
            handle = await self.create(path)
        if data:
            await self.drive.files.write(handle, 0, data)
        await self.close(handle)

    async def append(self, path: str, data: bytes) -> None:
        handle = await self.open(path, os.O_WRONLY)
        size = self.drive.looks.of(await self.node(path)).size
        await self.drive.files.write(handle, size, data)
        await self.close(handle)

    async def close(self, handle: HandleNumber) -> None:
        await self.drive.files.flush(handle)
        await self.drive.files.release(handle)

    async def read(self, path: str) -> bytes:
        handle = await self.open(path, os.O_RDONLY)
        try:
            return await self.drive.files.read(handle, 0, 1 << 24)
        finally:
            await self.close(handle)

    async def ls(self, path: str = "/") -> list[str]:
        handle = self.drive.folders.open(await self.node(path))
        names = [name for _, name, _ in await self.drive.folders.read(handle, 0)]
        self.drive.folders.release(handle)
        return sorted(names)

    async def unlink(self, path: str) -> None:
        await self.drive.names.unlink(*await self.parent(path))

    async def rmdir(self, path: str) -> None:
        await self.drive.names.remove_folder(*await self.parent(path))

    async def rm_r(self, path: str) -> None:
        node = await self.node(path)
        if not node.is_folder:
            await self.unlink(path)
            return
        for name in await self.ls(path):
            await self.rm_r(f"{path}/{name}")
        await self.rmdir(path)

    async def rename(self, old: str, new: str, **flags: bool) -> None:
        await self.drive.names.rename(*await self.parent(old), *await self.parent(new), **flags)

    async def truncate(self, path: str, size: int) -> None:
        await self.drive.looks.set(await self.node(path), Wanted(size=size))

    async def flush(self) -> None:
        with trio.fail_after(20):
            await self.assembly.committer.drain()

    def forget_listings(self) -> None:
        """Look at the service anew from here on."""
        for node in self.drive.tree.root.tree():
            if node.is_folder:
                self.drive.listings.expire(node)


def folders_in(path: Path) -> Folders:
    folders = Folders(path / "state", path / "cache")
    for folder in (folders.state, folders.cache, folders.drafts):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folders


@asynccontextmanager
async def open_drive(
    provider: Provider, path: Path, settings: MountSettings | None = None
) -> AsyncIterator[DriveByPath]:
    """A drive on *provider*, keeping its things in *path*.

    Leaving it is like SIGKILL: nothing is brought to an end.
    """
    http = Http()
    async with trio.open_nursery() as nursery:
        assembly = await assemble(
            nursery,
            Remote("test", "memory", {}, {}),
            (provider, http),
            path="/",
            settings=settings or MountSettings(hold_back=0.0),
            folders=folders_in(path),
        )
        yield DriveByPath(assembly)
        nursery.cancel_scope.cancel()
    await http.aclose()


async def remote_tree(provider: Provider) -> dict[str, bytes | None]:
    """Everything the service has: paths, and bytes or None for folders."""
    found: dict[str, bytes | None] = {}
    waiting = [("", (await provider.root()).id)]
    while waiting:
        path, folder_id = waiting.pop()
        async for page in provider.list_folder(folder_id):
            for entry in page.entries:
                where = f"{path}/{entry.name}"
                if entry.is_folder:
                    found[where] = None
                    waiting.append((where, entry.id))
                    continue
                data = b""
                if entry.size:
                    link = await provider.download_link(entry)
                    async with provider.fetch(link, 0, link.size) as pieces:
                        data = b"".join([piece async for piece in pieces])
                found[where] = data
    return found
