"""Signature version 4 (reference 2).

By hand, since the libraries for httpx neither presign nor leave a key as it is (they normalise
its path), and botocore is a whole client of its own.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY = hashlib.sha256(b"").hexdigest()
LONGEST_LIFE = 604_800  # seconds that a presigned address may be good for
SIGNED_HEADERS = frozenset({"host", "content-md5", "content-type", "range"})  # and all x-amz-*

Query = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def query_string(query: Query) -> str:
    """*query* as it is sent and signed: sorted, encoded, every name with its "="."""
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query)
    return "&".join(f"{name}={value}" for name, value in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a request is sent to. *path* is encoded, and stays as it is."""

    origin: str  # scheme, host and port
    host: str  # as the Host header has it
    path: str
    query: tuple[tuple[str, str], ...] = ()
    region: str

    @property
    def path_and_query(self) -> str:
        """What the first line of the request has."""
        query = query_string(self.query)
        return f"{self.path}?{query}" if query else self.path

    @property
    def url(self) -> str:
        """The whole address."""
        return self.origin + self.path_and_query


class Signer:
    """Signs the requests of one account; *clock* is that of this machine, in Unix time.

    Without credentials, requests go out unsigned.
    """

    def __init__(
        self, credentials: Credentials | None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.credentials = credentials
        self._clock = clock
        self.offset = 0.0  # changing: seconds by which the service's clock is ahead of ours

    def now(self) -> float:
        """Unix time, as the service's clock has it."""
        return self._clock() + self.offset

    def headers(
        self, method: str, target: Target, sent: Mapping[str, str], payload: str
    ) -> dict[str, str]:
        """The headers to add to those that are *sent*; *payload* is the hash of the body."""
        credentials = self.credentials
        if credentials is None:
            return {}
        stamp = self._stamp()
        added = {"x-amz-date": stamp, "x-amz-content-sha256": payload}
        if credentials.session_token:
            added["x-amz-security-token"] = credentials.session_token
        signed = {
            name.lower(): value
            for name, value in sent.items()
            if name.lower() in SIGNED_HEADERS or name.lower().startswith("x-amz-")
        }
        signed |= added | {"host": target.host}
        query = query_string(target.query)
        canonical = _canonical_request(method, target.path, query, signed, payload)
        scope = f"{stamp[:8]}/{target.region}/s3/aws4_request"
        signature = _signature(credentials.secret_key, stamp, scope, canonical)
        added["Authorization"] = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope},"
            f"SignedHeaders={';'.join(sorted(signed))},Signature={signature}"
        )
        return added

    def presigned(self, method: str, target: Target, life: int) -> str:
        """An address that is good for *life* seconds, for whoever has it."""
        credentials = self.credentials
        if credentials is None:
            return target.url
        stamp = self._stamp()
        scope = f"{stamp[:8]}/{target.region}/s3/aws4_request"
        query = [
            *target.query,
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", f"{credentials.access_key}/{scope}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(life)),
            ("X-Amz-SignedHeaders", "host"),
        ]
        if credentials.session_token:
            query.append(("X-Amz-Security-Token", credentials.session_token))
        text = query_string(query)
        canonical = _canonical_request(method, target.path, text, {"host": target.host}, UNSIGNED)
        signature = _signature(credentials.secret_key, stamp, scope, canonical)
        return f"{target.origin}{target.path}?{text}&X-Amz-Signature={signature}"

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y%m%dT%H%M%SZ")


def _canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], payload: str
) -> str:
    lines = [f"{name}:{' '.join(value.split())}" for name, value in sorted(headers.items())]
    return "\n".join([method, path, query, *lines, "", ";".join(sorted(headers)), payload])


def _signature(secret_key: str, stamp: str, scope: str, canonical: str) -> str:
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join([ALGORITHM, stamp, scope, hashed])
    return hmac.digest(key, text.encode(), "sha256").hex()


class Untouched(httpx.Auth):
    """Sends a request to exactly this path: httpx would resolve its "." and ".." (reference 1)."""

    def __init__(self, path_and_query: str) -> None:
        self._target = path_and_query.encode("ascii")

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.extensions["target"] = self._target
        yield request


class Signed(Untouched):
    """Signs a request each time it is sent: a repeated one needs a new time."""

    def __init__(self, signer: Signer, method: str, target: Target, payload: str) -> None:
        super().__init__(target.path_and_query)
        self._signer = signer
        self._what = (method, target, payload)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        method, target, payload = self._what
        request.headers.update(self._signer.headers(method, target, request.headers, payload))
        yield from super().auth_flow(request)
