"""What the service of these tests keeps: folders and files by number, the bin, shares."""

import hashlib
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from itertools import count

USER = "user@example.com"
OTHER = "other@example.com"

HOME, BACKUP, SYNC, BIN = "0", "-3", "-5", "900"
SYNC_FOLDER = "1001"
SYSTEM = {HOME, BACKUP, SYNC, BIN}
FORBIDDEN = set('/\\:*?><;"|')


class Refusal(Exception):
    def __init__(self, status: int, **members: str) -> None:
        self.status = status
        self.members = members


@dataclass
class Node:
    """A file or folder."""

    folder: bool
    number: str
    name: str
    parent: str | None
    owner: str = USER
    attribute: str = ""
    stamp: int = 0
    data: bytes = b""
    head: int = 0
    marks: str = ""

    @property
    def key(self) -> tuple[bool, str]:
        return self.folder, self.number

    @property
    def digest(self) -> str:
        return hashlib.sha512(self.data).hexdigest()

    def time(self, name: str) -> str | None:
        return ET.fromstring(f"<a>{self.attribute}</a>").findtext(name)


@dataclass
class Share:
    code: str
    password: str = ""
    expires: str = ""
    group: str = "0"
    members: list[str] = field(default_factory=list)


class Tree:
    """The account, and one of somebody else's."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[bool, str], Node] = {}
        self.folder_numbers = count(1002)
        self.file_numbers = count(5001)
        self.clock = count(1_704_164_645, 7)
        self.sequence = 41
        self.capacity = 20_000
        for number, name, parent in (
            (HOME, "home", None),
            (BACKUP, "backup", None),
            (SYNC, "sync", None),
            (BIN, "MyRecycleBin", HOME),
            (SYNC_FOLDER, "MySyncFolder", SYNC),
        ):
            self.nodes[True, number] = Node(True, number, name, parent, stamp=next(self.clock))
        shared = Node(True, "77", "theirs", "70", owner=OTHER)
        self.nodes[True, "70"] = Node(True, "70", "sync", None, owner=OTHER)
        self.nodes[shared.key] = shared

    # Looking ------------------------------------------------------------------------------

    def get(self, *, folder: bool, number: str, missing: int = 0) -> Node:
        node = self.nodes.get((folder, number))
        if node is None:
            raise Refusal(missing or (218 if folder else 219))
        return node

    def live(self, *, folder: bool, number: str, missing: int = 0) -> Node:
        """A node that is not in the bin."""
        node = self.get(folder=folder, number=number, missing=missing)
        if self.is_binned(node) or node.number == BIN:
            raise Refusal(missing or (218 if folder else 219))
        return node

    def root_of(self, node: Node) -> str:
        """The number of the tree a node is in; the bin is one of its own."""
        while node.parent is not None and node.number != BIN:
            node = self.nodes[True, node.parent]
        return node.number

    def is_binned(self, node: Node) -> bool:
        return node.number != BIN and self.root_of(node) == BIN

    def children(self, number: str) -> list[Node]:
        found = [n for n in self.nodes.values() if n.parent == number and n.number != BIN]
        return sorted(found, key=lambda n: (not n.folder, n.name.casefold(), int(n.number)))

    def child(self, number: str, name: str) -> Node | None:
        wanted = name.casefold()
        return next((n for n in self.children(number) if n.name.casefold() == wanted), None)

    def named(self, path: str) -> Node:
        """The node at a path below MySyncFolder; for tests."""
        node = self.nodes[True, SYNC_FOLDER]
        for name in path.strip("/").split("/"):
            if name:
                found = self.child(node.number, name)
                assert found is not None, f"no {path}"
                assert found.name == name
                node = found
        return node

    def names(self, path: str = "/") -> set[str]:
        return {node.name for node in self.children(self.named(path).number)}

    def paths(self, number: str = SYNC_FOLDER, before: str = "") -> dict[str, Node]:
        """Everything below a folder by its path."""
        found = {}
        for node in self.children(number):
            found[f"{before}/{node.name}"] = node
            if node.folder:
                found |= self.paths(node.number, f"{before}/{node.name}")
        return found

    # Changing -----------------------------------------------------------------------------

    def add_folder(self, path: str, parent: str = SYNC_FOLDER) -> Node:
        *above, name = path.strip("/").split("/")
        folder = self.named("/".join(above)).number if above else parent
        return self.add(folder, name, folder=True)

    def add_file(self, path: str, data: bytes = b"", parent: str = SYNC_FOLDER) -> Node:
        *above, name = path.strip("/").split("/")
        folder = self.named("/".join(above)).number if above else parent
        return self.write(self.add(folder, name, folder=False), data, times(1_600_000_000))

    def add(self, parent: str, name: str, *, folder: bool, attribute: str = "") -> Node:
        number = str(next(self.folder_numbers if folder else self.file_numbers))
        node = Node(folder, number, name, parent, self.nodes[True, parent].owner, attribute)
        self.nodes[node.key] = node
        self.touch(node)
        return node

    def write(self, node: Node, data: bytes, attribute: str) -> Node:
        node.data, node.attribute = data, attribute
        node.head += 1
        self.touch(node)
        return node

    def touch(self, node: Node) -> None:
        node.stamp = next(self.clock)
        if self.root_of(node) in {SYNC, BIN}:
            self.sequence += 1

    def drop(self, node: Node) -> None:
        for child in self.children(node.number) if node.folder else []:
            self.drop(child)
        del self.nodes[node.key]

    def check_name(self, name: str) -> None:
        if not name:
            raise Refusal(211)
        if len(name) > 255:
            raise Refusal(213)
        if set(name) & FORBIDDEN or min(name) < " ":
            raise Refusal(212)

    def check_free(self, parent: str, name: str, but: Node | None = None) -> None:
        found = self.child(parent, name)
        if found is not None and found is not but:
            raise Refusal(214)


def times(seconds: int) -> str:
    return "".join(
        f"<{name}>{seconds}</{name}>"
        for name in ("creationtime", "lastaccesstime", "lastwritetime")
    )
