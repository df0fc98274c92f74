import random

import pytest

from cloudfs.errors import (
    AlreadyExists,
    Changed,
    CloudError,
    LinkExpired,
    NotFound,
    TransientError,
)
from cloudfs.model import Transfer
from cloudfs.providers.base import Provider, Verb
from tests.contract.accounts import Account
from tests.support import BytesContent, content, fetched, lacks, listing, part


async def test_what_is_uploaded_can_be_read(provider: Provider):
    root = await provider.root()
    data = random.Random(1).randbytes(100_000)
    entry = await provider.upload(root.id, "data.bin", BytesContent(data))
    assert entry.size == len(data)
    assert entry.name == "data.bin"
    assert entry.version
    assert await content(provider, entry) == data
    assert (await provider.stat(entry.id)).version == entry.version


async def test_an_empty_file_can_be_stored(provider: Provider):
    root = await provider.root()
    entry = await provider.upload(root.id, "empty", BytesContent(b""))
    assert entry.size == 0
    assert (await listing(provider, root.id))["empty"].size == 0


async def test_a_large_file_goes_through_whatever_parts_the_service_needs(provider: Provider):
    root = await provider.root()
    data = random.Random(2).randbytes(13_000_001)
    transfer = Transfer()
    entry = await provider.upload(root.id, "large", BytesContent(data), transfer=transfer)
    assert entry.size == len(data)
    assert await part(provider, entry, 12_999_990, 13_000_001) == data[-11:]
    assert await part(provider, entry, 5_000_000, 5_000_003) == data[5_000_000:5_000_003]
    assert await content(provider, entry) == data


async def test_a_range_is_exactly_the_bytes_asked_for(provider: Provider):
    root = await provider.root()
    data = bytes(range(256)) * 40
    entry = await provider.upload(root.id, "ranges", BytesContent(data))
    link = await provider.download_link(entry)
    assert link.size == len(data)
    for start, stop in [(0, 1), (0, len(data)), (17, 4711), (len(data) - 1, len(data))]:
        assert await part(provider, entry, start, stop) == data[start:stop]


async def test_a_new_file_does_not_replace_another(account: Account):
    provider = account.provider
    root = await provider.root()
    await provider.upload(root.id, "mine", BytesContent(b"first"))
    if Verb.CREATE not in provider.capabilities.conditional:
        lacks("the service cannot refuse, the caller looks before")
    other = await account.another()
    with pytest.raises(AlreadyExists):
        await other.upload(root.id, "mine", BytesContent(b"second"))
    assert await content(provider, (await listing(provider, root.id))["mine"]) == b"first"


async def test_a_folder_is_not_replaced_by_a_file(provider: Provider):
    root = await provider.root()
    await provider.create_folder(root.id, "name")
    with pytest.raises(CloudError):
        await provider.upload(root.id, "name", BytesContent(b"x"))
    assert (await listing(provider, root.id))["name"].is_folder


async def test_replacing_gives_the_file_a_new_version(provider: Provider):
    root = await provider.root()
    old = await provider.upload(root.id, "doc", BytesContent(b"old text"))
    new = await provider.upload(root.id, "doc", BytesContent(b"new"), replacing=old)
    assert new.version != old.version
    assert new.size == 3
    entries = await listing(provider, root.id)
    assert set(entries) == {"doc"}
    assert entries["doc"].id == new.id
    assert await content(provider, entries["doc"]) == b"new"


async def test_the_same_bytes_again_are_still_there(provider: Provider):
    root = await provider.root()
    old = await provider.upload(root.id, "doc", BytesContent(b"same"))
    new = await provider.upload(root.id, "doc", BytesContent(b"same"), replacing=old)
    assert await content(provider, new) == b"same"


async def test_a_file_that_moved_on_is_not_replaced(account: Account):
    provider = account.provider
    root = await provider.root()
    old = await provider.upload(root.id, "doc", BytesContent(b"old"))
    other = await account.another()
    await other.upload(root.id, "doc", BytesContent(b"theirs!"), replacing=old)
    if Verb.REPLACE not in provider.capabilities.conditional:
        lacks("the service cannot refuse, the caller looks before")
    with pytest.raises(Changed):
        await provider.upload(root.id, "doc", BytesContent(b"ours"), replacing=old)
    assert await content(provider, (await listing(provider, root.id))["doc"]) == b"theirs!"


async def test_a_file_that_is_gone_is_not_replaced(account: Account):
    provider = account.provider
    root = await provider.root()
    old = await provider.upload(root.id, "doc", BytesContent(b"old"))
    await (await account.another()).remove(old)
    if Verb.REPLACE not in provider.capabilities.conditional:
        lacks("the service cannot refuse, the caller looks before")
    with pytest.raises((NotFound, Changed)):
        await provider.upload(root.id, "doc", BytesContent(b"ours"), replacing=old)


async def test_an_upload_needs_its_folder(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    await provider.remove(folder)
    with pytest.raises(NotFound):
        await provider.upload(folder.id, "file", BytesContent(b"x"))
    assert await listing(provider, root.id) == {}


async def test_the_time_of_the_last_change_is_kept(provider: Provider):
    step = provider.capabilities.modified_step_ns
    if step is None:
        lacks("the service keeps no modification times")
    root = await provider.root()
    when = 1_600_000_000_123_456_789
    entry = await provider.upload(root.id, "dated", BytesContent(b"x", modified_ns=when))
    assert entry.modified_ns == when // step * step
    assert (await listing(provider, root.id))["dated"].modified_ns == when // step * step


async def test_a_checksum_is_that_of_the_bytes(provider: Provider):
    algorithm = provider.capabilities.checksum
    if algorithm is None:
        lacks("the service gives no checksums")
    root = await provider.root()
    source = BytesContent(b"some bytes")
    await provider.upload(root.id, "sum", source)
    entry = (await listing(provider, root.id))["sum"]
    assert entry.checksum == await source.checksum(algorithm)


async def test_a_link_stays_with_the_version_it_was_made_for(account: Account):
    provider = account.provider
    root = await provider.root()
    old = await provider.upload(root.id, "doc", BytesContent(b"a" * 1000))
    link = await provider.download_link(old)
    await (await account.another()).upload(
        root.id, "doc", BytesContent(b"b" * 2000), replacing=await provider.stat(old.id)
    )
    try:
        data = await fetched(provider, link, 0, 1000)
    except CloudError:
        return
    assert data == b"a" * 1000


async def test_old_versions_can_be_listed_read_and_restored(provider: Provider):
    if provider.versions is None:
        lacks("the service keeps no versions")
    root = await provider.root()
    entry = await provider.upload(root.id, "doc", BytesContent(b"one"))
    entry = await provider.upload(root.id, "doc", BytesContent(b"two!"), replacing=entry)
    entry = await provider.upload(root.id, "doc", BytesContent(b"three"), replacing=entry)
    versions = await provider.versions.of(entry)
    assert [v.size for v in versions] == [5, 4, 3]
    assert [v.current for v in versions] == [True, False, False]
    for _ in range(2):  # the service may be busy the first time
        link = await provider.versions.download_link(entry, versions[2].version)
        try:
            assert await fetched(provider, link, 0, 3) == b"one"
        except (TransientError, LinkExpired):
            continue
        break
    else:
        pytest.fail("the old version could not be read")
    restored = await provider.versions.restore(entry, versions[1].version)
    assert await content(provider, restored) == b"two!"
    assert (await listing(provider, root.id))["doc"].version == restored.version
