"""Uploads: chunks, lost answers, and what replaces a file (reference 3.7)."""

from typing import Any

import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    InvalidName,
    IsAFolder,
    NotFound,
    NotPermitted,
    TransientError,
    Unavailable,
)
from cloudfs.model import EntryId, Transfer
from cloudfs.providers.cloud689 import Cloud689Provider
from cloudfs.providers.cloud689.uploads import SESSION_LASTS
from tests.providers.cloud689.service import FakeCloud689
from tests.providers.cloud689.store import Refusal, forbidden, upload_error
from tests.support import BytesContent, content, listing

LARGE = bytes(range(256)) * 10  # three chunks of a thousand bytes
CHUNKED = {"chunk_size": 1000}

Clock = trio.testing.MockClock


async def test_a_small_file_is_one_chunk(service: FakeCloud689):
    provider = service.provider()
    transfer = Transfer()
    entry = await provider.upload(service.top(), "a.txt", BytesContent(b"text"), transfer=transfer)
    assert (entry.name, entry.size, entry.parent_id) == ("a.txt", 4, service.top())
    assert service.store.at("a.txt").data == b"text"
    assert service.id(service.store.at("a.txt")) == entry.id
    assert transfer.sent == 4
    (call,) = service.of("upload")
    session = call.fields.pop("session_upload")
    assert len(session) == 32
    assert call.fields == {
        "auth_token": "5e8c1",
        "project_id": service.project.id,
        "file_name": "a.txt",
        "name": "a.txt",
        "chunk": "0",
        "chunks": "1",
    }
    assert await content(provider, entry) == b"text"
    assert (await provider.stat(entry.id)).version == entry.version


async def test_a_large_file_is_sent_in_chunks_of_one_size(service: FakeCloud689):
    folder = service.store.add("folder")
    transfer = Transfer()
    entry = await service.provider(**CHUNKED).upload(
        service.id(folder), "big", BytesContent(LARGE), transfer=transfer
    )
    assert service.store.at("folder/big").data == LARGE
    assert (entry.size, transfer.sent) == (len(LARGE), len(LARGE))
    calls = service.of("upload")
    assert [len(call.file or b"") for call in calls] == [1000, 1000, 560]
    assert [call.fields["chunk"] for call in calls] == ["0", "1", "2"]
    assert {call.fields["chunks"] for call in calls} == {"3"}
    assert {call.fields["folder_id"] for call in calls} == {folder.id}
    assert len({call.fields["session_upload"] for call in calls}) == 1


@pytest.mark.parametrize(("size", "sizes"), [(0, [0]), (1000, [1000]), (2000, [1000, 1000])])
async def test_sizes_at_the_edges(service: FakeCloud689, size: int, sizes: list[int]):
    entry = await service.provider(**CHUNKED).upload(
        service.top(), "file", BytesContent(b"x" * size)
    )
    assert entry.size == size
    assert [len(call.file or b"") for call in service.of("upload")] == sizes


async def test_two_uploads_have_two_sessions(service: FakeCloud689):
    provider = service.provider()
    for name in ("a", "b"):
        await provider.upload(service.top(), name, BytesContent(b"x"))
    assert len({call.fields["session_upload"] for call in service.of("upload")}) == 2


async def test_a_name_that_is_taken_is_refused_before_anything_is_sent(service: FakeCloud689):
    service.store.add("file", b"theirs")
    service.store.add("folder")
    provider = service.provider()
    for name in ("file", "folder"):
        with pytest.raises(AlreadyExists):
            await provider.upload(service.top(), name, BytesContent(b"ours"))
    assert service.of("upload") == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "new\nline", "x" * 256])
async def test_a_name_that_cannot_be_stored_is_refused(service: FakeCloud689, name: str):
    with pytest.raises(InvalidName):
        await service.provider().upload(service.top(), name, BytesContent(b"x"))
    assert service.calls == []


async def test_files_are_kept_in_projects(service: FakeCloud689):
    with pytest.raises(NotPermitted):
        await service.provider().upload(EntryId("root"), "file", BytesContent(b"x"))
    assert service.calls == []


async def test_an_upload_needs_its_folder(service: FakeCloud689):
    folder = service.store.add("folder")
    service.store.delete(folder)
    with pytest.raises(NotFound):
        await service.provider().upload(service.id(folder), "file", BytesContent(b"x"))


async def test_who_may_not_write_is_denied(service: FakeCloud689):
    service.fail("upload", forbidden())
    with pytest.raises(AccessDenied):
        await service.provider().upload(service.top(), "file", BytesContent(b"x"))


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("fault", ["lose_answer", "break_before", "301"])
async def test_a_chunk_is_repeated(
    service: FakeCloud689, index: int, fault: str, autojump_clock: Clock
):
    """An answer may be lost, also the last one, and still there is one file."""
    for _ in range(index):
        service.skip("upload")
    if fault == "301":
        service.fail("upload", upload_error())
    else:
        getattr(service, fault)("upload")
    await service.provider(**CHUNKED).upload(service.top(), "big", BytesContent(LARGE))
    assert service.store.names() == ["big"]
    assert service.store.at("big").data == LARGE
    assert [c.fields["chunk"] for c in service.of("upload")].count(str(index)) == 2


async def test_a_token_that_ends_between_chunks_is_renewed(service: FakeCloud689):
    service.token_uses = 3
    await service.provider(**CHUNKED).upload(service.top(), "big", BytesContent(LARGE))
    assert service.store.at("big").data == LARGE
    assert len({call.fields["session_upload"] for call in service.of("upload")}) == 1


async def failed(
    service: FakeCloud689, provider: Cloud689Provider, transfer: Transfer, **how: Any
) -> None:
    """An upload whose third chunk does not get through; *how* is "lost" or "broken"."""
    for _ in range(2):
        service.skip("upload")
    for _ in range(5):
        getattr(service, how.get("fault", "break_before"))("upload")
    with pytest.raises(TransientError):
        await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=transfer)


async def test_an_upload_goes_on_where_it_was(service: FakeCloud689, autojump_clock: Clock):
    provider, transfer = service.provider(**CHUNKED), Transfer()
    await failed(service, provider, transfer)
    assert transfer.sent == 2000
    service.calls.clear()
    again = Transfer(transfer.saved)
    await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=again)
    assert [call.fields["chunk"] for call in service.of("upload")] == ["2"]
    assert service.store.at("big").data == LARGE


async def test_a_file_that_was_made_by_a_lost_request_is_not_made_again(
    service: FakeCloud689, autojump_clock: Clock
):
    provider, transfer = service.provider(**CHUNKED), Transfer()
    await failed(service, provider, transfer, fault="lose_answer")
    await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=transfer)
    assert service.store.names() == ["big"]


@pytest.mark.parametrize("forgotten", [True, False])
async def test_another_process_finds_what_was_made(
    service: FakeCloud689, autojump_clock: Clock, forgotten: bool
):
    transfer = Transfer()
    await failed(service, service.provider(**CHUNKED), transfer, fault="lose_answer")
    service.forgets_uploads = forgotten
    made = service.id(service.store.at("big"))
    entry = await service.provider(**CHUNKED).upload(
        service.top(), "big", BytesContent(LARGE, 1), transfer=Transfer(transfer.saved)
    )
    assert entry.id == made
    assert service.store.names() == ["big"]


async def test_another_process_begins_anew(service: FakeCloud689, autojump_clock: Clock):
    """What the service knows of a session cannot be asked for (reference 3.7)."""
    transfer = Transfer()
    provider = service.provider(**CHUNKED)
    service.skip("upload")
    for _ in range(5):
        service.break_before("upload")
    with pytest.raises(TransientError):
        await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=transfer)
    service.calls.clear()
    await service.provider(**CHUNKED).upload(
        service.top(), "big", BytesContent(LARGE, 1), transfer=Transfer(transfer.saved)
    )
    assert [call.fields["chunk"] for call in service.of("upload")] == ["0", "1", "2"]
    assert service.store.at("big").data == LARGE


async def test_a_session_the_service_has_forgotten_is_begun_anew(
    service: FakeCloud689, autojump_clock: Clock
):
    provider, transfer = service.provider(**CHUNKED), Transfer()
    await failed(service, provider, transfer)
    service.store.assemblies.clear()
    await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=transfer)
    assert service.store.at("big").data == LARGE
    assert len({call.fields["session_upload"] for call in service.of("upload")}) == 2


async def test_an_old_session_is_not_gone_on_with(service: FakeCloud689, autojump_clock: Clock):
    provider, transfer = service.provider(**CHUNKED), Transfer()
    await failed(service, provider, transfer)
    began = provider._uploads._clock()
    provider._uploads._clock = lambda: began + SESSION_LASTS + 1
    await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=transfer)
    assert len({call.fields["session_upload"] for call in service.of("upload")}) == 2
    assert service.store.names() == ["big"]


@pytest.mark.parametrize("saved", ["", "{", "[]", "{}", '{"what": 1}', "null", '{"x": 1}'])
async def test_nonsense_in_place_of_a_saved_state_is_ignored(service: FakeCloud689, saved: str):
    await service.provider().upload(
        service.top(), "file", BytesContent(b"x"), transfer=Transfer(saved)
    )
    assert service.store.names() == ["file"]


async def test_the_state_of_another_upload_is_not_used(
    service: FakeCloud689, autojump_clock: Clock
):
    provider, transfer = service.provider(**CHUNKED), Transfer()
    await failed(service, provider, transfer)
    other = bytes(reversed(LARGE))
    await provider.upload(service.top(), "big", BytesContent(other, 1), transfer=transfer)
    assert service.store.at("big").data == other


async def test_an_answer_without_the_file_is_no_reason_to_send_it_twice(service: FakeCloud689):
    service.silent_upload = True
    entry = await service.provider().upload(service.top(), "file", BytesContent(b"text"))
    assert entry.id == service.id(service.store.at("file"))


async def test_a_file_that_was_stored_wrongly_is_removed(service: FakeCloud689):
    service.wrong_size = True
    old = service.store.add("doc", b"old text")
    provider = service.provider()
    with pytest.raises(BadReply):
        await provider.upload(
            service.top(),
            "doc",
            BytesContent(b"new"),
            replacing=await provider.stat(service.id(old)),
        )
    assert service.store.at("doc") is old


# In place of a file -----------------------------------------------------------------------


async def replaced(service: FakeCloud689, provider: Cloud689Provider, **how: Any) -> Any:
    old = how.pop("old")
    return await provider.upload(
        service.top(), "doc", BytesContent(b"new", 1), replacing=old, **how
    )


async def test_what_is_replaced_goes_to_the_trash(service: FakeCloud689):
    old = service.store.add("folder/doc", b"old text")
    provider = service.provider()
    entry = await service.entry(provider, "folder/doc")
    service.calls.clear()
    new = await provider.upload(
        service.id(service.store.at("folder")), "doc", BytesContent(b"new"), replacing=entry
    )
    assert service.asked() == ["project/f/info", "upload", "project/f/delete"]
    assert (new.name, new.size) == ("doc", 3)
    assert new.id != entry.id
    assert new.version != entry.version
    assert service.store.at("folder/doc").data == b"new"
    assert old.binned


async def test_another_content_of_the_same_size_and_second_is_another_version(
    service: FakeCloud689,
):
    service.store.tick = lambda: service.store.now  # type: ignore[method-assign]  # time stands still
    provider = service.provider()
    one = await provider.upload(service.top(), "doc", BytesContent(b"one"))
    two = await provider.upload(service.top(), "doc", BytesContent(b"two"), replacing=one)
    assert one.version != two.version
    assert await content(provider, two) == b"two"


async def test_the_new_file_is_where_the_old_one_is_now(service: FakeCloud689):
    old = service.store.add("a/doc", b"old")
    other = service.store.add("b")
    provider = service.provider()
    entry = await service.entry(provider, "a/doc")
    old.parent, old.name = other.id, "renamed"
    new = await provider.upload(
        service.id(service.store.at("a")), "doc", BytesContent(b"new!"), replacing=entry
    )
    assert (new.parent_id, new.name) == (service.id(other), "renamed")
    assert service.store.at("b/renamed").data == b"new!"


async def test_what_has_changed_is_not_replaced(service: FakeCloud689):
    old = service.store.add("doc", b"old")
    provider = service.provider()
    entry = await service.entry(provider, "doc")
    old.protected, old.data = True, b"a container"
    with pytest.raises(Changed):
        await replaced(service, provider, old=entry)
    assert service.of("upload") == []


async def test_what_is_gone_is_not_replaced(service: FakeCloud689):
    old = service.store.add("doc", b"old")
    provider = service.provider()
    entry = await service.entry(provider, "doc")
    service.store.delete(old)
    with pytest.raises(NotFound):
        await replaced(service, provider, old=entry)
    assert service.store.names() == []


async def test_a_folder_is_not_replaced_by_a_file(service: FakeCloud689):
    service.store.add("doc")
    provider = service.provider()
    with pytest.raises(IsAFolder):
        await replaced(service, provider, old=await service.entry(provider, "doc"))


async def test_who_may_not_remove_the_old_file_keeps_both(service: FakeCloud689):
    service.store.add("doc", b"old")
    provider = service.provider()
    service.fail("project/f/delete", forbidden())
    new = await replaced(service, provider, old=await service.entry(provider, "doc"))
    assert service.store.names() == ["doc", "doc"]
    assert (await provider.find(service.top(), "doc")).id == new.id


FAULTS = ["break", "lose", "refuse", "fail"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("another_process", [True, False])
async def test_a_replacement_cut_short_anywhere_is_completed_by_a_repeat(
    fault: str, at: int, another_process: bool, autojump_clock: Clock
):
    """From request *at* on all fail; nothing is lost, and the repeat leaves the new file only."""
    service = FakeCloud689()
    old = service.store.add("doc", b"old")
    provider = service.provider(**CHUNKED)
    entry = await service.entry(provider, "doc")
    service.disturbed_by(lambda number: fault if number >= at else "pass")
    transfer = Transfer()
    data = BytesContent(LARGE, 1)
    try:
        await provider.upload(service.top(), "doc", data, replacing=entry, transfer=transfer)
    except CloudError as error:
        failure: CloudError | None = error
    else:
        failure = None  # only the old file could not be removed
    kept = [node.data for node in service.store.nodes.values() if not node.deleted]
    assert b"old" in kept or LARGE in kept
    service.disturb = None
    if failure is None:
        return
    if another_process:
        provider = service.provider(**CHUNKED)
    saved = Transfer(transfer.saved)
    await provider.upload(service.top(), "doc", data, replacing=entry, transfer=saved)
    assert service.store.names() == ["doc"]
    assert service.store.at("doc").data == LARGE
    assert old.binned


async def test_the_licence_goes_on_to_what_replaces_a_file(service: FakeCloud689):
    old = service.store.add("doc", b"old")
    service.licences[old.id] = {
        "status": 1,
        "printable": 2,
        "editable": 0,
        "local_copies": 1,
        "document_expiry_date": "2030/01/02",
        "label": "secret",
    }
    provider = service.provider(relicense=True)
    new = await replaced(service, provider, old=await service.entry(provider, "doc"))
    assert service.licences[new.id.partition(":")[0]] == service.licences[old.id]
    (call,) = service.of("license/register")
    assert service.asked().index("license/register") < service.asked().index("project/f/delete")
    assert call.fields["expiry_date"] == "2030/01/02"


@pytest.mark.parametrize("call", ["license/info", "license/register"])
async def test_a_licence_that_cannot_go_on_stops_nothing(service: FakeCloud689, call: str):
    old = service.store.add("doc", b"old")
    service.licences[old.id] = {"status": 1, "printable": 2}
    provider = service.provider(relicense=True)
    service.fail(call, forbidden())
    await replaced(service, provider, old=await service.entry(provider, "doc"))
    assert service.store.at("doc").data == b"new"


async def test_history_that_fails_is_looked_behind(service: FakeCloud689, autojump_clock: Clock):
    """417 may mean that the file is there (reference 4): the chunk is repeated."""
    service.fail("upload", Refusal(417, "Create history failed", "CREATE_HISTORY_FAILED"))
    await service.provider().upload(service.top(), "file", BytesContent(b"x"))
    assert service.store.names() == ["file"]


async def test_an_upload_error_that_stays_is_told_as_passing(
    service: FakeCloud689, autojump_clock: Clock
):
    for _ in range(5):
        service.fail("upload", upload_error())
    with pytest.raises(Unavailable):
        await service.provider().upload(service.top(), "file", BytesContent(b"x"))


async def test_an_upload_may_be_cancelled_and_repeated(service: FakeCloud689):
    provider, transfer = service.provider(**CHUNKED), Transfer()
    with trio.CancelScope() as scope:
        service.before["upload"] = scope.cancel
        await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=transfer)
    assert scope.cancelled_caught
    await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=transfer)
    assert set(await listing(provider, service.top())) == {"big"}
    assert service.store.at("big").data == LARGE


async def test_another_file_of_that_name_is_not_taken_for_ours(
    service: FakeCloud689, autojump_clock: Clock
):
    """The service forgot the upload, and somebody else stored a file of the same size."""
    provider, transfer = service.provider(**CHUNKED), Transfer()
    await failed(service, provider, transfer)
    service.store.assemblies.clear()
    service.store.add("big", b"?" * len(LARGE))
    with pytest.raises(AlreadyExists):
        await provider.upload(service.top(), "big", BytesContent(LARGE, 1), transfer=transfer)
