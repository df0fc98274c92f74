"""serve and demo: an emulated service on this machine."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from cloudfs.cli import mounts
from cloudfs.config import Config, Remote, config_path, mount_settings
from cloudfs.errors import ConfigError
from cloudfs.mounting import mountpoints

DEMO = "demo"
START_TIMEOUT = 30.0


def serve(arguments: argparse.Namespace) -> None:
    """Run an emulated service until interrupted."""
    run, default_account = _emulators()
    host, _, port = arguments.listen.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f"--listen wants HOST:PORT, not {arguments.listen!r}")

    def ready(url: str) -> None:
        account = default_account(arguments.type)
        print(json.dumps({"url": url, **account}), flush=True)

    run(arguments.type, Path(arguments.root), host.strip("[]"), int(port), ready=ready)


def demo(arguments: argparse.Namespace) -> None:
    """Start an emulated account in a process of its own, and mount it."""
    _emulators()
    home = demo_folder()
    mountpoint = Path(arguments.mountpoint or home / "drive").absolute()
    if not arguments.mountpoint:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if mountpoints.is_dead(mountpoint):
            mountpoints.detach(mountpoint)
        mountpoint.mkdir(exist_ok=True)
    if mountpoints.control_folder(mountpoint) is not None:
        print(f"the demo drive is at {mountpoint} already")
        return
    account = _running_server(home)
    remote = Remote(DEMO, "cloudike", account, {})
    settings = mount_settings(Config(config_path(), {}, {}), remote, "")
    mounts.start(remote, "/", os.fspath(mountpoint), settings, foreground=False)
    print(f"the demo drive is at {mountpoint}")
    print(f"leave it with: cloudfs umount {mountpoint}")


def demo_folder() -> Path:
    """Where the demo keeps its cloud and its drive."""
    given = os.environ.get("XDG_DATA_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "share"
    return base / "cloudfs" / "demo"


def _running_server(home: Path) -> dict[str, str]:
    """The account of the demo's server, which is started if it does not run."""
    note = home / "server.json"
    try:
        known = json.loads(note.read_text())
        os.kill(known["pid"], 0)
        if (
            f"serve\0cloudike\0{home / 'cloud'}"
            in Path(f"/proc/{known['pid']}/cmdline").read_text()
        ):
            return _account(known)
    except (OSError, ValueError, KeyError):
        pass  # it does not run
    command = [sys.executable, "-m", "cloudfs", "serve", "cloudike", os.fspath(home / "cloud")]
    with (home / "server.log").open("ab") as log:
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
        raise ConfigError(f"the demo's server did not start; see {home / 'server.log'}")
    known = {**json.loads(told), "pid": process.pid}
    note.write_text(json.dumps(known))
    note.chmod(0o600)
    return _account(known)


def _account(known: dict[str, str]) -> dict[str, str]:
    return {name: known[name] for name in ("url", "username", "password")}


def _emulators():  # type: ignore[no-untyped-def]  # noqa: ANN202
    """The emulators, which need packages that a plain installation does not have."""
    try:
        from cloudfs.emulators.registry import default_account  # noqa: PLC0415
        from cloudfs.emulators.server import run  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            f"the emulators need more packages ({error.name}); "
            "run: pip install 'cloudfs[emulators]'"
        ) from error
    return run, default_account
