"""The SQLite file of a store: one connection, used in turns.

Statements are short, so they run on the event loop. The lock is for a test that looks at an
emulator from another thread than the one it serves in.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloudfs.emulators.store.schema import SCHEMA, VERSION


class Database:
    """Statements and transactions.

    What was committed survives the death of the process: it is in the write-ahead log, and
    the kernel has that. A power failure may cost the last transactions, never consistency.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.RLock()

        # Changing. `_after` is run when the outermost transaction is committed, else dropped.
        self._depth = 0
        self._after: list[Callable[[], None]] = []
        self._prepare(path)

    def _prepare(self, path: Path) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        if found == 0:
            self._connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT")
        elif found != VERSION:
            self._connection.close()
            raise ValueError(f"{path} has format {found}, not {VERSION}; use another folder")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is done inside; one inside another is a part of the outer.

        No await may come inside: there is one connection for everybody.
        """
        with self._lock:
            depth, waiting = self._depth, len(self._after)
            self._connection.execute(f"SAVEPOINT level{depth}" if depth else "BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                self._connection.execute(f"RELEASE level{depth}" if depth else "COMMIT")
            except BaseException:
                self._undo(depth)
                del self._after[waiting:]
                raise
            finally:
                self._depth = depth
            if not depth:
                after, self._after = self._after, []
                for action in after:
                    action()

    def _undo(self, depth: int) -> None:
        if not depth:
            self._connection.execute("ROLLBACK")
            return
        self._connection.execute(f"ROLLBACK TO level{depth}")
        self._connection.execute(f"RELEASE level{depth}")

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run *action* when the outermost transaction is committed."""
        assert self._depth, "only inside a transaction"
        self._after.append(action)

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Run a statement that changes something."""
        return self._connection.execute(statement, values)

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        """The first row, if there is one."""
        found = self._connection.execute(statement, values).fetchone()
        assert found is None or isinstance(found, sqlite3.Row)
        return found

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """All rows."""
        return self._connection.execute(statement, values).fetchall()

    def value(self, statement: str, *values: Any) -> Any:
        """The first value of the first row; None if there is no row."""
        found = self.row(statement, *values)
        return None if found is None else found[0]
