"""Events: what the service tells of changes (reference 3.16.2).

One event for each successful change, about its top object only, in the log of every account
that sees it, with the path that this account sees.
"""

from typing import Any

from cloudfs.emulators.cloudike.places import View
from cloudfs.emulators.cloudike.sightings import Sightings
from cloudfs.emulators.store.changes import Change
from cloudfs.emulators.store.tree import Node

CREATED = "created"
DELETED = "deleted"


def kind_of(node: Node, what: str) -> str:
    """The type of the event that *what* happened to *node*."""
    return f"{'file' if node.is_file else 'folder'}_{what}"


def content_of(node: Node) -> dict[str, Any]:
    """The members of an event that describe a node as it is."""
    if not node.is_file:
        return {"content": {"modified": node.modified}}
    return {
        "content": {"created": node.created, "modified": node.modified, "size": node.size},
        "version": node.number,
    }


def announce(view: View, what: str, node: Node, where: Sightings, **more: Any) -> None:
    """Something happened to *node*, which accounts see at *where*."""
    for account, path in where.items():
        _note(view, account, kind_of(node, what), node, path, more)


def announce_move(
    view: View, what: str, old: Node, new: Node, *, paths: tuple[Sightings, Sightings]
) -> None:
    """*old* became *new*: to some it came into sight, to others it went out of it."""
    before, after = paths
    for account, path in after.items():
        if account not in before:
            _note(view, account, kind_of(new, CREATED), new, path, {})
            continue
        if before[account] == path:  # a folder has another name for its owner only
            continue
        former = {"old": content_of(old)}
        if what == "renamed":
            more = {"oldname": old.name, **former}
        else:
            more = {"oldpath": before[account], **former}
        _note(view, account, kind_of(new, what), new, path, more)
    for account in before.keys() - after.keys():
        _note(view, account, kind_of(old, DELETED), old, before[account], {})


def announce_share(view: View, kind: str, account: int, node: Node, path: str, person: int) -> None:
    """Something happened to a membership of *person*; *account* is told."""
    _note(view, account, kind, node, path, {"user_id": person})


def _note(view: View, account: int, kind: str, node: Node, path: str, more: dict[str, Any]) -> None:
    view.store.changes.add(
        account,
        stamp=view.store.accounts.stamp(account),
        kind=kind,
        actor=view.user,
        node=node.id,
        data={
            "path": path,
            "deleted": kind.endswith("_deleted"),
            "user_id": view.user,
            "owner_id": node.owner,
            **content_of(node),
            **more,
        },
    )


def event_of(view: View, change: Change) -> dict[str, Any]:
    """A change of the log as the service shows it."""
    return {
        "id": f"{change.seq:024x}",
        "type": change.kind,
        "timestamp": change.stamp,
        **change.data,
        "owner_name": view.store.accounts.get(change.data["owner_id"]).name,
        "init_event_user_id": change.actor,
        "init_event_user_name": view.store.accounts.get(change.actor).name,
    }
