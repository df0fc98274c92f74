"""Public links."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store.database import Database
from cloudfs.emulators.store.tree import Node, Tree

_SELECT = (
    "SELECT l.key, l.node, l.account, l.created, l.expires, l.password, l.most, l.used,"
    " l.upload, l.notify, l.blocked FROM links l "
)


@dataclass(frozen=True, slots=True)
class Link:
    """What lets anybody see a file or a folder."""

    key: str
    node: int
    account: int
    created: int
    expires: int | None
    password: str | None
    most: int | None  # downloads allowed
    used: int
    upload: bool
    notify: bool
    blocked: bool


class Links:
    """All public links of a store."""

    def __init__(self, database: Database, tree: Tree, clock: Clock) -> None:
        self._database = database
        self._tree = tree
        self._clock = clock

    def put(
        self,
        key: str,
        node: Node,
        *,
        account: int,
        expires: int | None,
        password: str | None,
        most: int | None,
        upload: bool,
        notify: bool,
    ) -> None:
        """Make a link, or give an existing one new options."""
        self._database.run(
            "INSERT INTO links (key, node, account, created, expires, password, most, upload,"
            " notify) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
            " expires = excluded.expires, password = excluded.password, most = excluded.most,"
            " upload = excluded.upload, notify = excluded.notify, used = 0",
            key,
            node.id,
            account,
            self._clock.now_ms(),
            expires,
            password,
            most,
            upload,
            notify,
        )
        self._tree.changed(node.id)

    def get(self, key: str) -> Link | None:
        """The link of that key, whatever its state."""
        return self._one("WHERE l.key = ?", key)

    def of_node(self, node_id: int) -> Link | None:
        """The link of a node; the oldest if it has several."""
        return self._one("WHERE l.node = ? ORDER BY l.created, l.rowid", node_id)

    def on(self, nodes: Sequence[int]) -> list[Link]:
        """The links of any of *nodes*, oldest first."""
        rows = self._database.rows(
            _SELECT + "WHERE l.node IN (SELECT value FROM json_each(?))"  # noqa: S608 - our text
            " ORDER BY l.created, l.rowid",
            json.dumps(nodes),
        )
        return [_link(row) for row in rows]

    def of_account(self, account_id: int) -> list[Link]:
        """The links that an account made to what is not in the bin, oldest first."""
        rows = self._database.rows(
            _SELECT + "JOIN nodes n ON n.id = l.node AND n.bin IS NULL WHERE l.account = ?"
            " ORDER BY l.created, l.rowid",
            account_id,
        )
        return [_link(row) for row in rows]

    def remove(self, link: Link) -> None:
        """Withdraw a link."""
        self._database.run("DELETE FROM links WHERE key = ?", link.key)
        self._tree.changed(link.node)

    def count_use(self, link: Link) -> None:
        """Somebody downloaded by this link."""
        self._database.run("UPDATE links SET used = used + 1 WHERE key = ?", link.key)

    def block(self, key: str) -> None:
        """Forbid the use of a link, as after a complaint."""
        self._database.run("UPDATE links SET blocked = 1 WHERE key = ?", key)

    def _one(self, clause: str, *values: object) -> Link | None:
        row = self._database.row(_SELECT + clause, *values)
        return None if row is None else _link(row)


def _link(row: Iterable[Any]) -> Link:
    values = list(row)
    return Link(*values[:8], *map(bool, values[8:]))
