"""One request to the API, and the routes that answer it.

A handler returns the result that goes into the envelope, or a whole answer. One that is a
plain function runs inside one transaction; one that has to wait for something (content to
arrive, an archive to be read) is a coroutine function and begins its transactions itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from cloudfs.emulators.podspace.access import Level, View
from cloudfs.emulators.podspace.paging import Page
from cloudfs.emulators.podspace.parameters import Parameters
from cloudfs.emulators.podspace.settings import PodSpaceSettings
from cloudfs.emulators.routing import Routes
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.tree import Node

if TYPE_CHECKING:
    from cloudfs.emulators.podspace.emulator import PodSpaceEmulator

HASH = "<hash>"  # in the templates of routes


@dataclass(frozen=True, slots=True)
class Call:
    """A request: who asks, and for what."""

    emulator: "PodSpaceEmulator"
    request: Request
    params: Parameters
    values: dict[str, str]  # of the variable parts of the route, like "<hash>"
    view: View

    @property
    def store(self) -> Store:
        """The store."""
        return self.emulator.store

    @property
    def settings(self) -> PodSpaceSettings:
        """The settings in force."""
        return self.emulator.settings

    @property
    def hash(self) -> str:
        """The hash in the path."""
        return self.values[HASH]

    @property
    def page(self) -> Page:
        """Which part of a list is wanted."""
        return Page.of(self.params, self.settings)

    def folder_in(self, name: str, level: Level = Level.EDIT) -> Node:
        """The folder that a parameter names, the root if it is missing."""
        return self.view.folder(self.params.text(name), level)

    def admit(self, node: Node) -> None:
        """403 unless whoever asks may read the entry."""
        self.view.admit(
            node, password=self.params.text("password"), share_hash=self.params.text("shareHash")
        )


Handler = Callable[[Call], Any]

PodSpaceRoutes = Routes[Handler]
