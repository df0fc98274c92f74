"""Making folders and projects, and removing what there is (reference 3.5, 3.6, 3.14)."""

import httpx
import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    ConnectionLost,
    InvalidName,
    NotEmpty,
    NotFound,
    NotPermitted,
    TransientError,
)
from cloudfs.model import EntryId
from tests.providers.cloud689.service import FakeCloud689
from tests.providers.cloud689.store import Refusal, forbidden

Clock = trio.testing.MockClock
ROOT = EntryId("root")


async def test_a_folder_is_made(service: FakeCloud689):
    above = service.store.add("above")
    provider = service.provider()
    for parent, path in ((service.top(), "new"), (service.id(above), "above/new")):
        made = await provider.create_folder(parent, "new")
        assert (made.id, made.parent_id) == (service.id(service.store.at(path)), parent)
    top, inner = (call.fields for call in service.of("project/f/create"))
    assert top == {"auth_token": "5e8c1", "project_id": service.project.id, "name": "new"}
    assert inner["parent_folder_id"] == above.id


async def test_a_name_that_is_taken_is_refused_before_anything_is_made(service: FakeCloud689):
    service.store.add("folder")
    service.store.add("file", b"x")
    provider = service.provider()
    for name in ("folder", "file"):
        with pytest.raises(AlreadyExists):
            await provider.create_folder(service.top(), name)
    assert service.of("project/f/create") == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\0b", "bell\a", "del\x7f", "\u00e9" * 128]
)
async def test_a_name_that_cannot_be_stored_is_refused(service: FakeCloud689, name: str):
    with pytest.raises(InvalidName):
        await service.provider().create_folder(service.top(), name)
    assert service.calls == []


async def test_a_folder_needs_its_parent(service: FakeCloud689):
    gone = service.store.add("gone")
    service.store.delete(gone)
    with pytest.raises(NotFound):
        await service.provider().create_folder(service.id(gone), "new")


async def test_a_folder_that_a_lost_request_made_is_taken(service: FakeCloud689):
    service.lose_answer("project/f/create")
    made = await service.provider().create_folder(service.top(), "new")
    assert made.id == service.id(service.store.at("new"))
    assert len(service.of("project/f/create")) == 1


async def test_a_folder_that_a_lost_request_did_not_make_is_not_invented(service: FakeCloud689):
    service.break_before("project/f/create")
    with pytest.raises(ConnectionLost):
        await service.provider().create_folder(service.top(), "new")
    assert service.store.names() == []


async def test_a_folder_that_somebody_else_made_too_is_not_taken_for_ours(service: FakeCloud689):
    service.lose_answer("project/f/create")
    service.before["project/f/create"] = lambda: service.store.add("new") and None
    with pytest.raises(TransientError):
        await service.provider().create_folder(service.top(), "new")


async def test_a_folder_whose_history_failed_is_there(service: FakeCloud689):
    service.before["project/f/create"] = lambda: service.store.add("new") and None
    service.fail("project/f/create", Refusal(417, "Create history failed", "CREATE_HISTORY_FAILED"))
    with pytest.raises(TransientError):
        await service.provider().create_folder(service.top(), "new")
    service.store.add("new")
    provider = service.provider()
    assert (await provider.find(service.top(), "new")).is_folder


async def test_a_busy_service_is_asked_again(service: FakeCloud689, autojump_clock: Clock):
    service.fail("project/f/create", httpx.Response(503))
    await service.provider().create_folder(service.top(), "new")
    assert service.store.names() == ["new"]


# Projects ---------------------------------------------------------------------------------


async def test_projects_are_made_and_removed_only_if_that_is_wanted(service: FakeCloud689):
    provider = service.provider()
    with pytest.raises(NotPermitted):
        await provider.create_folder(ROOT, "Ideas")
    with pytest.raises(NotPermitted):
        await provider.remove(await provider.stat(service.top()))
    assert set(service.asked()) <= {
        "user/login/checkmail",
        "user/login",
        "user/info",
        "project/info",
    }


async def test_a_project_is_made(service: FakeCloud689):
    provider = service.provider(projects="rw", max_download=7)
    assert (await provider.root()).writable
    made = await provider.create_folder(ROOT, "Ideas")
    assert (made.name, made.parent_id) == ("Ideas", ROOT)
    assert service.of("project/create")[0].fields["max_download"] == "7"
    with pytest.raises(AlreadyExists):
        await provider.create_folder(ROOT, "Ideas")


@pytest.mark.parametrize("fault", ["lose_answer", "break_before"])
async def test_a_lost_answer_is_looked_behind(service: FakeCloud689, fault: str):
    provider = service.provider(projects="rw")
    getattr(service, fault)("project/create")
    if fault == "lose_answer":
        assert (await provider.create_folder(ROOT, "Ideas")).name == "Ideas"
    else:
        with pytest.raises(ConnectionLost):
            await provider.create_folder(ROOT, "Ideas")
    assert len(service.of("project/create")) == 1


async def test_only_an_empty_project_is_removed(service: FakeCloud689):
    file = service.store.add("file", b"x")
    provider = service.provider(projects="rw")
    plans = await provider.stat(service.top())
    for recursive in (True, False):
        with pytest.raises(NotEmpty):
            await provider.remove(plans, recursive=recursive)
    service.store.delete(file)
    await provider.remove(plans)
    assert service.store.projects == {}


@pytest.mark.parametrize("fault", ["lose_answer", "break_before"])
async def test_a_lost_answer_of_a_removed_project_is_looked_behind(
    service: FakeCloud689, fault: str
):
    provider = service.provider(projects="rw")
    plans = await provider.stat(service.top())
    getattr(service, fault)("project/delete")
    if fault == "lose_answer":
        await provider.remove(plans)
    else:
        with pytest.raises(ConnectionLost):
            await provider.remove(plans)
    assert len(service.of("project/delete")) == 1


# Files and folders ------------------------------------------------------------------------


async def test_a_file_goes_to_the_trash_by_one_request(service: FakeCloud689):
    file = service.store.add("file", b"x")
    provider = service.provider()
    entry = await service.entry(provider, "file")
    service.calls.clear()
    await provider.remove(entry)
    assert file.binned
    (call,) = service.calls
    assert call.name == "project/f/delete"
    assert call.fields == {
        "auth_token": "5e8c1",
        "project_id": service.project.id,
        "file_id": file.id,
    }
    with pytest.raises(NotFound):
        await provider.remove(entry)


async def test_a_folder_with_children_is_not_removed_by_accident(service: FakeCloud689):
    service.store.add("folder/file", b"x")
    provider = service.provider()
    folder = await service.entry(provider, "folder")
    with pytest.raises(NotEmpty):
        await provider.remove(folder)
    await provider.remove(folder, recursive=True)
    assert len(service.of("project/f/delete")) == 1
    assert service.store.names() == []


async def test_the_root_is_not_removed(service: FakeCloud689):
    provider = service.provider()
    with pytest.raises(NotPermitted):
        await provider.remove(await provider.root(), recursive=True)


async def test_who_may_not_remove_is_denied(service: FakeCloud689):
    service.store.add("file", b"x")
    provider = service.provider()
    entry = await service.entry(provider, "file")
    service.fail("project/f/delete", forbidden())
    with pytest.raises(AccessDenied):
        await provider.remove(entry)


async def test_a_file_may_be_removed_for_ever(service: FakeCloud689):
    service.store.add("file", b"x")
    provider = service.provider()
    await provider.remove(await service.entry(provider, "file"), permanently=True)
    assert service.store.nodes == {}


@pytest.mark.parametrize("call", ["project/f/delete", "project/f/deleteforever"])
async def test_the_repeat_of_a_removal_finds_nothing_and_that_is_right(
    service: FakeCloud689, call: str, autojump_clock: Clock
):
    service.store.add("folder/file", b"x")
    provider = service.provider()
    folder = await service.entry(provider, "folder")
    service.lose_answer(call)
    await provider.remove(folder, recursive=True, permanently=True)
    assert service.store.nodes == {}


@pytest.mark.parametrize("fault", ["break", "lose", "refuse", "fail"])
@pytest.mark.parametrize("at", range(3))
async def test_a_removal_for_ever_cut_short_is_completed_by_a_repeat(
    service: FakeCloud689, at: int, fault: str, autojump_clock: Clock
):
    service.store.add("folder/file", b"x")
    other = service.store.add("other", b"y")
    provider = service.provider()
    folder = await service.entry(provider, "folder")
    service.disturbed_by(lambda number: fault if number >= at else "pass")
    try:
        await provider.remove(folder, recursive=True, permanently=True)
    except CloudError:
        failed = True
    else:
        failed = False
    service.disturb = None
    if failed and service.store.nodes.keys() != {other.id}:
        await provider.remove(folder, recursive=True, permanently=True)
    assert service.store.nodes.keys() == {other.id}
