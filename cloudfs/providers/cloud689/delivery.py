"""The answer to a download: the file, or an error (reference 3.9)."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass

from cloudfs.errors import BadReply, Changed, LoginFailed
from cloudfs.http.client import StreamedReply
from cloudfs.http.session import TokenRejected
from cloudfs.model import NOTHING, Pieces
from cloudfs.providers.cloud689 import values
from cloudfs.providers.cloud689.connection import Connection, texts_of, told
from cloudfs.providers.cloud689.ids import Address
from cloudfs.providers.cloud689.refusals import OK, refusal

CALL = "download"
NORMAL = 1  # not for the viewer, not as an archive
LARGEST_ERROR = 64 * 1024

WHOLE, PART = 200, 206
OUT_OF_RANGE = 416


@dataclass(frozen=True, slots=True)
class Delivery:
    """The bytes of a file, or of a part of it, as they arrive."""

    reply: StreamedReply
    total: int | None  # bytes to come, if that is told
    pieces: Pieces

    @property
    def is_part(self) -> bool:
        """Whether it is only a part."""
        return self.reply.status == PART

    @property
    def is_page(self) -> bool:
        """Whether it may be a web page in place of the file."""
        headers = self.reply.headers
        return "content-disposition" not in headers and "html" in headers.get("content-type", "")


@asynccontextmanager
async def delivered(
    connection: Connection, address: Address, headers: Mapping[str, str] = NOTHING
) -> AsyncIterator[Delivery]:
    """A file from the service. Raises what the service says instead; signs in anew once."""
    rejected, failure = "", TokenRejected(CALL)
    for _ in range(2):
        async with AsyncExitStack() as stack:
            reply, token = await stack.enter_async_context(
                connection.stream(
                    CALL,
                    {
                        "project_id": address.project,
                        "file_id": address.own,
                        "download_type": NORMAL,
                        "require_auth": True,
                    },
                    headers=headers,
                    last=rejected,
                )
            )
            try:
                delivery = await _opened(reply, stack)
            except TokenRejected as error:
                rejected, failure = token, error
            else:
                yield delivery
                return
    raise LoginFailed("the service rejects the token it has just issued") from failure


async def _opened(reply: StreamedReply, stack: AsyncExitStack) -> Delivery:
    """The file in *reply*; else raises the error that it is."""
    if reply.status == OUT_OF_RANGE:
        raise Changed("the file is shorter than it was")
    if reply.status not in {WHOLE, PART}:
        told(reply.status, await reply.body(LARGEST_ERROR), CALL)
        raise BadReply(f"{CALL}: the service answered with status {reply.status}, but no error")
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise BadReply(f"{CALL}: the file is packed, although that was not asked for")
    body = await stack.enter_async_context(aclosing(reply.pieces()))
    first: list[bytes] = []
    if _may_be_error(reply):
        ended = await _read_some(body, first)
        if ended:
            _raise_if_error(b"".join(first))
    pieces = await stack.enter_async_context(aclosing(_joined(first, body)))
    return Delivery(reply, _length(reply), pieces)


def _may_be_error(reply: StreamedReply) -> bool:
    headers = reply.headers
    if reply.status == PART or "content-disposition" in headers:
        return False
    return "json" in headers.get("content-type", "").lower()


async def _read_some(body: Pieces, into: list[bytes]) -> bool:
    """Read as much as an error may have; whether that was all."""
    length = 0
    async for piece in body:
        into.append(piece)
        length += len(piece)
        if length > LARGEST_ERROR:
            return False
    return True


def _raise_if_error(body: bytes) -> None:
    """Raise if *body* is an object with a status_code other than 200; else it is a file."""
    try:
        members = values.optional_record(values.decoded(body))
    except BadReply:
        return
    code = members.get("status_code")
    if isinstance(code, int) and not isinstance(code, bool) and code != OK:
        raise refusal(code, texts_of(members), CALL)


async def _joined(first: list[bytes], rest: Pieces) -> Pieces:
    for piece in first:
        yield piece
    async for piece in rest:
        yield piece


def _length(reply: StreamedReply) -> int | None:
    length = reply.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 20 else None
