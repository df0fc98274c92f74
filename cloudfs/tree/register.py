"""What the drive itself knows of its nodes, remembered on disk.

Inode numbers: an entry keeps its number over restarts, and while it is renamed here, whatever
the service calls it then. The skeleton: which number lies where, so that the journal finds
the folders of its changes again when no listing is at hand. Attributes that were set here.

This is part of the drive's own state: unlike the listings it is never thrown away.
"""

import json
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cloudfs.database import Database
from cloudfs.model import ROOT_INODE, Entry, EntryId, InodeNumber, Kind, Version
from cloudfs.tree.attributes import Attributes
from cloudfs.tree.nodes import Node

SCHEMA = """
CREATE TABLE nodes (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, parent INTEGER, name TEXT, kind TEXT);
CREATE TABLE attributes (number INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE highest (number INTEGER);
INSERT INTO highest VALUES (1)
"""

RESERVE = 10_000  # numbers set aside at a time, so that none is ever given out twice


@dataclass(frozen=True, slots=True)
class Bone:
    """One node of the skeleton."""

    number: InodeNumber
    id: EntryId | None
    parent: InodeNumber
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Registered:
    """What is remembered of an entry: also where it was, if it was seen before."""

    number: InodeNumber
    attributes: Attributes | None = None
    parent: InodeNumber | None = None
    name: str | None = None


class Register:
    """Numbers, places and attributes of nodes, in the database of the state folder."""

    def __init__(self, database: Database, highest: int) -> None:
        self._database = database
        self._highest = highest
        self._reserved = highest

    def new_number(self) -> InodeNumber:
        """A number that was never used."""
        self._highest += 1
        if self._highest > self._reserved:
            self._reserved += RESERVE
            reserved = self._reserved
            self._database.enqueue(
                lambda connection: connection.execute("UPDATE highest SET number = ?", (reserved,))
            )
        return InodeNumber(self._highest)

    async def of(self, entries: Sequence[Entry]) -> dict[EntryId, Registered]:
        """What is remembered of entries; those never seen get new numbers.

        Where ids are paths, a folder may have the id that a file had: it is another thing.
        """
        if not entries:
            return {}
        kinds = {entry.id: entry.kind.value for entry in entries}
        wanted = json.dumps(list(kinds))

        def work(connection: sqlite3.Connection) -> dict[EntryId, Registered]:
            rows = connection.execute(
                "SELECT id, nodes.number, parent, name, kind, record FROM nodes"
                " LEFT JOIN attributes ON attributes.number = nodes.number"
                " WHERE id IN (SELECT value FROM json_each(?))",
                (wanted,),
            )
            return {
                EntryId(id_): Registered(
                    InodeNumber(number), attributes_from_record(record), parent, name
                )
                for id_, number, parent, name, kind, record in rows
                if kinds[id_] == kind
            }

        found = await self._database.write(work)
        for entry in entries:
            if entry.id not in found:
                found[entry.id] = Registered(self.new_number())
        return found

    async def attributes(self, number: InodeNumber) -> Attributes | None:
        """What was set on a node here."""

        def work(connection: sqlite3.Connection) -> Attributes | None:
            row = connection.execute(
                "SELECT record FROM attributes WHERE number = ?", (number,)
            ).fetchone()
            return None if row is None else attributes_from_record(row[0])

        return await self._database.write(work)

    def keep(self, nodes: Iterable[Node]) -> None:
        """Remember where nodes are, what the service calls them, and what was set on them."""
        rows, records = [], []
        for node in nodes:
            if node.parent is None:
                continue
            entry_id = node.entry.id if node.entry is not None else None
            rows.append((node.number, entry_id, node.parent.number, node.name, node.kind.value))
            if node.attributes is not None:
                records.append((node.number, attributes_record(node.attributes)))

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?, ?)", rows)
            connection.executemany("INSERT OR REPLACE INTO attributes VALUES (?, ?)", records)

        if rows:
            self._database.enqueue(work)

    async def keep_attributes(self, node: Node) -> None:
        """Remember what was set on a node; done, short of a power failure, when this returns."""
        number, attributes = node.number, node.attributes
        if attributes is None:
            return
        record = attributes_record(attributes)
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO attributes VALUES (?, ?)", (number, record)
            )
        )

    async def having(self, xattr: str) -> list[InodeNumber]:
        """The nodes on which that extended attribute was set here."""

        def work(connection: sqlite3.Connection) -> list[InodeNumber]:
            rows = connection.execute("SELECT number, record FROM attributes")
            return [
                InodeNumber(number)
                for number, record in rows
                if xattr in record
                and xattr in (attributes_from_record(record) or Attributes()).xattrs
            ]

        return await self._database.write(work)

    async def below(self, tops: Iterable[InodeNumber]) -> set[InodeNumber]:
        """These nodes and all that are remembered below them."""
        found = set(tops)

        def work(connection: sqlite3.Connection) -> None:
            children: dict[int, list[InodeNumber]] = {}
            for number, parent in connection.execute("SELECT number, parent FROM nodes"):
                children.setdefault(parent, []).append(InodeNumber(number))
            waiting = list(found)
            while waiting:
                below = set(children.get(waiting.pop(), ())) - found
                found.update(below)
                waiting.extend(below)

        await self._database.write(work)
        return found

    def drop(self, numbers: Iterable[InodeNumber]) -> None:
        """Forget nodes that are gone."""
        rows = [(number,) for number in numbers]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM nodes WHERE number = ?", rows)
            connection.executemany("DELETE FROM attributes WHERE number = ?", rows)

        if rows:
            self._database.enqueue(work)

    def rebase(self, old: EntryId, new: EntryId) -> None:
        """A folder's path changed, and with it the ids of all that is below it."""
        below = old + "/"
        self._database.enqueue(
            lambda connection: connection.execute(
                "UPDATE OR REPLACE nodes SET id = ? || substr(id, ?)"
                " WHERE id = ? OR substr(id, 1, ?) = ?",
                (new, len(old) + 1, old, len(below), below),
            )
        )

    async def lineage(self, number: InodeNumber) -> list[Bone]:
        """The node and the folders above it, the topmost first; [] if it is not remembered."""

        def work(connection: sqlite3.Connection) -> list[Bone]:
            bones: dict[int, Bone] = {}
            at: int = number
            while at != ROOT_INODE:
                row = connection.execute(
                    "SELECT id, parent, name, kind FROM nodes WHERE number = ?", (at,)
                ).fetchone()
                if row is None or at in bones:
                    return []
                id_, parent, name, kind = row
                bones[at] = Bone(InodeNumber(at), id_, InodeNumber(parent), name, Kind(kind))
                at = parent
            return list(bones.values())[::-1]

        return await self._database.write(work)


async def open_register(database: Database) -> Register:
    """The register of a drive, going on after the highest number ever set aside."""

    def work(connection: sqlite3.Connection) -> int:
        (highest,) = connection.execute("SELECT number FROM highest").fetchone()
        return int(highest)

    return Register(database, await database.write(work))


def attributes_record(attributes: Attributes) -> str:
    """Attributes as text."""
    return json.dumps(
        [
            attributes.mode,
            attributes.uid,
            attributes.gid,
            attributes.accessed_ns,
            attributes.modified_ns,
            attributes.modified_version,
            attributes.changed_ns,
            {name: b64encode(value).decode() for name, value in attributes.xattrs.items()},
        ]
    )


def attributes_from_record(record: str | None) -> Attributes | None:
    """The attributes that `attributes_record` wrote."""
    if record is None:
        return None
    mode, uid, gid, accessed, modified, version, changed, xattrs = json.loads(record)
    return Attributes(
        mode=mode,
        uid=uid,
        gid=gid,
        accessed_ns=accessed,
        modified_ns=modified,
        modified_version=Version(version) if version is not None else None,
        changed_ns=changed,
        xattrs={name: b64decode(value) for name, value in xattrs.items()},
    )
