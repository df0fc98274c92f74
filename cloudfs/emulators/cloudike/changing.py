"""Changes to the tree, each with all that belongs to it: rights, space, trash, events.

They are what routes, tasks and the methods for tests are made of. Every one runs inside a
transaction that its caller has begun, and refuses with `ApiError` before it changed anything.
"""

from dataclasses import dataclass

from cloudfs.emulators.cloudike import events
from cloudfs.emulators.cloudike.errors import ApiError
from cloudfs.emulators.cloudike.names import Path, numbered
from cloudfs.emulators.cloudike.places import Place, View
from cloudfs.emulators.cloudike.sightings import owner_path, sightings
from cloudfs.emulators.store.blobs import Blob
from cloudfs.emulators.store.tree import Node


@dataclass(frozen=True, slots=True)
class ClientTimes:
    """What a client says about the age of something, in ms."""

    created: int | None = None
    modified: int | None = None


def need_writable(place: Place) -> None:
    """403 unless the viewer may change what is at *place*, and below it."""
    if not place.writable:
        raise ApiError(403, description=f"{place.path} is shared for reading only")


def need_space(view: View, owner: int, more: int) -> None:
    """402 unless *owner* has room for *more* bytes."""
    if not has_space(view, owner, more):
        raise ApiError(402, description="there is not enough space")


def has_space(view: View, owner: int, more: int) -> bool:
    """Whether *owner* has room for *more* bytes."""
    quota = quota_of(view, owner)
    return more <= 0 or not 0 <= quota < view.store.accounts.live_bytes(owner) + more


def quota_of(view: View, account: int) -> int:
    """The space that an account has, in bytes; negative: no limit."""
    own = view.store.accounts.get(account).quota
    return view.settings.quota if own is None else own


def create_folder(view: View, parent: Place, name: str, times: ClientTimes) -> Place:
    """A new folder where nothing is."""
    need_writable(parent)
    node = view.store.tree.add_folder(
        parent.node,
        name,
        author=view.user,
        client_created=times.created,
        client_modified=times.modified,
    )
    events.announce(view, events.CREATED, node, sightings(view.store, node))
    return _again(view, parent, name)


def create_folders(view: View, path: Path) -> Place:
    """The folder at *path*, made with its parents where it is missing; 405 below a file."""
    place = view.root()
    for name in path:
        if place.is_file:
            break
        place = view.child(place, name) or create_folder(view, place, name, ClientTimes())
    if place.is_file:
        raise ApiError(405, description=f"{place.path} is a file")
    return place


def write_file(
    view: View,
    parent: Place,
    name: str,
    blob: Blob,
    *,
    times: ClientTimes,
) -> Place:
    """Put a content at a name: a new file, or a new version of the one that is there."""
    need_writable(parent)
    store = view.store
    there = view.child(parent, name)
    need_space(view, parent.node.owner, blob.size - (there.node.size if there else 0))
    node = there.node if there else store.tree.add_file(parent.node, name, author=view.user)
    made = store.accounts.stamp(node.owner)
    what = "new_content" if there else events.CREATED
    node = store.contents.write(
        node,
        blob,
        number=made,
        made=made,
        kind=what,
        author=view.user,
        client_created=times.created,
        client_modified=times.modified,
    )
    events.announce(view, what, node, sightings(store, node))
    return _again(view, parent, name)


def rename(view: View, place: Place, name: str) -> None:
    """Give something another name in its folder, where nothing has that name."""
    node = place.mount or place.node
    before = sightings(view.store, node)
    renamed = _as_new(view, view.store.tree.rename(node, name))
    _announce_move(view, "renamed", node, renamed, before)


def move(view: View, place: Place, folder: Place) -> None:
    """Put something into another folder, where nothing has its name."""
    node = place.mount or place.node
    if folder.node.owner != node.owner:
        need_space(view, folder.node.owner, size_of(view, place))
    before = sightings(view.store, node)
    moved = _as_new(view, view.store.tree.move(node, folder.node))
    _announce_move(view, "moved", node, moved, before)


def copy(view: View, place: Place, folder: Place, name: str) -> Place:
    """Copy something to a name that is free; versions stay behind."""
    need_space(view, folder.node.owner, size_of(view, place))
    node = _copy(view, place, folder.node, name)
    events.announce(view, events.CREATED, node, sightings(view.store, node))
    return _again(view, folder, name)


def size_of(view: View, place: Place) -> int:
    """The bytes of all files at and below *place*."""
    return sum(found.node.size for found in view.walk(place))


def free_name(view: View, folder: Place, name: str, *, is_folder: bool) -> str:
    """*name*, or the first numbered form of it that nothing in *folder* has."""
    wanted, number = name, 0
    while view.child(folder, wanted) is not None:
        number += 1
        wanted = numbered(name, number, folder=is_folder)
    return wanted


def delete(view: View, place: Place, *, without_trash: bool = False) -> None:
    """Delete something: into the trash of its owner, or for good.

    A member who deletes a folder that is shared with him leaves it.
    """
    if place.mount is not None:
        leave(view, place)
        return
    need_writable(place)
    where = sightings(view.store, place.node)
    discard(view, place, without_trash=without_trash)
    events.announce(view, events.DELETED, place.node, where)


def discard(view: View, place: Place, *, without_trash: bool = False) -> None:
    """`delete` without an event: something takes the place."""
    store = view.store
    for folder in store.shares.inside(place.node.id):
        unshare(view, folder)
    for mount in store.tree.mounts_below(place.node.id):
        share = store.shares.of_mount(mount.id)
        assert share is not None, "every mount shows a share"
        store.shares.remove(share)
    if without_trash:
        store.tree.remove(place.node)
        return
    scope = None if place.share is None else place.share.node
    store.bin.put(place.node, owner_path(store, place.node), by=view.user, scope=scope)


def leave(view: View, place: Place) -> None:
    """End the viewer's membership of the folder shared at *place*."""
    assert place.share is not None
    assert place.mount is not None
    where = owner_path(view.store, place.node)
    view.store.shares.remove(place.share)
    for account, path in ((view.user, place.path), (place.node.owner, where)):
        events.announce_share(view, "folder_collab_removed", account, place.node, path, view.user)


def unshare(view: View, folder: Node) -> None:
    """End all memberships of a shared folder."""
    where = sightings(view.store, folder)
    view.store.shares.unshare(folder.id)
    for account, path in where.items():
        events.announce_share(view, "folder_unshared", account, folder, path, account)


def _again(view: View, parent: Place, name: str) -> Place:
    found = view.child(parent, name)
    assert found is not None, "it was just put there"
    return found


def _as_new(view: View, node: Node) -> Node:
    """A file that was moved or renamed begins a new history (reference 3.8.1)."""
    if not node.is_file:
        return node
    made = view.store.accounts.stamp(node.owner)
    return view.store.contents.begin_anew(node, number=made, made=made, kind=events.CREATED)


def _announce_move(view: View, what: str, old: Node, new: Node, before: dict[int, str]) -> None:
    events.announce_move(view, what, old, new, paths=(before, sightings(view.store, new)))


def _copy(view: View, top: Place, parent: Node, name: str) -> Node:
    copied = _copy_one(view, top.node, parent, name)
    waiting = [] if top.is_file else [(top, copied)]
    for place, folder in waiting:  # grows while it is read
        for child in view.children(place):
            if child.node.id != copied.id:
                node = _copy_one(view, child.node, folder, child.name)
                waiting += [] if child.is_file else [(child, node)]
    return copied


def _copy_one(view: View, source: Node, parent: Node, name: str) -> Node:
    store = view.store
    if not source.is_file:
        return store.tree.add_folder(
            parent,
            name,
            author=view.user,
            client_created=source.client_created,
            client_modified=source.client_modified,
        )
    node = store.tree.add_file(parent, name, author=view.user)
    made = store.accounts.stamp(node.owner)
    assert source.blob is not None
    return store.contents.write(
        node,
        store.blobs.get(source.blob),
        number=made,
        made=made,
        kind=events.CREATED,
        author=view.user,
        client_created=source.client_created,
        client_modified=source.client_modified,
    )
