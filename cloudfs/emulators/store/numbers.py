"""Ids as a protocol counts them: whole numbers, of one kind of entry or of all."""

import json
from collections.abc import Sequence

from cloudfs.emulators.store.database import Database


class Numbers:
    """The numbers that nodes were given. A space is what numbers are unique in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, node_id: int, space: str, *, first: int = 1) -> int:
        """The next number of a space, which begins with *first*; it is the node's from now on."""
        number = self._database.value(
            "INSERT INTO counters VALUES (?1, ?2) ON CONFLICT DO UPDATE SET last = last + 1"
            " RETURNING last",
            space,
            first,
        )
        assert isinstance(number, int)
        self.assign(node_id, space, number)
        return number

    def assign(self, node_id: int, space: str, number: int) -> None:
        """Give a node a number that is not counted."""
        self._database.run("INSERT INTO numbers VALUES (?, ?, ?)", space, number, node_id)

    def node(self, space: str, number: int) -> int | None:
        """The id of the node that has this number."""
        found = self._database.value(
            "SELECT node FROM numbers WHERE space = ? AND number = ?", space, number
        )
        assert found is None or isinstance(found, int)
        return found

    def of(self, node_ids: Sequence[int]) -> dict[int, int]:
        """The numbers of those nodes that have one."""
        rows = self._database.rows(
            "SELECT node, number FROM numbers WHERE node IN (SELECT value FROM json_each(?))",
            json.dumps(node_ids),
        )
        return {row["node"]: row["number"] for row in rows}
