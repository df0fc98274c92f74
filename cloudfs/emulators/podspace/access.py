"""What somebody may see and change (reference 3.17 and 3.20).

An entry is reached by its hash from wherever one knows it; whether it may be seen is decided
by its owner, by the organisation in whose tree it is, and by the shares on it and on the
folders above.
"""

from enum import IntEnum

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.podspace.errors import FORBIDDEN, WRONG_PASSWORD, ApiError, Code
from cloudfs.emulators.podspace.hashes import Kind, hash_of, named_by
from cloudfs.emulators.podspace.organisations import Role, Teams, role_in
from cloudfs.emulators.podspace.settings import PodSpaceSettings
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.contents import Version
from cloudfs.emulators.store.tree import Node

ROOT = "ROOT"


class Level(IntEnum):
    """How much somebody may do with an entry, and with what is below it."""

    NONE = 0
    VIEW = 1
    EDIT = 2  # rename, and change what is in folders, but neither move nor trash
    FULL = 3


_BY_ROLE = {Role.GUEST: Level.VIEW, Role.MAINTAINER: Level.FULL, Role.OWNER: Level.FULL}


class View:
    """The service in the eyes of one account, or of a visitor without one."""

    def __init__(
        self, store: Store, settings: PodSpaceSettings, clock: Clock, account: int | None
    ) -> None:
        self.clock = clock
        self.store = store
        self.settings = settings
        self.account = account
        self.teams = Teams(store)

    @property
    def user(self) -> int:
        """The account; 21 if there is none."""
        if self.account is None:
            raise ApiError(Code.INVALID_TOKEN, "sign in first")
        return self.account

    def root(self) -> Node:
        """The top of the account's own tree."""
        return self.store.tree.root(self.user)

    def level(self, node: Node) -> Level:
        """How much the account may do with a live entry."""
        if node.owner == self.account:
            return Level.FULL
        if self.account is None:
            return Level.NONE
        above = [found.id for found in self.store.tree.above(node.id)]
        team = self.teams.with_root(above[-1])
        role = None if team is None else role_in(team, self.account)
        levels = [] if role is None else [_BY_ROLE[role]]
        levels += [
            Level[grant.level]
            for grant in self.store.grants.on(above)
            if grant.member == self.account
        ]
        return max(levels, default=Level.NONE)

    def entry(self, text: str, *, missing: Code = Code.FILE_NOT_FOUND) -> Node:
        """The live file or folder of a hash, or of ``ROOT``; else *missing*."""
        if text == ROOT:
            return self.root()
        named = named_by(text)
        node = None
        if named is not None and named.kind == Kind.NODE:
            node = self.store.tree.find(named.number)
        if node is None or node.bin is not None:
            raise ApiError(missing, f"there is no {text}")
        return node

    def version(self, text: str) -> tuple[Node, Version] | None:
        """The file and the version that a hash names; None if it names no version."""
        named = named_by(text)
        if named is None or named.kind != Kind.VERSION:
            return None
        version = self.store.contents.find(named.number)
        node = None if version is None else self.store.tree.get(version.node)
        if version is None or node is None or node.bin is not None:
            raise ApiError(Code.FILE_NOT_FOUND, f"there is no version {text}")
        return node, version

    def original(self, text: str) -> Node:
        """The entry of a hash; 205 if it names a version."""
        if self.version(text) is not None:
            raise ApiError(Code.NOT_ORIGNAL_FILE, f"{text} is a version")
        return self.entry(text)

    def need(self, node: Node, level: Level, refusal: Code = Code.PERMISSION_DENIED) -> Node:
        """*node*, if the account may do so much with it; else *refusal*."""
        if self.level(node) < level:
            raise ApiError(refusal, f"{level.name} is not allowed")
        return node

    def folder(
        self, text: str | None, level: Level, *, missing: Code = Code.FILE_NOT_FOUND
    ) -> Node:
        """A folder; the account's own root if none is named. 101 for a file."""
        node = self.need(self.entry(text or ROOT, missing=missing), level)
        if node.is_file:
            raise ApiError(Code.INVALID_REQUEST, f"{text} is a file")
        return node

    def file(self, text: str, level: Level) -> Node:
        """A file; 101 for a folder."""
        node = self.need(self.entry(text), level)
        return need_file(node)

    def admit(self, node: Node, *, password: str | None, share_hash: str | None) -> None:
        """403 unless the entry may be read: by the account, or by everybody."""
        if self.level(node) >= Level.VIEW:
            return
        above = [found.id for found in self.store.tree.above(node.id)]
        grants = [
            grant
            for grant in self.store.grants.on(above)
            if grant.member is None and share_hash in {None, hash_of(Kind.GRANT, grant.id)}
        ]
        if not grants:
            raise ApiError(Code.PERMISSION_DENIED, "this is not public", error=FORBIDDEN)
        if all(grant.password not in {None, password} for grant in grants):
            raise ApiError(Code.PERMISSION_DENIED, "a password is needed", error=WRONG_PASSWORD)


def need_file(node: Node) -> Node:
    """*node*, if it is a file; else 101."""
    if not node.is_file:
        raise ApiError(Code.INVALID_REQUEST, "this is a folder")
    return node


def need_inner(node: Node) -> Node:
    """*node*, if it is no root; else 101."""
    if node.parent is None:
        raise ApiError(Code.INVALID_REQUEST, "this is a root")
    return node
