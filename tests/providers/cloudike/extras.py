"""The rest of the service in memory: links, shares, marks, sizes, comments, archives."""

import io
import json
import zipfile
from typing import Any
from urllib.parse import unquote

import httpx

from tests.providers.cloudike.service import (
    API,
    PREFIXES,
    STORE,
    Call,
    FakeCloudike,
    Node,
    Refusal,
    streamed,
)

ME = "email:user@example.com"


class FullCloudike(FakeCloudike):
    """All that the reference offers an account."""

    def __init__(self) -> None:
        super().__init__()
        self.prefixes = (
            "trash/from_shared/",
            "links/info/",
            "links/add_to_storage/",
            "workflow/comments/",
            "workflow/comment/",
            *PREFIXES,
        )
        self.marks: set[str] = set()
        self.links: dict[str, dict[str, Any]] = {}
        self.shared: dict[str, dict[str, bool]] = {}  # who may write, by login, by folder
        self.pending_invites: set[tuple[str, str]] = set()  # folder and login
        self.with_me: list[str] = []
        self.invites = [
            {"hash": "h1", "writer": True, "directory_name": "Plans", "owner_name": "Ann"}
        ]
        self.foreign_bin: dict[str, tuple[str, str]] = {}  # folder and path, by name
        self.listing_polls = 2
        self.nested_listing = False
        self.comments: dict[str, dict[str, Any]] = {}
        self.tokens = {"t1": "laptop", "t2": "telephone"}
        self.values: dict[str, str] = {}
        self.thumbnails: dict[str, bytes] = {}
        self.previews: dict[str, bytes] = {}
        self.archive_at = f"{API}/api/1/files/download_as_archive_stream/abc/"
        self.archived: list[str] = []

    def node_m(self, path: str, node: Node) -> dict[str, Any]:
        more: dict[str, Any] = {
            "is_favorite": path in self.marks,
            "public_hash": self.links.get(path, {}).get("public_hash", ""),
            "shared": path in self.shared or path in self.with_me,
            "role": "collaborator" if path in self.with_me else "owner",
        }
        return {**super().node_m(path, node), **more}

    # Many at once ---------------------------------------------------------------------------

    def _on_fileops_multi_delete(self, call: Call, _: str) -> Any:
        return self._each(call, lambda path: self._on_fileops_delete(_with(call, path), ""))

    def _on_fileops_undelete(self, call: Call, _: str) -> Any:
        path = call.params["path"]
        names = [name for name, (where, _n, _w) in self.bin.items() if where == path]
        if path in self.tree:
            raise Refusal(403, "NotDeleted")
        if not names:
            raise Refusal(404, "NotFound")
        self._on_trash_restore(call, f"/{names[-1]}")
        return self.m(path)

    def _on_fileops_multi_undelete(self, call: Call, _: str) -> Any:
        return self._each(call, lambda path: self._on_fileops_undelete(_with(call, path), ""))

    def _each(self, call: Call, single: Any) -> Any:
        nodes: list[dict[str, Any]] = []
        for path in call.params["path"]:
            try:
                nodes.append({**single(path), "error_code": None})
            except Refusal as refusal:
                nodes.append({"path": path, "error_code": refusal.answer.status_code})
        failed = sum(node["error_code"] is not None for node in nodes)
        return {"success": len(nodes) - failed, "failed": failed, "nodes": nodes}

    # Marks, search, sizes -------------------------------------------------------------------

    def _on_files_favorites(self, _call: Call, _: str) -> Any:
        return [self.m(path) for path in sorted(self.marks)]

    def _on_fileops_set_favorite(self, call: Call, _: str) -> Any:
        path = call.params["path"]
        self._node(path)
        self.marks ^= {path}
        return self.m(path)

    def _on_files_search(self, call: Call, _: str) -> Any:
        query = call.params["query"].lower()
        found = sorted(p for p in self.tree if query in p.rpartition("/")[2].lower())
        page, last = self._page(call, found)
        return {"content": [self.m(path) for path in page], "is_last_page": last}

    def _on_fileops_folder_info(self, call: Call, _: str) -> Any:
        path = call.params["path"]
        if not self._node(path).folder:
            raise Refusal(400, "InvalidParameters")
        start = path.rstrip("/") + "/"
        below = [node for p, node in self.tree.items() if p.startswith(start) and p != "/"]
        return {
            "path": path,
            "size": sum(len(node.data) for node in below),
            "files_count": sum(not node.folder for node in below),
            "folders_count": sum(node.folder for node in below),
        }

    def _on_fileops_precheck(self, call: Call, _: str) -> Any:
        folder = call.params["to_path"]
        if not self._node(folder).folder:
            raise Refusal(405, "NotADirectory")
        name = call.params.get("from_path", "").rpartition("/")[2]
        taken = bool(name) and f"{folder.rstrip('/')}/{name}" in self.tree
        return {"exists": taken, "over_writable": True, "copyable": True}

    # The whole tree -------------------------------------------------------------------------

    def _on_metadata_full_listing(self, call: Call, _: str) -> Any:
        name = call.params.get("listing_request_id")
        if not name:
            return {"listing_request_id": "7d88cf5e"}
        if name != "7d88cf5e":
            raise Refusal(404, "NotFound")
        self.listing_polls -= 1
        if self.listing_polls >= 0:
            return httpx.Response(404, json={"progress": 56})
        return {"url": f"{STORE}/get/listing?Signature=x"}

    def _nested(self, path: str) -> dict[str, Any]:
        m = self.m(path)
        if self.tree[path].folder:
            m["content"] = [self._nested(child) for child in self._children(path)]
        return m

    def _store(self, call: Call) -> httpx.Response:
        headers = call.request.headers
        assert "mountbit-auth" not in headers
        assert "authorization" not in headers
        path = call.request.url.path
        if path == "/get/listing":
            whole: Any = [self.m(path) for path in self.tree if path != "/"]
            told = self._nested("/") if self.nested_listing else whole
            return streamed(200, json.dumps(told).encode())
        if path == "/get/archive":
            return streamed(200, self.archive())
        if path.startswith("/thumbnail/"):
            return httpx.Response(200, content=self.thumbnails["/" + path.rpartition("/")[2]])
        return super()._store(call)

    # Links ----------------------------------------------------------------------------------

    def _on_links_create(self, call: Call, _: str) -> Any:
        path = call.params["path"]
        self._node(path)
        ttl = int(call.params.get("ttl") or 0)
        self.links[path] = {
            "public_hash": self.links.get(path, {}).get("public_hash", f"h{next(self.numbers)}"),
            "expires": next(self.clock) + ttl * 1000 if ttl else 0,
            "password": bool(call.params.get("password")),
            "access_rights": "download",
        }
        return self.m(path)

    def _on_links_delete(self, call: Call, _: str) -> Any:
        if self.links.pop(call.params["path"], None) is None:
            raise Refusal(404, "LinkNotFound")
        return self.m(call.params["path"])

    def _on_links(self, call: Call, _: str) -> Any:
        page, _last = self._page(call, sorted(self.links))
        return [self.m(path) for path in page]

    def _on_links_info(self, _call: Call, key: str) -> Any:
        for terms in self.links.values():
            if terms["public_hash"] == key.strip("/"):
                return {**terms, "download_max": 0, "download_count": 3}
        raise Refusal(404, "LinkNotFound")

    def _on_links_add_to_storage(self, _call: Call, key: str) -> Any:
        if key == "/blocked":
            raise Refusal(403, "LinkBlocked")
        self.add_folder("/From a link")
        self.add_file("/From a link/f", b"x")
        return self._task({"folder_name": "/From a link", "files_count": 1, "size": 1})

    # Shares ---------------------------------------------------------------------------------

    def _on_shares(self, call: Call, _: str) -> Any:
        whose = call.params.get("whose")
        own = [] if whose == "others" else sorted(self.shared)
        return [self.m(path) for path in own + ([] if whose == "my" else self.with_me)]

    def _on_shares_add(self, call: Call, _: str) -> Any:
        path, login = call.params["path"], call.params["member_login"]
        if not self._node(path).folder:
            raise Refusal(403, "AccessDenied")
        if login == ME:
            raise Refusal(409, "Conflict")
        people = self.shared.setdefault(path, {})
        if login in people:
            return httpx.Response(200)
        people[login] = call.params["writer"] not in {False, "0"}
        self.pending_invites.add((path, login))
        return {"hash": f"invite-{login}"}

    def _on_shares_remove(self, call: Call, _: str) -> Any:
        key = (call.params["path"], call.params["member_login"])
        if key in self.pending_invites or key[1] not in self.shared.get(key[0], {}):
            raise Refusal(403, "AccessDenied")
        del self.shared[key[0]][key[1]]
        return httpx.Response(200)

    def _on_shares_uninvite(self, call: Call, _: str) -> Any:
        key = (call.params["path"], call.params["member_login"])
        if key not in self.pending_invites:
            raise Refusal(403, "AccessDenied")
        self.pending_invites.remove(key)
        del self.shared[key[0]][key[1]]
        return httpx.Response(200)

    def _on_shares_unshare(self, call: Call, _: str) -> Any:
        if self.shared.pop(call.params["path"], None) is None:
            raise Refusal(404, "NotFound")
        return httpx.Response(200)

    def _on_shares_update_collaborator(self, call: Call, _: str) -> Any:
        people = self.shared[call.params["path"]]
        people[call.params["member_login"]] = call.params["writer"] not in {False, "0"}
        return httpx.Response(200)

    def _on_shares_collaborators(self, call: Call, _: str) -> Any:
        if call.params["path"] not in self.shared:
            raise Refusal(404, "NotFound")
        me = {"owner": True, "writer": True, "userid": 94, "login": ME, "is_indirect": False}
        others = [
            {"owner": False, "writer": writer, "login": login, "name": "", "status": "accepted"}
            for login, writer in self.shared[call.params["path"]].items()
        ]
        return [me, *others]

    def _on_shares_invites(self, _call: Call, _: str) -> Any:
        return self.invites

    def _on_shares_accept(self, call: Call, _: str) -> Any:
        self._answered(call)
        self.add_folder("/Plans")
        self.with_me.append("/Plans")
        return httpx.Response(200)

    def _on_shares_decline(self, call: Call, _: str) -> Any:
        self._answered(call)
        return httpx.Response(200)

    def _answered(self, call: Call) -> None:
        if not any(invite["hash"] == call.params["hash"] for invite in self.invites):
            raise Refusal(403, "AccessDenied")
        self.invites.clear()

    # The bins of shared folders -------------------------------------------------------------

    def _on_trash_from_shared(self, call: Call, folder: str) -> Any:
        if folder not in self.shared and folder not in self.with_me:
            raise Refusal(400, "InvalidParameters")
        there = [name for name, (where, _) in self.foreign_bin.items() if where == folder]
        page, last = self._page(call, there)
        item = {"folder": False, "bytes": 1, "deleted": True}
        content = [
            {**item, "name": name, "restore_path": self.foreign_bin[name][1]} for name in page
        ]
        return {"content": content, "is_last_page": last, "hash": "of the owner"}

    def _on_trash_restore(self, call: Call, name: str) -> Any:
        raw, mark, folder = call.route.partition("/from_shared/")
        if not mark:
            return super()._on_trash_restore(call, name)
        where, path = self.foreign_bin.pop(unquote(raw.removeprefix("trash/restore/")))
        assert where == "/" + unquote(folder)
        self.add_file(path, b"x")
        return self._task({"success": 1, "failed": 0, "nodes": [self.m(path)]})

    def _on_fileops_purge(self, _call: Call, _: str) -> Any:
        self.bin.clear()
        return httpx.Response(200)

    def _on_fileops_purgestatus(self, _call: Call, _: str) -> Any:
        return {"status": "PROCESSING" if self.bin else "DONE"}

    # Pictures -------------------------------------------------------------------------------

    def _on_metadata(self, call: Call, path: str) -> Any:
        answer = super()._on_metadata(call, path)
        if path in self.thumbnails and call.params.get("extra") == "1":
            link = {"link": f"{STORE}/thumbnail{path}"}
            answer["extradata"] = {"thumbnails": {"status": "ready", "small": link}}
        return answer

    def _on_files_get_preview(self, call: Call, _: str) -> Any:
        assert call.request.url.path == "/api/0/files/get_preview/"
        if call.params["path"] not in self.previews:
            raise Refusal(404, "FileNotFound")
        return httpx.Response(200, content=self.previews[call.params["path"]])

    def _on_files_create_extra(self, call: Call, _: str) -> Any:
        assert call.request.url.path == "/api/0/files/create_extra/"
        self._node(call.params["path"])
        return {"started": True}

    # Archives -------------------------------------------------------------------------------

    def _on_files_download_as_archive_stream(self, call: Call, _: str) -> Any:
        self.archived = call.params["path"]
        for path in self.archived:
            self._node(path)
        return {"url": self.archive_at, "file_name": "x.zip", "expired": "2030-01-01T00:00:00"}

    def _on_files_download_as_archive_stream_abc(self, _call: Call, _: str) -> Any:
        return streamed(200, self.archive())

    def _on_files_download_as_archive(self, call: Call, _: str) -> Any:
        path = call.params["path"]
        self.archived = path if isinstance(path, list) else [path]
        return self._task({"url": f"{STORE}/get/archive"})

    def archive(self) -> bytes:
        with io.BytesIO() as file:
            with zipfile.ZipFile(file, "w") as packed:
                for path in self.archived:
                    packed.writestr(path[1:], self.tree[path].data)
            return file.getvalue()

    # Comments, tokens, values ---------------------------------------------------------------

    def _on_workflow_comments(self, _call: Call, path: str) -> Any:
        self._node(path)
        return [c for c in self.comments.values() if c["path"] == path]

    def _on_workflow_comment(self, call: Call, path: str) -> Any:
        id_ = call.params.get("id")
        if path in {"/edit", "/delete"}:
            if id_ not in self.comments:
                raise Refusal(404, "NotFound")
            if path == "/delete":
                del self.comments[id_]
            else:
                self.comments[id_]["text"] = call.params["text"]
            return {}
        self._node(path)
        id_ = f"c{next(self.numbers)}"
        now = next(self.clock)
        made = {"id": id_, "text": call.params["text"], "created_time": now, "owner_id": 94}
        self.comments[id_] = {**made, "path": path}
        return made

    def _on_accounts_permanent_tokens(self, _call: Call, _: str) -> Any:
        return [
            {"id": id_, "device_description": name, "created": 1332230619075}
            for id_, name in self.tokens.items()
        ]

    def _on_accounts_remove_permanent_token(self, call: Call, _: str) -> Any:
        if self.tokens.pop(call.params["token_id"], None) is None:
            raise Refusal(404, "NotFound")
        return httpx.Response(200)

    def _on_accounts_set_value(self, call: Call, _: str) -> Any:
        self.values[call.params["key"]] = call.params["value"]
        return httpx.Response(200)

    def _on_accounts_get_value(self, call: Call, _: str) -> Any:
        key = call.params["key"]
        return {key: self.values.get(key)}


def _with(call: Call, path: str) -> Call:
    params = {**call.params, "path": path}
    return Call(call.method, call.route, params, call.request, call.body)
