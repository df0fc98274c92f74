"""Reference 3.2 and 3.18: versions of files."""

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client

NOPE = "NOPE000000000000"
MS = int(NOW * 1000)
SARA = {"username": "sara", "name": "Sara", "ssoId": 42, "roles": []}


async def versioned(api: Client, clock: Clock, count: int) -> str:
    """A file with contents 0, 1, ... of one byte more each."""
    hash_ = str((await api.upload("photo.png", b"0"))["hash"])
    for number in range(1, count):
        clock.advance(1)
        await api.replace(hash_, b"%d" % number * (number + 1))
    return hash_


async def test_a_file_that_was_never_replaced_has_no_versions(api: Client):
    file = (await api.upload("f", b"x"))["hash"]
    assert await api.ok("GET", f"files/{file}/versions") == []


async def test_all_versions_are_listed_the_current_one_last(api: Client, clock: Clock):
    file = await versioned(api, clock, 2)
    found = await api.ok("GET", f"files/{file}/versions")
    hashes = [version["hash"] for version in found]
    assert len({*hashes, file}) == 3
    assert found == [
        {
            "hash": hashes[number],
            "version": number,
            "name": "photo",
            "extension": "png",
            "size": number + 1,
            "type": "image/png",
            "created": MS + 1000 * number,
            "uploader": SARA,
        }
        for number in range(2)
    ]


async def test_a_version_is_told_as_an_entry(api: Client, clock: Clock):
    file = await versioned(api, clock, 2)
    first, second = await api.ok("GET", f"files/{file}/versions")
    now = await api.stat(file)
    assert await api.stat(second["hash"]) == {**now, "hash": second["hash"]}
    assert await api.stat(first["hash"]) == {
        **now,
        "hash": first["hash"],
        "version": 0,
        "size": 1,
        "updated": MS,
    }


async def test_a_restored_version_is_a_new_one_with_the_old_bytes(api: Client, clock: Clock):
    file = await versioned(api, clock, 2)
    first, _ = await api.ok("GET", f"files/{file}/versions")
    clock.advance(1)
    restored = await api.ok("PATCH", f"files/versions/{first['hash']}")
    assert (restored["hash"], restored["version"], restored["size"]) == (file, 2, 1)
    assert restored["updated"] == MS + 2000
    assert await api.fetch(file) == b"0"
    history = await api.ok("GET", f"files/{file}/versions")
    assert [version["version"] for version in history] == [0, 1, 2]


async def test_old_versions_go_beyond_the_limit_and_numbers_stay(
    api: Client, clock: Clock, running: Running
):
    file = await versioned(api, clock, 7)
    found = await api.ok("GET", f"files/{file}/versions")
    assert [version["version"] for version in found] == [2, 3, 4, 5, 6]
    assert (await api.ok("GET", "me/status"))["storageUsage"] == 3 + 4 + 5 + 6 + 7
    running.emulator.configure(version_limit=1)
    await api.replace(file, b"x")
    assert await api.ok("GET", f"files/{file}/versions") == []
    for version in found:
        assert await api.refused("GET", f"files/{version['hash']}") == (404, 202)


async def test_versions_may_be_refused(api: Client, clock: Clock):
    file, folder = await versioned(api, clock, 2), (await api.folder("a"))["hash"]
    first, _ = await api.ok("GET", f"files/{file}/versions")
    for hash_, expected in (
        (folder, (400, 101)),
        (NOPE, (404, 202)),
        (first["hash"], (404, 202)),
    ):
        assert await api.refused("GET", f"files/{hash_}/versions") == expected
    for hash_ in (file, NOPE):
        assert await api.refused("PATCH", f"files/versions/{hash_}") == (404, 202)
    assert await api.ok("DELETE", f"files/{first['hash']}") == 0
    await api.ok("DELETE", f"files/{file}")
    assert await api.refused("PATCH", f"files/versions/{first['hash']}") == (404, 202)
    assert await api.refused("GET", f"files/{first['hash']}/detail") == (404, 202)


async def test_a_renamed_or_moved_file_keeps_its_versions(api: Client, clock: Clock):
    file, folder = await versioned(api, clock, 2), (await api.folder("a"))["hash"]
    before = await api.ok("GET", f"files/{file}/versions")
    await api.ok("PUT", f"files/{file}/rename", newName="photo.png")
    await api.ok("PUT", f"files/{file}/move", destFolderHash=folder)
    await api.ok("DELETE", f"files/{file}")
    await api.ok("PUT", f"trashes/{file}/restore")
    assert await api.ok("GET", f"files/{file}/versions") == before
