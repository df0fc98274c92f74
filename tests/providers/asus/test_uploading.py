"""Uploads (reference 3.5): the three calls, resumption, conflicts, lost answers."""

import json
import random
from itertools import pairwise

import httpx
import pytest

from cloudfs.errors import (
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    InvalidName,
    IsAFolder,
    LoginFailed,
    NameTooLong,
    NotAFolder,
    NotFound,
    QuotaExceeded,
    ReadOnly,
    TooLarge,
    TransientError,
    Unreachable,
)
from cloudfs.model import Entry, EntryId, Transfer
from tests.providers.asus.faults import disturbances, outcome, requests_of
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.tree import BIN, SYNC_FOLDER, times
from tests.support import BytesContent, content

TOP = EntryId(f"d{SYNC_FOLDER}")
WHEN = 1_700_000_000
INIT, RESUME, FINISH = (f"webrelay/{name}binaryupload" for name in ("init", "resume", "finish"))
HELLO = (
    "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931f94aae41edda2c2b207a36e10f8bcb8d"
    "45223e54878f5b316e7ce3b6bc019629"
)


def dated(data: bytes, seconds: int = WHEN) -> BytesContent:
    return BytesContent(data, modified_ns=seconds * 10**9 + 5)


async def test_a_new_file_takes_three_calls_and_a_look(service: FakeAsus):
    provider = service.provider()
    entry = await provider.upload(TOP, "hello.txt", dated(b"hello\n"))
    assert service.routes() == [INIT, RESUME, FINISH, "fsentry/getentryinfo"]
    assert (entry.id, entry.name, entry.parent_id) == ("f5001", "hello.txt", TOP)
    assert (entry.size, entry.version) == (6, "1")
    assert entry.modified_ns == WHEN * 10**9
    assert await content(provider, entry) == b"hello\n"


async def test_what_is_announced_is_in_the_query_and_encoded_once(service: FakeAsus):
    provider = service.provider()
    await provider.upload(TOP, "résumé.txt", dated(b"hello\n"))
    (init,), (resume,), (finish,) = (service.of(route) for route in (INIT, RESUME, FINISH))
    token = init.query["tk"]
    assert init.request.method == resume.request.method == finish.request.method == "POST"
    attribute = init.query["at"]
    assert attribute.startswith("<creationtime>")
    assert attribute.endswith(f"<lastwritetime>{WHEN}</lastwritetime>")
    quoted = attribute.replace("<", "%3C").replace(">", "%3E").replace("/", "%2F")
    token_quoted = token.replace("/", "%2F").replace("+", "%2B")
    assert init.request.url.raw_path.decode() == (
        f"/webrelay/initbinaryupload/?dis=10000001&tk={token_quoted}"
        f"&na=csOpc3Vtw6kudHh0&pa=1001&sg={HELLO}&at={quoted}&fs=6"
    )
    assert resume.request.url.raw_path.decode() == (
        f"/webrelay/resumebinaryupload/?dis=10000001&tk={token_quoted}&tx=tx-1"
    )
    assert finish.request.url.raw_path.decode() == (
        f"/webrelay/finishbinaryupload/?dis=10000001&tk={token_quoted}&tx=tx-1"
    )
    assert init.request.headers["content-length"] == "0"
    assert finish.request.headers["content-length"] == "0"
    assert resume.request.headers["content-type"] == "application/octet-stream"
    assert resume.request.headers["content-length"] == "6"
    assert "transfer-encoding" not in resume.request.headers
    assert resume.body == b"hello\n"


async def test_base64_in_a_query_keeps_its_plus_and_slash(service: FakeAsus):
    provider = service.provider(forbidden="")
    with pytest.raises(InvalidName):  # the question mark, says the service
        await provider.upload(TOP, "résumé?.txt", dated(b"x"))
    (init,) = service.of(INIT)
    assert b"&na=csOpc3Vtw6k%2FLnR4dA%3D%3D&" in init.request.url.raw_path


async def test_an_empty_file_is_sent_as_such(service: FakeAsus):
    provider = service.provider()
    entry = await provider.upload(TOP, "empty", dated(b""))
    assert service.routes() == [INIT, RESUME, FINISH, "fsentry/getentryinfo"]
    assert service.of(INIT)[0].query["sg"].startswith("cf83e1357eefb8bd")
    assert service.of(INIT)[0].query["fs"] == "0"
    assert service.of(RESUME)[0].request.headers["content-length"] == "0"
    assert entry.size == 0


async def test_what_the_service_has_is_not_sent_again(service: FakeAsus):
    service.add_file("/old", b"known bytes")
    provider = service.provider()
    entry = await provider.upload(TOP, "new", dated(b"known bytes"))
    assert service.routes() == [INIT, "fsentry/getentryinfo"]
    assert service.named("/new").data == b"known bytes"
    assert entry.modified_ns == WHEN * 10**9


async def test_a_file_can_be_sent_in_pieces(service: FakeAsus):
    data = random.Random(1).randbytes(2500)
    provider = service.provider(upload_chunk_size=1000)
    transfer = Transfer()
    entry = await provider.upload(TOP, "file", dated(data), transfer=transfer)
    assert [len(call.body) for call in service.of(RESUME)] == [1000, 1000, 500]
    assert transfer.sent == 2500
    assert await content(provider, entry) == data


async def test_progress_is_told(service: FakeAsus):
    provider = service.provider()
    transfer = Transfer()
    await provider.upload(TOP, "file", dated(b"x" * 100), transfer=transfer)
    assert transfer.sent == 100
    assert transfer.saved is None


# Refusals ---------------------------------------------------------------------------------


async def test_a_file_that_is_too_large_is_not_even_announced(service: FakeAsus):
    service.largest = "1"
    provider = service.provider()
    with pytest.raises(TooLarge):
        await provider.upload(TOP, "file", dated(b"x" * ((1 << 20) + 1)))
    assert service.routes() == []


@pytest.mark.parametrize("largest", ["", "0"])
async def test_no_limit_is_no_limit(service: FakeAsus, largest: str):
    service.largest = largest
    provider = service.provider()
    await provider.open()
    assert provider.capabilities.largest_file is None


async def test_the_limit_is_known_after_sign_in(service: FakeAsus):
    provider = service.provider()
    await provider.open()
    assert provider.capabilities.largest_file == 500 * 1024 * 1024


async def test_a_taken_name_is_not_replaced(service: FakeAsus):
    service.add_file("/file", b"theirs")
    with pytest.raises(AlreadyExists):
        await service.provider().upload(TOP, "FILE", dated(b"ours"))
    assert service.named("/file").data == b"theirs"


async def test_a_name_that_is_taken_while_bytes_are_sent_is_not_replaced(service: FakeAsus):
    service.during(FINISH, lambda: service.add_file("/file", b"theirs"))
    with pytest.raises(AlreadyExists):
        await service.provider().upload(TOP, "file", dated(b"ours"))
    assert service.named("/file").data == b"theirs"


async def test_a_folder_is_needed(service: FakeAsus):
    file, folder = service.add_file("/file"), service.add_folder("/folder")
    provider = service.provider()
    with pytest.raises(NotAFolder):
        await provider.upload(EntryId(f"f{file.number}"), "new", dated(b"x"))
    folder.parent = BIN
    with pytest.raises(NotFound):
        await provider.upload(EntryId(f"d{folder.number}"), "new", dated(b"x"))
    with pytest.raises(ReadOnly):
        await service.provider(root="all").upload(EntryId("all"), "new", dated(b"x"))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        *(("a/b", InvalidName), ("", InvalidName), ("..", InvalidName), ("\udc80", InvalidName)),
        ("x" * 256, NameTooLong),
    ],
)
async def test_names_that_nobody_can_store_are_refused_here(
    service: FakeAsus, name: str, error: type[CloudError]
):
    with pytest.raises(error):
        await service.provider().upload(TOP, name, dated(b"x"))
    assert service.calls == []


@pytest.mark.parametrize(
    ("status", "error", "errno"),
    [
        (221, TooLarge, 27),
        (224, QuotaExceeded, 28),
        (222, QuotaExceeded, 122),
        (226, CloudError, 13),
    ],
)
async def test_limits_of_the_account_have_their_meaning(
    service: FakeAsus, status: int, error: type[CloudError], errno: int
):
    service.refuse(INIT, status)
    with pytest.raises(error) as caught:
        await service.provider().upload(TOP, "file", dated(b"x"))
    assert caught.value.errno == errno


# Replacing --------------------------------------------------------------------------------


async def replacing(service: FakeAsus, data: bytes = b"old") -> Entry:
    node = service.add_file("/file", data)
    return await service.provider().stat(EntryId(f"f{node.number}"))


async def test_a_replaced_file_keeps_its_id_and_gets_a_version(service: FakeAsus):
    old = await replacing(service)
    service.calls.clear()
    provider = service.provider()
    new = await provider.upload(TOP, "file", dated(b"new"), replacing=old)
    assert (new.id, new.version, new.size) == (old.id, "2", 3)
    assert service.routes() == [
        "fsentry/getentryinfo",
        INIT,
        RESUME,
        "fsentry/getentryinfo",
        FINISH,
        "fsentry/getentryinfo",
    ]
    init, finish = service.of(INIT)[0].query, service.of(FINISH)[0].query
    assert init["fi"] == "5001"
    assert init["sg"] == "system.reserved"
    assert len(finish["lsg"]) == 128


async def test_a_version_made_here_need_not_be_looked_at_twice(service: FakeAsus):
    provider = service.provider()
    entry = await provider.upload(TOP, "file", dated(b"one"))
    service.calls.clear()
    await provider.upload(TOP, "file", dated(b"two!"), replacing=entry)
    assert service.routes() == [
        "fsentry/getentryinfo",
        INIT,
        RESUME,
        FINISH,
        "fsentry/getentryinfo",
    ]


async def test_what_others_keep_in_the_attribute_is_carried_along(service: FakeAsus):
    old = await replacing(service)
    theirs = "<finfo>a &amp; b</finfo><x-machinename><deep>1</deep></x-machinename>"
    service.named("/file").attribute = times(1_600_000_000) + theirs
    await service.provider().upload(TOP, "file", dated(b"new"), replacing=old)
    attribute = service.named("/file").attribute
    assert attribute.endswith(theirs)
    assert "<creationtime>1600000000</creationtime>" in attribute
    assert f"<lastwritetime>{WHEN}</lastwritetime>" in attribute


async def test_a_file_renamed_and_moved_meanwhile_is_replaced_where_it_is(service: FakeAsus):
    old = await replacing(service)
    folder = service.add_folder("/folder")
    node = service.named("/file")
    node.name, node.parent = "other", folder.number
    new = await service.provider().upload(TOP, "file", dated(b"new"), replacing=old)
    assert new.name == "other"
    assert service.named("/folder/other").data == b"new"
    assert service.of(INIT)[0].query["pa"] == folder.number


async def test_a_file_that_has_changed_is_not_replaced(service: FakeAsus):
    old = await replacing(service)
    service.write(service.named("/file"), b"theirs!", "")
    with pytest.raises(Changed):
        await service.provider().upload(TOP, "file", dated(b"ours"), replacing=old)
    assert service.named("/file").data == b"theirs!"


@pytest.mark.parametrize("when", [INIT, RESUME, FINISH])
@pytest.mark.parametrize("instant", [True, False])
async def test_a_file_that_changes_at_any_moment_is_not_replaced(
    service: FakeAsus, when: str, instant: bool
):
    """Not even where the service has the new content and could put it in place at once."""
    old = await replacing(service)
    if instant:
        service.add_file("/same", b"ours")
    service.during(when, lambda: service.write(service.named("/file"), b"theirs!", ""))
    with pytest.raises(Changed):
        await service.provider().upload(TOP, "file", dated(b"ours"), replacing=old)
    assert service.named("/file").data == b"theirs!"


async def test_a_service_that_tells_no_checksums_is_looked_at_at_the_last_moment(
    service: FakeAsus,
):
    service.tells_checksum = False
    old = await replacing(service)
    service.during(RESUME, lambda: service.write(service.named("/file"), b"theirs!", ""))
    with pytest.raises(Changed):
        await service.provider().upload(TOP, "file", dated(b"ours"), replacing=old)
    assert service.named("/file").data == b"theirs!"


async def test_the_later_one_wins_if_the_settings_say_so(service: FakeAsus):
    old = await replacing(service)
    service.during(FINISH, lambda: service.write(service.named("/file"), b"theirs!", ""))
    provider = service.provider(on_conflict="overwrite")
    entry = await provider.upload(TOP, "file", dated(b"ours"), replacing=old)
    assert service.named("/file").data == b"ours"
    assert entry.version == "3"
    assert len(service.of(INIT)[0].query["sg"]) == 128


async def test_a_conflict_that_goes_on_is_reported_even_then(service: FakeAsus):
    old = await replacing(service)
    for text in (b"theirs", b"theirs again"):
        service.during(FINISH, lambda text=text: service.write(service.named("/file"), text, ""))
    provider = service.provider(on_conflict="overwrite")
    with pytest.raises(Changed):
        await provider.upload(TOP, "file", dated(b"ours"), replacing=old)
    assert service.named("/file").data == b"theirs again"


async def test_the_same_bytes_are_not_sent_and_only_the_time_changes(service: FakeAsus):
    old = await replacing(service, b"same")
    service.calls.clear()
    new = await service.provider().upload(TOP, "file", dated(b"same"), replacing=old)
    assert service.routes() == [
        "fsentry/getentryinfo",
        INIT,
        "fsentry/getentryinfo",
        "file/updateattribute",
    ]
    assert new.version == old.version
    assert new.modified_ns == WHEN * 10**9
    assert service.named("/file").time("lastwritetime") == str(WHEN)


async def test_the_same_bytes_are_fine_where_times_cannot_change(service: FakeAsus):
    service.has_updateattribute = False
    old = await replacing(service, b"same")
    new = await service.provider().upload(TOP, "file", dated(b"same"), replacing=old)
    assert new.size == 4


async def test_a_file_that_is_gone_is_not_replaced(service: FakeAsus):
    old = await replacing(service)
    service.named("/file").parent = BIN
    with pytest.raises(NotFound):
        await service.provider().upload(TOP, "file", dated(b"ours"), replacing=old)


async def test_a_folder_is_not_replaced(service: FakeAsus):
    folder = service.add_folder("/folder")
    provider = service.provider()
    entry = await provider.stat(EntryId(f"d{folder.number}"))
    with pytest.raises(IsAFolder):
        await provider.upload(TOP, "folder", dated(b"x"), replacing=entry)


# Interruptions ----------------------------------------------------------------------------


async def test_a_broken_upload_goes_on_where_it_stopped(service: FakeAsus, hasty: object):
    data = random.Random(1).randbytes(3_000_000)
    for length in (1_100_000, 700_000):
        service.break_after(RESUME, length)
    entry = await service.provider().upload(TOP, "file", dated(data))
    assert service.named("/file").data == data
    assert sum(len(call.body) for call in service.of(RESUME)) == len(data)
    assert [call.query.get("tx") for call in service.of(INIT)] == [None, "tx-1", "tx-1"]
    assert entry.size == len(data)
    again = [{k: v for k, v in call.query.items() if k != "tx"} for call in service.of(INIT)]
    assert all(one == other for one, other in pairwise(again))


async def test_progress_lets_an_upload_be_broken_any_number_of_times(
    service: FakeAsus, hasty: object
):
    data = random.Random(1).randbytes(4000)
    for _ in range(12):
        service.break_after(RESUME, 300)
    await service.provider().upload(TOP, "file", dated(data))
    assert service.named("/file").data == data


async def test_without_progress_an_upload_is_left_for_later(service: FakeAsus, hasty: object):
    for _ in range(6):
        service.break_before(RESUME)
    transfer = Transfer()
    with pytest.raises(TransientError):
        await service.provider().upload(TOP, "file", dated(b"data"), transfer=transfer)
    assert transfer.saved is not None
    service.calls.clear()
    await service.provider().upload(TOP, "file", dated(b"data"), transfer=transfer)
    assert [call.query.get("tx") for call in service.of(INIT)] == ["tx-1"]
    assert transfer.saved is None


async def test_a_later_process_goes_on_with_an_upload(service: FakeAsus, hasty: object):
    data = random.Random(1).randbytes(3000)
    old = await replacing(service)
    transfer = Transfer()
    service.break_after(RESUME, 1000)
    service.skip(INIT)
    service.fail(INIT, httpx.ConnectError("down"))
    service.fail(INIT, httpx.ConnectError("down"))
    with pytest.raises(TransientError):
        await service.provider().upload(TOP, "f", dated(data), replacing=old, transfer=transfer)
    service.calls.clear()
    later = Transfer(transfer.saved)
    await service.provider().upload(TOP, "f", dated(data), replacing=old, transfer=later)
    assert [len(call.body) for call in service.of(RESUME)] == [2000]
    assert service.named("/file").data == data


async def test_other_content_does_not_go_on_with_an_upload(service: FakeAsus, hasty: object):
    transfer = Transfer()
    service.break_after(RESUME, 4)
    service.skip(INIT)
    service.fail(INIT, httpx.ConnectError("down"))
    service.fail(INIT, httpx.ConnectError("down"))
    with pytest.raises(TransientError):
        await service.provider().upload(TOP, "file", dated(b"one content"), transfer=transfer)
    await service.provider().upload(TOP, "file", dated(b"another one"), transfer=transfer)
    assert service.named("/file").data == b"another one"


@pytest.mark.parametrize("saved", ["", "{", "[]", '"x"', "null", '{"of": 1}', '{"transaction": 1}'])
async def test_nonsense_that_was_kept_is_no_obstacle(service: FakeAsus, saved: str):
    await service.provider().upload(TOP, "file", dated(b"x"), transfer=Transfer(saved))
    assert service.named("/file").data == b"x"


async def test_nonsense_in_a_ticket_is_no_obstacle(service: FakeAsus, hasty: object):
    transfer = Transfer()
    service.fail(RESUME, httpx.ConnectError("down"))
    service.fail(RESUME, httpx.ConnectError("down"))
    with pytest.raises(TransientError):
        await service.provider().upload(TOP, "file", dated(b"x"), transfer=transfer)
    whole = json.loads(transfer.saved or "")
    for member in whole:
        for value in (None, 5, "x", [], {}):
            damaged = Transfer(json.dumps({**whole, member: value}))
            fresh = FakeAsus()
            await fresh.provider().upload(TOP, "file", dated(b"x"), transfer=damaged)
            assert fresh.named("/file").data == b"x"


async def test_a_transaction_that_is_lost_is_begun_anew(service: FakeAsus, hasty: object):
    service.break_after(RESUME, 2)
    service.skip(INIT)
    service.during(INIT, service.pending.clear)
    await service.provider().upload(TOP, "file", dated(b"data"))
    assert service.named("/file").data == b"data"


@pytest.mark.parametrize("status", [220, 251])
async def test_trouble_with_a_transaction_is_tried_anew_once(service: FakeAsus, status: int):
    service.refuse(RESUME, status)
    await service.provider().upload(TOP, "file", dated(b"data"))
    assert service.named("/file").data == b"data"
    service.refuse(RESUME, status, times=2)
    with pytest.raises(CloudError):
        await service.provider().upload(TOP, "other", dated(b"text"))


async def test_bytes_that_arrive_damaged_are_sent_again_once(service: FakeAsus):
    service.refuse(FINISH, 250)
    await service.provider().upload(TOP, "file", dated(b"data"))
    assert service.named("/file").data == b"data"
    service.refuse(FINISH, 250, times=2)
    with pytest.raises(BadReply):
        await service.provider().upload(TOP, "other", dated(b"text"))


async def test_a_replacement_in_several_pieces_is_verified(service: FakeAsus, hasty: object):
    """Its checksum was not stated, so the service has not compared it."""
    old = await replacing(service)
    service.break_after(RESUME, 2)

    def damage() -> None:
        service.pending["tx-1"].data[0:1] = b"X"

    service.during(FINISH, damage)
    entry = await service.provider().upload(TOP, "file", dated(b"data"), replacing=old)
    assert service.named("/file").data == b"data"
    assert entry.version == "3"


async def test_a_token_that_ends_during_an_upload_does_not_end_it(service: FakeAsus):
    data = random.Random(1).randbytes(3000)
    provider = service.provider(upload_chunk_size=1000)
    service.skip(RESUME)
    service.during(RESUME, service.revoke)
    await provider.upload(TOP, "file", dated(data))
    assert service.named("/file").data == data
    assert [len(call.body) for call in service.of(RESUME)] == [1000, 1000, 1000, 1000]
    assert len(service.of("member/acquiretoken")) == 2


async def test_a_service_that_takes_no_token_for_bytes_is_given_up(service: FakeAsus):
    for _ in range(3):
        service.during(RESUME, service.revoke)
    with pytest.raises(LoginFailed):
        await service.provider().upload(TOP, "file", dated(b"data"))


async def test_content_that_cannot_be_read_is_no_refusal_of_the_service(
    service: FakeAsus, hasty: object
):
    class Flaky(BytesContent):
        failures = 1

        async def read(self, start: int, stop: int):
            yield self.data[start : start + 1]
            if self.failures:
                self.failures -= 1
                raise Unreachable("the old version of the file cannot be read")
            yield self.data[start + 1 : stop]

    await service.provider().upload(TOP, "file", Flaky(b"data", modified_ns=0))
    assert service.named("/file").data == b"data"


# Lost answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", [httpx.ReadError("x"), httpx.ReadTimeout("x")])
async def test_a_lost_answer_to_finish_is_looked_up(
    service: FakeAsus, how: Exception, hasty: object
):
    service.lose_answer(FINISH, how)
    entry = await service.provider().upload(TOP, "file", dated(b"data"))
    assert entry.version == "1"
    assert len(service.of(FINISH)) == 1
    assert set(service.paths()) == {"/file"}


async def test_an_unanswered_finish_that_did_nothing_is_repeated(service: FakeAsus, hasty: object):
    service.break_before(FINISH)
    await service.provider().upload(TOP, "file", dated(b"data"))
    assert len(service.of(FINISH)) == 2
    assert len(service.of(RESUME)) == 1
    assert service.named("/file").data == b"data"


async def test_a_lost_answer_to_an_instant_upload_is_looked_up(service: FakeAsus, hasty: object):
    service.add_file("/old", b"known")
    service.lose_answer(INIT)
    entry = await service.provider().upload(TOP, "file", dated(b"known"))
    assert entry.name == "file"
    assert set(service.paths()) == {"/old", "/file"}


async def test_a_namesake_is_not_taken_for_what_was_sent(service: FakeAsus, hasty: object):
    service.add_file("/file", b"elsewhere"[:4])
    transfer = Transfer()
    service.lose_answer(INIT)
    with pytest.raises((TransientError, AlreadyExists)):
        await service.provider().upload(TOP, "file", dated(b"data"), transfer=transfer)
    with pytest.raises(AlreadyExists):
        await service.provider().upload(TOP, "file", dated(b"data"), transfer=transfer)
    assert service.named("/file").data == b"else"


class Upload:
    """An upload set up on a service, to be run any number of times."""

    def __init__(self, kind: str) -> None:
        self.service = FakeAsus()
        self.replaces = kind.startswith("replace")
        self.data = b"known bytes" if "instant" in kind else b"fresh bytes"
        self.service.add_file("/same", b"known bytes")
        settings: dict[str, object] = {"upload_chunk_size": 4} if "pieces" in kind else {}
        if "overwrite" in kind:
            settings["on_conflict"] = "overwrite"
        self.provider = self.service.provider(**settings)
        self.transfer = Transfer()
        self.old: Entry | None = None

    async def prepare(self) -> "Upload":
        await self.provider.open()
        if self.replaces:
            node = self.service.add_file("/file", b"old")
            self.old = await self.provider.stat(EntryId(f"f{node.number}"))
        return self

    async def run(self) -> Entry:
        content = dated(self.data)
        return await self.provider.upload(
            TOP, "file", content, replacing=self.old, transfer=self.transfer
        )


KINDS = ["new", "new instant", "new pieces", "replace", "replace pieces", "replace instant"]
KINDS += ["replace overwrite instant"]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_upload_cut_short_anywhere_loses_nothing_and_a_repeat_completes_it(
    kind: str, hasty: object
):
    whole = await Upload(kind).prepare()
    for what, disturb in disturbances(await requests_of(whole.service, whole.run)):
        upload = await Upload(kind).prepare()
        service = upload.service
        service.disturbed_by(disturb)
        failure = await outcome(upload.run)
        service.disturb = None
        files = service.paths()
        if upload.replaces:
            assert files["/file"].data in {b"old", upload.data}, what
        assert set(files) <= {"/same", "/file"}, what
        if failure is not None:
            again = await outcome(upload.run)
            assert again is None, (what, failure, again)
        files = service.paths()
        assert files["/file"].data == upload.data, what
        assert files["/same"].data == b"known bytes"
        assert set(files) == {"/same", "/file"}, what
