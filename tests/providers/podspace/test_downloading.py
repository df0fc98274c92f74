"""Reading ranges: never of two versions, with a token that may end, past odd replies (3.8)."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    Changed,
    IsAFolder,
    LinkExpired,
    NotFound,
    TransientError,
)
from cloudfs.model import Entry, EntryId, Version
from cloudfs.providers.podspace import PodspaceProvider
from tests.providers.podspace.service import FakePodspace, Stream
from tests.providers.podspace.store import Node
from tests.support import content, fetched, part

DATA = bytes(range(256)) * 20


async def opened(
    service: FakePodspace, data: bytes = DATA, **settings: Any
) -> tuple[PodspaceProvider, Entry, Node]:
    node = service.add_file("/f.bin", data)
    provider = service.provider(**settings)
    await provider.open()
    entry = await provider.stat(EntryId(node.hash))
    service.calls.clear()
    return provider, entry, node


async def test_a_link_costs_nothing_and_a_range_two_requests(service: FakePodspace):
    provider, entry, _ = await opened(service)
    link = await provider.download_link(entry)
    assert service.calls == []
    assert (link.version, link.size, link.expires_at) == ("0", len(DATA), None)
    assert await fetched(provider, link, 17, 4711) == DATA[17:4711]
    assert service.asked() == ["file.get", "entry.stat"]


async def test_a_range_is_exactly_the_bytes_asked_for(service: FakePodspace):
    provider, entry, _ = await opened(service)
    for start, stop in [(0, 1), (0, len(DATA)), (17, 4711), (len(DATA) - 1, len(DATA))]:
        assert await part(provider, entry, start, stop) == DATA[start:stop]


async def test_a_service_without_ranges_is_read_all_the_same(service: FakePodspace):
    service.ignores_range = True
    provider, entry, _ = await opened(service)
    assert await part(provider, entry, 4000, len(DATA)) == DATA[4000:]


async def test_a_folder_has_no_content(service: FakePodspace):
    service.add_folder("/d")
    provider, _, _ = await opened(service)
    folder = await provider.stat(EntryId(service.at("d").hash))
    with pytest.raises(IsAFolder):
        await provider.download_link(folder)


@pytest.mark.parametrize("size", [len(DATA), 100, 9000])
async def test_a_link_gives_its_own_version_after_the_file_was_replaced(
    service: FakePodspace, size: int
):
    """Also where the new content has the same length: nothing in the reply would tell."""
    provider, entry, node = await opened(service)
    link = await provider.download_link(entry)
    assert await fetched(provider, link, 0, 100) == DATA[:100]
    service.write(node, b"b" * size)
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 1000, 1100)
    fresh = await provider.download_link(entry)
    assert (fresh.version, fresh.size) == (entry.version, entry.size)
    assert await fetched(provider, fresh, 1000, 1100) == DATA[1000:1100]
    service.calls.clear()
    await fetched(provider, fresh, 0, 10)
    assert service.asked() == ["file.get"], "an old version needs no watching"


async def test_a_version_that_the_service_dropped_is_gone(service: FakePodspace):
    provider, entry, node = await opened(service)
    link = await provider.download_link(entry)
    service.write(node, b"b" * 10)
    service.write(node, b"c" * 10)
    del node.contents[0]
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 5)
    with pytest.raises(Changed):
        await provider.download_link(entry)


async def test_a_file_replaced_while_its_bytes_begin_to_come_is_noticed(service: FakePodspace):
    provider, entry, node = await opened(service)
    link = await provider.download_link(entry)
    service.before["entry.stat"] = lambda: service.write(node, b"b" * len(DATA))
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 100)


async def test_without_verification_a_range_is_one_request(service: FakePodspace):
    provider, entry, node = await opened(service, verify_reads=False)
    link = await provider.download_link(entry)
    assert await fetched(provider, link, 0, 100) == DATA[:100]
    assert service.asked() == ["file.get"]
    service.write(node, b"b" * 10)
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 100)


async def test_those_who_read_at_the_same_time_share_the_look(
    service: FakePodspace, autojump_clock: object
):
    provider, entry, _ = await opened(service)
    link = await provider.download_link(entry)
    found: list[bytes] = []

    async def read(at: int) -> None:
        found.append(await fetched(provider, link, at, at + 10))

    async with trio.open_nursery() as nursery:
        for at in range(0, 60, 10):
            nursery.start_soon(read, at)
    assert sorted(found) == sorted(DATA[at : at + 10] for at in range(0, 60, 10))
    assert service.asked().count("file.get") == 6
    assert service.asked().count("entry.stat") < 6


async def test_a_file_in_the_bin_cannot_be_read(service: FakePodspace):
    provider, entry, node = await opened(service)
    link = await provider.download_link(entry)
    service.trash(node.hash)
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 10)
    with pytest.raises(NotFound):
        await provider.download_link(entry)


async def test_a_file_that_is_back_can_be_read_again(service: FakePodspace):
    provider, entry, node = await opened(service)
    link = await provider.download_link(entry)
    service.trash(node.hash)
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 10)
    service.restore(node.hash)
    assert await content(provider, entry) == DATA


@pytest.mark.parametrize("legacy", [False, True])
async def test_a_token_that_ends_is_renewed(service: FakePodspace, legacy: bool):
    service.legacy_errors = legacy
    provider, entry, _ = await opened(service)
    service.tokens.clear()
    assert await content(provider, entry) == DATA
    assert service.asked().count("auth.refresh") == 1


async def test_a_refusal_of_the_very_length_of_the_file_is_not_taken_for_it(
    service: FakePodspace,
):
    """The older way to refuse is an answer under status 200."""
    refusal = httpx.Response(200, json={"hasError": True, "errorCode": 21, "message": "no"})
    provider, entry, _ = await opened(service, b"x" * len(refusal.content))
    link = await provider.download_link(entry)
    service.fail("file.get", refusal)
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, entry.size)
    assert await content(provider, entry) == b"x" * entry.size


async def test_a_json_file_is_a_file(service: FakePodspace):
    data = b'{"hasError":true,"errorCode":21}'
    provider, entry, _ = await opened(service, data)
    assert await content(provider, entry) == data


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(400, json={"errorCode": 101}), LinkExpired),
        (httpx.Response(403, json={"errorCode": 4}), LinkExpired),
        (httpx.Response(404, json={"errorCode": 202}), LinkExpired),
        (httpx.Response(416), LinkExpired),
        (httpx.Response(500), TransientError),
        (httpx.Response(503), TransientError),
    ],
)
async def test_a_refused_range_is_looked_into_when_a_fresh_link_is_wanted(
    service: FakePodspace, answer: httpx.Response, expected: type[Exception]
):
    provider, entry, _ = await opened(service)
    link = await provider.download_link(entry)
    service.fail("file.get", answer)
    with pytest.raises(expected):
        await fetched(provider, link, 0, 10)
    assert await content(provider, entry) == DATA


async def test_a_file_that_became_forbidden_is_told_so(service: FakePodspace):
    provider, entry, _ = await opened(service)
    link = await provider.download_link(entry)
    denied = {"status": 403, "error": "Forbidden", "errorCode": 4, "hasError": True}
    service.fail("file.get", httpx.Response(403, json=denied))
    service.fail("entry.stat", httpx.Response(403, json=denied))
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 10)
    with pytest.raises(AccessDenied):
        await provider.download_link(entry)


async def test_a_redirect_to_another_host_gets_no_token(service: FakePodspace):
    provider, entry, _ = await opened(service)
    seen: list[httpx.Request] = []
    handle = service.handle

    async def elsewhere(request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage.test":
            seen.append(request)
            await trio.lowlevel.checkpoint()
            headers = {"Content-Range": f"bytes 0-9/{len(DATA)}"}
            return httpx.Response(206, headers=headers, stream=Stream(DATA[:10]))
        return await handle(request)

    provider._api.connection.http._client._transport = httpx.MockTransport(elsewhere)
    link = await provider.download_link(entry)
    service.fail("file.get", httpx.Response(302, headers={"Location": "https://storage.test/x"}))
    assert await fetched(provider, link, 0, 10) == DATA[:10]
    assert "authorization" not in seen[0].headers
    assert seen[0].headers["range"] == "bytes=0-9"


async def test_a_storage_host_that_refuses_says_nothing_about_the_login(service: FakePodspace):
    """Object stores also answer 401 to a signed address that has come to its end."""
    provider, entry, _ = await opened(service)
    handle = service.handle

    async def elsewhere(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401) if request.url.host == "a.test" else await handle(request)

    provider._api.connection.http._client._transport = httpx.MockTransport(elsewhere)
    link = await provider.download_link(entry)
    service.fail("file.get", httpx.Response(307, headers={"Location": "https://a.test/x"}))
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 10)
    assert "auth.refresh" not in service.asked()
    fresh = await provider.download_link(entry)
    assert await fetched(provider, fresh, 0, 10) == DATA[:10]


async def test_an_expired_token_under_status_200_is_renewed_by_the_look_at_the_file(
    service: FakePodspace,
):
    service.legacy_errors = True
    provider, entry, _ = await opened(service)
    link = await provider.download_link(entry)
    service.tokens.clear()
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 10)
    fresh = await provider.download_link(entry)
    assert await fetched(provider, fresh, 0, 10) == DATA[:10]
    assert service.asked().count("auth.refresh") == 1


async def test_a_range_is_left_halfway_without_a_trace(service: FakePodspace):
    service.ignores_range = True
    provider, entry, _ = await opened(service, bytes(300_000))
    link = await provider.download_link(entry)
    async with provider.fetch(link, 0, 200_000) as pieces:
        assert await anext(pieces)
    http = provider._api.connection.http
    assert http.limiter.running == 0
    assert await fetched(provider, link, 100, 200) == bytes(100)


async def test_a_link_keeps_its_address_to_itself(service: FakePodspace):
    provider, entry, node = await opened(service)
    assert node.hash not in repr(await provider.download_link(entry))


async def test_a_version_that_was_never_numbered_is_gone_once_it_changed(service: FakePodspace):
    provider, entry, _ = await opened(service)
    entry = replace(entry, version=Version("170.5"))
    link = await provider.download_link(entry)
    with pytest.raises(LinkExpired):
        await fetched(provider, link, 0, 10)
    with pytest.raises(Changed):
        await provider.download_link(entry)


async def test_reading_does_not_wait_for_places_that_readers_hold(
    service: FakePodspace, autojump_clock: object
):
    """Each reader asks for the version while its own request is under way."""
    provider, entry, _ = await opened(service)
    link = await provider.download_link(entry)
    limiter = provider._api.connection.http.limiter
    limiter._limit = limiter._ceiling = 3
    done: list[int] = []

    async def read(at: int) -> None:
        await fetched(provider, link, at, at + 10)
        done.append(at)

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            for at in range(20):
                nursery.start_soon(read, at)
    assert len(done) == 20
