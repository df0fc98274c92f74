"""Pins: which files are kept, fetched, renewed; and warming."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from cloudfs.config import MountSettings
from cloudfs.content import remote
from cloudfs.errors import InvalidRequest, NoLocalSpace, NotPermitted, Unreachable
from cloudfs.model import DownloadLink, Entry, EntryId, ListingTag, Pages, Pieces
from cloudfs.mounting.keeping import Keeping
from cloudfs.operations import pins
from cloudfs.operations.xattrs import NoAttribute
from cloudfs.providers.memory import MemoryProvider, MemoryService
from cloudfs.tree import feed
from tests.drives import DriveByPath, open_drive
from tests.support import BytesContent

PIN = "user.cloudfs.pin"
MOUNTPOINT = Path("/mnt")


class Watched(MemoryProvider):
    """Counts what is fetched; may be cut off."""

    def __init__(self, service: MemoryService) -> None:
        super().__init__(service=service)
        self.fetched: list[str] = []
        self.cut = False

    def _check(self) -> None:
        if self.cut:
            raise Unreachable("the network is cut")

    async def open(self) -> None:
        self._check()

    async def root(self) -> Entry:
        self._check()
        return await super().root()

    async def download_link(self, entry: Entry) -> DownloadLink:
        self._check()
        self.fetched.append(entry.name)
        return await super().download_link(entry)

    async def list_folder(self, folder_id: EntryId, *, unless: ListingTag | None = None) -> Pages:
        self._check()
        async with aclosing(super().list_folder(folder_id, unless=unless)) as pages:
            async for page in pages:
                yield page

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        self._check()
        async with super().fetch(link, start, stop) as pieces:
            yield pieces


@pytest.fixture
def service() -> MemoryService:
    return MemoryService()


@pytest.fixture
async def other(service: MemoryService) -> MemoryProvider:
    """Another client, which has put some files there."""
    other = MemoryProvider(service=service)
    root = await other.root()
    folder = await other.create_folder(root.id, "d")
    below = await other.create_folder(folder.id, "e")
    await other.upload(root.id, "alone", BytesContent(b"alone" * 1000))
    await other.upload(folder.id, "f", BytesContent(b"f" * 100_000))
    await other.upload(below.id, "g", BytesContent(b"g" * 100_000))
    return other


@pytest.fixture
def provider(service: MemoryService) -> Watched:
    return Watched(service)


@pytest.fixture
async def drive(other: MemoryProvider, provider: Watched, tmp_path: Path):
    async with open_drive(provider, tmp_path) as drive:
        yield drive


async def until(true: Callable[[], object]) -> None:
    with trio.fail_after(10):
        while not true():
            await trio.sleep(0.01)


def is_here(drive: DriveByPath, *paths: str) -> bool:
    """Whether all blocks of files are in the cache."""
    node = drive.drive.tree.root
    for path in paths:
        node = drive.drive.tree.root
        for name in path.strip("/").split("/"):
            if name not in node.children:
                return False
            node = node.children[name]
        if node.entry is None or drive.assembly.pins._whole.get(node.number) != node.entry.version:
            return False
    return True


async def told(drive: DriveByPath, command: str, *paths: str, **more: Any) -> dict[str, Any]:
    """The last answer to a command of the control socket."""
    table = Keeping(drive.assembly, MOUNTPOINT).table()
    request = {"paths": [f"{MOUNTPOINT}{path}" for path in paths], **more}
    with trio.fail_after(10):
        answers = [answer async for answer in table[command](request)]
    assert answers[-1]["done"]
    return answers[-1]


async def entry_of(other: MemoryProvider, *names: str) -> Entry:
    entry = await other.root()
    for name in names:
        entry = await other.find(entry.id, name)
    return entry


async def test_a_pinned_folder_is_fetched_with_all_below_it(drive: DriveByPath, provider: Watched):
    node = await drive.node("/d")
    await drive.drive.xattrs.set(node, PIN, b"1")
    await until(lambda: is_here(drive, "/d/f", "/d/e/g"))
    provider.cut = True
    assert await drive.read("/d/f") == b"f" * 100_000
    assert await drive.read("/d/e/g") == b"g" * 100_000
    assert sorted(provider.fetched) == ["f", "g"]


async def test_the_attribute_tells_what_is_pinned_and_what_inherits_it(drive: DriveByPath):
    xattrs = drive.drive.xattrs
    folder, below = await drive.node("/d"), await drive.node("/d/e/g")
    for node in (folder, below):
        with pytest.raises(NoAttribute):
            xattrs.get(node, PIN)
        with pytest.raises(NoAttribute):
            await xattrs.remove(node, PIN)
    await xattrs.set(folder, PIN, b"1")
    assert xattrs.get(folder, PIN) == b"1"
    assert xattrs.get(below, PIN) == b"inherited"
    assert xattrs.names(folder).count(PIN) == xattrs.names(below).count(PIN) == 1
    with pytest.raises(NotPermitted, match="/d;"):
        await xattrs.remove(below, PIN)
    await xattrs.set(below, PIN, b"1")
    assert xattrs.get(below, PIN) == b"1"
    await xattrs.remove(below, PIN)
    assert xattrs.get(below, PIN) == b"inherited"
    await xattrs.remove(folder, PIN)
    with pytest.raises(NoAttribute):
        xattrs.get(below, PIN)


async def test_the_attribute_takes_no_other_value(drive: DriveByPath):
    with pytest.raises(InvalidRequest):
        await drive.drive.xattrs.set(await drive.node("/d"), PIN, b"inherited")


async def test_what_comes_into_a_pinned_folder_is_fetched(
    drive: DriveByPath, other: MemoryProvider
):
    await told(drive, "pin", "/d")
    new = await other.create_folder((await entry_of(other, "d", "e")).id, "new")
    await other.upload(new.id, "late", BytesContent(b"late"))
    drive.forget_listings()
    await drive.ls("/d/e")
    await until(lambda: is_here(drive, "/d/e/new/late"))
    await drive.write("/moved", b"made here")
    await drive.flush()
    await drive.rename("/moved", "/d/moved")
    assert drive.assembly.pins.state(await drive.node("/d/moved")) == "inherited"


async def test_a_new_version_is_fetched_and_the_old_one_dropped(
    drive: DriveByPath, other: MemoryProvider, provider: Watched
):
    await told(drive, "pin", "/d")
    await until(lambda: is_here(drive, "/d/f", "/d/e/g"))
    cache = drive.assembly.cache
    before = len(cache._sizes)
    folder, old = await entry_of(other, "d"), await entry_of(other, "d", "f")
    await other.upload(folder.id, "f", BytesContent(b"new" * 50_000), replacing=old)
    drive.forget_listings()
    await drive.ls("/d")
    await until(lambda: provider.fetched.count("f") == 2 and is_here(drive, "/d/f"))
    await until(lambda: len(cache._sizes) == before)
    provider.cut = True
    assert await drive.read("/d/f") == b"new" * 50_000


async def test_the_feed_is_enough_to_renew_what_nobody_looks_at(
    other: MemoryProvider, provider: Watched, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(feed, "USED", float("-inf"))  # nothing is in use
    monkeypatch.setattr(provider.changes, "interval", 0.05)
    async with open_drive(provider, tmp_path) as drive:
        await drive.assembly.pins.pin(await drive.node("/d/e"))
        await until(lambda: is_here(drive, "/d/e/g"))
        provider.fetched.clear()
        folder, old = await entry_of(other, "d", "e"), await entry_of(other, "d", "e", "g")
        await other.upload(folder.id, "g", BytesContent(b"n" * 70_000), replacing=old)
        await until(lambda: provider.fetched and is_here(drive, "/d/e/g"))
        assert provider.fetched == ["g"]
        assert (await drive.node("/d/e/g")).entry.size == 70_000


async def test_a_pinned_file_that_is_replaced_while_it_is_open_stays_pinned(
    drive: DriveByPath, other: MemoryProvider, provider: Watched
):
    await told(drive, "pin", "/alone")
    handle = await drive.open("/alone", 0)
    old = await entry_of(other, "alone")
    await other.upload((await other.root()).id, "alone", BytesContent(b"new"), replacing=old)
    drive.forget_listings()
    await drive.ls("/")
    assert drive.assembly.pins.state(await drive.node("/alone")) == "1"
    await until(lambda: is_here(drive, "/alone"))
    await drive.drive.files.release(handle)


async def test_a_later_process_knows_the_pins_and_goes_on(
    other: MemoryProvider, provider: Watched, tmp_path: Path
):
    async with open_drive(provider, tmp_path) as drive:
        await told(drive, "pin", "/d/e")
        await drive.drive.xattrs.set(await drive.node("/alone"), PIN, b"1")
    folder = await entry_of(other, "d", "e")
    await other.upload(folder.id, "h", BytesContent(b"h" * 10))
    async with open_drive(provider, tmp_path) as drive:
        await until(lambda: is_here(drive, "/d/e/g", "/d/e/h", "/alone"))
        assert drive.assembly.pins.state(await drive.node("/d/e")) == "1"
        assert drive.assembly.pins.state(await drive.node("/d/f")) is None


async def test_what_is_pinned_is_safe_from_the_first_moment_of_a_later_process(
    other: MemoryProvider, provider: Watched, tmp_path: Path, announce
):
    announce("starting without the service")
    async with open_drive(provider, tmp_path) as drive:
        await told(drive, "pin", "/d")
        numbers = {(await drive.node(path)).number for path in ("/d/f", "/d/e/g")}
        (await drive.node("/alone")).own().xattrs["user.other"] = b"user.cloudfs.pin"
    provider.cut = True
    for path in (tmp_path / "cache").glob("metadata.sqlite*"):
        path.rename(path.with_name(f"old-{path.name}"))  # nothing is remembered of folders
    (tmp_path / "cache" / "blocks").rename(tmp_path / "blocks")
    async with open_drive(provider, tmp_path) as drive:
        assert numbers <= drive.assembly.cache._pinned
        await until(lambda: drive.assembly.pins._asked_at > 0)  # it has looked, and seen nothing
        await drive.assembly.pins._look()
        assert numbers <= drive.assembly.cache._pinned
    provider.cut = False
    async with open_drive(provider, tmp_path) as drive:
        await until(lambda: is_here(drive, "/d/f", "/d/e/g"))
        found = {(await drive.node(path)).number for path in ("/d/f", "/d/e/g")}
        assert found == numbers


async def add_more_than_fits(other: MemoryProvider) -> None:
    root = await other.root()
    for number in range(10):
        await other.upload(root.id, f"big{number}", BytesContent(bytes(200_000)))


async def test_pinned_files_are_not_dropped_for_others(
    other: MemoryProvider, provider: Watched, tmp_path: Path
):
    await add_more_than_fits(other)
    async with open_drive(provider, tmp_path, MountSettings(cache_size=600_000)) as drive:
        await told(drive, "pin", "/d")
        for number in range(10):
            await drive.read(f"/big{number}")
        provider.cut = True
        assert await drive.read("/d/f") == b"f" * 100_000
        assert await drive.read("/d/e/g") == b"g" * 100_000
        assert drive.assembly.cache.used <= 600_000


async def test_unpinned_files_are_dropped_like_others(
    other: MemoryProvider, provider: Watched, tmp_path: Path
):
    await add_more_than_fits(other)
    async with open_drive(provider, tmp_path, MountSettings(cache_size=600_000)) as drive:
        await told(drive, "pin", "/d")
        assert (await told(drive, "unpin", "/d"))["unpinned"] == ["/d"]
        await until(lambda: not drive.assembly.cache._pinned)
        for number in range(10):
            await drive.read(f"/big{number}")
        count = provider.fetched.count("f")
        assert await drive.read("/d/f") == b"f" * 100_000
        assert provider.fetched.count("f") == count  # the link still holds
        assert drive.assembly.cache.used <= 600_000


async def test_a_pin_that_would_fill_the_cache_is_refused(
    other: MemoryProvider, provider: Watched, tmp_path: Path
):
    async with open_drive(provider, tmp_path, MountSettings(cache_size=210_000)) as drive:
        answer = await told(drive, "pin", "/d")
        assert "raise cache_size" in answer["error"]
        assert drive.assembly.pins.state(await drive.node("/d")) is None
        await told(drive, "pin", "/d/f")
        with pytest.raises(NoLocalSpace, match="cache_size"):
            await drive.drive.xattrs.set(await drive.node("/d/e/g"), PIN, b"1")


async def test_what_grows_beyond_the_cache_is_told(
    other: MemoryProvider, provider: Watched, tmp_path: Path, announce
):
    announce("1 pinned files are not kept")
    async with open_drive(provider, tmp_path, MountSettings(cache_size=210_000)) as drive:
        await drive.drive.xattrs.set(await drive.node("/d"), PIN, b"1")
        await until(lambda: drive.assembly.pins.trouble)
        assert "raise cache_size" in str(drive.assembly.pins.trouble)
        await until(lambda: is_here(drive, "/d/f") or is_here(drive, "/d/e/g"))


async def test_what_cannot_be_fetched_is_fetched_later(
    drive: DriveByPath, provider: Watched, monkeypatch
):
    monkeypatch.setattr(pins, "PAUSE", 0.1)
    monkeypatch.setattr(remote, "PATIENCE", 0.1)
    node = await drive.node("/alone")
    provider.cut = True
    await drive.assembly.pins.pin(node)
    await until(lambda: drive.assembly.pins._not_before > 0)
    assert drive.assembly.pins.missing == 1
    provider.cut = False
    await until(lambda: is_here(drive, "/alone"))
    assert drive.assembly.pins.missing == 0


async def test_a_file_written_here_is_kept_in_its_new_version(
    drive: DriveByPath, provider: Watched
):
    await told(drive, "pin", "/d")
    await drive.write("/d/f", b"written here" * 10_000)
    assert (await told(drive, "pin", "/d"))["failed"] == 0
    await drive.flush()
    drive.assembly.pins._wake()
    await until(lambda: is_here(drive, "/d/f"))
    provider.cut = True
    assert await drive.read("/d/f") == b"written here" * 10_000


async def test_warming_fetches_files_and_listings_and_tells_how_far_it_is(
    drive: DriveByPath, provider: Watched
):
    answer = await told(drive, "warm", "/d", "/d/f")
    assert (answer["files"], answer["files_done"], answer["folders"]) == (2, 2, 2)
    assert answer["bytes"] == answer["bytes_done"] == 200_000
    assert not answer["troubles"]
    provider.cut = True
    assert await drive.read("/d/e/g") == b"g" * 100_000
    assert (await told(drive, "warm", "/d"))["files_done"] == 2
    assert not drive.assembly.pins.covers(await drive.node("/d"))


async def test_warming_leaves_out_what_does_not_fit(
    other: MemoryProvider, provider: Watched, tmp_path: Path
):
    async with open_drive(provider, tmp_path, MountSettings(cache_size=150_000)) as drive:
        answer = await told(drive, "warm", "/")
        assert answer["left_out"] == 1
        assert answer["files_done"] == 2


async def test_warming_tells_what_it_could_not_fetch(
    drive: DriveByPath, provider: Watched, monkeypatch
):
    async def refuse(entry: Entry) -> DownloadLink:
        raise NotPermitted("not for you")

    monkeypatch.setattr(provider, "download_link", refuse)
    answer = await told(drive, "warm", "/alone")
    assert answer["troubles"] == ["/alone: not for you"]
    assert answer["files_done"] == 0


async def test_warming_ends_when_nobody_listens_any_more(drive: DriveByPath, provider: Watched):
    reached = trio.Event()

    async def stuck(entry: Entry) -> DownloadLink:
        reached.set()
        await trio.sleep_forever()
        raise AssertionError

    provider.download_link = stuck  # type: ignore[method-assign] # a request without an answer
    answers = Keeping(drive.assembly, MOUNTPOINT).warm({"paths": [f"{MOUNTPOINT}/alone"]})
    with trio.fail_after(5):
        await anext(answers)
        await reached.wait()
        await answers.aclose()
        contents = drive.assembly.warming._contents
        while contents.opened:
            await trio.sleep(0.01)


async def test_unpinning_what_is_not_pinned_is_told(drive: DriveByPath):
    await told(drive, "pin", "/d")
    answer = await told(drive, "unpin", "/alone", "/d/f")
    assert answer["unpinned"] == []
    assert answer["troubles"][0] == "/alone is not pinned"
    assert "unpin that one" in answer["troubles"][1]


async def test_a_pinned_file_that_an_editor_saves_stays_pinned(drive: DriveByPath):
    await told(drive, "pin", "/alone")
    await drive.write("/alone.tmp", b"saved")
    await drive.rename("/alone.tmp", "/alone")
    assert drive.assembly.pins.state(await drive.node("/alone")) == "1"
    await drive.write("/another", b"x")
    await drive.write("/d/f2", b"x")
    await drive.rename("/another", "/d/f2")
    assert drive.assembly.pins.state(await drive.node("/d/f2")) is None
    await drive.flush()
    await until(lambda: is_here(drive, "/alone"))
