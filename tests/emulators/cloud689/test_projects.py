"""Reference 3.1, 3.3 and 3.6: the root of an account."""

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.server import Running
from tests.emulators.cloud689.client import Client, signed_in

NOT_FOUND = (404, "Project not found")


async def test_a_list_is_as_in_the_reference(api: Client, colleague: Client):
    await api.file("a", folder=await api.folder("d"))
    await api.file("b")
    body = (await api.post("project/list", draw="1", start=0, length=100)).json()
    (row,) = body["result"].pop("data")
    assert body == {
        "result": {"draw": "1", "total_result": 1},
        "status_code": 200,
        "total_records": None,
    }
    me = await api.ok("user/info")
    assert list(row.items()) == [
        ("project_id", api.project),
        ("project_name", "Documents"),
        ("owner_id", me["user_id"]),
        ("owner_name", "Ann Lee"),
        ("create_date", "2023/11/14 17:13:20"),
        ("number_file", 2),
        ("number_member", 2),
        ("link", None),
        ("project_role_id", 1),
        ("total_result", 1),
    ]
    assert (await colleague.projects())[0]["project_role_id"] == 2


async def test_pages_begin_where_they_are_told_to(api: Client, clock: Clock):
    for number in range(12):
        clock.advance(1)
        await api.new_project(f"p{number}")
    newest_first = [f"p{number}" for number in reversed(range(12))] + ["Documents"]
    assert [row["project_name"] for row in await api.projects()] == newest_first
    for start, length, expected in (
        (0, 5, newest_first[:5]),
        (5, 5, newest_first[5:10]),
        (10, 5, newest_first[10:]),
        (13, 5, []),
        (0, None, newest_first[:10]),
        (None, None, newest_first[:10]),
        (0, 0, []),
    ):
        found = await api.ok("project/list", start=start, length=length)
        assert [row["project_name"] for row in found["data"]] == expected
        assert (found["total_result"], found["draw"]) == (13, None)


async def test_projects_are_searched_by_name(api: Client):
    await api.new_project("Reports 2024")
    await api.new_project("Old reports")
    found = await api.ok("project/list", search_key="REPORT")
    assert {row["project_name"] for row in found["data"]} == {"Reports 2024", "Old reports"}
    assert found["total_result"] == 2
    assert await api.projects(search_key="x") == []


async def test_a_new_project_is_told(api: Client):
    made = await api.ok(
        "project/create", project_id=None, name="Plans", description="d", max_download=3
    )
    assert list(made.items()) == [
        ("project_id", made["project_id"]),
        ("team_id", Cloud689Emulator.team_id),
        ("name", "Plans"),
        ("description", "d"),
        ("project_type", 1),
        ("create_date", "2023/11/14 22:13:20"),
        ("modify_date", "2023/11/14 22:13:20"),
        ("max_download", 3),
        ("status", 1),
    ]
    found = await api.ok("project/info", project_id=made["project_id"])
    assert (found["number_of_file"], found["number_of_user"]) == (0, 1)
    assert {k: found[k] for k in made if k != "create_date"} == {
        k: made[k] for k in made if k != "create_date"
    }


async def test_names_of_projects_are_not_unique(api: Client):
    ids = {await api.new_project("P") for _ in range(3)}
    assert len(ids) == 3
    assert len(await api.projects(search_key="P")) == 3


async def test_an_edit_leaves_what_it_does_not_name(api: Client):
    made = await api.ok("project/create", name="a", description="d", max_download=2)
    project = made["project_id"]
    edited = await api.ok("project/edit", project_id=project, name="b")
    assert (edited["name"], edited["description"], edited["max_download"]) == ("b", "d", 2)
    edited = await api.ok(
        "project/edit", project_id=project, name="b", description="", max_download=5
    )
    assert (edited["description"], edited["max_download"]) == ("", 5)
    assert (await api.ok("project/info", project_id=project))["name"] == "b"


async def test_a_project_is_deleted_for_ever(api: Client, emulator: Cloud689Emulator):
    folder = await api.folder("d")
    kept, gone = await api.file("kept", b"x" * 1000, folder), await api.file("gone", b"y" * 999)
    await api.done("project/f/delete", file_id=gone)
    await api.done("project/delete")
    assert await api.projects() == []
    assert (emulator.tree(), emulator.bin()) == ({}, [])
    for call in ("project/info", "project/f/browse", "project/delete"):
        assert await api.refused(call) == NOT_FOUND
    assert await api.refused("project/f/info", f_id=kept) == NOT_FOUND
    assert list((emulator.root / "blobs").glob("*/*")) == []


async def test_a_file_is_in_one_project_only(api: Client):
    folder, file = await api.folder("d"), await api.file("f")
    other = await api.new_project("Other")
    assert await api.refused("project/f/info", f_id=file, project_id=other) == (
        404,
        "File not found",
    )
    for call in ("browse", "delete"):
        refused = await api.refused(f"project/f/{call}", folder_id=folder, project_id=other)
        assert refused == (404, "Folder not found")
    elsewhere = (await api.ok("project/f/create", name="e", project_id=other))["folder_id"]
    refused = await api.refused("project/f/move", file_id=file, new_parent_folder_id=elsewhere)
    assert refused == (404, "Folder not found")
    await api.done("project/f/delete", file_id=file)
    refused = await api.refused("project/f/restore", file_ids=file, project_id=other)
    assert refused == (404, "File not found")
    assert await api.names(project_id=other, active=False) == []
    assert await api.bin() == ["f"]


async def test_the_root_of_a_project_is_no_folder(api: Client):
    # The root has no id of its own: that of the project is none of a folder.
    refused = await api.refused("project/f/browse", folder_id=api.project)
    assert refused == (404, "Folder not found")
    assert await api.refused("project/f/delete", folder_id=api.project) == (404, "Folder not found")


async def test_who_is_not_in_a_project_is_told_so(
    api: Client, emulator: Cloud689Emulator, running: Running
):
    emulator.add_account("eve@example.com", "e")
    async with signed_in(running, "eve@example.com", "e") as eve:
        assert await eve.projects() == []
        for call in ("project/info", "project/f/browse", "project/delete", "user/project"):
            refused = await eve.refused(call, project_id=api.project)
            assert refused == (404, "User not found in the project")
