"""Signed URLs and signed tickets: what lets a stranger with no account move one content.

A signature is an HMAC-SHA256 over the method, the path, the expiry and every other
parameter, with a key kept in the root folder, so that links survive a restart.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from cloudfs.emulators.clock import Clock

EXPIRES = "Expires"
SIGNATURE = "Signature"


class BadSignature(Exception):
    """The signature is missing, or was made for something else."""


class Expired(Exception):
    """The signature is good, but its time is over."""


class Signer:
    """Signs and checks with one key."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    @classmethod
    def at(cls, path: Path, clock: Clock) -> "Signer":
        """The signer whose key is in the file *path*, which is made if it is missing."""
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            key = secrets.token_bytes(32)
            path.touch(mode=0o600)
            path.write_bytes(key)
        return cls(key, clock)

    def seal(self, *parts: str) -> str:
        """The signature of *parts*, in hexadecimal."""
        text = "\n".join(parts).encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def check_seal(self, signature: str, *parts: str) -> None:
        """Raise BadSignature unless *signature* is the seal of *parts*."""
        if not hmac.compare_digest(signature.encode(), self.seal(*parts).encode()):
            raise BadSignature("the signature does not match")

    def url(
        self, base: str, method: str, path: str, *, ttl: float, params: Mapping[str, str] | None
    ) -> str:
        """A URL below *base* that allows *method* on *path* for *ttl* seconds.

        *path* begins with a slash and needs no percent-encoding.
        """
        query = dict(params or {})
        query[EXPIRES] = str(int(self._clock.now() + ttl))
        query[SIGNATURE] = self.seal(method, path, _canonical(query))
        return f"{base}{path}?{urlencode(query)}"

    def check_url(self, method: str, path: str, query: Mapping[str, str]) -> None:
        """Raise BadSignature or Expired unless *query* allows *method* on *path* now."""
        given = {name: value for name, value in query.items() if name != SIGNATURE}
        self.check_seal(query.get(SIGNATURE, ""), method, path, _canonical(given))
        if self._clock.now() >= int(given[EXPIRES]):
            raise Expired("the time of this link is over")


def _canonical(query: Mapping[str, str]) -> str:
    return urlencode(sorted(query.items()))
