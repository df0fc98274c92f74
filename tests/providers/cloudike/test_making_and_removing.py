"""Folders are made, entries deleted, and 403 told apart (reference 3.5, 3.10)."""

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    InvalidName,
    InvalidRequest,
    NameTooLong,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    QuotaExceeded,
    TransientError,
    Unsupported,
)
from cloudfs.model import EntryId
from cloudfs.providers.cloudike import CloudikeProvider
from tests.providers.cloudike.service import FakeCloudike

ROOT = EntryId("/")
CREATE = "fileops/folder_create/"
DELETE = "fileops/delete/"


def refused(status: int, code: str = "Whatever") -> httpx.Response:
    return httpx.Response(status, json={"code": code, "description": "no"})


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "FolderAlreadyCreated", AlreadyExists),
        (403, "AccessDenied", AccessDenied),
        (404, "NotFound", NotFound),
        (405, "NotADirectory", NotAFolder),
        (400, "InvalidParameters", InvalidRequest),
        (402, "QuotaExceeded", QuotaExceeded),
        (418, "Teapot", CloudError),
        (501, "NotImplemented", Unsupported),
        (500, "InternalError", TransientError),
    ],
)
async def test_refusals_have_their_meaning(
    service: FakeCloudike, status: int, code: str, error: type[CloudError]
):
    provider = service.provider()
    service.fail(CREATE, refused(status, code))
    with pytest.raises(error, match=str(status)) as caught:
        await provider.create_folder(ROOT, "a")
    assert code in str(caught.value)
    assert len(service.calls) == 2  # the sign-in, and no look


@pytest.mark.parametrize(("there", "error"), [(True, AlreadyExists), (False, AccessDenied)])
async def test_an_unknown_403_is_told_apart_by_a_look(
    service: FakeCloudike, *, there: bool, error: type[CloudError]
):
    if there:
        service.add_file("/a")
    service.fail(CREATE, refused(403))
    with pytest.raises(error) as caught:
        await service.provider().create_folder(ROOT, "a")
    assert type(caught.value) is error


async def test_an_error_without_a_body_is_an_error_all_the_same(service: FakeCloudike):
    service.fail(CREATE, httpx.Response(404))
    with pytest.raises(NotFound):
        await service.provider().create_folder(ROOT, "a")


async def test_an_empty_answer_is_looked_up(service: FakeCloudike):
    service.add_folder("/a")
    service.fail(CREATE, httpx.Response(200))
    assert (await service.provider().create_folder(ROOT, "a")).id == "/a"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "\udcff"])
async def test_names_that_cannot_be_stored_are_refused_here(service: FakeCloudike, name: str):
    with pytest.raises(InvalidName):
        await service.provider().create_folder(ROOT, name)
    with pytest.raises(NameTooLong):
        await service.provider().create_folder(ROOT, "ü" * 128)
    assert not service.calls


async def test_a_lost_answer_is_not_repeated(service: FakeCloudike):
    service.lose_answer(CREATE)
    with pytest.raises(TransientError):
        await service.provider().create_folder(ROOT, "a")
    assert len(service.of(CREATE)) == 1


async def test_a_change_that_was_not_looked_at_is_repeated(
    service: FakeCloudike, autojump_clock: object
):
    service.fail(CREATE, httpx.Response(503))
    assert (await service.provider().create_folder(ROOT, "a")).name == "a"
    assert len(service.of(CREATE)) == 2


async def removed(service: FakeCloudike, path: str, **how: bool) -> CloudikeProvider:
    provider = service.provider()
    entry = await provider.stat(EntryId(path))
    await provider.remove(entry, **how)
    return provider


async def test_a_file_goes_into_the_trash(service: FakeCloudike):
    service.add_file("/a", b"x")
    await removed(service, "/a")
    assert [path for path, _, _ in service.bin.values()] == ["/a"]
    # A folder that took its place would not go with all that is in it.
    assert service.of(DELETE)[0].params == {"path": "/a", "only_empty": True}


async def test_a_file_goes_for_good_if_asked(service: FakeCloudike):
    service.add_file("/a", b"x")
    await removed(service, "/a", permanently=True)
    assert service.of(DELETE)[0].params["without_trash"] is True
    assert not service.bin


async def test_a_tree_is_one_request(service: FakeCloudike):
    service.add_folder("/a")
    service.add_file("/a/b", b"x")
    await removed(service, "/a", recursive=True)
    assert service.of(DELETE)[0].params == {"path": "/a"}
    assert len(service.bin) == 1


async def test_permanent_deletion_may_be_the_setting(service: FakeCloudike):
    service.add_file("/a", b"x")
    provider = service.provider(delete_mode="permanent")
    await provider.remove(await provider.stat(EntryId("/a")))
    assert not service.bin


async def test_a_full_folder_stays(service: FakeCloudike):
    service.add_folder("/a")
    service.add_file("/a/b", b"x")
    with pytest.raises(NotEmpty):
        await removed(service, "/a")


@pytest.mark.parametrize(("full", "error"), [(True, NotEmpty), (False, AccessDenied)])
async def test_an_unknown_refusal_to_delete_is_told_apart_by_a_look(
    service: FakeCloudike, *, full: bool, error: type[CloudError]
):
    service.add_folder("/a")
    if full:
        service.add_file("/a/b")
    service.fail(DELETE, refused(403))
    with pytest.raises(error):
        await removed(service, "/a")
    assert service.calls[-1].params["limit"] == "1"


async def test_the_root_stays(service: FakeCloudike):
    provider = service.provider()
    with pytest.raises(NotPermitted):
        await provider.remove(await provider.root(), recursive=True)
    assert not service.of(DELETE)
