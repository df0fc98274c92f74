"""Reference 3.1 to 3.3, 3.15, 3.20, 3.22: looking."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, md5, refusal


async def tag(api: Client, path: str = "", **params) -> str:
    response = await api.get(f"metadata/{path}", **params)
    assert response.headers["etag"].startswith('"')
    return response.headers["etag"]


async def test_a_file_has_all_its_members(api: Client, clock: Clock):
    await api.ok("fileops/folder_create/", path="/docs")
    await api.upload("/docs/report.txt", b"x" * 17204)
    m = await api.look("metadata/docs/report.txt")
    assert m == {
        "path": "/docs/report.txt",
        "folder": False,
        "bytes": 17204,
        "size": "16.8KB",
        "checksum": md5(b"x" * 17204),
        "version": m["version"],
        "created": clock.now_ms(),
        "modified": clock.now_ms(),
        "client_data": {},
        "mime_type": "text/plain",
        "icon": "document_text",
        "thumbnail": False,
        "extradata": {},
        "deleted": False,
        "is_in_trash": False,
        "is_favorite": False,
        "public_hash": "",
        "shared": False,
        "shared_hash": None,
        "role": "owner",
        "owner": 94,
        "owner_name": "Demo",
        "owner_path": "/docs/report.txt",
        "author": 94,
        "author_name": "Demo",
    }
    assert m["version"] > 0


async def test_a_folder_has_all_its_members(api: Client, clock: Clock):
    await api.ok("fileops/folder_create/", path="/docs")
    m = await api.look("metadata/docs")
    assert m == {
        "path": "/docs",
        "folder": True,
        "bytes": 0,
        "size": "0 bytes",
        "version": 0,
        "created": clock.now_ms(),
        "modified": clock.now_ms(),
        "client_data": {},
        "icon": "folder",
        "thumbnail": False,
        "deleted": False,
        "is_in_trash": False,
        "is_favorite": False,
        "public_hash": "",
        "shared": False,
        "shared_hash": None,
        "role": "owner",
        "owner": 94,
        "owner_name": "Demo",
        "owner_path": "/docs",
        "author": 94,
        "author_name": "Demo",
        "hash": m["hash"],
        "content": [],
        "is_last_page": True,
    }


async def test_the_root_is_a_folder(api: Client):
    m = await api.look("metadata/")
    assert (m["path"], m["folder"], m["content"]) == ("/", True, [])


async def test_a_listing_can_be_left_out(api: Client):
    for name in ("listing", "list"):
        m = await api.look("metadata/", **{name: "false"})
        assert "content" not in m
        assert "is_last_page" not in m
        assert m["hash"]


async def test_extra_data_can_be_left_out(api: Client):
    await api.upload("/a", b"")
    assert "extradata" not in await api.look("metadata/a", extra=0)
    (child,) = (await api.look("metadata/", extra=0))["content"]
    assert "extradata" not in child


async def test_what_is_not_there_answers_404(api: Client):
    await api.upload("/file", b"")
    for path in ("nothing", "nothing/below", "file/below"):
        assert refusal(await api.get(f"metadata/{path}")) == (404, "NotFound")


async def test_children_are_listed_in_the_order_asked_for(api: Client, clock: Clock):
    for name in ("b", "c", "a"):
        clock.advance(1)
        await api.ok("fileops/folder_create/", path=f"/{name}")
    await api.upload("/B.txt", b"")

    async def names(**params) -> list[str]:
        found = await api.look("metadata/", **params)
        return [child["path"][1:] for child in found["content"]]

    assert await names() == ["B.txt", "a", "b", "c"]
    assert await names(order_by="-name") == ["c", "b", "a", "B.txt"]
    assert await names(order_by="modified_time", dirs_only=1) == ["b", "c", "a"]
    assert await names(order_by="-modified_time", dirs_only=1) == ["a", "c", "b"]
    assert refusal(await api.get("metadata/", order_by="size")) == (400, "InvalidParameters")


async def test_a_long_listing_comes_in_pages_of_one_hash(api: Client, running: Running):
    for n in range(5):
        running.emulator.write(f"/{n}", b"")
    pages = [await api.look("metadata/", offset=offset, limit=2) for offset in (0, 2, 4, 6)]
    assert [[c["path"] for c in page["content"]] for page in pages] == [
        ["/0", "/1"],
        ["/2", "/3"],
        ["/4"],
        [],
    ]
    assert [page["is_last_page"] for page in pages] == [False, False, True, True]
    assert len({page["hash"] for page in pages}) == 1


async def test_a_page_may_be_shorter_than_asked_for(api: Client, running: Running):
    for n in range(5):
        running.emulator.write(f"/{n}", b"")
    running.emulator.configure(page_cap=3)
    page = await api.look("metadata/", limit=4)
    assert (len(page["content"]), page["is_last_page"]) == (3, False)
    assert len((await api.look("metadata/", limit=0))["content"]) == 5


async def test_an_unchanged_listing_answers_304(api: Client):
    await api.upload("/a", b"")
    for params in ({}, {"listing": 0}):
        etag = await tag(api, **params)
        for known in (etag, f"W/{etag}", etag.strip('"'), f'"other", {etag}'):
            response = await api.http.get(
                "/api/1/metadata/", params=params, headers={"If-None-Match": known}
            )
            assert (response.status_code, response.content) == (304, b"")
            assert response.headers["etag"] == etag
    star = await api.http.get("/api/1/metadata/", headers={"If-None-Match": "*"})
    assert star.status_code == 200


async def test_a_hash_is_the_etag_and_can_be_sent_as_parameter(api: Client):
    m = await api.look("metadata/")
    assert await tag(api) == await tag(api, listing=0) == f'"{m["hash"]}"'
    assert (await api.get("metadata/", hash=m["hash"])).status_code == 304
    assert (await api.get("metadata/", hash=m["hash"], listing=0)).status_code == 200
    await api.upload("/a", b"")
    assert (await api.get("metadata/a", hash=(await tag(api, "a")).strip('"'))).status_code == 200


@pytest.mark.parametrize(
    ("route", "params"),
    [
        ("fileops/folder_create/", {"path": "/d/new"}),
        ("fileops/delete/", {"path": "/d/file"}),
        ("fileops/rename/", {"path": "/d/file", "newname": "other"}),
        ("fileops/move/", {"from_path": "/d/file", "to_path": "/"}),
        ("fileops/move/", {"from_path": "/e", "to_path": "/d"}),
        ("fileops/copy/", {"from_path": "/d/file", "to_path": "/d"}),
        ("fileops/set_favorite/", {"path": "/d/file"}),
        ("fileops/set_favorite/", {"path": "/d"}),
        ("links/create/", {"path": "/d/file"}),
        ("links/create/", {"path": "/d"}),
        ("shares/add/", {"path": "/d/sub", "member_login": "friend@example.com"}),
        ("shares/add/", {"path": "/d", "member_login": "friend@example.com"}),
        ("fileops/folder_create/", {"path": "/d/sub/deep"}),
        ("files/create/", {"path": "/d/file", "overwrite": 1, "size": 1, "checksum": md5(b"e")}),
        ("files/create/", {"path": "/d/new", "size": 1, "checksum": md5(b"e")}),
    ],
)
async def test_the_hash_of_a_folder_changes_with_what_it_shows(
    api: Client, friend: Client, running: Running, clock: Clock, route: str, params: dict
):
    for path in ("/d", "/d/sub", "/e"):
        running.emulator.make_folder(path)
    running.emulator.write("/d/file", b"f")
    running.emulator.write("/x", b"e")
    before, listing_before = await tag(api, "d"), await api.look("metadata/d")
    clock.advance(1)
    await api.ok(route, **params)
    after, listing_after = await tag(api, "d"), await api.look("metadata/d")
    assert listing_before != listing_after
    assert before != after


async def test_the_hash_of_a_file_changes_with_its_members(api: Client):
    await api.upload("/a", b"one")
    before = await tag(api, "a")
    assert before == await tag(api, "a")
    await api.ok("fileops/set_favorite/", path="/a")
    assert before != await tag(api, "a")
    response = await api.http.get(
        "/api/1/metadata/a", headers={"If-None-Match": await tag(api, "a")}
    )
    assert response.status_code == 304


async def test_a_folder_is_modified_when_a_child_comes_goes_or_is_renamed(
    api: Client, clock: Clock
):
    await api.ok("fileops/folder_create/", path="/d")

    async def modified() -> int:
        clock.advance(1)
        return (await api.stat("/d"))["modified"]

    times = [await modified()]
    for route, params in [
        ("fileops/folder_create/", {"path": "/d/a"}),
        ("fileops/rename/", {"path": "/d/a", "newname": "b"}),
        ("fileops/delete/", {"path": "/d/b"}),
    ]:
        await api.ok(route, **params)
        times.append(await modified())
    await api.upload("/d/f", b"one")
    times.append(await modified())
    assert times == sorted(set(times))
    await api.upload("/d/f", b"two", overwrite=1)
    assert await modified() == times[-1]


async def test_metadata_of_an_old_version(api: Client, clock: Clock):
    old = await api.upload("/a", b"one", modified=5)
    clock.advance(1)
    new = await api.upload("/a", b"three", overwrite=1)
    m = await api.look("metadata/a", version=old["version"])
    assert (m["bytes"], m["checksum"]) == (3, md5(b"one"))
    assert (m["version"], m["modified"]) == (old["version"], old["modified"])
    assert m["client_data"] == {"modified": 5}
    assert (await api.look("metadata/a", version=new["version"]))["bytes"] == 5
    assert refusal(await api.get("metadata/a", version=1)) == (404, "NotFound")
    assert refusal(await api.get("metadata/a", version="x")) == (400, "InvalidVersion")


async def test_search_finds_parts_of_names_everywhere(api: Client, running: Running):
    for path in ("/Report.txt", "/a/old report", "/a/report/x", "/b"):
        running.emulator.write(path, b"")
    running.emulator.write("/gone report", b"")
    running.emulator.remove("/gone report")
    found = await api.ok("files/search/", query="REPORT")
    assert [m["path"] for m in found["content"]] == ["/Report.txt", "/a/old report", "/a/report"]
    assert found["is_last_page"]
    page = await api.look("files/search/", query="report", offset=1, limit=1)
    assert [m["path"] for m in page["content"]] == ["/a/old report"]
    assert not page["is_last_page"]
    assert await api.refused("files/search/", query="") == (400, "InvalidParameters")


async def test_a_favourite_is_toggled(api: Client, friend: Client):
    await api.upload("/a", b"")
    await api.ok("fileops/folder_create/", path="/b")
    assert (await api.ok("fileops/set_favorite/", path="/a"))["is_favorite"]
    assert (await api.ok("fileops/set_favorite/", path="/b"))["is_favorite"]
    assert [m["path"] for m in await api.look("files/favorites/")] == ["/a", "/b"]
    assert not (await api.ok("fileops/set_favorite/", path="/a"))["is_favorite"]
    await api.ok("fileops/delete/", path="/b")
    assert await api.look("files/favorites/") == []
    assert await api.refused("fileops/set_favorite/", path="/c") == (404, "NotFound")


async def test_the_size_of_a_folder_is_that_of_everything_below(api: Client, running: Running):
    running.emulator.write("/d/a", b"12")
    running.emulator.write("/d/sub/b", b"345")
    found = await api.look("fileops/folder_info/", path="/d")
    assert found == {"path": "/d", "size": 5, "files_count": 2, "folders_count": 1}
    response = await api.get("fileops/folder_info/", path="/d/a")
    assert refusal(response) == (400, "InvalidParameters")
    assert refusal(await api.get("fileops/folder_info/", path="/x")) == (404, "NotFound")


async def test_the_whole_tree_in_one_file(api: Client, running: Running, clock: Clock):
    running.emulator.write("/d/a", b"12")
    running.emulator.write("/b", b"")
    wanted = await api.look("metadata_full_listing/", listing_request_id="")
    assert set(wanted) == {"listing_request_id"}
    clock.advance(0.1)
    early = await api.get("metadata_full_listing/", **wanted)
    assert (early.status_code, early.json()) == (404, {"progress": 50})
    clock.advance(0.1)
    found = await api.look("metadata_full_listing/", **wanted)
    listing = (await api.store.get(found["url"])).json()
    assert sorted(m["path"] for m in listing) == ["/b", "/d", "/d/a"]
    assert all("content" not in m for m in listing)
    unknown = await api.get("metadata_full_listing/", listing_request_id="no")
    assert refusal(unknown) == (404, "NotFound")
    clock.advance(3601)
    assert (await api.store.get(found["url"])).status_code == 403


async def test_the_whole_of_an_empty_tree(api: Client, clock: Clock):
    wanted = await api.look("metadata_full_listing/")
    clock.advance(1)
    found = await api.look("metadata_full_listing/", **wanted)
    assert (await api.store.get(found["url"])).json() == []
