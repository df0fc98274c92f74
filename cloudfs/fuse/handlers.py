"""The requests of the kernel, one method each.

A reply that tells the kernel of a node counts as a reference, which `forget` gives back:
lookup, mknod, mkdir, symlink, create, and every entry that readdir managed to reply, except
"." and "..". The counting is done here and nowhere else.
"""

import stat
from collections.abc import Sequence
from errno import ENOTSUP, EOPNOTSUPP, EPERM

import pyfuse3
from pyfuse3 import FileHandleT, FileNameT, FlagT, InodeT, ModeT

from cloudfs.errors import NotFound
from cloudfs.fuse import convert
from cloudfs.fuse.errors import errno_reply, never_raises
from cloudfs.model import HandleNumber, InodeNumber
from cloudfs.operations.drive import Drive
from cloudfs.operations.files import Opened
from cloudfs.tree.nodes import Node

LONGEST_BELIEF = 60.0  # seconds the kernel may answer by itself; news are told to it anyway
DOTS = 2  # readdir's positions 1 and 2 are "." and ".."


class Handlers(pyfuse3.Operations):
    """pyfuse3's requests."""

    supports_dot_lookup = False
    enable_writeback_cache = False

    def __init__(self, drive: Drive) -> None:
        super().__init__()
        self._drive = drive

    # Names --------------------------------------------------------------------------------------

    @errno_reply
    async def lookup(
        self, parent_inode: InodeT, name: FileNameT, ctx: pyfuse3.RequestContext
    ) -> pyfuse3.EntryAttributes:
        parent = self._node(parent_inode)
        try:
            node = await self._drive.names.lookup(parent, convert.text(name))
        except NotFound:
            return self._absent(parent)
        return self._entry(node)

    @never_raises
    async def forget(self, inode_list: Sequence[tuple[InodeT, int]]) -> None:
        for inode, count in inode_list:
            self._drive.tree.forgotten(InodeNumber(inode), count)

    @errno_reply
    async def mkdir(
        self, parent_inode: InodeT, name: FileNameT, mode: ModeT, ctx: pyfuse3.RequestContext
    ) -> pyfuse3.EntryAttributes:
        parent = self._node(parent_inode)
        return self._entry(
            await self._drive.names.make_folder(
                parent, convert.text(name), stat.S_IMODE(mode), convert.creator(ctx)
            )
        )

    @errno_reply
    async def mknod(
        self,
        parent_inode: InodeT,
        name: FileNameT,
        mode: ModeT,
        rdev: int,
        ctx: pyfuse3.RequestContext,
    ) -> pyfuse3.EntryAttributes:
        parent = self._node(parent_inode)
        if not stat.S_ISREG(mode):
            return self._entry(await self._drive.names.make_node())
        return self._entry(
            await self._drive.files.make(
                parent, convert.text(name), stat.S_IMODE(mode), convert.creator(ctx)
            )
        )

    @errno_reply
    async def symlink(
        self,
        parent_inode: InodeT,
        name: FileNameT,
        target: FileNameT,
        ctx: pyfuse3.RequestContext,
    ) -> pyfuse3.EntryAttributes:
        parent = self._node(parent_inode)
        return self._entry(
            await self._drive.names.make_symlink(
                parent, convert.text(name), convert.text(target), convert.creator(ctx)
            )
        )

    @errno_reply
    async def readlink(self, inode: InodeT, ctx: pyfuse3.RequestContext) -> FileNameT:
        return convert.raw(await self._drive.files.readlink(self._node(inode)))

    @errno_reply
    async def unlink(
        self, parent_inode: InodeT, name: FileNameT, ctx: pyfuse3.RequestContext
    ) -> None:
        await self._drive.names.unlink(self._node(parent_inode), convert.text(name))

    @errno_reply
    async def rmdir(
        self, parent_inode: InodeT, name: FileNameT, ctx: pyfuse3.RequestContext
    ) -> None:
        await self._drive.names.remove_folder(self._node(parent_inode), convert.text(name))

    @errno_reply
    async def rename(
        self,
        parent_inode_old: InodeT,
        name_old: FileNameT,
        parent_inode_new: InodeT,
        name_new: FileNameT,
        flags: FlagT,
        ctx: pyfuse3.RequestContext,
    ) -> None:
        await self._drive.names.rename(
            self._node(parent_inode_old),
            convert.text(name_old),
            self._node(parent_inode_new),
            convert.text(name_new),
            replace=not flags & pyfuse3.RENAME_NOREPLACE,
            exchange=bool(flags & ~pyfuse3.RENAME_NOREPLACE),
        )

    @errno_reply
    async def link(
        self,
        inode: InodeT,
        new_parent_inode: InodeT,
        new_name: FileNameT,
        ctx: pyfuse3.RequestContext,
    ) -> pyfuse3.EntryAttributes:
        self._node(inode)
        raise pyfuse3.FUSEError(EPERM)

    # Attributes ---------------------------------------------------------------------------------

    @errno_reply
    async def getattr(self, inode: InodeT, ctx: pyfuse3.RequestContext) -> pyfuse3.EntryAttributes:
        return self._attributes(self._node(inode))

    @errno_reply
    async def setattr(
        self,
        inode: InodeT,
        attr: pyfuse3.EntryAttributes,
        fields: pyfuse3.SetattrFields,
        fh: FileHandleT | None,
        ctx: pyfuse3.RequestContext,
    ) -> pyfuse3.EntryAttributes:
        node = self._node(inode)
        await self._drive.looks.set(node, convert.wanted(attr, fields))
        return self._attributes(node)

    @errno_reply
    async def getxattr(self, inode: InodeT, name: FileNameT, ctx: pyfuse3.RequestContext) -> bytes:
        if name.startswith((b"system.", b"security.")):
            raise pyfuse3.FUSEError(EOPNOTSUPP)  # ls -l asks once then, not for every file
        return self._drive.xattrs.get(self._node(inode), convert.text(name))

    @errno_reply
    async def listxattr(self, inode: InodeT, ctx: pyfuse3.RequestContext) -> Sequence[FileNameT]:
        return [convert.raw(name) for name in self._drive.xattrs.names(self._node(inode))]

    @errno_reply
    async def setxattr(
        self, inode: InodeT, name: FileNameT, value: bytes, ctx: pyfuse3.RequestContext
    ) -> None:
        if name.startswith((b"system.", b"security.")):
            raise pyfuse3.FUSEError(ENOTSUP)
        await self._drive.xattrs.set(self._node(inode), convert.text(name), value)

    @errno_reply
    async def removexattr(
        self, inode: InodeT, name: FileNameT, ctx: pyfuse3.RequestContext
    ) -> None:
        await self._drive.xattrs.remove(self._node(inode), convert.text(name))

    @errno_reply
    async def statfs(self, ctx: pyfuse3.RequestContext) -> pyfuse3.StatvfsData:
        return convert.statistics(self._drive.space.room(), files=len(self._drive.tree))

    # Files --------------------------------------------------------------------------------------

    @errno_reply
    async def open(
        self, inode: InodeT, flags: FlagT, ctx: pyfuse3.RequestContext
    ) -> pyfuse3.FileInfo:
        return _file_info(await self._drive.files.open(self._node(inode), flags))

    @errno_reply
    async def create(
        self,
        parent_inode: InodeT,
        name: FileNameT,
        mode: ModeT,
        flags: FlagT,
        ctx: pyfuse3.RequestContext,
    ) -> tuple[pyfuse3.FileInfo, pyfuse3.EntryAttributes]:
        parent = self._node(parent_inode)
        node, opened = await self._drive.files.create(
            parent, convert.text(name), stat.S_IMODE(mode), flags, convert.creator(ctx)
        )
        return _file_info(opened), self._entry(node)

    @errno_reply
    async def read(self, fh: FileHandleT, off: int, size: int) -> bytes:
        return await self._drive.files.read(HandleNumber(fh), off, size)

    @errno_reply
    async def write(self, fh: FileHandleT, off: int, buf: bytes) -> int:
        return await self._drive.files.write(HandleNumber(fh), off, buf)

    @errno_reply
    async def flush(self, fh: FileHandleT) -> None:
        await self._drive.files.flush(HandleNumber(fh))

    @errno_reply
    async def fsync(self, fh: FileHandleT, datasync: bool) -> None:  # noqa: FBT001 - pyfuse3's
        await self._drive.files.fsync(HandleNumber(fh))

    @errno_reply
    async def release(self, fh: FileHandleT) -> None:
        await self._drive.files.release(HandleNumber(fh))

    # Folders ------------------------------------------------------------------------------------

    @errno_reply
    async def opendir(self, inode: InodeT, ctx: pyfuse3.RequestContext) -> FileHandleT:
        return self._drive.folders.open(self._node(inode))

    @errno_reply
    async def readdir(self, fh: FileHandleT, start_id: int, token: pyfuse3.ReaddirToken) -> None:
        handle = HandleNumber(fh)
        folder = self._drive.folders.handles.get(handle).node
        rest = await self._drive.folders.read(handle, max(start_id - DOTS, 0))
        dots = [(1, b".", folder), (2, b"..", folder.parent or folder)]
        for position, name, node in dots[start_id:]:
            if not pyfuse3.readdir_reply(token, name, self._attributes(node), position):
                return
        believed = self._belief(folder)
        answer = convert.unfilled(entry_timeout=believed, attr_timeout=believed)
        look, looked_up = self._drive.looks.of, self._drive.tree.looked_up
        for position, shown, node in rest:
            convert.fill(answer, look(node))
            if not pyfuse3.readdir_reply(token, convert.raw(shown), answer, position + DOTS):
                return
            looked_up(node)

    @errno_reply
    async def releasedir(self, fh: FileHandleT) -> None:
        self._drive.folders.release(HandleNumber(fh))

    @errno_reply
    async def fsyncdir(self, fh: FileHandleT, datasync: bool) -> None:  # noqa: FBT001 - pyfuse3's
        await self._drive.folders.sync()

    # Inside -------------------------------------------------------------------------------------

    def _node(self, inode: InodeT) -> Node:
        return self._drive.tree.node(InodeNumber(inode))

    def _entry(self, node: Node) -> pyfuse3.EntryAttributes:
        """The answer that tells the kernel of a node, and counts."""
        answer = self._attributes(node)
        self._drive.tree.looked_up(node)
        return answer

    def _attributes(self, node: Node) -> pyfuse3.EntryAttributes:
        believed = self._belief(node.parent or node)
        return convert.attributes(
            self._drive.looks.of(node), entry_timeout=believed, attr_timeout=believed
        )

    def _absent(self, parent: Node) -> pyfuse3.EntryAttributes:
        """The answer that there is no such name, which the kernel may remember (inode 0)."""
        answer = pyfuse3.EntryAttributes()
        answer.st_ino = 0
        answer.entry_timeout = self._belief(parent)
        answer.attr_timeout = 0
        return answer

    def _belief(self, folder: Node) -> float:
        """For how many seconds the kernel may answer for what is in *folder*."""
        return min(self._drive.listings.expires_in(folder), LONGEST_BELIEF)


def _file_info(opened: Opened) -> pyfuse3.FileInfo:
    return pyfuse3.FileInfo(
        fh=opened.handle, keep_cache=opened.keep_cache, direct_io=False, nonseekable=False
    )
