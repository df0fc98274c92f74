"""A PodSpace service in memory, for these tests: written from the reference, with faults on cue.

It answers through `httpx.MockTransport`. Every request is kept in `calls`, so that a test can
look at what was sent, and in which order.
"""

import base64
import json
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import trio

from cloudfs.http.client import Http
from cloudfs.providers.podspace import PodspaceProvider, PodspaceSettings
from tests.providers.podspace.store import (
    FOLDER,
    ROOT_HASH,
    Node,
    Pending,
    Refusal,
    Store,
    bad_request,
    not_found,
    split,
)

HOST = "https://pod.test"
API = f"{HOST}/api"


@dataclass
class Call:
    """One request as it came."""

    key: str  # of the operation, as the reference calls it
    method: str
    path: str  # with its query
    query: dict[str, str]
    request: httpx.Request
    body: bytes
    places: tuple[str, ...] = ()

    @property
    def form(self) -> dict[str, tuple[str | None, bytes]]:
        """The parts of a form: file name and bytes by the part's name."""
        kind = self.request.headers.get("content-type", "")
        if "multipart" not in kind:
            return {}
        message = BytesParser(policy=HTTP).parsebytes(
            f"Content-Type: {kind}\r\n\r\n".encode() + self.body
        )
        found = {}
        for part in message.iter_parts():  # type: ignore[attr-defined]
            header = self.body.split(b'name="', 1)[1]
            name = part.get_param("name", header="content-disposition")
            raw = re.search(rb'filename="([^"]*)"', header)
            found[name] = (raw[1].decode() if raw else None, self._payload())
        return found

    def _payload(self) -> bytes:
        boundary = self.request.headers["content-type"].partition("boundary=")[2].encode()
        inner = self.body.split(b"\r\n\r\n", 1)[1]
        return inner.rpartition(b"\r\n--" + boundary)[0]


Answer = httpx.Response | Exception

ROUTES = [
    ("auth.otp.handshake", "POST", "/oauth2/otp/handshake"),
    ("auth.otp.authorize", "POST", "/oauth2/otp/authorize"),
    ("auth.otp.verify", "POST", "/oauth2/otp/verify"),
    ("auth.refresh", "GET", "/oauth2/refresh"),
    ("auth.logout", "DELETE", "/oauth2/token"),
    ("quota", "GET", "/me/status"),
    ("user.me", "GET", "/me"),
    ("plan.mine", "GET", "/plan"),
    ("batch", "POST", "/batch"),
    ("folder.list", "GET", "/folders/*/children"),
    ("quota.check", "GET", "/folders/*/check/upload"),
    ("folder.size", "GET", "/folders/*/size"),
    ("folder.create", "POST", "/folders"),
    ("search", "GET", "/files/search"),
    ("file.upload_url", "POST", "/files/url"),
    ("archive.create", "POST", "/files/archive"),
    ("file.tus_create", "POST", "/files/resumable_upload"),
    ("file.tus_replace", "POST", "/files/resumable_replace"),
    ("file.tus_chunk", "PATCH", "/files/resumable_*/*"),
    ("file.tus_offset", "HEAD", "/files/resumable_*/*"),
    ("file.tus_end", "DELETE", "/files/resumable_*/*"),
    ("file.tus_info", "GET", "/files/uploaded_file_info/*"),
    ("version.restore", "PATCH", "/files/versions/*"),
    ("entry.stat", "GET", "/files/*/detail"),
    ("entry.exist", "GET", "/files/*/exist"),
    ("entry.rename", "PUT", "/files/*/rename"),
    ("entry.move", "PUT", "/files/*/move"),
    ("entry.copy", "PUT", "/files/*/copy"),
    ("share.create_private", "POST", "/files/*/share"),
    ("share.create_public", "POST", "/files/*/public"),
    ("share.password", "PUT", "/files/*/shares/password"),
    ("share.list", "GET", "/files/*/shares"),
    ("version.list", "GET", "/files/*/versions"),
    ("activity.entry", "GET", "/files/*/activities"),
    ("entry.address", "GET", "/files/*/breadcrumb"),
    ("entry.post", "GET", "/files/*/post"),
    ("file.thumbnail", "GET", "/files/*/thumbnail"),
    ("archive.extract", "POST", "/files/*/extract"),
    ("file.upload", "POST", "/files"),
    ("file.replace", "PUT", "/files/*"),
    ("file.get", "GET", "/files/*"),
    ("entry.trash", "DELETE", "/files/*"),
    ("trash.restore", "PUT", "/trashes/*/restore"),
    ("trash.wipe", "DELETE", "/trashes/*"),
    ("trash.wipe_all", "DELETE", "/trashes"),
    ("trash.list", "GET", "/trashes"),
    ("share.delete", "DELETE", "/shares/*"),
    ("share.with_me", "GET", "/shares"),
    ("activity.recent", "GET", "/activities"),
    ("mark.add", "POST", "/bookmarks"),
    ("mark.remove", "DELETE", "/bookmarks"),
    ("mark.list", "GET", "/bookmarks"),
    ("org.list", "GET", "/teams"),
]

_MATCHERS = [
    (key, method, re.compile(re.escape(path).replace(r"\*", "([^/]+)")))
    for key, method, path in ROUTES
]

TEXTS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    500: "Internal Server Error",
    507: "Insufficient Storage",
}


@dataclass
class FakePodspace(Store):
    """The service. Change the attributes to make it another one."""

    page_cap: int = 100
    on_duplicate: str = "error"
    reject_empty: bool = False
    legacy_errors: bool = False
    no_error_code: bool = False
    tells_root: bool = True
    tells_count: bool = True
    tells_entities: bool = True  # in answers to changes
    forgets_finished: bool = False  # uploads that have become files
    offers_batch: bool = True
    ignores_range: bool = False
    made_after: int = 0  # questions before a finished upload is a file
    quota: int | None = None
    token_uses: int | None = None
    descending: bool = True  # what desc=true means for activities
    failing: set[str] = field(default_factory=set)  # hashes that moves and copies fail for

    def __post_init__(self) -> None:
        duplicate = self.on_duplicate
        Store.__init__(self)
        self.on_duplicate = duplicate
        self.calls: list[Call] = []
        self.faults: dict[str, deque[tuple[str, Answer | None]]] = defaultdict(deque)
        self.disturb: Callable[[int], str] | None = None
        self._undisturbed = 0
        self.was_disturbed = False
        self.tokens: dict[str, int] = {"9c1e": 0}
        self.refreshes = {"71aa"}
        self.issued = 0
        self.lifetime = 900
        self.uploads: dict[str, Pending] = {}
        self.shares: dict[str, dict[str, Any]] = {}
        self.with_me: list[dict[str, Any]] = []
        self.teams: list[dict[str, Any]] = []
        self.before: dict[str, Callable[[], None]] = {}  # what happens just before an operation

    # What a test does ---------------------------------------------------------------------

    def provider(self, notes: dict[str, str] | None = None, **settings: Any) -> PodspaceProvider:
        """A client of this service."""
        given = {"url": API, "token": "9c1e", "refresh_token": "71aa", **settings}
        return PodspaceProvider(
            PodspaceSettings(**given), http=self.http(), notes={} if notes is None else notes
        )

    def http(self) -> Http:
        return Http(transport=httpx.MockTransport(self.handle))

    def fail(self, key: str, answer: Answer) -> None:
        """The next request for *key* is answered so, and not carried out."""
        self.faults[key].append(("instead", answer))

    def lose_answer(self, key: str) -> None:
        """The next request for *key* is carried out, and the connection breaks."""
        self.faults[key].append(("after", httpx.ReadError("broken")))

    def break_before(self, key: str) -> None:
        """The connection breaks in the next request for *key*, which is not carried out."""
        self.faults[key].append(("instead", httpx.ReadError("broken")))

    def skip(self, key: str) -> None:
        """The next request for *key* is carried out as usual; later faults come after it."""
        self.faults[key].append(("pass", None))

    def asked(self) -> list[str]:
        """What was asked for, in order."""
        return [call.key for call in self.calls]

    def of(self, key: str) -> list[Call]:
        return [call for call in self.calls if call.key == key]

    def disturbed_by(self, disturb: Callable[[int], str]) -> None:
        """From now on *disturb* says what happens to each request, given its number from 0.

        "pass", "break" or "down" before it is carried out, "fail" instead, "lose" its answer.
        """
        self._undisturbed = len(self.calls)
        self.disturb = disturb

    # The wire -------------------------------------------------------------------------------

    async def handle(self, request: httpx.Request) -> httpx.Response:
        body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
        call = self._call(request, body)
        self.calls.append(call)
        await trio.lowlevel.checkpoint()
        when, fault = self._fault(call)
        if when == "instead":
            if isinstance(fault, Exception):
                raise fault
            assert fault is not None
            return fault
        answer = self._answer(call)
        if when == "after":
            assert isinstance(fault, Exception)
            raise fault
        return answer

    def _fault(self, call: Call) -> tuple[str, Answer | None]:
        if self.disturb is not None:
            what = self.disturb(len(self.calls) - self._undisturbed - 1)
            self.was_disturbed = self.was_disturbed or what != "pass"
            faults: dict[str, tuple[str, Answer | None]] = {
                "pass": ("pass", None),
                "down": ("instead", httpx.ConnectError("no route")),
                "break": ("instead", httpx.ReadError("broken")),
                "fail": ("instead", httpx.Response(500, json={"status": 500, "errorCode": 999})),
                "lose": ("after", httpx.ReadError("broken")),
            }
            return faults[what]
        waiting = self.faults[call.key]
        return waiting.popleft() if waiting else ("pass", None)

    def _call(self, request: httpx.Request, body: bytes) -> Call:
        target = request.url.raw_path.decode()
        path, _, query = target.removeprefix("/api").partition("?")
        params = dict(parse_qsl(query, keep_blank_values=True))
        assert f"{request.url.scheme}://{request.url.host}" == HOST, request.url
        assert "//" not in path
        for key, method, pattern in _MATCHERS:
            if method == request.method and (match := pattern.fullmatch(path)):
                places = tuple(unquote(place) for place in match.groups())
                return Call(key, method, target, params, request, body, places)
        raise AssertionError(f"an unknown request: {request.method} {target}")

    def _answer(self, call: Call) -> httpx.Response:
        try:
            if not call.key.startswith(("auth.otp", "auth.refresh")):
                self._authorise(call.request.headers.get("authorization", ""))
            if (happens := self.before.pop(call.key, None)) is not None:
                happens()
            result = getattr(self, "do_" + call.key.replace(".", "_"))(call)
        except Refusal as refusal:
            return self.refused(refusal)
        if isinstance(result, httpx.Response):
            return result
        return httpx.Response(200, json=self.envelope(result))

    def envelope(self, result: Any) -> dict[str, Any]:
        enveloped = {"status": 200, "path": "/api", "reference": "a1", "timestamp": "2024"}
        return enveloped if result is None else {**enveloped, "result": self.told(result)}

    def refused(self, refusal: Refusal) -> httpx.Response:
        body: dict[str, Any] = {
            "status": refusal.status,
            "error": TEXTS.get(refusal.status, "Error"),
            "message": refusal.symbol,
            "errorCode": refusal.code,
            "hasError": True,
        }
        if refusal.result is not None:
            body["result"] = self.told(refusal.result)
        if self.no_error_code:
            del body["errorCode"], body["hasError"], body["message"]
        return httpx.Response(200 if self.legacy_errors else refusal.status, json=body)

    def _authorise(self, header: str) -> None:
        kind, _, token = header.partition(" ")
        if kind != "Bearer" or token not in self.tokens:
            raise Refusal(401, 21, "INVALID_TOKEN")
        self.tokens[token] += 1
        if self.token_uses is not None and self.tokens[token] > self.token_uses:
            del self.tokens[token]
            raise Refusal(401, 21, "INVALID-TOKEN")

    # Describing -----------------------------------------------------------------------------

    def told(self, value: Any) -> Any:
        """*value* with all entries described."""
        if isinstance(value, Node):
            return self.entity(value)
        if isinstance(value, dict):
            return {key: self.told(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.told(inner) for inner in value]
        return value

    def entity(self, node: Node) -> dict[str, Any]:
        stem, extension = (node.name, "") if node.folder else split(node.name)
        user = {"username": "sara", "name": "Sara", "ssoId": 42, "roles": []}
        return {
            "hash": node.hash,
            "name": stem,
            "extension": extension,
            "type": FOLDER if node.folder else "text/plain",
            "size": 0 if node.folder else len(node.data),
            "parentHash": node.parent,
            "created": node.created,
            "updated": node.updated,
            "version": 0 if node.folder else node.version,
            "thumbnail": "",
            "attributes": [],
            "owner": user,
            "uploader": user,
            **({"isBookmarked": True} if node.marked else {}),
            **({"accessLevel": node.level} if node.level else {}),
        }

    def page(self, items: list[Any], call: Call) -> dict[str, Any]:
        start, size = int(call.query["start"]), min(int(call.query["size"]), self.page_cap)
        page: dict[str, Any] = {"list": items[start : start + size]}
        if self.tells_count:
            page["count"] = len(items)
        return page

    def _made(self, node: Node) -> Node | None:
        return node if self.tells_entities else None

    # Session --------------------------------------------------------------------------------

    def issue(self) -> dict[str, Any]:
        self.issued += 1
        token, refresh = f"token{self.issued}", f"refresh{self.issued}"
        self.tokens[token] = 0
        self.refreshes.add(refresh)
        return {
            "access_token": token,
            "refresh_token": refresh,
            "expires_in": self.lifetime,
            "token_type": "Bearer",
        }

    def do_auth_otp_handshake(self, call: Call) -> Any:
        fields = dict(parse_qsl(call.body.decode()))
        assert set(fields) == {
            *("deviceUID", "deviceName", "deviceOs", "deviceOsVersion", "deviceType")
        }
        return {"keyId": "key-1"}

    def do_auth_otp_authorize(self, call: Call) -> Any:
        if call.request.headers.get("keyid") != "key-1":
            raise bad_request()
        return {"identity": "09", "type": "PHONE_NUMBER", "expires_in": 120, "user_id": 1}

    def do_auth_otp_verify(self, call: Call) -> Any:
        fields = dict(parse_qsl(call.body.decode()))
        right = fields == {"identity": "09120000000", "otp": "123456"}
        if call.request.headers.get("keyid") != "key-1" or not right:
            raise bad_request()
        return self.issue()

    def do_auth_refresh(self, call: Call) -> Any:
        assert "authorization" not in call.request.headers
        if call.query["refreshToken"] not in self.refreshes:
            raise Refusal(401, 21, "INVALID_TOKEN")
        return self.issue()

    def do_auth_logout(self, call: Call) -> Any:
        self.tokens.pop(call.query["token"], None)
        self.refreshes.discard(call.query["token"])
        return True

    def do_user_me(self, _call: Call) -> Any:
        return {"username": "sara", "name": "Sara", "ssoId": 42, "roles": []}

    # Entries --------------------------------------------------------------------------------

    def do_folder_list(self, call: Call) -> Any:
        folder = self.folder(call.places[0])
        page = self.page(list(self.children(folder.hash)), call)
        if folder.hash != ROOT_HASH or self.tells_root:
            page["entity"] = folder
            if call.query.get("breadcrumb") == "true":
                page["breadcrumb"] = [{"hash": folder.hash, "name": folder.name}]
        return page

    def do_entry_stat(self, call: Call) -> Any:
        found = self.version(call.places[0])
        if found is None:
            return self.get(call.places[0])
        node, at = found
        _, number, data, created = node.contents[at]
        version = {"hash": call.places[0], "version": number, "size": len(data), "updated": created}
        return {**self.entity(node), **version}

    def do_entry_exist(self, call: Call) -> Any:
        try:
            folder = self.folder(call.places[0])
        except Refusal:
            raise bad_request() from None
        return self.child(folder.hash, call.query["fileName"])

    def do_folder_create(self, call: Call) -> Any:
        parent = self.folder(call.query["parentHash"])
        return self._made(self.make(parent, call.query["name"]))

    def do_file_upload(self, call: Call) -> Any:
        name, data = call.form["file"]
        assert name is not None
        if self.reject_empty and not data:
            raise Refusal(400, 200, "FILE_NOT_ATTACHED")
        self._check_room(len(data))
        return self._made(self.put(self.folder(call.query["folderHash"]), name, data))

    def do_file_replace(self, call: Call) -> Any:
        if self.version(call.places[0]) is not None:
            raise Refusal(400, 205, "NOT_ORIGNAL_FILE")
        node = self.get(call.places[0])
        data = call.form["file"][1]
        if self.reject_empty and not data:
            raise Refusal(400, 200, "FILE_NOT_ATTACHED")
        self._check_room(len(data))
        self.write(node, data)
        return self._made(node)

    def _check_room(self, size: int) -> None:
        if self.quota is not None and size > self.quota:
            raise Refusal(507, 206, "NO_SPACE_FOR_SAVING")

    def do_entry_rename(self, call: Call) -> Any:
        node = self.get(call.places[0])
        name = call.form["newName"][1].decode()
        self.check_name(name)
        taken = self.child(node.parent, name)
        if taken is not None and taken is not node:
            raise Refusal(409, 208, "DUPLICATE_NAME_FILE", taken)
        if node.name != name:
            node.name = name
            node.updated = next(self.clock)
            self.happened(node, "RENAME")
        return self._made(node)

    def do_entry_move(self, call: Call) -> Any:
        return self._transplanted(call, self.move)

    def do_entry_copy(self, call: Call) -> Any:
        return self._transplanted(call, self.copy)

    def _transplanted(self, call: Call, how: Callable[[Node, Node], Any]) -> Any:
        node, parent = self.get(call.places[0]), self.folder(call.query["destFolderHash"])
        if not self.transplant(node, parent) or node.hash in self.failing:
            failed = [{"hash": node.hash, "name": node.name}]
            kind = "folders" if node.folder else "files"
            return {"files": [], "folders": [], kind: failed}
        how(node, parent)
        return {"files": [], "folders": []}

    def do_batch(self, call: Call) -> Any:
        if not self.offers_batch:
            raise Refusal(404, 0, "no such thing")
        results = []
        for operation in json.loads(call.body)["operations"]:
            request = httpx.Request(
                operation["method"], API + operation["url"], headers=operation["headers"]
            )
            answer = self._answer(self._call(request, b""))
            results.append(
                {
                    "payload": operation["payload"],
                    "status": answer.status_code,
                    "body": answer.text,
                }
            )
        return httpx.Response(200, json={"results": results})

    def do_entry_trash(self, call: Call) -> Any:
        return self.trash(call.places[0])

    def do_trash_list(self, call: Call) -> Any:
        return self.page(list(self.trashed()), call)

    def do_trash_restore(self, call: Call) -> Any:
        return self.restore(call.places[0])

    def do_trash_wipe(self, call: Call) -> Any:
        return self.wipe(call.places[0])

    def do_trash_wipe_all(self, _call: Call) -> Any:
        wiped = len(self.trashed())
        self.bin.clear()
        return wiped

    # Contents -------------------------------------------------------------------------------

    def do_file_tus_create(self, call: Call) -> Any:
        return self._begun(call, "resumable_upload")

    def do_file_tus_replace(self, call: Call) -> Any:
        return self._begun(call, "resumable_replace")

    def _begun(self, call: Call, kind: str) -> httpx.Response:
        headers = call.request.headers
        assert headers["tus-resumable"] == "1.0.0"
        pairs = (pair.split(" ") for pair in headers["upload-metadata"].split(","))
        told = {name: base64.b64decode(value).decode() for name, value in pairs}
        length = int(headers["upload-length"])
        self._check_room(length)
        if "hash" in told:
            self.get(told["hash"])
        else:
            self.check_name(told["fileFullName"])
            taken = self.child(
                self.folder(told.get("folderHash", "ROOT")).hash, told["fileFullName"]
            )
            if taken is not None and self.on_duplicate == "error":
                raise Refusal(409, 203, "FILE_ALREADY_EXISTS", taken)
        key = f"u-{len(self.uploads)}"
        self.uploads[key] = Pending(length, told)
        self._finish(self.uploads[key])
        location = f"{API}/files/{kind}/{key}"
        return httpx.Response(201, headers={"Location": location, "Tus-Resumable": "1.0.0"})

    def _finish(self, pending: Pending) -> None:
        if len(pending.data) < pending.length or pending.made or pending.refusal:
            return
        try:
            if "hash" in pending.told:
                pending.made = self.get(pending.told["hash"])
                self.write(pending.made, pending.data)
            else:
                folder = self.folder(pending.told.get("folderHash", "ROOT"))
                pending.made = self.put(folder, pending.told["fileFullName"], pending.data)
        except Refusal as refusal:
            pending.refusal = refusal

    def do_file_tus_chunk(self, call: Call) -> Any:
        pending = self._pending(call)
        assert call.request.headers["content-type"] == "application/offset+octet-stream"
        if pending is None:
            return httpx.Response(404)
        if int(call.request.headers["upload-offset"]) != len(pending.data):
            return httpx.Response(409)
        pending.data += call.body
        self._finish(pending)
        return httpx.Response(204, headers={"Upload-Offset": str(len(pending.data))})

    def do_file_tus_offset(self, call: Call) -> Any:
        pending = self._pending(call)
        if pending is None:
            return httpx.Response(404)
        told = {"Upload-Offset": str(len(pending.data)), "Upload-Length": str(pending.length)}
        return httpx.Response(200, headers=told)

    def do_file_tus_end(self, call: Call) -> Any:
        self.uploads.pop(call.places[1], None)
        return httpx.Response(204)

    def _pending(self, call: Call) -> Pending | None:
        pending = self.uploads.get(call.places[1])
        if pending is not None and pending.made is not None and self.forgets_finished:
            return None
        return pending

    def do_file_tus_info(self, call: Call) -> Any:
        pending = self.uploads.get(call.places[0])
        if pending is None:
            raise not_found()
        if pending.refusal is not None:
            raise pending.refusal
        if pending.made is None:
            raise not_found()
        if self.made_after:
            self.made_after -= 1
            raise not_found()
        return pending.made

    def do_file_get(self, call: Call) -> Any:
        found = self.version(call.places[0])
        node = found[0] if found else self.get(call.places[0])
        if node.folder:
            raise bad_request()
        data = node.contents[found[1]][2] if found else node.data
        headers = {"Accept-Ranges": "bytes", "Content-Disposition": 'attachment; filename="x"'}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", call.request.headers.get("range", ""))
        self.happened(node, "DOWNLOAD")
        if wanted is None or self.ignores_range:
            return httpx.Response(200, headers=headers, stream=Stream(data))
        start, stop = int(wanted[1]), int(wanted[2]) + 1
        if start >= len(data):
            return httpx.Response(416)
        part = data[start:stop]
        headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        return httpx.Response(206, headers=headers, stream=Stream(part))

    def do_version_list(self, call: Call) -> Any:
        node = self.get(call.places[0])
        if node.folder:
            raise bad_request()
        if len(node.contents) < 2:
            return []
        return [
            {"hash": own, "version": number, "size": len(data), "created": created}
            for own, number, data, created in node.contents
        ]

    def do_version_restore(self, call: Call) -> Any:
        found = self.version(call.places[0])
        if found is None:
            raise not_found()
        node, at = found
        self.write(node, node.contents[at][2])
        return node

    # What goes with files -------------------------------------------------------------------

    def do_quota(self, _call: Call) -> Any:
        used = sum(len(node.data) for node in self.nodes.values() if node.contents)
        return {"storageLimit": 1000, "storageUsage": used, "plan": {"title": "Free"}}

    def do_plan_mine(self, _call: Call) -> Any:
        return {"title": "Free", "versions": 5}

    def do_quota_check(self, call: Call) -> Any:
        room = self.quota is None or int(call.query["size"]) <= self.quota
        return {"canUpload": room}

    def do_folder_size(self, call: Call) -> Any:
        files = [n for n in self.below(self.folder(call.places[0])) if not n.folder]
        return {"size": sum(len(n.data) for n in files), "count": len(files)}

    def do_entry_post(self, _call: Call) -> Any:
        return 17

    def do_entry_address(self, call: Call) -> Any:
        steps, node = [], self.get(call.places[0])
        while node is not None:
            steps.append({"hash": node.hash, "name": node.name, "parentHash": node.parent})
            node = self.nodes.get(node.parent)  # type: ignore[assignment]
        return steps

    def do_activity_entry(self, call: Call) -> Any:
        self.get(call.places[0])
        return [{"kind": "UPLOAD", "created": 1_700_000_200_000}]

    def do_activity_recent(self, call: Call) -> Any:
        items = [
            {
                "reference": "FOLDER" if node.folder else "FILE",
                "kind": kind,
                "created": when,
                "entity": node,
            }
            for hash_, kind, when in self.activities
            if (node := self.nodes.get(hash_) or self.bin.get(hash_)) is not None
        ]
        if (call.query["desc"] == "true") == self.descending:
            items.reverse()
        return self.page(items, call)

    def do_file_thumbnail(self, call: Call) -> Any:
        if not self.get(call.places[0]).name.endswith(".png"):
            raise not_found()
        return httpx.Response(200, headers={"Content-Type": "image/png"}, content=b"\x89PNG")

    def do_search(self, call: Call) -> Any:
        if "after" in call.query and not re.fullmatch(r"\d{4}-\d\d-\d\d", call.query["after"]):
            raise Refusal(400, 103, "INVALID_DATE_FORMAT")
        words = call.query.get("words", "").lower()
        return self.page([n for n in self.paths().values() if words in n.name.lower()], call)

    def do_mark_add(self, call: Call) -> Any:
        return self._marked(call, wanted=True)

    def do_mark_remove(self, call: Call) -> Any:
        return self._marked(call, wanted=False)

    def _marked(self, call: Call, *, wanted: bool) -> int:
        node = self.nodes.get(call.query["hash"])
        if node is None or (not wanted and not node.marked):
            return 0
        node.marked = wanted
        return 1

    def do_mark_list(self, call: Call) -> Any:
        return self.page([n for n in self.nodes.values() if n.marked], call)

    def do_share_create_private(self, call: Call) -> Any:
        node = self.get(call.places[0])
        return [
            self._share(node, "PRIVATE", call, person={"username": person})
            for person in call.query["persons"].split(",")
        ]

    def do_share_create_public(self, call: Call) -> Any:
        node = self.get(call.places[0])
        for share in self.shares.values():
            if share["entity"] is node and share["type"] == "PUBLIC":
                raise Refusal(409, 204, "FOLDER_SHARE_BEFORE", share)
        return [self._share(node, "PUBLIC", call)]

    def _share(self, node: Node, kind: str, call: Call, **more: Any) -> dict[str, Any]:
        share = {
            "hash": f"S{next(self.numbers):019}",
            "type": kind,
            "level": call.query.get("level", "VIEW"),
            "entityType": "FOLDER" if node.folder else "FILE",
            "entity": node,
            "expiration": call.query.get("expiration"),
            "hasPassword": False,
            **more,
        }
        self.shares[share["hash"]] = share
        return share

    def do_share_password(self, call: Call) -> Any:
        password = call.form["password"][1].decode()
        for share in self.shares.values():
            if share["entity"].hash == call.places[0] and share["type"] == "PUBLIC":
                share["hasPassword"] = True
                share["password"] = password
                return True
        raise bad_request()

    def do_share_list(self, call: Call) -> Any:
        node: Node | None = self.get(call.places[0])
        found = []
        while node is not None:
            found += [s for s in self.shares.values() if s["entity"] is node]
            node = self.nodes.get(node.parent)
        return found

    def do_share_delete(self, call: Call) -> Any:
        if self.shares.pop(call.places[0], None) is None:
            raise Refusal(404, 78, "OBJECT_NOT_FOUND")
        return True

    def do_share_with_me(self, call: Call) -> Any:
        return self.page(self.with_me, call)

    def do_org_list(self, _call: Call) -> Any:
        return self.teams

    def do_file_upload_url(self, call: Call) -> Any:
        folder = self.folder(call.query["folderHash"])
        return self._made(
            self.put(folder, self.free_name(folder, call.query["filename"]), b"fetched")
        )

    def do_archive_create(self, call: Call) -> Any:
        folder = self.folder(call.query["destFolderHash"])
        data = b"zip of " + call.query["hashes"].encode()
        return self._made(self.put(folder, self.free_name(folder, call.query["name"]), data))

    def do_archive_extract(self, call: Call) -> Any:
        node, folder = self.get(call.places[0]), self.folder(call.query["destFolderHash"])
        name = split(node.name)[0] or node.name
        return self._made(self.make(folder, self.free_name(folder, name)))


class Stream(httpx.AsyncByteStream):
    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.data), 1 << 16):
            await trio.lowlevel.checkpoint()
            yield self.data[at : at + (1 << 16)]
