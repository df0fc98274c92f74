"""Entries, versions and users as the service writes them (reference 1.6 and 3.18)."""

from collections.abc import Sequence
from typing import Any

from cloudfs.emulators.podspace.access import ROOT, Level, View
from cloudfs.emulators.podspace.hashes import Kind, hash_of, node_hash
from cloudfs.emulators.podspace.mediatypes import media_type, thumbnail
from cloudfs.emulators.podspace.names import split_name
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.contents import Version
from cloudfs.emulators.store.tree import Node

Entity = dict[str, Any]


def entity(view: View, node: Node) -> Entity:
    """An entry, as it stands in lists."""
    return entities(view, [node])[0]


def entities(view: View, nodes: Sequence[Node], parents: Sequence[int | None] = ()) -> list[Entity]:
    """Many entries, in order. *parents* says where they were, if they are in the bin."""
    ids = [node.id for node in nodes]
    marked = view.store.marks(view.account, ids).favourites
    grants = view.store.grants.on(ids)
    public = {grant.node for grant in grants if grant.member is None}
    shared = {grant.node for grant in grants if grant.member is not None}
    found = []
    for node, parent in zip(nodes, parents or [n.parent for n in nodes], strict=True):
        flags = {
            "postId": node.id if node.id in public else None,
            "isPublic": node.id in public,
            "isShared": node.id in shared,
            "isBookmarked": node.id in marked,
        }
        one = _plain(node, parent) | {name: value for name, value in flags.items() if value}
        if not parents and view.level(node) < Level.FULL:
            one["userCanTrash"] = False
        found.append(one)
    return found


def detailed(view: View, node: Node) -> Entity:
    """An entry, with the people that belong to it."""
    return entity(view, node) | _people(view.store, node)


def listed(view: View, node: Node) -> Entity:
    """The folder that a listing is of, with what the account may do in it."""
    found = entity(view, node) | {"owner": user(view.store, node.owner)}
    level = view.level(node)
    return found if level == Level.FULL else found | {"accessLevel": max(level, Level.VIEW).name}


def version_entity(view: View, node: Node, version: Version) -> Entity:
    """A version, in the form of an entry (reference 3.2)."""
    return detailed(view, node) | {
        "hash": hash_of(Kind.VERSION, version.id),
        "size": version.size,
        "updated": version.made,
        "version": version.number,
        "uploader": user(view.store, version.author),
    }


def version_item(view: View, node: Node, version: Version) -> Entity:
    """A version, as it stands in the history of a file."""
    name, extension = split_name(node.name)
    return {
        "hash": hash_of(Kind.VERSION, version.id),
        "version": version.number,
        "name": name,
        "extension": extension,
        "size": version.size,
        "type": media_type(node),
        "created": version.made,
        "uploader": user(view.store, version.author),
    }


def brief(node: Node) -> Entity:
    """An entry, as it stands in refusals and shares."""
    name, extension = split_name(node.name) if node.is_file else (_folder_name(node), "")
    return {
        "hash": node_hash(node.id),
        "name": name,
        "extension": extension,
        "type": media_type(node),
    }


def breadcrumb(view: View, node: Node) -> list[Entity]:
    """The entry and the folders above it that the account may see, upwards."""
    seen = [
        found
        for found in view.store.tree.above(node.id)
        if found.id == node.id or view.level(found) > Level.NONE
    ]
    return [
        {
            "hash": node_hash(found.id),
            "name": found.name if found.is_file else _folder_name(found),
            "parentHash": node_hash(found.parent),
            "attributes": [],
        }
        for found in seen
    ]


def user(store: Store, account: int) -> Entity:
    """A User."""
    return person(store, account) | {"roles": []}


def person(store: Store, account: int) -> Entity:
    """A User, as others are told of him."""
    return {
        "username": store.accounts.logins(account)[0],
        "name": store.accounts.get(account).name,
        "ssoId": account,
    }


def _plain(node: Node, parent: int | None) -> Entity:
    found = {
        **brief(node),
        "size": node.size,
        "parentHash": node_hash(parent),
        "created": node.created,
        "updated": node.modified,
    }
    if parent is None:  # of a root no more is known to be said
        return found
    return found | {"version": node.number, "thumbnail": thumbnail(node), "attributes": []}


def _people(store: Store, node: Node) -> Entity:
    author = store.contents.current(node).author if node.is_file else node.author
    return {"owner": user(store, node.owner), "uploader": user(store, author)}


def _folder_name(node: Node) -> str:
    return node.name or ROOT
