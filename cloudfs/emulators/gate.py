"""What every request passes through: it is noted, suffers its fault, and is answered."""

import logging
from typing import TYPE_CHECKING, Any

import trio
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cloudfs.emulators import control, effects
from cloudfs.emulators.connections import Message, Receive, Scope, Send
from cloudfs.emulators.effects import ConnectionEnded, Suffering
from cloudfs.emulators.received import Origin, Received
from cloudfs.emulators.routing import TOKEN, Match, NoRoute, WrongMethod, split

if TYPE_CHECKING:
    from cloudfs.emulators.emulator import Emulator

_log = logging.getLogger(__name__)

_CREDENTIALS = ("authorization", "cookie")  # besides those that a service has of its own


class Gate:
    """The ASGI application of one origin of an emulator."""

    def __init__(self, emulator: "Emulator", origin: Origin) -> None:
        self._emulator = emulator
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        body = _Body(receive)
        request = Request(scope, body)
        try:
            if self._is_control(request):
                response = await control.answer(self._emulator, request)
                await body.drain()
                await response(scope, body, send)
            else:
                await self._serve(request, body, send)
        except (ClientDisconnect, ConnectionEnded):
            # The server's reading task may wait to hand over what nobody reads any more.
            await body.until_disconnect()

    async def _serve(self, request: Request, body: "_Body", send: Send) -> None:
        match, refusal = self._match(request)
        await self._emulator.prepare(request)
        received = self._note(request, match)
        send = _counting(received, send)
        latency, rule = self._emulator.faults.choose(received)
        await trio.sleep(latency)
        response: Response | None = None
        if rule is not None:
            on_store = self._origin == Origin.STORE
            case = Suffering(rule, request, on_store, self._emulator, body.complete, body.size)
            response = await effects.instead(case)
            send = effects.altering(case, send)
            receiving = effects.receiving(case, body)
            request = request if receiving is body else Request(request.scope, receiving)
        if response is None:
            response = refusal if match is None else await self._answer(request, match)
        assert response is not None
        # An answer before the whole body was read would leave the server's queue full, and
        # the client with a broken pipe.
        await body.drain()
        await response(request.scope, body, send)

    def _is_control(self, request: Request) -> bool:
        path = request.url.path.removeprefix(self._emulator.base_path)
        return self._origin == Origin.API and path.startswith(control.PREFIX)

    def _match(self, request: Request) -> tuple[Match[Any] | None, Response | None]:
        emulator = self._emulator
        error = emulator.store_error if self._origin == Origin.STORE else emulator.error
        raw_path = request.scope["raw_path"].decode("ascii")
        try:
            return emulator.match(self._origin, request.method, split(raw_path)), None
        except NoRoute:
            return None, error(404, None)
        except WrongMethod:
            return None, error(405, None)

    def _note(self, request: Request, match: Match[Any] | None) -> Received:
        headers = request.headers
        received = Received(
            number=self._emulator.requests.next_number(),
            origin=self._origin,
            method=request.method,
            path=_shown_path(request, match),
            route="" if match is None else match.route.key,
            label="" if match is None else match.route.label,
            headers=tuple(sorted(set(headers.keys()))),
            credentials=self._has_credentials(headers),
            byte_range=headers.get("range"),
            token=self._emulator.token_of(request),
            link=self._emulator.link_of(request),
        )
        self._emulator.requests.add(received)
        return received

    def _has_credentials(self, headers: Headers) -> bool:
        return any(name in headers for name in (*_CREDENTIALS, *self._emulator.token_headers))

    async def _answer(self, request: Request, match: Match[Any]) -> Response:
        try:
            return await self._emulator.answer(self._origin, request, match)
        except ClientDisconnect:
            raise
        except Exception:  # noqa: BLE001 - a bug is logged and answered
            _log.exception("%s %s failed in the emulator", request.method, request.url.path)
            make = (
                self._emulator.store_error if self._origin == Origin.STORE else self._emulator.error
            )
            return make(500, None)


class _Body:
    """The `receive` of a request, which knows how much of the body has been read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._complete = False
        self._gone = False
        self._size = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._gone = True
        else:
            self._complete = self._complete or not message.get("more_body")
            self._size += len(message.get("body", b""))
        return message

    @property
    def size(self) -> int:
        """The bytes of it that have been read."""
        return self._size

    @property
    def complete(self) -> bool:
        """Whether all of it has been read."""
        return self._complete

    async def drain(self) -> None:
        """Read the rest of the body. Raises ClientDisconnect if the client does not send it."""
        while not self._complete:
            if self._gone:
                raise ClientDisconnect
            await self()

    async def until_disconnect(self) -> None:
        """Read whatever comes, until the client is gone."""
        while not self._gone:
            await self()


def _shown_path(request: Request, match: Match[Any] | None) -> str:
    path = request.scope["path"]
    assert isinstance(path, str)
    token = None if match is None else match.values.get(TOKEN)
    return path if token is None else path.replace(f"/{token}", f"/{TOKEN}", 1)


def _counting(received: Received, send: Send) -> Send:
    async def counting(message: Message) -> None:
        if message["type"] == "http.response.start":
            received.status = message["status"]
        else:
            received.sent += len(message.get("body", b""))
        await send(message)

    return counting
