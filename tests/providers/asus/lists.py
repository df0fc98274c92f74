"""Changes, searches, shares: the calls that list entries from anywhere."""

from itertools import count

from tests.providers.asus.speech import GATEWAY, Call, element, written
from tests.providers.asus.tree import HOME, OTHER, SYNC, SYNC_FOLDER, Node, Refusal, Share, Tree


class Lists(Tree):
    """Calls that answer with lists."""

    def __init__(self, profile: str) -> None:
        super().__init__(profile)
        self.sequence_name = "changeseq"
        self.shares: dict[tuple[bool, str], Share] = {}
        self.codes = count(1)

    # Lists --------------------------------------------------------------------------------

    def do_folder_getallchangeseq(self, _: Call) -> str:
        return (
            f"<syncfolder>{element('folderid', SYNC_FOLDER)}"
            f"{element(self.sequence_name, self.sequence)}</syncfolder>"
        )

    def _latest(self, call: Call) -> str:
        trees = call.get("targetroot").split(",")
        if not set(trees) <= {HOME, "-3", SYNC}:
            raise Refusal(225)
        files = [n for n in self.nodes.values() if not n.folder and self.root_of(n) in trees]
        newest = sorted(files, key=lambda n: -n.stamp)[: int(call.get("top"))]
        return "".join(
            f"<entry>{element('id', n.number)}{element('parent', n.parent)}"
            f"{element('rawfilename', n.name)}{element('createdtime', written(n.stamp))}"
            f"{element('size', len(n.data))}</entry>"
            for n in newest
        )

    def do_file_getlatestchangefiles(self, call: Call) -> str:
        return self._latest(call)

    def do_file_getlatestuploads(self, call: Call) -> str:
        return self._latest(call)

    def _is_below(self, node: Node, top: str) -> bool:
        while node.parent is not None:
            if node.parent == top:
                return True
            node = self.nodes[True, node.parent]
        return False

    def do_sqlquery(self, call: Call) -> str:
        folder = call.get("kind") == "1"
        found = [
            node
            for node in self.nodes.values()
            if node.folder == folder and self._is_below(node, call.get("ancestorid"))
        ]
        if call.has("keyword"):
            if call.has("markid"):
                raise Refusal(3)
            found = [n for n in found if call.get("keyword").casefold() in n.name.casefold()]
        else:
            found = [n for n in found if call.get("markid") in n.marks.split()]
        start = int(call.get("offset"))
        page = found[start : start + int(call.get("pagesize"))]
        return element("total", len(found)) + "".join(
            f"<entry>{element('id', n.number)}{element('parent', n.parent)}"
            f"{element('rawentryname', n.name)}{element('kind', call.get('kind'))}"
            f"{element('size', len(n.data))}</entry>"
            for n in page
        )

    # Shares -------------------------------------------------------------------------------

    def _shared(self, call: Call, key: str = "isfolder", folder: str = "1") -> Node:
        return self.live(folder=call.get(key) == folder, number=call.get("entryid"))

    def _state(self, share: Share | None) -> str:
        if share is None:
            return element("sharecode")
        members = "".join(element("shareforuserid", m) for m in share.members if "@" in m)
        unknown = "".join(element("invaliduserid", m) for m in share.members if "@" not in m)
        return (
            element("sharecode", share.code)
            + element("ispasswordneeded", 1 if share.password else 0)
            + element("isgroupaware", share.group)
            + members
            + unknown
            + element("expiredtime", share.expires)
        )

    def do_fsentry_setadvancedsharecode(self, call: Call) -> str:
        node = self._shared(call)
        share = self.shares.setdefault(node.key, Share(""))
        share.code = f"A1b2C3d4E5f6{next(self.codes):04d}"
        if call.has("password"):
            share.password = call.get("password")
        if call.has("validityduration"):
            hours = int(call.get("validityduration"))
            share.expires = written(1_704_164_645 + hours * 3600)
        if call.has("isgroupaware"):
            share.group = call.get("isgroupaware")
        share.members = call.all("shareforuserid")
        return self._state(share)

    def do_fsentry_getadvancedsharecode(self, call: Call) -> str:
        return self._state(self.shares.get(self._shared(call).key))

    def do_fsentry_deletesharecode(self, call: Call) -> str:
        node = self._shared(call, "entrytype", "0")
        self.shares.pop(node.key, None)
        return element("scrip", "1")

    def do_fsentry_getsharedentries(self, call: Call) -> str:
        keys = sorted(self.shares, key=lambda key: self.shares[key].code)
        if call.has("firstentrybound"):
            bound = call.get("firstentrybound")
            keys = [key for key in keys if self.shares[key].code > bound]
        keys = keys[: int(call.get("pagesize"))]
        bound = self.shares[keys[-1]].code if keys else ""
        return element("lastentrybound", bound) + "".join(
            f"<entry>{element('id', number)}{element('isfolder', 1 if folder else 0)}"
            f"{element('rawentryname', self.nodes[folder, number].name)}</entry>"
            for folder, number in keys
        )

    def do_groupawareentry_listsharingtoothers(self, _: Call) -> str:
        keys = [key for key, share in self.shares.items() if share.group == "1"]
        return "".join(
            f"<entry>{element('entryid', number)}{element('isfolder', 1)}"
            f"{element('rawentryname', self.nodes[folder, number].name)}</entry>"
            for folder, number in keys
        )

    def do_groupawareentry_listsharingfromothers(self, _: Call) -> str:
        node = self.nodes.get((True, "77"))
        if node is None:
            return ""
        return (
            f"<entry>{element('userid', OTHER)}{element('entryid', 77)}{element('isfolder', 1)}"
            f"{element('rawentryname', node.name)}{element('ispasswordaccess', 0)}</entry>"
        )

    def do_groupawareentry_rejectsharing(self, call: Call) -> str:
        del self.nodes[True, call.get("entryid")]
        return ""

    def _by_code(self, code: str) -> tuple[bool, str]:
        for key, share in self.shares.items():
            if share.code == code:
                return key
        raise Refusal(243)

    def do_fsentry_getinfobysharecode(self, call: Call) -> str:
        folder, number = self._by_code(call.get("sharecode"))
        return element("entryid", number) + element("entrytype", 1 if folder else 0)

    def do_fsentry_checkpassword(self, call: Call) -> str:
        share = self.shares[self._by_code(call.get("suri"))]
        return element("ifpassword", 1 if share.password else 0)

    def do_fsentry_comparepassword(self, call: Call) -> str:
        share = self.shares[call.get("isfolder") == "1", call.get("ffid")]
        if share.password != call.get("passwd"):
            raise Refusal(229)
        return ""

    def do_sharecode_findservicegateway(self, call: Call) -> str:
        if call.get("sharecode").startswith("elsewhere"):
            return element("servicegateway", "sgd02.test")
        return element("servicegateway", GATEWAY)

    def do_sharecode_tocompactform(self, call: Call) -> str:
        return element("compactsharecode", "S" + call.get("sharecode")[-4:])

    def do_sharecode_tonormalform(self, call: Call) -> str:
        short = call.get("compactsharecode")
        for share in self.shares.values():
            if "S" + share.code[-4:] == short:
                return element("servicearea", 1) + element("sharecode", share.code)
        raise Refusal(225)
