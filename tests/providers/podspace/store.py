"""What a PodSpace service keeps: files, folders, the bin, and uploads on their way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

FOLDER = "application/vnd.podspace.folder"
ROOT_HASH = "6MIPH7UM1P7OIZ2L"


class Refusal(Exception):
    """A request that is not fulfilled."""

    def __init__(self, status: int, code: int, symbol: str, result: Any = None) -> None:
        self.status, self.code, self.symbol, self.result = status, code, symbol, result


def bad_request() -> Refusal:
    return Refusal(400, 101, "INVALID_REQUEST")


def not_found() -> Refusal:
    return Refusal(404, 202, "FILE_NOT_FOUND")


@dataclass
class Node:
    """A file or folder."""

    hash: str
    parent: str
    name: str
    folder: bool
    created: int
    updated: int
    contents: list[tuple[str, int, bytes, int]] = field(default_factory=list)
    marked: bool = False
    level: str | None = None  # what somebody else's entry allows
    binned: bool = False  # itself, not with a folder it is in

    @property
    def data(self) -> bytes:
        return self.contents[-1][2]

    @property
    def version(self) -> int:
        return self.contents[-1][1]


@dataclass
class Pending:
    """A resumable upload."""

    length: int
    told: dict[str, str]
    data: bytes = b""
    made: Node | None = None
    refusal: Refusal | None = None


def split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    return (stem, extension) if dot else (name, "")


class Store:
    """One account's tree."""

    def __init__(self) -> None:
        self.on_duplicate = "error"
        self.numbers = count(1)
        self.clock = count(1_700_000_000_000, 7)
        self.nodes: dict[str, Node] = {}
        self.bin: dict[str, Node] = {}
        self.activities: list[tuple[str, str, int]] = []
        root = Node(ROOT_HASH, "", "ROOT", True, 1_699_999_999_000, 1_699_999_999_000)
        self.nodes[ROOT_HASH] = root

    # What tests use -------------------------------------------------------------------------

    def add_file(self, path: str, data: bytes = b"", parent: str = ROOT_HASH) -> Node:
        return self.put(self.at(path.rpartition("/")[0], parent), path.rpartition("/")[2], data)

    def add_folder(self, path: str, parent: str = ROOT_HASH) -> Node:
        return self.make(self.at(path.rpartition("/")[0], parent), path.rpartition("/")[2])

    def called(self, node: Node, hash_: str) -> Node:
        """The node under another hash."""
        del self.nodes[node.hash]
        for child in list(self.nodes.values()):
            if child.parent == node.hash:
                child.parent = hash_
        node.hash = hash_
        self.nodes[hash_] = node
        return node

    def at(self, path: str, parent: str = ROOT_HASH) -> Node:
        node = self.nodes[parent]
        for name in path.split("/"):
            if name:
                found = self.child(node.hash, name)
                assert found is not None, path
                node = found
        return node

    def paths(self, top: str = ROOT_HASH, prefix: str = "") -> dict[str, Node]:
        """Everything in the tree by its path."""
        found = {}
        for node in self.children(top):
            path = f"{prefix}/{node.name}"
            found[path] = node
            if node.folder:
                found.update(self.paths(node.hash, path))
        return found

    # What the service does --------------------------------------------------------------------

    def new_hash(self, letter: str = "H") -> str:
        return f"{letter}{next(self.numbers):015}"

    def get(self, hash_: str) -> Node:
        node = self.nodes.get(ROOT_HASH if hash_ == "ROOT" else hash_)
        if node is None:
            raise not_found()
        return node

    def folder(self, hash_: str) -> Node:
        node = self.get(hash_)
        if not node.folder:
            raise bad_request()
        return node

    def version(self, hash_: str) -> tuple[Node, int] | None:
        """A version by its own hash, and where in its file's history it is."""
        for node in self.nodes.values():
            for at, (own, *_) in enumerate(node.contents):
                if own == hash_ and len(node.contents) > 1:
                    return node, at
        return None

    def children(self, hash_: str) -> list[Node]:
        found = [n for n in self.nodes.values() if n.parent == hash_]
        return sorted(found, key=lambda n: n.name)

    def child(self, hash_: str, name: str) -> Node | None:
        return next((n for n in self.children(hash_) if n.name == name), None)

    def below(self, node: Node) -> Iterator[Node]:
        yield node
        for child in self.children(node.hash):
            yield from self.below(child)

    def free_name(self, parent: Node, name: str) -> str:
        stem, extension = split(name)
        for number in count(1):
            if self.child(parent.hash, name) is None:
                return name
            name = f"{stem} ({number})" + (f".{extension}" if extension else "")
        raise AssertionError

    def check_name(self, name: str) -> None:
        if not name or set(name) & set('\\/?%*:|"<>\0') or name.endswith("."):
            raise Refusal(400, 209, "INVALID_FILE_NAME")

    def make(self, parent: Node, name: str) -> Node:
        self.check_name(name)
        if (taken := self.child(parent.hash, name)) is not None:
            if self.on_duplicate == "error":
                raise Refusal(409, 203, "FILE_ALREADY_EXISTS", taken)
            name = self.free_name(parent, name)
        now = next(self.clock)
        node = Node(self.new_hash(), parent.hash, name, True, now, now)
        self.nodes[node.hash] = node
        self.happened(node, "CREATE")
        return node

    def put(self, parent: Node, name: str, data: bytes) -> Node:
        self.check_name(name)
        if (taken := self.child(parent.hash, name)) is not None:
            if self.on_duplicate == "error":
                raise Refusal(409, 203, "FILE_ALREADY_EXISTS", taken)
            name = self.free_name(parent, name)
        now = next(self.clock)
        node = Node(self.new_hash(), parent.hash, name, False, now, now)
        self.nodes[node.hash] = node
        self.write(node, data)
        return node

    def write(self, node: Node, data: bytes) -> None:
        node.updated = next(self.clock)
        number = node.version + 1 if node.contents else 0
        node.contents.append((self.new_hash("V"), number, data, node.updated))
        self.happened(node, "UPLOAD")

    def transplant(self, node: Node, parent: Node) -> bool:
        """Whether the node fits into the folder. Raises for a folder below itself."""
        if node.hash == ROOT_HASH or any(n.hash == parent.hash for n in self.below(node)):
            raise bad_request()
        return self.child(parent.hash, node.name) is None

    def move(self, node: Node, parent: Node) -> None:
        node.parent = parent.hash
        node.updated = next(self.clock)
        self.happened(node, "MOVE")

    def copy(self, node: Node, parent: Node, name: str | None = None) -> Node:
        now = next(self.clock)
        copy = Node(self.new_hash(), parent.hash, name or node.name, node.folder, now, now)
        if node.contents:
            copy.contents = [(self.new_hash("V"), 0, node.data, now)]
        self.nodes[copy.hash] = copy
        for child in self.children(node.hash):
            self.copy(child, copy)
        self.happened(copy, "COPY")
        return copy

    def trash(self, hash_: str) -> int:
        node = self.nodes.get(hash_)
        if node is None or node.level is not None:
            return 0
        if hash_ == ROOT_HASH:
            raise bad_request()
        for inner in list(self.below(node)):
            self.bin[inner.hash] = self.nodes.pop(inner.hash)
        node.binned = True
        self.happened(node, "TRASH")
        return 1

    def trashed(self) -> list[Node]:
        """The tops of what is in the bin."""
        return [node for node in self.bin.values() if node.binned]

    def _out_of_bin(self, node: Node) -> list[Node]:
        inner = [c for c in self.bin.values() if c.parent == node.hash and not c.binned]
        del self.bin[node.hash]
        node.binned = False
        return [node, *(n for child in inner for n in self._out_of_bin(child))]

    def restore(self, hash_: str) -> int:
        node = self.bin.get(hash_)
        if node is None or not node.binned:
            return 0
        if node.parent not in self.nodes:
            node.parent = ROOT_HASH
        node.name = self.free_name(self.nodes[node.parent], node.name)
        for inner in self._out_of_bin(node):
            self.nodes[inner.hash] = inner
        self.happened(node, "RESTORE")
        return 1

    def wipe(self, hash_: str) -> int:
        node = self.bin.get(hash_)
        if node is None:
            return 0
        self._out_of_bin(node)
        return 1

    def happened(self, node: Node, kind: str) -> None:
        """Of each entry only the latest is kept."""
        self.activities = [a for a in self.activities if a[0] != node.hash]
        self.activities.append((node.hash, kind, next(self.clock)))
