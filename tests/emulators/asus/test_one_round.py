"""Reference appendix B: one complete round, to the byte."""

from urllib.parse import urlsplit

from cloudfs.emulators.asus.emulator import WebStorageEmulator
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import (
    DECLARATION,
    PASSWORD,
    SID,
    TIMES,
    USER,
    Client,
    Reply,
    authorization,
    sha512,
)

HELLO = (
    "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931"
    "f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629"
)


async def test_a_file_is_uploaded_read_deleted_restored_and_purged(running: Running):
    host = urlsplit(running.api_url).netloc
    async with Client(running.api_url) as client:
        found = await client.raw(
            "/member/requestservicegateway/",
            f"<requestservicegateway><userid>{USER}</userid><password>{PASSWORD}</password>"
            "<language>zh_TW</language><service>1</service></requestservicegateway>",
        )
        assert found.tags() == ["status", "servicegateway", "time"]
        assert (found.status, found["servicegateway"]) == (0, host)

        response = await client.send(
            "/member/acquiretoken/",
            f"<aaa><userid>{USER}</userid><password>{PASSWORD}</password>"
            "<time>1700000000</time></aaa>",
            {"Authorization": authorization()},
        )
        found = Reply(response)
        assert (found.root.tag, found.status) == ("aaa", 0)
        assert found["inforelay"] == found["webrelay"] == found["searchserver"] == host
        token = found["token"]

        async def post(path: str, text: str) -> str:
            text = text.replace("{U}", USER).replace("{T}", token)
            return (await client.send(path, DECLARATION + text)).text.removeprefix(DECLARATION)

        def relayed(call: str, rest: str) -> str:
            return f"/webrelay/{call}/?dis={SID}&tk={token}&{rest}"

        assert (
            await post(
                "/folder/getmysyncfolder/",
                "<getmysyncfolder><userid>{U}</userid><token>{T}</token></getmysyncfolder>",
            )
            == "<getmysyncfolder><status>0</status><id>1001</id></getmysyncfolder>"
        )
        browse = (
            "<browse><token>{T}</token><language>zh_TW</language><userid>{U}</userid>"
            "<folderid>FOLDER</folderid><pageno>1</pageno><pagesize>500</pagesize>"
            "<sortby>1</sortby><sortdirection>0</sortdirection></browse>"
        )
        empty = await post("/inforelay/browsefolder/", browse.replace("FOLDER", "1001"))
        assert empty == (
            "<browse><status>0</status><rawfoldername>MySyncFolder</rawfoldername>"
            "<parent>-5</parent><rootfolderid>-5</rootfolderid>"
            "<page><pageno>0</pageno><pagesize>0</pagesize><totalcount>0</totalcount>"
            f"<hasnextpage>0</hasnextpage></page><owner>{USER}</owner></browse>"
        )

        assert sha512(b"hello\n") == HELLO
        at = TIMES.replace("<", "%3C").replace(">", "%3E").replace("/", "%2F")
        begin = relayed("initbinaryupload", f"na=aGVsbG8udHh0&pa=1001&sg={HELLO}&at={at}&fs=6")
        response = await client.http.post(begin, headers={"Content-Length": "0"})
        tx = Reply(response)["transid"]
        assert response.text == DECLARATION + (
            f"<initbinaryupload><status>0</status><transid>{tx}</transid><offset>0</offset>"
            "<latestchecksum></latestchecksum><fileid></fileid></initbinaryupload>"
        )
        response = await client.http.post(
            relayed("resumebinaryupload", f"tx={tx}"),
            content=b"hello\n",
            headers={"Content-Type": "application/octet-stream"},
        )
        assert response.text == DECLARATION + (
            "<resumebinaryupload><status>0</status></resumebinaryupload>"
        )
        response = await client.http.post(relayed("finishbinaryupload", f"tx={tx}"))
        assert response.text == DECLARATION + (
            "<finishbinaryupload><status>0</status><fileid>5001</fileid></finishbinaryupload>"
        )

        response = await client.http.get(
            f"/webrelay/directdownload/{token}/?dis={SID}&fi=5001&pv=0",
            headers={"Range": "bytes=1-3"},
        )
        assert (response.status_code, response.content) == (206, b"ell")
        assert response.headers["Content-Range"] == "bytes 1-3/6"

        remove = (
            "<remove><token>{T}</token><userid>{U}</userid><id>5001</id>"
            "<isgroupaware>0</isgroupaware></remove>"
        )
        assert await post("/file/remove/", remove) == "<remove><status>0</status></remove>"
        assert (
            await post(
                "/folder/getpersonalsystemfolder/",
                "<getpersonalsystemfolder><token>{T}</token><userid>{U}</userid>"
                "<rawfoldername>MyRecycleBin</rawfoldername></getpersonalsystemfolder>",
            )
            == "<getpersonalsystemfolder><status>0</status><scrip>1700000000000</scrip>"
            "<folderid>900</folderid></getpersonalsystemfolder>"
        )
        binned = await post("/inforelay/browsefolder/", browse.replace("FOLDER", "900"))
        assert binned == (
            "<browse><status>0</status><rawfoldername>MyRecycleBin</rawfoldername>"
            "<parent>0</parent><rootfolderid>900</rootfolderid>"
            "<page><pageno>1</pageno><pagesize>1</pagesize><totalcount>1</totalcount>"
            "<hasnextpage>0</hasnextpage></page>"
            "<file><id>5001</id><rawfilename>hello.txt</rawfilename>"
            "<isgroupaware>0</isgroupaware><size>6</size><isbackup>0</isbackup>"
            "<isorigdeleted>0</isorigdeleted><isinfected>0</isinfected><ispublic>0</ispublic>"
            "<headversion>1</headversion><createdtime>2023-11-14 22:13:20</createdtime>"
            "<markid></markid><lastmodifiedtime>1700000000</lastmodifiedtime></file>"
            f"<owner>{USER}</owner></browse>"
        )
        restore = (
            "<restore><token>{T}</token><userid>{U}</userid><parent>1001</parent>"
            "<fileid>5001</fileid></restore>"
        )
        assert await post("/file/restore/", restore) == (
            "<restore><status>0</status><parent>1001</parent></restore>"
        )
        assert await post("/file/remove/", remove) == "<remove><status>0</status></remove>"
        purge = (
            "<clearrecyclebin><token>{T}</token><userid>{U}</userid><fileid>5001</fileid>"
            "</clearrecyclebin>"
        )
        assert await post("/file/clearrecyclebin/", purge) == (
            "<clearrecyclebin><status>0</status><scrip>1700000000000</scrip></clearrecyclebin>"
        )
        assert running.emulator.bin() == []


def test_the_fixture_is_that_of_appendix_a(emulator: WebStorageEmulator):
    assert emulator.default_account() == {
        "username": "user@example.com",
        "password": "PassW0rd!",
        "sid": "10000001",
        "progkey": "0123456789ABCDEF0123456789ABCDEF",
    }
    assert emulator.logins() == ["user@example.com", "other@example.com"]
    assert emulator.tree() == {}
