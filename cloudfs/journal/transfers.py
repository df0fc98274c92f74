"""Uploads that came only so far: what a provider needs to go on, kept with the journal."""

import sqlite3
from collections.abc import Iterable

from cloudfs.database import Database
from cloudfs.model import InodeNumber, Transfer

TRANSFERS = "CREATE TABLE transfers (number INTEGER PRIMARY KEY, state TEXT NOT NULL)"


class RecordedTransfer(Transfer):
    """A transfer whose state is in the journal."""

    def __init__(self, database: Database, number: InodeNumber, saved: str | None) -> None:
        super().__init__(saved)
        self._database = database
        self._number = number

    async def save(self, state: str | None) -> None:
        await super().save(state)
        number = self._number

        def work(connection: sqlite3.Connection) -> None:
            if state is None:
                forget_transfers(connection, [number])
            else:
                connection.execute(
                    "INSERT OR REPLACE INTO transfers VALUES (?, ?)", (number, state)
                )

        await self._database.write(work)


async def transfer_of(database: Database, number: InodeNumber) -> RecordedTransfer:
    """That of the file with this number, with what an earlier attempt has saved."""

    def work(connection: sqlite3.Connection) -> str | None:
        row = connection.execute(
            "SELECT state FROM transfers WHERE number = ?", (number,)
        ).fetchone()
        return None if row is None else str(row[0])

    return RecordedTransfer(database, number, await database.write(work))


def forget_transfers(connection: sqlite3.Connection, numbers: Iterable[InodeNumber]) -> None:
    """Forget what was saved of these files, in the transaction of *connection*."""
    rows = [(number,) for number in numbers]
    connection.executemany("DELETE FROM transfers WHERE number = ?", rows)
