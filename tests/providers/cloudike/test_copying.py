"""Copies to any name, and new times, without sending bytes (reference 3.6.7, 3.9)."""

import httpx
import pytest

from cloudfs.errors import AccessDenied, AlreadyExists, Changed, CloudError, IsAFolder, Unsupported
from cloudfs.model import Entry, EntryId
from tests.providers.cloudike.service import FakeCloudike

WHEN = 1_500_000_000_000_000_000


async def copied(service: FakeCloudike, target: str) -> Entry:
    provider = service.provider()
    source = await provider.stat(EntryId("/a/one.txt"))
    folder, _, name = target.rpartition("/")
    return await provider.copy(source, EntryId(folder), name)


@pytest.fixture
def filled(service: FakeCloudike) -> FakeCloudike:
    service.add_folder("/a")
    service.add_folder("/b")
    service.add_file("/a/one.txt", b"data", modified=1_600_000_000_000)
    return service


TARGETS = ["/a/two.txt", "/b/one.txt", "/b/two.txt"]


@pytest.mark.parametrize("target", TARGETS)
async def test_a_copy_is_an_announcement_of_known_content(filled: FakeCloudike, target: str):
    copy = await copied(filled, target)
    assert copy.id == target
    assert filled.routes()[1:] == ["files/create/"]
    params = filled.of("files/create/")[0].params
    assert params["overwrite"] is False
    assert params["modified"] == 1_600_000_000_000
    assert filled.tree[target].data == b"data"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("also", [(), ("/a/two.txt",), ("/b/one.txt",)])
async def test_without_a_checksum_a_copy_is_made_and_moved(
    filled: FakeCloudike, target: str, also: tuple[str, ...]
):
    filled.checksums = False
    for path in also:
        filled.add_file(path, b"other")
    before = set(filled.tree)
    if target in also:
        with pytest.raises(AlreadyExists):
            await copied(filled, target)
        assert set(filled.tree) == before
        return
    copy = await copied(filled, target)
    assert copy.id == target
    assert set(filled.tree) == before | {target}
    assert filled.tree[target].data == b"data"
    assert filled.tree["/a/one.txt"].data == b"data"
    assert all(filled.tree[path].data == b"other" for path in also)


async def test_a_copy_that_cannot_reach_its_place_is_discarded(filled: FakeCloudike):
    filled.checksums = False
    before = set(filled.tree)
    filled.fail("fileops/rename/", httpx.Response(403, json={"code": "AccessDenied"}))
    with pytest.raises(AccessDenied):
        await copied(filled, "/a/two.txt")
    assert set(filled.tree) == before
    assert not filled.bin


async def test_a_taken_name_stays(filled: FakeCloudike):
    filled.add_file("/b/one.txt", b"other")
    with pytest.raises(AlreadyExists):
        await copied(filled, "/b/one.txt")
    assert filled.tree["/b/one.txt"].data == b"other"


async def test_a_folder_that_must_not_be_written_refuses_the_copy(filled: FakeCloudike):
    filled.fail("files/create/", httpx.Response(403, json={"code": "Whatever"}))
    with pytest.raises(AccessDenied):
        await copied(filled, "/b/two.txt")


@pytest.mark.parametrize(("also", "error"), [(True, AlreadyExists), (False, AccessDenied)])
async def test_an_unknown_refusal_to_copy_is_told_apart_by_a_look(
    filled: FakeCloudike, *, also: bool, error: type[CloudError]
):
    """The name that is in the way is that of the original; beside it the copy can be made."""
    filled.checksums = False
    if also:
        filled.add_file("/b/one.txt", b"other")
    for _ in range(2):
        filled.fail("fileops/copy/", httpx.Response(403, json={"code": "Whatever"}))
    before = set(filled.tree)
    with pytest.raises(error):
        await copied(filled, "/b/two.txt")
    assert set(filled.tree) == before


async def test_the_original_is_never_taken_for_the_copy(filled: FakeCloudike):
    filled.checksums = False
    filled.fail("fileops/copy/", httpx.Response(200, json=filled.m("/a/one.txt")))
    with pytest.raises(CloudError, match="does not tell the name"):
        await copied(filled, "/a/two.txt")
    assert filled.tree["/a/one.txt"].data == b"data"


async def test_folders_are_not_copied(filled: FakeCloudike):
    provider = filled.provider()
    with pytest.raises(IsAFolder):
        await provider.copy(await provider.stat(EntryId("/a")), EntryId("/b"), "a")


async def test_a_new_time_is_a_new_version_of_the_same_content(filled: FakeCloudike):
    provider = filled.provider(set_modified=True)
    entry = await provider.stat(EntryId("/a/one.txt"))
    changed = await provider.set_modified(entry, WHEN)
    assert changed.modified_ns == WHEN
    assert changed.version != entry.version
    assert not filled.of("store")
    params = filled.of("files/create/")[0].params
    assert params["version"] == int(entry.version)


async def test_times_stay_unless_the_setting_allows_it(filled: FakeCloudike):
    provider = filled.provider()
    assert not provider.capabilities.set_modified
    entry = await provider.stat(EntryId("/a/one.txt"))
    with pytest.raises(Unsupported):
        await provider.set_modified(entry, WHEN)


async def test_a_time_needs_the_content_on_the_service(filled: FakeCloudike):
    filled.dedup = False
    provider = filled.provider(set_modified=True)
    entry = await provider.stat(EntryId("/a/one.txt"))
    with pytest.raises(Unsupported):
        await provider.set_modified(entry, WHEN)
    with pytest.raises(Unsupported):
        await provider.set_modified(await provider.root(), WHEN)


@pytest.mark.parametrize("code", ["VersionMismatch", "Whatever"])
async def test_a_file_that_moved_on_keeps_its_time(filled: FakeCloudike, code: str):
    provider = filled.provider(set_modified=True)
    entry = await provider.stat(EntryId("/a/one.txt"))
    filled._write(filled.tree["/a/one.txt"], b"newer")
    filled.fail("files/create/", httpx.Response(403, json={"code": code}))
    with pytest.raises(Changed):
        await provider.set_modified(entry, WHEN)
