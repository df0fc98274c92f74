"""Folders, moves, copies and removals."""

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AcrossDomains,
    AlreadyExists,
    Changed,
    CloudError,
    NotEmpty,
    NotFound,
    NotPermitted,
    TransientError,
    Unsupported,
)
from cloudfs.model import EntryId
from cloudfs.providers.s3 import copying
from tests.providers.s3.store import BUCKET, Store, at, error, opened
from tests.support import BytesContent, content, listing

ROOT = EntryId("/")


def denied() -> httpx.Response:
    return httpx.Response(403, content=error("AccessDenied"))


async def test_a_folder_is_marked_as_s3fs_does():
    store = Store()
    provider = await opened(store)
    await provider.create_folder(ROOT, "folder")
    assert store.markers == {"folder/"}
    assert store.latest("folder/").headers == {"content-type": "application/x-directory"}


async def test_a_folder_may_be_marked_by_a_hidden_object():
    store = Store()
    provider = await opened(store, dir_marker="placeholder")
    await provider.create_folder(ROOT, "folder")
    assert store.objects == {"folder/.cloudfs-folder": b""}
    assert await listing(provider, EntryId("/folder")) == {}


async def test_a_store_that_drops_the_slash_gets_hidden_objects():
    store = Store()
    real = store._store
    store._store = lambda bucket, key, *rest: real(bucket, key.rstrip("/"), *rest)  # type: ignore[method-assign]
    notes: dict[str, str] = {}
    provider = await opened(store, notes=notes)
    await provider.create_folder(ROOT, "folder")
    assert store.objects == {"folder/.cloudfs-folder": b""}
    store.log.clear()
    await provider.create_folder(ROOT, "again")
    assert store.count("PUT") == 1
    await provider.remove(await at(provider, "/folder"))
    await provider.remove(await at(provider, "/again"))
    assert store.keys[BUCKET] == {}


@pytest.mark.parametrize("many", [False, True])
async def test_a_folder_outlives_its_last_file(many: bool):
    store = Store()
    for key in ("a/b/one", "a/b/two", "c/one", "c/two"):
        store.put(key, b"x")
    provider = await opened(store)
    files = [await at(provider, path) for path in ("/a/b/one", "/a/b/two", "/c/one")]
    if many:
        assert list(await provider.remove_many(files)) == [None, None, None]
        assert store.count("POST delete") == 1
    else:
        for file in files:
            await provider.remove(file)
    assert store.objects == {"c/two": b"x"}
    assert store.markers == {"a/b/"}
    await provider.remove(await at(provider, "/a/b"))
    assert store.markers == {"a/"}


async def test_a_folder_that_is_not_empty_stays():
    store = Store()
    store.put("a/", b"")
    store.put("a/b/c", b"x")
    provider = await opened(store)
    with pytest.raises(NotEmpty):
        await provider.remove(await at(provider, "/a"))
    await provider.remove(await at(provider, "/a"), recursive=True)
    assert store.keys[BUCKET] == {}
    with pytest.raises(NotFound):
        await provider.remove(await_entry(provider, "/a"), recursive=True)


def await_entry(provider, path: str):
    return provider._looking.entries.folder(EntryId(path))


async def test_a_tree_goes_a_thousand_at_a_time():
    store = Store()
    for number in range(2345):
        store.put(f"a/{number:04}", b"")
    store.put("a/control\x01", b"")  # XML cannot name it
    provider = await opened(store)
    await provider.remove(await at(provider, "/a"), recursive=True)
    assert store.keys[BUCKET] == {}
    assert store.count("POST delete") == 3
    assert store.count("DELETE") == 1


async def test_what_could_not_be_removed_is_told():
    store = Store()
    for key in ("one", "two"):
        store.put(key, b"")
    provider = await opened(store)
    entries = [await at(provider, "/one"), await at(provider, "/two")]
    answer = b"<DeleteResult><Error><Key>two</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    store.faults["POST delete"] = [httpx.Response(200, content=answer)]
    one, two = await provider.remove_many(entries)
    assert one is None
    assert isinstance(two, AccessDenied)


async def test_a_file_that_changed_is_not_removed():
    store = Store()
    store.put("file", b"old")
    provider = await opened(store)
    entry = await at(provider, "/file")
    store.put("file", b"new")
    with pytest.raises(Changed):
        await provider.remove(entry)
    assert store.objects == {"file": b"new"}


# Moving ---------------------------------------------------------------------------------------


async def test_a_move_keeps_what_the_headers_say():
    store = Store()
    store.put("file", b"x", content_type="text/own", x_amz_meta_colour="blue",
              x_amz_storage_class="STANDARD_IA")  # fmt: skip
    provider = await opened(store)
    await provider.move(await at(provider, "/file"), ROOT, "moved")
    assert store.latest("moved").headers["x-amz-meta-colour"] == "blue"
    copy = next(r for r in store.requests if "x-amz-copy-source" in r.headers)
    assert copy.headers["x-amz-storage-class"] == "STANDARD_IA"
    assert "x-amz-copy-source-if-match" in copy.headers
    assert set(store.objects) == {"moved"}


async def test_nothing_is_deleted_before_the_copy_is_there():
    store = Store()
    store.put("file", b"x")
    provider = await opened(store)
    entry = await at(provider, "/file")
    store.faults["PUT copy"] = [denied()]
    with pytest.raises(AccessDenied):
        await provider.move(entry, ROOT, "moved")
    assert store.objects == {"file": b"x"}
    late = httpx.Response(200, content=error("AccessDenied"))
    store.faults["PUT copy"] = [late]
    with pytest.raises(AccessDenied):
        await provider.move(entry, ROOT, "moved")
    assert store.objects == {"file": b"x"}


async def test_a_move_cut_short_is_finished_by_a_repeat():
    store = Store()
    store.put("file", b"x")
    store.put("dated", b"y", x_amz_meta_mtime="5")
    provider = await opened(store)
    for name in ("file", "dated"):
        entry = await at(provider, f"/{name}")
        store.faults["DELETE"] = [denied()]
        with pytest.raises(AccessDenied):
            await provider.move(entry, ROOT, f"moved {name}")
        assert set(store.objects) > {name, f"moved {name}"}
        moved = await provider.move(entry, ROOT, f"moved {name}")
        assert await content(provider, moved)
        assert name not in store.objects


async def test_a_replacing_move_cut_short_is_finished_by_a_repeat():
    store = Store()
    store.put("new", b"new", x_amz_meta_mtime="5")
    store.put("doc", b"old")
    provider = await opened(store)
    new, doc = await at(provider, "/new"), await at(provider, "/doc")
    store.faults["DELETE"] = [denied()]
    with pytest.raises(AccessDenied):
        await provider.move(new, ROOT, "doc", replacing=doc)
    await provider.move(new, ROOT, "doc", replacing=doc)
    assert store.objects == {"doc": b"new"}
    other = await provider.upload(ROOT, "other", BytesContent(b"other"))
    with pytest.raises(Changed):
        await provider.move(other, ROOT, "doc", replacing=doc)
    assert store.objects == {"doc": b"new", "other": b"other"}


async def test_between_buckets_nothing_moves():
    store = Store()
    store.keys["other"] = {}
    store.put("file", b"x")
    provider = await opened(store, bucket="")
    with pytest.raises(AcrossDomains):
        await provider.move(await at(provider, "/bucket/file"), EntryId("/other"), "file")


async def test_a_folder_moves_only_if_that_is_wanted_and_it_is_small():
    store = Store()
    store.put("empty/", b"")
    for number in range(4):
        store.put(f"a/{number}", b"x")
    provider = await opened(store)
    assert not provider.capabilities.moves_folders
    with pytest.raises(AcrossDomains):
        await provider.move(await at(provider, "/a"), ROOT, "b")
    await provider.move(await at(provider, "/empty"), ROOT, "still empty")
    assert store.markers == {"still empty/"}
    provider = await opened(store, dir_rename=True, dir_rename_limit=3)
    assert provider.capabilities.moves_folders
    with pytest.raises(AcrossDomains):
        await provider.move(await at(provider, "/a"), ROOT, "b")
    provider = await opened(store, dir_rename=True, dir_rename_limit=4)
    await provider.move(await at(provider, "/a"), ROOT, "b")
    assert set(store.objects) == {f"b/{number}" for number in range(4)}
    assert store.count("PUT copy") == 4


async def test_a_folder_that_cannot_be_copied_stays_as_it_was():
    store = Store()
    for number in range(4):
        store.put(f"a/{number}", b"x")
    provider = await opened(store, dir_rename=True)
    store.faults["PUT copy b/3"] = [denied()]
    with pytest.raises(AccessDenied):
        await provider.move(await at(provider, "/a"), ROOT, "b")
    assert set(store.objects) == {f"a/{number}" for number in range(4)}


async def test_a_folder_that_was_copied_and_half_deleted_is_moved_by_a_repeat():
    store = Store()
    for number in range(4):
        store.put(f"a/{number}", b"x")
    provider = await opened(store, dir_rename=True)
    folder = await at(provider, "/a")
    store.faults["POST delete"] = [denied()]
    with pytest.raises(AccessDenied):
        await provider.move(folder, ROOT, "b")
    store.keys[BUCKET].pop("a/2")
    assert (await provider.move(folder, ROOT, "b")).name == "b"
    assert set(store.objects) == {f"b/{number}" for number in range(4)}


async def test_a_folder_does_not_move_over_another():
    store = Store()
    store.put("a/file", b"mine")
    store.put("b/file", b"theirs")
    store.put("c", b"file")
    provider = await opened(store, dir_rename=True)
    folder = await at(provider, "/a")
    with pytest.raises(AlreadyExists):
        await provider.move(folder, ROOT, "b")
    with pytest.raises(NotEmpty):
        await provider.move(folder, ROOT, "b", replacing=await at(provider, "/b"))
    with pytest.raises(AlreadyExists):
        await provider.move(folder, ROOT, "c")
    assert store.objects == {"a/file": b"mine", "b/file": b"theirs", "c": b"file"}


async def test_the_folder_that_a_file_leaves_stays():
    store = Store()
    store.put("a/file", b"x")
    store.put("b/", b"")
    provider = await opened(store)
    await provider.move(await at(provider, "/a/file"), EntryId("/b"), "file")
    assert store.markers == {"a/", "b/"}


# Copies and times -----------------------------------------------------------------------------


async def test_a_time_is_set_by_a_copy_onto_itself():
    store = Store()
    store.put("file", b"x", content_type="text/own", x_amz_meta_colour="blue")
    provider = await opened(store, mtime="meta")
    entry = await at(provider, "/file")
    entry = await provider.set_modified(entry, 1_500_000_000_000_000_000)
    assert entry.modified_ns == 1_500_000_000_000_000_000
    assert store.latest("file").headers == {
        "content-type": "text/own",
        "x-amz-meta-colour": "blue",
        "x-amz-meta-mtime": "1500000000",
    }
    copies = store.count("PUT copy")
    await provider.set_modified(entry, 1_500_000_000_000_000_000)
    assert store.count("PUT copy") == copies
    with pytest.raises(NotPermitted):
        await provider.set_modified(await provider.root(), 1)
    store.put("file", b"newer")
    with pytest.raises(Changed):
        await provider.set_modified(entry, 5)
    with pytest.raises(Unsupported):
        await (await opened(store)).set_modified(entry, 5)


async def test_what_is_too_large_for_one_copy_is_copied_in_parts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(copying, "LARGEST_PART", 6 << 20)
    monkeypatch.setattr(copying, "LARGE_COPIES", 5 << 20)
    store = Store()
    data = bytes(17 << 20)
    store.put("file", data, content_type="text/own", x_amz_meta_mtime="7")
    provider = await opened(store)
    entry = await at(provider, "/file")
    copy = await provider.copy(entry, ROOT, "copy")
    assert copy.size == len(data)
    assert store.objects == {"file": data, "copy": data}
    assert store.latest("copy").headers == store.latest("file").headers
    store.faults["PUT uploadIdcopy:2"] = [denied()]
    with pytest.raises(CloudError):
        await provider.copy(entry, ROOT, "another")
    assert store.uploads == {}


async def test_a_busy_store_is_asked_again(autojump_clock: object):
    store = Store()
    store.put("file", b"x")
    provider = await opened(store)
    entry = await at(provider, "/file")
    busy = httpx.Response(503, content=error("SlowDown"))
    late = httpx.Response(200, content=error("SlowDown"))
    store.faults["PUT copy"] = [busy, late]
    await provider.copy(entry, ROOT, "copy")
    assert store.objects == {"file": b"x", "copy": b"x"}
    store.faults["PUT copy"] = [httpx.Response(500, content=b"") for _ in range(9)]
    with pytest.raises(TransientError):
        await provider.copy(entry, ROOT, "second")


async def test_a_folder_that_was_half_copied_is_moved_by_a_repeat():
    store = Store()
    for number in range(4):
        store.put(f"a/{number}", f"{number}".encode())
    store.put("a/", b"")
    provider = await opened(store, dir_rename=True)
    folder = await at(provider, "/a")
    store.put("b/1", b"1")
    store.put("b/2", b"2")
    await provider.move(folder, ROOT, "b")
    assert store.objects == {f"b/{number}": f"{number}".encode() for number in range(4)}
    assert store.count("PUT copy") == 3


async def test_a_folder_on_a_store_that_encrypts_is_moved(monkeypatch: pytest.MonkeyPatch):
    store = Store()
    for number in range(3):
        store.put(f"a/{number}", b"x")
    real, ids = store._store, iter(range(100))

    def encrypted(bucket: str, key: str, data: bytes, headers: dict[str, str], *_: object):
        headers = {**headers, "x-amz-server-side-encryption-aws-kms-key-id": "k"}
        return real(bucket, key, data, headers, f"{next(ids):032}")

    monkeypatch.setattr(store, "_store", encrypted)
    provider = await opened(store, dir_rename=True)
    await provider.move(await at(provider, "/a"), ROOT, "b")
    assert set(store.objects) == {"b/0", "b/1", "b/2"}
    await provider.move(await at(provider, "/b/0"), ROOT, "moved")
    assert "moved" in store.objects
