"""Reference 3.24: archives packed and unpacked on the server."""

import io
import zipfile

import pytest

from cloudfs.emulators.server import Running
from tests.emulators.podspace.client import Client, display

NOPE = "NOPE000000000000"
MIB = 1 << 20


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


async def test_an_archive_is_packed_and_unpacked_again(api: Client, running: Running):
    emulator = running.emulator
    emulator.write("/a/sub/deep é", bytes(3 * MIB))
    emulator.write("/a/f", b"x")
    emulator.make_folder("/a/empty")
    emulator.write("/photo.png", b"photo")
    a = (await api.ok("GET", "files/ROOT/exist", fileName="a"))["hash"]
    photo = (await api.ok("GET", "files/ROOT/exist", fileName="photo.png"))["hash"]
    made = await api.ok(
        "POST", "files/archive", hashes=f"{photo},{a}", name="x.zip", destFolderHash="ROOT"
    )
    assert (display(made), made["type"]) == ("x.zip", "application/zip")
    extracted = await api.ok("POST", f"files/{made['hash']}/extract", destFolderHash="ROOT")
    assert display(extracted) == "x"
    assert await api.names() == ["a", "photo.png", "x", "x.zip"]
    tree = emulator.tree()
    unpacked = {path[2:]: data for path, data in tree.items() if path.startswith("/x/")}
    assert unpacked == {
        "/a": None,
        "/a/empty": None,
        "/a/f": b"x",
        "/a/sub": None,
        "/a/sub/deep é": bytes(3 * MIB),
        "/photo.png": b"photo",
    }


async def test_taken_names_are_made_unique(api: Client):
    hash_ = (await api.folder("in"))["hash"]
    for _ in range(2):
        made = await api.ok("POST", "files/archive", hashes=hash_, name="x.zip")
        await api.ok("POST", f"files/{made['hash']}/extract")
    assert await api.names() == ["in", "x", "x (1)", "x (1).zip", "x.zip"]


async def test_an_archive_goes_where_it_is_wanted(api: Client):
    to, f = (await api.folder("to"))["hash"], (await api.upload("f", b"x"))["hash"]
    made = await api.ok("POST", "files/archive", hashes=f, name="x", destFolderHash=to)
    assert made["parentHash"] == to
    extracted = await api.ok("POST", f"files/{made['hash']}/extract", destFolderHash=to)
    assert (display(extracted), extracted["parentHash"]) == ("x (1)", to)
    assert await api.names(extracted["hash"]) == ["f"]


async def test_packing_may_be_refused(api: Client, running: Running):
    f = (await api.upload("f", bytes(100)))["hash"]
    good = {"hashes": f, "name": "x.zip"}
    for change, expected in (
        ({"hashes": NOPE}, (404, 202)),
        ({"hashes": ""}, (400, 101)),
        ({"name": ""}, (400, 101)),
        ({"name": "a/b"}, (400, 209)),
        ({"destFolderHash": NOPE}, (404, 202)),
        ({"destFolderHash": f}, (400, 101)),
    ):
        assert await api.refused("POST", "files/archive", **{**good, **change}) == expected
    running.emulator.configure(quota=150)
    assert await api.refused("POST", "files/archive", **good) == (507, 206)
    assert await api.names() == ["f"]


@pytest.mark.parametrize(
    "data",
    [
        b"no archive",
        b"",
        zipped({"../escape": b"x"}),
        zipped({"/absolute": b"x"}),
        zipped({"a:b": b"x"}),
        zipped({"a": b"x", "a/b": b"y"}),
        zipped({"a": b"x" * 1000}, zipfile.ZIP_STORED).replace(b"xxxx", b"yyyy", 1),
    ],
)
async def test_what_cannot_be_unpacked_is_refused_and_leaves_nothing(
    api: Client, running: Running, data: bytes
):
    file = (await api.upload("x.zip", data))["hash"]
    assert await api.refused("POST", f"files/{file}/extract") == (400, 101)
    assert await api.names() == ["x.zip"]
    assert not list((running.emulator.root / "incoming").iterdir())
    blobs = [path for path in (running.emulator.root / "blobs").glob("*/*") if path.is_file()]
    assert len(blobs) == 1


async def test_unpacking_may_be_refused(api: Client, running: Running):
    file = (await api.upload("x.zip", zipped({"a": bytes(10_000)})))["hash"]
    folder = (await api.folder("d"))["hash"]
    for hash_, to, expected in (
        (NOPE, "ROOT", (404, 202)),
        (folder, "ROOT", (400, 101)),
        (file, NOPE, (404, 202)),
        (file, file, (400, 101)),
    ):
        call = ("POST", f"files/{hash_}/extract")
        assert await api.refused(*call, destFolderHash=to) == expected
    running.emulator.configure(quota=9_000)
    assert await api.refused("POST", f"files/{file}/extract") == (507, 206)
    assert await api.names() == ["d", "x.zip"]
