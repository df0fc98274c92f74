"""A process in the background, whose parent waits until it works or has failed."""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from cloudfs.errors import CloudError, ConfigError

READY = b"ready"
MISCONFIGURED = b"misconfigured: "
LARGEST_LOG = 10 << 20


class BackgroundFailed(Exception):
    """The process in the background did not come to work; the text says why.

    *misconfigured*: what it was told to do cannot be.
    """

    def __init__(self, reason: str, *, misconfigured: bool = False) -> None:
        super().__init__(reason)
        self.misconfigured = misconfigured


def in_background(work: Callable[[Callable[[], None]], None], log: Path) -> None:
    """Run *work* in a new process, and return when it calls what it is given.

    Must be called before there are threads. What the process logs goes to *log*. Raises
    BackgroundFailed with its reason if it fails before that.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    if (child := os.fork()) == 0:
        os.close(reading)
        _detached(work, log, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    if answer != READY:
        reason = answer.removeprefix(MISCONFIGURED).decode("utf-8", "replace")
        raise BackgroundFailed(
            reason or f"the process has died; see {log}",
            misconfigured=answer.startswith(MISCONFIGURED),
        )


def _detached(work: Callable[[Callable[[], None]], None], log: Path, pipe: int) -> None:
    """The child's side; does not return."""
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    status = 1
    told = False

    def ready() -> None:
        nonlocal told
        told = True
        os.write(pipe, READY)
        os.close(pipe)

    try:
        _redirect(log)
        work(ready)
        status = 0
    except (CloudError, ConfigError, OSError) as error:
        if told:
            logging.getLogger(__name__).exception("the mount has ended")
        else:
            logging.getLogger(__name__).info("not mounted: %s", error)
            kind = MISCONFIGURED if isinstance(error, ConfigError) else b""
            os.write(pipe, kind + " ".join(str(error).split()).encode())
    except BaseException as error:
        logging.getLogger(__name__).exception("the mount has ended")
        if not told:
            os.write(pipe, f"{type(error).__name__}: {error} (more in {log})".encode())
    finally:
        logging.shutdown()
        os._exit(status)


def _redirect(log: Path) -> None:
    """Keep the log, and nothing of the terminal."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".old"))
    nowhere = os.open(os.devnull, os.O_RDONLY)
    kept = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nowhere, 0)
    os.dup2(kept, 1)
    os.dup2(kept, 2)
    os.close(nowhere)
    os.close(kept)
    os.chdir("/")
