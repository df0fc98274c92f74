import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudfs.content.drafts import Draft, Snapshot, files_of, remove_strays, reopen
from cloudfs.model import Entry, EntryId, Kind, Version
from tests.trio_run import run

SIZE = 40


class BytesBase:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.version = Version("v1")
        self.entry = Entry(
            id=EntryId("f"), parent_id=None, name="f", kind=Kind.FILE, size=self.size
        )
        self.reads: list[tuple[int, int]] = []

    async def read(self, start: int, stop: int) -> bytes:
        self.reads.append((start, stop))
        return self.data[start:stop]

    def close(self) -> None:
        pass


STEP = st.one_of(
    st.tuples(st.just("write"), st.integers(0, SIZE), st.binary(min_size=1, max_size=12)),
    st.tuples(st.just("truncate"), st.integers(0, SIZE)),
    st.tuples(st.just("seal")),
    st.tuples(st.just("compact")),
    st.tuples(st.just("crash")),
    st.tuples(st.just("snapshot")),
)


def written(content: bytes, offset: int, data: bytes) -> bytes:
    content = content.ljust(offset, b"\0")
    return content[:offset] + data + content[offset + len(data) :]


def check_unchanged(snapshot: Snapshot, base: bytes | None, kept: bytes) -> None:
    for start, stop in snapshot.unchanged(Version("v1")):
        assert base is not None
        assert kept[start:stop] == base[start:stop]
        assert start < stop <= len(kept)
    assert not snapshot.unchanged(Version("v2"))


@settings(max_examples=300, deadline=None)
@given(base=st.one_of(st.none(), st.binary(max_size=SIZE)), steps=st.lists(STEP, max_size=25))
def test_a_draft_is_like_a_file_and_a_crash_leaves_what_was_sealed(
    base, steps, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("drafts")

    async def play() -> None:
        source = None if base is None else BytesBase(base)
        draft = Draft(folder, "d", base=source, modified_ns=0)
        content = sealed = base or b""
        record = draft.record()
        snapshots = []
        for what, *args in steps:
            if what == "write":
                offset, data = args
                await draft.write(offset, data, 1)
                content = written(content, offset, data)
            elif what == "truncate":
                await draft.truncate(args[0], 1)
                content = content[: args[0]].ljust(args[0], b"\0")
            elif what == "seal":
                await draft.seal()
                record, sealed = draft.record(), content
                draft.recorded()
            elif what == "compact":
                if await draft.compact():
                    record = draft.record()
                    draft.recorded()
            elif what == "snapshot":
                snapshots.append((draft.snapshot(), sealed))
            elif what == "crash" and not snapshots:
                draft.close()
                remove_strays(folder, files_of(record))
                draft = reopen(folder, record, base=source)
                content = sealed
            assert draft.size == len(content)
            assert await draft.read(0, SIZE * 3) == content
            assert await draft.read(3, 7) == content[3:7]
            for snapshot, kept in snapshots:
                assert b"".join([p async for p in snapshot.read(0, snapshot.size)]) == kept
                check_unchanged(snapshot, base, kept)
        for snapshot, _ in snapshots:
            snapshot.release()
        draft.discard()
        assert list(folder.iterdir()) == []

    run(play)


async def test_a_compaction_cut_short_changes_nothing(tmp_path: Path):
    draft = Draft(tmp_path, "d", base=None, modified_ns=0)
    await draft.write(0, b"old old old", 1)
    await draft.seal()
    await draft.write(4, b"NEW", 2)
    await draft.seal()
    record = draft.record()
    lower, upper = draft._sealed
    lower.copy_from(upper)  # and no record is written after that
    draft.close()
    again = reopen(tmp_path, record, base=None)
    assert await again.read(0, 100) == b"old NEW old"
    again.discard()


async def test_a_snapshot_knows_its_checksum(tmp_path: Path):
    draft = Draft(tmp_path, "d", base=BytesBase(b"hello world"), modified_ns=0)
    await draft.write(0, b"HELLO", 1)
    await draft.seal()
    snapshot = draft.snapshot()
    checksum = await snapshot.checksum("md5")
    assert checksum.digest == hashlib.md5(b"HELLO world").hexdigest()
    snapshot.release()
    draft.discard()


async def test_a_snapshot_tells_what_is_as_it_was(tmp_path: Path):
    base = BytesBase(b"x" * 1000)
    draft = Draft(tmp_path, "d", base=base, modified_ns=0)
    await draft.write(100, b"y" * 50, 1)
    await draft.seal()
    await draft.write(140, b"z" * 60, 2)
    await draft.seal()
    await draft.write(1000, b"more", 3)
    await draft.seal()
    snapshot = draft.snapshot()
    assert snapshot.unchanged(Version("v1")) == [(0, 100), (200, 1000)]
    assert snapshot.unchanged(Version("v2")) == []
    snapshot.release()
    await draft.truncate(300, 4)
    await draft.truncate(900, 5)
    await draft.seal()
    snapshot = draft.snapshot()
    assert snapshot.unchanged(Version("v1")) == [(0, 100), (200, 300)]
    snapshot.release()
    assert base.reads == []
    draft.discard()


async def test_a_new_file_has_nothing_that_is_as_it_was(tmp_path: Path):
    draft = Draft(tmp_path, "d", base=None, modified_ns=0)
    await draft.write(0, b"new", 1)
    await draft.seal()
    snapshot = draft.snapshot()
    assert snapshot.unchanged(Version("v1")) == []
    snapshot.release()
    draft.discard()


async def test_unneeded_parts_of_the_base_are_not_read(tmp_path: Path):
    base = BytesBase(b"x" * 1000)
    draft = Draft(tmp_path, "d", base=base, modified_ns=0)
    await draft.write(100, b"y" * 50, 1)
    assert await draft.read(110, 120) == b"y" * 10
    assert base.reads == []
    await draft.truncate(0, 2)
    assert await draft.read(0, 10) == b""
    await draft.truncate(300, 3)
    assert await draft.read(0, 300) == bytes(300)
    assert base.reads == []
    draft.discard()


async def test_a_missing_layer_is_noticed(tmp_path: Path):
    draft = Draft(tmp_path, "d", base=None, modified_ns=0)
    await draft.write(0, b"x", 1)
    await draft.seal()
    record = draft.record()
    draft.discard()
    with pytest.raises(FileNotFoundError, match="missing"):
        reopen(tmp_path, record, base=None)
