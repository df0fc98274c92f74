"""An emulator on the network: two listening sockets, one for each of its origins.

Connections are accepted here, not by Hypercorn's own `serve`, so that a fault can reset them
(`connections`), and so that leaving `serving` ends at once what is under way: a client that
does not read would otherwise hold it up.
"""

import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from cloudfs.emulators.connections import App, Connection
from cloudfs.emulators.emulator import Emulator
from cloudfs.emulators.groups import bare_errors
from cloudfs.emulators.registry import EMULATORS

_log = logging.getLogger(__name__)

BACKLOG = 512
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Running:
    """An emulator that can be reached."""

    emulator: Emulator
    api_url: str
    store_url: str


@asynccontextmanager
async def serving(emulator: Emulator, *, host: str = HOST, port: int = 0) -> AsyncIterator[Running]:
    """Serve *emulator* while the block runs; port 0 lets the kernel choose.

    The object store gets the port that it had before in this root, if that is free. The
    emulator is not closed at the end: its state can still be looked at, and served again.
    """
    api = _listen(host, port)
    store = _listen_as_before(host, emulator.root / "store.port")
    emulator.store_port = _port(store)
    with bare_errors():
        async with trio.open_nursery() as nursery:
            server = _Server()
            nursery.start_soon(server.serve, emulator.api, api)
            nursery.start_soon(server.serve, emulator.objects, store)
            api_url = f"{_url(host, api)}{emulator.base_path}"
            try:
                yield Running(emulator, api_url, _url(host, store))
            finally:
                server.abort()
                nursery.cancel_scope.cancel()


def run(
    type_: str,
    root: Path,
    host: str = HOST,
    port: int = 0,
    *,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve an emulator of that type, storing under *root*, until SIGINT or SIGTERM.

    *ready* is called with the URL of the API once it answers. Raises KeyError for an unknown
    type, OSError if the address cannot be listened on.
    """
    emulator = EMULATORS[type_](root)
    try:
        trio.run(_run, emulator, host, port, ready)
    finally:
        emulator.close()


async def _run(
    emulator: Emulator, host: str, port: int, ready: Callable[[str], None] | None
) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with serving(emulator, host=host, port=port) as running:
            if ready is not None:
                ready(running.api_url)
            async for _ in signals:
                return


class _Server:
    """The connections of both origins."""

    def __init__(self) -> None:
        self._config = Config()
        self._config.errorlog = self._config.accesslog = None
        self._config.include_server_header = False
        self._config.h11_max_incomplete_size = 256 * 1024  # paths may be long
        # A pooled connection closed by us at the wrong moment would look like a fault.
        self._config.keep_alive_timeout = 600
        self._config.keep_alive_max_requests = 1_000_000_000
        self._context = WorkerContext(None)
        self._streams: set[trio.SocketStream] = set()

    async def serve(self, app: App, listener: trio.SocketListener) -> None:
        """Accept connections and answer what comes by them."""
        await trio.serve_listeners(partial(self._handle, app), [listener])

    def abort(self) -> None:
        """Close every connection, whatever happens on it."""
        for stream in self._streams:
            stream.socket.close()

    async def _handle(self, app: App, stream: trio.SocketStream) -> None:
        self._streams.add(stream)
        try:
            await TCPServer(
                ASGIWrapper(Connection(stream).wrap(app)),  # type: ignore[arg-type]  # looser types
                self._config,
                self._context,
                ConnectionState({}),
                stream,  # type: ignore[arg-type]  # with or without TLS
            )
        except Exception:  # noqa: BLE001 - one connection must not end the others
            _log.exception("a connection ended in an error")
        finally:
            self._streams.discard(stream)


def _listen(host: str, port: int) -> trio.SocketListener:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    return trio.SocketListener(trio.socket.from_stdlib_socket(listener))


def _listen_as_before(host: str, memory: Path) -> trio.SocketListener:
    try:
        return _listen(host, int(memory.read_text()))
    except (OSError, ValueError):
        listener = _listen(host, 0)
        memory.write_text(str(_port(listener)))
        return listener


def _port(listener: trio.SocketListener) -> int:
    port = listener.socket.getsockname()[1]
    assert isinstance(port, int)
    return port


def _url(host: str, listener: trio.SocketListener) -> str:
    host = {"0.0.0.0": HOST, "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{_port(listener)}"
