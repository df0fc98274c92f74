"""mount, umount, flush."""

import argparse
import logging
import os
import select
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from cloudfs.cli.following import followed
from cloudfs.cli.output import Done, complain
from cloudfs.cli.targets import remote_and_path, state_of
from cloudfs.config import Remote, load, mount_settings
from cloudfs.errors import ConfigError
from cloudfs.mounting.daemon import BackgroundFailed, in_background
from cloudfs.mounting.folders import folders_of

LAST_BREATH = 30.0  # seconds for the process to end when everything is done


def mount(arguments: argparse.Namespace) -> None:
    """Mount a remote; in the background unless told otherwise."""
    config = load()
    remote, path = remote_and_path(config, arguments.remote)
    options = ",".join([*arguments.options, *(["ro"] if arguments.read_only else [])])
    settings = mount_settings(config, remote, options)
    start(remote, path, arguments.mountpoint, settings, foreground=arguments.foreground)


def start(remote: Remote, path: str, mountpoint: str, settings: Any, *, foreground: bool) -> None:
    """Mount, and return when the mount answers (or in the foreground, when it is over)."""
    try:
        from cloudfs.mounting.running import Mount, serve  # noqa: PLC0415 - libfuse may be missing
    except ImportError as error:
        raise ConfigError(
            f"the FUSE library cannot be loaded ({error}); run: apt install fuse3 libfuse3-3"
        ) from error
    folders = folders_of(remote.name)
    what = Mount(
        remote=remote,
        path=path,
        mountpoint=Path(os.path.abspath(mountpoint)),  # noqa: PTH100 - not through a dead mount
        settings=settings,
        folders=folders,
    )
    if foreground:
        serve(what, lambda: None)
        return
    try:
        in_background(lambda ready: serve(what, ready), folders.log)
    except BackgroundFailed as error:
        complain(str(error))
        raise Done(2 if error.misconfigured else 1) from error


def flush(arguments: argparse.Namespace) -> None:
    """Wait until the service has everything."""
    answer = followed(state_of(arguments.mountpoint), "flush", _shown, timeout=arguments.timeout)
    if answer["left"]:
        _list_left(answer)
        raise Done(1)


def umount(arguments: argparse.Namespace) -> None:
    """Unmount when the service has everything."""
    state = state_of(arguments.mountpoint, exactly=True)
    answer = followed(
        state, "umount", _shown, timeout=arguments.timeout, wait=not arguments.no_wait
    )
    if not answer.get("unmounted"):
        _list_left(answer)
        if problem := answer.get("problem"):
            complain(f"{problem}; close the programs that use it (fuser -vm shows them)")
        else:
            complain(
                "not unmounted: not everything is on the service yet; wait longer, or use "
                "--no-wait (what is left stays in the journal and goes on with the next mount)"
            )
        raise Done(1)
    _wait_for_end(int(answer["pid"]))
    if answer["left"]:
        _list_left(answer)


def _shown(answer: dict[str, Any]) -> str:
    trouble = f" ({answer['trouble']})" if answer.get("trouble") else ""
    return f"{answer['waiting']} changes to bring to the service{trouble} ..."


def _list_left(answer: dict[str, Any]) -> None:
    for left in answer.get("left", []):
        reason = f": {left['reason']}" if "reason" in left else ""
        print(f"not on the service yet: {left['path']} ({left['change']}){reason}", file=sys.stderr)


def _wait_for_end(pid: int) -> None:
    """Wait for the process to end, so that it can be mounted again at once (pidfd_open(2))."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            if not select.select([descriptor], [], [], LAST_BREATH)[0]:
                logging.getLogger(__name__).warning("process %d is still there", pid)
        finally:
            os.close(descriptor)
