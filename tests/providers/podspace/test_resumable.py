"""Resumable uploads, undisturbed and cut short anywhere (reference 3.6)."""

from contextlib import suppress
from typing import Any

import httpx
import pytest
import trio

from cloudfs.errors import (
    AlreadyExists,
    BadReply,
    Changed,
    NotFound,
    QuotaExceeded,
    TransientError,
    Unavailable,
)
from cloudfs.model import EntryId, Transfer
from cloudfs.providers.podspace import PodspaceProvider
from tests.providers.podspace.service import HOST, FakePodspace
from tests.support import BytesContent

ROOT = EntryId("ROOT")
DATA = bytes(range(256)) * 100  # 25,600 bytes in chunks of 10,000


def client(service: FakePodspace, **settings: Any) -> PodspaceProvider:
    given = {"single_request_limit": 1000, "chunk_size": 10_000, **settings}
    return service.provider(**given)


async def test_a_file_goes_in_chunks(service: FakePodspace):
    transfer = Transfer()
    entry = await client(service).upload(ROOT, "big", BytesContent(DATA), transfer=transfer)
    assert service.asked() == [
        *("quota.check", "file.tus_create"),
        *("file.tus_chunk", "file.tus_chunk", "file.tus_chunk", "file.tus_info"),
    ]
    assert (entry.name, entry.size, entry.parent_id) == ("big", len(DATA), "ROOT")
    assert service.at("big").data == DATA
    assert transfer.sent == len(DATA)


async def test_what_a_step_answers_in_words_is_of_no_concern(service: FakePodspace):
    """The steps are outside the envelope: their status and headers say it all."""
    handle = service.handle

    async def talkative(request: httpx.Request) -> httpx.Response:
        answer = await handle(request)
        if request.url.path.startswith("/api/files/resumable") and request.method != "HEAD":
            return httpx.Response(answer.status_code, headers=answer.headers, text="Thank you!")
        return answer

    provider = client(service)
    provider._api.connection.http._client._transport = httpx.MockTransport(talkative)
    assert (await provider.upload(ROOT, "big", BytesContent(DATA))).size == len(DATA)


async def test_steps_say_who_asks_and_in_which_language(service: FakePodspace):
    service.add_file("/old", b"x")
    provider = client(service)
    service.fail("file.tus_info", httpx.Response(409, json={"errorCode": 203}))
    with pytest.raises(AlreadyExists):
        await provider.upload(ROOT, "big", BytesContent(DATA))
    steps = [call for call in service.calls if call.key.startswith("file.tus")]
    assert {call.key for call in steps} == {
        *("file.tus_create", "file.tus_chunk", "file.tus_info", "file.tus_end")
    }
    for call in steps:
        assert call.request.headers["authorization"] == "Bearer 9c1e"
        assert call.request.headers["accept-language"] == "fa-IR"
        length = None if call.method == "GET" else str(len(call.body))
        assert call.request.headers.get("content-length") == length


async def test_an_interrupted_upload_goes_on_in_another_process(
    service: FakePodspace, autojump_clock: object
):
    transfer = Transfer()
    service.skip("file.tus_chunk")
    for _ in range(5):
        service.fail("file.tus_chunk", httpx.Response(503))
    source = BytesContent(DATA, modified_ns=1)
    with pytest.raises(TransientError):
        await client(service).upload(ROOT, "big", source, transfer=transfer)
    assert transfer.sent == 10_000
    service.calls.clear()
    later = Transfer(transfer.saved)
    again = BytesContent(DATA, modified_ns=1)
    await client(service).upload(ROOT, "big", again, transfer=later)
    assert service.asked() == [
        *("file.tus_offset", "file.tus_chunk", "file.tus_chunk", "file.tus_info"),
    ]
    assert again.reads[0] == (10_000, 20_000)
    assert service.at("big").data == DATA


async def test_another_content_or_place_is_not_resumed(
    service: FakePodspace, autojump_clock: object
):
    transfer = Transfer()
    service.disturbed_by(lambda number: "pass" if number < 3 else "break")
    with pytest.raises(TransientError):
        await client(service).upload(
            ROOT, "big", BytesContent(DATA, modified_ns=1), transfer=transfer
        )
    service.disturb = None
    for name, data, modified in [("big", DATA, 2), ("other", DATA, 1), ("more", DATA + b"x", 1)]:
        service.calls.clear()
        source = BytesContent(data, modified_ns=modified)
        await client(service).upload(ROOT, name, source, transfer=Transfer(transfer.saved))
        assert "file.tus_offset" not in service.asked()
        assert service.at(name).data == data


@pytest.mark.parametrize("gone", [404, 410])
async def test_a_forgotten_upload_begins_anew(
    service: FakePodspace, gone: int, autojump_clock: object
):
    transfer = Transfer()
    service.disturbed_by(lambda number: "pass" if number < 3 else "break")
    source = BytesContent(DATA, modified_ns=1)
    with pytest.raises(TransientError):
        await client(service).upload(ROOT, "big", source, transfer=transfer)
    service.disturb = None
    service.uploads.clear()
    service.calls.clear()
    service.fail("file.tus_offset", httpx.Response(gone))
    await client(service).upload(ROOT, "big", source, transfer=Transfer(transfer.saved))
    assert service.asked()[:3] == ["file.tus_offset", "file.tus_info", "quota.check"]
    assert service.at("big").data == DATA


async def test_an_upload_that_is_forgotten_midway_is_tried_again_later(
    service: FakePodspace, autojump_clock: object
):
    transfer = Transfer()
    service.skip("file.tus_chunk")
    service.fail("file.tus_chunk", httpx.Response(410))
    provider = client(service)
    with pytest.raises(Unavailable):
        await provider.upload(ROOT, "big", BytesContent(DATA), transfer=transfer)
    assert transfer.saved is None
    await provider.upload(ROOT, "big", BytesContent(DATA), transfer=transfer)
    assert service.at("big").data == DATA


async def test_a_wrong_offset_is_asked_for_and_corrected(service: FakePodspace):
    service.skip("file.tus_chunk")
    service.fail("file.tus_chunk", httpx.Response(409))
    await client(service).upload(ROOT, "big", BytesContent(DATA))
    assert service.asked().count("file.tus_offset") == 1
    assert service.at("big").data == DATA


async def test_an_upload_that_makes_no_progress_ends(service: FakePodspace):
    for _ in range(3):
        service.fail("file.tus_chunk", httpx.Response(409))
    with pytest.raises(Unavailable):
        await client(service).upload(ROOT, "big", BytesContent(DATA))


async def test_a_chunk_whose_answer_is_lost_is_not_stored_twice(
    service: FakePodspace, autojump_clock: object
):
    for _ in range(3):
        service.lose_answer("file.tus_chunk")
        service.skip("file.tus_chunk")
    await client(service).upload(ROOT, "big", BytesContent(DATA))
    assert service.at("big").data == DATA


@pytest.mark.parametrize("replacing", [False, True])
async def test_a_lost_answer_to_the_last_chunk_makes_one_file(
    service: FakePodspace, replacing: bool, autojump_clock: object
):
    service.forgets_finished = True
    provider = client(service)
    old = None
    if replacing:
        old = await provider.stat(EntryId(service.add_file("/big", b"old").hash))
    service.skip("file.tus_chunk")
    service.skip("file.tus_chunk")
    service.lose_answer("file.tus_chunk")
    entry = await provider.upload(ROOT, "big", BytesContent(DATA), replacing=old)
    assert list(service.paths()) == ["/big"]
    assert entry.version == ("1" if replacing else "0")


async def test_a_file_may_need_a_moment_to_be_made(service: FakePodspace, autojump_clock: object):
    service.made_after = 4
    began = trio.current_time()
    await client(service).upload(ROOT, "big", BytesContent(DATA))
    assert trio.current_time() - began == pytest.approx(0.5 + 1 + 2 + 4)


async def test_a_file_that_is_not_made_in_time_is_asked_for_later(
    service: FakePodspace, autojump_clock: object
):
    service.made_after = 7
    transfer = Transfer()
    source = BytesContent(DATA)
    with pytest.raises(TransientError):
        await client(service).upload(ROOT, "big", source, transfer=transfer)
    service.calls.clear()
    entry = await client(service).upload(ROOT, "big", source, transfer=Transfer(transfer.saved))
    assert entry.size == len(DATA)
    assert set(service.asked()) == {"file.tus_info"}


async def test_a_file_that_is_never_made_is_sent_again(
    service: FakePodspace, autojump_clock: object
):
    service.made_after = 12
    transfer = Transfer()
    source = BytesContent(DATA)
    provider = client(service)
    with pytest.raises(TransientError):
        await provider.upload(ROOT, "big", source, transfer=transfer)
    service.trash(service.at("big").hash)
    service.uploads.clear()
    service.made_after = 0
    await provider.upload(ROOT, "big", source, transfer=transfer)
    assert service.at("big").data == DATA


async def test_a_folder_that_went_meanwhile_is_noticed_without_waiting(
    service: FakePodspace, autojump_clock: object
):
    folder = service.add_folder("/d")
    service.before["file.tus_info"] = lambda: service.trash(folder.hash)
    service.before["file.tus_chunk"] = lambda: service.trash(folder.hash)
    began = trio.current_time()
    with pytest.raises(NotFound):
        await client(service).upload(EntryId(folder.hash), "big", BytesContent(DATA))
    assert trio.current_time() == began


async def test_a_name_that_was_taken_meanwhile_is_refused(service: FakePodspace):
    service.before["file.tus_chunk"] = lambda: service.add_file("/big", b"theirs")
    transfer = Transfer()
    with pytest.raises(AlreadyExists):
        await client(service).upload(ROOT, "big", BytesContent(DATA), transfer=transfer)
    assert service.at("big").data == b"theirs"
    assert transfer.saved is None
    assert service.asked()[-1] == "file.tus_end"


async def test_a_file_that_changed_meanwhile_is_not_replaced(service: FakePodspace):
    node = service.add_file("/big", b"old")
    provider = client(service)
    old = await provider.stat(EntryId(node.hash))
    service.before["file.tus_chunk"] = lambda: service.write(node, b"theirs")
    with pytest.raises(Changed):
        await provider.upload(ROOT, "big", BytesContent(DATA), replacing=old)
    assert node.data == b"theirs"
    assert service.uploads == {}


async def test_no_room_is_told_before_anything_is_sent(service: FakePodspace):
    service.quota = 100
    with pytest.raises(QuotaExceeded):
        await client(service).upload(ROOT, "big", BytesContent(DATA))
    assert service.asked() == ["quota.check"]


async def test_a_service_that_cannot_be_asked_for_room_is_sent_the_file(service: FakePodspace):
    service.fail("quota.check", httpx.Response(404))
    await client(service).upload(ROOT, "big", BytesContent(DATA))
    assert service.at("big").data == DATA
    service.calls.clear()
    await client(service, check_space=False).upload(ROOT, "more", BytesContent(DATA))
    assert "quota.check" not in service.asked()


async def test_tokens_may_end_in_the_middle(service: FakePodspace):
    service.token_uses = 2
    await client(service).upload(ROOT, "big", BytesContent(DATA))
    assert service.at("big").data == DATA


@pytest.mark.parametrize(
    "location",
    [
        "/api/files/resumable_upload/u-0",
        "u-0",
        f"{HOST}/api/files/resumable_upload/u-0",
        "http://10.0.0.1:8080/inner/u-0",
        "//elsewhere.test/u-0",
    ],
)
async def test_an_address_is_used_on_the_service_only(service: FakePodspace, location: str):
    """The token goes with every chunk: an address elsewhere is not followed."""
    provider = client(service)
    if location == "u-0":
        location = "resumable_upload/u-0"
    create = service.do_file_tus_create

    def elsewhere(call: Any) -> httpx.Response:
        create(call)
        return httpx.Response(201, headers={"Location": location})

    service.do_file_tus_create = elsewhere  # type: ignore[method-assign]
    await provider.upload(ROOT, "big", BytesContent(DATA))
    assert service.at("big").data == DATA


@pytest.mark.parametrize("location", ["", "http://[::1", "/", "https://pod.test/a\x7f"])
async def test_an_address_that_is_none_is_a_bad_reply(service: FakePodspace, location: str):
    service.fail("file.tus_create", httpx.Response(201, headers={"Location": location}))
    with pytest.raises(BadReply):
        await client(service).upload(ROOT, "big", BytesContent(DATA))


@pytest.mark.parametrize("told", ["99999999", "-1", "x"])
async def test_an_offset_that_cannot_be_is_a_bad_reply(service: FakePodspace, told: str):
    service.fail("file.tus_chunk", httpx.Response(409))
    service.fail("file.tus_offset", httpx.Response(200, headers={"Upload-Offset": told}))
    with pytest.raises(BadReply):
        await client(service).upload(ROOT, "big", BytesContent(DATA))


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("replacing", [False, True])
@pytest.mark.parametrize("fault", ["break", "down", "fail", "lose"])
@pytest.mark.parametrize("at", range(10))
async def test_an_upload_cut_short_anywhere_can_be_repeated(
    service: FakePodspace,
    at: int,
    fault: str,
    replacing: bool,
    forgets: bool,
    autojump_clock: object,
):
    """From request *at* on nothing works; the next attempt ends well, and makes one version."""
    service.forgets_finished = forgets
    provider = client(service)
    await provider.open()
    node = service.add_file("/big", b"old") if replacing else None
    old = await provider.stat(EntryId(node.hash)) if node else None
    transfer = Transfer()
    source = BytesContent(DATA, modified_ns=1)
    service.disturbed_by(lambda number: "pass" if number < at else fault)
    with suppress(TransientError):
        await provider.upload(ROOT, "big", source, replacing=old, transfer=transfer)
    service.disturb = None
    if "file.tus_info" not in service.asked() or service.at("big").data != DATA:
        await provider.upload(ROOT, "big", source, replacing=old, transfer=Transfer(transfer.saved))
    assert service.at("big").data == DATA
    assert list(service.paths()) == ["/big"]
    assert len(service.at("big").contents) == (2 if replacing else 1)
