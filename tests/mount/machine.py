"""Real mounts: a cloud in a process, and drives mounted with the command line."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CLOUDFS = [sys.executable, "-m", "cloudfs"]


def missing() -> str | None:
    """What this machine lacks for real mounts."""
    if not Path("/dev/fuse").exists():
        return "/dev/fuse"
    if shutil.which("fusermount3") is None:
        return "fusermount3"
    return None


def wait_until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something that other processes bring about."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


class Cloud:
    """An emulated service in a process of its own."""

    def __init__(self, root: Path, type_: str = "cloudike") -> None:
        self.root = root
        self.type = type_
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self.account: dict[str, str] = {}

    def start(self) -> None:
        command = [*CLOUDFS, "serve", self.type, os.fspath(self.root)]
        self._process = subprocess.Popen(
            [*command, "--listen", f"127.0.0.1:{self.port}"], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.account = json.loads(self._process.stdout.readline())
        self.port = urlsplit(self.account["url"]).port or 0

    def kill(self) -> None:
        """The server dies: SIGKILL."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The emulator's own control surface."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.account['url']}/_emulator/{path}",
            data=data,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read() or b"null")


@dataclass
class Drive:
    """A remote, its folders, and where it is mounted."""

    home: Path
    remote: str
    settings: dict[str, Any]
    options: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.path = self.home / "mnt"
        self.path.mkdir(exist_ok=True)
        lines = [f"[remotes.{self.remote}]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in self.settings.items()]
        config = self.home / "config.toml"
        config.write_text("\n".join(lines) + "\n")
        config.chmod(0o600)
        self.environment = os.environ | {
            "CLOUDFS_CONFIG": os.fspath(config),
            "CLOUDFS_CACHE_DIR": os.fspath(self.home / "cache"),
            "CLOUDFS_STATE_DIR": os.fspath(self.home / "state"),
        }

    @property
    def log(self) -> str:
        path = self.home / "state" / self.remote / "log"
        return path.read_text() if path.exists() else ""

    def command(
        self, *words: str | Path, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*CLOUDFS, *map(str, words)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}\n{self.log[-3000:]}"
        return done

    def mount(self, path: str = "") -> None:
        options = ["-o", ",".join(self.options)] if self.options else []
        self.command("mount", f"{self.remote}:{path}", self.path, *options)

    def umount(self) -> None:
        self.command("umount", self.path)

    def flush(self) -> None:
        self.command("flush", self.path)

    def status(self) -> dict[str, Any]:
        return json.loads(self.command("status", self.path, "--json").stdout)

    @property
    def pid(self) -> int:
        return int(json.loads((self.home / "state" / self.remote / "lock").read_text())["pid"])

    def is_mounted(self) -> bool:
        return f" {self.path} " in Path("/proc/mounts").read_text()

    def kill(self) -> None:
        """The process that serves the mount dies: SIGKILL."""
        pid = self.pid
        os.kill(pid, 9)
        wait_until(lambda: not Path(f"/proc/{pid}").exists())

    def delete_cache(self) -> None:
        shutil.rmtree(self.home / "cache")

    def clean_up(self) -> None:
        """Leave nothing mounted, whatever happened."""
        if self.is_mounted():
            self.command("umount", self.path, "--no-wait", check=False)
        if self.is_mounted():
            subprocess.run(["fusermount3", "-uz", self.path], check=False)

    def surprises(self, announced: list[str]) -> list[str]:
        """Warnings in the log of the mount that no test announced."""
        found = re.findall(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) .*$", self.log, re.MULTILINE)
        return [line for line in found if not any(text in line for text in announced)]
