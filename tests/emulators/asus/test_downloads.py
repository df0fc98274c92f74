"""Reference 3.6: downloads, whole and in ranges."""

import pytest

from cloudfs.emulators.server import Running
from tests.emulators.asus.client import SID, Client

DATA = b"0123456789"


@pytest.fixture
async def file(api: Client) -> str:
    return await api.upload(await api.mysync(), "résumé 1.txt", DATA)


async def test_a_file_is_downloaded(api: Client, file: str):
    response = await api.download(file)
    assert (response.status_code, response.content) == (200, DATA)
    assert {name: response.headers[name] for name in response.headers if name != "date"} == {
        "accept-ranges": "bytes",
        "content-length": "10",
        "content-type": "text/plain",
        "content-disposition": "attachment; filename*=UTF-8''r%C3%A9sum%C3%A9%201.txt",
        "set-cookie": "OMNISTORE_VER=1_0;",
    }


async def test_a_file_may_be_shown_or_have_another_name(api: Client, file: str):
    url = f"/webrelay/directdownload/{api.token}/?fi={file}"
    shown = await api.http.get(f"{url}&pv=1&rn=x%20y.txt")
    assert shown.headers["Content-Disposition"] == "inline; filename*=UTF-8''x%20y.txt"


@pytest.mark.parametrize(
    ("byte_range", "span"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=1-3", (1, 4)),
        ("bytes=4-", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=8-99", (8, 10)),
        ("bytes=9-9", (9, 10)),
    ],
)
async def test_a_range_is_sent(api: Client, file: str, byte_range: str, span: tuple[int, int]):
    response = await api.download(file, Range=byte_range)
    start, stop = span
    assert (response.status_code, response.content) == (206, DATA[start:stop])
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/10"
    assert response.headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("byte_range", ["bytes=0-1,3-4", "bytes=3-1", "lines=1-2", "bytes=-", ""])
async def test_what_is_no_single_range_is_ignored(api: Client, file: str, byte_range: str):
    response = await api.download(file, Range=byte_range)
    assert (response.status_code, response.content) == (200, DATA)


@pytest.mark.parametrize("byte_range", ["bytes=10-", "bytes=10-20", "bytes=99-100", "bytes=-0"])
async def test_a_range_behind_the_end_is_416(api: Client, file: str, byte_range: str):
    response = await api.download(file, Range=byte_range)
    assert (response.status_code, response.content) == (416, b"")
    assert response.headers["Content-Range"] == "bytes */10"


async def test_an_empty_file_has_no_ranges(api: Client):
    empty = await api.upload(await api.mysync(), "empty", b"")
    assert (await api.download(empty)).content == b""
    response = await api.download(empty, Range="bytes=0-0")
    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */0")


@pytest.mark.parametrize(
    ("of", "headers", "status", "content"),
    [
        ("4", {}, 206, DATA[4:]),
        ("0", {}, 200, DATA),
        ("", {}, 200, DATA),
        ("10", {}, 416, b""),
        ("4", {"Range": "bytes=1-2"}, 206, DATA[1:3]),
    ],
)
async def test_an_offset_stands_in_for_a_range(
    api: Client, file: str, of: str, headers: dict[str, str], status: int, content: bytes
):
    url = f"/webrelay/directdownload/?tk={api.token}&fi={file}&pv=0&u=&of={of}&rn=&dis={SID}"
    response = await api.http.get(url, headers=headers)
    assert (response.status_code, response.content) == (status, content)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, 225),
        ("fi=", 400, 225),
        ("fi=x", 400, 225),
        ("fi=5001&of=x", 400, 225),
        ("fi=4711", 404, 219),
        ("fi=1001", 404, 219),
    ],
)
async def test_a_download_that_cannot_be(
    api: Client, file: str, query: str, status: int, code: int
):
    response = await api.http.get(f"/webrelay/directdownload/{api.token}/?dis={SID}&{query}")
    assert response.status_code == status
    assert response.text == f"<directdownload><status>{code}</status></directdownload>"


async def test_always_the_last_version_is_sent_also_of_a_deleted_file(api: Client, file: str):
    await api.upload(1001, None, b"second", fi=file)
    assert await api.content(file) == b"second"
    await api.ok("/file/remove/", id=file)
    assert await api.content(file) == b"second"


async def test_a_version_that_is_being_read_stays(api: Client, running: Running):
    size = 20 << 20
    running.emulator.write("/big", bytes(size))
    url = f"/webrelay/directdownload/{api.token}/?fi=5001"
    async with api.http.stream("GET", url) as response:
        pieces = response.aiter_raw()
        received = len(await anext(pieces))
        running.emulator.write("/big", b"x")
        running.emulator.remove("/big")
        await api.ok("/file/clearrecyclebin/", fileid=5001)
        received += sum([len(piece) async for piece in pieces])
    assert received == size
