"""Bodies in both directions: how long, how encoded, and closed in any case."""

import gc
import gzip
import warnings
import zlib
from contextlib import aclosing, nullcontext, suppress

import httpx
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from cloudfs.errors import BadReply, ConnectionLost, NoLocalSpace, TimedOut
from cloudfs.http import client
from cloudfs.http.client import Http
from cloudfs.http.retry import Refused, Repeat
from cloudfs.model import Pieces
from tests.http.conftest import HttpOver
from tests.http.scripted import Body, Service, listening

URL = "https://service.test/x"


def answering(body: Body, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, stream=body, headers=headers)


async def get(http: Http) -> bytes:
    return (await http.request("GET", URL, label="x", repeat=Repeat.SAFELY)).body


class Source:
    """A body to send, in pieces; counts how often it was begun and closed."""

    def __init__(self, *pieces: bytes, failure: Exception | None = None) -> None:
        self._pieces = pieces
        self._failure = failure
        self.length = sum(map(len, pieces))
        self.begun = 0
        self.ended = 0

    async def __call__(self) -> Pieces:
        self.begun += 1
        try:
            for piece in self._pieces:
                yield piece
            if self._failure is not None:
                raise self._failure
        finally:
            self.ended += 1


async def put(http: Http, source: Source, *, url: str = URL, repeat: Repeat = Repeat.SAFELY) -> int:
    reply = await http.request(
        "PUT", url, label="x", repeat=repeat, body=source, length=source.length
    )
    return reply.status


# Replies ----------------------------------------------------------------------------------------


async def test_a_reply_is_read_whole(http_over: HttpOver):
    body = Body(b"in ", b"two pieces")
    http = http_over(Service(answering(body)))
    assert await get(http) == b"in two pieces"
    assert body.closed
    assert http.counters.bytes_down == 13


async def test_a_reply_that_does_not_end_is_given_up(http_over: HttpOver, monkeypatch):
    monkeypatch.setattr(client, "LARGEST_REPLY", 1000)
    body = Body(*[b"x" * 100] * 10_000)
    service = Service(answering(body))
    with pytest.raises(BadReply, match="longer than 1000 bytes"):
        await get(http_over(service))
    assert body.closed
    assert body.given == 11
    assert len(service.requests) == 1


async def test_the_longest_reply_allowed_is_taken(http_over: HttpOver, monkeypatch):
    monkeypatch.setattr(client, "LARGEST_REPLY", 1000)
    assert len(await get(http_over(Service(answering(Body(b"x" * 1000)))))) == 1000


async def test_a_compressed_reply_is_unpacked(http_over: HttpOver):
    packed = gzip.compress(b"much of the same " * 100)
    service = Service(answering(Body(packed[:10], packed[10:]), **{"Content-Encoding": "gzip"}))
    http = http_over(service)
    assert await get(http) == b"much of the same " * 100
    assert "gzip" in service.last.headers["accept-encoding"]
    assert http.counters.bytes_down == len(packed)


async def test_a_small_reply_that_unpacks_to_too_much_is_given_up(http_over: HttpOver, monkeypatch):
    monkeypatch.setattr(client, "LARGEST_REPLY", 1000)
    body = Body(gzip.compress(bytes(100_000)))
    with pytest.raises(BadReply, match="longer"):
        await get(http_over(Service(answering(body, **{"Content-Encoding": "gzip"}))))
    assert body.closed


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("x-gzip", gzip.compress(b"text")),
        ("Deflate", zlib.compress(b"text")),
        ("identity", b"text"),
    ],
    ids=["gzip", "deflate", "not at all"],
)
async def test_the_ways_of_packing_a_reply(encoding: str, packed: bytes, http_over: HttpOver):
    pieces = [packed[at : at + 1] for at in range(len(packed))]
    service = Service(answering(Body(*pieces), **{"Content-Encoding": encoding}))
    assert await get(http_over(service)) == b"text"


async def test_a_reply_packed_in_a_way_that_was_not_asked_for_is_nonsense(http_over: HttpOver):
    service = Service(lambda _: answering(Body(b"x"), **{"Content-Encoding": "br"}))
    with pytest.raises(BadReply, match="not asked for"):
        await get(http_over(service))
    nothing = Service(answering(Body(), **{"Content-Encoding": "br"}))
    assert await get(http_over(nothing)) == b""


async def test_no_more_of_a_reply_is_unpacked_than_allowed(http_over: HttpOver, monkeypatch):
    monkeypatch.setattr(client, "LARGEST_REPLY", 1000)
    for length in (1000, 1001):
        body = Body(gzip.compress(bytes(length)))
        http = http_over(Service(answering(body, **{"Content-Encoding": "gzip"})))
        with nullcontext() if length == 1000 else pytest.raises(BadReply, match="longer"):
            assert await get(http) == bytes(1000)


async def test_a_reply_that_cannot_be_unpacked_is_nonsense(http_over: HttpOver):
    body = Body(b"not packed at all")
    service = Service(answering(body, **{"Content-Encoding": "gzip"}))
    with pytest.raises(BadReply, match="cannot be decoded"):
        await get(http_over(service))
    assert len(service.requests) == 1


async def test_a_refused_requests_reply_is_closed_unread(http_over: HttpOver, autojump_clock):
    body = Body(b"x" * 100, b"y")
    http = http_over(Service(answering(body, 503), 200))
    await get(http)
    assert (body.given, body.closed) == (0, True)


# Streamed replies -------------------------------------------------------------------------------


async def test_a_streamed_reply_comes_piece_by_piece(http_over: HttpOver):
    body = Body(b"one", b"two", b"three")
    http = http_over(Service(answering(body, ETag="e")))
    async with http.stream("GET", URL, label="x") as reply:
        assert (reply.status, reply.headers["ETAG"], reply.url) == (200, "e", URL)
        assert body.given == 0
        async with aclosing(reply.pieces()) as pieces:
            assert await anext(pieces) == b"one"
            assert body.given == 1
            assert [piece async for piece in pieces] == [b"two", b"three"]
    assert body.closed
    assert http.counters.bytes_down == 11


async def test_a_streamed_reply_is_closed_when_nobody_wants_the_rest(http_over: HttpOver):
    body = Body(b"one", b"two")
    http = http_over(Service(answering(body)))
    async with http.stream("GET", URL, label="x") as reply, aclosing(reply.pieces()) as pieces:
        await anext(pieces)
    assert body.closed
    assert body.given == 1


async def test_a_streamed_reply_is_closed_when_its_reader_fails(http_over: HttpOver):
    body = Body(b"one")
    http = http_over(Service(answering(body)))
    with pytest.raises(ZeroDivisionError):
        async with http.stream("GET", URL, label="x"):
            raise ZeroDivisionError
    assert body.closed
    assert http.limiter.running == 0


async def test_streamed_bytes_are_what_is_on_the_wire(http_over: HttpOver):
    packed = gzip.compress(b"hello")
    service = Service(answering(Body(packed), **{"Content-Encoding": "gzip"}))
    async with http_over(service).stream("GET", URL, label="x") as reply:
        assert b"".join([piece async for piece in reply.pieces()]) == packed
    assert service.last.headers["accept-encoding"] == "identity"


async def test_a_streamed_reply_that_breaks_off_says_so(http_over: HttpOver):
    for failure, error in (
        (httpx.ReadError("cut"), ConnectionLost),
        (httpx.RemoteProtocolError("cut"), ConnectionLost),
        (httpx.ReadTimeout("slow"), TimedOut),
    ):
        http = http_over(Service(answering(Body(b"one", failure=failure))))
        async with (
            http.stream("GET", URL, label="x") as reply,
            aclosing(reply.pieces()) as pieces,
        ):
            assert await anext(pieces) == b"one"
            with pytest.raises(error):
                await anext(pieces)


async def test_a_streamed_reply_can_be_read_whole_within_a_limit(http_over: HttpOver):
    http = http_over(Service(lambda _: answering(Body(b"12345", b"67890"))))
    async with http.stream("GET", URL, label="x") as reply:
        assert await reply.body(10) == b"1234567890"
    async with http.stream("GET", URL, label="x") as reply:
        with pytest.raises(BadReply, match="longer than 9 bytes"):
            await reply.body(9)


async def test_a_stream_that_is_refused_is_not_repeated(http_over: HttpOver):
    body = Body(b"x")
    service = Service(answering(body, 503))
    with pytest.raises(Refused):
        async with http_over(service).stream("GET", URL, label="x"):
            raise AssertionError
    assert body.closed
    assert len(service.requests) == 1


async def test_cancelling_a_download_closes_its_connection(http_over: HttpOver):
    async def endless(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        try:
            while True:
                await stream.send_all(bytes(65536))
        except trio.BrokenResourceError:
            broken.set()
            raise

    broken = trio.Event()
    http = http_over()
    async with listening(endless) as listener:
        with trio.CancelScope() as scope:
            async with (
                http.stream("GET", listener.url, label="x") as reply,
                aclosing(reply.pieces()) as pieces,
            ):
                await anext(pieces)
                scope.cancel()
                await trio.lowlevel.checkpoint()
        with trio.fail_after(5):
            await broken.wait()
    assert http.limiter.running == 0


# What is sent -----------------------------------------------------------------------------------


async def test_a_body_is_sent_in_pieces_with_its_length(http_over: HttpOver):
    service = Service(201)
    http = http_over(service)
    source = Source(b"one", b"two")
    assert await put(http, source) == 201
    assert service.bodies == [b"onetwo"]
    assert service.last.headers["content-length"] == "6"
    assert "transfer-encoding" not in service.last.headers
    assert http.counters.bytes_up == 6
    assert (source.begun, source.ended) == (1, 1)


async def test_each_attempt_sends_the_body_from_its_beginning(http_over: HttpOver, autojump_clock):
    service = Service(503, 502, 201)
    source = Source(b"one", b"two")
    http = http_over(service)
    assert await put(http, source) == 201
    assert service.bodies == [b"onetwo"] * 3
    assert (source.begun, source.ended) == (3, 3)
    assert http.counters.bytes_up == 18


async def test_a_body_is_closed_when_the_service_answers_before_its_end(http_over: HttpOver):
    async def refuse(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await stream.aclose()

    source = Source(*[bytes(1 << 16)] * 1000)
    async with listening(refuse) as listener:
        with suppress(ConnectionLost):  # the server has closed its end before all was sent
            await put(http_over(), source, url=listener.url, repeat=Repeat.IF_REFUSED)
    assert (source.begun, source.ended) == (1, 1)


async def test_a_body_is_closed_when_its_sending_is_cancelled(
    http_over: HttpOver, nursery: trio.Nursery
):
    async def never_read(stream: trio.SocketStream, head: bytes) -> None:
        arrived.set()
        await trio.sleep_forever()

    async def send() -> None:
        with scope:
            await put(http, source, url=listener.url)

    arrived, scope = trio.Event(), trio.CancelScope()
    source = Source(*[bytes(1 << 20)] * 64)
    http = http_over()
    async with listening(never_read) as listener:
        nursery.start_soon(send)
        await arrived.wait()
        scope.cancel()
        await wait_all_tasks_blocked()
    assert (source.begun, source.ended) == (1, 1)
    assert http.limiter.running == 0


async def test_a_body_that_is_not_sent_to_its_end_leaves_nothing_behind(http_over: HttpOver):
    async def refuse(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await stream.aclose()

    source = Source(*[bytes(1 << 16)] * 1000)
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        async with listening(refuse) as listener:
            with suppress(ConnectionLost):
                await put(http_over(), source, url=listener.url, repeat=Repeat.IF_REFUSED)
        gc.collect()
    assert [str(complaint.message) for complaint in complaints] == []


async def test_a_body_is_sent_anew_to_a_server_that_first_asks_who_sends_it(http_over: HttpOver):
    def challenge(request: httpx.Request) -> httpx.Response:
        if "authorization" in request.headers:
            return httpx.Response(201)
        return httpx.Response(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n"'})

    service = Service(challenge)
    http = http_over(service)
    http.trust(URL)
    source = Source(b"one", b"two")
    reply = await http.request(
        "PUT",
        URL,
        label="x",
        repeat=Repeat.IF_REFUSED,
        auth=httpx.DigestAuth("alice", "pw"),
        body=source,
        length=source.length,
    )
    assert reply.status == 201
    assert [request.headers["content-length"] for request in service.requests] == ["6", "6"]
    assert (source.begun, source.ended) in {(1, 1), (2, 2)}
    assert service.bodies == [b"onetwo"] * 2


async def test_a_body_that_cannot_be_read_here_is_no_fault_of_the_service(
    http_over: HttpOver, autojump_clock
):
    service = Service(201)
    source = Source(b"one", failure=NoLocalSpace("full"))
    with pytest.raises(NoLocalSpace):
        await put(http_over(service), source)
    assert (source.begun, source.ended) == (1, 1)
    assert len(service.requests) == 1


async def test_small_bodies_are_counted_too(http_over: HttpOver):
    service = Service(200)
    http = http_over(service)
    await http.request("POST", URL, label="x", repeat=Repeat.SAFELY, body=b"four")
    assert http.counters.bytes_up == 4
    assert service.last.headers["content-length"] == "4"
