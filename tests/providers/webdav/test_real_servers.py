"""What the contract suite does not ask of the servers: sign-in by Digest, and locks."""

from contextlib import aclosing

import pytest

from cloudfs.errors import Busy, LoginFailed
from cloudfs.http.client import Http
from cloudfs.providers.webdav.locks import locked
from cloudfs.providers.webdav.paths import ROOT
from cloudfs.providers.webdav.provider import WebDavProvider
from cloudfs.providers.webdav.settings import WebDavSettings
from tests.contract import webdav_servers
from tests.support import BytesContent, content, listing

CLASS_2 = ["apache", "nginx", "rclone", "wsgidav"]


async def test_a_digest_server_is_used_from_end_to_end():
    with webdav_servers.wsgidav_digest().collection() as url:
        settings = WebDavSettings(url=url, username="reader", password="secret", auth="digest")
        async with aclosing(Http()) as http:
            account = WebDavProvider(settings, http=http, notes={})
            stored = await account.upload(ROOT, "a", BytesContent(b"first request of all"))
            await account.open()
            assert await content(account, stored) == b"first request of all"
            assert set(await listing(account, ROOT)) == {"a"}


async def test_a_digest_server_refuses_a_wrong_password():
    url = webdav_servers.wsgidav_digest().url
    settings = WebDavSettings(url=url, username="reader", password="wrong", auth="digest")
    async with aclosing(Http()) as http:
        with pytest.raises(LoginFailed):
            await WebDavProvider(settings, http=http, notes={}).open()


@pytest.mark.parametrize("name", CLASS_2)
async def test_a_locked_file_can_be_changed_by_who_holds_the_lock_only(name: str):
    start = getattr(webdav_servers, name)
    async with webdav_servers.clients(start, locks=True) as another:
        mine, other = await another(), await another()
        assert isinstance(mine, WebDavProvider)
        entry = await mine.upload(ROOT, "a", BytesContent(b"one"))
        async with locked(mine._dav, mine._base.file(entry.id)):
            with pytest.raises(Busy):
                await other.upload(ROOT, "a", BytesContent(b"theirs"), replacing=entry)
            with pytest.raises(Busy):
                await other.remove(entry)
        entry = await other.upload(ROOT, "a", BytesContent(b"two!"), replacing=entry)
        assert await content(mine, entry) == b"two!"
        await mine.remove(entry)
        assert await listing(other, ROOT) == {}
