"""Listings, and the system folders to begin with (reference 3.0, 3.1, 3.11, 3.17)."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from cloudfs.emulators.asus import changing
from cloudfs.emulators.asus.call import Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.describe import Entries
from cloudfs.emulators.asus.payload import branch, leaf
from cloudfs.emulators.asus.places import BIN, TITLES, View
from cloudfs.emulators.asus.refusals import Refusal, illegal, malformed
from cloudfs.emulators.store.listings import Key
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()

KEYS = {1: Key.NAME, 2: Key.TIME}
MOST_ASKED = 200  # folders in one ischildrenexist

_EXTENSIONS = {
    "DOC": "html htm xml xls ppt doc xlsx pptx docx odt ods odp pdf epub rtf txt",
    "IMAGE": "jpg gif png jpeg bmp",
    "VIDEO": "avi mp4 mpeg mpg m4v mov mkv vob vcd svcd rm rmvb divx wmv 3gp 3gpp flv",
    "MUSIC": "mp3 aac 3gpp amr",
}
_BY_TYPE = {type_: frozenset(text.split()) for type_, text in _EXTENSIONS.items()}
_KNOWN = frozenset[str]().union(*_BY_TYPE.values())
TYPES = {"FOLDER", "OTHERS", *_BY_TYPE}


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing; all of it where no part was asked for."""

    nodes: list[Node]
    number: int
    total: int
    more: bool

    def element(self) -> Element:
        """What the reply says about the page."""
        return branch(
            "page",
            leaf("pageno", self.number),
            leaf("pagesize", len(self.nodes)),
            leaf("totalcount", self.total),
            leaf("hasnextpage", int(self.more)),
        )


@serve(routes, "folder/getmysyncfolder", label="root")
def _get_my_sync_folder(call: Call) -> Answer:
    return [leaf("id", call.view.number(changing.sync_folder(call.view)))]


@serve(routes, "folder/getpersonalsystemfolder", label="trash-list")
def _get_personal_system_folder(call: Call) -> Answer:
    if call.fields.need("rawfoldername") != TITLES[BIN]:
        raise malformed("rawfoldername")
    return [call.scrip(), leaf("folderid", call.view.number(call.view.bin(call.user.id)))]


@serve(routes, "inforelay/browsefolder", label="list", root="browse")
def _browse_folder(call: Call) -> Answer:
    fields, view = call.fields, call.view
    number = fields.need_number("folderid")
    page, size = fields.number("pageno"), fields.number("pagesize")
    key = KEYS[fields.choice("sortby", KEYS, 1)]
    descending = bool(fields.choice("sortdirection", (0, 1), 0))
    type_ = fields.text("type")
    if type_ not in {None, *TYPES}:
        raise illegal("type")
    if size is not None and size < 1:
        raise illegal("pagesize")
    folder = view.folder(number)
    if type_ is None and not view.is_bin(folder):
        found = _page_of_folder(view, folder, (key, descending), page, size)
    else:
        nodes = all_children(view, folder, key, descending=descending)
        found = page_of([node for node in nodes if is_of_type(node, type_)], page, size)
    return [
        leaf("rawfoldername", view.title(folder)),
        leaf("parent", view.parent_number(folder)),
        leaf("rootfolderid", view.number(view.top(folder))),
        found.element(),
        *_elements(view, found.nodes),
        leaf("owner", view.login(folder.owner)),
    ]


def _elements(view: View, nodes: list[Node]) -> list[Element]:
    entries = Entries(view, nodes)
    return [
        branch("file", *entries.file(node))
        if node.is_file
        else branch("folder", *entries.folder(node))
        for node in nodes
    ]


def _page_of_folder(
    view: View, folder: Node, order: tuple[Key, bool], page: int | None, size: int | None
) -> Page:
    """A page, of which only its own entries are read."""
    total = view.store.tree.count_children(folder.id)
    start, stop, number = bounds(total, page, size)
    nodes = view.store.listings.children(
        folder.id, key=order[0], descending=order[1], offset=start, limit=stop - start
    )
    return Page(nodes, number, total, stop < total)


def page_of(nodes: list[Node], page: int | None, size: int | None) -> Page:
    """A page of *nodes*."""
    start, stop, number = bounds(len(nodes), page, size)
    return Page(nodes[start:stop], number, len(nodes), stop < len(nodes))


def bounds(total: int, page: int | None, size: int | None) -> tuple[int, int, int]:
    """First entry of a page, the one after its last, and the number it turns out to have.

    Whoever asks for too low or too high a number gets the first or the last page; without
    both a number and a size everything is one page; an empty folder has but the page 0.
    """
    if total == 0:
        return 0, 0, 0
    if page is None or size is None:
        return 0, total, 1
    last = -(-total // size)
    number = min(max(page, 1), last)
    return (number - 1) * size, min(number * size, total), number


def all_children(view: View, folder: Node, key: Key, *, descending: bool) -> list[Node]:
    """What is in a folder, or in the bin."""
    if not view.is_bin(folder):
        return view.store.listings.children(folder.id, key=key, descending=descending)
    return sorted_bin(view, key, descending=descending)


def sorted_bin(view: View, key: Key, *, descending: bool) -> list[Node]:
    """What is in the viewer's bin, in the order of a listing."""

    def value(node: Node) -> str | int:
        if key == Key.NAME:
            return node.name.casefold()
        return (node.client_modified or 0) if node.is_file else node.created

    nodes = [view.store.tree.get(item.node) for item in view.store.bin.items(view.user)]
    nodes.sort(key=lambda node: node.id)
    nodes.sort(key=value, reverse=descending)  # stable, so that ties stay in the order of ids
    return sorted(nodes, key=lambda node: node.is_file)


def is_of_type(node: Node, type_: str | None) -> bool:
    """Whether a listing of some type shows an entry."""
    if type_ is None:
        return True
    if type_ == "FOLDER" or not node.is_file:
        return type_ == "FOLDER" and not node.is_file
    extension = node.name.rpartition(".")[2].lower() if "." in node.name else ""
    return extension not in _KNOWN if type_ == "OTHERS" else extension in _BY_TYPE[type_]


@serve(routes, "folder/ischildrenexist", label="look")
def _is_children_exist(call: Call) -> Answer:
    numbers = call.fields.joined_numbers("folderids")
    if len(numbers) > MOST_ASKED:
        raise malformed("folderids")
    view, answers = call.view, []
    for number in numbers:
        try:
            folder = view.folder(number)
        except Refusal:  # unknown ones are left out
            continue
        exist = bool(all_children(view, folder, Key.NAME, descending=False))
        answers.append(
            branch("requestfolder", leaf("id", number), leaf("childrenexist", int(exist)))
        )
    return answers
