import logging
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from cloudfs.config import Remote
from cloudfs.errors import ConfigError, unwrapped
from cloudfs.model import Entry, EntryId, Kind, ListingTag
from cloudfs.mounting.folders import Folders
from cloudfs.mounting.state import State, open_state
from cloudfs.tree.metadata import Metadata
from cloudfs.tree.register import open_register
from tests.drives import folders_in
from tests.tree.entries import file

ROOT = EntryId("root")
URL = "https://dav.example.com/"


def account(**settings: str) -> Remote:
    return Remote("work", "webdav", {"url": URL, "username": "alice", **settings}, {})


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return folders_in(tmp_path)


@asynccontextmanager
async def opened(
    folders: Folders, remote: Remote | None = None, path: str = "/"
) -> AsyncIterator[State]:
    with unwrapped():
        async with trio.open_nursery() as nursery:
            state = await open_state(nursery, remote or account(), path, folders)
            yield state
            await state.aclose()


async def fill(state: State, folders: Folders) -> None:
    """Remember a listing, a root and a block."""
    Metadata(state.cache).save(ROOT, [file("a")], ListingTag("t"))
    await state.remember_root(Entry(id=ROOT, parent_id=None, name="", kind=Kind.FOLDER, size=3))
    folders.blocks.mkdir(exist_ok=True)
    (folders.blocks / "block").write_text("cached")


async def remembers_listing(state: State) -> bool:
    return bool(await Metadata(state.cache).load(ROOT))


async def change(state: State) -> None:
    """Something was changed here and waits for the service."""

    def work(connection: sqlite3.Connection) -> None:
        columns = connection.execute("PRAGMA table_info(changes)").fetchall()
        needed = [(name, type_) for _, name, type_, required, _, key in columns if required or key]
        names = ", ".join(name for name, _ in needed)
        values = [1 if "INT" in type_ else "x" for _, type_ in needed]
        marks = ", ".join("?" for _ in needed)
        connection.execute(f"INSERT INTO changes ({names}) VALUES ({marks})", values)

    await state.database.write(work)


async def waiting(state: State) -> int:
    return await state.database.write(
        lambda c: int(c.execute("SELECT count(*) FROM changes").fetchone()[0])
    )


# The same account and folder --------------------------------------------------------------------


async def test_what_was_remembered_is_there_after_a_restart(folders: Folders):
    async with opened(folders) as state:
        assert await state.root() is None
        await fill(state, folders)
    async with opened(folders) as state:
        root = await state.root()
        assert root is not None
        assert (root.id, root.parent_id, root.is_folder, root.size) == (ROOT, None, True, 3)
        assert await remembers_listing(state)
    assert (folders.blocks / "block").exists()


@pytest.mark.parametrize("path", ["", "/", "//"])
async def test_how_the_top_folder_is_written_does_not_matter(path: str, folders: Folders):
    async with opened(folders) as state:
        await fill(state, folders)
    async with opened(folders, path=path) as state:
        assert await state.root() is not None


async def test_other_settings_and_secrets_do_not_make_another_account(folders: Folders):
    async with opened(folders, account(password="old")) as state:
        await fill(state, folders)
        await change(state)
    remote = account(password="new", locks="x")
    async with opened(folders, remote) as state:
        assert await state.root() is not None
        assert await remembers_listing(state)
        assert await waiting(state) == 1


async def test_no_secret_is_written_down(folders: Folders):
    async with opened(folders, account(password="hunter2")) as state:
        await fill(state, folders)
    for path in [p for p in folders.state.parent.rglob("*") if p.is_file()]:
        assert b"hunter2" not in path.read_bytes(), path


async def test_the_files_are_private(folders: Folders):
    async with opened(folders) as state:
        await fill(state, folders)
        found = [*folders.state.glob("*.sqlite*"), *folders.cache.glob("*.sqlite*")]
        assert len(found) >= 2
        assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}


# Another one ------------------------------------------------------------------------------------

OTHERS = [
    (account(username="bob"), "/"),
    (account(url="https://other.example.com/"), "/"),
    (account(), "/photos"),
    (Remote("work", "memory", {}, {}), "/"),
]


@pytest.mark.parametrize(("remote", "path"), OTHERS)
async def test_nothing_of_another_account_or_folder_is_shown(
    remote: Remote, path: str, folders: Folders
):
    async with opened(folders) as state:
        await fill(state, folders)
        register = await open_register(state.database)
        number = register.new_number()
    async with opened(folders, remote, path) as state:
        assert await state.root() is None
        assert not await remembers_listing(state)
        assert not folders.blocks.exists()
        assert (await open_register(state.database)).new_number() > number
        await fill(state, folders)
    async with opened(folders, remote, path) as state:
        assert await remembers_listing(state)


@pytest.mark.parametrize(("remote", "path"), OTHERS)
async def test_what_waits_for_an_account_does_not_go_to_another(
    remote: Remote, path: str, folders: Folders
):
    async with opened(folders) as state:
        await fill(state, folders)
        await change(state)
    with pytest.raises(ConfigError) as caught:
        async with opened(folders, remote, path):
            raise AssertionError
    assert "1 changes made on another account or folder of work" in str(caught.value)
    assert "mount that one again" in str(caught.value)
    async with opened(folders) as state:
        assert await waiting(state) == 1
        assert await state.root() is not None
        assert await remembers_listing(state)


async def test_once_everything_is_there_another_account_may_be_mounted(folders: Folders):
    async with opened(folders) as state:
        await change(state)
        await state.database.write(lambda c: c.execute("DELETE FROM changes"))
    async with opened(folders, account(username="bob")) as state:
        assert await waiting(state) == 0


# Caches -----------------------------------------------------------------------------------------


async def test_a_deleted_cache_is_made_anew(folders: Folders):
    async with opened(folders) as state:
        await fill(state, folders)
    for path in folders.cache.glob("metadata*"):
        path.unlink()
    async with opened(folders) as state:
        assert not await remembers_listing(state)
        assert await state.root() is not None


async def test_a_cache_of_another_state_is_thrown_away(folders: Folders, tmp_path: Path):
    other = folders_in(tmp_path / "other")
    async with opened(other) as state:
        await fill(state, other)
    async with opened(folders) as state:
        await fill(state, folders)
    mixed = Folders(folders.state, other.cache)
    async with opened(mixed) as state:
        assert not await remembers_listing(state)
        assert not (mixed.blocks / "block").exists()
        Metadata(state.cache).save(ROOT, [], None)
    async with opened(mixed) as state:
        assert await remembers_listing(state)


async def test_what_is_no_cache_is_thrown_away(folders: Folders, caplog):
    caplog.set_level(logging.INFO)
    async with opened(folders) as state:
        await fill(state, folders)
    (folders.cache / "metadata.sqlite").write_bytes(b"rubbish" * 1000)
    async with opened(folders) as state:
        assert not await remembers_listing(state)
        assert await state.root() is not None
    assert "begins anew" in caplog.text


async def test_a_cache_that_is_damaged_inside_is_thrown_away(folders: Folders):
    async with opened(folders) as state:
        await fill(state, folders)
    path = folders.cache / "metadata.sqlite"
    sound = path.read_bytes()
    path.write_bytes(sound[:4096] + b"\xff" * (len(sound) - 4096))
    async with opened(folders) as state:
        assert not await remembers_listing(state)
        Metadata(state.cache).save(ROOT, [], None)
        assert await remembers_listing(state)


async def test_a_listing_that_cannot_be_read_is_asked_for_again(folders: Folders, announce):
    announce("the cache is damaged")
    async with opened(folders) as state:
        await fill(state, folders)
        await state.cache.write(lambda c: c.execute("DROP TABLE listings"))
        assert not await Metadata(state.cache).load(ROOT)


async def test_a_cache_of_another_version_is_thrown_away(folders: Folders):
    async with opened(folders) as state:
        await fill(state, folders)
        await state.cache.write(lambda c: c.execute("PRAGMA user_version = 99"))
    async with opened(folders) as state:
        assert not await remembers_listing(state)


# The state itself is never thrown away ----------------------------------------------------------


async def test_a_state_of_another_version_is_left_for_that_version(folders: Folders):
    async with opened(folders) as state:
        await change(state)
        await state.database.write(lambda c: c.execute("PRAGMA user_version = 99"))
    with pytest.raises(
        ConfigError, match=r"another version of cloudfs.*mount it with that version"
    ):
        async with opened(folders):
            raise AssertionError
    with sqlite3.connect(folders.state / "journal.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM changes").fetchone() == (1,)
    connection.close()


async def test_a_state_that_cannot_be_read_is_left_as_it_is(folders: Folders):
    path = folders.state / "journal.sqlite"
    path.write_bytes(b"precious, perhaps" * 1000)
    with pytest.raises(ConfigError, match=r"journal\.sqlite cannot be opened"):
        async with opened(folders):
            raise AssertionError
    assert path.read_bytes() == b"precious, perhaps" * 1000
