"""Reference 3.11 to 3.13 and 3.19: the trash and the tasks that work on it."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, md5, refusal


@pytest.fixture
def trashed(running: Running, clock: Clock):
    """/docs with a file, and /a.txt, both deleted one after the other."""
    emulator = running.emulator
    emulator.write("/docs/report", b"report")
    emulator.write("/a.txt", b"hello")
    for path in ("/docs", "/a.txt"):
        clock.advance(1)
        emulator.remove(path)
    return {item.path: item.name for item in emulator.bin()}


async def test_the_trash_lists_the_tops_of_deleted_trees(api: Client, trashed, clock: Clock):
    found = await api.look("trash/")
    assert found["is_last_page"]
    file, folder = found["content"]
    assert (
        file.items()
        >= {
            "name": trashed["/a.txt"],
            "restore_path": "/a.txt",
            "folder": False,
            "bytes": 5,
            "checksum": md5(b"hello"),
            "modified": clock.now_ms(),
            "created": clock.now_ms() - 2000,
            "deleted": True,
            "is_in_trash": True,
        }.items()
    )
    assert folder["restore_path"] == "/docs"
    assert folder["folder"]
    assert "path" not in file
    assert "a.txt" not in file["name"]
    assert "/" not in file["name"]


async def test_the_trash_comes_in_pages_and_orders(api: Client, trashed):
    async def paths(**params) -> list[str]:
        found = await api.look("trash/", **params)
        return [m["restore_path"] for m in found["content"]]

    assert await paths(order_by="-name") == ["/docs", "/a.txt"]
    assert await paths(order_by="modified_time") == ["/docs", "/a.txt"]
    assert await paths(dirs_only=1) == ["/docs"]
    assert await paths(offset=1, limit=1) == ["/docs"]
    assert not (await api.look("trash/", limit=1))["is_last_page"]
    assert refusal(await api.get("trash/", order_by="x")) == (400, "InvalidParameters")


async def test_the_trash_has_an_etag(api: Client, trashed, running: Running):
    response = await api.get("trash/")
    etag = response.headers["etag"]
    assert etag == f'"{response.json()["hash"]}"'
    known = {"If-None-Match": etag}
    again = await api.http.get("/api/1/trash/", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    running.emulator.write("/b", b"")
    running.emulator.remove("/b")
    assert (await api.http.get("/api/1/trash/", headers=known)).status_code == 200


async def test_one_path_may_be_in_the_trash_several_times(api: Client, running: Running):
    for data in (b"one", b"three"):
        running.emulator.write("/same", data)
        running.emulator.remove("/same")
    found = (await api.look("trash/"))["content"]
    assert [m["restore_path"] for m in found] == ["/same", "/same"]
    assert len({m["name"] for m in found}) == 2


async def test_a_restored_tree_is_back_when_the_task_is_done(
    api: Client, trashed, running: Running, clock: Clock
):
    task = await api.ok(f"trash/restore/{trashed['/docs']}", overwrite=0)
    assert set(task) == {"taskid"}
    assert running.emulator.tree() == {}
    result = await api.finished(task["taskid"], clock)
    assert (result["success"], result["failed"]) == (1, 0)
    (node,) = result["nodes"]
    assert (node["path"], node["error_code"]) == ("/docs", None)
    assert running.emulator.tree() == {"/docs": None, "/docs/report": b"report"}
    assert set(trashed) - {i.path for i in running.emulator.bin()} == {"/docs"}
    again = await api.refused(f"trash/restore/{trashed['/docs']}")
    assert again == (404, "NotFound")


async def test_a_task_is_unfinished_for_a_while_and_its_result_is_kept(
    api: Client, trashed, friend: Client, clock: Clock
):
    task = await api.ok(f"trash/restore/{trashed['/docs']}")
    url = f"task/{task['taskid']}/"
    early = await api.get(url)
    assert (early.status_code, early.json()) == (404, {"progress": 0})
    clock.advance(0.1)
    assert (await api.get(url)).json() == {"progress": 50}
    assert refusal(await friend.get(url)) == (404, "TaskNotFound")
    clock.advance(0.1)
    result = await api.look(url)
    clock.advance(3600)
    assert await api.look(url) == result
    assert refusal(await api.get("task/unknown/")) == (404, "TaskNotFound")


async def test_work_is_done_in_time_though_nobody_asks_for_the_task(
    api: Client, trashed, clock: Clock
):
    await api.ok(f"trash/restore/{trashed['/docs']}")
    clock.advance(0.2)
    assert await api.names("/") == ["docs"]


async def test_many_are_restored_at_once_by_their_names(
    api: Client, trashed, running: Running, clock: Clock
):
    names = [*trashed.values(), "unknown"]
    for encoding in ("json", "data"):
        response = await api.http.post(
            "/api/1/trash/restore/", **{encoding: {"paths": names, "overwrite": "0"}}
        )
        result = await api.finished(response.json()["taskid"], clock)
        if encoding == "json":
            assert (result["success"], result["failed"]) == (2, 1)
            assert [n["error_code"] for n in result["nodes"]] == [None, None, 404]
        else:
            assert (result["success"], result["failed"]) == (0, 3)
    assert set(running.emulator.tree()) == {"/a.txt", "/docs", "/docs/report"}
    assert await api.refused("trash/restore/") == (400, "InvalidParameters")


async def test_a_taken_place_is_respected_or_replaced(
    api: Client, trashed, running: Running, clock: Clock
):
    running.emulator.write("/a.txt", b"newer")
    route = f"trash/restore/{trashed['/a.txt']}"
    assert await api.refused(route, overwrite=0) == (403, "ObjectAlreadyExists")
    task = await api.ok(route)
    assert (await api.finished(task["taskid"], clock))["success"] == 1
    assert running.emulator.tree() == {"/a.txt": b"hello"}
    assert "/a.txt" in {item.path for item in running.emulator.bin()}


async def test_a_folder_does_not_come_back_over_a_file(api: Client, trashed, running: Running):
    running.emulator.write("/docs", b"a file")
    route = f"trash/restore/{trashed['/docs']}"
    for overwrite in (0, 1):
        refused = await api.refused(route, overwrite=overwrite)
        assert refused == (403, "ObjectAlreadyExists")


async def test_missing_parents_are_made_again(api: Client, running: Running, clock: Clock):
    running.emulator.write("/x/y/file", b"1")
    running.emulator.remove("/x/y/file")
    (item,) = running.emulator.bin()
    running.emulator.remove("/x")
    task = await api.ok(f"trash/restore/{item.name}")
    await api.finished(task["taskid"], clock)
    assert running.emulator.tree() == {"/x": None, "/x/y": None, "/x/y/file": b"1"}


async def test_a_file_in_the_place_of_a_parent_is_in_the_way(api: Client, running: Running):
    running.emulator.write("/x/file", b"1")
    running.emulator.remove("/x/file")
    (item,) = running.emulator.bin()
    running.emulator.remove("/x")
    running.emulator.write("/x", b"in the way")
    refused = await api.refused(f"trash/restore/{item.name}")
    assert refused == (403, "ObjectAlreadyExists")


async def test_a_restoration_needs_space(api: Client, trashed, running: Running):
    running.emulator.configure(quota=4)
    refused = await api.refused(f"trash/restore/{trashed['/a.txt']}")
    assert refused == (402, "QuotaExceeded")


async def test_what_happened_meanwhile_makes_the_task_fail_in_part(
    api: Client, trashed, running: Running, clock: Clock
):
    task = await api.ok(f"trash/restore/{trashed['/a.txt']}", overwrite=0)
    running.emulator.write("/a.txt", b"newer")
    result = await api.finished(task["taskid"], clock)
    assert (result["failed"], result["nodes"][0]["error_code"]) == (1, 403)
    assert running.emulator.tree() == {"/a.txt": b"newer"}


async def test_the_versions_of_a_file_come_back_with_it(
    api: Client, running: Running, clock: Clock
):
    await api.upload("/a", b"one")
    new = await api.upload("/a", b"two", overwrite=1)
    await api.ok("fileops/delete/", path="/a")
    (item,) = running.emulator.bin()
    await api.finished((await api.ok(f"trash/restore/{item.name}"))["taskid"], clock)
    history = await api.look("files/versions/a")
    assert (len(history), history[0]["version"]) == (2, new["version"])


async def test_a_path_is_undeleted_to_its_latest_content(api: Client, running: Running, clock):
    for data in (b"old", b"new"):
        clock.advance(1)
        running.emulator.write("/d/a", data)
        running.emulator.remove("/d/a")
    m = await api.ok("fileops/undelete/", path="/d/a")
    assert m["path"] == "/d/a"
    assert running.emulator.tree() == {"/d": None, "/d/a": b"new"}
    assert len(running.emulator.bin()) == 1


async def test_an_undelete_may_be_refused(api: Client, running: Running):
    running.emulator.write("/live", b"")
    running.emulator.write("/d/a", b"")
    running.emulator.remove("/d/a")
    running.emulator.remove("/d")
    refused = [await api.refused("fileops/undelete/", path=p) for p in ("/live", "/d/a", "/no")]
    assert refused == [(403, "NotDeleted"), (403, "NotDeleted"), (404, "NotFound")]
    found = await api.ok("fileops/multi/undelete/", path=["/live", "/d", "/d/a"])
    assert [node["error_code"] for node in found["nodes"]] == [403, None, None]
    assert set(running.emulator.tree()) == {"/live", "/d", "/d/a"}


async def test_some_are_purged_by_their_names(api: Client, trashed, running: Running, clock: Clock):
    task = await api.ok("trash/clear/", paths=[trashed["/a.txt"], "unknown"])
    assert len(running.emulator.bin()) == 2
    result = await api.finished(task["taskid"], clock)
    assert (result["success"], result["failed"]) == (1, 1)
    assert [node["error_code"] for node in result["nodes"]] == [None, 404]
    assert [item.path for item in running.emulator.bin()] == ["/docs"]


async def test_all_are_purged_when_none_is_named(
    api: Client, trashed, running: Running, clock: Clock
):
    running.emulator.write("/live", b"")
    task = await api.ok("trash/clear/")
    assert (await api.finished(task["taskid"], clock))["success"] == 2
    assert running.emulator.bin() == []
    assert running.emulator.tree() == {"/live": b""}


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"paths": ""}},
        {"json": {"paths": []}},
        {"json": {"paths": [""]}},
        {"data": {"path": "x"}},
        {"json": {"path": ["x"]}},
        {"data": {"path": ""}},
        {"params": {"path": "x"}},
    ],
)
async def test_a_slip_in_the_parameter_does_not_empty_the_trash(
    api: Client, trashed, running: Running, clock: Clock, sent: dict
):
    response = await api.http.post("/api/1/trash/clear/", **sent)
    assert refusal(response) == (400, "InvalidParameters")
    clock.advance(10)
    assert len(running.emulator.bin()) == 2


async def test_a_purge_takes_old_versions_too(api: Client, trashed, running: Running, clock: Clock):
    await api.upload("/v", b"one")
    await api.upload("/v", b"two", overwrite=1)
    assert await api.ok("fileops/purgestatus/") == {"status": "DONE"}
    response = await api.post("fileops/purge/")
    assert (response.status_code, response.content) == (200, b"")
    assert await api.ok("fileops/purgestatus/") == {"status": "PROCESSING"}
    clock.advance(0.2)
    assert await api.ok("fileops/purgestatus/") == {"status": "DONE"}
    assert running.emulator.bin() == []
    assert len(await api.look("files/versions/v")) == 1
    assert running.emulator.tree() == {"/v": b"two"}
    assert (await api.look("accounts/get/"))["overhead_size"] == 0


async def test_a_purge_may_be_switched_off(api: Client, trashed, running: Running, clock):
    running.emulator.configure(purge_enabled=False)
    assert (await api.post("fileops/purge/")).status_code == 405
    clock.advance(10)
    assert len(running.emulator.bin()) == 2


async def test_a_bug_in_a_task_is_the_failure_of_this_task_only(
    api: Client, trashed, running: Running, clock: Clock, monkeypatch, announce
):
    announce("the task restore failed in the emulator")
    task = await api.ok(f"trash/restore/{trashed['/docs']}")
    clock.advance(0.2)
    with monkeypatch.context() as patch:
        patch.setattr(running.emulator.store.bin, "restore", None)
        response = await api.get(f"task/{task['taskid']}/")
    assert refusal(response) == (400, "TaskFailed")
    assert len(running.emulator.bin()) == 2
    assert await api.names("/") == []
