"""Hears of changes that others make on the service, and has folders read again.

A feed names folders whose listings are not what they were; it never says what is gone, so
that an empty or backward feed can do no harm: the folders are read again, and what they show
is merged as always. If a feed is complete, its silence is worth something too: listings that
it did not name are as good as read now, over restarts as well.

Where there is no such feed, folders in use are read again when their time is over.
"""

import logging
from collections.abc import Callable, Iterable

import trio

from cloudfs.errors import CloudError
from cloudfs.http.limits import priority
from cloudfs.model import EntryId, News, Priority
from cloudfs.providers.facets import ChangeFeed
from cloudfs.tree.listings import Listings
from cloudfs.tree.metadata import Metadata
from cloudfs.tree.nodes import Node, Tree

log = logging.getLogger(__name__)

USED = 300.0  # seconds after its last use for which a folder is kept up to date
SHORTEST = 10.0  # seconds between two looks at what is in use
AT_ONCE = 8


class Feed:
    """Keeps the folders in use up to date.

    Those that *is_kept* names are read, too, when news of them come.
    """

    def __init__(
        self,
        changes: ChangeFeed | None,
        tree: Tree,
        listings: Listings,
        metadata: Metadata,
        is_kept: Callable[[Node], bool] = lambda _: False,
    ) -> None:
        self._changes = changes
        self._tree = tree
        self._listings = listings
        self._metadata = metadata
        self._is_kept = is_kept

    async def run(self) -> None:
        """Ask now and then, until cancelled."""
        with priority(Priority.BACKGROUND):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._keep_used_fresh)
                if self._changes is not None:
                    nursery.start_soon(self._follow, self._changes)

    async def _follow(self, changes: ChangeFeed) -> None:
        cursor = await self._metadata.cursor()
        while True:
            try:
                cursor = await self._ask(changes, cursor)
            except CloudError as error:
                log.info("the service does not tell what changed: %s", error)
            await trio.sleep(changes.interval)

    async def _ask(self, changes: ChangeFeed, cursor: str | None) -> str:
        if cursor is None:
            cursor = await changes.cursor()
            self._metadata.doubt_all()
            self._listings.begin_to_vouch()
        else:
            asked_at = trio.current_time()
            news = await changes.since(cursor)
            cursor = news.cursor
            self._doubt(news)
            if not changes.complete:
                self._metadata.doubt_all()
            elif news.everything:
                self._listings.begin_to_vouch()
            else:
                self._listings.vouch(asked_at)
            await self._read(f for f in self._named(news) if _is_used(f) or self._is_kept(f))
        self._metadata.keep_cursor(cursor)
        return cursor

    def _doubt(self, news: News) -> None:
        """Believe nothing any more that the news speak of."""
        if not (news.everything or news.folders or news.trees):
            return
        self._listings.heard()
        named = self._known(news)
        for folder in named:
            self._listings.expire(folder)
        if news.everything or not self._is_whole(news.trees):
            self._metadata.doubt_all()
            return
        below = (node.entry.id for node in named if node.entry is not None)
        self._metadata.doubt({*news.folders, *below})

    def _is_whole(self, trees: Iterable[EntryId]) -> bool:
        """Whether all folders of these trees are in memory, and not only on disk."""
        tops = [self._tree.by_id(top) for top in trees]
        return all(
            top is not None and all(node.listing.complete for node in _folders(top)) for top in tops
        )

    def _known(self, news: News) -> set[Node]:
        """The folders that are in memory, and named."""
        if news.everything:
            return set(_folders(self._tree.root))
        named = {node for f in news.folders if (node := self._tree.by_id(f)) is not None}
        for top in news.trees:
            if (node := self._tree.by_id(top)) is not None:
                named.update(_folders(node))
        return {node for node in named if node.is_folder}

    def _named(self, news: News) -> set[Node]:
        """Those of them whose children are known."""
        return {node for node in self._known(news) if node.listing.complete}

    async def _keep_used_fresh(self) -> None:
        while True:
            await trio.sleep(max(self._listings.lifetime, SHORTEST))
            late = [
                folder
                for folder in _folders(self._tree.root)
                if folder.listing.complete and not self._listings.is_fresh(folder)
            ]
            await self._read(folder for folder in late if _is_used(folder))

    async def _read(self, folders: Iterable[Node]) -> None:
        """Read folders again; the others are read when somebody comes to them."""
        among = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            for folder in folders:
                nursery.start_soon(self._again, folder, among)

    async def _again(self, folder: Node, among: trio.CapacityLimiter) -> None:
        async with among:
            await self._listings.revalidate(folder)


def _folders(top: Node) -> list[Node]:
    return [node for node in top.tree() if node.is_folder]


def _is_used(folder: Node) -> bool:
    if folder.handles or trio.current_time() < folder.listing.used_at + USED:
        return True
    return any(child.handles for child in folder.children.values())
