"""Another client changes the account at random while folders are looked at in any order."""

import tempfile
from contextlib import suppress
from pathlib import Path

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from cloudfs.errors import CloudError, NotFound
from cloudfs.model import Entry
from cloudfs.tree.eviction import Eviction
from cloudfs.tree.nodes import Node
from tests.drives import remote_tree
from tests.tree.looking import Looking, Service, looking

NUMBERS = st.integers(0, 100)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *["look", "look at two", "mkdir", "put", "replace", "mv", "mv", "mv", "rm", "open"],
                *["leave a folder that is removed", "change places with the folder above"],
                *["come to", "come to", "drop what nobody uses", "drop what nobody uses"],
            ]
        ),
        NUMBERS,
        NUMBERS,
        st.sampled_from("abcdefgh"),
    ),
    min_size=3,
    max_size=30,
)
PLANTED = ["/a", "/a/b", "/a/b/c", "/d", "/d/e"]  # folders; with a file in each


class Play:
    def __init__(self, service: Service, look: Looking) -> None:
        self.service = service
        self.look = look

    async def step(self, what: str, one: int, two: int, name: str) -> None:
        if what.startswith("look"):
            folders = [n for n in self.look.tree.root.tree() if n.is_folder]
            chosen = {folders[one % len(folders)]}
            if what == "look at two":
                chosen.add(folders[two % len(folders)])
            async with trio.open_nursery() as nursery:
                for folder in chosen:
                    nursery.start_soon(self._refresh, folder)
        elif what == "come to":
            folders = [n for n in self.look.tree.root.tree() if n.is_folder]
            with suppress(NotFound):
                await self.look.listings.ensure(folders[one % len(folders)])
        elif what == "drop what nobody uses":
            self._drop(one)
        elif what == "open":
            nodes = list(self.look.tree.root.tree())
            self.look.tree.opened(nodes[one % len(nodes)])
        else:
            with suppress(CloudError):  # a name is taken, a folder would get into itself
                await self._change(what, one, two, name)

    async def _refresh(self, folder: Node) -> None:
        if folder.parent is None and folder is not self.look.tree.root:
            return
        with suppress(NotFound):
            await self.look.listings.refresh(folder)

    def _drop(self, most: int) -> None:
        for node in self.look.tree.root.tree():
            if node.is_folder:
                node.listing.used_at = float("-inf")
        Eviction(
            self.look.tree,
            self.look.listings,
            self.look.register,
            most=most % len(self.look.tree),
            waiting=set,
            let_go=lambda *_: None,
        ).shrink()

    async def _change(self, what: str, one: int, two: int, name: str) -> None:
        entries = [item.entry for item in await self._live()]
        folders = [entry for entry in entries if entry.is_folder]
        other, folder = self.service.another(), folders[two % len(folders)]
        chosen = entries[one % len(entries)]
        if what == "mkdir":
            await other.create_folder(folder.id, name)
        elif what == "put":
            await self.service.put(f"{await self._path(folder)}/{name}")
        elif what == "replace" and not chosen.is_folder:
            await self.service.put(await self._path(chosen), name.encode() * (one + 1))
        elif what == "mv":
            await other.move(chosen, folder.id, name)
        elif what == "rm":
            await other.remove(chosen, recursive=True)
        elif chosen.parent_id is not None:
            above = self.service.service.item(chosen.parent_id).entry
            if above.parent_id is None:
                return
            await other.move(chosen, above.parent_id, name)
            if what == "leave a folder that is removed":
                await other.remove(above, recursive=True)
            elif chosen.is_folder:
                await other.move(above, chosen.id, name)

    async def _live(self):
        found, waiting = [], [await self.service.root()]
        while waiting:
            entry = waiting.pop()
            item = self.service.service.item(entry.id)
            found.append(item)
            waiting += [child.entry for child in self.service.service.children(entry.id)]
        return sorted(found, key=lambda item: item.entry.id)

    async def _path(self, entry: Entry) -> str:
        names = []
        while entry.parent_id is not None:
            names.append(entry.name)
            entry = self.service.service.item(entry.parent_id).entry
        return "".join(f"/{name}" for name in reversed(names))

    async def look_at_everything(self) -> None:
        waiting = [self.look.tree.root]
        while waiting:
            folder = waiting.pop()
            await self.look.listings.refresh(folder)
            waiting += [child for child in folder.children.values() if child.is_folder]

    def check(self) -> None:
        tree = self.look.tree
        nodes = list(tree.root.tree())
        assert len({node.number for node in nodes}) == len(nodes)
        for node in nodes:
            assert tree.node(node.number) is node
            assert node.entry is not None
            assert tree.by_id(node.entry.id) is node
            for name, child in node.children.items():
                assert (child.parent, child.name) == (node, name)
            assert node.subfolders == sum(c.is_folder for c in node.children.values())


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_after_a_look_at_everything_the_tree_is_that_of_the_service(
    steps: list[tuple[str, int, int, str]],
):
    async def play(state: Path) -> None:
        service = Service()
        async with looking(service, state) as look:
            playing = Play(service, look)
            for folder in PLANTED:
                await service.mkdir(folder)
                await service.put(f"{folder}/x")
            await playing.look_at_everything()
            for step in steps:
                await playing.step(*step)
                playing.check()
            await playing.look_at_everything()
            playing.check()
            seen = {n.path(): n for n in look.tree.root.tree() if n is not look.tree.root}
            expected = await remote_tree(service.another())
            assert set(seen) == set(expected)
            for path, data in expected.items():
                entry = seen[path].entry
                assert entry is not None
                assert (None if entry.is_folder else entry.size) == (
                    None if data is None else len(data)
                )

    with tempfile.TemporaryDirectory() as folder:
        trio.run(play, Path(folder), clock=MockClock())
