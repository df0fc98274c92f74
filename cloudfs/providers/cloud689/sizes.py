"""Which content a file has, and how large protected ones really are (reference 3.9).

A listing may tell another size of a protected file than its download has. The true one is known
after it was downloaded once; from then on the file is shown with it, as another version, so that
nothing is cut off or filled up. It is kept over mounts, in *notes*.
"""

import json
from collections.abc import MutableMapping

from cachetools import LRUCache

from cloudfs.errors import BadReply
from cloudfs.model import Version
from cloudfs.providers.cloud689 import values
from cloudfs.providers.cloud689.wire import Item

NOTE = "sizes"
REMEMBERED = 500

PLAIN, PROTECTED = "plain", "drm"


def version_of(item: Item, size: int) -> Version:
    """The version of a file that is shown with *size* bytes.

    Nothing but a protection changes the content of a file, and that changes its size. What
    replaces a file is another one, which may be as large and as old: so its id is part of this.
    """
    return Version(f"{PROTECTED if item.protected else PLAIN}-{size}-{_mark(item)}")


def is_protected(version: Version) -> bool:
    """Whether a file of this version is protected."""
    return version.startswith(f"{PROTECTED}-")


class Sizes:
    """The true sizes of protected files, as far as they are known."""

    def __init__(self, notes: MutableMapping[str, str]) -> None:
        self._notes = notes

        # Changing: by time of the last change and file, the size listed and the true one.
        self._known: LRUCache[str, tuple[int, int]] | None = None

    def of(self, item: Item) -> int:
        """The size to show of a file."""
        if not item.protected:
            return item.size
        listed, true = self._all().get(_mark(item), (None, 0))
        return true if listed == item.size else item.size

    def learn(self, version: Version, size: int) -> None:
        """The protected file that was shown at *version* has *size* bytes."""
        _, shown_text, key = version.split("-", 2)
        shown, known = int(shown_text), self._all()
        listed, true = known.get(key, (shown, shown))
        known[key] = (listed if true == shown else shown, size)
        self._notes[NOTE] = json.dumps(dict(known.items()))

    def _all(self) -> "LRUCache[str, tuple[int, int]]":
        if self._known is None:
            self._known = LRUCache(REMEMBERED)
            for key, pair in _kept(self._notes.get(NOTE, "{}")).items():
                match [values.integer(size) for size in pair] if isinstance(pair, list) else []:
                    case [int(listed), int(true)]:
                        self._known[key] = (listed, true)
        return self._known


def _mark(item: Item) -> str:
    return f"{item.stamp}-{item.id}"


def _kept(note: str) -> dict[str, object]:
    try:
        return values.optional_record(values.decoded(note.encode("utf-8", "replace")))
    except BadReply:
        return {}
