"""The ASUS service: requests to the operations, and the account seen from inside."""

from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cloudfs.emulators.asus import (
    accounts,
    answering,
    changes,
    changing,
    directupload,
    discovery,
    downloads,
    entries,
    fileops,
    listing,
    oldlisting,
    search,
    sharelists,
    shares,
    trash,
    uploads,
)
from cloudfs.emulators.asus.attributes import from_fragment
from cloudfs.emulators.asus.call import AsusRoutes, Operation, reply
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.places import View
from cloudfs.emulators.asus.refusals import Refusal, Status
from cloudfs.emulators.asus.settings import AsusSettings, Profile
from cloudfs.emulators.asus.signature import Nonces
from cloudfs.emulators.asus.transfers import Transfers
from cloudfs.emulators.clock import Clock
from cloudfs.emulators.emulator import Binned, Emulator
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import Match, NoRoute, WrongMethod, split
from cloudfs.emulators.store.accounts import Account
from cloudfs.emulators.store.tree import Node

USERID, OTHER_USERID = 4711, 4712  # of the accounts that are there from the start

_routes = AsusRoutes()
_routes.include(
    accounts.routes,
    changes.routes,
    directupload.routes,
    discovery.routes,
    downloads.routes,
    entries.routes,
    fileops.routes,
    listing.routes,
    oldlisting.routes,
    search.routes,
    sharelists.routes,
    shares.routes,
    trash.routes,
    uploads.routes,
)

# Calls of one profile only (keys of routes, reference 1.4).
_ONLY = {
    "member/acquireservicegateway": Profile.OMNISTOR,
    "sharecode/tocompactform": Profile.WEBSTORAGE,
    "sharecode/tonormalform": Profile.WEBSTORAGE,
}


class AsusEmulator(Emulator):
    """An ASUS server, playing all its roles. What it keeps is under *root*.

    Paths in the methods for tests begin at MySyncFolder, which clients show as the root.
    """

    profile: ClassVar[Profile]
    login: ClassVar[str] = "user@example.com"
    password: ClassVar[str] = "PassW0rd!"  # noqa: S105 - everybody may know it
    other_login: ClassVar[str] = "other@example.com"
    token_headers: ClassVar[tuple[str, ...]] = ("x-asc-sid",)
    algorithm: ClassVar[str] = "sha512"
    settings: AsusSettings

    def __init__(
        self, root: Path, *, settings: AsusSettings | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(root, settings=settings or AsusSettings(), clock=clock)
        self.settings.profile = self.profile
        self.nonces = Nonces(self.clock)
        self.transfers = Transfers(self.store, self.clock)
        if not self.store.accounts.all():
            self.add_account(self.login, self.password, userid=USERID)
            self._sync_folder(self._view_of(self.login))
            self.add_account(self.other_login, self.password, userid=OTHER_USERID)

    @staticmethod
    def key_of_name(name: str) -> str:
        return name.casefold()

    @classmethod
    def default_account(cls) -> dict[str, str]:
        fresh = AsusSettings()
        return {**super().default_account(), "sid": fresh.sid, "progkey": fresh.progkey}

    def view(self, account: int) -> View:
        """What an account sees."""
        return View(self.store, self.settings, self.clock, account)

    def account_of(self, login: str) -> Account | None:
        """The account of a user id, whatever the case of its letters."""
        return self.store.accounts.find(login.lower())

    def webrelay_host(self, request: Request) -> str:
        """The web relay, as the client that sent *request* reaches it."""
        if not self.settings.webrelay_apart:
            return request.url.netloc
        return urlsplit(self.store_base(request)).netloc

    # Answering.

    def match(self, origin: Origin, method: str, segments: tuple[str, ...]) -> Match[Operation]:
        match = _routes.match(method, segments)
        needs = match.route.handler.needs
        only = _ONLY.get(match.route.key)
        if (
            (only is not None and only != self.settings.profile)
            or (needs.switch is not None and not getattr(self.settings, needs.switch))
            or (origin == Origin.STORE and not (needs.relay and self.settings.webrelay_apart))
        ):
            raise NoRoute("/".join(segments))
        return match

    async def prepare(self, request: Request) -> None:
        try:
            match = self.match(
                Origin.API, request.method, split(request.scope["raw_path"].decode("ascii"))
            )
        except (NoRoute, WrongMethod):
            return
        await answering.read(request, match.route.handler, match.values)

    async def answer(self, origin: Origin, request: Request, match: Match[Any]) -> Response:  # noqa: ARG002 - both are alike
        response = await answering.answer(self, request)
        return answering.with_cookie(response, self.settings.profile)

    def error(self, status: int, code: str | None) -> Response:
        return PlainTextResponse(code or "", status)

    def error_for(self, request: Request, status: int, code: str | None) -> Response:
        """A *code* is a ``<status>`` of the service, known here or not, and comes in XML."""
        wanted = answering.asked(request)
        if wanted is None or code is None:
            return self.error(status, code)
        text = leaf("logmessage", "this fails on cue")
        response = reply(wanted.operation.reply_root, [text], int(code))
        response.status_code = status
        return response

    def store_error(self, status: int, code: str | None) -> Response:
        return self.error(status, code)

    # For faults.

    def token_of(self, request: Request) -> str | None:
        wanted = answering.asked(request)
        return None if wanted is None else wanted.token

    def link_of(self, request: Request) -> str | None:  # noqa: ARG002 - there are no links
        return None

    def refuse_token(self, request: Request) -> Response:
        wanted = answering.asked(request)
        assert wanted is not None, "only a request with a token is refused for it"
        with self.store.transaction():
            self.store.tokens.revoke(wanted.token or "")
        return answering.token_refused(wanted.operation)

    def refuse_link(self) -> Response:
        return self.error(403, None)

    # In the same process.

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
                login.lower(), password, name=name, account_id=userid, quota=quota
            )
            changing.set_up(self.view(account.id))
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
            nodes = self.store.tree.below(changing.sync_folder(view).id)[1:]
            return {
                changing.path_of(view, node): None
                if node.blob is None
                else self.store.blobs.path(self.store.blobs.get(node.blob)).read_bytes()
                for node in nodes
            }

    def bin(self, login: str | None = None) -> list[Binned]:
        view = self._view_of(login)
        with self.store.transaction():
            return [
                Binned(node.name, item.path, not node.is_file, node.size)
                for item in self.store.bin.items(view.user)
                for node in [self.store.tree.get(item.node)]
            ]

    def write(self, path: str, data: bytes, login: str | None = None) -> None:
        view, names = self._view_of(login), _split(path)
        attribute = from_fragment(None, self.clock.now_ms())
        with self.store.transaction():
            parent = changing.sync_folder(view)
            for name in names[:-1]:
                parent = self.store.tree.child(parent.id, name) or changing.create_folder(
                    view, parent, name, attribute
                )
            there = self.store.tree.child(parent.id, names[-1])
            blob = self.store.blobs.keep_bytes(data)
            if there is not None and there.is_file:
                changing.overwrite(view, there, blob, attribute)
            else:
                changing.create_file(view, parent, names[-1], blob, attribute)

    def make_folder(self, path: str, login: str | None = None) -> None:
        view, names = self._view_of(login), _split(path)
        with self.store.transaction():
            attribute = from_fragment(None, self.clock.now_ms())
            changing.create_folder(view, self._find(view, names[:-1]), names[-1], attribute)

    def move(self, path: str, to: str, login: str | None = None) -> None:
        view, old, new = self._view_of(login), _split(path), _split(to)
        with self.store.transaction():
            node, parent = self._find(view, old), self._find(view, new[:-1])
            changing.need_free(view, parent, new[-1])
            if node.parent != parent.id:
                changing.move(view, node, parent)
            if node.name != new[-1]:
                changing.rename(view, self.store.tree.get(node.id), new[-1])

    def remove(self, path: str, login: str | None = None) -> None:
        view = self._view_of(login)
        with self.store.transaction():
            changing.remove(view, self._find(view, _split(path)))

    def _find(self, view: View, names: list[str]) -> Node:
        node: Node | None = changing.sync_folder(view)
        for name in names:
            node = None if node is None else self.store.tree.child(node.id, name)
        if node is None:
            raise Refusal(Status.NO_FOLDER, f"there is no {'/'.join(names)}")
        return node

    def _sync_folder(self, view: View) -> None:
        with self.store.transaction():
            changing.sync_folder(view)

    def _view_of(self, login: str | None) -> View:
        account = self.account_of(self.login if login is None else login)
        if account is None:
            raise KeyError(f"no account {login}")
        return self.view(account.id)


class WebStorageEmulator(AsusEmulator):
    """The public service."""

    type: ClassVar[str] = "asuswebstorage"
    profile: ClassVar[Profile] = Profile.WEBSTORAGE


class OmniStorEmulator(AsusEmulator):
    """The product for enterprises."""

    type: ClassVar[str] = "omnistor"
    profile: ClassVar[Profile] = Profile.OMNISTOR


def _split(path: str) -> list[str]:
    return [name for name in path.split("/") if name]
