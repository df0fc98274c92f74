"""Reference 3.5, 3.8 to 3.10: folders made, objects renamed, moved, copied, deleted."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, md5, refusal


@pytest.fixture
def tree(running: Running):
    emulator = running.emulator
    for path in ("/a", "/a/sub", "/b"):
        emulator.make_folder(path)
    emulator.write("/a/file.txt", b"content")
    emulator.write("/a/sub/deep", b"deep")
    return emulator.tree


async def test_a_folder_is_made(api: Client, running: Running):
    m = await api.ok("fileops/folder_create/", path="/new", created=1, modified=2)
    assert (m["path"], m["folder"], m["client_data"]) == (
        "/new",
        True,
        {"created": 1, "modified": 2},
    )
    assert "content" not in m
    assert running.emulator.tree() == {"/new": None}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a", (403, "FolderAlreadyCreated")),
        ("/a/file.txt", (403, "FolderAlreadyCreated")),
        ("/x/y", (404, "NotFound")),
        ("/a/file.txt/y", (405, "NotADirectory")),
        ("/a/file.txt/y/z", (405, "NotADirectory")),
        ("/", (400, "InvalidParameters")),
    ],
)
async def test_a_folder_may_be_refused(api: Client, tree, path: str, expected: tuple):
    before = tree()
    assert await api.refused("fileops/folder_create/", path=path) == expected
    assert tree() == before


async def test_a_renamed_folder_takes_its_content_along(api: Client, tree, clock: Clock):
    file, folder = await api.stat("/a/sub/deep"), await api.stat("/a")
    clock.advance(1)
    m = await api.ok("fileops/rename/", path="/a", newname="z")
    assert m["path"] == "/z"
    assert m["created"] == folder["created"]
    assert tree()["/z/sub/deep"] == b"deep"
    assert "/a" not in tree()
    assert (await api.stat("/z/sub/deep"))["version"] == file["version"]
    assert len(await api.look("files/versions/z/sub/deep")) == 1


async def test_a_renamed_file_begins_a_new_history(api: Client, tree, clock: Clock):
    await api.ok("fileops/set_favorite/", path="/a/file.txt")
    await api.ok("links/create/", path="/a/file.txt")
    await api.upload("/a/file.txt", b"second", overwrite=1, modified=7)
    before = await api.stat("/a/file.txt")
    clock.advance(1)
    m = await api.ok("fileops/rename/", path="/a/file.txt", newname="file.md")
    kept = ("bytes", "checksum", "created", "modified", "client_data", "is_favorite", "public_hash")
    assert [m[name] for name in kept] == [before[name] for name in kept]
    assert m["is_favorite"]
    assert m["public_hash"]
    assert m["version"] != before["version"]
    (version,) = await api.look("files/versions/a/file.md")
    assert version["version"] == m["version"]


async def test_a_rename_to_the_same_name_changes_nothing(api: Client, tree):
    before, events = await api.stat("/a/file.txt"), await api.events()
    assert await api.ok("fileops/rename/", path="/a/file.txt", newname="file.txt") == {
        **before,
        "extradata": {},
    }
    assert await api.events() == events


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"path": "/x", "newname": "y"}, (404, "NotFound")),
        ({"path": "/a/sub", "newname": "file.txt"}, (403, "FileCantBeRenamed")),
        ({"path": "/a/file.txt", "newname": "sub"}, (403, "FileCantBeRenamed")),
        ({"path": "/", "newname": "y"}, (403, "FileCantBeRenamed")),
        ({"path": "/a", "newname": "x/y"}, (400, "InvalidParameters")),
        ({"path": "/a", "newname": ".."}, (400, "InvalidParameters")),
        ({"path": "/a"}, (400, "InvalidParameters")),
        ({"newname": "a"}, (400, "InvalidParameters")),
    ],
)
async def test_a_rename_may_be_refused(api: Client, tree, params: dict, expected: tuple):
    before = tree()
    assert await api.refused("fileops/rename/", **params) == expected
    assert tree() == before


async def test_a_moved_object_keeps_its_name(api: Client, tree, clock: Clock):
    before = await api.stat("/a/file.txt")
    clock.advance(1)
    m = await api.ok("fileops/move/", from_path="/a/file.txt", to_path="/b", overwrite=0)
    assert m["path"] == "/b/file.txt"
    assert (m["checksum"], m["modified"]) == (before["checksum"], before["modified"])
    assert m["version"] != before["version"]
    moved = await api.ok("fileops/move/", from_path="/a", to_path="/b", overwrite=0)
    assert moved["path"] == "/b/a"
    assert tree() == {
        "/b": None,
        "/b/a": None,
        "/b/a/sub": None,
        "/b/a/sub/deep": b"deep",
        "/b/file.txt": b"content",
    }


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"from_path": "/a"}, (400, "InvalidParameters")),
        ({"to_path": "/a"}, (400, "InvalidParameters")),
        ({"from_path": "/x", "to_path": "/b"}, (404, "NotFound")),
        ({"from_path": "/a", "to_path": "/x"}, (404, "NotFound")),
        ({"from_path": "/b", "to_path": "/a/file.txt"}, (405, "NotADirectory")),
        ({"from_path": "/a/sub", "to_path": "/a"}, (409, "SameDirectory")),
        ({"from_path": "/a", "to_path": "/a/sub"}, (424, "MoveParentToChild")),
        ({"from_path": "/a", "to_path": "/a"}, (424, "MoveParentToChild")),
        ({"from_path": "/", "to_path": "/a"}, (403, "AccessDenied")),
    ],
)
async def test_a_move_may_be_refused(api: Client, tree, params: dict, expected: tuple):
    before = tree()
    assert await api.refused("fileops/move/", **params) == expected
    assert tree() == before


async def test_a_move_onto_a_taken_name_overwrites_unless_told_not_to(
    api: Client, tree, running: Running
):
    running.emulator.write("/b/file.txt", b"old")
    params = {"from_path": "/a/file.txt", "to_path": "/b"}
    refused = await api.refused("fileops/move/", **params, overwrite=0)
    assert refused == (403, "ObjectAlreadyExists")
    await api.ok("fileops/move/", **params)
    assert tree()["/b/file.txt"] == b"content"
    assert [item.path for item in running.emulator.bin()] == ["/b/file.txt"]


async def test_a_folder_replaces_a_folder_and_does_not_merge(api: Client, tree, running: Running):
    running.emulator.write("/b/sub/other", b"")
    await api.ok("fileops/move/", from_path="/a/sub", to_path="/b", overwrite=1)
    assert tree()["/b/sub/deep"] == b"deep"
    assert "/b/sub/other" not in tree()
    assert [item.path for item in running.emulator.bin()] == ["/b/sub"]


async def test_file_and_folder_do_not_replace_each_other(api: Client, tree, running: Running):
    running.emulator.make_folder("/b/file.txt")
    running.emulator.write("/b/sub", b"")
    for path in ("/a/file.txt", "/a/sub"):
        refused = await api.refused("fileops/move/", from_path=path, to_path="/b", overwrite=1)
        assert refused == (403, "ObjectAlreadyExists")


async def test_a_copy_in_the_same_folder_gets_a_number(api: Client, tree):
    names = [
        (await api.ok("fileops/copy/", from_path=path, to_path="/a", overwrite=overwrite))["path"]
        for path in ("/a/file.txt", "/a/sub")
        for overwrite in (0, 1)
    ]
    assert names == ["/a/file(1).txt", "/a/file(2).txt", "/a/sub(1)", "/a/sub(2)"]
    assert tree()["/a/sub(2)/deep"] == b"deep"


async def test_a_name_without_a_stem_gets_its_number_at_the_end(api: Client, running: Running):
    for name in (".bashrc", "plain", "a.tar.gz"):
        running.emulator.write(f"/{name}", b"")
        await api.ok("fileops/copy/", from_path=f"/{name}", to_path="/")
    assert set(await api.names("/")) >= {".bashrc(1)", "plain(1)", "a.tar(1).gz"}


async def test_a_copy_in_another_folder_replaces_unless_told_not_to(
    api: Client, tree, running: Running
):
    running.emulator.write("/b/file.txt", b"old")
    params = {"from_path": "/a/file.txt", "to_path": "/b"}
    refused = await api.refused("fileops/copy/", **params, overwrite=0)
    assert refused == (403, "ObjectAlreadyExists")
    m = await api.ok("fileops/copy/", **params)
    assert (m["path"], m["checksum"]) == ("/b/file.txt", md5(b"content"))
    assert tree()["/a/file.txt"] == tree()["/b/file.txt"] == b"content"
    assert [item.path for item in running.emulator.bin()] == ["/b/file.txt"]


async def test_versions_are_not_copied(api: Client, tree):
    await api.upload("/a/file.txt", b"second", overwrite=1, modified=5)
    m = await api.ok("fileops/copy/", from_path="/a/file.txt", to_path="/b")
    assert m["client_data"] == {"modified": 5}
    assert len(await api.look("files/versions/b/file.txt")) == 1


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"from_path": "/x", "to_path": "/b"}, (404, "NotFound")),
        ({"from_path": "/a", "to_path": "/x"}, (404, "NotFound")),
        ({"from_path": "/a", "to_path": "/a/file.txt"}, (405, "NotADirectory")),
        ({"from_path": "/a", "to_path": "/a/sub"}, (424, "MoveParentToChild")),
    ],
)
async def test_a_copy_may_be_refused(api: Client, tree, params: dict, expected: tuple):
    before = tree()
    assert await api.refused("fileops/copy/", **params) == expected
    assert tree() == before


async def test_a_copy_needs_space(api: Client, tree, running: Running):
    running.emulator.configure(quota=15)
    refused = await api.refused("fileops/copy/", from_path="/a", to_path="/b")
    assert refused == (402, "QuotaExceeded")
    await api.ok("fileops/copy/", from_path="/a/sub", to_path="/b")


async def test_a_precheck_tells_what_a_move_would_meet(api: Client, tree, running: Running):
    async def check(**params):
        return await api.look("fileops/precheck/", **params)

    free = {"exists": False, "over_writable": True, "copyable": True}
    assert await check(from_path="/a/file.txt", to_path="/b") == free
    assert await check(to_path="/b") == free
    running.emulator.write("/b/file.txt", b"old")
    found = await check(from_path=["/a/file.txt", "/a/sub"], to_path="/b")
    assert found == {"exists": True, "over_writable": True, "copyable": True}
    running.emulator.make_folder("/b/deep")
    found = await check(from_path="/a/sub/deep", to_path="/b")
    assert found == {"exists": True, "over_writable": False, "copyable": True}
    running.emulator.configure(quota=5)
    assert not (await check(from_path="/a/file.txt", to_path="/b"))["copyable"]
    for path, target, expected in [
        ("/a/sub", "/a", (409, "SameDirectory")),
        ("/a", "/a/sub", (424, "MoveParentToChild")),
        ("/b", "/a/file.txt", (405, "NotADirectory")),
    ]:
        response = await api.get("fileops/precheck/", from_path=path, to_path=target)
        assert refusal(response) == expected


async def test_a_deleted_object_is_in_the_trash_with_all_below(api: Client, tree, running: Running):
    m = await api.ok("fileops/delete/", path="/a")
    assert (m["path"], m["deleted"], m["is_in_trash"]) == ("/a", True, True)
    assert tree() == {"/b": None}
    assert [item.path for item in running.emulator.bin()] == ["/a"]


async def test_an_object_may_be_deleted_without_the_trash(api: Client, tree, running: Running):
    m = await api.ok("fileops/delete/", path="/a", without_trash=1)
    assert (m["deleted"], m["is_in_trash"]) == (True, False)
    assert tree() == {"/b": None}
    assert running.emulator.bin() == []


async def test_only_an_empty_folder_may_be_asked_for(api: Client, tree):
    assert await api.refused("fileops/delete/", path="/a", only_empty=1) == (403, "FolderNotEmpty")
    await api.ok("fileops/delete/", path="/b", only_empty=1)
    await api.ok("fileops/delete/", path="/a/file.txt", only_empty=1)
    assert set(tree()) == {"/a", "/a/sub", "/a/sub/deep"}


async def test_the_root_and_what_is_not_there_cannot_be_deleted(api: Client):
    assert await api.refused("fileops/delete/", path="/") == (403, "AccessDenied")
    assert await api.refused("fileops/delete/", path="/x") == (404, "NotFound")


async def test_many_are_deleted_one_by_one(api: Client, tree, running: Running):
    found = await api.ok(
        "fileops/multi/delete/", path=["/a/file.txt", "/x", "/a", "/b"], only_empty=1
    )
    assert (found["success"], found["failed"]) == (2, 2)
    assert [(node["path"], node["error_code"]) for node in found["nodes"]] == [
        ("/a/file.txt", None),
        ("/x", 404),
        ("/a", 403),
        ("/b", None),
    ]
    assert found["nodes"][0]["deleted"]
    assert set(tree()) == {"/a", "/a/sub", "/a/sub/deep"}
    assert await api.refused("fileops/multi/delete/") == (400, "InvalidParameters")
