"""How one account sees the store: by ids, which files and folders count apart (reference 1.7).

The number of a folder and that of a file are told apart by the call. The numbers 0, -3 and -5
mean the viewer's own system folders; all others mean the same to everybody.
"""

from collections.abc import Sequence
from enum import IntEnum

from cloudfs.emulators.asus import sharing
from cloudfs.emulators.asus.refusals import Refusal, Status
from cloudfs.emulators.asus.settings import MIB, AsusSettings
from cloudfs.emulators.asus.sharing import Share
from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.tree import Node

FOLDERS, FILES = "folder", "file"  # number spaces
FIRST_FOLDER, FIRST_FILE, FIRST_BIN = 1001, 5001, 900

HOME, BACKUP, SYNC, BIN = "home", "backup", "sync", "bin"
SYSTEM = {0: HOME, -3: BACKUP, -5: SYNC}
TITLES = {HOME: "My Collection", BACKUP: "My Backup", SYNC: "Sync Center", BIN: "MyRecycleBin"}
SYNC_FOLDER = "MySyncFolder"


class Access(IntEnum):
    """What somebody may do with an entry."""

    NONE = 0
    READER = 1  # it is shared with the public
    MEMBER = 2  # it is shared for joint editing
    OWNER = 3


class View:
    """What one account sees."""

    def __init__(self, store: Store, settings: AsusSettings, clock: Clock, user: int) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self.user = user

    # From numbers to entries.

    def folder(self, number: int, missing: Status = Status.NO_FOLDER) -> Node:
        """The folder of that number, also in the bin, and the bin itself."""
        if number in SYSTEM:
            return self.store.tree.root(self.user, SYSTEM[number])
        return self._entry(FOLDERS, number, missing)

    def live_folder(self, number: int, missing: Status = Status.NO_FOLDER) -> Node:
        """The folder of that number, unless it is in the bin; 200 for the bin itself."""
        node = self.folder(number, missing)
        if node.bin is not None:
            raise Refusal(missing, f"folder {number} is in the bin")
        if self.is_bin(node):
            raise Refusal(Status.READ_ONLY, "this is the bin")
        return node

    def ordinary_folder(self, number: int) -> Node:
        """The folder of that number, which may be in the bin, but is no system folder."""
        node = self.folder(number)
        if self.is_system(node):
            raise Refusal(Status.NO_FOLDER, "this is a system folder")
        return node

    def file(self, number: int) -> Node:
        """The file of that number, also in the bin."""
        return self._entry(FILES, number, Status.NO_FILE)

    def live_file(self, number: int) -> Node:
        """The file of that number, unless it is in the bin."""
        node = self.file(number)
        if node.bin is not None:
            raise Refusal(Status.NO_FILE, f"file {number} is in the bin")
        return node

    def entry(self, number: int, *, folder: bool) -> Node:
        """The entry of that number and kind, also in the bin; no system folder."""
        return self.ordinary_folder(number) if folder else self.file(number)

    def live_entry(self, number: int, *, folder: bool) -> Node:
        """The entry of that number and kind, unless it is in the bin."""
        return self.live_folder(number) if folder else self.live_file(number)

    def _entry(self, space: str, number: int, missing: Status) -> Node:
        node_id = self.store.numbers.node(space, number)
        if node_id is not None:
            node = self.store.tree.get(node_id)
            if self.access(node) > Access.NONE:
                return node
        raise Refusal(missing, f"there is no {space} {number}")

    # From entries to numbers.

    def number(self, node: Node) -> int:
        """The number of an entry."""
        return self.numbers([node])[node.id]

    def numbers(self, nodes: Sequence[Node]) -> dict[int, int]:
        """The numbers of entries, by their ids in the store."""
        found = self.store.numbers.of([node.id for node in nodes])
        for node in nodes:
            if node.id not in found:
                found[node.id] = self._system_number(node)
        return found

    def _system_number(self, node: Node) -> int:
        for number, space in SYSTEM.items():
            if self.store.tree.root(node.owner, space).id == node.id:
                return number
        raise AssertionError(f"node {node.id} has no number")

    def parent_number(self, node: Node) -> int:
        """The number of the folder that an entry is in; 0 for those that are in none."""
        if node.parent is not None:
            return self.number(self.store.tree.get(node.parent))
        return 0 if node.bin is None else self.number(self.bin(node.owner))

    # What entries are.

    def bin(self, owner: int) -> Node:
        """Somebody's recycle bin."""
        return self.store.tree.root(owner, BIN)

    def is_bin(self, node: Node) -> bool:
        """Whether it is a recycle bin."""
        return self.is_system(node) and self.bin(node.owner).id == node.id

    def is_system(self, node: Node) -> bool:
        """Whether it is a system folder: the top of a tree, or a bin."""
        return node.parent is None and node.bin is None

    def top(self, node: Node) -> Node:
        """The system folder that an entry is below, or is; a bin if it is deleted."""
        if node.bin is not None:
            return self.bin(node.owner)
        return self.store.tree.above(node.id)[-1]

    def is_backup(self, node: Node) -> bool:
        """Whether it belongs to a backup."""
        return self.store.tree.root(node.owner, BACKUP).id == self.top(node).id

    def title(self, node: Node) -> str:
        """What a folder is called."""
        if not self.is_system(node):
            return node.name
        for space, title in TITLES.items():
            if self.store.tree.root(node.owner, space).id == node.id:
                return title
        raise AssertionError(f"node {node.id} is in no tree")

    def sync_folder(self) -> Node:
        """The viewer's MySyncFolder; it must exist."""
        node = self.store.tree.child(self.store.tree.root(self.user, SYNC).id, SYNC_FOLDER)
        assert node is not None
        return node

    def login(self, account: int) -> str:
        """The user id of an account."""
        return self.store.accounts.logins(account)[0]

    # What the viewer may do.

    def access(self, node: Node) -> Access:
        """What the viewer may do with an entry."""
        if node.owner == self.user:
            return Access.OWNER
        if node.bin is not None:
            return Access.NONE
        return max(
            (self._access_by(share) for share in self.shares_above(node)), default=Access.NONE
        )

    def shares_above(self, node: Node) -> list[Share]:
        """The shares that an entry is reached by: its own, and those of its folders."""
        if not sharing.shares_of(self.store, node.owner):
            return []
        above = (sharing.share_of(self.store, at.id) for at in self.store.tree.above(node.id))
        return [share for share in above if share is not None and self.in_force(share)]

    def in_force(self, share: Share) -> bool:
        """Whether the time of a share is not over."""
        return share.expires is None or share.expires > self.clock.now_ms()

    def _access_by(self, share: Share) -> Access:
        if sharing.is_member(share, self.user):
            return Access.MEMBER
        if not sharing.is_for(share, self.user):
            return Access.NONE
        if share.password is not None and self.user not in share.opened:
            return Access.NONE
        return Access.READER if share.codes else Access.NONE

    def need_change(self, node: Node, *, group: bool) -> None:
        """200 unless the viewer may change an entry; *group* is whether he asked for it so."""
        access = self.access(node)
        if access < Access.MEMBER or (access == Access.MEMBER and not group):
            raise Refusal(Status.READ_ONLY, "this belongs to somebody else")

    # Space.

    def capacity(self, owner: int) -> int:
        """The space that an account has, in bytes."""
        quota = self.store.accounts.get(owner).quota
        return self.settings.capacity * MIB if quota is None else quota

    def free(self, owner: int) -> int:
        """The space that an account has left, in bytes."""
        return max(0, self.capacity(owner) - self.store.accounts.live_bytes(owner))

    def need_space(self, parent: Node, more: int, refusal: Status = Status.NO_SPACE) -> None:
        """224 unless there is room for *more* bytes in a folder, and the viewer may fill it."""
        if more <= 0:
            return
        if more > self.free(parent.owner):
            raise Refusal(refusal, "there is not enough space")
        if parent.owner == self.user:
            return
        for share in self.shares_above(parent):
            if share.quota is not None and more > share.quota - self._given(share.node):
                raise Refusal(refusal, "members may not upload so much")

    def _given(self, folder_id: int) -> int:
        """The bytes in a folder that others than its owner have put there."""
        return sum(
            node.size for node in self.store.tree.below(folder_id) if node.author != node.owner
        )
