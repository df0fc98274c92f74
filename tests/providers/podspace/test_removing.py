"""Deleting, one by one and in batches; the bin (reference 3.12 to 3.16)."""

from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    IsAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    TransientError,
)
from cloudfs.model import Entry, EntryId, TrashItem
from cloudfs.providers.podspace import PodspaceProvider
from tests.providers.podspace.service import FakePodspace
from tests.providers.podspace.store import ROOT_HASH


async def opened(service: FakePodspace, *paths: str) -> tuple[PodspaceProvider, list[Entry]]:
    """A client, and the entries at *paths*; what is asked from now on is kept."""
    provider = service.provider()
    entries = [await provider.stat(EntryId(service.at(path).hash)) for path in paths]
    service.calls.clear()
    return provider, entries


async def in_bin(provider: PodspaceProvider) -> list[TrashItem]:
    return [item async for page in provider.trash.items() for item in page]


async def test_a_file_goes_into_the_bin_by_one_request(service: FakePodspace):
    service.add_file("/f", b"x")
    provider, (entry,) = await opened(service, "f")
    await provider.remove(entry)
    assert service.asked() == ["entry.trash"]
    assert [node.name for node in service.trashed()] == ["f"]


async def test_a_file_goes_for_ever_by_two(service: FakePodspace):
    service.add_file("/f", b"x")
    provider, (entry,) = await opened(service, "f")
    await provider.remove(entry, permanently=True)
    assert service.asked() == ["entry.trash", "trash.wipe"]
    assert service.bin == {}


async def test_nothing_affected_means_that_it_is_not_there(service: FakePodspace):
    service.add_file("/f", b"x")
    provider, (entry,) = await opened(service, "f")
    service.trash(entry.id)
    with pytest.raises(NotFound):
        await provider.remove(entry)


async def test_nothing_affected_is_a_denial_if_it_is_there_all_the_same(service: FakePodspace):
    service.add_file("/f", b"x").level = "EDIT"
    provider, (entry,) = await opened(service, "f")
    with pytest.raises(AccessDenied):
        await provider.remove(entry)
    assert "/f" in service.paths()


async def test_a_repeated_removal_for_ever_finishes_what_the_bin_still_has(service: FakePodspace):
    service.add_file("/f", b"x")
    provider, (entry,) = await opened(service, "f")
    for _ in range(5):
        service.fail("trash.wipe", httpx.Response(500, json={"errorCode": 101}))
    with pytest.raises(Exception, match="wipe"):
        await provider.remove(entry, permanently=True)
    service.faults.clear()
    await provider.remove(entry, permanently=True)
    assert service.bin == {}
    with pytest.raises(NotFound):
        await provider.remove(entry, permanently=True)


@pytest.mark.parametrize("permanently", [False, True])
async def test_a_removal_whose_answer_is_lost_is_a_success(
    service: FakePodspace, permanently: bool, autojump_clock: object
):
    service.add_file("/f", b"x")
    provider, (entry,) = await opened(service, "f")
    service.lose_answer("entry.trash")
    service.lose_answer("trash.wipe")
    await provider.remove(entry, permanently=permanently)
    assert service.paths() == {}
    assert bool(service.bin) is not permanently


async def test_a_failure_of_the_service_is_tried_again(
    service: FakePodspace, autojump_clock: object
):
    service.add_file("/f", b"x")
    provider, (entry,) = await opened(service, "f")
    service.fail("entry.trash", httpx.Response(500, json={"errorCode": 201}))
    await provider.remove(entry)
    assert service.asked() == ["entry.trash", "entry.trash"]


async def test_a_folder_with_children_stays_unless_that_is_wanted(service: FakePodspace):
    service.add_folder("/d")
    service.add_file("/d/f")
    provider, (folder,) = await opened(service, "d")
    with pytest.raises(NotEmpty):
        await provider.remove(folder)
    assert service.asked() == ["folder.list"]
    assert service.calls[0].query["size"] == "1"
    await provider.remove(folder, recursive=True)
    assert service.asked() == ["folder.list", "entry.trash"]


async def test_an_empty_folder_goes(service: FakePodspace):
    service.add_folder("/d")
    provider, (folder,) = await opened(service, "d")
    await provider.remove(folder)
    assert service.paths() == {}


async def test_the_root_is_never_removed(service: FakePodspace):
    provider = service.provider()
    root = await provider.root()
    with pytest.raises(NotPermitted):
        await provider.remove(root, recursive=True)
    with pytest.raises(NotPermitted):
        await provider.remove_many([root])
    assert service.asked() == ["folder.list"]


# Batches --------------------------------------------------------------------------------------


async def many(service: FakePodspace, count: int) -> tuple[PodspaceProvider, list[Entry]]:
    paths = [f"/f{number:03}" for number in range(count)]
    for path in paths:
        service.add_file(path, b"x")
    return await opened(service, *paths)


async def test_files_go_by_one_request_for_fifty(service: FakePodspace):
    provider, entries = await many(service, 60)
    assert await provider.remove_many(entries) == [None] * 60
    assert service.asked() == ["batch", "batch"]
    assert len(service.trashed()) == 60


async def test_files_go_for_ever_in_batches(service: FakePodspace):
    provider, entries = await many(service, 3)
    assert await provider.remove_many(entries, permanently=True) == [None] * 3
    assert service.asked() == ["batch", "batch"]
    assert service.bin == {}


async def test_what_a_batch_leaves_is_explained_one_by_one(service: FakePodspace):
    provider, entries = await many(service, 4)
    service.trash(entries[1].id)
    service.nodes[entries[2].id].level = "EDIT"
    outcomes = await provider.remove_many(entries)
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        NotFound,
        AccessDenied,
        type(None),
    ]
    assert service.asked()[:1] == ["batch"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(405),
        httpx.Response(200, text="what?"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"status": 200}),
    ],
)
async def test_without_batches_files_go_one_by_one(service: FakePodspace, answer: httpx.Response):
    provider, entries = await many(service, 3)
    service.fail("batch", answer)
    assert await provider.remove_many(entries) == [None] * 3
    assert service.paths() == {}


async def test_a_service_without_batches_is_not_asked_again(service: FakePodspace):
    service.offers_batch = False
    provider, entries = await many(service, 4)
    await provider.remove_many(entries[:2])
    await provider.remove_many(entries[2:])
    assert service.asked().count("batch") == 1
    assert service.paths() == {}


async def test_results_may_come_under_the_name_of_the_envelope(service: FakePodspace):
    provider, entries = await many(service, 2)
    rows = [{"payload": e.id, "status": 200, "body": '{"status":200,"result":1}'} for e in entries]
    service.fail("batch", httpx.Response(200, json={"result": rows}))
    assert await provider.remove_many(entries) == [None, None]
    assert service.asked() == ["batch"]


async def test_a_batch_whose_answer_is_lost_has_removed_its_files(
    service: FakePodspace, autojump_clock: object
):
    provider, entries = await many(service, 3)
    service.lose_answer("batch")
    assert await provider.remove_many(entries) == [None] * 3
    assert len(service.trashed()) == 3


async def test_tokens_that_end_within_a_batch_do_not_end_it(service: FakePodspace):
    provider, entries = await many(service, 8)
    service.tokens["9c1e"] = 0
    service.token_uses = 3
    assert await provider.remove_many(entries) == [None] * 8
    assert service.paths() == {}


async def test_one_file_needs_no_batch(service: FakePodspace):
    provider, entries = await many(service, 1)
    await provider.remove_many(entries)
    assert service.asked() == ["entry.trash"]
    assert await provider.remove_many([]) == []


async def test_folders_are_not_removed_in_batches(service: FakePodspace):
    service.add_folder("/d")
    provider, entries = await opened(service, "d")
    with pytest.raises(IsAFolder):
        await provider.remove_many(entries)
    assert service.calls == []


# The bin ----------------------------------------------------------------------------------------


async def test_the_bin_tells_where_things_were(service: FakePodspace):
    service.add_folder("/d")
    service.add_file("/d/a.txt", b"text")
    service.add_file("/b", b"x")
    provider, (inner, outer) = await opened(service, "d/a.txt", "b")
    await provider.remove(inner)
    await provider.remove(outer)
    first, second = await in_bin(provider)
    assert (first.id, first.entry_id, first.name, first.size) == (inner.id, inner.id, "a.txt", 4)
    assert first.origin_parent_id == inner.parent_id
    assert second.origin_parent_id == "ROOT"
    assert first.deleted_ns is None


async def test_the_bin_is_listed_by_pages_that_may_shift(service: FakePodspace):
    _, entries = await many(service, 7)
    for entry in entries:
        service.trash(entry.id)
    client = service.provider(page_size=3)
    assert len(await in_bin(client)) == 7
    service.calls.clear()
    found: list[TrashItem] = []
    async for page in client.trash.items():
        if not found:
            service.wipe(page[0].id)
        found += page
    names = [item.name for item in found]
    assert len(set(names)) == len(names) == 7, "each was told once, also the one that went"


async def test_what_is_restored_is_told_where_it_is(service: FakePodspace):
    service.add_file("/f", b"old")
    provider, (entry,) = await opened(service, "f")
    await provider.remove(entry)
    service.add_file("/f", b"new")
    (item,) = await in_bin(provider)
    restored = await provider.trash.restore(item)
    assert (restored.id, restored.name, restored.parent_id) == (entry.id, "f (1)", "ROOT")
    with pytest.raises(NotFound):
        await provider.trash.restore(item)


async def test_what_lost_its_folder_comes_back_to_the_root(service: FakePodspace):
    service.add_folder("/d")
    service.add_file("/d/f", b"x")
    provider, (folder, file) = await opened(service, "d", "d/f")
    await provider.remove(file)
    await provider.remove(folder, recursive=True)
    item = next(item for item in await in_bin(provider) if item.name == "f")
    assert (await provider.trash.restore(item)).parent_id == "ROOT"


async def test_a_restoration_whose_answer_is_lost_is_a_success(
    service: FakePodspace, autojump_clock: object
):
    service.add_file("/f", b"x")
    provider, (entry,) = await opened(service, "f")
    await provider.remove(entry)
    (item,) = await in_bin(provider)
    service.lose_answer("trash.restore")
    assert (await provider.trash.restore(item)).id == entry.id


async def test_only_what_is_named_is_purged(service: FakePodspace):
    provider, entries = await many(service, 3)
    for entry in entries:
        await provider.remove(entry)
    items = await in_bin(provider)
    service.calls.clear()
    await provider.trash.purge([items[0], items[2], items[0]])
    assert service.asked() == ["batch"]
    assert [node.name for node in service.trashed()] == ["f001"]
    await provider.trash.purge([items[0]])
    await provider.trash.purge([])
    assert [node.name for node in service.trashed()] == ["f001"]


async def test_nothing_named_never_empties_the_bin(service: FakePodspace):
    provider, entries = await many(service, 2)
    for entry in entries:
        await provider.remove(entry)
    (item, *_) = await in_bin(provider)
    with pytest.raises(Exception, match="nothing is named"):
        await provider.trash.purge([replace(item, id="")])
    assert len(service.trashed()) == 2


async def test_a_failed_purge_is_told(service: FakePodspace):
    provider, entries = await many(service, 1)
    await provider.remove(entries[0])
    items = await in_bin(provider)
    service.fail("trash.wipe", httpx.Response(403, json={"errorCode": 4}))
    with pytest.raises(AccessDenied):
        await provider.trash.purge(items)


async def test_the_bin_is_emptied(service: FakePodspace):
    provider, entries = await many(service, 2)
    for entry in entries:
        await provider.remove(entry)
    await provider.trash.empty()
    await provider.trash.empty()
    assert service.bin == {}


@pytest.mark.parametrize("permanently", [False, True])
@pytest.mark.parametrize("fault", ["break", "down", "fail", "lose"])
@pytest.mark.parametrize("at", range(4))
async def test_a_removal_cut_short_anywhere_can_be_repeated(
    service: FakePodspace, at: int, fault: str, permanently: bool, autojump_clock: object
):
    """From request *at* on nothing works; then all is well again."""
    service.add_folder("/d")
    provider, (entry,) = await opened(service, "d")
    service.disturbed_by(lambda number: "pass" if number < at else fault)
    with suppress(TransientError):
        await provider.remove(entry, permanently=permanently)
    service.disturb = None
    with suppress(NotFound):  # it may have gone all the same
        await provider.remove(entry, permanently=permanently)
    assert service.paths() == {}
    if permanently:
        assert service.bin == {}
    assert ROOT_HASH in service.nodes
