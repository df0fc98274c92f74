"""Changes to the tree, each with all that belongs to it: its stamp, sequence, space, number.

They are what calls and the methods for tests are made of. Every one runs inside a transaction
that its caller has begun, in which a refusal undoes everything.
"""

from cloudfs.emulators.asus import sequences
from cloudfs.emulators.asus.attributes import (
    Attribute,
    attribute_of,
    forget_attribute,
    from_fragment,
    set_attribute,
)
from cloudfs.emulators.asus.marks import forget_marks
from cloudfs.emulators.asus.names import check_name
from cloudfs.emulators.asus.places import (
    BACKUP,
    FILES,
    FIRST_BIN,
    FIRST_FILE,
    FIRST_FOLDER,
    FOLDERS,
    HOME,
    SYNC,
    SYNC_FOLDER,
    TITLES,
    View,
)
from cloudfs.emulators.asus.refusals import Refusal, Status
from cloudfs.emulators.asus.sharing import end, share_of
from cloudfs.emulators.store.blobs import Blob
from cloudfs.emulators.store.tree import Node

WRITTEN = "written"  # kind of version


def set_up(view: View) -> None:
    """Give a new account its system folders, and the recycle bin its number."""
    for space in (HOME, BACKUP, SYNC):
        view.store.tree.root(view.user, space)
    number = FIRST_BIN + len(view.store.accounts.all()) - 1
    bin_ = view.bin(view.user)
    if number < FIRST_FOLDER:
        view.store.numbers.assign(bin_.id, FOLDERS, number)
    else:
        view.store.numbers.give(bin_.id, FOLDERS, first=FIRST_FOLDER)


def sync_folder(view: View) -> Node:
    """The viewer's MySyncFolder, made if it is missing."""
    top = view.store.tree.root(view.user, SYNC)
    there = view.store.tree.child(top.id, SYNC_FOLDER)
    if there is not None and not there.is_file:
        return there
    return create_folder(view, top, SYNC_FOLDER, from_fragment(None, view.clock.now_ms()))


def need_free(view: View, parent: Node, name: str, *, except_for: Node | None = None) -> None:
    """214 if a folder has another child of that name, whatever the case of its letters."""
    there = view.store.tree.child(parent.id, name)
    if there is not None and (except_for is None or there.id != except_for.id):
        raise Refusal(Status.NAME_TAKEN, f"{there.name} exists")


def create_folder(view: View, parent: Node, name: str, attribute: Attribute) -> Node:
    """A new folder."""
    check_name(name)
    need_free(view, parent, name)
    node = view.store.tree.add_folder(parent, name, author=view.user)
    view.store.numbers.give(node.id, FOLDERS, first=FIRST_FOLDER)
    set_attribute(view.store, node, attribute, view.clock.now_ms())
    return _changed(view, node)


def create_file(view: View, parent: Node, name: str, blob: Blob, attribute: Attribute) -> Node:
    """A new file."""
    check_name(name)
    need_free(view, parent, name)
    view.need_space(parent, blob.size)
    node = view.store.tree.add_file(parent, name, author=view.user)
    view.store.numbers.give(node.id, FILES, first=FIRST_FILE)
    return _write(view, node, blob, attribute)


def overwrite(view: View, node: Node, blob: Blob, attribute: Attribute) -> Node:
    """Give a file another content, as its next version.

    No call leads to the version before, but whoever is reading it goes on.
    """
    assert node.parent is not None
    view.need_space(view.store.tree.get(node.parent), blob.size - node.size)
    return _write(view, node, blob, attribute)


def _write(view: View, node: Node, blob: Blob, attribute: Attribute) -> Node:
    now = view.clock.now_ms()
    node = view.store.contents.write(
        node, blob, number=node.number + 1, made=now, kind=WRITTEN, author=view.user
    )
    set_attribute(view.store, node, attribute, now)
    return _changed(view, node)


def set_times(view: View, node: Node, attribute: Attribute) -> None:
    """Give an entry another attribute; it keeps its stamp (reference 3.5.6)."""
    set_attribute(view.store, node, attribute, view.clock.now_ms())
    if node.is_file:
        view.store.tree.touch(node.id)
    sequences.advance(view.store, node)


def rename(view: View, node: Node, name: str) -> None:
    """Give an entry another name in its folder."""
    check_name(name)
    assert node.parent is not None
    need_free(view, view.store.tree.get(node.parent), name, except_for=node)
    _changed(view, view.store.tree.rename(node, name))


def move(view: View, node: Node, parent: Node) -> None:
    """Put an entry into another folder of its tree."""
    if view.top(node).id != view.top(parent).id:
        raise Refusal(Status.OTHER_TREE, "this is another tree")
    if node.parent == parent.id:
        raise Refusal(Status.SAME_PARENT, "it is there already")
    if any(above.id == node.id for above in view.store.tree.above(parent.id)):
        raise Refusal(Status.ILLEGAL, "a folder cannot be put into itself")
    need_free(view, parent, node.name)
    before = sequences.sync_folder_of(view.store, node)
    moved = _changed(view, view.store.tree.move(node, parent))
    after = sequences.sync_folder_of(view.store, moved)
    if before is not None and (after is None or after.id != before.id):
        sequences.advance_folder(view.store, before)


def copy_file(view: View, node: Node, parent: Node) -> Node | None:
    """Copy a file under its name; None if that is taken."""
    if view.store.tree.child(parent.id, node.name) is not None:
        return None
    assert node.blob is not None
    blob = view.store.blobs.get(node.blob)
    return create_file(view, parent, node.name, blob, attribute_of(view.store, node))


def remove(view: View, node: Node) -> None:
    """Put an entry, with all below it, into the bin of its owner."""
    sequences.advance(view.store, node)
    view.store.bin.put(node, path_of(view, node), by=view.user)
    _stamp(view, node)


def restore(view: View, node: Node, parent: Node) -> None:
    """Put an entry of the viewer's bin into a folder."""
    need_free(view, parent, node.name)
    size = sum(found.size for found in view.store.tree.below(node.id))
    view.need_space(parent, size, Status.NO_CAPACITY)
    item = next(item for item in view.store.bin.items(view.user) if item.node == node.id)
    _changed(view, view.store.bin.restore(item, parent, node.name))


def purge(view: View, node: Node) -> None:
    """Delete something in the bin for good, with all below it."""
    below = view.store.tree.below(node.id)
    view.store.tree.remove(node)
    for gone in below:
        forget_attribute(view.store, gone.id)
        forget_marks(view.store, gone.id)
        share = share_of(view.store, gone.id)
        if share is not None:
            end(view.store, share)


def path_of(view: View, node: Node) -> str:
    """Where a live entry is: below MySyncFolder, or with the title of its tree in front."""
    *names, top = (above for above in view.store.tree.above(node.id))
    path = [above.name for above in reversed(names)]
    title = view.title(top)
    if title == TITLES[SYNC] and path[:1] == [SYNC_FOLDER]:
        return "/" + "/".join(path[1:])
    return f"{title}:/" + "/".join(path)


def _changed(view: View, node: Node) -> Node:
    _stamp(view, node)
    sequences.advance(view.store, node)
    return view.store.tree.get(node.id)


def _stamp(view: View, node: Node) -> None:
    """Note that an entry is another now (reference 1.10: ``createdtime``)."""
    view.store.tree.set_created(node.id, view.clock.now_ms())
    if node.is_file:
        view.store.tree.touch(node.id)
