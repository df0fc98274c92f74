"""Favourites, search, recent files, sizes (reference 3.15, 3.16.2, 3.20, 3.22, 3.8.3)."""

import json
from typing import Any

import httpx
import pytest

from cloudfs.errors import (
    CloudError,
    InvalidRequest,
    NotAFolder,
    NotFound,
    QuotaExceeded,
    TransientError,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike import CloudikeProvider
from tests.providers.cloudike.extras import FullCloudike
from tests.support import BytesContent

MARK = "fileops/set_favorite/"
INFO = "fileops/folder_info/"


async def opened(
    service: FullCloudike, *paths: str, **settings: Any
) -> tuple[CloudikeProvider, list[Entry]]:
    provider = service.provider(**settings)
    entries = [await provider.stat(EntryId(path)) for path in paths]
    service.calls.clear()
    return provider, entries


async def paths(pages: Any) -> list[str | None]:
    return [found.path async for page in pages for found in page]


# Favourites ---------------------------------------------------------------------------------


async def test_a_mark_is_turned_only_if_it_is_not_as_wanted(service: FullCloudike):
    service.add_file("/f")
    provider, (file,) = await opened(service, "/f")
    for wanted in (False, True, True, False, False):
        await provider.favorites.mark(file, wanted=wanted)
        assert ("/f" in service.marks) == wanted
    assert [call.params for call in service.of(MARK)] == [{"path": "/f"}, {"path": "/f"}]


async def test_marked_entries_are_listed(service: FullCloudike):
    service.add_folder("/d")
    service.add_file("/d/f")
    service.marks = {"/d", "/d/f"}
    provider, (folder,) = await opened(service, "/d")
    assert folder.extra["favorite"] == "true"
    assert await paths(provider.favorites.marked()) == ["/d", "/d/f"]
    (call,) = service.calls
    assert (call.method, call.route, call.params) == ("GET", "files/favorites/", {})


async def test_the_list_of_marks_may_be_an_object(service: FullCloudike):
    provider, _ = await opened(service)
    content = [{"path": "/d", "folder": True}, {"path": "/x", "folder": True, "deleted": True}]
    service.fail("files/favorites/", httpx.Response(200, json={"content": content}))
    assert await paths(provider.favorites.marked()) == ["/d"]
    service.fail("files/favorites/", httpx.Response(200, json=[]))
    assert await paths(provider.favorites.marked()) == []


async def test_after_a_lost_answer_a_mark_is_looked_at_and_not_turned_back(service: FullCloudike):
    service.add_file("/f")
    provider, (file,) = await opened(service, "/f")
    service.lose_answer(MARK)
    await provider.favorites.mark(file, wanted=True)
    assert service.marks == {"/f"}
    service.break_before(MARK)
    with pytest.raises(TransientError):
        await provider.favorites.mark(file, wanted=False)
    await provider.favorites.mark(file, wanted=False)
    assert service.marks == set()


async def test_a_mark_that_does_not_change_is_a_failure(service: FullCloudike):
    service.add_file("/f")
    provider, (file,) = await opened(service, "/f")
    service.fail(MARK, httpx.Response(200, json=service.m("/f")))
    with pytest.raises(CloudError):
        await provider.favorites.mark(file, wanted=True)
    assert len(service.of(MARK)) == 1
    del service.tree["/f"]
    with pytest.raises(NotFound):
        await provider.favorites.mark(file, wanted=True)


# Search -------------------------------------------------------------------------------------


async def test_a_search_is_paged(service: FullCloudike):
    for path in ("/Photo 1", "/a", "/photo 2"):
        service.add_file(path)
    service.add_folder("/d")
    service.add_file("/d/the photo & more")
    provider, _ = await opened(service, page_limit=2)
    assert await paths(provider.search.find("photo")) == [
        "/Photo 1",
        "/d/the photo & more",
        "/photo 2",
    ]
    calls = service.of("files/search/")
    assert [call.params for call in calls] == [
        {"query": "photo", "offset": 0, "limit": 2},
        {"query": "photo", "offset": 2, "limit": 2},
    ]
    assert {call.method for call in calls} == {"POST"}


async def test_a_search_for_nothing_is_not_made(service: FullCloudike):
    provider, _ = await opened(service)
    with pytest.raises(InvalidRequest):
        await paths(provider.search.find(" "))
    assert service.calls == []


async def test_a_search_whose_answer_is_lost_is_made_again(
    service: FullCloudike, autojump_clock: object
):
    service.add_file("/f")
    provider, _ = await opened(service)
    service.lose_answer("files/search/")
    assert await paths(provider.search.find("f")) == ["/f"]


# Recent -------------------------------------------------------------------------------------


async def test_the_latest_files_come_first_and_once(service: FullCloudike):
    provider, _ = await opened(service)
    root = EntryId("/")
    for name in "abc":
        service.add_file(f"/{name}")
        service._happened("file_created", f"/{name}")
    await provider.create_folder(root, "d")
    await provider.move(await provider.stat(EntryId("/a")), root, "z")
    await provider.remove(await provider.stat(EntryId("/b")))
    service._happened("file_new_content", "/c")
    assert await paths(provider.recent.recent(10)) == ["/c", "/z"]
    assert await paths(provider.recent.recent(1)) == ["/c"]
    assert await paths(provider.recent.recent(0)) == []


async def test_recent_files_are_looked_for_on_several_pages(service: FullCloudike):
    provider, _ = await opened(service)
    service.add_file("/old")
    service._happened("file_created", "/old")
    for _ in range(150):
        service._happened("folder_created", "/d")
    assert await paths(provider.recent.recent(3)) == ["/old"]
    assert [call.params.get("skip") for call in service.of("events/")] == ["0", "100"]


# Sizes --------------------------------------------------------------------------------------


async def test_what_is_below_a_folder_is_counted(service: FullCloudike):
    service.add_folder("/d")
    service.add_folder("/d/e")
    service.add_file("/d/e/f", b"12345")
    provider, (folder, file) = await opened(service, "/d", "/d/e/f")
    told = {
        name: await provider.details.get(folder, name)
        for name in ("folder_size", "folder_count", "files_count", "folders_count")
    }
    assert list(told.values()) == ["5", "2", "1", "1"]
    assert await provider.details.get(file, "folder_size") is None
    assert await provider.details.get(folder, "unknown") is None
    assert service.of(INFO)[0].params == {"path": "/d"}
    assert len(service.of(INFO)) == 4


@pytest.mark.parametrize("size", ["folder_size", "bytes", "size"])
@pytest.mark.parametrize("count", ["count", "items_count"])
async def test_sizes_go_by_several_names(service: FullCloudike, size: str, count: str):
    service.add_folder("/d")
    provider, (folder,) = await opened(service, "/d")
    for _ in range(3):
        service.fail(INFO, httpx.Response(200, json={size: 7, count: "3"}))
    assert await provider.details.get(folder, "folder_size") == "7"
    assert await provider.details.get(folder, "folder_count") == "3"
    assert await provider.details.get(folder, "files_count") is None


async def test_a_folder_that_became_a_file_has_no_size_of_a_folder(service: FullCloudike):
    service.add_folder("/d")
    provider, (folder,) = await opened(service, "/d")
    service.add_file("/d")
    with pytest.raises(NotAFolder):
        await provider.details.get(folder, "folder_size")


async def test_comments_and_terms_are_told_as_json(service: FullCloudike):
    service.add_file("/f")
    provider, (file,) = await opened(service, "/f")
    assert await provider.details.get(file, "link") is None
    assert await provider.details.get(file, "collaborators") is None
    await provider.sharing.create(file, password="x")
    file = await provider.stat(file.id)
    assert json.loads(await provider.details.get(file, "link") or "") == {
        "expires": None,
        "password": True,
        "uploads": False,
        "download_max": None,
        "download_count": 3,
    }
    await provider.comments.add(file, "très bien")
    (comment,) = json.loads(await provider.details.get(file, "comments") or "")
    assert (comment["text"], comment["owner"]) == ("très bien", "94")
    service.links.clear()
    assert await provider.details.get(file, "link") is None
    service.fail("workflow/comments/f", httpx.Response(404, json={}))
    assert await provider.details.get(file, "comments") is None


async def test_who_takes_part_is_told_as_json(service: FullCloudike):
    service.add_folder("/d")
    service.shared["/d"] = {"email:ann@x": True}
    provider, (folder,) = await opened(service, "/d")
    people = json.loads(await provider.details.get(folder, "collaborators") or "")
    assert [(one["login"], one["owner"], one["writer"]) for one in people] == [
        ("email:user@example.com", True, True),
        ("email:ann@x", False, True),
    ]


async def test_all_details_are_declared(service: FullCloudike):
    service.add_folder("/d")
    service.shared["/d"] = {}
    provider, (folder,) = await opened(service, "/d")
    await provider.sharing.create(folder)
    folder = await provider.stat(folder.id)
    for name in provider.details.names:
        assert await provider.details.get(folder, name) is not None


# Before a move ------------------------------------------------------------------------------


async def test_what_a_move_would_meet_can_be_asked(service: FullCloudike):
    service.add_file("/f")
    service.add_folder("/d")
    service.add_file("/d/f")
    provider, (file,) = await opened(service, "/f")
    met = await provider.prechecks.of([file], EntryId("/d"))
    assert (met.exists, met.over_writable, met.copyable) == (True, True, True)
    (call,) = service.calls
    assert (call.method, call.route) == ("GET", "fileops/precheck/")
    assert call.params == {"from_path": "/f", "to_path": "/d"}
    assert not (await provider.prechecks.of([], EntryId("/d"))).exists
    with pytest.raises(NotAFolder):
        await provider.prechecks.of([file], EntryId("/d/f"))


async def test_what_is_not_told_beforehand_is_not_made_up(service: FullCloudike):
    provider, _ = await opened(service)
    service.fail("fileops/precheck/", httpx.Response(200, json={"exists": False}))
    met = await provider.prechecks.of([], EntryId("/"))
    assert (met.exists, met.over_writable, met.copyable) == (False, None, None)


async def test_too_large_a_file_is_refused_before_its_bytes_are_sent(service: FullCloudike):
    """So a large upload needs no question of its own beforehand."""
    provider, _ = await opened(service, multipart_threshold=10)
    service.fail("files/create/", httpx.Response(402, json={"code": "QuotaExceeded"}))
    with pytest.raises(QuotaExceeded):
        await provider.upload(EntryId("/"), "f", BytesContent(b"x" * 100))
    assert service.routes() == ["files/create/"]
