import gc
import warnings
from collections.abc import Mapping

import httpx
import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    Changed,
    CloudError,
    ConnectionLost,
    LinkExpired,
    TimedOut,
    Unavailable,
)
from cloudfs.http.client import Http, StreamedReply
from cloudfs.http.ranges import MOST_REDIRECTS, ranged_get
from cloudfs.http.retry import Refused, Repeat
from cloudfs.model import DownloadLink, Version
from tests.http.conftest import HttpOver
from tests.http.scripted import Body, Service, listening

DATA = bytes(range(100))
URL = "https://content.test/signed"


def link_to(url: str = URL, **how: Mapping[str, str]) -> DownloadLink:
    return DownloadLink(url=url, version=Version("v1"), size=len(DATA), **how)  # type: ignore[arg-type]  # headers only


async def read(
    http: Http, start: int, stop: int, link: DownloadLink | None = None, **how: object
) -> bytes:
    async with ranged_get(http, link or link_to(), start, stop, **how) as pieces:  # type: ignore[arg-type]  # passed on as they are
        return b"".join([piece async for piece in pieces])


def reply(status: int, *pieces: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=Body(*pieces))


def partial(first: int, last: int, data: bytes | None = None, total: str = "100") -> httpx.Response:
    body = DATA[first : last + 1] if data is None else data
    return reply(206, body, Content_Range=f"bytes {first}-{last}/{total}")


# The bytes asked for ----------------------------------------------------------------------------


async def test_a_partial_reply_is_what_was_asked_for(http_over: HttpOver):
    service = Service(partial(10, 19))
    assert await read(http_over(service), 10, 20) == DATA[10:20]
    assert service.last.headers["range"] == "bytes=10-19"
    assert service.last.headers["accept-encoding"] == "identity"


async def test_a_server_without_ranges_sends_the_whole_file_and_the_part_is_cut_out(
    http_over: HttpOver,
):
    for headers in ({"Content_Length": "100"}, {}):
        whole = reply(200, *[DATA[at : at + 7] for at in range(0, 100, 7)], **headers)
        assert await read(http_over(Service(whole)), 10, 20) == DATA[10:20]


async def test_of_a_whole_file_no_more_is_read_than_needed(http_over: HttpOver):
    body = Body(*[DATA[at : at + 10] for at in range(0, 100, 10)])
    service = Service(httpx.Response(200, stream=body))
    assert await read(http_over(service), 10, 20) == DATA[10:20]
    assert body.given == 3  # one more than needed, to see whether that was the end
    assert body.closed


async def test_a_partial_reply_that_begins_earlier_is_cut(http_over: HttpOver):
    assert await read(http_over(Service(partial(0, 49))), 10, 20) == DATA[10:20]


async def test_the_total_may_be_unknown_to_the_server(http_over: HttpOver):
    assert await read(http_over(Service(partial(10, 19, total="*"))), 10, 20) == DATA[10:20]


@pytest.mark.parametrize("start", range(0, 100, 9))
@pytest.mark.parametrize("count", [1, 2, 10, 37])
@pytest.mark.parametrize("cut", [1, 3, 100])
async def test_pieces_of_any_size_make_the_same_bytes(
    start: int, count: int, cut: int, http_over: HttpOver
):
    stop = min(start + count, 100)
    pieces = [DATA[at : at + cut] for at in range(0, 100, cut)]
    http = http_over(Service(reply(200, *pieces, Content_Length="100")))
    assert await read(http, start, stop) == DATA[start:stop]


async def test_a_stored_file_that_is_packed_by_its_nature_is_left_packed(http_over: HttpOver):
    """S3 gives the header that was stored with an object, and the bytes that were stored."""
    whole = reply(200, DATA, Content_Length="100", Content_Encoding="gzip")
    assert await read(http_over(Service(whole)), 0, 100) == DATA


# Anything else is an error ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(200, b"x" * 99, Content_Length="99"), Changed),
        (reply(200, b"x" * 101, Content_Length="101"), Changed),
        (partial(10, 19, total="99"), Changed),
        (partial(10, 19, total="1000"), Changed),
        (reply(412), Changed),
        (reply(416, Content_Range="bytes */9"), Changed),
        (reply(401), LinkExpired),
        (reply(403, b"<Code>AccessDenied</Code>"), LinkExpired),
        (reply(404), LinkExpired),
        (reply(410), LinkExpired),
        (reply(402), AccessDenied),
        (reply(451), AccessDenied),
        (reply(429), Refused),
        (reply(503), Refused),
        (reply(500), Unavailable),
        (reply(502), Unavailable),
        (reply(507), Unavailable),
        (reply(204), BadReply),
        (reply(304), BadReply),
        (reply(302), BadReply),
        (reply(418), BadReply),
        (reply(206, DATA[10:20]), BadReply),
        (reply(206, DATA[10:20], Content_Range="bytes */100"), BadReply),
        (reply(206, DATA[10:20], Content_Range="octets 10-19/100"), BadReply),
        (reply(206, DATA[10:20], Content_Range="bytes 10-19"), BadReply),
        (reply(206, b"--x", Content_Type="multipart/byteranges; boundary=x"), BadReply),
        (partial(11, 20), BadReply),
        (reply(200, b"<html>", Content_Type="text/html; charset=x", Content_Length="6"), BadReply),
        (reply(200, DATA, Content_Encoding="gzip"), BadReply),
    ],
)
async def test_what_is_not_those_bytes_is_an_error(
    answer: httpx.Response, error: type[CloudError], http_over: HttpOver
):
    http = http_over(Service(answer))
    with pytest.raises(error) as caught:
        await read(http, 10, 20)
    assert type(caught.value) is error
    assert answer.is_closed
    assert http.limiter.running == 0


@pytest.mark.parametrize(
    "short",
    [
        partial(10, 19, data=DATA[10:17]),
        partial(10, 16),
        partial(0, 9),
        reply(206, Content_Range="bytes 10-19/100"),
        reply(200, DATA[:15]),
        reply(200, DATA[:5]),
    ],
)
async def test_a_body_that_ends_early_is_a_broken_transfer(
    short: httpx.Response, http_over: HttpOver
):
    with pytest.raises(ConnectionLost, match="early"):
        await read(http_over(Service(short)), 10, 20)


async def test_a_body_that_is_too_long_gives_what_was_asked_for(http_over: HttpOver):
    assert await read(http_over(Service(partial(10, 19, DATA[10:30]))), 10, 20) == DATA[10:20]


@pytest.mark.parametrize(
    ("failure", "error"),
    [(httpx.ReadError(""), ConnectionLost), (httpx.ReadTimeout(""), TimedOut)],
)
async def test_a_transfer_that_breaks_says_so_after_what_came(
    failure: Exception, error: type[CloudError], http_over: HttpOver
):
    body = Body(DATA[10:15], failure=failure)
    broken = httpx.Response(206, headers={"Content-Range": "bytes 10-19/100"}, stream=body)
    async with ranged_get(http_over(Service(broken)), link_to(), 10, 20) as pieces:
        assert await anext(pieces) == DATA[10:15]
        with pytest.raises(error):
            await anext(pieces)


async def test_the_caller_may_judge_the_reply_before_its_bytes_are_used(http_over: HttpOver):
    def check(answer: StreamedReply) -> None:
        seen.append((answer.status, answer.headers["etag"]))
        raise Changed("another version")

    seen: list[tuple[int, str]] = []
    for answer in (reply(403, ETag="v2"), reply(200, DATA, ETag="v2")):
        with pytest.raises(Changed, match="another version"):
            await read(http_over(Service(answer)), 10, 20, check=check)
        assert answer.is_closed
    assert seen == [(403, "v2"), (200, "v2")]


async def test_a_reader_that_leaves_early_closes_the_reply(http_over: HttpOver):
    body = Body(b"one", b"two", b"three")
    answer = httpx.Response(206, headers={"Content-Range": "bytes 0-10/100"}, stream=body)
    http = http_over(Service(answer))
    async with ranged_get(http, link_to(), 0, 11) as pieces:
        assert await anext(pieces) == b"one"
    assert body.closed
    assert http.limiter.running == 0


# Redirects --------------------------------------------------------------------------------------


class Elsewhere(Service):
    """Redirects once, to *location*."""

    def __init__(self, location: str, status: int = 302) -> None:
        super().__init__(reply(status, b"see there", Location=location), partial(10, 19))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_with_the_range(status: int, http_over: HttpOver):
    service = Elsewhere("https://cdn.test/there", status)
    assert await read(http_over(service), 10, 20) == DATA[10:20]
    assert [str(r.url) for r in service.requests] == [URL, "https://cdn.test/there"]
    assert service.last.headers["range"] == "bytes=10-19"


async def test_a_redirect_may_be_relative(http_over: HttpOver):
    service = Elsewhere("../other?x=1")
    await read(http_over(service), 10, 20)
    assert str(service.last.url) == "https://content.test/other?x=1"


async def test_neither_credentials_nor_the_links_headers_follow_to_another_host(
    http_over: HttpOver,
):
    for location, same in (("https://content.test/there", True), ("https://cdn.test/x", False)):
        service = Elsewhere(location)
        http = http_over(service)
        http.trust(URL)
        await read(
            http,
            10,
            20,
            link_to(headers={"If-Match": "v1"}),
            credentials={"Authorization": "secret"},
            auth=httpx.BasicAuth("alice", "pw"),
        )
        first, second = service.requests
        assert "authorization" in first.headers
        assert first.headers["if-match"] == "v1"
        assert ("authorization" in second.headers) is same
        assert ("if-match" in second.headers) is same


async def test_the_links_headers_come_back_when_a_redirect_comes_back(http_over: HttpOver):
    service = Service(
        reply(302, Location="https://cdn.test/x"), reply(302, Location=URL), partial(10, 19)
    )
    await read(http_over(service), 10, 20, link_to(headers={"If-Match": "v1"}))
    assert ["if-match" in r.headers for r in service.requests] == [True, False, True]


async def test_a_row_of_redirects_is_not_followed_for_ever(http_over: HttpOver):
    service = Service(lambda _: reply(302, Location=URL))
    with pytest.raises(BadReply, match="redirects"):
        await read(http_over(service), 10, 20)
    assert len(service.requests) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "location",
    [
        "http://cdn.test/plain",
        "ftp://cdn.test/x",
        "file:///etc/passwd",
        "https://[@cdn.test/",
        "https://cdn.test:99999/",
        "https://alice:pw@cdn.test/",
    ],
)
async def test_a_redirect_that_must_not_be_followed_is_an_error_of_the_service(
    location: str, http_over: HttpOver
):
    service = Elsewhere(location)
    with pytest.raises(BadReply):
        await read(http_over(service), 10, 20)
    assert len(service.requests) == 1


# A real connection ------------------------------------------------------------------------------


async def test_a_connection_is_used_again_after_a_part_was_read(http_over: HttpOver):
    async def react(stream: trio.SocketStream, head: bytes) -> None:
        first, last = map(int, head.partition(b"bytes=")[2].split(b"\r\n")[0].split(b"-"))
        await stream.send_all(
            b"HTTP/1.1 206 Partial\r\nContent-Range: bytes %d-%d/100\r\nContent-Length: %d\r\n\r\n"
            % (first, last, last + 1 - first)
        )
        await stream.send_all(DATA[first : last + 1])

    http = http_over()
    async with listening(react) as listener:
        link = link_to(f"{listener.url}/signed")
        for start in range(0, 100, 10):
            assert await read(http, start, start + 10, link) == DATA[start : start + 10]
        assert len(listener.heads) == 10
        assert listener.connections == 1


async def test_a_connection_is_used_again_after_the_end_of_a_whole_file(http_over: HttpOver):
    async def react(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + DATA)

    http = http_over()
    async with listening(react) as listener:
        assert await read(http, 90, 100, link_to(listener.url)) == DATA[90:]
        await http.request("GET", f"{listener.url}/x", label="x", repeat=Repeat.SAFELY)
        assert listener.connections == 1


async def test_a_connection_whose_rest_nobody_wants_is_closed(http_over: HttpOver):
    async def react(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + DATA[:50])
        with trio.fail_after(5):
            assert await stream.receive_some() == b""
        closed.set()

    closed = trio.Event()
    http = http_over()
    async with listening(react) as listener:
        async with ranged_get(http, link_to(listener.url), 0, 40) as pieces:
            await anext(pieces)
        with trio.fail_after(5):
            await closed.wait()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_whole_file_that_is_left_halfway_leaves_nothing_behind(
    chunked: bool, http_over: HttpOver
):
    """A server that ignores Range: its file is read as far as it is wanted."""

    async def ignore_range(stream: trio.SocketStream, head: bytes) -> None:
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 100"
        try:
            await stream.send_all(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
            for at in range(0, 50, 5):
                piece = DATA[at : at + 5]
                await stream.send_all(b"5\r\n" + piece + b"\r\n" if chunked else piece)
            assert await stream.receive_some() == b""
        finally:  # the connection may also break, since what had come was not read
            closed.set()

    closed = trio.Event()
    http = http_over()
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        async with listening(ignore_range) as listener:
            assert await read(http, 10, 20, link_to(listener.url)) == DATA[10:20]
            gc.collect()
            with trio.fail_after(5):
                await closed.wait()
    assert [str(complaint.message) for complaint in complaints] == []
    assert http.limiter.running == 0


async def test_neither_does_one_whose_reader_is_cancelled_while_it_waits(http_over: HttpOver):
    async def stall(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + DATA[:15])
        with trio.fail_after(5):
            assert await stream.receive_some() == b""
        closed.set()

    closed = trio.Event()
    http = http_over()
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        async with listening(stall) as listener:
            with trio.move_on_after(5) as scope:
                async with ranged_get(http, link_to(listener.url), 10, 20) as pieces:
                    assert await anext(pieces) == DATA[10:15]
                    scope.cancel()
                    await anext(pieces)
            assert scope.cancelled_caught
            gc.collect()
            with trio.fail_after(5):
                await closed.wait()
    assert [str(complaint.message) for complaint in complaints] == []
    assert http.limiter.running == 0
