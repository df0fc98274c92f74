"""Measuring: contestants take turns, each with a server and a line of its own state."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from contestants import Contestant
from line import Proxy
from servers import Server, walk
from workloads import Workload

LONGEST_WAY = 300.0  # seconds until everything has to be on the server


@dataclass
class Run:
    """What one run cost. Seconds are None where nothing had to come to the server."""

    seconds: float = 0.0
    on_server: float | None = None
    requests: dict[str, int] = field(default_factory=dict)
    down: int = 0
    up: int = 0
    cpu: float = 0.0
    memory: int = 0
    load: float = 0.0  # of this machine, when it began
    failed: str | None = None

    def shown(self) -> str:
        if self.failed:
            return f"FAILED: {self.failed}"
        there = "" if self.on_server is None else f", on the server {self.on_server:.3f} s"
        return f"{self.seconds:.3f} s{there}, {sum(self.requests.values())} requests"


class NotThere(Exception):
    """The server does not have what the workload left."""


class Twin:
    """What a workload leaves, found out by doing it in a folder of this machine."""

    def __init__(self, workload: Workload, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        workload.prepare(folder)
        if workload.before is not None:
            workload.before(folder)
        workload.run(folder)
        self._volatile = workload.volatile
        self._sizes = {p: None if at.is_dir() else at.stat().st_size for p, at in walk(folder)}
        self._digests = {
            path: sha256(at.read_bytes()).digest()
            for path, at in walk(folder)
            if at.is_file() and not path.startswith(workload.volatile)
        }
        shutil.rmtree(folder)

    def arrival(self, server: Server) -> float:
        """When the server had it all: the time of the first look that found it so.

        Raises NotThere if that takes too long. Looking takes a fifth of a core at most.
        """
        deadline = time.monotonic() + LONGEST_WAY
        while (now := time.monotonic()) < deadline:
            if self._is_on(server):
                return now
            time.sleep(max(server.pause, 4 * (time.monotonic() - now)))
        raise NotThere(f"after {LONGEST_WAY:.0f} seconds {self._difference(server)}")

    def _is_on(self, server: Server) -> bool:
        """Whether the server holds the same names and sizes, and the same bytes in one file."""
        if self._compared(server.holds()) != self._wanted(server):
            return False
        # Sizes alone would not tell one save from the next. One file shows that.
        first = next(iter(self._digests), None)
        return first is None or self._is_same(server, first)

    def check(self, server: Server) -> None:
        """Raise NotThere unless the server holds the same bytes, in all files."""
        for path in self._digests:
            if not self._is_same(server, path):
                raise NotThere(f"other bytes in {path}")

    def _difference(self, server: Server) -> str:
        """What is missing, or too much."""
        there, wanted = self._compared(server.holds()), self._wanted(server)
        wrong = sorted({path for path, _ in there.items() ^ wanted.items()})
        return f"{len(wrong)} entries differ: {', '.join(wrong[:3])}"

    def _wanted(self, server: Server) -> dict[str, int | None]:
        wanted = self._compared(self._sizes)
        if server.keeps_folders:
            return wanted
        return {path: size for path, size in wanted.items() if size is not None}

    def _compared(self, sizes: dict[str, int | None]) -> dict[str, int | None]:
        """The sizes, but of volatile files only whether they are empty."""
        return {
            path: min(size, 1) if size and path.startswith(self._volatile) else size
            for path, size in sizes.items()
        }

    def _is_same(self, server: Server, path: str) -> bool:
        content = server.read(path)
        return content is None or sha256(content).digest() == self._digests[path]


class Bench:
    """Runs workloads, and keeps what they cost by workload and contestant."""

    def __init__(
        self, home: Path, server: type[Server], *, rtt: float, bandwidth: float, runs: int
    ) -> None:
        self._home = home
        self._kind = server
        self._rtt = rtt
        self._bandwidth = bandwidth
        self._runs = runs
        self.results: dict[str, dict[str, list[Run]]] = {}

        # Changing: the server that runs, and what it was prepared with while that is unchanged.
        self._server: Server | None = None
        self._prepared: Any = None

    def measure(self, workload: Workload, contestants: Sequence[type[Contestant]]) -> None:
        twin = Twin(workload, self._home / "twin") if workload.writes else None
        by_name = self.results.setdefault(workload.name, {})
        for _ in range(self._runs):
            for kind in contestants:
                run = self._one(workload, kind, self._ready(workload), twin)
                by_name.setdefault(kind.name, []).append(run)
                print(f"  {workload.name}, {kind.name}: {run.shown()}", file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Stop the server."""
        if self._server is not None:
            self._server.stop()
        self._server = None

    def _ready(self, workload: Workload) -> Server:
        """A server that holds what the workload begins with; one that was only read serves on."""
        if self._server is not None and self._prepared == workload.prepare and not workload.writes:
            return self._server
        self.stop()
        content = self._home / "served"
        shutil.rmtree(content, ignore_errors=True)
        content.mkdir()
        workload.prepare(content)
        self._server = self._kind(self._home, content)
        self._prepared = None if workload.writes else workload.prepare
        return self._server

    def _one(
        self, workload: Workload, kind: type[Contestant], server: Server, twin: Twin | None
    ) -> Run:
        proxy = Proxy(server.ports, self._rtt, self._bandwidth)
        server.behind(proxy.ports)
        home = self._home / kind.name.replace(", ", "-")
        contestant = kind(home, server, proxy.ports)
        contestant.forget()
        run = Run(load=os.getloadavg()[0])
        try:
            contestant.mount()
            try:
                self._prepare(workload, contestant)
                self._watch(run, workload, contestant, _Line(proxy, server), twin)
            finally:
                contestant.umount()
        except (OSError, AssertionError, subprocess.SubprocessError, NotThere) as error:
            run.failed = f"{type(error).__name__}: {error}"
        finally:
            proxy.stop()
        return run

    def _prepare(self, workload: Workload, contestant: Contestant) -> None:
        if workload.before is not None:
            workload.before(contestant.mountpoint)
        if workload.remount:
            contestant.umount()
            contestant.mount()
        if workload.drop:
            drop_page_cache()

    def _watch(
        self,
        run: Run,
        workload: Workload,
        contestant: Contestant,
        line: "_Line",
        twin: Twin | None,
    ) -> None:
        cpu_before, _ = contestant.usage()
        line.begin()
        began = time.monotonic()
        counted = workload.run(contestant.mountpoint)
        run.seconds = time.monotonic() - began if counted is None else counted
        if twin is not None:
            run.on_server = twin.arrival(line.server) - began
        line.end(run)
        cpu, run.memory = contestant.usage()
        run.cpu = cpu - cpu_before
        if twin is not None:
            twin.check(line.server)


class _Line:
    """What passes between two moments."""

    def __init__(self, proxy: Proxy, server: Server) -> None:
        self.server = server
        self._proxy = proxy

    def _now(self) -> tuple[dict[str, Any], dict[str, int]]:
        stats = self._proxy.stats()
        received = self.server.requests()
        return stats, stats["requests"] if received is None else received

    def begin(self) -> None:
        self._before = self._now()

    def end(self, run: Run) -> None:
        (stats, requests), (stats_before, before) = self._now(), self._before
        grown = {kind: count - before.get(kind, 0) for kind, count in requests.items()}
        run.requests = {kind: count for kind, count in sorted(grown.items()) if count}
        run.down = stats["down"] - stats_before["down"]
        run.up = stats["up"] - stats_before["up"]


def drop_page_cache() -> None:
    """Let the kernel forget what it read. Only root may; others get warmer results."""
    os.sync()
    with suppress(PermissionError):
        Path("/proc/sys/vm/drop_caches").write_text("3")
