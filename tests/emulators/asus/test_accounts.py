"""Reference 2.4, 2.5 and 3.14: tokens, their end, and what an account has."""

import re

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import (
    OTHER,
    PASSWORD,
    SID,
    USER,
    Client,
    acquire,
    body,
    signed_in,
)

MIB = 1 << 20


async def test_a_token_comes_with_hosts_and_package(stranger: Client):
    found = await acquire(stranger, USER)
    assert found.tags() == [
        "status",
        "token",
        "inforelay",
        "webrelay",
        "searchserver",
        "credential",
        "credentialstate",
        "package",
        "time",
        "timetolive",
    ]
    assert re.fullmatch(r"[a-z0-9]{16}", found["token"])
    assert (found["time"], found["timetolive"]) == ("1700000000000", "3600")
    assert {element.tag: element.text or "" for element in found.root.find("package") or ()} == {
        "id": "19",
        "display": "EeePC-20G",
        "capacity": "20000",
        "uploadbandwidth": "128",
        "downloadbandwidth": "128",
        "upload": "1000",
        "download": "1000",
        "concurrentsession": "1",
        "maxfilesize": "500",
        "hasencryption": "0",
        "expire": "2030-01-01 00:00:00",
        "maxbackuppc": "3",
    }


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"userid": USER.upper()}, 0),
        ({"password": PASSWORD.upper()}, 0),
        ({"time": None}, 0),
        ({"password": None, "symmetrypwd": "yiPmXPJfzd3pEdmcKDTtTw=="}, 0),
        ({"password": None, "symmetrypwd": "AAAAAAAAAAAAAAAAAAAAAA=="}, 2),
        ({"password": "0" * 32}, 2),
        ({"password": "PassW0rd!"}, 2),
        ({"userid": "nobody@example.com"}, 2),
        ({"userid": None}, 225),
        ({"password": None}, 225),
    ],
)
async def test_who_may_have_a_token(stranger: Client, fields: dict[str, object], status: int):
    found = await acquire(stranger, **{"user": USER, **fields})
    assert (found.root.tag, found.status) == ("aaa", status)
    assert ("token" in found) is (status == 0)


async def test_the_root_of_a_login_is_aaa(stranger: Client):
    text = body("acquiretoken", userid=USER, password=PASSWORD)
    assert (await stranger.raw("/member/acquiretoken/", text, sign=True)).status == 3


async def test_a_new_token_leaves_older_ones_alone(running: Running, api: Client):
    async with signed_in(running) as second:
        assert second.token != api.token
        assert await second.mysync() == await api.mysync()


async def test_the_search_server_may_be_left_out(stranger: Client, running: Running):
    running.emulator.configure(searchserver=False)
    assert "searchserver" not in await acquire(stranger, USER)


@pytest.mark.parametrize("how", ["time", "revoked", "unknown", "missing"])
async def test_a_token_that_is_not_good_is_status_2(
    api: Client, running: Running, clock: Clock, how: str
):
    folder = await api.mysync()
    file = await api.upload(folder, "a", b"a")
    if how == "time":
        clock.advance(3599)
        await api.mysync()
        clock.advance(1)
    elif how == "revoked":
        running.emulator.revoke_tokens()
    else:
        api.token = "0123456789abcdef" if how == "unknown" else None
    for path, fields in (
        ("/folder/getmysyncfolder/", {}),
        ("/member/getinfo/", {}),
        ("/file/rename/", {"id": "x"}),
    ):
        found = await api.call(path, **fields)
        assert (found.response.status_code, found.status) == (200, 2)
    search = await api.raw(f"/fulltext/sqlquery/{api.token}", body("sqlquery", userid=USER))
    assert search.status == 2
    relayed = [
        await api.relay("initbinaryupload", na="YQ==", pa=folder, sg=""),
        await api.relay("resumebinaryupload", b"x", tx="x"),
        await api.relay("finishbinaryupload", tx="x"),
        await api.download(file),
        await api.http.get(f"/webrelay/directdownload/?fi={file}&tk={api.token or ''}"),
    ]
    for response in relayed:
        assert response.status_code == 401
        assert response.headers["Content-Type"] == "text/plain"
        assert response.content == b"Validate token fail, Error Code:2"


async def test_a_user_id_must_be_that_of_the_token(api: Client):
    path = "/folder/getmysyncfolder/"
    assert await api.status(path, userid=OTHER) == 2
    assert await api.status(path, userid="nobody") == 2
    assert await api.status(path, userid=USER.upper()) == 0
    assert await api.status(path, userid="") == 225
    assert await api.status(path, userid=None) == 225


async def test_the_token_may_come_in_the_path_or_the_query(api: Client):
    file = await api.upload(await api.mysync(), "a", b"hello")
    for url in (
        f"/webrelay/directdownload/{api.token}/?dis={SID}&fi={file}&pv=0",
        f"/webrelay/directdownload/{api.token}?fi={file}",
        f"/webrelay/directdownload/?tk={api.token}&fi={file}&pv=0&u=&of=&rn=&dis={SID}",
    ):
        response = await api.http.get(url)
        assert (response.status_code, response.content) == (200, b"hello")


async def test_a_one_time_password_may_be_needed(stranger: Client, running: Running):
    running.emulator.configure(otp="123456")
    assert (await acquire(stranger, USER)).status == 504
    for _ in range(9):
        assert (await acquire(stranger, USER, auxpassword="1")).status == 504
    found = await acquire(stranger, USER, auxpassword="123456")
    assert (found.status, found["credentialstate"]) == (0, "30")
    for _ in range(10):
        assert (await acquire(stranger, USER, auxpassword="1")).status == 504
    assert (await acquire(stranger, USER, auxpassword="123456")).status == 505
    assert (await acquire(stranger, OTHER, auxpassword="123456")).status == 0


async def test_a_picture_may_have_to_be_read(stranger: Client, running: Running):
    running.emulator.configure(captcha="xyz")
    found = await acquire(stranger, USER)
    assert (found.status, found["auxpasswordurl"]) == (508, f"{running.api_url}/captcha.jpg")
    assert (await acquire(stranger, USER, auxpassword="no")).status == 508
    assert (await acquire(stranger, USER, auxpassword="xyz")).status == 0


async def test_a_frozen_account_may_read_and_a_closed_one_may_not_sign_in(
    api: Client, stranger: Client, running: Running
):
    folder = await api.mysync()
    file = await api.upload(folder, "a", b"a")
    running.emulator.configure(userstate=8)
    assert (await api.init(folder, "b", b"b")).status == 226
    assert await api.content(file) == b"a"
    assert (await acquire(stranger, USER)).status == 0
    running.emulator.configure(userstate=32)
    assert (await acquire(stranger, USER)).status == 226
    state = body("getuserstate", userid=USER, serviceid=1)
    found = await stranger.raw("/member/getuserstate/", state)
    assert found.tags() == ["status", "userstate", "extensionstarttime", "extensionendtime"]
    assert (found.status, found["userstate"]) == (0, "32")


async def test_an_unsigned_login_is_not_offered(stranger: Client):
    text = body("aaa", userid=USER, password=PASSWORD)
    assert (await stranger.send("/member/requesttoken/", text)).status_code == 404


async def test_what_an_account_has(api: Client):
    found = await api.ok("/member/getinfo/", time=1700000000)
    assert found.tags() == [
        "status",
        "account",
        "email",
        "regyear",
        "language",
        "activateddate",
        "credential",
        "credentialstate",
        "usedbackuppc",
        "package",
        "usedcapacity",
        "freecapacity",
    ]
    assert found.tags("package")[:3] == ["id", "display", "capacity"]
    assert found.tags("package")[-1] == "featurelist"
    feature = found.root.find("package/featurelist/feature")
    assert feature is not None
    assert set(feature.attrib) == {"name", "enable"}
    assert (found["account"], found["email"], found["regyear"]) == ("4711", USER, "2008")
    assert (found["activateddate"], found["usedbackuppc"]) == ("2023-11-14 22:13:20", "0")
    assert (found["usedcapacity"], found["freecapacity"]) == ("0", "20000")
    assert found.response.headers["Content-Type"] == "text/xml;charset=UTF-8"


async def test_used_space_is_rounded_up_and_the_bin_is_free(api: Client, running: Running):
    async def space() -> tuple[str, str]:
        found = await api.ok("/member/getinfo/")
        return found["usedcapacity"], found["freecapacity"]

    running.emulator.configure(capacity=2)
    folder = await api.mysync()
    small = await api.upload(folder, "small", b"x")
    assert await space() == ("1", "1")
    large = await api.upload(folder, "large", bytes(MIB))
    assert await space() == ("2", "0")
    running.emulator.configure(capacity=1)
    assert await space() == ("2", "0")
    await api.ok("/file/remove/", id=f"{small},{large}")
    assert await space() == ("0", "1")


async def test_an_account_may_have_its_own_quota(running: Running):
    running.emulator.add_account("Third@Example.com", "secret", quota=3 * MIB)
    async with Client(running.api_url, "third@example.com") as client:
        found = await acquire(client, client.user, password="5ebe2294ecd0e0f08eab7690d2a6ee69")
        assert found["package/capacity"] == "3"


async def test_a_file_size_may_be_unlimited(stranger: Client, running: Running):
    running.emulator.configure(maxfilesize=0)
    assert (await acquire(stranger, USER))["package/maxfilesize"] == ""


async def test_a_token_is_never_shown(api: Client, running: Running):
    await api.download(1)
    await api.raw(f"/fulltext/sqlquery/{api.token}/", body("sqlquery", userid=USER, kind=2))
    shown = [received.as_json() for received in running.emulator.requests.all()]
    assert shown[-2]["path"] == "/webrelay/directdownload/<token>/"
    assert api.token not in str(shown)


async def test_a_reply_may_hold_more_than_any_document_names(api: Client, running: Running):
    root = await api.mysync()
    folder, file = await api.mkdir(root, "docs"), await api.upload(root, "a", b"x")
    for settings, more in ((False, set()), (True, {"contributor", "isprivacyrisk"})):
        running.emulator.configure(live_extras=settings)
        for element in ("folder", "file"):
            found = await api.browse(root)
            assert more == {"contributor", "isprivacyrisk"} & set(found.tags(element))
    found = await api.ok("/folder/getmysyncfolder/")
    assert found.tags() == ["status", "id", "scrip", "srcip", "message", "logmessage"]
    assert (await api.ok("/folder/clearrecyclebin/", folderid=900)).tags().count("scrip") == 1
    about_file, about_folder = await api.info(file), await api.info(folder, folder=True)
    for found in (about_file, about_folder):
        assert {"isorigdeleted", "ispublic", "isgroupaware", "owner"} < set(found.tags())
    assert {"treesize", "ishidden"} & set(about_file.tags()) == set()
    assert (about_folder["treesize"], about_folder["ishidden"]) == ("0", "0")
