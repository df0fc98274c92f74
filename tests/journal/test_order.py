"""The service sees a sequence in which every request is possible, whatever order programs used."""

import trio

from tests.counting import CountingProvider
from tests.drives import DriveByPath, remote_tree


async def test_two_files_swap_names(drive: DriveByPath, provider: CountingProvider):
    await drive.write("/a", b"a")
    await drive.write("/b", b"b")
    await drive.flush()
    await drive.rename("/a", "/t")
    await drive.rename("/b", "/a")
    await drive.rename("/t", "/b")
    await drive.flush()
    assert await remote_tree(provider) == {"/a": b"b", "/b": b"a"}


async def test_names_rotate(drive: DriveByPath, provider: CountingProvider):
    for name in "abcd":
        await drive.write(f"/{name}", name.encode())
    await drive.flush()
    await drive.rename("/d", "/t")
    for old, new in [("c", "d"), ("b", "c"), ("a", "b")]:
        await drive.rename(f"/{old}", f"/{new}")
    await drive.rename("/t", "/a")
    await drive.flush()
    assert await remote_tree(provider) == {"/a": b"d", "/b": b"a", "/c": b"b", "/d": b"c"}


async def test_parent_and_child_change_places(drive: DriveByPath, provider: CountingProvider):
    await drive.mkdir("/x")
    await drive.mkdir("/x/y")
    await drive.write("/x/f", b"f")
    await drive.flush()
    await drive.rename("/x/y", "/y")
    await drive.rename("/x", "/y/x")
    await drive.flush()
    assert await remote_tree(provider) == {"/y": None, "/y/x": None, "/y/x/f": b"f"}


async def test_what_is_saved_from_a_removed_folder_survives(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.mkdir("/d")
    await drive.mkdir("/d/e")
    await drive.write("/d/e/keep", b"keep")
    await drive.write("/d/e/drop", b"drop")
    await drive.flush()
    await drive.rename("/d/e/keep", "/keep")
    await drive.rm_r("/d")
    await drive.flush()
    assert await remote_tree(provider) == {"/keep": b"keep"}


async def test_a_new_folder_takes_the_name_of_a_removed_file(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.write("/n", b"file")
    await drive.flush()
    await drive.unlink("/n")
    await drive.mkdir("/n")
    await drive.write("/n/f", b"x")
    await drive.flush()
    assert await remote_tree(provider) == {"/n": None, "/n/f": b"x"}


async def test_a_new_file_takes_the_name_of_a_removed_folder(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.mkdir("/n")
    await drive.write("/n/f", b"x")
    await drive.flush()
    await drive.rm_r("/n")
    await drive.write("/n", b"file")
    await drive.flush()
    assert await remote_tree(provider) == {"/n": b"file"}


async def test_a_file_is_replaced_by_one_from_another_folder(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.mkdir("/d")
    await drive.write("/d/new", b"new")
    await drive.write("/old", b"old")
    await drive.flush()
    await drive.rename("/d/new", "/old")
    await drive.rmdir("/d")
    await drive.flush()
    assert await remote_tree(provider) == {"/old": b"new"}


async def test_an_edited_and_moved_file_arrives_whole(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.mkdir("/d")
    await drive.write("/f", b"one")
    await drive.flush()
    await drive.append("/f", b" two")
    await drive.rename("/f", "/d/g")
    await drive.flush()
    assert await remote_tree(provider) == {"/d": None, "/d/g": b"one two"}


async def test_a_folder_is_replaced_by_another(drive: DriveByPath, provider: CountingProvider):
    await drive.mkdir("/a")
    await drive.write("/a/f", b"x")
    await drive.mkdir("/b")
    await drive.flush()
    await drive.rename("/a", "/b")
    await drive.flush()
    assert await remote_tree(provider) == {"/b": None, "/b/f": b"x"}


async def test_deep_new_trees_arrive(drive: DriveByPath, provider: CountingProvider):
    path = ""
    for depth in range(12):
        path += f"/{depth}"
        await drive.mkdir(path)
        await drive.write(f"{path}/f", b"%d" % depth)
    await drive.flush()
    assert len(await remote_tree(provider)) == 24


async def test_a_name_is_used_again_and_again(drive: DriveByPath, provider: CountingProvider):
    for number in range(6):
        await drive.write("/n", b"%d" % number)
        if number % 2:
            await drive.flush()
        await drive.unlink("/n")
    await drive.mkdir("/n")
    await drive.flush()
    assert await remote_tree(provider) == {"/n": None}


async def test_a_folder_is_not_removed_under_an_upload(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.mkdir("/d")
    await drive.flush()
    provider.gate = trio.Event()
    provider.calls.clear()
    await drive.write("/d/f", b"x")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(drive.flush)
        while not provider.calls["upload"]:
            await trio.sleep(0.01)
        await drive.unlink("/d/f")
        await drive.rmdir("/d")
        provider.gate.set()
    assert await remote_tree(provider) == {}
    assert not drive.assembly.journal.changes


async def test_an_upload_into_a_folder_that_moves_meanwhile_arrives_once(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.mkdir("/d")
    await drive.flush()
    provider.gate = trio.Event()
    provider.calls.clear()
    await drive.write("/d/f", b"x")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(drive.flush)
        while not provider.calls["upload"]:
            await trio.sleep(0.01)
        await drive.rename("/d", "/e")
        provider.gate.set()
    assert await remote_tree(provider) == {"/e": None, "/e/f": b"x"}
