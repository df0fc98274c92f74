"""Makes the children of a folder what a listing says.

There is no await in here: a tree is never seen half changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cloudfs.model import Entry, EntryId, InodeNumber
from cloudfs.tree.names import Shown
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import Register, Registered


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who is told of changes that were not made here.

    *name_changed*: a name leads somewhere else now, or nowhere. *content_changed*: a file has
    other bytes. *attributes_changed*: only times and the like. *orphaned*: the service has lost
    a folder in which changes made here are waiting.
    """

    name_changed: Callable[[Node, str], None]
    content_changed: Callable[[Node], None]
    attributes_changed: Callable[[Node], None]
    orphaned: Callable[[Node], None]


class Merge:
    """Makes the children of one folder what a listing says. There is no await in here."""

    def __init__(
        self,
        tree: Tree,
        folder: Node,
        register: Register,
        registered: dict[EntryId, Registered],
        serial: int,
        watchers: Watchers,
    ) -> None:
        self._tree = tree
        self._folder = folder
        self._register = register
        self._registered = registered
        self._serial = serial
        self._watchers = watchers
        self._first = not (folder.listing.complete or folder.listing.thinned)
        self.placed: list[Node] = []  # new, or at another place than before
        self.moved: list[Node] = []  # those that the register has elsewhere, or not at all
        self.gone: list[InodeNumber] = []
        self.possible = True  # is nothing listed that cannot be in this folder?
        self._pulled_out: list[Node] = []

    def run(self, listed: Sequence[Shown]) -> None:
        """Take over what is listed."""
        wanted = {shown.entry.id: shown for shown in listed}
        self._take_away(wanted)
        for shown in listed:
            node = self._tree.by_id(shown.entry.id)
            if node is None:
                self._add(shown)
            elif not node.pinned:
                self._update(node, shown)
        for node in self._pulled_out:
            if node.parent is None:  # its new name is taken by something made here
                self._lose(node)

    def _settled(self, name: str) -> bool:
        """Whether the listing may speak about *name*: nothing was done to it since."""
        return self._folder.listing.touched.get(name, 0) <= self._serial

    def _take_away(self, wanted: dict[EntryId, Shown]) -> None:
        """Free all names that will lead elsewhere or nowhere."""
        for name, node in list(self._folder.children.items()):
            if node.pinned or not self._settled(name):
                continue
            shown = wanted.get(node.entry.id) if node.entry is not None else None
            if shown is None or shown.entry.kind is not node.kind:
                self._vanish(node)
            elif shown.name != name or shown.is_symlink != node.is_symlink:
                self._tell_name(name)
                self._tree.pull_out(node)
                self._pulled_out.append(node)

    def _vanish(self, node: Node) -> None:
        if awaits_upload(node):
            self._watchers.orphaned(node)
            return
        self._tell_name(node.name)
        self._lose(node)

    def _lose(self, node: Node) -> None:
        self.gone.extend(below.number for below in node.tree())
        self._tree.unlink(node)

    def _add(self, shown: Shown) -> None:
        if not self._free(shown.name):
            return
        known = self._registered.get(shown.entry.id)
        if known is None:
            return  # it appeared between two looks: the next listing has it
        number = known.number
        if self._tree.known(number) is not None:
            number = self._register.new_number()  # it was gone, and its node is still in use
        node = Node(number, shown.entry.kind, shown.entry)
        node.is_symlink = shown.is_symlink
        node.attributes = known.attributes
        self._tree.add(node, self._folder, shown.name)
        self._tell_name(shown.name)
        self.placed.append(node)
        if (node.number, known.parent, known.name) != (
            known.number,
            self._folder.number,
            shown.name,
        ):
            self.moved.append(node)

    def _update(self, node: Node, shown: Shown) -> None:
        before = node.entry
        entry = shown.entry
        assert before is not None
        if node.kind is not entry.kind:
            return  # a folder with changes in it that is a file there: its watcher was told
        if node.parent is not self._folder or node.name != shown.name:
            if not self._free(shown.name):
                return
            if self._folder.is_within(node):
                self.possible = False
                return
            if node.parent is not None:
                self._watchers.name_changed(node.parent, node.name)
            self._tree.place(node, self._folder, shown.name)
            node.is_symlink = shown.is_symlink
            self._tell_name(shown.name)
            self._keep(node)
        elif not self._settled(shown.name):
            return
        self._compare(node, before, shown)

    def _compare(self, node: Node, before: Entry, shown: Shown) -> None:
        """Take over what is listed of a node that is in its place."""
        entry = shown.entry
        if before.version == entry.version:
            self._tree.identify(node, entry)
            if (before.modified_ns, before.size) != (entry.modified_ns, entry.size):
                self._watchers.attributes_changed(node)
        elif node.relocated and (before.modified_ns, before.size) == (
            entry.modified_ns,
            entry.size,
        ):  # the versions of some servers depend on the path
            node.renamed_version(before.version, entry.version)
            self._tree.identify(node, entry)
            self.moved.append(node)
        elif node.handles:
            self._replace(node, shown)
        else:
            node.aliases = frozenset()
            self._tree.identify(node, entry)
            self._watchers.content_changed(node)
        node.relocated = False

    def _replace(self, node: Node, shown: Shown) -> None:
        """Leave the open file to those who have it open; the name gets a new node."""
        fresh = Node(self._register.new_number(), shown.entry.kind, shown.entry)
        fresh.is_symlink = shown.is_symlink
        fresh.attributes = None if node.attributes is None else node.attributes.copy()
        self._tree.unlink(node)
        self._tree.add(fresh, self._folder, shown.name)
        self._tell_name(shown.name)
        self._keep(fresh)

    def _keep(self, node: Node) -> None:
        self.placed.append(node)
        self.moved.append(node)

    def _free(self, name: str) -> bool:
        """Whether an entry may take *name*: it does not, while something made here has it."""
        return self._settled(name) and name not in self._folder.children

    def _tell_name(self, name: str) -> None:
        if not self._first:
            self._watchers.name_changed(self._folder, name)


def awaits_upload(folder: Node) -> bool:
    """Whether something was made or changed below *folder* that the service has not got."""
    return folder.is_folder and any(below.pinned for below in folder.tree())
