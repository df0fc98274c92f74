"""A bad day of servers that are not ours: they are slow, and now and then too busy.

What the emulators do on cue is put between the client and the server here. Requests go over real
HTTP; one that is refused does not reach the server.
"""

import httpx
import trio

LATENCY = 0.02  # seconds
REFUSED_EVERY = 7


class BadLine(httpx.AsyncBaseTransport):
    """Delays each request, and answers every 7th with 503."""

    def __init__(self) -> None:
        self._line = httpx.AsyncHTTPTransport(verify=False)
        self._count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await trio.sleep(LATENCY)
        self._count += 1
        if self._count % REFUSED_EVERY == 0:
            return httpx.Response(503, request=request)
        return await self._line.handle_async_request(request)

    async def aclose(self) -> None:
        await self._line.aclose()
