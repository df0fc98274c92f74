"""What is kept of a file besides its place and its bytes (reference 1.2, 3.3 and 3.13)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from cloudfs.emulators.store import Store
from cloudfs.emulators.store.records import Record
from cloudfs.emulators.store.tree import Node

_FILE = "file"  # kind of record
LICENCE, ENCODING = "licence", "encoding"  # others that are about a file


@dataclass(frozen=True, slots=True)
class Details:
    """More about one file."""

    description: str  # its name when it came
    content_type: str
    plain_size: int | None = None  # before it was protected; None: it is not

    @property
    def is_encrypt(self) -> int:
        """1 for a protected file, else 0."""
        return int(self.plain_size is not None)


def save_details(store: Store, node: Node, details: Details) -> None:
    """Keep what is known of a file."""
    store.records.put(_FILE, str(node.id), node.owner, asdict(details))


def details_of(store: Store, node: Node) -> Details:
    """What is known of a file."""
    return many_details(store, [node])[node.id]


def many_details(store: Store, nodes: Sequence[Node]) -> dict[int, Details]:
    """What is known of those of *nodes* that are files, by their numbers."""
    found = store.records.many(_FILE, [str(node.id) for node in nodes if node.is_file])
    return {int(key): _details(record) for key, record in found.items()}


def forget_details(store: Store, node: Node) -> None:
    """Forget a file."""
    for kind in (_FILE, LICENCE, ENCODING):
        store.records.remove(kind, str(node.id))


def _details(record: Record) -> Details:
    return Details(**record.data)
