"""Which change can be carried out now, and for which other one it has to wait.

The service must see a sequence in which every request is possible: a folder before what is in
it, a name free before it is taken, nothing lost on the way. The rules:

* What is new or moves waits until its folder is on the service.
* What wants a name waits until the entry that has it has moved away, and until it is known what
  became of a request that was to put another one there. An entry that was removed here gives
  way in the same request, where that keeps its history: `Order.replaced_by`.
* A removed entry waits for what replaces it, and for what still has to be moved out of it.
* What was removed with its folder waits for the folder, which goes as a whole.
* A folder does not move into a folder that is still inside it on the service.
* A folder does not go away while a request is under way for something in it, nor does it move,
  where its path is what that request goes by; and the other way round.
"""

from collections.abc import Iterator

from cloudfs.journal.changes import Change
from cloudfs.model import Entry, EntryId, InodeNumber, Kind
from cloudfs.tree.names import Names
from cloudfs.tree.nodes import Node, Tree

_Place = tuple[EntryId | None, str]


class Order:
    """Knows the places that changes free and take."""

    def __init__(
        self,
        tree: Tree,
        names: Names,
        changes: dict[InodeNumber, Change],
        *,
        keeps_versions: bool,
        by_path: bool,
    ) -> None:
        self._tree = tree
        self._names = names
        self._changes = changes
        self._keeps_versions = keeps_versions
        self._by_path = by_path

        # Changing, and always what `note` and `forget` were told last.
        self._by_base: dict[EntryId, InodeNumber] = {}
        self._leaving: dict[_Place, InodeNumber] = {}
        self._heading: dict[tuple[InodeNumber, str], InodeNumber] = {}
        self._moved: set[InodeNumber] = set()
        self._removed_in: dict[EntryId, set[InodeNumber]] = {}
        self._noted: dict[InodeNumber, tuple[EntryId, _Place]] = {}
        self._noted_heading: dict[InodeNumber, tuple[InodeNumber, str]] = {}

        # Changing: the committer keeps it.
        self.running: set[InodeNumber] = set()

    def note(self, change: Change) -> None:
        """The change is new, or is another one now."""
        self.forget(change)
        if change.heading is not None:
            self._heading[change.heading] = change.number
            self._noted_heading[change.number] = change.heading
        base = change.base
        if base is None:
            return
        place = (base.parent_id, self._names.key(base.name))
        self._noted[change.number] = (base.id, place)
        self._by_base[base.id] = change.number
        if change.removed or change.moved:
            self._leaving[place] = change.number
        if change.moved and not change.removed:
            self._moved.add(change.number)
        if change.removed and base.parent_id is not None:
            self._removed_in.setdefault(base.parent_id, set()).add(change.number)

    def forget(self, change: Change) -> None:
        """The change is over."""
        number = change.number
        self._moved.discard(number)
        heading = self._noted_heading.pop(number, None)
        if heading is not None and self._heading.get(heading) == number:
            del self._heading[heading]
        noted = self._noted.pop(number, None)
        if noted is None:
            return
        entry_id, place = noted
        parent_id = place[0]
        if parent_id is not None and (inside := self._removed_in.get(parent_id)) is not None:
            inside.discard(number)
            if not inside:
                del self._removed_in[parent_id]
        if self._by_base.get(entry_id) == number:
            del self._by_base[entry_id]
        if self._leaving.get(place) == number:
            del self._leaving[place]

    def by_base(self, entry_id: EntryId) -> Change | None:
        """The change of what the service calls *entry_id*."""
        number = self._by_base.get(entry_id)
        return None if number is None else self._changes.get(number)

    def removed_in(self, folder_id: EntryId) -> dict[EntryId, Change]:
        """The changes of what was removed here and the service still has in a folder, by id."""
        found = (self._changes[number] for number in self._removed_in.get(folder_id, ()))
        return {change.base.id: change for change in found if change.base is not None}

    def blocker(self, change: Change) -> Change | None:
        """The change that has to be carried out first; None if this one can be now."""
        if change.attempted:
            return None  # first of all it has to be found out what became of it
        found = self._before_removal(change) if change.removed else self._before_placing(change)
        return found or self._under_way(change)

    def is_stirred(self, node: Node) -> bool:
        """Whether a request is under way that changes where a node is, or what is in it."""
        return any(above.number in self.running for above in node.upwards())

    def replaced_by(self, change: Change) -> Change | None:
        """The removed entry whose place *change* takes in one request."""
        occupant = self._occupant(change)
        if occupant is not None and self._replaces(change, occupant):
            return occupant
        return None

    # Inside -------------------------------------------------------------------------------------

    def _under_way(self, change: Change) -> Change | None:
        """A running change that uses a folder that this one takes away, or the reverse."""
        takes = self._takes_away(change)
        for other in self._running():
            if other is change:
                continue
            if takes and self._uses(other, change.number):
                return other
            if self._takes_away(other) and self._uses(change, other.number):
                return other
        return None

    def _running(self) -> Iterator[Change]:
        return (self._changes[number] for number in self.running if number in self._changes)

    def _takes_away(self, change: Change) -> bool:
        """Whether a change makes what is in a folder unreachable by the way it had."""
        if change.kind is not Kind.FOLDER or change.base is None:
            return False
        return change.removed or (self._by_path and change.moved)

    def _uses(self, change: Change, folder: InodeNumber) -> bool:
        """Whether a request for *change* goes to *folder*, or to something below it."""
        places = (change.heading, change.origin, (change.parent, change.name))
        return any(place is not None and self._is_in(place[0], folder) for place in places)

    def _is_in(self, number: InodeNumber, folder: InodeNumber) -> bool:
        for _ in range(1000):
            if number == folder:
                return True
            change = self._changes.get(number)
            node = self._tree.known(number)
            if node is not None and node.parent is not None:
                number = node.parent.number
            elif change is not None:
                number = change.parent
            else:
                return False
        return False

    def _before_placing(self, change: Change) -> Change | None:
        parent = self._changes.get(change.parent)
        if parent is not None and parent.base is None:
            return parent
        if change.base is not None and not change.moved:
            return None
        heading = self._heading.get((change.parent, change.name))
        if heading is not None and heading != change.number:
            return self._changes.get(heading)
        if change.base is not None and change.kind is Kind.FOLDER:
            above = self._still_inside(change.base)
            if above is not None and self._is_above(above, change):
                return above
        occupant = self._occupant(change)
        if occupant is None or occupant.failure is not None:
            return None
        if occupant.removed and self._replaces(change, occupant):
            return None
        return occupant

    def _before_removal(self, change: Change) -> Change | None:
        base = change.base
        if base is None:
            return None
        successor = self._successor(change)
        if successor is not None:
            return successor
        if base.parent_id is not None:
            folder = self.by_base(base.parent_id)
            if folder is not None and folder.removed and folder.failure is None:
                return folder
        if change.kind is Kind.FOLDER:
            return self._still_inside(base)
        return None

    def _still_inside(self, folder: Entry) -> Change | None:
        """A moved node that the service still has below *folder*."""
        for number in self._moved:
            moved = self._changes[number]
            base = moved.base
            if moved.failure is None and base is not None and self._is_below(base, folder.id):
                return moved
        return None

    def _is_above(self, change: Change, below: Change) -> bool:
        """Whether the node of one change is an ancestor of the other's, here."""
        folder = self._tree.known(change.number)
        walk: Node | None = self._tree.known(below.parent)
        return folder is not None and walk is not None and walk.is_within(folder)

    def _is_below(self, entry: Entry, folder_id: EntryId) -> bool:
        """Whether the service has *entry* somewhere below the folder, as far as is known."""
        above = entry.parent_id
        for _ in range(1000):
            if above is None:
                return False
            if above == folder_id:
                return True
            parent = self._entry(above)
            if parent is None:
                return False
            above = parent.parent_id
        return False

    def _entry(self, entry_id: EntryId) -> Entry | None:
        change = self.by_base(entry_id)
        if change is not None:
            return change.base
        node = self._tree.by_id(entry_id)
        return node.entry if node is not None else None

    def _occupant(self, change: Change) -> Change | None:
        """The change of what the service still has at the place that *change* wants."""
        parent = self._tree.known(change.parent)
        if parent is None or parent.entry is None:
            return None
        stored = self._names.stored(change.name, is_symlink=change.is_symlink)
        number = self._leaving.get((parent.entry.id, self._names.key(stored)))
        if number is None or number == change.number:
            return None
        return self._changes.get(number)

    def _successor(self, removed: Change) -> Change | None:
        """What takes the place of a removed entry in one request."""
        if removed.origin is None:
            return None
        number, name = removed.origin
        folder = self._tree.known(number)
        node = folder.children.get(name) if folder is not None else None
        change = self._changes.get(node.number) if node is not None else None
        if change is None or change.failure is not None or change.number == removed.number:
            return None
        takes_place = change.moved or change.base is None
        return change if takes_place and self._replaces(change, removed) else None

    def _replaces(self, change: Change, removed: Change) -> bool:
        if not removed.removed or change.kind is not removed.kind:
            return False
        if removed.gives_way_to == change.number:
            return change.kind is Kind.FILE or change.base is not None
        return self._keeps_versions and change.kind is Kind.FILE and change.base is None
