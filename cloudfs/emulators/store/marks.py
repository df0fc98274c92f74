"""What a listing says about its entries besides their own columns, for many at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cloudfs.emulators.store.database import Database

_THESE = "node IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Marks:
    """For some nodes: which are favourites, published or shared."""

    favourites: frozenset[int]
    links: dict[int, str]  # node -> key of its public link
    shares: dict[int, str]  # node -> key of the shared folder


def marks_of(database: Database, account_id: int | None, nodes: Sequence[int]) -> Marks:
    """The marks of *nodes* as an account sees them; None: somebody without an account."""
    these = json.dumps(nodes)
    favourites = database.rows(
        f"SELECT node FROM favourites WHERE account = ? AND {_THESE}",  # noqa: S608 - our text
        account_id,
        these,
    )
    links = database.rows(
        f"SELECT node, key FROM links WHERE {_THESE} ORDER BY created DESC",  # noqa: S608 - our text
        these,
    )
    shares = database.rows(
        f"SELECT node, key FROM shared_folders WHERE {_THESE}",  # noqa: S608 - our text
        these,
    )
    return Marks(
        favourites=frozenset(row["node"] for row in favourites),
        links={row["node"]: row["key"] for row in links},
        shares={row["node"]: row["key"] for row in shares},
    )
