"""Changes to the tree, each with all that belongs to it: names, space, bin, activities.

They are what routes and the methods for tests are made of. Every one runs inside a
transaction that its caller has begun, and refuses with `ApiError`; who may do it was decided
before.
"""

from collections.abc import Sequence

from cloudfs.emulators.podspace.access import View, need_inner
from cloudfs.emulators.podspace.activities import Activity, note
from cloudfs.emulators.podspace.describe import brief
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.names import check_name, numbered
from cloudfs.emulators.store.bin import BinItem
from cloudfs.emulators.store.blobs import Blob, Growing
from cloudfs.emulators.store.contents import Version
from cloudfs.emulators.store.tree import Node

Content = Blob | Growing  # stored already, or received just now


def quota_of(view: View, account: int) -> int:
    """The space that an account has, in bytes; negative: no limit."""
    own = view.store.accounts.get(account).quota
    return view.settings.quota if own is None else own


def usage_of(view: View, account: int) -> int:
    """The space that an account takes: files, older versions and the bin."""
    usage = view.store.accounts.usage(account)
    return usage.live + usage.history


def has_space(view: View, account: int, more: int) -> bool:
    """Whether an account has room for *more* bytes."""
    quota = quota_of(view, account)
    return more <= 0 or quota < 0 or usage_of(view, account) + more <= quota


def need_space(view: View, account: int, more: int) -> None:
    """206 unless an account has room for *more* bytes."""
    if not has_space(view, account, more):
        raise ApiError(Code.NO_SPACE_FOR_SAVING, f"there is no room for {more} bytes")


def need_free(view: View, folder: Node, name: str, code: Code = Code.FILE_ALREADY_EXISTS) -> None:
    """*code* if something in the folder has that name."""
    there = view.store.tree.child(folder.id, name)
    if there is not None:
        raise ApiError(code, name, result=brief(there))


def free_name(view: View, folder: Node, name: str, *, is_folder: bool) -> str:
    """*name*, or the first numbered form of it that nothing in the folder has."""
    wanted, number = name, 0
    while view.store.tree.child(folder.id, wanted) is not None:
        number += 1
        wanted = numbered(name, number, folder=is_folder)
    return wanted


def create_folder(view: View, parent: Node, name: str) -> Node:
    """A new folder."""
    need_free(view, parent, check_name(name))
    node = view.store.tree.add_folder(parent, name, author=view.user)
    note(view, Activity.CREATE, node)
    return node


def name_for(view: View, folder: Node, name: str, *, unique: bool) -> str:
    """What a new file is to be called; 209 or 203 if it may not be called *name*."""
    check_name(name)
    if unique:
        return free_name(view, folder, name, is_folder=False)
    need_free(view, folder, name)
    return name


def add_file(
    view: View, folder: Node, name: str, content: Content, *, unique: bool = False
) -> Node:
    """A new file."""
    name = name_for(view, folder, name, unique=unique)
    need_space(view, folder.owner, content.size)
    node = _write(view, view.store.tree.add_file(folder, name, author=view.user), content, 0)
    note(view, Activity.UPLOAD, node)
    return node


def replace(view: View, node: Node, content: Content) -> Node:
    """Give a file a new content; what it was stays a version."""
    need_space(view, node.owner, content.size)
    node = _write(view, node, content, node.number + 1)
    view.store.contents.keep_newest(node, view.settings.version_limit)
    note(view, Activity.UPLOAD, node)
    return node


def restore_version(view: View, node: Node, version: Version) -> Node:
    """Make an older content of a file the current one again."""
    return replace(view, node, view.store.blobs.get(version.blob))


def rename(view: View, node: Node, name: str) -> Node:
    """Give an entry another name in its folder."""
    parent = view.store.tree.get(need_inner(node).parent or 0)
    if check_name(name) == node.name:
        return node
    need_free(view, parent, name, Code.DUPLICATE_NAME_FILE)
    view.store.tree.rename(node, name)
    return _changed(view, Activity.RENAME, node)


def move(view: View, node: Node, folder: Node) -> Node:
    """Put an entry into another folder."""
    if node.parent == folder.id:
        return node
    need_free(view, folder, node.name)
    if folder.owner != node.owner:
        need_space(view, folder.owner, view.store.contents.bytes_below(node))
    view.store.tree.move(node, folder)
    return _changed(view, Activity.MOVE, node)


def copy(view: View, node: Node, folder: Node) -> Node:
    """Copy an entry with all that is below it; versions stay behind."""
    need_free(view, folder, node.name)
    below = view.store.tree.below(node.id)
    need_space(view, folder.owner, sum(found.size for found in below))
    copies: dict[int | None, Node] = {node.parent: folder}
    for found in below:
        copies[found.id] = _copy_one(view, found, copies[found.parent])
    note(view, Activity.COPY, copies[node.id])
    return copies[node.id]


def trash(view: View, node: Node) -> None:
    """Move an entry, with all that is below it, into the bin of its owner."""
    above = view.store.tree.above(need_inner(node).id)
    path = "".join(f"/{found.name}" for found in reversed(above[:-1]))
    view.store.bin.put(node, path, by=view.user, scope=above[-1].id)
    note(view, Activity.TRASH, node)


def restore(view: View, item: BinItem) -> Node:
    """Put an entry back where it was; into the root if that folder is gone."""
    folder = _home_of(view, item)
    node = view.store.tree.get(item.node)
    name = free_name(view, folder, node.name, is_folder=not node.is_file)
    view.store.bin.restore(item, folder, name)
    if (folder.id, name) != (item.parent, node.name):
        view.store.tree.touch(node.id)
    note(view, Activity.RESTORE, node)
    return view.store.tree.get(node.id)


def wipe(view: View, items: Sequence[BinItem]) -> None:
    """Delete entries of the bin for good."""
    for item in items:
        view.store.bin.purge(item)


def _home_of(view: View, item: BinItem) -> Node:
    """Where an entry goes back to: *item.scope* is the top of the tree it was in."""
    for node_id in (item.parent, item.scope):
        found = None if node_id is None else view.store.tree.find(node_id)
        if found is not None and found.bin is None:
            return found
    return view.store.tree.root(item.account)


def _write(view: View, node: Node, content: Content, number: int) -> Node:
    # Taken only now, when nothing is refused any more: a file moved stays moved.
    blob = content if isinstance(content, Blob) else view.store.blobs.keep(content)
    made = view.clock.now_ms()
    return view.store.contents.write(
        node, blob, number=number, made=made, kind=Activity.UPLOAD, author=view.user
    )


def _changed(view: View, activity: Activity, node: Node) -> Node:
    """Name or place of an entry are new, and so is its time."""
    view.store.tree.touch(node.id)
    node = view.store.tree.get(node.id)
    note(view, activity, node)
    return node


def _copy_one(view: View, source: Node, folder: Node) -> Node:
    if not source.is_file:
        return view.store.tree.add_folder(folder, source.name, author=view.user)
    node = view.store.tree.add_file(folder, source.name, author=view.user)
    assert source.blob is not None
    return _write(view, node, view.store.blobs.get(source.blob), 0)
