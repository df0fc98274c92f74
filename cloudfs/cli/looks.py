"""What can be tried on an account without changing anything."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

from cloudfs.cli.checkup import Failed, Skipped, Work
from cloudfs.errors import LinkExpired, NotFound, Unsupported
from cloudfs.model import DownloadLink, Entry
from cloudfs.providers.base import Provider, resolve

MOST_FOLDERS = 25  # that are searched for a file
PIECE = 64 * 1024


class Looks:
    """Checks of one account that only look."""

    def __init__(self, provider: Provider, path: str) -> None:
        self._provider = provider
        self._path = path

        # Changing: found by one check, used by later ones.
        self.folder: Entry | None = None
        self.file: Entry | None = None
        self._children: list[Entry] = []
        self._tag: Any = None

    def of_account(self) -> Iterator[tuple[str, Work]]:
        """What needs no file."""
        provider = self._provider
        yield "top folder", self._root
        if self._path.strip("/"):
            yield "folder", self._resolve
        yield "listing", self._listing
        if provider.capabilities.listing_tags:
            yield "listing, if changed", self._listing_again
        yield "entry by id", self._stat
        if provider.capabilities.quota:
            yield "quota", self._quota
        yield from self._facets()

    def of_file(self) -> Iterator[tuple[str, Work]]:
        """What needs a file: the one that is there, or the first that is found."""
        provider = self._provider
        yield "download link", self._link
        yield "ranged read", self._ranges
        if provider.capabilities.links_at_once:
            yield "links together", self._links
        if provider.versions is not None:
            yield "versions", self._versions
        if provider.details is not None:
            yield "details", self._details
        if provider.previews is not None:
            yield "preview", self._preview

    def _facets(self) -> Iterator[tuple[str, Work]]:
        provider = self._provider
        for facet, name, work in (
            (provider.changes, "changes", self._changes),
            (provider.trash, "recycle bin", self._trash),
            (provider.tree, "tree listing", self._tree),
            (provider.search, "search", self._search),
            (provider.sharing, "shares", self._shares),
            (provider.sharing, "shared with me", self._shared_with_me),
            (provider.favorites, "favorites", self._favorites),
            (provider.recent, "recent", self._recent),
            (provider.roots, "further folders", self._roots),
        ):
            if facet is not None:
                yield name, work

    # Folders ----------------------------------------------------------------------------------

    async def _root(self) -> str:
        root = await self._provider.root()
        if not root.is_folder:
            raise Failed("it is no folder")
        if not self._path.strip("/"):
            self.folder = root
        return "can be changed" if root.writable else "cannot be changed"

    async def _resolve(self) -> str:
        entry = await resolve(self._provider, self._path)
        if not entry.is_folder:
            raise Failed("it is a file")
        self.folder = entry
        return "can be changed" if entry.writable else "cannot be changed"

    async def _listing(self) -> str:
        self._children, pages = await self._listed(self._there())
        return f"entries: {len(self._children)}, pages: {pages}"

    async def _listing_again(self) -> str:
        folder = self._there()
        if self._tag is None:
            raise Skipped("this listing came without a tag")
        unchanged = False
        async with aclosing(self._provider.list_folder(folder.id, unless=self._tag)) as pages:
            async for page in pages:
                unchanged = unchanged or page.unchanged
        return "not changed" if unchanged else "listed again"

    async def _stat(self) -> str:
        if not self._children:
            raise Skipped("the folder is empty")
        child = self._children[0]
        if (await self._provider.stat(child.id)).kind is not child.kind:
            raise Failed("it is of another kind than its listing says")
        return child.kind.value

    async def _quota(self) -> str:
        quota = await self._provider.quota()
        return f"total {quota.total}, used {quota.used}, free {quota.free} bytes"

    async def _listed(self, folder: Entry) -> tuple[list[Entry], int]:
        entries: list[Entry] = []
        count = 0
        async with aclosing(self._provider.list_folder(folder.id)) as pages:
            async for page in pages:
                count += 1
                if page.restart:
                    entries.clear()
                entries += page.entries
                self._tag = page.tag
        return entries, count

    def _there(self) -> Entry:
        if self.folder is None:
            raise Skipped("the folder is not there")
        return self.folder

    # Files ------------------------------------------------------------------------------------

    async def _found(self) -> Entry:
        """A file with content, found folder by folder."""
        if self.file is None:
            self.file = await self._first_file(self._there())
        return self.file

    async def _first_file(self, top: Entry) -> Entry:
        waiting = [top]
        for _ in range(MOST_FOLDERS):
            if not waiting:
                break
            entries, _ = await self._listed(waiting.pop(0))
            for entry in entries:
                if not entry.is_folder and entry.size:
                    return entry
            waiting += [entry for entry in entries if entry.is_folder]
        raise Skipped("no file was found to try it with; --write makes one")

    async def _link(self) -> str:
        link = await self._provider.download_link(await self._found())
        return f"to {link.size} bytes"

    async def _ranges(self) -> str:
        file = await self._found()
        link = await self._provider.download_link(file)
        middle = link.size // 2
        for start in sorted({0, middle}):
            stop = min(start + PIECE, link.size)
            got = await self._read(file, link, start, stop)
            if got != stop - start:
                raise Failed(f"{got} bytes instead of {stop - start}")
        return f"the beginning and from byte {middle} of {link.size}"

    async def _read(self, file: Entry, link: DownloadLink, start: int, stop: int) -> int:
        for attempt in range(2):
            try:
                return await self._fetched(link, start, stop)
            except LinkExpired:
                if attempt:
                    raise
                link = await self._provider.download_link(file)
        raise AssertionError("the second attempt returns or raises")

    async def _fetched(self, link: DownloadLink, start: int, stop: int) -> int:
        async with self._provider.fetch(link, start, stop) as pieces:
            return sum([len(piece) async for piece in pieces])

    async def _links(self) -> str:
        (link,) = await self._provider.download_links([await self._found()])
        if isinstance(link, Exception):
            raise link
        return "one of one"

    async def _versions(self) -> str:
        assert self._provider.versions is not None
        versions = await self._provider.versions.of(await self._found())
        if not any(version.current for version in versions):
            raise Failed("none of them is the current one")
        return f"{len(versions)} of this file"

    async def _details(self) -> str:
        assert self._provider.details is not None
        file = await self._found()
        told = 0
        for name in sorted(self._provider.details.names):
            told += await self._provider.details.get(file, name) is not None
        return f"{told} of {len(self._provider.details.names)} are told of this file"

    async def _preview(self) -> str:
        assert self._provider.previews is not None
        try:
            return f"{len(await self._provider.previews.preview(await self._found()))} bytes"
        except NotFound:
            return "none of this file"

    # Facets -----------------------------------------------------------------------------------

    async def _changes(self) -> str:
        assert self._provider.changes is not None
        news = await self._provider.changes.since(await self._provider.changes.cursor())
        number = "all" if news.everything else str(len(news.folders) + len(news.trees))
        return f"asked every {self._provider.changes.interval:g} s; {number} folders just now"

    async def _trash(self) -> str:
        assert self._provider.trash is not None
        return await _first_page(self._provider.trash.items())

    async def _tree(self) -> str:
        assert self._provider.tree is not None
        return await _first_page(self._provider.tree.below(self._there().id))

    async def _search(self) -> str:
        assert self._provider.search is not None
        query = self._children[0].name if self._children else "doctor"
        return await _first_page(self._provider.search.find(query))

    async def _shares(self) -> str:
        sharing = self._provider.sharing
        assert sharing is not None
        try:
            return f"{len(await sharing.shares())}"
        except Unsupported as error:
            if not self._children:
                raise Skipped(f"{error}, and the folder has none") from error
        return f"{len(await sharing.shares(self._children[0]))} of the first entry"

    async def _shared_with_me(self) -> str:
        assert self._provider.sharing is not None
        shared = await self._provider.sharing.shared_with_me()
        invitations = await self._provider.sharing.invitations()
        return f"{len(shared)}, and {len(invitations)} invitations"

    async def _favorites(self) -> str:
        assert self._provider.favorites is not None
        return await _first_page(self._provider.favorites.marked())

    async def _recent(self) -> str:
        assert self._provider.recent is not None
        return await _first_page(self._provider.recent.recent(10))

    async def _roots(self) -> str:
        assert self._provider.roots is not None
        return f"{len(await self._provider.roots.roots())} ({self._provider.roots.title})"


async def _first_page(pages: AsyncGenerator[Sequence[Any], None]) -> str:
    """How many things the first page has; the rest is not asked for."""
    async with aclosing(pages):
        async for page in pages:
            return f"{len(page)} on the first page"
    return "none"
