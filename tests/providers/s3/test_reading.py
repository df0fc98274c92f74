import httpx
import pytest

from cloudfs.errors import AccessDenied, Changed, CloudError, IsAFolder, LinkExpired, Unsupported
from cloudfs.model import EntryId
from cloudfs.providers.s3.refusals import Archived
from tests.providers.s3.store import Store, at, error, opened
from tests.support import fetched

ROOT = EntryId("/")


async def test_a_link_costs_no_request():
    store = Store()
    store.put("a b/ü", b"0123456789")
    provider = await opened(store)
    entry = await at(provider, "/a b/ü")
    store.log.clear()
    link = await provider.download_link(entry)
    assert store.log == []
    assert link.url.startswith("https://store.example/bucket/a%20b/%C3%BC?")
    assert link.headers == {"If-Match": '"781e5e245d69b566979b86e28d23f2c7"'}
    assert await fetched(provider, link, 2, 5) == b"234"
    (request,) = store.requests[-1:]
    assert request.headers["range"] == "bytes=2-4"
    assert "authorization" not in request.headers
    with pytest.raises(IsAFolder):
        await provider.download_link(await at(provider, "/a b"))


async def test_another_version_is_never_read():
    store = Store()
    store.put("file", b"old content")
    provider = await opened(store)
    link = await provider.download_link(await at(provider, "/file"))
    store.put("file", b"new content")
    with pytest.raises(Changed):
        await fetched(provider, link, 0, 5)
    store.keys["bucket"].clear()
    with pytest.raises(Changed):
        await fetched(provider, link, 0, 5)


async def test_a_store_that_ignores_the_condition_is_found_out():
    store = Store()
    store.put("file", b"old content")
    provider = await opened(store)
    link = await provider.download_link(await at(provider, "/file"))
    store.put("file", b"new content")
    real = store._get

    def careless(request: httpx.Request, *rest: object) -> httpx.Response:
        del request.headers["if-match"]
        return real(request, *rest)  # type: ignore[arg-type]

    store._get = careless  # type: ignore[method-assign,assignment]
    with pytest.raises(Changed):
        await fetched(provider, link, 0, 5)


async def test_a_part_is_a_part_even_if_the_store_says_200():
    store = Store()
    store.put("file", b"0123456789")
    provider = await opened(store)
    link = await provider.download_link(await at(provider, "/file"))
    headers = {"content-range": "bytes 2-4/10"}
    store.faults["GET object"] = [httpx.Response(200, headers=headers, content=b"234")]
    assert await fetched(provider, link, 2, 5) == b"234"
    store.faults["GET object"] = [httpx.Response(200, content=b"0123456789")]
    assert await fetched(provider, link, 2, 5) == b"234"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "AccessDenied", AccessDenied),
        (403, "InvalidObjectState", Archived),
        (405, "MethodNotAllowed", Changed),
        (416, "InvalidRange", Changed),
    ],
)
async def test_refusals_of_a_read(status: int, code: str, expected: type[CloudError], announce):
    announce("in an archive")
    store = Store()
    store.put("file", b"text")
    provider = await opened(store)
    link = await provider.download_link(await at(provider, "/file"))
    store.faults["GET object"] = [httpx.Response(status, content=error(code))]
    with pytest.raises(expected):
        await fetched(provider, link, 0, 4)


async def test_a_link_that_has_ended_is_renewed(autojump_clock):
    store = Store()
    store.put("file", b"text")
    provider = await opened(store)
    link = await provider.download_link(await at(provider, "/file"))
    store.faults["GET object"] = [httpx.Response(403, content=error("AccessDenied"))]
    autojump_clock.jump(7 * 3600)
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 4)


async def test_a_region_is_learnt_from_a_refused_read():
    store = Store()
    store.put("file", b"text")
    provider = await opened(store)
    entry = await at(provider, "/file")
    link = await provider.download_link(entry)
    headers = {"x-amz-bucket-region": "eu-north-1"}
    moved = httpx.Response(301, headers=headers, content=error("PermanentRedirect"))
    store.faults["GET object"] = [moved]
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 4)
    link = await provider.download_link(entry)
    assert "%2Feu-north-1%2Fs3%2F" in link.url


async def test_a_public_link_ends_by_itself():
    store = Store()
    store.put("file", b"text")
    provider = await opened(store)
    entry = await at(provider, "/file")
    share = await provider.sharing.create(entry)
    assert share.url is not None
    assert "X-Amz-Expires=604800" in share.url
    until = int(store.now + 3600) * 10**9
    short = await provider.sharing.create(entry, expires_ns=until)
    assert short.expires_ns is not None
    assert abs(short.expires_ns - until) < 2 * 10**9
    with pytest.raises(Unsupported):
        await provider.sharing.create(entry, expires_ns=until + 8 * 86400 * 10**9)
    with pytest.raises(Unsupported):
        await provider.sharing.create(entry, password="secret")
    with pytest.raises(IsAFolder):
        await provider.sharing.create(await provider.root())
    with pytest.raises(Unsupported):
        await provider.sharing.remove(share)
    assert await provider.sharing.shares() == []
