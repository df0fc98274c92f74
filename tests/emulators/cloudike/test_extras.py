"""Reference 3.22: archives, previews, comments."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, refusal


@pytest.fixture
def tree(running: Running):
    running.emulator.write("/d/a.txt", b"hello")
    running.emulator.write("/d/big", bytes(3_000_000))
    running.emulator.write("/d/sub/é", b"12")
    running.emulator.make_folder("/d/empty")


def unpacked(response: httpx.Response) -> dict[str, int]:
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        return {info.filename: info.file_size for info in archive.infolist()}


WHOLE = {"d/": 0, "d/a.txt": 5, "d/big": 3_000_000, "d/empty/": 0, "d/sub/": 0, "d/sub/é": 2}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_archive_is_made_by_a_task(api: Client, tree, clock: Clock, method: str):
    url = "/api/1/files/download_as_archive/"
    task = (await api.http.request(method, url, params={"path": ["/d"]})).json()
    result = await api.finished(task["taskid"], clock)
    assert unpacked(await api.store.get(result["url"])) == WHOLE


async def test_an_archive_is_streamed(api: Client, stranger: Client, tree, clock: Clock):
    found = await api.ok("files/download_as_archive_stream/", path=["/d/a.txt", "/d/sub"])
    expected = datetime.fromtimestamp(clock.now(), UTC) + timedelta(hours=1)
    assert datetime.fromisoformat(found["expired"]) == expected
    assert found["file_name"] == "d_2023-11-14 22.13.20.zip"
    response = await stranger.http.get(found["url"])
    assert unpacked(response) == {"a.txt": 5, "sub/": 0, "sub/é": 2}
    clock.advance(3601)
    assert refusal(await stranger.http.get(found["url"])) == (404, "NotFound")


async def test_an_archive_has_a_hash(api: Client, tree):
    found = await api.ok("files/create_link_of_archive/", path="/d", is_win="true")
    response = await api.get(f"files/download_as_archive_stream/{found['hash']}/")
    assert unpacked(response) == WHOLE


async def test_an_archive_may_be_refused(api: Client, tree):
    assert await api.refused("files/create_link_of_archive/", path="/x") == (404, "NotFound")
    refused = await api.refused("files/create_link_of_archive/")
    assert refused == (400, "InvalidParameters")


async def test_an_archive_that_is_not_read_to_its_end_does_no_harm(api: Client, tree):
    found = await api.ok("files/create_link_of_archive/", path="/d")
    url = f"/api/1/files/download_as_archive_stream/{found['hash']}/"
    async with api.http.stream("GET", url) as response:
        assert response.status_code == 200
    assert await api.names("/") == ["d"]


async def test_a_picture_has_a_preview(api: Client, running: Running):
    running.emulator.write("/a.png", b"not really")
    running.emulator.write("/a.txt", b"")
    response = await api.http.get("/api/0/files/get_preview/", params={"path": "/a.png"})
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")
    assert refusal(await api.get("files/get_preview/", path="/a.txt")) == (404, "FileNotFound")
    assert await api.ok("files/create_extra/", path="/a.png") == {"started": True}
    assert await api.ok("files/create_extra/", path="/a.txt") == {"started": False}
    assert await api.refused("files/create_extra/", path="/x") == (404, "NotFound")


async def test_comments_are_written_changed_and_deleted(
    api: Client, friend: Client, tree, clock: Clock
):
    made = await api.ok("workflow/comment/d/a.txt", text="first")
    assert (
        made.items()
        >= {
            "text": "first",
            "created_time": clock.now_ms(),
            "owner_id": 94,
        }.items()
    )
    await api.ok("workflow/comment/d/a.txt", text="second")
    await api.ok("workflow/comment/d", text="elsewhere")
    await api.ok("workflow/comment/edit", id=made["id"], text="changed")
    found = await api.look("workflow/comments/d/a.txt")
    assert [c["text"] for c in found] == ["changed", "second"]
    refused = await friend.refused("workflow/comment/delete", id=made["id"])
    assert refused == (404, "NotFound")
    await api.ok("workflow/comment/delete", id=made["id"])
    assert [c["text"] for c in await api.look("workflow/comments/d/a.txt")] == ["second"]
    assert refusal(await api.get("workflow/comments/x")) == (404, "NotFound")
