"""Reference 2.7 and 3.19: folders that another account shares for joint editing."""

from typing import Any

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import (
    OTHER,
    TIMES,
    USER,
    Client,
    Reply,
    Xml,
    acquire,
    authorization,
    b64,
    sha512,
)

SET = "/fsentry/setadvancedsharecode/"
FROM_OTHERS = "/groupawareentry/listsharingfromothers/"
TO_OTHERS = "/groupawareentry/listsharingtoothers/"
REJECT = "/groupawareentry/rejectsharing/"


@pytest.fixture
async def folder(api: Client) -> str:
    """A folder of the first account that the second may change; a/file is in it."""
    folder = await api.mkdir(await api.mysync(), "shared")
    inner = await api.mkdir(folder, "a")
    await api.upload(inner, "file", b"hello")
    await api.ok(SET, isfolder=1, entryid=folder, isgroupaware=1, shareforuserid=OTHER)
    return folder


async def test_both_sides_list_what_is_shared(api: Client, other: Client, folder: str):
    found = await api.ok(TO_OTHERS)
    assert found.dicts("entry") == [{"entryid": folder, "isfolder": "1", "rawentryname": "shared"}]
    found = await other.ok(FROM_OTHERS)
    assert found.tags("entry") == [
        "userid",
        "entryid",
        "isfolder",
        "rawentryname",
        "ispasswordaccess",
    ]
    assert found.dicts("entry") == [
        {
            "userid": USER,
            "entryid": folder,
            "isfolder": "1",
            "rawentryname": "shared",
            "ispasswordaccess": "0",
        }
    ]
    assert (await api.ok(FROM_OTHERS)).dicts("entry") == []
    assert (await other.ok(TO_OTHERS)).dicts("entry") == []


async def test_listings_tell_where_editing_is_joint(api: Client, other: Client, folder: str):
    await api.mkdir(1001, "mine")
    assert (await api.browse(1001)).all("folder/isgroupaware") == ["0", "1"]
    for client in (api, other):
        assert (await client.browse(folder))["folder/isgroupaware"] == "1"
        inner = await client.browse(1003)
        assert (inner["file/isgroupaware"], inner["owner"]) == ("1", USER)


async def test_a_member_reads_without_a_switch(other: Client, folder: str):
    assert await other.names(folder) == ["a"]
    assert await other.content(5001) == b"hello"
    assert (await other.info(folder, folder=True))["display"] == b64("shared")
    found = await other.ok("/folder/ischildrenexist/", folderids=folder)
    assert found["requestfolder/childrenexist"] == "1"
    await other.ok("/file/updateattribute/", fileid=5001, attribute=Xml(TIMES))
    await other.ok("/fsentry/setentrymark/", isfolder=0, entryid=5001, markid=1, userid=None)


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("/folder/create/", {"parent": 1002, "display": b64("new")}),
    ("/file/rename/", {"id": 5001, "display": b64("new")}),
    ("/folder/rename/", {"id": 1003, "display": b64("new")}),
    ("/file/move/", {"id": 5001, "parent": 1002}),
    ("/file/copy/", {"fileid": 5001, "parent": 1002}),
    ("/file/remove/", {"id": 5001}),
    ("/folder/remove/", {"id": 1003}),
    ("/folder/remove/", {"id": 1003, "ischildonly": 1}),
]


@pytest.mark.parametrize(("path", "fields"), CHANGES)
async def test_a_member_changes_things_with_switch_and_signature(
    api: Client, other: Client, folder: str, path: str, fields: dict[str, Any]
):
    assert await other.status(path, **fields) == 200
    assert await other.status(path, isgroupaware=0, sign=True, **fields) == 200
    assert await other.status(path, isgroupaware=1, **fields) == 5
    assert await other.status(path, isgroupaware=1, sign=True, **fields) == 0
    assert (await api.ok("/folder/getallchangeseq/", userid=None))["syncfolder/changeseq"] == "5"


async def test_the_switch_of_propfind_has_another_name(other: Client, folder: str):
    fields = {"parent": folder, "find": b64("a"), "type": "system.unknown"}
    path = "/find/propfind/"
    assert await other.status(path, **fields) == 200
    assert await other.status(path, isshared=1, **fields) == 5
    found = await other.ok(path, isshared=1, sign=True, **fields)
    assert (found["type"], found["id"], found["owner"]) == ("system.folder", "1003", USER)


async def upload(client: Client, name: str | None, data: bytes, **query: Any) -> Reply:
    query = {"na": None if name is None else b64(name), "pa": 1002, **query}
    headers = {"Authorization": authorization()}
    query |= {"sg": sha512(data), "at": TIMES, "fs": len(data), "headers": headers}
    begun = Reply(await client.relay("initbinaryupload", **query))
    if begun.status or begun["fileid"]:
        return begun
    await client.resume(begun["transid"], data)
    return await client.finish(begun["transid"])


async def test_the_switch_of_an_upload_is_for_all_of_it(api: Client, other: Client, folder: str):
    assert (await other.init(folder, "new", b"x")).status == 200
    assert (await other.init(folder, "new", b"x", igw=1)).status == 5
    found = await upload(other, "new", b"x", igw=1)
    assert (found.root.tag, found.status) == ("finishbinaryupload", 0)
    assert await api.content(found["fileid"]) == b"x"
    assert (await upload(other, None, b"two", fi=5001)).status == 200
    assert (await upload(other, None, b"two", fi=5001, igw=1))["fileid"] == "5001"
    assert (await api.info(5001))["headversion"] == "2"
    # Own files need no switch, but may have one.
    assert (await upload(api, "mine", b"y", igw=1)).status == 0
    assert (await api.browse(folder)).all("file/rawfilename") == ["mine", "new"]
    # Known content is that of one's own files.
    assert (await upload(other, "copy", b"two", igw=1)).root.tag == "finishbinaryupload"


async def test_an_upload_ends_with_the_membership(api: Client, other: Client, folder: str):
    headers = {"Authorization": authorization()}
    begun = await other.init(folder, "new", b"x", igw=1, headers=headers)
    await other.resume(begun["transid"], b"x")
    await api.ok("/fsentry/deletesharecode/", entrytype=0, entryid=folder)
    assert (await other.finish(begun["transid"])).status == 200
    assert await api.names(folder) == ["a"]


async def test_what_a_member_deletes_goes_to_the_owners_bin(
    api: Client, other: Client, folder: str
):
    await other.ok("/file/remove/", id=5001, isgroupaware=1, sign=True)
    assert await api.names(await api.bin_id()) == ["file"]
    assert await other.names(await other.bin_id()) == []
    assert await other.status("/file/restore/", parent=0, fileid=5001) == 219
    assert await other.status("/file/clearrecyclebin/", fileid=5001) == 225
    assert (await other.download(5001)).status_code == 404
    await api.ok("/file/restore/", parent=folder, fileid=5001)


async def test_the_shared_folder_itself_is_the_owners(other: Client, folder: str):
    for path, fields in (
        ("/folder/rename/", {"id": folder, "display": b64("x")}),
        ("/folder/move/", {"id": folder, "parent": 1003}),
        ("/folder/remove/", {"id": folder}),
    ):
        assert await other.status(path, isgroupaware=1, sign=True, **fields) == 200


async def test_nothing_is_moved_between_accounts(api: Client, other: Client, folder: str):
    mine = await other.mkdir(0, "mine")
    fields = {"isgroupaware": 1, "sign": True}
    assert await other.status("/folder/move/", id=mine, parent=folder, **fields) == 233
    assert await other.status("/file/move/", id=5001, parent=mine, **fields) == 233
    copied = await other.ok("/file/copy/", fileid=5001, parent=mine)
    assert await other.content(copied["fileid"]) == b"hello"


async def test_the_space_is_the_owners_and_may_be_limited(
    api: Client, other: Client, folder: str, running: Running
):
    await api.ok(SET, isfolder=1, entryid=folder, folderquota=10)
    assert (await upload(other, "a1", b"123456", igw=1)).status == 0
    assert (await upload(other, "a2", b"12345", igw=1)).status == 224
    assert (await upload(other, "a3", b"1234", igw=1)).status == 0
    assert (await upload(api, "a4", b"12345")).status == 0
    await api.ok(SET, isfolder=1, entryid=folder, releasequotalimit=1)
    assert (await upload(other, "a2", b"12345", igw=1)).status == 0
    running.emulator.store.accounts.set_quota(4711, 29)
    assert (await upload(other, "a5", b"12345", igw=1)).status == 224


async def test_a_member_may_leave(api: Client, other: Client, folder: str):
    assert await other.status(REJECT, entryid="", userid=None) == 225
    assert await other.status(REJECT, entryid=1003, userid=None) == 218
    assert await api.status(REJECT, entryid=folder, userid=None) == 218
    assert (await other.ok(REJECT, entryid=folder, userid=None)).tags() == ["status"]
    assert (await other.ok(FROM_OTHERS)).dicts("entry") == []
    assert await other.status(REJECT, entryid=folder, userid=None) == 218
    path = "/inforelay/browsefolder/"
    assert await other.status(path, root="browse", folderid=folder) == 218
    assert await api.names(folder) == ["a"]


async def test_a_share_ends_with_its_time_its_folder_or_its_owners_will(
    api: Client, other: Client, folder: str, clock: Clock
):
    async def seen() -> int:
        return len((await other.ok(FROM_OTHERS)).dicts("entry"))

    await api.ok("/folder/remove/", id=folder)
    assert await seen() == 0
    await api.ok("/folder/restore/", parent=1001, folderid=folder)
    assert await seen() == 1
    await api.ok(SET, isfolder=1, entryid=folder, isgroupaware=0)
    assert await seen() == 0
    await api.ok(SET, isfolder=1, entryid=folder, isgroupaware=1, password="x", validityduration=1)
    assert (await other.ok(FROM_OTHERS))["entry/ispasswordaccess"] == "1"
    clock.advance(3600)
    other.token = (await acquire(other, OTHER))["token"]
    assert await seen() == 0


async def test_editing_is_joint_for_members_only(api: Client, other: Client):
    folder = await api.mkdir(await api.mysync(), "shared")
    await api.ok(SET, isfolder=1, entryid=folder, isgroupaware=1)
    assert (await other.ok(FROM_OTHERS)).dicts("entry") == []
    fields = {"parent": folder, "display": b64("x"), "isgroupaware": 1, "sign": True}
    assert await other.status("/folder/create/", **fields) == 200
