"""Reference 4.2: who may do what."""

from typing import Any

import pytest

from tests.emulators.cloud689.client import Client, refusal

FORBIDDEN = (403, "User do not have permission")


@pytest.fixture
async def theirs(api: Client):
    """What the owner has put into the project, by what it is."""
    trashed, trashed_folder = await api.file("trashed"), await api.folder("trashed")
    await api.done("project/f/delete", file_id=trashed)
    await api.done("project/f/delete", folder_id=trashed_folder)
    file = await api.file("theirs", b"x")
    return {
        "file": file,
        "folder": await api.folder("their folder"),
        "trashed": trashed,
        "trashed_folder": trashed_folder,
        "link": (await api.ok("link/create", type_share=1))["link_id"],
    }


# What each call is given, and the roles that may make it about what is not their own.
CALLS: dict[str, tuple[dict[str, Any], set[int]]] = {
    "project/list": ({}, {1, 2, 3, 4}),
    "project/info": ({}, {1, 2, 3, 4}),
    "project/f/browse": ({}, {1, 2, 3, 4}),
    "project/f/info": ({"f_id": "file"}, {1, 2, 3, 4}),
    "user/project": ({}, {1, 2, 3, 4}),
    "encode/status": ({"file_ids": "file"}, {1, 2, 3, 4}),
    "download": ({"file_id": "file", "download_type": "1"}, {1, 2, 3}),
    "project/f/create": ({"name": "new"}, {1, 2, 3}),
    "project/f/edit": ({"file_id": "file", "name": "new"}, {1, 2}),
    "project/f/move": ({"folder_id": "folder"}, {1, 2}),
    "project/f/delete": ({"file_id": "file"}, {1, 2}),
    "project/f/restore": ({"file_ids": "trashed"}, {1, 2}),
    "project/f/deleteforever": ({"folder_ids": "trashed_folder"}, {1, 2}),
    "link/create": ({"type_share": "1"}, {1, 2}),
    "link/share": ({"link_id": "link", "emails": "a@b"}, {1, 2}),
    "link/remove": ({"link_id": "link"}, {1, 2}),
    "license/info": ({"file_id": "file"}, {1, 2}),
    "license/update": ({"file_ids": "file", "printable": "1"}, {1, 2}),
    "license/register": (
        {
            "file_ids": "file",
            "printable": "1",
            "editable": "1",
            "local_copy": "1",
            "expiry_date": "2030/01/01",
        },
        {1, 2},
    ),
    "encode/start/license": ({"file_ids": "file"}, {1, 2}),
    "project/edit": ({"name": "new"}, {1}),
    "project/delete": ({}, {1}),
}


@pytest.mark.parametrize("call", CALLS)
async def test_a_call_is_for_some_roles(
    api: Client, colleague: Client, member: Client, limited: Client, theirs, call: str
):
    given, allowed = CALLS[call]
    params = {name: theirs.get(value, value) for name, value in given.items()}
    for role, client in ((4, limited), (3, member), (2, colleague)):
        if role not in allowed:
            assert refusal(await client.post(call, **params)) == FORBIDDEN
    client = {1: api, 2: colleague, 3: member, 4: limited}[max(allowed)]
    response = await client.post(call, **params)
    assert "content-disposition" in response.headers or response.json()["status_code"] == 200


async def test_history_is_for_owners_and_editors(
    api: Client, colleague: Client, member: Client, limited: Client
):
    for client in (api, colleague):
        assert await client.history()
    for client in (member, limited):
        assert refusal(await client.get("history/project")) == FORBIDDEN


async def test_a_member_changes_what_is_his_own(api: Client, member: Client, theirs):
    folder, file = await member.folder("mine"), await member.file("mine", b"x")
    await member.ok("project/f/edit", file_id=file, name="renamed")
    await member.ok("project/f/edit", folder_id=folder, name="renamed")
    await member.done("project/f/move", file_id=file, new_parent_folder_id=theirs["folder"])
    await member.done("project/f/delete", file_id=file)
    await member.done("project/f/delete", folder_id=folder)
    assert await member.refused("project/f/restore", file_ids=file) == FORBIDDEN
    assert await member.fetch(theirs["file"]) == b"x"


async def test_what_a_member_made_stays_his_whoever_touches_it(api: Client, member: Client):
    file = await member.file("f")
    await api.ok("project/f/edit", file_id=file, name="g")
    assert (await api.stat(file))["user_id"] == (await member.ok("user/info"))["user_id"]
    await member.ok("project/f/edit", file_id=file, name="h")


async def test_a_limited_member_uploads_nothing(api: Client, limited: Client):
    assert refusal(await limited.send(b"x", file_name="f")) == FORBIDDEN
    fetch = {"file_name": "f", "content_url": "http://x", "file_type": "x", "cloud_type": 1}
    assert await limited.refused("upload/cloud", **fetch) == FORBIDDEN
    assert await api.names() == []


async def test_a_role_may_change(api: Client, limited: Client, emulator):
    emulator.add_member("Documents", "eve@example.com", 2)
    await limited.folder("d")
    assert (await limited.projects())[0]["project_role_id"] == 2


async def test_who_creates_a_project_owns_it(limited: Client):
    project = await limited.new_project("Mine")
    await limited.ok("project/edit", project_id=project, name="Still mine")
    await limited.done("project/delete", project_id=project)
