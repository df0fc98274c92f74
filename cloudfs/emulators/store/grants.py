"""Access to single entries, given to an account or to everybody.

Unlike a share (`shares`), a grant shows the entry at no place in the member's own tree.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store.database import Database
from cloudfs.emulators.store.tree import Node

_SELECT = (
    "SELECT id, node, giver, member, level, created, updated, expires, password FROM grants"
    " WHERE (expires IS NULL OR expires > ?) AND "
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What lets somebody see a file or a folder, and perhaps change it."""

    id: int
    node: int
    giver: int
    member: int | None  # None: everybody
    level: str
    created: int
    updated: int
    expires: int | None
    password: str | None


class Grants:
    """All grants of a store whose time is not over."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(
        self, node: Node, *, giver: int, member: int | None, level: str, expires: int | None
    ) -> Grant:
        """Let *member* see a node; *expires* is in ms."""
        now = self._clock.now_ms()
        cursor = self._database.run(
            "INSERT INTO grants (node, giver, member, level, created, updated, expires)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            node.id,
            giver,
            member,
            level,
            now,
            now,
            expires,
        )
        assert cursor.lastrowid is not None
        return Grant(cursor.lastrowid, node.id, giver, member, level, now, now, expires, None)

    def get(self, grant_id: int) -> Grant | None:
        """The grant of that id."""
        return next(iter(self._many("id = ?", grant_id)), None)

    def on(self, nodes: Sequence[int]) -> list[Grant]:
        """The grants on any of *nodes*, oldest first."""
        clause = "node IN (SELECT value FROM json_each(?)) ORDER BY id"
        return self._many(clause, json.dumps(nodes))

    def to(self, account_id: int) -> list[Grant]:
        """What was given to an account, oldest first."""
        return self._many("member = ? ORDER BY id", account_id)

    def set_password(self, grant: Grant, password: str) -> None:
        """Let only those see the entry who know a password."""
        self._database.run(
            "UPDATE grants SET password = ?, updated = ? WHERE id = ?",
            password,
            self._clock.now_ms(),
            grant.id,
        )

    def remove(self, grant: Grant) -> None:
        """Take a grant back."""
        self._database.run("DELETE FROM grants WHERE id = ?", grant.id)

    def _many(self, clause: str, *values: object) -> list[Grant]:
        rows = self._database.rows(_SELECT + clause, self._clock.now_ms(), *values)
        return [_grant(row) for row in rows]


def _grant(row: Iterable[Any]) -> Grant:
    return Grant(*row)
