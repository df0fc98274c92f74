"""demo: an emulated account on this machine, served and mounted; nothing else is needed."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cloudfs.config import Config, Remote, config_path, mount_settings
from cloudfs.errors import ConfigError
from cloudfs.mounting import mountpoints

DEMO = "demo"


def demo(arguments: argparse.Namespace) -> None:
    """Start the demo's server if need be, and mount its account."""
    from cloudfs.cli.mounts import start  # noqa: PLC0415 - it knows this module

    home = demo_folder()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    mountpoint = Path(arguments.mountpoint or home / "drive").absolute()
    if mountpoints.is_dead(mountpoint):
        mountpoints.detach(mountpoint)
    if not arguments.mountpoint:
        mountpoint.mkdir(exist_ok=True)
    if mountpoint.is_dir() and mountpoints.control_folder(mountpoint) is not None:
        print(f"the demo drive is at {mountpoint} already")
        return
    remote = demo_remote() or _start_server(home)
    settings = mount_settings(Config(config_path(), {}, {}), remote, "")
    start(remote, "/", os.fspath(mountpoint), settings, foreground=False)
    print(f"the demo drive is at {mountpoint}")
    print(f"leave it with: cloudfs umount {mountpoint}")
    if (pid := _server()) is not None:
        print(f"its server is process {pid} (kill {pid} ends it); its data stays in {home}")


def demo_folder() -> Path:
    """Where the demo keeps its cloud and its drive."""
    given = os.environ.get("XDG_DATA_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "share"
    return base / "cloudfs" / "demo"


def demo_remote() -> Remote | None:
    """The account of the demo's server, if that runs."""
    known = _known_server()
    return _remote(known) if known is not None else None


def _server() -> int | None:
    """The process id of the demo's server, if that runs."""
    known = _known_server()
    return int(known["pid"]) if known is not None else None


def _known_server() -> dict[str, Any] | None:
    home = demo_folder()
    try:
        known: dict[str, Any] = json.loads((home / "server.json").read_text())
        command = Path(f"/proc/{int(known['pid'])}/cmdline").read_bytes()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if os.fsencode(home / "cloud") not in command.split(b"\0"):
        return None  # another process has its number now
    return known


def _start_server(home: Path) -> Remote:
    command = [sys.executable, "-m", "cloudfs", "serve", "cloudike", os.fspath(home / "cloud")]
    log_path = home / "server.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdout is not None
    told = process.stdout.readline()
    if not told:
        process.wait()
        raise ConfigError(f"the demo's server did not start; {log_path} tells why")
    known = {**json.loads(told), "pid": process.pid}
    note = home / "server.json"
    note.touch(mode=0o600)
    note.write_text(json.dumps(known))
    return _remote(known)


def _remote(known: dict[str, Any]) -> Remote:
    account = {name: known[name] for name in ("url", "username", "password")}
    return Remote(DEMO, "cloudike", account, {})
