"""What a program may do on this drive, apart from permissions, which are the kernel's business."""

from collections.abc import Callable
from dataclasses import dataclass

from cloudfs.errors import (
    AcrossDomains,
    AlreadyExists,
    InvalidName,
    NotAFolder,
    NotPermitted,
    ReadOnly,
)
from cloudfs.model import EntryId
from cloudfs.tree.names import LINK_SUFFIX, Names
from cloudfs.tree.nodes import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Checks that several operations share; each raises what the program is to be told."""

    names: Names
    read_only: bool = False
    symlinks: bool = True
    domain: Callable[[EntryId], str] = lambda _: ""  # see `Provider.domain`
    moves_folders: bool = True  # see `Capabilities`

    def changeable(self, folder: Node) -> None:
        """A name is about to be made or removed in *folder*."""
        if self.read_only:
            raise ReadOnly("the drive is mounted read-only")
        if not folder.is_folder:
            raise NotAFolder(f"{folder.path()} is not a folder")
        if folder.entry is not None and not folder.entry.writable:
            raise NotPermitted(f"{folder.path()} cannot be changed by this account")

    def writable(self, node: Node) -> None:
        """A file is about to be changed."""
        if self.read_only:
            raise ReadOnly("the drive is mounted read-only")
        if node.entry is not None and not node.entry.writable:
            raise NotPermitted(f"{node.path()} cannot be changed by this account")

    def movable(self, folder: Node, target: Node) -> None:
        """What is in *folder* is about to be moved into *target*; mv(1) copies if it cannot be."""
        if folder is not target and self._domain_of(folder) != self._domain_of(target):
            raise AcrossDomains(
                f"the service moves nothing from {folder.path()} to {target.path()}"
            )

    def _domain_of(self, folder: Node) -> str:
        known = (node.entry for node in folder.upwards() if node.entry is not None)
        nearest = next(known, None)
        return self.domain(nearest.id) if nearest is not None else ""

    def free(self, folder: Node, name: str, *, but: Node | None = None) -> None:
        """A new name must not be there yet, not even in other case where that is the same."""
        if name in folder.children:
            if folder.children[name] is not but:
                raise AlreadyExists(f"{name!r} exists")
            return
        if self.names.case_sensitive:
            return
        key = self.names.key(name)
        for known, node in folder.children.items():
            if node is not but and self.names.key(known) == key:
                raise AlreadyExists(f"the service takes {name!r} and {known!r} for the same name")

    def storable(self, name: str, *, is_symlink: bool = False) -> None:
        """The service must be able to store a name."""
        self.names.stored(name, is_symlink=is_symlink)
        if self.symlinks and name.endswith(LINK_SUFFIX):
            raise InvalidName(f"names that end in {LINK_SUFFIX} stand for symlinks here")
