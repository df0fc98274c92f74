"""Requests of one account: pool, limits, retries, counting, and who gets the credentials.

The difficulties, and what answers each:

1. A token must not leave the account's own servers, whatever a reply or a redirect says:
   `Http.request` attaches credentials only to the origins named by `trust`, and follows no
   redirect by itself.
2. A request that failed on the way may have been carried out: `retry.retrying` repeats only
   what may be repeated, every other failure reaches the journal as transient.
3. A reply may be endless, or stall: replies are read up to a bound, and every wait has one.
4. A body may be left halfway, in either direction: `bodies` ends it.
5. httpx's exceptions are many: `transport_errors` turns them into ours.
"""

import functools
import logging
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from cloudfs import __version__
from cloudfs.errors import (
    BadReply,
    ConfigError,
    ConnectionLost,
    InvalidRequest,
    TimedOut,
    TransientError,
    Unavailable,
    Unreachable,
)
from cloudfs.http.bodies import Outgoing, Unpacking, received
from cloudfs.http.breaker import Breaker
from cloudfs.http.counters import Counters
from cloudfs.http.limits import Limiter
from cloudfs.http.origins import check_transport, origin, server
from cloudfs.http.retry import Refused, Repeat, retrying
from cloudfs.model import NOTHING, Pieces

log = logging.getLogger(__name__)
for _chatty in ("httpx", "httpcore"):  # they log whole URLs, which can be secrets
    logging.getLogger(_chatty).setLevel(logging.WARNING)

CONNECT_TIMEOUT = 8.0
STALL_TIMEOUT = 10.0  # longest silence in the middle of a request or reply
LARGEST_REPLY = 64 * 1024 * 1024
LONGEST_RETRY_AFTER = 120.0

TOO_BUSY = frozenset({429, 503})
FAILED_GATEWAY = frozenset({502, 504})
CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND"})

NO_ANSWER = (Unreachable, TimedOut)  # not ConnectionLost: there was somebody

Body = bytes | Callable[[], Pieces] | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]  # names compare without case
    body: bytes
    doubtful: bool = False  # an earlier attempt failed midway: it may have been carried out

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class StreamedReply:
    """An answer whose body is read piece by piece."""

    def __init__(self, response: httpx.Response, counters: Counters) -> None:
        self._response = response
        self._counters = counters
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.url = str(response.url)

    async def pieces(self) -> Pieces:
        """The body as it arrives; raises ConnectionLost or TimedOut if it breaks off."""
        with transport_errors(self.url, "download"):
            async with aclosing(received(self._response)) as pieces:
                async for piece in pieces:
                    self._counters.bytes_down += len(piece)
                    yield piece

    async def body(self, limit: int = LARGEST_REPLY) -> bytes:
        """The whole body; raises BadReply if it is longer than *limit* bytes."""
        with transport_errors(self.url, "download"):
            return await _read(self._response, self._counters, limit)


@contextmanager
def transport_errors(url: str, label: str) -> Iterator[None]:
    """Raise httpx's failures as ours."""
    request = _request(label)
    try:
        yield
    except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreachable(
            f"{server(url)} does not answer ({request}): no connection in time"
        ) from error
    except httpx.TimeoutException as error:
        raise TimedOut(f"{server(url)} fell silent ({request})") from error
    except httpx.ConnectError as error:
        raise Unreachable(
            f"{server(url)} cannot be reached ({request}): {_connect_failure(error)}"
        ) from error
    except httpx.TransportError as error:
        raise ConnectionLost(
            f"the connection to {server(url)} broke ({request}): {type(error).__name__}"
        ) from error
    except httpx.DecodingError as error:
        raise BadReply(f"the reply of {server(url)} cannot be decoded ({request})") from error
    except (httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        raise InvalidRequest(
            f"no request can be made to {server(url)} ({request}): {type(error).__name__}"
        ) from error


def _request(label: str) -> str:
    """The name of a request in messages: for people the kind of service is beside the point."""
    return label.partition(".")[2] or label


def _connect_failure(error: httpx.ConnectError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the server's certificate is not valid ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection (is this an https server?)"
        cause = cause.__cause__ or cause.__context__
    return str(error) or "no connection"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for, at most two minutes (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:  # "-0000" is how RFC 5322 says that the zone is not known
        until = until.replace(tzinfo=UTC)
    seconds = (until - datetime.fromtimestamp(time.time(), UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


async def _read(response: httpx.Response, counters: Counters, limit: int) -> bytes:
    parts: list[bytes] = []
    length = 0
    unpacked = Unpacking(response.headers.get("content-encoding", ""))
    async with aclosing(received(response)) as pieces:
        async for piece in pieces:
            counters.bytes_down += len(piece)
            part = unpacked(piece, limit + 1 - length)
            length += len(part)
            if length > limit:
                raise BadReply(f"the reply is longer than {limit} bytes")
            parts.append(part)
    return b"".join(parts)


@functools.cache
def _tls() -> ssl.SSLContext:
    """The certificates that are trusted: read once, which takes longer than a request."""
    return httpx.create_ssl_context()


class Http:
    """The way to one account's service."""

    def __init__(
        self,
        *,
        limiter: Limiter | None = None,
        counters: Counters | None = None,
        allow_insecure: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.limiter = limiter or Limiter()
        self.counters = counters or Counters()
        self._allow_insecure = allow_insecure
        self._trusted: set[str] = set()
        self._breakers: defaultdict[str, Breaker] = defaultdict(Breaker)  # by origin
        self.reachable: bool | None = None  # did the last request reach a server?
        nothing_kept = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=_tls(),
            cookies=nothing_kept,
            follow_redirects=False,
            headers={"User-Agent": f"cloudfs/{__version__}", "Accept-Encoding": "gzip, identity"},
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=40),
            trust_env=True,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def trust(self, url: str) -> None:
        """Let credentials go to the origin of *url*: it is one of the account's own servers."""
        check_transport(url, allow_insecure=self._allow_insecure)
        self._trusted.add(origin(url))

    def trusts(self, url: str) -> bool:
        """Whether *url* leads to one of the account's own servers."""
        return origin(url) in self._trusted

    async def request(
        self,
        method: str,
        url: str,
        *,
        label: str,
        repeat: Repeat,
        headers: Mapping[str, str] = NOTHING,
        credentials: Mapping[str, str] = NOTHING,
        auth: httpx.Auth | None = None,
        params: Any = None,
        body: Body = None,
        length: int | None = None,
        deadline: float | None = None,
        silence: float | None = None,
        judge: Callable[[Reply], None] | None = None,
    ) -> Reply:
        """The answer, whatever its status but 429, 502, 503 and 504, which are retried here.

        So is 500 where the method changes nothing.

        *label* names the kind of request in logs and counts. *credentials* and *auth* are
        used only if *url* leads to a trusted origin. A streamed *body* needs its *length*.
        *silence* is how many seconds the service may take without a byte, if that is more than
        usual. *judge* sees each reply, and raises a TransientError if its body says "not now".
        Raises TransientError when no usable answer came, BadReply when it is too long, or *url*
        is an address that nothing may be sent to.
        """
        doubtful = False
        breaker = self._breakers[origin(url)]
        breaker.check()

        async def attempt() -> Reply:
            nonlocal doubtful
            try:
                async with self._send(
                    method, url, label, headers, credentials, auth, params, body, length, silence
                ) as response:
                    with transport_errors(url, label):
                        content = await _read(response, self.counters, LARGEST_REPLY)
                reply = Reply(response.status_code, response.headers, content, doubtful)
                if judge is not None:
                    judge(reply)
            except (Refused, Unreachable):
                raise
            except TransientError:
                doubtful = True
                raise
            return reply

        try:
            return await retrying(attempt, repeat=repeat, what=label, deadline=deadline)
        except NO_ANSWER as error:
            breaker.failed(error)
            raise

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        label: str,
        headers: Mapping[str, str] = NOTHING,
        credentials: Mapping[str, str] = NOTHING,
        auth: httpx.Auth | None = None,
        body: Body = None,
        keep: frozenset[int] = frozenset(),
    ) -> AsyncIterator[StreamedReply]:
        """The answer with its body still to be read; sent once, not retried.

        Raises TransientError for 429 and 5xx as `request` does, but for the statuses in *keep*:
        there the body says more.
        """
        plain = {**headers, "Accept-Encoding": "identity"}
        self._breakers[origin(url)].check()
        async with self._send(
            method, url, label, plain, credentials, auth, None, body, None, None, keep=keep
        ) as response:
            yield StreamedReply(response, self.counters)

    @asynccontextmanager
    async def _send(
        self,
        method: str,
        url: str,
        label: str,
        headers: Mapping[str, str],
        credentials: Mapping[str, str],
        auth: httpx.Auth | None,
        params: Any,
        body: Body,
        length: int | None,
        silence: float | None,
        *,
        keep: frozenset[int] = frozenset(),
    ) -> AsyncIterator[httpx.Response]:
        self._check_address(url, label)
        sent = dict(headers)
        trusted = self.trusts(url)
        if trusted:
            sent.update(credentials)
        content: bytes | Outgoing | None
        if body is None or isinstance(body, bytes):
            content = body
        else:
            content = Outgoing(body, self.counters)
            sent["Content-Length"] = str(length)
        patience = httpx.Timeout(silence or STALL_TIMEOUT, connect=CONNECT_TIMEOUT, pool=None)
        with transport_errors(url, label):
            request = self._client.build_request(
                method, url, headers=sent, params=params, content=content, timeout=patience
            )
        if isinstance(content, Outgoing):
            request.stream = content  # httpx has put a generator around it
        try:
            async with self.limiter.slot():
                self.counters.requests[label] += 1
                if isinstance(content, bytes):
                    self.counters.bytes_up += len(content)
                log.debug("%s: %s %s", label, method, origin(url))
                try:
                    with transport_errors(url, label):
                        response = await self._client.send(
                            request, stream=True, auth=auth if trusted else None
                        )
                except Exception as error:
                    self.counters.failures[label] += 1
                    if isinstance(error, TransientError):
                        self.reachable = False
                    raise
                self.reachable = True
                self._breakers[origin(url)].answered()
                try:
                    if response.status_code not in keep:
                        self._judge(response, method, label)
                    yield response
                finally:
                    await response.aclose()
        finally:
            if isinstance(content, Outgoing):
                await content.aclose()

    def _check_address(self, url: str, label: str) -> None:
        """Raise BadReply: what the configuration says was checked by `trust`."""
        try:
            check_transport(url, allow_insecure=self._allow_insecure)
        except ConfigError as error:
            raise BadReply(
                f"the service gave a bad address ({_request(label)}): {error}"
            ) from error

    def _judge(self, response: httpx.Response, method: str, label: str) -> None:
        """Raise for the statuses that say "not now"; the others are the provider's business."""
        status = response.status_code
        if status in TOO_BUSY:
            self.counters.failures[label] += 1
            pause = retry_after(response.headers)
            self.limiter.throttled(pause)
            raise Refused(
                f"{server(str(response.url))} is too busy ({status}, {_request(label)})",
                retry_after=pause,
            )
        if status in FAILED_GATEWAY or (status == 500 and method in CHANGES_NOTHING):
            self.counters.failures[label] += 1
            raise Unavailable(
                f"{server(str(response.url))} is unavailable ({status}, {_request(label)})",
                retry_after=retry_after(response.headers),
            )
        self.limiter.succeeded()
