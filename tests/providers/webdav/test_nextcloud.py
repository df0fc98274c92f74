"""Nextcloud and ownCloud: what they offer beyond the standard."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from cloudfs.errors import Changed, NotFound, QuotaExceeded, TransientError
from cloudfs.http.client import Http
from cloudfs.model import ListingTag, Transfer, Version
from cloudfs.providers.base import Verb
from cloudfs.providers.webdav.paths import ROOT
from cloudfs.providers.webdav.provider import WebDavProvider
from cloudfs.providers.webdav.settings import WebDavSettings
from tests.providers.webdav.nextcloud_server import DAV, USER, Nextcloud
from tests.providers.webdav.scripted import THEN, Transport, multistatus
from tests.support import BytesContent, content, fetched, listing

HOME = f"https://cloud.example{DAV}/files/{USER}/"


def client(server: object, url: str = HOME, notes: dict[str, str] | None = None) -> WebDavProvider:
    assert callable(server)
    return WebDavProvider(
        WebDavSettings(url=url),
        http=Http(transport=Transport(server)),
        notes={} if notes is None else notes,
    )


async def opened(server: object, url: str = HOME) -> WebDavProvider:
    account = client(server, url)
    await account.open()
    return account


async def everything_in_bin(account: WebDavProvider) -> list[str]:
    assert account.trash is not None
    return [item.name for page in [p async for p in account.trash.items()] for item in page]


def requests(server: Nextcloud) -> list[str]:
    return [f"{r.method} {r.url.path.removeprefix(DAV)}" for r in server.requests]


# Finding out --------------------------------------------------------------------------------


async def test_it_is_found_out_from_its_properties_whatever_stands_in_front():
    account = await opened(Nextcloud(version="31.0.4"))
    assert account.capabilities.conditional == frozenset(Verb)
    assert account.capabilities.keeps_versions
    assert account.capabilities.checksum == "sha1"
    assert account.trash is not None
    assert account.versions is not None
    assert account.changes is not None


async def test_what_was_found_out_is_known_offline():
    notes: dict[str, str] = {}
    await client(Nextcloud(), notes=notes).open()

    async def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    account = client(gone, notes=notes)
    assert account.trash is not None
    assert account.versions is not None
    assert account.capabilities.set_modified


async def test_behind_the_old_address_the_user_is_asked_for():
    server = Nextcloud()
    server.write("a", b"abc")
    account = await opened(server, "https://cloud.example/remote.php/webdav/")
    entry = await account.find(ROOT, "a")
    await account.remove(entry)
    assert await everything_in_bin(account) == ["a"]


async def test_what_is_switched_off_is_not_offered():
    server = Nextcloud()

    async def without_apps(request: httpx.Request) -> httpx.Response:
        if "/trashbin/" in request.url.path or "/versions/" in request.url.path:
            return httpx.Response(404)
        return await server(request)

    account = await opened(without_apps)
    assert account.trash is None
    assert account.versions is None
    assert not account.capabilities.keeps_versions


async def test_behind_a_public_link_there_are_files_only():
    server = Nextcloud()

    async def public(request: httpx.Request) -> httpx.Response:
        path = request.url.path.replace("/public.php/webdav", f"{DAV}/files/{USER}")
        answer = await server(
            httpx.Request(
                request.method,
                f"https://cloud.example{path}",
                headers=request.headers,
                content=await request.aread(),
            )
        )
        if answer.status_code == 207:
            text = answer.text.replace(f"{DAV}/files/{USER}", "/public.php/webdav")
            answer = httpx.Response(207, text=text)
        return answer

    account = await opened(public, "https://cloud.example/public.php/webdav/")
    assert account.trash is None
    assert account.capabilities.conditional == frozenset(Verb)
    stored = await account.upload(ROOT, "a", BytesContent(b"x" * (11 << 20)))
    assert stored.size == 11 << 20


@pytest.mark.parametrize("told", ["<html>", "[]", '{"ocs": []}', '{"ocs": {"data": 5}}', "{}"])
async def test_an_account_whose_user_is_not_told_has_files_only(told: str):
    server = Nextcloud()

    async def silent(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/ocs/") or request.url.path == "/status.php":
            return httpx.Response(200, text=told)
        return await server(request)

    account = await opened(silent, "https://cloud.example/remote.php/webdav/")
    assert account.trash is None
    assert account.capabilities.conditional == frozenset(Verb)
    account = await opened(silent)  # the address tells the user
    assert account.trash is not None


async def test_an_app_that_cannot_be_asked_for_now_is_not_taken_for_missing(autojump_clock):
    server = Nextcloud()

    async def failing_app(request: httpx.Request) -> httpx.Response:
        if "/trashbin/" in request.url.path:
            return httpx.Response(500)
        return await server(request)

    notes: dict[str, str] = {}
    await client(server, notes=notes).open()
    account = client(failing_app, notes=notes)
    with pytest.raises(TransientError):
        await account.open()
    assert account.trash is not None


@pytest.mark.parametrize(("quota", "free", "total"), [(-3, None, None), (500, 500, 503)])
async def test_a_negative_quota_is_none(quota: int, free: int | None, total: int | None):
    server = Nextcloud(quota=quota)
    server.write("a", b"abc")
    told = await (await opened(server)).quota()
    assert (told.used, told.free, told.total) == (3, free, total)


# One PUT ------------------------------------------------------------------------------------


async def test_an_upload_is_one_request():
    server = Nextcloud()
    account = await opened(server)
    server.requests.clear()
    source = BytesContent(b"abc", modified_ns=THEN * 1_000_000_000 + 5)
    stored = await account.upload(ROOT, "a", source)
    assert requests(server) == [f"PUT /files/{USER}/a"]
    listed = (await listing(account, ROOT))["a"]
    assert (stored.version, stored.size) == (listed.version, listed.size)
    assert stored.modified_ns == listed.modified_ns == THEN * 1_000_000_000
    assert stored.checksum == listed.checksum == await source.checksum("sha1")
    assert (stored.id, stored.parent_id, stored.kind) == (
        listed.id,
        listed.parent_id,
        listed.kind,
    )


async def test_a_file_replaced_twice_keeps_its_condition():
    server = Nextcloud()
    account = await opened(server)
    entry = await account.upload(ROOT, "a", BytesContent(b"one"))
    entry = await account.upload(ROOT, "a", BytesContent(b"two"), replacing=entry)
    stale = entry
    await account.upload(ROOT, "a", BytesContent(b"three"), replacing=entry)
    with pytest.raises(Changed):
        await account.upload(ROOT, "a", BytesContent(b"four"), replacing=stale)
    assert server.tree() == {"/a": b"three"}


# Parts --------------------------------------------------------------------------------------

PART = 10 << 20
LARGE = bytes(range(256)) * (100 << 10)  # 25 MiB: three parts


class Saved(Transfer):
    """A transfer that notes everything it was told to keep."""

    def __init__(self, saved: str | None = None) -> None:
        super().__init__(saved)
        self.history: list[str | None] = []

    async def save(self, state: str | None) -> None:
        self.history.append(state)
        await super().save(state)


def failing(
    server: Nextcloud, on: Callable[[httpx.Request], bool], failure: Exception, *, after: bool
) -> Callable[[httpx.Request], Awaitable[httpx.Response]]:
    """The server, but requests that *on* picks fail, before or after they were carried out."""

    async def serve(request: httpx.Request) -> httpx.Response:
        if not on(request):
            return await server(request)
        if after:
            await server(request)
        raise failure

    return serve


def is_part(number: int) -> Callable[[httpx.Request], bool]:
    return lambda r: r.method == "PUT" and r.url.path.endswith(f"/{number:05}")


def is_assembly(request: httpx.Request) -> bool:
    return request.method == "MOVE" and request.url.path.endswith("/.file")


def parts_sent(server: Nextcloud) -> list[str]:
    return [r.url.path[-5:] for r in server.requests if r.method == "PUT"]


async def test_a_large_file_goes_in_parts():
    server = Nextcloud()
    account = await opened(server)
    transfer = Saved()
    source = BytesContent(LARGE, modified_ns=THEN * 1_000_000_000)
    stored = await account.upload(ROOT, "big", source, transfer=transfer)
    assert server.tree() == {"/big": LARGE}
    assert parts_sent(server) == ["00001", "00002", "00003"]
    assert stored.checksum == await source.checksum("sha1")
    assert stored.modified_ns == THEN * 1_000_000_000
    assert transfer.sent == len(LARGE)
    assert transfer.history[-1] is None
    for request in server.requests:
        if "/uploads/" in request.url.path and request.method in {"MKCOL", "PUT", "MOVE"}:
            assert request.headers["Destination"] == HOME + "big"
        if request.method in {"PUT", "MOVE"}:
            assert request.headers["OC-Total-Length"] == str(len(LARGE))


async def test_an_upload_is_resumed_by_a_later_process(autojump_clock):
    server = Nextcloud()
    broken = failing(server, is_part(2), httpx.WriteError("reset"), after=False)
    transfer = Saved()
    with pytest.raises(Exception, match="WriteError"):
        await (await opened(broken)).upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    server.requests.clear()

    later = Saved(transfer.saved)
    account = await opened(server)
    await account.upload(ROOT, "big", BytesContent(LARGE), transfer=later)
    assert parts_sent(server) == ["00002", "00003"]
    assert later.sent == len(LARGE)
    assert server.tree() == {"/big": LARGE}


async def test_a_part_that_arrived_in_part_is_sent_again(autojump_clock):
    server = Nextcloud()
    broken = failing(server, is_part(3), httpx.WriteError("reset"), after=False)
    transfer = Transfer()
    with pytest.raises(Exception, match="WriteError"):
        await (await opened(broken)).upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    (folder,) = (server.uploads.children or {}).values()
    assert folder.children is not None
    folder.children["00002"].data = b"half"
    server.requests.clear()
    await (await opened(server)).upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    assert parts_sent(server) == ["00002", "00003"]
    assert server.tree() == {"/big": LARGE}


async def test_an_upload_that_the_server_dropped_begins_anew(autojump_clock):
    server = Nextcloud()
    broken = failing(server, is_part(2), httpx.WriteError("reset"), after=False)
    transfer = Transfer()
    with pytest.raises(Exception, match="WriteError"):
        await (await opened(broken)).upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    assert server.uploads.children is not None
    server.uploads.children.clear()
    await (await opened(server)).upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    assert server.tree() == {"/big": LARGE}


async def test_parts_that_the_server_drops_meanwhile_are_sent_anew_by_the_next_attempt():
    server = Nextcloud()

    async def dropping(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404) if is_part(2)(request) else await server(request)

    transfer = Transfer()
    with pytest.raises(TransientError, match="dropped"):
        await (await opened(dropping)).upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    assert server.uploads.children is not None
    server.uploads.children.clear()
    await (await opened(server)).upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    assert server.tree() == {"/big": LARGE}


async def test_an_assembly_that_was_refused_is_not_waited_for(autojump_clock):
    server = Nextcloud()

    async def busy(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503) if is_assembly(request) else await server(request)

    account = await opened(busy)
    transfer = Transfer()
    with pytest.raises(TransientError, match="busy"):
        await account.upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    assert transfer.saved is not None
    assert "PROPFIND" not in [r.method for r in server.requests[-3:]]


@pytest.mark.parametrize("saved", ["", "{", "[]", '{"folder": "x"}', "null"])
async def test_a_saved_state_that_cannot_be_understood_begins_anew(saved: str):
    server = Nextcloud()
    account = await opened(server)
    await account.upload(ROOT, "big", BytesContent(LARGE), transfer=Transfer(saved))
    assert server.tree() == {"/big": LARGE}


async def test_a_saved_state_of_another_content_is_not_used(autojump_clock):
    server = Nextcloud()
    broken = failing(server, is_part(2), httpx.WriteError("reset"), after=False)
    transfer = Transfer()
    with pytest.raises(Exception, match="WriteError"):
        await (await opened(broken)).upload(ROOT, "big", BytesContent(LARGE), transfer=transfer)
    other = b"!" * (len(LARGE) + 1)
    await (await opened(server)).upload(ROOT, "big", BytesContent(other), transfer=transfer)
    assert server.tree() == {"/big": other}


async def test_an_assembly_whose_answer_was_lost_is_seen_at_the_target(autojump_clock):
    server = Nextcloud()
    broken = failing(server, is_assembly, httpx.ReadTimeout("silence"), after=True)
    account = await opened(broken)
    stored = await account.upload(ROOT, "big", BytesContent(LARGE))
    assert stored.size == len(LARGE)
    assert len([r for r in server.requests if is_assembly(r)]) == 1


async def test_an_assembly_that_was_never_seen_is_found_by_the_next_attempt(autojump_clock):
    server = Nextcloud()
    done = False

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal done
        if is_assembly(request):
            done = True
            raise httpx.ReadTimeout("silence")
        return await server(request)

    transfer = Transfer()
    account = await opened(slow)
    source = BytesContent(LARGE)
    with pytest.raises(Exception, match="silent"):
        await account.upload(ROOT, "big", source, transfer=transfer)
    assert done
    assert transfer.saved is not None
    # Later the server gets it done by itself.
    (folder_name,) = server.uploads.children or {}
    request = next(r for r in server.requests if r.method == "MKCOL")
    await server(
        httpx.Request(
            "MOVE",
            f"https://cloud.example{DAV}/uploads/{USER}/{folder_name}/.file",
            headers={
                "Destination": request.headers["Destination"],
                "Overwrite": "F",
                "OC-Total-Length": str(len(LARGE)),
                "X-OC-Mtime": str(source.modified_ns // 1_000_000_000),
            },
        )
    )
    server.requests.clear()
    stored = await (await opened(server)).upload(ROOT, "big", source, transfer=transfer)
    assert stored.size == len(LARGE)
    assert parts_sent(server) == []


async def test_parts_do_not_replace_a_version_they_were_not_made_for():
    server = Nextcloud()
    server.write("big", b"old")
    account = await opened(server)
    old = await account.find(ROOT, "big")
    server.write("big", b"theirs")
    transfer = Saved()
    with pytest.raises(Changed):
        await account.upload(ROOT, "big", BytesContent(LARGE), replacing=old, transfer=transfer)
    assert server.tree() == {"/big": b"theirs"}
    assert server.uploads.children == {}
    assert transfer.saved is None


async def test_an_account_that_is_full_stays_as_it_was():
    server = Nextcloud(quota=1000)
    account = await opened(server)
    for size in (2000, len(LARGE)):
        with pytest.raises(QuotaExceeded):
            await account.upload(ROOT, "big", BytesContent(bytes(size)))
    assert server.tree() == {}
    assert server.uploads.children == {}


async def test_maintenance_is_waited_for(autojump_clock):
    server = Nextcloud()
    account = await opened(server)
    server.maintenance = 2
    await account.upload(ROOT, "a", BytesContent(b"abc"))
    assert server.tree() == {"/a": b"abc"}
    server.maintenance = 100
    with pytest.raises(TransientError):
        await account.stat(ROOT)


# The bin ------------------------------------------------------------------------------------


async def removed_for_good(server: Nextcloud) -> list[str]:
    account = await opened(server)
    first = await account.upload(ROOT, "a", BytesContent(b"first"))
    await account.remove(first)
    second = await account.upload(ROOT, "a", BytesContent(b"second"))
    await account.remove(second, permanently=True)
    return await everything_in_bin(account)


@pytest.mark.parametrize("version", ["31.0.4", "28.0.1", ""])
async def test_only_what_is_removed_for_good_leaves_the_bin(version: str):
    server = Nextcloud(version=version or "0")
    assert await removed_for_good(server) == ["a"]
    (item,) = server.trash.values()
    assert item.node.data == b"first"
    asked = any("X-NC-Skip-Trashbin" in r.headers for r in server.requests)
    assert asked == (version == "31.0.4")


async def test_a_collection_below_the_account_has_the_part_of_the_bin_that_is_its_own():
    server = Nextcloud()
    whole = await opened(server)
    work = await whole.create_folder(ROOT, "Work")
    other = await whole.upload(ROOT, "private", BytesContent(b"x"))
    mine = await whole.upload(work.id, "mine", BytesContent(b"x"))
    await whole.remove(other)
    await whole.remove(mine)

    account = await opened(server, HOME + "Work/")
    assert account.trash is not None
    (item,) = [item async for page in account.trash.items() for item in page]
    assert (item.name, item.origin_path, item.origin_parent_id) == ("mine", "/mine", "/")
    restored = await account.trash.restore(item)
    assert restored.id == "/mine"
    await account.remove(restored)
    await account.trash.empty()
    assert await everything_in_bin(whole) == ["private"]


async def test_a_thing_is_found_wherever_it_was_restored_to():
    server = Nextcloud()
    account = await opened(server)
    folder = await account.create_folder(ROOT, "folder")
    file = await account.upload(folder.id, "a", BytesContent(b"deleted"))
    await account.remove(file)
    assert account.trash is not None
    (item,) = [item async for page in account.trash.items() for item in page]
    await account.upload(folder.id, "a", BytesContent(b"in its place"))
    restored = await account.trash.restore(item)
    assert (restored.parent_id, restored.name) == (folder.id, "a (2)")

    await account.remove(restored)
    (item,) = [item async for page in account.trash.items() for item in page]
    await account.remove(folder, recursive=True, permanently=True)
    restored = await account.trash.restore(item)
    assert restored.parent_id == ROOT
    assert await content(account, restored) == b"deleted"


# Versions, times, changes -------------------------------------------------------------------


async def test_versions_are_found_for_a_file_that_was_just_uploaded():
    server = Nextcloud()
    account = await opened(server)
    entry = await account.upload(ROOT, "a", BytesContent(b"one"))
    assert "oc:fileid" not in entry.extra
    entry = await account.upload(ROOT, "a", BytesContent(b"three"), replacing=entry)
    assert account.versions is not None
    versions = await account.versions.of(entry)
    assert [(v.size, v.current) for v in versions] == [(5, True), (3, False)]
    assert versions[0].version == entry.version
    current = await account.versions.download_link(entry, entry.version)
    assert await fetched(account, current, 0, 5) == b"three"
    with pytest.raises(NotFound):
        await account.versions.download_link(entry, Version("123"))
    with pytest.raises(NotFound):
        await account.versions.restore(entry, Version("123"))


async def test_a_time_is_not_set_on_a_file_that_changed():
    server = Nextcloud()
    server.write("a", b"one")
    account = await opened(server)
    entry = await account.find(ROOT, "a")
    server.write("a", b"two")
    with pytest.raises(Changed):
        await account.set_modified(entry, THEN * 1_000_000_000)


async def test_a_refused_time_is_told_though_the_answer_is_207():
    server = Nextcloud()
    server.write("a", b"one")

    async def refusing(request: httpx.Request) -> httpx.Response:
        if request.method != "PROPPATCH":
            return await server(request)
        status = "<d:status>HTTP/1.1 403 Forbidden</d:status>"
        return multistatus(
            f"<d:response><d:href>/a</d:href><d:propstat><d:prop/>{status}</d:propstat>"
            "</d:response>"
        )

    account = await opened(refusing)
    entry = await account.find(ROOT, "a")
    with pytest.raises(Exception, match=r"does not allow it \(403, PROPPATCH\)"):
        await account.set_modified(entry, 0)


async def test_nothing_new_is_one_small_request():
    server = Nextcloud()
    account = await opened(server)
    await account.create_folder(ROOT, "a")
    assert account.changes is not None
    cursor = await account.changes.cursor()
    server.requests.clear()
    news = await account.changes.since(cursor)
    assert (news.folders, news.trees, news.cursor) == (frozenset(), frozenset(), cursor)
    assert [r.headers["Depth"] for r in server.requests] == ["0"]


async def test_a_change_deep_down_is_told_by_the_tree_it_is_in():
    server = Nextcloud()
    account = await opened(server)
    one = await account.create_folder(ROOT, "one")
    await account.create_folder(ROOT, "two")
    inner = await account.create_folder(one.id, "inner")
    assert account.changes is not None
    cursor = await account.changes.cursor()
    server.write("one/inner/new", b"x")
    news = await account.changes.since(cursor)
    assert news.trees == {one.id}
    assert news.folders == {ROOT}
    again = await account.changes.since(news.cursor)
    assert not again.trees
    tag = inner.tag or ListingTag("none")
    (page,) = [page async for page in account.list_folder(inner.id, unless=tag)]
    assert not page.unchanged


@pytest.mark.parametrize("cursor", ["", "{", "[]", "{}", "5"])
async def test_a_cursor_that_tells_nothing_means_everything(cursor: str):
    account = await opened(Nextcloud())
    assert account.changes is not None
    assert (await account.changes.since(cursor)).everything


# ownCloud -----------------------------------------------------------------------------------


async def test_owncloud_has_a_bin_and_versions_of_its_own_kind():
    server = Nextcloud(product="owncloud", version="10.13.4")
    account = await opened(server)
    entry = await account.upload(ROOT, "a", BytesContent(b"one"))
    entry = await account.upload(ROOT, "a", BytesContent(b"two!"), replacing=entry)
    assert account.versions is not None
    versions = await account.versions.of(entry)
    assert [v.size for v in versions] == [4, 3]
    link = await account.versions.download_link(entry, versions[1].version)
    assert await fetched(account, link, 0, 3) == b"one"
    entry = await account.versions.restore(entry, versions[1].version)
    assert await content(account, entry) == b"one"

    await account.remove(entry)
    assert account.trash is not None
    (item,) = [item async for page in account.trash.items() for item in page]
    assert (item.name, item.origin_path) == ("a", "/a")
    restored = await account.trash.restore(item)
    assert restored.id == "/a"
    await account.remove(restored, permanently=True)
    assert await everything_in_bin(account) == []
    await account.trash.empty()


async def test_owncloud_takes_parts_in_the_first_way():
    server = Nextcloud(product="owncloud")
    account = await opened(server)
    await account.upload(ROOT, "big", BytesContent(LARGE))
    assert server.tree() == {"/big": LARGE}


async def test_owncloud_finds_a_body_that_changed_on_the_way():
    server = Nextcloud(product="owncloud")
    account = await opened(server)

    class Changing(BytesContent):
        def read(self, start: int, stop: int):
            self.data = b"xyz"
            return super().read(start, stop)

    with pytest.raises(Exception, match="400"):
        await account.upload(ROOT, "a", Changing(b"abc"))
    assert server.tree() == {}
