"""Which route a request is for.

Paths are split before they are decoded, each segment once, so that no name of a file can be
mistaken for a separator; empty segments are dropped, so that a doubled or trailing slash is
harmless. A template is written like ``trash/restore/<name>``; ``<path>`` at its end takes
every segment that is left, or none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

H = TypeVar("H")

REST = "<path>"
TOKEN = "<token>"  # noqa: S105 - what stands there is secret, and not noted

# What every service has, by whatever routes: a test names these to be about all of them.
LABELS = (
    "login",
    "list",
    "create-folder",
    "start-upload",
    "upload",
    "upload-part",
    "confirm-upload",
    "link",
    "download",
    "rename",
    "move",
    "copy",
    "remove",
    "trash-list",
    "restore",
    "purge",
    "versions",
    "restore-version",
    "events",
    "account",
)


@dataclass(frozen=True, slots=True)
class Route(Generic[H]):
    """One kind of request."""

    template: tuple[str, ...]
    methods: frozenset[str]
    key: str  # the template's fixed words: what the service calls it
    label: str  # what it is about, in words that all emulators use: `LABELS` and others
    handler: H


@dataclass(frozen=True, slots=True)
class Match(Generic[H]):
    """A route, and what stood at the variable places of its template."""

    route: Route[H]
    values: dict[str, str]
    rest: tuple[str, ...]


class NoRoute(Exception):
    """Nothing is served at this path."""


class WrongMethod(Exception):
    """Something is served at this path, but not by this method."""


class Routes(Generic[H]):
    """Routes in the order they were added; a fixed word wins over a variable one."""

    def __init__(self) -> None:
        self._routes: list[Route[H]] = []

    def __iter__(self) -> Iterator[Route[H]]:
        return iter(self._routes)

    def on(
        self, methods: str, *templates: str, label: str, key: str | None = None
    ) -> Callable[[H], H]:
        """Decorate the handler of *templates*; *methods* is like ``"GET POST"``."""

        def add(handler: H) -> H:
            for template in templates:
                words = tuple(word for word in template.split("/") if word)
                fixed = "/".join(word for word in words if not word.startswith("<"))
                self._routes.append(
                    Route(words, frozenset(methods.split()), key or fixed, label, handler)
                )
            return handler

        return add

    def include(self, *others: "Routes[H]") -> None:
        """Add the routes of *others*."""
        for other in others:
            self._routes += other

    def match(self, method: str, segments: tuple[str, ...]) -> Match[H]:
        """The route for a request. Raises NoRoute or WrongMethod."""
        found = [match for route in self._routes if (match := _match(route, segments))]
        if not found:
            raise NoRoute("/".join(segments))
        # `max` keeps the first of equals, hence the order of adding.
        best = max(found, key=lambda match: _fixed_words(match.route))
        same = [m for m in found if _fixed_words(m.route) == _fixed_words(best.route)]
        for match in same:
            if method in match.route.methods:
                return match
        raise WrongMethod(method)


def split(raw_path: str) -> tuple[str, ...]:
    """The decoded segments of the path of a URL."""
    return tuple(unquote(segment) for segment in raw_path.split("/") if segment)


def _fixed_words(route: Route[H]) -> int:
    return sum(not word.startswith("<") for word in route.template)


def _match(route: Route[H], segments: tuple[str, ...]) -> Match[H] | None:
    template = route.template
    open_ended = template[-1:] == (REST,)
    words = template[:-1] if open_ended else template
    if len(segments) < len(words) or (len(segments) > len(words) and not open_ended):
        return None
    values = {}
    for word, segment in zip(words, segments, strict=False):
        if word.startswith("<"):
            values[word] = segment
        elif word != segment:
            return None
    return Match(route, values, segments[len(words) :])
