"""What a server does under load, over a restart, and with its faults."""

import hashlib
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx
import pytest
import trio

from cloudfs.emulators.asus.emulator import OmniStorEmulator, WebStorageEmulator
from cloudfs.emulators.clock import Clock
from cloudfs.emulators.faults import Kind, Rule
from cloudfs.emulators.registry import EMULATORS, default_account
from cloudfs.emulators.server import Running, serving
from tests.emulators.asus.client import (
    OTHER,
    PASSWORD,
    PROGKEY,
    SID,
    TIMES,
    USER,
    Client,
    Reply,
    Xml,
    authorization,
    b64,
    body,
    sha512,
    signed_in,
)

MIB = 1 << 20


@pytest.fixture
def fault(running: Running):
    def add(kind: Kind, **details) -> Rule:
        return running.emulator.faults.add(Rule(kind=kind, **details))

    return add


async def test_everything_is_there_after_a_restart(tmp_path: Path, clock: Clock):
    first = WebStorageEmulator(tmp_path / "cloud", clock=clock)
    async with serving(first) as running, signed_in(running) as api:
        file = await api.upload(1001, "a", b"one", at="<finfo>x</finfo>")
        await api.upload(1001, None, b"two", fi=file)
        folder = await api.mkdir(1001, "docs", attribute=Xml(TIMES))
        await api.ok("/folder/remove/", id=await api.mkdir(folder, "gone"))
        await api.ok("/fsentry/setentrymark/", isfolder=0, entryid=file, markid=1, userid=None)
        path = "/fsentry/setadvancedsharecode/"
        shared = await api.ok(
            path, isfolder=1, entryid=folder, isgroupaware=1, shareforuserid=OTHER
        )
        begun = await api.init(folder, "later", b"hello")
        await api.resume(begun["transid"], b"hel")
        listing = (await api.browse(1001)).response.content
        token, sequence = api.token, await api.ok("/folder/getallchangeseq/", userid=None)
    first.close()

    second = WebStorageEmulator(tmp_path / "cloud", clock=clock)
    async with serving(second) as again, Client(again.api_url, token=token) as api:
        assert (await api.browse(1001)).response.content == listing
        assert await api.content(file) == b"two"
        assert await api.names(await api.bin_id()) == ["gone"]
        found = await api.ok("/folder/getallchangeseq/", userid=None)
        assert found.response.content == sequence.response.content
        assert (await api.init(folder, "later", b"hello", tx=begun["transid"]))["offset"] == "3"
        await api.resume(begun["transid"], b"lo")
        assert (await api.finish(begun["transid"]))["fileid"] == "5002"
        found = await api.ok("/fsentry/getadvancedsharecode/", isfolder=1, entryid=folder)
        assert found["sharecode"] == shared["sharecode"]
        assert await api.mkdir(1001, "next") == "1004"
        async with signed_in(again, OTHER) as other:
            assert await other.names(folder) == ["later"]
    second.close()


async def test_many_clients_upload_at_once(api: Client, other: Client, running: Running):
    contents = {f"/{n}.bin": bytes([n]) * (n * 40_000) for n in range(20)}
    await other.mysync()

    async def upload(client: Client, folder: str, path: str, data: bytes) -> None:
        await client.upload(folder, path[1:], data)

    async with trio.open_nursery() as nursery:
        for path, data in contents.items():
            nursery.start_soon(upload, api, "1001", path, data)
            nursery.start_soon(upload, other, "1002", path, data)
    assert running.emulator.tree() == contents
    assert running.emulator.tree(OTHER) == contents


async def test_of_many_that_make_a_name_one_succeeds(api: Client):
    found: list[int] = []
    begun = [await api.init(1001, "file", bytes([number])) for number in range(10)]
    for number, one in enumerate(begun):
        await api.resume(one["transid"], bytes([number]))

    async def create(_: int) -> None:
        found.append(await api.status("/folder/create/", parent=1001, display=b64("a")))

    async def finish(number: int) -> None:
        found.append((await api.finish(begun[number]["transid"])).status)

    for change in (create, finish):
        found.clear()
        async with trio.open_nursery() as nursery:
            for number in range(10):
                nursery.start_soon(change, number)
        assert sorted(found) == [0] + [214] * 9
    assert await api.names(1001) == ["a", "file"]


async def test_of_many_overwrites_of_one_version_one_succeeds(api: Client):
    file = await api.upload(1001, "a", b"first")
    found: list[int] = []

    async def upload(number: int) -> None:
        data = b"%d" % number
        begun = await api.init(1001, "a", data, fi=file)
        await api.resume(begun["transid"], data)
        found.append((await api.finish(begun["transid"], lsg=sha512(b"first"))).status)

    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(upload, number)
    assert sorted(found) == [0] + [250] * 9
    assert (await api.info(file))["headversion"] == "2"


async def test_changes_at_once_leave_nothing_out(api: Client):
    folders = [await api.mkdir(1001, f"{number}") for number in range(8)]
    file = await api.upload(folders[0], "a", b"x")
    before = int((await api.ok("/folder/getallchangeseq/", userid=None))["syncfolder/changeseq"])
    moved: list[int] = []

    async def move(to: str) -> None:
        moved.append(await api.status("/file/move/", id=file, parent=to))

    async with trio.open_nursery() as nursery:
        for to in folders[1:]:
            nursery.start_soon(move, to)
    assert moved == [0] * 7
    listed = [await api.names(folder) for folder in folders]
    assert sorted(listed) == [[]] * 7 + [["a"]]
    after = int((await api.ok("/folder/getallchangeseq/", userid=None))["syncfolder/changeseq"])
    assert after == before + 7


@pytest.mark.parametrize("parts", [1, 2])
async def test_a_big_file_streams_through_in_little_memory(api: Client, parts: int):
    size = 64 * MIB
    piece = bytes(range(256)) * 256
    count = size // len(piece) // parts
    digest = hashlib.sha512()
    tracemalloc.start()
    try:
        begun = await api.init(1001, "big", b"", sg="", fs=size)

        async def content() -> AsyncIterator[bytes]:
            for _ in range(count):
                yield piece

        for _ in range(parts):
            headers = {"Content-Length": str(size // parts)}
            sent = await api.resume(begun["transid"], content(), headers=headers)
            assert sent.status == 0
        done = await api.finish(begun["transid"])
        url = f"/webrelay/directdownload/{api.token}/?fi={done['fileid']}"
        async with api.http.stream("GET", url) as response:
            async for part in response.aiter_raw():
                digest.update(part)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert digest.hexdigest() == sha512(piece * (size // len(piece)))
    assert peak < 16 * MIB


# Faults, as clients of this service see them.


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_fault_of_http(api: Client, fault, status: int):
    fault(Kind.STATUS, status=status, retry_after=7, route="create-folder", count=1)
    text = body("create", token=api.token or "", userid=USER, parent=1001, display=b64("a"))
    response = await api.send("/folder/create/", text)
    assert (response.status_code, response.headers["Retry-After"]) == (status, "7")
    assert await api.names(1001) == []
    fault(Kind.STATUS, status=status, route="download", count=1)
    assert (await api.download(5001)).status_code == status


@pytest.mark.parametrize("route", ["folder/getmysyncfolder", "root"])
async def test_a_fault_of_the_service_has_the_root_of_the_call(api: Client, fault, route: str):
    fault(Kind.STATUS, status=200, code="999", route=route, count=1)
    found = await api.call("/folder/getmysyncfolder/")
    assert (found.root.tag, found.status) == ("getmysyncfolder", 999)
    fault(Kind.STATUS, status=200, code="220", route="upload", count=1)
    begun = await api.init(1001, "a", b"x")
    sent = await api.resume(begun["transid"], b"x")
    assert (sent.root.tag, sent.status) == ("resumebinaryupload", 220)
    fault(Kind.STATUS, status=200, code="2", route="login", count=1)
    text = body("aaa", userid=USER, password=PASSWORD)
    found = await api.raw("/member/acquiretoken/", text, sign=True)
    assert (found.root.tag, found.status) == ("aaa", 2)


@pytest.mark.parametrize("code", ["4", "12", "217", "222", "506", "994", "12345"])
async def test_a_fault_may_have_any_status_of_the_service(api: Client, fault, code: str):
    fault(Kind.STATUS, status=200, code=code, path="/folder/", count=1)
    found = await api.call("/folder/getmysyncfolder/")
    assert (found.root.tag, found.status) == ("getmysyncfolder", int(code))


async def test_a_reset_comes_before_or_after_the_work(api: Client, fault):
    fault(Kind.RESET, route="create-folder", count=1)
    with pytest.raises(httpx.ReadError):
        await api.mkdir(1001, "a")
    assert await api.names(1001) == []
    fault(Kind.RESET_AFTER, route="create-folder", count=1)
    with pytest.raises(httpx.ReadError):
        await api.mkdir(1001, "a")
    assert await api.names(1001) == ["a"]


async def test_a_finish_may_be_done_and_its_reply_lost(api: Client, fault):
    begun = await api.init(1001, "a", b"x")
    await api.resume(begun["transid"], b"x")
    fault(Kind.RESET_AFTER, route="confirm-upload", count=1)
    with pytest.raises(httpx.ReadError):
        await api.finish(begun["transid"])
    assert (await api.finish(begun["transid"])).status == 251
    assert await api.names(1001) == ["a"]


async def test_a_stall(api: Client, fault):
    fault(Kind.STALL, route="list", seconds=0.1, count=1)
    with pytest.raises(httpx.ReadError):
        await api.browse(1001)
    fault(Kind.STALL, route="upload", seconds=0.1, count=1)
    begun = await api.init(1001, "a", b"x")
    with pytest.raises(httpx.ReadError):
        await api.resume(begun["transid"], b"x")
    assert (await api.init(1001, "a", b"x", tx=begun["transid"]))["offset"] == "0"


@pytest.mark.parametrize(("after", "length"), [(None, 500), (0, 0), (10, 10), (999, 999)])
async def test_a_body_ends_early(api: Client, fault, after: int | None, length: int):
    file = await api.upload(1001, "a", bytes(1000))
    fault(Kind.HALF_BODY, route="download", after=after)
    received = b""
    path = f"/webrelay/directdownload/{api.token}/?fi={file}"
    async with await trio.open_tcp_stream("127.0.0.1", urlsplit(api.url).port or 0) as stream:
        await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async for piece in stream:
            received += piece
    assert len(received.partition(b"\r\n\r\n")[2]) == length


async def test_half_of_a_reply_is_no_xml(api: Client, fault):
    fault(Kind.MALFORMED_JSON, route="list", count=1)
    text = body("browse", token=api.token or "", userid=USER, folderid=1001)
    response = await api.send("/inforelay/browsefolder/", text)
    with pytest.raises(ET.ParseError):
        Reply(response)


async def test_a_page_comes_instead(api: Client, fault):
    fault(Kind.HTML, route="download")
    response = await api.download(5001)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")


async def test_a_length_or_a_range_is_wrong(api: Client, fault):
    file = await api.upload(1001, "a", b"0123456789")
    fault(Kind.WRONG_LENGTH, route="download", nth=1)
    fault(Kind.WRONG_RANGE, route="download", nth=2)
    assert (await api.download(file, Range="bytes=2-5")).content == b"234"
    response = await api.download(file, Range="bytes=2-5")
    assert response.headers["Content-Range"] == "bytes 3-6/10"


async def test_a_token_expires_on_cue(api: Client, fault):
    rule = fault(Kind.EXPIRED_TOKEN, count=1)
    assert await api.status("/folder/getmysyncfolder/") == 2
    assert rule.fired == 1
    assert await api.status("/folder/getmysyncfolder/") == 2
    assert (await api.download(5001)).status_code == 401


async def test_a_token_is_good_for_some_requests_wherever_it_is(running: Running, fault):
    """In XML, in a path and in a query it is the same token."""
    running.emulator.write("/a", b"x")
    fault(Kind.EXPIRED_TOKEN, uses=4)
    for _ in range(2):
        async with signed_in(running) as api:
            assert await api.status("/folder/getmysyncfolder/") == 0
            assert (await api.download(5001)).status_code == 200
            search = body("sqlquery", userid=USER, kind=2)
            assert (await api.raw(f"/fulltext/sqlquery/{api.token}", search)).status == 0
            assert (await api.init(1001, "b", b"y")).status == 0
            response = await api.download(5001)
            assert (response.status_code, response.content) == (
                401,
                b"Validate token fail, Error Code:2",
            )
            assert await api.status("/folder/getmysyncfolder/") == 2


async def test_a_body_in_xml_is_cut_off_like_a_reset(api: Client, fault):
    fault(Kind.CUT_UPLOAD, route="create-folder", after=10, count=1)
    with pytest.raises(httpx.TransportError):
        await api.mkdir(1001, "a")
    assert await api.names(1001) == []


async def test_faults_are_steered_over_http(api: Client):
    rule = {"kind": "status", "status": 200, "code": "999", "route": "root", "count": 1}
    assert (await api.http.post("/_emulator/faults", json=rule)).status_code == 200
    assert await api.status("/folder/getmysyncfolder/") == 999
    counts = (await api.http.get("/_emulator/counts")).json()
    assert counts["folder/getmysyncfolder"] == 1
    settings = (await api.http.post("/_emulator/settings", json={"token_ttl": 5})).json()
    assert (settings["token_ttl"], settings["profile"]) == (5.0, "webstorage")
    assert (await api.http.delete("/_emulator/tokens")).status_code == 200
    assert await api.status("/folder/getmysyncfolder/") == 2


@pytest.mark.parametrize("type_", ["asuswebstorage", "omnistor"])
def test_it_is_served_as_a_program(tmp_path: Path, type_: str):
    assert (
        EMULATORS[type_]
        is {
            "asuswebstorage": WebStorageEmulator,
            "omnistor": OmniStorEmulator,
        }[type_]
    )
    account = default_account(type_)
    assert account == {
        "username": USER,
        "password": "PassW0rd!",
        "sid": SID,
        "progkey": PROGKEY,
    }
    code = (
        "import sys; from pathlib import Path; from cloudfs.emulators.server import run;"
        "run(sys.argv[2], Path(sys.argv[1]), ready=lambda url: print(url, flush=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "cloud"), type_],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    headers = {"Authorization": authorization(), "X-asc-sid": SID}
    text = body("aaa", userid=USER, password=PASSWORD)
    with httpx.Client() as client:
        response = client.post(f"{url}/member/acquiretoken/", content=text, headers=headers)
        assert Reply(response).status == 0
        assert ("Set-Cookie" in response.headers) is (type_ == "asuswebstorage")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0
