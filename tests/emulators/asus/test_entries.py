"""Reference 3.2, 3.3, 3.5.6 and 3.20: entries looked at, found, dated, marked."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import DECLARATION, USER, Client, Xml, acquire, b64, body

INFO = "/fsentry/getentryinfo/"
FIND = "/find/propfind/"
MARK = "/fsentry/setentrymark/"
OLD = (
    "<creationtime>1313054123</creationtime><lastaccesstime>1313054123</lastaccesstime>"
    "<lastwritetime>1313054123</lastwritetime>"
)


async def test_the_examples_of_the_reference(api: Client, clock: Clock):
    clock.advance(1704164645 - clock.now())
    api.token = (await acquire(api, USER))["token"]
    root = await api.mysync()
    file = await api.upload(root, "readme.txt", b"123456", at=OLD)
    asked = body("getentryinfo", token=api.token, isfolder=0, entryid=file)
    assert (await api.send(INFO, asked)).text == DECLARATION + (
        "<getentryinfo><status>0</status><isfolder>0</isfolder>"
        "<display>cmVhZG1lLnR4dA==</display><parent>1001</parent><isbackup>0</isbackup>"
        f"<attribute>{OLD}</attribute><mimetype>text/plain</mimetype><isinfected>0</isinfected>"
        "<filesize>6</filesize><createdtime>2024-01-02 03:04:05</createdtime>"
        "<headversion>1</headversion></getentryinfo>"
    )
    asked = (
        f"<propfind><token>{api.token}</token><userid>{USER}</userid><parent>1001</parent>"
        "<find>cmVhZG1lLnR4dA==</find><type>system.unknown</type><isshared>0</isshared></propfind>"
    )
    assert (await api.send(FIND, asked)).text == DECLARATION + (
        "<propfind><status>0</status><isencrypted>0</isencrypted><size>6</size>"
        "<scrip>1704164645000</scrip><type>system.file</type><id>5001</id>"
        f"<owner>{USER}</owner></propfind>"
    )


async def test_a_folder_has_no_more_than_an_attribute(api: Client):
    folder = await api.mkdir(-3, "docs")
    found = await api.info(folder, folder=True)
    assert found.tags() == ["status", "isfolder", "display", "parent", "isbackup", "attribute"]
    assert (found["isfolder"], found["parent"], found["isbackup"]) == ("1", "-3", "1")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"isfolder": 1, "entryid": 0}, 218),
        ({"isfolder": 1, "entryid": -3}, 218),
        ({"isfolder": 1, "entryid": -5}, 218),
        ({"isfolder": 1, "entryid": 900}, 218),
        ({"isfolder": 1, "entryid": 5001}, 218),
        ({"isfolder": 0, "entryid": 1001}, 219),
        ({"isfolder": 0, "entryid": 0}, 219),
        ({"isfolder": 2, "entryid": 1001}, 225),
        ({"entryid": 1001}, 225),
        ({"isfolder": 1}, 225),
    ],
)
async def test_an_entry_that_cannot_be_looked_at(
    api: Client, fields: dict[str, object], status: int
):
    await api.upload(await api.mysync(), "a", b"")
    assert await api.status(INFO, userid=None, **fields) == status


async def test_a_deleted_entry_still_answers(api: Client):
    root = await api.mysync()
    folder = await api.mkdir(root, "a")
    inner = await api.upload(folder, "inner", b"x")
    await api.ok("/folder/remove/", id=folder)
    assert (await api.info(folder, folder=True))["parent"] == await api.bin_id()
    assert (await api.info(inner))["parent"] == folder


async def test_entries_of_others_are_not_there(api: Client, other: Client):
    root = await api.mysync()
    file = await api.upload(root, "a", b"x")
    for path, fields, status in (
        (INFO, {"isfolder": 1, "entryid": root, "userid": None}, 218),
        (INFO, {"isfolder": 0, "entryid": file, "userid": None}, 219),
        ("/inforelay/browsefolder/", {"folderid": root, "root": "browse"}, 218),
        ("/folder/create/", {"parent": root, "display": b64("x")}, 218),
        ("/folder/rename/", {"id": root, "display": b64("x")}, 218),
        ("/file/rename/", {"id": file, "display": b64("x")}, 219),
        ("/file/remove/", {"id": file}, 219),
        ("/file/copy/", {"fileid": file, "parent": 0}, 219),
        ("/file/move/", {"id": file, "parent": 0}, 219),
        ("/file/updateattribute/", {"fileid": file, "attribute": "x"}, 219),
    ):
        assert await other.status(path, **fields) == status
    assert (await other.download(file)).status_code == 404
    assert (await other.init(root, "x", b"")).status == 218
    assert await api.names(root) == ["a"]


@pytest.mark.parametrize(
    ("name", "type_", "found"),
    [
        ("file", "system.unknown", "system.file"),
        ("FILE", "system.file", "system.file"),
        ("file", "system.folder", None),
        ("Folder", "system.unknown", "system.folder"),
        ("folder", "system.folder", "system.folder"),
        ("folder", "system.file", None),
        ("fil", "system.unknown", None),
        ("f*", "system.unknown", None),
        ("", "system.unknown", None),
    ],
)
@pytest.mark.parametrize("spelling", ["system.notfund", "system.notfound"])
async def test_entries_are_found_by_name(
    api: Client, running: Running, name: str, type_: str, found: str | None, spelling: str
):
    running.emulator.configure(notfound=spelling)
    root = await api.mysync()
    await api.mkdir(root, "folder")
    await api.upload(root, "file", b"123")
    reply = await api.ok(FIND, parent=root, find=b64(name), type=type_)
    assert reply["type"] == (found or spelling)
    assert reply["size"] == ("3" if found == "system.file" else "0")
    assert reply["id"] == {"system.file": "5001", "system.folder": "1002", None: ""}[found]


@pytest.mark.parametrize(
    "fields",
    [
        {"userid": ""},
        {"parent": ""},
        {"find": "YQ"},
        {"find": None},
        {"type": "system.notfund"},
        {"type": ""},
        {"isshared": 2},
    ],
)
async def test_a_search_by_name_that_cannot_be(api: Client, fields: dict[str, object]):
    given = {"parent": 0, "find": b64("a"), "type": "system.unknown", **fields}
    assert await api.status(FIND, **given) == 225


async def test_nothing_is_found_in_a_folder_that_is_not_there(api: Client):
    for parent in (4711, 5001):
        found = await api.ok(FIND, parent=parent, find=b64("a"), type="system.unknown")
        assert (found["type"], found["id"], found["size"]) == ("system.notfund", "", "0")


async def test_the_first_of_a_name_is_found_in_the_bin(api: Client):
    root = await api.mysync()
    for text in (b"1", b"22"):
        await api.ok("/file/remove/", id=await api.upload(root, "a", text))
    bin_ = await api.bin_id()
    found = await api.ok(FIND, parent=bin_, find=b64("A"), type="system.file")
    assert (found["id"], found["size"]) == ("5001", "1")


async def test_the_times_of_a_file_may_be_changed(api: Client, clock: Clock):
    root = await api.mysync()
    file = await api.upload(root, "a", b"x")
    before = await api.info(file)
    clock.advance(60)
    await api.ok("/file/updateattribute/", fileid=file, attribute=Xml(f"<finfo>1</finfo>{OLD}"))
    after = await api.info(file)
    for name in ("headversion", "createdtime", "filesize"):
        assert after[name] == before[name]
    assert after.tags("attribute") == ["finfo", "creationtime", "lastaccesstime", "lastwritetime"]
    assert (await api.browse(root))["file/lastmodifiedtime"] == "1313054123"


async def test_the_times_of_a_folder_may_be_changed(api: Client, clock: Clock):
    root = await api.mysync()
    folder = await api.mkdir(root, "docs")
    clock.advance(60)
    text = (
        f"<updateattribute><token>{api.token}</token><userid>{USER}</userid><parent>1001</parent>"
        f"<display>ZG9jcw==</display><folder>{folder}</folder><issharing>0</issharing>"
        f"<isencrypted>0</isencrypted><attribute>{OLD}</attribute></updateattribute>"
    )
    response = await api.send("/folder/updateattribute/", text)
    assert response.text == f"{DECLARATION}<updateattribute><status>0</status></updateattribute>"
    assert (await api.info(folder, folder=True))["attribute/lastwritetime"] == "1313054123"
    assert (await api.browse(root))["folder/createdtime"] == "2023-11-14 22:13:20"


async def test_times_that_cannot_be_changed(api: Client, running: Running):
    file, folder = "/file/updateattribute/", "/folder/updateattribute/"
    root = await api.mysync()
    number = await api.upload(root, "a", b"x")
    assert await api.status(file, fileid=number) == 225
    assert await api.status(file, attribute=Xml(OLD)) == 225
    assert await api.status(folder, folderid=root, attribute=Xml(OLD)) == 225
    assert await api.status(file, fileid=1, attribute=Xml(OLD)) == 219
    assert await api.status(folder, folder=1, attribute=Xml(OLD)) == 218
    assert await api.status(folder, folder=-5, attribute=Xml(OLD)) == 200
    await api.ok("/file/remove/", id=number)
    assert await api.status(file, fileid=number, attribute=Xml(OLD)) == 219
    running.emulator.configure(updateattribute=False)
    for path in (file, folder):
        assert (await api.send(path, "<updateattribute/>")).status_code == 404


@pytest.mark.parametrize(
    "times",
    ["<lastwritetime>soon</lastwritetime>", "<lastwritetime>-1</lastwritetime>", "<finfo/>"]
    + [f"<lastwritetime>{'9' * digits}</lastwritetime>" for digits in (14, 30)],
)
async def test_a_time_that_is_none_does_no_harm(api: Client, clock: Clock, times: str):
    root = await api.mysync()
    file = await api.upload(root, "a", b"x", at=times)
    clock.advance(60)
    folder = await api.mkdir(root, "b", attribute=Xml(times))
    assert (await api.browse(root))["file/lastmodifiedtime"] == "1700000000"
    assert (await api.info(file)).response.text.count(times.replace("<finfo/>", "<finfo>")) == 1
    assert await api.status("/folder/move/", id=folder, parent=-5) == 0


async def test_marks_are_replaced(api: Client):
    root = await api.mysync()
    file = await api.upload(root, "a", b"x")
    folder = await api.mkdir(root, "b")

    async def marked(*marks: str) -> list[str]:
        for mark in marks:
            for number, kind in ((file, 0), (folder, 1)):
                await api.ok(MARK, isfolder=kind, entryid=number, markid=mark, userid=None)
        found = await api.browse(root)
        return [found["file/markid"], found["folder/markid"]]

    assert await marked("1") == ["1", "1"]
    assert await marked("3 2", "1,2") == ["1 2", "1 2"]
    assert await marked(" 7 , 7 ") == ["7", "7"]
    assert await marked("") == ["", ""]


async def test_any_root_is_good_for_a_mark(api: Client, running: Running):
    file = await api.upload(await api.mysync(), "a", b"x")
    found = await api.call(
        MARK, root="getentryinfo", isfolder=0, entryid=file, markid=1, userid=None
    )
    assert (found.root.tag, found.status, found.tags()) == ("setentrymark", 0, ["status"])
    assert await api.status(MARK, isfolder=0, entryid=1, markid=1) == 219
    assert await api.status(MARK, isfolder=1, entryid=1, markid=1) == 218
    assert await api.status(MARK, isfolder=0, entryid=file, markid="star") == 225
    assert await api.status(MARK, isfolder=0, entryid=file) == 225
    assert await api.status(MARK, entryid=file, markid=1) == 225
    running.emulator.configure(setentrymark=False)
    assert (await api.send(MARK, "<setentrymark/>")).status_code == 404


async def test_the_type_of_a_file_is_told_by_its_name(api: Client):
    root = await api.mysync()
    for name, type_ in (
        ("a.jpg", "image/jpeg"),
        ("b.unknown", "application/octet-stream"),
        ("c", "application/octet-stream"),
    ):
        file = await api.upload(root, name, b"x")
        assert (await api.info(file))["mimetype"] == type_
