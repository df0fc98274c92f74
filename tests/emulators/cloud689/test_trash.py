"""Reference 3.14: the trash of each project."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from tests.emulators.cloud689.client import Client

NO_FILE, NO_FOLDER = (404, "File not found"), (404, "Folder not found")


async def test_a_deleted_file_is_in_the_trash_with_its_id(api: Client):
    folder = await api.folder("d")
    file = await api.file("f", b"xyz", folder)
    await api.done("project/f/delete", file_id=file)
    assert await api.names(folder) == []
    (entry,) = await api.ls(active=False)
    assert (entry["id"], entry["name"], entry["status"]) == (file, "f", 0)
    assert (entry["parent_folder_id"], entry["file_size"]) == (folder, 3)
    assert (await api.post("project/f/browse", active=False)).json()["result"]["project"]


async def test_what_was_in_the_root_says_so(api: Client):
    await api.done("project/f/delete", file_id=await api.file("f"))
    (entry,) = await api.ls(active=False)
    assert entry["parent_folder_id"] is None


async def test_a_folder_goes_with_its_content(api: Client):
    folder = await api.folder("d")
    inner = await api.folder("e", folder)
    file = await api.file("f", b"x", inner)
    await api.done("project/f/delete", folder_id=folder)
    assert await api.bin() == ["d"]
    (entry,) = await api.ls(folder, active=False)
    assert (entry["id"], entry["parent_folder_id"], entry["status"]) == (inner, folder, 0)
    (entry,) = await api.ls(inner, active=False)
    assert (entry["id"], entry["parent_folder_id"]) == (file, inner)
    found = await api.ok("project/f/info", f_id=file, active=False)
    assert [one["name"] for one in found["path"]] == ["d", "e"]
    assert (found["file"]["status"], found["file"]["in_recycle_bin"]) == (0, 1)


async def test_the_newest_is_first_and_names_may_be_alike(api: Client, clock: Clock):
    files = [await api.file("same") for _ in range(3)]
    for file in files:
        clock.advance(1)
        await api.done("project/f/delete", file_id=file)
    assert [entry["id"] for entry in await api.ls(active=False)] == files[::-1]


async def test_the_trash_can_be_searched_and_holds_folders(api: Client):
    folder, file = await api.folder("dir"), await api.file("file")
    await api.done("project/f/delete", folder_id=folder)
    await api.done("project/f/delete", file_id=file)
    assert await api.bin() == ["dir", "file"]
    assert await api.names(active=False, search_key="FIL") == ["file"]
    assert await api.names(active=False, folder_only=True) == ["dir"]
    assert await api.names(active=False, search_global=True) == ["dir", "file"]


async def test_active_and_deleted_are_apart(api: Client):
    folder, file = await api.folder("d"), await api.file("f")
    assert await api.refused("project/f/info", f_id=file, active=False) == NO_FILE
    assert await api.refused("project/f/browse", folder_id=folder, active=False) == NO_FOLDER
    await api.done("project/f/delete", file_id=file)
    assert (await api.stat(file, active=False))["title"] == "f"
    assert await api.refused("project/f/info", f_id=file) == NO_FILE
    assert await api.refused("project/f/delete", file_id=file) == NO_FILE
    body = (await api.download(file)).json()
    assert (body["status_code"], body["description"]) == NO_FILE


async def test_a_restore_puts_things_back(api: Client):
    folder = await api.folder("d")
    files = [await api.file(name, name.encode(), folder) for name in ("a", "b")]
    inner = await api.folder("e", folder)
    for file in files:
        await api.done("project/f/delete", file_id=file)
    await api.done("project/f/delete", folder_id=inner)
    await api.done("project/f/restore", file_ids=files, folder_ids=[inner])
    assert await api.names(folder) == ["e", "a", "b"]
    assert await api.bin() == []
    assert await api.fetch(files[1]) == b"b"


async def test_what_has_no_folder_any_more_goes_into_the_root(api: Client):
    for fate in ("purged", "deleted"):
        folder = await api.folder(fate)
        file = await api.file(f"from-{fate}", folder=folder)
        await api.done("project/f/delete", file_id=file)
        await api.done("project/f/delete", folder_id=folder)
        if fate == "purged":
            await api.done("project/f/deleteforever", folder_ids=folder)
        await api.done("project/f/restore", file_ids=file)
        (entry,) = await api.ls(search_key=fate)
        assert (entry["id"], entry["parent_folder_id"]) == (file, None)


async def test_a_folder_restored_together_takes_back_what_was_in_it(api: Client):
    outer = await api.folder("outer")
    inner = await api.folder("inner", outer)
    file = await api.file("f", folder=inner)
    await api.done("project/f/delete", file_id=file)
    await api.done("project/f/delete", folder_id=inner)
    await api.done("project/f/delete", folder_id=outer)
    await api.done("project/f/restore", folder_ids=[inner, outer], file_ids=file)
    assert (await api.names(), await api.names(outer), await api.names(inner)) == (
        ["outer"],
        ["inner"],
        ["f"],
    )


async def test_a_restore_may_make_a_second_of_the_name(api: Client):
    old = await api.file("f", b"old")
    await api.done("project/f/delete", file_id=old)
    new = await api.file("f", b"new")
    await api.done("project/f/restore", file_ids=old)
    assert {entry["id"] for entry in await api.ls()} == {old, new}


@pytest.mark.parametrize("call", ["restore", "deleteforever"])
async def test_all_or_nothing(api: Client, call: str):
    folder = await api.folder("d")
    below = await api.file("below", folder=folder)
    gone, active = await api.file("gone"), await api.file("active")
    await api.done("project/f/delete", file_id=gone)
    await api.done("project/f/delete", folder_id=folder)
    for other in (active, below, "0" * 32, folder):
        refused = await api.refused(f"project/f/{call}", file_ids=[gone, other])
        assert refused == NO_FILE
    for other in (gone, "0" * 32):
        refused = await api.refused(f"project/f/{call}", file_ids=gone, folder_ids=[folder, other])
        assert refused == NO_FOLDER
    assert sorted(await api.bin()) == ["d", "gone"]
    assert await api.names() == ["active"]
    await api.done(f"project/f/{call}", file_ids=[gone, gone], folder_ids=folder)
    assert await api.bin() == []
    assert await api.refused(f"project/f/{call}", file_ids=gone) == NO_FILE


async def test_a_purge_is_for_ever(api: Client, emulator: Cloud689Emulator):
    folder = await api.folder("d")
    file = await api.file("f", b"x" * 1000, folder)
    await api.done("project/f/delete", folder_id=folder)
    await api.done("project/f/deleteforever", folder_ids=folder)
    assert emulator.bin() == []
    assert list((emulator.root / "blobs").glob("*/*")) == []
    assert await api.refused("project/f/info", f_id=file, active=False) == NO_FILE
    assert await api.refused("project/f/restore", folder_ids=folder) == NO_FOLDER


async def test_a_purge_spares_what_was_deleted_from_a_folder_before(api: Client):
    folder = await api.folder("d")
    file = await api.file("f", b"x", folder)
    await api.done("project/f/delete", file_id=file)
    await api.done("project/f/delete", folder_id=folder)
    await api.done("project/f/deleteforever", folder_ids=folder)
    assert await api.bin() == ["f"]
    await api.done("project/f/restore", file_ids=file)
    assert await api.fetch(file) == b"x"


async def test_many_are_purged_at_once(api: Client, emulator: Cloud689Emulator):
    for number in range(100):
        emulator.write(f"/Documents/{number}", b"")
        emulator.remove(f"/Documents/{number}")
    ids = [entry["id"] for entry in await api.ls(active=False)]
    assert len(ids) == 100
    await api.done("project/f/deleteforever", file_ids=ids)
    assert await api.bin() == []


async def test_each_project_has_its_own_trash(api: Client):
    other = await api.new_project("Other")
    await api.done("project/f/delete", file_id=await api.file("f"))
    assert await api.names(project_id=other, active=False) == []
    assert await api.bin() == ["f"]
