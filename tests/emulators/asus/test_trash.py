"""Reference 3.12 and 3.13: entries put back, and deleted for good."""

import pytest

from cloudfs.emulators.server import Running
from tests.emulators.asus.client import DECLARATION, USER, Client, b64

RESTORE = "/{}/restore/"
CLEAR = "/{}/clearrecyclebin/"


@pytest.fixture
async def binned(api: Client, running: Running) -> dict[str, str]:
    """Numbers of what is in the bin: a folder a with b and b/c in it, a file f."""
    emulator = running.emulator
    emulator.write("/a/b/c", b"hello")
    emulator.write("/f", b"file")
    await api.ok("/folder/remove/", id=1002)
    await api.ok("/file/remove/", id=5002)
    return {"a": "1002", "b": "1003", "c": "5001", "f": "5002"}


async def test_folders_and_files_are_restored(api: Client, running: Running, binned):
    text = (
        f"<restore><token>{api.token}</token><userid>{USER}</userid><parent>1001</parent>"
        f"<folderid>{binned['a']}</folderid></restore>"
    )
    response = await api.send(RESTORE.format("folder"), text)
    assert response.text == (
        f"{DECLARATION}<restore><status>0</status><parent>1001</parent></restore>"
    )
    await api.ok(RESTORE.format("file"), parent=1001, fileid=binned["f"])
    assert running.emulator.tree() == {
        "/a": None,
        "/a/b": None,
        "/a/b/c": b"hello",
        "/f": b"file",
    }
    assert running.emulator.bin() == []
    assert (await api.info(binned["f"]))["parent"] == "1001"


async def test_a_restore_may_lead_to_another_tree(api: Client, binned):
    await api.ok(RESTORE.format("file"), parent=0, fileid=binned["f"])
    assert await api.names(0) == ["f"]
    to = await api.mkdir(-3, "to")
    found = await api.ok(RESTORE.format("folder"), parent=to, folderid=binned["a"])
    assert found["parent"] == to


@pytest.mark.parametrize(
    ("kind", "fields", "status"),
    [
        ("file", {"fileid": 5002}, 236),
        ("file", {"fileid": 5002, "parent": ""}, 236),
        ("file", {"fileid": 5002, "parent": "x"}, 225),
        ("file", {"fileid": 5002, "parent": 4711}, 216),
        ("file", {"fileid": 5002, "parent": 900}, 215),
        ("file", {"fileid": 5002, "parent": 1002}, 235),
        ("file", {"fileid": 5002, "parent": 1003}, 235),
        ("file", {"parent": 1001}, 225),
        ("file", {"fileid": 4711, "parent": 1001}, 219),
        ("file", {"fileid": [5002, 4711], "parent": 1001}, 219),
        ("file", {"fileid": 5001, "parent": 1001}, 235),
        ("folder", {"folderid": 4711, "parent": 1001}, 218),
        ("folder", {"folderid": 1003, "parent": 1001}, 235),
        ("folder", {"folderid": [1002, 1003], "parent": 1001}, 235),
        ("folder", {"folderid": 1001, "parent": 1001}, 235),
    ],
)
async def test_a_restore_that_cannot_be_changes_nothing(
    api: Client, running: Running, binned, kind: str, fields: dict[str, object], status: int
):
    assert await api.status(RESTORE.format(kind), **fields) == status
    assert running.emulator.tree() == {}
    assert len(running.emulator.bin()) == 2


async def test_a_name_may_be_taken_meanwhile(api: Client, running: Running, binned):
    running.emulator.write("/F", b"new")
    await api.mkdir(1001, "A")
    assert await api.status(RESTORE.format("file"), parent=1001, fileid=binned["f"]) == 214
    assert await api.status(RESTORE.format("folder"), parent=1001, folderid=binned["a"]) == 214
    assert len(running.emulator.bin()) == 2


async def test_space_may_be_taken_meanwhile(api: Client, running: Running):
    running.emulator.configure(capacity=1)
    running.emulator.write("/a/large", bytes(1 << 20))
    await api.ok("/folder/remove/", id=1002)
    running.emulator.write("/small", b"x")
    assert await api.status(RESTORE.format("folder"), parent=1001, folderid=1002) == 242
    await api.ok("/file/remove/", id=5002)
    assert await api.status(RESTORE.format("folder"), parent=1001, folderid=1002) == 0
    assert (await api.init(1001, "b", b"x")).status == 224


async def test_entries_are_purged(api: Client, running: Running, binned):
    found = await api.ok(CLEAR.format("file"), fileid=binned["f"])
    assert found.tags() == ["status", "scrip"]
    assert await api.status(CLEAR.format("file"), fileid=binned["f"]) == 225
    assert (await api.download(binned["f"])).status_code == 404
    assert await api.status("/fsentry/getentryinfo/", isfolder=0, entryid=binned["f"]) == 219
    await api.ok(CLEAR.format("folder"), folderid=binned["a"])
    assert running.emulator.bin() == []
    assert (await api.download(binned["c"])).status_code == 404
    assert [path for path in running.emulator.root.glob("blobs/*/*") if path.is_file()] == []


async def test_what_is_below_a_deleted_folder_may_be_purged_too(api: Client, binned):
    await api.ok(CLEAR.format("file"), fileid=binned["c"])
    assert await api.names(binned["b"]) == []
    await api.ok(CLEAR.format("folder"), folderid=[binned["a"], binned["b"]])
    assert await api.names(await api.bin_id()) == ["f"]


async def test_the_bin_is_emptied_by_its_own_number(api: Client, other: Client, binned):
    root = await other.mysync()
    await other.ok("/file/remove/", id=await other.upload(root, "theirs", b""))
    assert await api.status(CLEAR.format("folder"), folderid=await other.bin_id()) == 225
    await api.ok(CLEAR.format("folder"), folderid=await api.bin_id())
    assert await api.names(await api.bin_id()) == []
    await api.ok(CLEAR.format("folder"), folderid=await api.bin_id())
    assert await other.names(await other.bin_id()) == ["theirs"]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("file", {"fileid": 4711}),
        ("file", {"fileid": [5002, 4711]}),
        ("file", {"fileid": 5003}),
        ("file", {"fileid": "x"}),
        ("file", {}),
        ("folder", {"folderid": 1001}),
        ("folder", {"folderid": [1002, 1001]}),
        ("folder", {"folderid": [900, 1001]}),
        ("folder", {"folderid": 0}),
        ("folder", {}),
    ],
)
async def test_only_what_is_in_the_bin_is_purged_all_or_none(
    api: Client, running: Running, binned, kind: str, fields: dict[str, object]
):
    running.emulator.write("/live", b"x")
    assert await api.status(CLEAR.format(kind), **fields) == 225
    assert len(running.emulator.bin()) == 2
    assert running.emulator.tree() == {"/live": b"x"}


async def test_a_deleted_entry_cannot_be_changed(api: Client, binned):
    for path, fields, status in (
        ("/file/rename/", {"id": binned["f"], "display": b64("x")}, 219),
        ("/file/move/", {"id": binned["f"], "parent": 1001}, 219),
        ("/file/copy/", {"fileid": binned["f"], "parent": 1001}, 219),
        ("/folder/rename/", {"id": binned["b"], "display": b64("x")}, 218),
        ("/folder/move/", {"id": binned["b"], "parent": 1001}, 218),
        ("/folder/create/", {"parent": binned["b"], "display": b64("x")}, 218),
    ):
        assert await api.status(path, **fields) == status
    assert (await api.init(binned["b"], "x", b"")).status == 218
    assert (await api.init(1001, None, b"", fi=binned["f"])).status == 219
    assert await api.content(binned["f"]) == b"file"
