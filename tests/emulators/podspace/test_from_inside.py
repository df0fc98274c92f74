"""The emulator looked into and changed without requests, as other tests do it."""

import sqlite3

import pytest

from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.podspace.errors import ApiError
from tests.emulators.podspace.client import Client


async def test_changes_from_inside_are_changes_of_the_service(
    api: Client, emulator: PodSpaceEmulator
):
    emulator.write("/d/a", b"one")
    emulator.write("/d/a", b"two")
    emulator.make_folder("/e")
    emulator.move("/d/a", "/e/b")
    emulator.move("/e/b", "/e/c")
    emulator.write("/gone", b"")
    emulator.remove("/gone")
    assert emulator.tree() == {"/d": None, "/e": None, "/e/c": b"two"}
    (item,) = emulator.bin()
    assert (item.path, item.folder, item.size) == ("/gone", False, 0)
    e = (await api.ok("GET", "files/ROOT/exist", fileName="e"))["hash"]
    (c,) = await api.ls(e)
    assert await api.fetch(c["hash"]) == b"two"
    kinds = [one["kind"] for one in await api.ok("GET", f"files/{c['hash']}/activities")]
    assert kinds == ["DOWNLOAD", "RENAME", "MOVE", "UPLOAD", "UPLOAD"]


def test_a_move_to_another_name_passes_what_is_in_the_way(emulator: PodSpaceEmulator):
    emulator.write("/a", b"a")
    emulator.write("/b", b"b")
    emulator.write("/d/a", b"da")
    emulator.move("/a", "/d/b")
    assert emulator.tree() == {"/b": b"b", "/d": None, "/d/a": b"da", "/d/b": b"a"}


def test_what_the_service_would_refuse_is_refused(emulator: PodSpaceEmulator):
    emulator.make_folder("/d")
    for change in (
        lambda: emulator.make_folder("/d"),
        lambda: emulator.make_folder("/a:b"),
        lambda: emulator.write("/d", b""),
        lambda: emulator.move("/d", "/d"),
        lambda: emulator.move("/x", "/y"),
        lambda: emulator.remove("/x"),
        lambda: emulator.remove("/"),
        lambda: emulator.make_folder("/x/y"),
    ):
        with pytest.raises(ApiError):
            change()
    with pytest.raises(KeyError):
        emulator.tree("nobody")
    assert emulator.tree() == {"/d": None}


def test_accounts_are_apart(emulator: PodSpaceEmulator):
    emulator.add_account("ali", "alis-token", userid=7)
    emulator.write("/a", b"x", "ali")
    assert emulator.tree() == {}
    assert emulator.tree("ali") == {"/a": b"x"}
    assert set(emulator.logins()) == {"sara", "09120000000", "sara@example.com", "ali"}
    for login, token in (("ali", "x"), ("reza", "alis-token")):
        with pytest.raises(sqlite3.IntegrityError):
            emulator.add_account(login, token)
    assert len(emulator.logins()) == 4
