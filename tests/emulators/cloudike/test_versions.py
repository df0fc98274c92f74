"""Reference 3.14: versions."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, md5, refusal


@pytest.fixture
async def history(api: Client, clock: Clock) -> list[dict]:
    """Three versions of /a, oldest first."""
    found = []
    for number, data in enumerate((b"1", b"22", b"333"), start=1):
        clock.advance(1)
        found.append(await api.upload("/a", data, overwrite=1, modified=number))
    return found


async def test_versions_are_listed_newest_first(api: Client, history):
    found = await api.look("files/versions/a")
    assert [v["version"] for v in found] == [m["version"] for m in reversed(history)]
    assert [v["type"] for v in found] == ["new_content", "new_content", "created"]
    assert [v["content"] for v in found] == [{"size": 3}, {"size": 2}, {"size": 1}]
    assert all(v["timestamp"] == v["version"] / 1000 for v in found)
    assert all(len(v["id"]) == 24 for v in found)
    assert all("restored_timestamp" not in v for v in found)


async def test_versions_come_in_pages(api: Client, history):
    whole = await api.look("files/versions/a")
    assert await api.look("files/versions/a", skip=1, limit=1) == whole[1:2]
    assert await api.look("files/versions/a", skip=1) == whole[1:]
    assert await api.look("files/versions/a", skip=3) == []


async def test_only_a_file_has_versions(api: Client, running: Running):
    running.emulator.make_folder("/d")
    for path in ("d", "nothing", ""):
        assert refusal(await api.get(f"files/versions/{path}")) == (404, "NotFound")


async def test_a_restored_version_is_a_new_one(api: Client, history, clock: Clock):
    clock.advance(1)
    m = await api.ok("files/restore/", path="/a", version=history[0]["version"])
    assert (m["path"], m["bytes"], m["checksum"]) == ("/a", 1, md5(b"1"))
    assert m["client_data"] == {"modified": 1}
    assert m["version"] not in {old["version"] for old in history}
    found = await api.look("files/versions/a")
    assert len(found) == 4
    assert (found[0]["type"], found[0]["version"]) == ("restored", m["version"])
    assert found[0]["restored_timestamp"] == history[0]["version"] / 1000
    assert await api.fetch("/a") == b"1"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"path": "/a"}, (400, "InvalidParameters")),
        ({"version": "1"}, (400, "InvalidParameters")),
        ({"path": "/a", "version": 1}, (404, "NotFound")),
        ({"path": "/x", "version": 1}, (404, "NotFound")),
        ({"path": "/", "version": 1}, (404, "NotFound")),
    ],
)
async def test_a_restoration_may_be_refused(api: Client, history, params: dict, expected: tuple):
    assert await api.refused("files/restore/", **params) == expected


async def test_a_restoration_needs_space(api: Client, running: Running):
    old = await api.upload("/a", b"12345")
    await api.upload("/a", b"1", overwrite=1)
    running.emulator.configure(quota=3)
    refused = await api.refused("files/restore/", path="/a", version=old["version"])
    assert refused == (402, "QuotaExceeded")
