"""Entries as listings show them (reference 3.1, 3.16 and 3.19)."""

import mimetypes
from collections.abc import Sequence
from functools import cached_property
from xml.etree.ElementTree import Element

from cloudfs.emulators.asus import sharing
from cloudfs.emulators.asus.attributes import attribute_element
from cloudfs.emulators.asus.marks import marks_of
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.places import View
from cloudfs.emulators.asus.settings import Profile
from cloudfs.emulators.asus.times import SECOND, date_text
from cloudfs.emulators.store.tree import Node

# Types by extension that every machine knows alike; the system's tables differ.
_TYPES = mimetypes.MimeTypes()


def mime_type(name: str) -> str:
    """The type that the name of a file suggests."""
    return _TYPES.guess_type(name)[0] or "application/octet-stream"


class Entries:
    """What a reply says about entries; what many of them need is looked up once."""

    def __init__(self, view: View, nodes: Sequence[Node]) -> None:
        self.view = view
        self._numbers = view.numbers(nodes)
        self._sizes = view.store.listings.sizes_below([n.id for n in nodes if not n.is_file])
        self._above: dict[int | None, tuple[bool, bool]] = {}

    @cached_property
    def _marks(self) -> dict[int, list[str]]:
        return marks_of(self.view.store, self.view.user)

    @cached_property
    def _shares(self) -> dict[int, sharing.Share]:
        store = self.view.store
        return {s.node: s for s in sharing.shares_of(store) if self.view.in_force(s)}

    def number(self, node: Node) -> int:
        """The number of an entry."""
        return self._numbers[node.id]

    def marks(self, node: Node) -> str:
        """The marks of an entry, with blanks between them."""
        return " ".join(self._marks.get(node.id, []))

    def is_public(self, node: Node) -> bool:
        """Whether an entry is shared."""
        return node.id in self._shares

    def is_group_aware(self, node: Node) -> bool:
        """Whether an entry is there for joint editing, by itself or by a folder above it."""
        share = self._shares.get(node.id)
        return (share is not None and share.group) or self._of_folder(node)[0]

    def is_backup(self, node: Node) -> bool:
        """Whether an entry belongs to a backup."""
        return self._of_folder(node)[1]

    def _of_folder(self, node: Node) -> tuple[bool, bool]:
        """Whether the folder of an entry is there for joint editing, and is in a backup."""
        if node.parent is None:
            return False, False
        if node.parent not in self._above:
            above = self.view.store.tree.above(node.parent)
            shares = [share for at in above if (share := self._shares.get(at.id)) is not None]
            self._above[node.parent] = any(s.group for s in shares), self.view.is_backup(above[0])
        return self._above[node.parent]

    def extras(self, node: Node) -> list[Element]:
        """What live answers add to an entry (reference 1.5), if that is switched on."""
        if not self.view.settings.live_extras:
            return []
        return [
            leaf("contributor", self.view.login(node.author)),
            leaf("isprivacyrisk", 0),
            leaf("isprivacysuspect", 0),
            leaf("storageType", 0),
        ]

    def stat_extras(self, node: Node) -> list[Element]:
        """What live answers add where one entry is asked for (reference 3.2), if switched on."""
        if not self.view.settings.live_extras:
            return []
        of_folder = [leaf("treesize", self._sizes.get(node.id, 0)), leaf("ishidden", 0)]
        return [
            leaf("isorigdeleted", 0),
            leaf("ispublic", int(self.is_public(node))),
            leaf("isgroupaware", int(self.is_group_aware(node))),
            leaf("owner", self.view.login(node.owner)),
            *self.extras(node),
            *([] if node.is_file else of_folder),
        ]

    def folder(self, node: Node) -> list[Element]:
        """A folder in a listing."""
        return [
            leaf("id", self.number(node)),
            leaf("rawfoldername", node.name),
            leaf("treesize", self._sizes.get(node.id, 0)),
            leaf("isgroupaware", int(self.is_group_aware(node))),
            leaf("isbackup", int(self.is_backup(node))),
            leaf("isorigdeleted", 0),
            leaf("ispublic", int(self.is_public(node))),
            leaf("createdtime", self._date(node.created)),
            leaf("markid", self.marks(node)),
            *self.extras(node),
        ]

    def file(self, node: Node) -> list[Element]:
        """A file in a listing."""
        settings = self.view.settings
        timed = settings.profile == Profile.WEBSTORAGE and settings.lastmodifiedtime
        return [
            leaf("id", self.number(node)),
            leaf("rawfilename", node.name),
            leaf("isgroupaware", int(self.is_group_aware(node))),
            leaf("size", node.size),
            leaf("isbackup", int(self.is_backup(node))),
            leaf("isorigdeleted", 0),
            leaf("isinfected", 0),
            leaf("ispublic", int(self.is_public(node))),
            leaf("headversion", node.number),
            leaf("createdtime", self._date(node.created)),
            leaf("markid", self.marks(node)),
            *([leaf("lastmodifiedtime", (node.client_modified or 0) // SECOND)] if timed else []),
            *self.extras(node),
        ]

    def latest(self, node: Node) -> list[Element]:
        """A file in a list of changes or uploads."""
        return [
            leaf("id", self.number(node)),
            leaf("parent", self.view.parent_number(node)),
            leaf("rawfilename", node.name),
            leaf("isbackup", int(self.is_backup(node))),
            leaf("isorigdeleted", 0),
            *self.marks_if_any(node),
            leaf("createdtime", self._date(node.created)),
            leaf("lastchangetime", node.modified),
            attribute_element(self.view.store, node),
            leaf("isinfected", 0),
            leaf("size", node.size),
            leaf("ispublic", int(self.is_public(node))),
        ]

    def marks_if_any(self, node: Node) -> list[Element]:
        """The marks, in lists that leave them out where there are none (reference 1.8)."""
        marks = self.marks(node)
        return [leaf("marks", marks)] if marks else []

    def _date(self, ms: int) -> str:
        return date_text(ms, self.view.settings.time_zone)
