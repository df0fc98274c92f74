"""Uploads under way: content that has arrived, and is no file yet."""

import json
from dataclasses import dataclass
from typing import Any

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store.blobs import Blob
from cloudfs.emulators.store.database import Database

KEPT_MS = 24 * 3600 * 1000  # after the ticket expired, for a late confirmation


@dataclass(frozen=True, slots=True)
class Upload:
    """A place where somebody may put content."""

    name: str
    account: int
    expires: int
    data: dict[str, Any]


class Uploads:
    """All uploads of a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, name: str, account_id: int, *, expires: int, data: dict[str, Any]) -> Upload:
        """Open a place of that name, and forget those that are long over."""
        self._database.run("DELETE FROM uploads WHERE expires < ?", self._clock.now_ms() - KEPT_MS)
        self._database.run(
            "INSERT INTO uploads VALUES (?, ?, ?, ?)", name, account_id, expires, json.dumps(data)
        )
        return Upload(name, account_id, expires, data)

    def get(self, name: str) -> Upload | None:
        """The upload of that name."""
        row = self._database.row(
            "SELECT name, account, expires, data FROM uploads WHERE name = ?", name
        )
        if row is None:
            return None
        return Upload(row["name"], row["account"], row["expires"], json.loads(row["data"]))

    def note(self, upload: Upload, data: dict[str, Any]) -> None:
        """Remember something else about an upload."""
        self._database.run(
            "UPDATE uploads SET data = ? WHERE name = ?", json.dumps(data), upload.name
        )

    def put(self, upload: Upload, number: int, blob: Blob) -> None:
        """A part has arrived; it replaces an earlier one of the same number."""
        self._database.run("DELETE FROM parts WHERE upload = ? AND number = ?", upload.name, number)
        self._database.run("INSERT INTO parts VALUES (?, ?, ?)", upload.name, number, blob.id)

    def parts(self, upload: Upload) -> list[tuple[int, Blob]]:
        """What has arrived, by number."""
        rows = self._database.rows(
            "SELECT p.number, b.id, b.digest, b.size FROM parts p JOIN blobs b ON b.id = p.blob"
            " WHERE p.upload = ? ORDER BY p.number",
            upload.name,
        )
        return [(row["number"], Blob(row["id"], row["digest"], row["size"])) for row in rows]

    def drop_parts(self, upload: Upload) -> None:
        """Let go of what has arrived."""
        self._database.run("DELETE FROM parts WHERE upload = ?", upload.name)

    def end(self, upload: Upload) -> None:
        """Close a place."""
        self._database.run("DELETE FROM uploads WHERE name = ?", upload.name)
