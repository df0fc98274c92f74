import pytest

from cloudfs.providers.facets import ChangeFeed
from tests.contract.accounts import Account
from tests.support import BytesContent, lacks


@pytest.fixture
def feed(account: Account) -> ChangeFeed:
    if account.provider.changes is None:
        lacks("the service has no change feed")
    return account.provider.changes


async def test_nothing_is_news_when_nothing_happened(account: Account, feed: ChangeFeed):
    root = await account.provider.root()
    await account.provider.create_folder(root.id, "before")
    news = await feed.since(await feed.cursor())
    assert not news.folders
    assert not news.trees
    assert not news.everything


async def test_a_change_by_another_client_is_news(account: Account, feed: ChangeFeed):
    root = await account.provider.root()
    folder = await account.provider.create_folder(root.id, "folder")
    cursor = await feed.cursor()
    other = await account.another()
    await other.upload(folder.id, "new", BytesContent(b"x"))
    news = await feed.since(cursor)
    assert news.everything or folder.id in news.folders or news.trees
    again = await feed.since(news.cursor)
    assert not again.folders
    assert not again.everything
