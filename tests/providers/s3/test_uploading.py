import hashlib
import random
import time
from base64 import b64encode

import httpx
import pytest

from cloudfs.errors import (
    AlreadyExists,
    Changed,
    InvalidName,
    NameTooLong,
    NotFound,
    TransientError,
)
from cloudfs.model import Entry, EntryId, Transfer
from cloudfs.providers.base import Verb
from cloudfs.providers.s3.provider import S3Provider
from tests.providers.s3.store import BUCKET, Store, Upload, at, error, opened, provider_for
from tests.support import BytesContent, content, listing

ROOT = EntryId("/")
MIB = 1 << 20
SMALL = {"multipart_threshold": 6 * MIB, "part_size": 5 * MIB}
THEN = 1_600_000_000_123_456_789


async def uploaded(provider: S3Provider, data: bytes, **how: object) -> Entry:
    return await provider.upload(ROOT, "file.txt", BytesContent(data, THEN), **how)  # type: ignore[arg-type]


async def test_a_file_carries_its_time_and_its_type():
    store = Store()
    provider = await opened(store)
    await uploaded(provider, b"text")
    assert store.latest("file.txt").headers == {
        "content-type": "text/plain",
        "x-amz-meta-mtime": "1600000000.123456789",
    }


async def test_what_the_headers_said_is_said_again_when_a_file_is_replaced():
    store = Store()
    store.put(
        "file.txt", b"old", content_type="text/x-own", cache_control="no-store",
        x_amz_meta_colour="blue", x_amz_meta_mode="33188", x_amz_meta_mtime="17",
    )  # fmt: skip
    provider = await opened(store)
    old = await provider.stat(EntryId("/file.txt"))
    assert old.extra["mode"] == "33188"
    await uploaded(provider, b"new", replacing=old)
    assert store.latest("file.txt").headers == {
        "content-type": "text/x-own",
        "cache-control": "no-store",
        "x-amz-meta-colour": "blue",
        "x-amz-meta-mode": "33188",
        "x-amz-meta-mtime": "1600000000.123456789",
    }


async def test_the_store_is_asked_once_whether_it_heeds_conditions():
    store = Store()
    notes: dict[str, str] = {}
    provider = provider_for(store, notes)
    await provider.open()
    assert provider.capabilities.conditional == frozenset()
    await provider.upload(ROOT, "one", BytesContent(b"1"))
    assert provider.capabilities.conditional == {Verb.CREATE, Verb.REPLACE}
    probes = store.count("PUT object .cloudfs-probe")
    assert probes == 3
    assert set(store.objects) == {"one"}
    await provider.upload(ROOT, "two", BytesContent(b"2"))
    again = provider_for(store, notes)
    assert again.capabilities.conditional == {Verb.CREATE, Verb.REPLACE}
    await again.upload(ROOT, "three", BytesContent(b"3"))
    assert store.count("PUT object .cloudfs-probe") == probes
    elsewhere = provider_for(store, notes, url="https://other.example")
    assert elsewhere.capabilities.conditional == frozenset()


async def test_trying_conditions_leaves_no_versions():
    store = Store(versioning="Enabled")
    provider = await opened(store)
    await provider.upload(ROOT, "one", BytesContent(b"1"))
    assert set(store.keys[BUCKET]) == {"one"}


@pytest.mark.parametrize("conditions", [True, False])
async def test_a_new_file_replaces_nothing(conditions: bool):
    store = Store(conditions=conditions)
    provider = await opened(store)
    store.put("file.txt", b"theirs")
    with pytest.raises(AlreadyExists):
        await uploaded(provider, b"ours")
    assert store.objects == {"file.txt": b"theirs"}
    assert provider.capabilities.conditional == (
        {Verb.CREATE, Verb.REPLACE} if conditions else set()
    )


@pytest.mark.parametrize("conditions", [True, False])
async def test_a_file_that_changed_is_not_replaced(conditions: bool):
    store = Store(conditions=conditions)
    provider = await opened(store)
    old = await uploaded(provider, b"old")
    store.put("file.txt", b"theirs")
    with pytest.raises(Changed):
        await uploaded(provider, b"ours", replacing=old)
    assert store.objects == {"file.txt": b"theirs"}


@pytest.mark.parametrize("conditions", [True, False])
async def test_a_file_that_is_gone_is_not_made_anew(conditions: bool):
    store = Store(conditions=conditions)
    provider = await opened(store)
    old = await uploaded(provider, b"old")
    store.keys[BUCKET].clear()
    with pytest.raises(NotFound):
        await uploaded(provider, b"ours", replacing=old)
    assert store.objects == {}


@pytest.mark.parametrize("conditions", [True, False])
async def test_a_lost_answer_is_no_conflict_with_oneself(conditions: bool, autojump_clock: object):
    store = Store(versioning="Enabled", conditions=conditions)
    provider = await opened(store)
    await provider.upload(ROOT, "first", BytesContent(b""))  # conditions are known now
    store.lose = ["PUT object file.txt"]
    entry = await uploaded(provider, b"text")
    assert entry.size == 4
    store.lose = ["PUT object file.txt"]
    entry = await uploaded(provider, b"longer text", replacing=entry)
    assert await content(provider, entry) == b"longer text"
    if conditions:
        assert len(store.keys[BUCKET]["file.txt"]) == 2


async def test_an_upload_can_be_repeated_by_a_later_process(autojump_clock: object):
    store = Store()
    provider = await opened(store)
    await uploaded(provider, b"text")
    assert (await uploaded(provider, b"text")).size == 4
    with pytest.raises(AlreadyExists):  # the same bytes, but of another time
        await provider.upload(ROOT, "file.txt", BytesContent(b"text"))


async def test_the_store_checks_what_arrives_and_the_upload_is_repeated(autojump_clock: object):
    store = Store()
    provider = await opened(store)
    store.faults["PUT object file.txt"] = [httpx.Response(400, content=error("BadDigest"))]
    await uploaded(provider, b"text")
    sent = [r for r in store.requests if r.method == "PUT"][-1]
    assert sent.headers["content-md5"] == b64encode(hashlib.md5(b"text").digest()).decode()
    assert sent.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert "x-amz-checksum-sha256" not in sent.headers
    assert store.objects == {"file.txt": b"text"}


async def test_a_conflict_with_another_upload_is_repeated(autojump_clock: object):
    store = Store()
    provider = await opened(store)
    conflict = httpx.Response(409, content=error("ConditionalRequestConflict"))
    store.faults["PUT object file.txt"] = [conflict]
    await uploaded(provider, b"text")
    assert store.objects == {"file.txt": b"text"}


async def test_over_plain_http_the_bytes_are_signed():
    store = Store()
    provider = await opened(store, url="http://127.0.0.1:9000", checksums=True)
    await uploaded(provider, b"text")
    sent = [r for r in store.requests if r.method == "PUT"][-1]
    assert sent.headers["x-amz-content-sha256"] == hashlib.sha256(b"text").hexdigest()
    assert "x-amz-checksum-sha256" in sent.headers


async def test_checksums_are_told_once_etags_are_known_to_be_the_md5():
    store = Store()
    store.put("theirs", b"x")
    provider = await opened(store)
    assert (await at(provider, "/theirs")).checksum is None
    assert (await uploaded(provider, b"text")).checksum is not None
    assert (await at(provider, "/theirs")).checksum is not None
    real, store._store = store._store, lambda *a: real(*a[:4], "0" * 32)  # type: ignore[method-assign,misc]
    await provider.upload(ROOT, "encrypted", BytesContent(b"secret"))
    assert (await at(provider, "/theirs")).checksum is None


@pytest.mark.parametrize("name", ["a_$folder$", ".cloudfs-folder", "", "a/b", "..", "\ud800"])
async def test_names_that_would_vanish_are_refused(name: str):
    provider = await opened(Store())
    with pytest.raises(InvalidName):
        await provider.upload(ROOT, name, BytesContent(b""))
    with pytest.raises(InvalidName):
        await provider.create_folder(ROOT, name)


async def test_a_path_that_is_too_long_is_refused():
    provider = await opened(Store(), prefix="p" * 900)
    with pytest.raises(NameTooLong):
        await provider.upload(ROOT, "n" * 200, BytesContent(b""))


# In parts -------------------------------------------------------------------------------------


def data_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


async def test_a_large_file_goes_in_parts():
    store = Store()
    provider = await opened(store, **SMALL)
    data = data_of(17 * MIB)
    transfer = Transfer()
    entry = await uploaded(provider, data, transfer=transfer)
    assert store.objects == {"file.txt": data}
    assert store.latest("file.txt").headers["content-type"] == "text/plain"
    assert (entry.size, transfer.sent, transfer.saved) == (len(data), len(data), None)
    assert entry.version.endswith("-3")
    assert entry.checksum is None
    assert store.uploads == {}


async def test_an_upload_goes_on_where_it_was(autojump_clock: object):
    store = Store()
    provider = await opened(store, **SMALL)
    data = data_of(17 * MIB)
    broken = [httpx.Response(500, content=error("InternalError")) for _ in range(5)]
    store.faults["PUT uploadId:2"] = broken
    transfer = Transfer()
    with pytest.raises(TransientError):
        await uploaded(provider, data, transfer=transfer)
    assert transfer.saved is not None
    arrived = {number for upload in store.uploads.values() for number in upload.parts}
    assert 2 not in arrived
    store.log.clear()
    again = await opened(store, **SMALL)
    await uploaded(again, data, transfer=Transfer(transfer.saved))
    assert store.objects == {"file.txt": data}
    assert store.count("POST uploads file.txt") == 0
    sent = [line for line in store.log if line.startswith("PUT uploadId:") and "file.txt" in line]
    assert len(sent) == 3 - len(arrived)


async def test_an_upload_that_the_store_dropped_begins_anew(autojump_clock: object):
    store = Store()
    provider = await opened(store, **SMALL)
    data = data_of(11 * MIB)
    store.faults["POST uploadId"] = [httpx.Response(503) for _ in range(5)]
    transfer = Transfer()
    with pytest.raises(TransientError):
        await uploaded(provider, data, transfer=transfer)
    store.uploads.clear()
    await uploaded(provider, data, transfer=transfer)
    assert store.objects == {"file.txt": data}


async def test_a_lost_answer_to_the_end_of_an_upload_is_looked_up(autojump_clock: object):
    store = Store()
    provider = await opened(store, **SMALL)
    await provider.upload(ROOT, "first", BytesContent(data_of(7 * MIB)))
    data = data_of(11 * MIB)
    store.lose = ["POST uploadId file.txt"]
    await uploaded(provider, data)
    assert store.objects["file.txt"] == data
    assert store.count("POST uploads file.txt") == 1


async def test_a_failure_after_status_200_is_a_failure(autojump_clock: object):
    store = Store()
    provider = await opened(store, **SMALL)
    late = httpx.Response(200, content=b"  \n " + error("InternalError"))
    store.faults["POST uploadId file.txt"] = [late]
    data = data_of(11 * MIB)
    await uploaded(provider, data)
    assert store.objects["file.txt"] == data


async def test_an_upload_that_lost_a_race_is_dropped(autojump_clock: object):
    store = Store()
    provider = await opened(store, **SMALL)
    conflict = httpx.Response(409, content=error("ConditionalRequestConflict"))
    store.faults["POST uploadId file.txt"] = [conflict]
    transfer = Transfer()
    with pytest.raises(TransientError):
        await uploaded(provider, data_of(11 * MIB), transfer=transfer)
    assert transfer.saved is None
    assert store.uploads == {}
    await uploaded(provider, data_of(11 * MIB), transfer=transfer)


@pytest.mark.parametrize("conditions", [True, False])
async def test_parts_are_not_joined_over_what_came_in_between(conditions: bool):
    store = Store(conditions=conditions)
    provider = await opened(store, **SMALL)
    old = await uploaded(provider, b"old")
    content_ = BytesContent(data_of(11 * MIB))
    store.put("new", b"theirs")
    with pytest.raises(AlreadyExists):
        await provider.upload(ROOT, "new", content_)
    real = store._of_upload

    def meanwhile(request: httpx.Request, *rest: object) -> httpx.Response:
        if request.method == "PUT":
            store.put("file.txt", b"theirs")
        return real(request, *rest)  # type: ignore[arg-type]

    store._of_upload = meanwhile  # type: ignore[method-assign,assignment]
    with pytest.raises(Changed):
        await uploaded(provider, data_of(11 * MIB), replacing=old)
    assert store.objects == {"new": b"theirs", "file.txt": b"theirs"}
    assert store.uploads == {}


@pytest.mark.parametrize("copies", [True, False])
async def test_what_is_unchanged_is_copied_by_the_store(copies: bool):
    store = Store()
    store.copies_parts = copies
    provider = await opened(store, **SMALL)
    data = data_of(30 * MIB)
    old = await uploaded(provider, data)
    changed = data[: 12 * MIB] + b"#" * 100 + data[12 * MIB + 100 :]
    ranges = [(0, 12 * MIB), (12 * MIB + 100, 30 * MIB)]
    source = BytesContent(changed, THEN + 1, based_on=(old.version, ranges))
    store.log.clear()
    await provider.upload(ROOT, "file.txt", source, replacing=old)
    assert store.objects["file.txt"] == changed
    sent = sum(stop - start for start, stop in source.reads) / 2  # hashed first, and then sent
    if copies:
        assert store.count("PUT uploadIdcopy:") > 1
        assert sent == 5 * MIB
    else:
        assert sent >= len(changed)  # what was read for a part that was not sent counts, too


async def test_old_uploads_in_parts_are_dropped_at_the_start():
    store = Store()
    provider = await opened(store, prefix="mine")
    for key, age in [("mine/old", 8), ("mine/new", 6), ("other/old", 8)]:
        store.uploads[key] = Upload(key, {}, time.time() - age * 86400)
    await provider.open()
    assert set(store.uploads) == {"mine/new", "other/old"}


async def test_an_upload_costs_few_requests():
    store = Store()
    provider = await opened(store)
    folder = await provider.create_folder(ROOT, "folder")
    await provider.upload(folder.id, "first", BytesContent(b"1"))
    store.log.clear()
    entry = await provider.upload(folder.id, "second", BytesContent(b"2"))
    assert store.log == ["GET list-type folder/second/", "PUT object folder/second"]
    store.log.clear()
    await provider.upload(folder.id, "second", BytesContent(b"3"), replacing=entry)
    assert store.log == ["HEAD object folder/second", "PUT object folder/second"]
    store.log.clear()
    assert set(await listing(provider, folder.id)) == {"first", "second"}
    assert store.log == ["GET list-type folder/"]
