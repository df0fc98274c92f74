"""What is kept of an upload, so that a later attempt, or process, goes on with it."""

import json
from dataclasses import dataclass
from typing import Any

from cloudfs.errors import NotFound
from cloudfs.model import EntryId
from cloudfs.providers.asus.ids import ref
from cloudfs.providers.asus.relay import Announcement

Identity = list[Any]
"""What has to be the same; plain JSON values."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A transaction, and what it was begun with."""

    announced: Announcement
    transaction: str
    latest_checksum: str | None = None  # of what the file held when it was begun

    def saved(self, identity: Identity) -> str:
        """The ticket as text."""
        told = self.announced
        return json.dumps(
            {
                "of": identity,
                "transaction": self.transaction,
                "latest": self.latest_checksum,
                "folder": told.folder.id,
                "name": told.name,
                "size": told.size,
                "checksum": told.checksum,
                "attribute": told.attribute,
                "file": None if told.file is None else told.file.id,
            }
        )


def marker(identity: Identity) -> str:
    """Text that says: there may have been an upload, and there is nothing to resume."""
    return json.dumps({"of": identity})


def resumed(saved: str | None, identity: Identity) -> tuple[Ticket | None, bool]:
    """The ticket in *saved*, if there is one, and whether there was an attempt at all."""
    try:
        state = json.loads(saved or "null")
        if not isinstance(state, dict) or state["of"] != identity:
            return None, False
    except (ValueError, KeyError):
        return None, False
    try:
        told = {name: _text(state[name]) for name in ("folder", "name", "checksum", "attribute")}
        file, latest = state["file"], state["latest"]
        announced = Announcement(
            folder=ref(EntryId(told["folder"])),
            name=told["name"],
            size=int(state["size"]),
            checksum=told["checksum"],
            attribute=told["attribute"],
            file=None if file is None else ref(EntryId(_text(file))),
        )
        latest = None if latest is None else _text(latest)
        return Ticket(announced, _text(state["transaction"]), latest), True
    except (KeyError, ValueError, TypeError, NotFound):
        return None, True


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
