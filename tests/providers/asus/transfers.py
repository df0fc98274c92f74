"""Bytes: the calls of the WebRelay."""

from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.providers.asus.speech import Call, decoded, element, streamed
from tests.providers.asus.tree import USER, Node, Refusal, Tree


@dataclass
class Pending:
    """An upload transaction."""

    parent: str
    name: str
    file: str | None
    size: int | None
    checksum: str
    attribute: str
    data: bytearray = field(default_factory=bytearray)


class Transfers(Tree):
    """Uploads, downloads, pictures."""

    def __init__(self, profile: str) -> None:
        super().__init__(profile)
        self.instant = True
        self.tells_checksum = True
        self.largest = "500"
        self.pending: dict[str, Pending] = {}
        self.transactions = count(1)

    # Uploads ------------------------------------------------------------------------------

    def do_webrelay_initbinaryupload(self, call: Call) -> str:
        query = call.query
        what = Pending(
            parent=query["pa"],
            name=decoded(query.get("na", "")),
            file=query.get("fi"),
            size=int(query["fs"]) if "fs" in query else None,
            checksum=query["sg"] if len(query["sg"]) == 128 else "",
            attribute=query["at"],
        )
        if "tx" in query:
            return self._reopened(query["tx"], what)
        parent = self.live(folder=True, number=what.parent)
        if parent.owner != USER and query.get("igw") != "1":
            raise Refusal(200)
        latest = ""
        if what.file is None:
            self.check_name(what.name)
            self.check_free(what.parent, what.name)
        else:
            latest = self.live(folder=False, number=what.file).digest
        if self.largest and (what.size or 0) > int(self.largest) << 20:
            raise Refusal(221)
        if what.checksum and self.instant and (known := self._holding(what)) is not None:
            return element("fileid", self._made(what, known.data).number)
        transaction = f"tx-{next(self.transactions)}"
        self.pending[transaction] = what
        told = latest if self.tells_checksum else ""
        return (
            element("transid", transaction) + element("offset", 0) + element("latestchecksum", told)
        )

    def _holding(self, what: Pending) -> Node | None:
        for node in self.nodes.values():
            same = node.digest == what.checksum and len(node.data) == what.size
            if not node.folder and same and not self.is_binned(node):
                return node
        return None

    def _reopened(self, transaction: str, what: Pending) -> str:
        known = self.pending.get(transaction)
        if known is None:
            raise Refusal(251)
        if known.file != what.file:
            raise Refusal(252)
        if known.checksum and what.checksum and known.checksum != what.checksum:
            raise Refusal(250)
        assert (known.name, known.parent, known.attribute) == (
            what.name,
            what.parent,
            what.attribute,
        )
        return element("transid", transaction) + element("offset", len(known.data))

    def do_webrelay_resumebinaryupload(self, call: Call) -> str:
        known = self.pending.get(call.query["tx"])
        if known is None:
            raise Refusal(251)
        stated = call.request.headers.get("x-omni-stream-offset")
        if stated is not None and int(stated) != len(known.data):
            raise Refusal(220)
        known.data += call.body
        if known.size is not None and len(known.data) > known.size:
            raise Refusal(220)
        return ""

    def do_webrelay_finishbinaryupload(self, call: Call) -> str:
        what = self.pending.get(call.query["tx"])
        if what is None:
            raise Refusal(251)
        data = bytes(what.data)
        if what.size is not None and len(data) != what.size:
            raise Refusal(220)
        node = Node(False, "", "", None, data=data)
        if what.checksum and node.digest != what.checksum:
            del self.pending[call.query["tx"]]
            raise Refusal(250)
        if what.file is None:
            self.live(folder=True, number=what.parent)
            self.check_free(what.parent, what.name)
        else:
            old = self.live(folder=False, number=what.file)
            if call.query.get("lsg", old.digest) != old.digest:
                raise Refusal(250)
        made = self._made(what, data)
        del self.pending[call.query["tx"]]
        return element("fileid", made.number)

    def _made(self, what: Pending, data: bytes) -> Node:
        if what.file is None:
            node = self.add(what.parent, what.name, folder=False)
        else:
            node = self.nodes[False, what.file]
        return self.write(node, data, what.attribute)

    # Downloads ----------------------------------------------------------------------------

    def _download(self, call: Call) -> httpx.Response:
        if not self._is_good(call.token):
            return httpx.Response(401, text="Validate token fail, Error Code:2")
        node = self.nodes.get((False, call.query.get("fi", "")))
        if node is None:
            body = "<directdownload><status>219</status></directdownload>"
            return httpx.Response(404, text=body)
        given = call.request.headers.get("range", "")
        if not given.startswith("bytes="):
            return streamed(200, node.data)
        first, last = (int(part) for part in given.removeprefix("bytes=").split("-"))
        if first >= len(node.data):
            return httpx.Response(416)
        last = min(last, len(node.data) - 1)
        total = len(node.data)
        return streamed(
            206, node.data[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{total}"}
        )

    def _picture(self, call: Call) -> httpx.Response:
        if not self._is_good(call.token):
            return httpx.Response(401, text="Validate token fail, Error Code:2")
        return httpx.Response(200, content=b"\xff\xd8 a picture")
