"""Listings of the service, remembered on disk.

After a restart the drive answers from here at once, also without network, and asks behind.
Deleting the file loses nothing. It is brought up to date by handing work to the database
without waiting for it: what a crash takes away is asked for again.
"""

import json
import logging
import sqlite3
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cloudfs.database import Database
from cloudfs.model import Entry, EntryId, ListingTag
from cloudfs.tree.codec import entry_from_record, entry_record

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE entries (id TEXT PRIMARY KEY, folder_id TEXT, record TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX entries_by_folder ON entries (folder_id);
CREATE TABLE listings (folder_id TEXT PRIMARY KEY, tag TEXT, in_doubt INTEGER) WITHOUT ROWID;
CREATE TABLE feed (cursor TEXT)
"""
FORMAT = 2


@dataclass(frozen=True, slots=True)
class Remembered:
    """A complete listing as it was once.

    *in_doubt*: the change feed may have missed changes of it, or has told of one.
    """

    entries: tuple[Entry, ...]
    tag: ListingTag | None
    in_doubt: bool


class Metadata:
    """The listings in the database of the cache folder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, folder_id: EntryId, *, most: int = 0) -> dict[EntryId, Remembered]:
        """The listing of a folder, if it is remembered, and those of the folders below it.

        Folders come before those in them, and no more once there are *most* entries.
        """

        def work(connection: sqlite3.Connection) -> dict[EntryId, Remembered]:
            found: dict[EntryId, Remembered] = {}
            waiting = deque([folder_id])
            left = most
            while waiting:
                at = waiting.popleft()
                listing = _listing(connection, at)
                if listing is None:
                    continue
                found[at] = listing
                left -= len(listing.entries)
                if left < 0:
                    break
                waiting.extend(entry.id for entry in listing.entries if entry.is_folder)
            return found

        try:
            return await self._database.write(work)
        except sqlite3.DatabaseError as error:
            log.warning("the cache is damaged (%s); it begins anew with the next mount", error)
            return {}

    def save(
        self,
        folder_id: EntryId,
        entries: Iterable[Entry],
        tag: ListingTag | None,
        *,
        in_doubt: bool = True,
    ) -> None:
        """Remember a complete listing that was read now."""
        kept = list(entries)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM entries WHERE folder_id = ?", (folder_id,))
            connection.executemany(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)",
                ((entry.id, folder_id, entry_record(entry)) for entry in kept),
            )
            connection.execute(
                "INSERT OR REPLACE INTO listings VALUES (?, ?, ?)", (folder_id, tag, in_doubt)
            )

        self._database.enqueue(work)

    def confirm(self, folder_id: EntryId, tag: ListingTag | None, *, in_doubt: bool = True) -> None:
        """The remembered listing still holds now."""
        self._database.enqueue(
            lambda connection: connection.execute(
                "UPDATE listings SET tag = ?, in_doubt = ? WHERE folder_id = ?",
                (tag, in_doubt, folder_id),
            )
        )

    def doubt(self, folders: Collection[EntryId]) -> None:
        """What is remembered of these folders has changed."""
        wanted = json.dumps(sorted(folders))
        self._database.enqueue(
            lambda connection: connection.execute(
                "UPDATE listings SET in_doubt = TRUE"
                " WHERE folder_id IN (SELECT value FROM json_each(?))",
                (wanted,),
            )
        )

    def doubt_all(self) -> None:
        """Anything that is remembered may have changed."""
        self._database.enqueue(
            lambda connection: connection.execute(
                "UPDATE listings SET in_doubt = TRUE WHERE NOT in_doubt"
            )
        )

    async def cursor(self) -> str | None:
        """Where the change feed was read last."""

        def work(connection: sqlite3.Connection) -> str | None:
            row = connection.execute("SELECT cursor FROM feed").fetchone()
            return None if row is None else str(row[0])

        return await self._database.write(work)

    def keep_cursor(self, cursor: str) -> None:
        """The change feed has been read up to here, and what it told is taken in."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM feed")
            connection.execute("INSERT INTO feed VALUES (?)", (cursor,))

        self._database.enqueue(work)

    def put(self, entry: Entry) -> None:
        """An entry was made or changed by us: the listing of its folder has it from now on."""
        record = entry_record(entry)
        self._database.enqueue(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)",
                (entry.id, entry.parent_id, record),
            )
        )

    def remove(self, entry_id: EntryId) -> None:
        """An entry is gone, and so is its listing if it was a folder."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM entries WHERE id = ?", (entry_id,))
            connection.execute("DELETE FROM listings WHERE folder_id = ?", (entry_id,))

        self._database.enqueue(work)

    def rebase(self, old: EntryId, new: EntryId) -> None:
        """A folder's path changed, and with it the ids of all that is below it."""
        below = old + "/"

        def work(connection: sqlite3.Connection) -> None:
            for table, column in (
                ("entries", "folder_id"),
                ("entries", "id"),
                ("listings", "folder_id"),
            ):
                connection.execute(
                    f"UPDATE OR REPLACE {table} SET {column} = ? || substr({column}, ?)"  # noqa: S608 - names of ours
                    f" WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (new, len(old) + 1, old, len(below), below),
                )

        self._database.enqueue(work)

    def forget(self, folder_id: EntryId) -> None:
        """Whatever is remembered of a folder's children may be wrong."""
        self._database.enqueue(
            lambda connection: connection.execute(
                "DELETE FROM listings WHERE folder_id = ?", (folder_id,)
            )
        )


def _listing(connection: sqlite3.Connection, folder_id: EntryId) -> Remembered | None:
    row = connection.execute(
        "SELECT tag, in_doubt FROM listings WHERE folder_id = ?", (folder_id,)
    ).fetchone()
    if row is None:
        return None
    found = connection.execute("SELECT id, record FROM entries WHERE folder_id = ?", (folder_id,))
    entries = tuple(entry_from_record(id_, folder_id, record) for id_, record in found)
    tag, in_doubt = row
    return Remembered(entries, ListingTag(tag) if tag is not None else None, bool(in_doubt))
