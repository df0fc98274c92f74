"""Folders and files: the trees of all accounts, by id.

Nothing here knows about paths, rights or protocols. Whoever changes something says so with
`changed` or `children_changed`, which keep the stamps that listings are compared by.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store.database import Database

COLUMNS = (
    "id, owner, author, parent, name, kind, target, size, created, modified, client_created,"
    " client_modified, stamp, bin, version, number, blob, digest"
)
_DOWN = (
    "WITH RECURSIVE below (id) AS (SELECT ? UNION ALL"
    " SELECT nodes.id FROM nodes JOIN below ON nodes.parent = below.id) SELECT id FROM below"
)
_UP = (
    "WITH RECURSIVE above (id, parent) AS (SELECT id, parent FROM nodes WHERE id = ?"
    " UNION ALL SELECT nodes.id, nodes.parent FROM nodes JOIN above ON nodes.id = above.parent)"
    " SELECT id FROM above"
)


class Kind(StrEnum):
    """What a node is."""

    FOLDER = "folder"
    FILE = "file"
    MOUNT = "mount"  # a folder of somebody else, seen at this place


class Order(StrEnum):
    """What a listing is sorted by."""

    NAME = "name"  # by the bytes of the name, or of what names are compared by
    MODIFIED = "modified"
    CREATED = "created"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Node:
    """A folder, a file or a mount; of a file also what its current version says."""

    id: int
    owner: int
    author: int
    parent: int | None
    name: str
    kind: Kind
    target: int | None
    size: int
    created: int
    modified: int
    client_created: int | None
    client_modified: int | None
    stamp: int
    bin: int | None
    version: int | None  # id of the current version
    number: int  # its number; 0 for folders
    blob: int | None
    digest: str | None

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return self.kind == Kind.FILE


class Tree:
    """The nodes of one store."""

    def __init__(
        self, database: Database, clock: Clock, key_of_name: Callable[[str], str] = str
    ) -> None:
        self._database = database
        self._clock = clock
        self._key_of_name = key_of_name

    def find(self, node_id: int) -> Node | None:
        """The node of that id, if there still is one."""
        return self._one("WHERE id = ?", node_id)

    def get(self, node_id: int) -> Node:
        """The node of that id, which exists."""
        node = self.find(node_id)
        assert node is not None, f"there is no node {node_id}"
        return node

    def root(self, account_id: int, space: str = "home") -> Node:
        """The top of one of the account's trees, made if it is missing."""
        found = self._database.value(
            "SELECT node FROM roots WHERE account = ? AND space = ?", account_id, space
        )
        if found is None:
            found = self._insert(account_id, account_id, None, "", Kind.FOLDER).id
            self._database.run("INSERT INTO roots VALUES (?, ?, ?)", account_id, space, found)
        return self.get(found)

    def remove_root(self, account_id: int, space: str) -> None:
        """Delete one of the account's trees, versions included, for good."""
        found = self._database.value(
            "DELETE FROM roots WHERE account = ? AND space = ? RETURNING node", account_id, space
        )
        self.remove(self.get(found))

    def child(self, parent_id: int, name: str) -> Node | None:
        """The child of that name; the oldest if there are several."""
        return self._one(
            "WHERE id = (SELECT min(id) FROM nodes WHERE parent = ? AND name_key = ?)",
            parent_id,
            self._key_of_name(name),
        )

    def children(
        self,
        parent_id: int,
        *,
        order: Order = Order.NAME,
        descending: bool = False,
        folders_only: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Node]:
        """The children of a folder, or *limit* of them after *offset*."""
        direction = "DESC" if descending else "ASC"
        keys = "name_key" if order == Order.NAME else f"{order} {direction}, name_key"
        return self._many(
            "WHERE parent = ? AND NOT (? AND kind = 'file')"
            f" ORDER BY {keys} {direction}, id LIMIT ? OFFSET ?",
            parent_id,
            folders_only,
            -1 if limit is None else limit,
            offset,
        )

    def count_children(self, parent_id: int, *, folders_only: bool = False) -> int:
        """How many children a folder has."""
        found = self._database.value(
            "SELECT count(*) FROM nodes WHERE parent = ? AND NOT (? AND kind = 'file')",
            parent_id,
            folders_only,
        )
        assert isinstance(found, int)
        return found

    def below(self, node_id: int) -> list[Node]:
        """The node and everything below it, parents before children."""
        found = self._many("WHERE id IN (SELECT value FROM json_each(?))", self.ids_below(node_id))
        children: dict[int | None, list[Node]] = {}
        for node in found:
            children.setdefault(node.parent, []).append(node)
        ordered = [node for node in found if node.id == node_id]
        for node in ordered:  # grows while it is read
            ordered += children.get(node.id, [])
        return ordered

    def ids_below(self, node_id: int) -> str:
        """The ids of the node and of everything below it, as a JSON list."""
        return json.dumps([row["id"] for row in self._database.rows(_DOWN, node_id)])

    def above(self, node_id: int) -> list[Node]:
        """The node and its parents, upwards to the top of its tree."""
        ids = json.dumps([row["id"] for row in self._database.rows(_UP, node_id)])
        found = {n.id: n for n in self._many("WHERE id IN (SELECT value FROM json_each(?))", ids)}
        chain = [found[node_id]]
        while (parent := chain[-1].parent) is not None:
            chain.append(found[parent])
        return chain

    def mounts(self, node_id: int) -> list[Node]:
        """Where a folder is mounted."""
        return self._many("WHERE target = ? AND bin IS NULL ORDER BY id", node_id)

    def mounts_below(self, node_id: int) -> list[Node]:
        """The mounts at or below a node."""
        return self._many(
            "WHERE kind = 'mount' AND id IN (SELECT value FROM json_each(?))",
            self.ids_below(node_id),
        )

    def files_of(self, owner_id: int) -> list[Node]:
        """The live files in the trees of an account."""
        return self._many("WHERE owner = ? AND bin IS NULL AND kind = 'file'", owner_id)

    def add_folder(
        self,
        parent: Node,
        name: str,
        *,
        author: int,
        client_created: int | None = None,
        client_modified: int | None = None,
    ) -> Node:
        """A new folder in *parent*."""
        node = self._insert(parent.owner, author, parent.id, name, Kind.FOLDER)
        self._set(node.id, client_created=client_created, client_modified=client_modified)
        self.children_changed(parent.id)
        return self.get(node.id)

    def add_file(self, parent: Node, name: str, *, author: int) -> Node:
        """A new file in *parent*, which has no content until `Contents.write`."""
        node = self._insert(parent.owner, author, parent.id, name, Kind.FILE)
        self.children_changed(parent.id)
        return node

    def add_mount(self, parent: Node, name: str, target: Node) -> Node:
        """Let the folder *target* be seen in *parent*."""
        node = self._insert(parent.owner, target.owner, parent.id, name, Kind.MOUNT)
        self._set(node.id, target=target.id, modified=target.modified)
        self.children_changed(parent.id)
        return self.get(node.id)

    def rename(self, node: Node, name: str) -> Node:
        """Give a node another name; its place must be free."""
        self._set(node.id, name=name, name_key=self._key_of_name(name))
        self._changed_from(node)
        return self.get(node.id)

    def move(self, node: Node, parent: Node) -> Node:
        """Put a node, with all below it, into another folder; its place must be free."""
        self._set(node.id, parent=parent.id)
        if node.owner != parent.owner:
            self._database.run(
                "UPDATE nodes SET owner = ? WHERE id IN (SELECT value FROM json_each(?))",
                parent.owner,
                self.ids_below(node.id),
            )
        self._changed_from(node)
        self.children_changed(parent.id)
        return self.get(node.id)

    def remove(self, node: Node) -> None:
        """Delete a node and everything below it, versions included, for good.

        Nothing of it may be mounted anywhere.
        """
        self._database.run(
            "DELETE FROM nodes WHERE id IN (SELECT value FROM json_each(?))",
            self.ids_below(node.id),
        )
        self._changed_from(node)

    def detach(self, node: Node) -> None:
        """Take the tree below *node* out of its folder and mark it as deleted."""
        self._database.run(
            "UPDATE nodes SET bin = ? WHERE id IN (SELECT value FROM json_each(?))",
            node.id,
            self.ids_below(node.id),
        )
        self._set(node.id, parent=None)
        self._changed_from(node)

    def attach(self, node: Node, parent: Node, name: str) -> Node:
        """Put a tree that was detached into *parent*."""
        self._database.run("UPDATE nodes SET bin = NULL WHERE bin = ?", node.id)
        self._set(node.id, name=name, name_key=self._key_of_name(name))
        return self.move(self.get(node.id), parent)

    def set_client_times(self, node: Node, created: int | None, modified: int | None) -> None:
        """Note what the client said about the age of a node."""
        self._set(node.id, client_created=created, client_modified=modified)

    def set_created(self, node_id: int, created: int) -> None:
        """Note when a node came to be as it is, in ms; for services that tell it so."""
        self._set(node_id, created=created)

    def set_content(self, node: Node, version_id: int, size: int) -> None:
        """Make a version the one that counts."""
        self._set(node.id, current=version_id, size=size)

    def touch(self, node_id: int) -> None:
        """Set a node's time of modification to now."""
        self._set(node_id, modified=self._clock.now_ms())

    def changed(self, node_id: int) -> None:
        """Something that a listing shows of this node changed: every such listing did.

        Listings show a node in its parent, and a shared folder also where it is mounted.
        """
        self._database.run(
            "UPDATE nodes SET stamp = stamp + 1 WHERE id = ?1"
            " OR id = (SELECT parent FROM nodes WHERE id = ?1)"
            " OR id IN (SELECT parent FROM nodes WHERE target = ?1)",
            node_id,
        )

    def children_changed(self, folder_id: int) -> None:
        """A child came, went or was renamed: the folder is modified now."""
        now = self._clock.now_ms()
        self._database.run(
            "UPDATE nodes SET modified = ?1 WHERE id = ?2 OR target = ?2", now, folder_id
        )
        self.changed(folder_id)

    def _changed_from(self, before: Node) -> None:
        if before.parent is not None:
            self.children_changed(before.parent)
        self.changed(before.id)

    def _insert(self, owner: int, author: int, parent: int | None, name: str, kind: Kind) -> Node:
        now = self._clock.now_ms()
        cursor = self._database.run(
            "INSERT INTO nodes (owner, author, parent, name, name_key, kind, created, modified)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            owner,
            author,
            parent,
            name,
            self._key_of_name(name),
            kind,
            now,
            now,
        )
        assert cursor.lastrowid is not None
        return self.get(cursor.lastrowid)

    def _set(self, node_id: int, **columns: object) -> None:
        assignments = ", ".join(f"{column} = ?" for column in columns)
        statement = f"UPDATE nodes SET {assignments} WHERE id = ?"  # noqa: S608 - our own text
        self._database.run(statement, *columns.values(), node_id)

    def _one(self, clause: str, *values: object) -> Node | None:
        return next(iter(self._many(clause, *values)), None)

    def _many(self, clause: str, *values: object) -> list[Node]:
        statement = f"SELECT {COLUMNS} FROM entries {clause}"  # noqa: S608 - our own text
        rows = self._database.rows(statement, *values)
        return [node_of(row) for row in rows]


def node_of(row: Iterable[Any]) -> Node:
    """The node of a row of `COLUMNS`."""
    values = list(row)
    values[5] = Kind(values[5])
    return Node(*values)
