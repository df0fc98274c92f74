"""The emulator looked into and changed without requests, as other tests do it."""

import pytest

from cloudfs.emulators.cloudike.errors import ApiError
from cloudfs.emulators.server import Running
from tests.emulators.client import Client


async def test_changes_from_inside_are_changes_of_the_service(api: Client, running: Running):
    emulator = running.emulator
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
    assert await api.fetch("/e/c") == b"two"
    assert [(e["type"], e["path"]) for e in reversed(await api.events())] == [
        ("folder_created", "/d"),
        ("file_created", "/d/a"),
        ("file_new_content", "/d/a"),
        ("folder_created", "/e"),
        ("file_moved", "/e/a"),
        ("file_renamed", "/e/b"),
        ("file_renamed", "/e/c"),
        ("file_created", "/gone"),
        ("file_deleted", "/gone"),
    ]


def test_what_the_service_would_refuse_is_refused(emulator):
    emulator.make_folder("/d")
    for change in (
        lambda: emulator.make_folder("/d"),
        lambda: emulator.write("/d", b""),
        lambda: emulator.move("/d", "/d"),
        lambda: emulator.move("/x", "/y"),
        lambda: emulator.remove("/x"),
        lambda: emulator.make_folder("/x/y"),
    ):
        with pytest.raises(ApiError):
            change()
    with pytest.raises(KeyError):
        emulator.tree("nobody@example.com")
    assert emulator.tree() == {"/d": None}
