"""Listings of services that show folders before files, and files by their age."""

import json
from collections.abc import Sequence
from enum import StrEnum

from cloudfs.emulators.store.database import Database
from cloudfs.emulators.store.tree import COLUMNS, Node, node_of


class Key(StrEnum):
    """What folders, and after them files, are sorted by."""

    NAME = "name_key"
    TIME = "CASE kind WHEN 'file' THEN client_modified ELSE created END"


class Listings:
    """Questions about many nodes at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def children(
        self, parent_id: int, *, key: Key, descending: bool, offset: int = 0, limit: int = -1
    ) -> list[Node]:
        """The children of a folder: folders, then files, each by *key*, ties by id."""
        direction = "DESC" if descending else "ASC"
        return self._nodes(
            f"WHERE parent = ? ORDER BY kind = 'file', {key} {direction}, id LIMIT ? OFFSET ?",
            parent_id,
            limit,
            offset,
        )

    def named(self, parent_id: int, name_key: str) -> list[Node]:
        """The children of a folder that are called so, oldest first."""
        return self._nodes("WHERE parent = ? AND name_key = ? ORDER BY id", parent_id, name_key)

    def sizes_below(self, folder_ids: Sequence[int]) -> dict[int, int]:
        """The bytes of all files below each of these folders."""
        rows = self._database.rows(
            "WITH RECURSIVE below (top, id) AS (SELECT value, value FROM json_each(?)"
            " UNION ALL SELECT top, n.id FROM nodes n JOIN below b ON n.parent = b.id)"
            " SELECT top, sum(size) AS size FROM below JOIN nodes USING (id) GROUP BY top",
            json.dumps(folder_ids),
        )
        return {row["top"]: row["size"] for row in rows}

    def files_below(self, folder_ids: Sequence[int]) -> dict[int, int]:
        """How many files there are below each of these folders; none where there are none."""
        rows = self._database.rows(
            "WITH RECURSIVE below (top, id) AS (SELECT value, value FROM json_each(?)"
            " UNION ALL SELECT top, n.id FROM nodes n JOIN below b ON n.parent = b.id)"
            " SELECT top, count(*) AS files FROM below JOIN nodes USING (id)"
            " WHERE kind = 'file' GROUP BY top",
            json.dumps(folder_ids),
        )
        return {row["top"]: row["files"] for row in rows}

    def modified_since(self, owner_id: int, since: int) -> list[Node]:
        """The owner's live files that were modified at *since* ms or later, newest first."""
        return self._nodes(
            "WHERE owner = ? AND bin IS NULL AND kind = 'file' AND modified >= ?"
            " ORDER BY modified DESC, id DESC",
            owner_id,
            since,
        )

    def by_content_age(self, owner_id: int) -> list[Node]:
        """The owner's live files, the one whose content was written last first."""
        return self._nodes(
            "WHERE owner = ? AND bin IS NULL AND kind = 'file' ORDER BY version DESC", owner_id
        )

    def live_of(self, owner_id: int) -> list[Node]:
        """Everything of the owner that is not in the bin, oldest first."""
        return self._nodes("WHERE owner = ? AND bin IS NULL ORDER BY id", owner_id)

    def holds(self, owner_id: int, digest: str, size: int) -> bool:
        """Whether a live file of the owner has this content."""
        found = self._database.row(
            "SELECT 1 FROM blobs b JOIN versions v ON v.blob = b.id"
            " JOIN nodes n ON n.current = v.id"
            " WHERE b.digest = ? AND b.size = ? AND n.owner = ? AND n.bin IS NULL LIMIT 1",
            digest,
            size,
            owner_id,
        )
        return found is not None

    def _nodes(self, clause: str, *values: object) -> list[Node]:
        statement = f"SELECT {COLUMNS} FROM entries {clause}"  # noqa: S608 - our own text
        return [node_of(row) for row in self._database.rows(statement, *values)]
