"""Reference 3.17: public links."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, refusal


@pytest.fixture
def tree(running: Running):
    running.emulator.write("/d/a.txt", b"hello")
    running.emulator.write("/d/sub/b", b"12")
    return running.emulator.tree


async def publish(api: Client, path: str, **options) -> str:
    hash_ = (await api.ok("links/create/", path=path, **options))["public_hash"]
    assert hash_
    return hash_


async def test_a_link_is_made_shown_and_withdrawn(api: Client, tree):
    m = await api.ok("links/create/", path="/d/a.txt")
    assert (m["path"], bool(m["public_hash"])) == ("/d/a.txt", True)
    assert (await api.stat("/d/a.txt"))["public_hash"] == m["public_hash"]
    assert [found["path"] for found in await api.look("links/")] == ["/d/a.txt"]
    gone = await api.ok("links/delete/", path="/d/a.txt")
    assert gone["public_hash"] == ""
    assert await api.look("links/") == []
    assert await api.refused("links/delete/", path="/d/a.txt") == (404, "LinkNotFound")


async def test_an_object_has_one_link_with_the_latest_options(api: Client, tree, clock: Clock):
    first = await publish(api, "/d", password="x", ttl=60)
    assert await publish(api, "/d", download_max=3, notify=1) == first
    info = await api.look(f"links/info/{first}/")
    assert info == {
        "public_hash": first,
        "created": clock.now_ms(),
        "expires": 0,
        "access_rights": "download",
        "author_lang": "en",
        "notify": True,
        "download_max": 3,
        "download_count": 0,
        "password": False,
    }
    await api.ok("links/delete/", path="/d")
    assert await publish(api, "/d") != first


async def test_links_are_found_by_hash_and_in_pages(api: Client, tree):
    hashes = [await publish(api, path) for path in ("/d", "/d/a.txt", "/d/sub")]
    (only,) = await api.look("links/", hash=hashes[1])
    assert only["path"] == "/d/a.txt"
    assert [m["path"] for m in await api.look("links/", offset=1, limit=1)] == ["/d/a.txt"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, (400, "InvalidParameters")),
        ({"path": "/d", "ttl": 31_536_001}, (400, "InvalidParameters")),
        ({"path": "/d/a.txt", "upload_folder": 1}, (400, "InvalidParameters")),
        ({"path": "/x"}, (404, "NotFound")),
    ],
)
async def test_a_link_may_be_refused(api: Client, tree, params: dict, expected: tuple):
    assert await api.refused("links/create/", **params) == expected


async def test_anybody_may_look_into_a_published_folder(api: Client, stranger: Client, tree):
    hash_ = await publish(api, "/d")
    root = await stranger.look(f"links/metadata/{hash_}/")
    assert (root["path"], root["name"], root["role"]) == ("/", "d", "collaborator")
    assert [m["path"] for m in root["content"]] == ["/a.txt", "/sub"]
    inner = await stranger.look(f"links/metadata/{hash_}/sub", dirs_only=0, limit=1)
    assert [m["path"] for m in inner["content"]] == ["/sub/b"]
    assert "name" not in inner
    assert "content" not in await stranger.look(f"links/metadata/{hash_}/", listing=0)
    link = await stranger.look(f"links/get/{hash_}/sub/b")
    assert (link["path"], link["size"]) == ("/sub/b", 2)
    assert (await stranger.store.get(link["url"])).content == b"12"
    for path in ("x", "../d", "d"):
        assert (await stranger.get(f"links/metadata/{hash_}/{path}")).status_code == 404


async def test_a_published_file_is_its_own_root(api: Client, stranger: Client, tree):
    hash_ = await publish(api, "/d/a.txt")
    m = await stranger.look(f"links/metadata/{hash_}/")
    assert (m["path"], m["name"], m["bytes"]) == ("/", "a.txt", 5)
    link = await stranger.look(f"links/get/{hash_}/")
    assert (await stranger.store.get(link["url"])).content == b"hello"


async def test_a_link_has_its_time(api: Client, stranger: Client, tree, clock: Clock):
    hash_ = await publish(api, "/d", ttl=60)
    assert (await api.look(f"links/info/{hash_}/"))["expires"] == clock.now_ms() + 60_000
    clock.advance(59)
    await stranger.look(f"links/metadata/{hash_}/")
    clock.advance(1)
    response = await stranger.get(f"links/metadata/{hash_}/")
    assert refusal(response) == (404, "LinkNotFound")


async def test_a_link_may_be_used_up(api: Client, stranger: Client, tree):
    hash_ = await publish(api, "/d", download_max=2)
    for _ in range(2):
        await stranger.look(f"links/get/{hash_}/a.txt")
    assert (await api.look(f"links/info/{hash_}/"))["download_count"] == 2
    for route in ("get", "metadata"):
        response = await stranger.get(f"links/{route}/{hash_}/a.txt")
        assert refusal(response) == (404, "LinkNotFound")


async def test_a_link_may_have_a_password(api: Client, stranger: Client, tree):
    hash_ = await publish(api, "/d", password="open sesame")
    assert (await api.look(f"links/info/{hash_}/"))["password"] is True
    for params in ({}, {"password": "wrong"}):
        for route in ("get", "metadata"):
            response = await stranger.get(f"links/{route}/{hash_}/a.txt", **params)
            assert refusal(response) == (403, "WrongPassword")
    await stranger.look(f"links/get/{hash_}/a.txt", password="open sesame")


async def test_a_link_may_be_blocked(api: Client, stranger: Client, tree, running: Running):
    hash_ = await publish(api, "/d")
    running.emulator.block_link(hash_)
    response = await stranger.get(f"links/metadata/{hash_}/")
    assert refusal(response) == (403, "LinkBlocked")


async def test_what_is_deleted_is_not_public(
    api: Client, stranger: Client, tree, running: Running, clock: Clock
):
    hash_ = await publish(api, "/d/a.txt")
    await api.ok("fileops/delete/", path="/d")
    assert (await stranger.get(f"links/metadata/{hash_}/")).status_code == 404
    assert await api.look("links/") == []
    (item,) = running.emulator.bin()
    await api.finished((await api.ok(f"trash/restore/{item.name}"))["taskid"], clock)
    await stranger.look(f"links/metadata/{hash_}/")
    await api.ok("fileops/delete/", path="/d", without_trash=1)
    assert (await stranger.get(f"links/metadata/{hash_}/")).status_code == 404


async def test_a_link_for_uploads_gives_nothing_out(api: Client, stranger: Client, tree):
    hash_ = await publish(api, "/d", upload_folder=1)
    assert (await api.look(f"links/info/{hash_}/"))["access_rights"] == "upload"
    assert refusal(await stranger.get(f"links/get/{hash_}/a.txt")) == (403, "AccessDenied")


async def test_the_options_of_a_link_are_for_its_owner(api: Client, friend: Client, tree):
    hash_ = await publish(api, "/d")
    assert refusal(await friend.get(f"links/info/{hash_}/")) == (404, "LinkNotFound")


async def test_a_link_opens_in_a_browser(api: Client, stranger: Client, tree):
    hash_ = await publish(api, "/d")
    page = await stranger.http.get(f"/public/{hash_}/")
    assert page.headers["content-type"].startswith("text/html")
    assert f'href="/public/{hash_}/a.txt"' in page.text
    response = await stranger.http.get(f"/public/{hash_}/a.txt", follow_redirects=True)
    assert response.content == b"hello"
    assert response.headers["content-type"] == "text/plain"
    assert (await stranger.http.get("/public/unknown/")).status_code == 404


async def test_a_hash_may_be_a_whole_url(api: Client, stranger: Client, tree, running: Running):
    running.emulator.configure(public_hash_style="url")
    hash_ = await publish(api, "/d/a.txt")
    assert hash_.startswith(f"{running.api_url}/public/")
    assert (await stranger.http.get(hash_, follow_redirects=True)).content == b"hello"
    bare = hash_.rstrip("/").rpartition("/")[2]
    await stranger.look(f"links/metadata/{bare}/")
    assert (await api.look(f"links/info/{bare}/"))["public_hash"] == hash_
    assert [m["public_hash"] for m in await api.look("links/", hash=hash_)] == [hash_]


async def test_a_link_is_saved_into_the_own_storage(
    api: Client, friend: Client, tree, running: Running, clock: Clock
):
    hash_ = await publish(api, "/d")
    running.emulator.make_folder("/d", login="friend@example.com")
    task = await friend.look(f"links/add_to_storage/{hash_}/")
    result = await friend.finished(task["taskid"], clock)
    assert result == {"folder_name": "/d(1)", "files_count": 2, "size": 7}
    assert running.emulator.tree("friend@example.com")["/d(1)/sub/b"] == b"12"
    running.emulator.configure(quota=8)
    response = await friend.get(f"links/add_to_storage/{hash_}/")
    assert refusal(response) == (402, "QuotaExceeded")
    running.emulator.block_link(hash_)
    response = await friend.get(f"links/add_to_storage/{hash_}/")
    assert refusal(response) == (403, "LinkBlocked")


async def test_saving_fails_if_the_link_is_gone_meanwhile(
    api: Client, friend: Client, tree, clock: Clock
):
    hash_ = await publish(api, "/d")
    task = await friend.look(f"links/add_to_storage/{hash_}/")
    await api.ok("fileops/delete/", path="/d")
    clock.advance(1)
    response = await friend.get(f"task/{task['taskid']}/")
    assert refusal(response) == (400, "TaskFailed")


async def test_saving_fails_if_what_was_published_is_gone_for_good(
    api: Client, friend: Client, tree, clock: Clock
):
    hash_ = await publish(api, "/d")
    task = await friend.look(f"links/add_to_storage/{hash_}/")
    await api.ok("fileops/delete/", path="/d", without_trash=1)
    clock.advance(1)
    response = await friend.get(f"task/{task['taskid']}/")
    assert refusal(response) == (400, "TaskFailed")
