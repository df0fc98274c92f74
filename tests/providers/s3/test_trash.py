import httpx
import pytest

from cloudfs.errors import AccessDenied, NotFound
from cloudfs.model import EntryId, Kind, TrashItem
from cloudfs.providers.s3.histories import in_order
from cloudfs.providers.s3.wire import Record
from tests.providers.s3.store import BUCKET, Store, at, opened
from tests.support import BytesContent, content, listing

ROOT = EntryId("/")


async def bin_of(provider) -> dict[str, TrashItem]:
    items = [item async for page in provider.trash.items() for item in page]
    return {str(item.origin_path): item for item in items}


@pytest.mark.parametrize("status", ["", "Suspended"])
async def test_only_a_versioned_bucket_has_a_bin(status: str):
    provider = await opened(Store(versioning=status))
    assert provider.trash is None
    assert provider.versions is None
    assert not provider.capabilities.keeps_versions


async def test_the_bin_is_there_before_the_store_is_asked():
    store = Store(versioning="Enabled")
    notes: dict[str, str] = {}
    first = await opened(store, notes=notes)
    assert first.trash is not None
    assert first.capabilities.keeps_versions
    assert (await opened(store, notes=notes)).trash is not None


async def test_what_was_deleted_in_one_go_is_one_item():
    store = Store(versioning="Enabled")
    for key in ("a/", "a/b/c", "a/b/d", "a/e", "kept/x", "kept/y"):
        store.put(key, key.encode())
    provider = await opened(store, max_keys=2)
    await provider.remove(await at(provider, "/a"), recursive=True)
    await provider.remove(await at(provider, "/kept/x"))
    items = await bin_of(provider)
    assert set(items) == {"/a", "/kept/x"}
    assert (items["/a"].kind, items["/a"].size) == (Kind.FOLDER, 15)
    assert items["/a"].deleted_ns == int(store.now) * 10**9
    restored = await provider.trash.restore(items["/a"])
    assert restored.is_folder
    assert set(store.objects) == {"a/b/c", "a/b/d", "a/e", "kept/y"}
    with pytest.raises(NotFound):
        await provider.trash.restore(items["/a"])


async def test_what_was_deleted_at_other_times_is_not():
    store = Store(versioning="Enabled")
    for key in ("a/b/c", "a/b/d", "a/e"):
        store.put(key, b"x")
    provider = await opened(store)
    for when, key in [(0, "a/b/c"), (8, "a/b/d"), (60, "a/e")]:
        store.now += when
        store._delete(BUCKET, key, None)
    items = await bin_of(provider)
    assert {path: item.kind for path, item in items.items()} == {
        "/a/b": Kind.FOLDER,
        "/a/e": Kind.FILE,
    }
    await provider.trash.purge([items["/a/b"]])
    assert set(store.keys[BUCKET]) == {"a/e"}
    await provider.trash.restore(items["/a/e"])
    assert set(store.objects) == {"a/e"}


async def test_what_is_there_again_is_not_in_the_bin():
    store = Store(versioning="Enabled")
    provider = await opened(store)
    await provider.remove(await provider.upload(ROOT, "file", BytesContent(b"one")))
    await provider.upload(ROOT, "file", BytesContent(b"two"))
    assert await bin_of(provider) == {}
    await provider.trash.empty()
    assert len(store.keys[BUCKET]["file"]) == 3


async def test_an_older_deletion_comes_back_as_a_copy():
    store = Store(versioning="Enabled")
    provider = await opened(store)
    for text in (b"first", b"second"):
        store.now += 100
        await provider.remove(await provider.upload(ROOT, "file", BytesContent(text)))
    items = [item async for page in provider.trash.items() for item in page]
    assert [item.size for item in items] == [6, 5]
    store.put("file", b"in the way")
    entry = await provider.trash.restore(items[1])
    assert entry.name == "file (2)"
    assert await content(provider, entry) == b"first"
    assert store.objects["file"] == b"in the way"


async def test_purging_one_of_two_namesakes_leaves_the_other():
    store = Store(versioning="Enabled")
    provider = await opened(store)
    for text in (b"first", b"second"):
        await provider.remove(await provider.upload(ROOT, "file", BytesContent(text)))
    items = [item async for page in provider.trash.items() for item in page]
    await provider.trash.purge([items[0]])
    (left,) = [item async for page in provider.trash.items() for item in page]
    assert left.size == 5
    assert store.objects == {}
    await provider.trash.purge([left, left])
    assert store.keys[BUCKET] == {}


async def test_a_move_leaves_nothing_in_the_bin():
    store = Store(versioning="Enabled")
    provider = await opened(store, dir_rename=True)
    file = await provider.upload(ROOT, "file", BytesContent(b"x"))
    await provider.upload(ROOT, "file2", BytesContent(b"x"))
    await provider.move(file, ROOT, "moved")
    folder = await provider.create_folder(ROOT, "folder")
    await provider.upload(folder.id, "inner", BytesContent(b"x"))
    await provider.move(folder, ROOT, "moved folder")
    assert await bin_of(provider) == {}
    assert set(store.keys[BUCKET]) == {
        "moved", "file2", "moved folder/", "moved folder/inner",
    }  # fmt: skip


async def test_a_move_of_a_file_with_a_history_keeps_that():
    store = Store(versioning="Enabled")
    store.put("file", b"old")
    store.put("file", b"new")
    provider = await opened(store)
    await provider.move(await at(provider, "/file"), ROOT, "moved")
    assert [version.data for version in store.keys[BUCKET]["file"]] == [b"old", b"new", b""]


async def test_what_is_removed_for_good_leaves_no_version():
    store = Store(versioning="Enabled")
    for text in (b"one", b"two"):
        for key in ("file", "file-2", "a/x", "a/gone"):
            store.put(key, text)
    store._delete(BUCKET, "a/gone", None)
    provider = await opened(store)
    await provider.remove(await at(provider, "/file"), permanently=True)
    await provider.remove(await at(provider, "/a"), recursive=True, permanently=True)
    assert set(store.keys[BUCKET]) == {"file-2", "a/gone"}
    assert list(await provider.remove_many([await at(provider, "/file-2")], permanently=True)) == [
        None
    ]
    assert set(await bin_of(provider)) == {"/a"}  # of which only that is left
    await provider.trash.empty()
    assert store.keys[BUCKET] == {}


async def test_a_locked_version_cannot_be_purged():
    store = Store(versioning="Enabled")
    provider = await opened(store)
    await provider.remove(await provider.upload(ROOT, "file", BytesContent(b"x")))
    locked = b"<DeleteResult><Error><Key>file</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    store.faults["POST delete"] = [httpx.Response(200, content=locked)]
    items = await bin_of(provider)
    with pytest.raises(AccessDenied):
        await provider.trash.purge(list(items.values()))


async def test_a_folder_and_a_file_of_one_name_are_told_apart():
    store = Store(versioning="Enabled")
    provider = await opened(store)
    await provider.remove(await provider.upload(ROOT, "a", BytesContent(b"file")))
    store.put("a/x", b"x")
    (item,) = (await bin_of(provider)).values()
    restored = await provider.trash.restore(item)
    assert restored.id == "object:/a"
    assert set(await listing(provider, ROOT)) == {"a", "a (object)"}


# Versions -------------------------------------------------------------------------------------


async def test_a_link_to_a_known_version_outlives_it():
    store = Store(versioning="Enabled")
    provider = await opened(store)
    old = await provider.upload(ROOT, "doc", BytesContent(b"old"))
    await provider.upload(ROOT, "doc", BytesContent(b"newer"), replacing=old)
    assert await content(provider, old) == b"old"


async def test_versions_of_a_file_are_not_those_of_its_neighbours():
    store = Store(versioning="Enabled")
    for key in ("doc", "doc-2", "doc"):
        store.now += 5
        store.put(key, key.encode())
    store._delete(BUCKET, "doc", None)
    store.put("doc", b"again")
    provider = await opened(store, max_keys=1)
    doc = await at(provider, "/doc")
    versions = await provider.versions.of(doc)
    assert [v.size for v in versions] == [5, 3, 3]
    assert versions[0].current
    restored = await provider.versions.restore(doc, versions[2].version)
    assert await content(provider, restored) == b"doc"
    count = len(store.keys[BUCKET]["doc"])
    current = (await provider.versions.of(restored))[0]
    assert (await provider.versions.restore(restored, current.version)).version == restored.version
    assert len(store.keys[BUCKET]["doc"]) == count
    with pytest.raises(NotFound):
        await provider.versions.download_link(doc, doc.version)


def record(name: str, when: int, *, latest: bool = False) -> Record:
    return Record(
        key="k", version_id=name, is_marker=name[0] == "m", is_latest=latest, modified_ns=when
    )


def test_a_list_in_which_markers_come_last_is_put_in_order():
    told = [record("v3", 9), record("v2", 9), record("v1", 1), record("m4", 9, latest=True),
            record("m2", 9), record("m1", 5)]  # fmt: skip
    names = [r.version_id for r in in_order(told)]
    assert names == ["m4", "v3", "m2", "v2", "m1", "v1"]


def test_a_list_that_is_in_order_stays_as_it_is():
    told = [record("v3", 9, latest=True), record("m2", 9), record("v1", 9), record("v0", 9)]
    assert in_order(told) == told
