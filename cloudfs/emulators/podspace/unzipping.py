"""A zip archive turned into a folder.

The contents are unpacked one after another, and belong to an upload until all are there: the
folder then appears as a whole, and a crash leaves nothing that anybody sees.
"""

import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.access import Level, View
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.names import check_name, split_name
from cloudfs.emulators.store.blobs import PIECE, Blob, Growing
from cloudfs.emulators.store.tree import Node

_TTL_MS = 3600 * 1000

# What the library raises for archives that are broken, encrypted, or packed in other ways.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Member:
    """A file or folder in an archive."""

    info: zipfile.ZipInfo
    path: tuple[str, ...]


async def unzip(view: View, source: Node, folder: Node) -> Node:
    """A new folder in *folder*, named like the archive *source*, with what is in it.

    101 if the archive cannot be read, or holds names that may not be.
    """
    assert source.blob is not None
    path = view.store.blobs.path(view.store.blobs.get(source.blob))
    with _readable():
        archive = await trio.to_thread.run_sync(_open, path)
        with archive:
            return await _unpacked(view, source, folder, archive)


async def _unpacked(view: View, source: Node, folder: Node, archive: zipfile.ZipFile) -> Node:
    members = [Member(info, _path_of(info)) for info in archive.infolist()]
    changing.need_space(view, folder.owner, sum(member.info.file_size for member in members))
    expires = view.clock.now_ms() + _TTL_MS
    upload = view.store.uploads.begin(secrets.token_hex(16), view.user, expires=expires, data={})
    try:
        for number, member in enumerate(members):
            async with view.store.blobs.receive() as content:
                await trio.to_thread.run_sync(_pour, archive, member.info, content)
                with view.store.transaction():
                    view.store.uploads.put(upload, number, view.store.blobs.keep(content))
        with view.store.transaction():
            blobs = dict(view.store.uploads.parts(upload))
            return _built(view, source, folder, [(m, blobs[n]) for n, m in enumerate(members)])
    finally:
        with view.store.transaction():
            view.store.uploads.end(upload)


def _built(view: View, source: Node, folder: Node, members: list[tuple[Member, Blob]]) -> Node:
    there = view.store.tree.find(folder.id)
    if there is None or there.bin is not None:
        raise ApiError(Code.FILE_NOT_FOUND, "the folder is gone")
    view.need(there, Level.EDIT)
    name = split_name(source.name)[0] or source.name
    name = changing.free_name(view, there, name, is_folder=True)
    top = changing.create_folder(view, there, name)
    for member, blob in members:
        if member.info.is_dir():
            _folder(view, top, member.path)
        else:
            inside = _folder(view, top, member.path[:-1])
            changing.add_file(view, inside, member.path[-1], blob)
    return view.store.tree.get(top.id)


def _folder(view: View, top: Node, path: tuple[str, ...]) -> Node:
    folder = top
    for name in path:
        there = view.store.tree.child(folder.id, name)
        if there is not None and there.is_file:
            raise ApiError(Code.INVALID_REQUEST, f"{name} is a file and a folder")
        folder = there or changing.create_folder(view, folder, name)
    return folder


def _path_of(info: zipfile.ZipInfo) -> tuple[str, ...]:
    try:
        return tuple(check_name(name) for name in info.filename.rstrip("/").split("/"))
    except ApiError as error:
        raise ApiError(Code.INVALID_REQUEST, f"{info.filename} cannot be stored") from error


def _open(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _pour(archive: zipfile.ZipFile, info: zipfile.ZipInfo, into: Growing) -> None:
    with archive.open(info) as file:
        while piece := file.read(PIECE):
            into.append([piece])


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise ApiError(Code.INVALID_REQUEST, "the archive cannot be read") from error
    except FileNotFoundError as error:
        raise ApiError(Code.FILE_NOT_FOUND, "the archive was deleted meanwhile") from error
