"""The older listing, with more about each entry (reference 3.1, at its end)."""

from dataclasses import replace
from xml.etree.ElementTree import Element

from cloudfs.emulators.asus.attributes import attribute_element
from cloudfs.emulators.asus.call import USUAL, Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.describe import Entries
from cloudfs.emulators.asus.listing import KEYS, all_children, page_of
from cloudfs.emulators.asus.names import encode_name
from cloudfs.emulators.asus.payload import branch, leaf
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()


@serve(routes, "folder/browse", label="list", needs=replace(USUAL, switch="folder_browse"))
def _browse(call: Call) -> Answer:
    fields, view = call.fields, call.view
    paging = fields.within("page")
    number = fields.need_number("folderid")
    key = KEYS[fields.choice("sortby", KEYS, 1)]
    descending = bool(fields.choice("sortdirection", (0, 1), 0))
    page = size = None
    if paging.flag("enable"):
        page, size = paging.need_number("pageno"), paging.choice("pagesize", range(1, 10**9))
    folder = view.folder(number)
    wanted = (fields.text("fileext") or "").lower().split()
    nodes = [
        node
        for node in all_children(view, folder, key, descending=descending)
        if not wanted or not node.is_file or node.name.lower().rpartition(".")[2] in wanted
    ]
    found = page_of(nodes, page, size)
    entries = Entries(view, found.nodes)
    return [
        leaf("parent", view.parent_number(folder)),
        leaf("rootfolderid", view.number(view.top(folder))),
        found.element(),
        *(_entry(call, entries, node) for node in found.nodes),
        leaf("owner", view.login(folder.owner)),
    ]


def _entry(call: Call, entries: Entries, node: Node) -> Element:
    """As in a new listing, but for the name, and with the attribute."""
    elements = entries.file(node) if node.is_file else entries.folder(node)
    elements = [element for element in elements if not element.tag.startswith("raw")]
    elements.insert(1, leaf("display", encode_name(node.name)))
    elements.append(attribute_element(call.store, node))
    return branch("file" if node.is_file else "folder", *elements)
