"""How far an upload is, as a text that outlives an attempt (reference 3.7)."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from cloudfs.errors import BadReply
from cloudfs.model import Content, Entry, EntryId
from cloudfs.providers.cloud689 import values
from cloudfs.providers.cloud689.forms import Fields


@dataclass(slots=True, kw_only=True)
class Sending:
    """One file on its way, in chunks of one size; the last may be smaller, or empty.

    *what* has to be the same for it to be gone on with. *folder* and *name* are where the file
    goes, *session* is what the service knows the upload by, *process* whose it is.
    """

    what: list[Any]
    folder: EntryId
    name: str
    session: str
    process: str
    began: float  # Unix time
    chunk_size: int
    size: int
    replaces: str = ""

    # Changing: the chunk to be sent next, perhaps for the second time.
    next: int = 0

    @property
    def chunks(self) -> int:
        """How many there are."""
        return max(1, -(-self.size // self.chunk_size))

    @property
    def at_last(self) -> bool:
        """Whether only the last chunk is missing, or nothing is."""
        return self.next == self.chunks - 1

    @property
    def sent(self) -> int:
        """Bytes that have arrived."""
        return self.next * self.chunk_size

    def bounds(self) -> tuple[int, int]:
        """The bytes of the next chunk."""
        start = self.next * self.chunk_size
        return start, min(start + self.chunk_size, self.size)

    def part(self) -> Fields:
        """What the service is told of the next chunk."""
        return {
            "name": self.name,
            "session_upload": self.session,
            "chunk": self.next,
            "chunks": self.chunks,
        }

    def saved(self) -> str:
        """A text to go on from."""
        return json.dumps(asdict(self))


async def identity(
    folder: EntryId, name: str, content: Content, replacing: Entry | None
) -> list[Any]:
    """What tells one upload from another."""
    old = None if replacing is None else [replacing.id, replacing.version]
    digest = await content.checksum("sha256")
    return [folder, name, old, content.size, content.modified_ns, digest.digest]


def resumed(saved: str | None, what: list[Any]) -> Sending | None:
    """The upload that *saved* tells of, if it is this one."""
    if saved is None:
        return None
    try:
        state = values.record(values.decoded(saved.encode("utf-8", "replace")))
        sending = Sending(**state)
        usable = sending.what == what and 0 <= sending.next < sending.chunks
        return sending if usable and sending.size == what[3] else None
    except (BadReply, TypeError, ValueError, ZeroDivisionError):
        return None
