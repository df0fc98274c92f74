"""One signed request, and what is learnt from a refusal (reference 1, 2, 8).

A store that says that the bucket is in another region, or that our clock is wrong, is believed,
and the request made once more. Redirects are not followed: the signature is for one host.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import trio

from cloudfs.http.client import Body, Http, Reply, StreamedReply
from cloudfs.http.retry import Repeat
from cloudfs.model import NOTHING
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.endpoint import Endpoint
from cloudfs.providers.s3.keys import Place
from cloudfs.providers.s3.refusals import judge, judge_late, refusal
from cloudfs.providers.s3.signing import EMPTY, LONGEST_LIFE, Query, Signed, Signer, Untouched

T = TypeVar("T")

LEAST_DEADLINE = 120.0
SLOWEST = 20_000  # bytes a second; a transfer that stands still is given up much sooner
MOST_SKEW = 15 * 60.0  # seconds by which the clocks may differ
LARGE_REPLY = 256 * 1024  # bytes; longer ones are read off the event loop


class Connection:
    """The way to one store."""

    def __init__(self, http: Http, endpoint: Endpoint, signer: Signer) -> None:
        self._http = http
        self.endpoint = endpoint
        self._signer = signer

    async def send(
        self,
        method: str,
        place: Place,
        *,
        label: str,
        query: Query = (),
        headers: Mapping[str, str] = NOTHING,
        body: Body = None,
        length: int = 0,
        payload: str = EMPTY,
        repeat: Repeat = Repeat.SAFELY,
        silence: float | None = None,
        deadline: float | None = None,
        late: bool = False,
    ) -> Reply:
        """The answer, if it is one of success; else raises what it means.

        *payload* is the SHA-256 of the body, or says that it is not signed. *late* is said of
        requests that may turn out to have failed after a status of 200 (reference 5).
        """
        query = tuple(query)
        if length and deadline is None:
            deadline = LEAST_DEADLINE + length / SLOWEST
        for last in (False, True):
            target = self.endpoint.target(place, query)
            self._http.trust(target.origin)
            reply = await self._http.request(
                method,
                target.url,
                label=f"s3.{label}",
                repeat=repeat,
                headers=headers,
                auth=Signed(self._signer, method, target, payload),
                body=body,
                length=length,
                deadline=deadline,
                silence=silence,
                judge=judge_late if late else judge,
            )
            said = None if reply.ok and not late else wire.refusal(reply.body)
            if reply.ok and said is None:
                return reply
            if last or not self._learn(reply.status, reply.headers, said, place.bucket):
                raise refusal(reply.status, said, label)
        raise AssertionError("unreachable")

    def presigned(self, place: Place, query: Query, life: int) -> str:
        """An address that an object can be read at, for *life* seconds."""
        target = self.endpoint.target(place, query)
        self._http.trust(target.origin)
        return self._signer.presigned("GET", target, min(life, LONGEST_LIFE))

    @asynccontextmanager
    async def open(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[StreamedReply]:
        """The answer to GET of a presigned address, with its body still to be read."""
        path = url[url.index("/", url.index("//") + 2) :]
        async with self._http.stream(
            "GET", url, label="s3.read", headers=headers, auth=Untouched(path)
        ) as reply:
            yield reply

    def learn_from(self, reply: StreamedReply, said: wire.Refusal | None) -> bool:
        """Whether another address may be taken better than that of *reply* was."""
        bucket = self.endpoint.bucket_of(reply.url)
        return self._learn(reply.status, reply.headers, said, bucket)

    def _learn(
        self, status: int, headers: Mapping[str, str], said: wire.Refusal | None, bucket: str
    ) -> bool:
        """Whether the refusal tells how to ask better."""
        region = headers.get("x-amz-bucket-region") or (said.region if said else "")
        if bucket and region and region != self.endpoint.region(bucket):
            self.endpoint.learn_region(bucket, region)
            return self.endpoint.region(bucket) == region
        skewed = said is not None and said.code == "RequestTimeTooSkewed"
        if status != 403 and not skewed:
            return False
        date = wire.http_time(headers.get("date"))
        if date is None:
            return False
        ahead = date / wire.SECOND - self._signer.now()
        if abs(ahead) < (1.0 if skewed else MOST_SKEW):
            return False
        self._signer.offset += ahead
        return True


async def parsed(parse: Callable[[bytes], T], body: bytes) -> T:
    """What *parse* makes of an answer; a long one is read off the event loop."""
    if len(body) < LARGE_REPLY:
        return parse(body)
    return await trio.to_thread.run_sync(parse, body)
