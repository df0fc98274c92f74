"""Small uploads and replacements: taken names, lost answers, empty files (reference 3.5, 3.7)."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from cloudfs.errors import (
    AlreadyExists,
    BadReply,
    Changed,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NameTooLong,
    NotFound,
    NotPermitted,
    QuotaExceeded,
    TransientError,
)
from cloudfs.model import Entry, EntryId, Transfer
from cloudfs.providers.podspace import PodspaceProvider
from tests.conftest import Announced
from tests.providers.podspace.service import FakePodspace
from tests.support import BytesContent, content

ROOT = EntryId("ROOT")


async def opened(
    service: FakePodspace, path: str = "", **settings: Any
) -> tuple[PodspaceProvider, Entry]:
    """A client and the entry at *path*; what is asked from now on is kept."""
    provider = service.provider(**settings)
    await provider.open()
    entry = await provider.stat(EntryId(service.at(path).hash))
    service.calls.clear()
    return provider, entry


def data_of(service: FakePodspace) -> dict[str, bytes]:
    return {path: node.data for path, node in service.paths().items() if not node.folder}


async def test_a_small_file_is_one_request(service: FakePodspace):
    provider, _ = await opened(service)
    transfer = Transfer()
    entry = await provider.upload(ROOT, "a.tar.gz", BytesContent(b"text"), transfer=transfer)
    assert (entry.name, entry.size, entry.version, entry.parent_id) == ("a.tar.gz", 4, "0", "ROOT")
    assert service.asked() == ["file.upload"]
    assert data_of(service) == {"/a.tar.gz": b"text"}
    assert transfer.sent == 4


@pytest.mark.parametrize("name", [".bashrc", "README", "x.y.z", "a b", "سلام.txt", "+&=;,'()[]"])
async def test_names_come_back_as_they_were_given(service: FakePodspace, name: str):
    provider, _ = await opened(service)
    file = await provider.upload(ROOT, name, BytesContent(b"x"))
    assert file.name == name
    assert (await provider.find(ROOT, name)).id == file.id
    folder = await provider.create_folder(ROOT, f"{name} dir")
    assert folder.name == f"{name} dir"


@pytest.mark.parametrize("name", ["", "..", "a/b", "50%", "tail.", 'say "x"', "a\nb", "x\0"])
async def test_names_that_cannot_be_stored_are_refused_before_anything_is_sent(
    service: FakePodspace, name: str
):
    provider, _ = await opened(service)
    file = await provider.upload(ROOT, "f", BytesContent(b"x"))
    service.calls.clear()
    for attempt in (
        provider.upload(ROOT, name, BytesContent(b"x")),
        provider.create_folder(ROOT, name),
        provider.move(file, ROOT, name),
        provider.copy(file, ROOT, name),
    ):
        with pytest.raises(InvalidName):
            await attempt
    assert service.calls == []


async def test_a_name_of_more_than_255_bytes_is_too_long(service: FakePodspace):
    provider, _ = await opened(service)
    with pytest.raises(NameTooLong):
        await provider.upload(ROOT, "ü" * 128, BytesContent(b"x"))
    await provider.upload(ROOT, "ü" * 127, BytesContent(b"x"))


@pytest.mark.parametrize("on_duplicate", ["error", "rename"])
@pytest.mark.parametrize("size", [4, 20])
async def test_a_taken_name_is_refused_and_nothing_is_left_behind(
    service: FakePodspace, on_duplicate: str, size: int
):
    service.on_duplicate = on_duplicate
    service.add_file("/doc.txt", b"theirs")
    provider, _ = await opened(service, single_request_limit=10)
    with pytest.raises(AlreadyExists):
        await provider.upload(ROOT, "doc.txt", BytesContent(b"o" * size))
    assert data_of(service) == {"/doc.txt": b"theirs"}
    assert service.bin == {}


async def test_a_stray_copy_that_stays_is_told_and_the_name_still_taken(
    service: FakePodspace, announce: Announced
):
    announce("could not be removed")
    service.on_duplicate = "rename"
    service.add_file("/doc", b"theirs")
    provider, _ = await opened(service)
    service.fail("entry.trash", httpx.Response(403, json={"errorCode": 4}))
    with pytest.raises(AlreadyExists):
        await provider.upload(ROOT, "doc", BytesContent(b"ours"))
    assert data_of(service)["/doc"] == b"theirs"


async def test_what_is_not_surely_ours_is_not_removed_as_a_stray(service: FakePodspace):
    """A service that answers with another file, which was there before."""
    node = service.add_file("/Doc", b"theirs!")
    provider, _ = await opened(service)
    service.fail("file.upload", httpx.Response(200, json={"result": service.entity(node)}))
    with pytest.raises(InvalidName):
        await provider.upload(ROOT, "doc", BytesContent(b"ours"))
    assert data_of(service) == {"/Doc": b"theirs!"}


async def test_a_folder_that_gets_another_name_is_removed_if_it_is_new(service: FakePodspace):
    service.on_duplicate = "rename"
    service.add_folder("/d")
    service.add_file("/d/f", b"x")
    provider, _ = await opened(service)
    with pytest.raises(AlreadyExists):
        await provider.create_folder(ROOT, "d")
    assert set(service.paths()) == {"/d", "/d/f"}
    full = service.entity(service.add_folder("/D"))
    service.add_file("/D/kept", b"x")
    service.fail("folder.create", httpx.Response(200, json={"result": full}))
    with pytest.raises(AlreadyExists):
        await provider.create_folder(ROOT, "d")
    assert "/D/kept" in service.paths()


async def test_answers_without_an_entry_are_looked_up(service: FakePodspace):
    service.tells_entities = False
    provider, _ = await opened(service)
    folder = await provider.create_folder(ROOT, "d")
    file = await provider.upload(folder.id, "f", BytesContent(b"one"))
    file = await provider.upload(folder.id, "f", BytesContent(b"two!"), replacing=file)
    assert (file.size, file.version) == (4, "1")
    assert (await provider.move(file, folder.id, "g")).name == "g"
    assert await content(provider, file) == b"two!"


async def test_another_size_than_was_sent_is_no_success(service: FakePodspace):
    provider, _ = await opened(service)
    wrong = {**service.entity(service.add_file("/x", b"x")), "size": 99}
    service.trash(wrong["hash"])
    service.fail("file.upload", httpx.Response(200, json={"result": {**wrong, "name": "f"}}))
    with pytest.raises(BadReply):
        await provider.upload(ROOT, "f", BytesContent(b"text"))


async def test_replacing_keeps_place_and_id(service: FakePodspace):
    service.add_folder("/d")
    service.add_file("/d/f", b"old")
    provider, old = await opened(service, "d/f")
    new = await provider.upload(
        EntryId("elsewhere"), "other name", BytesContent(b"new"), replacing=old
    )
    assert (new.id, new.name, new.parent_id) == (old.id, "f", old.parent_id)
    assert (new.version, new.size) == ("1", 3)
    assert service.asked() == ["file.replace"]
    assert data_of(service) == {"/d/f": b"new"}


async def test_a_folder_is_not_replaced(service: FakePodspace):
    service.add_folder("/d")
    provider, folder = await opened(service, "d")
    with pytest.raises(IsAFolder):
        await provider.upload(ROOT, "d", BytesContent(b"x"), replacing=folder)


async def test_what_is_gone_is_not_replaced(service: FakePodspace):
    service.add_file("/f", b"x")
    _, old = await opened(service, "f")
    service.trash(old.id)
    for size in (3, 20):
        with pytest.raises(NotFound):
            await service.provider(single_request_limit=10).upload(
                ROOT, "f", BytesContent(b"n" * size), replacing=old
            )


async def test_an_old_version_is_not_replaced(service: FakePodspace):
    node = service.add_file("/f", b"one")
    service.write(node, b"two")
    provider, entry = await opened(service, "f")
    old = replace(entry, id=EntryId(node.contents[0][0]))
    with pytest.raises(NotPermitted):
        await provider.upload(ROOT, "f", BytesContent(b"x"), replacing=old)


async def test_an_upload_needs_its_folder(service: FakePodspace):
    folder = service.add_folder("/d")
    service.trash(folder.hash)
    for size in (3, 20):
        provider = service.provider(single_request_limit=10)
        with pytest.raises(NotFound):
            await provider.upload(EntryId(folder.hash), "f", BytesContent(b"n" * size))
    assert service.paths() == {}


async def test_a_full_account_takes_nothing(service: FakePodspace):
    service.quota = 5
    for size in (8, 20):
        provider = service.provider(single_request_limit=10)
        with pytest.raises(QuotaExceeded):
            await provider.upload(ROOT, "f", BytesContent(b"n" * size))
    assert service.asked() == ["file.upload", "quota.check"]


# Empty files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reject_empty", [False, True])
async def test_an_empty_file_can_be_stored(service: FakePodspace, reject_empty: bool):
    service.reject_empty = reject_empty
    provider, _ = await opened(service)
    entry = await provider.upload(ROOT, "empty", BytesContent(b""))
    assert (entry.name, entry.size) == ("empty", 0)
    full = await provider.upload(ROOT, "full", BytesContent(b"x"))
    emptied = await provider.upload(ROOT, "full", BytesContent(b""), replacing=full)
    assert (emptied.size, emptied.version) == (0, "1")
    assert data_of(service) == {"/empty": b"", "/full": b""}


async def test_a_service_that_takes_no_empty_files_at_all_is_told_of(service: FakePodspace):
    service.reject_empty = True
    service.fail("file.tus_create", httpx.Response(400, json={"errorCode": 200}))
    provider, _ = await opened(service)
    with pytest.raises(InvalidRequest, match="no empty files"):
        await provider.upload(ROOT, "empty", BytesContent(b""))


# Lost answers -------------------------------------------------------------------------------------


async def test_an_upload_whose_answer_is_lost_is_found(
    service: FakePodspace, autojump_clock: object
):
    provider, _ = await opened(service)
    service.lose_answer("file.upload")
    entry = await provider.upload(ROOT, "f", BytesContent(b"text"))
    assert (entry.name, entry.size) == ("f", 4)
    assert service.asked() == ["file.upload", "entry.exist", "file.get", "entry.stat"]


async def test_an_upload_that_was_not_made_stays_unknown(
    service: FakePodspace, autojump_clock: object
):
    provider, _ = await opened(service)
    service.break_before("file.upload")
    with pytest.raises(TransientError):
        await provider.upload(ROOT, "f", BytesContent(b"text"))
    assert service.paths() == {}
    assert service.asked().count("file.upload") == 1


async def test_somebody_elses_file_of_the_same_size_is_not_taken_for_ours(
    service: FakePodspace, autojump_clock: object
):
    """The answer is lost, and what is found under the name has as many bytes, but others."""
    provider, _ = await opened(service)
    service.break_before("file.upload")
    service.add_file("/f", b"txet")
    with pytest.raises(AlreadyExists):
        await provider.upload(ROOT, "f", BytesContent(b"text"))
    assert data_of(service) == {"/f": b"txet"}


async def test_a_look_that_fails_leaves_the_upload_unknown(
    service: FakePodspace, autojump_clock: object
):
    provider, _ = await opened(service)
    service.disturbed_by(lambda number: "lose" if number == 0 else "down")
    with pytest.raises(TransientError):
        await provider.upload(ROOT, "f", BytesContent(b"text"))


@pytest.mark.parametrize("data", [b"new!", b""])
async def test_a_replacement_whose_answer_is_lost_is_found(
    service: FakePodspace, data: bytes, autojump_clock: object
):
    service.add_file("/f", b"old")
    provider, old = await opened(service, "f")
    service.lose_answer("file.replace")
    entry = await provider.upload(ROOT, "f", BytesContent(data), replacing=old)
    assert (entry.version, entry.size) == ("1", len(data))
    assert service.asked().count("file.replace") == 1


async def test_a_replacement_that_was_not_made_stays_unknown(
    service: FakePodspace, autojump_clock: object
):
    service.add_file("/f", b"old")
    provider, old = await opened(service, "f")
    service.break_before("file.replace")
    with pytest.raises(TransientError):
        await provider.upload(ROOT, "f", BytesContent(b"new"), replacing=old)
    assert data_of(service) == {"/f": b"old"}


async def test_a_replacement_by_somebody_else_is_not_taken_for_ours(
    service: FakePodspace, autojump_clock: object
):
    node = service.add_file("/f", b"old")
    provider, old = await opened(service, "f")
    service.break_before("file.replace")
    service.write(node, b"wen")
    with pytest.raises(Changed):
        await provider.upload(ROOT, "f", BytesContent(b"new"), replacing=old)


async def test_an_upload_is_repeated_if_the_service_did_not_look_at_it(
    service: FakePodspace, autojump_clock: object
):
    provider, _ = await opened(service)
    service.fail("file.upload", httpx.Response(503))
    await provider.upload(ROOT, "f", BytesContent(b"text"))
    assert service.asked() == ["file.upload", "file.upload"]


async def test_an_upload_is_sent_again_with_a_new_token(service: FakePodspace):
    provider, _ = await opened(service)
    service.tokens.clear()
    await provider.upload(ROOT, "f", BytesContent(b"text"))
    assert service.asked() == ["file.upload", "auth.refresh", "file.upload"]
    assert data_of(service) == {"/f": b"text"}
