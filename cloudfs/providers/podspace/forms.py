"""Bodies of requests: forms of parts (RFC 7578), and bytes for a resumable upload."""

import base64
import mimetypes
import secrets
from collections.abc import Mapping
from contextlib import aclosing

from cloudfs.model import Content, Pieces
from cloudfs.providers.podspace.connection import Sent

OCTETS = "application/octet-stream"


def fields(values: Mapping[str, str]) -> Sent:
    """A form of texts."""
    boundary = secrets.token_hex(16)
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values.items()
    )
    body = ("".join(parts) + f"--{boundary}--\r\n").encode()
    return Sent(body, len(body), _form_type(boundary))


def file(name: str, content: Content) -> Sent:
    """A form with the whole of *content* as the part `file` (reference 3.5).

    The name goes raw into the part's header: what would have to be escaped there, the service
    does not store anyway (1.8).
    """
    boundary = secrets.token_hex(16)
    kind, packing = mimetypes.guess_type(name, strict=False)
    if kind is None or packing is not None:  # of a.tar.gz it tells what is packed, not how
        kind = OCTETS
    before = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    ).encode()
    after = f"\r\n--{boundary}--\r\n".encode()

    async def pieces() -> Pieces:
        yield before
        async with aclosing(content.read(0, content.size)) as stream:
            async for piece in stream:
                yield piece
        yield after

    length = len(before) + content.size + len(after)
    return Sent(pieces, length, _form_type(boundary))


def part(content: Content, start: int, stop: int) -> Sent:
    """The bytes from *start* up to *stop*, and nothing else."""
    return Sent(lambda: content.read(start, stop), stop - start, {})


def metadata(values: Mapping[str, str]) -> str:
    """What a resumable upload is told, as its header wants it (tus 1.0.0, Upload-Metadata)."""
    return ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items()
    )


def _form_type(boundary: str) -> Mapping[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}
