"""The line between a contestant and the server: a delay proxy, and what passed through it."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PROXY = Path(__file__).resolve().parent.parent / "delay_proxy.py"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(true: Callable[[], object], seconds: float = 60.0, *, pause: float = 0.01) -> None:
    """Return when *true*() is. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} seconds")
        time.sleep(pause)


class Proxy:
    """A line to the ports of a server; `ports` are those that a contestant uses instead."""

    def __init__(self, targets: Sequence[int], rtt: float, bandwidth: float) -> None:
        options = ["--rtt", str(rtt), "--bandwidth", str(bandwidth)]
        self._process = subprocess.Popen(
            [sys.executable, PROXY, *map(str, targets), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.ports = tuple(int(port) for port in self._process.stdout.readline().split())

    def stats(self) -> dict[str, Any]:
        """Bytes "up" and "down", and "requests" by kind, since the start."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
