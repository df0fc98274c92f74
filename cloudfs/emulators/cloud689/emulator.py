"""The 689Cloud service: requests to the calls, and the account seen from inside."""

import inspect
from contextlib import aclosing
from pathlib import Path
from typing import Any, ClassVar

import trio
from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689 import (
    account,
    answers,
    changing,
    comments,
    downloads,
    encoding,
    fetching,
    fileops,
    history,
    licences,
    links,
    listing,
    pages,
    projectcalls,
    sessions,
    trash,
    uploads,
)
from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.call import Asked, Call, Cloud689Routes, asked_by, note_asked
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.forms import form_of
from cloudfs.emulators.cloud689.ids import Kind, entry_id, id_of, number_of
from cloudfs.emulators.cloud689.parameters import decoded
from cloudfs.emulators.cloud689.people import People, Team, TeamRole, User
from cloudfs.emulators.cloud689.projects import Project, Projects, Role, with_member
from cloudfs.emulators.cloud689.settings import Cloud689Settings
from cloudfs.emulators.emulator import Binned, Emulator
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import Match, NoRoute, WrongMethod, split
from cloudfs.emulators.store.tree import Node

_api = Cloud689Routes()
_api.include(
    account.routes,
    comments.routes,
    downloads.routes,
    encoding.routes,
    fetching.routes,
    fileops.routes,
    history.routes,
    licences.routes,
    links.routes,
    listing.routes,
    projectcalls.routes,
    sessions.routes,
    trash.routes,
    uploads.routes,
)

# Calls (keys of routes) that need no token, or look at it themselves.
_OPEN = {
    links.PAGE,
    "download",
    "link/browse",
    "link/get",
    "user/login",
    "user/login/checkmail",
    "user/logout",
}
_URLENCODED = "application/x-www-form-urlencoded"
_LONGEST_BODY = 4 << 20  # of calls without a file

TEAM, USER = 1, 2  # numbers of the team and the user that are there from the start


class Cloud689Emulator(Emulator):
    """A 689Cloud server. What it keeps is under *root*, and is there again at the next start.

    Paths in the methods for tests begin with the name of a project. Of several things of one
    name in one place, they mean the newest.
    """

    type: ClassVar[str] = "cloud689"
    base_path: ClassVar[str] = "/api"
    login: ClassVar[str] = "ann@example.com"
    password: ClassVar[str] = "demo"  # noqa: S105 - everybody may know it
    team_id: ClassVar[str] = id_of(Kind.TEAM, TEAM)
    settings: Cloud689Settings

    def __init__(
        self, root: Path, *, settings: Cloud689Settings | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(root, settings=settings or Cloud689Settings(), clock=clock)
        self.people = People(self.store)
        self.projects = Projects(self.store)
        self.assemblies = uploads.Assemblies()
        self.converting = trio.Lock()
        if not self.store.accounts.all():
            with self.store.transaction():
                self._set_up()

    def _set_up(self) -> None:
        self.people.add_team("ACME", TEAM)
        self.add_account(self.login, self.password, userid=USER, name="Ann Lee")
        if self.settings.first_project:
            self.make_folder(self.settings.first_project)

    @classmethod
    def default_account(cls) -> dict[str, str]:
        return {**super().default_account(), "team_id": cls.team_id}

    def view(self, user: User) -> View:
        """What somebody sees and may change."""
        return View(self.store, self.settings, self.clock, user)

    # Answering.

    def match(self, origin: Origin, method: str, segments: tuple[str, ...]) -> Match[Any]:
        if origin == Origin.STORE:
            raise NoRoute("no URL is signed")
        if segments[:1] == (links.PAGE,):
            return pages.routes.match(method, segments)
        if segments[:1] != (self.base_path.lstrip("/"),):
            raise NoRoute("/".join(segments))
        return _api.match(method, segments[1:])

    async def prepare(self, request: Request) -> None:
        try:
            path = request.scope["raw_path"].decode("ascii")
            self.match(Origin.API, request.method, split(path))
        except (NoRoute, WrongMethod):
            return
        asked = Asked()
        note_asked(request, asked)
        try:
            await _read(request, asked)
        except ApiError as refusal:
            asked.problem = refusal

    async def answer(self, origin: Origin, request: Request, match: Match[Any]) -> Response:  # noqa: ARG002 - there is one only
        try:
            return await self._call(request, match)
        except ApiError as refusal:
            return answers.refusal(self.settings, refusal.code)

    async def _call(self, request: Request, match: Match[Any]) -> Response:
        asked = asked_by(request)
        if asked.too_long:
            return self.error(413, None)
        if asked.problem is not None:
            raise asked.problem
        view = None
        if match.route.key not in _OPEN:
            view = self.view(sessions.authenticate(self, asked.token))
        await encoding.settle(self)
        call = Call(self, request, asked, match.values, view)
        if inspect.iscoroutinefunction(match.route.handler):
            found = await match.route.handler(call)
        else:
            with self.store.transaction():
                found = match.route.handler(call)
        if view is not None and view.unnoted:
            raise ApiError(Code.CREATE_HISTORY_FAILED)
        return found if isinstance(found, Response) else answers.success(found)

    def error(self, status: int, code: str | None) -> Response:
        """A *code* is the symbolic name of one, or else the text that goes with *status*."""
        known = Code.__members__.get(code or "")
        if known is not None:
            return answers.refusal(self.settings, known)
        return answers.status(self.settings, status, code)

    def store_error(self, status: int, code: str | None) -> Response:
        return self.error(status, code)

    # For faults.

    def token_of(self, request: Request) -> str | None:
        return asked_by(request).token

    def link_of(self, request: Request) -> str | None:  # noqa: ARG002 - no URL is signed
        return None

    def refuse_token(self, request: Request) -> Response:
        with self.store.transaction():
            self.store.tokens.extend(self.token_of(request) or "", 0)
        return answers.refusal(self.settings, Code.ERR_EXPIRE_TOKEN)

    def refuse_link(self) -> Response:
        return answers.refusal(self.settings, Code.LINK_EXPIRED)

    # In the same process.

    def add_team(self, name: str) -> str:
        """A new team, in which nobody is; returns its id."""
        with self.store.transaction():
            return self.people.add_team(name).id

    def add_account(
        self,
        login: str,
        password: str,
        *,
        userid: int | None = None,
        name: str = "",
        quota: int | None = None,
        team_id: str | None = None,
        role: int | None = None,
        time_zone: int | None = None,
    ) -> int:
        """A new user of a team, by default of the first. There are no quotas here.

        The first of a team is its administrator, the others are members, if *role* does not
        say otherwise.
        """
        if quota is not None:
            raise ValueError("there are no quotas here")
        with self.store.transaction():
            team = self._team(team_id)
            usual = TeamRole.MEMBER if self.people.users(team.number) else TeamRole.ADMIN
            user = self.people.add_user(
                team,
                login,
                password,
                number=userid,
                name=name,
                role=usual if role is None else TeamRole(role),
                time_zone=time_zone,
            )
        return user.number

    def add_member(self, project: str, login: str, role: int) -> None:
        """Let somebody into a project of the first account, or give him another role."""
        view = self._view_of(None)
        user = self._user(login)
        with self.store.transaction():
            found = with_member(
                self._project(view, project), user.number, Role(role), self.clock.now_ms()
            )
            self.projects.save(found)

    def logins(self) -> list[str]:
        return [user.email for user in self.people.users()]

    def tree(self, login: str | None = None) -> dict[str, bytes | None]:
        view = self._view_of(login)
        with self.store.transaction():
            found: dict[str, bytes | None] = {}
            for project in self._projects(view):
                paths = {project.root: f"/{project.name}"}
                found[paths[project.root]] = None
                for node in self.store.tree.below(project.root)[1:]:
                    paths[node.id] = f"{paths[node.parent or 0]}/{node.name}"
                    found[paths[node.id]] = self._content(node)
            return found

    def _content(self, node: Node) -> bytes | None:
        if node.blob is None:
            return None
        return self.store.blobs.path(self.store.blobs.get(node.blob)).read_bytes()

    def bin(self, login: str | None = None) -> list[Binned]:
        view = self._view_of(login)
        with self.store.transaction():
            found = [
                (item, project)
                for project in self._projects(view)
                for item in self.store.bin.of_scope(project.root)
            ]
            found.sort(key=lambda pair: pair[0].deleted, reverse=True)
            return [
                Binned(
                    entry_id(node.id), f"/{project.name}{item.path}", not node.is_file, node.size
                )
                for item, project in found
                for node in [self.store.tree.get(item.node)]
            ]

    def write(self, path: str, data: bytes, login: str | None = None) -> None:
        """What a file held before is a file of its own, in the trash."""
        view = self._view_of(login)
        *above, name = _names(path)
        with self.store.transaction():
            project, folder = self._make(view, above)
            there = self._child(folder, name)
            if there is not None and not there.is_file:
                raise ApiError(Code.INVALID_PARAMETER, f"{path} is a folder")
            blob = self.store.blobs.keep_bytes(data)
            changing.add_file(view, project, folder, name, blob)
            if there is not None:
                changing.remove(view, project, there)

    def _make(self, view: View, names: list[str]) -> tuple[Project, Node]:
        """A folder, which is made with all above it if it is missing."""
        if not names:
            raise ApiError(Code.MISSING_PARAMETER, "files are in projects only")
        project = self._find_project(view, names[0]) or changing.create_project(view, names[0])
        folder = self.store.tree.get(project.root)
        for name in names[1:]:
            there = self._child(folder, name)
            folder = there or changing.create_folder(view, project, folder, name)
        return project, folder

    def make_folder(self, path: str, login: str | None = None) -> None:
        """A path of one name is that of a project."""
        view = self._view_of(login)
        *above, name = _names(path)
        with self.store.transaction():
            if above:
                project, folder = self._need(view, above)
                changing.create_folder(view, project, folder, name)
            else:
                changing.create_project(view, name)

    def move(self, path: str, to: str, login: str | None = None) -> None:
        """A project may be renamed; nothing leaves its project."""
        view, old, new = self._view_of(login), _names(path), _names(to)
        with self.store.transaction():
            if len(old) == len(new) == 1:
                self._rename_project(view, old[0], new[0])
                return
            project, node = self._need(view, old)
            target, folder = self._need(view, new[:-1])
            if project.root != target.root or node.parent is None:
                raise ApiError(Code.INVALID_PARAMETER, "this would leave the project")
            if self._child(folder, new[-1]) is not None:
                raise ApiError(Code.INVALID_PARAMETER, f"there is {to} already")
            if node.parent != folder.id:
                changing.move(view, project, node, folder)
            if node.name != new[-1]:
                changing.rename(view, project, self.store.tree.get(node.id), new[-1])

    def _rename_project(self, view: View, old: str, new: str) -> None:
        project = self._project(view, old)
        changing.edit_project(
            view,
            project,
            name=new,
            description=project.description,
            max_download=project.max_download,
        )

    def remove(self, path: str, login: str | None = None) -> None:
        """A project is gone for ever."""
        view, names = self._view_of(login), _names(path)
        with self.store.transaction():
            project, node = self._need(view, names)
            if node.parent is None:
                changing.delete_project(view, project)
            else:
                changing.remove(view, project, node)

    def entry(self, text: str) -> Node | None:
        """The folder or file of an id, wherever it is."""
        number = number_of(Kind.ENTRY, text)
        return None if number is None else self.store.tree.find(number)

    def _need(self, view: View, names: list[str]) -> tuple[Project, Node]:
        project = self._project(view, names[0] if names else "")
        node: Node | None = self.store.tree.get(project.root)
        for name in names[1:]:
            node = None if node is None else self._child(node, name)
        if node is None:
            raise ApiError(Code.FOLDER_NOT_FOUND, "/".join(names))
        return project, node

    def _child(self, folder: Node, name: str) -> Node | None:
        """The newest child of that name."""
        same = self.store.listings.named(folder.id, name)
        return same[-1] if same else None

    def _project(self, view: View, name: str) -> Project:
        found = self._find_project(view, name)
        if found is None:
            raise ApiError(Code.PROJECT_NOT_FOUND, name)
        return found

    def _find_project(self, view: View, name: str) -> Project | None:
        same = [project for project in self._projects(view) if project.name == name]
        return same[-1] if same else None

    def _projects(self, view: View) -> list[Project]:
        return self.projects.of(view.user.number, view.user.team)

    def _view_of(self, login: str | None) -> View:
        return self.view(self._user(self.login if login is None else login))

    def _user(self, login: str) -> User:
        found = next((user for user in self.people.users() if user.email == login), None)
        if found is None:
            raise KeyError(f"no account {login}")
        return found

    def _team(self, team_id: str | None) -> Team:
        found = self.people.team(self.team_id if team_id is None else team_id)
        if found is None:
            raise KeyError(f"no team {team_id}")
        return found


async def _read(request: Request, asked: Asked) -> None:
    """Read what a request asks for; of a form with a file what comes before that.

    Parameters are in the query of a GET and in the body of a POST, nowhere else.
    """
    if request.method == "GET":
        asked.params = decoded(request.scope["query_string"])
        return
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() == _URLENCODED:
        body = bytearray()
        async with aclosing(request.stream()) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > _LONGEST_BODY:
                    asked.too_long = True
                    return
        asked.params = decoded(bytes(body))
        return
    asked.form = form_of(content_type)
    if asked.form is not None:
        asked.params = await asked.form.read_head(request.receive)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name]
