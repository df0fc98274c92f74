"""What becomes of an answer, and of none."""

import re
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import trio

from cloudfs.errors import (
    BadReply,
    CloudError,
    ConnectionLost,
    InvalidRequest,
    TimedOut,
    TransientError,
    Unavailable,
    Unreachable,
)
from cloudfs.http.client import (
    CONNECT_TIMEOUT,
    LONGEST_RETRY_AFTER,
    STALL_TIMEOUT,
    Http,
    Reply,
    retry_after,
)
from cloudfs.http.retry import Refused, Repeat
from tests.http.conftest import HttpOver
from tests.http.scripted import Body, Service, listening

URL = "https://service.test/x"


async def ask(
    http: Http, method: str = "GET", repeat: Repeat = Repeat.SAFELY, url: str = URL, **how: object
) -> Reply:
    return await http.request(method, url, label="look", repeat=repeat, **how)  # type: ignore[arg-type]  # passed on as they are


def too_busy(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=headers)


# Statuses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", [200, 201, 204, 207, 301, 304, 400, 401, 403, 404, 409, 423, 507]
)
async def test_most_statuses_are_answers_for_the_provider(status: int, http_over: HttpOver):
    service = Service(status)
    reply = await ask(http_over(service))
    assert (reply.status, reply.ok) == (status, status < 300)
    assert len(service.requests) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "MOVE"])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_service_that_is_too_busy_is_asked_again_for_anything(
    status: int, method: str, http_over: HttpOver, autojump_clock
):
    service = Service(status, status, 200)
    reply = await ask(http_over(service), method, Repeat.IF_REFUSED)
    assert reply.ok
    assert len(service.requests) == 3


@pytest.mark.parametrize("status", [502, 504])
async def test_what_a_gateway_could_not_deliver_is_repeated_only_if_that_does_no_harm(
    status: int, http_over: HttpOver, autojump_clock
):
    service = Service(status, 200)
    assert (await ask(http_over(service), "PUT", Repeat.SAFELY)).ok
    service = Service(status, 200)
    with pytest.raises(Unavailable, match=str(status)):
        await ask(http_over(service), "PUT", Repeat.IF_REFUSED)
    assert len(service.requests) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PROPFIND"])
async def test_an_internal_error_is_asked_again_where_nothing_changes(
    method: str, http_over: HttpOver, autojump_clock
):
    service = Service(500, 200)
    assert (await ask(http_over(service), method)).ok
    assert len(service.requests) == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "MOVE", "MKCOL"])
async def test_an_internal_error_of_a_change_is_an_answer_for_the_provider(
    method: str, http_over: HttpOver
):
    service = Service(500)
    assert (await ask(http_over(service), method)).status == 500
    assert len(service.requests) == 1


async def test_a_service_that_stays_too_busy_is_given_up(http_over: HttpOver, autojump_clock):
    service = Service(503)
    with pytest.raises(
        Refused, match=r"^the server https://service.test is too busy \(503, look\)$"
    ):
        await ask(http_over(service))
    assert len(service.requests) == 5


async def test_who_is_told_to_come_back_later_comes_back_then(http_over: HttpOver, autojump_clock):
    service = Service(too_busy(429, **{"Retry-After": "7"}), 200)
    began = trio.current_time()
    assert (await ask(http_over(service))).ok
    assert trio.current_time() - began == pytest.approx(7.0)


async def test_a_refusal_for_lack_of_capacity_slows_all_requests_down(
    http_over: HttpOver, autojump_clock
):
    http = http_over(Service(too_busy(503, **{"Retry-After": "10"}), 200))
    limit = http.limiter.limit
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, http)
        await trio.testing.wait_all_tasks_blocked()
        assert http.limiter.limit == limit // 2
        await ask(http, url="https://service.test/other")
    assert trio.current_time() - began == pytest.approx(10.0)


async def test_good_answers_let_more_requests_run(http_over: HttpOver):
    http = http_over(Service(404))
    limit = http.limiter.limit
    for _ in range(limit):
        await ask(http)
    assert http.limiter.limit == limit + 1


@pytest.mark.parametrize(
    ("first", "doubtful"),
    [
        (httpx.ReadError("cut"), True),
        (httpx.ReadTimeout("slow"), True),
        (502, True),
        (lambda _: httpx.Response(200, stream=Body(b"x", failure=httpx.ReadError("cut"))), True),
        (429, False),
        (503, False),
        (httpx.ConnectError("no"), False),
        (httpx.ConnectTimeout("no"), False),
    ],
)
async def test_an_answer_tells_whether_an_earlier_attempt_was_perhaps_carried_out(
    first, doubtful: bool, http_over: HttpOver, autojump_clock
):
    service = Service(first, 409)
    reply = await ask(http_over(service), "DELETE")
    assert (reply.status, reply.doubtful) == (409, doubtful)
    assert len(service.requests) == 2


async def test_the_first_answer_is_beyond_doubt(http_over: HttpOver):
    assert not (await ask(http_over(Service(200)))).doubtful


async def test_a_reply_whose_body_says_not_now_is_asked_for_again(
    http_over: HttpOver, autojump_clock
):
    def judge(reply: Reply) -> None:
        if b"later" in reply.body:
            raise Unavailable("later")

    service = Service(httpx.Response(200, content=b"later"), httpx.Response(200, content=b"now"))
    assert (await ask(http_over(service), judge=judge)).body == b"now"


# Retry-After ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("100000", LONGEST_RETRY_AFTER),
        ("9" * 400, LONGEST_RETRY_AFTER),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("\u00b2", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER),
        ("Fri, 99 Dec 2015 25:61:61 GMT", None),
    ],
)
def test_retry_after_is_read_whatever_it_says(value: str, seconds: float | None):
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_may_be_a_date():
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    assert retry_after({"retry-after": then}) == pytest.approx(50, abs=3)


def test_without_retry_after_nothing_is_asked_for():
    assert retry_after({}) is None


# No answer --------------------------------------------------------------------------------------


def connect_error(cause: Exception) -> httpx.ConnectError:
    error = httpx.ConnectError("")
    error.__cause__ = cause
    return error


CERTIFICATE = ssl.SSLCertVerificationError(1, "certificate verify failed")
CERTIFICATE.verify_message = "certificate has expired"


@pytest.mark.parametrize(
    ("failure", "error", "text"),
    [
        (httpx.ConnectTimeout(""), Unreachable, "no connection in time"),
        (httpx.PoolTimeout(""), Unreachable, "no connection in time"),
        (httpx.ConnectError("[Errno 111] refused"), Unreachable, "refused"),
        (httpx.ConnectError(""), Unreachable, "no connection"),
        (connect_error(CERTIFICATE), Unreachable, "not valid .certificate has expired"),
        (connect_error(ssl.SSLError(1, "x")), Unreachable, "is this an https server"),
        (httpx.ReadTimeout(""), TimedOut, "fell silent"),
        (httpx.WriteTimeout(""), TimedOut, "fell silent"),
        (httpx.ReadError(""), ConnectionLost, "ReadError"),
        (httpx.WriteError(""), ConnectionLost, "WriteError"),
        (httpx.RemoteProtocolError(""), ConnectionLost, "RemoteProtocolError"),
        (httpx.ProxyError(""), ConnectionLost, "ProxyError"),
    ],
)
async def test_failures_of_the_network_are_told_in_our_words(
    failure: Exception, error: type[TransientError], text: str, http_over: HttpOver
):
    http = http_over(Service(failure))
    with pytest.raises(error, match=text) as caught:
        async with http.stream("GET", URL, label="service.look"):
            pass
    assert type(caught.value) is error
    assert caught.value.__cause__ is failure
    assert re.match(
        "(the server|the connection to the server) https://service.test [a-z ]+ .look.",
        str(caught.value),
    )


async def test_a_lost_connection_is_tried_again_where_that_does_no_harm(
    http_over: HttpOver, autojump_clock
):
    service = Service(httpx.ReadError("cut"), 200)
    assert (await ask(http_over(service))).ok
    service = Service(httpx.ReadError("cut"), 200)
    with pytest.raises(ConnectionLost):
        await ask(http_over(service), "POST", Repeat.IF_REFUSED)


async def test_without_a_connection_anything_is_tried_again(http_over: HttpOver, autojump_clock):
    service = Service(httpx.ConnectError("no"), 200)
    assert (await ask(http_over(service), "POST", Repeat.IF_REFUSED)).ok


@pytest.mark.parametrize("url", ["https://service.test/\x00", "https://xn--\u00fc/"])
async def test_what_cannot_be_requested_is_an_error_of_ours(url: str, http_over: HttpOver):
    service = Service(200)
    with pytest.raises((InvalidRequest, BadReply)):
        await ask(http_over(service), url=url)
    assert service.requests == []


async def test_whether_the_service_could_be_reached_is_remembered(
    http_over: HttpOver, autojump_clock
):
    http = http_over(Service(404, *[httpx.ConnectError("no")] * 5, 500))
    assert http.reachable is None
    await ask(http)
    assert http.reachable is True
    with pytest.raises(Unreachable):
        await ask(http)
    assert http.reachable is False
    await trio.sleep(10)
    await ask(http, "POST")
    assert http.reachable is True


# Silence ----------------------------------------------------------------------------------------


async def test_a_service_may_take_only_so_long_without_a_byte(http_over: HttpOver):
    service = Service(200)
    http = http_over(service)
    await ask(http)
    patience = service.last.extensions["timeout"]
    assert patience == {
        "connect": CONNECT_TIMEOUT,
        "read": STALL_TIMEOUT,
        "write": STALL_TIMEOUT,
        "pool": None,
    }
    await ask(http, silence=60.0)
    patience = service.last.extensions["timeout"]
    assert (patience["connect"], patience["read"]) == (CONNECT_TIMEOUT, 60.0)


@pytest.fixture
def patient_clock():
    """Jumps when everything waits; real sockets get a moment to deliver."""
    return trio.testing.MockClock(autojump_threshold=0.05)


async def test_silence_is_an_unknown_outcome(http_over: HttpOver, patient_clock):
    async def say_nothing(stream: trio.SocketStream, head: bytes) -> None:
        pass

    http = http_over()
    async with listening(say_nothing) as listener:
        began = trio.current_time()
        with pytest.raises(TimedOut, match=r"fell silent \(look\)"):
            await ask(http, "POST", Repeat.IF_REFUSED, url=listener.url)
        assert trio.current_time() - began == pytest.approx(STALL_TIMEOUT)
        assert len(listener.heads) == 1


async def test_a_slow_reply_may_take_longer_than_a_silence(http_over: HttpOver, patient_clock):
    async def drip(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        for byte in b"drops":
            await trio.sleep(STALL_TIMEOUT - 1)
            await stream.send_all(bytes([byte]))

    http = http_over()
    async with listening(drip) as listener:
        reply = await ask(http, url=listener.url, deadline=100)
    assert reply.body == b"drops"


async def test_a_reply_that_stalls_midway_is_asked_for_again(http_over: HttpOver, patient_clock):
    async def stall_once(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
        if len(listener.heads) > 1:
            await stream.send_all(b"lf")

    http = http_over()
    async with listening(stall_once) as listener:
        reply = await ask(http, url=listener.url)
    assert (reply.body, reply.doubtful) == (b"half", True)
    assert listener.connections == 2


async def test_a_reply_that_breaks_off_is_not_taken_for_whole(http_over: HttpOver):
    async def half(stream: trio.SocketStream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
        await stream.aclose()

    http = http_over()
    async with listening(half) as listener:
        with pytest.raises(ConnectionLost):
            await ask(http, "POST", Repeat.IF_REFUSED, url=listener.url)


async def test_a_server_that_is_not_there_is_unreachable(http_over: HttpOver, autojump_clock):
    async def never(stream: trio.SocketStream, head: bytes) -> None:
        raise AssertionError

    async with listening(never) as listener:
        url = listener.url
    with pytest.raises(Unreachable):
        await ask(http_over(), url=url)


# Counting ---------------------------------------------------------------------------------------


async def test_requests_and_failures_are_counted_by_kind(http_over: HttpOver, autojump_clock):
    http = http_over(Service(503, httpx.ReadError("cut"), 502, 404, 500))
    await ask(http)
    await http.request("POST", URL, label="make", repeat=Repeat.IF_REFUSED)
    assert http.counters.as_dict() == {
        "requests": {"look": 4, "make": 1},
        "failures": {"look": 3},
        "bytes_down": 0,
        "bytes_up": 0,
    }


async def test_no_place_stays_taken_whatever_happens(http_over: HttpOver, autojump_clock):
    answers = [503, httpx.ReadError("cut"), httpx.ConnectError("no"), RuntimeError("a bug"), 200]
    http = http_over(Service(*answers))
    for _ in answers:
        try:
            async with http.stream("GET", URL, label="look"):
                assert http.limiter.running == 1
        except (CloudError, RuntimeError):
            pass
        assert http.limiter.running == 0
