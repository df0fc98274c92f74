"""Shares: what lets others than its owner see an entry (reference 3.19).

Options belong to the entry, not to one of its codes: those of the latest call apply to all.
"""

import secrets
from dataclasses import asdict, dataclass, replace

from cloudfs.emulators.store import Store
from cloudfs.emulators.store.records import Record

_SHARE, _CODE, _COMPACT = "share", "sharecode", "compactcode"  # kinds of record


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How an entry is shared."""

    node: int
    owner: int
    since: int  # ms; no two shares of an owner have the same
    codes: list[str]  # oldest first
    password: str | None = None  # in MD5 form
    expires: int | None = None  # ms
    group: bool = False  # for joint editing
    members: list[int] | None = None  # accounts; None: everybody, but not for joint editing
    opened: list[int]  # accounts that have told the password
    quota: int | None = None  # bytes that members may upload


def share_of(store: Store, node_id: int) -> Share | None:
    """How an entry is shared, if it is."""
    record = store.records.get(_SHARE, str(node_id))
    return None if record is None else _share(record)


def shares_of(store: Store, owner: int | None = None) -> list[Share]:
    """The shares of an account, or of all; of entries that still exist, and are not deleted."""
    shares = [_share(record) for record in store.records.of(_SHARE, owner)]
    return [share for share in shares if is_live(store, share.node)]


def is_live(store: Store, node_id: int) -> bool:
    """Whether an entry exists, and is not in the bin."""
    node = store.tree.find(node_id)
    return node is not None and node.bin is None


def new_share(store: Store, node_id: int, owner: int) -> Share:
    """A share that nobody knows of yet."""
    since = store.accounts.stamp(owner)
    return Share(node=node_id, owner=owner, since=since, codes=[], opened=[])


def add_code(store: Store, share: Share) -> Share:
    """*share* with one more code; the others stay valid."""
    code, compact = secrets.token_urlsafe(12), secrets.token_urlsafe(6)
    store.records.put(_CODE, code, share.owner, {"node": share.node, "compact": compact})
    store.records.put(_COMPACT, compact, share.owner, {"code": code})
    return replace(share, codes=[*share.codes, code])


def save(store: Store, share: Share) -> None:
    """Let a share be in force as it is."""
    store.records.put(_SHARE, str(share.node), share.owner, asdict(share))


def is_for(share: Share, account: int) -> bool:
    """Whether an account is among those that an entry is shared with."""
    return share.members is None or account in share.members


def is_member(share: Share, account: int) -> bool:
    """Whether an account takes part in joint editing."""
    return share.group and share.members is not None and account in share.members


def leave(store: Store, share: Share, member: int) -> None:
    """Let a member take part no more."""
    members = [account for account in share.members or [] if account != member]
    save(store, replace(share, members=members))


def end(store: Store, share: Share) -> None:
    """Stop sharing an entry; its codes are worthless."""
    for code in share.codes:
        record = store.records.get(_CODE, code)
        if record is not None:
            store.records.remove(_COMPACT, record.data["compact"])
            store.records.remove(_CODE, code)
    store.records.remove(_SHARE, str(share.node))


def share_by_code(store: Store, code: str) -> Share | None:
    """The share that a code is for."""
    record = store.records.get(_CODE, code)
    return None if record is None else share_of(store, record.data["node"])


def compact_code(store: Store, code: str) -> str | None:
    """The short form of a code."""
    record = store.records.get(_CODE, code)
    return None if record is None else str(record.data["compact"])


def long_code(store: Store, compact: str) -> str | None:
    """The code of a short form."""
    record = store.records.get(_COMPACT, compact)
    return None if record is None else str(record.data["code"])


def _share(record: Record) -> Share:
    return Share(**record.data)
