"""The emulator looked into and changed without requests, as other tests do it."""

import sqlite3

import pytest

from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.cloud689.errors import ApiError
from cloudfs.emulators.cloud689.settings import Cloud689Settings
from tests.emulators.cloud689.client import Client


async def test_changes_from_inside_are_changes_of_the_service(
    api: Client, emulator: Cloud689Emulator
):
    emulator.write("/Documents/d/a", b"one")
    emulator.write("/Documents/d/a", b"two")
    emulator.make_folder("/Documents/e")
    emulator.move("/Documents/d/a", "/Documents/e/b")
    emulator.move("/Documents/e/b", "/Documents/e/c")
    emulator.write("/Documents/gone", b"")
    emulator.remove("/Documents/gone")
    assert emulator.tree() == {
        "/Documents": None,
        "/Documents/d": None,
        "/Documents/e": None,
        "/Documents/e/c": b"two",
    }
    gone, old = emulator.bin()
    assert (gone.path, gone.folder, gone.size) == ("/Documents/gone", False, 0)
    assert (old.path, old.size) == ("/Documents/d/a", 3)
    assert await api.names() == ["d", "e"]
    (e,) = await api.ls(search_key="e")
    (c,) = await api.ls(e["id"])
    assert await api.fetch(c["id"]) == b"two"
    assert {entry["id"] for entry in await api.ls(active=False)} == {gone.name, old.name}
    kinds = [event["history_type"] for event in await api.history()]
    assert kinds == [801, 200, 800, 800, 802, 500, 801, 200, 200, 500, 300]


async def test_projects_are_folders_at_the_top(api: Client, emulator: Cloud689Emulator):
    emulator.make_folder("/Plans")
    emulator.move("/Plans", "/Old plans")
    emulator.write("/New/d/f", b"x")
    assert set(emulator.tree()) == {"/Documents", "/Old plans", "/New", "/New/d", "/New/d/f"}
    assert {p["project_name"] for p in await api.projects()} == {"Documents", "Old plans", "New"}
    emulator.remove("/New")
    assert set(emulator.tree()) == {"/Documents", "/Old plans"}
    assert emulator.bin() == []


async def test_of_several_of_one_name_the_newest_counts(api: Client, emulator: Cloud689Emulator):
    await api.file("f", b"1")
    await api.file("f", b"2")
    assert emulator.tree()["/Documents/f"] == b"2"
    emulator.remove("/Documents/f")
    assert emulator.tree()["/Documents/f"] == b"1"


def test_what_the_service_would_refuse_is_refused(emulator: Cloud689Emulator):
    emulator.make_folder("/Documents/d")
    emulator.make_folder("/Other")
    for change in (
        lambda: emulator.write("/f", b""),
        lambda: emulator.write("/Documents/d", b""),
        lambda: emulator.make_folder("/x/y"),
        lambda: emulator.make_folder("/Documents/" + "x" * 256),
        lambda: emulator.move("/Documents/d", "/Other/d"),
        lambda: emulator.move("/Documents/d", "/Documents/d"),
        lambda: emulator.move("/Documents/d", "/Documents/d/e"),
        lambda: emulator.move("/Documents/x", "/Documents/y"),
        lambda: emulator.move("/Documents/d", "/d"),
        lambda: emulator.remove("/Documents/x"),
        lambda: emulator.remove("/"),
    ):
        with pytest.raises(ApiError):
            change()
    assert set(emulator.tree()) == {"/Documents", "/Documents/d", "/Other"}


def test_accounts_are_apart(emulator: Cloud689Emulator):
    emulator.add_account("bob@example.com", "b", userid=77)
    emulator.write("/Mine/a", b"x", "bob@example.com")
    assert set(emulator.tree()) == {"/Documents"}
    assert emulator.tree("bob@example.com") == {"/Mine": None, "/Mine/a": b"x"}
    emulator.add_member("Documents", "bob@example.com", 3)
    assert set(emulator.tree("bob@example.com")) == {"/Documents", "/Mine", "/Mine/a"}
    assert emulator.logins() == ["ann@example.com", "bob@example.com"]
    with pytest.raises(KeyError):
        emulator.tree("nobody@example.com")
    for login, userid in (("bob@example.com", None), ("new@example.com", 77)):
        with pytest.raises(sqlite3.IntegrityError):
            emulator.add_account(login, "p", userid=userid)
    with pytest.raises(ValueError, match="quotas"):
        emulator.add_account("new@example.com", "p", quota=1)
    with pytest.raises(KeyError):
        emulator.add_account("new@example.com", "p", team_id="acme")
    assert len(emulator.logins()) == 2


def test_a_new_emulator_may_be_empty(tmp_path):
    emulator = Cloud689Emulator(tmp_path / "e", settings=Cloud689Settings(first_project=""))
    assert emulator.tree() == {}
    emulator.close()


def test_the_first_project_is_made_once(tmp_path):
    for _ in range(2):
        emulator = Cloud689Emulator(tmp_path / "e")
        assert set(emulator.tree()) <= {"/Documents"}
        if emulator.tree():
            emulator.remove("/Documents")
        emulator.close()
    emulator = Cloud689Emulator(tmp_path / "e")
    assert emulator.tree() == {}
    emulator.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [("http_status", "sometimes"), ("ranges", 1), ("nothing", 1), ("time_zone", "UTC")],
)
def test_a_setting_that_cannot_be_is_refused(emulator: Cloud689Emulator, name: str, value: object):
    before = emulator.configuration()
    with pytest.raises(ValueError, match=r"."):
        emulator.configure(**{name: value})
    assert emulator.configuration() == before
