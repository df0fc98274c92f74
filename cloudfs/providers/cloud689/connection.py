"""A call of the API: its address, the token in its fields, its answer or the error it ends in."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from cloudfs.errors import BadReply, CloudError, NotFound, TransientError
from cloudfs.http.client import Http, Reply, StreamedReply
from cloudfs.http.retry import Repeat
from cloudfs.http.session import Session, TokenRejected
from cloudfs.model import NOTHING
from cloudfs.providers.cloud689 import values
from cloudfs.providers.cloud689.forms import Chunk, Fields, Form, encoded, form, parts
from cloudfs.providers.cloud689.refusals import (
    OK,
    MovedIntoItself,
    MoveOrToken,
    refusal,
    refusal_by_status,
)

T = TypeVar("T")

ACCEPT = {"Accept": "application/json"}
SLOWEST = 20_000  # bytes a second; a transfer that stands still is given up much sooner
LEAST_DEADLINE = 120.0
ASSEMBLING = 60.0  # seconds of silence while the service puts a file together


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to."""

    result: Any  # out of the common object (reference 1.1)
    doubtful: bool = False  # an earlier attempt may have been carried out
    total: int | None = None  # `total_records`, of answers that come in pages


class Connection:
    """The way to the service with the account's token, which goes into the fields (2.3)."""

    def __init__(self, http: Http, url: str, session: Session) -> None:
        self.http = http
        self.url = url.rstrip("/")
        self.session = session

    async def post(
        self,
        call: str,
        fields: Fields = NOTHING,
        /,
        *,
        again: bool = False,
        gone_is_done: bool = False,
    ) -> Answer:
        """The answer to a POST of *fields*.

        *again*: it may be sent again when its answer is lost, which the reference marks with
        (I). *gone_is_done*: when it was sent again and finds nothing, it has been carried out.
        """
        doubtful = False

        async def attempt(token: str) -> Answer:
            nonlocal doubtful
            answer = await self._posted(call, form({"auth_token": token, **fields}), again=again)
            doubtful = doubtful or answer.doubtful
            if isinstance(answer.result, MoveOrToken):
                if await self._holds(token):
                    raise MovedIntoItself(str(answer.result))
                raise TokenRejected(str(answer.result))
            if isinstance(answer.result, NotFound) and gone_is_done and doubtful:
                return Answer(None, doubtful=True)
            return Answer(_success(answer.result), doubtful)

        return await self._authorised(attempt)

    async def get(self, call: str, fields: Fields) -> Answer:
        """The answer to a GET, which may be sent again."""

        async def attempt(token: str) -> Answer:
            query = encoded({"auth_token": token, **fields})
            answer = await self._sent("GET", call, f"{self.url}/{call}?{query}", None, again=True)
            return replace(answer, result=_success(answer.result))

        return await self._authorised(attempt)

    async def upload(self, call: str, fields: Fields, chunk: Chunk) -> Answer:
        """The answer to a POST with a file; it may be sent again, as it is a chunk (3.7)."""

        async def attempt(token: str) -> Answer:
            sent = parts({"auth_token": token, **fields}, chunk)
            answer = await self._posted(call, sent, again=True)
            return Answer(_success(answer.result), answer.doubtful)

        return await self._authorised(attempt)

    @asynccontextmanager
    async def stream(
        self, call: str, fields: Fields, *, headers: Mapping[str, str] = NOTHING, last: str = ""
    ) -> AsyncIterator[tuple[StreamedReply, str]]:
        """The reply to a POST with its body still to be read, and the token that it was sent with.

        *last* is a token that the service has just rejected: another one is used.
        """
        token = await self.session.token()
        if last and token.value == last:
            token = await self.session.token(instead_of=token)
        body = form({"auth_token": token.value, **fields})
        async with self.http.stream(
            "POST",
            f"{self.url}/{call}",
            label=_label(call),
            headers={"Content-Type": body.content_type, **headers},
            body=body.body,
        ) as reply:
            yield reply, token.value

    async def public(self, call: str, fields: Fields, *, again: bool = True) -> Answer:
        """The answer to a POST that needs no token: signing in, and looking at links."""
        answer = await self._posted(call, form(fields), again=again)
        return Answer(_success(answer.result), answer.doubtful)

    async def _authorised(self, attempt: Callable[[str], Awaitable[T]]) -> T:
        return await self.session.call(lambda token: attempt(token.value))

    async def _holds(self, token: str) -> bool:
        """Whether the service accepts *token*, asked with a call that everybody may make (4.1)."""
        answer = await self._posted("user/info", form({"auth_token": token}), again=True)
        if isinstance(answer.result, TokenRejected):
            return False
        _success(answer.result)
        return True

    async def _posted(self, call: str, sent: Form, *, again: bool) -> Answer:
        return await self._sent("POST", call, f"{self.url}/{call}", sent, again=again)

    async def _sent(
        self, method: str, call: str, url: str, sent: Form | None, *, again: bool
    ) -> Answer:
        """What a request came to; its result may be an error that is not transient."""
        answer = Answer(None)

        def judge(reply: Reply) -> None:
            nonlocal answer
            try:
                members = told(reply.status, reply.body, call)
            except TransientError:
                raise
            except CloudError as error:
                answer = Answer(error)
            else:
                total = values.integer(members.get("total_records"))
                answer = Answer(members.get("result"), total=total)

        big = sent is not None and not isinstance(sent.body, bytes)
        reply = await self.http.request(
            method,
            url,
            label=_label(call),
            repeat=Repeat.SAFELY if again else Repeat.IF_REFUSED,
            headers=ACCEPT if sent is None else {**ACCEPT, "Content-Type": sent.content_type},
            body=None if sent is None else sent.body,
            length=None if sent is None else sent.length,
            deadline=LEAST_DEADLINE + sent.length / SLOWEST if sent is not None and big else None,
            silence=ASSEMBLING if big else None,
            judge=judge,
        )
        return replace(answer, doubtful=reply.doubtful)


def told(status: int, body: bytes, call: str) -> dict[str, Any]:
    """The common object of an answer that is a success; else raises what it stands for (1.1)."""
    try:
        members = values.optional_record(values.decoded(body))
    except BadReply:
        members = {}
    code = values.integer(members.get("status_code"))
    if code is None:
        if 200 <= status < 300:
            raise BadReply(f"{call}: the answer has no status_code: does url lead to the API?")
        raise refusal_by_status(status, call)
    if code == OK:
        return members
    raise refusal(code, texts_of(members), call)


def texts_of(members: Mapping[str, Any]) -> list[str]:
    """Where an answer may describe an error, or give its symbolic name (1.1)."""
    found = (members.get(name) for name in ("description", "result", "status"))
    return [text for text in found if isinstance(text, str)]


def _success(result: Any) -> Any:
    if isinstance(result, CloudError):
        raise result
    return result


def _label(call: str) -> str:
    return f"cloud689.{call.replace('/', '.')}"
