"""Links, ranges, and versions that are gone (reference 3.7, 3.14)."""

import httpx
import pytest
import trio

from cloudfs.errors import BadReply, Changed, IsAFolder, LinkExpired, NotFound
from cloudfs.model import DownloadLink, EntryId, Version
from cloudfs.providers.cloudike.versions import LINK_LIFETIME
from tests.providers.cloudike.service import FakeCloudike, streamed
from tests.support import fetched


async def test_a_link_is_of_the_version_that_was_seen(service: FakeCloudike):
    service.add_file("/a", b"old")
    provider = service.provider()
    entry = await provider.stat(EntryId("/a"))
    service._write(service.tree["/a"], b"newer")
    link = await provider.download_link(entry)
    assert service.calls[-1].params == {"version": entry.version}
    assert (link.version, link.size) == (entry.version, 3)
    assert await fetched(provider, link, 0, 3) == b"old"


async def test_a_link_is_used_for_five_minutes(service: FakeCloudike):
    service.add_file("/a", b"x")
    provider = service.provider()
    link = await provider.download_link(await provider.stat(EntryId("/a")))
    assert link.expires_at == pytest.approx(trio.current_time() + LINK_LIFETIME, abs=5)
    assert LINK_LIFETIME == 300
    assert "Signature" not in repr(link)


async def test_bytes_come_without_credentials(service: FakeCloudike):
    service.add_file("/a", bytes(range(200)))
    provider = service.provider(auth_mode="authorization")
    link = await provider.download_link(await provider.stat(EntryId("/a")))
    assert await fetched(provider, link, 7, 19) == bytes(range(7, 19))
    call = service.calls[-1]
    assert call.request.headers["range"] == "bytes=7-18"
    assert call.request.headers["accept-encoding"] == "identity"
    assert "authorization" not in call.request.headers
    assert call.request.url.query == b"Signature=s%2Fx%3D"


async def test_a_store_that_ignores_the_range_is_cut(service: FakeCloudike):
    service.add_file("/a", b"0123456789")
    provider = service.provider()
    link = await provider.download_link(await provider.stat(EntryId("/a")))
    service.fail("store", streamed(200, b"0123456789"))
    assert await fetched(provider, link, 4, 10) == b"456789"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_refused_link_may_be_renewed(service: FakeCloudike, status: int):
    service.add_file("/a", b"x")
    provider = service.provider()
    link = await provider.download_link(await provider.stat(EntryId("/a")))
    service.fail("store", httpx.Response(status))
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 1)


async def test_a_version_that_is_gone_has_changed(service: FakeCloudike):
    node = service.add_file("/a", b"old")
    provider = service.provider()
    entry = await provider.stat(EntryId("/a"))
    service._write(node, b"new")
    del node.history[0]
    with pytest.raises(Changed):
        await provider.download_link(entry)


async def test_a_file_that_is_gone_is_not_found(service: FakeCloudike):
    service.add_file("/a", b"old")
    provider = service.provider()
    entry = await provider.stat(EntryId("/a"))
    del service.tree["/a"]
    with pytest.raises(NotFound):
        await provider.download_link(entry)


@pytest.mark.parametrize(
    "member", [{"version": 5}, {"size": 99}, {"checksum": "0" * 32, "size": None}]
)
async def test_a_link_to_something_else_is_not_used(
    service: FakeCloudike, member: dict[str, object]
):
    service.add_file("/a", b"x")
    provider = service.provider()
    entry = await provider.stat(EntryId("/a"))
    body = {"url": "https://store.test/x", "size": 1, "version": int(entry.version), **member}
    service.fail("files/get/a", httpx.Response(200, json=body))
    with pytest.raises(Changed):
        await provider.download_link(entry)


async def test_a_link_may_tell_nothing_but_its_address(service: FakeCloudike):
    service.add_file("/a", b"x")
    provider = service.provider()
    entry = await provider.stat(EntryId("/a"))
    service.fail("files/get/a", httpx.Response(200, json={"url": "https://store.test/x"}))
    link = await provider.download_link(entry)
    assert (link.version, link.size) == (entry.version, 1)


async def test_a_folder_has_no_link(service: FakeCloudike):
    provider = service.provider()
    with pytest.raises(IsAFolder):
        await provider.download_link(await provider.root())


async def test_an_address_that_anyone_could_listen_to_is_not_used(service: FakeCloudike):
    provider = service.provider()
    link = DownloadLink(url="http://store.test/x", version=Version("1"), size=1)
    with pytest.raises(BadReply):
        await fetched(provider, link, 0, 1)
    assert not service.of("store")


# Versions ---------------------------------------------------------------------------------------


async def three_versions(service: FakeCloudike):
    node = service.add_file("/a", b"1")
    service._write(node, b"22")
    service._write(node, b"333")
    provider = service.provider(page_limit=2)
    return provider, await provider.stat(EntryId("/a"))


async def test_versions_are_listed_in_pages(service: FakeCloudike):
    provider, entry = await three_versions(service)
    versions = await provider.versions.of(entry)
    assert [version.size for version in versions] == [3, 2, 1]
    assert [version.current for version in versions] == [True, False, False]
    assert versions[0].version == entry.version
    assert versions[0].modified_ns == pytest.approx(service.tree["/a"].modified * 10**6, abs=10**6)
    assert [call.params["skip"] for call in service.of("files/versions/a")] == ["0", "2"]


async def test_a_service_that_ignores_the_skip_does_not_hold_us_up(service: FakeCloudike):
    provider, entry = await three_versions(service)
    page = [
        {"version": number, "timestamp": 1339663686.5, "content": {"size": 1}} for number in (2, 1)
    ]
    for _ in range(2):
        service.fail("files/versions/a", httpx.Response(200, json=page))
    assert [version.version for version in await provider.versions.of(entry)] == ["2", "1"]


async def test_a_folder_has_no_versions(service: FakeCloudike):
    provider = service.provider()
    with pytest.raises(IsAFolder):
        await provider.versions.of(await provider.root())


async def test_an_old_version_is_read(service: FakeCloudike):
    provider, entry = await three_versions(service)
    oldest = (await provider.versions.of(entry))[-1]
    link = await provider.versions.download_link(entry, oldest.version)
    assert (link.size, link.version) == (1, oldest.version)
    assert await fetched(provider, link, 0, 1) == b"1"
    with pytest.raises(NotFound):
        await provider.versions.download_link(entry, Version("5"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"url": "https://store.test/x"}, BadReply),
        ({"url": "https://store.test/x", "size": 1, "version": 99}, NotFound),
    ],
)
async def test_a_link_to_an_old_version_has_to_be_one(
    service: FakeCloudike, body: object, error: type[Exception]
):
    provider, entry = await three_versions(service)
    service.fail("files/get/a", httpx.Response(200, json=body))
    with pytest.raises(error):
        await provider.versions.download_link(entry, Version("5"))


async def test_an_old_version_becomes_the_newest(service: FakeCloudike):
    provider, entry = await three_versions(service)
    oldest = (await provider.versions.of(entry))[-1]
    restored = await provider.versions.restore(entry, oldest.version)
    assert service.calls[-1].params == {"path": "/a", "version": int(oldest.version)}
    assert restored.size == 1
    assert restored.version not in {entry.version, oldest.version}
    assert len(await provider.versions.of(restored)) == 4


@pytest.mark.parametrize("version", ["", "newest", "1.5", "-1"])
async def test_a_version_that_is_no_number_is_none(service: FakeCloudike, version: str):
    provider, entry = await three_versions(service)
    with pytest.raises(NotFound):
        await provider.versions.download_link(entry, Version(version))
    with pytest.raises(NotFound):
        await provider.versions.restore(entry, Version(version))
    assert service.routes() == ["metadata/a"]
