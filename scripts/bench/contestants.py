"""The contestants: ways to mount a server, each with a home of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from line import wait_for
from servers import BUCKET, KEY, SECRET, Server, rclone


class Contestant:
    """A way to mount a server that is reached as *ports*."""

    name = ""
    servers = frozenset({"webdav", "s3"})

    def __init__(self, home: Path, server: Server, ports: Sequence[int]) -> None:
        self.home = home
        self.server = server
        self.ports = ports
        self.mountpoint = home / "mnt"
        self.mountpoint.mkdir(parents=True, exist_ok=True)

    def mount(self) -> None:
        """Mount; returns when the mount answers."""
        raise NotImplementedError

    def umount(self) -> None:
        """Unmount; returns when the process has ended."""
        raise NotImplementedError

    def pid(self) -> int:
        """The process that serves the mount."""
        raise NotImplementedError

    def forget(self) -> None:
        """Throw away all that is remembered on disk."""
        for name in ("cache", "state"):
            shutil.rmtree(self.home / name, ignore_errors=True)

    def usage(self) -> tuple[float, int]:
        """CPU seconds until now, and peak bytes of memory, of the process."""
        pid = self.pid()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        status = Path(f"/proc/{pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return cpu, int(line.split()[1]) * 1024

    def is_mounted(self) -> bool:
        return f" {self.mountpoint} " in Path("/proc/mounts").read_text()

    @classmethod
    def version(cls) -> str:
        """What program this is."""
        raise NotImplementedError


class Foreground(Contestant):
    """A program that stays in the foreground while its mount is there."""

    _process: subprocess.Popen[Any]

    def command(self) -> list[str]:
        raise NotImplementedError

    def mount(self) -> None:
        log = (self.home / "log").open("a")
        self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        wait_for(self._mounted_or_ended)
        if self._process.poll() is not None:
            raise OSError(f"{self.name} did not mount; {self.home / 'log'} tells why")

    def _mounted_or_ended(self) -> bool:
        return self.is_mounted() or self._process.poll() is not None

    def umount(self) -> None:
        subprocess.run(["fusermount3", "-uz", self.mountpoint], check=False)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def pid(self) -> int:
        return self._process.pid


class Rclone(Foreground):
    name = "rclone"
    flags: tuple[str, ...] = ()

    def command(self) -> list[str]:
        remote, *options = self.server.rclone_options(self.ports)
        options += ["--cache-dir", str(self.home / "cache"), "--config", "/dev/null"]
        mount = [rclone(), "mount", remote, str(self.mountpoint), "--vfs-cache-mode", "full"]
        return [*mount, *options, *self.flags]

    @classmethod
    def version(cls) -> str:
        return _first_line([rclone(), "version"])


class TunedRclone(Rclone):
    name = "rclone, tuned"
    flags = (
        *("--dir-cache-time", "1h", "--attr-timeout", "1m", "--transfers", "16"),
        *("--vfs-write-back", "1s", "--vfs-read-chunk-size", "4M"),
        *("--vfs-read-chunk-streams", "8", "--buffer-size", "16M"),
        *("--vfs-fast-fingerprint", "--no-checksum"),
    )


class S3fs(Foreground):
    name = "s3fs"
    servers = frozenset({"s3"})

    def command(self) -> list[str]:
        secret = self.home / "password"
        secret.touch(mode=0o600)
        secret.write_text(f"{KEY}:{SECRET}\n")
        options = (
            f"url=http://127.0.0.1:{self.ports[0]}",
            "use_path_request_style",
            "endpoint=us-east-1",
            f"passwd_file={secret}",
            f"use_cache={self.home / 'cache'}",
        )
        command = ["s3fs", BUCKET, str(self.mountpoint), "-f"]
        return command + [word for option in options for word in ("-o", option)]

    def forget(self) -> None:
        super().forget()
        (self.home / "cache").mkdir()

    @classmethod
    def version(cls) -> str:
        return _first_line(["s3fs", "--version"])


class Cloudfs(Contestant):
    name = "cloudfs"
    servers = frozenset({"webdav", "s3", "cloudike"})

    def _run(self, *words: str | Path) -> None:
        environment = os.environ | {
            "CLOUDFS_CONFIG": str(self.home / "config.toml"),
            "CLOUDFS_CACHE_DIR": str(self.home / "cache"),
            "CLOUDFS_STATE_DIR": str(self.home / "state"),
        }
        subprocess.run([sys.executable, "-m", "cloudfs", *words], env=environment, check=True)

    def mount(self) -> None:
        settings = {"type": self.server.type, **self.server.cloudfs_settings(self.ports)}
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        config = self.home / "config.toml"
        config.touch(mode=0o600)
        config.write_text("\n".join(["[remotes.bench]", *lines, ""]))
        self._run("mount", "bench:", self.mountpoint)

    def umount(self) -> None:
        pid = self.pid()
        try:
            self._run("umount", "--no-wait", self.mountpoint)
            wait_for(lambda: not _runs(pid), 10)
        except (subprocess.CalledProcessError, TimeoutError):
            subprocess.run(["fusermount3", "-uz", self.mountpoint], check=False)
            if _runs(pid):
                os.kill(pid, signal.SIGKILL)

    def pid(self) -> int:
        return int(json.loads((self.home / "state/bench/lock").read_text())["pid"])

    @classmethod
    def version(cls) -> str:
        return _first_line([sys.executable, "-m", "cloudfs", "--version"])


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _first_line(command: Sequence[str]) -> str:
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return shown.partition("\n")[0]


CONTESTANTS: dict[str, type[Contestant]] = {
    kind.name: kind for kind in (Cloudfs, Rclone, TunedRclone, S3fs)
}


def contestants_for(server: str) -> list[type[Contestant]]:
    """Those that can mount such a server, and are installed."""
    return [
        kind
        for kind in CONTESTANTS.values()
        if server in kind.servers and (kind is not S3fs or shutil.which("s3fs"))
    ]
