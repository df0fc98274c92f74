from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from cloudfs.database import open_database
from cloudfs.model import Checksum, Entry, EntryId, Kind, ListingTag, Version
from cloudfs.tree.codec import entry_from_record, entry_from_values, entry_record, entry_values
from cloudfs.tree.metadata import FORMAT, SCHEMA, Metadata, Remembered

DOCS = EntryId("docs")
FULL = Entry(
    id=EntryId("F"),
    parent_id=DOCS,
    name="日本 \ud800\n.txt",
    kind=Kind.FILE,
    size=1 << 50,
    version=Version("v1"),
    modified_ns=1_700_000_000_123_456_789,
    created_ns=0,
    mime="text/plain",
    checksum=Checksum("sha1", "00ff"),
    writable=False,
    tag=ListingTag("t"),
    extra={"owner": "alice"},
)
PLAIN = Entry(id=EntryId("P"), parent_id=DOCS, name="", kind=Kind.FOLDER)


@pytest.mark.parametrize("entry", [FULL, PLAIN, replace(PLAIN, parent_id=None)])
def test_an_entry_comes_back_as_it_was(entry: Entry):
    assert entry_from_record(entry.id, entry.parent_id, entry_record(entry)) == entry
    assert entry_from_values(entry_values(entry)) == entry


def test_no_entry_comes_back_as_none():
    assert entry_from_values(entry_values(None)) is None


@asynccontextmanager
async def opened(path: Path):
    async with trio.open_nursery() as nursery:
        database = await open_database(nursery, path / "cache", SCHEMA, version=FORMAT)
        yield Metadata(database)
        await database.aclose()


@pytest.fixture
async def metadata(tmp_path: Path):
    async with opened(tmp_path) as metadata:
        yield metadata


def child(name: str, folder_id: str = DOCS, kind: Kind = Kind.FILE) -> Entry:
    path = f"{folder_id}/{name}"
    return Entry(id=EntryId(path), parent_id=EntryId(folder_id), name=name, kind=kind)


def same(found: Remembered | None, entries: Sequence[Entry]) -> bool:
    return found is not None and sorted(e.id for e in found.entries) == sorted(
        e.id for e in entries
    )


async def loaded(metadata: Metadata, folder_id: EntryId) -> Remembered | None:
    return (await metadata.load(folder_id)).get(folder_id)


async def all_of(metadata: Metadata, *folders: EntryId) -> list[Remembered]:
    found = [await loaded(metadata, folder) for folder in folders]
    return [remembered for remembered in found if remembered is not None]


async def test_a_listing_is_remembered_over_a_restart(tmp_path: Path):
    async with opened(tmp_path) as metadata:
        metadata.save(DOCS, [FULL, PLAIN], ListingTag("t1"))
    async with opened(tmp_path) as metadata:
        found = await loaded(metadata, DOCS)
    assert found is not None
    assert set(map(entry_record, found.entries)) == {entry_record(FULL), entry_record(PLAIN)}
    assert {e.parent_id for e in found.entries} == {DOCS}
    assert found.tag == "t1"
    assert found.in_doubt


async def test_an_empty_folder_is_remembered_and_is_not_an_unknown_one(metadata: Metadata):
    metadata.save(DOCS, [], None)
    found = await loaded(metadata, DOCS)
    assert found is not None
    assert (found.entries, found.tag) == ((), None)
    assert await loaded(metadata, EntryId("unknown")) is None


async def test_a_newer_listing_takes_the_place_of_the_older(metadata: Metadata):
    a, b = child("a"), child("b")
    metadata.save(DOCS, [a, b], ListingTag("t1"))
    metadata.save(DOCS, [b], ListingTag("t2"))
    found = await loaded(metadata, DOCS)
    assert found is not None
    assert (found.entries, found.tag) == ((b,), "t2")


async def test_an_entry_is_in_the_folder_that_listed_it_last(metadata: Metadata):
    a = child("a")
    other = EntryId("other")
    metadata.save(DOCS, [a], None)
    metadata.save(other, [replace(a, parent_id=other)], None)
    assert same(await loaded(metadata, DOCS), [])
    assert same(await loaded(metadata, other), [a])


async def test_a_listing_that_still_holds_has_the_time_and_tag_of_now(metadata: Metadata):
    metadata.save(DOCS, [child("a")], ListingTag("t1"))
    before = await loaded(metadata, DOCS)
    metadata.confirm(DOCS, ListingTag("t2"))
    metadata.confirm(EntryId("unknown"), ListingTag("t2"))
    found = await loaded(metadata, DOCS)
    assert found is not None
    assert before is not None
    assert (found.entries, found.tag) == (before.entries, "t2")
    assert found.in_doubt
    assert await loaded(metadata, EntryId("unknown")) is None


async def test_what_the_feed_watches_over_is_not_in_doubt_until_it_tells_of_a_change(
    metadata: Metadata,
):
    other = EntryId("other")
    metadata.save(DOCS, [child("a")], ListingTag("t1"), in_doubt=False)
    metadata.save(other, [], None, in_doubt=False)
    metadata.doubt({DOCS})
    assert [f.in_doubt for f in await all_of(metadata, DOCS, other)] == [True, False]
    metadata.confirm(DOCS, ListingTag("t1"), in_doubt=False)
    assert [f.in_doubt for f in await all_of(metadata, DOCS, other)] == [False, False]
    metadata.doubt_all()
    assert [f.in_doubt for f in await all_of(metadata, DOCS, other)] == [True, True]


async def test_the_place_in_the_feed_is_remembered(tmp_path: Path):
    async with opened(tmp_path) as metadata:
        assert await metadata.cursor() is None
        metadata.keep_cursor("1")
        metadata.keep_cursor("2")
    async with opened(tmp_path) as metadata:
        assert await metadata.cursor() == "2"


async def test_what_is_made_or_changed_here_belongs_to_the_listing(metadata: Metadata):
    a, b = child("a"), child("b")
    metadata.save(DOCS, [a], None)
    metadata.put(b)
    metadata.put(replace(a, size=9))
    found = await loaded(metadata, DOCS)
    assert same(found, [a, b])
    assert found is not None
    assert {e.name: e.size for e in found.entries} == {"a": 9, "b": 0}


async def test_what_is_put_into_an_unknown_folder_does_not_make_it_known(metadata: Metadata):
    metadata.put(child("a"))
    assert await loaded(metadata, DOCS) is None


async def test_what_is_removed_is_gone_with_its_own_listing(metadata: Metadata):
    inner = child("inner", kind=Kind.FOLDER)
    metadata.save(DOCS, [inner, child("a")], None)
    metadata.save(inner.id, [], None)
    metadata.remove(inner.id)
    assert same(await loaded(metadata, DOCS), [child("a")])
    assert await loaded(metadata, inner.id) is None


async def test_a_forgotten_listing_is_asked_for_again(metadata: Metadata):
    metadata.save(DOCS, [child("a")], None)
    metadata.forget(DOCS)
    assert await loaded(metadata, DOCS) is None


async def test_where_ids_are_paths_all_below_a_moved_folder_follow(metadata: Metadata):
    inner = child("inner", kind=Kind.FOLDER)
    a = child("a", inner.id)
    beside = Entry(id=EntryId("docs2"), parent_id=EntryId("root"), name="docs2", kind=Kind.FOLDER)
    docs = Entry(id=DOCS, parent_id=EntryId("root"), name="docs", kind=Kind.FOLDER)
    metadata.save(EntryId("root"), [docs, beside], None)
    metadata.save(DOCS, [inner], ListingTag("t1"))
    metadata.save(inner.id, [a], ListingTag("t2"))
    metadata.save(beside.id, [child("b", "docs2")], ListingTag("t3"))
    metadata.rebase(DOCS, EntryId("x/papers"))
    ids = ("x/papers", "x/papers/inner", "docs2", "root")
    found = [await loaded(metadata, EntryId(id_)) for id_ in ids]
    below = [[e.id for e in f.entries] if f is not None else None for f in found]
    assert below[:3] == [["x/papers/inner"], ["x/papers/inner/a"], ["docs2/b"]]
    assert sorted(below[3] or []) == ["docs2", "x/papers"]
    assert await loaded(metadata, DOCS) is None
    assert await loaded(metadata, inner.id) is None


async def test_a_rebase_onto_what_is_remembered_takes_its_place(metadata: Metadata):
    metadata.save(EntryId("old"), [child("a", "old")], ListingTag("t1"))
    metadata.save(EntryId("new"), [child("a", "new")], ListingTag("t2"))
    metadata.rebase(EntryId("old"), EntryId("new"))
    found = await loaded(metadata, EntryId("new"))
    assert found is not None
    assert ([e.id for e in found.entries], found.tag) == (["new/a"], "t1")
