"""Copies under a name of our choice (reference 3.11), undisturbed and cut short anywhere."""

from contextlib import suppress
from itertools import count

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    IsAFolder,
    NotFound,
    TransientError,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.podspace import PodspaceProvider
from tests.conftest import Announced
from tests.providers.podspace.service import FakePodspace

TARGETS = {
    "elsewhere": ("/b", "f.txt"),
    "elsewhere, another name": ("/b", "g.txt"),
    "beside": ("/a", "g.txt"),
}


async def opened(service: FakePodspace) -> tuple[PodspaceProvider, Entry]:
    service.add_folder("/a")
    service.add_folder("/b")
    service.add_file("/a/f.txt", b"text")
    provider = service.provider()
    await provider.open()
    entry = await provider.stat(EntryId(service.at("/a/f.txt").hash))
    service.calls.clear()
    return provider, entry


def data_of(service: FakePodspace) -> dict[str, bytes]:
    return {path: node.data for path, node in service.paths().items() if not node.folder}


@pytest.mark.parametrize("where", TARGETS)
async def test_a_copy_gets_the_wanted_place_and_name(service: FakePodspace, where: str):
    provider, entry = await opened(service)
    folder, name = TARGETS[where]
    folder_id = EntryId(service.at(folder).hash)
    copy = await provider.copy(entry, folder_id, name)
    assert (copy.name, copy.parent_id, copy.size, copy.version) == (name, folder_id, 4, "0")
    assert copy.id != entry.id
    assert data_of(service) == {"/a/f.txt": b"text", f"{folder}/{name}": b"text"}
    assert not any(".cloudfs-" in path for path in service.paths())
    assert service.bin == {}
    with pytest.raises(AlreadyExists):
        await provider.copy(entry, folder_id, name)


async def test_a_plain_copy_is_three_requests(service: FakePodspace):
    provider, entry = await opened(service)
    await provider.copy(entry, EntryId(service.at("/b").hash), "f.txt")
    assert service.asked() == ["entry.exist", "entry.copy", "entry.exist"]


async def test_a_copy_to_the_root_is_there(service: FakePodspace):
    provider, entry = await opened(service)
    assert (await provider.copy(entry, EntryId("ROOT"), "g")).parent_id == "ROOT"


async def test_a_folder_is_not_copied(service: FakePodspace):
    provider, _ = await opened(service)
    folder = await provider.stat(EntryId(service.at("/a").hash))
    with pytest.raises(IsAFolder):
        await provider.copy(folder, EntryId("ROOT"), "c")


async def test_what_is_gone_is_not_copied(service: FakePodspace):
    provider, entry = await opened(service)
    service.trash(entry.id)
    for folder, name in TARGETS.values():
        with pytest.raises(NotFound):
            await provider.copy(entry, EntryId(service.at(folder).hash), name)
    assert not any(".cloudfs-" in path for path in service.paths())


@pytest.mark.parametrize("where", TARGETS)
async def test_a_copy_that_is_reported_as_failed_is_explained(service: FakePodspace, where: str):
    provider, entry = await opened(service)
    service.failing.add(entry.id)
    folder, name = TARGETS[where]
    with pytest.raises(AccessDenied):
        await provider.copy(entry, EntryId(service.at(folder).hash), name)
    assert data_of(service) == {"/a/f.txt": b"text"}
    assert not any(".cloudfs-" in path for path in service.paths())


async def test_a_name_that_is_taken_meanwhile_is_refused(service: FakePodspace):
    provider, entry = await opened(service)
    service.before["entry.move"] = lambda: service.add_file("/a/g.txt", b"theirs")
    with pytest.raises(AlreadyExists):
        await provider.copy(entry, EntryId(service.at("/a").hash), "g.txt")
    assert data_of(service) == {"/a/f.txt": b"text", "/a/g.txt": b"theirs"}
    service.before["entry.copy"] = lambda: service.add_file("/b/f.txt", b"theirs")
    with pytest.raises(AlreadyExists):
        await provider.copy(entry, EntryId(service.at("/b").hash), "f.txt")


async def test_a_copy_that_is_gone_at_once_is_told(service: FakePodspace):
    provider, entry = await opened(service)
    service.fail("entry.copy", httpx.Response(200, json={"result": True}))
    with pytest.raises(NotFound):
        await provider.copy(entry, EntryId(service.at("/b").hash), "f.txt")


@pytest.mark.parametrize("where", TARGETS)
@pytest.mark.parametrize("fault", ["break", "down", "fail", "lose"])
@pytest.mark.parametrize("for_good", [False, True])
async def test_a_copy_cut_short_anywhere_can_be_repeated(
    where: str, fault: str, for_good: bool, announce: Announced, autojump_clock: object
):
    announce("could not be removed")
    for at in count():
        service = FakePodspace()
        provider, entry = await opened(service)
        folder, name = TARGETS[where]
        folder_id = EntryId(service.at(folder).hash)
        service.disturbed_by(
            lambda number, at=at: fault if number == at or (for_good and number > at) else "pass"
        )
        with suppress(TransientError):
            await provider.copy(entry, folder_id, name)
        service.disturb = None
        with suppress(AlreadyExists):
            await provider.copy(entry, folder_id, name)
        expected = {"/a/f.txt": b"text", f"{folder}/{name}": b"text"}
        assert data_of(service) == expected, f"request {at}"
        assert not any(".cloudfs-" in path for path in service.paths()), f"request {at}"
        if not service.was_disturbed:
            return
