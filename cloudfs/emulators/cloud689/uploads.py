"""Contents that arrive: whole, or in chunks, one after the other (reference 3.7).

An assembly is known by who sends it, and by the names of its batch and of itself. Its state
after the last chunk is kept too, so that the chunk may be sent again.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from cloudfs.emulators.cloud689 import changing
from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.describe import new_file_object
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.forms import FILE, Form
from cloudfs.emulators.cloud689.names import check_name
from cloudfs.emulators.cloud689.parameters import Parameters
from cloudfs.emulators.cloud689.projects import Project, Role
from cloudfs.emulators.store.blobs import Growing, Incoming
from cloudfs.emulators.store.tree import Node
from cloudfs.emulators.store.uploads import Upload

routes = Cloud689Routes()

RECEIVED = Answer(None, "OK")  # of a chunk that is not the last


@dataclass(frozen=True, slots=True)
class Chunk:
    """Which part of which assembly has come."""

    key: str  # of the assembly
    index: int
    count: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to become of a content."""

    name: str
    project_id: str | None
    folder_id: str | None
    content_type: str
    batch: str | None

    @classmethod
    def of(cls, params: Parameters, name: str, content_type: str) -> "Wanted":
        """What the fields of a call say besides."""
        project_id, folder_id = params.text("project_id"), params.text("folder_id")
        if project_id is None and folder_id is None:
            raise ApiError(Code.MISSING_PARAMETER, "project_id")
        return cls(name, project_id, folder_id, content_type, params.text("session_upload"))

    def place(self, view: View) -> tuple[Project, Node]:
        """Where it goes; 404 or 403 if it may not. A folder says which project it is in."""
        project_id = self.project_id or view.project_id_of(self.folder_id or "")
        project = view.project(project_id, Role.MEMBER)
        return project, view.folder(project, self.folder_id)

    def add(self, view: View, content: Growing) -> Node:
        """The new file."""
        project, folder = self.place(view)
        return changing.add_file(
            view,
            project,
            folder,
            self.name,
            content,
            told_type=self.content_type,
            batch=self.batch,
        )


class Assemblies:
    """Whose turn it is: an assembly is worked at by one request at a time."""

    def __init__(self) -> None:
        self._locks: dict[str, trio.Lock] = {}

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """A block that nobody else is in with the same *key*."""
        lock = self._locks.setdefault(key, trio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.statistics().tasks_waiting and not lock.locked():
                self._locks.pop(key, None)


@routes.on("POST", "upload", label="upload")
async def _upload(call: Call) -> Answer:
    form = call.asked.form
    if form is None or not form.has_file:
        raise ApiError(Code.MISSING_PARAMETER, FILE)
    async with call.store.blobs.receive() as content:
        await form.read_rest(call.request.receive, content.write)
        await content.flush()
        wanted, chunk = _wanted(form), _chunk(form.params, call.user.id)
        if chunk is None:
            with call.store.transaction():
                return Answer(new_file_object(call.view, wanted.add(call.view, content)))
        async with call.emulator.assemblies.turn(chunk.key):
            return await _take(call, wanted, chunk, content)


def _wanted(form: Form) -> Wanted:
    params = form.params
    if form.filename is None:
        name = params.any_text("file_name")
    else:
        name = params.optional("file_name", form.filename)
    return Wanted.of(params, check_name(name), form.content_type)


def _chunk(params: Parameters, user: str) -> Chunk | None:
    """What the fields say of chunks; None if this is a content by itself."""
    index, count = params.integer("chunk"), params.integer("chunks", 1)
    if (index is None) != (count is None):
        raise ApiError(Code.MISSING_PARAMETER, "chunk and chunks")
    index, count = index or 0, count or 1
    if index >= count:
        raise ApiError(Code.INVALID_PARAMETER, "there are not so many chunks")
    batch, name = params.text("session_upload"), params.text("name")
    if batch is None or name is None:
        if count > 1:
            raise ApiError(Code.MISSING_PARAMETER, "session_upload and name")
        return None
    return Chunk(json.dumps([user, batch, name]), index, count)


async def _take(call: Call, wanted: Wanted, chunk: Chunk, content: Incoming) -> Answer:
    """Add a chunk to its assembly; the file, if it was the last."""
    digest = [content.digest, content.size]
    with call.store.transaction():
        wanted.place(call.view)
        upload = _assembly(call, wanted, chunk)
        if "file" in upload.data:
            return _again(call, upload, chunk, digest)
        if chunk.index not in {upload.data["next"], upload.data["next"] - 1}:
            raise ApiError(Code.ERR_UPLOAD_FILE, f"chunk {upload.data['next']} is wanted")
        if chunk.index < chunk.count - 1:
            blob = call.store.blobs.keep(content)
            call.store.uploads.put(upload, chunk.index, blob)
            call.store.uploads.note(upload, upload.data | {"next": chunk.index + 1})
            return RECEIVED
        parts = [blob for _, blob in call.store.uploads.parts(upload)]
    if not parts:
        return _finish(call, wanted, upload, digest, content)
    async with call.store.blobs.receive() as whole:
        await call.store.blobs.join(parts, whole)
        await trio.to_thread.run_sync(_append, content, whole)
        return _finish(call, wanted, upload, digest, whole)


def _append(content: Growing, whole: Growing) -> None:
    with content.path.open("rb") as source:
        while piece := source.read(1 << 20):
            whole.append([piece])


def _assembly(call: Call, wanted: Wanted, chunk: Chunk) -> Upload:
    """The assembly that a chunk belongs to; 400 if it is to become something else."""
    goal = [wanted.name, wanted.project_id, wanted.folder_id, chunk.count]
    found = call.store.uploads.get(chunk.key)
    now = call.clock.now_ms()
    if found is not None and found.data["until"] <= now:
        call.store.uploads.end(found)
        found = None
    if found is None:
        until = _until(call)
        data = {"goal": goal, "next": 0, "until": until}
        return call.store.uploads.begin(chunk.key, call.user.number, expires=until, data=data)
    if found.data["goal"] != goal:
        raise ApiError(Code.INVALID_PARAMETER, "this began as another upload")
    return found


def _again(call: Call, upload: Upload, chunk: Chunk, digest: list[object]) -> Answer:
    """The answer to the last chunk, once more."""
    if chunk.index != chunk.count - 1 or digest != upload.data["digest"]:
        raise ApiError(Code.ERR_UPLOAD_FILE, "this upload is complete")
    node = call.store.tree.find(upload.data["file"])
    if node is None:
        raise ApiError(Code.FILE_NOT_FOUND, "the file was deleted since")
    return Answer(new_file_object(call.view, node))


def _finish(
    call: Call, wanted: Wanted, upload: Upload, digest: list[object], content: Growing
) -> Answer:
    """The file of which the last chunk has come."""
    with call.store.transaction():
        node = wanted.add(call.view, content)
        call.store.uploads.drop_parts(upload)
        done = {"file": node.id, "digest": digest, "until": _until(call)}
        call.store.uploads.note(upload, upload.data | done)
        return Answer(new_file_object(call.view, node))


def _until(call: Call) -> int:
    return call.clock.now_ms() + round(call.settings.upload_ttl * 1000)
