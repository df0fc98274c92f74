import stat
from dataclasses import replace

import pytest

from cloudfs.model import InodeNumber, Kind, Version
from cloudfs.tree.attributes import Attributes, Defaults, appearance, own_modified
from cloudfs.tree.nodes import Node, Tree
from tests.tree.entries import ROOT, file, folder

DEFAULTS = Defaults(uid=10, gid=20, file_mode=0o640, folder_mode=0o750, mounted_ns=777)
FILE = file("a", size=5, modified_ns=100, created_ns=50)


@pytest.fixture
def tree() -> Tree:
    return Tree(ROOT)


@pytest.fixture
def node(tree: Tree) -> Node:
    return tree.add(Node(InodeNumber(9), Kind.FILE, FILE), tree.root, "a")


def test_a_file_on_which_nothing_was_set_shows_the_defaults_and_what_the_service_says(node: Node):
    look = appearance(node, DEFAULTS)
    assert look.number == 9
    assert look.mode == stat.S_IFREG | 0o640
    assert (look.uid, look.gid, look.links, look.size) == (10, 20, 1, 5)
    assert (look.modified_ns, look.accessed_ns, look.changed_ns) == (100, 100, 100)
    assert look.created_ns == 50


def test_a_folder_has_a_link_for_each_subfolder_and_no_size(tree: Tree):
    docs = tree.add(Node(InodeNumber(8), Kind.FOLDER, folder("d", size=9)), tree.root, "d")
    for number, name in ((20, "x"), (21, "y")):
        tree.add(Node(InodeNumber(number), Kind.FOLDER), docs, name)
    look = appearance(docs, DEFAULTS, size=1234)
    assert look.mode == stat.S_IFDIR | 0o750
    assert (look.links, look.size) == (4, 0)


def test_a_symlink_may_always_be_followed(node: Node):
    node.is_symlink = True
    node.own().mode = 0o600
    assert appearance(node, DEFAULTS).mode == stat.S_IFLNK | 0o777


def test_what_was_set_here_is_shown(node: Node):
    own = node.own()
    own.mode, own.uid, own.gid = 0o4711, 1, 2
    own.accessed_ns, own.changed_ns = 300, 400
    look = appearance(node, DEFAULTS)
    assert look.mode == stat.S_IFREG | 0o4711
    assert (look.uid, look.gid) == (1, 2)
    assert (look.accessed_ns, look.modified_ns, look.changed_ns) == (300, 100, 400)


def test_owner_zero_and_mode_zero_are_something_set(node: Node):
    own = node.own()
    own.mode = own.uid = own.gid = 0
    look = appearance(node, DEFAULTS)
    assert (look.mode, look.uid, look.gid) == (stat.S_IFREG, 0, 0)


def test_what_the_account_may_not_write_looks_like_it(node: Node):
    node.entry = replace(FILE, writable=False)
    assert appearance(node, DEFAULTS).mode == stat.S_IFREG | 0o440
    node.own().mode = 0o600
    assert appearance(node, DEFAULTS).mode == stat.S_IFREG | 0o600


def test_an_unlinked_file_has_no_link(tree: Tree, node: Node):
    tree.opened(node)
    tree.unlink(node)
    assert appearance(node, DEFAULTS).links == 0


def test_what_is_not_on_the_service_yet_has_the_time_of_the_mount(tree: Tree):
    new = tree.add(Node(InodeNumber(9), Kind.FILE), tree.root, "new")
    look = appearance(new, DEFAULTS)
    assert (look.size, look.modified_ns, look.created_ns) == (0, 777, 777)


def test_a_draft_has_its_own_size_and_time(node: Node):
    look = appearance(node, DEFAULTS, size=0, modified_ns=900)
    assert (look.size, look.modified_ns, look.changed_ns) == (0, 900, 900)
    assert look.created_ns == 50


def test_a_time_that_was_set_here_holds_for_the_content_it_was_set_on(node: Node):
    own = node.own()
    own.modified_ns, own.modified_version = 42, FILE.version
    assert appearance(node, DEFAULTS).modified_ns == 42
    node.entry = replace(FILE, version=Version("v2"), modified_ns=200)
    assert appearance(node, DEFAULTS).modified_ns == 200
    assert own_modified(node) is None


def test_a_time_set_on_a_folder_or_a_new_file_holds(tree: Tree):
    docs = tree.add(Node(InodeNumber(8), Kind.FOLDER, folder("d", modified_ns=1)), tree.root, "d")
    new = tree.add(Node(InodeNumber(9), Kind.FILE), tree.root, "new")
    for node in (docs, new):
        node.own().modified_ns = 42
        assert appearance(node, DEFAULTS).modified_ns == 42


def test_a_time_of_zero_is_a_time(node: Node):
    own = node.own()
    own.modified_ns, own.modified_version = 0, FILE.version
    own.accessed_ns = own.changed_ns = 0
    look = appearance(node, DEFAULTS)
    assert (look.modified_ns, look.accessed_ns, look.changed_ns) == (0, 0, 0)


def test_each_node_has_attributes_of_its_own(tree: Tree, node: Node):
    other = tree.add(Node(InodeNumber(10), Kind.FILE), tree.root, "b")
    node.own().xattrs["user.x"] = b"1"
    assert other.attributes is None
    assert other.own() == Attributes()
    assert node.own() is node.own()
