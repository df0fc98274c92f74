"""Reference 3.2, 3.3 and 3.9 to 3.11: entries looked at, renamed, moved, copied."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client, refusal, result

NOPE = "NOPE000000000000"
MOVED = {"files": [], "folders": []}
SARA = {"username": "sara", "name": "Sara", "ssoId": 42, "roles": []}


async def rename(api: Client, hash_: str, name: str):
    return await api.form("PUT", f"files/{hash_}/rename", newName=name)


async def test_a_file_is_told_with_its_people(api: Client):
    photo = await api.upload("photo.png", b"one")
    found = await api.stat(photo["hash"])
    assert found == {**photo, "owner": SARA, "uploader": SARA}
    assert list(found)[-2:] == ["owner", "uploader"]


async def test_a_folder_and_the_root_are_told_too(api: Client):
    docs = await api.folder("docs")
    assert await api.stat(docs["hash"]) == {**docs, "owner": SARA, "uploader": SARA}
    root = await api.stat("ROOT")
    assert (root["hash"], root["parentHash"]) == (docs["parentHash"], "")


async def test_what_is_gone_is_not_told(api: Client):
    hash_ = (await api.folder("a"))["hash"]
    inside = (await api.upload("b", b"", hash_))["hash"]
    await api.ok("DELETE", f"files/{hash_}")
    for gone in (hash_, inside, NOPE, "x"):
        assert await api.refused("GET", f"files/{gone}/detail") == (404, 202)


@pytest.mark.parametrize(
    ("full", "name", "extension"),
    [
        ("photo.png", "photo", "png"),
        ("a.tar.gz", "a.tar", "gz"),
        (".bashrc", "", "bashrc"),
        ("README", "README", ""),
        ("a..b", "a.", "b"),
        ("a b.C", "a b", "C"),
    ],
)
async def test_the_name_of_a_file_is_split_at_the_last_dot(
    api: Client, full: str, name: str, extension: str
):
    made = await api.upload(full, b"x")
    assert (made["name"], made["extension"]) == (name, extension)
    assert (await api.ok("GET", "files/ROOT/exist", fileName=full))["hash"] == made["hash"]


async def test_the_name_of_a_folder_is_not_split(api: Client):
    made = await api.folder("my.docs")
    assert (made["name"], made["extension"]) == ("my.docs", "")


async def test_an_entry_is_found_by_its_name(api: Client):
    folder = await api.folder("a")
    photo = await api.upload("photo.png", b"x", folder["hash"])
    assert await api.ok("GET", "files/ROOT/exist", fileName="a") == folder
    inside = f"files/{folder['hash']}/exist"
    assert await api.ok("GET", inside, fileName="photo.png") == photo
    assert await api.ok("GET", inside, fileName="photo") is None
    assert await api.ok("GET", inside, fileName="Photo.png") is None
    for wrong in (NOPE, photo["hash"]):
        assert await api.refused("GET", f"files/{wrong}/exist", fileName="a") == (400, 101)
    assert await api.refused("GET", inside) == (400, 101)


async def test_many_names_are_looked_for_at_once(api: Client):
    folder, photo = await api.folder("a"), await api.upload("photo.png", b"x")
    body = "fileNames=photo.png&fileNames=b.txt&fileNames=a"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await api.http.post("files/ROOT/exist", content=body, headers=headers)
    assert result(response) == [photo, folder]
    assert await api.ok("POST", "files/ROOT/exist") == []
    assert await api.refused("POST", f"files/{NOPE}/exist", fileNames="a") == (400, 101)


async def test_a_renamed_entry_keeps_its_hash(api: Client, clock: Clock):
    photo = await api.upload("photo.png", b"x")
    clock.advance(1)
    renamed = result(await rename(api, photo["hash"], "me.txt"))
    assert renamed == {
        **photo,
        "name": "me",
        "extension": "txt",
        "type": "text/plain",
        "thumbnail": "",
        "updated": photo["updated"] + 1000,
    }
    folder = await api.folder("a.b")
    assert result(await rename(api, folder["hash"], "c.d"))["name"] == "c.d"
    assert await api.names() == ["c.d", "me.txt"]


async def test_a_rename_to_the_same_name_changes_nothing(api: Client, clock: Clock):
    photo = await api.upload("photo.png", b"x")
    clock.advance(1)
    assert result(await rename(api, photo["hash"], "photo.png")) == photo
    assert [a["kind"] for a in await api.ok("GET", f"files/{photo['hash']}/activities")] == [
        "UPLOAD"
    ]


async def test_a_rename_may_be_refused(api: Client):
    a, root = await api.folder("a"), (await api.stat("ROOT"))["hash"]
    b = await api.upload("b", b"x")
    await api.replace(b["hash"], b"y")
    version = (await api.ok("GET", f"files/{b['hash']}/versions"))[0]["hash"]
    taken = await rename(api, b["hash"], "a")
    assert refusal(taken) == (409, 208)
    assert taken.json()["result"]["hash"] == a["hash"]
    for hash_, name, expected in (
        (NOPE, "x", (404, 202)),
        (version, "x", (400, 205)),
        (root, "x", (400, 101)),
        ("ROOT", "x", (400, 101)),
        (b["hash"], "x/y", (400, 209)),
        (b["hash"], "x.", (400, 209)),
    ):
        assert refusal(await rename(api, hash_, name)) == expected
    assert await api.refused("PUT", f"files/{b['hash']}/rename") == (400, 209)
    assert await api.names() == ["a", "b"]


async def test_a_moved_entry_keeps_its_hash_and_takes_its_content_along(
    api: Client, running: Running, clock: Clock
):
    a, b = await api.folder("a"), await api.folder("b")
    await api.upload("f", b"x", a["hash"])
    clock.advance(1)
    assert await api.ok("PUT", f"files/{a['hash']}/move", destFolderHash=b["hash"]) == MOVED
    moved = await api.stat(a["hash"])
    assert (moved["parentHash"], moved["updated"]) == (b["hash"], a["updated"] + 1000)
    assert running.emulator.tree() == {"/b": None, "/b/a": None, "/b/a/f": b"x"}
    assert await api.ok("PUT", f"files/{a['hash']}/move", destFolderHash="ROOT") == MOVED
    assert await api.ok("PUT", f"files/{a['hash']}/move", destFolderHash="ROOT") == MOVED
    assert await api.names() == ["a", "b"]


async def test_a_move_may_fail_for_its_item(api: Client, running: Running):
    a = await api.folder("a")
    me = await api.upload("me.png", b"x")
    await api.upload("me.png", b"y", a["hash"])
    inner = await api.folder("a", a["hash"])
    assert await api.ok("PUT", f"files/{me['hash']}/move", destFolderHash=a["hash"]) == {
        "files": [{"hash": me["hash"], "name": "me.png"}],
        "folders": [],
    }
    assert await api.ok("PUT", f"files/{inner['hash']}/move") == {
        "files": [],
        "folders": [{"hash": inner["hash"], "name": "a"}],
    }
    assert set(running.emulator.tree()) == {"/a", "/a/a", "/a/me.png", "/me.png"}


@pytest.mark.parametrize("verb", ["move", "copy"])
async def test_a_move_or_copy_may_be_refused(api: Client, verb: str):
    a = (await api.folder("a"))["hash"]
    b = (await api.folder("b", a))["hash"]
    f = (await api.upload("f"))["hash"]
    for hash_, to, expected in (
        (a, a, (400, 101)),
        (a, b, (400, 101)),
        (b, f, (400, 101)),
        ("ROOT", a, (400, 101)),
        (NOPE, a, (404, 202)),
        (f, NOPE, (404, 202)),
    ):
        call = ("PUT", f"files/{hash_}/{verb}")
        assert await api.refused(*call, destFolderHash=to) == expected


async def test_a_copy_is_new_and_without_history(api: Client, running: Running, clock: Clock):
    a, b = await api.folder("a"), await api.folder("b")
    file = await api.upload("f", b"x", a["hash"])
    await api.replace(file["hash"], b"y")
    await api.ok("POST", "bookmarks", hash=file["hash"])
    await api.ok("POST", f"files/{file['hash']}/public")
    clock.advance(1)
    assert await api.ok("PUT", f"files/{a['hash']}/copy", destFolderHash=b["hash"]) == MOVED
    assert running.emulator.tree() == {
        "/a": None,
        "/a/f": b"y",
        "/b": None,
        "/b/a": None,
        "/b/a/f": b"y",
    }
    copied = await api.ok("GET", f"files/{b['hash']}/exist", fileName="a")
    (inside,) = await api.ls(copied["hash"])
    assert copied["hash"] != a["hash"]
    assert inside["hash"] != file["hash"]
    assert (inside["version"], inside["created"]) == (0, NOW * 1000 + 1000)
    assert not {"isBookmarked", "isPublic", "isShared"} & set(inside)
    assert await api.ok("GET", f"files/{inside['hash']}/versions") == []


async def test_a_copy_to_a_taken_name_fails_for_its_item(api: Client):
    f = await api.upload("f", b"x")
    item = {"hash": f["hash"], "name": "f"}
    assert await api.ok("PUT", f"files/{f['hash']}/copy") == {"files": [item], "folders": []}


async def test_a_copy_needs_space(api: Client, running: Running):
    f, a = await api.upload("f", bytes(60)), await api.folder("a")
    running.emulator.configure(quota=100)
    call = ("PUT", f"files/{f['hash']}/copy")
    assert await api.refused(*call, destFolderHash=a["hash"]) == (507, 206)
    assert await api.names(a["hash"]) == []
    await api.ok("PUT", f"files/{f['hash']}/move", destFolderHash=a["hash"])


async def test_an_address_runs_from_the_entry_to_the_root(api: Client):
    a = await api.folder("a")
    photo = await api.upload("photo.png", b"x", a["hash"])
    assert await api.ok("GET", f"files/{photo['hash']}/breadcrumb") == [
        {
            "hash": photo["hash"],
            "name": "photo.png",
            "parentHash": a["hash"],
            "attributes": [],
        },
        {"hash": a["hash"], "name": "a", "parentHash": a["parentHash"], "attributes": []},
        {"hash": a["parentHash"], "name": "ROOT", "parentHash": "", "attributes": []},
    ]
    assert await api.refused("GET", f"files/{NOPE}/breadcrumb") == (404, 202)


async def test_what_is_public_has_a_post(api: Client):
    photo = await api.upload("photo.png", b"x")
    assert await api.ok("GET", f"files/{photo['hash']}/post") == 0
    await api.ok("POST", f"files/{photo['hash']}/public")
    post = await api.ok("GET", f"files/{photo['hash']}/post")
    assert post > 0
    assert (await api.stat(photo["hash"]))["postId"] == post
    assert await api.refused("GET", f"files/{NOPE}/post") == (404, 202)
