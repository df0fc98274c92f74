"""Reference 3.16.2: events."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, md5, refusal


async def happened(api: Client) -> list[tuple[str, str]]:
    """Types and paths, oldest first."""
    return [(e["type"], e["path"]) for e in reversed(await api.events(limit=100))]


async def test_every_change_is_one_event_about_its_top(api: Client, clock: Clock):
    await api.ok("fileops/folder_create/", path="/d")
    old = await api.upload("/d/a", b"one")
    await api.upload("/d/a", b"two", overwrite=1)
    await api.ok("files/restore/", path="/d/a", version=old["version"])
    await api.ok("fileops/rename/", path="/d/a", newname="b")
    await api.ok("fileops/move/", from_path="/d/b", to_path="/")
    await api.ok("fileops/copy/", from_path="/b", to_path="/d")
    await api.ok("fileops/copy/", from_path="/d", to_path="/")
    await api.ok("fileops/rename/", path="/d", newname="e")
    await api.ok("fileops/move/", from_path="/e", to_path="/d(1)")
    await api.ok("files/create/", path="/dedup", size=3, checksum=md5(b"one"))
    await api.ok("fileops/delete/", path="/d(1)")
    await api.ok("fileops/delete/", path="/b", without_trash=1)
    await api.ok("fileops/delete/", path="/dedup")
    names = [m["name"] for m in (await api.look("trash/"))["content"]]
    await api.finished((await api.ok("trash/restore/", paths=names))["taskid"], clock)
    await api.ok("fileops/delete/", path="/dedup")
    await api.finished((await api.ok("trash/clear/"))["taskid"], clock)
    assert await happened(api) == [
        ("folder_created", "/d"),
        ("file_created", "/d/a"),
        ("file_new_content", "/d/a"),
        ("file_version_restored", "/d/a"),
        ("file_renamed", "/d/b"),
        ("file_moved", "/b"),
        ("file_created", "/d/b"),
        ("folder_created", "/d(1)"),
        ("folder_renamed", "/e"),
        ("folder_moved", "/d(1)/e"),
        ("file_created", "/dedup"),
        ("folder_deleted", "/d(1)"),
        ("file_deleted", "/b"),
        ("file_deleted", "/dedup"),
        ("folder_undeleted", "/d(1)"),
        ("file_undeleted", "/dedup"),
        ("file_deleted", "/dedup"),
    ]


async def test_folders_made_on_the_way_are_events_too(api: Client):
    ticket = await api.ok("files/create/", path="/x/y/a")
    assert await happened(api) == []
    await api.send(ticket, b"1")
    await api.confirm(ticket)
    assert await happened(api) == [
        ("folder_created", "/x"),
        ("folder_created", "/x/y"),
        ("file_created", "/x/y/a"),
    ]


async def test_an_event_has_all_its_members(api: Client, running: Running, clock: Clock):
    running.emulator.make_folder("/dst")
    old = await api.upload("/src.ext", b"x" * 55)
    clock.advance(1)
    new = await api.ok("fileops/move/", from_path="/src.ext", to_path="/dst")
    (event,) = await api.events(limit=1)
    assert event.pop("id")
    content = {"created": old["created"], "modified": old["modified"], "size": 55}
    assert event == {
        "type": "file_moved",
        "timestamp": event["timestamp"],
        "path": "/dst/src.ext",
        "oldpath": "/src.ext",
        "old": {"content": content, "version": old["version"]},
        "content": content,
        "version": new["version"],
        "deleted": False,
        "user_id": 94,
        "owner_id": 94,
        "owner_name": "Demo",
        "init_event_user_id": 94,
        "init_event_user_name": "Demo",
    }
    assert event["timestamp"] >= clock.now_ms()
    await api.ok("fileops/rename/", path="/dst", newname="other")
    (event,) = await api.events(limit=1)
    assert event["oldname"] == "dst"
    assert "oldpath" not in event
    assert "version" not in event
    await api.ok("fileops/delete/", path="/other")
    (event,) = await api.events(limit=1)
    assert (event["type"], event["deleted"]) == ("folder_deleted", True)


async def test_time_stamps_are_unique_and_grow_while_the_clock_stands(
    api: Client, running: Running
):
    for number in range(20):
        running.emulator.make_folder(f"/{number}")
    stamps = [event["timestamp"] for event in await api.events(limit=100)]
    assert len(stamps) == 20
    assert stamps == sorted(set(stamps), reverse=True)


async def test_events_come_in_pages_of_at_most_a_hundred(api: Client, running: Running):
    for number in range(105):
        running.emulator.make_folder(f"/{number}")
    assert len(await api.events()) == 20
    assert len(await api.events(limit=1000)) == 100
    rest = await api.events(limit=100, skip=100)
    assert [event["path"] for event in rest] == ["/4", "/3", "/2", "/1", "/0"]


async def test_a_range_of_time_includes_both_ends(api: Client, running: Running):
    for number in range(4):
        running.emulator.make_folder(f"/{number}")
    stamps = [event["timestamp"] for event in await api.events()]
    found = await api.events(from_timestamp=stamps[2], to_timestamp=stamps[1])
    assert [event["path"] for event in found] == ["/2", "/1"]


async def test_events_are_filtered(api: Client, running: Running):
    running.emulator.make_folder("/d")
    running.emulator.write("/a", b"")
    assert [e["path"] for e in await api.events(type="file_created")] == ["/a"]
    assert len(await api.events(person="me")) == 2
    assert await api.events(person="other") == []
    assert refusal(await api.get("events/", person="x")) == (400, "InvalidParameters")


async def test_the_members_of_a_share_see_events_in_their_own_paths(
    api: Client, friend: Client, running: Running
):
    await api.ok("fileops/folder_create/", path="/team")
    await api.ok("fileops/folder_create/", path="/private")
    share = await api.ok("shares/add/", path="/team", member_login="friend@example.com", writer=1)
    await friend.ok("shares/accept/", hash=share["hash"])
    await friend.ok("fileops/rename/", path="/team", newname="ours")
    await friend.upload("/ours/a", b"1")
    (mine,), (theirs,) = await api.events(limit=1), await friend.events(limit=1)
    assert (mine["path"], theirs["path"]) == ("/team/a", "/ours/a")
    assert mine["init_event_user_id"] == theirs["init_event_user_id"] == 95
    assert await api.events(person="other", type="file_created") == [mine]
    assert await friend.events(person="me", type="file_created") == [theirs]
    await api.ok("fileops/move/", from_path="/team/a", to_path="/private")
    (mine,), (theirs,) = await api.events(limit=1), await friend.events(limit=1)
    assert (mine["type"], mine["oldpath"]) == ("file_moved", "/team/a")
    assert (theirs["type"], theirs["path"]) == ("file_deleted", "/ours/a")
    await api.ok("fileops/move/", from_path="/private/a", to_path="/team")
    (theirs,) = await friend.events(limit=1)
    assert (theirs["type"], theirs["path"]) == ("file_created", "/ours/a")


async def test_a_refused_change_is_no_event(api: Client):
    await api.refused("fileops/folder_create/", path="/x/y")
    await api.refused("fileops/delete/", path="/x")
    assert await api.events() == []


@pytest.mark.parametrize("version", ["0", "1"])
async def test_both_versions_of_the_api_have_events(api: Client, version: str):
    assert (await api.http.get(f"/api/{version}/events/")).json() == []
