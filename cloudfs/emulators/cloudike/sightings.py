"""Who sees a node, and where: the owner, and the members of a shared folder above it."""

from cloudfs.emulators.store import Store
from cloudfs.emulators.store.tree import Node

Sightings = dict[int, str]  # account -> path


def sightings(store: Store, node: Node) -> Sightings:
    """Where each account that sees *node* sees it."""
    found: Sightings = {}
    names: list[str] = []
    for ancestor in store.tree.above(node.id):
        if ancestor.parent is None:
            found[ancestor.owner] = "/" + "/".join(names)
            break
        for share in store.shares.of_folder(ancestor.id):
            if share.member is None or share.mount is None:
                continue
            top = owner_path(store, store.tree.get(share.mount))
            found[share.member] = "/".join([top, *names])
        names.insert(0, ancestor.name)
    return found


def owner_path(store: Store, node: Node) -> str:
    """Where the owner of the tree that *node* is in sees it."""
    names = [ancestor.name for ancestor in store.tree.above(node.id)[:-1]]
    return "/" + "/".join(reversed(names))
