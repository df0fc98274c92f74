"""Access to single entries, as the store keeps it; and what goes with the entries it is to."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store import Store


@pytest.fixture
def store(tmp_path, clock: Clock):
    store = Store(tmp_path, clock)
    with store.transaction():
        store.accounts.add("sara", "x", account_id=1)
        store.accounts.add("ali", "x", account_id=2)
    yield store
    store.close()


def test_a_grant_ends_with_its_time_or_with_its_node(store: Store, clock: Clock):
    with store.transaction():
        node = store.tree.add_folder(store.tree.root(1), "a", author=1)
        soon = clock.now_ms() + 1000
        ali = store.grants.add(node, giver=1, member=2, level="VIEW", expires=soon)
        everybody = store.grants.add(node, giver=1, member=None, level="VIEW", expires=None)
    assert store.grants.on([node.id]) == [ali, everybody]
    assert store.grants.to(2) == [ali]
    clock.advance(1)
    assert store.grants.on([node.id]) == [everybody]
    assert store.grants.to(2) == []
    assert store.grants.get(ali.id) is None
    with store.transaction():
        store.tree.remove(node)
    assert store.grants.get(everybody.id) is None


def test_a_password_is_kept_until_the_grant_is_taken_back(store: Store, clock: Clock):
    with store.transaction():
        grant = store.grants.add(
            store.tree.root(1), giver=1, member=None, level="VIEW", expires=None
        )
        clock.advance(1)
        store.grants.set_password(grant, "secret")
    found = store.grants.get(grant.id)
    assert found is not None
    assert (found.password, found.updated) == ("secret", grant.created + 1000)
    with store.transaction():
        store.grants.remove(grant)
    assert store.grants.get(grant.id) is None


def test_a_tree_is_removed_with_its_root(store: Store):
    with store.transaction():
        other = store.tree.root(1, "other")
        file = store.tree.add_file(other, "f", author=1)
        blob = store.blobs.keep_bytes(b"content")
        store.contents.write(file, blob, number=0, made=0, kind="", author=1)
    place = store.blobs.path(blob)
    assert place.exists()
    with store.transaction():
        store.tree.remove_root(1, "other")
    assert store.tree.find(other.id) is None
    assert store.tree.find(file.id) is None
    assert not place.exists()
    assert store.tree.root(1, "other").id != other.id


def test_only_the_newest_versions_are_kept_and_counted(store: Store):
    with store.transaction():
        file = store.tree.add_file(store.tree.root(1), "f", author=1)
        for number in range(5):
            blob = store.blobs.keep_bytes(bytes(number))
            file = store.contents.write(file, blob, number=number, made=number, kind="", author=1)
        assert store.contents.bytes_below(store.tree.root(1)) == 10
        store.contents.keep_newest(file, 2)
        assert [version.number for version in store.contents.history(file)] == [4, 3]
        assert store.contents.bytes_below(store.tree.root(1)) == 7
        store.contents.keep_newest(file, 0)
        assert [version.number for version in store.contents.history(file)] == [4]
