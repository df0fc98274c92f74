"""Every kind of fault, as a client on the other end of a TCP connection sees it."""

import json
from urllib.parse import urlsplit

import httpx
import pytest
import trio

from cloudfs.emulators.faults import Faults, Kind, Rule
from cloudfs.emulators.received import Origin, Received
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, refusal, signed_in


@pytest.fixture
def fault(running: Running):
    def add(kind: Kind, **details) -> Rule:
        return running.emulator.faults.add(Rule(kind=kind, **details))

    return add


async def some_file(api: Client, data: bytes = b"0123456789") -> str:
    """A link to a file of that content."""
    await api.upload("/a.bin", data)
    return (await api.link("/a.bin"))["url"]


async def test_a_status_replaces_the_answer_and_nothing_is_done(api: Client, fault):
    fault(Kind.STATUS, status=503, retry_after=7, route="fileops/folder_create", count=1)
    response = await api.post("fileops/folder_create/", path="/a")
    assert refusal(response) == (503, "InternalError")
    assert response.headers["Retry-After"] == "7"
    assert await api.names("/") == []
    await api.ok("fileops/folder_create/", path="/a")


async def test_a_status_may_have_a_code(api: Client, fault):
    fault(Kind.STATUS, status=429, code="SlowDown")
    assert refusal(await api.get("metadata/")) == (429, "SlowDown")


async def test_the_store_answers_a_status_in_xml(api: Client, fault):
    url = await some_file(api)
    fault(Kind.STATUS, status=503, origin=Origin.STORE)
    response = await api.store.get(url)
    assert response.status_code == 503
    assert "<Code>SlowDown</Code>" in response.text


async def test_a_reset_comes_before_anything_is_done(api: Client, fault):
    fault(Kind.RESET, route="create-folder")
    with pytest.raises(httpx.ReadError):
        await api.post("fileops/folder_create/", path="/a")
    assert await api.names("/") == []


async def test_a_reset_may_come_after_it_was_done(api: Client, fault):
    fault(Kind.RESET_AFTER, route="create-folder")
    with pytest.raises(httpx.ReadError):
        await api.post("fileops/folder_create/", path="/a")
    assert await api.names("/") == ["a"]


async def test_a_reset_in_the_middle_of_an_upload_leaves_nothing(
    api: Client, running: Running, fault
):
    running.emulator.configure(upload_mode="put")
    ticket = await api.ticket("/a.bin")
    fault(Kind.RESET, route="upload", count=1)
    url = urlsplit(ticket["url"])
    head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"
    async with await trio.open_tcp_stream("127.0.0.1", url.port or 0) as stream:
        await stream.send_all(head.encode())
        with pytest.raises(trio.BrokenResourceError):
            await stream.send_all(bytes(50_000_000))
    assert refusal(await api.confirm(ticket)) == (404, "TempFileNotFound")
    assert (await api.send(ticket, b"x")).status_code == 200
    assert (await api.confirm(ticket)).status_code == 200


async def test_a_stall_gives_no_answer_until_the_client_gives_up(api: Client, fault):
    rule = fault(Kind.STALL, route="metadata")
    with pytest.raises(httpx.ReadTimeout):
        await api.http.get("/api/1/metadata/", timeout=0.2)
    assert rule.fired == 1


async def test_a_stall_ends_by_itself(api: Client, fault):
    fault(Kind.STALL, route="metadata", seconds=0.1)
    with pytest.raises(httpx.ReadError):
        await api.get("metadata/")


async def test_latency_delays_and_goes_with_other_faults(api: Client, fault):
    fault(Kind.LATENCY, seconds=0.1)
    fault(Kind.STATUS, status=500, nth=2)
    before = trio.current_time()
    assert (await api.get("metadata/")).status_code == 200
    assert (await api.get("metadata/")).status_code == 500
    assert trio.current_time() - before >= 0.2


async def test_a_body_may_end_half_way(api: Client, fault):
    url = await some_file(api, bytes(1_000_000))
    fault(Kind.HALF_BODY, route="download")
    received = b""
    async with await trio.open_tcp_stream("127.0.0.1", httpx.URL(url).port or 0) as stream:
        await stream.send_all(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % httpx.URL(url).raw_path)
        async for piece in stream:
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-length: 1000000" in head
    assert len(body) == 500_000


async def test_half_of_a_json_answer_may_be_missing(api: Client, fault):
    fault(Kind.HALF_BODY, route="metadata")
    with pytest.raises(httpx.RemoteProtocolError):
        await api.get("metadata/")


async def test_a_length_may_be_wrong(api: Client, fault):
    url = await some_file(api)
    fault(Kind.WRONG_LENGTH, route="download", nth=1)
    fault(Kind.WRONG_LENGTH, route="download", nth=2, delta=2)
    ranged = {"Range": "bytes=2-5"}
    short = await api.store.get(url, headers=ranged)
    long = await api.store.get(url, headers=ranged)
    assert (short.content, short.headers["content-length"]) == (b"234", "3")
    assert (long.content, long.headers["content-length"]) == (b"2345\0\0", "6")
    assert short.headers["content-range"] == long.headers["content-range"] == "bytes 2-5/10"


async def test_a_content_range_may_be_wrong(api: Client, fault):
    url = await some_file(api)
    fault(Kind.WRONG_RANGE)
    response = await api.store.get(url, headers={"Range": "bytes=2-5"})
    assert response.content == b"2345"
    assert response.headers["content-range"] == "bytes 3-6/10"


async def test_a_link_may_expire_on_cue(api: Client, fault):
    url = await some_file(api)
    fault(Kind.EXPIRED_LINK, nth=2)
    assert [(await api.store.get(url)).status_code for _ in range(3)] == [200, 403, 200]


async def test_a_link_may_be_good_for_some_uses(api: Client, fault):
    first = await some_file(api)
    second = (await api.link("/a.bin"))["url"]
    fault(Kind.EXPIRED_LINK, uses=2)
    statuses = [(await api.store.get(url)).status_code for url in (first, second) * 3]
    assert statuses == [200, 200, 200, 200, 403, 403]


async def test_a_token_may_expire_on_cue_for_good(api: Client, fault):
    fault(Kind.EXPIRED_TOKEN, count=1)
    for _ in range(2):
        assert refusal(await api.get("metadata/")) == (401, "Unauthorized")


async def test_a_token_may_be_good_for_some_requests(running: Running, fault):
    fault(Kind.EXPIRED_TOKEN, uses=2)
    for _ in range(2):
        async with signed_in(running) as client:
            statuses = [(await client.get("metadata/")).status_code for _ in range(4)]
            assert statuses == [200, 200, 401, 401]


async def test_a_page_may_come_instead_of_an_answer(api: Client, fault):
    fault(Kind.HTML, route="create-folder", count=1)
    response = await api.post("fileops/folder_create/", path="/a")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert await api.names("/") == []


async def test_json_may_be_cut_off(api: Client, fault):
    fault(Kind.MALFORMED_JSON, route="create-folder")
    response = await api.post("fileops/folder_create/", path="/a")
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert await api.names("/") == ["a"]


async def test_a_header_may_be_huge(api: Client, fault):
    rule = fault(Kind.HUGE_HEADER, size=50_000, count=1)
    assert len((await api.get("metadata/")).headers["x-padding"]) == 50_000
    rule.size, rule.count = 256 * 1024, 2
    with pytest.raises(httpx.RemoteProtocolError):
        await api.get("metadata/")


async def test_many_connections_may_be_reset_at_once(api: Client, fault):
    fault(Kind.RESET, every=2)
    failed = 0

    async def ask() -> None:
        nonlocal failed
        try:
            assert (await api.get("metadata/")).status_code == 200
        except httpx.ReadError:
            failed += 1

    async with trio.open_nursery() as nursery:
        for _ in range(40):
            nursery.start_soon(ask)
    assert failed == 20


def received(**details) -> Received:
    values = {
        "number": 1,
        "origin": Origin.API,
        "method": "GET",
        "path": "/api/1/metadata/docs",
        "route": "metadata",
        "label": "list",
        "headers": (),
        "credentials": True,
        "byte_range": None,
        "token": "t",
    }
    return Received(**(values | details))


@pytest.mark.parametrize(
    ("details", "matches"),
    [
        ({}, True),
        ({"route": "metadata"}, True),
        ({"route": "list"}, True),
        ({"route": "files/get"}, False),
        ({"method": "GET", "path": "/api/1/metadata/do"}, True),
        ({"method": "POST"}, False),
        ({"path": "/api/1/meta/"}, False),
        ({"origin": "api"}, True),
        ({"origin": "store"}, False),
        ({"kind": "expired_token"}, True),
        ({"kind": "expired_link"}, False),
    ],
)
def test_a_rule_names_requests(details: dict, matches: bool):
    rule = Rule.from_json({"kind": "status", **details})
    assert rule.matches(received()) is matches


@pytest.mark.parametrize(
    ("details", "fires"),
    [
        ({}, [True] * 6),
        ({"nth": 3}, [False, False, True, False, False, False]),
        ({"every": 2}, [False, True] * 3),
        ({"count": 2}, [True, True, False, False, False, False]),
        ({"every": 2, "count": 2}, [False, True, False, True, False, False]),
    ],
)
def test_a_rule_fires_at_some_of_them(details: dict, fires: list[bool]):
    faults = Faults()
    rule = faults.add(Rule.from_json({"kind": "status", **details}))
    assert [faults.choose(received())[1] is rule for _ in fires] == fires
    assert (rule.seen, rule.fired) == (len(fires), sum(fires))


def test_the_first_rule_that_fires_wins_and_only_it_counts():
    faults = Faults()
    first = faults.add(Rule(kind=Kind.STATUS, nth=1))
    second = faults.add(Rule(kind=Kind.RESET, count=1))
    assert faults.choose(received())[1] is first
    assert faults.choose(received())[1] is second
    assert faults.choose(received())[1] is None


def test_a_rule_that_is_removed_is_out_of_force():
    faults = Faults()
    rule = faults.add(Rule(kind=Kind.STATUS))
    assert faults.remove(rule.id)
    assert not faults.remove(rule.id)
    assert faults.choose(received()) == (0, None)


@pytest.mark.parametrize("value", [{}, {"kind": "no"}, {"kind": "reset", "what": 1}])
def test_a_rule_that_makes_no_sense_is_refused(value: dict):
    with pytest.raises((TypeError, ValueError)):
        Rule.from_json(value)
