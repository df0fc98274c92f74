"""What an earlier process left to do, taken up again.

The tree is empty then but for its root. The nodes of changes are put back where they were,
with the folders above them, before any listing is read; listings find them there.
"""

import logging
import sqlite3
from collections.abc import Sequence

from cloudfs.content.drafts import files_of, remove_strays, reopen
from cloudfs.database import Database
from cloudfs.journal.changes import Change, DraftRecord, Failure, change_from_record
from cloudfs.journal.journal import Journal
from cloudfs.model import ROOT_INODE, Entry, InodeNumber, Kind
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Bone, Register

log = logging.getLogger(__name__)


async def restore(journal: Journal, database: Database, tree: Tree, register: Register) -> None:
    """Fill *journal* with the changes recorded in *database*, and *tree* with their nodes."""

    def work(connection: sqlite3.Connection) -> list[tuple[int, str]]:
        return list(connection.execute("SELECT number, record FROM changes ORDER BY number"))

    found = [change_from_record(*row) for row in await database.write(work)]
    for change, _ in found:
        journal.changes[change.number] = change
    for change, draft in found:
        if change.removed:
            if change.base is not None:
                tree.departed.add(change.base.id)
        elif (node := await _node(change, journal, tree, register)) is not None:
            _take_up_draft(change, node, draft, journal)
    for change, _ in found:
        journal.order.note(change)
    known = {name for _, draft in found if draft is not None for name in files_of(draft.layers)}
    remove_strays(journal.drafts_folder, known)
    if found:
        log.info("%d changes of an earlier process are taken up again", len(found))


async def _node(change: Change, journal: Journal, tree: Tree, register: Register) -> Node | None:
    node = tree.known(change.number)
    if node is None:
        parent = await _folder(change.parent, journal, tree, register)
        node = _put(change.number, change.kind, change.base, parent, change.name, tree)
        node.attributes = await register.attributes(change.number)
    node.is_symlink = change.is_symlink
    node.changed = True
    if change.base is None:
        node.listing.complete = True
    if node.name != change.name or (node.parent and node.parent.number != change.parent):
        assert node.parent is not None
        change.parent, change.name = node.parent.number, node.name
    return node


async def _folder(number: InodeNumber, journal: Journal, tree: Tree, register: Register) -> Node:
    """The folder with that number, with all folders above it."""
    bones: Sequence[Bone] = await register.lineage(number)
    folder = tree.root
    if not bones and number != ROOT_INODE:
        log.warning("the folder %d of a change is not remembered; it goes to the root", number)
    for bone in bones:
        known = tree.known(bone.number)
        if known is None:
            change = journal.changes.get(bone.number)
            entry = change.base if change is not None else _entry(bone, folder)
            known = _put(bone.number, bone.kind, entry, folder, bone.name, tree)
        folder = known
    return folder


def _entry(bone: Bone, parent: Node) -> Entry | None:
    """As much of a folder's entry as the register knows: a listing will tell the rest."""
    if bone.id is None:
        return None
    parent_id = parent.entry.id if parent.entry is not None else None
    return Entry(id=bone.id, parent_id=parent_id, name=bone.name, kind=Kind.FOLDER)


def _put(
    number: InodeNumber, kind: Kind, entry: Entry | None, parent: Node, name: str, tree: Tree
) -> Node:
    attempt, free = 1, name
    while free in parent.children:
        attempt += 1
        free = f"{name} ({attempt})"
    return tree.add(Node(number, kind, entry), parent, free)


def _take_up_draft(
    change: Change, node: Node, record: DraftRecord | None, journal: Journal
) -> None:
    if record is None:
        return
    base = journal.open_base(node.number, record.base) if record.base is not None else None
    try:
        change.draft = reopen(journal.drafts_folder, record.layers, base=base)
    except FileNotFoundError as error:
        log.warning("what was written to %s is lost: %s", node.path(), error)
        change.failure = Failure(str(error), 5)
        return
    journal.take_up(node, change.draft)
