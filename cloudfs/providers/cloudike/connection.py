"""A call of the API: its address, credentials, parameters, and the error it ends in."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from cloudfs.errors import BadReply, ConfigError
from cloudfs.http.client import Http, Reply, StreamedReply
from cloudfs.http.retry import Repeat
from cloudfs.http.session import TokenRejected
from cloudfs.model import NOTHING
from cloudfs.providers.cloudike.auth import Auth
from cloudfs.providers.cloudike.encoding import BodyEncoding, Parameters, as_pairs, encoded
from cloudfs.providers.cloudike.refusals import refusal

ACCEPT = {"Accept": "application/json"}

Credentials = Mapping[str, str]

T = TypeVar("T")


class Connection:
    """The way to the API server; every answer it returns is a success, or unchanged (304)."""

    def __init__(self, http: Http, url: str, auth: Auth, encoding: BodyEncoding) -> None:
        self.http = http
        self.url = url.rstrip("/")
        self._auth = auth
        self._encoding = encoding

    async def get(
        self,
        route: str,
        parameters: Parameters,
        *,
        call: str,
        api: int = 1,
        headers: Mapping[str, str] = NOTHING,
        repeat: Repeat = Repeat.SAFELY,
    ) -> Reply:
        """The answer to a GET; 304 only if *headers* hold the condition If-None-Match.

        Some calls are GETs although they change something: *repeat* says what that means.
        """
        reply = await self._get(route, parameters, call, api, headers, repeat)
        if reply.ok or (reply.status == 304 and "If-None-Match" in headers):
            return reply
        raise refusal(reply, call)

    async def poll(self, route: str, parameters: Parameters = NOTHING, *, call: str) -> Reply:
        """The answer to a GET, whatever its status: 404 may mean "not yet" (reference 3.19)."""
        return await self._get(route, parameters, call, 1, NOTHING, Repeat.SAFELY)

    async def post(
        self,
        route: str,
        parameters: Parameters,
        *,
        call: str,
        api: int = 1,
        repeat: Repeat = Repeat.IF_REFUSED,
    ) -> Reply:
        """The answer to a POST; *repeat* as for every request."""

        async def attempt(credentials: Credentials) -> Reply:
            async def send(encoding: str) -> Reply:
                body, content_type = encoded(parameters, encoding)
                return await self.http.request(
                    "POST",
                    self._url(api, route),
                    label=f"cloudike.{call}",
                    repeat=repeat,
                    headers={**ACCEPT, "Content-Type": content_type},
                    credentials=credentials,
                    body=body,
                )

            return await self._encoding.post(send)

        return _success(await self._authorised(attempt, call), call)

    async def post_to(self, url: str, *, call: str) -> Reply:
        """The answer to a POST without body to an address that the service has given.

        The credentials go along only if it is on the API server itself (reference 2.3).
        """

        async def attempt(credentials: Credentials) -> Reply:
            return await self.http.request(
                "POST",
                url,
                label=f"cloudike.{call}",
                repeat=Repeat.IF_REFUSED,
                headers=ACCEPT,
                credentials=credentials,
                body=b"",
            )

        with given_address("a confirmation"):
            if self.http.trusts(url):
                return _success(await self._authorised(attempt, call), call)
            return _success(await attempt(NOTHING), call)

    async def get_from(self, url: str, *, call: str) -> Reply:
        """The answer to a GET of an address that the service has given."""

        async def attempt(credentials: Credentials) -> Reply:
            return await self.http.request(
                "GET",
                url,
                label=f"cloudike.{call}",
                repeat=Repeat.SAFELY,
                credentials=credentials,
            )

        with given_address("a picture"):
            if self._is_api(url):
                return _success(await self._authorised(attempt, call), call)
            return _success(await attempt(NOTHING), call)

    async def download(
        self, url: str, take: Callable[[StreamedReply], Awaitable[T]], *, call: str
    ) -> T:
        """What *take* makes of the answer to a GET of an address that the service has given.

        *take* may be called again, when the credentials had to be renewed.
        """

        async def attempt(credentials: Credentials) -> T:
            async with self.http.stream(
                "GET", url, label=f"cloudike.{call}", credentials=credentials
            ) as reply:
                if reply.status == 401 and credentials:
                    raise TokenRejected(f"{call}: the service does not accept the credentials")
                return await take(reply)

        with given_address("a download"):
            return await (self._auth.call(attempt) if self._is_api(url) else attempt(NOTHING))

    def _is_api(self, url: str) -> bool:
        """Whether *url* is a call of the API; the store may be on the same server (2.3)."""
        return self.http.trusts(url) and urlsplit(url).path.startswith("/api/")

    async def _get(
        self,
        route: str,
        parameters: Parameters,
        call: str,
        api: int,
        headers: Mapping[str, str],
        repeat: Repeat,
    ) -> Reply:
        async def attempt(credentials: Credentials) -> Reply:
            return await self.http.request(
                "GET",
                self._url(api, route),
                label=f"cloudike.{call}",
                repeat=repeat,
                headers={**ACCEPT, **headers},
                credentials=credentials,
                params=as_pairs(parameters) or None,
            )

        return await self._authorised(attempt, call)

    async def _authorised(
        self, attempt: Callable[[Credentials], Awaitable[Reply]], call: str
    ) -> Reply:
        async def checked(credentials: Credentials) -> Reply:
            reply = await attempt(credentials)
            if reply.status == 401:
                raise TokenRejected(f"{call}: the service does not accept the credentials")
            return reply

        return await self._auth.call(checked)

    def _url(self, api: int, route: str) -> str:
        return f"{self.url}/api/{api}/{route}"


@contextmanager
def given_address(what: str) -> Iterator[None]:
    """An address that the service gave and that must not be used is the service's fault."""
    try:
        yield
    except ConfigError as error:
        raise BadReply(f"the service gave an address of {what} that cannot be used") from error


def _success(reply: Reply, call: str) -> Reply:
    if reply.ok:
        return reply
    raise refusal(reply, call)
