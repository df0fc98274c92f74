"""Many at once, restoring by path, purging (reference 3.10.2, 3.12, 3.13)."""

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    CloudError,
    InvalidRequest,
    IsAFolder,
    NotEmpty,
    NotFound,
    TransientError,
    Unavailable,
    Unsupported,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike import CloudikeProvider
from tests.providers.cloudike.extras import FullCloudike

MANY = "fileops/multi/delete/"


async def filled(
    service: FullCloudike, *paths: str, **settings: object
) -> tuple[CloudikeProvider, list[Entry]]:
    provider = service.provider(**settings)
    for path in paths:
        service.add_file(path, path.encode())
    entries = [await provider.stat(EntryId(path)) for path in paths]
    service.calls.clear()
    return provider, entries


async def test_files_are_removed_by_one_request(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/b&c", "/ü")
    assert await provider.remove_many(entries) == [None, None, None]
    assert service.names() == set()
    assert len(service.bin) == 3
    (call,) = service.calls
    assert (call.method, call.route) == ("POST", MANY)
    assert call.params == {"path": ["/a", "/b&c", "/ü"], "only_empty": True}


async def test_a_form_repeats_the_path(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/b", body_encoding="form")
    await provider.remove_many(entries, permanently=True)
    (call,) = service.calls
    assert call.body == b"path=%2Fa&path=%2Fb&only_empty=1&without_trash=1"
    assert service.bin == {}


@pytest.mark.parametrize("mode", ["trash", "permanent"])
async def test_the_mode_of_deletion_holds_for_many(service: FullCloudike, mode: str):
    provider, entries = await filled(service, "/a", "/b", delete_mode=mode)
    await provider.remove_many(entries)
    assert len(service.bin) == (2 if mode == "trash" else 0)


async def test_each_has_an_outcome_of_its_own(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/gone", "/now a folder", "/b")
    del service.tree["/gone"]
    service.add_folder("/now a folder")
    service.add_file("/now a folder/f")
    outcomes = await provider.remove_many(entries)
    assert [type(outcome) for outcome in outcomes] == [type(None), NotFound, NotEmpty, type(None)]
    assert service.names() == {"now a folder"}


@pytest.mark.parametrize(
    ("code", "error"),
    [(403, AccessDenied), (500, Unavailable), (429, Unavailable), (418, CloudError)],
)
async def test_a_code_of_one_is_an_error_of_one(
    service: FullCloudike, code: int, error: type[CloudError]
):
    provider, entries = await filled(service, "/a", "/b")
    nodes = [{"path": "/a", "error_code": code}, {"path": "/b", "error_code": None}]
    service.fail(MANY, httpx.Response(200, json={"nodes": nodes}))
    first, second = await provider.remove_many(entries)
    assert type(first) is error
    assert second is None


async def test_answers_in_another_order_are_told_apart_by_path(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/b")
    nodes = [{"path": "/b", "error_code": 404}, {"path": "/a", "error_code": None}]
    service.fail(MANY, httpx.Response(200, json={"nodes": nodes}))
    first, second = await provider.remove_many(entries)
    assert first is None
    assert isinstance(second, NotFound)


async def test_answers_without_paths_are_in_order(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/b")
    service.fail(MANY, httpx.Response(200, json={"nodes": [{"error_code": 404}, {}]}))
    first, second = await provider.remove_many(entries)
    assert isinstance(first, NotFound)
    assert second is None


async def test_what_is_not_told_is_not_taken_for_done(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/b")
    nodes = [{"path": "/a", "error_code": None}]
    service.fail(MANY, httpx.Response(200, json={"nodes": nodes}))
    first, second = await provider.remove_many(entries)
    assert first is None
    assert isinstance(second, BadReply)


async def test_a_lost_answer_is_raised_and_a_repeat_finds_what_is_gone(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/b")
    service.lose_answer(MANY)
    with pytest.raises(TransientError):
        await provider.remove_many(entries)
    assert len(service.of(MANY)) == 1
    outcomes = await provider.remove_many(entries)
    assert [type(outcome) for outcome in outcomes] == [NotFound, NotFound]


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_where_there_is_no_such_call_files_go_one_by_one(service: FullCloudike, status: int):
    provider, entries = await filled(service, "/a", "/b", "/c", "/d")
    del service.tree["/b"]
    service.fail(MANY, httpx.Response(status, json={"code": "NotFound"}))
    first, second = await provider.remove_many(entries[:2])
    assert first is None
    assert isinstance(second, NotFound)
    assert await provider.remove_many(entries[2:]) == [None, None]
    assert len(service.of(MANY)) == 1
    assert len(service.of("fileops/delete/")) == 4


async def test_one_file_needs_no_list(service: FullCloudike):
    provider, entries = await filled(service, "/a")
    assert await provider.remove_many(entries) == [None]
    assert service.routes() == ["fileops/delete/"]
    assert await provider.remove_many([]) == []


async def test_a_great_number_goes_in_several_requests(service: FullCloudike):
    provider, entries = await filled(service, *(f"/f{number}" for number in range(201)))
    assert provider.capabilities.removes_at_once == 100
    assert await provider.remove_many(entries) == [None] * 201
    assert [len(call.params["path"]) for call in service.of(MANY)] == [100, 100]
    assert service.names() == set()


async def test_folders_are_not_among_the_many(service: FullCloudike):
    provider, entries = await filled(service, "/a")
    service.add_folder("/d")
    folder = await provider.stat(EntryId("/d"))
    with pytest.raises(IsAFolder):
        await provider.remove_many([*entries, folder])
    assert service.names() == {"a", "d"}


# Restoring by path --------------------------------------------------------------------------


async def test_what_was_deleted_is_restored_by_its_path(service: FullCloudike):
    provider, (entry,) = await filled(service, "/a")
    await provider.remove(entry)
    assert (await provider.undeleting.restore(EntryId("/a"))).id == "/a"
    assert service.of("fileops/undelete/")[0].params == {"path": "/a"}
    with pytest.raises(InvalidRequest):
        await provider.undeleting.restore(EntryId("/a"))
    with pytest.raises(NotFound):
        await provider.undeleting.restore(EntryId("/never"))


async def test_many_are_restored_by_their_paths(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/b")
    await provider.remove_many(entries)
    paths = [EntryId(path) for path in ("/a", "/never", "/b")]
    outcomes = await provider.undeleting.restore_many(paths)
    assert [type(outcome) for outcome in outcomes] == [type(None), NotFound, type(None)]
    assert service.of("fileops/multi/undelete/")[0].params == {"path": ["/a", "/never", "/b"]}
    assert service.names() == {"a", "b"}


async def test_a_bin_without_restoring_has_restoring_by_path(service: FullCloudike):
    provider, (entry,) = await filled(service, "/a")
    await provider.remove(entry)
    (item,) = [item async for page in provider.trash.items() for item in page]
    service.fail(f"trash/restore/{item.id}", httpx.Response(405, json={"code": "NotImplemented"}))
    assert (await provider.trash.restore(item)).id == "/a"
    assert service.names() == {"a"}


# Purging ------------------------------------------------------------------------------------


async def test_all_that_was_deleted_is_purged_when_asked_to(service: FullCloudike):
    provider, entries = await filled(service, "/a", "/b")
    await provider.remove_many(entries)
    assert await provider.purging.running()
    await provider.purging.start()
    assert not await provider.purging.running()
    (call,) = service.of("fileops/purge/")
    assert (call.method, call.params) == ("POST", {})
    assert service.of("fileops/purgestatus/")[0].method == "POST"


@pytest.mark.parametrize("status", [403, 405, 501])
async def test_purging_is_mostly_switched_off(service: FullCloudike, status: int):
    provider, _ = await filled(service)
    service.fail("fileops/purge/", httpx.Response(status, json={"code": "AccessDenied"}))
    with pytest.raises(Unsupported):
        await provider.purging.start()
