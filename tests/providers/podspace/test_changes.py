"""The look at what happened lately: quick news, and never a proof (reference 3.19)."""

import json
from typing import Any

import pytest

from cloudfs.model import EntryId, News
from cloudfs.providers.podspace import PodspaceProvider
from cloudfs.providers.podspace.changes import PodspaceChanges
from tests.providers.podspace.service import FakePodspace
from tests.support import BytesContent, content

ROOT = EntryId("ROOT")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def opened(
    service: FakePodspace, **settings: Any
) -> tuple[PodspaceProvider, PodspaceChanges, Clock]:
    provider = service.provider(**settings)
    await provider.open()
    assert provider.changes is not None
    clock = Clock()
    provider.changes._clock = clock
    return provider, provider.changes, clock


def quiet(news: News) -> bool:
    return not (news.folders or news.trees or news.everything or news.trash)


async def test_nothing_is_news_when_nothing_happened(service: FakePodspace):
    service.add_folder("/before")
    _, feed, _ = await opened(service)
    cursor = await feed.cursor()
    service.calls.clear()
    for _ in range(2):
        news = await feed.since(cursor)
        assert quiet(news)
        cursor = news.cursor
    assert len(service.calls) == 2


async def test_nothing_at_all_is_no_news_either(service: FakePodspace):
    _, feed, _ = await opened(service)
    assert quiet(await feed.since(await feed.cursor()))


async def test_silence_is_not_believed_for_long(service: FakePodspace):
    _, feed, clock = await opened(service, activities_trust=60.0)
    cursor = await feed.cursor()
    clock.now += 59
    news = await feed.since(cursor)
    assert quiet(news)
    clock.now += 1
    assert (await feed.since(news.cursor)).everything
    later = await feed.since((await feed.since(news.cursor)).cursor)
    assert quiet(later)


async def test_a_clock_that_goes_back_makes_everything_news(service: FakePodspace):
    _, feed, clock = await opened(service)
    cursor = await feed.cursor()
    clock.now -= 1
    assert (await feed.since(cursor)).everything


async def test_an_upload_is_news_of_its_folder(service: FakePodspace):
    folder = service.add_folder("/d")
    provider, feed, _ = await opened(service)
    cursor = await feed.cursor()
    file = await provider.upload(EntryId(folder.hash), "new", BytesContent(b"x"))
    news = await feed.since(cursor)
    assert (news.folders, news.trees, news.everything) == ({folder.hash}, frozenset(), False)
    assert quiet(await feed.since(news.cursor))
    await provider.upload(ROOT, "new", BytesContent(b"y"), replacing=file)
    assert (await feed.since(news.cursor)).folders == {folder.hash}


async def test_a_renamed_folder_is_news_with_all_that_is_in_it(service: FakePodspace):
    node = service.add_folder("/d")
    provider, feed, _ = await opened(service)
    cursor = await feed.cursor()
    await provider.move(await provider.stat(EntryId(node.hash)), ROOT, "e")
    news = await feed.since(cursor)
    assert news.folders == {"ROOT"}
    assert news.trees == {node.hash}


async def test_a_move_does_not_tell_where_from(service: FakePodspace):
    node, folder = service.add_file("/f"), service.add_folder("/d")
    provider, feed, _ = await opened(service)
    cursor = await feed.cursor()
    await provider.move(await provider.stat(EntryId(node.hash)), EntryId(folder.hash), "f")
    assert (await feed.since(cursor)).everything


async def test_a_deletion_is_news_of_the_bin_too(service: FakePodspace):
    node = service.add_file("/f")
    provider, feed, _ = await opened(service)
    cursor = await feed.cursor()
    await provider.remove(await provider.stat(EntryId(node.hash)))
    news = await feed.since(cursor)
    assert news.trash
    assert news.folders == {"ROOT"}
    assert not news.everything


async def test_reading_is_no_news(service: FakePodspace):
    node = service.add_file("/f", b"text")
    provider, feed, _ = await opened(service)
    entry = await provider.stat(EntryId(node.hash))
    cursor = await feed.cursor()
    await content(provider, entry)
    news = await feed.since(cursor)
    assert quiet(news)
    assert news.cursor != cursor


async def test_a_download_may_hide_a_change_before_it(service: FakePodspace):
    """Only the latest activity of an entry is kept."""
    node = service.add_file("/f", b"text")
    provider, feed, _ = await opened(service)
    cursor = await feed.cursor()
    service.write(node, b"newer")
    await content(provider, await provider.stat(EntryId(node.hash)))
    assert (await feed.since(cursor)).everything


async def test_too_much_at_once_is_everything(service: FakePodspace):
    _, feed, _ = await opened(service)
    service.add_file("/seen")
    cursor = await feed.cursor()
    for number in range(210):
        service.add_file(f"/f{number}")
    assert (await feed.since(cursor)).everything


async def test_more_than_a_page_is_read_back_to_what_was_seen(service: FakePodspace):
    folder = service.add_folder("/d")
    _, feed, _ = await opened(service)
    cursor = await feed.cursor()
    service.add_file("/first")
    for number in range(60):
        service.add_file(f"/d/f{number}")
    news = await feed.since(cursor)
    assert news.folders == {"ROOT", folder.hash}
    assert not news.everything


async def test_either_order_of_the_service_is_understood(service: FakePodspace):
    service.descending = False
    service.add_folder("/one")
    folder = service.add_folder("/d")
    _, feed, _ = await opened(service)
    cursor = await feed.cursor()
    service.add_file("/d/f")
    service.calls.clear()
    assert (await feed.since(cursor)).folders == {folder.hash}
    assert [call.query["desc"] for call in service.calls] == ["false"]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "[]", "{}", '{"at":"x","seen":[],"everything":0}', '{"at":1,"seen":[1]}', "9" * 5000],
)
async def test_a_cursor_that_makes_no_sense_makes_everything_news(
    service: FakePodspace, cursor: str
):
    _, feed, _ = await opened(service)
    news = await feed.since(cursor)
    assert news.everything
    assert json.loads(news.cursor)["everything"] == 1000.0


async def test_the_look_can_be_switched_off(service: FakePodspace):
    assert service.provider(change_detection="off").changes is None
