"""One request and its answer: cookies, signature, patience, and what the answer means.

The difficulties, and what answers each:

1. Success and failure are both HTTP 200; the status is in the XML (`Answer`). What is no XML, or
   has no status, is no answer of the service at all: it says nothing, as a failed connection does.
2. On the WebRelay a failure may also be an HTTP error with the code somewhere in its text
   (reference 2.5): `refused`.
3. A general error often passes: a request that may be repeated is, after 1, 2 and 4 seconds (4).
4. A nonce counts once: `signing.Signature` signs every attempt anew, and a refusal of the
   developer is tried once more.
"""

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from cloudfs.errors import (
    BadReply,
    CloudError,
    InvalidRequest,
    Unavailable,
    Unsupported,
)
from cloudfs.http.client import Body, Http, Reply
from cloudfs.http.retry import Repeat, jittered
from cloudfs.http.session import TokenRejected
from cloudfs.providers.asus import statuses, wire
from cloudfs.providers.asus.settings import AsusSettings
from cloudfs.providers.asus.signing import Signature

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

WAITS = (1.0, 2.0, 4.0)
XML = {"Content-Type": "application/xml; charset=utf-8"}

_UNSAFE = re.compile(r"[^\x21-\x7e]|[;,]")
_CODE = re.compile(rb"Error Code:\s*(\d{1,9})|<status>\s*(\d{1,9})\s*</status>")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply in XML, with its status."""

    root: "Element"
    status: int


def cookie(settings: AsusSettings) -> str:
    """The Cookie header (reference 1.6)."""
    parts = [
        ("sid", settings.sid),
        ("c", settings.client),
        ("v", settings.version),
        ("EEE_MANU", settings.maker),
        ("EEE_PROD", settings.product),
        ("OS_VER", settings.os or platform.release()),
    ]
    given = [f"{name}={_UNSAFE.sub('_', value)}" for name, value in parts]
    if settings.omnistore_cookie:
        given = ["OMNISTORE_VER=1_0", "path=/", *given]
    return "; ".join(given)


class Exchange:
    """Sends requests to the account's servers."""

    def __init__(self, http: Http, settings: AsusSettings) -> None:
        self.http = http
        self._signature = Signature(settings.progkey)
        self._sign_all = settings.sign_all
        self._credentials = {"Cookie": cookie(settings)}
        if settings.sid_header:
            self._credentials["X-asc-sid"] = _UNSAFE.sub("_", settings.sid)

    @property
    def credentials(self) -> Mapping[str, str]:
        """The headers that tell whose client this is."""
        return self._credentials

    @property
    def signature(self) -> Signature | None:
        """What signs requests that need no signature."""
        return self._signature if self._sign_all else None

    async def success(
        self,
        url: str,
        body: bytes,
        *,
        call: str,
        repeat: Repeat,
        signed: bool = False,
    ) -> "Element":
        """The root of the answer to a document. Raises what any other status means."""
        answer = await self.ask(url, body, call=call, repeat=repeat, signed=signed)
        if answer.status != statuses.SUCCESS:
            raise statuses.error(answer.status, call)
        return answer.root

    async def ask(
        self,
        url: str,
        body: bytes,
        *,
        call: str,
        repeat: Repeat,
        signed: bool = False,
    ) -> Answer:
        """The answer to a document, whatever its status."""
        return await self.send(url, call=call, repeat=repeat, signed=signed, headers=XML, body=body)

    async def send(
        self,
        url: str,
        *,
        call: str,
        repeat: Repeat,
        signed: bool = False,
        headers: Mapping[str, str],
        body: Body,
        length: int | None = None,
        deadline: float | None = None,
        silence: float | None = None,
    ) -> Answer:
        """The answer to a POST, whatever its status."""
        signed = signed or self._sign_all
        waits = list(WAITS) if repeat is Repeat.SAFELY else []
        nonce_refused = False
        while True:
            problem: CloudError | None = None
            answer: Answer | None = None
            reply = await self.http.request(
                "POST",
                url,
                label=f"asus.{call}",
                repeat=repeat,
                headers=headers,
                credentials=self._credentials,
                auth=self._signature if signed else None,
                body=body,
                length=length,
                deadline=deadline,
                silence=silence,
            )
            try:
                answer = answered(reply, call)
            except Unavailable as error:
                problem = error
            if answer is not None and answer.status == statuses.NOT_THE_DEVELOPER:
                if signed and not nonce_refused:
                    nonce_refused = True
                    continue
            elif answer is not None and answer.status != statuses.GENERAL:
                return answer
            elif waits:
                await trio.sleep(jittered(waits.pop(0)))
                continue
            if problem is not None:
                raise problem
            assert answer is not None
            return answer


def answered(reply: Reply, call: str) -> Answer:
    """What *reply* says. Raises Unavailable if it says nothing, else what its status means."""
    if reply.status != 200:
        raise refused(reply.status, reply.body, call)
    try:
        root = wire.parsed(reply.body)
        return Answer(root, wire.status(root))
    except BadReply as error:
        raise Unavailable(f"{call}: {error}") from error


def refused(status: int, body: bytes, call: str) -> CloudError:
    """What an HTTP status other than success means, and the text that came with it (2.5, 4)."""
    if status >= 400 and (match := _CODE.search(body)) is not None:
        code = int(match[1] or match[2])
        if code != statuses.SUCCESS:
            return statuses.error(code, call)
    told = f"{call}: the service answered {status}"
    if status in {401, 403}:
        return TokenRejected(told)
    if status in {404, 405, 501}:
        return Unsupported(f"{told}: it has no such call")
    if status >= 500:
        return Unavailable(told)
    if status in {400, 413}:
        return InvalidRequest(told)
    return BadReply(told)
