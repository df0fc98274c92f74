"""The store behind every emulator: one folder on disk, any number of accounts.

It knows files, versions, bins, links and shares by number; paths, rights and formats are the
business of the emulator above. Everything but file contents is in one SQLite file
(`schema`); contents lie beside it (`blobs`). A store belongs to one process at a time.

Checks and changes that belong together are made inside one `transaction`, in which no await
may come; content streams in and out between transactions.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store.accounts import Accounts, Tokens
from cloudfs.emulators.store.bin import Bin
from cloudfs.emulators.store.blobs import Blobs
from cloudfs.emulators.store.changes import Changes
from cloudfs.emulators.store.contents import Contents
from cloudfs.emulators.store.database import Database
from cloudfs.emulators.store.favourites import Favourites
from cloudfs.emulators.store.grants import Grants
from cloudfs.emulators.store.links import Links
from cloudfs.emulators.store.listings import Listings
from cloudfs.emulators.store.marks import Marks, marks_of
from cloudfs.emulators.store.numbers import Numbers
from cloudfs.emulators.store.records import Records
from cloudfs.emulators.store.shares import Shares
from cloudfs.emulators.store.tree import Tree
from cloudfs.emulators.store.uploads import Uploads

__all__ = ["Store"]


class Store:
    """Everything that an emulator keeps under *root*.

    *algorithm* is the hash that the service speaks of, under which contents are stored too.
    *key_of_name* says which names are the same: `str` where case matters, `str.casefold`
    where it does not.
    """

    def __init__(
        self,
        root: Path,
        clock: Clock,
        *,
        algorithm: str = "md5",
        key_of_name: Callable[[str], str] = str,
    ) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as opening:
            opening.enter_context(_only_one(root / "lock"))
            database = self._database = Database(root / "cloud.sqlite")
            opening.callback(database.close)
            self._open = opening.pop_all()
        self.blobs = Blobs(root, database, algorithm)
        self.accounts = Accounts(database, clock)
        self.tokens = Tokens(database, clock)
        self.tree = Tree(database, clock, key_of_name)
        self.numbers = Numbers(database)
        self.listings = Listings(database)
        self.contents = Contents(database, self.tree)
        self.bin = Bin(database, self.tree, clock)
        self.changes = Changes(database)
        self.links = Links(database, self.tree, clock)
        self.shares = Shares(database, self.tree)
        self.grants = Grants(database, clock)
        self.favourites = Favourites(database, self.tree)
        self.uploads = Uploads(database, clock)
        self.records = Records(database, clock)
        self.blobs.tidy()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is done inside; no await may come inside."""
        with self._database.transaction():
            yield
            self.blobs.sweep()

    def marks(self, account_id: int | None, nodes: list[int]) -> Marks:
        """Which of *nodes* are favourites of the account, published, or shared."""
        return marks_of(self._database, account_id, nodes)

    def close(self) -> None:
        """Close the files. May be called again."""
        self._open.close()


def _only_one(path: Path) -> BinaryIO:
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise RuntimeError(
            f"another emulator works in {path.parent}; stop it or use another folder"
        ) from error
    return lock
