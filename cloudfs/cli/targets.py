"""What the words of a command line stand for: remotes with paths, and mount points."""

import os
from pathlib import Path

from cloudfs.cli.demo import DEMO, demo_remote
from cloudfs.config import Config, Remote
from cloudfs.errors import ConfigError
from cloudfs.mounting import folders, mountpoints


def remote_and_path(config: Config, word: str) -> tuple[Remote, str]:
    """The remote and the path of NAME:PATH, or of NAME alone. Raises ConfigError."""
    name, colon, path = word.partition(":")
    if not colon and "/" in word:
        raise ConfigError(f"{word!r} names no remote; write NAME:PATH")
    remote = demo_remote() if name == DEMO and name not in config.remotes else None
    return remote or config.remote(name), "/" + path.strip("/")


def state_of(mountpoint: str, *, exactly: bool = False) -> Path:
    """The state folder of the process that serves a mount, or in whose mount a path is.

    Raises ConfigError if nothing of ours is mounted there, or, with *exactly*, only above it; a
    mount whose process has died is removed.
    """
    wanted = Path(os.path.abspath(mountpoint))  # noqa: PTH100 - resolve() would enter the mount
    path = next((top for top in (wanted, *wanted.parents) if mountpoints.is_mount(top)), wanted)
    if mountpoints.is_dead(path):
        mountpoints.detach(path)
        raise ConfigError(
            f"the process behind {path} had died; the mount is removed. What it had not uploaded "
            "is safe and goes on with the next mount"
        )
    state = mountpoints.control_folder(path)
    if state is None:
        held = next((h for h in folders.holders() if Path(h.mountpoint) == wanted), None)
        if held is not None:
            return held.state
        raise ConfigError(f"no drive is mounted at {wanted}; `cloudfs status` lists the mounts")
    if exactly and path != wanted:
        raise ConfigError(f"{wanted} is inside a drive; the drive is mounted at {path}")
    return state
