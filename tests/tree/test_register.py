from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from cloudfs.database import Database, open_database
from cloudfs.model import EntryId, InodeNumber, Kind, Version
from cloudfs.tree.attributes import Attributes
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import (
    RESERVE,
    SCHEMA,
    attributes_from_record,
    attributes_record,
    open_register,
)
from tests.tree.entries import ROOT, file, folder


class Shelf:
    """Opens the register of one file again and again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database: Database

    @asynccontextmanager
    async def opened(self):
        async with trio.open_nursery() as nursery:
            self.database = await open_database(nursery, self.path, SCHEMA, version=1)
            yield await open_register(self.database)
            await self.database.aclose()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "state")


def planted(tree: Tree, number: int, name: str, entry_id: str, parent: Node | None = None) -> Node:
    entry = folder(name, entry_id) if name.startswith("d") else file(name, entry_id)
    return tree.add(Node(InodeNumber(number), entry.kind, entry), parent or tree.root, name)


# Numbers ----------------------------------------------------------------------------------------


async def test_numbers_are_never_given_out_twice(shelf: Shelf):
    given: list[int] = []
    for _ in range(4):
        async with shelf.opened() as register:
            given += [register.new_number() for _ in range(3)]
    assert len(set(given)) == 12
    assert min(given) > 1, "1 is the root"


async def test_more_numbers_than_are_set_aside_at_a_time_can_be_had(shelf: Shelf):
    async with shelf.opened() as register:
        given = {register.new_number() for _ in range(2 * RESERVE + 5)}
    async with shelf.opened() as register:
        given.add(register.new_number())
    assert len(given) == 2 * RESERVE + 6


async def test_numbers_are_not_given_out_again_after_a_crash(shelf: Shelf):
    async with trio.open_nursery() as nursery:
        database = await open_database(nursery, shelf.path, SCHEMA, version=1)
        register = await open_register(database)
        tree = Tree(ROOT)
        number = register.new_number()
        register.keep([planted(tree, number, "a", "A")])
        await database.harden()
        nursery.cancel_scope.cancel()
    async with shelf.opened() as register:
        assert (await register.of([file("a", "A")]))[EntryId("A")].number == number
        assert register.new_number() > number


# Entries ----------------------------------------------------------------------------------------


async def test_an_entry_keeps_its_number_over_a_restart(shelf: Shelf):
    async with shelf.opened() as register:
        register.keep([planted(Tree(ROOT), 50, "a", "A")])
    async with shelf.opened() as register:
        found = await register.of([file("renamed", "A"), file("new", "B")])
    assert found[EntryId("A")].number == 50
    assert found[EntryId("B")].number not in {1, 50}
    assert found[EntryId("A")].attributes is None


async def test_asking_for_nothing_asks_nobody(shelf: Shelf):
    async with shelf.opened() as register:
        assert await register.of([]) == {}


async def test_any_id_is_found_again(shelf: Shelf):
    ids = ["", "/a/b'c\"d", "日本", "a\nb", "%_", "\\", "x" * 5000]
    tree = Tree(ROOT)
    async with shelf.opened() as register:
        register.keep(planted(tree, 50 + at, f"n{at}", id_) for at, id_ in enumerate(ids))
        found = await register.of([file("any", id_) for id_ in ids])
    assert [found[EntryId(id_)].number for id_ in ids] == list(range(50, 57))


async def test_a_node_that_got_another_id_is_found_by_that(shelf: Shelf):
    tree = Tree(ROOT)
    node = planted(tree, 50, "a", "A")
    async with shelf.opened() as register:
        register.keep([node])
        tree.identify(node, file("a", "A2"))
        register.keep([node])
        found = await register.of([file("a", "A"), file("a", "A2")])
    assert found[EntryId("A2")].number == 50
    assert found[EntryId("A")].number != 50


async def test_an_entry_whose_node_was_replaced_has_the_new_number(shelf: Shelf):
    async with shelf.opened() as register:
        register.keep([planted(Tree(ROOT), 50, "a", "A")])
        register.keep([planted(Tree(ROOT), 60, "a", "A")])
        assert (await register.of([file("a", "A")]))[EntryId("A")].number == 60


async def test_what_is_dropped_is_forgotten_with_its_attributes(shelf: Shelf):
    node = planted(Tree(ROOT), 50, "a", "A")
    node.own().mode = 0o600
    async with shelf.opened() as register:
        register.keep([node])
        await register.keep_attributes(node)
        register.drop([node.number])
        register.drop([])
        assert (await register.of([file("a", "A")]))[EntryId("A")].number != 50
        assert await register.attributes(node.number) is None


async def test_nodes_without_a_place_are_not_kept(shelf: Shelf):
    tree = Tree(ROOT)
    node = planted(tree, 50, "a", "A")
    tree.unlink(node)
    async with shelf.opened() as register:
        register.keep([node, tree.root])
        assert await register.lineage(InodeNumber(50)) == []


# Attributes -------------------------------------------------------------------------------------


FULL = Attributes(
    mode=0o4755,
    uid=0,
    gid=7,
    accessed_ns=1,
    modified_ns=1_700_000_000_123_456_789,
    modified_version=Version("v1"),
    changed_ns=-5,
    xattrs={"user.a": b"", "user.\u00e9": bytes(range(256))},
)


@pytest.mark.parametrize("attributes", [FULL, Attributes(), Attributes(mode=0)])
def test_attributes_come_back_as_they_were(attributes: Attributes):
    assert attributes_from_record(attributes_record(attributes)) == attributes


def test_where_there_are_none_there_are_none():
    assert attributes_from_record(None) is None


async def test_attributes_are_kept_over_a_restart(shelf: Shelf):
    node = planted(Tree(ROOT), 50, "a", "A")
    node.attributes = FULL
    async with shelf.opened() as register:
        register.keep([node])
        await register.keep_attributes(node)
    async with shelf.opened() as register:
        assert await register.attributes(InodeNumber(50)) == FULL
        assert (await register.of([file("a", "A")]))[EntryId("A")].attributes == FULL
        assert await register.attributes(InodeNumber(51)) is None


async def test_attributes_of_a_file_that_is_not_on_the_service_yet_are_kept(shelf: Shelf):
    tree = Tree(ROOT)
    node = tree.add(Node(InodeNumber(50), Kind.FILE), tree.root, "new")
    node.own().mode = 0o700
    async with shelf.opened() as register:
        await register.keep_attributes(node)
        assert await register.attributes(InodeNumber(50)) == Attributes(mode=0o700)


async def test_attributes_are_kept_as_they_were_when_that_was_asked(shelf: Shelf):
    node = planted(Tree(ROOT), 50, "a", "A")
    node.own().mode = 0o600
    async with shelf.opened() as register:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(register.keep_attributes, node)
            await wait_all_tasks_blocked()
            node.own().mode = 0o644
        assert await register.attributes(InodeNumber(50)) == Attributes(mode=0o600)


# Places -----------------------------------------------------------------------------------------


async def test_the_folders_above_a_node_are_found_without_any_listing(shelf: Shelf):
    tree = Tree(ROOT)
    docs = planted(tree, 50, "docs", "D")
    deep = planted(tree, 51, "deep", "E", docs)
    a = tree.add(Node(InodeNumber(52), Kind.FILE), deep, "a")
    async with shelf.opened() as register:
        register.keep([docs, deep, a])
    async with shelf.opened() as register:
        bones = await register.lineage(InodeNumber(52))
    assert [(b.number, b.id, b.parent, b.name, b.kind) for b in bones] == [
        (50, "D", 1, "docs", Kind.FOLDER),
        (51, "E", 50, "deep", Kind.FOLDER),
        (52, None, 51, "a", Kind.FILE),
    ]


async def test_a_lineage_with_a_gap_or_a_circle_is_none(shelf: Shelf):
    async with shelf.opened() as register:
        assert await register.lineage(InodeNumber(1)) == []
        assert await register.lineage(InodeNumber(99)) == []
        for number, parent in ((60, 61), (61, 60), (70, 71)):
            await shelf.database.write(
                lambda c, n=number, p=parent: c.execute(
                    "INSERT INTO nodes VALUES (?, ?, ?, 'x', 'folder')", (n, f"id{n}", p)
                )
            )
        assert await register.lineage(InodeNumber(60)) == []
        assert await register.lineage(InodeNumber(70)) == []


async def test_where_ids_are_paths_those_below_a_moved_folder_follow(shelf: Shelf):
    tree = Tree(ROOT)
    ids = ["/d", "/d/a", "/d/d/a", "/d2", "/d%", "/D/a", "/other/d/a"]
    async with shelf.opened() as register:
        register.keep(planted(tree, 50 + at, f"n{at}", id_) for at, id_ in enumerate(ids))
        register.rebase(EntryId("/d"), EntryId("/x/new"))
        moved = ["/x/new", "/x/new/a", "/x/new/d/a", "/d2", "/d%", "/D/a", "/other/d/a"]
        found = await register.of([file("any", id_) for id_ in moved])
    assert [found[EntryId(id_)].number for id_ in moved] == list(range(50, 57))


async def test_a_rebase_onto_ids_that_are_remembered_takes_their_place(shelf: Shelf):
    tree = Tree(ROOT)
    async with shelf.opened() as register:
        register.keep([planted(tree, 50, "n1", "/d/a"), planted(tree, 60, "n2", "/e/a")])
        register.rebase(EntryId("/d"), EntryId("/e"))
        found = await register.of([file("any", "/e/a")])
    assert found[EntryId("/e/a")].number == 50
