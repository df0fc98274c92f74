"""What only one protocol knows about: tasks, archives, settings of a user, comments."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store.database import Database

_SELECT = "SELECT kind, key, account, due, expires, data FROM records "


@dataclass(frozen=True, slots=True)
class Record:
    """A value of a protocol's own making."""

    kind: str
    key: str
    account: int
    due: int | None
    expires: int | None
    data: dict[str, Any]


class Records:
    """All records of a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(
        self,
        kind: str,
        key: str,
        account_id: int,
        data: dict[str, Any],
        *,
        due: int | None = None,
        expires: int | None = None,
    ) -> None:
        """Keep *data*, in place of an earlier record of that kind and key.

        *due* is when `due` finds it, *expires* when it is forgotten, in ms.
        """
        self._database.run("DELETE FROM records WHERE expires <= ?", self._clock.now_ms())
        self._database.run(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " account = excluded.account, due = excluded.due, expires = excluded.expires,"
            " data = excluded.data",
            kind,
            key,
            account_id,
            due,
            expires,
            json.dumps(data),
        )

    def get(self, kind: str, key: str) -> Record | None:
        """The record of that kind and key, unless it has expired."""
        row = self._database.row(
            _SELECT + "WHERE kind = ? AND key = ? AND (expires IS NULL OR expires > ?)",
            kind,
            key,
            self._clock.now_ms(),
        )
        return None if row is None else _record(row)

    def many(self, kind: str, keys: Sequence[str]) -> dict[str, Record]:
        """The records of one kind that have these keys, by key."""
        rows = self._database.rows(
            _SELECT + "WHERE kind = ? AND key IN (SELECT value FROM json_each(?))",  # noqa: S608 - our text
            kind,
            json.dumps(keys),
        )
        return {row["key"]: _record(row) for row in rows}

    def of(self, kind: str, account_id: int | None = None) -> list[Record]:
        """The records of one kind, of one account or of all, oldest first."""
        rows = self._database.rows(
            _SELECT + "WHERE kind = ?1 AND (?2 IS NULL OR account = ?2) ORDER BY rowid",
            kind,
            account_id,
        )
        return [_record(row) for row in rows]

    def due(self, kind: str) -> list[Record]:
        """The records of one kind whose time has come, in that order."""
        rows = self._database.rows(
            _SELECT + "WHERE kind = ? AND due <= ? ORDER BY due, rowid",
            kind,
            self._clock.now_ms(),
        )
        return [_record(row) for row in rows]

    def remove(self, kind: str, key: str) -> None:
        """Forget a record."""
        self._database.run("DELETE FROM records WHERE kind = ? AND key = ?", kind, key)


def _record(row: Iterable[Any]) -> Record:
    kind, key, account, due, expires, data = row
    return Record(kind, key, account, due, expires, json.loads(data))
