"""The Authorization string, by which a client proves that it knows a ProgKey (reference 2.1)."""

import base64
import hashlib
import hmac
import re
from urllib.parse import quote, unquote_plus

from cloudfs.emulators.clock import Clock

METHOD = "HMAC-SHA1"
NONCE_SECONDS = 3600.0  # a nonce counts once in this time

_PAIR = re.compile(r'\s*(\w+)\s*=\s*(?:"([^"]*)"|([^",]*?))\s*(?:,|$)')


def sign(progkey: str, nonce: str, timestamp: str) -> str:
    """The signature, in Base64."""
    base = f"nonce={nonce}&signature_method={METHOD}&timestamp={timestamp}"
    text = quote(base, safe="-_.*").encode()
    return base64.b64encode(hmac.new(progkey.encode(), text, hashlib.sha1).digest()).decode()


class Nonces:
    """The nonces that were used, for as long as they may not be used again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used: dict[str, float] = {}  # oldest first

    def use(self, nonce: str) -> bool:
        """Use a nonce. False if it was used not long ago."""
        now = self._clock.now()
        for old, when in list(self._used.items()):
            if when > now - NONCE_SECONDS:
                break
            del self._used[old]
        if nonce in self._used:
            return False
        self._used[nonce] = now
        return True


def is_signed(header: str | None, progkey: str, nonces: Nonces) -> bool:
    """Whether an Authorization header was made with this ProgKey, and never seen before."""
    pairs = {name: quoted or bare for name, quoted, bare in _PAIR.findall(header or "")}
    nonce, timestamp = pairs.get("nonce", ""), pairs.get("timestamp", "")
    if not nonce or not timestamp or pairs.get("signature_method") != METHOD:
        return False
    given = unquote_plus(pairs.get("signature", ""))
    if not hmac.compare_digest(given.encode(), sign(progkey, nonce, timestamp).encode()):
        return False
    return nonces.use(nonce)
