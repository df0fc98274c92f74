"""The emulator looked into and changed without requests, as other tests do it."""

import pytest

from cloudfs.emulators.asus.emulator import WebStorageEmulator
from cloudfs.emulators.asus.refusals import Refusal
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import OTHER, Client


async def test_changes_from_inside_are_changes_of_the_service(api: Client, running: Running):
    emulator = running.emulator
    emulator.write("/d/a", b"one")
    emulator.write("/D/A", b"two")
    emulator.make_folder("/e")
    emulator.move("/d/a", "/e/b")
    emulator.move("/e/b", "/e/c")
    emulator.write("/gone", b"")
    emulator.remove("/gone")
    assert emulator.tree() == {"/d": None, "/e": None, "/e/c": b"two"}
    (item,) = emulator.bin()
    assert (item.name, item.path, item.folder, item.size) == ("gone", "/gone", False, 0)
    assert await api.content(5001) == b"two"
    assert (await api.info(5001))["headversion"] == "2"
    found = await api.ok("/folder/getallchangeseq/", userid=None)
    assert found["syncfolder/changeseq"] == "10"


async def test_each_account_has_a_tree_of_its_own(api: Client, running: Running):
    emulator = running.emulator
    emulator.write("/theirs", b"x", login=OTHER)
    await api.ok("/folder/remove/", id=await api.mkdir(0, "home"))
    assert emulator.tree() == {}
    assert emulator.tree(OTHER.upper()) == {"/theirs": b"x"}
    assert [item.path for item in emulator.bin()] == ["My Collection:/home"]
    emulator.remove("/theirs", login=OTHER)
    assert [item.path for item in emulator.bin(OTHER)] == ["/theirs"]


def test_what_the_service_would_refuse_is_refused(emulator: WebStorageEmulator):
    emulator.make_folder("/d")
    for change in (
        lambda: emulator.make_folder("/d"),
        lambda: emulator.write("/d", b""),
        lambda: emulator.move("/d", "/d"),
        lambda: emulator.move("/d", "/d/e"),
        lambda: emulator.move("/x", "/y"),
        lambda: emulator.remove("/x"),
        lambda: emulator.make_folder("/x/y"),
        lambda: emulator.write("/a:b", b""),
    ):
        with pytest.raises(Refusal):
            change()
    with pytest.raises(KeyError):
        emulator.tree("nobody@example.com")
    assert emulator.tree() == {"/d": None}
