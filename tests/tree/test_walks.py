"""What is listed ahead of a program that walks through the tree, and what that costs."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from cloudfs.model import InodeNumber
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.walks import FARTHEST, FARTHEST_LOOK, MOMENT, Walks, following_folders
from tests.tree.entries import ROOT, file, folder
from tests.tree.looking import Service, looking

FOLDERS = 1000


class Known:
    """Listings of folders that are all known but some; how often somebody asked."""

    def __init__(self, *missing: Node) -> None:
        self.missing = set(missing)
        self.looks = 0
        self.listed: list[Node] = []

    def is_missing(self, folder: Node) -> bool:
        self.looks += 1
        return folder in self.missing

    async def ensure(self, folder: Node) -> None:
        self.listed.append(folder)
        self.missing.discard(folder)


@pytest.fixture
def forest() -> list[Node]:
    """Many folders in the root, among as many files."""
    tree = Tree(ROOT)
    for number in range(FOLDERS):
        for entry in (folder(f"d{number:03}"), file(f"f{number:03}")):
            node = Node(InodeNumber(2 + len(tree)), entry.kind, entry)
            tree.add(node, tree.root, entry.name)
    return tree.root.folders_in_order()


def walk(walks: Walks, folders: list[Node]) -> None:
    root = folders[0].parent
    assert root is not None
    walks.opened(root)
    walks.told(root)
    for node in folders:
        walks.opened(node)
        walks.told(node)


async def test_a_walk_through_known_folders_costs_little(
    forest: list[Node], nursery: trio.Nursery, mock_clock: MockClock
):
    listings = Known()
    walk(Walks(listings, nursery), forest)  # type: ignore[arg-type]  # as far as it is asked
    assert listings.looks < 8 * FOLDERS
    assert listings.listed == []


async def test_what_is_missing_ahead_of_a_walk_is_listed(
    forest: list[Node], nursery: trio.Nursery, mock_clock: MockClock
):
    far = forest[FARTHEST_LOOK + 20]
    listings = Known(forest[5], far)
    walks = Walks(listings, nursery)  # type: ignore[arg-type]  # as far as it is asked
    walk(walks, forest[:1])
    await wait_all_tasks_blocked()
    assert listings.listed == [forest[5]]
    for node in forest[1:80]:
        walks.opened(node)
        walks.told(node)
    await wait_all_tasks_blocked()
    assert listings.listed == [forest[5], far]


async def test_who_comes_to_a_missing_folder_has_the_next_ones_looked_at_again(
    forest: list[Node], nursery: trio.Nursery, mock_clock: MockClock
):
    listings = Known()
    walks = Walks(listings, nursery)  # type: ignore[arg-type]  # as far as it is asked
    walk(walks, forest[:2])
    listings.missing = {forest[2], forest[3]}
    walks.opened(forest[2])
    await wait_all_tasks_blocked()
    assert listings.listed == [forest[3]]


async def test_no_more_than_some_are_listed_ahead(
    forest: list[Node], nursery: trio.Nursery, mock_clock: MockClock
):
    listings = Known(*forest)
    walk(Walks(listings, nursery), forest[:1])  # type: ignore[arg-type]  # as far as it is asked
    await wait_all_tasks_blocked()
    assert sorted(listings.listed, key=lambda node: node.number) == forest[1 : FARTHEST + 1]


async def test_who_looks_into_single_folders_has_nothing_listed_ahead(
    tmp_path: Path, mock_clock: MockClock
):
    service = Service()
    for place in ("/a", "/b", "/c"):
        await service.mkdir(place)
    async with looking(service, tmp_path) as look:
        walks = Walks(look.listings, look.behind)
        for place in ("/", "/a", "/c"):
            node = await look.node(place)
            await look.listings.ensure(node)
            walks.opened(node)
            walks.told(node)
            mock_clock.jump(MOMENT + 0.1)
        assert service.listings == 3


def test_the_folders_that_follow_come_in_the_order_of_a_walk():
    tree = Tree(ROOT)

    def plant(parent: Node, name: str) -> Node:
        entry = folder(name)
        return tree.add(Node(InodeNumber(2 + len(tree)), entry.kind, entry), parent, name)

    a = plant(tree.root, "a")
    b = plant(a, "b")
    c = plant(b, "c")
    d = plant(a, "d")
    e = plant(tree.root, "e")
    assert list(following_folders(tree.root)) == [a, b, c, d, e]
    assert list(following_folders(b)) == [c, d, e]
    assert list(following_folders(c)) == [d, e]
    assert list(following_folders(e)) == []
