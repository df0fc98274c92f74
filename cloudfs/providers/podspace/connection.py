"""A call of the API: its address, credentials, encoding, and the error it ends in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloudfs.errors import CloudError
from cloudfs.http.client import Body, Http, Reply
from cloudfs.http.retry import Repeat
from cloudfs.http.session import TokenRejected
from cloudfs.model import NOTHING
from cloudfs.providers.podspace import wire
from cloudfs.providers.podspace.auth import Auth, Credentials
from cloudfs.providers.podspace.endpoints import Endpoints, Query, spoken
from cloudfs.providers.podspace.refusals import check, check_later, is_plain_success

SLOWEST = 20_000  # bytes a second; a transfer that stands still is given up much sooner
LEAST_DEADLINE = 120.0

LONG = 300.0  # seconds that work done by the service itself may take (3.24)

REPEATABLE = frozenset({"GET", "DELETE"})  # 4.3


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to."""

    result: Any  # out of its envelope
    doubtful: bool  # an earlier attempt may have been carried out


@dataclass(frozen=True, slots=True)
class Sent:
    """The body of a request."""

    body: Body
    length: int
    headers: Mapping[str, str]


NO_BODY = Sent(b"", 0, NOTHING)


class Connection:
    """The way to the service with the account's token."""

    def __init__(
        self, http: Http, url: str, endpoints: Endpoints, auth: Auth, *, language: str
    ) -> None:
        self.http = http
        self.url = url.rstrip("/")
        self.endpoints = endpoints
        self.auth = auth
        self.headers = spoken(language)

    def address(self, key: str, query: Query = NOTHING, /, **places: str) -> str:
        """The whole URL of an operation."""
        return self.url + self.endpoints.target(key, query, **places).path

    async def call(
        self,
        key: str,
        query: Query = NOTHING,
        /,
        *,
        sent: Sent = NO_BODY,
        repeat: Repeat | None = None,
        slow: bool = False,
        **places: str,
    ) -> Answer:
        """The answer to operation *key*; *places* are filled into its path.

        *repeat* is by the method unless given. A *slow* one may keep silent for minutes.
        """
        reply = await self.request(key, query, sent=sent, repeat=repeat, slow=slow, **places)
        return Answer(wire.result(check(reply, key)), reply.doubtful)

    async def request(
        self,
        key: str,
        query: Query = NOTHING,
        /,
        *,
        sent: Sent = NO_BODY,
        repeat: Repeat | None = None,
        slow: bool = False,
        **places: str,
    ) -> Reply:
        """The reply to operation *key*, whatever it says but that the token is not accepted."""
        target = self.endpoints.target(key, query, **places)
        if repeat is None:
            repeat = Repeat.SAFELY if target.method in REPEATABLE else Repeat.IF_REFUSED
        deadline = None
        if not isinstance(sent.body, bytes):
            deadline = LEAST_DEADLINE + sent.length / SLOWEST
        if slow:
            deadline = LONG

        async def attempt(credentials: Credentials) -> Reply:
            reply = await self.http.request(
                target.method,
                self.url + target.path,
                label=f"podspace.{key}",
                repeat=repeat,
                headers={**self.headers, **_length(target.method, sent), **sent.headers},
                credentials=credentials,
                body=sent.body if sent.length else None,
                length=sent.length,
                deadline=deadline,
                silence=LONG if slow else None,
                judge=lambda reply: check_later(reply, key),
            )
            check_token(reply, key)
            return reply

        return await self.auth.call(attempt)

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        label: str,
        repeat: Repeat,
        sent: Sent = NO_BODY,
    ) -> Reply:
        """The reply to a request outside the envelope: a step of a resumable upload (3.6)."""

        async def attempt(credentials: Credentials) -> Reply:
            reply = await self.http.request(
                method,
                url,
                label=f"podspace.{label}",
                repeat=repeat,
                headers={**self.headers, **_length(method, sent), **headers},
                credentials=credentials,
                body=sent.body if sent.length else None,
                length=sent.length,
                deadline=LEAST_DEADLINE + sent.length / SLOWEST,
                judge=lambda reply: check_later(reply, label),
            )
            check_token(reply, label)
            return reply

        return await self.auth.call(attempt)


def _length(method: str, sent: Sent) -> Mapping[str, str]:
    """What an empty body is told by: parameters are in the query, whatever the method (1.4)."""
    return NOTHING if sent.length or method in {"GET", "HEAD"} else {"Content-Length": "0"}


def check_token(reply: Reply, key: str) -> None:
    """Raise TokenRejected if that is what *reply* says, in whichever spelling."""
    if is_plain_success(reply):
        return
    try:
        check(reply, key)
    except TokenRejected:
        raise
    except CloudError:
        return  # the caller's business
