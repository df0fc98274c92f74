"""The socket through which commands reach the process that serves a mount.

One line of JSON each way: ``{"command": "flush", ...}``, answered by one or more lines, the
last of which has ``"done": true``. The socket lies in the remote's state folder, which only
its owner may enter, and is opened through the folder's descriptor: paths of sockets are short.
"""

import json
import logging
import os
import socket
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import trio

from cloudfs.errors import CloudError, ConfigError

log = logging.getLogger(__name__)

SOCKET = "control"
LONGEST_LINE = 1 << 20

Answer = dict[str, Any]
Command = Callable[[Mapping[str, Any]], AsyncGenerator[Answer, None]]


@contextmanager
def _short_path(folder: Path) -> Iterator[str]:
    """A path of the socket that fits into an address (unix(7): 108 bytes)."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


class ControlServer:
    """Answers commands."""

    def __init__(self, folder: Path, commands: Mapping[str, Command]) -> None:
        self._folder = folder
        self._commands = commands

        # Changing.
        self._busy = 0
        self._quiet = trio.Event()

    async def quiet(self) -> None:
        """Wait until nobody is being answered."""
        while self._busy:
            await self._quiet.wait()

    async def serve(self) -> None:
        """Take connections until cancelled. The caller holds the lock of the folder."""
        listening = trio.socket.from_stdlib_socket(self._listening())
        try:
            await trio.serve_listeners(self._answer, [trio.SocketListener(listening)])
        finally:
            (self._folder / SOCKET).unlink(missing_ok=True)

    def _listening(self) -> socket.socket:
        """The socket, at its place only when it takes connections: who sees it may ask."""
        listening = socket.socket(socket.AF_UNIX)
        unready = self._folder / f"{SOCKET}.new"
        unready.unlink(missing_ok=True)
        with _short_path(self._folder) as path:
            listening.bind(f"{path}.new")
        unready.chmod(0o600)
        listening.listen()
        unready.replace(self._folder / SOCKET)
        return listening

    async def _answer(self, stream: trio.SocketStream) -> None:
        self._busy += 1
        async with stream:
            try:
                request = await _line(stream)
                async with aclosing(self._answers(request)) as answers:
                    async for answer in answers:
                        await stream.send_all(json.dumps(answer).encode() + b"\n")
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass  # the one who asked has left
            except Exception:
                log.exception("a command could not be answered")
            finally:
                self._busy -= 1
                self._quiet.set()
                self._quiet = trio.Event()

    async def _answers(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        command = self._commands.get(str(request.get("command")))
        if command is None:
            yield {"done": True, "error": f"unknown command {request.get('command')!r}"}
            return
        try:
            async with aclosing(command(request)) as answers:
                async for answer in answers:
                    yield answer
        except CloudError as error:
            yield {"done": True, "error": str(error)}


async def _line(stream: trio.SocketStream) -> Mapping[str, Any]:
    data = b""
    while not data.endswith(b"\n") and len(data) < LONGEST_LINE:
        more = await stream.receive_some()
        if not more:
            break
        data += more
    try:
        request = json.loads(data)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def ask(folder: Path, command: str, **parameters: Any) -> Iterator[Answer]:
    """The answers of the process that serves a mount, the last one "done".

    Raises ConfigError if no process answers there.
    """
    request = json.dumps({"command": command, **parameters}).encode() + b"\n"
    connection = socket.socket(socket.AF_UNIX)
    try:
        with _short_path(folder) as path:
            connection.connect(path)
    except OSError as error:
        connection.close()
        raise ConfigError(
            f"no cloudfs process answers for this mount ({error.strerror}); "
            "see `cloudfs status`, or unmount it with `fusermount3 -u`"
        ) from error
    with connection, connection.makefile("rb") as lines:
        for line in _sent_and_received(connection, request, lines):
            answer = json.loads(line)
            yield answer
            if answer.get("done"):
                return
    raise ConfigError("the cloudfs process ended before it answered; its log tells why")


def _sent_and_received(
    connection: socket.socket, request: bytes, lines: BinaryIO
) -> Iterator[bytes]:
    """Whole lines, until the other side ends: in peace, in the middle of a line, or killed."""
    with suppress(OSError):
        connection.sendall(request)
        while (line := lines.readline()).endswith(b"\n"):
            yield line
