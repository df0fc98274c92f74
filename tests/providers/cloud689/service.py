"""A service of 689Cloud in memory, for these tests: written from the reference, faults on cue.

It answers through `httpx.MockTransport`. Every request is kept in `calls`, so that a test can
look at what was sent, and in which order.
"""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import trio

from cloudfs.http.client import Http
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloud689 import Cloud689Provider, Cloud689Settings
from tests.providers.cloud689.store import (
    TEAM,
    USER,
    Assembly,
    Node,
    Project,
    Refusal,
    Store,
    forbidden,
    invalid,
    missing,
    no_file,
    no_link,
    upload_error,
)

HOST = "https://cloud.test"
API = f"{HOST}/api"
LOGIN, PASSWORD = "ann@example.com", "password"
DIGEST = hashlib.md5(PASSWORD.encode()).hexdigest()

UNTOLD = {"user/login", "user/login/checkmail", "user/logout", "link/get"}  # need no token

EXPIRED = Refusal(401, "The token is expired", "ERR_EXPIRE_TOKEN")
UNKNOWN = Refusal(401, "Token does not exist", "ERR_TOKEN_NOT_EXIST")
INSIDE = Refusal(401, "New folder is child of moved folder", "ERR_INVALID_FOLDER")


@dataclass
class Call:
    """One request as it came."""

    name: str
    request: httpx.Request
    body: bytes
    fields: dict[str, str] = field(default_factory=dict)
    file: bytes | None = None

    def __post_init__(self) -> None:
        kind = self.request.headers.get("content-type", "")
        if self.request.method == "GET":
            self.fields = dict(parse_qsl(self.request.url.query.decode(), keep_blank_values=True))
        elif kind.startswith("multipart/form-data"):
            self._read_parts(kind.partition("boundary=")[2].encode())
        else:
            assert kind == "application/x-www-form-urlencoded;charset=UTF-8"
            self.fields = dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def _read_parts(self, boundary: bytes) -> None:
        mark = b"--" + boundary
        assert self.body.startswith(mark + b"\r\n")
        assert self.body.endswith(b"\r\n" + mark + b"--\r\n")
        inner = self.body[len(mark) + 2 : -len(mark) - 6]
        for part in inner.split(b"\r\n" + mark + b"\r\n"):
            head, _, content = part.partition(b"\r\n\r\n")
            assert self.file is None, "the part with the file has to be the last"
            name = head.partition(b'name="')[2].partition(b'"')[0].decode()
            if name == "file":
                self.file = content
            else:
                self.fields[name] = content.decode()


Answer = httpx.Response | Refusal | Exception


@dataclass
class FakeCloud689:
    """The service. Change the attributes to make it another one."""

    hours: int = -5
    mirror: bool = False  # the HTTP status is that of the error
    told_by: str = "text"  # how an error is told: by its text, its symbol, or nonsense
    ranges: bool = False
    tells_length: bool = True
    tells_disposition: bool = True
    token_uses: int | None = None
    history_allowed: bool = True
    history_cap: int | None = None
    logs_deletions: bool = True
    forgets_uploads: bool = False
    silent_upload: bool = False  # the last chunk's answer tells nothing of the file
    answers_zone: str = "user"  # of the modify_date in answers to changes
    parents_in_events: bool = True
    wrong_size: bool = False  # a byte of every upload gets lost

    def __post_init__(self) -> None:
        self.store = Store(self.hours)
        self.project = self.store.add_project("Plans")
        self.calls: list[Call] = []
        self.providers: list[Cloud689Provider] = []
        self.teams = [{"team_id": TEAM, "team_name": "ACME"}]
        self.tokens: dict[str, int] = {}
        self.issued = 0
        self.links: dict[str, dict[str, Any]] = {}
        self.licences: dict[str, dict[str, Any]] = {}
        self.encodings: dict[str, list[int]] = {}
        self.comments: list[dict[str, Any]] = []
        self.faults: dict[str, deque[tuple[str, Answer | None]]] = defaultdict(deque)
        self.before: dict[str, Callable[[], None]] = {}
        self.disturb: Callable[[int], str] | None = None
        self._undisturbed = 0
        self.downloads: list[str] = []

    # What a test does ---------------------------------------------------------------------

    def provider(self, notes: dict[str, str] | None = None, **settings: Any) -> Cloud689Provider:
        """A client of this service."""
        given = {"url": API, "username": LOGIN, "password": PASSWORD, **settings}
        provider = Cloud689Provider(
            Cloud689Settings(**given), http=self.http(), notes={} if notes is None else notes
        )
        self.providers.append(provider)
        return provider

    def http(self) -> Http:
        return Http(transport=httpx.MockTransport(self.handle))

    def top(self, project: Project | None = None) -> EntryId:
        return EntryId(f"{(project or self.project).id}:p")

    def id(self, node: Node) -> EntryId:
        return EntryId(f"{node.id}:{'d' if node.is_folder else 'f'}:{node.project}")

    async def entry(self, provider: Cloud689Provider, path: str) -> Entry:
        """The entry at a path of the first project, as the provider tells of it."""
        return await provider.stat(self.id(self.store.at(path)))

    def fail(self, name: str, answer: Answer) -> None:
        """The next request for *name* is answered so, and not carried out."""
        self.faults[name].append(("instead", answer))

    def lose_answer(self, name: str) -> None:
        """The next request for *name* is carried out, and the connection breaks."""
        self.faults[name].append(("after", httpx.ReadError("broken")))

    def break_before(self, name: str) -> None:
        """The connection breaks in the next request for *name*, which is not carried out."""
        self.faults[name].append(("instead", httpx.ReadError("broken")))

    def skip(self, name: str) -> None:
        """The next request for *name* is carried out as usual; later faults come after it."""
        self.faults[name].append(("pass", None))

    def disturbed_by(self, disturb: Callable[[int], str]) -> None:
        """From now on *disturb* says what happens to each request, given its number from 0."""
        self._undisturbed = len(self.calls)
        self.disturb = disturb

    def asked(self) -> list[str]:
        """What was asked for, in order."""
        return [call.name for call in self.calls]

    def of(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == name]

    # The wire -----------------------------------------------------------------------------

    async def handle(self, request: httpx.Request) -> httpx.Response:
        body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
        assert str(request.url).startswith(f"{API}/")
        call = Call(request.url.path.removeprefix("/api/"), request, body)
        self.calls.append(call)
        await trio.lowlevel.checkpoint()
        when, fault = self._fault(call)
        if when == "instead":
            assert fault is not None
            return self._told(fault)
        answer = self._answer(call)
        if when == "after":
            assert isinstance(fault, Exception)
            raise fault
        return answer

    def _told(self, answer: Answer) -> httpx.Response:
        if isinstance(answer, Refusal):
            return self._refused(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _fault(self, call: Call) -> tuple[str, Answer | None]:
        if self.faults[call.name]:
            return self.faults[call.name].popleft()
        if self.disturb is None:
            return "pass", None
        kind = self.disturb(len(self.calls) - 1 - self._undisturbed)
        broken = httpx.ReadError("broken")
        return {
            "pass": ("pass", None),
            "break": ("instead", broken),
            "lose": ("after", broken),
            "refuse": ("instead", forbidden()),
            "fail": ("instead", Refusal(500, "Invalid query SQL", "INVALID_QUERY_SQL")),
        }[kind]

    def _answer(self, call: Call) -> httpx.Response:
        try:
            self._check_token(call)
            if call.name in self.before:
                self.before.pop(call.name)()
            if call.name == "download":
                return self._download(call)
            result, total = self._carried_out(call)
        except Refusal as refusal:
            return self._refused(refusal)
        told: dict[str, Any] = {"status_code": 200, "total_records": total}
        if result is not None:
            told["result"] = result
        headers = {"content-type": "application/json"}
        return httpx.Response(200, content=json.dumps(told), headers=headers)

    def _carried_out(self, call: Call) -> tuple[Any, int | None]:
        operation = getattr(self, f"on_{call.name.replace('/', '_')}")
        answer = operation(call) if call.name in {"upload"} else operation(call.fields)
        return answer if isinstance(answer, tuple) else (answer, None)

    def _refused(self, refusal: Refusal) -> httpx.Response:
        told = {
            "text": {"description": refusal.text},
            "odd": {"description": f"  {refusal.text.upper().replace(' ', '  ')}. "},
            "symbol": {"description": "", "status": refusal.symbol},
            "nonsense": {"description": "Es ist ein Fehler aufgetreten"},
        }[self.told_by]
        status = refusal.code if self.mirror and 400 <= refusal.code < 501 else 200
        answer = {"result": None, "status_code": refusal.code, "total_records": None, **told}
        return httpx.Response(status, json=answer)

    def _check_token(self, call: Call) -> None:
        if call.name in UNTOLD:
            return
        token = call.fields.get("auth_token")
        if token not in self.tokens:
            raise UNKNOWN
        self.tokens[token] += 1
        if self.token_uses is not None and self.tokens[token] > self.token_uses:
            raise EXPIRED

    # Signing in ---------------------------------------------------------------------------

    def on_user_login_checkmail(self, fields: dict[str, str]) -> Any:
        if fields["email_address"] != LOGIN:
            raise Refusal(110, "User does not exist", "ERR_USER_NOT_EXIST")
        return self.teams, len(self.teams)

    def on_user_login(self, fields: dict[str, str]) -> Any:
        if fields["email_address"] != LOGIN:
            raise Refusal(110, "User does not exist", "ERR_USER_NOT_EXIST")
        if fields["password"] != DIGEST:
            raise Refusal(111, "User name or password is not correct", "ERR_USER_NOT_VALID")
        if fields["team_id"] not in {team["team_id"] for team in self.teams}:
            raise Refusal(513, "This Team does not exist", "ERR_TEAM_NOT_EXIST")
        self.issued += 1
        token = f"5e8c{self.issued}"
        self.tokens[token] = 0
        return {"session_id": token, "user_id": USER, "role_id": 1, "email_address": LOGIN}

    def on_user_logout(self, fields: dict[str, str]) -> Any:
        del self.tokens[fields["access_token"]]

    def on_user_info(self, _: dict[str, str]) -> Any:
        return {
            "user_id": USER,
            "team_id": TEAM,
            "time_zone": self.hours,
            "password_hash": DIGEST,
            "activation_code": "secret-code",
        }

    # Projects -----------------------------------------------------------------------------

    def on_project_list(self, fields: dict[str, str]) -> Any:
        rows = [
            {
                "project_id": project.id,
                "project_name": project.name,
                "owner_name": "Ann Lee",
                "create_date": self.store.user(project.at),
                "number_file": 1,
                "number_member": 2,
                "project_role_id": project.role,
            }
            for project in self.store.projects.values()
        ]
        start = int(fields["start"])
        shown = rows[start : start + int(fields["length"])]
        return {"draw": "1", "total_result": len(rows), "data": shown}

    def on_project_info(self, fields: dict[str, str]) -> Any:
        return self.store.project_object(self.store.known(fields["project_id"]))

    def on_project_create(self, fields: dict[str, str]) -> Any:
        assert fields["max_download"]
        return self.store.project_object(self.store.add_project(fields["name"]))

    def on_project_edit(self, fields: dict[str, str]) -> Any:
        project = self.store.known(fields["project_id"])
        project.name = fields["name"]
        return self.store.project_object(project)

    def on_project_delete(self, fields: dict[str, str]) -> Any:
        project = self.store.known(fields["project_id"])
        del self.store.projects[project.id]

    def on_project_comment_get(self, fields: dict[str, str]) -> Any:
        self.store.known(fields["project_id"])
        return self.comments

    # Entries ------------------------------------------------------------------------------

    def on_project_f_browse(self, fields: dict[str, str]) -> Any:
        project = self.store.known(fields["project_id"])
        if fields.get("active") == "false":
            nodes = self.store.trash(project.id)
        elif fields.get("search_global") == "true":
            key = fields["search_key"].lower()
            nodes = [
                node
                for node in self.store.nodes.values()
                if node.project == project.id and not node.deleted and key in node.name.lower()
            ]
        else:
            folder = self.store.folder(project.id, fields.get("folder_id"))
            nodes = self.store.children(project.id, None if folder is None else folder.id)
        if fields.get("folder_only") == "true":
            nodes = [node for node in nodes if node.is_folder]
        return {
            "member": [{"user_id": USER, "project_role_id": project.role, "status": 1}],
            "project": {
                "project_id": project.id,
                "name": project.name,
                "create_date": self.store.utc(project.at),
            },
            "file_info": [self.store.row(node) for node in nodes],
        }

    def on_project_f_info(self, fields: dict[str, str]) -> Any:
        project = self.store.known(fields["project_id"])
        node = self.store.nodes.get(fields["f_id"])
        if node is None or node.is_folder or node.project != project.id:
            raise no_file()
        if node.deleted and fields.get("active") != "false":
            raise no_file()
        file = self.store.file(node, self.store.utc(node.at))
        return {"file": file, "path": self.store.way(node)}

    def on_project_f_create(self, fields: dict[str, str]) -> Any:
        project = self.store.known(fields["project_id"])
        parent = fields.get("parent_folder_id")
        self.store.folder(project.id, parent)
        _check_name(fields["name"])
        node = self.store.make(project.id, parent, fields["name"])
        self._event(500, node)
        return self.store.folder_object(node)

    def on_project_f_edit(self, fields: dict[str, str]) -> Any:
        node = self.store.entry(fields)
        _check_name(fields["name"])
        self.store.tick()
        node.name = fields["name"]
        self._event(800, node)
        if node.is_folder:
            return self.store.folder_object(node)
        return self.store.file(node, self._modified(node))

    def on_project_f_move(self, fields: dict[str, str]) -> Any:
        node = self.store.entry(fields)
        parent = fields.get("new_parent_folder_id")
        folder = self.store.folder(node.project, parent)
        while folder is not None:
            if folder is node:
                raise INSIDE
            folder = self.store.nodes.get(folder.parent or "")
        self.store.tick()
        node.parent = parent
        self._event(802, node)

    def on_project_f_delete(self, fields: dict[str, str]) -> Any:
        node = self.store.entry(fields)
        self.store.delete(node)
        if self.logs_deletions:
            self._event(801, node)

    def on_project_f_restore(self, fields: dict[str, str]) -> Any:
        for node in self.store.lists(fields, binned=True):
            self.store.restore(node)
            self._event(804, node)

    def on_project_f_deleteforever(self, fields: dict[str, str]) -> Any:
        for node in self.store.lists(fields, binned=True):
            self.store.purge(node)
            self._event(803, node)

    def _event(self, kind: int, node: Node) -> None:
        parent = (node.parent or node.project) if self.parents_in_events else None
        self.store.happened(kind, node.project, node, parent=parent)

    def _modified(self, node: Node) -> str:
        zone = self.store.utc if self.answers_zone == "utc" else self.store.user
        return zone(node.at)

    # Contents -----------------------------------------------------------------------------

    def on_upload(self, call: Call) -> Any:
        fields = call.fields
        assert call.file is not None
        project = self.store.known(fields.get("project_id"))
        self.store.folder(project.id, fields.get("folder_id"))
        if "session_upload" not in fields:
            return self._stored(fields, call.file)
        key = (fields["session_upload"], fields["name"])
        if self.forgets_uploads:
            self.assemblies.pop(key, None)
        assembly = self.assemblies.setdefault(key, Assembly())
        index, chunks = int(fields["chunk"]), int(fields["chunks"])
        if index == len(assembly.chunks) - 1:
            if assembly.made is not None:
                made = self.store.nodes[assembly.made]
                return self.store.file(made, self._modified(made))
            assembly.chunks[index] = call.file
        elif index == len(assembly.chunks) and index < chunks:
            assembly.chunks.append(call.file)
        else:
            raise upload_error()
        if index < chunks - 1:
            return None
        told = self._stored(fields, b"".join(assembly.chunks))
        assembly.made = told["file_id"]
        return None if self.silent_upload else told

    @property
    def assemblies(self) -> dict[tuple[str, str], Assembly]:
        return self.store.assemblies

    def _stored(self, fields: dict[str, str], data: bytes) -> dict[str, Any]:
        _check_name(fields["file_name"])
        if self.wrong_size:
            data = data[:-1]
        node = self.store.make(
            fields["project_id"], fields.get("folder_id"), fields["file_name"], data
        )
        self._event(200, node)
        return self.store.file(node, self._modified(node))

    def on_upload_cloud(self, fields: dict[str, str]) -> Any:
        self.store.folder(fields["project_id"], fields.get("folder_id"))
        return self._stored(fields, f"from {fields['content_url']}".encode())

    def _download(self, call: Call) -> httpx.Response:
        fields = call.fields
        node = self.store.nodes.get(fields["file_id"])
        if node is None or node.project != fields["project_id"] or node.deleted or node.is_folder:
            raise no_file()
        assert (fields["download_type"], fields["require_auth"]) == ("1", "true")
        self.downloads.append(node.name)
        headers = {"content-type": "application/octet-stream"}
        if node.name.endswith(".json"):
            headers["content-type"] = "application/json"
        if self.tells_disposition:
            headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(node.name)}"
        data, status = node.data, 200
        if self.ranges and "range" in call.request.headers:
            first, _, last = call.request.headers["range"].removeprefix("bytes=").partition("-")
            headers["content-range"] = f"bytes {first}-{last}/{len(data)}"
            data, status = data[int(first) : int(last) + 1], 206
        if self.tells_length:
            headers["content-length"] = str(len(data))
        return httpx.Response(status, headers=headers, stream=Streamed(data))

    # History ------------------------------------------------------------------------------

    def on_history_project(self, fields: dict[str, str]) -> Any:
        if not self.history_allowed:
            raise forbidden()
        project = self.store.known(fields["project_id"])
        types = {int(kind) for kind in fields["history_types"].split(",")}
        found = [
            event
            for event in self.store.history
            if event["project_id"] == project.id
            and event["history_type"] in types
            and event["last_update"] > int(fields.get("last_update", 0))
        ]
        size = min(int(fields.get("page_size", 20)), self.history_cap or 10_000)
        start = int(fields.get("page_number", 0)) * size
        return found[start : start + size], len(found)

    # Links --------------------------------------------------------------------------------

    def on_link_create(self, fields: dict[str, str]) -> Any:
        self.store.known(fields["project_id"])
        link_id = self.store.new_id("1")
        self.links[link_id] = {
            "link_id": link_id,
            "link_url": f"view-link/{link_id}",
            "project_id": fields["project_id"],
            "folder_id": fields.get("folder_id"),
            "file_id": fields.get("file_id"),
            "password": fields.get("password"),
            "expiry_date": f"{fields['expiry_date']} 23:59:59" if "expiry_date" in fields else None,
            "linktype": int(fields["type_share"]),
        }
        self.store.tick()
        self.store.happened(408, fields["project_id"], link=f"view-link/{link_id}")
        return {"link": f"view-link/{link_id}", "link_id": link_id}

    def on_link_get(self, fields: dict[str, str]) -> Any:
        if fields["link_id"] not in self.links:
            raise no_link()
        return self.links[fields["link_id"]]

    def on_link_remove(self, fields: dict[str, str]) -> Any:
        if self.links.pop(fields["link_id"], None) is None:
            raise no_link()

    # Licences -----------------------------------------------------------------------------

    def on_encode_start_license(self, fields: dict[str, str]) -> Any:
        for own in fields["file_ids"].split(","):
            self.encodings[own] = [1, 2, 3]
            self.licences[own] = _terms(fields)
        return "OK"

    def on_encode_status(self, fields: dict[str, str]) -> Any:
        told = []
        for own in fields["file_ids"].split(","):
            states = self.encodings.get(own, [0])
            state = states.pop(0) if len(states) > 1 else states[0]
            told.append({"file_id": own, "status_encode": state, "description": ""})
        return told

    def on_license_register(self, fields: dict[str, str]) -> Any:
        for name in (
            "file_ids",
            "project_id",
            "printable",
            "editable",
            "expiry_date",
            "local_copy",
        ):
            if name not in fields:
                raise missing()
        for own in fields["file_ids"].split(","):
            self.licences[own] = _terms(fields)
        return "OK"

    def on_license_info(self, fields: dict[str, str]) -> Any:
        node = self.store.nodes.get(fields["file_id"])
        if node is None or node.deleted:
            raise no_file()
        terms = self.licences.get(node.id)
        key = {"file_id": node.id, "project_id": node.project}
        return {"file_project_pk": key, **(terms or {"status": 0})}

    def on_license_update(self, fields: dict[str, str]) -> Any:
        for own in fields["file_ids"].split(","):
            if fields.get("delete") == "true":
                self.licences.pop(own, None)
            else:
                self.licences[own].update(_terms(fields))
        return "OK"


class Streamed(httpx.AsyncByteStream):
    """A body that comes in pieces."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._data), 1000):
            await trio.lowlevel.checkpoint()
            yield self._data[at : at + 1000]


def _check_name(name: str) -> None:
    if name in {"", ".", ".."} or "/" in name or "\0" in name or len(name.encode()) > 255:
        raise invalid()


def _terms(fields: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"status": 1}
    for name, ours in (
        ("printable", "printable"),
        ("editable", "editable"),
        ("local_copy", "local_copies"),
    ):
        if name in fields:
            told[ours] = int(fields[name])
    if "expiry_date" in fields:
        told["document_expiry_date"] = fields["expiry_date"]
    if "label" in fields:
        told["label"] = fields["label"]
    return told
