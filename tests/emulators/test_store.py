import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloudike.emulator import CloudikeEmulator
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.blobs import Blob, read
from cloudfs.emulators.store.tree import Node, Order


@pytest.fixture
def store(tmp_path: Path, clock: Clock):
    store = Store(tmp_path / "root", clock)
    yield store
    store.close()


@pytest.fixture
def root(store: Store) -> Node:
    with store.transaction():
        account = store.accounts.add("email:a@example.com", "secret")
        return store.tree.root(account.id)


def put(store: Store, parent: Node, name: str, data: bytes) -> Node:
    node = store.tree.child(parent.id, name)
    if node is None:
        node = store.tree.add_file(parent, name, author=parent.owner)
    blob = store.blobs.keep_bytes(data)
    made = store.accounts.stamp(parent.owner)
    return store.contents.write(
        node, blob, number=made, made=made, kind="created", author=parent.owner
    )


def blob_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "root").glob("blobs/*/*") if path.is_file()]


def test_a_file_is_found_by_name_with_what_its_version_says(store: Store, root: Node):
    with store.transaction():
        node = put(store, root, "a.txt", b"hello")
    found = store.tree.child(root.id, "a.txt")
    assert found == node
    assert found.size == 5
    assert found.digest == "5d41402abc4b2a76b9719d911017c592"
    assert store.blobs.path(store.blobs.get(found.blob or 0)).read_bytes() == b"hello"


def test_a_transaction_that_fails_leaves_nothing(store: Store, root: Node):
    def work() -> None:
        with store.transaction():
            put(store, root, "a.txt", b"hello")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        work()
    assert store.tree.children(root.id) == []


def test_a_transaction_inside_another_belongs_to_the_outer(store: Store, root: Node):
    def work() -> None:
        with store.transaction():
            with store.transaction():
                put(store, root, "a.txt", b"hello")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        work()
    assert store.tree.children(root.id) == []


def test_a_transaction_inside_another_may_fail_alone(store: Store, root: Node, tmp_path: Path):
    with store.transaction():
        gone = put(store, root, "a.txt", b"hello")
        with suppress(ValueError), store.transaction():
            store.tree.remove(gone)
            put(store, root, "b.txt", b"other")
            raise ValueError("stop")
    assert [node.name for node in store.tree.children(root.id)] == ["a.txt"]
    assert store.blobs.path(store.blobs.get(gone.blob or 0)).read_bytes() == b"hello"


def test_names_are_sorted_by_their_bytes(store: Store, root: Node):
    names = ["b", "B", "é", "a", "😀", "\uffff", "Z"]
    with store.transaction():
        for name in names:
            store.tree.add_folder(root, name, author=root.owner)
    found = [node.name for node in store.tree.children(root.id)]
    assert found == sorted(names, key=str.encode)


def test_children_come_in_parts(store: Store, root: Node, clock: Clock):
    with store.transaction():
        for name in "cab":
            clock.advance(1)
            store.tree.add_folder(root, name, author=root.owner)
        put(store, root, "file", b"")
    tree = store.tree
    assert [n.name for n in tree.children(root.id, offset=1, limit=2)] == ["b", "c"]
    newest = tree.children(root.id, order=Order.MODIFIED, descending=True, folders_only=True)
    assert [n.name for n in newest] == ["b", "a", "c"]
    assert tree.count_children(root.id) == 4
    assert tree.count_children(root.id, folders_only=True) == 3


def test_names_may_be_compared_without_case(tmp_path: Path, clock: Clock):
    store = Store(tmp_path / "other", clock, key_of_name=str.casefold)
    with store.transaction():
        root = store.tree.root(store.accounts.add("a", "b").id)
        made = store.tree.add_folder(root, "Straße", author=root.owner)
    assert store.tree.child(root.id, "STRASSE") == made
    store.close()


def test_two_children_may_have_one_name(store: Store, root: Node):
    with store.transaction():
        first = store.tree.add_folder(root, "same", author=root.owner)
        store.tree.add_folder(root, "same", author=root.owner)
    assert store.tree.count_children(root.id) == 2
    assert store.tree.child(root.id, "same") == first


def test_a_moved_tree_goes_to_the_owner_of_its_new_place(store: Store, root: Node):
    with store.transaction():
        other = store.tree.root(store.accounts.add("b", "b").id)
        folder = store.tree.add_folder(root, "f", author=root.owner)
        put(store, folder, "a", b"12345")
        store.tree.move(folder, other)
    assert store.accounts.live_bytes(root.owner) == 0
    assert store.accounts.live_bytes(other.owner) == 5
    assert [n.name for n in store.tree.below(folder.id)] == ["f", "a"]
    assert [n.name for n in store.tree.above(store.tree.below(folder.id)[1].id)] == ["a", "f", ""]


def test_equal_contents_are_stored_once(store: Store, root: Node, tmp_path: Path):
    with store.transaction():
        put(store, root, "a", b"same")
        put(store, root, "b", b"same")
    assert len(blob_files(tmp_path)) == 1


def test_a_content_goes_with_its_last_version(store: Store, root: Node, tmp_path: Path):
    with store.transaction():
        first = put(store, root, "a", b"same")
        second = put(store, root, "b", b"same")
    with store.transaction():
        store.tree.remove(first)
    assert len(blob_files(tmp_path)) == 1
    assert store.blobs.find(second.digest or "", 4) is not None
    with store.transaction():
        store.tree.remove(second)
    assert blob_files(tmp_path) == []
    assert store.blobs.find(second.digest or "", 4) is None


def test_a_content_in_history_or_in_the_bin_stays(store: Store, root: Node, tmp_path: Path):
    with store.transaction():
        node = put(store, root, "a", b"old")
        node = put(store, root, "a", b"new!")
        store.bin.put(node, "/a", by=root.owner)
    assert len(blob_files(tmp_path)) == 2
    assert store.accounts.usage(root.owner).live == 0
    assert store.accounts.usage(root.owner).history == 7
    with store.transaction():
        store.bin.purge(store.bin.items(root.owner)[0])
    assert blob_files(tmp_path) == []


def test_the_space_in_use_is_the_size_of_the_live_files(store: Store, root: Node):
    def used() -> int:
        return store.accounts.live_bytes(root.owner)

    with store.transaction():
        folder = store.tree.add_folder(root, "f", author=root.owner)
        put(store, folder, "a", b"12345")
        put(store, folder, "b", b"123")
        assert used() == 8
        put(store, folder, "a", b"1")
        assert used() == 4
        item = store.bin.put(folder, "/f", by=root.owner)
        assert used() == 0
        folder = store.bin.restore(item, root, "f")
        assert used() == 4
        store.tree.remove(folder)
        assert used() == 0


def test_an_upload_keeps_its_content_but_does_not_count_as_a_file(
    store: Store, root: Node, tmp_path: Path
):
    with store.transaction():
        upload = store.uploads.begin("u", root.owner, expires=2**60, data={})
        blob = store.blobs.keep_bytes(b"part")
        store.uploads.put(upload, 1, blob)
    assert store.blobs.find(blob.digest, blob.size) is None
    assert len(blob_files(tmp_path)) == 1
    with store.transaction():
        store.uploads.put(upload, 1, store.blobs.keep_bytes(b"again"))
    assert [b.size for _, b in store.uploads.parts(upload)] == [5]
    assert len(blob_files(tmp_path)) == 1
    with store.transaction():
        store.uploads.end(upload)
    assert blob_files(tmp_path) == []


def test_uploads_that_are_long_over_are_forgotten(store: Store, root: Node, clock: Clock):
    with store.transaction():
        store.uploads.begin("old", root.owner, expires=clock.now_ms(), data={})
    clock.advance(24 * 3600 + 1)
    with store.transaction():
        store.uploads.begin("new", root.owner, expires=clock.now_ms(), data={})
    assert store.uploads.get("old") is None
    assert store.uploads.get("new") is not None


def test_a_deleted_tree_is_one_item_and_comes_back_whole(store: Store, root: Node):
    with store.transaction():
        folder = store.tree.add_folder(root, "f", author=root.owner)
        put(store, folder, "a", b"12345")
        before = store.bin.stamp(root.owner)
        item = store.bin.put(folder, "/f", by=root.owner)
    assert store.tree.children(root.id) == []
    assert store.bin.items(root.owner) == [item]
    assert store.accounts.live_bytes(root.owner) == 0
    assert store.bin.stamp(root.owner) != before
    with store.transaction():
        store.bin.restore(item, root, "g")
    assert [n.name for n in store.tree.below(folder.id)] == ["g", "a"]
    assert store.accounts.live_bytes(root.owner) == 5
    assert store.bin.items(root.owner) == []


def test_stamps_grow_while_the_clock_stands(store: Store, root: Node):
    with store.transaction():
        stamps = [store.accounts.stamp(root.owner) for _ in range(3)]
    assert stamps == sorted(set(stamps))


def test_every_listing_that_shows_a_change_gets_another_stamp(store: Store, root: Node):
    def stamps() -> list[int]:
        return [store.tree.get(node.id).stamp for node in (root, folder, other)]

    with store.transaction():
        folder = store.tree.add_folder(root, "f", author=root.owner)
        other = store.tree.root(store.accounts.add("b", "b").id)
        store.tree.add_mount(other, "m", folder)
        before = stamps()
        put(store, folder, "a", b"")
    assert all(new != old for new, old in zip(stamps(), before, strict=True))


def test_old_versions_are_kept_in_order(store: Store, root: Node):
    with store.transaction():
        for data in (b"1", b"22", b"333"):
            node = put(store, root, "a", data)
    history = store.contents.history(node)
    assert [v.size for v in history] == [3, 2, 1]
    assert store.contents.numbered(node, history[1].number) == history[1]
    with store.transaction():
        renewed = store.contents.begin_anew(node, number=7, made=7, kind="created")
    assert [v.number for v in store.contents.history(renewed)] == [7]
    assert renewed.size == 3


def test_records_are_due_and_expire(store: Store, root: Node, clock: Clock):
    soon = clock.now_ms() + 1000
    with store.transaction():
        store.records.put("task", "a", root.owner, {"n": 1}, due=soon, expires=soon + 1000)
    assert store.records.due("task") == []
    clock.advance(1)
    assert [r.data for r in store.records.due("task")] == [{"n": 1}]
    clock.advance(1)
    assert store.records.get("task", "a") is None


def test_an_expired_token_is_unknown(store: Store, root: Node, clock: Clock):
    with store.transaction():
        short = store.tokens.issue(root.owner, ttl=60)
        forever = store.tokens.issue(root.owner, ttl=None)
    clock.advance(60)
    assert store.tokens.find(short.token) is None
    assert store.tokens.find(forever.token) == forever
    with store.transaction():
        assert store.tokens.revoke(forever.token)
        assert not store.tokens.revoke(forever.token)


def test_a_login_belongs_to_one_account(store: Store, root: Node):
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.accounts.add("email:a@example.com", "other")


def test_a_store_belongs_to_one_process_at_a_time(store: Store, tmp_path: Path, clock: Clock):
    with pytest.raises(RuntimeError, match="another emulator"):
        Store(tmp_path / "root", clock)


def test_another_format_is_refused(store: Store, tmp_path: Path, clock: Clock):
    store.close()
    with sqlite3.connect(tmp_path / "root" / "cloud.sqlite") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(ValueError, match="format 99"):
        Store(tmp_path / "root", clock)


async def test_content_streams_in_and_out(store: Store, root: Node, tmp_path: Path):
    data = os.urandom(3_000_000)
    async with store.blobs.receive() as incoming:
        for at in range(0, len(data), 70_000):
            await incoming.write(data[at : at + 70_000])
        await incoming.flush()
        with store.transaction():
            blob = store.blobs.keep(incoming)
            upload = store.uploads.begin("u", root.owner, expires=2**60, data={})
            store.uploads.put(upload, 1, blob)
    async with aclosing(read(store.blobs.path(blob), 5, 2_500_000)) as pieces:
        assert b"".join([piece async for piece in pieces]) == data[5:2_500_000]
    assert list((tmp_path / "root" / "incoming").iterdir()) == []


async def test_content_that_is_not_kept_leaves_nothing(store: Store, tmp_path: Path):
    async def receive() -> None:
        async with store.blobs.receive() as incoming:
            await incoming.write(b"x" * 2_000_000)
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        await receive()
    assert list((tmp_path / "root" / "incoming").iterdir()) == []
    assert blob_files(tmp_path) == []


async def test_parts_are_joined(store: Store):
    with store.transaction():
        parts: list[Blob] = [store.blobs.keep_bytes(data) for data in (b"ab", b"cd", b"e")]
    async with store.blobs.receive() as whole:
        await store.blobs.join(parts, whole)
        with store.transaction():
            blob = store.blobs.keep(whole)
            assert store.blobs.path(blob).read_bytes() == b"abcde"


def test_a_restart_clears_what_a_kill_left(store: Store, root: Node, tmp_path: Path, clock: Clock):
    with store.transaction():
        put(store, root, "a", b"kept")
    store.close()
    folder = tmp_path / "root"
    (folder / "incoming" / "half").write_bytes(b"hal")
    (folder / "blobs" / "00").mkdir()
    (folder / "blobs" / "00" / "0000-4").write_bytes(b"lost")
    again = Store(folder, clock)
    assert [path.read_bytes() for path in blob_files(tmp_path)] == [b"kept"]
    assert list((folder / "incoming").iterdir()) == []
    assert [n.name for n in again.tree.children(root.id)] == ["a"]
    again.close()


KILLED = """
import os, sys
from pathlib import Path
from cloudfs.emulators.cloudike.emulator import CloudikeEmulator
emulator = CloudikeEmulator(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    emulator.write(f"/{number % 7}", os.urandom(1000) + str(number).encode())
    print(number, flush=True)
"""


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_done(tmp_path: Path):
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "cloud")], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    done = [int(writer.stdout.readline()) for _ in range(40)]
    writer.send_signal(signal.SIGKILL)
    done += [int(line) for line in writer.stdout.read().splitlines()]
    writer.wait()
    writer.stdout.close()
    emulator = CloudikeEmulator(tmp_path / "cloud")
    numbers = {int(data[1000:]) for data in emulator.tree().values() if data is not None}
    assert len(numbers) == 7
    assert max(numbers) in {done[-1], done[-1] + 1}
    assert min(numbers) >= max(numbers) - 6
    emulator.close()
