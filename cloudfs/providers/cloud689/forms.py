"""Bodies of requests: forms (reference 1), and forms of parts for uploads (RFC 7578)."""

import mimetypes
import secrets
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import quote_plus

from cloudfs.http.client import Body
from cloudfs.model import Content, Pieces

FORM = "application/x-www-form-urlencoded;charset=UTF-8"
OCTETS = "application/octet-stream"

Value = str | int | bool | None
Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Form:
    """A body as it is sent, with its type and length in bytes."""

    body: Body
    content_type: str
    length: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of *content* from *start* up to *stop*, of a file that is to be called *name*."""

    name: str
    content: Content
    start: int
    stop: int


def encoded(fields: Fields) -> str:
    """*fields* as the text of a form or query; those without a value are left out."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(text, safe=',')}" for name, text in _texts(fields).items()
    )


def form(fields: Fields) -> Form:
    """*fields* as the body of a POST."""
    body = encoded(fields).encode("ascii")
    return Form(body, FORM, len(body))


def parts(fields: Fields, chunk: Chunk) -> Form:
    """A form of parts: *fields* as texts, and then the part `file`, so that a server may stream.

    The part's own file name is escaped as browsers do it; the name that counts is a field.
    """
    boundary = secrets.token_hex(16)
    texts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in _texts(fields).items()
    )
    escaped = chunk.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    kind = mimetypes.guess_type(chunk.name, strict=False)[0] or OCTETS
    before = (
        "".join(texts) + f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{escaped}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    ).encode()
    after = f"\r\n--{boundary}--\r\n".encode()

    async def pieces() -> Pieces:
        yield before
        async with aclosing(chunk.content.read(chunk.start, chunk.stop)) as stream:
            async for piece in stream:
                yield piece
        yield after

    length = len(before) + chunk.stop - chunk.start + len(after)
    return Form(pieces, f"multipart/form-data; boundary={boundary}", length)


def listed(ids: list[str] | tuple[str, ...]) -> str | None:
    """A list of ids as calls take it; None, so that it is left out, if there are none."""
    return ",".join(ids) or None


def _texts(fields: Fields) -> dict[str, str]:
    """Booleans as the words `true` and `false`, integers in decimal (reference 1)."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in fields.items()
        if value is not None
    }
