"""Reference 3.16: what happened."""

from pathlib import Path

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.server import Running, serving
from tests.emulators.cloud689.client import Client, refusal, result, signed_in
from tests.emulators.conftest import NOW

FAILED = (417, "Create history failed")


async def test_an_event_is_as_in_the_reference(api: Client):
    folder, file = await api.folder("d"), await api.file("a.pptx")
    await api.done("project/f/move", file_id=file, new_parent_folder_id=folder)
    body = (await api.get("history/project", page_size=100, page_number=0)).json()
    assert list(body) == ["result", "description", "status_code", "total_records"]
    assert (body["description"], body["status_code"], body["total_records"]) == ("OK", 200, 4)
    me = await api.ok("user/info")
    kind = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    event = body["result"][0]
    assert list(event.items()) == [
        ("history_id", event["history_id"]),
        ("user_id", me["user_id"]),
        ("team_id", Cloud689Emulator.team_id),
        ("file_ids", file),
        ("category", 2),
        ("history_type", 802),
        ("project_id", api.project),
        ("create_date", "2023/11/14 17:13:20"),
        ("last_update", int(NOW * 1000) + 3),
        (
            "data",
            {
                "result": [
                    {
                        "id": file,
                        "name": "a.pptx",
                        "role": 0,
                        "new_role": 0,
                        "content_type": kind,
                    }
                ],
                "description": "Move file",
                "type": "FILE",
                "parent": {"id": folder, "name": "d", "content_type": "application/folder"},
                "user_action": {"user_id": me["user_id"], "role_id": 1},
            },
        ),
        ("server_time", "2023/11/14 22:13:20"),
    ]


async def test_every_change_is_one_event(api: Client):
    folder, file = await api.folder("d"), await api.file("f")
    for field, one in (("folder_id", folder), ("file_id", file)):
        await api.ok("project/f/edit", **{field: one}, name="new")
        await api.done("project/f/move", **{field: one})
        await api.done("project/f/delete", **{field: one})
        await api.done("project/f/restore", **{f"{field}s": one})
        await api.done("project/f/delete", **{field: one})
        await api.done("project/f/deleteforever", **{f"{field}s": one})
    await api.ok("project/edit", name="Renamed")
    events = (await api.history())[::-1]
    changes = [800, 802, 801, 804, 801, 803]
    assert [(event["category"], event["history_type"]) for event in events] == [
        (3, 300),
        (5, 500),
        (2, 200),
        *((5, kind) for kind in changes),
        *((2, kind) for kind in changes),
        (3, 301),
    ]
    ids = [(event.get("folder_ids"), event.get("file_ids")) for event in events]
    assert ids == [
        (None, None),
        (folder, None),
        (None, file),
        *([(folder, None)] * 6),
        *([(None, file)] * 6),
        (None, None),
    ]
    stamps = [event["last_update"] for event in events]
    assert stamps == sorted(set(stamps))
    assert len({event["history_id"] for event in events}) == len(events)


async def test_the_id_in_a_removed_file_is_that_of_its_project(api: Client):
    folder, file = await api.folder("d"), await api.file("f")
    await api.done("project/f/delete", file_id=file)
    await api.done("project/f/delete", folder_id=folder)
    of_folder, of_file = (await api.history())[:2]
    assert of_file["file_ids"] == file
    assert of_file["data"]["result"][0]["id"] == api.project
    assert of_folder["folder_ids"] == of_folder["data"]["result"][0]["id"] == folder


async def test_an_event_tells_the_parent_and_both_names(api: Client):
    folder = await api.folder("d")
    file = await api.file("a", folder=folder)
    await api.ok("project/f/edit", file_id=file, name="b")
    await api.done("project/f/move", file_id=file)
    moved, renamed, added, created, _ = await api.history()
    root = {"id": api.project, "name": "Documents", "content_type": "application/project"}
    assert (moved["data"]["parent"], created["data"]["parent"]) == (root, root)
    assert (renamed["data"]["parent"]["id"], added["data"]["parent"]["id"]) == (folder, folder)
    (told,) = renamed["data"]["result"]
    assert (told["name"], told["new_name"]) == ("a", "b")


async def test_what_is_restored_or_purged_together_is_told_by_place(api: Client):
    folder = await api.folder("d")
    inside = [await api.file(name, folder=folder) for name in ("a", "b")]
    outside = await api.file("c")
    for file in (*inside, outside):
        await api.done("project/f/delete", file_id=file)
    await api.done("project/f/restore", file_ids=[*inside, outside])
    events = [event for event in await api.history() if event["history_type"] == 804]
    told = {event["data"]["parent"]["id"]: event["file_ids"].split(",") for event in events}
    assert told == {folder: inside, api.project: [outside]}


async def test_pages_are_numbered_from_zero(api: Client):
    for number in range(30):
        await api.folder(f"d{number}")
    everything = await api.history()
    assert len(everything) == 31
    for params, expected in (
        ({}, everything[:20]),
        ({"page_number": 1}, everything[20:]),
        ({"page_size": 7, "page_number": 2}, everything[14:21]),
        ({"page_size": 7, "page_number": 9}, []),
        ({"page_size": 1_000_000}, everything),
    ):
        response = await api.get("history/project", **params)
        assert result(response) == expected
        assert response.json()["total_records"] == 31
    assert refusal(await api.get("history/project", page_size=0)) == (400, "Invalid parameter")


async def test_a_client_asks_for_what_is_newer(api: Client, clock: Clock):
    await api.folder("a")
    newest = (await api.history())[0]["last_update"]
    assert await api.history(last_update=newest) == []
    clock.advance(5)
    await api.folder("b")
    await api.folder("c")
    found = await api.history(last_update=newest)
    assert [event["data"]["result"][0]["name"] for event in found] == ["c", "b"]
    assert found[0]["last_update"] == found[1]["last_update"] + 1
    assert len(await api.history(last_update=0)) == 4


async def test_events_are_chosen_by_type_and_by_entry(api: Client):
    folder, file = await api.folder("d"), await api.file("f")
    other = await api.file("g")
    await api.done("project/f/delete", file_id=file)

    async def kinds(**params: object) -> list[int]:
        return [event["history_type"] for event in await api.history(**params)]

    assert await kinds(history_types="200,801") == [801, 200, 200]
    assert await kinds(history_types="999") == []
    assert await kinds(file_ids=file) == [801, 200]
    assert await kinds(folder_ids=folder) == [500]
    assert await kinds(folder_ids=folder, file_ids=other) == [200, 500]
    assert await kinds(file_ids=file, history_types="200") == [200]
    assert refusal(await api.get("history/project", history_types="a")) == (
        400,
        "Invalid parameter",
    )


async def test_all_members_change_one_history(api: Client, colleague: Client):
    await colleague.folder("his")
    event = (await api.history())[0]
    assert event["user_id"] == (await colleague.ok("user/info"))["user_id"]
    assert event["data"]["user_action"]["role_id"] == 3
    assert event["create_date"] == "2023/11/14 17:13:20"
    assert (await colleague.history())[0]["create_date"] == "2023/11/15 00:13:20"


async def test_each_project_has_its_own_history_and_the_team_one_of_all(
    api: Client, colleague: Client
):
    other = await api.new_project("Other")
    await api.file("f")
    await api.done("project/delete", project_id=other)
    assert [event["history_type"] for event in await api.history()] == [200, 300]
    team = {"project_id": None, "team_id": Cloud689Emulator.team_id}
    events = result(await api.get("history/team", **team))
    assert [event["history_type"] for event in events] == [302, 200, 300, 300]
    assert [event["project_id"] for event in events] == [other, api.project, other, api.project]
    assert result(await api.get("history/team", **team, history_types="302"))[0] == events[0]
    for member, team_id, expected in (
        (colleague, Cloud689Emulator.team_id, (403, "User do not have permission")),
        (api, "0" * 32, (513, "This Team does not exist")),
        (api, None, (404, "Parameter missing")),
    ):
        response = await member.get("history/team", project_id=None, team_id=team_id)
        assert refusal(response) == expected


async def test_stamps_grow_over_a_restart_with_a_clock_that_went_back(tmp_path: Path):
    stamps = []
    for now in (NOW, NOW - 1000):
        emulator = Cloud689Emulator(tmp_path / "c", clock=Clock(lambda now=now: now))
        emulator.make_folder(f"/Documents/{now}")
        async with serving(emulator) as running, signed_in(running) as api:
            stamps.append((await api.history())[0]["last_update"])
        emulator.close()
    assert stamps[1] > stamps[0]


@pytest.mark.parametrize("call", ["create", "edit", "delete"])
async def test_a_change_may_be_made_and_not_noted(api: Client, running: Running, call: str):
    file = await api.file("f")
    before = await api.history()
    running.emulator.configure(history_fails=True)
    if call == "create":
        assert await api.refused("project/f/create", name="d") == FAILED
    elif call == "edit":
        assert await api.refused("project/f/edit", file_id=file, name="g") == FAILED
    else:
        assert await api.refused("project/f/delete", file_id=file) == FAILED
    running.emulator.configure(history_fails=False)
    assert await api.names() == {"create": ["d", "f"], "edit": ["g"], "delete": []}[call]
    assert await api.history() == before


async def test_an_upload_may_be_made_and_not_noted(api: Client, running: Running):
    running.emulator.configure(history_fails=True)
    params = {"file_name": "f", "session_upload": "s", "name": "n"}
    assert refusal(await api.send(b"x", **params)) == FAILED
    made = result(await api.send(b"x", **params))
    assert [entry["id"] for entry in await api.ls()] == [made["file_id"]]
