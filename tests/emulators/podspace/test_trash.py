"""Reference 3.13 to 3.16: the recycle bin."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.server import Running
from tests.emulators.podspace.client import Client, display

NOPE = "NOPE000000000000"


@pytest.fixture
async def tree(api: Client, running: Running):
    """Hashes by path."""
    for path in ("/a/f", "/a/sub/deep", "/b/f", "/top"):
        running.emulator.write(path, path.encode())
    hashes: dict[str, str] = {}

    async def walk(hash_: str, path: str) -> None:
        for entity in await api.ls(hash_):
            at = f"{path}/{display(entity)}"
            hashes[at] = entity["hash"]
            if entity["type"] == "application/vnd.podspace.folder":
                await walk(entity["hash"], at)

    await walk("ROOT", "")
    return hashes


async def trash(api: Client, *hashes: str) -> None:
    for hash_ in hashes:
        assert await api.ok("DELETE", f"files/{hash_}") == 1


async def test_a_trashed_file_is_in_the_bin_as_it_was(api: Client, tree, clock: Clock):
    before = await api.stat(tree["/a/f"])
    clock.advance(1)
    await trash(api, tree["/a/f"])
    found = await api.ok("GET", "trashes", start=0, size=100, order="NAME", desc="false")
    del before["owner"], before["uploader"]
    assert found == {"list": [before], "count": 1}
    assert await api.names(tree["/a"]) == ["sub"]
    assert await api.refused("GET", f"files/{tree['/a/f']}") == (404, 202)


async def test_of_a_trashed_folder_only_the_top_is_in_the_bin(api: Client, tree, running: Running):
    await trash(api, tree["/a"])
    assert await api.bin() == ["a"]
    assert set(running.emulator.tree()) == {"/b", "/b/f", "/top"}
    for inside in ("/a/f", "/a/sub", "/a/sub/deep"):
        assert await api.refused("GET", f"files/{tree[inside]}/detail") == (404, 202)
    assert await api.refused("GET", f"folders/{tree['/a']}/children") == (404, 202)


async def test_what_cannot_be_trashed_counts_as_nothing(api: Client, tree, friend: Client):
    await trash(api, tree["/a"])
    for wrong in (NOPE, "x", tree["/a"], tree["/a/f"]):
        assert await api.ok("DELETE", f"files/{wrong}") == 0
    assert await friend.ok("DELETE", f"files/{tree['/b']}") == 0
    root = (await api.stat("ROOT"))["hash"]
    for which in ("ROOT", root):
        assert await api.refused("DELETE", f"files/{which}") == (400, 101)


async def test_the_bin_is_paged_and_sorted(api: Client, tree):
    await trash(api, tree["/top"], tree["/a"], tree["/b"])
    assert await api.bin() == ["a", "b", "top"]
    assert await api.bin(desc="true") == ["top", "b", "a"]
    assert await api.bin(start=1, size=1) == ["b"]
    assert (await api.ok("GET", "trashes", start=3))["count"] == 3
    assert await api.bin(order="SIZE") == ["a", "b", "top"]


async def test_a_restored_entry_is_where_it_was(api: Client, tree, running: Running, clock: Clock):
    before, whole = await api.stat(tree["/a/sub"]), running.emulator.tree()
    await trash(api, tree["/a/sub"])
    clock.advance(1)
    assert await api.ok("PUT", f"trashes/{tree['/a/sub']}/restore") == 1
    assert await api.stat(tree["/a/sub"]) == before
    assert running.emulator.tree() == whole
    assert await api.bin() == []
    for wrong in (NOPE, tree["/a/sub"], tree["/a/f"]):
        assert await api.ok("PUT", f"trashes/{wrong}/restore") == 0


async def test_a_restored_entry_takes_another_name_if_its_own_is_taken(
    api: Client, tree, running: Running
):
    await trash(api, tree["/a/f"])
    running.emulator.write("/a/f", b"other")
    assert await api.ok("PUT", f"trashes/{tree['/a/f']}/restore") == 1
    assert display(await api.stat(tree["/a/f"])) == "f (1)"
    running.emulator.write("/x.tar.gz", b"")
    running.emulator.remove("/x.tar.gz")
    running.emulator.make_folder("/x.tar.gz")
    await api.ok("POST", "trashes/restore")
    running.emulator.remove("/x.tar.gz")
    running.emulator.write("/x.tar.gz", b"")
    await api.ok("POST", "trashes/restore")
    assert set(await api.names()) >= {"x.tar (1).gz", "x.tar.gz", "x.tar.gz (1)"}


async def test_a_restored_entry_goes_to_the_root_if_its_folder_is_gone(api: Client, tree):
    await trash(api, tree["/a/sub/deep"], tree["/a/f"], tree["/a"])
    assert await api.ok("PUT", f"trashes/{tree['/a/f']}/restore") == 1
    await api.ok("DELETE", f"trashes/{tree['/a']}")
    assert await api.ok("PUT", f"trashes/{tree['/a/sub/deep']}/restore") == 1
    assert await api.names() == ["b", "deep", "f", "top"]


async def test_everything_is_restored_to_its_place(api: Client, tree, running: Running):
    before = running.emulator.tree()
    await trash(api, tree["/a/f"], tree["/a/sub"], tree["/a"], tree["/top"])
    assert await api.ok("POST", "trashes/restore") == 4
    assert running.emulator.tree() == before
    assert await api.ok("POST", "trashes/restore") == 0


async def test_what_is_wiped_is_gone_for_ever(api: Client, tree, running: Running):
    await trash(api, tree["/a"], tree["/top"])
    assert await api.ok("DELETE", f"trashes/{tree['/a']}") == 1
    for wrong in (tree["/a"], tree["/b"], NOPE):
        assert await api.ok("DELETE", f"trashes/{wrong}") == 0
        assert await api.ok("PUT", f"trashes/{wrong}/restore") == 0
    assert await api.bin() == ["top"]
    assert await api.ok("DELETE", "trashes") == 1
    assert await api.ok("DELETE", "trashes") == 0
    assert running.emulator.tree() == {"/b": None, "/b/f": b"/b/f"}
    blobs = [path for path in (running.emulator.root / "blobs").glob("*/*") if path.is_file()]
    assert len(blobs) == 1


async def test_the_bin_takes_space_until_it_is_emptied(api: Client):
    file = (await api.upload("f", bytes(100)))["hash"]
    await trash(api, file)
    assert (await api.ok("GET", "me/status"))["storageUsage"] == 100
    await api.ok("DELETE", "trashes")
    assert (await api.ok("GET", "me/status"))["storageUsage"] == 0


async def test_everybody_has_a_bin_of_his_own(api: Client, friend: Client, tree):
    await trash(api, tree["/a"])
    assert await friend.bin() == []
    assert await friend.ok("PUT", f"trashes/{tree['/a']}/restore") == 0
    assert await friend.ok("DELETE", f"trashes/{tree['/a']}") == 0
    assert await friend.ok("DELETE", "trashes") == 0
    assert await api.bin() == ["a"]


async def test_a_test_sees_the_bin(emulator: PodSpaceEmulator, api: Client, tree):
    await trash(api, tree["/a/f"])
    (item,) = emulator.bin()
    assert (item.name, item.path, item.folder, item.size) == (tree["/a/f"], "/a/f", False, 4)
