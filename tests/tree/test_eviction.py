"""What is dropped from memory, what is not, and how it comes back."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from cloudfs.errors import NotFound
from cloudfs.model import News, Version
from cloudfs.providers.facets import ChangeFeed
from cloudfs.tree import eviction
from cloudfs.tree.eviction import Eviction
from cloudfs.tree.feed import Feed
from cloudfs.tree.nodes import Node
from tests.tree.looking import Looking, Service, looking

# The clock stands still unless it is moved: databases work in threads, which `autojump_clock`
# does not wait for.


class Asked:
    """The names that the kernel was asked to forget."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, folder: Node, names: Iterable[str]) -> None:
        self.names += [f"{folder.path().rstrip('/')}/{name}" for name in names]


@pytest.fixture
async def service():
    service = Service()
    for place in ("/docs", "/other", "/docs/inner"):
        await service.mkdir(place)
    for file in ("/docs/a", "/docs/b", "/docs/inner/c", "/other/d"):
        await service.put(file)
    service.calls.clear()
    return service


@pytest.fixture
async def look(service: Service, tmp_path: Path):
    async with looking(service, tmp_path) as look:
        for folder in ("/docs", "/docs/inner", "/other"):
            await look.ls(folder)
        age(look)
        service.calls.clear()
        yield look


def evicting(look: Looking, most: int = 0, **other: Any) -> Eviction:
    values: dict[str, Any] = {"waiting": set, "let_go": Asked(), **other}
    return Eviction(look.tree, look.listings, look.register, most=most, **values)


def shrink(look: Looking, **other: Any) -> None:
    """Drop all that may go; what is below goes first."""
    before = None
    while before != len(look.tree):
        before = len(look.tree)
        evicting(look, **other).shrink()


# What goes, and comes back ----------------------------------------------------------------------


async def test_what_nobody_uses_is_dropped(look: Looking):
    shrink(look)
    assert len(look.tree) == 1
    assert not look.tree.root.listing.complete


async def test_what_was_dropped_comes_back_from_disk_with_the_same_numbers(
    look: Looking, service: Service
):
    paths = ["/docs", "/docs/a", "/docs/inner", "/docs/inner/c", "/other/d"]
    before = {path: (await look.node(path)).number for path in paths}
    age(look)
    shrink(look)
    assert len(look.tree) == 1
    service.go_down()
    assert await look.ls("/docs") == {"a", "b", "inner"}
    assert {path: (await look.node(path)).number for path in paths} == before


async def test_what_came_back_is_believed_as_long_as_before(
    look: Looking, service: Service, mock_clock: MockClock
):
    left = look.listings.expires_in(look.tree.root)
    shrink(look)
    assert len(look.tree) == 1
    assert await look.ls() == {"docs", "other"}
    assert look.listings.expires_in(look.tree.root) == pytest.approx(left)
    assert service.listings == 0
    mock_clock.jump(left)
    await service.put("/new")
    assert await look.ls() == {"docs", "other", "new"}


async def test_what_was_expired_while_it_was_dropped_is_asked_for(look: Looking, service: Service):
    shrink(look)
    look.listings.expire(look.tree.root)
    await service.put("/new")
    assert await look.ls() == {"docs", "other", "new"}


async def test_a_name_that_is_absent_is_absent_after_all_was_dropped(
    look: Looking, service: Service
):
    shrink(look)
    assert "nothing" not in await look.ls("/docs")
    assert service.listings == 0


async def test_nothing_is_announced_of_what_is_dropped_and_comes_back(look: Looking):
    look.heard.names.clear()
    shrink(look)
    assert len(look.tree) == 1
    await look.ls("/docs")
    await look.ls("/other")
    assert look.heard.names == []


async def test_without_the_disk_changes_are_announced_when_the_service_is_asked(
    look: Looking, service: Service
):
    docs = await look.node("/docs")
    a = docs.children["a"]
    look.tree.looked_up(docs)
    look.tree.looked_up(a)
    age(look)
    shrink(look)
    assert set(docs.children) == {"a"}
    assert docs.entry is not None
    look.metadata.forget(docs.entry.id)
    look.heard.names.clear()
    await service.rm("/docs/a")
    assert await look.ls("/docs") == {"b", "inner"}
    assert "/docs/a" in look.heard.names


async def test_attributes_that_were_set_here_come_back(look: Looking):
    a = await look.node("/docs/a")
    a.own().mode = 0o600
    age(look)
    shrink(look)
    again = await look.node("/docs/a")
    assert again is not a
    assert again.attributes is not None
    assert again.attributes.mode == 0o600


# How much goes ----------------------------------------------------------------------------------


async def test_nothing_is_dropped_while_there_is_room(look: Looking):
    everything = len(look.tree)
    assert evicting(look, most=everything).shrink() == 0
    assert len(look.tree) == everything


async def test_the_folder_that_was_used_least_lately_is_the_first(look: Looking):
    docs, inner, other = [await look.node(path) for path in ("/docs", "/docs/inner", "/other")]
    for at, folder in enumerate((other, docs, inner, look.tree.root)):
        folder.listing.used_at = -100.0 + at
    evicting(look, most=len(look.tree) - 1).shrink()
    assert (set(other.children), set(docs.children)) == (set(), {"a", "b", "inner"})


async def test_what_was_used_a_moment_ago_stays(look: Looking):
    assert await look.ls("/other") == {"d"}
    shrink(look)
    left = {node.path() for node in look.tree.root.tree()}
    assert left == {"/", "/docs", "/other", "/other/d"}


async def test_it_is_done_now_and_then(look: Looking, mock_clock: MockClock):
    look.behind.start_soon(evicting(look).run)
    await trio.testing.wait_all_tasks_blocked()
    for _ in range(4):
        mock_clock.jump(eviction.LONGEST)
        await trio.testing.wait_all_tasks_blocked()
    assert len(look.tree) == 1


# What stays -------------------------------------------------------------------------------------


async def test_the_kernel_is_asked_to_forget_files_and_they_stay_until_it_does(look: Looking):
    a = await look.node("/docs/a")
    look.tree.looked_up(a)
    age(look)
    asked = Asked()
    assert evicting(look, let_go=asked).shrink()
    assert asked.names == ["/docs/a"]
    assert look.tree.known(a.number) is a
    look.tree.forgotten(a.number, 1)
    shrink(look)
    assert len(look.tree) == 1


async def test_the_kernel_is_not_asked_to_forget_a_folder(look: Looking):
    inner = await look.node("/docs/inner")
    look.tree.looked_up(inner)
    age(look)
    asked = Asked()
    evicting(look, let_go=asked).shrink()
    evicting(look, let_go=asked).shrink()
    assert asked.names == []
    assert inner.path() == "/docs/inner"


def pin(node: Node) -> None:
    node.changed = True


def open_(node: Node) -> None:
    node.handles += 1


def write(node: Node) -> None:
    node.writers += 1


def relocate(node: Node) -> None:
    node.relocated = True


def alias(node: Node) -> None:
    node.aliases = frozenset({Version("before")})


@pytest.mark.parametrize("use", [pin, open_, write, relocate, alias])
async def test_a_file_that_somebody_needs_stays(look: Looking, use: Callable[[Node], None]):
    a = await look.node("/docs/a")
    use(a)
    age(look)
    shrink(look)
    assert look.tree.known(a.number) is a
    assert (await look.node("/docs/a")) is a


async def test_what_the_journal_speaks_of_stays(look: Looking):
    inner = await look.node("/docs/inner")
    age(look)
    shrink(look, waiting=lambda: {inner.number})
    assert look.tree.known(inner.number) is inner
    assert set(inner.children) == {"c"}


async def test_a_folder_in_which_something_was_done_stays_whole(look: Looking):
    docs = await look.node("/docs")
    look.removed_here(docs.children["a"])
    age(look)
    shrink(look)
    assert {"b", "inner"} == set(docs.children)


async def test_what_was_made_here_stays(look: Looking):
    docs = await look.node("/docs")
    new = look.made_here(docs, "new")
    age(look)
    shrink(look)
    assert look.tree.known(new.number) is new
    assert (await look.node("/docs/new")) is new


async def test_an_open_folder_keeps_its_children(look: Looking):
    docs = await look.node("/docs")
    look.tree.opened(docs)
    age(look)
    shrink(look)
    assert set(docs.children) == {"a", "b", "inner"}


async def test_what_is_to_be_kept_stays(look: Looking):
    docs = await look.node("/docs")
    age(look)
    shrink(look, keeps=lambda folder: folder is docs)
    assert set(docs.children) == {"a", "b", "inner"}


async def test_a_file_that_is_to_be_kept_stays(look: Looking):
    a = await look.node("/docs/a")
    age(look)
    shrink(look, keeps=lambda node: node is a)
    assert set((await look.node("/docs")).children) >= {"a"}
    assert look.tree.known(a.number) is a


async def test_who_still_has_a_dropped_folder_brings_nothing_back_under_it(
    look: Looking, service: Service
):
    inner = await look.node("/docs/inner")
    age(look)
    shrink(look)
    assert look.tree.known(inner.number) is None
    await look.listings.revalidate(inner)
    with pytest.raises(NotFound):
        await look.listings.ensure(inner)
    assert (service.listings, inner.children, len(look.tree)) == (0, {}, 1)


async def test_nothing_goes_while_it_is_halted(look: Looking):
    assert evicting(look, is_halted=lambda: True).shrink() == 0


async def test_a_folder_that_is_being_read_keeps_its_children(
    look: Looking, service: Service, nursery: trio.Nursery
):
    docs = await look.node("/docs")
    look.expire()
    service.hold = trio.Event()
    nursery.start_soon(look.listings.ensure, docs)
    while not service.listings:
        await trio.lowlevel.checkpoint()
    age(look)
    shrink(look)
    assert set(docs.children) == {"a", "b", "inner"}
    service.hold.set()


# News of what was dropped -----------------------------------------------------------------------


class Told(ChangeFeed):
    """A complete feed that says what it is given."""

    interval = 30.0
    complete = True

    def __init__(self) -> None:
        self.news = News(cursor="0")

    async def cursor(self) -> str:
        return "0"

    async def since(self, _: str) -> News:
        news, self.news = self.news, News(cursor="0")
        return news


@pytest.mark.parametrize("whole_tree", [False, True])
async def test_news_of_a_folder_that_was_dropped_are_not_lost(
    look: Looking, service: Service, mock_clock: MockClock, *, whole_tree: bool
):
    told = Told()
    look.behind.start_soon(Feed(told, look.tree, look.listings, look.metadata).run)
    await quiet(look)
    look.expire()
    root, docs = look.tree.root, (await look.node("/docs"))
    await look.ls("/docs/inner")
    inner = await look.node("/docs/inner")
    age(look)
    shrink(look)
    assert look.tree.known(docs.number) is None
    await service.put("/docs/inner/new")
    named = frozenset({(root if whole_tree else inner).entry.id})  # type: ignore[union-attr]  # they have one
    told.news = News(cursor="1", trees=named) if whole_tree else News(cursor="1", folders=named)
    mock_clock.jump(told.interval)
    await quiet(look)
    await look.ls("/docs/inner")
    mock_clock.jump(5)
    await quiet(look)
    assert await look.ls("/docs/inner") == {"c", "new"}


def age(look: Looking) -> None:
    """Nobody has used any folder lately."""
    for node in look.tree.root.tree():
        if node.is_folder:
            node.listing.used_at = float("-inf")


async def quiet(look: Looking) -> None:
    """Wait until nothing goes on: databases work in threads, which do not count as blocked."""
    for _ in range(5):
        await trio.testing.wait_all_tasks_blocked()
        await look.metadata.cursor()
        await look.register.attributes(look.tree.root.number)
