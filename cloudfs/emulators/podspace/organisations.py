"""Organisations as they are kept: a tree of the owner's, and people with roles in it.

An organisation is named by the folder at the top of its tree (reference 1.7 and 3.20).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from cloudfs.emulators.store import Store
from cloudfs.emulators.store.records import Record

_TEAM = "team"  # kind of record


class Role(StrEnum):
    """What somebody is in an organisation."""

    GUEST = "GUEST"
    MAINTAINER = "MAINTAINER"
    OWNER = "OWNER"


@dataclass(frozen=True, slots=True)
class Team:
    """One organisation."""

    root: int
    owner: int
    space: str  # under which the store knows the tree
    name: str
    description: str
    created: int
    updated: int
    members: dict[int, Role] = field(default_factory=dict)  # without the owner


class Teams:
    """The organisations of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(self, team: Team) -> None:
        """Keep an organisation as it is now."""
        data = {
            "space": team.space,
            "name": team.name,
            "description": team.description,
            "created": team.created,
            "updated": team.updated,
            "members": {str(account): role for account, role in team.members.items()},
        }
        self._store.records.put(_TEAM, str(team.root), team.owner, data)

    def with_root(self, node_id: int) -> Team | None:
        """The organisation whose tree begins at that node."""
        record = self._store.records.get(_TEAM, str(node_id))
        return None if record is None else _team(record)

    def of(self, account_id: int) -> list[Team]:
        """The organisations that somebody owns or belongs to, oldest first."""
        teams = sorted(map(_team, self._store.records.of(_TEAM)), key=lambda team: team.root)
        return [team for team in teams if role_in(team, account_id) is not None]

    def remove(self, team: Team) -> None:
        """Delete an organisation with all that is in its tree."""
        self._store.records.remove(_TEAM, str(team.root))
        self._store.tree.remove_root(team.owner, team.space)


def role_in(team: Team, account_id: int | None) -> Role | None:
    """What somebody is in an organisation; None: nothing."""
    if account_id is None:
        return None
    return Role.OWNER if account_id == team.owner else team.members.get(account_id)


def with_member(team: Team, account_id: int, role: Role | None) -> Team:
    """*team*, with somebody in a role, or without him."""
    members = {account: has for account, has in team.members.items() if account != account_id}
    return replace(team, members=members if role is None else {**members, account_id: role})


def _team(record: Record) -> Team:
    data = record.data
    return Team(
        root=int(record.key),
        owner=record.account,
        space=data["space"],
        name=data["name"],
        description=data["description"],
        created=data["created"],
        updated=data["updated"],
        members={int(account): Role(role) for account, role in data["members"].items()},
    )
