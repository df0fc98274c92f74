"""Brings whole files into the disk cache because somebody said so, not because they are read.

First everything is listed, then fetched, a few files at a time and each in long ranges. Whoever
reads goes first: by the limiter's order, and because what flows already stands aside
(`RemoteFile.bring`).
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field

import trio

from cloudfs.content.cache import BlockCache
from cloudfs.content.contents import Contents
from cloudfs.errors import Changed, CloudError, NoLocalSpace, NotFound
from cloudfs.http.limits import priority
from cloudfs.journal.journal import Journal
from cloudfs.model import Entry, Priority
from cloudfs.tree.listings import Listings
from cloudfs.tree.nodes import Node

log = logging.getLogger(__name__)

WINDOW = 64 << 20  # bytes of a file at a time
FILES_AT_ONCE = 12
LARGE = 1 << 20  # bytes above which a file fills the line, and few are fetched at once
LARGE_AT_ONCE = 2
FOLDERS_AT_ONCE = 8
MOST_TOLD = 20  # troubles
MOST_TRIES = 3  # of a file that changes while it is fetched


@dataclass(slots=True, kw_only=True)
class Course:
    """How far it is. Files that do not fit into the cache are *left_out*."""

    folders: int = 0
    files: int = 0
    files_done: int = 0
    bytes: int = 0
    bytes_done: int = 0
    left_out: int = 0
    bytes_left_out: int = 0
    failed: int = 0
    listed: bool = False  # is the number of files final?
    troubles: list[str] = field(default_factory=list)
    done: trio.Event = field(default_factory=trio.Event)
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)

    def trouble(self, node: Node, error: BaseException) -> None:
        """Something of *node* could not be had."""
        self.failed += 1
        if len(self.troubles) < MOST_TOLD:
            self.troubles.append(f"{node.path()}: {error}")


class Warming:
    """Lists and fetches what is below nodes."""

    def __init__(
        self,
        listings: Listings,
        journal: Journal,
        contents: Contents,
        cache: BlockCache,
        nursery: trio.Nursery,
    ) -> None:
        self._listings = listings
        self._journal = journal
        self._contents = contents
        self._cache = cache
        self._nursery = nursery
        self._large = trio.CapacityLimiter(LARGE_AT_ONCE)

        # Changing. How many hold on to nodes that they have found in the tree.
        self.running = 0

    def begin(self, tops: Iterable[Node], room: Callable[[], int]) -> Course:
        """Fetch all that is below *tops*, as far as *room* bytes go; the course tells how far."""
        course = Course()
        self._nursery.start_soon(self._run, list(tops), room, course)
        return course

    async def _run(self, tops: list[Node], room: Callable[[], int], course: Course) -> None:
        self.running += 1
        try:
            with course.scope, priority(Priority.PREFETCH):
                files = await self.files(tops, course)
                await self._fetch_all(self._chosen(files, room(), course), course)
        except Exception as error:
            log.exception("fetching came to a sudden end")
            course.failed += 1
            course.troubles.append(f"an internal error: {error!r}")
        finally:
            self.running -= 1
            course.done.set()

    async def files(self, tops: Iterable[Node], course: Course | None = None) -> list[Node]:
        """All files at and below *tops*, after listing what was not listed yet."""
        course = course or Course()
        self.running += 1
        try:
            return await self._files(tops, course)
        finally:
            self.running -= 1

    async def _files(self, tops: Iterable[Node], course: Course) -> list[Node]:
        found: dict[Node, None] = {}
        level = dict.fromkeys(tops)
        seen = set(level)
        while level:
            folders = [node for node in level if node.is_folder]
            found.update((node, None) for node in level if not node.is_folder)
            await self._list(folders, course)
            level = {
                child: None
                for folder in folders
                for child in folder.in_order()
                if child not in seen
            }
            seen.update(level)
            course.files = len(found)
        course.listed = True
        return list(found)

    async def _list(self, folders: list[Node], course: Course) -> None:
        places = trio.CapacityLimiter(FOLDERS_AT_ONCE)

        async def one(folder: Node) -> None:
            async with places:
                try:
                    await self._listings.ensure(folder)
                except CloudError as error:
                    course.trouble(folder, error)
                course.folders += 1

        async with trio.open_nursery() as nursery:
            for folder in folders:
                nursery.start_soon(one, folder)

    def _chosen(self, files: list[Node], room: int, course: Course) -> list[Node]:
        """Those that fit into *room* bytes, in their order."""
        chosen = []
        for node in files:
            size = size_of(node)
            if course.bytes + size > room:
                course.left_out += 1
                course.bytes_left_out += size
                continue
            course.bytes += size
            chosen.append(node)
        course.files = len(chosen)
        return chosen

    async def _fetch_all(self, files: list[Node], course: Course) -> None:
        waiting = iter(files)

        async def worker() -> None:
            for node in waiting:
                await self._fetch_for(course, node)

        async with trio.open_nursery() as nursery:
            for _ in range(FILES_AT_ONCE):
                nursery.start_soon(worker)

    async def _fetch_for(self, course: Course, node: Node) -> None:
        advanced = 0

        def advance(count: int) -> None:
            nonlocal advanced
            advanced += count
            course.bytes_done += count

        for last in (False,) * (MOST_TRIES - 1) + (True,):
            try:
                await self.fetch(node, advance=advance)
            except (Changed, NotFound) as error:
                if not last and await self._has_moved_on(node):
                    continue
                course.trouble(node, error)
            except (CloudError, OSError) as error:
                course.trouble(node, error)
            else:
                course.files_done += 1
                course.bytes_done += size_of(node) - advanced
            return

    async def _has_moved_on(self, node: Node) -> bool:
        """Whether a new look at its folder shows another version of *node*."""
        before = node.entry
        if node.parent is None:
            return False
        self._listings.expire(node.parent)
        try:
            await self._listings.ensure(node.parent)
        except CloudError:
            return False
        return node.entry != before

    async def fetch(
        self,
        node: Node,
        *,
        advance: Callable[[int], None] = lambda _: None,
        still: Callable[[Node, Entry], bool] = lambda _, __: True,
    ) -> Entry | None:
        """Have all of a file in the cache; the version that is there now, None if *still* ended it.

        What is not on the service yet is here anyway. Raises NoLocalSpace if the cache takes no
        more, Changed or NotFound if the version is gone, and what else a read does.
        """
        entry = node.entry
        if entry is None or not entry.size or self._journal.draft(node) is not None:
            return entry
        async with self._large if entry.size > LARGE else nullcontext():
            return await self._fetch_version(node, entry, advance, still)

    async def _fetch_version(
        self,
        node: Node,
        entry: Entry,
        advance: Callable[[int], None],
        still: Callable[[Node, Entry], bool],
    ) -> Entry | None:
        file = self._contents.open(node.number, entry)
        try:
            for start in range(0, entry.size, WINDOW):
                if not still(node, entry):
                    return None
                stop = min(start + WINDOW, entry.size)
                if not await file.bring(start, stop, advance):
                    raise NoLocalSpace("the disk cache has no room left")
                await trio.lowlevel.checkpoint()
        finally:
            self._contents.close(node.number, entry)
        return entry


def size_of(node: Node) -> int:
    """Bytes that the version on the service has."""
    return node.entry.size if node.entry is not None else 0
