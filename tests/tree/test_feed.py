"""What others change on the service is seen without anybody asking for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from cloudfs.errors import Unreachable
from cloudfs.model import ROOT_INODE, EntryId, News
from cloudfs.providers.facets import ChangeFeed
from cloudfs.tree import feed
from cloudfs.tree.feed import Feed
from tests.tree.looking import Looking, Service, looking


class Told(ChangeFeed):
    """A feed that tells what the account's own feed tells, unless told what to tell."""

    interval = 30.0

    def __init__(self, service: Service) -> None:
        assert service.changes is not None
        self._feed = service.changes
        self.asked = 0
        self.answer: News | None = None
        self.down = False

    async def cursor(self) -> str:
        return await self._feed.cursor()

    async def since(self, cursor: str) -> News:
        self.asked += 1
        if self.down:
            raise Unreachable("down, on cue")
        return self.answer or await self._feed.since(cursor)


class Partial(Told):
    """Its silence proves nothing."""

    complete = False


@pytest.fixture
async def service():
    service = Service()
    await service.mkdir("/docs")
    await service.put("/docs/a")
    await service.mkdir("/other")
    service.calls.clear()
    return service


class Following:
    """A look at a service whose feed is followed."""

    def __init__(self, look: Looking, told: Told | None, clock: MockClock) -> None:
        self.look = look
        self.told = told
        self._clock = clock

    async def later(self, seconds: float) -> None:
        """Let that much time go by, and everything happen that it brings."""
        self._clock.jump(seconds)
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until nothing goes on: databases work in threads, which do not count as blocked."""
        for _ in range(5):
            await wait_all_tasks_blocked()
            await self.look.metadata.cursor()
            await self.look.register.attributes(ROOT_INODE)
        while self.look.behind.child_tasks:
            await trio.lowlevel.checkpoint()


@asynccontextmanager
async def following(
    service: Service, tmp_path: Path, clock: MockClock, told: Told | None
) -> AsyncIterator[Following]:
    async with looking(service, tmp_path) as look, trio.open_nursery() as nursery:
        nursery.start_soon(Feed(told, look.tree, look.listings, look.metadata).run)
        following = Following(look, told, clock)
        await following.quiet()
        yield following
        nursery.cancel_scope.cancel()


async def test_what_changed_in_a_folder_in_use_is_seen_within_one_interval(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with following(service, tmp_path, mock_clock, Told(service)) as here:
        docs = await here.look.node("/docs")
        await here.look.ls("/docs")
        await service.put("/docs/b")
        await service.put("/docs/a", b"longer")
        await here.later(30)
        assert set(docs.children) == {"a", "b"}
        assert sorted(here.look.heard.names) == ["/docs/b"]
        assert here.look.heard.contents == ["/docs/a"]


async def test_only_folders_that_changed_are_read(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with following(service, tmp_path, mock_clock, Told(service)) as here:
        await here.look.ls("/docs")
        await here.look.ls("/other")
        await service.put("/other/x")
        service.calls.clear()
        await here.later(30)
        assert service.listings == 1
        await here.later(30)
        assert service.listings == 1


async def test_a_folder_that_nobody_uses_is_read_when_somebody_comes(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with following(service, tmp_path, mock_clock, Told(service)) as here:
        await here.look.ls("/docs")
        await here.later(feed.USED)
        await service.put("/docs/b")
        service.calls.clear()
        await here.later(30)
        assert service.listings == 0
        assert await here.look.ls("/docs") == {"a", "b"}


async def test_silence_keeps_listings_good_for_ever(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with following(service, tmp_path, mock_clock, Told(service)) as here:
        await here.look.ls("/docs")
        service.calls.clear()
        for _ in range(20):
            await here.later(30)
            await here.look.ls("/docs")
        assert service.listings == 0


async def test_the_silence_of_a_partial_feed_is_worth_nothing(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with following(service, tmp_path, mock_clock, Partial(service)) as here:
        await here.look.ls("/docs")
        service.calls.clear()
        for _ in range(4):
            await here.later(30)
        await here.look.ls("/docs")
        assert service.listings > 0


async def test_a_feed_that_is_down_is_worth_nothing_and_is_asked_again(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    told = Told(service)
    async with following(service, tmp_path, mock_clock, told) as here:
        await here.look.ls("/docs")
        await service.put("/docs/b")
        told.down = True
        await here.later(30)
        assert here.look.listings.expires_in(await here.look.node("/docs")) < 60
        told.down = False
        await here.later(30)
        assert await here.look.ls("/docs") == {"a", "b"}


@pytest.mark.parametrize(
    "answer",
    [
        News(cursor="0", everything=True),
        News(cursor="0"),
        News(cursor="-1", folders=frozenset({EntryId("never heard of")})),
        News(cursor="0", trees=frozenset({EntryId("never heard of")})),
    ],
)
async def test_nothing_that_a_feed_says_removes_anything(
    service: Service, tmp_path: Path, mock_clock: MockClock, answer: News
):
    told = Told(service)
    async with following(service, tmp_path, mock_clock, told) as here:
        await here.look.ls("/docs")
        told.answer = answer
        service.go_down()
        await here.later(30)
        assert await here.look.ls("/docs") == {"a"}


async def test_without_a_feed_folders_in_use_are_read_when_their_time_is_over(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with following(service, tmp_path, mock_clock, None) as here:
        await here.look.ls("/docs")
        docs = await here.look.node("/docs")
        await service.put("/docs/b")
        await here.later(60)
        await here.later(60)
        assert set(docs.children) == {"a", "b"}
        await here.later(feed.USED)
        service.calls.clear()
        await here.later(60)
        assert service.listings == 0


async def test_a_listing_that_was_on_its_way_when_the_news_came_is_not_believed(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with following(service, tmp_path, mock_clock, None) as here:
        docs = await here.look.node("/docs")
        service.hold = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(here.look.listings.ensure, docs)
            asked = len(service.conditions)
            while len(service.conditions) == asked:
                await trio.lowlevel.checkpoint()
            here.look.listings.expire(docs)
            service.hold.set()
        assert not here.look.listings.is_fresh(docs)


async def test_after_a_restart_the_feed_tells_what_still_holds(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with following(service, tmp_path, mock_clock, Told(service)) as here:
        await here.look.ls("/docs")
        await here.look.ls("/other")
        await here.quiet()
    await service.put("/other/x")
    service.calls.clear()
    async with following(service, tmp_path, mock_clock, Told(service)) as here:
        assert await here.look.ls("/docs") == {"a"}
        assert await here.look.ls() == {"docs", "other"}
        await here.later(1)
        assert service.listings == 0
        await here.look.ls("/other")
        await here.later(1)
        assert await here.look.ls("/other") == {"x"}
        assert service.listings == 1


async def test_what_was_read_before_the_feed_began_is_asked_for_again_after_a_restart(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls("/docs")
    await service.put("/docs/b")
    async with following(service, tmp_path, mock_clock, Told(service)):
        pass
    async with following(service, tmp_path, mock_clock, Told(service)) as here:
        await here.look.ls("/docs")
        await here.later(1)
        assert await here.look.ls("/docs") == {"a", "b"}
