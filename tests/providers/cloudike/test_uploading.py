"""Uploads in one piece: announce, send, confirm (reference 3.6)."""

import hashlib
from typing import Any

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotFound,
    QuotaExceeded,
    TooLarge,
    TransientError,
    Unavailable,
    Unreachable,
)
from cloudfs.model import Entry, EntryId, Transfer
from tests.providers.cloudike.service import API, STORE, FakeCloudike, parse_form
from tests.support import BytesContent

ROOT = EntryId("/")
WHEN = 1_600_000_000_123_456_789
CREATE = "files/create/"


def confirmations(service: FakeCloudike) -> list[Any]:
    return [call for call in service.calls if call.route.startswith("files/confirm/")]


def confirm(name: str) -> str:
    return f"files/confirm/{name}"


def refused(status: int, code: str = "Whatever") -> httpx.Response:
    return httpx.Response(status, json={"code": code, "description": "no"})


async def upload(service: FakeCloudike, data: bytes = b"data", **settings: Any) -> Entry:
    provider = service.provider(**settings)
    return await provider.upload(ROOT, "a b", BytesContent(data, modified_ns=WHEN))


async def replaced(service: FakeCloudike, data: bytes = b"data") -> Entry:
    provider = service.provider()
    old = await provider.stat(EntryId("/a b"))
    return await provider.upload(ROOT, "a b", BytesContent(data), replacing=old)


async def test_a_new_file_is_announced_for_a_name_that_has_to_be_free(service: FakeCloudike):
    entry = await upload(service)
    assert service.of(CREATE)[0].params == {
        "path": "/a b",
        "overwrite": False,
        "create_dirs": False,
        "size": 4,
        "checksum": hashlib.md5(b"data").hexdigest(),
        "modified": WHEN // 1_000_000,
    }
    assert (entry.id, entry.size) == ("/a b", 4)
    assert entry.modified_ns == WHEN // 1_000_000 * 1_000_000


async def test_a_replacement_is_announced_for_the_version_that_was_seen(service: FakeCloudike):
    old = service.add_file("/a b", b"old", created=1_500_000_000_000)
    await replaced(service)
    params = service.of(CREATE)[0].params
    assert params["overwrite"] is True
    assert params["version"] == old.history[0][0]
    assert params["created"] == 1_500_000_000_000  # its birth time stays
    assert service.tree["/a b"].data == b"data"


async def test_options_of_an_announcement(service: FakeCloudike):
    await upload(service, send_checksum=False, create_dirs=True)
    params = service.of(CREATE)[0].params
    assert "checksum" not in params
    assert params["create_dirs"] is True


async def test_known_content_is_not_sent(service: FakeCloudike):
    service.add_file("/other", b"data")
    entry = await upload(service)
    assert service.routes() == [CREATE]
    assert entry.size == 4
    assert service.tree["/a b"].data == b"data"


async def test_a_finished_file_may_be_answered_with_200(service: FakeCloudike):
    service.add_file("/a b", b"data")
    service.fail(CREATE, httpx.Response(200, json=service.m("/a b")))
    assert (await upload(service)).id == "/a b"
    assert service.routes() == [CREATE]


async def test_a_finished_file_that_is_not_described_is_looked_up(service: FakeCloudike):
    service.add_file("/a b", b"data")
    service.fail(CREATE, httpx.Response(201))
    assert (await upload(service)).id == "/a b"


# To the store -----------------------------------------------------------------------------------


async def test_a_form_has_its_fields_in_order_and_the_file_last(service: FakeCloudike):
    await upload(service)
    (call,) = service.of("store")
    fields, data = parse_form(call.request.headers["content-type"], call.body)
    assert data == b"data"
    assert fields[1:] == [("policy", "BASE64"), ("Content-Type", "application/octet-stream")]
    assert fields[0][0] == "key"
    assert b'name="file"; filename="file"\r\nContent-Type: application/octet-stream' in call.body
    assert call.method == "POST"


async def test_a_put_has_the_ticket_s_headers(service: FakeCloudike):
    service.mode = "put"
    await upload(service)
    (call,) = service.of("store")
    assert call.method == "PUT"
    assert call.body == b"data"
    assert call.request.headers["x-amz-acl"] == "private"
    assert call.request.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("mode", ["post_form", "put"])
@pytest.mark.parametrize("auth_mode", ["token", "authorization", "basic"])
async def test_the_store_gets_no_credentials_and_always_a_length(
    service: FakeCloudike, mode: str, auth_mode: str
):
    service.mode = mode
    await upload(service, auth_mode=auth_mode)
    (call,) = service.of("store")
    for name in ("authorization", "mountbit-auth", "cookie", "transfer-encoding"):
        assert name not in call.request.headers
    assert call.request.headers["content-length"] == str(len(call.body))


@pytest.mark.parametrize("mode", ["post_form", "put"])
async def test_an_empty_file_is_sent_like_any_other(service: FakeCloudike, mode: str):
    service.mode = mode
    assert (await upload(service, b"")).size == 0
    assert service.tree["/a b"].data == b""
    assert len(service.of("store")) == 1


def ticket(**members: object) -> httpx.Response:
    name = "94_x"
    confirm_url = f"{API}/api/1/files/confirm/a%20b?user_id=94&temp_name={name}"
    return httpx.Response(200, json={"confirm_url": confirm_url, **members})


@pytest.mark.parametrize(
    ("members", "method"),
    [
        ({}, "PUT"),
        ({"headers": [], "parameters": []}, "PUT"),
        ({"headers": {"Content-Type": "image/png"}}, "POST"),
        ({"parameters": {"key": "x"}}, "POST"),
        ({"headers": {"Content-Type": "image/png"}, "method": "put"}, "PUT"),
        ({"method": "post"}, "POST"),
    ],
)
async def test_the_ticket_chooses_the_way(
    service: FakeCloudike, members: dict[str, object], method: str
):
    service.fail(CREATE, ticket(url=f"{STORE}/x", **members))
    service.fail("store", httpx.Response(200))
    service.add_file("/b", b"data")
    service.fail(confirm("a%20b"), httpx.Response(200, json={**service.m("/b"), "path": "/a b"}))
    await upload(service)
    (call,) = service.of("store")
    assert call.method == method
    if method == "PUT" and members:
        wanted = {"Content-Type": "application/octet-stream", **dict(members["headers"] or {})}  # type: ignore[call-overload]
        assert call.request.headers.get_list("content-type") == [wanted["Content-Type"]]


async def test_headers_that_the_transfer_decides_are_not_replayed(service: FakeCloudike):
    headers = {"content-length": "999", "Transfer-Encoding": "chunked", "content-type": "image/png"}
    service.fail(CREATE, ticket(url=f"{STORE}/x", method="PUT", headers=headers))
    service.fail("store", httpx.Response(200))
    service.add_file("/b", b"data")
    service.fail(confirm("a%20b"), httpx.Response(200, json={**service.m("/b"), "path": "/a b"}))
    await upload(service)
    sent = service.of("store")[0].request.headers
    assert sent.get_list("content-length") == ["4"]
    assert sent.get_list("content-type") == ["image/png"]
    assert "transfer-encoding" not in sent


@pytest.mark.parametrize(
    "members",
    [
        {"url": None},
        {"url": "file:///etc/passwd"},
        {"url": "http://store.test/x"},  # not encrypted
        {"url": "https://user:pass@store.test/x"},
        {"url": f"{STORE}/x", "confirm_url": None},
        {"url": f"{STORE}/x", "method": "PUT", "headers": {"x": "ü"}},
        {"url": f"{STORE}/x", "method": "PUT", "headers": {"x": "a\r\nHost: evil"}},
        {"url": f"{STORE}/x", "headers": "text"},
    ],
)
async def test_a_ticket_that_makes_no_sense_is_a_bad_reply(
    service: FakeCloudike, members: dict[str, object]
):
    service.fail(CREATE, ticket(**members))
    with pytest.raises(BadReply):
        await upload(service)
    assert not service.of("store")


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_an_expired_ticket_is_replaced_once(service: FakeCloudike, status: int):
    service.fail("store", httpx.Response(status))
    await upload(service)
    assert len(service.of(CREATE)) == 2
    for _ in range(2):
        service.fail("store", httpx.Response(status))
    with pytest.raises(CloudError, match=str(status)) as caught:
        await service.provider().upload(ROOT, "c", BytesContent(b"other"))
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx.Response(413), TooLarge),
        (httpx.Response(400, text="<Code>EntityTooLarge</Code>"), TooLarge),
        (httpx.Response(400), CloudError),
        (httpx.Response(411), CloudError),
        (httpx.Response(500), Unavailable),
    ],
)
async def test_refusals_of_the_store_have_their_meaning(
    service: FakeCloudike, reply: httpx.Response, error: type[CloudError]
):
    service.fail("store", reply)
    with pytest.raises(error):
        await upload(service)
    assert not confirmations(service)


async def test_a_busy_store_gets_the_same_bytes_again(
    service: FakeCloudike, autojump_clock: object
):
    service.fail("store", httpx.Response(503))
    service.break_before("store")
    await upload(service)
    assert len(service.of("store")) == 3
    assert len(service.of(CREATE)) == 1
    assert service.tree["/a b"].data == b"data"


async def test_progress_is_told_when_bytes_have_arrived(service: FakeCloudike):
    transfer = Transfer()
    await service.provider().upload(ROOT, "x", BytesContent(b"12345"), transfer=transfer)
    assert transfer.sent == 5


# Confirmation -----------------------------------------------------------------------------------


async def test_the_confirmation_is_the_ticket_s_address_with_an_empty_body(service: FakeCloudike):
    await upload(service)
    (call,) = confirmations(service)
    name = next(iter({c.params["temp_name"] for c in confirmations(service)}))
    assert str(call.request.url) == (f"{API}/api/1/files/confirm/a%20b?user_id=94&temp_name={name}")
    assert call.body == b""
    assert call.request.headers["content-length"] == "0"
    assert "mountbit-auth" in call.request.headers


async def test_a_confirmation_elsewhere_goes_without_the_token(service: FakeCloudike):
    url = f"{STORE}/confirm?user_id=94"
    service.fail(CREATE, ticket(url=f"{STORE}/x", confirm_url=url))
    service.fail("store", httpx.Response(200))
    service.add_file("/b", b"data")
    service.fail("store", httpx.Response(200, json={**service.m("/b"), "path": "/a b"}))
    await upload(service)
    call = service.of("store")[-1]
    assert str(call.request.url) == url
    assert "mountbit-auth" not in call.request.headers


async def test_a_relative_confirmation_belongs_to_the_service(service: FakeCloudike):
    url = "/api/1/files/confirm/a%20b?temp_name=x"
    service.fail(CREATE, ticket(url=f"{STORE}/x", confirm_url=url))
    service.fail("store", httpx.Response(200))
    service.add_file("/b", b"data")
    service.fail(confirm("a%20b"), httpx.Response(200, json={**service.m("/b"), "path": "/a b"}))
    await upload(service)
    assert str(service.calls[-1].request.url) == API + url


async def test_a_store_that_redirects_says_where_to_confirm(service: FakeCloudike):
    there = f"{API}/api/1/files/confirm/a%20b?temp_name=other"
    service.dedup = False
    service.fail("store", httpx.Response(303, headers={"Location": there}))
    service.add_file("/b", b"data")
    service.fail(confirm("a%20b"), httpx.Response(200, json={**service.m("/b"), "path": "/a b"}))
    await upload(service)
    assert str(service.calls[-1].request.url) == there
    assert service.calls[-1].method == "POST"


async def test_the_file_is_looked_at_when_the_confirmation_is_not_answered(
    service: FakeCloudike, autojump_clock: object
):
    service.lose_answer(confirm("a%20b"))
    entry = await upload(service)
    assert entry.size == 4
    assert len(confirmations(service)) == 1
    assert len(service.of("store")) == 1


async def test_a_confirmation_that_never_arrived_is_sent_again(
    service: FakeCloudike, autojump_clock: object
):
    service.break_before(confirm("a%20b"))
    await upload(service)
    assert len(confirmations(service)) == 2
    assert len(service.of("store")) == 1


async def test_a_confirmation_that_cannot_have_been_carried_out_leaves_no_doubt(
    service: FakeCloudike, autojump_clock: object
):
    for _ in range(5):
        service.fail(confirm("a%20b"), httpx.ConnectError("no route"))
    with pytest.raises(Unreachable):
        await upload(service)
    assert service.routes()[-1] == confirm("a%20b")  # no look: there is nothing to be seen
    assert "/a b" not in service.tree


async def test_a_second_confirmation_that_is_refused_means_the_first_was_carried_out(
    service: FakeCloudike, autojump_clock: object
):
    """The service is slow: the file appears only after the client has looked for it."""
    provider = service.provider()
    service.lose_answer(confirm("a%20b"))
    for _ in range(3):
        service.fail("metadata", refused(404, "NotFound"))
    entry = await provider.upload(ROOT, "a b", BytesContent(b"data"))
    assert len(confirmations(service)) == 2
    assert entry.size == 4
    assert len(service.of("store")) == 1


async def test_a_replacement_is_recognised_by_its_new_version(
    service: FakeCloudike, autojump_clock: object
):
    """The file held these very bytes before: only the version tells whether they were stored."""
    service.dedup = False
    service.add_file("/a b", b"data")
    service.break_before(confirm("a%20b"))
    service.break_before(confirm("a%20b"))
    entry = await replaced(service, b"data")
    assert len(confirmations(service)) == 3
    assert len(service.of("store")) == 2  # it began anew, once
    assert entry.version == str(service.tree["/a b"].version)


async def test_after_a_doubtful_confirmation_a_taken_name_may_be_our_own(
    service: FakeCloudike, autojump_clock: object
):
    """Both answers were lost and the looks came too early; the new announcement is refused."""
    provider = service.provider()
    service.break_before(confirm("a%20b"))
    service.lose_answer(confirm("a%20b"))
    for _ in range(6):
        service.fail("metadata", refused(404, "NotFound"))
    entry = await provider.upload(ROOT, "a b", BytesContent(b"data"))
    assert entry.size == 4
    assert len(service.of("store")) == 1


async def test_what_cannot_be_settled_is_an_unknown_outcome(
    service: FakeCloudike, autojump_clock: object
):
    for _ in range(4):
        service.fail(confirm("a%20b"), httpx.Response(504))
    with pytest.raises(TransientError):
        await upload(service)
    assert len(service.of("store")) == 2


@pytest.mark.parametrize("code", ["SizeMismatch", "ChecksumMismatch"])
async def test_bytes_that_arrived_damaged_are_sent_again_once(service: FakeCloudike, code: str):
    service.fail(confirm("a%20b"), refused(400, code))
    await upload(service)
    assert len(service.of("store")) == 2
    for _ in range(2):
        service.fail(confirm("c"), refused(400, code))
    with pytest.raises(BadReply):
        await service.provider().upload(ROOT, "c", BytesContent(b"other"))


async def test_an_upload_that_the_service_has_lost_is_sent_again(service: FakeCloudike):
    service.fail(confirm("a%20b"), refused(404, "TempFileNotFound"))
    await upload(service)
    assert len(service.of("store")) == 2


async def test_a_taken_name_at_confirmation_is_not_replaced(service: FakeCloudike):
    service.add_file("/a b", b"their")
    service.fail(CREATE, ticket(url=f"{STORE}/x"))
    service.fail("store", httpx.Response(200))
    service.fail(confirm("a%20b"), refused(409, "ObjectAlreadyExists"))
    with pytest.raises(AlreadyExists):
        await upload(service)


async def test_a_namesake_of_the_same_size_is_not_taken_for_ours_without_a_checksum(
    service: FakeCloudike,
):
    service.checksums = False
    service.add_file("/a b", b"thei")
    service.fail(CREATE, ticket(url=f"{STORE}/x"))
    service.fail("store", httpx.Response(200))
    service.fail(confirm("a%20b"), refused(409, "ObjectAlreadyExists"))
    with pytest.raises(AlreadyExists):
        await upload(service)


async def test_a_file_that_changed_before_the_confirmation_is_a_conflict(service: FakeCloudike):
    service.add_file("/a b", b"old")
    service.fail(confirm("a%20b"), refused(403, "VersionMismatch"))
    with pytest.raises(Changed):
        await replaced(service)


@pytest.mark.parametrize("member", [{"bytes": 5}, {"checksum": "0" * 32}, {"folder": True}])
async def test_something_else_than_was_sent_is_a_bad_reply(
    service: FakeCloudike, member: dict[str, object]
):
    service.add_file("/b", b"data")
    body = {**service.m("/b"), "path": "/a b", **member}
    service.fail(CREATE, httpx.Response(201, json=body))
    with pytest.raises(BadReply):
        await upload(service)


# Refusals of the announcement -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "InvalidVersion", InvalidRequest),
        (402, "QuotaExceeded", QuotaExceeded),
        (403, "AccessDenied", AccessDenied),
        (404, "NotFound", NotFound),
        (405, "NotADirectory", NotAFolder),
        (409, "ObjectAlreadyExists", AlreadyExists),
        (500, "InternalError", Unavailable),
    ],
)
async def test_refusals_have_their_meaning(
    service: FakeCloudike, status: int, code: str, error: type[CloudError]
):
    service.fail(CREATE, refused(status, code))
    with pytest.raises(error):
        await upload(service)


@pytest.mark.parametrize("code", ["VersionMismatch", "Whatever"])
async def test_a_file_that_moved_on_is_a_conflict(service: FakeCloudike, code: str):
    service.add_file("/a b", b"old")
    provider = service.provider()
    old = await provider.stat(EntryId("/a b"))
    service._write(service.tree["/a b"], b"their")
    service.fail(CREATE, refused(403, code))
    with pytest.raises(Changed):
        await provider.upload(ROOT, "a b", BytesContent(b"ours"), replacing=old)


async def test_a_file_that_is_gone_is_a_conflict(service: FakeCloudike):
    service.add_file("/a b", b"old")
    provider = service.provider()
    old = await provider.stat(EntryId("/a b"))
    del service.tree["/a b"]
    service.fail(CREATE, refused(403))
    with pytest.raises(Changed):
        await provider.upload(ROOT, "a b", BytesContent(b"ours"), replacing=old)


async def test_a_403_for_the_current_version_is_a_lack_of_rights(service: FakeCloudike):
    service.add_file("/a b", b"old")
    service.fail(CREATE, refused(403))
    with pytest.raises(AccessDenied):
        await replaced(service)


async def test_a_folder_in_the_file_s_place_is_a_folder(service: FakeCloudike):
    service.add_file("/a b", b"old")
    service.fail(CREATE, refused(409, "ObjectAlreadyExists"))
    with pytest.raises(IsAFolder):
        await replaced(service)


async def test_a_folder_cannot_be_replaced(service: FakeCloudike):
    service.add_folder("/a b")
    with pytest.raises(IsAFolder):
        await replaced(service)
    assert not service.of(CREATE)


async def test_a_bad_name_is_not_sent(service: FakeCloudike):
    with pytest.raises(InvalidName):
        await service.provider().upload(ROOT, "..", BytesContent(b""))


async def test_local_trouble_is_not_hidden(service: FakeCloudike):
    class Broken(BytesContent):
        async def read(self, start: int, stop: int):
            yield self.data[start : stop - 1]
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        await service.provider().upload(ROOT, "a b", Broken(b"data"))
    assert "/a b" not in service.tree
