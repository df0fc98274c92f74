"""Mount points: fit to be mounted on, left behind by a dead process, or in use."""

import contextlib
import os
import shlex
import shutil
import subprocess
import threading
from errno import ENOTCONN
from pathlib import Path

from cloudfs.errors import ConfigError

PROBE_TIMEOUT = 5.0  # seconds a living mount may take to tell about itself
CONTROL = "user.cloudfs.control"


def prepare(mountpoint: Path) -> None:
    """Make sure that *mountpoint* can be mounted on; a dead mount is removed first.

    Raises ConfigError that says what is in the way.
    """
    try:
        listed = os.listdir(mountpoint)  # noqa: PTH208 - a Path would hide ENOTCONN
    except FileNotFoundError:
        advice = f"mkdir -p {shlex.quote(str(mountpoint))}"
        raise ConfigError(f"{mountpoint} does not exist; run: {advice}") from None
    except NotADirectoryError:
        raise ConfigError(f"{mountpoint} is not a folder; choose an empty folder") from None
    except PermissionError:
        raise ConfigError(f"{mountpoint} may not be entered by you") from None
    except OSError as error:
        if error.errno != ENOTCONN:
            raise ConfigError(f"{mountpoint} cannot be used: {error.strerror}") from error
        detach(mountpoint)
        listed = os.listdir(mountpoint)  # noqa: PTH208
    if mountpoint.is_mount():
        raise ConfigError(f"something is mounted on {mountpoint} already; unmount it first")
    if listed:
        raise ConfigError(f"{mountpoint} is not empty; choose an empty folder")


def check_fuse() -> None:
    """Raise ConfigError if this machine cannot mount at all, with the way to mend it."""
    if not Path("/dev/fuse").exists():
        raise ConfigError(
            "there is no /dev/fuse here; run: modprobe fuse (or allow it, in a container)"
        )
    if os.geteuid() != 0 and shutil.which("fusermount3") is None:
        raise ConfigError("fusermount3 is missing; run: apt install fuse3")


def detach(mountpoint: Path) -> None:
    """Remove a mount whatever its state: what still uses it keeps its handles."""
    _unmount(mountpoint, lazily=True)


def unmount(mountpoint: Path) -> str | None:
    """Unmount in peace; returns why that is impossible: somebody uses it."""
    return _unmount(mountpoint, lazily=False)


def is_mount(path: Path) -> bool:
    """Whether something is mounted there, dead or alive."""
    return is_dead(path) or os.path.ismount(path)


def is_dead(mountpoint: Path) -> bool:
    """Whether a mount is there whose process is gone."""
    try:
        os.stat(mountpoint)  # noqa: PTH116 - a Path would hide ENOTCONN
    except OSError as error:
        return error.errno == ENOTCONN
    return False


def control_folder(mountpoint: Path) -> Path | None:
    """The state folder of the process that serves *mountpoint*, as it tells itself.

    None if what is there is no mount of ours. Raises ConfigError if it does not answer.
    """
    answer: list[bytes | OSError] = []

    def ask() -> None:
        try:
            answer.append(os.getxattr(mountpoint, CONTROL))
        except OSError as error:
            answer.append(error)

    thread = threading.Thread(target=ask, daemon=True)  # it cannot be interrupted
    thread.start()
    thread.join(PROBE_TIMEOUT)
    if not answer:
        raise ConfigError(
            f"{mountpoint} does not answer; its process hangs. To give it up: "
            f"fusermount3 -uz {shlex.quote(str(mountpoint))}"
        )
    if isinstance(answer[0], OSError):
        return None
    return Path(os.fsdecode(answer[0]))


def _unmount(mountpoint: Path, *, lazily: bool) -> str | None:
    program = shutil.which("fusermount3") or shutil.which("umount")
    if program is None:
        return "fusermount3 is missing; run: apt install fuse3"
    flags = {
        "fusermount3": ["-u", *(["-z"] if lazily else [])],
        "umount": ["-l"] if lazily else [],
    }[Path(program).name]
    done = subprocess.run(  # noqa: S603 - a program of the system, found by name
        [program, *flags, "--", os.fspath(mountpoint)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return None
    with contextlib.suppress(OSError):
        if not mountpoint.is_mount():
            return None
    return done.stderr.strip() or f"{program} failed"
