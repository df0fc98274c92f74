"""The change log: what happened, for each account that may know of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cloudfs.emulators.store.database import Database


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an account's log."""

    seq: int
    account: int
    stamp: int  # ms; grows strictly within an account
    kind: str
    actor: int
    node: int | None
    data: dict[str, Any]


class Changes:
    """The logs of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        account_id: int,
        *,
        stamp: int,
        kind: str,
        actor: int,
        node: int | None,
        data: dict[str, Any],
    ) -> int:
        """Note a change; returns its number.

        *stamp* comes from `Accounts.stamp` of the same account.
        """
        cursor = self._database.run(
            "INSERT INTO changes (account, stamp, kind, actor, node, data)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            account_id,
            stamp,
            kind,
            actor,
            node,
            json.dumps(data),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def get(self, seq: int) -> Change | None:
        """The change of that number."""
        row = self._database.row(
            "SELECT seq, account, stamp, kind, actor, node, data FROM changes WHERE seq = ?", seq
        )
        return None if row is None else _change(row)

    def renew(self, change: Change, *, stamp: int, data: dict[str, Any]) -> None:
        """Make a change the latest one again, with more to say."""
        self._database.run(
            "UPDATE changes SET stamp = ?, data = ? WHERE seq = ?",
            stamp,
            json.dumps(data),
            change.seq,
        )

    def of(
        self,
        account_id: int,
        *,
        kind: str | None = None,
        by: int | None = None,
        not_by: int | None = None,
        first: int | None = None,
        last: int | None = None,
        offset: int = 0,
        limit: int = -1,
    ) -> list[Change]:
        """Changes of the account, newest first; *first* and *last* are stamps, inclusive."""
        rows = self._database.rows(
            "SELECT seq, account, stamp, kind, actor, node, data FROM changes"
            " WHERE account = ?1 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR actor = ?3)"
            " AND (?4 IS NULL OR actor <> ?4) AND (?5 IS NULL OR stamp >= ?5)"
            " AND (?6 IS NULL OR stamp <= ?6) ORDER BY stamp DESC LIMIT ?7 OFFSET ?8",
            account_id,
            kind,
            by,
            not_by,
            first,
            last,
            limit,
            offset,
        )
        return [_change(row) for row in rows]

    def of_node(self, node_id: int) -> list[Change]:
        """Everything that happened to one node, newest first."""
        rows = self._database.rows(
            "SELECT seq, account, stamp, kind, actor, node, data FROM changes WHERE node = ?"
            " ORDER BY seq DESC",
            node_id,
        )
        return [_change(row) for row in rows]

    def last_of_each(self, actor_id: int) -> list[Change]:
        """The last thing that somebody did to each live node, newest first.

        The `account` of each is who owns the node now.
        """
        rows = self._database.rows(
            "SELECT max(c.seq) AS seq, n.owner AS account, c.stamp, c.kind, c.actor, c.node, c.data"
            " FROM changes c JOIN nodes n ON n.id = c.node AND n.bin IS NULL"
            " WHERE c.actor = ? GROUP BY c.node ORDER BY 1 DESC",
            actor_id,
        )
        return [_change(row) for row in rows]


def _change(row: Iterable[Any]) -> Change:
    seq, account, stamp, kind, actor, node, data = row
    return Change(seq, account, stamp, kind, actor, node, json.loads(data))
