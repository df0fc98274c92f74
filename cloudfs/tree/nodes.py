"""The tree that programs see, in memory.

Everything here happens between two awaits: no method is asynchronous, so that a change of the
tree is never seen half done.

Three things are kept apart. Where a node is here: `parent` and `name`. What the service has:
`entry`. And whether the two may differ because of something done here, or soon will: a listing
does not move, rename or remove a node that is `pinned`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate, islice
from typing import Final

from cloudfs.errors import NotFound
from cloudfs.model import ROOT_INODE, Entry, EntryId, InodeNumber, Kind, ListingTag, Version
from cloudfs.tree.attributes import Attributes


@dataclass(slots=True)
class Listing:
    """How much is known of a folder's children. Times are trio's clock.

    *serial* counts what was done in the folder here; *touched* tells for a name at which
    serial. A listing that was asked for at serial n says nothing about names touched later.
    """

    complete: bool = False  # are the node's children all there are?
    thinned: bool = False  # they were, and some were dropped to save memory
    read_at: float | None = None  # when it was asked for; None: it is not believed
    remembered: bool = False  # from an earlier process, and not asked for again yet
    doubts: int = 0  # how often it was said not to be believed
    used_at: float = float("-inf")  # when a program last needed it
    tag: ListingTag | None = None
    serial: int = 0
    touched: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Order:
    """The children of a folder in the order in which a listing shows them.

    *folders* are those among them that are folders, and *first* says for each place in *all*
    how many of those come before it. Not to be changed: it is made anew.
    """

    all: "list[Node]"
    folders: "list[Node]"
    places: "dict[Node, int]"  # in `all`
    first: list[int]


class Node:
    """A file, folder or symlink of the drive.

    There may be a great many of them: what only folders have costs a file nothing.
    """

    __slots__ = (
        "_listing",
        "_order",
        "aliases",
        "attributes",
        "changed",
        "children",
        "entry",
        "handles",
        "is_folder",
        "is_symlink",
        "kind",
        "lookups",
        "name",
        "number",
        "pages",
        "parent",
        "relocated",
        "subfolders",
        "writers",
    )

    def __init__(self, number: InodeNumber, kind: Kind, entry: Entry | None = None) -> None:
        self.number = number
        self.kind = kind
        self.is_folder = kind is Kind.FOLDER  # can it have children?
        self.is_symlink = False

        # Changing. A node without a parent is the root, or has been unlinked.
        self.parent: Node | None = None
        self.name = ""
        self.entry = entry
        self.attributes: Attributes | None = None  # what was set here; None: nothing
        self.changed = False  # the journal has something to do about it
        self.writers = 0  # handles open for writing
        self.lookups = 0  # of the kernel; see `Tree.looked_up`
        self.handles = 0  # open file or folder handles
        self.aliases: frozenset[Version] = frozenset()  # versions of the same bytes as the entry's
        self.relocated = False  # its path on the service is another one, and maybe its version
        self.pages: Version | None = None  # the content of which the kernel may have pages

        # Changing, of folders only.
        self.children: dict[str, Node] = {} if self.is_folder else NO_CHILDREN
        self.subfolders = 0
        self._listing: Listing | None = None  # made when somebody looks
        self._order: Order | None = None  # of the children; None: it is not known

    @property
    def listing(self) -> Listing:
        """How much is known of the children."""
        if self._listing is None:
            self._listing = Listing()
        return self._listing

    @property
    def pinned(self) -> bool:
        """Whether the node is what was made of it here, whatever a listing says."""
        return self.changed or self.writers > 0

    def own(self) -> Attributes:
        """What was set on the node here, to set more."""
        if self.attributes is None:
            self.attributes = Attributes()
        return self.attributes

    def renamed_version(self, before: Version, now: Version) -> None:
        """The service calls *now* what was *before*: the bytes are the same, and their time."""
        self.aliases |= {before}
        if self.pages == before:
            self.pages = now
        if self.attributes is not None and self.attributes.modified_version == before:
            self.attributes.modified_version = now

    def path(self) -> str:
        """Where the node is below the root of the drive, for messages; "/" for the root."""
        names = [node.name for node in self.upwards() if node.parent is not None]
        return "/" + "/".join(reversed(names))

    def is_within(self, folder: "Node") -> bool:
        """Whether the node is *folder*, or somewhere below it."""
        return any(node is folder for node in self.upwards())

    def upwards(self) -> "Iterator[Node]":
        """The node and the folders above it, the root last."""
        walk: Node | None = self
        while walk is not None:
            yield walk
            walk = walk.parent

    def tree(self) -> "Iterator[Node]":
        """The node and all that are known below it, folders before their children."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.children.values())

    def in_order(self) -> "list[Node]":
        """The children in the order in which a listing shows them; not to be changed."""
        return self._ordered().all if self.children else []

    def folders_in_order(self) -> "list[Node]":
        """The folders among them; not to be changed."""
        return self._ordered().folders if self.subfolders else []

    def after(self, child: "Node") -> "Iterator[Node]":
        """The children that come after *child* in that order."""
        order = self._ordered()
        at = order.places.get(child)
        return iter(()) if at is None else islice(order.all, at + 1, None)

    def folders_after(self, child: "Node") -> "Iterator[Node]":
        """The folders among them."""
        order = self._ordered()
        at = order.places.get(child)
        if at is None:
            return iter(())
        return islice(order.folders, order.first[at] + child.is_folder, None)

    def reordered(self) -> None:
        """The children are not what they were."""
        self._order = None

    def _ordered(self) -> Order:
        if self._order is None:
            everything = list(self.children.values())
            self._order = Order(
                everything,
                [node for node in everything if node.is_folder],
                {node: at for at, node in enumerate(everything)},
                list(accumulate((node.is_folder for node in everything), initial=0)),
            )
        return self._order

    def __repr__(self) -> str:
        return f"<Node {self.number} {self.path()!r}>"


NO_CHILDREN: Final[dict[str, Node]] = {}  # of all files


class Tree:
    """All nodes that are known, by inode number and by what the service calls them."""

    def __init__(self, root: Entry) -> None:
        self.root = Node(ROOT_INODE, Kind.FOLDER, root)

        # Changing. Every node is in `_by_number` until it is dropped; `_by_id` holds those
        # whose entry is still theirs: an unlinked or replaced node has lost it.
        # `departed` are entries that the service still has and programs see no more: they were
        # removed or replaced here.
        self._by_number: dict[InodeNumber, Node] = {ROOT_INODE: self.root}
        self._by_id: dict[EntryId, Node] = {root.id: self.root}
        self.departed: set[EntryId] = set()

    # Finding --------------------------------------------------------------------------------

    def node(self, number: InodeNumber) -> Node:
        """The node with that inode number. Raises NotFound."""
        try:
            return self._by_number[number]
        except KeyError:
            raise NotFound(f"inode {number} is not known") from None

    def known(self, number: InodeNumber) -> Node | None:
        """The node with that inode number, if it is in memory."""
        return self._by_number.get(number)

    def by_id(self, entry_id: EntryId) -> Node | None:
        """The node that stands for this entry of the service."""
        return self._by_id.get(entry_id)

    def folders(self) -> Iterator[Node]:
        """All folders with children that are known; the tree must not be changed meanwhile."""
        return (node for node in self._by_number.values() if node.children)

    def __len__(self) -> int:
        return len(self._by_number)

    # Changing -------------------------------------------------------------------------------

    def add(self, node: Node, parent: Node, name: str) -> Node:
        """Put a new node into the tree."""
        self._by_number[node.number] = node
        if node.entry is not None:
            self._by_id[node.entry.id] = node
        self._link(node, parent, name)
        return node

    def place(self, node: Node, parent: Node, name: str) -> None:
        """Move and rename a node; the name must be free."""
        self._unlink(node)
        self._link(node, parent, name)

    def pull_out(self, node: Node) -> None:
        """Take the name from a node that gets another one before the next await."""
        self._unlink(node)

    def unlink(self, node: Node) -> None:
        """Take the name from a node. It stays while the kernel or a handle knows it."""
        if node.entry is not None and self._by_id.get(node.entry.id) is node:
            del self._by_id[node.entry.id]
        self._unlink(node)
        for child in list(node.children.values()):
            self.unlink(child)
        self._drop_if_unused(node)

    def thin(self, folder: Node, nodes: Iterable[Node]) -> None:
        """Drop children that nobody knows; what the disk remembers of *folder* brings them back.

        Whoever still has one finds that it has no name any more.
        """
        listing = folder.listing
        for node in nodes:
            assert node.parent is folder, node
            self.unlink(node)
            if node.is_folder:
                node.listing.complete = False
            listing.complete = False
            listing.thinned = True

    def identify(self, node: Node, entry: Entry | None) -> None:
        """From now on *node* stands for *entry*: it was created, moved or changed there."""
        if node.entry is not None and self._by_id.get(node.entry.id) is node:
            del self._by_id[node.entry.id]
        node.entry = entry
        if entry is not None and self._by_number.get(node.number) is node:
            self._by_id[entry.id] = node

    def touch(self, folder: Node, *names: str) -> None:
        """Something was done in *folder* under these names: older listings know nothing of it."""
        listing = folder.listing
        listing.serial += 1
        listing.tag = None  # "unchanged since then" would not say what is here now
        for name in names:
            listing.touched[name] = listing.serial

    def rebase(self, node: Node, old: EntryId) -> None:
        """The path of *node* on the service was *old*: the ids below it follow (IdKind.PATH)."""
        assert node.entry is not None
        new = node.entry.id
        for below in list(node.tree()):
            entry = below.entry
            if below is node or entry is None or not entry.id.startswith(old + "/"):
                continue
            parent_id = entry.parent_id
            if parent_id is not None:
                parent_id = EntryId(new + parent_id[len(old) :])
            self.identify(
                below,
                replace(entry, id=EntryId(new + entry.id[len(old) :]), parent_id=parent_id),
            )
            below.relocated = True

    # The kernel's references ------------------------------------------------------------------

    def looked_up(self, node: Node) -> None:
        """The kernel is told of the node by a reply that counts (fuse lookup count)."""
        node.lookups += 1

    def forgotten(self, number: InodeNumber, count: int) -> None:
        """The kernel gives back *count* of its references."""
        node = self._by_number.get(number)
        if node is None:
            return
        if count > node.lookups:
            raise AssertionError(f"{node} forgotten {count} times, known {node.lookups} times")
        node.lookups -= count
        self._drop_if_unused(node)

    def opened(self, node: Node) -> None:
        """One more handle is open on the node."""
        node.handles += 1

    def closed(self, node: Node) -> None:
        """A handle is gone."""
        node.handles -= 1
        assert node.handles >= 0, node
        self._drop_if_unused(node)

    # Inside -----------------------------------------------------------------------------------

    def _link(self, node: Node, parent: Node, name: str) -> None:
        assert parent.is_folder, parent
        assert name not in parent.children, f"{name!r} is taken in {parent}"
        parent.children[name] = node
        parent.reordered()
        node.parent = parent
        node.name = name
        if node.is_folder:
            parent.subfolders += 1

    def _unlink(self, node: Node) -> None:
        parent = node.parent
        if parent is None:
            return
        del parent.children[node.name]
        parent.reordered()
        if node.is_folder:
            parent.subfolders -= 1
        node.parent = None

    def _drop_if_unused(self, node: Node) -> None:
        if node.parent is None and node is not self.root and not (node.lookups or node.handles):
            self._by_number.pop(node.number, None)
