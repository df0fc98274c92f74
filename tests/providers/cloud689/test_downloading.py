"""Reading: data or error, whole files read once, sizes that differ, ranges (reference 3.9)."""

import json
from collections.abc import Sequence
from contextlib import aclosing

import httpx
import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    Changed,
    CloudError,
    ConnectionLost,
    IsAFolder,
    LoginFailed,
    NotFound,
    TransientError,
    Unavailable,
)
from cloudfs.http.retry import Refused
from cloudfs.model import DownloadLink, Entry
from cloudfs.providers.cloud689 import Cloud689Provider
from tests.providers.cloud689.service import EXPIRED, FakeCloud689, Streamed
from tests.providers.cloud689.store import Refusal, forbidden, no_file
from tests.support import content, fetched, listing, part

DATA = bytes(range(256)) * 40


async def stored(service: FakeCloud689, data: bytes = DATA, name: str = "file") -> Entry:
    node = service.store.add(name, data)
    return await service.provider().stat(service.id(node))


async def test_the_request_is_as_the_reference_has_it(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    assert await content(provider, file) == DATA
    (call,) = service.of("download")
    assert call.fields == {
        "auth_token": "5e8c2",
        "project_id": service.project.id,
        "file_id": service.store.at("file").id,
        "download_type": "1",
        "require_auth": "true",
    }
    assert call.request.method == "POST"
    assert "range" not in call.request.headers
    assert call.request.headers["accept-encoding"] == "identity"


async def test_a_link_costs_no_request_and_tells_no_secret(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    service.calls.clear()
    link = await provider.download_link(file)
    assert (link.version, link.size) == (file.version, len(DATA))
    assert service.calls == []


async def test_a_folder_has_no_content(service: FakeCloud689):
    service.store.add("folder")
    provider = service.provider()
    with pytest.raises(IsAFolder):
        await provider.download_link(await service.entry(provider, "folder"))


# Parts of files, which come whole ---------------------------------------------------------


@pytest.mark.parametrize("tells_length", [True, False])
@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (0, 5000), (17, 4711), (len(DATA) - 1, len(DATA)), (0, len(DATA))]
)
async def test_a_part_is_exactly_the_bytes_asked_for(
    service: FakeCloud689, start: int, stop: int, tells_length: bool
):
    service.tells_length = tells_length
    file = await stored(service)
    assert await part(service.provider(), file, start, stop) == DATA[start:stop]


async def test_many_parts_cost_one_download(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    for start in range(0, len(DATA), 1000):
        stop = min(start + 1000, len(DATA))
        assert await part(provider, file, start, stop) == DATA[start:stop]
    assert service.downloads == ["file"]


async def test_parts_read_at_once_cost_one_download(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    found: dict[int, bytes] = {}

    async def read(start: int) -> None:
        found[start] = await part(provider, file, start, start + 1024)

    async with trio.open_nursery() as nursery:
        for start in range(0, len(DATA), 1024):
            nursery.start_soon(read, start)
    assert b"".join(found[start] for start in sorted(found)) == DATA
    assert service.downloads == ["file"]


async def test_bytes_come_as_they_arrive_but_for_the_last_of_who_fetches(service: FakeCloud689):
    """Who has all it asked for may leave, and the next part would cost the whole file again."""
    file = await stored(service)
    provider = service.provider()
    link = await provider.download_link(file)
    seen = bytearray()
    arrived = []
    async with provider.fetch(link, 0, 1000) as pieces:
        async for piece in pieces:
            seen += piece
            (spool,) = provider._downloads._spools._spools.values()
            arrived.append((len(seen), spool.arrived))
    assert seen == DATA[:1000]
    assert (999, 1000) in arrived
    assert arrived[-1] == (1000, len(DATA))
    assert arrived[-2][0] == 999
    assert await fetched(provider, link, 1000, 2000) == DATA[1000:2000]
    assert service.downloads == ["file"]


async def test_a_break_after_the_wanted_bytes_is_nobodys_trouble(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    link = await provider.download_link(file)
    service.fail("download", broken(DATA[:5000], len(DATA)))
    assert await fetched(provider, link, 100, 4000) == DATA[100:4000]


async def test_one_who_leaves_hands_on_to_who_waits(service: FakeCloud689):
    """The reader who fills the spool is cancelled; another one goes on with a new download."""
    file = await stored(service)
    provider = service.provider()
    link = await provider.download_link(file)
    found = []

    async def wait_for_the_end() -> None:
        found.append(await fetched(provider, link, len(DATA) - 10, len(DATA)))

    async with (
        trio.open_nursery() as nursery,
        provider.fetch(link, 0, 1000) as pieces,
        aclosing(pieces),
    ):
        await anext(pieces)
        nursery.start_soon(wait_for_the_end)
        await trio.testing.wait_all_tasks_blocked()
    assert found == [DATA[-10:]]
    assert service.downloads == ["file", "file"]


async def test_a_file_read_whole_leaves_nothing_behind(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    assert await content(provider, file) == DATA
    assert await content(provider, file) == DATA
    assert service.downloads == ["file", "file"]


async def test_spools_are_kept_within_their_limit(service: FakeCloud689):
    one, two = await stored(service), await stored(service, DATA, "two")
    provider = service.provider(spool_size=len(DATA))
    for file in (one, two, one, one):
        await part(provider, file, 5, 10)
    assert service.downloads == ["file", "two", "file"]


async def test_nothing_is_kept_after_the_end(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    await part(provider, file, 5, 10)
    await provider.aclose()
    await part(provider, file, 5, 10)
    assert service.downloads == ["file", "file"]


async def test_a_folder_for_spools_that_is_missing_is_told(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider(spool_folder="/nowhere")
    with pytest.raises(CloudError, match="folder for whole files"):
        await part(provider, file, 5, 10)


# Breaks, and other contents ---------------------------------------------------------------


def broken(data: bytes, length: int, **headers: str) -> httpx.Response:
    """A reply whose body ends early."""
    told = {"content-disposition": "attachment", "content-length": str(length), **headers}
    return httpx.Response(200, headers=told, stream=Streamed(data))


@pytest.mark.parametrize("whole", [True, False])
async def test_half_a_body_is_no_file(service: FakeCloud689, whole: bool):
    file = await stored(service)
    provider = service.provider()
    link = await provider.download_link(file)
    start = 0 if whole else len(DATA) - 10
    service.fail("download", broken(DATA[:5000], len(DATA)))
    with pytest.raises(ConnectionLost):
        await fetched(provider, link, start, len(DATA))
    assert await fetched(provider, link, start, len(DATA)) == DATA[start:]


async def test_after_a_break_what_has_arrived_is_compared(service: FakeCloud689):
    """Never two versions in one read: other bytes at a known place are another file."""
    file = await stored(service)
    provider = service.provider()
    link = await provider.download_link(file)
    service.fail("download", broken(DATA[:5000], len(DATA)))
    with pytest.raises(ConnectionLost):
        await fetched(provider, link, 100, len(DATA))
    service.store.at("file").data = bytes(reversed(DATA))
    with pytest.raises(Changed):
        await fetched(provider, link, 100, len(DATA))


@pytest.mark.parametrize("tells_length", [True, False])
@pytest.mark.parametrize("size", [1, len(DATA) - 1, len(DATA) + 1, 2 * len(DATA)])
@pytest.mark.parametrize("start", [0, 100])
async def test_a_file_of_another_size_is_another_version(
    service: FakeCloud689, tells_length: bool, size: int, start: int
):
    file = await stored(service)
    provider = service.provider()
    service.tells_length = tells_length
    service.store.at("file").data = (DATA * 2)[:size]
    link = await provider.download_link(file)
    with pytest.raises((Changed, ConnectionLost)):
        await fetched(provider, link, start, len(DATA))


async def test_what_is_gone_is_not_found(service: FakeCloud689):
    file = await stored(service)
    service.store.delete(service.store.at("file"))
    with pytest.raises(NotFound):
        await content(service.provider(), file)


# Data or error ----------------------------------------------------------------------------

ERRORS: Sequence[tuple[Refusal, type[CloudError]]] = [
    (no_file(), NotFound),
    (forbidden(), AccessDenied),
    (
        Refusal(112, "You do not have permission to access this page", "ERR_USER_ROLE_NOT_VALID"),
        AccessDenied,
    ),
    (Refusal(500, "System error", "SYSTEM_EXCEPTION"), Unavailable),
]


@pytest.mark.parametrize("mirror", [True, False])
@pytest.mark.parametrize(("refusal", "error"), ERRORS)
@pytest.mark.parametrize("start", [0, 5])
async def test_an_error_is_not_taken_for_data(
    service: FakeCloud689, refusal: Refusal, error: type[CloudError], mirror: bool, start: int
):
    file = await stored(service)
    provider = service.provider()
    service.mirror = mirror
    service.fail("download", refusal)
    link = await provider.download_link(file)
    with pytest.raises(error):
        await fetched(provider, link, start, 20)


@pytest.mark.parametrize(
    "text",
    [
        '{"status_code": 404, "description": "File not found"}',
        '{"status_code": 200, "result": null}',
        '{"status_code": "404"}',
        "[404]",
        "not even JSON",
    ],
)
@pytest.mark.parametrize("disposition", [True, False])
async def test_a_file_may_look_like_an_answer(service: FakeCloud689, text: str, disposition: bool):
    """With a Content-Disposition it is data; without, an object with another code is an error."""
    file = await stored(service, text.encode(), "file.json")
    service.tells_disposition = disposition
    provider = service.provider()
    if not disposition and ": 404" in text:
        with pytest.raises(NotFound):
            await content(provider, file)
    else:
        assert await content(provider, file) == text.encode()


async def test_a_large_json_file_is_read_as_it_comes(service: FakeCloud689):
    data = json.dumps({"status_code": 404, "padding": "x" * 100_000}).encode()
    file = await stored(service, data, "file.json")
    service.tells_disposition = False
    assert await content(service.provider(), file) == data


@pytest.mark.parametrize("start", [0, 5])
async def test_a_web_page_is_not_taken_for_the_file(service: FakeCloud689, start: int):
    file = await stored(service)
    provider = service.provider()
    service.fail(
        "download", httpx.Response(200, text="<html>", headers={"content-type": "text/html"})
    )
    with pytest.raises(BadReply):
        await part(provider, file, start, len(DATA))


@pytest.mark.parametrize("status", [204, 302, 400, 416])
async def test_other_statuses_are_errors(service: FakeCloud689, status: int):
    file = await stored(service)
    provider = service.provider()
    service.fail("download", httpx.Response(status))
    with pytest.raises(CloudError):
        await part(provider, file, 0, len(DATA))


async def test_a_busy_service_is_asked_later(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    link = await provider.download_link(file)
    service.fail("download", httpx.Response(503))
    with pytest.raises(Refused):
        await fetched(provider, link, 0, len(DATA))


async def test_a_packed_file_is_not_taken_for_the_file(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider()
    service.fail("download", broken(DATA, len(DATA), **{"content-encoding": "gzip"}))
    with pytest.raises(BadReply):
        await content(provider, file)


@pytest.mark.parametrize("mirror", [True, False])
async def test_a_rejected_token_is_renewed_once(service: FakeCloud689, mirror: bool):
    service.mirror = mirror
    file = await stored(service)
    provider = service.provider()
    service.fail("download", EXPIRED)
    assert await content(provider, file) == DATA
    for _ in range(2):
        service.fail("download", EXPIRED)
    with pytest.raises(LoginFailed):
        await content(provider, file)


# Protected files --------------------------------------------------------------------------


async def protected(service: FakeCloud689, told: int) -> tuple[Cloud689Provider, Entry]:
    node = service.store.add("file", DATA)
    node.protected, node.told_size = True, told
    provider = service.provider()
    return provider, await provider.stat(service.id(node))


@pytest.mark.parametrize("tells_length", [True, False])
@pytest.mark.parametrize("told", [1, 100, len(DATA) - 1, len(DATA) + 1, len(DATA) * 2])
async def test_the_size_of_a_protected_file_is_corrected(
    service: FakeCloud689, told: int, tells_length: bool
):
    """Nothing is cut off or filled up: the file is shown anew, with its true size."""
    service.tells_length = tells_length
    provider, file = await protected(service, told)
    assert file.extra == {"protected": "true"}
    with pytest.raises(Changed):
        await part(provider, file, 0, told)
    corrected = await provider.stat(file.id)
    assert corrected.size == len(DATA)
    assert corrected.version != file.version
    (listed,) = (await listing(provider, service.top())).values()
    assert (listed.size, listed.version) == (corrected.size, corrected.version)
    assert await content(provider, corrected) == DATA


async def test_a_protected_file_of_the_told_size_is_just_read(service: FakeCloud689):
    provider, file = await protected(service, len(DATA))
    assert await content(provider, file) == DATA
    assert service.downloads == ["file"]


async def test_a_true_size_is_known_to_the_next_mount(service: FakeCloud689):
    notes: dict[str, str] = {}
    node = service.store.add("file", DATA)
    node.protected, node.told_size = True, 7
    provider = service.provider(notes)
    with pytest.raises(Changed):
        await content(provider, await provider.stat(service.id(node)))
    assert (await service.provider(notes).stat(service.id(node))).size == len(DATA)
    notes["sizes"] = '{"x": [1], "y": 3, "z": ["a", "b"]}'
    assert (await service.provider(notes).stat(service.id(node))).size == 7
    notes["sizes"] = "nonsense"
    assert (await service.provider(notes).stat(service.id(node))).size == 7


async def test_a_size_is_corrected_again_when_the_listing_tells_another(service: FakeCloud689):
    provider, file = await protected(service, 7)
    with pytest.raises(Changed):
        await content(provider, file)
    service.store.at("file").told_size = 9
    fresh = await provider.stat(file.id)
    assert fresh.size == 9
    with pytest.raises(Changed):
        await content(provider, fresh)
    assert (await provider.stat(file.id)).size == len(DATA)


# Ranges -----------------------------------------------------------------------------------


async def test_ranges_are_asked_for_if_wanted(service: FakeCloud689):
    service.ranges = True
    file = await stored(service)
    provider = service.provider(ranges=True)
    assert await part(provider, file, 100, 200) == DATA[100:200]
    assert service.of("download")[0].request.headers["range"] == "bytes=100-199"
    assert await part(provider, file, 5, len(DATA)) == DATA[5:]
    assert len(service.downloads) == 2


async def test_a_service_without_ranges_has_the_file_taken_whole(service: FakeCloud689):
    file = await stored(service)
    provider = service.provider(ranges=True)
    assert await part(provider, file, 100, 200) == DATA[100:200]
    assert await part(provider, file, 5000, 5001) == DATA[5000:5001]
    assert service.downloads == ["file"]


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, BadReply),
        ({"content-range": "bytes 100-199/99999"}, Changed),
        ({"content-range": "bytes 150-199/10240"}, BadReply),
        ({"content-range": "nonsense"}, BadReply),
        ({"content-range": "bytes 100-199/10240"}, ConnectionLost),
    ],
)
async def test_a_part_that_is_another_one_is_an_error(
    service: FakeCloud689, headers: dict[str, str], error: type[CloudError]
):
    file = await stored(service)
    provider = service.provider(ranges=True)
    link = await provider.download_link(file)
    service.fail("download", httpx.Response(206, headers=headers, stream=Streamed(DATA[100:150])))
    with pytest.raises(error):
        await fetched(provider, link, 100, 200)


async def test_a_part_of_a_protected_file_tells_its_size(service: FakeCloud689):
    service.ranges = True
    node = service.store.add("file", DATA)
    node.protected, node.told_size = True, 500
    provider = service.provider(ranges=True)
    file = await provider.stat(service.id(node))
    with pytest.raises(Changed):
        await part(provider, file, 100, 200)
    corrected = await provider.stat(file.id)
    assert corrected.size == len(DATA)
    assert await part(provider, corrected, 100, 200) == DATA[100:200]


async def test_a_link_that_leads_nowhere_is_not_found(service: FakeCloud689):
    link = DownloadLink(
        url="https://cloud.test/api/download#x", version=(await stored(service)).version, size=9
    )
    with pytest.raises((NotFound, TransientError)):
        await fetched(service.provider(), link, 0, 9)
