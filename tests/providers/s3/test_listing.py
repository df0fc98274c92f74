import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.errors import BadReply, ConfigError, NotAFolder, NotFound, NotPermitted
from cloudfs.model import Entry, EntryId, Kind
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.listings import Sorted
from tests.providers.s3.store import Store, at, opened, provider_for
from tests.support import BytesContent, content, listing

ROOT = EntryId("/")


async def tree(provider, folder_id: EntryId = ROOT) -> dict[str, Entry]:
    entries = [e async for batch in provider.tree.below(folder_id) for e in batch]
    assert len({e.id for e in entries}) == len(entries)
    return {e.id: e for e in entries}


async def walked(provider, folder_id: EntryId = ROOT) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in (await listing(provider, folder_id)).values():
        found[entry.id] = entry
        if entry.is_folder:
            found |= await walked(provider, entry.id)
    return found


async def test_folders_are_where_keys_begin_with_them():
    store = Store()
    for key in ("a/b/file", "empty/", "top"):
        store.put(key, b"x")
    provider = await opened(store)
    entries = await listing(provider, ROOT)
    assert {name: e.kind for name, e in entries.items()} == {
        "a": Kind.FOLDER,
        "empty": Kind.FOLDER,
        "top": Kind.FILE,
    }
    assert await listing(provider, EntryId("/empty")) == {}
    assert (await provider.stat(EntryId("/a/b"))).is_folder
    with pytest.raises(NotFound):
        await provider.stat(EntryId("/a/bc"))
    with pytest.raises(NotFound):
        await listing(provider, EntryId("/a/bc"))
    with pytest.raises(NotAFolder):
        await listing(provider, EntryId("/top"))


@pytest.mark.parametrize("max_keys", [1, 2, 3, 1000])
async def test_a_folder_takes_the_name_from_an_object(max_keys: int):
    store = Store()
    for key in ("a", "a!", "a-1/x", "a.txt", "a/inner", "b/a", "b/a/x"):
        store.put(key, key.encode())
    provider = await opened(store, max_keys=max_keys)
    entries = await listing(provider, ROOT)
    assert set(entries) == {"a", "a (object)", "a!", "a-1", "a.txt", "b"}
    assert entries["a"].is_folder
    shadowed = entries["a (object)"]
    assert shadowed.parent_id == ROOT
    assert await content(provider, shadowed) == b"a"
    assert await provider.stat(shadowed.id) == await provider.find(ROOT, "a (object)")
    assert (await provider.stat(EntryId("/a"))).is_folder
    assert set(await listing(provider, EntryId("/b"))) == {"a", "a (object)"}
    replaced = await provider.upload(
        ROOT, "a (object)", BytesContent(b"new"), replacing=await provider.stat(shadowed.id)
    )
    assert replaced.id == shadowed.id
    assert store.objects["a"] == b"new"
    moved = await provider.move(replaced, ROOT, "free")
    assert await content(provider, moved) == b"new"
    assert set(await listing(provider, ROOT)) == {"a", "a!", "a-1", "a.txt", "b", "free"}


async def test_an_object_that_is_really_called_so_goes_before_one_that_is_shown_so():
    store = Store()
    for key in ("a", "a (object)", "a/x"):
        store.put(key, key.encode())
    provider = await opened(store)
    entries = await listing(provider, ROOT)
    assert entries["a (object)"].id == "/a (object)"


WEIRD = ["a//b", "a/./b", "a/../../b", "//", "/", ".", "..", "x/.", "a//", "a/b/..", "\n/ "]


async def test_weird_keys_are_left_out():
    store = Store()
    for key in [*WEIRD, "a/fine"]:
        store.put(key, key.encode())
    provider = await opened(store)
    assert set(await walked(provider)) == {"/a", "/a/fine", "/a/b", "/x", "/\n", "/\n/ "}
    assert await walked(provider) == await tree(provider)


@pytest.mark.parametrize("max_keys", [1, 3, 1000])
async def test_weird_keys_can_be_shown_and_not_changed(max_keys: int):
    store = Store()
    for key in WEIRD:
        store.put(key, key.encode())
    provider = await opened(store, weird_keys="show", max_keys=max_keys)
    found = await walked(provider)
    files = {i: e for i, e in found.items() if not e.is_folder}
    assert sorted([await content(provider, e) for e in files.values()]) == sorted(
        key.encode() for key in WEIRD
    )
    for entry in files.values():
        assert "/" not in entry.name
        assert entry.name not in {"", ".", ".."}
        assert await provider.stat(entry.id) == entry
        assert (await provider.find(entry.parent_id, entry.name)).id == entry.id
        if entry.id != "/\n/ ":
            assert not entry.writable
            with pytest.raises(NotPermitted):
                await provider.remove(entry)
            with pytest.raises(NotPermitted):
                await provider.move(entry, ROOT, "tame")
            with pytest.raises(NotPermitted):
                await provider.upload(ROOT, "tame", BytesContent(b""), replacing=entry)
    assert await tree(provider) == found


async def test_what_marks_folders_for_others_is_left_out():
    store = Store()
    for key in ("a/", "a/.cloudfs-folder", "b_$folder$", ".cloudfs-probe-1234"):
        store.put(key, b"")
    provider = await opened(store)
    assert set(await listing(provider, ROOT)) == {"a"}
    assert await listing(provider, EntryId("/a")) == {}
    await provider.remove(await at(provider, "/a"))
    assert store.markers == set()


KEYS = st.lists(
    st.lists(st.sampled_from(["a", "a-", "a/", "b", "ü", "/", ".", "%", "+"]), min_size=1).map(
        "".join
    ),
    max_size=12,
)


@given(keys=KEYS, page=st.integers(1, 5))
def test_a_listing_is_told_in_an_order_that_knows_folders_first(keys: list[str], page: int):
    names = sorted(set(keys))
    order, told = Sorted(), []
    for start in range(0, len(names), page):
        objects = tuple(
            wire.Listed(key=key, size=0, etag="") for key in names[start : start + page]
        )
        told += list(order.page(wire.Listing(objects=objects)))
    told += list(order.rest())
    assert sorted(one.key for one in told) == names
    for one in told:
        if not one.key.endswith("/"):
            inside = any(name.startswith(f"{one.key}/") for name in names)
            assert one.behind_folder == inside


@pytest.mark.parametrize("max_keys", [1, 2, 1000])
@pytest.mark.parametrize("prefix", ["", "home/of me"])
async def test_a_tree_is_what_a_walk_finds(prefix: str, max_keys: int):
    store = Store()
    below = f"{prefix}/" if prefix else ""
    for key in ("d/", "d/a", "d/a-b/c", "d/a/x/y", "e", "e-", "e/f/g", "z/", "d/a/x/z/"):
        store.put(below + key, key.encode())
    store.put("home/elsewhere", b"")
    provider = await opened(store, prefix=prefix, max_keys=max_keys)
    found = await tree(provider)
    assert found == await walked(provider)
    assert "object:/d/a" in found
    assert set(await tree(provider, EntryId("/d/a"))) == {
        "/d/a/x",
        "/d/a/x/y",
        "/d/a/x/z",
    }


async def test_times_of_the_metadata_cost_a_request_each():
    store = Store()
    store.put("rclone", b"", x_amz_meta_mtime="1600000000.5")
    store.put("s3fs", b"", x_amz_meta_mtime="1500000000", x_amz_meta_mode="33188")
    store.put("google", b"", x_amz_meta_goog_reserved_file_mtime="1400000000")
    store.put("nonsense", b"", x_amz_meta_mtime="yesterday")
    plain = await opened(store)
    uploaded = int(store.now) * 10**9
    assert {e.modified_ns for e in (await listing(plain, ROOT)).values()} == {uploaded}
    assert store.count("HEAD") == 0
    assert (await plain.stat(EntryId("/rclone"))).modified_ns == uploaded
    provider = await opened(store, mtime="meta")
    entries = await listing(provider, ROOT)
    assert {name: e.modified_ns for name, e in entries.items()} == {
        "rclone": 1_600_000_000_500_000_000,
        "s3fs": 1_500_000_000_000_000_000,
        "google": 1_400_000_000_000_000_000,
        "nonsense": uploaded,
    }
    assert entries["s3fs"].extra["mode"] == "33188"


async def test_without_a_bucket_the_top_lists_them():
    store = Store()
    store.keys["other"] = {}
    provider = await opened(store, bucket="")
    entries = await listing(provider, ROOT)
    assert set(entries) == {"bucket", "other"}
    assert all(entry.is_folder for entry in entries.values())
    folder = entries["bucket"]
    with pytest.raises(NotPermitted):
        await provider.create_folder(ROOT, "third")
    with pytest.raises(NotPermitted):
        await provider.upload(ROOT, "file", BytesContent(b""))
    with pytest.raises(NotPermitted):
        await provider.remove(folder, recursive=True)
    with pytest.raises(NotPermitted):
        await provider.move(folder, ROOT, "renamed")
    entry = await provider.upload(folder.id, "file", BytesContent(b"text"))
    assert (entry.id, entry.parent_id) == ("/bucket/file", "/bucket")
    assert await content(provider, entry) == b"text"
    assert provider.domain(entry.id) == "bucket"
    assert provider.domain(EntryId("/other/x")) == "other"
    assert await provider.stat(folder.id) == folder
    assert await listing(provider, EntryId("/other")) == {}
    with pytest.raises(NotFound):
        await listing(provider, EntryId("/third"))
    with pytest.raises(NotFound):
        await provider.create_folder(EntryId("/third"), "x")
    assert set(await tree(provider)) == {"/bucket", "/other", "/bucket/file"}
    assert provider.trash is None


async def test_a_bucket_that_is_not_there_is_a_mistake_in_the_settings():
    with pytest.raises(ConfigError, match="no bucket gone"):
        await opened(Store(), bucket="gone")


async def test_empty_pages_are_no_end():
    store = Store()
    store.put("a/x", b"")
    provider = await opened(store)
    more = (
        b"<ListBucketResult><IsTruncated>true</IsTruncated>"
        b"<NextContinuationToken>0</NextContinuationToken></ListBucketResult>"
    )
    store.faults["GET list-type"] = [httpx.Response(200, content=more)]
    assert set(await listing(provider, EntryId("/a"))) == {"x"}
    store.faults["GET list-type"] = [httpx.Response(200, content=more)]
    assert (await provider.stat(EntryId("/a"))).is_folder


async def test_a_listing_that_never_ends_is_nonsense():
    def answer(_: httpx.Request) -> httpx.Response:
        more = (
            b"<ListBucketResult><IsTruncated>true</IsTruncated>"
            b"<NextContinuationToken>same</NextContinuationToken></ListBucketResult>"
        )
        return httpx.Response(200, content=more)

    with pytest.raises(BadReply):
        await listing(provider_for(answer), ROOT)
