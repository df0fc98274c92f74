"""What a provider wants to remember: a small private file, which several processes share.

A mount and a command of the same remote both sign in, and the service may give either of them
a token that the other has to use from then on.

1. A process writes only what it has changed itself, into what the file holds at that moment,
   under a lock on a file beside it.
2. What another process wrote is seen at the next look at any note.
3. `clear` begins the notes of another login. A process that goes on with the login before (a
   drive that is still mounted) neither uses those nor writes its own among them.
"""

import contextlib
import fcntl
import json
import logging
import os
import secrets
import time
from collections.abc import Iterator, MutableMapping
from pathlib import Path

log = logging.getLogger(__name__)

LOGIN = ""  # the key under which the file says of which login its notes are
LONGEST_WAIT = 1.0  # seconds for another process that is writing
PAUSE = 0.01

Signature = tuple[int, int, int]


class Notes(MutableMapping[str, str]):
    """The notes of one remote, written at every change."""

    def __init__(self, path: Path) -> None:
        self._path = path

        # Changing. `_unwritten` are changes that the file has not got; None: removed.
        self._notes: dict[str, str] = {}
        self._unwritten: dict[str, str | None] = {}
        self._seen: Signature | None = None
        self._login = ""
        self._foreign = False  # the file is about another login by now
        self._look(adopt=True)

    def __getitem__(self, key: str) -> str:
        self._look()
        return self._notes[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._look()
        if self._notes.get(key) != value:
            self._change(key, value)

    def __delitem__(self, key: str) -> None:
        del self._notes[key]
        self._change(key, None)

    def __iter__(self) -> Iterator[str]:
        self._look()
        return iter(tuple(self._notes))

    def __len__(self) -> int:
        self._look()
        return len(self._notes)

    def clear(self) -> None:
        """Begin the notes of another login; who goes on with the one before is left alone."""
        self._look()
        if not self._notes:
            return
        self._notes, self._unwritten = {}, {}
        self._login, self._foreign = secrets.token_hex(8), False
        self._write(anew=True)

    def _look(self, *, adopt: bool = False) -> None:
        """Take over what others wrote; a file that cannot be read tells nothing new.

        *adopt* makes the login of the file that of this process.
        """
        try:
            if _signature(self._path.stat()) == self._seen:
                return
            found, signature = _read(self._path)
        except (OSError, ValueError, TypeError):
            return
        self._seen = signature
        login = found.pop(LOGIN, "")
        if adopt:
            self._login = login
        self._foreign = login != self._login
        if not self._foreign:
            self._notes = found
            for key, value in self._unwritten.items():
                self._put(key, value)

    def _put(self, key: str, value: str | None) -> None:
        if value is None:
            self._notes.pop(key, None)
        else:
            self._notes[key] = value

    def _change(self, key: str, value: str | None) -> None:
        self._put(key, value)
        self._unwritten[key] = value
        self._write()

    # Writing ----------------------------------------------------------------------------------

    def _write(self, *, anew: bool = False) -> None:
        try:
            with _locked(self._path.with_suffix(".lock")):
                if not anew:
                    self._look()
                if not self._foreign:
                    self._replace_file()
                    self._unwritten.clear()
        except OSError as error:
            log.warning("%s cannot be written (%s): after a restart it is old", self._path, error)

    def _replace_file(self) -> None:
        temporary = self._path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump({LOGIN: self._login} | self._notes if self._login else self._notes, stream)
            stream.flush()
            os.fsync(descriptor)
            written = _signature(os.fstat(descriptor))
        temporary.replace(self._path)
        self._seen = written


def _signature(status: os.stat_result) -> Signature:
    return status.st_mtime_ns, status.st_ino, status.st_size


def _read(path: Path) -> tuple[dict[str, str], Signature]:
    """What the file holds, and its signature. Raises TypeError or ValueError for nonsense."""
    with path.open() as stream:
        found = json.load(stream)
        signature = _signature(os.fstat(stream.fileno()))
    if not isinstance(found, dict):
        raise TypeError("not a table")
    return {str(key): str(value) for key, value in found.items()}, signature


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Be the only one who writes. Raises BlockingIOError if another process does for long."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    end = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(PAUSE)
        else:
            return
