"""Change sequences (reference 3.16)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.errors import InvalidRequest
from cloudfs.providers.asus.changes import AsusChanges, _parsed
from cloudfs.providers.facets import ChangeFeed
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.tree import BACKUP, HOME, SYNC_FOLDER

CALL = "folder/getallchangeseq"
ROOT = f"d{SYNC_FOLDER}"


async def feed_of(service: FakeAsus, **settings: object) -> ChangeFeed:
    provider = service.provider(**settings)
    await provider.open()
    assert provider.changes is not None
    return provider.changes


async def test_a_cursor_costs_one_request(service: FakeAsus):
    feed = await feed_of(service)
    service.calls.clear()
    cursor = await feed.cursor()
    assert json.loads(cursor) == {SYNC_FOLDER: 41}
    assert service.routes() == [CALL]


async def test_nothing_is_news_when_nothing_happened(service: FakeAsus):
    feed = await feed_of(service)
    cursor = await feed.cursor()
    news = await feed.since(cursor)
    assert (news.folders, news.trees, news.everything, news.trash) == (
        frozenset(),
        frozenset(),
        False,
        False,
    )
    assert news.cursor == cursor


async def test_a_change_says_that_the_tree_is_to_be_read_again(service: FakeAsus):
    feed = await feed_of(service)
    cursor = await feed.cursor()
    service.add_file("/file")
    news = await feed.since(cursor)
    assert (news.trees, news.everything, news.trash) == (frozenset({ROOT}), False, True)
    assert (await feed.since(news.cursor)).trees == frozenset()
    assert (await feed.since(cursor)).trees == frozenset({ROOT})


async def test_the_other_spelling_is_understood(service: FakeAsus):
    service.sequence_name = "changepseq"
    feed = await feed_of(service)
    cursor = await feed.cursor()
    service.add_file("/file")
    assert (await feed.since(cursor)).trees == frozenset({ROOT})


def sequences(**numbers: int) -> str:
    told = "".join(
        f"<syncfolder><folderid>{folder.lstrip('d')}</folderid>"
        f"<changeseq>{number}</changeseq></syncfolder>"
        for folder, number in numbers.items()
    )
    return f"<getallchangeseq><status>0</status>{told}</getallchangeseq>"


async def between(service: FakeAsus, before: str, after: str, **settings: object) -> object:
    feed = await feed_of(service, **settings)
    for text in (before, after):
        service.fail(CALL, service.answer(text))
    news = await feed.since(await feed.cursor())
    return "everything" if news.everything else set(news.trees) or news.trash


async def test_a_feed_that_cannot_be_compared_says_everything(service: FakeAsus):
    before = sequences(d1001=5, d1500=7)
    assert await between(service, before, sequences(d1001=5)) == "everything"
    assert await between(service, before, sequences(d1001=5, d1500=7, d2000=1)) == "everything"
    assert await between(service, before, sequences(d1001=4, d1500=7)) == "everything"
    assert await between(service, before, "<a><status>0</status></a>") == "everything"


async def test_a_sync_folder_that_is_not_shown_is_no_news_but_for_the_bin(service: FakeAsus):
    before = sequences(d1001=5, d1500=7)
    assert await between(service, before, sequences(d1001=5, d1500=8)) is True
    assert await between(service, before, sequences(d1001=6, d1500=8)) == {ROOT}


async def test_a_folder_below_a_sync_folder_is_read_again_with_any_of_them(service: FakeAsus):
    folder = service.add_folder("/folder")
    before, after = sequences(d1001=5, d1500=7), sequences(d1001=5, d1500=8)
    changed = await between(service, before, after, root=f"id:{folder.number}")
    assert changed == {f"d{folder.number}"}


@pytest.mark.parametrize("cursor", ["", "{", "[]", "null", '{"1001": "x"}', '{"1001": null}', "5"])
async def test_a_cursor_that_makes_no_sense_is_too_old(service: FakeAsus, cursor: str):
    feed = await feed_of(service)
    news = await feed.since(cursor)
    assert news.everything
    assert not (await feed.since(news.cursor)).everything


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_cursor_makes_anything_raise(cursor: str):
    assert _parsed(cursor) is None or isinstance(_parsed(cursor), dict)


@pytest.mark.parametrize("root", ["home", "backup", "all"])
async def test_trees_that_tell_no_changes_have_no_feed(service: FakeAsus, root: str):
    provider = service.provider(root=root)
    assert provider.changes is None
    await provider.open()
    assert provider.changes is None


async def test_a_folder_outside_the_sync_tree_has_no_feed(service: FakeAsus):
    for parent in (HOME, BACKUP):
        folder = service.add(parent, f"folder of {parent}", folder=True)
        provider = service.provider(root=f"id:{folder.number}")
        await provider.open()
        assert provider.changes is None


async def test_the_time_between_two_questions_can_be_set(service: FakeAsus):
    feed = await feed_of(service, poll=7.5)
    assert isinstance(feed, AsusChanges)
    assert feed.interval == 7.5


async def test_a_refusal_is_no_news(service: FakeAsus):
    feed = await feed_of(service)
    cursor = await feed.cursor()
    service.refuse(CALL, 225)
    with pytest.raises(InvalidRequest):
        await feed.since(cursor)
