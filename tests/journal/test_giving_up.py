"""What a person can do about changes that the service does not take."""

from pathlib import Path

import pytest

from cloudfs.errors import Changed, InvalidRequest
from cloudfs.journal.giving_up import give_up, save_elsewhere
from cloudfs.model import Entry
from tests.counting import CountingProvider
from tests.drives import DriveByPath, remote_tree
from tests.journal.test_conflicts import edit


async def give_all_up(drive: DriveByPath) -> None:
    journal, tree = drive.assembly.journal, drive.drive.tree
    while journal.changes:
        change = next(iter(journal.changes.values()))
        await give_up(journal, tree, drive.drive.listings, change)


async def saved(drive: DriveByPath, target: Path) -> dict[str, bytes]:
    journal = drive.assembly.journal
    changes = [*journal.refused, *journal.waiting]
    paths = await save_elsewhere(drive.drive.tree, changes, target)
    return {str(path.relative_to(target)): path.read_bytes() for path in paths}


async def test_an_edit_given_up_is_as_it_was(drive: DriveByPath, provider):
    await drive.write("/f", b"there")
    await drive.flush()
    await drive.write("/f", b"here")
    await give_all_up(drive)
    assert await drive.read("/f") == b"there"
    await drive.flush()
    assert await remote_tree(provider) == {"/f": b"there"}


async def test_a_new_tree_given_up_is_gone(drive: DriveByPath, provider):
    await drive.mkdir("/d")
    await drive.mkdir("/d/e")
    await drive.write("/d/e/f", b"x")
    await give_all_up(drive)
    assert await drive.ls() == []
    await drive.flush()
    assert await remote_tree(provider) == {}
    assert not list(drive.assembly.journal.drafts_folder.iterdir())


async def test_a_removal_given_up_brings_the_file_back(drive: DriveByPath, provider):
    await drive.write("/f", b"x")
    await drive.flush()
    await drive.unlink("/f")
    await give_all_up(drive)
    assert await drive.read("/f") == b"x"


async def test_a_move_given_up_is_undone(drive: DriveByPath, provider):
    await drive.mkdir("/a")
    await drive.mkdir("/b")
    await drive.write("/a/f", b"x")
    await drive.flush()
    await drive.rename("/a/f", "/b/g")
    await give_all_up(drive)
    assert await drive.ls("/b") == []
    assert await drive.read("/a/f") == b"x"


async def test_a_file_that_is_being_written_is_not_given_up(drive: DriveByPath):
    handle = await drive.create("/f")
    await drive.drive.files.write(handle, 0, b"x")
    await drive.drive.files.flush(handle)
    with pytest.raises(InvalidRequest, match="open for writing"):
        await give_all_up(drive)
    await drive.close(handle)
    assert await drive.read("/f") == b"x"


async def test_what_waits_can_be_saved_elsewhere(drive: DriveByPath, tmp_path: Path):
    await drive.mkdir("/d")
    await drive.write("/d/f", b"one")
    await drive.write("/g", b"two")
    await drive.flush()
    await drive.append("/d/f", b" more")
    await drive.write("/h", b"new")
    target = tmp_path / "out"
    assert await saved(drive, target) == {"d/f": b"one more", "h": b"new"}
    with pytest.raises(FileExistsError):
        await saved(drive, target)


async def test_a_file_of_which_only_parts_are_left_is_saved_with_a_name_that_says_so(
    drive: DriveByPath, provider: CountingProvider, tmp_path: Path, monkeypatch
):
    drive.assembly.cache.limit = 0
    await drive.write("/f", b"base")
    await drive.flush()
    await drive.append("/f", b" more")
    await edit(provider.another(), "f", b"theirs")
    monkeypatch.setattr(provider, "download_link", gone)
    assert await saved(drive, tmp_path / "out") == {"f.partial": b"\0\0\0\0 more"}


async def gone(entry: Entry) -> None:
    raise Changed(f"{entry.name} has changed")
