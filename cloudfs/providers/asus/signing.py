"""The Authorization header, which proves who the developer of a client is (reference 2.1)."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Generator
from urllib.parse import quote

import httpx


def authorization(progkey: str, *, nonce: str, timestamp: str) -> str:
    """The header's value. The request itself is not signed, only that it is made now."""
    base = f"nonce={nonce}&signature_method=HMAC-SHA1&timestamp={timestamp}"
    signed = quote(base, safe="-_.*").encode("ascii")
    # The algorithm is the protocol's; it is not weak in an HMAC.
    digest = hmac.new(progkey.encode(), signed, hashlib.sha1).digest()
    signature = quote(base64.b64encode(digest).decode("ascii"), safe="")
    return (
        f'signature_method="HMAC-SHA1",timestamp="{timestamp}",nonce="{nonce}",'
        f'signature="{signature}"'
    )


class Signature(httpx.Auth):
    """Signs each request that is sent, also a repeated one, with a nonce of its own.

    The service takes a nonce once only.
    """

    def __init__(self, progkey: str, *, clock: Callable[[], float] = time.time) -> None:
        self._progkey = progkey
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = authorization(
            self._progkey,
            nonce=secrets.token_hex(16),
            timestamp=str(int(self._clock() * 1000)),
        )
        yield request
