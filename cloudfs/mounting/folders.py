"""Where a remote keeps things on this machine, locked for one process."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cloudfs.config import cache_folder, state_folder
from cloudfs.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one remote."""

    state: Path
    cache: Path

    @property
    def drafts(self) -> Path:
        """What programs wrote and the service has not got."""
        return self.state / "drafts"

    @property
    def blocks(self) -> Path:
        """What was read."""
        return self.cache / "blocks"

    @property
    def log(self) -> Path:
        """What the process in the background has to say."""
        return self.state / "log"


def folders_of(remote: str) -> Folders:
    """The folders of a remote, made if need be, for their owner's eyes only."""
    folders = Folders(state_folder(remote), cache_folder(remote))
    for folder in (folders.state, folders.cache, folders.drafts):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{folder} cannot be made: {error.strerror}") from error
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    return folders


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that has a remote mounted."""

    remote: str
    mountpoint: str
    pid: int
    state: Path


@contextlib.contextmanager
def locked(remote: str, folders: Folders, mountpoint: str) -> Iterator[None]:
    """Hold the remote's state. Raises ConfigError that names who has it, if somebody has."""
    descriptor = os.open(folders.state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _read(remote, folders.state)
            where = f" at {other.mountpoint} by process {other.pid}" if other else ""
            raise ConfigError(
                f"{remote} is mounted already{where}; unmount it first, "
                "or use another name for the remote to mount it twice"
            ) from None
        record = json.dumps({"mountpoint": mountpoint, "pid": os.getpid()}).encode()
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, record, 0)
        yield
    finally:
        os.close(descriptor)


def holders() -> list[Holder]:
    """The processes that have remotes of this user mounted."""
    base = state_folder("x").parent
    if not base.is_dir():
        return []
    held = (state for state in sorted(base.iterdir()) if _is_locked(state / "lock"))
    found = (_read(state.name, state) for state in held)
    return [holder for holder in found if holder is not None]


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _read(remote: str, state: Path) -> Holder | None:
    try:
        record = json.loads((state / "lock").read_text())
        return Holder(remote, record["mountpoint"], int(record["pid"]), state)
    except (OSError, ValueError, KeyError, TypeError):
        return None
