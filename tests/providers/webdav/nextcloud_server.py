"""As much of Nextcloud as its clients see, in memory (reference 9).

Written from the reference, not from the client. Call `handle` with a request, or give the
object to `httpx.MockTransport`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import httpx

USER = "alice"
DAV = "/remote.php/dav"
SPACES = {"DAV:": "d", "http://owncloud.org/ns": "oc", "http://nextcloud.org/ns": "nc"}


class Refuse(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Node:
    """A file, or a folder if it has children."""

    id: int
    etag: str = ""
    mtime: int = 0
    data: bytes = b""
    children: "dict[str, Node] | None" = None
    checksum: str = ""
    versions: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        if self.children is None:
            return len(self.data)
        return sum(child.size for child in self.children.values())


@dataclass
class Deleted:
    node: Node
    location: str
    time: int


class Nextcloud:
    """One server with one user."""

    def __init__(self, *, version: str = "31.0.4", quota: int = -3, product: str = "") -> None:
        self.version = version
        self.quota = quota
        self.owncloud = product == "owncloud"
        self.requests: list[httpx.Request] = []
        self.maintenance = 0  # so many requests are answered 503
        self._clock = count(1_700_000_000)
        self._ids = count(100)
        self.files = self._folder()
        self.uploads = self._folder()
        self.trash: dict[str, Deleted] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        await request.aread()
        return self.handle(request)

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.maintenance:
            self.maintenance -= 1
            return httpx.Response(503, headers={"Retry-After": "1"})
        path = urlsplit(str(request.url)).path
        if path == "/status.php":
            name = "ownCloud" if self.owncloud else "Nextcloud"
            return httpx.Response(200, json={"versionstring": self.version, "productname": name})
        if path == "/ocs/v2.php/cloud/user":
            if request.headers.get("OCS-APIRequest") != "true":
                return httpx.Response(412)
            return httpx.Response(200, json={"ocs": {"data": {"id": USER}}})
        try:
            return self._dav(request, path)
        except Refuse as refusal:
            return httpx.Response(refusal.status)

    def tree(self) -> dict[str, bytes | None]:
        """Everything in the account, by path."""
        return dict(_walk("", self.files))

    def node(self, path: str) -> Node:
        """The node at a path of the account."""
        return self._find(self.files, [part for part in path.split("/") if part])

    def write(self, path: str, data: bytes) -> Node:
        """A change made by somebody else."""
        *folder, name = [part for part in path.split("/") if part]
        parent = self._find(self.files, folder)
        assert parent.children is not None
        node = parent.children.setdefault(name, Node(next(self._ids)))
        node.data, node.mtime = data, next(self._clock)
        self._touch(folder, name)
        return node

    # ----------------------------------------------------------------------------------------

    def _folder(self) -> Node:
        return Node(next(self._ids), f"e{next(self._clock)}", next(self._clock), children={})

    def _find(self, root: Node, names: list[str]) -> Node:
        for name in names:
            if root.children is None or name not in root.children:
                raise Refuse(404)
            root = root.children[name]
        return root

    def _touch(self, folder: list[str], *changed: str) -> None:
        """New ETags along a path, from the top to what changed."""
        names = [*folder, *changed]
        for depth in range(len(names) + 1):
            self._find(self.files, names[:depth]).etag = f"e{next(self._clock)}"

    def _place(self, path: str) -> tuple[str, list[str]]:
        """Which of the server's trees a path is in, and where."""
        parts = [unquote(part) for part in path.split("/") if part]
        if parts[:2] == ["remote.php", "webdav"]:
            return "files", parts[2:]
        bin_name = "trash-bin" if self.owncloud else "trashbin"
        known = {"files", "uploads", bin_name, "versions", "meta"}
        if parts[:2] != ["remote.php", "dav"] or len(parts) < 4 or parts[2] not in known:
            raise Refuse(404)
        if parts[2] == "meta":
            return "meta", parts[3:]
        if parts[3] != USER:
            raise Refuse(404)
        return ("trash" if parts[2] == bin_name else parts[2]), parts[4:]

    def _dav(self, request: httpx.Request, path: str) -> httpx.Response:
        kind, names = self._place(path)
        if request.method == "OPTIONS":
            return httpx.Response(200, headers={"DAV": "1, 3, extended-mkcol", "Server": "nginx"})
        if request.method == "PROPFIND":
            return self._propfind(request, kind, path, names)
        handler = getattr(self, f"_{kind}_{request.method.lower()}", None)
        if handler is None:
            raise Refuse(405)
        result = handler(request, names)
        assert isinstance(result, httpx.Response)
        return result

    # PROPFIND -------------------------------------------------------------------------------

    def _propfind(
        self, request: httpx.Request, kind: str, path: str, names: list[str]
    ) -> httpx.Response:
        if request.headers["Depth"] not in {"0", "1"}:
            raise Refuse(403)
        wanted = [element.tag for element in ET.fromstring(request.content).iter()][2:]
        found = getattr(self, f"_list_{kind}")(names)
        lines = []
        for number, (name, described) in enumerate(found):
            if number and request.headers["Depth"] == "0":
                break
            href = path.rstrip("/") + (f"/{quote(name)}" if name else "")
            if "collection" in described.get("{DAV:}resourcetype", ""):
                href += "/"
            lines.append(_response(href, described, wanted))
        spaces = "".join(f' xmlns:{prefix}="{uri}"' for uri, prefix in SPACES.items())
        body = f'<?xml version="1.0"?><d:multistatus{spaces}>{"".join(lines)}</d:multistatus>'
        return httpx.Response(207, text=body)

    def _describe(self, node: Node) -> dict[str, str]:
        folder = node.children is not None
        oc, nc = "{http://owncloud.org/ns}", "{http://nextcloud.org/ns}"
        described = {
            "{DAV:}resourcetype": "<d:collection/>" if folder else "",
            "{DAV:}getlastmodified": formatdate(node.mtime, usegmt=True),
            "{DAV:}getetag": f"&quot;{node.etag}&quot;",
            "{DAV:}creationdate": "1970-01-01T00:00:00+00:00",
            f"{oc}fileid": str(node.id),
            f"{oc}id": f"{node.id:08}ocabcdef",
            f"{oc}size": str(node.size),
            f"{oc}permissions": "RGDNVCK" if folder else "RGDNVW",
            f"{oc}owner-id": USER,
            f"{oc}favorite": "0",
        }
        if not self.owncloud:
            described[f"{nc}has-preview"] = "false"
        if folder:
            described["{DAV:}quota-used-bytes"] = str(node.size)
            described["{DAV:}quota-available-bytes"] = str(self.quota)
        else:
            described["{DAV:}getcontentlength"] = str(node.size)
            described["{DAV:}getcontenttype"] = "application/octet-stream"
            if node.checksum:
                text = f"<oc:checksum>{node.checksum}</oc:checksum>"
                described[f"{oc}checksums"] = text
        return described

    def _list_files(self, names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
        node = self._find(self.files, names)
        yield "", self._describe(node)
        for name, child in (node.children or {}).items():
            yield name, self._describe(child)

    def _list_uploads(self, names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
        node = self._find(self.uploads, names)
        yield "", self._describe(node)
        for name, child in (node.children or {}).items():
            yield name, self._describe(child)
        if names:
            yield ".file", {"{DAV:}getcontentlength": str(node.size)}

    def _list_trash(self, names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
        names = names if self.owncloud else names[1:]
        if names:
            yield "", self._describe_deleted(names[0])
            return
        yield "", {"{DAV:}resourcetype": "<d:collection/>"}
        for name in self.trash:
            yield name, self._describe_deleted(name)

    def _describe_deleted(self, name: str) -> dict[str, str]:
        if name not in self.trash:
            raise Refuse(404)
        item = self.trash[name]
        filename = escape(item.location.rpartition("/")[2])
        described = self._describe(item.node)
        if self.owncloud:
            oc = "{http://owncloud.org/ns}"
            described[f"{oc}trashbin-original-filename"] = filename
            described[f"{oc}trashbin-original-location"] = escape(item.location)
            described[f"{oc}trashbin-delete-timestamp"] = str(item.time)
        else:
            nc = "{http://nextcloud.org/ns}"
            described[f"{nc}trashbin-filename"] = filename
            described[f"{nc}trashbin-original-location"] = escape(item.location)
            described[f"{nc}trashbin-deletion-time"] = str(item.time)
        return described

    def _list_versions(self, names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
        if names[:1] != ["versions"]:
            raise Refuse(404)
        yield "", {"{DAV:}resourcetype": "<d:collection/>"}
        if len(names) == 1:
            return
        node = self._by_id(names[1])
        for name, data in {**node.versions, str(node.mtime): node.data}.items():
            yield name, {"{DAV:}getcontentlength": str(len(data)), "{DAV:}resourcetype": ""}

    def _list_meta(self, names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
        node = self._by_id(names[0])
        yield "", {"{DAV:}resourcetype": "<d:collection/>"}
        for name, data in node.versions.items():
            yield name, {"{DAV:}getcontentlength": str(len(data)), "{DAV:}resourcetype": ""}

    def _by_id(self, wanted: str) -> Node:
        pending = [self.files]
        while pending:
            node = pending.pop()
            if str(node.id) == wanted:
                return node
            pending.extend((node.children or {}).values())
        raise Refuse(404)

    # Files ----------------------------------------------------------------------------------

    def _check(self, request: httpx.Request, node: Node | None) -> None:
        wanted = request.headers.get("If-Match")
        if wanted and (node is None or wanted != f'"{node.etag}"'):
            raise Refuse(412)
        if request.headers.get("If-None-Match") == "*" and node is not None:
            raise Refuse(412)
        if condition := request.headers.get("If"):
            url, _, etag = condition.partition("> ([")
            kind, names = self._place(urlsplit(url.lstrip("<")).path)
            assert kind == "files"
            if self._find(self.files, names).etag != etag.rstrip("])").strip('"'):
                raise Refuse(412)

    def _lookup(self, names: list[str]) -> Node | None:
        try:
            return self._find(self.files, names)
        except Refuse:
            return None

    def _parent(self, names: list[str]) -> dict[str, Node]:
        try:
            parent = self._find(self.files, names[:-1])
        except Refuse:
            raise Refuse(409) from None
        if parent.children is None or not names:
            raise Refuse(409)
        return parent.children

    def _files_get(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        node = self._find(self.files, names)
        if node.children is not None:
            raise Refuse(405)
        self._check(request, node)
        return _ranged(request, node.data, {"ETag": f'"{node.etag}"'})

    def _files_put(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        parent = self._parent(names)
        node = parent.get(names[-1])
        if node is not None and node.children is not None:
            raise Refuse(409)
        self._check(request, node)
        status = 201 if node is None else 204
        return httpx.Response(status, headers=self._store(request, names, request.content))

    def _store(self, request: httpx.Request, names: list[str], data: bytes) -> dict[str, str]:
        if 0 <= self.quota < len(data):
            raise Refuse(507)
        checksum = request.headers.get("OC-Checksum", "")
        if self.owncloud and checksum and checksum != f"SHA1:{hashlib.sha1(data).hexdigest()}":
            raise Refuse(400)
        parent = self._parent(names)
        node = parent.get(names[-1])
        if node is None:
            node = parent[names[-1]] = Node(next(self._ids))
        else:
            node.versions[str(next(self._clock))] = node.data
        node.data, node.checksum = data, checksum
        stamp = request.headers.get("X-OC-Mtime")
        node.mtime = next(self._clock) if stamp is None else int(stamp)
        self._touch(names[:-1], names[-1])
        told = {"ETag": f'"{node.etag}"', "OC-ETag": f'"{node.etag}"'}
        told["OC-FileId"] = f"{node.id:08}ocabcdef"
        return told if stamp is None else {**told, "X-OC-MTime": "accepted"}

    def _files_mkcol(self, _request: httpx.Request, names: list[str]) -> httpx.Response:
        parent = self._parent(names)
        if names[-1] in parent:
            raise Refuse(405)
        parent[names[-1]] = self._folder()
        self._touch(names[:-1])
        return httpx.Response(201, headers={"Date": formatdate(next(self._clock), usegmt=True)})

    def _destination(self, request: httpx.Request) -> list[str]:
        kind, names = self._place(urlsplit(request.headers["Destination"]).path)
        if kind != "files":
            raise Refuse(403)
        if request.headers["Overwrite"] == "F" and self._lookup(names) is not None:
            raise Refuse(412)
        return names

    def _files_move(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        node = self._find(self.files, names)
        self._check(request, node)
        target = self._destination(request)
        if target[: len(names)] == names:
            raise Refuse(403)
        parent = self._parent(target)
        existed = parent.get(target[-1])
        if existed is not None:
            self._bin(target, existed)
        del self._parent(names)[names[-1]]
        parent[target[-1]] = node
        self._touch(names[:-1])
        self._touch(target[:-1])
        return httpx.Response(201 if existed is None else 204)

    def _files_copy(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        node = self._find(self.files, names)
        target = self._destination(request)
        existed = self._lookup(target) is not None
        self._store(request, target, node.data)
        return httpx.Response(204 if existed else 201)

    def _files_delete(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        node = self._find(self.files, names)
        self._check(request, node)
        del self._parent(names)[names[-1]]
        skips = int(self.version.partition(".")[0]) >= 31 and not self.owncloud
        if not (skips and request.headers.get("X-NC-Skip-Trashbin") == "true"):
            self._bin(names, node)
        self._touch(names[:-1])
        return httpx.Response(204)

    def _bin(self, names: list[str], node: Node) -> None:
        when = next(self._clock)
        self.trash[f"{names[-1]}.d{when}"] = Deleted(node, "/".join(names), when)

    def _files_proppatch(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        node = self._find(self.files, names)
        self._check(request, node)
        root = ET.fromstring(request.content)
        wanted = root.find("{DAV:}set/{DAV:}prop/{DAV:}lastmodified")
        status = "403 Forbidden" if wanted is None else "200 OK"
        if wanted is not None:
            node.mtime = int(wanted.text or "")
            self._touch(names)
        body = (
            '<d:multistatus xmlns:d="DAV:"><d:response><d:href>/x</d:href><d:propstat><d:prop>'
            f"<d:lastmodified/></d:prop><d:status>HTTP/1.1 {status}</d:status></d:propstat>"
            "</d:response></d:multistatus>"
        )
        return httpx.Response(207, text=body)

    # Uploads in parts -----------------------------------------------------------------------

    def _uploads_mkcol(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        assert self.uploads.children is not None
        if ("Destination" in request.headers) == self.owncloud:
            raise Refuse(400)
        if names[0] in self.uploads.children:
            raise Refuse(405)
        self.uploads.children[names[0]] = self._folder()
        return httpx.Response(201)

    def _uploads_put(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        folder = self._find(self.uploads, names[:1])
        assert folder.children is not None
        if not 1 <= int(names[1]) <= 10_000:
            raise Refuse(400)
        folder.children[names[1]] = Node(next(self._ids), data=request.content)
        return httpx.Response(201)

    def _uploads_move(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        assert self.uploads.children is not None
        folder = self._find(self.uploads, names[:1])
        assert folder.children is not None
        assert names[1] == ".file"
        self._check(request, None)
        target = self._destination(request)
        existed = self._lookup(target) is not None
        data = b"".join(folder.children[name].data for name in sorted(folder.children))
        if request.headers["OC-Total-Length"] != str(len(data)):
            raise Refuse(400)
        told = self._store(request, target, data)
        del self.uploads.children[names[0]]
        return httpx.Response(204 if existed else 201, headers=told)

    def _uploads_delete(self, _request: httpx.Request, names: list[str]) -> httpx.Response:
        self._find(self.uploads, names)
        assert self.uploads.children is not None
        del self.uploads.children[names[0]]
        return httpx.Response(204)

    # Bin and versions -----------------------------------------------------------------------

    def _trash_move(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        name = names[-1]
        if name not in self.trash:
            raise Refuse(404)
        parts = [unquote(p) for p in urlsplit(request.headers["Destination"]).path.split("/") if p]
        item = self.trash[name]
        if self.owncloud:
            _, target = self._place(urlsplit(request.headers["Destination"]).path)
        else:
            assert parts[2:5] == ["trashbin", USER, "restore"]
            target = item.location.split("/")
        parent = self._lookup(target[:-1])
        if parent is None:
            target, parent = target[-1:], self.files
        assert parent.children is not None
        numbers = count(2)
        original = target[-1]
        while target[-1] in parent.children:
            target = [*target[:-1], f"{original} ({next(numbers)})"]
        parent.children[target[-1]] = item.node
        del self.trash[name]
        self._touch(target[:-1])
        return httpx.Response(201)

    def _trash_delete(self, _request: httpx.Request, names: list[str]) -> httpx.Response:
        names = names if self.owncloud else names[1:]
        if not names:
            self.trash.clear()
        elif self.trash.pop(names[0], None) is None:
            raise Refuse(404)
        return httpx.Response(204)

    def _versions_get(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        data = self._by_id(names[1]).versions.get(names[2])
        if data is None:
            raise Refuse(404)
        return _ranged(request, data, {"ETag": f'"{names[2]}"'})

    def _versions_move(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        parts = [p for p in urlsplit(request.headers["Destination"]).path.split("/") if p]
        assert parts[2:5] == ["versions", USER, "restore"]
        self._roll_back(self._by_id(names[1]), names[2])
        return httpx.Response(201)

    def _meta_get(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        return _ranged(request, self._by_id(names[0]).versions[names[2]], {})

    def _meta_copy(self, request: httpx.Request, names: list[str]) -> httpx.Response:
        _, target = self._place(urlsplit(request.headers["Destination"]).path)
        node = self._by_id(names[0])
        assert self._find(self.files, target) is node
        self._roll_back(node, names[2])
        return httpx.Response(204)

    def _roll_back(self, node: Node, name: str) -> None:
        if name not in node.versions:
            raise Refuse(404)
        data = node.versions.pop(name)
        node.versions[str(next(self._clock))] = node.data
        node.data, node.checksum, node.mtime = data, "", int(name)
        node.etag = f"e{next(self._clock)}"


def _walk(path: str, node: Node) -> Iterator[tuple[str, bytes | None]]:
    for name, child in (node.children or {}).items():
        yield f"{path}/{name}", None if child.children is not None else child.data
        yield from _walk(f"{path}/{name}", child)


def _ranged(request: httpx.Request, data: bytes, headers: dict[str, str]) -> httpx.Response:
    wanted = request.headers.get("Range", "")
    if not wanted:
        return _streamed(200, data, headers)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start, stop = int(first), min(int(last) + 1, len(data))
    if start >= len(data):
        return httpx.Response(416, headers={"Content-Range": f"bytes */{len(data)}"})
    span = {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"}
    return _streamed(206, data[start:stop], {**headers, **span})


def _streamed(status: int, data: bytes, headers: dict[str, str]) -> httpx.Response:
    length = {"Content-Length": str(len(data))}
    return httpx.Response(status, headers={**headers, **length}, stream=httpx.ByteStream(data))


def _response(href: str, described: dict[str, str], wanted: list[str]) -> str:
    def element(tag: str, content: str = "") -> str:
        uri, _, name = tag[1:].partition("}")
        return f"<{SPACES[uri]}:{name}>{content}</{SPACES[uri]}:{name}>"

    there = "".join(element(tag, described[tag]) for tag in wanted if tag in described)
    missing = "".join(element(tag) for tag in wanted if tag not in described)
    stats = f"<d:propstat><d:prop>{there}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
    if missing:
        stats += (
            f"<d:propstat><d:prop>{missing}</d:prop>"
            "<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>"
        )
    return f"<d:response><d:href>{href}</d:href>{stats}</d:response>"
