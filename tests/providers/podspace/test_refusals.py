"""The table of errors (reference 4), in the three spellings and under status 200."""

import json
from typing import Any

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Busy,
    CloudError,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotFound,
    NotPermitted,
    QuotaExceeded,
    Unavailable,
    Unsupported,
)
from cloudfs.http.client import Reply
from cloudfs.http.session import TokenRejected
from cloudfs.model import EntryId
from cloudfs.providers.podspace.refusals import (
    NotAttached,
    NotEntitled,
    NotOriginal,
    check,
    check_later,
)
from tests.providers.podspace.service import FakePodspace
from tests.support import BytesContent, listing

TABLE: list[tuple[int, str, int, type[CloudError]]] = [
    (4, "PERMISSION_DENIED", 403, AccessDenied),
    (6, "INVALID_NICKNAME", 400, InvalidRequest),
    (10, "INVALID_DATE", 400, InvalidRequest),
    (21, "INVALID_TOKEN", 401, TokenRejected),
    (21, "INVALID-TOKEN", 401, TokenRejected),
    (31, "INVALID_FORMAT", 400, InvalidRequest),
    (33, "SSO_COMMUNICATIOAN", 502, Unavailable),
    (34, "USER_NOT_REGISTERED", 404, InvalidRequest),
    (40, "TOKEN_NOT_AUTHORIZED", 401, NotEntitled),
    (44, "DUPLICATE_CUSTOMER", 409, AlreadyExists),
    (78, "OBJECT_NOT_FOUND", 404, NotFound),
    (90, "ONLY_OWNER_ACCESS", 403, NotPermitted),
    (101, "INVALID_REQUEST", 400, InvalidRequest),
    (103, "INVALID_DATE_FORMAT", 400, InvalidRequest),
    (200, "FILE_NOT_ATTACHED", 400, NotAttached),
    (201, "ERROR_IN_SAVING_FILE", 500, Unavailable),
    (202, "FILE_NOT_FOUND", 404, NotFound),
    (203, "FILE_ALREADY_EXISTS", 409, AlreadyExists),
    (204, "FOLDER_SHARE_BEFORE", 409, AlreadyExists),
    (205, "NOT_ORIGNAL_FILE", 400, NotOriginal),
    (206, "NO_SPACE_FOR_SAVING", 507, QuotaExceeded),
    (208, "DUPLICATE_NAME_FILE", 409, AlreadyExists),
    (209, "INVALID_FILE_NAME", 400, InvalidName),
    (999, "UNKNOWN_ERROR", 500, Unavailable),
]


def kind(status: int, body: Any, operation: str = "entry.rename") -> type[BaseException]:
    with pytest.raises(CloudError) as caught:
        check(Reply(status, {}, json.dumps(body).encode()), operation)
    return type(caught.value)


@pytest.mark.parametrize(("code", "symbol", "status", "expected"), TABLE)
def test_a_code_decides_whatever_the_status(
    code: int, symbol: str, status: int, expected: type[CloudError]
):
    assert kind(status, {"status": status, "errorCode": code, "message": "پیام"}) is expected
    assert kind(status, {"status": status, "errorCode": str(code)}) is expected
    assert kind(418, {"errorCode": code}) is expected
    assert kind(200, {"hasError": True, "errorCode": code}) is expected


@pytest.mark.parametrize(("code", "symbol", "status", "expected"), TABLE)
def test_a_symbol_in_a_text_is_as_good(
    code: int, symbol: str, status: int, expected: type[CloudError]
):
    assert kind(status, {"status": status, "error": symbol}) is expected
    assert kind(status, {"error": "Oh", "message": f"it is {symbol}, no."}) is expected
    assert kind(200, {"hasError": True, "message": symbol, "errorCode": 0}) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, InvalidRequest),
        (401, TokenRejected),
        (402, QuotaExceeded),
        (403, AccessDenied),
        (404, NotFound),
        (405, InvalidRequest),
        (409, AlreadyExists),
        (410, NotFound),
        (413, QuotaExceeded),
        (415, InvalidRequest),
        (418, CloudError),
        (422, InvalidRequest),
        (423, Busy),
        (500, Unavailable),
        (507, QuotaExceeded),
        (302, BadReply),
    ],
)
def test_a_status_alone_decides_last(status: int, expected: type[CloudError]):
    assert kind(status, {}) is expected
    assert kind(status, "a proxy's text") is expected
    assert kind(status, {"errorCode": 123456, "message": "NOT_OURS"}) is expected


@pytest.mark.parametrize("body", [{"errorCode": 101}, {}])
def test_an_operation_refines_a_bad_request(body: dict[str, int]):
    assert kind(400, body, "folder.list") is NotAFolder
    assert kind(400, body, "entry.exist") is NotFound
    assert kind(400, body, "version.list") is IsAFolder


def test_what_is_said_for_now_is_told_apart():
    with pytest.raises(Unavailable):
        check_later(Reply(200, {}, b'{"hasError":true,"errorCode":999}'), "entry.stat")
    with pytest.raises(Unavailable):
        check_later(Reply(404, {}, b'{"errorCode":33}'), "entry.stat")
    check_later(Reply(404, {}, b'{"errorCode":202}'), "entry.stat")
    check_later(Reply(200, {}, b"bytes"), "file.thumbnail")


def test_an_error_under_a_success_has_its_status_in_its_body():
    """Without a code we know, the status decides; not that which it came under (1.5)."""
    told = {"hasError": True, "status": 409, "error": "Conflict", "errorCode": 777}
    with pytest.raises(AlreadyExists):
        check(Reply(200, {}, json.dumps(told).encode()), "folder.create")
    with pytest.raises(Unavailable):
        check_later(Reply(200, {}, json.dumps({**told, "status": 503}).encode()), "entry.stat")
    for odd in (200, 0, "x", None, 10**30):
        with pytest.raises(CloudError) as caught:
            check(Reply(200, {}, json.dumps({**told, "status": odd}).encode()), "folder.create")
        assert type(caught.value) is CloudError
    with pytest.raises(NotFound):  # elsewhere the status of the answer is what counts
        check(Reply(404, {}, json.dumps({**told, "status": 409}).encode()), "entry.stat")


def test_what_a_service_never_learned_is_not_asked_for_again():
    with pytest.raises(Unsupported):
        check(Reply(501, {}, b""), "batch")
    check_later(Reply(501, {}, b""), "batch")


async def test_what_is_in_use_for_a_moment_is_asked_for_again(
    service: FakePodspace, autojump_clock: object
):
    provider = service.provider()
    await provider.open()
    service.fail("entry.trash", httpx.Response(423))
    node = service.add_file("/f", b"x")
    await provider.remove(await provider.stat(EntryId(node.hash)))
    assert "/f" not in service.paths()


@pytest.mark.parametrize("way", ["legacy_errors", "no_error_code", "usual"])
async def test_an_account_works_with_each_spelling(service: FakePodspace, way: str):
    if way != "usual":
        setattr(service, way, True)
    provider = service.provider()
    await provider.open()
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    file = await provider.upload(folder.id, "file", BytesContent(b"text"))
    with pytest.raises(AlreadyExists):
        await provider.create_folder(root.id, "folder")
    with pytest.raises(AlreadyExists):
        await provider.upload(folder.id, "file", BytesContent(b"other"))
    with pytest.raises((NotAFolder, NotFound)):
        await listing(provider, file.id)
    with pytest.raises(NotFound):
        await provider.stat(EntryId("NOPE000000000000"))
    with pytest.raises(NotFound):
        await provider.find(EntryId("NOPE000000000000"), "x")
    with pytest.raises(InvalidRequest):
        await provider.move(folder, (await provider.create_folder(folder.id, "inner")).id, "x")


@pytest.mark.parametrize("way", ["legacy_errors", "no_error_code", "usual"])
async def test_an_expired_token_is_renewed_in_each_spelling(service: FakePodspace, way: str):
    if way != "usual":
        setattr(service, way, True)
    del service.tokens["9c1e"]
    provider = service.provider()
    await provider.open()
    assert service.asked() == ["folder.list", "auth.refresh", "folder.list"]


async def test_an_unsettled_service_is_asked_again_for_what_changes_nothing(
    service: FakePodspace, autojump_clock: object
):
    provider = service.provider()
    await provider.open()
    busy = {"status": 200, "hasError": True, "errorCode": 999}
    service.fail("entry.stat", httpx.Response(200, json=busy))
    service.fail("entry.stat", httpx.Response(404, json={"errorCode": 33}))
    service.add_folder("/a")
    assert (await provider.stat(service.at("a").hash)).name == "a"
    assert service.asked().count("entry.stat") == 3


async def test_a_change_is_not_repeated_after_an_unknown_failure(
    service: FakePodspace, autojump_clock: object
):
    provider = service.provider()
    await provider.open()
    service.fail("folder.create", httpx.Response(500, json={"status": 500, "errorCode": 999}))
    with pytest.raises(Unavailable):
        await provider.create_folder(EntryId("ROOT"), "a")
    assert service.asked().count("folder.create") == 1
