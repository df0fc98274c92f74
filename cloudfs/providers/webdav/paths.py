"""How entries are addressed: ids, paths and percent-encoding (reference 1).

An id is the decoded path below the base collection: "/" is that collection, "/a/b c" a thing
in it; no id but the root's ends in a slash. URLs are always encoded here, segment by segment,
never taken over from the server, whose encoding of the same path may differ.
"""

import re
from urllib.parse import quote, unquote, urlsplit

from cloudfs.model import EntryId

ROOT = EntryId("/")

Segments = tuple[str, ...]
"""The names along a path, decoded."""

_BEFORE_PATH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")


def decoded(href: str) -> Segments | None:
    """The names along *href*, a URL or a path; None if they are not UTF-8.

    A name may come out with a slash in it (%2F): whoever uses it as a name checks that.
    """
    path = _BEFORE_PATH.sub("", href.strip(), count=1)
    try:
        return tuple(unquote(part, errors="strict") for part in path.split("/") if part)
    except UnicodeDecodeError:
        return None


def encoded(segments: Segments) -> str:
    """A path of these names for a URL, without slashes at its ends."""
    return "/".join(quote(name, safe="") for name in segments)


def segments_of(entry_id: EntryId) -> Segments:
    """The names along the path that an id is."""
    return tuple(part for part in entry_id.split("/") if part)


def id_of(segments: Segments) -> EntryId:
    """The id of what is at the end of this path below the base collection."""
    return EntryId("/" + "/".join(segments))


def parent_of(entry_id: EntryId) -> EntryId | None:
    """The folder that holds the entry; None for the root."""
    segments = segments_of(entry_id)
    return id_of(segments[:-1]) if segments else None


def child_of(folder_id: EntryId, name: str) -> EntryId:
    """The id of the child called *name*."""
    return id_of((*segments_of(folder_id), name))


def lies_in(entry_id: EntryId, folder_id: EntryId) -> bool:
    """Whether the entry is the folder, or anywhere below it."""
    within = segments_of(folder_id)
    return segments_of(entry_id)[: len(within)] == within


class Collection:
    """A collection on a server, and the URLs of what is below it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.segments = decoded(parts.path) or ()
        self._server = f"{parts.scheme}://{parts.netloc}"
        self.url = self._join(self.segments, folder=True)

    def __repr__(self) -> str:
        return f"Collection({self.url!r})"

    def file(self, entry_id: EntryId) -> str:
        """Where a file is."""
        return self._join(self.segments + segments_of(entry_id), folder=False)

    def folder(self, entry_id: EntryId) -> str:
        """Where a collection is: always with a slash, which several servers insist on."""
        return self._join(self.segments + segments_of(entry_id), folder=True)

    def ancestor(self, depth: int) -> "Collection":
        """The collection that the first *depth* names of this one's path lead to."""
        return Collection(self._join(self.segments[:depth], folder=True))

    def below(self, *names: str) -> "Collection":
        """The collection at the end of this path below this one."""
        return Collection(self._join(self.segments + names, folder=True))

    def id_at(self, segments: Segments) -> EntryId | None:
        """The id of what a server's path leads to; None if it is not below this collection."""
        depth = len(self.segments)
        return id_of(segments[depth:]) if segments[:depth] == self.segments else None

    def _join(self, segments: Segments, *, folder: bool) -> str:
        path = encoded(segments)
        return f"{self._server}/{path}{'/' if folder and path else ''}"
