"""A call with the account's token: to which server, with what, and the error it ends in."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from cloudfs.errors import Unsupported
from cloudfs.http.client import Body
from cloudfs.http.retry import Repeat
from cloudfs.http.session import TokenRejected
from cloudfs.providers.asus import statuses
from cloudfs.providers.asus.auth import Auth, Grant
from cloudfs.providers.asus.exchange import Answer, Exchange
from cloudfs.providers.asus.payload import Fragment, Member, document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TOKEN = "token"  # noqa: S105 - the name of an element
USER = "userid"
OCTETS = "application/octet-stream"

Given = str | tuple[str, str | Fragment]
"""An element of a request; `TOKEN` and `USER` alone are filled in here."""

Query = Iterable[tuple[str, str]]
Address = Callable[[Grant], str]


class Calls:
    """The way to the servers that take the account's token."""

    def __init__(self, exchange: Exchange, auth: Auth, *, user: str, sid: str) -> None:
        self.exchange = exchange
        self.auth = auth
        self._user = user
        self.sid = sid

    async def inforelay(
        self, path: str, *given: Given, root: str = "", repeat: Repeat, signed: bool = False
    ) -> "Element":
        """The root of the answer of the InfoRelay to the call at *path*, ``/folder/move/``."""
        return await self._document(
            lambda grant: grant.inforelay + path, path, given, root, repeat, signed=signed
        )

    async def gateway(self, path: str, *given: Given, repeat: Repeat) -> "Element":
        """The same of the ServiceGateway."""
        return await self._document(
            lambda grant: grant.gateway + path, path, given, "", repeat, signed=False
        )

    async def search(self, path: str, *given: Given, root: str) -> "Element":
        """The same of the SearchServer, where the token ends the path. Raises Unsupported."""

        def url(grant: Grant) -> str:
            if grant.searchserver is None:
                raise Unsupported("the service has no search server")
            return f"{grant.searchserver}{path}{quoted(grant.token)}"

        return await self._document(url, path, given, root, Repeat.SAFELY, signed=False)

    async def webrelay(
        self,
        path: str,
        query: Query,
        *,
        repeat: Repeat,
        body: Body = b"",
        length: int | None = None,
        signed: bool = False,
        deadline: float | None = None,
        silence: float | None = None,
        renew: bool = True,
        offset: int | None = None,
    ) -> "Element":
        """The root of the answer of the WebRelay; parameters go into the query (3.5).

        *offset* is where the bytes of a streamed *body* belong.

        If *renew* is not set, the call is not repeated with a new token, but raises TokenRejected.
        """
        call = path.strip("/")
        headers = {}
        if offset is not None:
            headers = {"Content-Type": OCTETS, "X-Omni-Stream-Offset": str(offset)}
        query = tuple(query)

        async def attempt(grant: Grant) -> "Element":
            fixed = (("dis", self.sid), ("tk", grant.token))
            answer = await self.exchange.send(
                f"{grant.webrelay}{path}?{query_string((*fixed, *query))}",
                call=call,
                repeat=repeat,
                signed=signed,
                headers=headers,
                body=body,
                length=length,
                deadline=deadline,
                silence=silence,
            )
            return _success(answer, call)

        if renew:
            return await self.auth.call(attempt)
        return await attempt(await self.auth.grant())

    async def portal(self, url: str, path: str, *given: Given) -> "Element":
        """The root of the answer of the ServicePortal at *url*, which wants no token."""
        call = path.strip("/")
        body = document(_last(path), self._filled(given, ""))
        try:
            return await self.exchange.success(url + path, body, call=call, repeat=Repeat.SAFELY)
        except TokenRejected as error:
            raise statuses.error(statuses.NOT_THE_DEVELOPER, call) from error

    async def _document(
        self,
        url: Address,
        path: str,
        given: Iterable[Given],
        root: str,
        repeat: Repeat,
        *,
        signed: bool,
    ) -> "Element":
        given = tuple(given)

        async def attempt(grant: Grant) -> "Element":
            return await self.exchange.success(
                url(grant),
                document(root or _last(path), self._filled(given, grant.token)),
                call=path.strip("/"),
                repeat=repeat,
                signed=signed,
            )

        return await self.auth.call(attempt)

    def _filled(self, given: Iterable[Given], token: str) -> list[Member]:
        ours = {TOKEN: token, USER: self._user}
        return [(item, ours[item]) if isinstance(item, str) else item for item in given]


def quoted(value: str) -> str:
    """*value* as one part of a path or query."""
    return quote(value, safe="")


def query_string(pairs: Query) -> str:
    """A query with each value percent-encoded once (reference 1.9, 1.11)."""
    return "&".join(f"{name}={quoted(value)}" for name, value in pairs)


def _last(path: str) -> str:
    return path.strip("/").rpartition("/")[2]


def _success(answer: Answer, call: str) -> "Element":
    if answer.status != statuses.SUCCESS:
        raise statuses.error(answer.status, call)
    return answer.root
