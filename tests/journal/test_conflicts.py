"""Both sides of a conflict are kept; what was saved here keeps its name."""

import re
import shutil
from pathlib import Path

import pytest

from cloudfs.content.drafts import BaseLost
from cloudfs.errors import Changed
from cloudfs.model import DownloadLink, Entry
from cloudfs.providers.base import Provider
from tests.counting import CountingProvider
from tests.drives import DriveByPath, folders_in, open_drive, remote_tree
from tests.journal.conftest import PATIENT
from tests.support import BytesContent


@pytest.fixture
def other(provider: CountingProvider) -> Provider:
    return provider.another()


async def edit(other: Provider, name: str, data: bytes) -> None:
    root = await other.root()
    entry = await other.find(root.id, name)
    await other.upload(root.id, name, BytesContent(data), replacing=entry)


def plain(tree: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """The tree with the date and host of conflict names left out."""
    return {re.sub(r" \(conflict [^)]*\)", " (conflict)", path): d for path, d in tree.items()}


async def test_edited_on_both_sides(drive: DriveByPath, provider, other, announce):
    announce("changed on both sides")
    await drive.write("/doc.txt", b"base")
    await drive.flush()
    await drive.write("/doc.txt", b"ours")
    await edit(other, "doc.txt", b"theirs")
    await drive.flush()
    assert plain(await remote_tree(provider)) == {
        "/doc.txt": b"ours", "/doc (conflict).txt": b"theirs",
    }  # fmt: skip
    drive.forget_listings()
    assert len(await drive.ls()) == 2
    ((_, path, copy),) = await drive.assembly.journal.conflicts()
    assert path == "/doc.txt"
    assert await drive.read(copy) == b"theirs"


async def test_edited_to_the_same_on_both_sides(drive: DriveByPath, provider, other):
    await drive.write("/doc", b"base")
    await drive.flush()
    await drive.write("/doc", b"same")
    await edit(other, "doc", b"same")
    await drive.flush()
    assert await remote_tree(provider) == {"/doc": b"same"}


async def test_edited_here_and_removed_there(drive: DriveByPath, provider, other):
    await drive.write("/doc", b"base")
    await drive.flush()
    await drive.write("/doc", b"edited")
    await other.remove(await other.find((await other.root()).id, "doc"))
    await drive.flush()
    assert await remote_tree(provider) == {"/doc": b"edited"}


async def test_removed_here_and_edited_there(drive: DriveByPath, provider, other):
    await drive.write("/doc", b"base")
    await drive.flush()
    await drive.unlink("/doc")
    await edit(other, "doc", b"edited")
    await drive.flush()
    assert await remote_tree(provider) == {"/doc": b"edited"}
    drive.forget_listings()
    assert await drive.read("/doc") == b"edited"


async def test_removed_on_both_sides(drive: DriveByPath, provider, other):
    await drive.write("/doc", b"base")
    await drive.flush()
    await drive.unlink("/doc")
    await other.remove(await other.find((await other.root()).id, "doc"))
    await drive.flush()
    assert await remote_tree(provider) == {}
    assert not drive.assembly.journal.changes


async def test_the_same_name_is_made_on_both_sides(drive: DriveByPath, provider, other, announce):
    announce("changed on both sides")
    await drive.write("/new", b"ours")
    await other.upload((await other.root()).id, "new", BytesContent(b"theirs"))
    await drive.flush()
    assert plain(await remote_tree(provider)) == {"/new": b"ours", "/new (conflict)": b"theirs"}


async def test_the_same_folder_is_made_on_both_sides(drive: DriveByPath, provider, other):
    await drive.mkdir("/d")
    await drive.write("/d/ours", b"1")
    theirs = await other.create_folder((await other.root()).id, "d")
    await other.upload(theirs.id, "theirs", BytesContent(b"2"))
    await drive.flush()
    assert await remote_tree(provider) == {"/d": None, "/d/ours": b"1", "/d/theirs": b"2"}
    drive.forget_listings()
    assert await drive.ls("/d") == ["ours", "theirs"]


async def test_a_folder_is_removed_there_while_files_in_it_wait(
    drive: DriveByPath, provider, other
):
    await drive.mkdir("/d")
    await drive.mkdir("/d/e")
    await drive.write("/d/e/old", b"old")
    await drive.flush()
    await drive.write("/d/e/new", b"new")
    await other.remove(await other.find((await other.root()).id, "d"), recursive=True)
    await drive.flush()
    assert await remote_tree(provider) == {"/d": None, "/d/e": None, "/d/e/new": b"new"}


async def test_a_folder_lost_there_is_noticed_by_listing(drive: DriveByPath, provider, other):
    await drive.mkdir("/d")
    await drive.write("/d/old", b"old")
    await drive.flush()
    await drive.write("/d/new", b"new")
    await other.remove(await other.find((await other.root()).id, "d"), recursive=True)
    drive.forget_listings()
    assert await drive.ls() == ["d"]
    assert await drive.ls("/d") == ["new"]
    await drive.flush()
    assert await remote_tree(provider) == {"/d": None, "/d/new": b"new"}


async def test_renamed_on_both_sides(drive: DriveByPath, provider, other):
    await drive.write("/a", b"x")
    await drive.flush()
    await drive.rename("/a", "/ours")
    root = await other.root()
    await other.move(await other.find(root.id, "a"), root.id, "theirs")
    await drive.flush()
    tree = await remote_tree(provider)
    assert list(tree.values()) == [b"x"]
    assert list(tree) == ["/ours"]


async def test_renamed_here_to_a_name_that_was_taken_there(
    drive: DriveByPath, provider, other, announce
):
    announce("changed on both sides")
    await drive.write("/a", b"ours")
    await drive.flush()
    await drive.rename("/a", "/b")
    await other.upload((await other.root()).id, "b", BytesContent(b"theirs"))
    await drive.flush()
    assert plain(await remote_tree(provider)) == {"/b": b"ours", "/b (conflict)": b"theirs"}


async def test_renamed_here_and_removed_there(drive: DriveByPath, provider, other):
    await drive.write("/a", b"x")
    await drive.flush()
    await drive.rename("/a", "/b")
    await other.remove(await other.find((await other.root()).id, "a"))
    await drive.flush()
    assert await remote_tree(provider) == {}
    assert await drive.ls() == []


async def test_renamed_here_and_edited_there(drive: DriveByPath, provider, other):
    await drive.write("/a", b"x")
    await drive.flush()
    await drive.rename("/a", "/b")
    await edit(other, "a", b"edited")
    await drive.flush()
    assert await remote_tree(provider) == {"/b": b"edited"}
    drive.forget_listings()
    assert await drive.read("/b") == b"edited"


async def test_saved_over_here_and_edited_there(drive: DriveByPath, provider, other, announce):
    announce("changed on both sides")
    await drive.write("/doc", b"base")
    await drive.flush()
    await drive.write("/tmp", b"ours")
    await drive.rename("/tmp", "/doc")
    await edit(other, "doc", b"theirs")
    await drive.flush()
    assert plain(await remote_tree(provider)) == {"/doc": b"ours", "/doc (conflict)": b"theirs"}


async def test_a_change_there_is_seen_here(drive: DriveByPath, provider, other):
    await drive.write("/doc", b"base")
    await drive.flush()
    await edit(other, "doc", b"theirs")
    root = await other.root()
    await other.create_folder(root.id, "added")
    drive.forget_listings()
    assert await drive.ls() == ["added", "doc"]
    assert await drive.read("/doc") == b"theirs"


async def test_an_open_file_stays_the_version_it_was(drive: DriveByPath, provider, other):
    await drive.write("/doc", b"base")
    await drive.flush()
    handle = await drive.open("/doc", 0)
    await edit(other, "doc", b"theirs!")
    drive.forget_listings()
    await drive.ls()
    assert await drive.drive.files.read(handle, 0, 100) == b"base"
    assert await drive.read("/doc") == b"theirs!"
    await drive.close(handle)


class Forgetful(CountingProvider):
    """Only the present version of a file can be had."""

    async def download_link(self, entry: Entry) -> DownloadLink:
        if (await self.stat(entry.id)).version != entry.version:
            raise Changed(f"{entry.name} has changed")
        return await super().download_link(entry)


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("theirs", [None, b"theirs"])
async def test_a_part_written_into_a_content_that_is_lost_is_kept_and_never_filled_with_zeros(
    tmp_path: Path, announce, restart: bool, theirs: bytes | None
):
    announce("the service refuses")
    provider = Forgetful()
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        await drive.write("/doc", b"base")
        await drive.flush()
    shutil.rmtree(folders_in(tmp_path).blocks, ignore_errors=True)
    other = provider.another()
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        await drive.append("/doc", b" and more")
        if theirs is None:
            await other.remove(await other.find((await other.root()).id, "doc"))
        else:
            await edit(other, "doc", theirs)
        if not restart:
            await drive.flush()
            check_refused(drive)
    if restart:
        async with open_drive(provider, tmp_path, PATIENT) as drive:
            await drive.flush()
            check_refused(drive)
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        await drive.flush()
        check_refused(drive)
        with pytest.raises(BaseLost):
            await drive.read("/doc")
    assert b"base\0" not in (content := list((await remote_tree(provider)).values()))
    assert all(c is None or b"\0" not in c for c in content)


def check_refused(drive: DriveByPath) -> None:
    (change,) = drive.assembly.journal.refused
    assert change.failure is not None
    assert "no longer has the version" in change.failure.message
