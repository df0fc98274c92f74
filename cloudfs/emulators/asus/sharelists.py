"""Lists of what is shared, by me and with me (reference 3.19)."""

from xml.etree.ElementTree import Element

from cloudfs.emulators.asus import sharing
from cloudfs.emulators.asus.attributes import attribute_element
from cloudfs.emulators.asus.call import ONLY_TOKEN, Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.describe import Entries
from cloudfs.emulators.asus.payload import branch, leaf
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.asus.sharing import Share
from cloudfs.emulators.asus.times import exact_ms, exact_text
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()

DEFAULT_PAGE = 10
BY_TIME, BY_ID = 0, 1
_FOLDERS, _FILES = 1, 2  # kinds

# What entries are sorted by: the value of the bound, and what tells a folder from the file of
# the same number.
Place = tuple[int, int]


@serve(routes, "fsentry/getsharedentries", label="shared")
def _get_shared_entries(call: Call) -> Answer:
    fields = call.fields
    kind = fields.choice("kind", (0, _FOLDERS, _FILES), 0)
    by = fields.choice("sortby", (BY_TIME, BY_ID), BY_TIME)
    descending = bool(fields.choice("sortdirection", (0, 1), 0))
    size = fields.number("pagesize", DEFAULT_PAGE)
    if not size or size < 0:
        raise malformed("pagesize")
    bound = _bound(call, by, fields.text("firstentrybound"), descending=descending)
    shares = {share.node: share for share in _mine(call)}
    nodes = [call.store.tree.get(node_id) for node_id in shares]
    places = _places(call, by, nodes, shares)
    nodes = [node for node in nodes if kind in {0, _FILES if node.is_file else _FOLDERS}]
    nodes.sort(key=lambda node: places[node.id], reverse=descending)
    if bound is not None:
        nodes = [n for n in nodes if (places[n.id] < bound if descending else places[n.id] > bound)]
    page = nodes[:size]
    entries = Entries(call.view, page)
    last = _bound_text(call, by, places[page[-1].id], nodes[size:], places) if page else ""
    return [
        leaf("lastentrybound", last),
        *(branch("entry", *_entry(call, entries, node, shares[node.id])) for node in page),
    ]


def _mine(call: Call) -> list[Share]:
    return [s for s in sharing.shares_of(call.store, call.user.id) if call.view.in_force(s)]


def _places(call: Call, by: int, nodes: list[Node], shares: dict[int, Share]) -> dict[int, Place]:
    numbers = call.view.numbers(nodes)
    return {
        node.id: (
            numbers[node.id] if by == BY_ID else shares[node.id].since,
            int(node.is_file),
        )
        for node in nodes
    }


def _bound(call: Call, by: int, text: str | None, *, descending: bool) -> Place | None:
    """The place that is passed. A bare value passes all that have it (see `_bound_text`)."""
    if text is None:
        return None
    passed = -1 if descending else 2
    try:
        if by == BY_TIME:
            return exact_ms(text, call.settings.time_zone), passed
        number, dot, kind = text.partition(".")
        return int(number), int(kind) if dot else passed
    except ValueError as error:
        raise malformed("firstentrybound") from error


def _bound_text(
    call: Call, by: int, last: Place, rest: list[Node], places: dict[int, Place]
) -> str:
    """The value of the last entry; more only where the next has the same number."""
    if by == BY_TIME:
        return exact_text(last[0], call.settings.time_zone)
    divided = bool(rest) and places[rest[0].id][0] == last[0]
    return f"{last[0]}.{last[1]}" if divided else str(last[0])


def _entry(call: Call, entries: Entries, node: Node, share: Share) -> list[Element]:
    of_file = [leaf("lastchangetime", node.modified)] if node.is_file else []
    size = [leaf("size", node.size)] if node.is_file else []
    return [
        leaf("id", entries.number(node)),
        leaf("parent", call.view.parent_number(node)),
        leaf("rawentryname", node.name),
        leaf("isfolder", int(not node.is_file)),
        leaf("isbackup", int(entries.is_backup(node))),
        leaf("sharingavailabletime", exact_text(share.since, call.settings.time_zone)),
        leaf("createdtime", call.date(node.created)),
        *of_file,
        leaf("isorigdeleted", 0),
        *entries.marks_if_any(node),
        attribute_element(call.store, node),
        leaf("isinfected", 0),
        *size,
        leaf("ispublic", int(entries.is_public(node))),
    ]


@serve(routes, "groupawareentry/listsharingtoothers", label="shared")
def _list_sharing_to_others(call: Call) -> Answer:
    nodes = [call.store.tree.get(share.node) for share in _mine(call) if share.group]
    numbers = call.view.numbers(nodes)
    return [
        branch(
            "entry",
            leaf("entryid", numbers[node.id]),
            leaf("isfolder", 1),
            leaf("rawentryname", node.name),
        )
        for node in nodes
    ]


@serve(routes, "groupawareentry/listsharingfromothers", label="shared")
def _list_sharing_from_others(call: Call) -> Answer:
    entries = []
    for share in _with_me(call):
        node = call.store.tree.get(share.node)
        entries.append(
            branch(
                "entry",
                leaf("userid", call.view.login(node.owner)),
                leaf("entryid", call.view.number(node)),
                leaf("isfolder", 1),
                leaf("rawentryname", node.name),
                leaf("ispasswordaccess", int(share.password is not None)),
            )
        )
    return entries


def _with_me(call: Call) -> list[Share]:
    """The folders that others share with the viewer for joint editing."""
    return [
        share
        for share in sharing.shares_of(call.store)
        if sharing.is_member(share, call.user.id) and call.view.in_force(share)
    ]


@serve(routes, "groupawareentry/rejectsharing", label="unshare", needs=ONLY_TOKEN)
def _reject_sharing(call: Call) -> Answer:
    number = call.fields.need_number("entryid")
    node_id = call.store.numbers.node("folder", number)
    for share in _with_me(call):
        if share.node == node_id:
            sharing.leave(call.store, share, call.user.id)
            return []
    raise Refusal(Status.NO_FOLDER, "no such folder is shared with you")
