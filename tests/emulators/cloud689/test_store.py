"""What the store knows for services with projects: teams' bins, batches, several of one name."""

from pathlib import Path

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.blobs import Blob
from cloudfs.emulators.store.tree import Node

MINUTE = 60.0


@pytest.fixture
def store(tmp_path: Path, clock: Clock):
    store = Store(tmp_path / "store", clock)
    store.accounts.add("team", "", account_id=1)
    yield store
    store.close()


def add_file(store: Store, parent: Node, name: str) -> Node:
    blob: Blob = store.blobs.keep_bytes(name.encode())
    node = store.tree.add_file(parent, name, author=1)
    return store.contents.write(node, blob, number=1, made=0, kind="", author=1)


def test_a_token_may_be_extended_and_is_known_when_it_is_over(store: Store, clock: Clock):
    token = store.tokens.issue(1, ttl=MINUTE).token
    clock.advance(MINUTE - 1)
    store.tokens.extend(token, MINUTE)
    clock.advance(MINUTE - 1)
    assert store.tokens.find(token) is not None
    clock.advance(1)
    assert store.tokens.find(token) is None
    found = store.tokens.look_up(token)
    assert found is not None
    assert found.account == 1
    assert store.tokens.look_up("unknown") is None


def test_a_bin_is_told_by_what_was_deleted_from(store: Store):
    tops = [store.tree.root(1, space) for space in ("a", "b")]
    with store.transaction():
        nodes = [add_file(store, top, "f") for top in tops]
        inside = add_file(store, store.tree.add_folder(tops[0], "d", author=1), "g")
        for node, top in zip(nodes, tops, strict=True):
            store.bin.put(node, "/f", by=1, scope=top.id)
    for node, top in zip(nodes, tops, strict=True):
        (item,) = store.bin.of_scope(top.id)
        assert item == store.bin.top(node.id)
        assert (item.node, item.parent) == (node.id, top.id)
    assert store.bin.top(inside.id) is None


def test_a_change_may_be_renewed(store: Store):
    numbers = [
        store.changes.add(1, stamp=store.accounts.stamp(1), kind=kind, actor=1, node=None, data={})
        for kind in ("first", "second")
    ]
    change = store.changes.get(numbers[0])
    assert change is not None
    store.changes.renew(change, stamp=store.accounts.stamp(1), data={"more": 1})
    assert [(one.kind, one.data) for one in store.changes.of(1)] == [
        ("first", {"more": 1}),
        ("second", {}),
    ]
    assert store.changes.get(99) is None


def test_links_and_records_are_found_for_many_at_once(store: Store):
    top = store.tree.root(1)
    with store.transaction():
        nodes = [store.tree.add_folder(top, name, author=1) for name in "abc"]
        for node in nodes:
            store.records.put("kind", str(node.id), 1, {"name": node.name})
            store.links.put(
                f"link-{node.name}",
                node,
                account=1,
                expires=None,
                password=None,
                most=None,
                upload=False,
                notify=False,
            )
    wanted = [nodes[2].id, nodes[0].id]
    assert [link.key for link in store.links.on(wanted)] == ["link-a", "link-c"]
    found = store.records.many("kind", [*map(str, wanted), "none"])
    assert {key: record.data["name"] for key, record in found.items()} == {
        str(nodes[2].id): "c",
        str(nodes[0].id): "a",
    }
    assert store.records.many("other", [str(wanted[0])]) == {}


def test_files_are_counted_and_several_may_have_one_name(store: Store):
    top = store.tree.root(1)
    with store.transaction():
        folder = store.tree.add_folder(top, "d", author=1)
        empty = store.tree.add_folder(top, "e", author=1)
        same = [add_file(store, folder, "same") for _ in range(3)]
        add_file(store, store.tree.add_folder(folder, "f", author=1), "deep")
    assert store.listings.files_below([top.id, folder.id, empty.id]) == {top.id: 4, folder.id: 4}
    assert [node.id for node in store.listings.named(folder.id, "same")] == [n.id for n in same]
    assert store.listings.named(folder.id, "SAME") == []
