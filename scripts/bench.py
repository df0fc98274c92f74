#!/usr/bin/env python3
"""Measures a mounted drive side by side with others, behind a line of 40 ms and 1 Gbit/s.

    scripts/bench.py [--runs 5] [--quick] [--only TEXT] [--contestants cloudfs,rclone,...]
                     [--json FILE] [--rtt 0.04] [--bandwidth 125000000]

The server is one not written here, `rclone serve webdav`, on a folder of this machine; every
contestant reaches it through a delay proxy of its own (scripts/delay_proxy.py). For each workload
the contestants take turns, each with a fresh cache; the page cache is dropped before cold runs.
Reported are medians: seconds until the program returned, and until everything was on the server;
requests by kind, bytes each way, CPU seconds and peak memory of the mount process.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RCLONE = str(Path(sys.executable).parent / "rclone")
MIB = 1 << 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(true: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come true in time")
        time.sleep(0.01)


def drop_page_cache() -> None:
    os.sync()
    if os.geteuid() == 0:
        Path("/proc/sys/vm/drop_caches").write_text("3")


# The server and the line ---------------------------------------------------------------------


class Server:
    """`rclone serve webdav` on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process = subprocess.Popen(
            [RCLONE, "serve", "webdav", "--addr", f"127.0.0.1:{self.port}",
             "--dir-cache-time", "0s", folder],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class Proxy:
    """The line to the server."""

    def __init__(self, port: int, rtt: float, bandwidth: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, HERE / "delay_proxy.py", str(port), "--rtt", str(rtt),
             "--bandwidth", str(bandwidth)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stats(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


# The contestants -----------------------------------------------------------------------------


class Contestant:
    """A way to mount the server."""

    name = ""

    def __init__(self, home: Path, proxy: Proxy) -> None:
        self.home = home
        self.proxy = proxy
        self.mountpoint = home / "mnt"
        self.mountpoint.mkdir(parents=True, exist_ok=True)

    def mount(self) -> None:
        raise NotImplementedError

    def umount(self) -> None:
        raise NotImplementedError

    def drain(self) -> None:
        """Wait until everything is on the server."""
        raise NotImplementedError

    def pid(self) -> int:
        raise NotImplementedError

    def forget(self) -> None:
        """Throw away all that is remembered on disk."""

    def usage(self) -> tuple[float, int]:
        """CPU seconds and peak bytes of memory of the mount process."""
        pid = self.pid()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        status = Path(f"/proc/{pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return cpu, int(line.split()[1]) * 1024


class Rclone(Contestant):
    name = "rclone"
    flags: tuple[str, ...] = ()

    def mount(self) -> None:
        self._rc = free_port()
        self._process = subprocess.Popen(
            [RCLONE, "mount", ":webdav:", self.mountpoint, "--webdav-url",
             f"http://127.0.0.1:{self.proxy.port}", "--vfs-cache-mode", "full", "--cache-dir",
             self.home / "cache", "--config", "/dev/null", "--rc", "--rc-no-auth", "--rc-addr",
             f"127.0.0.1:{self._rc}", *self.flags],
            stderr=(self.home / "log").open("a"),
        )  # fmt: skip
        wait_for(lambda: f" {self.mountpoint} " in Path("/proc/mounts").read_text())

    def umount(self) -> None:
        subprocess.run(["fusermount3", "-uz", self.mountpoint], check=True)
        self._process.wait(30)

    def drain(self) -> None:
        def idle() -> bool:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self._rc}/vfs/stats", data=b"{}", method="POST",
                headers={"Content-Type": "application/json"},
            )  # fmt: skip
            with urllib.request.urlopen(request) as reply:
                cache = json.loads(reply.read())["diskCache"]
            return not (cache["uploadsInProgress"] or cache["uploadsQueued"])

        wait_for(idle, 600)

    def pid(self) -> int:
        return self._process.pid

    def forget(self) -> None:
        shutil.rmtree(self.home / "cache", ignore_errors=True)


class TunedRclone(Rclone):
    name = "rclone, tuned"
    flags = (
        "--dir-cache-time", "1h", "--attr-timeout", "1m", "--transfers", "16",
        "--vfs-write-back", "1s", "--vfs-read-chunk-size", "4M", "--vfs-read-chunk-streams", "8",
        "--buffer-size", "16M", "--vfs-fast-fingerprint", "--no-checksum",
    )  # fmt: skip


class Cloudfs(Contestant):
    name = "cloudfs"

    def _run(self, *words: str | Path) -> None:
        environment = os.environ | {
            "CLOUDFS_CONFIG": str(self.home / "config.toml"),
            "CLOUDFS_CACHE_DIR": str(self.home / "cache"),
            "CLOUDFS_STATE_DIR": str(self.home / "state"),
        }
        subprocess.run([sys.executable, "-m", "cloudfs", *words], env=environment, check=True)

    def mount(self) -> None:
        config = self.home / "config.toml"
        config.write_text(
            f'[remotes.bench]\ntype = "webdav"\nurl = "http://127.0.0.1:{self.proxy.port}/"\n'
        )
        self._run("mount", "bench:", self.mountpoint)

    def umount(self) -> None:
        self._run("umount", self.mountpoint)

    def drain(self) -> None:
        self._run("flush", self.mountpoint)

    def pid(self) -> int:
        return int(json.loads((self.home / "state/bench/lock").read_text())["pid"])

    def forget(self) -> None:
        shutil.rmtree(self.home / "cache", ignore_errors=True)
        shutil.rmtree(self.home / "state", ignore_errors=True)


CONTESTANTS: dict[str, type[Contestant]] = {
    kind.name: kind for kind in (Cloudfs, Rclone, TunedRclone)
}


# The workloads -------------------------------------------------------------------------------


@dataclass
class Workload:
    """*prepare* fills the server's folder; *run* is what is measured, on the mount.

    *before* brings the mount into the state that the measurement begins in.
    """

    name: str
    prepare: Callable[[Path], None]
    run: Callable[[Path], None]
    before: Callable[[Contestant], None] | None = None
    drains: bool = False
    remount: bool = False
    drop: bool = True
    slow: bool = False  # left out of quick runs


def shell(command: str) -> Callable[[Path], None]:
    def run(mountpoint: Path) -> None:
        subprocess.run(["sh", "-c", command], cwd=mountpoint, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip

    return run


def small_files(folder: Path) -> None:
    chance = random.Random(1)
    for number in range(30):
        place = folder / f"d{number:02}"
        place.mkdir()
        for file in range(20):
            (place / f"f{file:02}").write_bytes(chance.randbytes(4000))


def big_file(folder: Path) -> None:
    with (folder / "big").open("wb") as file:
        for number in range(256):
            file.write(random.Random(number).randbytes(MIB))


def many_entries(folder: Path) -> None:
    for number in range(1000):
        place = folder / f"d{number:03}"
        place.mkdir()
        for file in range(100):
            (place / f"f{file:02}").touch()


def nothing(_: Path) -> None:
    pass


def a_tree(folder: Path) -> None:
    chance = random.Random(2)
    for number in range(10):
        place = folder / "t" / f"d{number}"
        place.mkdir(parents=True)
        for file in range(50):
            (place / f"f{file:02}").write_bytes(chance.randbytes(2000))


def random_reads(mountpoint: Path) -> None:
    chance = random.Random(3)
    with (mountpoint / "big").open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for _ in range(40):
            file.seek(chance.randrange(256 * MIB // 4096) * 4096)
            assert len(file.read(4096)) == 4096


def first_byte(mountpoint: Path) -> None:
    with (mountpoint / "big").open("rb", buffering=0) as file:
        file.read(1)


def read_big(mountpoint: Path) -> None:
    with (mountpoint / "big").open("rb", buffering=0) as file:
        while file.read(MIB):
            pass


def random_order_reads(mountpoint: Path) -> None:
    paths = sorted(mountpoint.glob("*/*"))
    random.Random(4).shuffle(paths)
    for path in paths[:200]:
        path.read_bytes()


def make_archive(path: Path) -> Path:
    if not path.exists():
        chance = random.Random(5)
        with tempfile.TemporaryDirectory() as folder:
            for number in range(10):
                place = Path(folder) / f"d{number}"
                place.mkdir()
                for file in range(50):
                    (place / f"f{file:02}").write_bytes(chance.randbytes(2000))
            with tarfile.open(path, "w") as tar:
                tar.add(folder, "t")
    return path


def editor_saves(mountpoint: Path) -> None:
    target = mountpoint / "doc.txt"
    for number in range(100):
        temporary = mountpoint / ".doc.txt.tmp"
        temporary.write_text(f"save {number}\n" * 100)
        temporary.rename(target)


def make_repository(path: Path) -> Path:
    if not path.exists():
        path.mkdir()
        chance = random.Random(6)
        for number in range(2000):
            place = path / f"d{number % 50:02}"
            place.mkdir(exist_ok=True)
            (place / f"f{number:04}.txt").write_text(f"{chance.random()}\n" * 20)
        git = ["git", "-C", path, "-c", "user.name=a", "-c", "user.email=a@b"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
            subprocess.run([*git, *words], check=True)
    return path


def warm_up(command: str) -> Callable[[Contestant], None]:
    return lambda contestant: shell(command)(contestant.mountpoint)


def workloads(home: Path) -> list[Workload]:
    archive = make_archive(home / "t.tar")
    repository = make_repository(home / "repository")
    walk, find, grep = "ls -lR .", "find . -ls", "grep -r no-such-text . || true"
    return [
        Workload("ls -lR cold, 30 folders", small_files, shell(walk)),
        Workload("ls -lR after a remount", small_files, shell(walk), warm_up(walk), remount=True),
        Workload("grep -r cold, 600 files", small_files, shell(grep)),
        Workload("grep -r again, page cache dropped", small_files, shell(grep), warm_up(grep)),
        Workload("200 of 600 small files in random order", small_files, random_order_reads,
                 warm_up(walk)),
        Workload("40 random 4 KiB reads of 256 MiB", big_file, random_reads, warm_up("ls")),
        Workload("first byte of 256 MiB", big_file, first_byte, warm_up("ls")),
        Workload("all 256 MiB cold", big_file, read_big, warm_up("ls")),
        Workload("all 256 MiB again, page cache dropped", big_file, read_big,
                 lambda contestant: read_big(contestant.mountpoint)),
        Workload("find of 100,000 entries warm", many_entries, shell(find), warm_up(find),
                 drop=False, slow=True),
        Workload("rsync -an of an unchanged tree", small_files,
                 shell(f"rsync -an --delete . {home}/copy"),
                 lambda c: (shutil.rmtree(home / "copy", ignore_errors=True),
                            shell(f"rsync -a . {home}/copy")(c.mountpoint)), drop=False),
        Workload("untar 500 small files", nothing, shell(f"tar xf {archive}"), warm_up("ls"),
                 drains=True),
        Workload("rm -rf of 500 files", a_tree, shell("rm -rf t"), warm_up("ls -lR"), drains=True),
        Workload("cp of 128 MiB", nothing, shell(f"cp {home}/128 copy"), warm_up("ls"),
                 drains=True),
        Workload("mv of a folder of 100", lambda f: (a_tree(f), (f / "into").mkdir()),
                 shell("mv t into/t"), warm_up("ls -lR"), drains=True),
        Workload("100 editor saves in a burst", nothing, editor_saves, warm_up("ls"), drains=True),
        Workload("git clone of 2000 files, git status", nothing,
                 shell(f"git clone -q {repository} clone && git -C clone status"), warm_up("ls"),
                 drains=True, slow=True),
    ]  # fmt: skip


# Measuring -----------------------------------------------------------------------------------


@dataclass
class Run:
    seconds: float
    drained: float
    requests: dict[str, int]
    down: int
    up: int
    cpu: float
    memory: int


@dataclass
class Bench:
    home: Path
    rtt: float
    bandwidth: float
    runs: int
    results: dict[str, dict[str, list[Run]]] = field(default_factory=dict)

    def measure(self, workload: Workload, kinds: list[type[Contestant]]) -> None:
        folder = self.home / "served"
        for number in range(self.runs):
            for kind in kinds:
                with self._served(folder, workload) as server:
                    run = self._one(workload, kind, server)
                self.results.setdefault(workload.name, {}).setdefault(kind.name, []).append(run)
                print(
                    f"  {workload.name}, {kind.name}, run {number + 1}: {run.seconds:.3f} s"
                    + (f", drained {run.drained:.3f} s" if workload.drains else "")
                    + f", {sum(run.requests.values())} requests",
                    file=sys.stderr, flush=True,
                )  # fmt: skip

    @contextlib.contextmanager
    def _served(self, folder: Path, workload: Workload) -> Iterator[Server]:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        workload.prepare(folder)
        server = Server(folder)
        try:
            yield server
        finally:
            server.stop()

    def _one(self, workload: Workload, kind: type[Contestant], server: Server) -> Run:
        proxy = Proxy(server.port, self.rtt, self.bandwidth)
        contestant = kind(self.home / kind.name.replace(", ", "-"), proxy)
        contestant.forget()
        contestant.mount()
        try:
            if workload.before is not None:
                workload.before(contestant)
                contestant.drain()
            if workload.remount:
                contestant.umount()
                contestant.mount()
            if workload.drop:
                drop_page_cache()
            before = proxy.stats()
            cpu_before, _ = contestant.usage()
            began = time.monotonic()
            workload.run(contestant.mountpoint)
            seconds = time.monotonic() - began
            if workload.drains:
                contestant.drain()
            drained = time.monotonic() - began
            after = proxy.stats()
            cpu, memory = contestant.usage()
        finally:
            contestant.umount()
            proxy.stop()
        requests = {
            method: count - before["requests"].get(method, 0)
            for method, count in after["requests"].items()
        }
        return Run(
            seconds, drained, {m: c for m, c in requests.items() if c},
            after["down"] - before["down"], after["up"] - before["up"], cpu - cpu_before, memory,
        )  # fmt: skip

    def summary(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {
            workload: {name: _median(runs) for name, runs in by_name.items()}
            for workload, by_name in self.results.items()
        }


def _median(runs: list[Run]) -> dict[str, Any]:
    middle = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
    return {
        "seconds": statistics.median(run.seconds for run in runs),
        "drained": statistics.median(run.drained for run in runs),
        "requests": middle.requests,
        "down": middle.down,
        "up": middle.up,
        "cpu": statistics.median(run.cpu for run in runs),
        "memory": max(run.memory for run in runs),
    }


def table(summary: dict[str, dict[str, dict[str, Any]]]) -> str:
    lines = [
        "| workload | contestant | seconds | on the server | requests | MiB down | CPU s | MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for workload, by_name in summary.items():
        for name, row in by_name.items():
            requests = ", ".join(f"{count} {method}" for method, count in row["requests"].items())
            lines.append(
                f"| {workload} | {name} | {row['seconds']:.3f} | {row['drained']:.3f} | "
                f"{requests or 'none'} | {row['down'] / MIB:.1f} | {row['cpu']:.2f} | "
                f"{row['memory'] / MIB:.0f} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one run, without the slow ones")
    parser.add_argument("--only", help="only workloads whose name contains this")
    parser.add_argument("--contestants", help="names, separated by semicolons")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rtt", type=float, default=0.04)
    parser.add_argument("--bandwidth", type=float, default=125e6)
    arguments = parser.parse_args()
    names = arguments.contestants.split(";") if arguments.contestants else list(CONTESTANTS)
    kinds = [CONTESTANTS[name] for name in names]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="cloudfs-bench-") as folder:
        home = Path(folder)
        (home / "128").write_bytes(random.Random(9).randbytes(128 * MIB))
        runs = 1 if arguments.quick else arguments.runs
        bench = Bench(home, arguments.rtt, arguments.bandwidth, runs)
        for workload in workloads(home):
            if arguments.only and arguments.only not in workload.name:
                continue
            if arguments.quick and workload.slow:
                continue
            bench.measure(workload, kinds)
        summary = bench.summary()
    print(table(summary))
    if arguments.json:
        arguments.json.write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
