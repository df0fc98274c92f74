"""The change feed out of the histories of projects (reference 3.16)."""

import json
from collections.abc import Callable

import pytest

from cloudfs.model import EntryId, News
from cloudfs.providers.cloud689 import Cloud689Provider
from cloudfs.providers.cloud689.history import MOST_PAGES
from cloudfs.providers.facets import ChangeFeed
from tests.providers.cloud689.service import FakeCloud689
from tests.support import BytesContent, listing


@pytest.fixture
def provider(service: FakeCloud689) -> Cloud689Provider:
    return service.provider()


@pytest.fixture
def feed(provider: Cloud689Provider) -> ChangeFeed:
    assert provider.changes is not None
    return provider.changes


def other(service: FakeCloud689) -> Cloud689Provider:
    return service.provider()


async def seen(service: FakeCloud689, provider: Cloud689Provider) -> None:
    """Everything in the first project was listed."""
    waiting = [service.top()]
    while waiting:
        entries = await listing(provider, waiting.pop())
        waiting += [entry.id for entry in entries.values() if entry.is_folder]


async def news_of(
    service: FakeCloud689, provider: Cloud689Provider, change: Callable[[Cloud689Provider], object]
) -> News:
    """What is news after another client's *change*."""
    assert provider.changes is not None
    await seen(service, provider)
    cursor = await provider.changes.cursor()
    await change(other(service))  # type: ignore[misc]
    news = await provider.changes.since(cursor)
    again = await provider.changes.since(news.cursor)
    assert (again.folders, again.trees, again.everything, again.trash) == (
        frozenset(),
        frozenset(),
        False,
        False,
    )
    return news


def told(news: News) -> tuple[set[EntryId], set[EntryId], bool]:
    assert not news.everything
    return set(news.folders), set(news.trees), news.trash


@pytest.fixture
def folders(service: FakeCloud689) -> dict[str, EntryId]:
    service.store.add("a/file", b"x")
    service.store.add("a/inner/deep", b"x")
    service.store.add("b")
    return {name: service.id(service.store.at(name)) for name in ("a", "b", "a/inner")}


async def test_a_new_file_is_news_of_its_folder(service, provider, folders):
    news = await news_of(
        service, provider, lambda o: o.upload(folders["a"], "new", BytesContent(b"x"))
    )
    assert told(news) == ({folders["a"]}, set(), False)


async def test_a_new_folder_at_the_top_is_news_of_the_project(service, provider, folders):
    news = await news_of(service, provider, lambda o: o.create_folder(service.top(), "new"))
    assert told(news) == ({service.top()}, set(), False)


async def test_a_rename_is_news_of_the_folder(service, provider, folders):
    async def change(client: Cloud689Provider) -> None:
        entry = await service.entry(client, "a/file")
        await client.move(entry, folders["a"], "renamed")

    assert told(await news_of(service, provider, change)) == ({folders["a"]}, set(), False)


async def test_a_removal_is_news_of_the_folder_and_the_trash(service, provider, folders):
    async def change(client: Cloud689Provider) -> None:
        await client.remove(await service.entry(client, "a/file"))

    assert told(await news_of(service, provider, change)) == ({folders["a"]}, set(), True)


async def test_a_move_is_news_of_both_folders(service, provider, folders):
    async def change(client: Cloud689Provider) -> None:
        await client.move(await service.entry(client, "a/file"), folders["b"], "file")

    both = {folders["a"], folders["b"]}
    assert told(await news_of(service, provider, change)) == (both, set(), False)


async def test_a_move_whose_beginning_is_not_known_is_news_of_the_project(
    service, provider, folders
):
    """A cache from an earlier process may have the file in any folder."""
    await listing(provider, folders["b"])
    cursor = await provider.changes.cursor()
    client = other(service)
    await client.move(await service.entry(client, "a/file"), folders["b"], "file")
    await listing(provider, folders["b"])
    assert told(await provider.changes.since(cursor)) == (
        {folders["b"]},
        {service.top()},
        False,
    )


async def test_a_purge_is_news_of_the_trash_only(service, provider, folders):
    service.store.delete(service.store.at("a/file"))
    news = await news_of(service, provider, lambda o: o.trash.empty())
    assert told(news) == (set(), set(), True)


async def test_a_restore_is_news_of_the_folder_and_the_trash(service, provider, folders):
    service.store.delete(service.store.at("a/file"))

    async def change(client: Cloud689Provider) -> None:
        async for items in client.trash.items():
            for item in items:
                await client.trash.restore(item)

    assert told(await news_of(service, provider, change)) == ({folders["a"]}, set(), True)


@pytest.mark.parametrize("call", ["removal", "rename", "restore", "upload"])
async def test_events_that_do_not_tell_the_folder(service, provider, folders, call: str):
    """What was seen tells where it was; of what is new or back nothing is known."""
    service.parents_in_events = False
    if call == "restore":
        service.store.delete(service.store.at("a/file"))

    async def change(client: Cloud689Provider) -> None:
        if call == "removal":
            await client.remove(await service.entry(client, "a/file"))
        elif call == "rename":
            await client.move(await service.entry(client, "a/file"), folders["a"], "new")
        elif call == "upload":
            await client.upload(folders["a"], "new", BytesContent(b"x"))
        else:
            async for items in client.trash.items():
                await client.trash.restore(items[0])

    folders_told, trees, _ = told(await news_of(service, provider, change))
    if call in {"removal", "rename"}:
        assert (folders_told, trees) == ({folders["a"]}, set())
    else:
        assert trees == {service.top()}


async def test_the_trap_of_ids_in_removals_is_not_stepped_into(service, provider, folders):
    """There the data has the project's id for the file's (reference 3.16)."""
    await seen(service, provider)
    cursor = await provider.changes.cursor()
    client = other(service)
    await client.remove(await service.entry(client, "a/file"))
    assert service.store.history[0]["data"]["result"][0]["id"] == service.project.id
    del service.store.history[0]["data"]["parent"]
    assert told(await provider.changes.since(cursor)) == ({folders["a"]}, set(), True)


async def test_the_question_is_as_the_reference_has_it(service, provider, folders):
    await seen(service, provider)
    cursor = await provider.changes.cursor()
    service.calls.clear()
    service.store.happened(200, service.project.id, parent=service.project.id)
    at = service.store.history[0]["last_update"]
    news = await provider.changes.since(cursor)
    assert json.loads(news.cursor)["projects"] == {service.project.id: at}
    await provider.changes.since(news.cursor)
    first, second = (call for call in service.of("history/project"))
    assert first.request.method == "GET"
    types = "200,300,301,302,500,800,801,802,803,804"
    assert second.fields == {
        "auth_token": "5e8c1",
        "project_id": service.project.id,
        "page_size": "100",
        "page_number": "0",
        "last_update": str(at),
        "history_types": types,
    }
    assert f"history_types={types}" in str(second.request.url)


async def test_many_events_come_in_pages(service, folders):
    provider = service.provider(page_size=3)
    await seen(service, provider)
    cursor = await provider.changes.cursor()
    for name in ("a", "b", "a/inner"):
        for _ in range(3):
            parent = service.store.at(name).id
            service.store.happened(200, service.project.id, parent=parent)
    service.history_cap = 2
    assert told(await provider.changes.since(cursor))[0] == set(folders.values())


async def test_too_many_events_make_the_project_news(service, folders):
    provider = service.provider(page_size=1)
    await seen(service, provider)
    cursor = await provider.changes.cursor()
    for _ in range(MOST_PAGES + 1):
        service.store.happened(200, service.project.id, parent=service.store.at("a").id)
    news = await provider.changes.since(cursor)
    assert told(news) == (set(), {service.top()}, True)
    assert told(await provider.changes.since(news.cursor)) == (set(), set(), False)


async def test_a_project_that_comes_into_use_is_news_once(service, provider, feed):
    cursor = await feed.cursor()
    await listing(provider, service.top())
    news = await feed.since(cursor)
    assert told(news) == (set(), {service.top()}, False)
    assert told(await feed.since(news.cursor)) == (set(), set(), False)


async def test_projects_nobody_looked_at_cost_nothing(service, provider, feed):
    for number in range(5):
        service.store.add_project(f"p{number}")
    await feed.since(await feed.cursor())
    assert service.of("history/project") == []


async def test_a_cursor_holds_for_the_next_process(service, provider, folders):
    await seen(service, provider)
    cursor = await provider.changes.cursor()
    await other(service).upload(folders["a"], "new", BytesContent(b"x"))
    later = service.provider()
    assert told(await later.changes.since(cursor)) == ({folders["a"]}, set(), False)


@pytest.mark.parametrize("what", ["made", "renamed", "removed"])
async def test_projects_that_come_and_go_are_news_of_the_root(service, provider, feed, what):
    ideas = service.store.add_project("Ideas")
    await listing(provider, service.top(ideas))
    cursor = await feed.cursor()
    if what == "made":
        service.store.add_project("New")
    elif what == "renamed":
        ideas.name = "Thoughts"
    else:
        del service.store.projects[ideas.id]
    news = await feed.since(cursor)
    assert told(news) == ({EntryId("root")}, set(), False)
    assert told(await feed.since(news.cursor)) == (set(), set(), False)


async def test_without_the_right_to_a_history_the_project_is_always_news(service, provider, feed):
    service.history_allowed = False
    await listing(provider, service.top())
    news = await feed.since(await feed.cursor())
    assert told(news) == (set(), {service.top()}, False)
    again = await feed.since(news.cursor)
    assert told(again) == (set(), {service.top()}, False)
    service.history_allowed = True
    back = await feed.since(again.cursor)
    assert told(back) == (set(), {service.top()}, False)
    assert told(await feed.since(back.cursor)) == (set(), set(), False)


async def test_a_right_that_is_taken_away_makes_the_project_news(service, provider, feed):
    await listing(provider, service.top())
    cursor = await feed.cursor()
    service.history_allowed = False
    assert told(await feed.since(cursor)) == (set(), {service.top()}, False)


@pytest.mark.parametrize(
    "cursor", ["", "{", "[]", "{}", '{"projects": 1}', '{"projects": {"a": "x"}, "list": ""}']
)
async def test_a_cursor_that_makes_no_sense_makes_everything_news(service, feed, cursor: str):
    news = await feed.since(cursor)
    assert news.everything
    assert told(await feed.since(news.cursor)) == (set(), set(), False)


async def test_events_that_make_no_sense_are_passed_over(service, provider, feed):
    await listing(provider, service.top())
    cursor = await feed.cursor()
    at = service.store.now * 1000 + 99
    for event in ({"history_type": 200}, {"last_update": at}, {"history_type": "?"}):
        service.store.history.insert(
            0, {"project_id": service.project.id, "history_type": 200, "last_update": at, **event}
        )
    service.store.history[0]["history_type"] = 999
    news = await feed.since(cursor)
    assert news.trees == {service.top()}


async def test_it_can_be_switched_off(service: FakeCloud689):
    assert service.provider(change_detection="off").changes is None
