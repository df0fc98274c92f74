"""Projects as they are kept: trees of the team's, and users with roles in them (reference 4.2)."""

import secrets
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from cloudfs.emulators.cloud689.ids import Kind, id_of, number_of
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.records import Record

_PROJECT = "project"  # kind of record


class Role(IntEnum):
    """What somebody is in a project; the smaller, the more he may do."""

    OWNER = 1
    EDITOR = 2
    MEMBER = 3
    LIMITED = 4


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a project."""

    user: int
    role: Role
    since: int  # ms


@dataclass(frozen=True, slots=True)
class Project:
    """A project. It is numbered like the folder at its top."""

    root: int
    team: int
    space: str  # under which the store knows the tree
    name: str
    description: str
    max_download: int
    created: int  # ms, like all times here
    modified: int
    members: tuple[Member, ...]

    @property
    def id(self) -> str:
        """The id of the project."""
        return id_of(Kind.PROJECT, self.root)

    @property
    def owner(self) -> int:
        """The number of the user whose project it is."""
        return next(member.user for member in self.members if member.role == Role.OWNER)

    def role(self, user: int) -> Role | None:
        """What somebody is in it; None: nothing."""
        return next((member.role for member in self.members if member.user == user), None)


class Projects:
    """The projects of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, team: int, owner: int, name: str, *, description: str, max_download: int, now: int
    ) -> Project:
        """A new project."""
        space = secrets.token_hex(8)
        root = self._store.tree.root(team, space)
        member = Member(owner, Role.OWNER, now)
        project = Project(
            root.id, team, space, name, description, max_download, now, now, (member,)
        )
        self.save(project)
        return project

    def save(self, project: Project) -> None:
        """Keep a project as it is now."""
        data: dict[str, Any] = {
            "space": project.space,
            "name": project.name,
            "description": project.description,
            "max_download": project.max_download,
            "created": project.created,
            "modified": project.modified,
            "members": [[one.user, one.role, one.since] for one in project.members],
        }
        self._store.records.put(_PROJECT, str(project.root), project.team, data)

    def find(self, text: str) -> Project | None:
        """The project of that id."""
        number = number_of(Kind.PROJECT, text)
        return None if number is None else self.with_root(number)

    def with_root(self, node_id: int) -> Project | None:
        """The project whose tree begins at that node."""
        record = self._store.records.get(_PROJECT, str(node_id))
        return None if record is None else _project(record)

    def of(self, user: int, team: int) -> list[Project]:
        """The projects of a team that somebody is in, oldest first."""
        found = map(_project, self._store.records.of(_PROJECT, team))
        return sorted(
            (project for project in found if project.role(user) is not None),
            key=lambda project: project.root,
        )

    def remove(self, project: Project) -> None:
        """Delete a project with all that is in it, and in its bin."""
        for item in self._store.bin.of_scope(project.root):
            self._store.bin.purge(item)
        self._store.records.remove(_PROJECT, str(project.root))
        self._store.tree.remove_root(project.team, project.space)


def with_member(project: Project, user: int, role: Role, now: int) -> Project:
    """*project*, with somebody in another role than before. Its owner stays."""
    others = tuple(member for member in project.members if member.user != user)
    return replace(project, members=(*others, Member(user, role, now)))


def _project(record: Record) -> Project:
    data = {**record.data}
    members = tuple(Member(user, Role(role), since) for user, role, since in data.pop("members"))
    return Project(root=int(record.key), team=record.account, members=members, **data)
