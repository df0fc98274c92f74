"""Uploads that arrive in parts: what each is for, and what became of it (reference 3.6, 3.7).

Whoever sees that nothing is missing any more puts the content in its place (`settle`): mostly
the request that brings the last part, but after a crash one that only asks.
"""

import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.access import Level, View, need_file
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.shares import publish
from cloudfs.emulators.podspace.uploads import need_content, renames
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.blobs import Incoming
from cloudfs.emulators.store.tree import Node
from cloudfs.emulators.store.uploads import Upload

if TYPE_CHECKING:
    from cloudfs.emulators.podspace.emulator import PodSpaceEmulator


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upload is for."""

    length: int
    node: int  # the folder that a new file goes to, or the file that gets a new content
    name: str | None  # of a new file; None: it is no new one
    public: bool = False

    # Once the content is complete: when that was (ms), and what came of it.
    settled: int | None = None
    result: int | None = None
    code: int | None = None
    existing: dict[str, Any] | None = None


def plan_of(upload: Upload) -> Plan:
    """What an upload is for."""
    return Plan(**upload.data)


def begin(view: View, plan: Plan) -> Upload:
    """Open an upload, if its content could be put in its place now."""
    target = _target(view, plan)
    if plan.name is not None:
        changing.name_for(view, target, plan.name, unique=renames(view))
    need_content(view, plan.length)
    changing.need_space(view, target.owner, plan.length)
    expires = view.clock.now_ms() + round(view.settings.tus_ttl * 1000)
    name = secrets.token_hex(16)
    return view.store.uploads.begin(name, view.user, expires=expires, data=asdict(plan))


def offset_of(store: Store, upload: Upload) -> int:
    """How many bytes have arrived."""
    plan = plan_of(upload)
    if plan.settled is not None:
        return plan.length
    return sum(blob.size for _, blob in store.uploads.parts(upload))


async def settle(emulator: "PodSpaceEmulator", name: str) -> None:
    """Put the content of an upload in its place, if it is complete and that was not done."""
    store = emulator.store
    upload = _complete(store, name)
    if upload is None:
        return
    async with store.blobs.receive() as whole:
        try:
            await store.blobs.join([blob for _, blob in store.uploads.parts(upload)], whole)
        except FileNotFoundError:  # somebody else was faster, and let go of the parts
            return
        with store.transaction():
            upload = _complete(store, name)
            if upload is not None:
                store.uploads.note(upload, asdict(_settled(emulator, upload, whole)))
                store.uploads.drop_parts(upload)


def _complete(store: Store, name: str) -> Upload | None:
    upload = store.uploads.get(name)
    if upload is None or plan_of(upload).settled is not None:
        return None
    return upload if offset_of(store, upload) == plan_of(upload).length else None


def _settled(emulator: "PodSpaceEmulator", upload: Upload, content: Incoming) -> Plan:
    plan = replace(plan_of(upload), settled=emulator.clock.now_ms())
    try:
        with emulator.store.transaction():
            node = _put(emulator.view(upload.account), plan, content)
    except ApiError as refusal:
        return replace(plan, code=refusal.code.value, existing=refusal.result)
    return replace(plan, result=node.id)


def _put(view: View, plan: Plan, content: Incoming) -> Node:
    target = _target(view, plan)
    if plan.name is None:
        return changing.replace(view, target, content)
    node = changing.add_file(view, target, plan.name, content, unique=renames(view))
    if plan.public:
        publish(view, node)
    return node


def _target(view: View, plan: Plan) -> Node:
    node = view.store.tree.find(plan.node)
    if node is None or node.bin is not None:
        raise ApiError(Code.FILE_NOT_FOUND, "it is gone")
    view.need(node, Level.EDIT)
    return node if plan.name is not None else need_file(node)
