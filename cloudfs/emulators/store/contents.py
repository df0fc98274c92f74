"""Versions of files."""

import secrets
from dataclasses import dataclass

from cloudfs.emulators.store.blobs import Blob
from cloudfs.emulators.store.database import Database
from cloudfs.emulators.store.tree import Node, Tree

_SELECT = (
    "SELECT v.id, v.key, v.node, v.number, v.blob, b.digest, b.size, v.kind, v.made, v.author,"
    " v.client_created, v.client_modified, v.origin"
    " FROM versions v JOIN blobs b ON b.id = v.blob "
)


@dataclass(frozen=True, slots=True)
class Version:
    """One content that a file has or had."""

    id: int
    key: str
    node: int
    number: int
    blob: int
    digest: str
    size: int
    kind: str
    made: int
    author: int
    client_created: int | None
    client_modified: int | None
    origin: int | None


class Contents:
    """The versions of all files."""

    def __init__(self, database: Database, tree: Tree) -> None:
        self._database = database
        self._tree = tree

    def write(
        self,
        node: Node,
        blob: Blob,
        *,
        number: int,
        made: int,
        kind: str,
        author: int,
        client_created: int | None = None,
        client_modified: int | None = None,
        origin: int | None = None,
    ) -> Node:
        """Give a file a new content, made at *made* ms; the old one stays a version."""
        cursor = self._database.run(
            "INSERT INTO versions (key, node, number, blob, kind, made, author, client_created,"
            " client_modified, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            secrets.token_hex(12),
            node.id,
            number,
            blob.id,
            kind,
            made,
            author,
            client_created,
            client_modified,
            origin,
        )
        assert cursor.lastrowid is not None
        self._tree.set_content(node, cursor.lastrowid, blob.size)
        self._tree.set_client_times(node, client_created, client_modified)
        self._tree.touch(node.id)
        self._tree.changed(node.id)
        return self._tree.get(node.id)

    def history(self, node: Node) -> list[Version]:
        """All versions of a file, newest first."""
        rows = self._database.rows(_SELECT + "WHERE v.node = ? ORDER BY v.id DESC", node.id)
        return [Version(*row) for row in rows]

    def numbered(self, node: Node, number: int) -> Version | None:
        """The version of that number."""
        row = self._database.row(
            _SELECT + "WHERE v.node = ? AND v.number = ? ORDER BY v.id DESC", node.id, number
        )
        return None if row is None else Version(*row)

    def find(self, version_id: int) -> Version | None:
        """The version of that id, if there still is one."""
        row = self._database.row(_SELECT + "WHERE v.id = ?", version_id)
        return None if row is None else Version(*row)

    def current(self, node: Node) -> Version:
        """The version of a file that counts."""
        row = self._database.row(_SELECT + "WHERE v.id = ?", node.version)
        assert row is not None, "only asked of files"
        return Version(*row)

    def drop_history(self, node: Node) -> None:
        """Forget every version of a file but the current one."""
        self._database.run("DELETE FROM versions WHERE node = ? AND id <> ?", node.id, node.version)

    def keep_newest(self, node: Node, most: int) -> None:
        """Forget the oldest versions of a file, so that at most *most* are left."""
        self._database.run(
            "DELETE FROM versions WHERE node = ?1 AND id <> ?2 AND id NOT IN"
            " (SELECT id FROM versions WHERE node = ?1 ORDER BY id DESC LIMIT ?3)",
            node.id,
            node.version,
            most,
        )

    def bytes_below(self, node: Node) -> int:
        """The size of all versions of the files at and below a node."""
        found = self._database.value(
            "SELECT coalesce(sum(b.size), 0) FROM versions v JOIN blobs b ON b.id = v.blob"
            " WHERE v.node IN (SELECT value FROM json_each(?))",
            self._tree.ids_below(node.id),
        )
        assert isinstance(found, int)
        return found

    def drop_all_histories(self, owner_id: int) -> None:
        """Forget every version of the owner's files but the current ones."""
        self._database.run(
            "DELETE FROM versions WHERE id IN (SELECT v.id FROM versions v JOIN nodes n"
            " ON n.id = v.node WHERE n.owner = ? AND n.current <> v.id)",
            owner_id,
        )

    def begin_anew(self, node: Node, *, number: int, made: int, kind: str) -> Node:
        """Forget the history of a file, and give its only version another number."""
        self.drop_history(node)
        self._database.run(
            "UPDATE versions SET key = ?, number = ?, made = ?, kind = ?, origin = NULL"
            " WHERE id = ?",
            secrets.token_hex(12),
            number,
            made,
            kind,
            node.version,
        )
        self._tree.changed(node.id)
        return self._tree.get(node.id)
