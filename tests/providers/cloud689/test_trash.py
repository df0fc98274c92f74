"""The trash of all projects as one (reference 3.14)."""

import httpx
import pytest
import trio

from cloudfs.errors import AccessDenied, BadReply, NotFound, Unavailable
from cloudfs.model import Kind, TrashItem
from cloudfs.providers.cloud689 import Cloud689Provider
from tests.providers.cloud689.service import FakeCloud689
from tests.providers.cloud689.store import Node, forbidden
from tests.support import listing

Clock = trio.testing.MockClock
MILLISECOND = 1_000_000


async def removed(service: FakeCloud689, provider: Cloud689Provider, *paths: str) -> list[Node]:
    nodes = [service.store.at(path) for path in paths]
    for path in paths:
        await provider.remove(await service.entry(provider, path), recursive=True)
    return nodes


async def items(provider: Cloud689Provider) -> dict[str, TrashItem]:
    assert provider.trash is not None
    found = [item async for page in provider.trash.items() for item in page]
    names = {item.name: item for item in found}
    assert len(names) == len(found)
    return names


async def test_what_is_removed_is_told_with_place_and_time(service: FakeCloud689):
    service.store.add("a/b/file", b"text")
    service.store.add("tree/deep/file", b"x")
    provider = service.provider()
    file, _ = await removed(service, provider, "a/b/file", "tree")
    found = await items(provider)
    assert set(found) == {"file", "tree"}
    item = found["file"]
    assert (item.id, item.entry_id) == (service.id(file), service.id(file))
    assert (item.kind, item.size) == (Kind.FILE, 4)
    assert item.origin_parent_id == service.id(service.store.at("a/b"))
    assert item.origin_path == "/Plans/a/b/file"
    times = {e["file_ids"]: e["last_update"] for e in service.store.history if "file_ids" in e}
    assert item.deleted_ns == times[file.id] * MILLISECOND
    assert (found["tree"].kind, found["tree"].origin_path) == (Kind.FOLDER, "/Plans/tree")


async def test_the_trashes_of_all_projects_are_shown(service: FakeCloud689):
    other = service.store.add_project("Other")
    service.store.add("one", b"1")
    two = service.store.add("two", b"2", project=other)
    provider = service.provider()
    await removed(service, provider, "one")
    await provider.remove(await provider.stat(service.id(two)))
    assert {item.origin_path for item in (await items(provider)).values()} == {
        "/Plans/one",
        "/Other/two",
    }


async def test_a_process_that_has_seen_nothing_asks_for_the_place(service: FakeCloud689):
    service.store.add("a/b/file", b"text")
    await removed(service, service.provider(), "a/b/file")
    service.calls.clear()
    found = await items(service.provider())
    assert found["file"].origin_path == "/Plans/a/b/file"
    assert service.of("project/f/info")[0].fields["active"] == "false"


async def test_a_folder_whose_place_is_not_known_has_none_told(service: FakeCloud689):
    service.store.add("a/b/folder")
    await removed(service, service.provider(), "a/b/folder")
    found = await items(service.provider())
    assert found["folder"].origin_path is None
    assert found["folder"].origin_parent_id == service.id(service.store.at("a/b"))


@pytest.mark.parametrize("why", ["no right", "not logged"])
async def test_without_a_history_a_removal_is_dated_when_it_is_seen(
    service: FakeCloud689, why: str
):
    service.history_allowed = why != "no right"
    service.logs_deletions = False
    service.store.add("file", b"text")
    provider = service.provider()
    await removed(service, provider, "file")
    first = (await items(provider))["file"].deleted_ns
    assert first
    assert (await items(provider))["file"].deleted_ns == first


async def test_the_latest_of_two_removals_counts(service: FakeCloud689):
    service.store.add("file", b"text")
    provider = service.provider()
    assert provider.trash is not None
    for _ in range(2):
        await removed(service, provider, "file")
        item = (await items(provider))["file"]
        latest = service.store.history[0]["last_update"]
        assert item.deleted_ns == latest * MILLISECOND
        await provider.trash.restore(item)


async def test_a_long_history_is_read_in_pages_whatever_their_size(service: FakeCloud689):
    for number in range(7):
        service.store.add(f"f{number}", b"x")
    provider = service.provider(page_size=3)
    await removed(service, provider, *(f"f{number}" for number in range(7)))
    service.history_cap = 2  # fewer than were asked for
    times = {item.deleted_ns for item in (await items(provider)).values()}
    assert times == {event["last_update"] * MILLISECOND for event in service.store.history}


async def test_a_file_is_put_back_where_it_was(service: FakeCloud689):
    service.store.add("a/file", b"text")
    provider = service.provider()
    assert provider.trash is not None
    (file,) = await removed(service, provider, "a/file")
    item = (await items(provider))["file"]
    entry = await provider.trash.restore(item)
    assert (entry.id, entry.parent_id) == (service.id(file), service.id(service.store.at("a")))
    assert await items(provider) == {}
    assert service.of("project/f/restore")[0].fields["file_ids"] == file.id
    with pytest.raises(NotFound):
        await provider.trash.restore(item)


@pytest.mark.parametrize("kind", ["file", "folder"])
async def test_what_has_lost_its_folder_is_put_at_the_top(service: FakeCloud689, kind: str):
    service.store.add("a/thing", b"text" if kind == "file" else None)
    provider = service.provider()
    assert provider.trash is not None
    await removed(service, provider, "a/thing", "a")
    entry = await provider.trash.restore((await items(provider))["thing"])
    assert entry.parent_id == service.top()
    assert set(await listing(provider, service.top())) == {"thing"}


async def test_a_tree_is_put_back_whole(service: FakeCloud689):
    service.store.add("a/tree/deep/file", b"text")
    provider = service.provider()
    assert provider.trash is not None
    (tree,) = await removed(service, provider, "a/tree")
    entry = await provider.trash.restore((await items(provider))["tree"])
    assert (entry.id, entry.parent_id) == (service.id(tree), service.id(service.store.at("a")))
    assert service.store.at("a/tree/deep/file").data == b"text"


@pytest.mark.parametrize("kind", ["file", "folder"])
async def test_a_lost_answer_is_looked_behind(
    service: FakeCloud689, kind: str, autojump_clock: Clock
):
    service.store.add("thing", b"text" if kind == "file" else None)
    provider = service.provider()
    assert provider.trash is not None
    await removed(service, provider, "thing")
    item = (await items(provider))["thing"]
    service.lose_answer("project/f/restore")
    assert (await provider.trash.restore(item)).name == "thing"
    with pytest.raises(NotFound):
        await provider.trash.restore(item)


async def test_what_was_purged_during_a_lost_request_is_not_found(
    service: FakeCloud689, autojump_clock: Clock
):
    service.store.add("thing", b"text")
    provider = service.provider()
    assert provider.trash is not None
    (node,) = await removed(service, provider, "thing")
    item = (await items(provider))["thing"]
    service.break_before("project/f/restore")
    service.before["project/f/restore"] = lambda: service.store.purge(node)
    with pytest.raises(NotFound):
        await provider.trash.restore(item)


async def test_what_was_put_back_and_is_not_seen_may_be_moving(service: FakeCloud689):
    folder = service.store.add("folder")
    other = service.store.add("other")
    provider = service.provider()
    assert provider.trash is not None
    await removed(service, provider, "folder")
    item = (await items(provider))["folder"]
    service.before["project/f/browse"] = lambda: setattr(folder, "parent", other.id)
    with pytest.raises(Unavailable):
        await provider.trash.restore(item)


async def test_only_what_is_named_is_purged(service: FakeCloud689):
    for name in ("one", "two", "three/file"):
        service.store.add(name, b"x")
    provider = service.provider()
    assert provider.trash is not None
    await removed(service, provider, "one", "two", "three")
    found = await items(provider)
    await provider.trash.purge([found["one"], found["three"], found["one"]])
    assert set(await items(provider)) == {"two"}
    (call,) = service.of("project/f/deleteforever")
    assert call.fields["file_ids"] == found["one"].id.partition(":")[0]
    assert call.fields["folder_ids"] == found["three"].id.partition(":")[0]
    await provider.trash.purge([found["one"]])
    await provider.trash.purge([])
    assert set(await items(provider)) == {"two"}


async def test_one_that_is_gone_does_not_keep_the_others(service: FakeCloud689):
    """The service then does nothing at all (reference 3.14)."""
    for name in ("one", "two", "three"):
        service.store.add(name, b"x")
    provider = service.provider()
    assert provider.trash is not None
    nodes = await removed(service, provider, "one", "two", "three")
    found = await items(provider)
    service.store.purge(nodes[1])
    await provider.trash.purge(list(found.values()))
    assert service.store.nodes == {}


async def test_a_project_that_went_has_nothing_left_to_purge(service: FakeCloud689):
    service.store.delete(service.store.add("one", b"x"))
    provider = service.provider()
    assert provider.trash is not None
    item = (await items(provider))["one"]
    service.store.projects.clear()
    await provider.trash.purge([item])


async def test_a_large_trash_is_emptied_by_hundreds(service: FakeCloud689):
    for number in range(150):
        service.store.delete(service.store.add(f"f{number}", b"x"))
    kept = service.store.add("kept", b"x")
    provider = service.provider()
    assert provider.trash is not None
    await provider.trash.empty()
    counts = [
        len(call.fields["file_ids"].split(",")) for call in service.of("project/f/deleteforever")
    ]
    assert counts == [100, 50]
    assert list(service.store.nodes.values()) == [kept]
    await provider.trash.empty()


async def test_one_project_that_refuses_does_not_keep_the_others(service: FakeCloud689):
    other = service.store.add_project("Other")
    service.store.delete(service.store.add("one", b"x"))
    two = service.store.add("two", b"x", project=other)
    service.store.delete(two)
    provider = service.provider()
    assert provider.trash is not None
    service.fail("project/f/deleteforever", forbidden())
    with pytest.raises(AccessDenied):
        await provider.trash.empty()
    assert two.id not in service.store.nodes
    assert len(service.store.nodes) == 1


async def test_a_purge_that_is_always_refused_ends(service: FakeCloud689):
    """An entry that is listed in the trash and cannot be found there is a fault, not a loop."""
    node = service.store.add("one", b"x")
    service.store.delete(node)
    provider = service.provider()
    assert provider.trash is not None
    item = (await items(provider))["one"]
    answer = {"status_code": 404, "description": "File not found"}
    service.fail("project/f/deleteforever", httpx.Response(200, json=answer))
    with pytest.raises(BadReply):
        await provider.trash.purge([item])
    assert len(service.of("project/f/deleteforever")) == 1
    assert node.id in service.store.nodes
