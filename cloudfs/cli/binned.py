"""What is in a recycle bin, and which of it a command line means."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from cloudfs.cli.output import plain, size, when
from cloudfs.cli.places import Paths
from cloudfs.cli.services import lacking
from cloudfs.errors import ConfigError, NotFound
from cloudfs.model import Kind, TrashItem
from cloudfs.providers.base import Provider
from cloudfs.providers.facets import Trash

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Binned:
    """A thing in the bin, and the path it had, as far as that is known."""

    item: TrashItem
    origin: str | None

    @property
    def shown(self) -> str:
        """For people: where it was, or what it is called."""
        slash = "/" if self.item.kind is Kind.FOLDER else ""
        return plain(self.origin or self.item.name) + slash

    def line(self) -> str:
        """For people, with all that is known."""
        item = self.item
        return f"{size(item.size):>12}  {when(item.deleted_ns)}  {self.shown}  [{plain(item.id)}]"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        item = self.item
        return {
            "id": item.id,
            "name": item.name,
            "kind": item.kind.value,
            "size": item.size,
            "deleted_ns": item.deleted_ns,
            "origin": self.origin,
        }


class Choice:
    """Which things are meant: by their names, their old paths or their ids, and by their age.

    A word is a shell pattern for names; with a slash in it, for whole paths. A name is also met
    by itself, whatever characters it has.
    """

    def __init__(self, words: Sequence[str], *, older_than: int | None) -> None:
        self._words = words
        self._latest = None if older_than is None else time.time_ns() - older_than * SECOND

    @property
    def is_all(self) -> bool:
        """Whether nothing narrows the choice."""
        return not self._words and self._latest is None

    @property
    def asks_for_paths(self) -> bool:
        """Whether it takes the old paths to decide."""
        return any("/" in word for word in self._words)

    def fits(self, binned: Binned) -> bool:
        """Whether a thing is meant."""
        if self._latest is not None:
            deleted_ns = binned.item.deleted_ns
            if deleted_ns is None or deleted_ns > self._latest:
                return False
        return not self._words or any(
            word == binned.item.id or _matches(word, binned) for word in self._words
        )

    def decide(self, found: Sequence[Binned]) -> list[Binned]:
        """Those of *found* that are certainly meant.

        Raises NotFound for a word that nothing fits, and ConfigError for one that is the id of
        one thing and fits another.
        """
        chosen: dict[str, Binned] = {} if self._words else {each.item.id: each for each in found}
        for word in self._words:
            by_id = [binned for binned in found if binned.item.id == word]
            by_name = [binned for binned in found if _matches(word, binned)]
            others = [binned for binned in by_name if binned not in by_id]
            if by_id and others:
                raise ConfigError(
                    f"{plain(word)} is the id of {by_id[0].shown} and also means "
                    f"{others[0].shown}; write [{plain(word[0])}]{plain(word[1:])} for the name"
                )
            if not by_id and not by_name:
                raise NotFound(f"nothing in the bin is {plain(word)}")
            chosen |= {binned.item.id: binned for binned in [*by_id, *by_name]}
        return list(chosen.values())


async def in_bin(
    provider: Provider, trash: Trash, choice: Choice, *, paths: Paths | None = None
) -> AsyncGenerator[Sequence[Binned], None]:
    """What *choice* means, as it comes. With *paths*, also the old paths that take requests."""
    if choice.asks_for_paths and paths is None:
        paths = Paths(provider)
    async with aclosing(trash.items()) as pages:
        async for page in pages:
            if paths is not None:
                await paths.learn(_unknown(page))
            found = [Binned(item, await _origin(item, paths)) for item in page]
            yield [binned for binned in found if choice.fits(binned)]


def check_age(provider: Provider, trash: Trash, older_than: int | None) -> None:
    """Raise Unsupported where no age is told."""
    if older_than is not None and not trash.tells_time:
        raise lacking(provider, "time of deletion, which --older-than asks for,")


def _matches(word: str, binned: Binned) -> bool:
    if "/" not in word:
        return word == binned.item.name or fnmatchcase(binned.item.name, word)
    path = f"/{word.strip('/')}"
    origin = binned.origin
    return origin is not None and (path == origin or fnmatchcase(origin, path))


def _unknown(page: Sequence[TrashItem]) -> set[Any]:
    return {item.origin_parent_id for item in page if item.origin_path is None}


async def _origin(item: TrashItem, paths: Paths | None) -> str | None:
    if item.origin_path is not None or paths is None:
        return item.origin_path
    return await paths.within(item.origin_parent_id, item.name)
