"""What an account has marked."""

from cloudfs.emulators.store.database import Database
from cloudfs.emulators.store.tree import Node, Tree


class Favourites:
    """The marks of all accounts."""

    def __init__(self, database: Database, tree: Tree) -> None:
        self._database = database
        self._tree = tree

    def set(self, account_id: int, node: Node, *, marked: bool) -> None:
        """Mark a node, or take the mark away."""
        if marked:
            statement = "INSERT OR IGNORE INTO favourites VALUES (?, ?)"
        else:
            statement = "DELETE FROM favourites WHERE account = ? AND node = ?"
        self._database.run(statement, account_id, node.id)
        self._tree.changed(node.id)

    def of(self, account_id: int) -> list[Node]:
        """The live nodes that an account has marked, oldest mark first."""
        rows = self._database.rows(
            "SELECT f.node FROM favourites f JOIN nodes n ON n.id = f.node"
            " WHERE f.account = ? AND n.bin IS NULL ORDER BY f.rowid",
            account_id,
        )
        return [self._tree.get(row["node"]) for row in rows]
