"""Reference 3.19: share codes."""

import re

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import (
    DECLARATION,
    OTHER,
    PASSWORD,
    USER,
    Client,
    Reply,
    acquire,
    b64,
    body,
    signed_in,
)

SET = "/fsentry/setadvancedsharecode/"
GET = "/fsentry/getadvancedsharecode/"
DELETE = "/fsentry/deletesharecode/"
OPEN = "/fsentry/getinfobysharecode/"
CHECK = "/fsentry/checkpassword/"
COMPARE = "/fsentry/comparepassword/"
SHARED = "/fsentry/getsharedentries/"
DIGEST = "5f4dcc3b5aa765d61d8327deb882cf99"  # of "password"


@pytest.fixture
async def file(api: Client) -> str:
    return await api.upload(await api.mysync(), "a.txt", b"hello")


async def share(api: Client, number: str, *, folder: bool = False, **fields: object) -> Reply:
    return await api.ok(SET, isfolder=int(folder), entryid=number, **fields)


async def test_the_example_of_the_reference(api: Client, file: str, clock: Clock):
    clock.advance(1704164645 - clock.now())
    api.token = (await acquire(api, USER))["token"]
    text = (
        f"<setadvancedsharecode><token>{api.token}</token><userid>{USER}</userid>"
        f"<isfolder>0</isfolder><entryid>{file}</entryid><password>{DIGEST}</password>"
        "<validityduration>48</validityduration></setadvancedsharecode>"
    )
    found = Reply(await api.send(SET, text))
    code = found["sharecode"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,24}", code)
    described = (
        f"<status>0</status><scrip>1704164645000</scrip><sharecode>{code}</sharecode>"
        "<ispasswordneeded>1</ispasswordneeded><isgroupaware>0</isgroupaware>"
        "<expiredtime>2024-01-04 03:04:05</expiredtime><folderquota></folderquota>"
    )
    assert found.response.text == (
        f"{DECLARATION}<setadvancedsharecode>{described}</setadvancedsharecode>"
    )
    text = (
        f"<getadvancedsharecode><token>{api.token}</token><userid>{USER}</userid>"
        f"<isfolder>0</isfolder><entryid>{file}</entryid></getadvancedsharecode>"
    )
    assert (await api.send(GET, text)).text == (
        f"{DECLARATION}<getadvancedsharecode>{described}</getadvancedsharecode>"
    )


async def test_each_call_adds_a_code_and_options_are_for_all(api: Client, file: str):
    first = (await share(api, file))["sharecode"]
    found = await share(api, file, password="Password")
    second = found["sharecode"]
    assert first != second
    assert found["ispasswordneeded"] == "1"
    for code in (first, second):
        assert (await api.ok(CHECK, suri=code))["ifpassword"] == "1"
        assert (await api.ok(OPEN, sharecode=code))["entryid"] == file
    assert (await api.ok(GET, isfolder=0, entryid=file))["sharecode"] == second


async def test_options_that_are_not_given_keep_their_values(api: Client):
    folder = await api.mkdir(1001, "a")
    await share(api, folder, folder=True, password=DIGEST, validityduration=1, folderquota=100)
    found = await share(api, folder, folder=True, isgroupaware=1, shareforuserid=[OTHER])
    assert found["ispasswordneeded"] == found["isgroupaware"] == "1"
    assert (found["expiredtime"], found["folderquota"]) == ("2023-11-14 23:13:20", "100")
    found = await share(
        api, folder, folder=True, clearpassword=1, clearvalidityduration=1, releasequotalimit=1
    )
    assert (found["ispasswordneeded"], found["expiredtime"], found["folderquota"]) == ("0", "", "")
    assert "shareforuserid" not in found
    found = await api.ok(GET, isfolder=1, entryid=folder)
    assert found.tags() == [
        "status",
        "scrip",
        "sharecode",
        "ispasswordneeded",
        "isgroupaware",
        "shareforuserid",
        "expiredtime",
        "folderquota",
    ]
    assert (found["shareforuserid"], found["isgroupaware"]) == (OTHER, "1")
    assert (await share(api, folder, folder=True, isgroupaware=0))["isgroupaware"] == "0"


async def test_members_without_an_account_are_told(api: Client, file: str):
    found = await share(api, file, shareforuserid=["nobody@example.com", OTHER.upper(), USER])
    assert found.tags()[-2:] == ["shareforuserid", "invaliduserid"]
    assert (found["shareforuserid"], found["invaliduserid"]) == (OTHER, "nobody@example.com")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"isfolder": 1, "entryid": 4711}, 218),
        ({"isfolder": 1, "entryid": 5001}, 218),
        ({"isfolder": 1, "entryid": 0}, 218),
        ({"isfolder": 0, "entryid": 4711}, 219),
        ({"isfolder": 0, "entryid": ""}, 225),
        ({"entryid": 5001}, 225),
        ({"isfolder": 0, "entryid": 5001, "isgroupaware": 1}, 225),
        ({"isfolder": 0, "entryid": 5001, "validityduration": 0}, 225),
        ({"isfolder": 0, "entryid": 5001, "validityduration": "x"}, 225),
        ({"isfolder": 0, "entryid": 5001, "clearshare": "x"}, 225),
        ({"isfolder": 1, "entryid": 1002, "isgroupaware": 1}, 225),
    ],
)
async def test_what_cannot_be_shared(
    api: Client, file: str, fields: dict[str, object], status: int
):
    await api.mkdir(-3, "backup")
    assert await api.status(SET, **fields) == status
    if status != 225:
        assert await api.status(GET, **fields) == status


async def test_only_the_owner_shares(api: Client, other: Client, file: str):
    await share(api, file)
    assert await other.status(SET, isfolder=0, entryid=file) == 219
    assert await other.status(GET, isfolder=0, entryid=file) == 219
    assert await other.status(DELETE, entrytype=1, entryid=file) == 219
    assert (await api.ok(GET, isfolder=0, entryid=file))["sharecode"]


async def test_what_is_not_shared_has_no_code(api: Client, file: str):
    found = await api.ok(GET, isfolder=0, entryid=file)
    assert (found["sharecode"], found["ispasswordneeded"], found["expiredtime"]) == ("", "0", "")
    await api.ok(DELETE, entrytype=1, entryid=file)


async def test_listings_tell_what_is_shared(api: Client, file: str):
    await api.mkdir(1001, "a")
    await share(api, "1002", folder=True)
    listing = await api.browse(1001)
    assert (listing["folder/ispublic"], listing["file/ispublic"]) == ("1", "0")
    await share(api, file)
    assert (await api.browse(1001))["file/ispublic"] == "1"


async def test_sharing_is_stopped(api: Client, file: str):
    folder = await api.mkdir(1001, "a")
    codes = [
        (await share(api, file))["sharecode"],
        (await share(api, folder, folder=True))["sharecode"],
    ]
    text = (
        f"<deletesharecode><token>{api.token}</token><userid>{USER}</userid>"
        f"<entrytype>1</entrytype><entryid>{file}</entryid></deletesharecode>"
    )
    assert (await api.send(DELETE, text)).text == (
        f"{DECLARATION}<deletesharecode><status>0</status><scrip>1700000000000</scrip>"
        "</deletesharecode>"
    )
    await api.ok(DELETE, entrytype=0, entryid=folder, password=DIGEST)
    for code in codes:
        assert await api.status(OPEN, sharecode=code) == 243
    assert await api.status(DELETE, entrytype=1, entryid=4711) == 219
    assert await api.status(DELETE, entrytype=0, entryid=4711) == 218
    assert await api.status(DELETE, entryid=file) == 225


async def test_all_codes_of_a_folder_and_below_are_cleared(api: Client):
    folder = await api.mkdir(1001, "a")
    inner = await api.mkdir(folder, "b")
    beside = await api.mkdir(1001, "c")
    codes = [
        (await share(api, number, folder=True))["sharecode"] for number in (folder, inner, beside)
    ]
    file = (await share(api, await api.upload(inner, "d", b"x")))["sharecode"]
    found = await share(api, folder, folder=True, clearshare=1, password=DIGEST)
    assert (found["sharecode"], found["ispasswordneeded"]) == ("", "0")
    assert await api.status(OPEN, sharecode=file) == 0  # only those of folders
    assert [await api.status(OPEN, sharecode=code) for code in codes] == [243, 243, 0]


async def test_a_code_leads_to_an_entry(api: Client, other: Client, file: str):
    folder = await api.mkdir(1001, "a")
    code = (await share(api, file))["sharecode"]
    text = (
        f"<getinfobysharecode><token>{other.token}</token><userid>{OTHER}</userid>"
        f"<sharecode>{code}</sharecode></getinfobysharecode>"
    )
    assert (await other.send(OPEN, text)).text == (
        f"{DECLARATION}<getinfobysharecode><status>0</status><entryid>{file}</entryid>"
        f"<entrytype>0</entrytype><owner>{USER}</owner></getinfobysharecode>"
    )
    code = (await share(api, folder, folder=True))["sharecode"]
    found = await other.ok(OPEN, sharecode=code)
    assert (found["entryid"], found["entrytype"]) == (folder, "1")
    assert await other.status(OPEN, sharecode="unknown") == 243
    assert await other.status(OPEN) == 225
    await share(api, folder, folder=True, shareforuserid=["nobody@example.com"])
    assert await other.status(OPEN, sharecode=code) == 245
    assert await api.status(OPEN, sharecode=code) == 0
    await share(api, folder, folder=True, shareforuserid=[OTHER])
    assert await other.status(OPEN, sharecode=code) == 0
    await api.ok("/folder/remove/", id=folder)
    assert await other.status(OPEN, sharecode=code) == 218
    assert await other.status(CHECK, suri=code) == 218
    await api.ok("/folder/clearrecyclebin/", folderid=folder)
    assert await other.status(OPEN, sharecode=code) == 243


async def test_a_code_of_a_deleted_file_tells_so(api: Client, other: Client, file: str):
    code = (await share(api, file, password=DIGEST))["sharecode"]
    await api.ok("/file/remove/", id=file)
    assert await other.status(CHECK, suri=code) == 219
    assert await other.status(COMPARE, isfolder=0, ffid=file, passwd=DIGEST) == 219
    assert await other.status(OPEN, sharecode=code) == 218


async def test_the_time_of_a_share_may_be_over(api: Client, other: Client, file: str, clock: Clock):
    api_token = (await acquire(api, USER))["token"]
    code = (await share(api, file, validityduration=1))["sharecode"]
    clock.advance(3599)
    assert await other.status(OPEN, sharecode=code) == 0
    assert await other.content(file) == b"hello"
    clock.advance(1)
    for client in (api, other):
        client.token = (await acquire(client, client.user))["token"]
    assert client.token != api_token
    assert await other.status(OPEN, sharecode=code) == 243
    assert await other.status(CHECK, suri=code) == 218
    assert (await other.download(file)).status_code == 404
    assert (await api.ok(SHARED, kind=0, sortby=0, sortdirection=0)).all("entry") == []
    assert (await api.browse(1001))["file/ispublic"] == "0"
    assert (await api.ok(GET, isfolder=0, entryid=file))["sharecode"] == ""
    assert (await share(api, file))["expiredtime"] == ""


async def test_a_shared_entry_may_be_read_and_not_changed(api: Client, other: Client):
    folder = await api.mkdir(1001, "a")
    file = await api.upload(folder, "b", b"hello")
    assert (await other.download(file)).status_code == 404
    await share(api, folder, folder=True)
    assert await other.content(file) == b"hello"
    assert await other.names(folder) == ["b"]
    assert (await other.browse(folder))["owner"] == USER
    assert (await other.info(file))["parent"] == folder
    await other.ok("/file/copy/", fileid=file, parent=0)
    find = {"parent": folder, "find": b64("b"), "type": "system.file"}
    assert await other.status("/find/propfind/", **find) == 200
    assert (await other.ok("/find/propfind/", isshared=1, sign=True, **find))["id"] == file
    for group in (0, 1):
        for path, fields in (
            ("/file/rename/", {"id": file, "display": b64("x")}),
            ("/file/move/", {"id": file, "parent": 0}),
            ("/file/remove/", {"id": file}),
            ("/folder/remove/", {"id": folder}),
            ("/folder/remove/", {"id": folder, "ischildonly": 1}),
            ("/folder/create/", {"parent": folder, "display": b64("x")}),
        ):
            assert await other.status(path, isgroupaware=group, sign=True, **fields) == 200
    assert await other.status("/file/updateattribute/", fileid=file, attribute="x") == 200
    assert (await other.init(folder, "x", b"")).status == 200
    assert (await other.init(folder, None, b"", fi=file)).status == 200
    assert await other.status("/folder/restore/", parent=folder, folderid=1) == 200


async def test_a_password_must_be_told_first(api: Client, other: Client, file: str):
    code = (await share(api, file, password="PassW0rd!"))["sharecode"]
    found = await other.ok(CHECK, suri=code)
    assert (found.tags(), found["ifpassword"]) == (["status", "ifpassword"], "1")
    assert (await other.download(file)).status_code == 404
    for passwd, status in (("0" * 32, 229), ("PassW0rd!", 229), (PASSWORD.upper(), 0)):
        found = await other.call(COMPARE, isfolder=0, ffid=file, passwd=passwd)
        assert (found.root.tag, found.status) == ("checkpassword", status)
    assert await other.content(file) == b"hello"
    await share(api, file, password="another")
    assert (await other.download(file)).status_code == 404
    await share(api, file, clearpassword=1)
    assert await other.content(file) == b"hello"
    assert (await other.ok(CHECK, suri=code))["ifpassword"] == "0"
    assert await other.status(COMPARE, isfolder=0, ffid=file, passwd="any") == 0


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"isfolder": 0, "ffid": 4711, "passwd": DIGEST}, 219),
        ({"isfolder": 1, "ffid": 1001, "passwd": DIGEST}, 218),
        ({"isfolder": 0, "ffid": 5001}, 225),
        ({"isfolder": 0, "passwd": DIGEST}, 225),
        ({"ffid": 5001, "passwd": DIGEST}, 225),
    ],
)
async def test_a_password_of_nothing(
    api: Client, file: str, fields: dict[str, object], status: int
):
    assert await api.status(COMPARE, **fields) == status
    assert await api.status(CHECK) == 225
    assert await api.status(CHECK, suri="unknown") == 218


async def test_a_code_may_be_made_short(api: Client, stranger: Client, file: str):
    code = (await share(api, file))["sharecode"]

    async def ask(path: str, **fields: object) -> Reply:
        return await stranger.raw(f"/sharecode/{path}/", body(path, **fields))

    found = await ask("tocompactform", sharecode=code)
    compact = found["compactsharecode"]
    assert (found.root.tag, found.tags()) == ("tocompactform", ["status", "compactsharecode"])
    assert compact != code
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,24}", compact)
    assert await api.status(OPEN, sharecode=compact) == 243
    found = await ask("tonormalform", compactsharecode=compact)
    assert found.tags() == ["status", "servicearea", "sharecode"]
    assert (found["servicearea"], found["sharecode"]) == ("1", code)
    found = await ask("findservicegateway", sharecode=code)
    assert found["servicegateway"] == stranger.url.removeprefix("http://")
    for path, fields, status in (
        ("tocompactform", {"sharecode": "unknown"}, 243),
        ("tocompactform", {}, 225),
        ("tonormalform", {"compactsharecode": code}, 243),
        ("findservicegateway", {"sharecode": "unknown"}, 243),
        ("findservicegateway", {}, 225),
    ):
        assert (await ask(path, **fields)).status == status
    await api.ok(DELETE, entrytype=1, entryid=file)
    assert (await ask("tonormalform", compactsharecode=compact)).status == 243


# Lists of shared entries.


@pytest.fixture
async def shared(api: Client, clock: Clock) -> None:
    """Folders and files that were shared in another order than they were made."""
    for name in ("x", "y"):
        await api.mkdir(1001, name)
        await api.upload(1001, f"{name}.txt", name.encode())
    for number, folder in ((1003, True), (5002, False), (5001, False), (1002, True)):
        await share(api, str(number), folder=folder)


async def test_a_shared_entry(api: Client, shared: None):
    text = (
        f"<getsharedentries><userid>{USER}</userid><token>{api.token}</token><kind>0</kind>"
        "<pagesize>2</pagesize><sortby>0</sortby><sortdirection>0</sortdirection>"
        "</getsharedentries>"
    )
    found = Reply(await api.send(SHARED, text))
    assert found.tags() == ["status", "lastentrybound", "entry", "entry"]
    assert found.tags("entry[1]") == [
        "id",
        "parent",
        "rawentryname",
        "isfolder",
        "isbackup",
        "sharingavailabletime",
        "createdtime",
        "isorigdeleted",
        "attribute",
        "isinfected",
        "ispublic",
    ]
    assert found.tags("entry[2]") == [
        "id",
        "parent",
        "rawentryname",
        "isfolder",
        "isbackup",
        "sharingavailabletime",
        "createdtime",
        "lastchangetime",
        "isorigdeleted",
        "attribute",
        "isinfected",
        "size",
        "ispublic",
    ]
    assert found.all("entry/rawentryname") == ["y", "y.txt"]
    assert found["entry[2]/sharingavailabletime"] == found["lastentrybound"]
    assert re.fullmatch(r"2023-11-14 22:13:20:\d{3}", found["lastentrybound"])
    assert found["entry[2]/lastchangetime"] == "1700000000000"


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"sortby": 0, "sortdirection": 0}, ["y", "y.txt", "x.txt", "x"]),
        ({"sortby": 0, "sortdirection": 1}, ["x", "x.txt", "y.txt", "y"]),
        ({"sortby": 1, "sortdirection": 0}, ["x", "y", "x.txt", "y.txt"]),
        ({"sortby": 1, "sortdirection": 1}, ["y.txt", "x.txt", "y", "x"]),
        ({"sortby": 0, "sortdirection": 0, "kind": 1}, ["y", "x"]),
        ({"sortby": 0, "sortdirection": 0, "kind": 2}, ["y.txt", "x.txt"]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 4, None])
async def test_shared_entries_are_paged(
    api: Client, shared: None, fields: dict[str, object], names: list[str], size: int | None
):
    found, bound = [], None
    for _ in range(6):
        given = {"kind": 0, "pagesize": size, "firstentrybound": bound, **fields}
        page = await api.ok(SHARED, **{k: v for k, v in given.items() if v is not None})
        found += page.all("entry/rawentryname")
        bound = page["lastentrybound"]
        if not bound:
            break
    assert found == names


async def test_a_page_may_end_between_a_folder_and_a_file_of_one_number(
    api: Client, running: Running
):
    with running.emulator.store.transaction():
        database = running.emulator.store.numbers._database
        database.run("UPDATE counters SET last = 5000 WHERE space = 'folder'")
    for name in "ab":
        await share(api, await api.mkdir(1001, name), folder=True)
        await share(api, await api.upload(1001, f"{name}.txt", name.encode()))
    for direction in (0, 1):
        for size in (1, 2, 3):
            found, bound = [], None
            while bound != "":
                given = {"kind": 0, "sortby": 1, "sortdirection": direction, "pagesize": size}
                given |= {} if bound is None else {"firstentrybound": bound}
                page = await api.ok(SHARED, **given)
                found += page.all("entry/rawentryname")
                bound = page["lastentrybound"]
            names = ["a", "a.txt", "b", "b.txt"]
            assert found == (names[::-1] if direction else names)


async def test_ten_shared_entries_are_told_by_default(api: Client):
    for number in range(11):
        await share(api, await api.mkdir(1001, f"{number}"), folder=True)
    found = await api.ok(SHARED, kind=0)
    assert len(found.all("entry")) == 10


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": 3}, 235),
        ({"sortby": 2}, 235),
        ({"sortdirection": 2}, 235),
        ({"pagesize": 0}, 225),
        ({"firstentrybound": "soon"}, 225),
        ({"firstentrybound": "x", "sortby": 1}, 225),
    ],
)
async def test_a_list_of_shares_that_cannot_be(api: Client, fields: dict[str, object], status: int):
    assert await api.status(SHARED, **{"kind": 0, **fields}) == status


async def test_deleted_entries_are_not_listed(api: Client, running: Running, shared: None):
    await api.ok("/file/remove/", id=5002)
    found = await api.ok(SHARED, kind=0)
    assert found.all("entry/rawentryname") == ["y", "x.txt", "x"]
    async with signed_in(running, OTHER) as other:
        assert (await other.ok(SHARED, kind=0))["lastentrybound"] == ""
