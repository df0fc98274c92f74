"""Reference 3.5: uploads in three steps, broken off, taken up again, refused."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import trio

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.faults import Kind, Rule
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import SID, TIMES, Client, Reply, acquire, b64, sha512

MIB = 1 << 20
WRONG = "0" * 128
STEPS = ("initbinaryupload", "resumebinaryupload", "finishbinaryupload")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_upload_has_three_steps(api: Client, method: str):
    root = await api.mysync()
    query = {"na": b64("a"), "pa": root, "sg": sha512(b"hello"), "at": TIMES, "fs": 5, "sc": ""}
    begun = Reply(await api.relay(STEPS[0], method=method, **query))
    assert begun.tags() == ["status", "transid", "offset", "latestchecksum", "fileid"]
    assert (begun.status, begun["offset"]) == (0, "0")
    assert (begun["latestchecksum"], begun["fileid"]) == ("", "")
    assert begun.response.headers["Content-Type"] == "text/xml;charset=UTF-8"
    assert await api.names(root) == []
    sent = await api.resume(begun["transid"], b"hello")
    assert (sent.root.tag, sent.tags(), sent.status) == (STEPS[1], ["status"], 0)
    assert await api.names(root) == []
    done = Reply(await api.relay(STEPS[2], method=method, tx=begun["transid"]))
    assert (done.root.tag, done.tags(), done.status) == (STEPS[2], ["status", "fileid"], 0)
    assert await api.content(done["fileid"]) == b"hello"
    assert await api.names(root) == ["a"]
    assert (await api.finish(begun["transid"])).status == 251
    assert (await api.resume(begun["transid"], b"x")).status == 251


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"sg": ""}, 0),
        ({"sg": "system.reserved"}, 0),
        ({"sg": "abc"}, 0),
        ({"fs": None}, 0),
        ({"at": None}, 0),
        ({"sg": None}, 225),
        ({"na": None}, 225),
        ({"na": ""}, 211),
        ({"pa": None}, 225),
        ({"pa": "x"}, 225),
        ({"fs": "x"}, 225),
        ({"fs": -1}, 225),
        ({"fi": "x"}, 225),
        ({"pa": 4711}, 218),
        ({"pa": 5001}, 218),
        ({"na": b64("a/b")}, 212),
        ({"na": b64("x" * 256)}, 213),
        ({"na": b64("THERE")}, 214),
        ({"fi": 4711}, 219),
        ({"fi": 5001}, 0),
        ({"fi": 5001, "pa": 4711}, 218),
        ({"fi": 5001, "na": None}, 0),
        ({"fs": 500 * MIB}, 0),
        ({"fs": 500 * MIB + 1}, 221),
        ({"tx": "unknown"}, 251),
        ({"tx": ""}, 0),
    ],
)
async def test_what_an_upload_begins_with(api: Client, change: dict[str, object], status: int):
    root = await api.mysync()
    await api.upload(root, "there", b"there")
    begun = await api.init(root, "new", b"hello", **change)
    assert (begun.root.tag, begun.status) == (STEPS[0], status)
    assert await api.names(root) == ["there"]


async def test_a_developer_id_need_not_be_told(api: Client):
    root = await api.mysync()
    for dis in (None, "unknown"):
        assert (await api.init(root, f"{dis}", b"x", dis=dis)).status == 0


async def test_space_is_checked_before_and_after(api: Client, running: Running):
    running.emulator.configure(capacity=1)
    root = await api.mysync()
    assert (await api.init(root, "a", b"", fs=MIB + 1)).status == 224
    begun = [await api.init(root, name, bytes(MIB), sg="") for name in "ab"]
    for one in begun:
        assert (await api.resume(one["transid"], bytes(MIB))).status == 0
    assert (await api.finish(begun[0]["transid"])).status == 0
    assert (await api.finish(begun[1]["transid"])).status == 224
    assert (await api.init(root, None, bytes(MIB), sg="", fi=5001)).status == 0
    assert (await api.init(root, None, b"", sg="", fs=MIB + 1, fi=5001)).status == 224
    await api.ok("/file/remove/", id=5001)
    assert (await api.finish(begun[1]["transid"])).status == 0


async def test_a_file_that_is_too_large_may_be_noticed_late(api: Client, running: Running):
    running.emulator.configure(maxfilesize=1)
    begun = await api.init(await api.mysync(), "a", b"", sg="", fs=None)
    assert (await api.resume(begun["transid"], bytes(MIB + 1))).status == 0
    assert (await api.finish(begun["transid"])).status == 221


async def test_an_overwrite_keeps_id_name_and_place(api: Client, clock: Clock):
    root = await api.mysync()
    elsewhere = await api.mkdir(root, "elsewhere")
    file = await api.upload(root, "a", b"one")
    clock.advance(60)
    begun = await api.init(elsewhere, "other", b"two!", fi=file, at="<finfo>2</finfo>")
    assert begun["latestchecksum"] == sha512(b"one")
    assert (await api.resume(begun["transid"], b"two!")).status == 0
    assert await api.content(file) == b"one"
    done = await api.finish(begun["transid"], lsg=sha512(b"one").upper())
    assert done["fileid"] == file
    assert await api.content(file) == b"two!"
    listing = await api.browse(root)
    assert listing.dicts("file")[0] == {
        **listing.dicts("file")[0],
        "id": file,
        "rawfilename": "a",
        "size": "4",
        "headversion": "2",
        "createdtime": "2023-11-14 22:14:20",
    }
    assert (await api.info(file)).tags("attribute") == ["finfo"]


async def test_whoever_has_not_seen_the_last_version_is_refused(api: Client):
    root = await api.mysync()
    file = await api.upload(root, "a", b"one")
    begun = await api.init(root, "a", b"mine", fi=file)
    await api.resume(begun["transid"], b"mine")
    await api.upload(root, "a", b"theirs", fi=file)
    assert (await api.finish(begun["transid"], lsg=begun["latestchecksum"])).status == 250
    assert await api.content(file) == b"theirs"
    # The transaction is still there, for who has seen it, or does not care.
    again = await api.init(root, "a", b"mine", fi=file, tx=begun["transid"])
    assert again["latestchecksum"] == sha512(b"theirs")
    assert (await api.finish(begun["transid"], lsg=again["latestchecksum"])).status == 0
    assert await api.content(file) == b"mine"


async def test_a_checksum_is_read_by_beginning_an_upload(api: Client):
    root = await api.mysync()
    file = await api.upload(root, "a", b"one")
    begun = await api.init(root, None, b"", fi=file, sg="system.reserved", fs=None)
    assert begun["latestchecksum"] == sha512(b"one")
    assert await api.content(file) == b"one"


async def test_known_content_need_not_be_sent(api: Client, other: Client, running: Running):
    root = await api.mysync()
    await api.upload(root, "a", b"hello")
    begun = await api.init(root, "b", b"hello", sg=sha512(b"hello").upper())
    assert begun.tags() == ["status", "offset", "latestchecksum", "fileid"]
    assert (begun["fileid"], begun["offset"]) == ("5002", "0")
    assert await api.content("5002") == b"hello"
    file = await api.upload(root, "c", b"other")
    begun = await api.init(root, None, b"hello", fi=file)
    assert begun["fileid"] == file
    assert await api.content(file) == b"hello"
    assert (await api.browse(root)).all("file/headversion") == ["1", "1", "2"]
    # It must be a live file of the same user, and the size must be told.
    for change in ({"fs": 4}, {"fs": None}, {"sg": ""}, {"sg": WRONG}):
        assert (await api.init(root, "d", b"hello", **change))["fileid"] == ""
    assert (await other.init(await other.mysync(), "d", b"hello"))["fileid"] == ""
    assert (await api.init(root, "a", b"hello")).status == 214
    running.emulator.configure(instant_upload=False)
    assert (await api.init(root, "d", b"hello"))["fileid"] == ""
    running.emulator.configure(instant_upload=True)
    await api.ok("/file/remove/", id="5001,5002,5003")
    assert (await api.init(root, "d", b"hello"))["fileid"] == ""


async def test_an_empty_file_needs_no_second_step(api: Client):
    root = await api.mysync()
    begun = await api.init(root, "a", b"")
    assert (await api.finish(begun["transid"])).status == 0
    begun = await api.init(root, "b", b"", sg="")
    assert (await api.resume(begun["transid"], b"")).status == 0
    assert (await api.finish(begun["transid"])).status == 0
    assert (await api.init(root, "c", b""))["fileid"] == "5003"
    assert (await api.browse(root)).all("file/size") == ["0", "0", "0"]
    assert await api.content("5001") == await api.content("5002") == b""


async def test_a_body_may_come_in_parts_in_order(api: Client):
    root = await api.mysync()
    data = bytes(range(256)) * 20
    begun = await api.init(root, "a", data)
    tx = begun["transid"]
    for start in range(0, len(data), 1000):
        assert (await api.init(root, "a", data, tx=tx))["offset"] == str(start)
        assert (await api.resume(tx, data[start : start + 1000])).status == 0
    done = await api.finish(tx)
    assert await api.content(done["fileid"]) == data


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Omni-Stream-Offset": "3"}, 0),
        ({"Content-Range": "bytes 3-5/6"}, 0),
        ({"X-Omni-Stream-Offset": "3", "Content-Range": "bytes 3-5/*"}, 0),
        ({"X-Omni-Stream-Offset": "0"}, 220),
        ({"X-Omni-Stream-Offset": "4"}, 220),
        ({"X-Omni-Stream-Offset": "x"}, 220),
        ({"Content-Range": "bytes 0-2/6"}, 220),
        ({"X-Omni-Stream-Offset": "3", "Content-Range": "bytes 0-2/6"}, 220),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_where_a_body_begins_may_be_told(
    api: Client, headers: dict[str, str], status: int, method: str
):
    root = await api.mysync()
    begun = await api.init(root, "a", b"abcdef")
    await api.resume(begun["transid"], b"abc")
    sent = await api.resume(begun["transid"], b"def", headers=headers, method=method)
    assert sent.status == status
    again = await api.init(root, "a", b"abcdef", tx=begun["transid"])
    assert again["offset"] == ("3" if status else "6")


async def test_more_than_was_announced_is_not_kept(api: Client):
    root = await api.mysync()
    begun = await api.init(root, "a", b"abcdef")
    await api.resume(begun["transid"], b"abc")
    assert (await api.resume(begun["transid"], b"defg")).status == 220
    assert (await api.resume(begun["transid"], bytes(3 * MIB))).status == 220
    assert (await api.init(root, "a", b"abcdef", tx=begun["transid"]))["offset"] == "3"
    assert (await api.finish(begun["transid"])).status == 220
    assert (await api.resume(begun["transid"], b"def")).status == 0
    assert (await api.finish(begun["transid"])).status == 0


async def test_other_bytes_than_were_announced_end_the_transaction(api: Client):
    root = await api.mysync()
    for parts in ((b"hellO",), (b"hel", b"lO")):
        begun = await api.init(root, "a", b"hello")
        for part in parts:
            await api.resume(begun["transid"], part)
        assert (await api.finish(begun["transid"])).status == 250
        assert (await api.finish(begun["transid"])).status == 251
    assert await api.names(root) == []


@pytest.mark.parametrize("parts", [(b"hello",), (b"hel", b"lo")])
async def test_the_place_may_be_lost_meanwhile(api: Client, parts: tuple[bytes, ...]):
    root = await api.mysync()
    folder = await api.mkdir(root, "folder")
    file = await api.upload(root, "file", b"x")
    transactions = []
    for parent, change in ((folder, {}), (root, {}), (root, {"fi": file})):
        begun = await api.init(parent, "a", b"hello", **change)
        for part in parts:
            await api.resume(begun["transid"], part)
        transactions.append(begun["transid"])
    await api.ok("/folder/remove/", id=folder)
    await api.mkdir(root, "A")
    await api.ok("/file/remove/", id=file)
    for _ in range(2):  # a failure keeps the transaction
        assert [(await api.finish(tx)).status for tx in transactions] == [218, 214, 219]
    await api.ok("/folder/restore/", parent=root, folderid=folder)
    await api.ok("/file/restore/", parent=root, fileid=file)
    await api.ok("/folder/rename/", id=1003, display=b64("b"))
    assert [(await api.finish(tx)).status for tx in transactions] == [0, 0, 0]
    assert await api.content(file) == b"hello"
    await api.ok("/folder/remove/", id=root)
    await api.ok("/folder/clearrecyclebin/", folderid=await api.bin_id())
    begun = await api.init(0, "gone", b"x")
    await api.resume(begun["transid"], b"x")
    assert (await api.finish(begun["transid"])).status == 0


async def test_a_transaction_belongs_to_a_user_a_file_and_a_content(api: Client, other: Client):
    root = await api.mysync()
    file = await api.upload(root, "file", b"x")
    begun = await api.init(root, "a", b"hello")
    tx = begun["transid"]
    assert (await other.init(await other.mysync(), "a", b"hello", tx=tx)).status == 251
    assert (await other.resume(tx, b"hello")).status == 251
    assert (await other.finish(tx)).status == 251
    assert (await api.init(root, "a", b"hello", tx=tx, fi=file)).status == 252
    assert (await api.init(root, "a", b"hello", tx=tx, sg=WRONG)).status == 250
    for sg in ("", "system.reserved", sha512(b"hello")):
        again = await api.init(root, "a", b"hello", tx=tx, sg=sg)
        assert (again.status, again["transid"], again["offset"]) == (0, tx, "0")


async def test_a_transaction_outlives_tokens_but_not_a_day(
    api: Client, running: Running, clock: Clock
):
    running.emulator.configure(token_ttl=10 * 86400)
    begun = await api.init(await api.mysync(), "a", b"hello")
    await api.resume(begun["transid"], b"hel")
    running.emulator.revoke_tokens()
    await sign_in(api)
    clock.advance(86399)
    assert (await api.init(1001, "a", b"hello", tx=begun["transid"]))["offset"] == "3"
    clock.advance(1)
    assert (await api.init(1001, "a", b"hello", tx=begun["transid"])).status == 251
    assert (await api.resume(begun["transid"], b"lo")).status == 251


async def sign_in(client: Client) -> None:
    client.token = (await acquire(client, client.user))["token"]


async def sending(api: Client, tx: str, length: int) -> trio.SocketStream:
    """A connection by which the body of a resume is to come."""
    stream = await trio.open_tcp_stream("127.0.0.1", urlsplit(api.url).port or 0)
    path = f"/webrelay/resumebinaryupload/?dis={SID}&tk={api.token}&tx={tx}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    await stream.send_all(head.encode())
    return stream


@pytest.mark.parametrize("after", [0, 1, 70_000, 3 * MIB - 1])
async def test_what_came_of_a_broken_connection_is_kept(api: Client, running: Running, after: int):
    data = bytes(range(256)) * (3 * MIB // 256)
    root = await api.mysync()
    begun = await api.init(root, "a", data)
    running.emulator.faults.add(Rule(kind=Kind.CUT_UPLOAD, route="upload", count=1, after=after))
    async with await sending(api, begun["transid"], len(data)) as stream:
        with pytest.raises(trio.BrokenResourceError):  # noqa: PT012 - one of them fails
            await stream.send_all(data)
            await stream.receive_some()
    again = await api.init(root, "a", data, tx=begun["transid"])
    assert again["offset"] == str(after)
    assert (await api.resume(begun["transid"], data[after:])).status == 0
    done = await api.finish(begun["transid"])
    assert (await api.content(done["fileid"])) == data


async def test_a_client_that_goes_away_leaves_what_it_sent(api: Client):
    root = await api.mysync()
    data = bytes(10 * MIB)
    begun = await api.init(root, "a", data)

    async def half() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield bytes(MIB)
        raise ConnectionError("mine")

    with pytest.raises(ConnectionError):
        await api.resume(begun["transid"], half(), headers={"Content-Length": str(10 * MIB)})
    # Whatever of it has arrived when it is asked for, the rest goes on from there.
    offset = int((await api.init(root, "a", data, tx=begun["transid"]))["offset"])
    assert 0 <= offset <= 5 * MIB
    assert (await api.resume(begun["transid"], data[offset:])).status == 0
    assert (await api.finish(begun["transid"])).status == 0


async def test_a_second_body_takes_over(api: Client):
    """A client that lost its connection need not wait until the server has noticed."""
    root = await api.mysync()
    begun = await api.init(root, "a", b"abcdef")
    async with await sending(api, begun["transid"], 6) as first:
        await first.send_all(b"abc")
        while (await api.init(root, "a", b"abcdef", tx=begun["transid"]))["offset"] == "0":
            assert len(await api.names(root)) == 0
        assert (await api.resume(begun["transid"], b"def")).status == 0
        await first.send_all(b"def")
        answer = b""
        while b"<status>220</status>" not in answer:
            answer += await first.receive_some()
    done = await api.finish(begun["transid"])
    assert await api.content(done["fileid"]) == b"abcdef"


async def test_nobody_else_ends_a_body(api: Client, other: Client):
    begun = await api.init(await api.mysync(), "a", b"abcdef")
    root = await other.mysync()
    async with await sending(api, begun["transid"], 6) as first:
        await first.send_all(b"abc")
        assert (await other.init(root, "a", b"abcdef", tx=begun["transid"])).status == 251
        assert (await other.resume(begun["transid"], b"def")).status == 251
        await first.send_all(b"def")
        answer = b""
        while b"<status>" not in answer:
            answer += await first.receive_some()
    assert b"<status>0</status>" in answer


async def test_a_step_without_a_transaction_is_225(api: Client):
    assert (Reply(await api.relay("resumebinaryupload", b"x"))).status == 225
    assert (Reply(await api.relay("finishbinaryupload"))).status == 225


@pytest.mark.parametrize(
    ("step", "method"),
    [(STEPS[0], "PUT"), (STEPS[1], "GET"), (STEPS[2], "PUT"), (STEPS[2], "DELETE")],
)
async def test_a_step_by_the_wrong_method_is_405(api: Client, step: str, method: str):
    assert (await api.relay(step, method=method)).status_code == 405


# 3.5.5, the upload in one form.


async def form(api: Client, name: str = "plain.txt", data: bytes = b"hello", **fields: object):
    url = f"/webrelay/directupload/{api.token}/?dis={SID}"
    given = {"pa": "1001", "at": TIMES, **{k: str(v) for k, v in fields.items()}}
    return Reply(await api.http.post(url, data=given, files={"any": (name, data)}))


async def test_a_small_file_may_come_in_a_form(api: Client):
    found = await form(api, d="ignored", pr="1", u="x", av="y")
    assert (found.root.tag, found.tags()) == ("directupload", ["status", "fileid", "rawfilename"])
    assert (found.status, found["fileid"], found["rawfilename"]) == (0, "5001", "plain.txt")
    assert await api.content(5001) == b"hello"
    found = await form(api, rn=b64("é.txt"), fs=5)
    assert found["rawfilename"] == "é.txt"
    assert (await form(api, rn="not base64"))["status"] == "214"
    assert (await form(api, fi=5001, data=b"two"))["fileid"] == "5001"
    assert (await api.browse(1001)).all("file/headversion") == ["2", "1"]


async def test_a_form_may_ask_for_a_free_name(api: Client):
    names = ["a.txt", "a.txt", "A.txt", "b", "b", ".c", ".c"]
    found = [(await form(api, name, name.encode(), ar=1))["rawfilename"] for name in names]
    assert found == ["a.txt", "a (1).txt", "A (2).txt", "b", "b (1)", ".c", ".c (1)"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"pa": ""}, 225),
        ({"pa": 4711}, 218),
        ({"fs": 4}, 220),
        ({"rn": b64("a/b")}, 212),
        ({"fi": 4711}, 219),
        ({"ar": 2}, 225),
    ],
)
async def test_a_form_that_is_refused(api: Client, fields: dict[str, object], status: int):
    assert (await form(api, **fields)).status == status
    assert await api.names(1001) == []


async def test_a_form_must_be_one_and_hold_a_file(api: Client, running: Running, announce):
    announce("Expected boundary character")
    url = f"/webrelay/directupload/{api.token}/"
    kind = {"Content-Type": "multipart/form-data; boundary=B"}
    assert Reply(await api.http.post(url, content=b"--X\r\n", headers=kind)).status == 3
    assert Reply(await api.http.post(url, data={"pa": "1001"})).status == 3
    assert Reply(await api.http.post(url)).status == 3
    fields = {"pa": (None, "1001")}
    assert Reply(await api.http.post(url, files=fields)).status == 225
    running.emulator.configure(directupload=False)
    assert (await api.http.post(url, data={"pa": "1001"})).status_code == 404
