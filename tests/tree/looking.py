"""Listings with all they need, on an account in memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from cloudfs.database import open_database
from cloudfs.errors import CloudError, Unreachable
from cloudfs.model import Entry, EntryId, Kind, ListingTag, Page, Pages
from cloudfs.providers.base import NameRules
from cloudfs.providers.memory import MemoryService
from cloudfs.tree import metadata, register, revalidating
from cloudfs.tree.listings import Listings
from cloudfs.tree.merging import Watchers
from cloudfs.tree.metadata import Metadata
from cloudfs.tree.names import Names
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Register, open_register
from tests.counting import CountingProvider
from tests.support import BytesContent


class Service(CountingProvider):
    """An account, what was asked of its listings, and ways to spoil their answers."""

    def __init__(self, service: MemoryService | None = None) -> None:
        super().__init__(service)
        self.conditions: list[ListingTag | None] = []
        self.unchanged = 0
        self.hold: trio.Event | None = None  # keeps listings from being answered
        self.failure: CloudError | None = None
        self.retouch: Callable[[Page, int], Page | None] = lambda page, _: page

    @property
    def listings(self) -> int:
        return self.calls["list"]

    def go_down(self) -> None:
        self.failure = Unreachable("down, on cue")

    def come_back(self) -> None:
        self.failure = None

    async def list_folder(self, folder_id: EntryId, *, unless: ListingTag | None = None) -> Pages:
        self.conditions.append(unless)
        async with aclosing(super().list_folder(folder_id, unless=unless)) as pages:
            number = 0
            async for page in pages:
                if self.hold is not None:
                    await self.hold.wait()
                if self.failure is not None:
                    raise self.failure
                self.unchanged += page.unchanged
                if (given := self.retouch(page, number)) is not None:
                    yield given
                number += 1

    # What another client does -----------------------------------------------------------------

    async def put(self, path: str, data: bytes = b"x") -> Entry:
        """Make or replace a file, as another client would."""
        other = self.another()
        folder_path, _, name = path.rpartition("/")
        folder = await self._at(folder_path)
        known = self.service.child(folder.id, name)
        return await other.upload(
            folder.id, name, BytesContent(data, 1), replacing=known.entry if known else None
        )

    async def mkdir(self, path: str) -> Entry:
        folder_path, _, name = path.rpartition("/")
        return await self.another().create_folder((await self._at(folder_path)).id, name)

    async def mv(self, old: str, new: str) -> Entry:
        folder_path, _, name = new.rpartition("/")
        target = await self._at(folder_path)
        return await self.another().move(await self._at(old), target.id, name)

    async def rm(self, path: str) -> None:
        await self.another().remove(await self._at(path), recursive=True)

    async def _at(self, path: str) -> Entry:
        entry = await self.another().root()
        for name in filter(None, path.split("/")):
            found = self.service.child(entry.id, name)
            assert found is not None, path
            entry = found.entry
        return entry


class Heard:
    """What was announced."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.contents: list[str] = []
        self.attributes: list[str] = []
        self.orphaned: list[Node] = []

    def watchers(self) -> Watchers:
        def name_changed(folder: Node, name: str) -> None:
            self.names.append(f"{folder.path().rstrip('/')}/{name}")

        return Watchers(
            name_changed=name_changed,
            content_changed=lambda node: self.contents.append(node.path()),
            attributes_changed=lambda node: self.attributes.append(node.path()),
            orphaned=self.orphaned.append,
        )


class SlowRegister(Register):
    """A register whose answers can be held back."""

    gate: trio.Event | None = None
    asked = 0

    async def of(self, entries):  # type: ignore[no-untyped-def]  # as the one it stands for
        found = await super().of(entries)
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        return found


class Looking:
    """A tree, its listings, and a look at them by path."""

    def __init__(self, service: Service, tree: Tree, register_: SlowRegister) -> None:
        self.service = service
        self.tree = tree
        self.register = register_
        self.heard = Heard()
        self.listings: Listings
        self.metadata: Metadata
        self.behind: trio.Nursery

    async def node(self, path: str) -> Node:
        """The node at *path*, as a program would find it. Fails if it is not there."""
        node = self.tree.root
        for name in filter(None, path.split("/")):
            await self.listings.ensure(node)
            node = node.children[name]
        return node

    async def ls(self, path: str = "/") -> set[str]:
        folder = await self.node(path)
        await self.listings.ensure(folder)
        return set(folder.children)

    async def settled(self) -> None:
        """Wait until nothing is asked behind any more."""
        clock = trio.lowlevel.current_clock()
        assert isinstance(clock, MockClock)
        await wait_all_tasks_blocked()
        clock.jump(revalidating.PAUSE)
        while self.behind.child_tasks:
            await trio.lowlevel.checkpoint()

    def expire(self) -> None:
        """Believe no listing any longer."""
        for node in self.tree.root.tree():
            if node.is_folder:
                self.listings.expire(node)

    # What programs do here --------------------------------------------------------------------

    def made_here(self, folder: Node, name: str) -> Node:
        node = Node(self.register.new_number(), Kind.FILE)
        node.changed = True
        self.tree.add(node, folder, name)
        self.tree.touch(folder, name)
        return node

    def removed_here(self, node: Node) -> None:
        folder, entry = node.parent, node.entry
        assert folder is not None
        assert entry is not None
        self.tree.touch(folder, node.name)
        self.tree.unlink(node)

    def renamed_here(self, node: Node, name: str) -> None:
        folder = node.parent
        assert folder is not None
        self.tree.touch(folder, node.name, name)
        self.tree.place(node, folder, name)


@asynccontextmanager
async def looking(
    service: Service, path: Path, *, lifetime: float = 60.0, names: Names | None = None
) -> AsyncIterator[Looking]:
    """Listings of *service* that keep what they know in *path*."""
    async with trio.open_nursery() as nursery:
        state = await open_database(nursery, path / "state", register.SCHEMA, version=1)
        cache = await open_database(nursery, path / "cache", metadata.SCHEMA, version=1)
        opened = await open_register(state)
        tree = Tree(await service.root())
        look = Looking(service, tree, SlowRegister(opened._database, opened._highest))

        async def settle_down(folder: Node, seen: Entry) -> bool:
            return folder.entry is not None and folder.entry.id != seen.id

        async with trio.open_nursery() as behind:
            look.behind = behind
            look.metadata = Metadata(cache)
            look.listings = Listings(
                service,
                tree,
                names=names or Names(rules=NameRules()),
                register=look.register,
                metadata=look.metadata,
                watchers=look.heard.watchers(),
                nursery=behind,
                lifetime=lifetime,
                settle_down=settle_down,
            )
            yield look
            behind.cancel_scope.cancel()
        await state.aclose()
        await cache.aclose()
