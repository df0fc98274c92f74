"""Reference 3.20: organisations, and the people in them."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client, display, refusal, result

NOPE = "NOPE000000000000"
MS = int(NOW * 1000)
SARA = {"username": "sara", "name": "Sara", "ssoId": 42}
ALI = {"username": "ali", "name": "Ali", "ssoId": 7}


@pytest.fixture
async def team(api: Client, friend: Client):
    return await api.ok("POST", "teams", name="Lab", description="")


async def add(api: Client, team, authority: str, identity: str = "ali"):
    path = f"teams/{team['hash']}/users"
    return await api.ok("POST", path, authority=authority, identity=identity)


async def test_a_new_organisation(api: Client, team):
    assert team == {
        "hash": team["hash"],
        "organization": team["hash"],
        "name": "Lab",
        "description": "",
        "folder": team["folder"],
        "owner": SARA,
        "members": [{"authority": "OWNER", "user": SARA}],
        "created": MS,
        "updated": MS,
    }
    assert {len(team["hash"]), len(team["folder"])} == {16}
    assert await api.ok("GET", "teams") == [team]
    assert await api.ok("GET", f"teams/{team['hash']}") == team
    assert await api.refused("POST", "teams") == (400, 101)


async def test_an_organisation_may_have_a_picture(api: Client):
    parts = {"avatar": ("a.png", b"\x89PNG\xff"), "description": (None, "d")}
    response = await api.http.post("teams?name=Lab", files=parts)
    assert result(response)["description"] == "d"


async def test_an_organisation_has_a_tree_of_its_own(api: Client, team):
    folder = team["folder"]
    assert await api.names(folder) == []
    made = await api.upload("f", b"x", folder)
    assert made["parentHash"] == folder
    found = await api.ok("GET", f"folders/{folder}/children", breadcrumb="true")
    assert (found["entity"]["name"], found["entity"]["parentHash"]) == ("Lab", "")
    assert [step["name"] for step in found["breadcrumb"]] == ["Lab"]
    assert await api.names() == []
    for call in (("PUT", f"files/{folder}/move"), ("DELETE", f"files/{folder}")):
        assert await api.refused(*call) == (400, 101)
    assert await api.refused("PUT", f"files/{folder}/rename", newName="x") == (400, 101)
    assert await api.refused("POST", f"files/{folder}/public") == (400, 101)


async def test_an_organisation_is_changed(api: Client, team, clock: Clock):
    clock.advance(1)
    changed = await api.ok("PUT", f"teams/{team['hash']}", name="New", description="d")
    assert changed == {**team, "name": "New", "description": "d", "updated": MS + 1000}
    assert (await api.stat(team["folder"]))["name"] == "New"
    only = await api.ok("PUT", f"teams/{team['hash']}", description="e")
    assert (only["name"], only["description"]) == ("New", "e")


async def test_an_organisation_is_deleted_with_all_that_is_in_it(
    api: Client, friend: Client, team, running: Running
):
    await add(api, team, "MAINTAINER")
    trashed = await api.upload("gone", b"x", team["folder"])
    await api.ok("DELETE", f"files/{trashed['hash']}")
    await api.upload("f", b"yy", team["folder"])
    assert await friend.refused("DELETE", f"teams/{team['hash']}") == (403, 4)
    assert await api.ok("DELETE", f"teams/{team['hash']}") is True
    assert await api.ok("GET", "teams") == []
    assert await friend.ok("GET", "teams") == []
    assert await api.refused("GET", f"teams/{team['hash']}") == (400, 101)
    assert await api.refused("GET", f"folders/{team['folder']}/children") == (404, 202)
    assert await friend.bin() == []
    await api.ok("POST", "trashes/restore")
    assert running.emulator.tree() == {"/gone": b"x"}


async def test_people_are_added_changed_and_removed(api: Client, friend: Client, team):
    path = f"teams/{team['hash']}/users"
    added = await add(api, team, "GUEST")
    assert added["members"] == [
        {"authority": "OWNER", "user": SARA},
        {"authority": "GUEST", "user": ALI},
    ]
    assert await friend.ok("GET", "teams") == [added]
    changed = await api.ok("PUT", path, authority="MAINTAINER", identity="ali")
    assert changed["members"][1]["authority"] == "MAINTAINER"
    assert await api.ok("DELETE", path, identity="ali") is True
    assert (await api.ok("GET", f"teams/{team['hash']}"))["members"] == team["members"]
    assert await friend.ok("GET", "teams") == []
    assert await friend.refused("GET", f"teams/{team['hash']}") == (400, 101)


@pytest.mark.parametrize(
    ("authority", "shown"),
    [
        ("VIEWER", "GUEST"),
        ("EDITOR", "MAINTAINER"),
        ("MANAGER", "MAINTAINER"),
        ("guest", "GUEST"),
    ],
)
async def test_the_words_of_the_web_application_are_understood(
    api: Client, team, authority: str, shown: str
):
    assert (await add(api, team, authority))["members"][1]["authority"] == shown


async def test_changes_of_people_may_be_refused(api: Client, friend: Client, team):
    path = f"teams/{team['hash']}/users"
    guest = {"authority": "GUEST", "identity": "ali"}
    for method in ("PUT", "DELETE"):
        assert await api.refused(method, path, **guest) == (404, 78)
    await api.ok("POST", path, **guest)
    for params, expected in (
        (guest, (409, 44)),
        ({**guest, "identity": "sara"}, (409, 44)),
        ({**guest, "identity": "nobody"}, (404, 34)),
        ({**guest, "identity": "a li"}, (400, 6)),
        ({"authority": "GUEST"}, (400, 6)),
    ):
        assert await api.refused("POST", path, **params) == expected
    for authority in ("OWNER", "BOSS", ""):
        call = ("PUT", path)
        assert await api.refused(*call, identity="ali", authority=authority) == (400, 101)
    assert await api.refused("DELETE", path, identity="sara") == (400, 101)
    assert await api.refused("PUT", path, identity="sara", authority="GUEST") == (400, 101)
    assert await api.refused("POST", f"teams/{NOPE}/users", **guest) == (400, 101)
    for method in ("POST", "PUT", "DELETE"):
        assert await friend.refused(method, path, **guest) == (403, 4)
    assert await friend.refused("PUT", f"teams/{team['hash']}", name="x") == (403, 4)


async def test_a_guest_looks_and_copies(api: Client, friend: Client, team):
    await add(api, team, "GUEST")
    folder = team["folder"]
    file = await api.upload("f", b"x", folder)
    found = await friend.ok("GET", f"folders/{folder}/children")
    assert (found["entity"]["accessLevel"], found["list"][0]["userCanTrash"]) == ("VIEW", False)
    assert await friend.fetch(file["hash"]) == b"x"
    await friend.ok("PUT", f"files/{file['hash']}/copy")
    assert await friend.names() == ["f"]
    assert refusal(await friend.post_file("g", b"", folderHash=folder)) == (403, 4)
    assert await friend.ok("DELETE", f"files/{file['hash']}") == 0
    renamed = await friend.form("PUT", f"files/{file['hash']}/rename", newName="g")
    assert refusal(renamed) == (403, 90)


async def test_a_maintainer_changes_moves_and_deletes(api: Client, friend: Client, team):
    await add(api, team, "MAINTAINER")
    folder = team["folder"]
    file = await api.upload("f", b"x", folder)
    found = await friend.ok("GET", f"folders/{folder}/children")
    assert "accessLevel" not in found["entity"]
    assert "userCanTrash" not in found["list"][0]
    inner = await friend.folder("inner", folder)
    moved = await friend.ok("PUT", f"files/{file['hash']}/move", destFolderHash=inner["hash"])
    assert moved == {"files": [], "folders": []}
    assert await friend.ok("DELETE", f"files/{file['hash']}") == 1
    assert await friend.bin() == ["f"]
    assert await api.bin() == ["f"]
    assert await friend.ok("PUT", f"trashes/{file['hash']}/restore") == 1
    assert await friend.names(inner["hash"]) == ["f"]
    assert await friend.ok("DELETE", f"files/{inner['hash']}") == 1
    assert await friend.ok("DELETE", f"trashes/{inner['hash']}") == 1
    assert await api.bin() == []


async def test_a_maintainer_sees_nothing_else_of_the_owners_bin(api: Client, friend: Client, team):
    await add(api, team, "MAINTAINER")
    private = await api.upload("private", b"x")
    await api.ok("DELETE", f"files/{private['hash']}")
    assert await friend.bin() == []
    assert await friend.ok("DELETE", "trashes") == 0
    assert await api.bin() == ["private"]


async def test_what_lost_its_folder_is_restored_to_the_top_of_the_organisation(api: Client, team):
    inner = await api.folder("inner", team["folder"])
    file = await api.upload("f", b"x", inner["hash"])
    await api.ok("DELETE", f"files/{file['hash']}")
    await api.ok("DELETE", f"files/{inner['hash']}")
    await api.ok("PUT", f"trashes/{file['hash']}/restore")
    assert await api.names(team["folder"]) == ["f"]


async def test_what_moves_into_an_organisation_belongs_to_its_owner(
    api: Client, friend: Client, team
):
    await add(api, team, "MAINTAINER")
    mine = await friend.folder("mine")
    file = await friend.upload("f", bytes(10), mine["hash"])
    await friend.replace(file["hash"], bytes(5))
    await friend.ok("PUT", f"files/{mine['hash']}/move", destFolderHash=team["folder"])
    assert (await api.ok("GET", "me/status"))["storageUsage"] == 15
    assert (await friend.ok("GET", "me/status"))["storageUsage"] == 0
    assert [display(one) for one in await api.ls(mine["hash"])] == ["f"]


async def test_a_member_who_is_removed_sees_nothing(api: Client, friend: Client, team):
    await add(api, team, "MAINTAINER")
    await api.ok("DELETE", f"teams/{team['hash']}/users", identity="ali")
    assert await friend.refused("GET", f"folders/{team['folder']}/children") == (403, 4)
