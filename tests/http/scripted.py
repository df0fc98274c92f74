"""Services for single exchanges: one that answers as scripted, and one behind a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import trio

Answer = httpx.Response | Exception
Script = Callable[[httpx.Request], Answer]


class Body(httpx.AsyncByteStream):
    """A body in pieces, that may break; knows how far it was read, and whether it was closed."""

    def __init__(self, *pieces: bytes, failure: Exception | None = None) -> None:
        self._pieces = pieces
        self._failure = failure
        self.given = 0
        self.closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await trio.lowlevel.checkpoint()  # as whoever reads from a socket
        if self.given < len(self._pieces):
            self.given += 1
            return self._pieces[self.given - 1]
        raise self._failure or StopAsyncIteration

    async def aclose(self) -> None:
        self.closed = True


class Service(httpx.AsyncBaseTransport):
    """Gives one answer after the other, the last one again and again; keeps the requests.

    An answer is a status, a response (given once), a failure, or a function of the request.
    """

    def __init__(self, *answers: int | Answer | Script) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        self.bodies.append(await request.aread())
        if isinstance(answer, int):
            return httpx.Response(answer)
        if isinstance(answer, httpx.Response):
            return answer
        result = answer(request)
        if isinstance(result, Exception):
            raise result
        return result

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]


Reaction = Callable[[trio.SocketStream, bytes], Awaitable[None]]


class Listener:
    """A server on a real socket: the head of each request goes to *react*, which answers."""

    def __init__(self, react: Reaction) -> None:
        self._react = react
        self.url = ""
        self.connections = 0
        self.heads: list[str] = []

    async def _converse(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        data = b""
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async with stream:
                while more := await stream.receive_some():
                    data += more
                    while b"\r\n\r\n" in data:
                        head, _, data = data.partition(b"\r\n\r\n")
                        self.heads.append(head.decode())
                        await self._react(stream, head)

    async def serve(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        await trio.serve_listeners(self._converse, [listener], task_status=task_status)


@asynccontextmanager
async def listening(react: Reaction) -> AsyncIterator[Listener]:
    async with trio.open_nursery() as nursery:
        listener = Listener(react)
        await nursery.start(listener.serve)
        yield listener
        nursery.cancel_scope.cancel()
