"""What happened to entries, and what somebody did last (reference 3.19)."""

from enum import StrEnum
from typing import Any

from cloudfs.emulators.podspace.access import Level, View
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entities, user
from cloudfs.emulators.store.changes import Change
from cloudfs.emulators.store.tree import Node

routes = PodSpaceRoutes()


class Activity(StrEnum):
    """The kinds of activities."""

    DOWNLOAD = "DOWNLOAD"
    UPLOAD = "UPLOAD"
    MOVE = "MOVE"
    COPY = "COPY"
    RENAME = "RENAME"
    CREATE = "CREATE"
    SHARE = "SHARE"
    UNSHARE = "UNSHARE"
    PUBLIC = "PUBLIC"
    TRASH = "TRASH"
    RESTORE = "RESTORE"


def note(view: View, activity: Activity, node: Node) -> None:
    """Note what the account did. What visitors do is not noted."""
    if view.account is None:
        return
    stamp = view.store.accounts.stamp(node.owner)
    view.store.changes.add(
        node.owner, stamp=stamp, kind=activity, actor=view.account, node=node.id, data={}
    )


@routes.on("GET", "files/<hash>/activities", key="activity.entry", label="activities")
def _of_entry(call: Call) -> Any:
    node = call.view.need(call.view.entry(call.hash), Level.VIEW)
    return [
        {"kind": change.kind, "created": change.stamp, "actor": user(call.store, change.actor)}
        for change in call.store.changes.of_node(node.id)
    ]


@routes.on("GET", "activities", key="activity.recent", label="events")
def _recent(call: Call) -> Any:
    page = call.page
    found = [
        change for change in call.store.changes.last_of_each(call.view.user) if _seen(call, change)
    ]
    if not page.descending:
        found.reverse()
    shown = page.cut(found)
    nodes = [call.store.tree.get(change.node or 0) for change in shown]
    items = [
        {
            "reference": "FILE" if node.is_file else "FOLDER",
            "kind": change.kind,
            "created": change.stamp,
            "entity": entity,
        }
        for change, node, entity in zip(shown, nodes, entities(call.view, nodes), strict=True)
    ]
    return {"list": items, "count": len(found)}


def _seen(call: Call, change: Change) -> bool:
    """Whether the account may still see what it changed; of its own it need not be asked."""
    if change.account == call.view.user:
        return True
    return call.view.level(call.store.tree.get(change.node or 0)) >= Level.VIEW
