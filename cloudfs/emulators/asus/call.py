"""One request, and the operations that answer it.

An operation is a function that gets a `Call`. One of the XML roles is a plain function, runs
inside one transaction, and returns the children that follow ``<status>`` in the reply, or a
`Response` where a refusal must not undo what was done. One of the web relay is a coroutine
function, and begins its transactions itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.asus.fields import Fields
from cloudfs.emulators.asus.payload import branch, document, leaf
from cloudfs.emulators.asus.places import View
from cloudfs.emulators.asus.refusals import Refusal, Status
from cloudfs.emulators.asus.settings import AsusSettings
from cloudfs.emulators.asus.times import date_text
from cloudfs.emulators.routing import Routes
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.accounts import Account

if TYPE_CHECKING:
    from cloudfs.emulators.asus.emulator import AsusEmulator

MEDIA_TYPE = "text/xml;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Call:
    """A request: who asks, and for what."""

    emulator: "AsusEmulator"
    request: Request
    root: str  # the root element of the reply
    fields: Fields
    values: dict[str, str]  # of the variable parts of the path
    account: Account | None
    group: bool  # is group-edit switched on (reference 2.7)?

    @property
    def store(self) -> Store:
        """The store."""
        return self.emulator.store

    @property
    def settings(self) -> AsusSettings:
        """The settings."""
        return self.emulator.settings

    @property
    def user(self) -> Account:
        """The account that asks, where there must be one."""
        assert self.account is not None
        return self.account

    @property
    def view(self) -> View:
        """What that account sees."""
        return self.view_of(self.user.id)

    def view_of(self, account: int) -> View:
        """What some account sees."""
        return self.emulator.view(account)

    @property
    def host(self) -> str:
        """This server, as the client knows it: ``host:port`` (reference 1.1)."""
        return self.request.url.netloc

    def date(self, ms: int) -> str:
        """A time, as most elements hold it."""
        return date_text(ms, self.settings.time_zone)

    def scrip(self) -> Element:
        """The opaque value that some replies carry (reference 1.5)."""
        return leaf("scrip", self.emulator.clock.now_ms())


Answer = Sequence[Element] | Response
Function = Callable[[Call], Answer] | Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a request of some kind must bring along."""

    relay: bool = False  # to the web relay: parameters in the query instead of XML
    token: bool = True
    userid: bool = True  # there must be one, and it must be the token's
    signed: bool = False  # is Authorization always required (reference 2.1)?
    group: str | None = None  # the field that switches group-edit on
    any_root: bool = False  # the root of the request does not matter
    unreadable: Status = Status.PAYLOAD  # how a body that is no XML is refused
    switch: str | None = None  # the setting without which there is no such call


USUAL = Needs()
ONLY_TOKEN = Needs(userid=False)
GROUP_EDIT = Needs(group="isgroupaware")
PORTAL = Needs(token=False, userid=False)
RELAY = Needs(relay=True, userid=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """What answers requests of one kind."""

    function: Function
    root: str  # the root element of request and reply
    reply_root: str
    needs: Needs


AsusRoutes = Routes[Operation]


def serve(
    routes: AsusRoutes,
    *paths: str,
    label: str,
    needs: Needs = USUAL,
    methods: str = "POST",
    root: str | None = None,
    reply_root: str | None = None,
) -> Callable[[Function], Function]:
    """Decorate the function that answers requests to *paths*.

    The roots of request and reply are the last fixed word of the path, unless given.
    """

    def add(function: Function) -> Function:
        for path in paths:
            words = [word for word in path.split("/") if not word.startswith("<")]
            asked = root or words[-1]
            operation = Operation(function, asked, reply_root or asked, needs)
            routes.on(methods, path, label=label)(operation)
        return function

    return add


def reply(root: str, children: Sequence[Element] = (), status: int = Status.OK) -> Response:
    """A reply in XML; the status in it says whether it is a success."""
    body = document(branch(root, leaf("status", int(status)), *children))
    return Response(body, headers={"Content-Type": MEDIA_TYPE})


def refused(root: str, refusal: Refusal, *more: Element) -> Response:
    """The reply that says no."""
    return reply(root, [leaf("logmessage", refusal), *more], refusal.status)
