import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from cloudfs.database import OldSchema, open_database
from cloudfs.errors import NoLocalSpace

SCHEMA = "CREATE TABLE t (x INTEGER PRIMARY KEY)"


def rows(path: Path) -> list[int]:
    with sqlite3.connect(path) as connection:
        found = [x for (x,) in connection.execute("SELECT x FROM t ORDER BY x")]
    connection.close()
    return found


async def test_what_is_written_can_be_read_by_others(tmp_path: Path, nursery: trio.Nursery):
    database = await open_database(nursery, tmp_path / "d", SCHEMA, version=1)
    assert await database.write(lambda c: c.execute("INSERT INTO t VALUES (7)").rowcount) == 1
    assert rows(tmp_path / "d") == [7]
    await database.harden()
    await database.aclose()


async def test_work_that_fails_undoes_only_itself(tmp_path: Path, nursery: trio.Nursery):
    database = await open_database(nursery, tmp_path / "d", SCHEMA, version=1)

    def bad(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (2)")
        raise ValueError("no")

    first = database.enqueue(lambda c: c.execute("INSERT INTO t VALUES (1)"))
    second = database.enqueue(bad)
    third = database.enqueue(lambda c: c.execute("INSERT INTO t VALUES (3)"))
    await third.done.wait()
    assert first.error is None
    assert isinstance(second.error, ValueError)
    with pytest.raises(ValueError, match="no"):
        await database.write(bad)
    await database.aclose()
    assert rows(tmp_path / "d") == [1, 3]


async def test_work_handed_in_is_done_even_if_the_caller_is_cancelled(
    tmp_path: Path, nursery: trio.Nursery
):
    database = await open_database(nursery, tmp_path / "d", SCHEMA, version=1)
    with trio.CancelScope() as scope:
        scope.cancel()
        await database.write(lambda c: c.execute("INSERT INTO t VALUES (5)"))
    assert scope.cancelled_caught
    await database.aclose()
    assert rows(tmp_path / "d") == [5]


async def test_a_full_disk_is_told_as_such(tmp_path: Path, nursery: trio.Nursery):
    database = await open_database(nursery, tmp_path / "d", SCHEMA, version=1)
    await database.write(lambda c: c.execute("PRAGMA max_page_count=10").fetchall())

    def fill(connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT INTO t VALUES (?)", ((x,) for x in range(100_000)))

    with pytest.raises(NoLocalSpace):
        await database.write(fill)
    await database.write(lambda c: c.execute("INSERT INTO t VALUES (1)"))
    await database.aclose()
    assert rows(tmp_path / "d") == [1]


async def test_another_format_is_not_touched(tmp_path: Path, nursery: trio.Nursery):
    database = await open_database(nursery, tmp_path / "d", SCHEMA, version=1)
    await database.aclose()
    with pytest.raises(OldSchema):
        await open_database(nursery, tmp_path / "d", SCHEMA, version=2)


async def test_what_is_no_database_is_refused(tmp_path: Path, nursery: trio.Nursery):
    (tmp_path / "d").write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        await open_database(nursery, tmp_path / "d", SCHEMA, version=1)


async def test_the_file_is_private(tmp_path: Path, nursery: trio.Nursery):
    database = await open_database(nursery, tmp_path / "d", SCHEMA, version=1)
    await database.write(lambda c: c.execute("INSERT INTO t VALUES (1)"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    await database.aclose()


WRITER = """
import sys, os, signal, trio
from pathlib import Path
from cloudfs.database import open_database
async def main():
    async with trio.open_nursery() as nursery:
        d = await open_database(nursery, Path(sys.argv[1]), sys.argv[2], version=1)
        await d.write(lambda c: c.execute("INSERT INTO t VALUES (1)"))
        os.kill(os.getpid(), signal.SIGKILL)
trio.run(main)
"""


def test_what_was_written_survives_sigkill(tmp_path: Path):
    done = subprocess.run([sys.executable, "-c", WRITER, tmp_path / "d", SCHEMA], check=False)
    assert done.returncode == -9
    assert rows(tmp_path / "d") == [1]
