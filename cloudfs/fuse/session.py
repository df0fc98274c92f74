"""Mounting: the connection to the kernel, from its beginning to its end."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pyfuse3

from cloudfs.errors import ConfigError, unwrapped
from cloudfs.fuse.handlers import Handlers
from cloudfs.fuse.kernel import Kernel
from cloudfs.operations.drive import Drive

log = logging.getLogger(__name__)

MOST_TASKS = 400  # requests in hand at once: many may wait for the network, some must not


@dataclass(frozen=True, slots=True, kw_only=True)
class MountOptions:
    """How the drive is presented."""

    source: str  # what /proc/mounts shows
    read_only: bool = False
    allow_other: bool = False


class Session:
    """A mounted drive."""

    def __init__(self, mountpoint: Path) -> None:
        self.mountpoint = mountpoint
        self.in_a_hurry = False  # whoever unmounts does not want to wait for uploads
        self._ended = False

    async def serve(self) -> None:
        """Answer the kernel until somebody unmounts, or `end` is called."""
        try:
            with unwrapped():
                await pyfuse3.main(min_tasks=4, max_tasks=MOST_TASKS)
        finally:
            self._ended = True

    def end(self) -> None:
        """Stop serving, and unmount."""
        if not self._ended:
            self._ended = True
            pyfuse3.terminate()


@asynccontextmanager
async def mounted(
    drive: Drive, mountpoint: Path, options: MountOptions, kernel: Kernel
) -> AsyncIterator[Session]:
    """The drive at *mountpoint*; unmounted at the end, whatever happens.

    Raises ConfigError if that is impossible.
    """
    flags = set(pyfuse3.default_options) | {f"fsname={options.source}"}
    if options.read_only:
        flags.add("ro")
    if options.allow_other:
        flags.add("allow_other")
    try:
        pyfuse3.init(Handlers(drive), os.fspath(mountpoint), flags)
    except RuntimeError as error:
        raise ConfigError(
            f"{mountpoint} cannot be mounted ({error}); `cloudfs doctor` may tell why"
        ) from error
    kernel.start()
    session = Session(mountpoint)
    try:
        yield session
    finally:
        kernel.stop()
        pyfuse3.close(unmount=True)
