"""Files: open, create, read, write, flush (close), fsync, release."""

import os
import time
from dataclasses import dataclass

from cloudfs.content.contents import Contents, LazyContent
from cloudfs.content.drafts import BaseLost
from cloudfs.errors import Changed, CloudError, InvalidRequest, IsAFolder, NotFound, NotPermitted
from cloudfs.journal.changes import NotStored
from cloudfs.journal.journal import Journal
from cloudfs.model import Entry, HandleNumber
from cloudfs.operations.attributes import Creator, Looks
from cloudfs.operations.handles import Handles
from cloudfs.operations.names import NameOperations
from cloudfs.operations.rules import Rules
from cloudfs.operations.siblings import Siblings
from cloudfs.tree.listings import Listings
from cloudfs.tree.nodes import Node, Tree

MOST_TRIES = 4


@dataclass(slots=True)
class OpenFile:
    """One open(2) of a file. *content* is the version it was opened on, if there was one."""

    node: Node
    readable: bool
    writable: bool
    content: LazyContent | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer to open: *keep_cache* says that the kernel's pages of the file still hold."""

    handle: HandleNumber
    keep_cache: bool


class Files:
    """All open files of a drive."""

    def __init__(
        self,
        tree: Tree,
        listings: Listings,
        journal: Journal,
        contents: Contents,
        names: NameOperations,
        looks: Looks,
        rules: Rules,
        siblings: Siblings,
    ) -> None:
        self._tree = tree
        self._listings = listings
        self._journal = journal
        self._contents = contents
        self._names = names
        self._looks = looks
        self._rules = rules
        self._siblings = siblings
        self.handles: Handles[OpenFile] = Handles()

    async def open(self, node: Node, flags: int) -> Opened:
        """open(2) of a file that exists, also with O_TRUNC."""
        if node.is_folder:
            raise IsAFolder(f"{node.path()} is a folder")
        writable = flags & os.O_ACCMODE != os.O_RDONLY
        if writable:
            self._rules.writable(node)
        handle = self._handle(node, flags)
        try:
            if flags & os.O_TRUNC and writable:
                await self._looks.truncate(node, 0)
        except BaseException:
            await self.release(handle)
            raise
        version = node.entry.version if node.entry is not None else None
        keep = node.pages == version or self._journal.draft(node) is not None
        node.pages = version
        return Opened(handle, keep)

    async def create(
        self, parent: Node, name: str, mode: int, flags: int, creator: Creator
    ) -> tuple[Node, Opened]:
        """open(2) with O_CREAT of a name that is free."""
        await self._names.prepare_file(parent, name)
        node = self._journal.make_file(parent, name)
        handle = self._handle(node, flags)
        await self._looks.born(node, mode, creator)
        self._looks.folder_changed(parent)
        return node, Opened(handle, keep_cache=True)

    async def make(self, parent: Node, name: str, mode: int, creator: Creator) -> Node:
        """mknod(2) of a regular file."""
        node, opened = await self.create(parent, name, mode, os.O_WRONLY, creator)
        await self.flush(opened.handle)
        await self.release(opened.handle)
        return node

    async def read(self, handle: HandleNumber, offset: int, size: int) -> bytes:
        """read(2): exactly *size* bytes but at the end. Raises Changed if the version is gone."""
        file = self.handles.get(handle)
        for _ in range(MOST_TRIES):
            seen = file.node.entry
            try:
                return await self._read(file, offset, size)
            except (Changed, NotFound, BaseLost):
                if await self._journal.settle_down(file.node, seen):
                    continue  # it was what is being done here that got in the way
                if not await self._is_still_there(file.node, seen):
                    raise
        return await self._read(file, offset, size)

    async def _is_still_there(self, node: Node, seen: Entry | None) -> bool:
        """Whether the service has the same bytes under another version now.

        If it has others, or none, the name leads there when this returns.
        """
        if (folder := node.parent) is None or node.pinned:
            return False
        self._listings.expire(folder)
        folder.listing.tag = None
        try:
            await self._listings.ensure(folder)
        except CloudError:
            return False
        return node.parent is not None and node.entry != seen

    async def _read(self, file: OpenFile, offset: int, size: int) -> bytes:
        draft = self._journal.draft(file.node)
        if draft is not None:
            return await draft.read(offset, offset + size)
        if file.content is None:
            return b""
        if offset == 0:
            self._siblings.reading(file.node)
        return await file.content.read(offset, offset + size)

    async def write(self, handle: HandleNumber, offset: int, data: bytes) -> int:
        """write(2): all of *data*, or NoLocalSpace."""
        file = self.handles.get(handle)
        if not file.writable:
            raise NotPermitted("the file is not open for writing")
        now = time.time_ns()
        await self._journal.begin_draft(file.node).write(offset, data, now)
        file.node.own().changed_ns = now
        return len(data)

    async def flush(self, handle: HandleNumber) -> None:
        """close(2) of one descriptor: what was written survives the death of this process."""
        file = self.handles.get(handle)
        if file.writable:
            await self._journal.seal(file.node)

    async def fsync(self, handle: HandleNumber) -> None:
        """fsync(2): what was written survives a power failure.

        Raises NotStored if the service has refused what was written before.
        """
        file = self.handles.get(handle)
        await self._journal.seal(file.node)
        await self._journal.harden_file(file.node)
        change = self._journal.change(file.node)
        if change is not None and change.failure is not None:
            raise NotStored(change.failure)

    async def release(self, handle: HandleNumber) -> None:
        """The last descriptor of an open(2) is closed."""
        file = self.handles.remove(handle)
        node = file.node
        if file.writable:
            try:
                await self._journal.seal(node)
            finally:
                node.writers -= 1
        if file.content is not None:
            file.content.close()
        if node.handles == 1:
            self._journal.closed(node)
        self._tree.closed(node)

    async def readlink(self, node: Node) -> str:
        """readlink(2): the target that is in the small file."""
        if not node.is_symlink:
            raise InvalidRequest(f"{node.path()} is not a symlink")
        handle = self._handle(node, os.O_RDONLY)
        try:
            raw = await self.read(handle, 0, self._looks.of(node).size)
        finally:
            await self.release(handle)
        return raw.decode("utf-8", "surrogateescape")

    def _handle(self, node: Node, flags: int) -> HandleNumber:
        mode = flags & os.O_ACCMODE
        content = None
        if node.entry is not None:
            content = self._contents.base(node.number, node.entry)
        file = OpenFile(
            node,
            readable=mode != os.O_WRONLY,
            writable=mode != os.O_RDONLY,
            content=content,
        )
        self._tree.opened(node)
        if file.writable:
            node.writers += 1
        return self.handles.add(file)
