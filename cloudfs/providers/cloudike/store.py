"""The object store: bytes go to it directly, with a ticket and without credentials (3.6.2, 3.6.3).

No request made here names a credential, and the store's origin is not trusted.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from cloudfs.errors import BadReply, CloudError, TooLarge, Unavailable
from cloudfs.http.client import Http, Reply
from cloudfs.http.retry import Repeat
from cloudfs.model import Pieces
from cloudfs.providers.cloudike import values
from cloudfs.providers.cloudike.connection import given_address

OCTETS = "application/octet-stream"
LEAST_DEADLINE = 120.0
SLOWEST = 20_000  # bytes a second; a transfer that stands still is given up much sooner

EXPIRED = frozenset({401, 403, 404, 410})
OURS = frozenset({"content-length", "transfer-encoding"})  # headers that the transfer decides


class TicketRefused(CloudError):
    """The store does not take a ticket, or no longer; a fresh one may help."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """What to send; *read* gives it from the beginning whenever it is called."""

    read: Callable[[], Pieces]
    length: int


class Store:
    """Uploads to addresses that the service gave out.

    Sending again with the same ticket is harmless: the later bytes replace the earlier ones.
    Both ways return where the store wants the upload confirmed, if it says so.
    """

    def __init__(self, http: Http) -> None:
        self._http = http

    async def put(self, url: str, headers: Mapping[str, str], content: Bytes) -> str | None:
        """Send the raw bytes, with exactly the headers that may be part of a signature."""
        sent = {name: value for name, value in headers.items() if name.lower() not in OURS}
        for name, value in sent.items():
            if not (name + value).isascii() or not (name + value).isprintable():
                raise BadReply("an upload ticket holds a header that cannot be sent")
        if not any(name.lower() == "content-type" for name in sent):
            sent["Content-Type"] = OCTETS
        return await self._send("PUT", url, sent, content)

    async def post_form(self, url: str, fields: Mapping[str, str], content: Bytes) -> str | None:
        """Send a form: the *fields* in their order, and the file as its last part."""
        boundary = secrets.token_hex(16)
        before, after = _envelope(boundary, fields)

        async def form() -> Pieces:
            yield before
            async with aclosing(content.read()) as pieces:
                async for piece in pieces:
                    yield piece
            yield after

        # The length has to be known: S3 takes no chunked transfer (reference 3.6.3).
        length = len(before) + content.length + len(after)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return await self._send("POST", url, headers, Bytes(form, length))

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: Bytes
    ) -> str | None:
        with given_address("the object store"):
            reply = await self._http.request(
                method,
                url,
                label="cloudike.store",
                repeat=Repeat.SAFELY,
                headers=headers,
                body=content.read,
                length=content.length,
                deadline=LEAST_DEADLINE + content.length / SLOWEST,
            )
        return _confirm_at(reply, url)


def _envelope(boundary: str, fields: Mapping[str, str]) -> tuple[bytes, bytes]:
    """What comes before and after the file (RFC 7578)."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_escaped(name)}"\r\n'
        f"\r\n{value}\r\n"
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        f"Content-Type: {OCTETS}\r\n\r\n"
    )
    return "".join(parts).encode(), f"\r\n--{boundary}--\r\n".encode()


def _escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _confirm_at(reply: Reply, url: str) -> str | None:
    """What the store's answer means (reference 4.3)."""
    location = reply.headers.get("location")
    if reply.ok:
        return None
    if reply.status == 303 and location:
        return values.address(location, base=url)
    if reply.status == 413 or b"EntityTooLarge" in reply.body:
        raise TooLarge("the object store does not take so large a file")
    if reply.status in EXPIRED:
        raise TicketRefused(f"the object store refused an upload ticket ({reply.status})")
    if reply.status >= 500:
        raise Unavailable(f"the object store failed ({reply.status})")
    raise CloudError(f"the object store answered {reply.status} to an upload")
