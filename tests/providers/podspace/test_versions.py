"""The contents a file has had (reference 3.18)."""

import httpx
import pytest

from cloudfs.errors import IsAFolder, NotFound
from cloudfs.model import Entry, EntryId, Version
from cloudfs.providers.podspace import PodspaceProvider
from tests.providers.podspace.service import FakePodspace
from tests.providers.podspace.store import Node
from tests.support import content, fetched


async def opened(service: FakePodspace, *data: bytes) -> tuple[PodspaceProvider, Entry, Node]:
    node = service.add_file("/f", data[0])
    for more in data[1:]:
        service.write(node, more)
    provider = service.provider()
    await provider.open()
    entry = await provider.stat(EntryId(node.hash))
    service.calls.clear()
    return provider, entry, node


async def test_a_file_that_was_never_replaced_has_one_version(service: FakePodspace):
    provider, entry, _ = await opened(service, b"one")
    (version,) = await provider.versions.of(entry)
    assert (version.version, version.size, version.current) == ("0", 3, True)
    assert version.modified_ns == entry.modified_ns
    link = await provider.versions.download_link(entry, version.version)
    assert await fetched(provider, link, 0, 3) == b"one"


async def test_versions_are_told_the_newest_first(service: FakePodspace):
    provider, entry, _ = await opened(service, b"one", b"two!", b"three")
    versions = await provider.versions.of(entry)
    assert [v.version for v in versions] == ["2", "1", "0"]
    assert [v.size for v in versions] == [5, 4, 3]
    assert [v.current for v in versions] == [True, False, False]
    assert entry.version == "2"


async def test_each_version_can_be_read(service: FakePodspace):
    provider, entry, _ = await opened(service, b"one", b"two!", b"three")
    for number, data in enumerate([b"one", b"two!", b"three"]):
        link = await provider.versions.download_link(entry, Version(str(number)))
        assert link.size == len(data)
        assert await fetched(provider, link, 0, len(data)) == data


@pytest.mark.parametrize("version", ["7", "-1", "x", "", "0x1", "٣", "9" * 30])
async def test_there_is_no_other_version(service: FakePodspace, version: str):
    provider, entry, _ = await opened(service, b"one", b"two!")
    with pytest.raises(NotFound):
        await provider.versions.download_link(entry, Version(version))
    with pytest.raises(NotFound):
        await provider.versions.restore(entry, Version(version))


async def test_an_older_version_is_made_the_newest_again(service: FakePodspace):
    provider, entry, _ = await opened(service, b"one", b"two!")
    restored = await provider.versions.restore(entry, Version("0"))
    assert (restored.id, restored.version, restored.size) == (entry.id, "2", 3)
    assert await content(provider, restored) == b"one"
    assert len(await provider.versions.of(entry)) == 3


async def test_restoring_the_current_version_makes_no_other(service: FakePodspace):
    provider, entry, node = await opened(service, b"one", b"two!")
    assert (await provider.versions.restore(entry, Version("1"))).version == "1"
    assert len(node.contents) == 2


async def test_an_answer_about_another_hash_is_not_trusted(service: FakePodspace):
    provider, entry, node = await opened(service, b"one", b"two!")
    service.skip("version.restore")
    told = {**service.entity(node), "hash": node.contents[0][0]}
    service.fail("version.restore", httpx.Response(200, json={"result": told}))
    await provider.versions.restore(entry, Version("0"))
    again = await provider.versions.restore(entry, Version("1"))
    assert again.id == entry.id


async def test_a_folder_has_no_versions(service: FakePodspace):
    provider, _, _ = await opened(service, b"x")
    folder = await provider.stat(EntryId(service.add_folder("/d").hash))
    with pytest.raises(IsAFolder):
        await provider.versions.of(folder)


async def test_the_versions_of_what_is_gone_are_not_found(service: FakePodspace):
    provider, entry, node = await opened(service, b"one", b"two!")
    service.trash(node.hash)
    with pytest.raises(NotFound):
        await provider.versions.of(entry)
