"""When the service is asked, and what answers until then."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from cloudfs.errors import NotFound, Unreachable
from cloudfs.model import InodeNumber, Kind, Page
from cloudfs.tree import revalidating
from cloudfs.tree.listings import PAUSE
from cloudfs.tree.nodes import Node
from tests.tree.looking import Looking, Service, looking

# The clock stands still unless it is moved: databases work in threads, which `autojump_clock`
# does not wait for.


@pytest.fixture
async def service():
    service = Service()
    await service.mkdir("/docs")
    await service.put("/docs/a")
    await service.put("/docs/b")
    service.calls.clear()
    return service


@pytest.fixture
async def look(service: Service, tmp_path: Path):
    async with looking(service, tmp_path) as look:
        yield look


# Its time ---------------------------------------------------------------------------------------


async def test_one_listing_answers_until_its_time_is_over(
    service: Service, look: Looking, mock_clock: MockClock
):
    assert await look.ls() == {"docs"}
    mock_clock.jump(59)
    assert await look.ls() == {"docs"}
    assert service.listings == 1
    await service.put("/new")
    mock_clock.jump(1)
    assert await look.ls() == {"docs", "new"}
    assert service.listings == 2


async def test_how_long_a_listing_will_be_believed_is_told(look: Looking, mock_clock: MockClock):
    root = look.tree.root
    assert look.listings.expires_in(root) == 0
    await look.ls()
    assert look.listings.expires_in(root) == pytest.approx(60)
    mock_clock.jump(45)
    assert look.listings.expires_in(root) == pytest.approx(15)
    mock_clock.jump(45)
    assert look.listings.expires_in(root) == 0


async def test_an_expired_listing_is_asked_for_again(
    service: Service, look: Looking, mock_clock: MockClock
):
    await look.ls()
    await service.put("/new")
    look.expire()
    assert await look.ls() == {"docs", "new"}


async def test_an_empty_folder_is_known_to_be_empty(
    service: Service, look: Looking, mock_clock: MockClock
):
    await service.mkdir("/empty")
    assert await look.ls("/empty") == set()
    assert await look.ls("/empty") == set()
    assert service.listings == 2


async def test_a_folder_that_is_not_on_the_service_yet_is_not_asked_for(
    service: Service, look: Looking, mock_clock: MockClock
):
    new = look.tree.add(Node(InodeNumber(500), Kind.FOLDER), look.tree.root, "new")
    await look.listings.ensure(new)
    await look.listings.refresh(new)
    assert look.listings.expires_in(new) == look.listings.lifetime
    assert service.listings == 0


async def test_a_listing_of_many_pages_is_taken_whole(
    service: Service, look: Looking, mock_clock: MockClock
):
    for number in range(250):
        await service.put(f"/docs/f{number}")
    assert len(await look.ls("/docs")) == 252
    assert service.listings == 2


async def test_a_listing_that_begins_anew_forgets_what_it_said(
    service: Service, look: Looking, mock_clock: MockClock
):
    for number in range(150):
        await service.put(f"/docs/f{number}")

    def begin_anew(page: Page, number: int) -> Page:
        return Page(entries=page.entries, tag=page.tag, restart=number == 1)

    await look.ls()
    service.retouch = begin_anew
    assert len(await look.ls("/docs")) == 52


# One at a time ----------------------------------------------------------------------------------


async def test_many_who_ask_at_once_are_answered_by_one_request(
    service: Service, look: Looking, nursery: trio.Nursery, mock_clock: MockClock
):
    service.hold = trio.Event()
    answers = []

    async def ask() -> None:
        answers.append(await look.ls())

    async with trio.open_nursery() as asking:
        for _ in range(5):
            asking.start_soon(ask)
        while not service.listings:
            await trio.lowlevel.checkpoint()
        service.hold.set()
    assert answers == [{"docs"}] * 5
    assert service.listings == 1


async def test_when_the_one_who_asks_is_interrupted_another_one_asks(
    service: Service, look: Looking, mock_clock: MockClock
):
    service.hold = trio.Event()
    async with trio.open_nursery() as others:
        async with trio.open_nursery() as first:
            first.start_soon(look.ls)
            while not service.listings:
                await trio.lowlevel.checkpoint()
            others.start_soon(look.ls)
            await wait_all_tasks_blocked()
            first.cancel_scope.cancel()
        while service.listings < 2:
            await trio.lowlevel.checkpoint()
        service.hold.set()
    assert set(look.tree.root.children) == {"docs"}


async def test_folders_are_read_side_by_side(
    service: Service, look: Looking, mock_clock: MockClock
):
    await service.mkdir("/more")
    folders = [await look.node("/docs"), await look.node("/more")]
    service.hold = trio.Event()
    service.calls.clear()
    async with trio.open_nursery() as asking:
        for folder in folders:
            asking.start_soon(look.listings.ensure, folder)
        while service.listings < 2:
            await trio.lowlevel.checkpoint()
        service.hold.set()


# On the condition that something changed --------------------------------------------------------


async def test_a_listing_is_asked_for_on_the_condition_that_it_changed(
    service: Service, look: Looking, mock_clock: MockClock
):
    await look.ls("/docs")
    look.expire()
    assert await look.ls("/docs") == {"a", "b"}
    assert service.unchanged == 2
    look.heard.names.clear()
    mock_clock.jump(59)
    await look.ls("/docs")
    assert service.listings == 4, "an unchanged listing is as good as a new one"
    await service.put("/docs/c")
    look.expire()
    assert await look.ls("/docs") == {"a", "b", "c"}


async def test_after_something_was_done_here_the_listing_is_asked_for_whole(
    service: Service, look: Looking, mock_clock: MockClock
):
    await look.ls()
    look.tree.touch(look.tree.root, "x")
    look.expire()
    await look.ls()
    assert service.conditions == [None, None]


# When the service does not answer ---------------------------------------------------------------


async def test_an_old_listing_answers_while_the_service_is_down(
    service: Service, look: Looking, mock_clock: MockClock
):
    await look.ls()
    service.go_down()
    mock_clock.jump(1000)
    assert await look.ls() == {"docs"}
    assert look.heard.names == []


async def test_a_service_that_is_down_is_not_asked_again_at_once(
    service: Service, look: Looking, mock_clock: MockClock
):
    await look.ls()
    service.go_down()
    mock_clock.jump(1000)
    for _ in range(3):
        await look.ls()
    assert service.listings == 2
    mock_clock.jump(PAUSE)
    await service.put("/new")
    service.come_back()
    assert await look.ls() == {"docs", "new"}
    assert service.listings == 3


async def test_a_folder_that_was_never_listed_is_unknown_and_not_empty(
    service: Service, look: Looking, mock_clock: MockClock
):
    service.go_down()
    with pytest.raises(Unreachable):
        await look.ls()
    assert not look.tree.root.listing.complete
    service.come_back()
    assert await look.ls() == {"docs"}


async def test_a_listing_that_breaks_off_changes_nothing(
    service: Service, look: Looking, mock_clock: MockClock
):
    for number in range(150):
        await service.put(f"/f{number}")
    before = await look.ls()
    await service.put("/new")
    await service.rm("/f1")

    def break_off(page: Page, number: int) -> Page:
        if number == 1:
            raise Unreachable("halfway, on cue")
        return page

    service.retouch = break_off
    mock_clock.jump(61)
    assert await look.ls() == before
    assert look.heard.names == []


async def test_a_folder_that_is_gone_is_not_found_and_its_parent_is_looked_at_again(
    service: Service, look: Looking, mock_clock: MockClock
):
    docs = await look.node("/docs")
    await look.ls("/docs")
    await service.rm("/docs")
    look.listings.expire(docs)
    with pytest.raises(NotFound):
        await look.listings.ensure(docs)
    assert await look.ls() == set()


async def test_a_folder_that_is_gone_stays_while_changes_wait_in_it(
    service: Service, look: Looking, mock_clock: MockClock
):
    docs = await look.node("/docs")
    await look.ls("/docs")
    look.made_here(docs, "mine")
    await service.rm("/docs")
    look.expire()
    await look.listings.ensure(docs)
    assert look.heard.orphaned == [docs]
    look.heard.orphaned.clear()
    look.expire()
    assert await look.ls() == {"docs"}
    assert look.heard.orphaned == [docs]
    assert "mine" in docs.children


# After a restart --------------------------------------------------------------------------------


async def test_a_remembered_listing_answers_before_the_service_does(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls("/docs")
        numbers = {n.path(): n.number for n in look.tree.root.tree()}
    await service.put("/docs/c")
    await service.rm("/docs/a")
    service.hold = trio.Event()
    async with looking(service, tmp_path) as look:
        assert await look.ls("/docs") == {"a", "b"}
        assert {n.path(): n.number for n in look.tree.root.tree()} == numbers
        service.hold.set()
        await look.settled()
        assert await look.ls("/docs") == {"b", "c"}
        assert sorted(look.heard.names) == ["/docs/a", "/docs/c"]


async def test_after_a_restart_an_unchanged_listing_is_not_sent_again(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls()
    service.calls.clear()
    async with looking(service, tmp_path) as look:
        await look.ls()
        await look.settled()
        assert look.listings.expires_in(look.tree.root) == pytest.approx(60)
        await look.ls()
    assert service.listings == service.unchanged == 1


async def test_a_remembered_listing_is_asked_for_again_with_nobody_waiting(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls()
    service.calls.clear()
    async with looking(service, tmp_path) as look:
        for _ in range(3):
            await look.ls()
        await look.settled()
    assert service.listings == 1


async def test_remembered_listings_answer_while_the_service_is_down(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls("/docs")
    service.go_down()
    async with looking(service, tmp_path) as look:
        assert await look.ls("/docs") == {"a", "b"}
        await look.settled()
        mock_clock.jump(1000)
        assert await look.ls("/docs") == {"a", "b"}


async def test_a_remembered_tree_is_there_at_once(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls("/docs")
    service.go_down()
    async with looking(service, tmp_path) as look:
        await look.ls()
        docs = await look.node("/docs")
        assert set(docs.children) == {"a", "b"}
        assert not look.listings.is_missing(docs)
        assert look.register.asked == 1


async def test_only_remembered_listings_that_were_needed_are_asked_for_again(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls("/docs")
    service.calls.clear()
    async with looking(service, tmp_path) as look:
        await look.ls()
        await look.settled()
        assert service.listings == 1
        await look.ls("/docs")
        await look.settled()
        assert service.listings == 2


async def test_nothing_is_asked_for_again_while_somebody_runs_through_the_tree(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls("/docs")
    service.calls.clear()
    async with looking(service, tmp_path) as look:
        for _ in range(5):
            await look.ls("/docs")
            await wait_all_tasks_blocked()
            mock_clock.jump(revalidating.PAUSE * 0.8)
        await wait_all_tasks_blocked()
        assert service.listings == 0
        await look.settled()
        assert service.listings == 2


async def test_a_remembered_folder_that_the_service_has_lost_is_found_missing(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls("/docs")
    await service.rm("/docs")
    async with looking(service, tmp_path) as look:
        assert await look.ls("/docs") == {"a", "b"}
        await look.settled()
        assert "docs" not in await look.ls()


async def test_a_folder_that_was_not_remembered_is_asked_for(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        await look.ls()
    async with looking(service, tmp_path) as look:
        assert await look.ls("/docs") == {"a", "b"}


async def test_attributes_that_were_set_here_are_there_after_a_restart(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        node = await look.node("/docs/a")
        node.own().mode = 0o700
        await look.register.keep_attributes(node)
    async with looking(service, tmp_path) as look:
        node = await look.node("/docs/a")
        assert node.attributes is not None
        assert node.attributes.mode == 0o700
        assert (await look.node("/docs/b")).attributes is None


async def test_a_deleted_cache_loses_no_numbers_and_no_attributes(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        node = await look.node("/docs/a")
        node.own().mode = 0o700
        await look.register.keep_attributes(node)
    for path in tmp_path.glob("cache*"):
        path.unlink()
    async with looking(service, tmp_path) as look:
        again = await look.node("/docs/a")
        assert again.number == node.number
        assert again.attributes == node.attributes
