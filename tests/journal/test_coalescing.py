"""What is undone before it reaches the service costs nothing there."""

from tests.counting import CountingProvider
from tests.drives import DriveByPath, remote_tree
from tests.support import BytesContent


async def test_many_saves_are_one_upload(drive: DriveByPath, provider: CountingProvider):
    for number in range(50):
        await drive.write("/f", b"save %d" % number)
    await drive.flush()
    assert provider.changes_made == {"upload": 1}
    assert await remote_tree(provider) == {"/f": b"save 49"}


async def test_a_file_removed_before_its_upload_costs_nothing(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.write("/f", b"x")
    await drive.mkdir("/d")
    await drive.write("/d/g", b"x")
    await drive.rm_r("/d")
    await drive.unlink("/f")
    await drive.flush()
    assert not provider.changes_made
    assert list(drive.assembly.folders.drafts.iterdir()) == []


async def test_renames_of_a_pending_file_are_free(drive: DriveByPath, provider: CountingProvider):
    await drive.mkdir("/d")
    await drive.write("/a", b"x")
    await drive.rename("/a", "/b")
    await drive.rename("/b", "/d/c")
    await drive.flush()
    assert provider.changes_made == {"create_folder": 1, "upload": 1}
    assert await remote_tree(provider) == {"/d": None, "/d/c": b"x"}


async def test_a_rename_and_back_is_nothing(drive: DriveByPath, provider: CountingProvider):
    await drive.write("/a", b"x")
    await drive.flush()
    provider.calls.clear()
    await drive.rename("/a", "/b")
    await drive.rename("/b", "/a")
    await drive.flush()
    assert not provider.changes_made
    assert not drive.assembly.journal.changes


async def test_several_renames_are_one_move(drive: DriveByPath, provider: CountingProvider):
    await drive.mkdir("/d")
    await drive.write("/a", b"x")
    await drive.flush()
    provider.calls.clear()
    for old, new in [("/a", "/b"), ("/b", "/d/b"), ("/d/b", "/d/c")]:
        await drive.rename(old, new)
    await drive.flush()
    assert provider.changes_made == {"move": 1}


async def test_a_save_by_rename_is_a_new_version_of_the_target(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.write("/doc", b"one")
    await drive.flush()
    before = (await drive.node("/doc")).entry
    await drive.write("/.doc.tmp", b"two")
    await drive.rename("/.doc.tmp", "/doc")
    await drive.flush()
    after = (await drive.node("/doc")).entry
    assert before is not None
    assert after is not None
    assert after.id == before.id
    assert provider.changes_made == {"upload": 1, "replace": 1}
    assert await remote_tree(provider) == {"/doc": b"two"}
    assert len(await provider.versions.of(after)) == 2


async def test_a_save_that_keeps_a_backup_is_a_new_version_too(
    drive: DriveByPath, provider: CountingProvider
):
    """vim renames the file away, writes a new one, and removes the old one."""
    await drive.write("/doc", b"one")
    await drive.flush()
    before = (await drive.node("/doc")).entry
    await drive.rename("/doc", "/doc~")
    await drive.write("/doc", b"two")
    await drive.unlink("/doc~")
    await drive.flush()
    after = (await drive.node("/doc")).entry
    assert before is not None
    assert after is not None
    assert after.id == before.id
    assert await remote_tree(provider) == {"/doc": b"two"}


async def test_a_temporary_that_reached_the_service_replaces_by_moving(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.write("/doc", b"one")
    await drive.write("/new", b"two")
    await drive.flush()
    provider.calls.clear()
    await drive.rename("/new", "/doc")
    await drive.flush()
    assert provider.changes_made == {"move": 1}
    assert await remote_tree(provider) == {"/doc": b"two"}


async def test_a_removed_tree_is_one_request_and_one_thing_in_the_bin(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.mkdir("/t")
    for folder in ("a", "b", "b/c"):
        await drive.mkdir(f"/t/{folder}")
        for number in range(5):
            await drive.write(f"/t/{folder}/{number}", b"x")
    await drive.flush()
    provider.calls.clear()
    await drive.rm_r("/t")
    await drive.flush()
    assert provider.changes_made == {"remove": 1}
    assert [item.name async for items in provider.trash.items() for item in items] == ["t"]
    assert not drive.assembly.journal.changes
    assert not drive.drive.tree.departed


async def test_a_removed_tree_with_something_new_in_it_stays(
    drive: DriveByPath, provider: CountingProvider, announce
):
    await drive.mkdir("/t")
    await drive.mkdir("/t/sub")
    await drive.write("/t/sub/mine", b"x")
    await drive.write("/t/other", b"x")
    await drive.flush()
    sub = (await drive.node("/t/sub")).entry
    assert sub is not None
    await drive.rm_r("/t")
    await provider.another().upload(sub.id, "theirs", BytesContent(b"new"))
    drive.assembly.drive.listings.lifetime = 0.0
    await drive.flush()
    assert await remote_tree(provider) == {
        "/t": None, "/t/sub": None, "/t/sub/theirs": b"new",
    }  # fmt: skip
    drive.forget_listings()
    assert await drive.read("/t/sub/theirs") == b"new"


async def test_a_moved_tree_is_one_request(drive: DriveByPath, provider: CountingProvider):
    await drive.mkdir("/t")
    await drive.mkdir("/into")
    for number in range(20):
        await drive.write(f"/t/{number}", b"x")
    await drive.flush()
    provider.calls.clear()
    await drive.rename("/t", "/into/renamed")
    await drive.flush()
    assert provider.changes_made == {"move": 1}
    assert len(await remote_tree(provider)) == 22
