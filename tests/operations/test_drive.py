import os
import random
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloudfs.config import MountSettings
from cloudfs.errors import (
    AcrossDomains,
    AlreadyExists,
    Changed,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NameTooLong,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    ReadOnly,
    Unsupported,
)
from cloudfs.model import DownloadLink, Entry, EntryId, Version
from cloudfs.operations.attributes import Wanted
from cloudfs.operations.xattrs import NoAttribute
from cloudfs.providers.base import resolve
from cloudfs.providers.memory import MemoryProvider
from tests.drives import ME, DriveByPath, open_drive, remote_tree
from tests.support import BytesContent


@pytest.fixture
def provider() -> MemoryProvider:
    return MemoryProvider()


@pytest.fixture
async def drive(provider: MemoryProvider, tmp_path: Path):
    async with open_drive(provider, tmp_path) as drive:
        yield drive


async def test_what_is_written_is_there_at_once_and_on_the_service_after_a_flush(
    drive: DriveByPath, provider: MemoryProvider
):
    await drive.mkdir("/d")
    await drive.write("/d/f", b"hello")
    assert await drive.read("/d/f") == b"hello"
    assert await drive.ls("/d") == ["f"]
    await drive.flush()
    assert await remote_tree(provider) == {"/d": None, "/d/f": b"hello"}
    assert await drive.read("/d/f") == b"hello"
    assert not drive.assembly.journal.changes


async def test_parts_of_a_file_can_be_overwritten(drive: DriveByPath, provider: MemoryProvider):
    await drive.write("/f", b"0123456789" * 1000)
    await drive.flush()
    handle = await drive.open("/f", os.O_RDWR)
    await drive.drive.files.write(handle, 5, b"XY")
    assert await drive.drive.files.read(handle, 3, 6) == b"34XY78"
    await drive.close(handle)
    await drive.flush()
    expected = b"01234XY789" + b"0123456789" * 999
    assert (await remote_tree(provider))["/f"] == expected
    assert await drive.read("/f") == expected


async def test_files_shrink_and_grow(drive: DriveByPath, provider: MemoryProvider):
    await drive.write("/f", b"0123456789")
    await drive.flush()
    await drive.truncate("/f", 4)
    assert await drive.read("/f") == b"0123"
    await drive.truncate("/f", 6)
    assert await drive.read("/f") == b"0123\0\0"
    await drive.flush()
    assert (await remote_tree(provider))["/f"] == b"0123\0\0"
    await drive.append("/f", b"end")
    await drive.flush()
    assert (await remote_tree(provider))["/f"] == b"0123\0\0end"


async def test_an_empty_file_and_an_empty_folder_arrive(
    drive: DriveByPath, provider: MemoryProvider
):
    await drive.write("/empty", b"")
    await drive.mkdir("/none")
    await drive.flush()
    assert await remote_tree(provider) == {"/empty": b"", "/none": None}


async def test_what_does_not_exist_is_not_found(drive: DriveByPath):
    with pytest.raises(NotFound):
        await drive.node("/nothing")
    await drive.write("/f", b"")
    with pytest.raises(NotAFolder):
        await drive.node("/f/x")
    with pytest.raises(NotFound):
        await drive.unlink("/nothing")
    with pytest.raises(NotFound):
        await drive.rename("/nothing", "/other")


async def test_kinds_are_not_confused(drive: DriveByPath):
    await drive.mkdir("/d")
    await drive.write("/f", b"")
    with pytest.raises(IsAFolder):
        await drive.unlink("/d")
    with pytest.raises(NotAFolder):
        await drive.rmdir("/f")
    with pytest.raises(IsAFolder):
        await drive.open("/d", os.O_RDONLY)
    with pytest.raises(IsAFolder):
        await drive.rename("/f", "/d")
    with pytest.raises(NotAFolder):
        await drive.rename("/d", "/f")
    with pytest.raises(AlreadyExists):
        await drive.mkdir("/f")
    with pytest.raises(AlreadyExists):
        await drive.create("/d")


async def test_a_folder_with_something_in_it_is_not_removed(drive: DriveByPath):
    await drive.mkdir("/d")
    await drive.write("/d/f", b"")
    with pytest.raises(NotEmpty):
        await drive.rmdir("/d")
    await drive.mkdir("/e")
    with pytest.raises(NotEmpty):
        await drive.rename("/e", "/d")
    await drive.unlink("/d/f")
    await drive.rename("/e", "/d")
    await drive.rmdir("/d")
    assert await drive.ls() == []


async def test_a_folder_is_not_moved_into_itself(drive: DriveByPath):
    await drive.mkdir("/d")
    await drive.mkdir("/d/e")
    with pytest.raises(InvalidRequest):
        await drive.rename("/d", "/d/e/x")
    with pytest.raises(InvalidRequest):
        await drive.rename("/d", "/d/x")


async def test_rename_keeps_what_it_is_told_to_keep(drive: DriveByPath):
    await drive.write("/a", b"a")
    await drive.write("/b", b"b")
    with pytest.raises(AlreadyExists):
        await drive.rename("/a", "/b", replace=False)
    with pytest.raises(InvalidRequest):
        await drive.rename("/a", "/b", exchange=True)
    await drive.rename("/a", "/a")
    await drive.rename("/a", "/b")
    assert await drive.ls() == ["b"]
    assert await drive.read("/b") == b"a"


async def test_names_the_service_cannot_store_are_refused(drive: DriveByPath):
    with pytest.raises(NameTooLong):
        await drive.write("/" + "x" * 256, b"")
    with pytest.raises(InvalidName):
        await drive.write("/bad\udcff", b"")
    with pytest.raises(InvalidName):
        await drive.write("/looks.rclonelink", b"")
    assert await drive.ls() == []


async def test_an_open_file_survives_unlink(drive: DriveByPath, provider: MemoryProvider):
    await drive.write("/f", b"still here")
    await drive.flush()
    handle = await drive.open("/f", os.O_RDONLY)
    await drive.unlink("/f")
    assert await drive.ls() == []
    assert await drive.drive.files.read(handle, 0, 100) == b"still here"
    await drive.close(handle)
    await drive.flush()
    assert await remote_tree(provider) == {}


async def test_an_unlinked_new_file_can_still_be_written_and_read(
    drive: DriveByPath, provider: MemoryProvider
):
    handle = await drive.create("/tmp")
    await drive.unlink("/tmp")
    await drive.drive.files.write(handle, 0, b"scratch")
    assert await drive.drive.files.read(handle, 0, 100) == b"scratch"
    await drive.close(handle)
    await drive.flush()
    assert await remote_tree(provider) == {}
    assert list(drive.assembly.folders.drafts.iterdir()) == []


async def test_an_open_file_survives_being_replaced(drive: DriveByPath):
    await drive.write("/f", b"old")
    await drive.flush()
    handle = await drive.open("/f", os.O_RDONLY)
    await drive.write("/new", b"new content")
    await drive.rename("/new", "/f")
    assert await drive.drive.files.read(handle, 0, 100) == b"old"
    assert await drive.read("/f") == b"new content"
    await drive.close(handle)


async def test_an_open_file_survives_rename(drive: DriveByPath, provider: MemoryProvider):
    handle = await drive.create("/a")
    await drive.drive.files.write(handle, 0, b"one ")
    await drive.mkdir("/d")
    await drive.rename("/a", "/d/b")
    await drive.drive.files.write(handle, 4, b"two")
    await drive.close(handle)
    await drive.flush()
    assert await remote_tree(provider) == {"/d": None, "/d/b": b"one two"}


async def test_symlinks_are_small_files(drive: DriveByPath, provider: MemoryProvider):
    await drive.drive.names.make_symlink(await drive.node("/"), "link", "../some/where", ME)
    node = await drive.node("/link")
    assert stat.S_ISLNK(drive.drive.looks.of(node).mode)
    assert drive.drive.looks.of(node).size == 13
    assert await drive.drive.files.readlink(node) == "../some/where"
    await drive.flush()
    assert await remote_tree(provider) == {"/link.rclonelink": b"../some/where"}
    await drive.rename("/link", "/other")
    await drive.flush()
    assert await remote_tree(provider) == {"/other.rclonelink": b"../some/where"}
    assert await drive.drive.files.readlink(await drive.node("/other")) == "../some/where"


async def test_symlinks_can_be_refused(provider: MemoryProvider, tmp_path: Path):
    settings = MountSettings(symlinks="refuse", hold_back=0.0)
    async with open_drive(provider, tmp_path, settings) as drive:
        with pytest.raises(NotPermitted):
            await drive.drive.names.make_symlink(await drive.node("/"), "link", "x", ME)
        await drive.write("/a.rclonelink", b"just a file")
        assert await drive.read("/a.rclonelink") == b"just a file"


async def test_a_read_only_drive_changes_nothing(provider: MemoryProvider, tmp_path: Path):
    async with open_drive(provider, tmp_path, MountSettings(ro=True)) as drive:
        with pytest.raises(ReadOnly):
            await drive.mkdir("/d")
        with pytest.raises(ReadOnly):
            await drive.write("/f", b"")
    assert await remote_tree(provider) == {}


async def test_modes_owners_and_times_are_kept(drive: DriveByPath, provider, tmp_path: Path):
    await drive.write("/f", b"x")
    await drive.flush()
    node = await drive.node("/f")
    wanted = Wanted(mode=0o640, uid=1000, gid=1001, accessed_ns=5, modified_ns=1_234_567_890_123)
    await drive.drive.looks.set(node, wanted)
    looks = drive.drive.looks.of(node)
    assert stat.S_IMODE(looks.mode) == 0o640
    assert (looks.uid, looks.gid, looks.accessed_ns) == (1000, 1001, 5)
    assert looks.modified_ns == 1_234_567_890_123
    await drive.flush()
    async with open_drive(MemoryProvider(service=provider.service), tmp_path / "x") as other:
        assert other.drive.looks.of(await other.node("/f")).modified_ns == 1_234_567_890_123


async def test_a_time_set_before_the_upload_goes_with_it(
    drive: DriveByPath, provider: MemoryProvider
):
    handle = await drive.create("/f")
    await drive.drive.files.write(handle, 0, b"x")
    await drive.drive.looks.set(await drive.node("/f"), Wanted(modified_ns=77_000_000_000))
    await drive.close(handle)
    assert drive.drive.looks.of(await drive.node("/f")).modified_ns == 77_000_000_000
    await drive.flush()
    assert (await provider.find((await provider.root()).id, "f")).modified_ns == 77_000_000_000
    assert drive.drive.looks.of(await drive.node("/f")).modified_ns == 77_000_000_000


async def test_an_empty_file_with_a_time_of_its_own_arrives(
    drive: DriveByPath, provider: MemoryProvider
):
    handle = await drive.create("/f")
    await drive.drive.looks.set(await drive.node("/f"), Wanted(modified_ns=77_000_000_000))
    await drive.close(handle)
    await drive.flush()
    assert await remote_tree(provider) == {"/f": b""}
    assert (await provider.find((await provider.root()).id, "f")).modified_ns == 77_000_000_000


async def test_xattrs_tell_what_the_service_has(drive: DriveByPath):
    await drive.write("/f.txt", b"x")
    node = await drive.node("/f.txt")
    xattrs = drive.drive.xattrs
    assert xattrs.get(node, "user.cloudfs.state") in {b"pending", b"uploading"}
    await drive.flush()
    assert xattrs.get(node, "user.cloudfs.state") == b"clean"
    assert xattrs.get(node, "user.cloudfs.version") == b"v1"
    assert xattrs.get(node, "user.cloudfs.mime") == b"text/plain"
    assert xattrs.get(node, "user.cloudfs.checksum").startswith(b"sha256:")
    with pytest.raises(NotPermitted):
        await xattrs.set(node, "user.cloudfs.id", b"x")
    await xattrs.set(node, "user.mine", b"\0\xff")
    assert xattrs.get(node, "user.mine") == b"\0\xff"
    assert "user.mine" in xattrs.names(node)
    await xattrs.remove(node, "user.mine")
    with pytest.raises(NoAttribute):
        xattrs.get(node, "user.mine")


async def test_readdir_is_steady_while_the_folder_changes(drive: DriveByPath):
    for number in range(20):
        await drive.write(f"/f{number:02}", b"")
    handle = drive.drive.folders.open(await drive.node("/"))
    first = [(at, name) for at, name, _ in await drive.drive.folders.read(handle, 0)][:5]
    await drive.unlink("/f00")
    await drive.unlink("/f10")
    await drive.write("/new", b"")
    rest = [name for _, name, _ in await drive.drive.folders.read(handle, first[-1][0])]
    assert [name for _, name in first] == [f"f{n:02}" for n in range(5)]
    assert rest == [f"f{n:02}" for n in range(5, 20) if n != 10]
    again = [name for _, name, _ in await drive.drive.folders.read(handle, 0)]
    assert "new" in again
    assert "f10" not in again
    drive.drive.folders.release(handle)


async def test_nothing_stays_open(drive: DriveByPath):
    await drive.write("/f", b"x" * 100_000)
    await drive.flush()
    await drive.read("/f")
    await drive.append("/f", b"y")
    await drive.flush()
    await drive.unlink("/f")
    await drive.flush()
    assert len(drive.drive.files.handles) == 0
    assert len(drive.drive.tree) == 1
    assert list(drive.assembly.folders.drafts.iterdir()) == []


class WalledProvider(MemoryProvider):
    """Nothing moves from one folder of the root to another."""

    def domain(self, entry_id: EntryId) -> str:
        return "" if entry_id == EntryId("root") else entry_id


async def test_a_rename_that_the_service_cannot_do_is_refused_at_once(tmp_path: Path):
    provider = WalledProvider()
    async with open_drive(provider, tmp_path) as drive:
        await drive.mkdir("/a")
        await drive.mkdir("/b")
        await drive.write("/a/f", b"x")
        await drive.flush()
        with pytest.raises(AcrossDomains):
            await drive.rename("/a/f", "/b/f")
        await drive.rename("/a/f", "/a/g")
        await drive.rename("/a", "/c")
        await drive.flush()
        assert set(await remote_tree(provider)) == {"/c", "/c/g", "/b"}


class FlatProvider(MemoryProvider):
    """A folder is where its files are: it cannot be moved while there are some."""

    capabilities = replace(MemoryProvider.capabilities, moves_folders=False)


async def test_a_folder_that_the_service_cannot_move_is_refused_at_once(tmp_path: Path):
    provider = FlatProvider()
    async with open_drive(provider, tmp_path) as drive:
        await drive.mkdir("/full")
        await drive.write("/full/f", b"x")
        await drive.rename("/full", "/filled")  # it is not there yet
        await drive.mkdir("/empty")
        await drive.flush()
        with pytest.raises(AcrossDomains):
            await drive.rename("/filled", "/other")
        await drive.rename("/empty", "/named")
        await drive.rename("/filled/f", "/named/g")
        await drive.rename("/filled", "/emptied")
        await drive.flush()
        assert set(await remote_tree(provider)) == {"/emptied", "/named", "/named/g"}


class ForgetfulProvider(MemoryProvider):
    """Only the present version of a file can be had."""

    async def download_link(self, entry: Entry) -> DownloadLink:
        if (await self.stat(entry.id)).version != entry.version:
            raise Changed(f"{entry.name} has changed")
        return await super().download_link(entry)


async def test_a_file_that_was_changed_elsewhere_is_read_as_it_is_now_when_opened_again(
    tmp_path: Path,
):
    provider = ForgetfulProvider()
    async with open_drive(provider, tmp_path, MountSettings(cache_size=0, hold_back=0.0)) as drive:
        await drive.write("/f", b"old")
        await drive.flush()
        handle = await drive.open("/f", os.O_RDONLY)
        other = MemoryProvider(service=provider.service)
        entry = await resolve(other, "/f")
        await other.upload(EntryId("root"), "f", BytesContent(b"newer", 5), replacing=entry)
        with pytest.raises(Changed):
            await drive.drive.files.read(handle, 0, 10)
        assert await drive.read("/f") == b"newer"
        await drive.close(handle)


class TimelessProvider(MemoryProvider):
    """It finds out late that the service cannot set a time."""

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        raise Unsupported(f"this server cannot set the time of {entry.name} to {modified_ns}")


async def test_a_time_that_the_service_turns_out_not_to_take_is_kept_here(tmp_path: Path):
    provider = TimelessProvider()
    async with open_drive(provider, tmp_path) as drive:
        await drive.write("/f", b"x")
        await drive.flush()
        await drive.drive.looks.set(await drive.node("/f"), Wanted(modified_ns=10**18))
        await drive.flush()
        assert not drive.assembly.journal.changes
        assert drive.drive.looks.of(await drive.node("/f")).modified_ns == 10**18


class CountingVersionsProvider(MemoryProvider):
    """Times are held in milliseconds, and every change makes a version of its own."""

    async def upload(self, *args: Any, **kwargs: Any) -> Entry:
        return self._renewed(await super().upload(*args, **kwargs))

    async def move(self, *args: Any, **kwargs: Any) -> Entry:
        return self._renewed(await super().move(*args, **kwargs))

    async def set_modified(self, *args: Any) -> Entry:
        return self._renewed(await super().set_modified(*args))

    def _renewed(self, entry: Entry) -> Entry:
        item = self.service.item(entry.id)
        assert item.entry.modified_ns is not None
        item.entry = replace(
            item.entry,
            version=Version(f"{entry.version}+"),
            modified_ns=item.entry.modified_ns // 10**6 * 10**6,
        )
        return item.entry


@pytest.mark.parametrize("uploaded_first", [True, False])
async def test_an_exact_time_stays_with_a_file_that_gets_a_new_version_by_a_move(
    tmp_path: Path, uploaded_first: bool
):
    exact, provider = 1_234_567_890_123_456_789, CountingVersionsProvider()
    async with open_drive(provider, tmp_path) as drive:
        await drive.write("/f", b"x")
        if uploaded_first:
            await drive.flush()
        await drive.drive.looks.set(await drive.node("/f"), Wanted(modified_ns=exact))
        await drive.flush()
        assert drive.drive.looks.of(await drive.node("/f")).modified_ns == exact
        await drive.rename("/f", "/g")
        await drive.flush()
        assert drive.drive.looks.of(await drive.node("/g")).modified_ns == exact
    async with open_drive(provider, tmp_path) as drive:
        assert drive.drive.looks.of(await drive.node("/g")).modified_ns == exact


async def test_what_was_uploaded_need_not_be_fetched(
    drive: DriveByPath, provider: MemoryProvider, monkeypatch: pytest.MonkeyPatch
):
    data = random.Random(1).randbytes(3_000_001)
    await drive.write("/f", data)
    await drive.flush()

    async def refuse(entry: Entry) -> DownloadLink:
        raise AssertionError(f"{entry.name} is fetched")

    monkeypatch.setattr(provider, "download_link", refuse)
    assert await drive.read("/f") == data
