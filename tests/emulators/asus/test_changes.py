"""Reference 3.15 and 3.16: versions, sequences, lists of the latest files."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import (
    DECLARATION,
    TIMES,
    USER,
    Client,
    Reply,
    Xml,
    acquire,
    b64,
    body,
)

ALL = "/folder/getallchangeseq/"


async def sequences(client: Client) -> dict[str, int]:
    found = await client.ok(ALL, userid=None)
    return {entry["folderid"]: int(entry["changeseq"]) for entry in found.dicts("syncfolder")}


async def test_the_example_of_the_reference(api: Client):
    asked = f"<getallchangeseq><token>{api.token}</token></getallchangeseq>"
    assert (await api.send(ALL, asked)).text == DECLARATION + (
        "<getallchangeseq><status>0</status><syncfolder><folderid>1001</folderid>"
        "<changeseq>1</changeseq></syncfolder></getallchangeseq>"
    )


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("as_asked", ("changeseq", "changepseq")),
        ("changeseq", ("changeseq", "changeseq")),
        ("changepseq", ("changepseq", "changepseq")),
    ],
)
async def test_both_spellings_are_answered(
    api: Client, running: Running, setting: str, names: tuple[str, str]
):
    running.emulator.configure(changeseq=setting)
    for root, name in zip(("getallchangeseq", "getallchangepseq"), names, strict=True):
        found = Reply(await api.send(f"/folder/{root}/", body(root, token=api.token or "")))
        assert found.root.tag == root
        assert found.tags("syncfolder") == ["folderid", name]


async def test_every_change_below_counts_once(api: Client):
    root = await api.mysync()
    seen = 1

    async def counts(by: int = 1) -> bool:
        nonlocal seen
        before, seen = seen, (await sequences(api))[root]
        return seen == before + by

    folder = await api.mkdir(root, "folder")
    assert await counts()
    other = await api.mkdir(root, "other")
    assert await counts()
    file = await api.upload(folder, "a", b"one")
    assert await counts()
    await api.upload(folder, "a", b"two", fi=file)
    assert await counts()
    await api.init(folder, "b", b"two")  # known content
    assert await counts()
    await api.ok("/file/rename/", id=file, display=b64("c"))
    assert await counts()
    await api.ok("/folder/rename/", id=other, display=b64("other 2"))
    assert await counts()
    await api.ok("/file/move/", id=file, parent=other)
    assert await counts()
    await api.ok("/folder/move/", id=other, parent=folder)
    assert await counts()
    await api.ok("/file/updateattribute/", fileid=file, attribute=Xml(TIMES))
    assert await counts()
    await api.ok("/folder/updateattribute/", folder=folder, attribute=Xml(TIMES))
    assert await counts()
    copied = (await api.ok("/file/copy/", fileid=file, parent=root))["fileid"]
    assert await counts()
    await api.ok("/file/remove/", id=file)
    assert await counts()
    await api.ok("/file/restore/", fileid=file, parent=folder)
    assert await counts()
    await api.ok("/folder/remove/", id=folder)
    assert await counts()
    # What leaves no trace below does not count.
    await api.ok("/folder/clearrecyclebin/", folderid=folder)
    await api.ok("/fsentry/setentrymark/", isfolder=0, entryid=copied, markid=1, userid=None)
    await api.ok("/fsentry/setadvancedsharecode/", isfolder=0, entryid=copied)
    await api.upload(0, "elsewhere", b"x")
    await api.mkdir(-3, "backup")
    assert await api.status("/file/rename/", id=copied, display=b64("")) == 211
    assert await counts(0)


async def test_each_sync_folder_has_a_sequence_of_its_own(api: Client, other: Client):
    root = await api.mysync()
    second = await api.mkdir(-5, "second")
    await api.upload(-5, "file", b"x")
    assert await sequences(api) == {root: 1, second: 1}
    folder = await api.mkdir(root, "a")
    await api.ok("/folder/move/", id=folder, parent=second)
    assert await sequences(api) == {root: 3, second: 2}
    inner = await api.mkdir(folder, "inner")
    await api.ok("/folder/move/", id=inner, parent=-5)
    assert await sequences(api) == {root: 3, second: 4, inner: 1}
    await other.mysync()
    assert list((await sequences(other)).values()) == [1]


async def test_one_folder_may_be_asked_for_if_switched_on(api: Client, running: Running):
    path = "/folder/getchangeseq/"
    root = await api.mysync()
    folder = await api.mkdir(root, "a")
    given = {"scrip": "", "folderid": folder, "userid": None}
    assert (await api.send(path, "<getchangeseq/>")).status_code == 404
    running.emulator.configure(getchangeseq=True)
    found = await api.ok(path, **given)
    assert (found.tags(), found["changeseq"]) == (["status", "scrip", "changeseq"], "2")
    assert await api.status(path, folderid=4711) == 218


async def latest(api: Client, kind: str, **fields: object) -> list[str]:
    given = {"top": 30, "targetroot": -5, "sortdirection": 1, **fields}
    return (await api.ok(f"/file/{kind}/", **given)).all("entry/rawfilename")


@pytest.mark.parametrize("kind", ["getlatestchangefiles", "getlatestuploads"])
async def test_an_entry_of_the_latest_files(api: Client, kind: str, running: Running):
    root = await api.mysync()
    file = await api.upload(root, "readme.txt", b"123456")
    asked = (
        f"<{kind}><userid>{USER}</userid><token>{api.token}</token><top>30</top>"
        f"<targetroot>-5</targetroot><sortdirection>1</sortdirection></{kind}>"
    )
    entry = (
        "<entry><id>5001</id><parent>1001</parent><rawfilename>readme.txt</rawfilename>"
        "<isbackup>0</isbackup><isorigdeleted>0</isorigdeleted>MARKS"
        "<createdtime>2023-11-14 22:13:20</createdtime>"
        "<lastchangetime>1700000000000</lastchangetime>"
        f"<attribute>{TIMES}</attribute><isinfected>0</isinfected><size>6</size>"
        "<ispublic>0</ispublic></entry>"
    )
    expected = f"{DECLARATION}<{kind}><status>0</status>{entry}</{kind}>"
    assert (await api.send(f"/file/{kind}/", asked)).text == expected.replace("MARKS", "")
    await api.ok("/fsentry/setentrymark/", isfolder=0, entryid=file, markid=1, userid=None)
    found = (await api.send(f"/file/{kind}/", asked)).text
    assert found == expected.replace("MARKS", "<marks>1</marks>")


async def test_the_latest_changes(api: Client, running: Running, clock: Clock):
    running.emulator.configure(token_ttl=60 * 86400)
    api.token = (await acquire(api, USER))["token"]
    root = await api.mysync()
    files = {}
    for name in "abcdef":
        clock.advance(1)
        files[name] = await api.upload(root, name, name.encode())
    changes = "getlatestchangefiles"
    assert await latest(api, changes) == list("fedcba")
    clock.advance(1)
    await api.ok("/file/rename/", id=files["a"], display=b64("A"))
    clock.advance(1)
    await api.ok("/file/move/", id=files["b"], parent=await api.mkdir(root, "folder"))
    clock.advance(1)
    await api.ok("/file/updateattribute/", fileid=files["c"], attribute=Xml(TIMES))
    clock.advance(1)
    await api.upload(root, None, b"new", fi=files["d"])
    await api.ok("/file/remove/", id=files["e"])
    assert await latest(api, changes) == list("dcbAf")
    assert await latest(api, changes, top=2) == list("dc")
    assert await latest(api, changes, top=2, sortdirection=0) == list("cd")
    assert await latest(api, changes, top="") == list("dcbAf")
    assert await latest(api, changes, sortdirection="") == list("dcbAf")
    assert await latest(api, changes, targetroot="0,-3") == []
    await api.upload(0, "home", b"x")
    assert await latest(api, changes, targetroot="0, -5", top=2) == ["home", "d"]
    # Deleted files come back, and after four weeks everything is old.
    await api.ok("/file/restore/", fileid=files["e"], parent=root)
    assert "e" in await latest(api, changes)
    clock.advance(28 * 86400 + 1)
    assert await latest(api, changes) == []
    assert len(await latest(api, "getlatestuploads")) == 6


async def test_the_latest_uploads_are_those_of_contents(api: Client, clock: Clock):
    root = await api.mysync()
    files = [await api.upload(root, name, name.encode()) for name in "abc"]
    clock.advance(1)
    await api.ok("/file/rename/", id=files[0], display=b64("A"))
    assert await latest(api, "getlatestuploads") == list("cbA")
    await api.upload(root, None, b"new", fi=files[1])
    assert await latest(api, "getlatestuploads") == list("bcA")
    assert await latest(api, "getlatestuploads", top=1) == ["b"]


async def test_ten_are_told_by_default(api: Client, running: Running):
    for number in range(12):
        running.emulator.write(f"/{number}", b"x")
    for kind in ("getlatestchangefiles", "getlatestuploads"):
        assert len(await latest(api, kind, top="")) == 10
        assert len(await latest(api, kind, top=11)) == 11


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"targetroot": 1001}, 225),
        ({"targetroot": "-5,1001"}, 225),
        ({"targetroot": ""}, 225),
        ({"top": "x"}, 225),
        ({"top": -1}, 225),
        ({"sortdirection": 2}, 235),
    ],
)
async def test_a_list_that_cannot_be(api: Client, fields: dict[str, object], status: int):
    for kind in ("getlatestchangefiles", "getlatestuploads"):
        given = {"top": 30, "targetroot": -5, "sortdirection": 1, **fields}
        assert await api.status(f"/file/{kind}/", **given) == status


async def test_the_version_number_rises_with_every_content(api: Client):
    root = await api.mysync()
    file = await api.upload(root, "a", b"1")
    for number in range(2, 5):
        await api.upload(root, None, b"x" * number, fi=file)
        assert (await api.info(file))["headversion"] == str(number)
    await api.ok("/file/rename/", id=file, display=b64("b"))
    assert (await api.info(file))["headversion"] == "4"
