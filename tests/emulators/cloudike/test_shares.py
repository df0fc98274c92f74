"""Reference 3.18: folders shared between accounts."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, refusal

FRIEND = "friend@example.com"


@pytest.fixture
def folders(running: Running):
    running.emulator.write("/team/a", b"hello")
    running.emulator.make_folder("/private")


@pytest.fixture
async def shared(api: Client, friend: Client, folders) -> str:
    """/team, shared with a friend who may write."""
    share = await api.ok("shares/add/", path="/team", member_login=FRIEND, writer=1)
    await friend.ok("shares/accept/", hash=share["hash"])
    return share["hash"]


async def test_an_invitation_is_seen_and_accepted(api: Client, friend: Client, folders):
    share = await api.ok("shares/add/", path="/team", member_login=f"email:{FRIEND}")
    assert await friend.look("shares/invites/") == [
        {
            "hash": share["hash"],
            "writer": False,
            "directory_name": "team",
            "owner_name": "Demo",
            "owner_id": 94,
        }
    ]
    assert await friend.names("/") == []
    response = await friend.post("shares/accept/", hash=share["hash"])
    assert (response.status_code, response.content) == (200, b"")
    assert await friend.look("shares/invites/") == []
    m = await friend.stat("/team")
    assert (m["folder"], m["shared"], m["role"]) == (True, True, "collaborator")
    assert (m["owner"], m["owner_path"]) == (94, "/team")
    mine = await api.stat("/team")
    assert (mine["shared"], mine["role"]) == (True, "owner")
    assert mine["shared_hash"] == m["shared_hash"]
    assert await friend.fetch("/team/a") == b"hello"


async def test_a_reader_may_not_change_anything(api: Client, friend: Client, folders):
    share = await api.ok("shares/add/", path="/team", member_login=FRIEND)
    await friend.ok("shares/accept/", hash=share["hash"])
    await friend.ok("fileops/folder_create/", path="/own")
    await friend.upload("/mine", b"1")
    expected = (403, "AccessDenied")
    for route, params in [
        ("fileops/folder_create/", {"path": "/team/new"}),
        ("fileops/delete/", {"path": "/team/a"}),
        ("fileops/rename/", {"path": "/team/a", "newname": "b"}),
        ("fileops/move/", {"from_path": "/team/a", "to_path": "/own"}),
        ("fileops/move/", {"from_path": "/mine", "to_path": "/team"}),
        ("fileops/copy/", {"from_path": "/mine", "to_path": "/team"}),
        ("files/create/", {"path": "/team/new"}),
        ("files/create/", {"path": "/team/a", "overwrite": 1}),
        ("files/create/", {"path": "/team/x/new"}),
        ("links/create/", {"path": "/team/a"}),
    ]:
        assert await friend.refused(route, **params) == expected, route
    await friend.ok("fileops/copy/", from_path="/team/a", to_path="/own")
    await api.ok("shares/update_collaborator/", path="/team", member_login=FRIEND, writer=1)
    await friend.ok("fileops/folder_create/", path="/team/new")


async def test_what_a_member_writes_belongs_to_the_owner(
    api: Client, friend: Client, running: Running, shared
):
    m = await friend.upload("/team/b", b"12345678")
    assert (m["owner"], m["author"], m["owner_path"]) == (94, 95, "/team/b")
    assert running.emulator.tree()["/team/b"] == b"12345678"
    assert (await api.look("accounts/get/"))["storage_size"] == 13
    assert (await friend.look("accounts/get/"))["storage_size"] == 0


async def test_what_is_moved_into_a_share_changes_its_owner(
    api: Client, friend: Client, running: Running, shared
):
    await friend.upload("/mine", b"123")
    m = await friend.ok("fileops/move/", from_path="/mine", to_path="/team")
    assert (m["path"], m["owner"]) == ("/team/mine", 94)
    assert running.emulator.tree()["/team/mine"] == b"123"
    assert (await friend.look("accounts/get/"))["storage_size"] == 0


async def test_a_clash_of_names_is_numbered(api: Client, friend: Client, folders):
    await friend.ok("fileops/folder_create/", path="/team")
    share = await api.ok("shares/add/", path="/team", member_login=FRIEND)
    await friend.ok("shares/accept/", hash=share["hash"])
    assert await friend.names("/") == ["team", "team(1)"]
    assert await friend.names("/team(1)") == ["a"]


async def test_names_and_places_of_a_share_are_each_members_own(
    api: Client, friend: Client, shared
):
    await friend.ok("fileops/rename/", path="/team", newname="ours")
    await friend.ok("fileops/folder_create/", path="/d")
    m = await friend.ok("fileops/move/", from_path="/ours", to_path="/d")
    assert m["path"] == "/d/ours"
    assert await friend.names("/d/ours") == ["a"]
    assert await api.names("/") == ["private", "team"]
    await api.ok("fileops/rename/", path="/team", newname="crew")
    m = await friend.stat("/d/ours/a")
    assert (m["path"], m["owner_path"]) == ("/d/ours/a", "/crew/a")


async def test_a_listing_changes_with_what_happens_in_a_share(
    api: Client, friend: Client, shared, clock: Clock
):
    async def tags() -> list[str]:
        return [(await friend.get(f"metadata/{p}")).headers["etag"] for p in ("", "team")]

    before = await tags()
    clock.advance(1)
    await api.upload("/team/b", b"")
    after = await tags()
    assert all(new != old for new, old in zip(after, before, strict=True))
    assert (await friend.stat("/team"))["modified"] == clock.now_ms()


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, (400, "InvalidParameters")),
        ({"path": "/x", "member_login": FRIEND}, (404, "NotFound")),
        ({"path": "/team", "member_login": "nobody@example.com"}, (404, "UserNotFound")),
        ({"path": "/team", "member_login": "demo@example.com"}, (409, "ObjectAlreadyExists")),
        ({"path": "/team/a", "member_login": FRIEND}, (403, "AccessDenied")),
        ({"path": "/", "member_login": FRIEND}, (403, "AccessDenied")),
    ],
)
async def test_a_share_may_be_refused(
    api: Client, friend: Client, folders, params: dict, expected: tuple
):
    assert await api.refused("shares/add/", **params) == expected


async def test_a_second_invitation_is_not_needed(api: Client, shared):
    response = await api.post("shares/add/", path="/team", member_login=FRIEND)
    assert (response.status_code, response.content) == (200, b"")


async def test_what_holds_a_foreign_share_cannot_be_shared(api: Client, friend: Client, shared):
    await friend.ok("fileops/folder_create/", path="/d")
    await friend.ok("fileops/move/", from_path="/team", to_path="/d")
    refused = await friend.refused("shares/add/", path="/d", member_login="demo@example.com")
    assert refused[0] == 424
    refused = await friend.refused("shares/add/", path="/d/team")
    assert refused == (403, "AccessDenied")


async def test_without_a_login_anybody_with_the_hash_may_accept(
    api: Client, friend: Client, running: Running, folders
):
    share = await api.ok("shares/add/", path="/team")
    assert await friend.look("shares/invites/") == []
    await friend.ok("shares/accept/", hash=share["hash"])
    assert await friend.names("/team") == ["a"]
    assert await friend.refused("shares/accept/", hash=share["hash"]) == (403, "AccessDenied")
    assert await api.refused("shares/accept/", hash=share["hash"]) == (403, "AccessDenied")
    await api.ok("shares/uninvite/", path="/team")
    assert await friend.names("/team") == ["a"]


async def test_an_invitation_is_for_one_person(
    api: Client, friend: Client, running: Running, folders
):
    running.emulator.add_account("third@example.com", "x")
    share = await api.ok("shares/add/", path="/team", member_login="third@example.com")
    for route in ("shares/accept/", "shares/decline/"):
        assert await friend.refused(route, hash=share["hash"]) == (403, "AccessDenied")
        assert await friend.refused(route, hash="unknown") == (403, "AccessDenied")


async def test_a_declined_invitation_can_be_sent_again(api: Client, friend: Client, folders):
    share = await api.ok("shares/add/", path="/team", member_login=FRIEND)
    await friend.ok("shares/decline/", hash=share["hash"])
    assert await friend.look("shares/invites/") == []
    again = await api.ok("shares/add/", path="/team", member_login=FRIEND)
    assert again["hash"] != share["hash"]
    await friend.ok("shares/accept/", hash=again["hash"])


async def test_an_invitation_is_taken_back(api: Client, friend: Client, folders):
    await api.ok("shares/add/", path="/team", member_login=FRIEND)
    await api.ok("shares/uninvite/", path="/team", member_login=FRIEND)
    assert await friend.look("shares/invites/") == []
    assert not (await api.stat("/team"))["shared"]
    refused = await api.refused("shares/uninvite/", path="/team", member_login=FRIEND)
    assert refused == (404, "NotFound")


async def test_an_accepted_invitation_cannot_be_taken_back_but_the_member_removed(
    api: Client, friend: Client, shared
):
    params = {"path": "/team", "member_login": FRIEND}
    assert await api.refused("shares/uninvite/", **params) == (403, "AccessDenied")
    await api.ok("shares/remove/", **params)
    assert await friend.names("/") == []
    assert await api.refused("shares/remove/", **params) == (403, "AccessDenied")
    assert not (await api.stat("/team"))["shared"]


async def test_the_members_are_listed(api: Client, friend: Client, shared):
    assert await api.look("shares/collaborators/", path="/private") == []
    found = await friend.look("shares/collaborators/", path="/team")
    assert found == [
        {
            "owner": True,
            "writer": True,
            "status": "accepted",
            "userid": 94,
            "login": "email:demo@example.com",
            "name": "Demo",
            "is_indirect": False,
        },
        {
            "owner": False,
            "writer": True,
            "status": "accepted",
            "userid": 95,
            "login": f"email:{FRIEND}",
            "name": "Friend",
            "is_indirect": False,
        },
    ]
    response = await api.get("shares/collaborators/", path="/x")
    assert refusal(response) == (404, "NotFound")


async def test_rights_of_a_member_may_be_refused_to_change(api: Client, shared):
    for params, expected in [
        ({"path": "/team", "member_login": FRIEND}, (400, "InvalidParameters")),
        ({"path": "/private", "member_login": FRIEND, "writer": 0}, (403, "AccessDenied")),
        ({"path": "/x", "member_login": FRIEND, "writer": 0}, (404, "NotFound")),
        ({"path": "/team", "member_login": "demo@example.com", "writer": 0}, (404, "NotFound")),
    ]:
        assert await api.refused("shares/update_collaborator/", **params) == expected


@pytest.mark.parametrize("name", ["whose", "whoose"])
async def test_shares_are_listed_by_their_owner(api: Client, friend: Client, shared, name: str):
    async def paths(client: Client, whose: str) -> list[str]:
        return [m["path"] for m in await client.look("shares/", **{name: whose})]

    assert await paths(api, "my") == ["/team"]
    assert await paths(api, "others") == await paths(friend, "my") == []
    assert await paths(friend, "others") == await paths(friend, "") == ["/team"]
    assert await paths(friend, "company") == []
    assert refusal(await api.get("shares/", **{name: "x"})) == (400, "InvalidParameters")


async def test_a_share_ends(api: Client, friend: Client, running: Running, shared):
    assert await api.refused("shares/unshare/", path="/private") == (404, "NotFound")
    await api.ok("shares/unshare/", path="/team")
    assert await friend.names("/") == []
    assert not (await api.stat("/team"))["shared"]
    assert running.emulator.tree()["/team/a"] == b"hello"


@pytest.mark.parametrize(
    ("route", "params"),
    [("fileops/delete/", {"path": "/team"}), ("shares/unshare/", {"path": "/team"})],
)
async def test_a_member_who_deletes_the_folder_leaves_it(
    api: Client, friend: Client, running: Running, shared, route: str, params: dict
):
    await friend.ok(route, **params)
    assert await friend.names("/") == []
    assert running.emulator.tree()["/team/a"] == b"hello"
    assert running.emulator.bin(FRIEND) == []
    assert [m["login"] for m in await api.look("shares/collaborators/", path="/team")] == []
    assert (await friend.events(limit=1))[0]["type"] == "folder_collab_removed"


async def test_a_deleted_folder_is_not_shared_any_more(
    api: Client, friend: Client, running: Running, shared, clock: Clock
):
    await api.ok("fileops/delete/", path="/team")
    assert await friend.names("/") == []
    (item,) = running.emulator.bin()
    await api.finished((await api.ok(f"trash/restore/{item.name}"))["taskid"], clock)
    assert not (await api.stat("/team"))["shared"]
    assert await friend.names("/") == []


async def test_deleting_the_folder_around_a_mount_leaves_the_share(
    api: Client, friend: Client, running: Running, shared
):
    await friend.ok("fileops/folder_create/", path="/d")
    await friend.ok("fileops/move/", from_path="/team", to_path="/d")
    await friend.ok("fileops/delete/", path="/d")
    assert running.emulator.tree()["/team/a"] == b"hello"
    assert await friend.look("shares/", whose="others") == []
    await friend.ok("trash/clear/")


async def test_a_share_is_not_moved_into_another(
    api: Client, friend: Client, running: Running, shared
):
    running.emulator.make_folder("/third")
    share = await api.ok("shares/add/", path="/third", member_login=FRIEND, writer=1)
    await friend.ok("shares/accept/", hash=share["hash"])
    refused = await friend.refused("fileops/move/", from_path="/third", to_path="/team")
    assert refused == (412, "FileOrFolderMoveMountPointToAnother")


async def test_a_share_neither_replaces_a_folder_nor_is_replaced(
    api: Client, friend: Client, shared
):
    await friend.ok("fileops/folder_create/", path="/d")
    await friend.ok("fileops/folder_create/", path="/d/team")
    for source, target in (("/team", "/d"), ("/d/team", "/")):
        refused = await friend.refused(
            "fileops/move/", from_path=source, to_path=target, overwrite=1
        )
        assert refused == (412, "FileOrFolderOverwriteMountPointToAnother")
    found = await friend.look("fileops/precheck/", from_path="/d/team", to_path="/")
    assert (found["exists"], found["over_writable"]) == (True, False)


async def test_what_a_member_deletes_is_in_the_trash_of_the_owner(
    api: Client, friend: Client, running: Running, shared, clock: Clock
):
    await friend.ok("fileops/rename/", path="/team", newname="ours")
    running.emulator.write("/team/by owner", b"")
    running.emulator.remove("/team/by owner")
    await friend.ok("fileops/delete/", path="/ours/a")
    assert running.emulator.bin(FRIEND) == []
    assert {item.path for item in running.emulator.bin()} == {"/team/a", "/team/by owner"}
    response = await friend.get("trash/from_shared/ours")
    (entry,) = response.json()["content"]
    assert entry["restore_path"] == "/ours/a"
    assert response.headers["etag"] == (await api.get("trash/")).headers["etag"]
    assert refusal(await api.get("trash/from_shared/private")) == (400, "InvalidParameters")

    route = f"trash/restore/{entry['name']}/from_shared/ours"
    unknown = await friend.refused("trash/restore/unknown/from_shared/ours")
    assert unknown == (404, "NotFound")
    result = await friend.finished((await friend.ok(route))["taskid"], clock)
    assert (result["success"], result["failed"]) == (1, 0)
    assert result["nodes"][0]["path"] == "/ours/a"
    assert await friend.names("/ours") == ["a"]
    event = (await friend.events(limit=1))[0]
    assert (event["type"], event["path"]) == ("file_undeleted", "/ours/a")
    assert event["init_event_user_id"] == 95


async def test_members_are_told_of_invitations(api: Client, friend: Client, shared):
    types = [event["type"] for event in await friend.events()]
    assert types == ["share_invitation_accepted", "share_invitation_sent"]
    await api.ok("shares/unshare/", path="/team")
    assert (await friend.events(limit=1))[0]["type"] == "folder_unshared"
