import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from cloudfs.content.ahead import OnTheWay, Pattern
from cloudfs.content.cache import BLOCK, BlockCache, blocks_of
from cloudfs.content.links import Links
from cloudfs.content.remote import RemoteFile
from cloudfs.errors import Changed, ConnectionLost, LinkExpired, TimedOut, Unreachable
from cloudfs.model import DownloadLink, Entry, InodeNumber, Pieces
from cloudfs.providers.memory import MemoryProvider
from tests.support import BytesContent

HANG = TimedOut("never")
DATA = random.Random(5).randbytes(20 * BLOCK + 777)


class Flaky(MemoryProvider):
    """An account whose transfers go wrong on cue."""

    def __init__(self) -> None:
        super().__init__()
        self.links = 0
        self.fetches: list[tuple[int, int]] = []
        self.trouble: list[Exception | int | None] = []  # for each fetch; a number: break after it

    async def download_link(self, entry: Entry) -> DownloadLink:
        self.links += 1
        return await super().download_link(entry)

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        self.fetches.append((start, stop))
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble is HANG:
            await trio.sleep_forever()
        if isinstance(trouble, Exception):
            raise trouble
        async with super().fetch(link, start, stop) as pieces:

            async def some() -> Pieces:
                left = trouble if trouble is not None else 1 << 60
                async for piece in pieces:
                    yield piece[:left]
                    left -= len(piece)
                    if left <= 0:
                        raise ConnectionLost("broken on cue")

            yield some()


@pytest.fixture
async def flaky() -> Flaky:
    provider = Flaky()
    root = await provider.root()
    await provider.upload(root.id, "file", BytesContent(DATA))
    return provider


async def opened(
    flaky: Flaky,
    folder: Path,
    nursery: trio.Nursery,
    *,
    limit: int = 1 << 30,
    on_the_way: OnTheWay | None = None,
) -> RemoteFile:
    """The file, with a disk cache in *folder* of *limit* bytes."""
    cache = BlockCache(folder, limit=limit, keep_free=0)
    cache.scan()
    return RemoteFile(
        InodeNumber(2),
        await flaky.find((await flaky.root()).id, "file"),
        links=Links(flaky),
        cache=cache,
        nursery=nursery,
        on_the_way=on_the_way or OnTheWay(),
    )


@pytest.fixture
async def file(flaky: Flaky, tmp_path: Path, nursery: trio.Nursery):
    return await opened(flaky, tmp_path, nursery)


async def test_reads_give_what_the_service_has(file: RemoteFile):
    assert await file.read(0, 10) == DATA[:10]
    assert await file.read(BLOCK - 3, BLOCK + 3) == DATA[BLOCK - 3 : BLOCK + 3]
    assert await file.read(len(DATA) - 5, len(DATA) + 100) == DATA[-5:]
    assert await file.read(len(DATA), len(DATA) + 1) == b""
    assert await file.read(0, len(DATA)) == DATA


async def test_one_place_costs_one_link_and_one_range(file: RemoteFile, flaky: Flaky):
    assert await file.read(len(DATA) - 4096, len(DATA), Pattern()) == DATA[-4096:]
    assert flaky.links == 1
    ((start, stop),) = flaky.fetches
    assert stop == len(DATA)
    assert stop - start <= 2 * BLOCK


async def test_what_was_read_is_not_fetched_again(file: RemoteFile, flaky: Flaky):
    await file.read(0, len(DATA))
    fetched = len(flaky.fetches)
    assert await file.read(5, 5 * BLOCK) == DATA[5 : 5 * BLOCK]
    assert len(flaky.fetches) == fetched


async def test_readers_of_one_block_share_a_request(file: RemoteFile, flaky: Flaky):
    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(file.read, 100, 200)
    assert len(flaky.fetches) == 1
    assert flaky.links == 1


async def test_a_sequential_reader_is_run_ahead_of(file: RemoteFile, flaky: Flaky):
    pattern = Pattern()
    for at in range(0, len(DATA), 32768):
        assert await file.read(at, at + 32768, pattern) == DATA[at : at + 32768]
    assert len(flaky.fetches) < 8
    fetched = sorted(flaky.fetches)
    assert all(a[1] == b[0] for a, b in pairwise(fetched))


async def test_a_random_reader_gets_only_what_it_asks_for(file: RemoteFile, flaky: Flaky):
    pattern = Pattern()
    for at in (15, 3, 11, 7, 18):
        await file.read(at * BLOCK, at * BLOCK + 4096, pattern)
    assert sum(stop - start for start, stop in flaky.fetches) == 5 * BLOCK


async def test_a_transfer_that_breaks_goes_on_where_it_was(
    file: RemoteFile, flaky: Flaky, autojump_clock
):
    flaky.trouble = [3 * 65536, Unreachable("no net"), 100]
    assert await file.read(0, len(DATA)) == DATA
    starts = [start for start, _ in flaky.fetches]
    assert starts == [0, 3 * BLOCK, 3 * BLOCK, 3 * BLOCK]


async def test_a_refused_link_is_renewed_once(file: RemoteFile, flaky: Flaky):
    flaky.trouble = [LinkExpired("old")]
    assert await file.read(0, 10) == DATA[:10]
    assert flaky.links == 2
    flaky.trouble = [LinkExpired("old"), LinkExpired("old again")]
    with pytest.raises(LinkExpired):
        await file.read(10 * BLOCK, 10 * BLOCK + 1)


async def test_a_dead_network_is_told_in_time(file: RemoteFile, flaky: Flaky, autojump_clock):
    flaky.trouble = [Unreachable("no net")] * 100
    began = trio.current_time()
    with pytest.raises((Unreachable, TimedOut)):
        await file.read(0, 10)
    assert trio.current_time() - began <= 26
    flaky.trouble = []
    began = trio.current_time()
    with pytest.raises((Unreachable, TimedOut)):
        await file.read(0, 10)
    assert trio.current_time() - began < 1
    await trio.sleep(6)
    assert await file.read(0, 10) == DATA[:10]


async def test_another_version_is_not_mixed_in(file: RemoteFile, flaky: Flaky):
    assert await file.read(0, 10) == DATA[:10]
    flaky.trouble = [Changed("it moved on")]
    with pytest.raises(Changed):
        await file.read(15 * BLOCK, 16 * BLOCK)
    assert await file.read(0, 10) == DATA[:10]


async def test_a_full_cache_disk_does_not_stop_reading(
    flaky: Flaky, tmp_path: Path, nursery: trio.Nursery
):
    file = await opened(flaky, tmp_path, nursery, limit=0)
    pattern = Pattern()
    for at in range(0, len(DATA), 1 << 20):
        assert await file.read(at, at + (1 << 20), pattern) == DATA[at : at + (1 << 20)]
    assert len(file._memory) <= 64
    file.close()


async def test_closing_stops_fetching(file: RemoteFile, flaky: Flaky):
    flaky.trouble = [HANG]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(file.read, 0, 10, Pattern())
        await wait_all_tasks_blocked()
        assert flaky.fetches
        nursery.cancel_scope.cancel()
    assert file._fetching
    file.close()
    await wait_all_tasks_blocked()
    assert not file._fetching


def is_on_disk(file: RemoteFile) -> bool:
    return all(map(file._file.has, blocks_of(0, file.size)))


async def test_what_is_brought_is_on_disk_and_fetched_once(file: RemoteFile, flaky: Flaky):
    assert not is_on_disk(file)
    assert await file.bring(0, 5 * BLOCK)
    assert await file.bring(0, len(DATA) + 1)
    assert is_on_disk(file)
    assert flaky.fetches == [(0, 5 * BLOCK), (5 * BLOCK, len(DATA))]
    assert await file.read(0, len(DATA)) == DATA
    assert len(flaky.fetches) == 2


async def test_what_is_brought_survives_breaks(file: RemoteFile, flaky: Flaky, autojump_clock):
    flaky.trouble = [3 * BLOCK, Unreachable("no net"), 100]
    assert await file.bring(0, len(DATA))
    assert is_on_disk(file)


async def test_bringing_tells_that_the_disk_takes_no_more(
    flaky: Flaky, tmp_path: Path, nursery: trio.Nursery
):
    file = await opened(flaky, tmp_path, nursery, limit=2 * BLOCK)
    assert not await file.bring(0, len(DATA))


async def test_a_reader_does_not_wait_behind_what_is_brought(file: RemoteFile, flaky: Flaky):
    flaky.trouble = [HANG]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(file.bring, 0, len(DATA))
        await wait_all_tasks_blocked()
        assert flaky.fetches == [(0, len(DATA))]
        with trio.fail_after(5):
            assert await file.read(3 * BLOCK, 3 * BLOCK + 10) == DATA[3 * BLOCK : 3 * BLOCK + 10]
    assert (3 * BLOCK, 4 * BLOCK) in flaky.fetches
    with trio.fail_after(5):
        while not is_on_disk(file):  # what the reader fetched is still being stored
            await trio.sleep(0.01)


async def test_a_failure_of_what_is_brought_does_not_fail_readers(
    file: RemoteFile, flaky: Flaky, autojump_clock
):
    flaky.trouble = [Unreachable("no net")] * 100
    with pytest.raises((Unreachable, TimedOut)):
        await file.bring(0, len(DATA))
    flaky.trouble = []
    assert await file.read(0, 10) == DATA[:10]


async def test_bringing_stands_aside_while_somebody_reads(
    flaky: Flaky, tmp_path: Path, nursery: trio.Nursery, autojump_clock
):
    reader = object()
    on_the_way = OnTheWay()
    file = await opened(flaky, tmp_path, nursery, on_the_way=on_the_way)
    on_the_way.begin(reader)
    async with trio.open_nursery() as inner:
        inner.start_soon(file.bring, 0, len(DATA))
        await trio.sleep(0.5)
        assert not flaky.fetches
        on_the_way.end(reader)
        await trio.sleep(0.1)  # the next read of the same program may come
        assert not flaky.fetches
        await trio.sleep(0.15)
        assert flaky.fetches
