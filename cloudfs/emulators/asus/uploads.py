"""Uploads by the web relay: begin, send, finish (reference 3.5.1 to 3.5.3)."""

import re
from collections.abc import Callable
from dataclasses import replace

from cloudfs.emulators.asus import changing
from cloudfs.emulators.asus.accounts import FROZEN
from cloudfs.emulators.asus.attributes import from_fragment
from cloudfs.emulators.asus.call import RELAY, Answer, AsusRoutes, Call, refused, serve
from cloudfs.emulators.asus.names import check_name
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.asus.settings import MIB
from cloudfs.emulators.asus.transfers import Transaction
from cloudfs.emulators.store.blobs import Blob
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()

OFFSET_HEADER = "x-omni-stream-offset"

_SHA512 = re.compile(r"[0-9a-fA-F]{128}")
_CONTENT_RANGE = re.compile(r"\s*bytes\s+(\d{1,19})-.*")


@serve(
    routes,
    "webrelay/initbinaryupload",
    label="start-upload",
    needs=replace(RELAY, group="igw"),
    methods="GET POST",
)
async def _init(call: Call) -> Answer:
    name = call.fields.text("tx")
    if name is not None:
        await call.emulator.transfers.stop(name, call.user.id)
    with call.store.transaction():
        return _begin(call) if name is None else _go_on(call, name)


def _begin(call: Call) -> Answer:
    target = Target(call)
    target.check()
    blob = target.known_content()
    if blob is not None:
        node = target.write(blob)
        return _begun("", 0, "", call.view.number(node))
    transaction = call.emulator.transfers.begin(
        call.user.id,
        parent=target.parent.id,
        name=target.name,
        file=None if target.file is None else target.file.id,
        number=target.number,
        size=target.size,
        checksum=target.checksum,
        attribute=target.attribute,
        group=call.group,
    )
    return _begun(transaction.upload.name, 0, _head(target.file))


def _go_on(call: Call, name: str) -> Answer:
    transaction = call.emulator.transfers.get(name, call.user.id)
    if (call.fields.text("fi") or "") != transaction.number:
        raise Refusal(Status.OTHER_FILE, "the transaction is for another file")
    checksum = checksum_of(call.fields.text("sg"))
    if None not in {checksum, transaction.checksum} and checksum != transaction.checksum:
        raise Refusal(Status.CHECKSUM, "the transaction is for another content")
    node = None if transaction.file is None else call.store.tree.find(transaction.file)
    return _begun(name, call.emulator.transfers.stored(transaction), _head(node))


def _begun(transid: str, offset: int, latest: str, fileid: int | str = "") -> Answer:
    return [
        *([leaf("transid", transid)] if transid else []),
        leaf("offset", offset),
        leaf("latestchecksum", latest),
        leaf("fileid", fileid),
    ]


def _head(node: Node | None) -> str:
    """The hash of the version of a file that counts."""
    return "" if node is None else node.digest or ""


def checksum_of(text: str | None) -> str | None:
    """A checksum, if that is what was stated."""
    return text.lower() if text is not None and _SHA512.fullmatch(text) else None


class Target:
    """Where a content is to go, as the query of initbinaryupload says it."""

    def __init__(self, call: Call) -> None:
        fields = call.fields
        self._call = call
        self.number = fields.text("fi") or ""
        self.size = fields.number("fs")
        self.checksum = checksum_of(fields.text("sg"))
        self.attribute = fields.exact("at") or ""
        parent, file = fields.need_number("pa"), fields.number("fi")
        self.name = fields.name("na") if file is None else ""  # an overwrite never renames
        if fields.exact("sg") is None or (self.size is not None and self.size < 0):
            raise malformed("sg or fs")
        self.parent = call.view.live_folder(parent)
        self.file = None if file is None else call.view.live_file(file)

    def check(self) -> None:
        """Refuse in the order of the reference: rights, names, conflicts, space."""
        call, view = self._call, self._call.view
        if call.settings.userstate & FROZEN:
            raise Refusal(Status.FROZEN, "the account is frozen")
        view.need_change(self.parent if self.file is None else self.file, group=call.group)
        if self.file is None:
            check_name(self.name)
            changing.need_free(view, self.parent, self.name)
        check_size(call, self.size or 0)
        need_space(call, self.parent, self.file, self.size or 0)

    def known_content(self) -> Blob | None:
        """The content, if a live file of the viewer has it (reference 3.5.3)."""
        store = self._call.store
        if not self._call.settings.instant_upload or self.checksum is None or self.size is None:
            return None
        if not store.listings.holds(self._call.user.id, self.checksum, self.size):
            return None
        return store.blobs.find(self.checksum, self.size)

    def write(self, blob: Blob) -> Node:
        """Put a content at its place."""
        attribute = from_fragment(self.attribute, self._call.emulator.clock.now_ms())
        if self.file is not None:
            return changing.overwrite(self._call.view, self.file, blob, attribute)
        return changing.create_file(self._call.view, self.parent, self.name, blob, attribute)


def check_size(call: Call, size: int) -> None:
    """221 if a single file may not be so large."""
    most = call.settings.maxfilesize * MIB
    if most and size > most:
        raise Refusal(Status.FILE_TOO_LARGE, "a single file may not be so large")


def need_space(call: Call, parent: Node, file: Node | None, size: int) -> None:
    """224 unless there is room for a new file, or for a new content of *file*."""
    if file is not None:
        assert file.parent is not None
        parent, size = call.store.tree.get(file.parent), size - file.size
    call.view.need_space(parent, size)


@serve(routes, "webrelay/resumebinaryupload", label="upload", needs=RELAY, methods="POST PUT")
async def _resume(call: Call) -> Answer:
    name, stated = call.fields.need("tx"), _stated_starts(call)
    await call.emulator.transfers.receive(name, call.user.id, call.request, stated)
    return []


def _stated_starts(call: Call) -> set[int]:
    """Where the body begins, as far as headers say so."""
    headers, starts = call.request.headers, set()
    offset = headers.get(OFFSET_HEADER, "").strip()
    if offset:
        starts.add(int(offset) if offset.isascii() and offset.isdigit() else -1)
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if match is not None:
        starts.add(int(match[1]))
    return starts


@serve(
    routes,
    "webrelay/finishbinaryupload",
    label="confirm-upload",
    needs=RELAY,
    methods="GET POST",
)
async def _finish(call: Call) -> Answer:
    transfers = call.emulator.transfers
    name = call.fields.need("tx")
    with call.store.transaction():
        transaction = transfers.get(name, call.user.id)
        parts = transfers.parts(transaction)
        if transaction.size not in {None, sum(blob.size for blob in parts)}:
            raise Refusal(Status.FILE_ERROR, "not everything has arrived")
        if len(parts) == 1:
            return _complete(call, transaction, parts[0].digest, lambda: parts[0])
    async with call.store.blobs.receive() as whole:
        try:
            await call.store.blobs.join(parts, whole)
        except FileNotFoundError as error:
            raise Refusal(Status.NO_TRANSACTION, "it was finished meanwhile") from error
        with call.store.transaction():
            transaction = transfers.get(name, call.user.id)
            return _complete(call, transaction, whole.digest, lambda: call.store.blobs.keep(whole))


def _complete(
    call: Call, transaction: Transaction, digest: str, keep: Callable[[], Blob]
) -> Answer:
    """Make a file of a transaction, which lives on if that fails; not so with other bytes."""
    if transaction.checksum not in {None, digest}:
        call.emulator.transfers.end(transaction)
        return refused(call.root, Refusal(Status.CHECKSUM, "other bytes have arrived"))
    node = _put(call, transaction, keep())
    call.emulator.transfers.end(transaction)
    return [leaf("fileid", call.view.number(node))]


def _put(call: Call, transaction: Transaction, blob: Blob) -> Node:
    attribute = from_fragment(transaction.attribute, call.emulator.clock.now_ms())
    check_size(call, blob.size)
    if transaction.file is not None:
        node = _live(call, transaction.file, Status.NO_FILE)
        call.view.need_change(node, group=transaction.group)
        expected = call.fields.text("lsg")
        if expected is not None and expected.lower() != node.digest:
            raise Refusal(Status.CHECKSUM, "somebody else has written meanwhile")
        return changing.overwrite(call.view, node, blob, attribute)
    parent = _live(call, transaction.parent, Status.NO_FOLDER)
    call.view.need_change(parent, group=transaction.group)
    return changing.create_file(call.view, parent, transaction.name, blob, attribute)


def _live(call: Call, node_id: int, missing: Status) -> Node:
    node = call.store.tree.find(node_id)
    if node is None or node.bin is not None:
        raise Refusal(missing, "it was deleted meanwhile")
    return node
