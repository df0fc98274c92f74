"""The life of a mount: from the lock to the last upload."""

import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from cloudfs.config import MountSettings, Remote
from cloudfs.control import ControlServer
from cloudfs.errors import CloudError, unwrapped
from cloudfs.fuse.kernel import Kernel
from cloudfs.fuse.readahead import raise_read_ahead
from cloudfs.fuse.session import MountOptions, Session, mounted
from cloudfs.http.limits import priority
from cloudfs.model import Priority
from cloudfs.mounting import mountpoints
from cloudfs.mounting.building import Assembly, assemble, connected
from cloudfs.mounting.commands import Commands
from cloudfs.mounting.folders import Folders, locked
from cloudfs.operations.drive import Drive

log = logging.getLogger(__name__)

DRAIN_ON_SIGNAL = 20.0  # seconds for uploads when told to end; the rest stays in the journal
SWITCH_INTERVAL = 0.0005  # seconds: threads that touch the disk get their turn soon
LAST_ANSWERS = 5.0
DRAIN_AFTER_UMOUNT = 60.0  # the same when somebody unmounted without asking us


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """What to mount where."""

    remote: Remote
    path: str
    mountpoint: Path
    settings: MountSettings
    folders: Folders


def serve(mount: Mount, ready: Callable[[], None]) -> None:
    """Mount, call *ready* when the mount answers, and serve it until it is unmounted.

    Raises ConfigError or CloudError if it cannot be mounted.
    """
    mountpoints.check_fuse()
    mountpoints.prepare(mount.mountpoint)
    _raise_open_files()
    sys.setswitchinterval(SWITCH_INTERVAL)
    with locked(mount.remote.name, mount.folders, os.fspath(mount.mountpoint)), unwrapped():
        trio.run(_serve, mount, ready)


async def _serve(mount: Mount, ready: Callable[[], None]) -> None:
    async with connected(mount.remote, mount.folders) as connection:
        with unwrapped():
            async with trio.open_nursery() as nursery:
                assembly = await assemble(
                    nursery,
                    mount.remote,
                    connection,
                    path=mount.path,
                    settings=mount.settings,
                    folders=mount.folders,
                )
                try:
                    await _attached(mount, assembly, ready)
                finally:
                    with trio.CancelScope(shield=True):
                        await assembly.journal.harden()
                nursery.cancel_scope.cancel()


async def _attached(mount: Mount, assembly: Assembly, ready: Callable[[], None]) -> None:
    """Serve the kernel, and see to the uploads when that is over."""
    kernel = Kernel()
    options = MountOptions(
        source=f"{mount.remote.name}:{mount.path}",
        read_only=mount.settings.ro,
        allow_other=mount.settings.allow_other,
    )
    ended_by_signal = trio.Event()
    async with mounted(assembly.drive, mount.mountpoint, options, kernel) as session:
        assembly.announcements.kernel = kernel
        control = ControlServer(mount.folders.state, Commands(assembly, session).table())
        with unwrapped():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(control.serve)
                nursery.start_soon(_end_on_signal, session, assembly, ended_by_signal)
                nursery.start_soon(_begin, mount.mountpoint, assembly.drive, ready)
                await session.serve()
                with trio.move_on_after(LAST_ANSWERS):
                    await control.quiet()  # the one who had us unmounted wants to hear of it
                nursery.cancel_scope.cancel()
        assembly.announcements.kernel = None
    if not (ended_by_signal.is_set() or session.in_a_hurry):
        await _drain(assembly, DRAIN_AFTER_UMOUNT)


async def _end_on_signal(session: Session, assembly: Assembly, ended: trio.Event) -> None:
    """SIGTERM and SIGINT: upload for a while, then unmount; a second one does not wait."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
        async for number in signals:
            log.info("ending on signal %d", number)
            async with trio.open_nursery() as nursery:

                async def impatient(scope: trio.CancelScope = nursery.cancel_scope) -> None:
                    async for _ in signals:
                        scope.cancel()

                nursery.start_soon(impatient)
                await _drain(assembly, DRAIN_ON_SIGNAL)
                nursery.cancel_scope.cancel()
            ended.set()
            session.end()
            return


async def _drain(assembly: Assembly, seconds: float) -> None:
    with trio.move_on_after(seconds):
        await assembly.committer.drain()
    left = len(assembly.journal.waiting)
    if left:
        log.warning("%d changes stay in the journal until the next mount", left)


async def _begin(mountpoint: Path, drive: Drive, ready: Callable[[], None]) -> None:
    """Call *ready* when the kernel gets an answer from us, and prepare for what comes next."""
    await trio.to_thread.run_sync(raise_read_ahead, mountpoint)
    ready()
    top = drive.tree.root
    if drive.listings.is_missing(top):
        with suppress(CloudError), priority(Priority.PREFETCH):
            await drive.listings.ensure(top)  # whoever comes will look at this one first


def _raise_open_files() -> None:
    """Many files may be open at once: take as many descriptors as are allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if most != resource.RLIM_INFINITY else 1 << 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, 1 << 20), most))
