"""Reference 1.3: two clocks, of which each field shows one."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.cloud689.client import Client, result
from tests.emulators.conftest import NOW

UTC, USER = "2023/11/14 22:13:20", "2023/11/14 17:13:20"  # what both show at NOW


async def test_listings_show_the_users_clock(api: Client):
    folder, file = await api.folder("d"), await api.file("f")
    response = await api.ok("project/f/browse")
    entries = {entry["id"]: entry for entry in response["file_info"]}
    assert entries[file]["last_modified_date"] == USER
    assert entries[folder]["last_modified_date"] is None
    assert response["project"]["create_date"] == UTC
    assert response["project"]["modify_date"] == UTC
    assert response["member"][0]["create_date"] == UTC


async def test_a_file_by_itself_shows_utc(api: Client):
    made = await api.upload("f")
    assert (made["create_date"], made["modify_date"]) == (UTC, USER)
    found = await api.stat(made["file_id"])
    assert (found["create_date"], found["modify_date"]) == (UTC, UTC)


async def test_an_edit_shows_both(api: Client, clock: Clock):
    folder, file = await api.folder("d"), await api.file("f")
    clock.advance(3600)
    edited = await api.ok("project/f/edit", file_id=file, name="g")
    assert (edited["create_date"], edited["modify_date"]) == (UTC, USER)
    edited = await api.ok("project/f/edit", folder_id=folder, name="e")
    assert (edited["create_date"], edited["modify_date"]) == (UTC, "2023/11/14 18:13:20")


async def test_a_new_folder_shows_utc_and_no_modification(api: Client):
    found = await api.ok("project/f/create", name="d")
    assert (found["create_date"], found["modify_date"]) == (UTC, None)


async def test_projects_show_both(api: Client):
    params = {"name": "P", "max_download": 1}
    made = await api.ok("project/create", **params)
    assert (made["create_date"], made["modify_date"]) == (UTC, UTC)
    edited = await api.ok("project/edit", **params)
    assert (edited["create_date"], edited["modify_date"]) == (UTC, UTC)
    found = await api.ok("project/info")
    assert (found["create_date"], found["modify_date"]) == (USER, UTC)
    assert [row["create_date"] for row in await api.projects()] == [USER, USER]


async def test_history_shows_three_clocks(api: Client, clock: Clock):
    await api.file("f")
    clock.advance(60)
    event = (await api.history())[0]
    assert event["create_date"] == USER
    assert event["last_update"] == NOW * 1000 + 1  # the second event of the team
    assert event["server_time"] == "2023/11/14 22:14:20"


async def test_links_show_utc(api: Client):
    made = await api.ok("link/create", type_share=1, expiry_date="2030/05/01")
    found = await api.ok("link/get", link_id=made["link_id"])
    assert (found["create_date"], found["expiry_date"]) == (UTC, "2030/05/01 23:59:59")


async def test_comments_show_the_users_clock(api: Client):
    made = await api.ok("project/comment/create", text="hello")
    assert made["create_date"] == USER
    (found,) = await api.ok("project/comment/get")
    assert found["create_date"] == USER


async def test_users_may_live_in_other_zones(api: Client, colleague: Client):
    await api.file("f")
    (mine,), (his,) = await api.ls(), await colleague.ls()
    assert mine["last_modified_date"] == USER
    assert his["last_modified_date"] == "2023/11/15 00:13:20"
    assert (await colleague.ok("user/info"))["time_zone"] == 2


async def test_the_zone_can_be_set(api: Client, running: Running):
    running.emulator.configure(time_zone=0)
    made = await api.upload("f")
    assert made["modify_date"] == UTC
    assert (await api.ok("user/info"))["time_zone"] == 0


@pytest.mark.parametrize("change", ["rename", "move", "trash"])
async def test_a_files_modification_is_that_of_its_content(api: Client, clock: Clock, change: str):
    folder, file = await api.folder("d"), await api.file("f", b"x")
    clock.advance(3600)
    if change == "rename":
        await api.ok("project/f/edit", file_id=file, name="g")
    elif change == "move":
        await api.done("project/f/move", file_id=file, new_parent_folder_id=folder)
    else:
        await api.done("project/f/delete", file_id=file)
        assert (await api.stat(file, active=False))["modify_date"] == UTC
        await api.done("project/f/restore", file_ids=file)
    assert (await api.stat(file))["modify_date"] == UTC


async def test_a_change_inside_modifies_the_project(api: Client, clock: Clock):
    clock.advance(60)
    await api.file("f")
    assert (await api.ok("project/info"))["modify_date"] == "2023/11/14 22:14:20"
    assert result(await api.get("history/project"))
    clock.advance(60)
    assert (await api.ok("project/info"))["modify_date"] == "2023/11/14 22:14:20"
