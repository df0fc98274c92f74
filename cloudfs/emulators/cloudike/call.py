"""One request to the API, and the routes that answer it.

A handler that is a plain function runs inside one transaction. One that has to wait for
something (content to be joined, a file to be written) is a coroutine function and begins its
transactions itself.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.cloudike.errors import ApiError
from cloudfs.emulators.cloudike.names import Path
from cloudfs.emulators.cloudike.parameters import Parameters
from cloudfs.emulators.cloudike.places import View
from cloudfs.emulators.routing import Routes
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.accounts import Account, Token

if TYPE_CHECKING:
    from cloudfs.emulators.cloudike.emulator import CloudikeEmulator


@dataclass(frozen=True, slots=True)
class Call:
    """A request: who asks, and for what."""

    emulator: "CloudikeEmulator"
    request: Request
    params: Parameters
    values: dict[str, str]  # of the variable parts of the route, like "<name>"
    rest: Path  # the path at the end of the route
    account: Account | None
    token: Token | None
    base: str  # URL of the API as the client knows it

    @property
    def store(self) -> Store:
        """The store."""
        return self.emulator.store

    @property
    def user(self) -> Account:
        """The account that asks; 401 if there is none."""
        if self.account is None:
            raise ApiError(401, description="sign in first")
        return self.account

    @property
    def view(self) -> View:
        """What that account sees."""
        return self.emulator.view(self.user.id, self.base)


Handler = Callable[[Call], Response | Awaitable[Response]]

CloudikeRoutes = Routes[Handler]
