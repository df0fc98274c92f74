"""Folders shared with other accounts."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cloudfs.emulators.store.database import Database
from cloudfs.emulators.store.tree import Node, Tree

_SELECT = "SELECT key, node, member, writer, state, invitation, mount FROM shares "


class State(StrEnum):
    """How far an invitation got."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Share:
    """One member of a shared folder, or an invitation to become one."""

    key: str
    node: int
    member: int | None  # None: whoever has the key
    writer: bool
    state: State
    invitation: str
    mount: int | None  # where the member sees it


class Shares:
    """The shared folders of a store, and their members."""

    def __init__(self, database: Database, tree: Tree) -> None:
        self._database = database
        self._tree = tree

    def invite(self, node: Node, member: int | None, *, writer: bool, invitation: str) -> Share:
        """Offer a folder to an account; to whoever has the key if *member* is None."""
        self._database.run(
            "INSERT OR IGNORE INTO shared_folders VALUES (?, ?)", node.id, secrets.token_hex(16)
        )
        key = secrets.token_hex(16)
        self._database.run(
            "INSERT INTO shares VALUES (?, ?, ?, ?, ?, ?, NULL)",
            key,
            node.id,
            member,
            writer,
            State.INVITED,
            invitation,
        )
        self._tree.changed(node.id)
        return self._need(key)

    def get(self, key: str) -> Share | None:
        """The share of that key."""
        return self._one("WHERE key = ?", key)

    def folder_key(self, node_id: int) -> str | None:
        """What names a shared folder; None if it is not shared."""
        found = self._database.value("SELECT key FROM shared_folders WHERE node = ?", node_id)
        assert found is None or isinstance(found, str)
        return found

    def of_folder(self, node_id: int) -> list[Share]:
        """The members and invitations of a folder."""
        return self._many("WHERE node = ? ORDER BY rowid", node_id)

    def of_member(self, account_id: int) -> list[Share]:
        """What an account was invited to, or takes part in."""
        return self._many("WHERE member = ? ORDER BY rowid", account_id)

    def of_mount(self, mount_id: int) -> Share | None:
        """The share that a mount shows."""
        return self._one("WHERE mount = ?", mount_id)

    def owned_by(self, account_id: int) -> list[Node]:
        """The live folders that an account shares with others."""
        rows = self._database.rows(
            "SELECT node FROM shared_folders JOIN nodes ON nodes.id = node"
            " WHERE owner = ? AND bin IS NULL ORDER BY node",
            account_id,
        )
        return [self._tree.get(row["node"]) for row in rows]

    def inside(self, node_id: int) -> list[Node]:
        """The shared folders at or below a node."""
        rows = self._database.rows(
            "SELECT node FROM shared_folders WHERE node IN (SELECT value FROM json_each(?))",
            self._tree.ids_below(node_id),
        )
        return [self._tree.get(row["node"]) for row in rows]

    def accept(self, share: Share, member: int, mount: Node) -> None:
        """Make *member* take part."""
        self._database.run(
            "UPDATE shares SET member = ?, state = ?, mount = ? WHERE key = ?",
            member,
            State.ACCEPTED,
            mount.id,
            share.key,
        )
        self._tree.changed(share.node)

    def decline(self, share: Share) -> None:
        """The invited account does not want to take part."""
        self._database.run("UPDATE shares SET state = ? WHERE key = ?", State.DECLINED, share.key)

    def set_writer(self, share: Share, *, writer: bool) -> None:
        """Allow or forbid a member to change things."""
        self._database.run("UPDATE shares SET writer = ? WHERE key = ?", writer, share.key)
        self._tree.changed(share.node)

    def remove(self, share: Share) -> None:
        """End one membership or invitation, and take the folder from the member's sight."""
        self._database.run("DELETE FROM shares WHERE key = ?", share.key)
        if share.mount is not None:
            self._tree.remove(self._tree.get(share.mount))
        self._tree.changed(share.node)

    def unshare(self, node_id: int) -> list[Share]:
        """End all memberships of a folder; returns those that were."""
        members = self.of_folder(node_id)
        for share in members:
            self.remove(share)
        self._database.run("DELETE FROM shared_folders WHERE node = ?", node_id)
        self._tree.changed(node_id)
        return members

    def _need(self, key: str) -> Share:
        share = self.get(key)
        assert share is not None
        return share

    def _one(self, clause: str, *values: object) -> Share | None:
        row = self._database.row(_SELECT + clause, *values)
        return None if row is None else _share(row)

    def _many(self, clause: str, *values: object) -> list[Share]:
        return [_share(row) for row in self._database.rows(_SELECT + clause, *values)]


def _share(row: Iterable[Any]) -> Share:
    key, node, member, writer, state, invitation, mount = row
    return Share(key, node, member, bool(writer), State(state), invitation, mount)
