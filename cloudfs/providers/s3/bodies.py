"""The bytes of an upload, and what the store and we can know them by (reference 2, 5)."""

import hashlib
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

import trio

from cloudfs.model import Content, Pieces
from cloudfs.providers.s3.api import base64_of
from cloudfs.providers.s3.headers import ENCRYPTION, Head, could_be_md5
from cloudfs.providers.s3.signing import UNSIGNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Bytes to send, and what the store can check them by."""

    read: Callable[[], Pieces]
    length: int
    md5: bytes
    sha256: bytes  # b"" where it was not needed

    @property
    def payload(self) -> str:
        """What the signature says of the body."""
        return self.sha256.hex() if self.sha256 else UNSIGNED


class Bodies:
    """Makes bodies. Over plain http, and with *checksums*, they are hashed by SHA-256, too."""

    def __init__(self, *, secure: bool, checksums: bool) -> None:
        self._sha256 = checksums or not secure
        self.checksums = checksums

    async def of(self, content: Content, start: int, stop: int) -> Body:
        """The bytes of *content* from *start* up to *stop*."""
        names = ("md5", "sha256") if self._sha256 else ("md5",)
        if (start, stop) == (0, content.size):
            hexes = [(await content.checksum(name)).digest for name in names]
            digests = [bytes.fromhex(text) for text in hexes]
        else:
            hashes = [hashlib.new(name, usedforsecurity=False) for name in names]
            async with aclosing(content.read(start, stop)) as pieces:
                async for piece in pieces:
                    for one in hashes:
                        await trio.to_thread.run_sync(one.update, piece)
            digests = [one.digest() for one in hashes]
        return Body(
            read=lambda: content.read(start, stop),
            length=stop - start,
            md5=digests[0],
            sha256=digests[1] if self._sha256 else b"",
        )

    def headers(self, body: Body) -> dict[str, str]:
        """What the store checks the body by."""
        found = {"Content-MD5": base64_of(body.md5)}
        if self.checksums:
            found["x-amz-checksum-sha256"] = base64_of(body.sha256)
        return found


async def is_ours(head: Head, content: Content) -> bool:
    """Whether an object surely is what an upload of *content* made of it."""
    if head.size != content.size or head.written_ns not in {None, content.modified_ns}:
        return False
    if could_be_md5(head.etag) and head.etag == (await content.checksum("md5")).digest:
        return True
    # Of parts, and of what is encrypted, the ETag is not the MD5.
    other = not could_be_md5(head.etag) or "kms" in head.kept.get(ENCRYPTION, "")
    return other and head.written_ns is not None
