"""The databases of a remote, and whether they belong to what is to be mounted.

The state folder remembers of which account and folder it is. If it is another one now (the
url or the mounted path was changed), what waits for the old one must not go to the new one.
"""

import logging
import secrets
import shutil
import sqlite3

import trio

from cloudfs.config import Remote
from cloudfs.database import Database, OldSchema, open_database
from cloudfs.errors import ConfigError
from cloudfs.journal import journal
from cloudfs.model import Entry
from cloudfs.mounting.folders import Folders
from cloudfs.providers.registry import service
from cloudfs.providers.settings import fields
from cloudfs.tree import metadata, register
from cloudfs.tree.codec import entry_from_record, entry_record

log = logging.getLogger(__name__)

FORMAT = 2
SCHEMA = ";".join(
    [register.SCHEMA, journal.SCHEMA, "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT)"]
)


class State:
    """The database that is never thrown away, and the one that may be."""

    def __init__(self, database: Database, cache: Database) -> None:
        self.database = database
        self.cache = cache

    async def remember_root(self, root: Entry) -> None:
        """The folder that the drive shows, for a start without network."""
        record = entry_record(root)
        await _set(self.database, "root", f"{root.id}\n{record}")

    async def root(self) -> Entry | None:
        """The folder that the drive showed last."""
        value = await _get(self.database, "root")
        if value is None:
            return None
        entry_id, _, record = value.partition("\n")
        return entry_from_record(entry_id, None, record)

    async def aclose(self) -> None:
        """Close both."""
        await self.cache.aclose()
        await self.database.aclose()


async def open_state(nursery: trio.Nursery, remote: Remote, path: str, folders: Folders) -> State:
    """The databases of *remote*, for a drive that shows *path*. Raises ConfigError."""
    database = await _open_state(nursery, folders)
    identity = _identity(remote, path)
    known = await _get(database, "identity")
    if known is not None and known != identity:
        await _forget_other(database, folders, remote)
        known = None
    if known is None:
        await _set(database, "identity", identity)
        await _set(database, "pair", secrets.token_hex(8))
    pair = await _get(database, "pair")
    cache = await _open_cache(nursery, folders)
    if not await _is_paired(cache, pair):
        await cache.aclose()
        _throw_away(folders)
        cache = await _open_cache(nursery, folders)
        await _set(cache, "pair", str(pair))
    return State(database, cache)


async def _open_state(nursery: trio.Nursery, folders: Folders) -> Database:
    path = folders.state / "journal.sqlite"
    try:
        return await open_database(nursery, path, SCHEMA, version=FORMAT)
    except OldSchema as error:
        raise ConfigError(
            f"{path} was written by another version of cloudfs ({error}); "
            "mount it with that version and let it finish its uploads"
        ) from error
    except sqlite3.Error as error:
        raise ConfigError(f"{path} cannot be opened: {error}") from error


async def _open_cache(nursery: trio.Nursery, folders: Folders) -> Database:
    path = folders.cache / "metadata.sqlite"
    schema = f"{metadata.SCHEMA};CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT)"
    try:
        return await open_database(nursery, path, schema, version=metadata.FORMAT)
    except (OldSchema, sqlite3.Error) as error:
        log.info("the cache cannot be used (%s) and begins anew", error)
        _throw_away(folders)
        return await open_database(nursery, path, schema, version=metadata.FORMAT)


async def _is_paired(cache: Database, pair: str | None) -> bool:
    """Whether the cache belongs to the state; a damaged one belongs to nothing."""
    try:
        return await _get(cache, "pair") == pair
    except sqlite3.Error as error:
        log.info("the cache cannot be read (%s) and begins anew", error)
        return False


def _throw_away(folders: Folders) -> None:
    for path in folders.cache.glob("metadata.sqlite*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(folders.blocks, ignore_errors=True)


def _identity(remote: Remote, path: str) -> str:
    """What tells this account and folder from others, without any secret."""
    known = fields(service(remote.type, remote=remote.name).settings_type)
    told = sorted(
        f"{name}={value}"
        for name, value in remote.settings.items()
        if name in {"url", "username", "bucket", "prefix", "team_id", "root"}
        and not (name in known and known[name][1].secret)
    )
    return "\n".join([remote.type, path.strip("/"), *told])


async def _forget_other(database: Database, folders: Folders, remote: Remote) -> None:
    def work(connection: sqlite3.Connection) -> int:
        (waiting,) = connection.execute("SELECT count(*) FROM changes").fetchone()
        if not waiting:
            for table in ("nodes", "attributes", "conflicts", "transfers", "facts"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        return int(waiting)

    waiting = await database.write(work)
    if waiting:
        raise ConfigError(
            f"{waiting} changes made on another account or folder of {remote.name} are not on "
            f"the service yet ({folders.state}); mount that one again, or give this one another "
            "name in the configuration"
        )


async def _get(database: Database, key: str) -> str | None:
    def work(connection: sqlite3.Connection) -> str | None:
        row = connection.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    return await database.write(work)


async def _set(database: Database, key: str, value: str) -> None:
    await database.write(
        lambda connection: connection.execute(
            "INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, value)
        )
    )
