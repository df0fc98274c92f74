"""A Cloudike service in memory, for these tests: written from the reference, with faults on cue.

It answers through `httpx.MockTransport`: the API at `API`, the object store at `STORE`. Every
request is kept in `calls`, so that a test can look at what was sent, and in which order.
"""

import hashlib
import json
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httpx
import trio

from cloudfs.http.client import Http
from cloudfs.providers.cloudike import CloudikeProvider, CloudikeSettings

API = "https://api.test"
STORE = "https://store.test"
TOKEN = "461ccb0663574a8d9836fbbdda64a46a"
MINUTE = 60_000


@dataclass
class Call:
    """One request as it came."""

    method: str
    route: str  # "fileops/move/", "store" for the object store
    params: dict[str, Any]
    request: httpx.Request
    body: bytes

    @property
    def encoding(self) -> str:
        kind = self.request.headers.get("content-type", "")
        return "json" if "json" in kind else "form" if "urlencoded" in kind else ""


@dataclass
class Node:
    """A file or folder."""

    folder: bool
    created: int
    modified: int
    data: bytes = b""
    version: int = 0
    client: dict[str, int] = field(default_factory=dict)
    history: list[tuple[int, bytes, int]] = field(default_factory=list)


@dataclass
class Pending:
    """An upload that was announced."""

    path: str
    params: dict[str, Any]
    data: bytes | None = None
    parts: dict[int, bytes] = field(default_factory=dict)
    multipart: bool = False


Answer = httpx.Response | Exception
Fault = Callable[[], Answer] | str


class Refusal(Exception):
    def __init__(self, status: int, code: str) -> None:
        self.answer = httpx.Response(status, json={"code": code, "description": "no"})


class FakeCloudike:
    """The service. Change the attributes to make it another installation."""

    def __init__(self) -> None:
        self.mode = "post_form"  # or "put"
        self.dedup = True
        self.encodings = {"json", "form"}
        self.not_understood = 415
        self.checksums = True
        self.page_cap = 2000
        self.task_delay = 0.0
        self.token = TOKEN
        self.lifetime = 31 * 24 * 60 * MINUTE
        self.password = "secret"

        self.disturb: Callable[[int], str] | None = None
        self._undisturbed = 0
        self.calls: list[Call] = []
        self.faults: dict[str, deque[tuple[str, Answer | None]]] = defaultdict(deque)
        self.tree: dict[str, Node] = {"/": Node(True, 1, 1)}
        self.bin: dict[str, tuple[str, dict[str, Node], int]] = {}
        self.pending: dict[str, Pending] = {}
        self.tasks: dict[str, tuple[float, dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        self.clock = count(1_700_000_000_000, 7)
        self.numbers = count(1)
        self.prefixes = PREFIXES

    # What a test does ---------------------------------------------------------------------

    def provider(self, notes: dict[str, str] | None = None, **settings: Any) -> CloudikeProvider:
        """A client of this service."""
        given = {"url": API, "username": "user@example.com", "password": "secret", **settings}
        return CloudikeProvider(
            CloudikeSettings(**given), http=self.http(), notes={} if notes is None else notes
        )

    def http(self) -> Http:
        return Http(transport=httpx.MockTransport(self.handle))

    def fail(self, route: str, answer: Answer) -> None:
        """The next request for *route* is answered so, and not carried out."""
        self.faults[route].append(("instead", answer))

    def lose_answer(self, route: str) -> None:
        """The next request for *route* is carried out, and the connection breaks."""
        self.faults[route].append(("after", httpx.ReadError("broken")))

    def break_before(self, route: str) -> None:
        """The connection breaks in the next request for *route*, which is not carried out."""
        self.faults[route].append(("instead", httpx.ReadError("broken")))

    def skip(self, route: str) -> None:
        """The next request for *route* is carried out as usual; later faults come after it."""
        self.faults[route].append(("pass", None))

    def routes(self) -> list[str]:
        """What was asked for, in order, without sign-in."""
        return [call.route for call in self.calls if not call.route.startswith("accounts/login")]

    def of(self, route: str) -> list[Call]:
        return [call for call in self.calls if call.route == route]

    def add_file(self, path: str, data: bytes = b"", **client: int) -> Node:
        now = next(self.clock)
        node = Node(False, now, now, client=client)
        self.tree[path] = node
        self._write(node, data)
        return node

    def add_folder(self, path: str) -> Node:
        now = next(self.clock)
        self.tree[path] = Node(True, now, now)
        return self.tree[path]

    def names(self, folder: str = "/") -> set[str]:
        return {path.rpartition("/")[2] for path in self._children(folder)}

    # The wire -------------------------------------------------------------------------------

    async def handle(self, request: httpx.Request) -> httpx.Response:
        body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
        at_store = f"{request.url.scheme}://{request.url.host}" == STORE
        call = self._store_call(request, body) if at_store else self._api_call(request, body)
        self.calls.append(call)
        await trio.lowlevel.checkpoint()
        if self.disturb is not None:
            return self._disturbed(call, at_store=at_store)
        key = "metadata" if call.route.startswith("metadata/") else call.route
        faults = self.faults[key] or self.faults[call.route]
        when, fault = faults.popleft() if faults else ("pass", None)
        if when == "instead":
            if isinstance(fault, Exception):
                raise fault
            assert fault is not None
            return fault
        answer = self._carried_out(call, at_store=at_store)
        if when == "after":
            assert isinstance(fault, Exception)
            raise fault
        return answer

    def disturbed_by(self, disturb: Callable[[int], str]) -> None:
        """From now on *disturb* says what happens to each request, given its number from 0.

        "pass", "break" or "down" before it is carried out, "fail" instead, "lose" its answer.
        """
        self._undisturbed = len(self.calls)
        self.disturb = disturb

    def _disturbed(self, call: Call, *, at_store: bool) -> httpx.Response:
        assert self.disturb is not None
        what = self.disturb(len(self.calls) - self._undisturbed - 1)
        if what == "down":
            raise httpx.ConnectError("no route")
        if what == "break":
            raise httpx.ReadError("broken")
        if what == "fail":
            return httpx.Response(500, json={"code": "InternalError"})
        answer = self._carried_out(call, at_store=at_store)
        if what == "lose":
            raise httpx.ReadError("broken")
        return answer

    def _carried_out(self, call: Call, *, at_store: bool) -> httpx.Response:
        try:
            return self._store(call) if at_store else self._answer(call)
        except Refusal as refusal:
            return refusal.answer

    def _store_call(self, request: httpx.Request, body: bytes) -> Call:
        return Call(request.method, "store", {}, request, body)

    def _api_call(self, request: httpx.Request, body: bytes) -> Call:
        raw = request.url.raw_path.decode().partition("?")[0]
        match = re.fullmatch(r"/api/([01])/(.*)", raw)
        assert match is not None, raw
        params: dict[str, Any] = {}
        pairs = parse_qsl(request.url.query.decode(), keep_blank_values=True)
        kind = request.headers.get("content-type", "")
        if "json" in kind and body:
            params.update(json.loads(body))
        elif "urlencoded" in kind:
            pairs += parse_qsl(body.decode(), keep_blank_values=True)
        for name, value in pairs:
            if name in {"paths", "path"} and name in params:
                params[name] = [*params[name], value]
            else:
                params[name] = [value] if name == "paths" else value
        return Call(request.method, match[2], params, request, body)

    def _answer(self, call: Call) -> httpx.Response:
        route = call.route
        if call.method == "POST" and call.body and call.encoding not in self.encodings:
            raise Refusal(self.not_understood, "InvalidParameters")
        if route == "accounts/login/":
            return self._login(call)
        if not route.startswith("files/confirm/"):
            self._check_token(call)
        prefix = next((p for p in self.prefixes if route.startswith(p)), route)
        handler = getattr(self, "_on_" + prefix.strip("/").replace("/", "_"))
        result = handler(call, "/" + unquote(route[len(prefix) :]).strip("/"))
        return result if isinstance(result, httpx.Response) else httpx.Response(200, json=result)

    def _check_token(self, call: Call) -> None:
        headers = call.request.headers
        sent = headers.get("mountbit-auth") or headers.get("authorization")
        basic = "Basic dXNlckBleGFtcGxlLmNvbTpzZWNyZXQ="  # user@example.com:secret
        if sent not in {self.token, basic}:
            raise Refusal(401, "Unauthorized")

    def _login(self, call: Call) -> httpx.Response:
        if call.params.get("password") != self.password:
            raise Refusal(401, "Unauthorized")
        now = next(self.clock)
        expires = now + self.lifetime if self.lifetime else 0
        return httpx.Response(
            200, json={"token": self.token, "userid": 94, "created": now, "expires": expires}
        )

    # Entries --------------------------------------------------------------------------------

    def _on_metadata(self, call: Call, path: str) -> Any:
        node = self._node(path)
        if not node.folder or call.params.get("listing") in {"0", None}:
            return self.m(path)
        children = self._children(path)
        state = hashlib.md5(json.dumps([self.m(p) for p in [path, *children]]).encode()).hexdigest()
        tag = {"ETag": f'"{state}"'}
        if call.request.headers.get("if-none-match", "").strip('"') == state:
            return httpx.Response(304, headers=tag)
        page, last = self._page(call, children)
        listing = {"content": [self.m(p) for p in page], "hash": state, "is_last_page": last}
        return httpx.Response(200, headers=tag, json={**self.m(path), **listing})

    def _on_fileops_folder_create(self, call: Call, _: str) -> Any:
        path = call.params["path"]
        self._check_parent(path)
        if path in self.tree:
            raise Refusal(403, "FolderAlreadyCreated")
        self.add_folder(path)
        self._happened("folder_created", path)
        return self.m(path)

    def _on_fileops_rename(self, call: Call, _: str) -> Any:
        path, name = call.params["path"], call.params["newname"]
        self._node(path)
        target = path.rpartition("/")[0] + "/" + name
        if target != path and target in self.tree:
            raise Refusal(403, "FileCantBeRenamed")
        self._relocate(path, target)
        kind = "folder" if self.tree[target].folder else "file"
        self._happened(f"{kind}_renamed", target, oldname=path.rpartition("/")[2])
        return self.m(target)

    def _on_fileops_move(self, call: Call, _: str) -> Any:
        source, folder = call.params["from_path"], call.params["to_path"]
        node = self._node(source)
        if not self._node(folder).folder:
            raise Refusal(405, "NotADirectory")
        if folder == (source.rpartition("/")[0] or "/"):
            raise Refusal(409, "SameDirectory")
        target = folder.rstrip("/") + "/" + source.rpartition("/")[2]
        if target in self.tree:
            if _no(call.params["overwrite"]) or self.tree[target].folder != node.folder:
                raise Refusal(403, "ObjectAlreadyExists")
            self._discard(target)
        self._relocate(source, target)
        kind = "folder" if node.folder else "file"
        self._happened(f"{kind}_moved", target, oldpath=source)
        return self.m(target)

    def _on_fileops_copy(self, call: Call, _: str) -> Any:
        source, folder = call.params["from_path"], call.params["to_path"]
        node = self._node(source)
        target = folder.rstrip("/") + "/" + source.rpartition("/")[2]
        if target in self.tree and folder != (source.rpartition("/")[0] or "/"):
            raise Refusal(403, "ObjectAlreadyExists")
        if target in self.tree:
            stem, dot, extension = target.rpartition(".")
            target = f"{stem}(1){dot}{extension}" if dot else f"{target}(1)"
        self.add_file(target, node.data, **node.client)
        self._happened("file_created", target)
        return self.m(target)

    def _on_fileops_delete(self, call: Call, _: str) -> Any:
        path = call.params["path"]
        node = self._node(path)
        if node.folder and not _no(call.params.get("only_empty")) and self._children(path):
            raise Refusal(403, "FolderNotEmpty")
        answer = {**self.m(path), "deleted": True}
        self._discard(path, keep=_no(call.params.get("without_trash")))
        self._happened("folder_deleted" if node.folder else "file_deleted", path)
        return answer

    # Contents -------------------------------------------------------------------------------

    def _on_files_create(self, call: Call, _: str) -> Any:
        params = call.params
        path = params["path"]
        if _no(params.get("create_dirs", True)):
            self._check_parent(path)
        self._check_target(path, params)
        digest = params.get("checksum")
        for data in self._contents() if self.dedup and digest else []:
            if hashlib.md5(data).hexdigest() == digest and len(data) == int(params["size"]):
                self._finish(path, params, data)
                return httpx.Response(201, json=self.m(path))
        name = f"94_{next(self.numbers):032x}"
        multipart = not _no(params.get("multipart"))
        self.pending[name] = Pending(path, params, multipart=multipart)
        confirm = f"{API}/api/1/files/confirm{quote(path)}?user_id=94&temp_name={name}"
        ticket: dict[str, Any] = {"confirm_url": confirm, "parameters": [], "headers": []}
        if multipart:
            return {**ticket, **self._part(name, 1), "temp_path": name}
        if self.mode == "put":
            headers = {"x-amz-acl": "private"}
            return {**ticket, "url": f"{STORE}/put/{name}", "method": "put", "headers": headers}
        return {
            **ticket,
            "url": f"{STORE}/form",
            "method": "POST",
            "parameters": {"key": name, "policy": "BASE64", "Content-Type": "text/x"},
            "headers": {"Content-Type": "application/octet-stream"},
        }

    def _on_files_create_part(self, call: Call, _: str) -> Any:
        if call.params["temp_path"] not in self.pending:
            raise Refusal(404, "TempFileNotFound")
        return self._part(call.params["temp_path"], int(call.params["part_num"]))

    def _part(self, name: str, number: int) -> dict[str, Any]:
        return {"url": f"{STORE}/part/{name}/{number}", "method": "PUT", "headers": {}}

    def _on_files_confirm(self, call: Call, path: str) -> Any:
        pending = self.pending.get(call.params["temp_name"])
        data = self._joined(pending) if pending is not None else None
        if pending is None or data is None:
            raise Refusal(404, "TempFileNotFound")
        self._check_target(path, pending.params)
        if len(data) != int(pending.params["size"]):
            raise Refusal(400, "SizeMismatch")
        if pending.params.get("checksum", hashlib.md5(data).hexdigest()) != (
            hashlib.md5(data).hexdigest()
        ):
            raise Refusal(400, "ChecksumMismatch")
        del self.pending[call.params["temp_name"]]
        self._finish(path, pending.params, data)
        return self.m(path)

    def _joined(self, pending: Pending) -> bytes | None:
        if not pending.multipart:
            return pending.data
        return b"".join(pending.parts[number] for number in sorted(pending.parts))

    def _on_files_get(self, call: Call, path: str) -> Any:
        node = self._node(path)
        number = int(call.params.get("version", node.version))
        for version, data, _ in node.history:
            if version == number and not node.folder:
                url = f"{STORE}/get/{number}?Signature=s%2Fx%3D"
                return {"url": url, "method": "GET", "version": version, "size": len(data)}
        raise Refusal(404, "NotFound")

    def _on_files_versions(self, call: Call, path: str) -> Any:
        node = self._node(path)
        skip, limit = int(call.params.get("skip", 0)), int(call.params.get("limit", 0))
        history = list(reversed(node.history))[skip : skip + limit if limit else None]
        return [
            {"id": "x", "version": v, "timestamp": when / 1000, "content": {"size": len(data)}}
            for v, data, when in history
        ]

    def _on_files_restore(self, call: Call, _: str) -> Any:
        path = call.params["path"]
        node = self._node(path)
        for version, data, _when in list(node.history):
            if version == int(call.params["version"]):
                self._write(node, data)
                self._happened("file_version_restored", path)
                return self.m(path)
        raise Refusal(404, "NotFound")

    def _store(self, call: Call) -> httpx.Response:
        path = urlsplit(str(call.request.url)).path
        headers = call.request.headers
        assert "chunked" not in headers.get("transfer-encoding", "")
        if call.method == "GET":
            return self._download(call, int(path.rpartition("/")[2]))
        assert int(headers["content-length"]) == len(call.body)
        if call.method == "POST":
            fields, data = parse_form(headers["content-type"], call.body)
            self.pending[dict(fields)["key"]].data = data
            return httpx.Response(201, content=b"<xml/>")
        _, kind, name, *number = path.split("/")
        if name not in self.pending:
            return httpx.Response(403)
        if kind == "part":
            self.pending[name].parts[int(number[0])] = call.body
        else:
            self.pending[name].data = call.body
        return httpx.Response(200)

    def _download(self, call: Call, number: int) -> httpx.Response:
        for node in self.tree.values():
            for version, data, _ in node.history:
                if version == number:
                    match = re.fullmatch(r"bytes=(\d+)-(\d+)", call.request.headers["range"])
                    assert match is not None
                    start, stop = int(match[1]), int(match[2]) + 1
                    told = {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"}
                    return streamed(206, data[start:stop], told)
        return httpx.Response(403)

    # Trash, tasks, events, account ------------------------------------------------------------

    def _on_trash(self, call: Call, _: str) -> Any:
        page, last = self._page(call, list(self.bin))
        content = []
        for name in page:
            path, nodes, when = self.bin[name]
            node = nodes[path]
            item = {**self.node_m(path, node), "name": name, "restore_path": path}
            del item["path"]
            content.append({**item, "modified": when, "deleted": True})
        return {"content": content, "is_last_page": last, "hash": str(len(self.bin))}

    def _on_trash_restore(self, _call: Call, name: str) -> Any:
        if name[1:] not in self.bin:
            raise Refusal(404, "NotFound")
        path, nodes, _ = self.bin[name[1:]]
        if path in self.tree:
            raise Refusal(403, "ObjectAlreadyExists")
        del self.bin[name[1:]]
        self.tree.update(nodes)
        self._happened("file_undeleted", path)
        return self._task({"success": 1, "failed": 0, "nodes": [{**self.m(path)}]})

    def _on_trash_clear(self, call: Call, _: str) -> Any:
        names = call.params.get("paths", list(self.bin))
        if call.params.get("paths") == [] or "path" in call.params:
            raise Refusal(400, "InvalidParameters")
        nodes = [
            {"name": name, "error_code": None if self.bin.pop(name, None) else 404}
            for name in names
        ]
        failed = sum(node["error_code"] is not None for node in nodes)
        return self._task({"success": len(nodes) - failed, "failed": failed, "nodes": nodes})

    def _task(self, result: dict[str, Any]) -> Any:
        name = f"task-{next(self.numbers)}"
        self.tasks[name] = (trio.current_time() + self.task_delay, result)
        return {"taskid": name}

    def _on_task(self, _call: Call, name: str) -> Any:
        if name[1:] not in self.tasks:
            raise Refusal(404, "TaskNotFound")
        when, result = self.tasks[name[1:]]
        if trio.current_time() < when:
            return httpx.Response(404, json={"progress": 56})
        return result

    def _on_events(self, call: Call, _: str) -> Any:
        skip, limit = int(call.params.get("skip", 0)), int(call.params.get("limit", 20))
        since = int(call.params.get("from_timestamp", 0))
        found = [event for event in reversed(self.events) if event["timestamp"] >= since]
        return found[skip : skip + min(limit, 100)]

    def _on_accounts_get(self, _call: Call, _: str) -> Any:
        used = sum(len(node.data) for node in self.tree.values())
        return {"storage_size": used, "quota_size": 500, "hard_quota_size": 1000}

    def _on_accounts_logout(self, _call: Call, _: str) -> Any:
        self.token = "another"
        return httpx.Response(200)

    # The tree ---------------------------------------------------------------------------------

    def m(self, path: str) -> dict[str, Any]:
        """The metadata object of what is at *path*."""
        return self.node_m(path, self.tree[path])

    def node_m(self, path: str, node: Node) -> dict[str, Any]:
        m: dict[str, Any] = {
            "path": path,
            "folder": node.folder,
            "bytes": len(node.data),
            "size": f"{len(node.data)} bytes",
            "version": node.version,
            "created": node.created,
            "modified": node.modified,
            "client_data": node.client,
            "role": "owner",
            "public_hash": "",
        }
        if not node.folder:
            m["checksum"] = hashlib.md5(node.data).hexdigest() if self.checksums else None
        return m

    def _node(self, path: str) -> Node:
        if path not in self.tree:
            raise Refusal(404, "NotFound")
        return self.tree[path]

    def _children(self, folder: str) -> list[str]:
        start = folder.rstrip("/") + "/"
        return sorted(
            p for p in self.tree if p.startswith(start) and "/" not in p[len(start) :] and p != "/"
        )

    def _page(self, call: Call, everything: list[str]) -> tuple[list[str], bool]:
        offset, limit = int(call.params.get("offset", 0)), int(call.params.get("limit", 0))
        limit = min(limit or self.page_cap, self.page_cap)
        return everything[offset : offset + limit], offset + limit >= len(everything)

    def _check_parent(self, path: str) -> None:
        parent = path.rpartition("/")[0] or "/"
        if not self._node(parent).folder:
            raise Refusal(405, "NotADirectory")

    def _check_target(self, path: str, params: dict[str, Any]) -> None:
        node = self.tree.get(path)
        if node is not None and (node.folder or _no(params.get("overwrite"))):
            raise Refusal(409, "ObjectAlreadyExists")
        if params.get("version") and (node is None or node.version != int(params["version"])):
            raise Refusal(403, "VersionMismatch")

    def _finish(self, path: str, params: dict[str, Any], data: bytes) -> None:
        known = path in self.tree
        node = self.tree[path] if known else self.add_file(path)
        if not known:
            node.history.clear()
        node.client = {k: int(params[k]) for k in ("created", "modified") if params.get(k)}
        self._write(node, data)
        self._happened("file_new_content" if known else "file_created", path)

    def _write(self, node: Node, data: bytes) -> None:
        node.data, node.version, node.modified = data, next(self.clock), next(self.clock)
        node.history.append((node.version, data, node.modified))

    def _relocate(self, source: str, target: str) -> None:
        moved = {p: n for p, n in self.tree.items() if p == source or p.startswith(source + "/")}
        for path in moved:
            del self.tree[path]
        self.tree.update({target + path[len(source) :]: node for path, node in moved.items()})
        node = self.tree[target]
        if not node.folder and source != target:
            node.version = next(self.clock)
            node.history = [(node.version, node.data, node.modified)]

    def _discard(self, path: str, *, keep: bool = True) -> None:
        gone = {p: n for p, n in self.tree.items() if p == path or p.startswith(path + "/")}
        for each in gone:
            del self.tree[each]
        if keep:
            self.bin[f"trash{next(self.numbers)}"] = (path, gone, next(self.clock))

    def _contents(self) -> list[bytes]:
        nodes = [*self.tree.values()]
        for _, binned, _when in self.bin.values():
            nodes.extend(binned.values())
        return [data for node in nodes for _, data, _ in node.history]

    def _happened(self, kind: str, path: str, **more: Any) -> None:
        stamp = next(self.clock)
        self.events.append({"type": kind, "timestamp": stamp, "path": path, **more})


PREFIXES = (
    "metadata/",
    "files/confirm/",
    "files/get/",
    "files/versions/",
    "trash/restore/",
    "task/",
)


def streamed(status: int, data: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """An answer whose body is still to come, as from a network."""

    async def body() -> AsyncIterator[bytes]:
        yield data

    told = {"Content-Length": str(len(data)), **(headers or {})}
    return httpx.Response(status, headers=told, content=body())


def parse_form(content_type: str, body: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Fields of a multipart form in their order, and the bytes of its last part, the file."""
    boundary = content_type.partition("boundary=")[2].encode()
    *parts, end = body.split(b"--" + boundary)
    assert parts[0] == b""
    assert end == b"--\r\n"
    fields: list[tuple[str, str]] = []
    for part in parts[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        assert name is not None
        assert value.endswith(b"\r\n")
        fields.append((name[1].decode(), value[:-2].decode("latin-1")))
    assert fields[-1][0] == "file"
    return fields[:-1], fields[-1][1].encode("latin-1")


def _no(value: Any) -> bool:
    return value in {None, False, "0", "false", ""}
