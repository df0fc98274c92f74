"""The recycle bin: deleted trees, by an opaque name."""

import secrets
from dataclasses import dataclass

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store.database import Database
from cloudfs.emulators.store.tree import Node, Tree

_SELECT = "SELECT node, account, name, path, parent, scope, deleted, deleted_by FROM bin "


@dataclass(frozen=True, slots=True)
class BinItem:
    """The top of a deleted tree."""

    node: int
    account: int  # whose bin it is in
    name: str
    path: str  # where it was, in that account's eyes
    parent: int | None  # the folder it was in, which may be gone
    scope: int | None  # the shared folder that somebody deleted it from
    deleted: int
    deleted_by: int


class Bin:
    """The bins of all accounts."""

    def __init__(self, database: Database, tree: Tree, clock: Clock) -> None:
        self._database = database
        self._tree = tree
        self._clock = clock

    def put(self, node: Node, path: str, *, by: int, scope: int | None = None) -> BinItem:
        """Move a node, with all below it, into the bin of its owner."""
        self._tree.detach(node)
        name = secrets.token_hex(8)
        self._database.run(
            "INSERT INTO bin (node, account, name, path, parent, scope, deleted, deleted_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            node.id,
            node.owner,
            name,
            path,
            node.parent,
            scope,
            self._clock.now_ms(),
            by,
        )
        self._changed(node.owner)
        found = self.find(node.owner, name)
        assert found is not None
        return found

    def items(self, account_id: int) -> list[BinItem]:
        """What is in the account's bin, newest first."""
        rows = self._database.rows(
            _SELECT + "WHERE account = ? ORDER BY deleted DESC, rowid DESC", account_id
        )
        return [BinItem(*row) for row in rows]

    def find(self, account_id: int, name: str) -> BinItem | None:
        """The item of that name in the account's bin."""
        row = self._database.row(_SELECT + "WHERE account = ? AND name = ?", account_id, name)
        return None if row is None else BinItem(*row)

    def of_scope(self, scope: int) -> list[BinItem]:
        """What was deleted from a shared folder, newest first."""
        rows = self._database.rows(
            _SELECT + "WHERE scope = ? ORDER BY deleted DESC, rowid DESC", scope
        )
        return [BinItem(*row) for row in rows]

    def top(self, node_id: int) -> BinItem | None:
        """The item whose top is that node."""
        row = self._database.row(_SELECT + "WHERE node = ?", node_id)
        return None if row is None else BinItem(*row)

    def latest_from(self, account_id: int, path: str) -> BinItem | None:
        """The item that was deleted last of those that were at *path*."""
        return next((item for item in self.items(account_id) if item.path == path), None)

    def restore(self, item: BinItem, parent: Node, name: str) -> Node:
        """Put an item back into the tree; its place must be free."""
        self._database.run("DELETE FROM bin WHERE node = ?", item.node)
        self._changed(item.account)
        return self._tree.attach(self._tree.get(item.node), parent, name)

    def purge(self, item: BinItem) -> None:
        """Delete an item for good."""
        self._tree.remove(self._tree.get(item.node))
        self._changed(item.account)

    def stamp(self, account_id: int) -> int:
        """A number that changes with every change of the account's bin."""
        found = self._database.value("SELECT bin_stamp FROM accounts WHERE id = ?", account_id)
        assert isinstance(found, int)
        return found

    def _changed(self, account_id: int) -> None:
        self._database.run("UPDATE accounts SET bin_stamp = bin_stamp + 1 WHERE id = ?", account_id)
