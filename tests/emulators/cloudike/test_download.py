"""Reference 3.7: links and what they lead to."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, md5, refusal

DATA = b"0123456789"


async def test_a_link_tells_what_it_leads_to(api: Client, running: Running, clock: Clock):
    m = await api.upload("/a.txt", DATA, modified=5)
    link = await api.link("/a.txt")
    assert link.pop("url").startswith(running.store_url)
    assert link == {
        "method": "GET",
        "path": "/a.txt",
        "version": m["version"],
        "size": 10,
        "checksum": md5(DATA),
        "created": clock.now_ms(),
        "modified": clock.now_ms(),
        "client_data": {"modified": 5},
        "deleted": False,
    }


async def test_a_link_is_for_reading_or_for_viewing(api: Client):
    await api.upload('/é "x".txt', DATA)
    response = await api.store.get((await api.link('/é "x".txt'))["url"])
    assert response.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%C3%A9%20%22x%22.txt"
    )
    response = await api.store.get((await api.link('/é "x".txt', for_view=1))["url"])
    assert response.headers["content-type"] == "text/plain"
    assert "content-disposition" not in response.headers


@pytest.mark.parametrize(
    ("header", "content", "told"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-5", b"2345", "bytes 2-5/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=7-100", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-100", DATA, "bytes 0-9/10"),
    ],
)
async def test_a_range_is_a_part(api: Client, header: str, content: bytes, told: str):
    await api.upload("/a", DATA)
    response = await api.store.get((await api.link("/a"))["url"], headers={"Range": header})
    assert (response.status_code, response.content) == (206, content)
    assert response.headers["content-range"] == told
    assert response.headers["content-length"] == str(len(content))


@pytest.mark.parametrize("header", ["bytes=5-2", "bytes=1-2,4-5", "lines=1-2", "bytes=-", "x"])
async def test_what_is_no_single_range_is_ignored(api: Client, header: str):
    await api.upload("/a", DATA)
    response = await api.store.get((await api.link("/a"))["url"], headers={"Range": header})
    assert (response.status_code, response.content) == (200, DATA)
    assert response.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
async def test_a_range_beyond_the_end_is_refused(api: Client, header: str):
    await api.upload("/a", DATA)
    response = await api.store.get((await api.link("/a"))["url"], headers={"Range": header})
    assert response.status_code == 416
    assert response.headers["content-range"] == "bytes */10"


async def test_an_empty_file_can_be_fetched(api: Client):
    await api.upload("/a", b"")
    assert await api.fetch("/a") == b""


async def test_a_link_is_for_get_only(api: Client):
    await api.upload("/a", DATA)
    url = (await api.link("/a"))["url"]
    assert (await api.store.head(url)).status_code == 403
    assert (await api.store.put(url, content=b"")).status_code == 403
    assert (await api.store.delete(url)).status_code == 405


async def test_a_link_expires(api: Client, clock: Clock):
    await api.upload("/a", DATA)
    url = (await api.link("/a"))["url"]
    clock.advance(3599)
    assert (await api.store.get(url)).status_code == 200
    clock.advance(1)
    assert (await api.store.get(url)).status_code == 403


async def test_an_altered_link_is_refused(api: Client):
    await api.upload("/a", DATA)
    url = (await api.link("/a"))["url"]
    for wrong in (url.replace("Expires=1", "Expires=9"), url + "&x=1", url.split("?")[0]):
        assert (await api.store.get(wrong)).status_code == 403


async def test_a_link_reads_one_version_whatever_comes_later(api: Client):
    old = await api.upload("/a", DATA)
    url = (await api.link("/a"))["url"]
    await api.upload("/a", b"new", overwrite=1)
    assert (await api.store.get(url)).content == DATA
    assert await api.fetch("/a", version=old["version"]) == DATA
    link = await api.link("/a", version=old["version"])
    assert (link["version"], link["size"]) == (old["version"], 10)


async def test_a_link_works_while_the_content_is_in_the_trash(api: Client, clock: Clock):
    await api.upload("/a", DATA)
    url = (await api.link("/a"))["url"]
    await api.ok("fileops/delete/", path="/a")
    assert (await api.store.get(url)).status_code == 200
    task = await api.ok("trash/clear/")
    await api.finished(task["taskid"], clock)
    assert (await api.store.get(url)).status_code == 404


async def test_a_purged_content_answers_404(api: Client):
    await api.upload("/a", DATA)
    url = (await api.link("/a"))["url"]
    await api.ok("fileops/delete/", path="/a", without_trash=1)
    assert (await api.store.get(url)).status_code == 404


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("nothing", {}, (404, "NotFound")),
        ("folder", {}, (404, "NotFound")),
        ("", {}, (404, "NotFound")),
        ("a", {"version": 1}, (404, "NotFound")),
        ("a", {"version": "x"}, (400, "InvalidVersion")),
        ("a/b", {}, (404, "NotFound")),
    ],
)
async def test_a_link_may_be_refused(
    api: Client, running: Running, path: str, params: dict, expected: tuple
):
    running.emulator.make_folder("/folder")
    running.emulator.write("/a", DATA)
    assert refusal(await api.get(f"files/get/{path}", **params)) == expected


async def test_a_deleted_file_has_a_link_unless_it_must_not(api: Client, clock: Clock):
    for data in (b"first", b"second"):
        clock.advance(1)
        await api.upload("/a", data)
        await api.ok("fileops/delete/", path="/a")
    link = await api.link("/a")
    assert link["deleted"]
    assert link["path"] == "/a"
    assert (await api.store.get(link["url"])).content == b"second"
    assert refusal(await api.get("files/get/a", deleted=0)) == (404, "NotFound")
    await api.upload("/a", b"live")
    live = await api.link("/a")
    assert not live["deleted"]
    assert (await api.store.get(live["url"])).content == b"live"
