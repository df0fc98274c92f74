from dataclasses import replace

import pytest

from cloudfs.errors import NotFound
from cloudfs.model import ROOT_INODE, Entry, EntryId, InodeNumber, Kind, ListingTag
from cloudfs.tree.nodes import Node, Tree
from tests.tree.entries import ROOT, file, folder


class Garden:
    """A tree that is easily planted."""

    def __init__(self) -> None:
        self.tree = Tree(ROOT)
        self.root = self.tree.root

    def plant(self, parent: Node, name: str, entry: Entry | None = None) -> Node:
        entry = entry or file(name)
        number = InodeNumber(100 + len(self.tree))
        while self.tree.known(number) is not None:
            number = InodeNumber(number + 1)
        return self.tree.add(Node(number, entry.kind, entry), parent, name)

    def folder(self, parent: Node, name: str) -> Node:
        return self.plant(parent, name, folder(name))


@pytest.fixture
def garden() -> Garden:
    return Garden()


# Finding and placing ----------------------------------------------------------------------------


def test_a_node_is_found_by_number_by_id_and_by_name(garden: Garden):
    docs = garden.folder(garden.root, "docs")
    a = garden.plant(docs, "a")
    tree = garden.tree
    assert tree.node(a.number) is tree.known(a.number) is a
    assert tree.by_id(EntryId("id of a")) is a
    assert docs.children == {"a": a}
    assert (a.path(), docs.path(), garden.root.path()) == ("/docs/a", "/docs", "/")


def test_the_root_has_the_number_the_kernel_knows(garden: Garden):
    assert garden.tree.node(ROOT_INODE) is garden.root


def test_what_is_not_known_is_not_found(garden: Garden):
    with pytest.raises(NotFound):
        garden.tree.node(InodeNumber(77))
    assert garden.tree.known(InodeNumber(77)) is None
    assert garden.tree.by_id(EntryId("nobody")) is None


def test_a_name_is_given_once(garden: Garden):
    garden.plant(garden.root, "a")
    with pytest.raises(AssertionError, match="taken"):
        garden.plant(garden.root, "a", file("a", "another"))


def test_a_folder_counts_its_subfolders(garden: Garden):
    docs = garden.folder(garden.root, "docs")
    inner = garden.folder(docs, "inner")
    garden.plant(docs, "a")
    assert (garden.root.subfolders, docs.subfolders) == (1, 1)
    garden.tree.place(inner, garden.root, "inner")
    assert (garden.root.subfolders, docs.subfolders) == (2, 0)
    garden.tree.unlink(inner)
    assert garden.root.subfolders == 1


def test_placing_moves_a_node_with_all_below_it(garden: Garden):
    docs, other = garden.folder(garden.root, "docs"), garden.folder(garden.root, "other")
    a = garden.plant(docs, "a")
    garden.tree.place(docs, other, "papers")
    assert a.path() == "/other/papers/a"
    assert set(garden.root.children) == {"other"}
    assert a.is_within(docs)
    assert a.is_within(other)
    assert a.is_within(a)
    assert not other.is_within(docs)


def test_two_nodes_can_change_names(garden: Garden):
    a, b = garden.plant(garden.root, "a"), garden.plant(garden.root, "b")
    garden.tree.pull_out(a)
    garden.tree.place(b, garden.root, "a")
    garden.tree.place(a, garden.root, "b")
    assert garden.root.children == {"a": b, "b": a}
    assert garden.tree.by_id(EntryId("id of a")) is a


def test_a_tree_is_walked_folders_first(garden: Garden):
    docs = garden.folder(garden.root, "docs")
    inner = garden.folder(docs, "inner")
    a = garden.plant(inner, "a")
    walked = list(garden.root.tree())
    assert set(walked) == {garden.root, docs, inner, a}
    assert walked.index(docs) < walked.index(inner) < walked.index(a)


def test_a_node_is_pinned_while_it_is_changed_or_being_written(garden: Garden):
    a = garden.plant(garden.root, "a")
    assert not a.pinned
    a.changed = True
    assert a.pinned
    a.changed, a.writers = False, 1
    assert a.pinned


# Unlinking and the kernel's references ----------------------------------------------------------


def test_a_node_that_nobody_knows_is_gone_when_it_is_unlinked(garden: Garden):
    a = garden.plant(garden.root, "a")
    garden.tree.unlink(a)
    assert garden.root.children == {}
    assert garden.tree.known(a.number) is None
    assert garden.tree.by_id(EntryId("id of a")) is None
    assert len(garden.tree) == 1


def test_an_unlinked_node_stays_until_the_kernel_forgets_it(garden: Garden):
    a = garden.plant(garden.root, "a")
    garden.tree.looked_up(a)
    garden.tree.looked_up(a)
    garden.tree.unlink(a)
    assert garden.tree.node(a.number) is a
    assert garden.tree.by_id(EntryId("id of a")) is None
    garden.tree.forgotten(a.number, 1)
    assert garden.tree.known(a.number) is a
    garden.tree.forgotten(a.number, 1)
    assert garden.tree.known(a.number) is None


def test_an_unlinked_node_stays_until_its_last_handle_is_closed(garden: Garden):
    a = garden.plant(garden.root, "a")
    for _ in range(2):
        garden.tree.opened(a)
    garden.tree.looked_up(a)
    garden.tree.unlink(a)
    garden.tree.forgotten(a.number, 1)
    garden.tree.closed(a)
    assert garden.tree.known(a.number) is a
    garden.tree.closed(a)
    assert garden.tree.known(a.number) is None


def test_a_node_with_a_name_stays_although_the_kernel_forgets_it(garden: Garden):
    a = garden.plant(garden.root, "a")
    garden.tree.looked_up(a)
    garden.tree.forgotten(a.number, 1)
    assert garden.tree.known(a.number) is a


def test_the_root_is_never_dropped(garden: Garden):
    garden.tree.looked_up(garden.root)
    garden.tree.forgotten(ROOT_INODE, 1)
    garden.tree.opened(garden.root)
    garden.tree.closed(garden.root)
    assert garden.tree.node(ROOT_INODE) is garden.root


def test_forgetting_more_than_was_known_is_a_bug(garden: Garden):
    a = garden.plant(garden.root, "a")
    garden.tree.looked_up(a)
    with pytest.raises(AssertionError, match="forgotten 2 times, known 1"):
        garden.tree.forgotten(a.number, 2)


def test_closing_more_than_was_opened_is_a_bug(garden: Garden):
    a = garden.plant(garden.root, "a")
    with pytest.raises(AssertionError):
        garden.tree.closed(a)


def test_forgetting_what_is_gone_already_is_nothing(garden: Garden):
    garden.tree.forgotten(InodeNumber(77), 3)


def test_unlinking_a_folder_unlinks_everything_below_it(garden: Garden):
    docs = garden.folder(garden.root, "docs")
    inner = garden.folder(docs, "inner")
    open_file, known, plain = (garden.plant(inner, name) for name in "abc")
    garden.tree.opened(open_file)
    garden.tree.looked_up(known)
    garden.tree.unlink(docs)
    assert [n.parent for n in (docs, inner, open_file, known, plain)] == [None] * 5
    assert inner.children == {}
    assert {n for n in (docs, inner, open_file, known, plain) if garden.tree.known(n.number)} == {
        open_file,
        known,
    }
    assert garden.tree.by_id(EntryId("id of a")) is None
    garden.tree.closed(open_file)
    garden.tree.forgotten(known.number, 1)
    assert len(garden.tree) == 1


# What the service has ---------------------------------------------------------------------------


def test_a_node_made_here_is_found_by_id_once_it_is_on_the_service(garden: Garden):
    node = garden.tree.add(Node(InodeNumber(50), Kind.FILE), garden.root, "new")
    assert node.entry is None
    garden.tree.identify(node, file("new", "fresh"))
    assert garden.tree.by_id(EntryId("fresh")) is node
    garden.tree.identify(node, file("new", "other"))
    assert garden.tree.by_id(EntryId("fresh")) is None
    assert garden.tree.by_id(EntryId("other")) is node
    garden.tree.identify(node, None)
    assert garden.tree.by_id(EntryId("other")) is None


def test_an_id_that_passed_to_another_node_stays_with_that(garden: Garden):
    old = garden.plant(garden.root, "old", file("x", "shared"))
    garden.tree.opened(old)
    new = garden.plant(garden.root, "new", file("x", "shared"))
    garden.tree.unlink(old)
    assert garden.tree.by_id(EntryId("shared")) is new
    garden.tree.identify(old, None)
    assert garden.tree.by_id(EntryId("shared")) is new


def test_a_node_that_is_dropped_is_not_found_by_what_becomes_of_it_later(garden: Garden):
    a = garden.plant(garden.root, "a")
    garden.tree.unlink(a)
    garden.tree.identify(a, file("a", "late"))
    assert garden.tree.by_id(EntryId("late")) is None


def at(path: str, kind: Kind = Kind.FILE) -> Entry:
    parent, _, name = path.rpartition("/")
    return Entry(id=EntryId(path), parent_id=EntryId(parent), name=name, kind=kind)


def test_where_ids_are_paths_those_below_a_moved_folder_follow(garden: Garden):
    docs = garden.plant(garden.root, "docs", at("/docs", Kind.FOLDER))
    inner = garden.plant(docs, "inner", at("/docs/inner", Kind.FOLDER))
    a = garden.plant(inner, "a", at("/docs/inner/docs/a"))
    beside = garden.plant(garden.root, "docs2", at("/docs2", Kind.FOLDER))
    new = garden.tree.add(Node(InodeNumber(50), Kind.FILE), docs, "new")
    strange = garden.plant(docs, "moved here", at("/elsewhere/docs/b"))
    assert docs.entry is not None
    garden.tree.identify(docs, replace(docs.entry, id=EntryId("/x/papers"), name="papers"))
    garden.tree.rebase(docs, EntryId("/docs"))
    assert inner.entry is not None
    assert a.entry is not None
    assert (inner.entry.id, inner.entry.parent_id) == ("/x/papers/inner", "/x/papers")
    assert (a.entry.id, a.entry.parent_id) == (
        "/x/papers/inner/docs/a",
        "/x/papers/inner/docs",
    )
    assert garden.tree.by_id(EntryId("/x/papers/inner")) is inner
    assert garden.tree.by_id(EntryId("/docs/inner")) is None
    assert garden.tree.by_id(EntryId("/docs2")) is beside
    assert garden.tree.by_id(EntryId("/elsewhere/docs/b")) is strange
    assert new.entry is None


def test_what_is_done_here_makes_older_listings_silent_about_it(garden: Garden):
    listing = garden.root.listing
    listing.tag = ListingTag("t1")
    garden.tree.touch(garden.root, "a", "b")
    garden.tree.touch(garden.root, "c")
    assert listing.serial == 2
    assert listing.touched == {"a": 1, "b": 1, "c": 2}
    assert listing.tag is None


def test_a_node_shows_in_messages_where_it_is(garden: Garden):
    assert repr(garden.plant(garden.folder(garden.root, "docs"), "a")).endswith("'/docs/a'>")


# Order --------------------------------------------------------------------------------------------


def test_folders_are_found_among_files_in_the_order_of_the_listing(garden: Garden):
    a = garden.plant(garden.root, "a")
    b = garden.folder(garden.root, "b")
    c = garden.plant(garden.root, "c")
    d = garden.folder(garden.root, "d")
    assert garden.root.in_order() == [a, b, c, d]
    assert garden.root.folders_in_order() == [b, d]
    assert [list(garden.root.folders_after(node)) for node in (a, b, c, d)] == [
        [b, d],
        [d],
        [d],
        [],
    ]
    assert list(garden.root.after(b)) == [c, d]


def test_the_order_follows_changes(garden: Garden):
    a = garden.plant(garden.root, "a")
    b = garden.folder(garden.root, "b")
    assert garden.root.in_order() == [a, b]
    garden.tree.unlink(b)
    assert garden.root.in_order() == [a]
    assert garden.root.folders_in_order() == []
    assert list(garden.root.folders_after(b)) == []
    assert list(garden.root.after(b)) == []


def test_what_is_thinned_answers_for_nothing_and_has_forgotten_nobody(garden: Garden):
    docs = garden.folder(garden.root, "docs")
    a, b = garden.plant(docs, "a"), garden.plant(docs, "b")
    docs.listing.complete = True
    garden.tree.thin(docs, [])
    assert (docs.listing.complete, docs.listing.thinned) == (True, False)
    garden.tree.thin(docs, [a])
    assert (docs.listing.complete, docs.listing.thinned) == (False, True)
    assert docs.children == {"b": b}
    assert a.parent is None
    assert garden.tree.known(a.number) is None
    assert garden.tree.by_id(EntryId("id of a")) is None


def test_a_file_has_no_children(garden: Garden):
    a = garden.plant(garden.root, "a")
    with pytest.raises(AssertionError):
        garden.plant(a, "b")
