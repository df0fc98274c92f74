"""What the service of these tests keeps: projects, entries, their trash and history."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

USER = "77ab09"
TEAM = "0f3ae1"
BEGIN = 1_441_900_000  # Unix time of the first change


class Refusal(Exception):
    """An error that is told in the answer."""

    def __init__(self, code: int, text: str, symbol: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.symbol = symbol


def no_project() -> Refusal:
    return Refusal(404, "Project not found", "PROJECT_NOT_FOUND")


def no_folder() -> Refusal:
    return Refusal(404, "Folder not found", "FOLDER_NOT_FOUND")


def no_file() -> Refusal:
    return Refusal(404, "File not found", "FILE_NOT_FOUND")


def no_link() -> Refusal:
    return Refusal(404, "Link not found", "LINK_NOT_FOUND")


def missing() -> Refusal:
    return Refusal(404, "Parameter missing", "MISSING_PARAMETER")


def invalid() -> Refusal:
    return Refusal(400, "Invalid parameter", "INVALID_PARAMETER")


def forbidden() -> Refusal:
    return Refusal(403, "User do not have permission", "INVALID_ROLE_USER")


def upload_error() -> Refusal:
    return Refusal(301, "Upload file error", "ERR_UPLOAD_FILE")


@dataclass
class Project:
    id: str
    name: str
    at: int
    role: int = 1


@dataclass
class Node:
    id: str
    project: str
    name: str
    is_folder: bool
    parent: str | None
    at: int
    data: bytes = b""
    told_size: int | None = None  # in place of the true one
    deleted: bool = False  # at the top of the trash, or below such a folder
    binned: bool = False  # at the top of the trash
    protected: bool = False


@dataclass
class Assembly:
    """An upload in chunks."""

    chunks: list[bytes] = field(default_factory=list)
    made: str | None = None


class Store:
    """Files and folders by id; several may have one name."""

    def __init__(self, hours: int) -> None:
        self.hours = hours
        self.now = BEGIN
        self.numbers = 0
        self.projects: dict[str, Project] = {}
        self.nodes: dict[str, Node] = {}
        self.assemblies: dict[tuple[str, str], Assembly] = {}
        self.history: list[dict[str, Any]] = []

    # What a test sets up or looks at ------------------------------------------------------

    def tick(self) -> int:
        self.now += 1
        return self.now

    def new_id(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}{self.numbers:031x}"

    def add_project(self, name: str, role: int = 1) -> Project:
        project = Project(self.new_id("b"), name, self.tick(), role)
        self.projects[project.id] = project
        return project

    def add(self, path: str, data: bytes | None = None, *, project: Project | None = None) -> Node:
        """A file, or a folder if there is no *data*, with the folders above it."""
        at = project or next(iter(self.projects.values()))
        *above, name = path.strip("/").split("/")
        parent: str | None = None
        for step in above:
            found = next((n for n in self.children(at.id, parent) if n.name == step), None)
            parent = (found or self.make(at.id, parent, step)).id
        return self.make(at.id, parent, name, data)

    def make(self, project: str, parent: str | None, name: str, data: bytes | None = None) -> Node:
        is_folder = data is None
        node = Node(
            self.new_id("7" if is_folder else "6"),
            project,
            name,
            is_folder,
            parent,
            self.tick(),
            data or b"",
        )
        self.nodes[node.id] = node
        return node

    def children(self, project: str, parent: str | None) -> list[Node]:
        return [
            node
            for node in self.nodes.values()
            if node.project == project and node.parent == parent and not node.deleted
        ]

    def trash(self, project: str) -> list[Node]:
        return [n for n in self.nodes.values() if n.project == project and n.binned]

    def at(self, path: str, project: Project | None = None) -> Node:
        """The entry at a path; fails if it is not the only one."""
        where = project or next(iter(self.projects.values()))
        parent: str | None = None
        for step in path.strip("/").split("/"):
            (node,) = [n for n in self.children(where.id, parent) if n.name == step]
            parent = node.id
        return self.nodes[parent or ""]

    def names(self, path: str = "", project: Project | None = None) -> list[str]:
        where = project or next(iter(self.projects.values()))
        parent = self.at(path, where).id if path else None
        return sorted(n.name for n in self.children(where.id, parent))

    def below(self, node: Node) -> Iterator[Node]:
        for child in list(self.nodes.values()):
            if child.parent == node.id:
                yield child
                yield from self.below(child)

    # What calls do ------------------------------------------------------------------------

    def folder(self, project: str, own: str | None) -> Node | None:
        """The folder; None for the top of the project."""
        self.known(project)
        if own is None:
            return None
        node = self.nodes.get(own)
        if node is None or not node.is_folder or node.project != project or node.deleted:
            raise no_folder()
        return node

    def known(self, project: str | None) -> Project:
        if project is None:
            raise missing()
        if project not in self.projects:
            raise no_project()
        return self.projects[project]

    def entry(self, fields: dict[str, str]) -> Node:
        """The active entry that exactly one of two fields names."""
        project = self.known(fields.get("project_id"))
        file, folder = fields.get("file_id"), fields.get("folder_id")
        if (file is None) == (folder is None):
            raise missing() if file is None else invalid()
        node = self.nodes.get(file or folder or "")
        if node is None or node.project != project.id or node.deleted:
            raise no_file() if file else no_folder()
        if node.is_folder != (file is None):
            raise no_file() if file else no_folder()
        return node

    def delete(self, node: Node) -> None:
        self.tick()
        node.binned = True
        for one in [node, *self.below(node)]:
            one.deleted = True

    def restore(self, node: Node) -> None:
        self.tick()
        node.binned = False
        parent = self.nodes.get(node.parent or "")
        if node.parent is not None and (parent is None or parent.deleted):
            node.parent = None
        node.deleted = False
        for one in self.below(node):
            above = self.nodes[one.parent or ""]
            if not one.binned:
                one.deleted = above.deleted

    def purge(self, node: Node) -> None:
        self.tick()
        for one in [node, *self.below(node)]:
            del self.nodes[one.id]

    def lists(self, fields: dict[str, str], *, binned: bool) -> list[Node]:
        """The entries that two lists name, all of which are in the trash, or none is."""
        project = self.known(fields.get("project_id"))
        nodes = []
        for name, is_folder in (("folder_ids", True), ("file_ids", False)):
            for own in filter(None, fields.get(name, "").split(",")):
                node = self.nodes.get(own)
                if node is None or node.project != project.id or node.is_folder != is_folder:
                    raise no_folder() if is_folder else no_file()
                if node.binned != binned:
                    raise no_folder() if is_folder else no_file()
                nodes.append(node)
        if not nodes:
            raise missing()
        return nodes

    # History ------------------------------------------------------------------------------

    def happened(
        self, kind: int, project: str, *nodes: Node, parent: str | None = None, **data: Any
    ) -> None:
        at = self.now * 1000 + len(self.history)  # strictly increasing
        files = ",".join(node.id for node in nodes if not node.is_folder)
        folders = ",".join(node.id for node in nodes if node.is_folder)
        event: dict[str, Any] = {
            "history_id": self.new_id("f"),
            "user_id": USER,
            "team_id": TEAM,
            "history_type": kind,
            "project_id": project,
            "create_date": self.user(self.now),
            "last_update": at,
            # The trap of reference 3.16: the id of the project in place of the file's.
            "data": {"result": [{"id": project, "name": "x"}], "description": "", **data},
        }
        if files:
            event["file_ids"] = files
        if folders:
            event["folder_ids"] = folders
        if parent is not None:
            event["data"]["parent"] = {"id": parent}
        self.history.insert(0, event)

    # Times --------------------------------------------------------------------------------

    def utc(self, at: int) -> str:
        return datetime.fromtimestamp(at, UTC).strftime("%Y/%m/%d %H:%M:%S")

    def user(self, at: int) -> str:
        moved = datetime.fromtimestamp(at, UTC) + timedelta(hours=self.hours)
        return moved.strftime("%Y/%m/%d %H:%M:%S")

    # Objects ------------------------------------------------------------------------------

    def row(self, node: Node) -> dict[str, Any]:
        """An entry of a listing."""
        return {
            "id": node.id,
            "name": node.name,
            "file_type": 0 if node.is_folder else 5,
            "is_folder": node.is_folder,
            "last_modified_date": None if node.is_folder else self.user(node.at),
            "parent_folder_id": node.parent,
            "file_size": self.size(node),
            "status": 0 if node.deleted else 1,
            "is_encrypt": int(node.protected),
            "thumbnail": None,
            "content_type": None if node.is_folder else "text/plain",
        }

    def size(self, node: Node) -> int:
        return len(node.data) if node.told_size is None else node.told_size

    def file(self, node: Node, modified: str) -> dict[str, Any]:
        return {
            "file_id": node.id,
            "upload_file_id": node.id,
            "team_id": TEAM,
            "user_id": USER,
            "title": node.name,
            "description": node.name,
            "is_encrypt": int(node.protected),
            "file_type": 5,
            "create_date": self.utc(node.at),
            "modify_date": modified,
            "file_size": self.size(node),
            "status": 0 if node.deleted else 1,
            "in_recycle_bin": int(node.deleted),
            "content_type": "text/plain",
            "thumbnail": None,
        }

    def folder_object(self, node: Node) -> dict[str, Any]:
        return {
            "folder_id": node.id,
            "project_id": node.project,
            "parent_folder_id": node.parent,
            "name": node.name,
            "create_date": self.utc(node.at),
            "modify_date": None,
            "status": 1,
        }

    def project_object(self, project: Project) -> dict[str, Any]:
        return {
            "project_id": project.id,
            "team_id": TEAM,
            "name": project.name,
            "description": "",
            "project_type": 1,
            "create_date": self.user(project.at),
            "modify_date": self.utc(project.at),
            "max_download": 1,
            "status": 1,
        }

    def way(self, node: Node) -> list[dict[str, str]]:
        steps: list[dict[str, str]] = []
        while node.parent is not None:
            node = self.nodes[node.parent]
            steps.insert(0, {"folder_id": node.id, "name": node.name})
        return steps
