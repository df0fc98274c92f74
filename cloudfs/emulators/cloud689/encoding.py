"""Files made into containers that only the service's own programs can read (reference 3.13).

That takes its time. A file whose time has come is converted before the next request is
answered, whatever that is for.
"""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from cloudfs.emulators.cloud689 import changing
from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import DONE, Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.contents import ENCODING, details_of
from cloudfs.emulators.cloud689.ids import entry_id
from cloudfs.emulators.cloud689.licences import Licence, save_licence
from cloudfs.emulators.cloud689.names import extension
from cloudfs.emulators.cloud689.projects import Role
from cloudfs.emulators.store.blobs import PIECE, Growing
from cloudfs.emulators.store.records import Record
from cloudfs.emulators.store.tree import Node

if TYPE_CHECKING:
    from cloudfs.emulators.cloud689.emulator import Cloud689Emulator

routes = Cloud689Routes()

NONE, QUEUED, AT_WORK, FINISHED, FAILED = range(5)  # values of status_encode
_WORDS = ("", "Waiting", "Encoding", "Done", "Error encoding file")
_HEAD = b"689CLOUD CONTAINER 1\n".ljust(512, b"\0")
_TURNED = bytes(byte ^ 0x5A for byte in range(256))


@routes.on("POST", "encode/start/license", label="protect")
def _start(call: Call) -> Answer:
    view, params = call.view, call.params
    params.need("file_ids")
    licence = Licence.of(params)
    nodes = _files(call, Role.EDITOR)
    for node in nodes:
        save_licence(call.store, node, licence)
        if _status(view, node) in {NONE, FAILED}:
            _queue(view, node)
    return DONE


@routes.on("POST", "encode/status", label="protection")
def _tell(call: Call) -> Answer:
    call.params.need("file_ids")
    found = [
        {"file_id": entry_id(node.id), "status_encode": status, "description": _WORDS[status]}
        for node in _files(call, Role.LIMITED)
        for status in [_status(call.view, node)]
    ]
    return Answer(found, total=len(found))


def _files(call: Call, least: Role) -> list[Node]:
    """The files that a call is about; they may be in several projects, if none is named."""
    view, named = call.view, call.params.text("project_id")
    project = None if named is None else view.project(named, least)
    return [view.file(text, project, least) for text in call.params.need_ids("file_ids")]


def _status(view: View, node: Node) -> int:
    record = view.store.records.get(ENCODING, str(node.id))
    if record is None:
        return FINISHED if details_of(view.store, node).is_encrypt else NONE
    if record.due is None:
        return FAILED
    return QUEUED if view.clock.now_ms() < record.data["begins"] else AT_WORK


def _queue(view: View, node: Node) -> None:
    begins = view.clock.now_ms() + round(view.settings.encode_queue * 1000)
    view.store.records.put(
        ENCODING,
        str(node.id),
        view.user.number,
        {"begins": begins},
        due=begins + round(view.settings.encode_time * 1000),
    )


async def settle(emulator: "Cloud689Emulator") -> None:
    """Convert the files whose time has come."""
    if not emulator.store.records.due(ENCODING):
        return
    async with emulator.converting:
        for record in emulator.store.records.due(ENCODING):
            await _convert(emulator, record)


async def _convert(emulator: "Cloud689Emulator", record: Record) -> None:
    store = emulator.store
    node = store.tree.find(int(record.key))
    if node is None or node.blob is None:
        with store.transaction():
            store.records.remove(ENCODING, record.key)
        return
    only = emulator.settings.encode_only
    if only and extension(node.name) not in only:
        with store.transaction():
            store.records.put(ENCODING, record.key, record.account, record.data)
        return
    async with store.blobs.receive() as container:
        path = store.blobs.path(store.blobs.get(node.blob))
        await trio.to_thread.run_sync(_fill, path, container)
        with store.transaction():
            store.records.remove(ENCODING, record.key)
            if store.tree.find(node.id) is not None:
                view = emulator.view(emulator.people.user(record.account))
                changing.protect(view, node.id, container)


def _fill(path: Path, container: Growing) -> None:
    container.append([_HEAD])
    # Deleted for ever before it was opened: then nobody wants the container either.
    with suppress(FileNotFoundError), path.open("rb") as source:
        while piece := source.read(PIECE):
            container.append([piece.translate(_TURNED)])
