"""The PodSpace service: requests to the routes, and the account seen from inside."""

import inspect
from pathlib import Path
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.emulator import Binned, Emulator
from cloudfs.emulators.podspace import (
    account,
    activities,
    archives,
    auth,
    batch,
    bookmarks,
    changing,
    downloads,
    entries,
    fetching,
    folders,
    images,
    search,
    shares,
    teams,
    trash,
    tus,
    uploads,
    versions,
)
from cloudfs.emulators.podspace.access import View
from cloudfs.emulators.podspace.answers import Answers
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.errors import ApiError, Code, code_named
from cloudfs.emulators.podspace.hashes import node_hash
from cloudfs.emulators.podspace.parameters import from_query, from_request
from cloudfs.emulators.podspace.settings import PodSpaceSettings
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import Match, NoRoute, split
from cloudfs.emulators.signing import SIGNATURE
from cloudfs.emulators.store.tree import Node

_api = PodSpaceRoutes()
_api.include(
    account.routes,
    activities.routes,
    archives.routes,
    auth.routes,
    batch.routes,
    bookmarks.routes,
    downloads.routes,
    entries.routes,
    fetching.routes,
    folders.routes,
    images.routes,
    search.routes,
    shares.routes,
    teams.routes,
    trash.routes,
    tus.routes,
    uploads.routes,
    versions.routes,
)

# Routes that have nothing to do with an account (keys), besides those of the sign-in.
_OPEN = {"file.get_by_link"}
# Those that visitors may use, for what is public (reference 3.17).
_FOR_VISITORS = {
    "entry.stat",
    "file.get",
    "file.link",
    "file.thumbnail",
    "files.zip",
    "folder.list",
}
# Those whose token may be in the query string (reference 2.1 and 3.22).
_TOKEN_IN_QUERY = {"file.get", "files.zip", "file.thumbnail", "image.get", "plan.invoice"}
# Those that read the body themselves, or leave it alone.
_OWN_BODY = {
    "batch",
    "file.replace",
    "file.tus_create",
    "file.tus_patch",
    "file.tus_replace",
    "file.upload",
    "file.upload_to_group",
    "image.upload",
}


class PodSpaceEmulator(Emulator):
    """A PodSpace server. What it keeps is under *root*, and is there again at the next start.

    The password of an account is an access token that never expires, as the platform's panel
    hands them out; `refresh_token` tells the refresh token that goes with it.
    """

    type: ClassVar[str] = "podspace"
    base_path: ClassVar[str] = "/api"
    login: ClassVar[str] = "sara"
    password: ClassVar[str] = "9c1e0c4dfb5d4e6f8a7b6c5d4e3f2a1b"  # noqa: S105 - everybody may know it
    ssoid: ClassVar[int] = 42
    also_called: ClassVar[tuple[str, ...]] = ("09120000000", "sara@example.com")
    settings: PodSpaceSettings

    def __init__(
        self, root: Path, *, settings: PodSpaceSettings | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(root, settings=settings or PodSpaceSettings(), clock=clock)
        self.answers = Answers(self.clock, self.settings)
        if not self.store.accounts.all():
            with self.store.transaction():
                self.add_account(self.login, self.password, userid=self.ssoid, name="Sara")
                for login in self.also_called:
                    self.store.accounts.add_login(self.ssoid, login)

    @classmethod
    def default_account(cls) -> dict[str, str]:
        return {"token": cls.password, "refresh_token": cls.refresh_token(cls.password)}

    @staticmethod
    def refresh_token(password: str) -> str:
        """The refresh token of the account of that password."""
        return f"refresh-{password}"

    def view(self, account_id: int | None) -> View:
        """What an account may see and change; None: a visitor."""
        return View(self.store, self.settings, self.clock, account_id)

    def match(self, origin: Origin, method: str, segments: tuple[str, ...]) -> Match[Any]:
        if origin == Origin.STORE:
            return downloads.objects.match(method, segments)
        if segments[:1] != (self.base_path.lstrip("/"),):
            raise NoRoute("/".join(segments))
        return _api.match(method, segments[1:])

    async def answer(self, origin: Origin, request: Request, match: Match[Any]) -> Response:
        try:
            if origin == Origin.STORE:
                handler: downloads.ObjectHandler = match.route.handler
                return handler(self, request, match)
            result = await self._call(request, match)
        except ApiError as refusal:
            return self.answers.refusal(request, refusal)
        return result if isinstance(result, Response) else self.answers.success(request, result)

    async def _call(self, request: Request, match: Match[Any]) -> Any:
        key = match.route.key
        user = None
        if key not in _OPEN and not key.startswith("auth."):
            token = auth.token_text(request, in_query=key in _TOKEN_IN_QUERY)
            user = auth.authenticate(self, token)
            if user is None and key not in _FOR_VISITORS:
                raise ApiError(Code.INVALID_TOKEN, "sign in first")
        if key in _OWN_BODY:
            params = from_query(request.url.query)
        else:
            params = await from_request(request)
        call = Call(self, request, params, match.values, self.view(user))
        if inspect.iscoroutinefunction(match.route.handler):
            return await match.route.handler(call)
        with self.store.transaction():
            return match.route.handler(call)

    def error(self, status: int, code: str | None) -> Response:
        return self.answers.status(None, status, code_named(code), code)

    def store_error(self, status: int, code: str | None) -> Response:
        return self.error(status, code)

    def token_of(self, request: Request) -> str | None:
        return auth.token_text(request, in_query=request.method in {"GET", "HEAD"})

    def link_of(self, request: Request) -> str | None:
        if (signature := request.query_params.get(SIGNATURE)) is not None:
            return signature
        names = split(request.scope["path"])
        return names[3] if names[:3] == ("api", "files", "d") and len(names) == 4 else None

    def refuse_token(self, request: Request) -> Response:
        with self.store.transaction():
            self.store.tokens.revoke(self.token_of(request) or "")
        return self.answers.refusal(request, ApiError(Code.INVALID_TOKEN))

    def refuse_link(self) -> Response:
        return self.answers.refusal(None, downloads.too_old())

    def add_account(
        self,
        login: str,
        password: str,
        *,
        userid: int | None = None,
        name: str = "",
        quota: int | None = None,
    ) -> int:
        with self.store.transaction():
            new = self.store.accounts.add(
                login, password, name=name, account_id=userid, quota=quota
            )
            self.store.tree.root(new.id)
            for text, label in (
                (password, auth.ACCESS),
                (self.refresh_token(password), auth.REFRESH),
            ):
                self.store.tokens.issue(new.id, ttl=None, label=label, text=text)
        return new.id

    def logins(self) -> list[str]:
        accounts = self.store.accounts.all()
        return [login for one in accounts for login in self.store.accounts.logins(one.id)]

    def tree(self, login: str | None = None) -> dict[str, bytes | None]:
        view = self._view_of(login)
        with self.store.transaction():
            paths = {view.root().id: ""}
            found: dict[str, bytes | None] = {}
            for node in self.store.tree.below(view.root().id)[1:]:
                assert node.parent is not None
                paths[node.id] = f"{paths[node.parent]}/{node.name}"
                found[paths[node.id]] = self._content(node)
            return found

    def _content(self, node: Node) -> bytes | None:
        if node.blob is None:
            return None
        return self.store.blobs.path(self.store.blobs.get(node.blob)).read_bytes()

    def bin(self, login: str | None = None) -> list[Binned]:
        view = self._view_of(login)
        with self.store.transaction():
            return [
                Binned(node_hash(node.id), item.path, not node.is_file, node.size)
                for item in trash.items_of(view)
                for node in [self.store.tree.get(item.node)]
            ]

    def write(self, path: str, data: bytes, login: str | None = None) -> None:
        view = self._view_of(login)
        *above, name = _names(path)
        with self.store.transaction():
            folder = view.root()
            for one in above:
                there = self.store.tree.child(folder.id, one)
                folder = there or changing.create_folder(view, folder, one)
            there = self.store.tree.child(folder.id, name)
            blob = self.store.blobs.keep_bytes(data)
            if there is None:
                changing.add_file(view, folder, name, blob)
            elif there.is_file:
                changing.replace(view, there, blob)
            else:
                raise ApiError(Code.FILE_ALREADY_EXISTS, path)

    def make_folder(self, path: str, login: str | None = None) -> None:
        view = self._view_of(login)
        *above, name = _names(path)
        with self.store.transaction():
            changing.create_folder(view, self._need(view, above), name)

    def remove(self, path: str, login: str | None = None) -> None:
        view = self._view_of(login)
        with self.store.transaction():
            changing.trash(view, self._need(view, _names(path)))

    def move(self, path: str, to: str, login: str | None = None) -> None:
        view = self._view_of(login)
        *above, name = _names(to)
        with self.store.transaction():
            node, folder = self._need(view, _names(path)), self._need(view, above)
            changing.need_free(view, folder, name)
            if node.parent == folder.id:
                changing.rename(view, node, name)
                return
            # Renamed in the store alone: its old folder may have something of the new name.
            changing.move(view, self.store.tree.rename(node, name), folder)

    def _need(self, view: View, names: list[str]) -> Node:
        node = view.root()
        for name in names:
            there = self.store.tree.child(node.id, name)
            if there is None:
                raise ApiError(Code.FILE_NOT_FOUND, name)
            node = there
        return node

    def _view_of(self, login: str | None) -> View:
        found = self.store.accounts.find(self.login if login is None else login)
        if found is None:
            raise KeyError(f"no account {login}")
        return self.view(found.id)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name]
