"""Zip archives, made while they are sent (reference 3.22)."""

import secrets
import zipfile
from collections.abc import AsyncGenerator, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import trio
from starlette.responses import Response

from cloudfs.emulators.cloudike import tasks
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.names import split_path
from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.store.blobs import PIECE
from cloudfs.emulators.streaming import StreamResponse

if TYPE_CHECKING:
    from cloudfs.emulators.cloudike.emulator import CloudikeEmulator

routes = CloudikeRoutes()

ARCHIVE = "archive"  # kind of record, and a task
TTL_MS = 3600 * 1000
ZIP_BEGINS = (1980, 1, 1, 0, 0, 0)


@routes.on("GET POST", "files/download_as_archive", label="archive")
def _download_as_archive(call: Call) -> Response:
    hash_ = _order(call)
    url = call.emulator.signer.url(
        call.emulator.store_base(call.request),
        "GET",
        f"/archive/{hash_}",
        ttl=call.emulator.settings.link_ttl,
        params=None,
    )
    return tasks.begin(call, ARCHIVE, {"url": url})


@tasks.work(ARCHIVE)
def _do_archive(_: View, details: dict[str, Any]) -> dict[str, Any]:
    return {"url": details["url"]}


@routes.on("POST", "files/download_as_archive_stream", label="archive")
def _archive_stream(call: Call) -> Response:
    hash_ = _order(call)
    record = call.store.records.get(ARCHIVE, hash_)
    assert record is not None
    assert record.expires is not None
    expires = datetime.fromtimestamp(record.expires / 1000, UTC)
    return reply(
        {
            "url": f"{call.base}/api/1/files/download_as_archive_stream/{hash_}/",
            "file_name": record.data["name"],
            "expired": expires.isoformat(),
        }
    )


@routes.on("POST", "files/create_link_of_archive", label="archive")
def _create_link_of_archive(call: Call) -> Response:
    return reply({"hash": _order(call)})


@routes.on("GET", "files/download_as_archive_stream/<hash>", label="download-archive")
def _read_stream(call: Call) -> Response:
    found = stream(call.emulator, call.values["<hash>"])
    if found is None:
        raise ApiError(404, description="there is no such archive")
    return found


def _order(call: Call) -> str:
    """Note what is to be packed; returns what names the archive."""
    view = call.view
    places = [view.need(path) for path in call.params.paths("path")]
    if not places:
        raise ApiError(400, description="path is missing")
    now = call.emulator.clock.now()
    first = places[0]
    folder = first.name if not first.is_file else first.path.split("/")[-2]
    time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H.%M.%S")
    hash_ = secrets.token_hex(16)
    call.store.records.put(
        ARCHIVE,
        hash_,
        call.user.id,
        {
            "name": f"{folder or 'files'}_{time}.zip",
            "paths": [place.path for place in places],
            "base": call.base,
        },
        expires=round(now * 1000) + TTL_MS,
    )
    return hash_


def stream(emulator: "CloudikeEmulator", hash_: str) -> Response | None:
    """An archive of what is at its paths now; None if there is no such archive."""
    record = emulator.store.records.get(ARCHIVE, hash_)
    if record is None:
        return None
    view = emulator.view(record.account, record.data["base"])
    entries: list[tuple[str, FilePath | None]] = []
    for path in record.data["paths"]:
        top = view.find(split_path(path))
        if top is not None:
            entries += _entries(view, top)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": f'attachment; filename="{record.data["name"]}"',
    }
    return StreamResponse(_in_thread(_zipped(entries)), headers=headers)


def _entries(view: View, top: Place) -> Iterator[tuple[str, FilePath | None]]:
    """The name in the archive and the content of everything; None for folders."""
    above = top.path.rpartition("/")[0]
    for place in view.walk(top):
        name = place.path[len(above) + 1 :]
        if place.node.blob is not None:
            yield name, view.store.blobs.path(view.store.blobs.get(place.node.blob))
        elif name:
            yield f"{name}/", None


class _Pipe:
    """What a zip file is written to: it keeps nothing that was taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _zipped(entries: list[tuple[str, FilePath | None]]) -> Generator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[call-overload]  # it only writes
        for name, path in entries:
            info = zipfile.ZipInfo(name, ZIP_BEGINS)
            if path is None:
                archive.writestr(info, b"")
                continue
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield pipe.take()
        yield pipe.take()
    yield pipe.take()


async def _in_thread(pieces: Generator[bytes]) -> AsyncGenerator[bytes]:
    try:
        while (piece := await trio.to_thread.run_sync(next, pieces, None)) is not None:
            yield piece
    finally:
        pieces.close()
