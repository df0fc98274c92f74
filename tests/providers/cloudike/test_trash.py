"""The recycle bin and background tasks (reference 3.11 to 3.13, 3.19)."""

from typing import Any

import httpx
import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    CloudError,
    InvalidRequest,
    LoginFailed,
    NotFound,
    NotPermitted,
    QuotaExceeded,
    TimedOut,
)
from cloudfs.model import EntryId, Kind, TrashItem
from cloudfs.providers.cloudike import CloudikeProvider
from tests.providers.cloudike.extras import FullCloudike
from tests.providers.cloudike.service import FakeCloudike

CLEAR = "trash/clear/"


async def binned(provider: CloudikeProvider) -> list[TrashItem]:
    return [item async for page in provider.trash.items() for item in page]


async def filled(service: FakeCloudike, *names: str, **settings: Any) -> CloudikeProvider:
    provider = service.provider(**settings)
    for name in names:
        service.add_file(f"/{name}", name.encode())
        await provider.remove(await provider.stat(EntryId(f"/{name}")))
    service.calls.clear()
    return provider


async def test_the_bin_is_listed_in_pages(service: FakeCloudike):
    provider = await filled(service, *"abcde", page_limit=2)
    assert [item.name for item in await binned(provider)] == list("abcde")
    assert [call.params["offset"] for call in service.of("trash/")] == ["0", "2", "4"]


async def test_a_bin_that_changes_while_it_is_listed_is_read_again(service: FakeCloudike):
    provider = await filled(service, *"abcde", page_limit=2)
    names = []
    async for page in provider.trash.items():
        if not names:
            service.bin.pop(next(iter(service.bin)))  # what follows moves up by one
        names += [item.name for item in page]
    assert sorted(names) == list("abcde")


async def test_the_same_page_for_ever_is_a_bad_reply(service: FakeCloudike):
    provider = await filled(service)
    item = {"name": "x", "restore_path": "/x", "folder": False, "bytes": 1}
    for _ in range(3):
        body = {"content": [item], "is_last_page": False}
        service.fail("trash/", httpx.Response(200, json=body))
    with pytest.raises(BadReply):
        await binned(provider)


async def test_what_is_restored_is_back(service: FakeCloudike, autojump_clock: object):
    service.task_delay = 5
    provider = await filled(service, "a")
    (item,) = await binned(provider)
    restored = await provider.trash.restore(item)
    assert restored.id == "/a"
    (call,) = service.of(f"trash/restore/{item.id}")
    assert call.params == {"overwrite": False}
    with pytest.raises(NotFound):
        await provider.trash.restore(item)


async def test_the_bin_s_name_is_one_segment_of_the_address(service: FakeCloudike):
    provider = await filled(service)
    service.add_file("/b", b"x")
    service.bin["a/ü?"] = ("/a", {"/a": service.tree.pop("/b")}, 1)
    await provider.trash.restore((await binned(provider))[0])
    assert "/a" in service.tree
    assert service.calls[-3].route == "trash/restore/a%2F%C3%BC%3F"


async def test_a_taken_place_refuses_what_would_be_restored(service: FakeCloudike):
    provider = await filled(service, "a")
    service.add_file("/a", b"new")
    (item,) = await binned(provider)
    with pytest.raises(AlreadyExists):
        await provider.trash.restore(item)


@pytest.mark.parametrize(("taken", "error"), [(True, AlreadyExists), (False, AccessDenied)])
async def test_an_unknown_refusal_to_restore_is_told_apart_by_a_look(
    service: FakeCloudike, *, taken: bool, error: type[CloudError]
):
    provider = await filled(service, "a")
    if taken:
        service.add_file("/a", b"new")
    (item,) = await binned(provider)
    service.fail(f"trash/restore/{item.id}", httpx.Response(403))
    with pytest.raises(error):
        await provider.trash.restore(item)


async def test_a_service_may_restore_at_once(service: FakeCloudike):
    provider = await filled(service, "a")
    (item,) = await binned(provider)
    service.add_file("/a", b"a")
    service.fail(f"trash/restore/{item.id}", httpx.Response(200))
    assert (await provider.trash.restore(item)).id == "/a"
    assert not [route for route in service.routes() if route.startswith("task/")]


async def test_exactly_the_named_items_are_purged(service: FakeCloudike):
    provider = await filled(service, "a", "b", "c")
    items = await binned(provider)
    await provider.trash.purge([items[0], items[2], items[0]])
    (call,) = service.of(CLEAR)
    assert call.params == {"paths": [items[0].id, items[2].id]}
    assert [item.name for item in await binned(provider)] == ["b"]


async def test_a_form_names_every_item_too(service: FakeCloudike):
    provider = await filled(service, "a", "b", body_encoding="form")
    items = await binned(provider)
    await provider.trash.purge(items)
    (call,) = service.of(CLEAR)
    assert call.body == f"paths={items[0].id}&paths={items[1].id}".encode()


async def test_purging_nothing_asks_nothing(service: FakeCloudike):
    provider = await filled(service, "a")
    await provider.trash.purge([])
    assert not service.calls


async def test_an_item_without_a_name_would_empty_the_bin_and_is_not_sent(service: FakeCloudike):
    provider = await filled(service, "a")
    nameless = TrashItem(id="", name="a", kind=Kind.FILE)
    with pytest.raises(InvalidRequest):
        await provider.trash.purge([nameless])
    assert not service.of(CLEAR)
    assert len(service.bin) == 1


async def test_many_items_take_several_requests_and_none_is_without_names(service: FakeCloudike):
    provider = await filled(service)
    items = [TrashItem(id=f"t{number}", name="x", kind=Kind.FILE) for number in range(400)]
    await provider.trash.purge(items)
    assert [len(call.params["paths"]) for call in service.of(CLEAR)] == [200, 200]


async def test_what_is_gone_already_is_purged_already(service: FakeCloudike):
    provider = await filled(service, "a")
    (item,) = await binned(provider)
    await provider.trash.purge([item])
    await provider.trash.purge([item])
    service.fail(CLEAR, httpx.Response(404))
    await provider.trash.purge([item])


async def test_emptying_names_nothing(service: FakeCloudike):
    provider = await filled(service, "a", "b")
    await provider.trash.empty()
    (call,) = service.of(CLEAR)
    assert call.params == {}
    assert not service.bin


# Tasks ------------------------------------------------------------------------------------------


async def emptied(service: FakeCloudike, *answers: httpx.Response, **settings: Any) -> float:
    """Empty the bin while the task answers so; how long that took."""
    provider = await filled(service, "a", **settings)
    for answer in answers:
        service.fail("task/t/", answer)
    service.fail(CLEAR, httpx.Response(202, json={"taskid": "t"}))
    began = trio.current_time()
    await provider.trash.empty()
    return trio.current_time() - began


DONE = httpx.Response(200, json={})
RUNNING = httpx.Response(404, json={"progress": 56})
UNKNOWN = httpx.Response(404, json={"code": "TaskNotFound"})


@pytest.mark.parametrize(
    "unfinished",
    [
        RUNNING,
        UNKNOWN,
        httpx.Response(404),
        httpx.Response(404, text="<html>"),
        httpx.Response(200, json={"progress": 99}),
        httpx.Response(200, json={"status": "STARTED"}),
    ],
)
async def test_an_unfinished_task_is_looked_at_again(
    service: FakeCloudike, unfinished: httpx.Response, autojump_clock: object
):
    assert await emptied(service, unfinished, DONE) == pytest.approx(1)
    assert len(service.of("task/t/")) == 2


async def test_looks_become_rarer(service: FakeCloudike, autojump_clock: object):
    took = await emptied(service, *[RUNNING] * 6, DONE)
    assert took == pytest.approx(1 + 1.5 + 2.25 + 3 + 3 + 3)


async def test_the_pause_between_looks_can_be_set(service: FakeCloudike, autojump_clock: object):
    assert await emptied(service, RUNNING, RUNNING, DONE, task_poll=10.0) == pytest.approx(20)


async def test_a_task_may_be_unknown_at_first_but_not_for_ever(
    service: FakeCloudike, autojump_clock: object
):
    with pytest.raises(CloudError, match="does not know the task"):
        await emptied(service, *[UNKNOWN] * 100)
    assert len(service.of("task/t/")) == pytest.approx(13, abs=2)  # within half a minute


async def test_a_task_that_never_ends_is_given_up(service: FakeCloudike, autojump_clock: object):
    with pytest.raises(TimedOut):
        await emptied(service, *[RUNNING] * 1000)
    assert 195 < len(service.of("task/t/")) < 205  # ten minutes


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(400, json={"code": "TaskFailed"}), CloudError),
        (httpx.Response(400, json={"nodes": [{"error_code": 402}]}), QuotaExceeded),
        (
            httpx.Response(200, json={"failed": 1, "nodes": [{"error_code": 402}]}),
            QuotaExceeded,
        ),
        (httpx.Response(200, json={"failed": 2, "success": 0}), CloudError),
    ],
)
async def test_a_task_that_failed_is_an_error(
    service: FakeCloudike, answer: httpx.Response, error: type[CloudError]
):
    with pytest.raises(error) as caught:
        await emptied(service, answer)
    assert type(caught.value) is error


async def test_the_restored_entry_is_where_the_task_says(service: FakeCloudike):
    provider = await filled(service, "a")
    (item,) = await binned(provider)
    service.add_file("/elsewhere", b"a")
    service.fail(f"trash/restore/{item.id}", httpx.Response(200, json={"taskid": 5}))
    result = {"success": 1, "nodes": [{"path": "/elsewhere", "error_code": None}]}
    service.fail("task/5/", httpx.Response(200, json=result))
    assert (await provider.trash.restore(item)).id == "/elsewhere"


async def test_a_restore_that_fails_in_the_background_fails(service: FakeCloudike):
    provider = await filled(service, "a")
    (item,) = await binned(provider)
    service.fail(f"trash/restore/{item.id}", httpx.Response(200, json={"taskid": "t"}))
    result = {"failed": 1, "nodes": [{"path": "/a", "error_code": 402}]}
    service.fail("task/t/", httpx.Response(200, json=result))
    with pytest.raises(QuotaExceeded):
        await provider.trash.restore(item)


# The bins of shared folders -----------------------------------------------------------------


async def test_what_others_deleted_from_a_shared_folder_is_told_and_restored(
    service: FullCloudike,
):
    provider = await filled(service, "a", page_limit=2)
    service.add_folder("/Plans ü")
    service.with_me.append("/Plans ü")
    own = next(iter(service.bin))
    service.foreign_bin = {
        name: ("/Plans ü", f"/Plans ü/{name[0]}") for name in ("x/1", "y", "z", own)
    }
    items = await binned(provider)
    assert [item.name for item in items] == ["a", "x", "y", "z"]  # its own are told once
    assert len({item.id for item in items}) == 4
    calls = service.of("trash/from_shared/Plans%20%C3%BC")
    assert [call.params["offset"] for call in calls] == ["0", "2"]
    assert (await provider.trash.restore(items[1])).id == "/Plans ü/x"
    (call,) = service.of("trash/restore/x%2F1/from_shared/Plans%20%C3%BC")
    assert call.params == {"overwrite": False}


async def test_what_others_deleted_is_not_ours_to_purge(service: FullCloudike):
    provider = await filled(service, "a")
    service.add_folder("/d")
    service.with_me.append("/d")
    service.foreign_bin = {"y": ("/d", "/d/y")}
    with pytest.raises(NotPermitted):
        await provider.trash.purge(await binned(provider))
    assert len(service.bin) == 1


async def test_a_folder_without_a_bin_of_its_own_hides_no_other(service: FullCloudike):
    provider = await filled(service, "a")
    for folder in ("/d", "/e"):
        service.add_folder(folder)
        service.with_me.append(folder)
    service.foreign_bin = {"y": ("/e", "/e/y")}
    service.fail("trash/from_shared/d", httpx.Response(400, json={"code": "InvalidParameters"}))
    assert [item.name for item in await binned(provider)] == ["a", "y"]
    service.fail("shares/", httpx.Response(405, json={"code": "NotImplemented"}))
    assert [item.name for item in await binned(provider)] == ["a"]


@pytest.mark.parametrize("route", ["shares/", "trash/from_shared/d"])
async def test_a_refused_login_is_not_taken_for_a_missing_bin(service: FullCloudike, route: str):
    provider = await filled(service, "a")
    service.add_folder("/d")
    service.with_me.append("/d")
    for _ in range(2):
        service.fail(route, httpx.Response(401, json={"code": "Unauthorized"}))
    with pytest.raises(LoginFailed):
        await binned(provider)
