"""Single entries: looked at, found by name, dated, marked (reference 3.2, 3.3, 3.5.6, 3.20)."""

from dataclasses import replace
from xml.etree.ElementTree import Element

from cloudfs.emulators.asus import changing, marks
from cloudfs.emulators.asus.attributes import Attribute, attribute_element, from_element
from cloudfs.emulators.asus.call import ONLY_TOKEN, USUAL, Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.describe import Entries, mime_type
from cloudfs.emulators.asus.names import encode_name
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.places import View
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.asus.settings import Profile
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()

FILE, FOLDER, EITHER = "system.file", "system.folder", "system.unknown"


@serve(routes, "fsentry/getentryinfo", label="stat", needs=ONLY_TOKEN)
def _get_entry_info(call: Call) -> Answer:
    folder = call.fields.optional_flag("isfolder")
    if folder is None:
        raise malformed("isfolder")
    view = call.view
    node = view.entry(call.fields.need_number("entryid"), folder=folder)
    found = [
        leaf("isfolder", int(folder)),
        leaf("display", encode_name(node.name)),
        leaf("parent", view.parent_number(node)),
        leaf("isbackup", int(view.is_backup(node))),
        attribute_element(call.store, node),
    ]
    extras = Entries(view, [node]).stat_extras(node)
    return [*found, *([] if folder else _of_file(call, node)), *extras]


def _of_file(call: Call, node: Node) -> list[Element]:
    return [
        leaf("mimetype", mime_type(node.name)),
        leaf("isinfected", 0),
        leaf("filesize", node.size),
        leaf("createdtime", call.date(node.created)),
        leaf("headversion", node.number),
    ]


@serve(routes, "find/propfind", label="find", needs=replace(USUAL, group="isshared"))
def _propfind(call: Call) -> Answer:
    parent, name = call.fields.need_number("parent"), call.fields.name("find")
    type_ = call.fields.need("type")
    if type_ not in {FILE, FOLDER, EITHER}:
        raise malformed("type")
    node = _named(call, parent, name)
    if node is None or type_ not in {EITHER, FILE if node.is_file else FOLDER}:
        return [
            leaf("isencrypted", 0),
            leaf("size", 0),
            call.scrip(),
            leaf("type", call.settings.notfound),
            leaf("id"),
            *_owner(call, call.user.id),
        ]
    return [
        leaf("isencrypted", 0),
        leaf("size", node.size),
        call.scrip(),
        leaf("type", FILE if node.is_file else FOLDER),
        leaf("id", call.view.number(node)),
        *_owner(call, node.owner),
    ]


def _named(call: Call, parent: int, name: str) -> Node | None:
    view = call.view
    try:
        folder = view.folder(parent)
    except Refusal:
        return None
    if view.is_bin(folder):
        return _in_bin(view, name)
    if folder.owner != call.user.id and not call.group:
        raise Refusal(Status.READ_ONLY, "this belongs to somebody else")
    return view.store.tree.child(folder.id, name)


def _in_bin(view: View, name: str) -> Node | None:
    nodes = [view.store.tree.get(item.node) for item in view.store.bin.items(view.user)]
    same = [node for node in nodes if node.name.casefold() == name.casefold()]
    return min(same, key=lambda node: node.id, default=None)


def _owner(call: Call, account: int) -> list[Element]:
    if call.settings.profile == Profile.OMNISTOR:
        return []
    return [leaf("owner", call.view.login(account))]


@serve(
    routes,
    "file/updateattribute",
    label="set-times",
    needs=replace(USUAL, switch="updateattribute"),
)
def _update_file_attribute(call: Call) -> Answer:
    number, attribute = call.fields.need_number("fileid"), _attribute(call)
    return _update(call, call.view.live_file(number), attribute)


@serve(
    routes,
    "folder/updateattribute",
    label="set-times",
    needs=replace(USUAL, switch="updateattribute"),
)
def _update_folder_attribute(call: Call) -> Answer:
    number, attribute = call.fields.need_number("folder"), _attribute(call)
    return _update(call, call.view.live_folder(number), attribute)


def _update(call: Call, node: Node, attribute: Attribute) -> Answer:
    if call.view.is_system(node):
        raise Refusal(Status.READ_ONLY, "this is a system folder")
    call.view.need_change(node, group=True)
    changing.set_times(call.view, node, attribute)
    return []


def _attribute(call: Call) -> Attribute:
    element = call.fields.element("attribute")
    if element is None:
        raise malformed("attribute")
    return from_element(element, call.emulator.clock.now_ms())


@serve(
    routes,
    "fsentry/setentrymark",
    label="mark",
    needs=replace(ONLY_TOKEN, any_root=True, switch="setentrymark"),
)
def _set_entry_mark(call: Call) -> Answer:
    folder = call.fields.optional_flag("isfolder")
    if folder is None or call.fields.exact("markid") is None:
        raise malformed("isfolder or markid")
    found = (call.fields.text("markid") or "").replace(",", " ").split()
    if not all(mark.isascii() and mark.isdigit() for mark in found):
        raise malformed("markid")
    node = call.view.entry(call.fields.need_number("entryid"), folder=folder)
    marks.set_marks(call.store, call.user.id, node.id, list(dict.fromkeys(found)))
    return []
