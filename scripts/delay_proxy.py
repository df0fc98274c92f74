#!/usr/bin/env python3
"""A TCP proxy on loopback that behaves like a long and narrow line.

    scripts/delay_proxy.py TARGET_PORT... [--rtt 0.04] [--bandwidth 125000000]

It prints the ports it listens on, one for each target and in their order, on one line. Then it
answers every line on its standard input with a line of JSON: what has passed so far (bytes each
way, connections, HTTP requests by kind). Bytes are delayed by half the round trip in each
direction, and all connections share one bandwidth per direction; a new connection costs one
round trip more, as TCP's handshake does. Connections take turns on a busy line, and little is
queued before it: a small answer does not wait behind megabytes of another connection's.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial

import trio

PIECE = 256 * 1024
WINDOW = 6 * 1024 * 1024  # bytes on their way in one direction of one connection, as TCP allows
QUEUE = 0.02  # seconds of bytes that wait before a line
REQUEST = re.compile(rb"(?:^|\n)([A-Z]{3,10}) (\S+) HTTP/1\.1\r\n")
S3_LISTING = re.compile(rb"[?&](list-type|prefix|delimiter|marker)=")


def kinds(data: bytes) -> Iterator[str]:
    """What the requests whose heads begin in *data* are: methods, told apart where S3 does not."""
    for head in REQUEST.finditer(data):
        method, target = head[1].decode(), head[2]
        headers = data[head.end() : data.find(b"\r\n\r\n", head.end())].lower()
        if method == "GET" and S3_LISTING.search(target):
            yield "LIST"
        elif method == "PUT" and b"x-amz-copy-source" in headers:
            yield "COPY"
        elif method == "POST" and re.search(rb"[?&]delete\b", target):
            yield "DELETE many"
        else:
            yield method


class Line:
    """One direction: bytes leave one after the other, and arrive later."""

    def __init__(self, delay: float, bandwidth: float) -> None:
        self.delay = delay
        self.bandwidth = bandwidth
        self.passed = 0
        self._free_at = 0.0

        self._turns = trio.Lock()  # first come, first served

    async def arrival(self, count: int) -> float:
        """When *count* bytes will have arrived; returns when there is room for them to leave."""
        async with self._turns:
            await trio.sleep_until(self._free_at - QUEUE)
            self._free_at = max(trio.current_time(), self._free_at) + count / self.bandwidth
            self.passed += count
            return self._free_at + self.delay


class Proxy:
    def __init__(self, rtt: float, bandwidth: float) -> None:
        self.rtt = rtt
        self.up = Line(rtt / 2, bandwidth)
        self.down = Line(rtt / 2, bandwidth)
        self.connections = 0
        self.requests: Counter[str] = Counter()

    def stats(self) -> dict[str, object]:
        return {
            "up": self.up.passed,
            "down": self.down.passed,
            "connections": self.connections,
            "requests": dict(self.requests),
        }

    async def serve(self, target: int, client: trio.SocketStream) -> None:
        self.connections += 1
        try:
            server = await trio.open_tcp_stream("127.0.0.1", target)
        except OSError:
            await client.aclose()
            return
        async with client, server, trio.open_nursery() as nursery:
            nursery.start_soon(self._pass, client, server, self.up, self.rtt, self.requests)
            nursery.start_soon(self._pass, server, client, self.down, 0.0, None)

    async def _pass(
        self,
        source: trio.SocketStream,
        target: trio.SocketStream,
        line: Line,
        handshake: float,
        count: Counter[str] | None,
    ) -> None:
        send, receive = trio.open_memory_channel(WINDOW // PIECE)
        ready_at = trio.current_time() + handshake

        async def deliver() -> None:
            async for when, data in receive:
                await trio.sleep_until(max(when, ready_at + line.delay))
                if data is None:
                    await target.send_eof()
                    return
                await target.send_all(data)

        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(deliver)
                while data := await source.receive_some(PIECE):
                    if count is not None:
                        count.update(kinds(data))
                    await send.send((await line.arrival(len(data)), data))
                await send.send((await line.arrival(0), None))
        except* (trio.BrokenResourceError, trio.ClosedResourceError):
            await source.aclose()
            await target.aclose()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("targets", type=int, nargs="+", metavar="TARGET_PORT")
    parser.add_argument("--rtt", type=float, default=0.04, help="seconds")
    parser.add_argument("--bandwidth", type=float, default=125e6, help="bytes per second")
    arguments = parser.parse_args()
    proxy = Proxy(arguments.rtt, arguments.bandwidth)
    ports: list[int] = []
    async with trio.open_nursery() as nursery:
        for target in arguments.targets:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            ports.append(listeners[0].socket.getsockname()[1])
            nursery.start_soon(trio.serve_listeners, partial(proxy.serve, target), listeners)
        print(*ports, flush=True)
        while await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            print(json.dumps(proxy.stats()), flush=True)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main)
