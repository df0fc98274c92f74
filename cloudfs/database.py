"""An SQLite file, off the event loop.

One thread at a time touches the file. Work handed in while it is busy is done together, in
one transaction in the order it came: hundreds of small records a second cost a few commits.

When `write` returns, what was written survives the death of this process (it is in the
write-ahead log, which belongs to the kernel by then). When `harden` returns, everything
written before survives a power failure too.
"""

import errno
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import trio

from cloudfs.errors import NoLocalSpace

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], T]


@dataclass(slots=True)
class Job(Generic[T]):
    """Work that was handed in; when it is `done` it has a result or an error."""

    work: Work[T]
    durable: bool
    done: trio.Event = field(default_factory=trio.Event)
    result: T | None = None
    error: BaseException | None = None


class Database:
    """The connection to one file; use `open_database`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

        # Changing. The task of `serve` sleeps on `_wake` while `_jobs` is empty.
        self._jobs: list[Job[Any]] = []
        self._wake = trio.Event()
        self._closing = False
        self._closed = trio.Event()

    async def write(self, work: Work[T]) -> T:
        """What *work* returns, run in a transaction that is committed when this returns.

        An exception of *work* undoes what it did, and nothing else. Once handed in it is
        done, even if the caller is cancelled meanwhile. Raises NoLocalSpace if the disk is
        full.
        """
        job = self.enqueue(work)
        await job.done.wait()
        if job.error is not None:
            raise job.error
        return job.result  # type: ignore[return-value]  # set whenever there is no error

    def enqueue(self, work: Work[T], *, durable: bool = False) -> Job[T]:
        """Hand *work* in without waiting; it is done before any that is handed in later."""
        if self._closed.is_set():
            raise RuntimeError("the database is closed")
        job = Job(work, durable)
        self._jobs.append(job)
        self._wake.set()
        return job

    async def harden(self) -> None:
        """Make everything written so far survive a power failure."""
        job = self.enqueue(_touch, durable=True)
        await job.done.wait()
        if job.error is not None:
            raise job.error

    async def serve(self) -> None:
        """Do the work that is handed in, until `aclose`."""
        try:
            while not self._closing:
                await self._wake.wait()
                self._wake = trio.Event()
                await self._work_off()
        finally:
            with trio.CancelScope(shield=True):
                await self._work_off()
                await trio.to_thread.run_sync(self._connection.close)
            self._closed.set()

    async def aclose(self) -> None:
        """Finish what was handed in, and close the file."""
        self._closing = True
        self._wake.set()
        with trio.CancelScope(shield=True):
            await self._closed.wait()

    async def _work_off(self) -> None:
        while self._jobs:
            jobs, self._jobs = self._jobs, []
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(self._transaction, jobs)
            for job in jobs:
                job.done.set()

    def _transaction(self, jobs: list[Job[Any]]) -> None:
        """Do *jobs* together; one by one if that undoes them all, as a full disk does."""
        try:
            self._together(jobs)
        except sqlite3.Error as error:
            if len(jobs) == 1:
                jobs[0].error = _translated(error)
                return
            for job in jobs:
                job.error = None
                self._transaction([job])

    def _together(self, jobs: list[Job[Any]]) -> None:
        connection = self._connection
        durable = any(job.durable for job in jobs)
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                self._one(job)
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _one(self, job: Job[Any]) -> None:
        connection = self._connection
        connection.execute("SAVEPOINT job")
        try:
            job.result = job.work(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise  # SQLite has given up the whole transaction
            connection.execute("ROLLBACK TO job")
            job.error = _translated(error)
        connection.execute("RELEASE job")


def _touch(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE hardened SET serial = serial + 1")


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.OperationalError) and (
        error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
    ):
        return NoLocalSpace(f"the local database cannot grow: {error}")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return NoLocalSpace("the local disk is full")
    return error


async def open_database(
    nursery: trio.Nursery, path: Path, schema: str, *, version: int
) -> Database:
    """The database at *path*, made with *schema* if it is new; served by a task of *nursery*.

    Raises OldSchema if the file was written by another version, and sqlite3.DatabaseError if
    it is no database: the caller knows whether it may be thrown away.
    """
    connection = await trio.to_thread.run_sync(_connect, path, schema, version)
    database = Database(connection)
    nursery.start_soon(database.serve)
    return database


_OWN_SCHEMA = "CREATE TABLE hardened (serial INTEGER); INSERT INTO hardened VALUES (0)"


class OldSchema(Exception):
    """The file was written by a version of this program that kept other things in it."""


def _connect(path: Path, schema: str, version: int) -> sqlite3.Connection:
    path.touch(mode=0o600, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA busy_timeout=5000")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found == 0:
            connection.executescript(
                ";".join(["BEGIN", _OWN_SCHEMA, schema, f"PRAGMA user_version={version}", "COMMIT"])
            )
            found = version
    except BaseException:
        connection.close()
        raise
    if found != version:
        connection.close()
        raise OldSchema(f"{path.name} has format {found}, not {version}")
    return connection
