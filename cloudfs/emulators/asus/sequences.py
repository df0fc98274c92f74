"""Change sequences of sync folders (reference 3.16).

A sync folder is a folder directly in the Sync Center. Its sequence begins with 1 and rises by
one for every change of what is below it.
"""

from cloudfs.emulators.asus.places import SYNC
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.tree import Node

_SEQUENCE = "changeseq"  # kind of record


def sequence(store: Store, folder: Node) -> int:
    """The change sequence of a sync folder."""
    record = store.records.get(_SEQUENCE, str(folder.id))
    return 1 if record is None else int(record.data["seq"])


def sync_folder_of(store: Store, node: Node) -> Node | None:
    """The sync folder that an entry is below; None if it is in none, or is one."""
    above = store.tree.above(node.id)
    if len(above) > 2 and above[-1].id == store.tree.root(node.owner, SYNC).id:
        return store.tree.get(above[-2].id)
    return None


def advance(store: Store, node: Node) -> None:
    """Something happened to an entry."""
    folder = sync_folder_of(store, node)
    if folder is not None:
        advance_folder(store, folder)


def advance_folder(store: Store, folder: Node) -> None:
    """Something happened below a sync folder."""
    data = {"seq": sequence(store, folder) + 1}
    store.records.put(_SEQUENCE, str(folder.id), folder.owner, data)
