import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    Changed,
    CloudError,
    IsAFolder,
    LinkExpired,
    LoginFailed,
    Unavailable,
)
from cloudfs.model import Entry, Kind
from tests.providers.webdav.scripted import Answer, Scripted, entry, provider, status
from tests.support import fetched

TIMES = {"Last-Modified": "Sun, 13 Sep 2020 12:26:40 GMT"}
OTHER_TIMES = {"Last-Modified": "Sun, 13 Sep 2020 12:26:41 GMT"}
UNTAGGED = entry("/a", etag=None, version="3 bytes at 1600000000")


def partial(**headers: str) -> httpx.Response:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    span = {"Content-Range": "bytes 0-2/3", **named}
    return httpx.Response(206, headers=span, stream=httpx.ByteStream(b"abc"))


async def read(answer: Answer, of: Entry | None = None, *, profile: str = "wsgidav") -> bytes:
    account = provider(Scripted({"GET /dav/a": answer}), profile=profile)
    link = await account.download_link(of or entry("/a"))
    return await fetched(account, link, 0, 3)


async def test_a_link_needs_no_request():
    server = Scripted()
    link = await provider(server).download_link(entry("/a b"))
    assert link.url == "https://dav.example/dav/a%20b"
    assert link.expires_at is None
    assert server.requests == []


async def test_a_folder_has_no_link():
    with pytest.raises(IsAFolder):
        await provider(Scripted()).download_link(entry("/a", kind=Kind.FOLDER))


@pytest.mark.parametrize("etag", ['"v1"', 'W/"v1"'])
async def test_the_version_asked_for_is_read(etag: str):
    assert await read(partial(ETag=etag)) == b"abc"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (401, LoginFailed),
        (403, AccessDenied),
        (404, Changed),
        (410, Changed),
        (412, Changed),
        (416, Changed),
        (500, Unavailable),
    ],
)
async def test_a_refusal_says_what_became_of_the_file(code: int, error: type[CloudError]):
    with pytest.raises(error) as raised:
        await read(status(code))
    assert not isinstance(raised.value, LinkExpired)


async def test_another_version_is_never_taken_for_the_one_asked_for():
    with pytest.raises(Changed):
        await read(partial(ETag='"v2"'))


async def test_without_etags_the_time_tells_the_version():
    assert await read(partial(ETag='"nginx"', **TIMES), UNTAGGED, profile="nginx") == b"abc"
    with pytest.raises(Changed):
        await read(partial(ETag='"nginx"', **OTHER_TIMES), UNTAGGED, profile="nginx")


async def test_an_unknown_server_may_have_other_etags_for_downloads():
    assert await read(partial(ETag='"v1-gzip"', **TIMES), profile="") == b"abc"
    with pytest.raises(Changed):
        await read(partial(ETag='"v2"', **OTHER_TIMES), profile="")


async def test_a_whole_file_instead_of_a_part_is_cut():
    answer = httpx.Response(200, headers={"Content-Length": "3"}, stream=httpx.ByteStream(b"abc"))
    account = provider(Scripted({"GET /dav/a": answer}), profile="wsgidav")
    link = await account.download_link(entry("/a"))
    assert await fetched(account, link, 1, 2) == b"b"


async def test_a_file_that_was_encoded_on_the_way_is_no_data():
    with pytest.raises(BadReply):
        await read(partial(Content_Encoding="gzip"))


async def test_a_link_refused_by_another_host_has_expired():
    async def serve(request: httpx.Request) -> httpx.Response:
        if request.url.host == "dav.example":
            return httpx.Response(302, headers={"Location": "https://store.example/x"})
        return httpx.Response(403)

    account = provider(serve)
    with pytest.raises(LinkExpired):
        await fetched(account, await account.download_link(entry("/a")), 0, 3)
