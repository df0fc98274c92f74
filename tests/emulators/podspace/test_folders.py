"""Reference 3.1, 3.4 and 3.22: folders listed, made and measured."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client, refusal, result

FOLDER = "application/vnd.podspace.folder"
MS = int(NOW * 1000)
SARA = {"username": "sara", "name": "Sara", "ssoId": 42, "roles": []}


async def test_the_listing_of_the_example(api: Client, clock: Clock):
    posts = await api.folder("Posts")
    clock.advance(1)
    photo = await api.upload("photo.png", b"one")
    clock.advance(1)
    await api.replace(photo["hash"], b"second")
    found = await api.ok(
        "GET", "folders/ROOT/children", start=0, size=100, order="NAME", desc="false",
        breadcrumb="true",
    )  # fmt: skip
    root = found["entity"]["hash"]
    assert list(found) == ["entity", "breadcrumb", "count", "list"]
    assert found == {
        "entity": {
            "hash": root,
            "name": "ROOT",
            "extension": "",
            "type": FOLDER,
            "size": 0,
            "parentHash": "",
            "created": MS,
            "updated": MS + 1000,
            "owner": SARA,
        },
        "breadcrumb": [{"hash": root, "name": "ROOT", "parentHash": "", "attributes": []}],
        "count": 2,
        "list": [
            {
                "hash": posts["hash"],
                "name": "Posts",
                "extension": "",
                "type": FOLDER,
                "size": 0,
                "parentHash": root,
                "created": MS,
                "updated": MS,
                "version": 0,
                "thumbnail": "",
                "attributes": [],
            },
            {
                "hash": photo["hash"],
                "name": "photo",
                "extension": "png",
                "type": "image/png",
                "size": 6,
                "parentHash": root,
                "created": MS + 1000,
                "updated": MS + 2000,
                "version": 1,
                "thumbnail": "THUMBNAIL_EXIST_PNG",
                "attributes": [],
            },
        ],
    }
    assert list(found["list"][0]) == [
        "hash", "name", "extension", "type", "size", "parentHash", "created", "updated",
        "version", "thumbnail", "attributes",
    ]  # fmt: skip


async def test_the_root_has_a_hash_too(api: Client):
    by_name = await api.ok("GET", "folders/ROOT/children")
    by_hash = await api.ok("GET", f"folders/{by_name['entity']['hash']}/children")
    assert by_hash == by_name
    assert (await api.folder("a"))["parentHash"] == by_name["entity"]["hash"]


async def test_the_hashes_have_the_shape_of_the_services(api: Client):
    hash_ = (await api.folder("a"))["hash"]
    assert len(hash_) == 16
    assert hash_.isalnum()
    assert hash_ == hash_.upper()
    assert await api.refused("GET", f"folders/{hash_.lower()}/children") == (404, 202)


async def test_a_breadcrumb_runs_from_the_folder_upwards(api: Client):
    a = await api.folder("a")
    b = await api.folder("b", a["hash"])
    found = await api.ok("GET", f"folders/{b['hash']}/children", breadcrumb="true")
    assert [step["name"] for step in found["breadcrumb"]] == ["b", "a", "ROOT"]
    assert [step["parentHash"] for step in found["breadcrumb"]] == [
        a["hash"],
        a["parentHash"],
        "",
    ]
    assert found["entity"]["name"] == "b"
    assert "breadcrumb" not in await api.ok("GET", f"folders/{b['hash']}/children")


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("NAME", ["B", "a.txt", "b.png", "dir"]),
        ("name", ["B", "a.txt", "b.png", "dir"]),
        ("CREATED", ["dir", "b.png", "a.txt", "B"]),
        ("UPDATED", ["b.png", "a.txt", "B", "dir"]),
        ("SIZE", ["dir", "B", "a.txt", "b.png"]),
        ("TYPE", ["B", "dir", "b.png", "a.txt"]),
    ],
)
async def test_a_list_is_sorted_as_is_asked(
    api: Client, clock: Clock, order: str, names: list[str]
):
    folder = await api.folder("dir")
    for name, size in (("b.png", 3), ("a.txt", 2), ("B", 1)):
        clock.advance(1)
        await api.upload(name, bytes(size))
    clock.advance(1)
    await api.folder("inside", folder["hash"])
    assert await api.names(order=order) == names
    assert await api.names(order=order, desc="true") == names[::-1]
    assert await api.names(order=order, start=1, size=2) == names[1:3]


async def test_a_list_comes_in_pages(api: Client, running: Running):
    for number in range(7):
        running.emulator.make_folder(f"/{number}")
    for start, names in ((0, "012"), (3, "345"), (6, "6"), (7, "")):
        found = await api.ok("GET", "folders/ROOT/children", start=start, size=3)
        assert ([e["name"] for e in found["list"]], found["count"]) == (list(names), 7)


async def test_pages_have_a_usual_and_a_greatest_size(api: Client, running: Running):
    for number in range(120):
        running.emulator.make_folder(f"/{number:03}")
    assert len((await api.ok("GET", "folders/ROOT/children"))["list"]) == 50
    assert len(await api.ls(size=1000)) == 100
    running.emulator.configure(page_cap=10, page_size=5)
    assert len(await api.ls(size=1000)) == 10
    assert len((await api.ok("GET", "folders/ROOT/children"))["list"]) == 5


@pytest.mark.parametrize(
    "params", [{"start": "-1"}, {"size": "x"}, {"size": "0"}, {"order": "AGE"}, {"desc": "maybe"}]
)
async def test_what_is_no_page_is_refused(api: Client, params: dict[str, str]):
    assert await api.refused("GET", "folders/ROOT/children", **params) == (400, 101)


async def test_only_folders_are_listed(api: Client):
    file = (await api.upload("a"))["hash"]
    gone = (await api.folder("b"))["hash"]
    await api.ok("DELETE", f"files/{gone}")
    assert await api.refused("GET", f"folders/{file}/children") == (400, 101)
    for missing in (gone, "NOPE000000000000"):
        assert await api.refused("GET", f"folders/{missing}/children") == (404, 202)


async def test_a_new_folder_is_told_as_in_a_list(api: Client):
    made = await api.folder("My docs")
    assert [made] == await api.ls()
    assert (made["size"], made["version"]) == (0, 0)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a.", "a/b", "a\\b", "a?", "50%", "*", "a:b", "a|b", '"', "<", ">", "\0", "\n",
     "x" * 256, "é" * 128],
)  # fmt: skip
async def test_a_name_that_may_not_be_is_refused(api: Client, name: str):
    assert await api.refused("POST", "folders", name=name) == (400, 209)


@pytest.mark.parametrize(
    "name", [" a ", "a+b", "x" * 255, "é" * 127, "می‌خواهم", "ك", "ک", "e\u0301", "é", "\x7f"]
)
async def test_any_other_name_is_kept_as_it_was_sent(api: Client, name: str):
    await api.folder(name)
    assert await api.names() == [name]
    assert (await api.ok("GET", "files/ROOT/exist", fileName=name))["name"] == name


async def test_names_are_one_of_a_kind_over_files_and_folders(api: Client):
    await api.folder("a.txt")
    await api.folder("A.txt")
    file = await api.post_file("a.txt", b"")
    assert refusal(file) == (409, 203)
    await api.upload("b.txt")
    response = await api.send("POST", "folders", name="b.txt")
    assert refusal(response) == (409, 203)
    assert response.json()["result"]["extension"] == "txt"


async def test_a_folder_needs_a_parent(api: Client):
    file = (await api.upload("f"))["hash"]
    call = ("POST", "folders")
    assert await api.refused(*call, name="a", parentHash="NOPE000000000000") == (404, 202)
    assert await api.refused(*call, name="a", parentHash=file) == (400, 101)


async def test_a_structure_is_made_in_one_call(api: Client):
    there = (await api.folder("a"))["hash"]
    found = result(await api.form("POST", "files/directories", directories="/a/b/,/a/,/c/d/e/"))
    assert list(found) == ["/a/b/", "/a/", "/c/d/e/"]
    assert found["/a/"] == there
    assert (await api.stat(found["/a/b/"]))["parentHash"] == there
    assert await api.names() == ["a", "c"]
    again = result(await api.form("POST", "files/directories", directories="/c/d/e/"))
    assert again == {"/c/d/e/": found["/c/d/e/"]}
    inside = await api.form("POST", f"files/directories?parentHash={there}", directories="/b/")
    assert result(inside) == {"/b/": found["/a/b/"]}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("", (400, 101)),
        ("a", (400, 101)),
        ("/a", (400, 101)),
        ("/", (400, 101)),
        ("//", (400, 101)),
        ("/a//b/", (400, 209)),
        ("/a/../", (400, 209)),
        ("/new/,/file/x/", (409, 203)),
    ],
)
async def test_a_structure_is_made_as_a_whole_or_not_at_all(
    api: Client, paths: str, expected: tuple[int, int]
):
    await api.upload("file")
    response = await api.form("POST", "files/directories", directories=paths)
    assert refusal(response) == expected
    assert await api.names() == ["file"]


async def test_a_folder_has_a_size_and_a_count(api: Client):
    a = (await api.folder("a"))["hash"]
    await api.upload("one", b"12345", a)
    two = await api.upload("two", b"1234567890", (await api.folder("b", a))["hash"])
    await api.replace(two["hash"], b"1")
    assert await api.ok("GET", f"folders/{a}/size") == {"size": 6, "count": 2}
    assert await api.ok("GET", "folders/ROOT/size") == {"size": 6, "count": 2}
    assert await api.refused("GET", f"folders/{two['hash']}/size") == (400, 101)
    assert await api.refused("GET", "folders/NOPE000000000000/size") == (404, 202)


async def test_room_for_an_upload_is_asked_for_beforehand(api: Client, running: Running):
    running.emulator.configure(quota=100)
    await api.upload("a", bytes(40))
    for size, fits in ((60, True), (61, False), (0, True)):
        found = await api.ok("GET", "folders/ROOT/check/upload", size=size)
        assert found == {"canUpload": fits}
    for params in ({}, {"size": "x"}):
        assert await api.refused("GET", "folders/ROOT/check/upload", **params) == (400, 101)
    missing = "folders/NOPE000000000000/check/upload"
    assert await api.refused("GET", missing, size=1) == (400, 101)


async def test_a_folder_is_as_new_as_its_last_child(api: Client, clock: Clock):
    a, b = (await api.folder("a"))["hash"], (await api.folder("b"))["hash"]

    async def times() -> tuple[int, int]:
        clock.advance(1)
        return (await api.stat(a))["updated"] - MS, (await api.stat(b))["updated"] - MS

    assert await times() == (0, 0)
    file = (await api.upload("f", b"", a))["hash"]
    assert await times() == (1000, 0)
    await api.replace(file, b"new")
    assert await times() == (1000, 0)
    result(await api.form("PUT", f"files/{file}/rename", newName="g"))
    assert await times() == (3000, 0)
    await api.ok("PUT", f"files/{file}/move", destFolderHash=b)
    assert await times() == (4000, 4000)
    await api.ok("DELETE", f"files/{file}")
    assert await times() == (4000, 5000)
