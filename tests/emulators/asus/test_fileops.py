"""Reference 3.4 and 3.7 to 3.10: folders made, entries renamed, moved, copied, removed."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import DECLARATION, TIMES, USER, Client, Xml, b64

CREATE = "/folder/create/"
REPLY = DECLARATION + "<{0}><status>0</status></{0}>"


async def test_a_folder_is_made(api: Client):
    text = (
        f"<create><token>{api.token}</token><userid>{USER}</userid><parent>1001</parent>"
        f"<isencrypted>0</isencrypted><display>ZG9jcw==</display><attribute>{TIMES}</attribute>"
        "<isgroupaware>0</isgroupaware></create>"
    )
    response = await api.send(CREATE, text)
    assert response.text == f"{DECLARATION}<create><status>0</status><id>1002</id></create>"
    assert await api.status(CREATE, parent=1001, display="ZG9jcw==") == 214
    assert await api.names(1001) == ["docs"]


async def test_nothing_is_put_into_the_bin_by_hand(api: Client):
    root = await api.mysync()
    file, folder = await api.upload(root, "a", b"x"), await api.mkdir(root, "b")
    assert await api.status(CREATE, parent=900, display=b64("x")) == 200
    assert await api.status("/file/copy/", parent=900, fileid=file) == 200
    assert await api.status("/file/move/", parent=900, id=file) == 200
    assert await api.status("/folder/move/", parent=900, id=folder) == 200
    assert (await api.init(900, "x", b"x")).status == 200


@pytest.mark.parametrize("parent", [4711, 5001, 1002])
async def test_a_folder_needs_one_that_is_not_deleted(api: Client, parent: int):
    root = await api.mysync()
    await api.upload(root, "a", b"")
    await api.ok("/folder/remove/", id=await api.mkdir(root, "gone"))
    assert await api.status(CREATE, parent=parent, display=b64("x")) == 218


async def test_existence_is_checked_before_names(api: Client):
    assert await api.status(CREATE, parent=4711, display=b64("")) == 218
    assert await api.status("/file/rename/", id=1, display=b64("a/b")) == 219


@pytest.mark.parametrize("kind", ["file", "folder"])
async def test_an_entry_is_renamed(api: Client, clock: Clock, kind: str):
    root = await api.mysync()
    number = await make(api, root, "old", kind)
    await make(api, root, "taken", kind)
    clock.advance(60)
    path = f"/{kind}/rename/"
    found = await api.ok(path, id=number, display=b64("new"), isencrypted=0, isgroupaware=0)
    assert found.response.text == REPLY.format("rename")
    assert await api.names(root) == ["new", "taken"]
    assert (await api.browse(root))[f"{kind}/createdtime"] == "2023-11-14 22:14:20"
    for name, status in (("new", 0), ("NEW", 0), ("Taken", 214), ("", 211), ("a/b", 212)):
        assert await api.status(path, id=number, display=b64(name)) == status
    missing = 218 if kind == "folder" else 219
    assert await api.status(path, id=4711, display=b64("x")) == missing
    await api.ok(f"/{kind}/remove/", id=number)
    assert await api.status(path, id=number, display=b64("x")) == missing


async def make(api: Client, parent: object, name: str, kind: str) -> str:
    if kind == "folder":
        return await api.mkdir(parent, name)
    return await api.upload(parent, name, name.encode())


@pytest.mark.parametrize("number", [0, -3, -5, 900])
async def test_a_system_folder_stays_as_it_is(api: Client, number: int):
    to = await api.mysync()
    assert await api.status("/folder/rename/", id=number, display=b64("x")) == 200
    assert await api.status("/folder/move/", id=number, parent=to) == 200
    assert await api.status("/folder/remove/", id=number) == 200


@pytest.mark.parametrize("kind", ["file", "folder"])
async def test_an_entry_is_moved(api: Client, clock: Clock, kind: str):
    root = await api.mysync()
    target, other = await api.mkdir(root, "target"), await api.mkdir(root, "other")
    number = await make(api, root, "a", kind)
    await make(api, other, "A", kind)
    clock.advance(60)
    path = f"/{kind}/move/"
    found = await api.ok(path, id=number, parent=target, isgroupaware=0, display=b64("ignored"))
    assert found.response.text == REPLY.format("move")
    assert await api.names(target) == ["a"]
    assert (await api.browse(target))[f"{kind}/createdtime"] == "2023-11-14 22:14:20"
    missing = 218 if kind == "folder" else 219
    assert await api.status(path, id=number, parent=target) == 215
    assert await api.status(path, id=number, parent=other) == 214
    assert await api.status(path, id=number, parent=4711) == 216
    assert await api.status(path, id=4711, parent=target) == missing
    assert await api.status(path, id=4711, parent=4711) == missing
    for tree in (0, -3):
        assert await api.status(path, id=number, parent=tree) == 233
    assert await api.status(path, id=number, parent=-5) == 0
    await api.ok(f"/{kind}/remove/", id=number)
    assert await api.status(path, id=number, parent=root) == missing
    await api.ok("/folder/remove/", id=other)
    assert await api.status(path, id=await make(api, root, "b", kind), parent=other) == 216


async def test_a_folder_cannot_be_put_into_itself(api: Client):
    root = await api.mysync()
    a = await api.mkdir(root, "a")
    b = await api.mkdir(a, "b")
    for to in (a, b):
        assert await api.status("/folder/move/", id=a, parent=to) == 235
    assert await api.status("/folder/move/", id=b, parent=root) == 0


async def test_a_folder_takes_along_what_is_in_it(api: Client, running: Running):
    emulator = running.emulator
    emulator.write("/a/b/c", b"hello")
    emulator.make_folder("/to")
    await api.ok("/folder/move/", id=1002, parent=1004)
    assert emulator.tree() == {"/to": None, "/to/a": None, "/to/a/b": None, "/to/a/b/c": b"hello"}
    assert await api.content(5001) == b"hello"


async def test_files_are_copied(api: Client, clock: Clock):
    root = await api.mysync()
    to = await api.mkdir(0, "to")
    old = "<finfo>1</finfo><lastwritetime>1313054123</lastwritetime>"
    numbers = [await api.upload(root, name, name.encode(), at=old) for name in "abc"]
    await api.upload(root, None, b"second", fi=numbers[0])
    await api.upload(to, "B", b"there")
    clock.advance(60)
    found = await api.ok("/file/copy/", parent=to, fileid=[numbers[n] for n in (2, 1, 0)])
    assert found.tags() == ["status", "fileid", "fileid", "failid"]
    assert (found.all("fileid"), found.all("failid")) == (["5005", "5006"], [numbers[1]])
    assert await api.names(to) == ["a", "B", "c"]
    assert [await api.content(number) for number in ("5005", "5006")] == [b"c", b"second"]
    listing = await api.browse(to)
    assert listing.all("file/headversion") == ["1", "1", "1"]
    assert listing["file/createdtime"] == "2023-11-14 22:14:20"
    assert (await api.info("5005"))["attribute/finfo"] == "1"
    assert await api.content(numbers[0]) == b"second"


@pytest.mark.parametrize(
    ("files", "to", "status"),
    [
        ([5001, 5002], 0, 234),
        ([5001, 4711], 0, 219),
        ([4711], 4711, 219),
        ([5001], 4711, 216),
        ([5001], 900, 200),
        ([], 0, 225),
        ([5001], "", 225),
        ([5001, "x"], 0, 225),
        ([5003], 0, 224),
    ],
)
async def test_a_copy_that_cannot_be(
    api: Client, running: Running, files: list[object], to: object, status: int
):
    running.emulator.configure(capacity=2)
    running.emulator.write("/a", b"a")
    running.emulator.write("/d/b", b"b")
    running.emulator.write("/large", bytes(1100 * 1024))
    assert await api.status("/file/copy/", parent=to, fileid=files) == status
    assert await api.names(0) == []


async def test_files_are_removed_all_or_none(api: Client):
    root = await api.mysync()
    a, b = [await api.upload(root, name, b"") for name in "ab"]
    assert await api.status("/file/remove/", id=f"{a},4711") == 219
    assert await api.status("/file/remove/", id=f"{a},x") == 225
    assert await api.names(root) == ["a", "b"]
    found = await api.ok("/file/remove/", id=f"{a}, {b}", isgroupaware=0)
    assert found.response.text == REPLY.format("remove")
    assert await api.names(root) == []
    assert await api.status("/file/remove/", id=a) == 219


async def test_folders_are_removed_with_all_below(api: Client, running: Running):
    emulator = running.emulator
    emulator.write("/a/b/c", b"hello")
    emulator.make_folder("/d")
    found = await api.ok("/folder/remove/", id="1002,1004", ischildonly=0, isgroupaware=0)
    assert found.response.text == REPLY.format("remove")
    assert emulator.tree() == {}
    assert await api.names(await api.bin_id()) == ["a", "d"]
    assert await api.names(1003) == ["c"]
    assert await api.status("/folder/remove/", id=1002) == 218
    assert await api.status("/folder/remove/", id=1003) == 218


async def test_of_many_folders_those_that_are_gone_do_not_matter(api: Client):
    root = await api.mysync()
    a = await api.mkdir(root, "a")
    b = await api.mkdir(a, "b")
    assert await api.status("/folder/remove/", id="4711") == 218
    assert await api.status("/folder/remove/", id=f"4711,{a},{b}") == 0
    assert await api.names(await api.bin_id()) == ["a"]
    many = ",".join(str(number) for number in range(5000, 5500))
    assert await api.status("/folder/remove/", id=many) == 0
    assert await api.status("/folder/remove/", id=f"{many},1") == 225
    # Those that may not be removed do.
    c = await api.mkdir(root, "c")
    for system in (0, -3, -5, 900):
        assert await api.status("/folder/remove/", id=f"{c},4711,{system}") == 200
    assert await api.names(root) == ["c"]


async def test_a_folder_may_be_emptied_instead(api: Client, running: Running):
    emulator = running.emulator
    emulator.write("/a/b/c", b"hello")
    emulator.write("/a/d", b"")
    await api.ok("/folder/remove/", id=1002, ischildonly=1)
    assert emulator.tree() == {"/a": None}
    assert await api.names(await api.bin_id()) == ["b", "d"]
    assert await api.status("/folder/remove/", id=1002, ischildonly="x") == 225


async def test_group_edit_cannot_begin_in_a_system_folder(api: Client):
    for parent, status in ((0, 200), (-5, 200), (1001, 0)):
        fields = {"parent": parent, "display": b64("x"), "isgroupaware": 1}
        assert await api.status(CREATE, **fields) == 5
        assert await api.status(CREATE, sign=True, **fields) == status


async def test_a_switch_is_0_or_1(api: Client):
    fields = {"parent": 1001, "display": b64("x"), "attribute": Xml(TIMES)}
    assert await api.status(CREATE, isgroupaware="yes", **fields) == 225
    assert await api.status(CREATE, isgroupaware="", **fields) == 0
