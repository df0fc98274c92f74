"""The TCP connection under a request, so that a fault can break it.

ASGI has no way to do that. The server (`server`) accepts connections itself and hands each
to Hypercorn together with the application; on the way every request is told its connection
in ``scope["extensions"]``. Closing the socket under Hypercorn is harmless: its reading task
sees a closed stream and ends as if the client had gone.
"""

import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import trio

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_KEY = "cloudfs.connection"
_AT_ONCE = struct.pack("ii", 1, 0)  # struct linger: do not wait, drop what is unsent


class Connection:
    """One connection of a client."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream

    def wrap(self, app: App) -> App:
        """*app*, with every request told that it came by this connection."""

        async def with_connection(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[_KEY] = self
            await app(scope, receive, send)

        return with_connection

    async def reset(self) -> None:
        """Break the connection so that the client sees ECONNRESET."""
        self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        await self._stream.aclose()

    async def close(self) -> None:
        """End the connection so that the client sees everything sent so far, then its end."""
        await self._stream.aclose()


def connection_of(scope: Scope) -> Connection:
    """The connection by which a request came."""
    found = scope["extensions"][_KEY]
    assert isinstance(found, Connection)
    return found
