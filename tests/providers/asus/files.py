"""Files and folders: the calls of the InfoRelay."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

from tests.providers.asus.speech import Call, decoded, element, encoded, written
from tests.providers.asus.tree import (
    BIN,
    SYNC_FOLDER,
    SYSTEM,
    USER,
    Node,
    Refusal,
    Tree,
    times,
)


class Files(Tree):
    """Calls that look at entries, and that change them."""

    def __init__(self, profile: str) -> None:
        super().__init__()
        self.tells_modified = profile == "webstorage"
        self.has_updateattribute = True
        self.not_found = "system.notfund"
        self.past_end_is_empty = False
        self.also_counted = 0  # entries that listings count but do not show
        self.before_page: dict[int, Callable[[], object]] = {}  # somebody acts before a page

    # Looking ------------------------------------------------------------------------------

    def do_folder_getmysyncfolder(self, _: Call) -> str:
        return element("id", SYNC_FOLDER)

    def do_folder_getpersonalsystemfolder(self, call: Call) -> str:
        if call.get("rawfoldername") != "MyRecycleBin":
            raise Refusal(225)
        return element("scrip", "1700000000123") + element("folderid", BIN)

    def do_inforelay_browsefolder(self, call: Call) -> str:
        return self._browse(call, int(call.get("pageno")), int(call.get("pagesize")))

    def do_folder_browse(self, call: Call) -> str:
        page = call.root.find("page") if call.root is not None else None
        assert page is not None
        return self._browse(
            call,
            int(page.findtext("pageno") or 1),
            int(page.findtext("pagesize") or 1),
            legacy=True,
        )

    def _browse(self, call: Call, number: int, size: int, *, legacy: bool = False) -> str:
        folder = self.get(folder=True, number=call.get("folderid"))
        if act := self.before_page.pop(number, None):
            act()
        children = self.children(folder.number)
        pages = -(-len(children) // size)
        if self.past_end_is_empty and number > pages > 0:
            shown: list[Node] = []
        else:
            number = min(max(number, 1), pages)
            shown = children[(number - 1) * size : number * size] if pages else []
        entries = "".join(self._listed(node, legacy=legacy) for node in shown)
        more = 1 if number < pages else 0
        return (
            f"{element('rawfoldername', folder.name)}{element('parent', folder.parent or '')}"
            f"{element('rootfolderid', self.root_of(folder))}"
            f"<page>{element('pageno', number)}{element('pagesize', len(shown))}"
            f"{element('totalcount', len(children) + self.also_counted)}"
            f"{element('hasnextpage', more)}</page>"
            f"{entries}{element('owner', folder.owner)}"
        )

    def _listed(self, node: Node, *, legacy: bool) -> str:
        kind = "folder" if node.folder else "file"
        name = f"raw{kind}name"
        told = [element("id", node.number)]
        if legacy:
            told += [element("display", encoded(node.name)), self._attribute(node)]
        else:
            told.append(element(name, node.name))
        told.append(element("createdtime", written(node.stamp)))
        told.append(element("ispublic", 1 if node.key in self.shares else 0))
        told.append(element("markid", node.marks))
        if not node.folder:
            told += [element("size", len(node.data)), element("headversion", node.head)]
            if self.tells_modified and not legacy:
                told.append(element("lastmodifiedtime", node.time("lastwritetime") or ""))
        return f"<{kind}>{''.join(told)}</{kind}>"

    def _attribute(self, node: Node) -> str:
        return f"<attribute>{node.attribute or times(node.stamp)}</attribute>"

    def do_fsentry_getentryinfo(self, call: Call) -> str:
        folder = call.get("isfolder") == "1"
        number = call.get("entryid")
        if number in SYSTEM and folder:
            raise Refusal(218)
        node = self.get(folder=folder, number=number)
        told = [
            element("isfolder", call.get("isfolder")),
            element("display", encoded(node.name)),
            element("parent", node.parent or ""),
            self._attribute(node),
            element("createdtime", written(node.stamp)),
        ]
        if not folder:
            told += [element("mimetype", "text/plain"), element("filesize", len(node.data))]
            told.append(element("headversion", node.head))
        return "".join(told)

    def do_find_propfind(self, call: Call) -> str:
        try:
            name = decoded(call.get("find"))
        except ValueError:
            raise Refusal(225) from None
        found = self.child(call.get("parent"), name)
        types = {"system.folder": {True}, "system.file": {False}}
        wanted = types.get(call.get("type"), {True, False})
        if found is None or found.folder not in wanted:
            return element("size", 0) + element("type", self.not_found) + element("id")
        type_ = "system.folder" if found.folder else "system.file"
        return (
            element("size", len(found.data)) + element("type", type_) + element("id", found.number)
        )

    def do_folder_ischildrenexist(self, call: Call) -> str:
        numbers = call.get("folderids").split(",")
        if len(numbers) > 200:
            raise Refusal(225)
        return "".join(
            f"<requestfolder>{element('id', number)}"
            f"{element('childrenexist', 1 if self.children(number) else 0)}</requestfolder>"
            for number in numbers
            if (True, number) in self.nodes
        )

    # Changing -----------------------------------------------------------------------------

    def _writable(self, call: Call, *nodes: Node) -> None:
        """A shared folder takes changes only with the switch; others may not be touched."""
        for node in nodes:
            if node.owner != USER and call.get("isgroupaware") != "1":
                raise Refusal(200)
            if node.folder and node.number in SYSTEM | {SYNC_FOLDER}:
                raise Refusal(200)

    def do_folder_create(self, call: Call) -> str:
        parent = self.live(folder=True, number=call.get("parent"))
        if parent.owner != USER and call.get("isgroupaware") != "1":
            raise Refusal(200)
        name = decoded(call.get("display"))
        self.check_name(name)
        self.check_free(parent.number, name)
        assert call.root is not None
        blob = call.root.find("attribute")
        attribute = "" if blob is None else "".join(ET.tostring(c, "unicode") for c in blob)
        return element("id", self.add(parent.number, name, folder=True, attribute=attribute).number)

    def _rename(self, call: Call, *, folder: bool) -> str:
        node = self.live(folder=folder, number=call.get("id"))
        self._writable(call, node)
        name = decoded(call.get("display"))
        self.check_name(name)
        self.check_free(node.parent or "", name, node)
        node.name = name
        self.touch(node)
        return ""

    def do_folder_rename(self, call: Call) -> str:
        return self._rename(call, folder=True)

    def do_file_rename(self, call: Call) -> str:
        return self._rename(call, folder=False)

    def _move(self, call: Call, *, folder: bool) -> str:
        node = self.live(folder=folder, number=call.get("id"))
        target = self.live(folder=True, number=call.get("parent"), missing=216)
        self._writable(call, node)
        if self.root_of(node) != self.root_of(target):
            raise Refusal(233)
        if node.parent == target.number:
            raise Refusal(215)
        above: Node | None = target
        while above is not None:
            if above is node:
                raise Refusal(235)
            above = self.nodes[True, above.parent] if above.parent else None
        self.check_free(target.number, node.name)
        node.parent = target.number
        self.touch(node)
        return ""

    def do_folder_move(self, call: Call) -> str:
        return self._move(call, folder=True)

    def do_file_move(self, call: Call) -> str:
        return self._move(call, folder=False)

    def do_file_copy(self, call: Call) -> str:
        target = self.live(folder=True, number=call.get("parent"), missing=216)
        sources = [self.live(folder=False, number=number) for number in call.all("fileid")]
        told = ""
        for source in sources:
            if self.child(target.number, source.name):
                told += element("failid", source.number)
                continue
            copy = self.add(target.number, source.name, folder=False)
            self.write(copy, source.data, source.attribute)
            told += element("fileid", copy.number)
        return told

    def _remove(self, call: Call, *, folder: bool) -> str:
        numbers = call.get("id").split(",")
        nodes = []
        for number in numbers:
            try:
                nodes.append(self.live(folder=folder, number=number))
            except Refusal:
                if not folder or len(numbers) == 1:
                    raise
        self._writable(call, *nodes)
        for node in nodes:
            self.touch(node)
            node.parent = BIN
        return ""

    def do_folder_remove(self, call: Call) -> str:
        return self._remove(call, folder=True)

    def do_file_remove(self, call: Call) -> str:
        return self._remove(call, folder=False)

    def _restore(self, call: Call, *, folder: bool) -> str:
        target = self.live(folder=True, number=call.get("parent"), missing=216)
        numbers = call.all("folderid" if folder else "fileid")
        nodes = [self.get(folder=folder, number=number) for number in numbers]
        for node in nodes:
            if node.parent != BIN:
                raise Refusal(235)
            self.check_free(target.number, node.name)
        for node in nodes:
            node.parent = target.number
            self.touch(node)
        return element("parent", target.number)

    def do_folder_restore(self, call: Call) -> str:
        return self._restore(call, folder=True)

    def do_file_restore(self, call: Call) -> str:
        return self._restore(call, folder=False)

    def _clear(self, call: Call, *, folder: bool) -> str:
        numbers = call.all("folderid" if folder else "fileid")
        if numbers == [BIN]:
            for node in self.children(BIN):
                self.drop(node)
            return ""
        nodes = [self.nodes.get((folder, number)) for number in numbers]
        for node in nodes:
            if node is None or not self.is_binned(node):
                raise Refusal(225)
        for node in nodes:
            assert node is not None
            self.drop(node)
        return element("scrip", "1700000000123")

    def do_folder_clearrecyclebin(self, call: Call) -> str:
        return self._clear(call, folder=True)

    def do_file_clearrecyclebin(self, call: Call) -> str:
        return self._clear(call, folder=False)

    def _update(self, call: Call, *, folder: bool) -> str:
        if not self.has_updateattribute:
            raise Refusal(225)
        node = self.live(folder=folder, number=call.get("folder" if folder else "fileid"))
        assert call.root is not None
        blob = call.root.find("attribute")
        assert blob is not None
        node.attribute = "".join(ET.tostring(c, "unicode") for c in blob)
        return ""

    def do_folder_updateattribute(self, call: Call) -> str:
        return self._update(call, folder=True)

    def do_file_updateattribute(self, call: Call) -> str:
        return self._update(call, folder=False)

    def do_fsentry_setentrymark(self, call: Call) -> str:
        node = self.live(folder=call.get("isfolder") == "1", number=call.get("entryid"))
        node.marks = call.get("markid")
        return ""
