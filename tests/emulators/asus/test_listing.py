"""Reference 3.0, 3.1, 3.11 and 3.17: listings, and the folders to begin with."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import (
    OTHER,
    TIMES,
    USER,
    Client,
    Xml,
    acquire,
    b64,
    body,
    signed_in,
)

BROWSE = "/inforelay/browsefolder/"


async def test_mysyncfolder_is_made_when_it_is_missing(api: Client, other: Client):
    assert await api.mysync() == await api.mysync() == "1001"
    assert await other.mysync() == await other.mysync() == "1002"
    await api.ok("/folder/remove/", id=1001)
    assert await api.mysync() == "1003"
    assert await api.names(-5) == ["MySyncFolder"]


async def test_the_bin_is_the_only_personal_system_folder(api: Client, other: Client):
    path = "/folder/getpersonalsystemfolder/"
    found = await api.ok(path, rawfoldername="MyRecycleBin")
    assert found.tags() == ["status", "scrip", "folderid"]
    assert (found["scrip"], found["folderid"]) == ("1700000000000", "900")
    assert await other.bin_id() == "901"
    for name in ("MyDocuments", "", "myrecyclebin"):
        assert await api.status(path, rawfoldername=name) == 225


async def test_the_example_of_the_reference(api: Client, clock: Clock):
    clock.advance(1704164645 - clock.now())
    api.token = (await acquire(api, USER))["token"]
    root = await api.mysync()
    docs = await api.mkdir(root, "docs")
    await api.upload(docs, "inner", b"123456")
    file = await api.upload(root, "résumé.txt", b"hello\n")
    await api.ok("/fsentry/setentrymark/", isfolder=0, entryid=file, markid=1, userid=None)
    found = await api.browse(root, pageno=1, pagesize=2)
    assert found.response.text == (
        '<?xml version="1.0" encoding="utf-8"?>'
        "<browse><status>0</status><rawfoldername>MySyncFolder</rawfoldername>"
        "<parent>-5</parent><rootfolderid>-5</rootfolderid>"
        "<page><pageno>1</pageno><pagesize>2</pagesize><totalcount>2</totalcount>"
        "<hasnextpage>0</hasnextpage></page>"
        "<folder><id>1002</id><rawfoldername>docs</rawfoldername><treesize>6</treesize>"
        "<isgroupaware>0</isgroupaware><isbackup>0</isbackup><isorigdeleted>0</isorigdeleted>"
        "<ispublic>0</ispublic><createdtime>2024-01-02 03:04:05</createdtime><markid></markid>"
        "</folder>"
        "<file><id>5002</id><rawfilename>résumé.txt</rawfilename><isgroupaware>0</isgroupaware>"
        "<size>6</size><isbackup>0</isbackup><isorigdeleted>0</isorigdeleted>"
        "<isinfected>0</isinfected><ispublic>0</ispublic><headversion>1</headversion>"
        "<createdtime>2024-01-02 03:04:05</createdtime><markid>1</markid>"
        "<lastmodifiedtime>1700000000</lastmodifiedtime></file>"
        f"<owner>{USER}</owner></browse>"
    )


@pytest.mark.parametrize(
    ("number", "title"), [(0, "My Collection"), (-3, "My Backup"), (-5, "Sync Center")]
)
async def test_system_folders_are_everybodys_own(
    api: Client, other: Client, number: int, title: str
):
    made = await api.mkdir(number, "mine")
    found = await api.browse(number)
    assert (found["rawfoldername"], found["parent"]) == (title, "0")
    assert (found["rootfolderid"], found["owner"]) == (str(number), USER)
    assert "mine" in found.all("folder/rawfoldername")
    assert found.all("folder/isbackup")[-1] == str(int(number == -3))
    inner = await api.browse(made)
    assert (inner["parent"], inner["rootfolderid"]) == (str(number), str(number))
    assert "mine" not in await other.names(number)
    assert (await other.browse(number))["owner"] == OTHER


async def fill(api: Client, root: str, clock: Clock) -> None:
    """Folders and files whose order by time is not that by name."""
    for name in ("b", "A", "c"):
        clock.advance(10)
        await api.mkdir(root, name)
    for number, name in enumerate(("y.txt", "X.txt", "z.txt")):
        at = TIMES.replace("1700000000", str(1700000000 - number))
        await api.upload(root, name, name.encode(), at=at)


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ({}, ["A", "b", "c", "X.txt", "y.txt", "z.txt"]),
        ({"sortby": 1, "sortdirection": 0}, ["A", "b", "c", "X.txt", "y.txt", "z.txt"]),
        ({"sortby": 1, "sortdirection": 1}, ["c", "b", "A", "z.txt", "y.txt", "X.txt"]),
        ({"sortby": 2, "sortdirection": 0}, ["b", "A", "c", "z.txt", "X.txt", "y.txt"]),
        ({"sortby": 2, "sortdirection": 1}, ["c", "A", "b", "y.txt", "X.txt", "z.txt"]),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 4, 6, 100])
async def test_folders_come_first_and_each_sorted(
    api: Client, clock: Clock, order: dict[str, object], names: list[str], size: int
):
    root = await api.mysync()
    await fill(api, root, clock)
    assert await api.names(root, **order) == names
    found: list[str] = []
    for page in range(1, 7):
        reply = await api.browse(root, pageno=page, pagesize=size, **order)
        assert reply["page/pageno"] == str(page)
        on_page = reply.all("folder/rawfoldername") + reply.all("file/rawfilename")
        assert (reply["page/totalcount"], reply["page/pagesize"]) == ("6", str(len(on_page)))
        found += on_page
        if reply["page/hasnextpage"] == "0":
            break
    assert found == names


async def test_ties_are_in_the_order_of_ids(api: Client):
    root = await api.mysync()
    for name in ("c", "a", "b"):
        await api.mkdir(root, name)
        await api.upload(root, f"{name}.txt", b"")
    names = ["c", "a", "b", "c.txt", "a.txt", "b.txt"]
    for direction in (0, 1):
        assert await api.names(root, sortby=2, sortdirection=direction) == names
    await api.ok("/folder/remove/", id=root, ischildonly=1)
    bin_ = await api.bin_id()
    for direction in (0, 1):
        assert await api.names(bin_, sortby=2, sortdirection=direction) == names


@pytest.mark.parametrize(
    ("asked", "got", "names", "more"),
    [
        (1, 1, ["a", "b"], 1),
        (2, 2, ["c"], 0),
        (3, 2, ["c"], 0),
        (99, 2, ["c"], 0),
        (0, 1, ["a", "b"], 1),
        (-7, 1, ["a", "b"], 1),
    ],
)
async def test_a_page_that_is_not_there_is_another(
    api: Client, asked: int, got: int, names: list[str], more: int
):
    root = await api.mysync()
    for name in "abc":
        await api.mkdir(root, name)
    found = await api.browse(root, pageno=asked, pagesize=2)
    assert found.all("folder/rawfoldername") == names
    page = [found[f"page/{name}"] for name in found.tags("page")]
    assert page == [str(got), str(len(names)), "3", str(more)]


async def test_without_both_numbers_everything_is_one_page(api: Client):
    root = await api.mysync()
    for name in "abc":
        await api.mkdir(root, name)
    for fields in ({}, {"pageno": 2}, {"pagesize": 1}, {"pageno": "", "pagesize": 1}):
        found = await api.browse(root, **fields)
        page = [found[f"page/{name}"] for name in found.tags("page")]
        assert page == ["1", "3", "3", "0"]


async def test_an_empty_folder_has_but_page_0(api: Client):
    root = await api.mysync()
    for fields in ({}, {"pageno": 1, "pagesize": 10}, {"pageno": 5, "pagesize": 10}):
        found = await api.browse(root, **fields)
        assert [found[f"page/{name}"] for name in found.tags("page")] == ["0", "0", "0", "0"]


BY_TYPE = {
    "DOC": ["a.TXT", "b.pdf"],
    "IMAGE": ["c.Jpeg"],
    "VIDEO": ["d.mkv", "e.3gpp"],
    "MUSIC": ["e.3gpp", "f.mp3"],
    "OTHERS": ["g.tar.gz", "noextension", "txt"],
}


@pytest.mark.parametrize(("type_", "names"), [*BY_TYPE.items(), ("FOLDER", ["a.txt.folder"])])
async def test_a_listing_may_be_of_one_type(api: Client, type_: str, names: list[str]):
    root = await api.mysync()
    await api.mkdir(root, "a.txt.folder")
    for name in sorted({name for names_ in BY_TYPE.values() for name in names_}):
        await api.upload(root, name, b"")
    assert await api.names(root, type=type_) == names
    found = await api.browse(root, type=type_, pageno=1, pagesize=1)
    assert found["page/totalcount"] == str(len(names))
    assert found["page/hasnextpage"] == str(int(len(names) > 1))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"folderid": ""}, 225),
        ({"folderid": "x"}, 225),
        ({"folderid": 1234}, 218),
        ({"folderid": 5001}, 218),
        ({"pageno": "x", "pagesize": 1}, 225),
        ({"pageno": 1, "pagesize": "x"}, 225),
        ({"pageno": 1, "pagesize": 0}, 235),
        ({"pageno": 1, "pagesize": -1}, 235),
        ({"sortby": -1}, 235),
        ({"sortby": 0}, 235),
        ({"sortby": 3}, 235),
        ({"sortby": "x"}, 225),
        ({"sortdirection": 2}, 235),
        ({"type": "FOLDERS"}, 235),
        ({"type": "doc"}, 235),
        ({"sortby": -1, "folderid": 1234}, 235),
    ],
)
async def test_a_listing_that_cannot_be(api: Client, fields: dict[str, object], status: int):
    root = await api.mysync()
    await api.upload(root, "a", b"")
    found = await api.call(BROWSE, root="browse", **{"folderid": root, **fields})
    assert (found.root.tag, found.status) == ("browse", status)


async def test_the_root_of_a_listing_is_browse(api: Client):
    assert await api.status(BROWSE, root="browsefolder", folderid=0) == 3


async def test_the_bin_is_no_part_of_any_tree(api: Client):
    root = await api.mysync()
    folder = await api.mkdir(root, "folder")
    inner = await api.mkdir(folder, "inner")
    await api.ok("/folder/remove/", id=folder)
    bin_ = await api.bin_id()
    found = await api.browse(bin_)
    assert (found["rawfoldername"], found["parent"]) == ("MyRecycleBin", "0")
    assert found["rootfolderid"] == bin_
    assert bin_ not in (await api.browse(0)).all("folder/id")
    below = await api.browse(folder)
    assert (below["parent"], below["rootfolderid"]) == (bin_, bin_)
    assert below.all("folder/id") == [inner]
    assert (await api.browse(inner))["parent"] == folder


async def test_the_bin_may_hold_a_name_twice_and_is_paged(api: Client, clock: Clock):
    root = await api.mysync()
    for text in (b"1", b"2"):
        file = await api.upload(root, "a", text)
        clock.advance(60)
        await api.ok("/file/remove/", id=file)
    found = await api.browse(await api.bin_id())
    assert found.all("file/rawfilename") == ["a", "a"]
    times = found.all("file/createdtime")
    assert times == ["2023-11-14 22:14:20", "2023-11-14 22:15:20"]  # of the removals
    found = await api.browse(await api.bin_id(), pageno=2, pagesize=1, sortdirection=1)
    assert (found.all("file/id"), found["page/hasnextpage"]) == (["5002"], "0")


async def test_the_size_of_a_folder_is_that_of_all_below(api: Client):
    root = await api.mysync()
    a = await api.mkdir(root, "a")
    b = await api.mkdir(a, "b")
    await api.mkdir(root, "c")
    await api.upload(b, "x", b"123")
    await api.upload(a, "y", b"1234")
    assert (await api.browse(root)).all("folder/treesize") == ["7", "0"]


async def test_a_folder_keeps_its_stamp_when_its_children_change(api: Client, clock: Clock):
    root = await api.mysync()
    folder = await api.mkdir(root, "a")
    clock.advance(60)
    await api.upload(folder, "x", b"123")
    assert (await api.browse(root))["folder/createdtime"] == "2023-11-14 22:13:20"
    await api.ok("/folder/rename/", id=folder, display=b64("b"))
    assert (await api.browse(root))["folder/createdtime"] == "2023-11-14 22:14:20"


async def test_which_folders_are_empty(api: Client):
    path = "/folder/ischildrenexist/"
    root = await api.mysync()
    a, b, c = [await api.mkdir(root, name) for name in "abc"]
    await api.upload(a, "x", b"")
    await api.mkdir(b, "y")
    found = await api.ok(path, folderids=f"{a}, {b},{c},4711,{await api.bin_id()}")
    assert found.tags("requestfolder") == ["id", "childrenexist"]
    assert found.dicts("requestfolder") == [
        {"id": a, "childrenexist": "1"},
        {"id": b, "childrenexist": "1"},
        {"id": c, "childrenexist": "0"},
        {"id": "900", "childrenexist": "0"},
    ]
    many = ",".join(str(number) for number in range(200))
    assert await api.status(path, folderids=many) == 0
    assert await api.status(path, folderids=f"{many},1") == 225
    for folders in ("", "1,,2", "a"):
        assert await api.status(path, folderids=folders) == 225
    await api.ok("/folder/remove/", id=c)
    assert (await api.ok(path, folderids="900"))["requestfolder/childrenexist"] == "1"


async def test_the_older_listing_is_there_if_switched_on(api: Client, running: Running):
    root = await api.mysync()
    text = body("browse", token=api.token, userid=USER, folderid=root)
    assert (await api.send("/folder/browse/", text)).status_code == 404
    running.emulator.configure(folder_browse=True)
    await api.mkdir(root, "é")
    for name in ("a.txt", "b.pdf", "c"):
        await api.upload(root, name, b"x")
    found = await api.ok("/folder/browse/", folderid=root, root="browse")
    assert found["folder/display"] == b64("é")
    assert found.all("file/display") == [b64("a.txt"), b64("b.pdf"), b64("c")]
    assert found["file/attribute/lastwritetime"] == "1700000000"
    assert "file/rawfilename" not in found
    page = Xml("<pageno>2</pageno><pagesize>3</pagesize><enable>1</enable>")
    found = await api.ok("/folder/browse/", folderid=root, page=page, root="browse")
    assert (found.all("file/display"), found["page/pageno"]) == ([b64("c")], "2")
    found = await api.ok("/folder/browse/", folderid=root, fileext="PDF txt", root="browse")
    assert found.all("file/display") == [b64("a.txt"), b64("b.pdf")]
    page = Xml("<pageno>1</pageno><pagesize>0</pagesize><enable>1</enable>")
    assert await api.status("/folder/browse/", folderid=root, page=page, root="browse") == 235


async def test_a_folder_may_be_large(api: Client, running: Running):
    for number in range(1200):
        running.emulator.write(f"/{number:04}", b"x")
    found = await api.browse(1001, pageno=3, pagesize=500)
    assert found.all("file/rawfilename") == [f"{number:04}" for number in range(1000, 1200)]
    assert (found["page/totalcount"], found["page/hasnextpage"]) == ("1200", "0")


async def test_everybody_has_a_folder_of_his_own(running: Running):
    for number in range(103):
        running.emulator.add_account(f"u{number}@example.com", "PassW0rd!")
    numbers = set()
    for number in (0, 97, 98, 99, 102):
        async with signed_in(running, f"u{number}@example.com") as client:
            numbers.add(await client.bin_id())
            await client.mysync()
    assert len(numbers) == 5
    assert "902" in numbers
