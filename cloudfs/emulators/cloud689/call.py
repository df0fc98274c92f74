"""One call, and the routes that answer it.

A handler returns an `Answer`, or a whole response. One that is a plain function runs inside
one transaction; one that has to wait for something (a content that arrives) is a coroutine
function and begins its transactions itself.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import Answer
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.forms import Form
from cloudfs.emulators.cloud689.parameters import Parameters
from cloudfs.emulators.cloud689.people import User
from cloudfs.emulators.cloud689.settings import Cloud689Settings
from cloudfs.emulators.routing import Routes
from cloudfs.emulators.store import Store

if TYPE_CHECKING:
    from cloudfs.emulators.cloud689.emulator import Cloud689Emulator

_KEY = "cloudfs.cloud689"


@dataclass(slots=True)
class Asked:
    """What a request turned out to ask for, before anything is done about it."""

    params: Parameters = field(default_factory=Parameters)
    form: Form | None = None  # whose file has not been read
    problem: ApiError | None = None  # with its body
    too_long: bool = False

    @property
    def token(self) -> str | None:
        """The token of a call, under either of its names (reference 2.3)."""
        return self.params.text("auth_token") or self.params.text("access_token")


def note_asked(request: Request, asked: Asked) -> None:
    """Remember what a request asks for."""
    request.scope[_KEY] = asked


def asked_by(request: Request) -> Asked:
    """What a request asks for; nothing, if there is no such call."""
    found = request.scope.get(_KEY, Asked())
    assert isinstance(found, Asked)
    return found


@dataclass(frozen=True, slots=True)
class Call:
    """A request: who asks, and for what."""

    emulator: "Cloud689Emulator"
    request: Request
    asked: Asked
    values: dict[str, str]  # of the variable parts of the path
    seen: View | None  # what whoever asks sees; None: nobody is known to ask

    @property
    def params(self) -> Parameters:
        """What the call was given."""
        return self.asked.params

    @property
    def store(self) -> Store:
        """The store."""
        return self.emulator.store

    @property
    def settings(self) -> Cloud689Settings:
        """The settings in force."""
        return self.emulator.settings

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.emulator.clock

    @property
    def view(self) -> View:
        """What the user sees who asks; 401 for calls without a token."""
        if self.seen is None:
            raise ApiError(Code.INVALID_ACCESS_TOKEN, "there is no token")
        return self.seen

    @property
    def user(self) -> User:
        """Who asks."""
        return self.view.user


Handler = Callable[[Call], Answer | Response] | Callable[[Call], Awaitable[Answer | Response]]

Cloud689Routes = Routes[Handler]
