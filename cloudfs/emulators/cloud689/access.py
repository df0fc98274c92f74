"""What somebody may see and change (reference 3 and 4.2)."""

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.ids import Kind, number_of
from cloudfs.emulators.cloud689.parameters import Parameters
from cloudfs.emulators.cloud689.people import People, User
from cloudfs.emulators.cloud689.projects import Project, Projects, Role
from cloudfs.emulators.cloud689.settings import Cloud689Settings
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.tree import Node

FILE_FIELD, FOLDER_FIELD = "file_id", "folder_id"


class View:
    """The service in the eyes of one user."""

    def __init__(self, store: Store, settings: Cloud689Settings, clock: Clock, user: User) -> None:
        self.clock = clock
        self.store = store
        self.settings = settings
        self.user = user
        self.unnoted = False  # was something changed whose event was lost?
        self.people = People(store)
        self.projects = Projects(store)

    @property
    def zone(self) -> int:
        """Hours that the user's clock is ahead of UTC."""
        own = self.user.time_zone
        return self.settings.time_zone if own is None else own

    def project(self, text: str, least: Role = Role.LIMITED) -> Project:
        """A project in which the user may do what *least* may; else 404 or 403."""
        found = self.projects.find(text)
        if found is None or found.team != self.user.team:
            raise ApiError(Code.PROJECT_NOT_FOUND, text)
        role = found.role(self.user.number)
        if role is None:
            raise ApiError(Code.USER_NOT_FOUND_IN_PROJECT, text)
        if role > least:
            raise ApiError(Code.INVALID_ROLE_USER, f"{role.name} may not do this")
        return found

    def need_author(self, project: Project, node: Node) -> Node:
        """*node*, if the user may change it: 403 for members, if it is of somebody else."""
        role = project.role(self.user.number)
        if role not in {Role.OWNER, Role.EDITOR} and node.author != self.user.number:
            raise ApiError(Code.INVALID_ROLE_USER, "this is of somebody else")
        return node

    def folder(self, project: Project, text: str | None) -> Node:
        """An active folder; the root of the project if none is named."""
        if text is None:
            return self.store.tree.get(project.root)
        return self.entry(project, text, folder=True)

    def entry(self, project: Project, text: str, *, folder: bool, active: bool = True) -> Node:
        """The folder or file of that id, active or in the trash; else 404."""
        node = self.find(text)
        if (
            node is None
            or node.is_file == folder
            or (node.bin is None) != active
            or self.root_of(node) != project.root
        ):
            raise ApiError(Code.FOLDER_NOT_FOUND if folder else Code.FILE_NOT_FOUND, text)
        return node

    def file(self, text: str, project: Project | None, least: Role) -> Node:
        """An active file, of *project* or of any in which the user may do as much as *least*."""
        if project is not None:
            return self.entry(project, text, folder=False)
        node = self.find(text)
        if node is None or node.bin is not None or not node.is_file:
            raise ApiError(Code.FILE_NOT_FOUND, text)
        self.project(self.project_of(node).id, least)
        return node

    def either(self, project: Project, params: Parameters) -> Node:
        """The active entry that a call is about: exactly one id is given."""
        field = params.either((FOLDER_FIELD, FILE_FIELD))
        return self.entry(project, params.need(field), folder=field == FOLDER_FIELD)

    def find(self, text: str) -> Node | None:
        """The entry of that id, wherever it is."""
        number = number_of(Kind.ENTRY, text)
        return None if number is None else self.store.tree.find(number)

    def root_of(self, node: Node) -> int | None:
        """The root of the project that an entry is in; None for roots themselves."""
        if node.bin is not None:
            item = self.store.bin.top(node.bin)
            assert item is not None, "what is in the trash is below one of its items"
            return item.scope
        return None if node.parent is None else self.store.tree.above(node.id)[-1].id

    def project_id_of(self, folder_id: str) -> str:
        """The id of the project that an active folder is in; else 404."""
        node = self.find(folder_id)
        if node is None or node.bin is not None or node.parent is None:
            raise ApiError(Code.FOLDER_NOT_FOUND, folder_id)
        return self.project_of(node).id

    def project_of(self, node: Node) -> Project:
        """The project that an active entry, or a root, is in."""
        project = self.projects.with_root(self.root_of(node) or node.id)
        assert project is not None, "every tree is that of a project"
        return project
