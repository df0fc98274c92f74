"""Marks of entries, as each account sets them (reference 3.20)."""

from cloudfs.emulators.store import Store

STAR = "1"

_MARKS = "marks"  # kind of record


def set_marks(store: Store, account: int, node_id: int, marks: list[str]) -> None:
    """Give an entry these marks, in place of those it had."""
    if marks:
        data = {"node": node_id, "marks": marks}
        store.records.put(_MARKS, f"{node_id}/{account}", account, data)
    else:
        store.records.remove(_MARKS, f"{node_id}/{account}")


def marks_of(store: Store, account: int) -> dict[int, list[str]]:
    """The marks of everything that an account has marked, by node."""
    return {
        record.data["node"]: record.data["marks"] for record in store.records.of(_MARKS, account)
    }


def forget_marks(store: Store, node_id: int) -> None:
    """Let go of everybody's marks of an entry that is gone."""
    for account in store.accounts.all():
        store.records.remove(_MARKS, f"{node_id}/{account.id}")
