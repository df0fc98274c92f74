"""Search by name or mark, on the search server (reference 3.18)."""

from collections.abc import Callable
from itertools import islice
from xml.etree.ElementTree import Element

from cloudfs.emulators.asus.attributes import attribute_element
from cloudfs.emulators.asus.call import Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.describe import Entries
from cloudfs.emulators.asus.marks import marks_of
from cloudfs.emulators.asus.payload import branch, leaf
from cloudfs.emulators.asus.places import View
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.routing import TOKEN
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()

FOLDER, FILE = 1, 2  # kinds
DEFAULT_PAGE = 10

Test = Callable[[Node], bool]


@serve(routes, f"fulltext/sqlquery/{TOKEN}", label="search")
def _sqlquery(call: Call) -> Answer:
    fields, view = call.fields, call.view
    kind = fields.choice("kind", (FOLDER, FILE))
    size, offset = fields.number("pagesize", DEFAULT_PAGE), fields.number("offset", 0)
    ancestor = fields.number("ancestorid")
    if not size or size < 0 or offset is None or offset < 0:
        raise malformed("pagesize or offset")
    tests = [_name_test(call), _kind_test(kind), _extension_test(fields.text("ext"))]
    found = [node for node in _searched(view, ancestor) if all(test(node) for test in tests)]
    found.sort(key=_order(call), reverse=fields.flag("descending"))
    page = list(islice(found, offset, offset + size))
    entries = Entries(view, page)
    return [
        leaf("total", len(found)),
        *(branch("entry", *_entry(call, entries, node)) for node in page),
    ]


def _searched(view: View, ancestor: int | None) -> list[Node]:
    if ancestor is None:
        nodes = view.store.listings.live_of(view.user)
        return [node for node in nodes if not view.is_system(node)]
    return view.store.tree.below(view.folder(ancestor).id)[1:]


def _name_test(call: Call) -> Test:
    """By keyword or by mark, not by both (3)."""
    keyword, mark = (call.fields.exact("keyword") or "").casefold(), call.fields.text("markid")
    if keyword and mark:
        raise Refusal(Status.PAYLOAD, "there may be a keyword or a mark")
    if mark:
        marked = {
            node for node, marks in marks_of(call.store, call.user.id).items() if mark in marks
        }
        return lambda node: node.id in marked
    return lambda node: keyword in node.name.casefold()


def _kind_test(kind: int) -> Test:
    return lambda node: node.is_file == (kind == FILE)


def _extension_test(extensions: str | None) -> Test:
    if extensions is None:
        return lambda _: True
    endings = tuple(f".{extension.lower()}" for extension in extensions.split())
    return lambda node: node.name.lower().endswith(endings)


def _order(call: Call) -> Callable[[Node], tuple[object, int]]:
    """By id, or as ``orderby`` wants it; values that are not known do not matter."""
    by = call.fields.text("orderby")

    def key(node: Node) -> tuple[object, int]:
        values = {"name": node.name.casefold(), "size": node.size, "time": node.modified}
        return values.get(by or "", 0), node.id

    return key


def _entry(call: Call, entries: Entries, node: Node) -> list[Element]:
    return [
        leaf("id", entries.number(node)),
        leaf("parent", call.view.parent_number(node)),
        leaf("rawentryname", node.name),
        leaf("kind", FILE if node.is_file else FOLDER),
        leaf("isinfected", 0),
        leaf("time", call.date(node.created)),
        leaf("ispublic", int(entries.is_public(node))),
        leaf("isorigdeleted", 0),
        *entries.marks_if_any(node),
        attribute_element(call.store, node),
        leaf("size", node.size),
        leaf("lastchangetime", node.modified),
    ]
