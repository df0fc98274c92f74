"""Large files in parts, and uploads that go on where they stopped (reference 3.6.4)."""

import json
from typing import Any

import httpx
import pytest

from cloudfs.errors import BadReply, CloudError, TransientError
from cloudfs.model import Entry, EntryId, Transfer
from cloudfs.providers.cloudike.multipart import Parts, part_size_for, resumed
from cloudfs.providers.cloudike.settings import MIB
from tests.providers.cloudike.service import FakeCloudike
from tests.support import BytesContent

ROOT = EntryId("/")
DATA = bytes(range(100))
CREATE = "files/create/"
PART = "files/create_part/"


async def upload(
    service: FakeCloudike, transfer: Transfer | None = None, content: BytesContent | None = None
) -> Entry:
    provider = service.provider(multipart_threshold=50, part_size=30)
    given = content or BytesContent(DATA, modified_ns=1)
    return await provider.upload(ROOT, "big", given, transfer=transfer)


def sent(service: FakeCloudike) -> list[int]:
    return [int(call.request.url.path.rpartition("/")[2]) for call in service.of("store")]


async def test_a_large_file_goes_in_parts(service: FakeCloudike):
    transfer = Transfer()
    entry = await upload(service, transfer)
    assert entry.size == 100
    assert service.tree["/big"].data == DATA
    assert service.of(CREATE)[0].params["multipart"] is True
    assert sorted(sent(service)) == [1, 2, 3, 4]
    assert {len(call.body) for call in service.of("store")} == {30, 10}
    # The first part's address came with the announcement.
    assert sorted(call.params["part_num"] for call in service.of(PART)) == [2, 3, 4]
    assert transfer.sent == 100


async def test_a_small_file_does_not(service: FakeCloudike):
    content = BytesContent(b"x" * 50)
    await upload(service, content=content)
    assert "multipart" not in service.of(CREATE)[0].params


async def test_parts_go_without_credentials_and_with_a_length(service: FakeCloudike):
    await upload(service)
    for call in service.of("store"):
        assert call.method == "PUT"
        assert "mountbit-auth" not in call.request.headers
        assert call.request.headers["content-length"] == str(len(call.body))


async def test_known_content_is_not_sent_in_parts_either(service: FakeCloudike):
    service.add_file("/other", DATA)
    await upload(service)
    assert not service.of("store")


@pytest.mark.parametrize(
    ("size", "wanted", "chosen"),
    [
        (100 * MIB, 16 * MIB, 16 * MIB),
        (9000 * 16 * MIB, 16 * MIB, 16 * MIB),
        (9000 * 16 * MIB + 1, 16 * MIB, 17 * MIB),
        (1 << 40, 16 * MIB, 117 * MIB),
    ],
)
def test_parts_grow_rather_than_become_too_many(size: int, wanted: int, chosen: int):
    assert part_size_for(size, wanted) == chosen
    assert -(-size // chosen) <= 9000


async def test_a_service_that_knows_no_parts_gets_the_file_whole(service: FakeCloudike):
    """Without a temp_path the ticket is one like any other."""
    ticket = {
        "url": "https://store.test/form",
        "parameters": {"key": "94_x"},
        "confirm_url": "https://api.test/api/1/files/confirm/big?temp_name=94_x",
    }
    service.fail(CREATE, httpx.Response(200, json=ticket))
    service.fail("store", httpx.Response(201))
    service.add_file("/b", DATA)
    reply = httpx.Response(200, json={**service.m("/b"), "path": "/big"})
    service.fail("files/confirm/big", reply)
    await upload(service)
    (call,) = service.of("store")
    assert call.method == "POST"


# Tickets of parts -------------------------------------------------------------------------------


async def test_an_expired_ticket_of_a_part_is_replaced(service: FakeCloudike):
    service.fail("store", httpx.Response(403))
    await upload(service)
    assert len(service.of(CREATE)) == 1
    assert len(sent(service)) == 5
    assert service.tree["/big"].data == DATA


async def test_a_part_that_is_refused_again_and_again_starts_the_upload_anew(
    service: FakeCloudike,
):
    provider = service.provider(multipart_threshold=50, part_size=100)
    for _ in range(3):  # the ticket that came with the announcement, and two fresh ones
        service.fail("store", httpx.Response(403))
    await provider.upload(ROOT, "big", BytesContent(DATA))
    assert len(service.of(CREATE)) == 2
    assert service.tree["/big"].data == DATA


async def test_an_upload_the_service_has_forgotten_starts_anew_once(service: FakeCloudike):
    gone = httpx.Response(404, json={"code": "TempFileNotFound"})
    service.fail(PART, gone)
    await upload(service)
    assert len(service.of(CREATE)) == 2
    service = FakeCloudike()
    for _ in range(6):
        service.fail(PART, gone)
    with pytest.raises(CloudError, match="no longer knows") as caught:
        await upload(service)
    assert not caught.value.transient


async def test_a_part_without_an_address_is_a_bad_reply(service: FakeCloudike):
    service.fail(PART, httpx.Response(200, json={"method": "PUT"}))
    with pytest.raises(BadReply):
        await upload(service)


async def test_a_failure_of_one_part_is_the_failure_of_all(service: FakeCloudike):
    service.fail("store", httpx.Response(500))
    with pytest.raises(TransientError):
        await upload(service)
    assert "/big" not in service.tree


# Resuming ---------------------------------------------------------------------------------------


async def interrupted(service: FakeCloudike, at: int = 4) -> Transfer:
    """An upload that stopped after some parts."""
    transfer = Transfer()
    for _ in range(at - 1):
        service.skip("store")
    for _ in range(4):
        service.fail("store", httpx.Response(500))
    with pytest.raises(TransientError):
        await upload(service, transfer)
    service.faults["store"].clear()
    service.calls.clear()
    return Transfer(transfer.saved)


async def test_only_what_is_missing_is_sent(service: FakeCloudike):
    transfer = await interrupted(service)
    assert transfer.saved is not None
    done = json.loads(transfer.saved)["done"]
    assert len(done) == 3
    content = BytesContent(DATA, modified_ns=1)
    await upload(service, transfer, content)
    assert sorted(done + sent(service)) == [1, 2, 3, 4]
    assert not service.of(CREATE)
    assert len(content.reads) == 1
    assert transfer.sent == 100
    assert service.tree["/big"].data == DATA


async def test_another_content_is_not_mixed_with_the_saved_parts(service: FakeCloudike):
    transfer = await interrupted(service)
    other = BytesContent(DATA[::-1], modified_ns=1)
    await upload(service, transfer, other)
    assert len(service.of(CREATE)) == 1
    assert sorted(sent(service)) == [1, 2, 3, 4]
    assert service.tree["/big"].data == DATA[::-1]


async def test_a_saved_upload_the_service_has_forgotten_starts_anew(service: FakeCloudike):
    transfer = await interrupted(service)
    service.pending.clear()
    await upload(service, transfer)
    assert len(service.of(CREATE)) == 1
    assert sorted(sent(service)) == [1, 2, 3, 4]
    assert transfer.sent == 100


async def test_a_confirmation_that_took_place_before_the_end_of_the_process_is_recognised(
    service: FakeCloudike, autojump_clock: object
):
    transfer = Transfer()
    await upload(service, transfer)
    service.calls.clear()
    await upload(service, Transfer(transfer.saved))
    assert not service.of("store")
    assert len(service.tree["/big"].history) == 1


async def test_the_file_is_looked_at_when_the_confirmation_is_not_answered(
    service: FakeCloudike, autojump_clock: object
):
    service.lose_answer("files/confirm/big")
    await upload(service)
    assert len(service.of(CREATE)) == 1
    assert len(sent(service)) == 4


IDENTITY: list[Any] = ["/big", None, 100, "x", 1]


@pytest.mark.parametrize(
    "change",
    [
        {"identity": ["/other", None, 100, "x", 1]},
        {"part_size": 0},
        {"part_size": "x"},
        {"temp_path": None},
        {"confirm_url": "file:///x"},
        {"done": 5},
    ],
)
def test_a_saved_text_that_makes_no_sense_is_not_used(change: dict[str, object]):
    parts = Parts(IDENTITY, 100, 30, "temp", "https://api.test/confirm", {1})
    assert resumed(parts.saved(), IDENTITY, 100) == parts
    assert resumed(json.dumps({**json.loads(parts.saved()), **change}), IDENTITY, 100) is None
    assert resumed("nonsense", IDENTITY, 100) is None
    assert resumed(None, IDENTITY, 100) is None


def test_secrets_of_an_upload_are_not_shown():
    parts = Parts(IDENTITY, 100, 30, "SECRET", "https://api.test/SECRET")
    assert "SECRET" not in repr(parts)
