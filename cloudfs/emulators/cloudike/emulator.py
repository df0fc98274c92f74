"""The Cloudike service: requests to the routes, and the account seen from inside."""

import inspect
from pathlib import Path
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloudike import (
    accounts,
    archives,
    auth,
    changing,
    downloads,
    extras,
    fileops,
    fulllisting,
    links,
    metadata,
    names,
    objectstore,
    parameters,
    publicpages,
    shares,
    tasks,
    trash,
    uploads,
    versions,
)
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.changing import ClientTimes
from cloudfs.emulators.cloudike.errors import ApiError
from cloudfs.emulators.cloudike.places import View
from cloudfs.emulators.cloudike.settings import CloudikeSettings
from cloudfs.emulators.emulator import Binned, Emulator
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import Match, NoRoute
from cloudfs.emulators.signing import SIGNATURE
from cloudfs.emulators.store.tree import Node

USERID = 94  # of the account that is there from the start: `login` and `password` below

_api = CloudikeRoutes()
_api.include(
    accounts.routes,
    archives.routes,
    downloads.routes,
    extras.routes,
    fileops.routes,
    fulllisting.routes,
    links.routes,
    metadata.routes,
    shares.routes,
    tasks.routes,
    trash.routes,
    uploads.routes,
    versions.routes,
)

# Routes that answer without a sign-in (labels).
_OPEN = {"login", "confirm-upload", "link-list", "link-link", "public", "download-archive"}
_BODY_IGNORED = {"confirm-upload"}


class CloudikeEmulator(Emulator):
    """A Cloudike server. What it keeps is under *root*, and is there again at the next start."""

    type: ClassVar[str] = "cloudike"
    login: ClassVar[str] = "demo@example.com"
    password: ClassVar[str] = "demo"  # noqa: S105 - everybody may know it
    token_headers: ClassVar[tuple[str, ...]] = auth.TOKEN_HEADERS
    settings: CloudikeSettings

    def __init__(
        self, root: Path, *, settings: CloudikeSettings | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(root, settings=settings or CloudikeSettings(), clock=clock)
        if not self.store.accounts.all():
            self.add_account(self.login, self.password, userid=USERID, name="Demo")

    def view(self, account: int | None, base: str = "", *, published: Node | None = None) -> View:
        """What an account sees, or anybody of a published folder."""
        return View(
            self.store,
            self.settings,
            account=account,
            base=base,
            published=published,
        )

    def match(self, origin: Origin, method: str, segments: tuple[str, ...]) -> Match[Any]:
        if origin == Origin.STORE:
            return objectstore.routes.match(method, segments)
        if segments[:1] == ("public",):
            return publicpages.routes.match(method, segments)
        if segments[:2] not in {("api", "0"), ("api", "1")}:
            raise NoRoute("/".join(segments))
        return _api.match(method, segments[2:])

    async def answer(self, origin: Origin, request: Request, match: Match[Any]) -> Response:
        if origin == Origin.STORE:
            return await objectstore.answer(self, request, match)
        try:
            return await self._call(request, match)
        except ApiError as refusal:
            return refusal.response()

    async def _call(self, request: Request, match: Match[Any]) -> Response:
        tasks.do_due(self)
        label = match.route.label
        signed_in = None if label == "login" else auth.authenticate(self.store, request.headers)
        if signed_in is None and label not in _OPEN:
            raise ApiError(401, description="sign in first")
        account, token = signed_in or (None, None)
        if label in _BODY_IGNORED:
            params = parameters.from_query(request.url.query)
        else:
            params = await parameters.from_request(
                request,
                encodings=self.settings.encodings,
                refused_status=self.settings.refused_encoding,
            )
        base = str(request.base_url).rstrip("/")
        call = Call(self, request, params, match.values, match.rest, account, token, base)
        if inspect.iscoroutinefunction(match.route.handler):
            response = await match.route.handler(call)
        else:
            with self.store.transaction():
                response = match.route.handler(call)
        assert isinstance(response, Response)
        return response

    def error(self, status: int, code: str | None) -> Response:
        return ApiError(status, code).response()

    def store_error(self, status: int, code: str | None) -> Response:
        return objectstore.error(status, code)

    def token_of(self, request: Request) -> str | None:
        return auth.token_text(request.headers)

    def link_of(self, request: Request) -> str | None:
        return request.query_params.get(SIGNATURE)

    def refuse_token(self, request: Request) -> Response:
        with self.store.transaction():
            self.store.tokens.revoke(auth.token_text(request.headers) or "")
        return self.error(401, None)

    def refuse_link(self) -> Response:
        return objectstore.error(403, None, "the time of this link is over")

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
            account = self.store.accounts.add(
                auth.canonical_login(login), password, name=name, account_id=userid, quota=quota
            )
            self.store.tree.root(account.id)
        return account.id

    def logins(self) -> list[str]:
        return [
            login
            for account in self.store.accounts.all()
            for login in self.store.accounts.logins(account.id)
        ]

    def tree(self, login: str | None = None) -> dict[str, bytes | None]:
        view = self._view_of(login)
        with self.store.transaction():
            return {
                place.path: None
                if place.node.blob is None
                else self.store.blobs.path(self.store.blobs.get(place.node.blob)).read_bytes()
                for place in view.walk(view.root())[1:]
            }

    def bin(self, login: str | None = None) -> list[Binned]:
        view = self._view_of(login)
        with self.store.transaction():
            return [
                Binned(item.name, item.path, not node.is_file, node.size)
                for item in self.store.bin.items(view.user)
                for node in [self.store.tree.get(item.node)]
            ]

    def write(self, path: str, data: bytes, login: str | None = None) -> None:
        view, names_ = self._view_of(login), names.split_path(path)
        with self.store.transaction():
            parent = changing.create_folders(view, names_[:-1])
            there = view.child(parent, names_[-1])
            if there is not None and not there.is_file:
                raise ApiError(409, description=f"{path} is a folder")
            blob = self.store.blobs.keep_bytes(data)
            changing.write_file(view, parent, names_[-1], blob, times=ClientTimes())

    def make_folder(self, path: str, login: str | None = None) -> None:
        view, names_ = self._view_of(login), names.split_path(path)
        with self.store.transaction():
            parent = view.folder(names_[:-1])
            _check_free(view, path)
            changing.create_folder(view, parent, names_[-1], ClientTimes())

    def remove(self, path: str, login: str | None = None) -> None:
        view, names_ = self._view_of(login), names.split_path(path)
        with self.store.transaction():
            changing.delete(view, view.need(names_))

    def move(self, path: str, to: str, login: str | None = None) -> None:
        view, old, new = self._view_of(login), names.split_path(path), names.split_path(to)
        with self.store.transaction():
            place, folder = view.need(old), view.folder(new[:-1])
            _check_free(view, to)
            if old[:-1] != new[:-1]:
                changing.move(view, place, folder)
                place = view.need((*new[:-1], old[-1]))
            if old[-1] != new[-1]:
                changing.rename(view, place, new[-1])

    def block_link(self, key: str) -> None:
        """Block a public link, as after a complaint."""
        with self.store.transaction():
            self.store.links.block(key)

    def _view_of(self, login: str | None) -> View:
        tasks.do_due(self)
        account = auth.find_account(self.store, self.login if login is None else login)
        if account is None:
            raise KeyError(f"no account {login}")
        return self.view(account.id)


def _check_free(view: View, path: str) -> None:
    if view.find(names.split_path(path)) is not None:
        raise ApiError(409, description=f"{path} exists")
