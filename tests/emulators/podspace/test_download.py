"""Reference 3.8 and 3.24: contents, links to them, archives of them, previews."""

import io
import zipfile

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.faults import Kind
from cloudfs.emulators.received import Origin
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client, refusal

NOPE = "NOPE000000000000"
DATA = bytes(range(256)) * 40
MS = int(NOW * 1000)


@pytest.fixture
async def file(api: Client):
    return (await api.upload("photo é.png", DATA))["hash"]


async def test_a_content_comes_whole(api: Client, file: str):
    response = await api.send("GET", f"files/{file}")
    headers = response.headers
    assert (response.status_code, response.content) == (200, DATA)
    assert headers["content-length"] == str(len(DATA))
    assert headers["content-type"] == "image/png"
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''photo%20%C3%A9.png"
    assert not {"etag", "last-modified"} & set(headers)


async def test_a_head_tells_the_same_without_the_content(api: Client, file: str):
    whole = await api.send("GET", f"files/{file}")
    head = await api.send("HEAD", f"files/{file}")
    assert (head.status_code, head.content) == (200, b"")
    same = ("content-length", "content-type", "accept-ranges", "content-disposition")
    assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]
    assert (await api.send("HEAD", f"files/{NOPE}")).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "first", "stop"),
    [("0-99", 0, 100), ("10239-", 10239, 10240), ("-5", 10235, 10240), ("9000-20000", 9000, 10240)],
)
async def test_a_range_comes_alone(api: Client, file: str, wanted: str, first: int, stop: int):
    response = await api.http.get(f"files/{file}", headers={"Range": f"bytes={wanted}"})
    assert (response.status_code, response.content) == (206, DATA[first:stop])
    assert response.headers["content-range"] == f"bytes {first}-{stop - 1}/10240"
    assert response.headers["content-length"] == str(stop - first)


async def test_a_range_beyond_the_end_is_refused(api: Client, file: str):
    response = await api.http.get(f"files/{file}", headers={"Range": "bytes=10240-"})
    assert refusal(response) == (416, None)
    assert response.headers["content-range"] == "bytes */10240"


async def test_ranges_may_be_ignored(api: Client, running: Running, file: str):
    running.emulator.configure(ignore_range=True)
    response = await api.http.get(f"files/{file}", headers={"Range": "bytes=0-9"})
    assert (response.status_code, response.content) == (200, DATA)


async def test_an_empty_file_has_no_content(api: Client):
    file = (await api.upload("empty"))["hash"]
    assert await api.fetch(file) == b""


async def test_only_files_are_fetched(api: Client):
    folder = (await api.folder("a"))["hash"]
    for hash_, expected in ((folder, (400, 101)), ("ROOT", (400, 101)), (NOPE, (404, 202))):
        assert await api.refused("GET", f"files/{hash_}") == expected
        assert await api.refused("GET", f"files/{hash_}/link", expiration=MS + 1) == expected


async def test_downloads_may_be_redirected(api: Client, running: Running, file: str, clock: Clock):
    running.emulator.configure(redirect_downloads=True)
    response = await api.send("GET", f"files/{file}", checkUserGroupAccess="true")
    assert response.status_code == 302
    url = response.headers["location"]
    assert url.startswith(f"{running.store_url}/")
    async with Client(running.store_url) as store:
        assert (await store.http.get(url)).content == DATA
        part = await store.http.get(url, headers={"Range": "bytes=1-2"})
        assert (part.status_code, part.content) == (206, DATA[1:3])
        assert (await store.http.head(url)).headers["content-length"] == str(len(DATA))
        await api.replace(file, b"new")
        assert (await store.http.get(url)).content == DATA  # of the version it was made for
        for wrong in (url[:-1], url.replace("Expires=", "Expires=1")):
            assert refusal(await store.http.get(wrong)) == (403, 4)
        assert (await store.http.get(f"{running.store_url}/x")).status_code == 404
        clock.advance(3600)
        late = await store.http.get(url)
        assert (refusal(late), late.json()["error"]) == ((403, 4), "Forbidden")
    (asked, *_) = running.emulator.requests.all("download", origin=Origin.STORE)
    assert not asked.credentials


async def test_a_content_that_is_gone_is_not_found_by_an_old_redirect(
    api: Client, running: Running, file: str
):
    running.emulator.configure(redirect_downloads=True)
    url = (await api.send("GET", f"files/{file}")).headers["location"]
    await api.ok("DELETE", f"files/{file}")
    await api.ok("DELETE", "trashes")
    async with Client(running.store_url) as store:
        assert refusal(await store.http.get(url)) == (404, 202)


async def test_a_link_needs_no_token_until_its_time_is_over(
    api: Client, visitor: Client, file: str, clock: Clock
):
    found = await api.ok("GET", f"files/{file}/link", expiration=MS + 3_540_000)
    assert list(found) == ["downloadLink"]
    path = f"files/d/{found['downloadLink']}"
    assert (await visitor.send("GET", path)).content == DATA
    part = await visitor.http.get(path, headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.content) == (206, DATA[:2])
    await api.replace(file, b"new")
    assert (await visitor.send("GET", path)).content == b"new"
    clock.advance(3540)
    late = await visitor.send("GET", path)
    assert (refusal(late), late.json()["error"]) == ((403, 4), "Forbidden")


async def test_a_link_lives_for_a_day_at_most(
    api: Client, visitor: Client, file: str, clock: Clock
):
    link = await api.ok("GET", f"files/{file}/link", expiration=MS + 10**10)
    clock.advance(24 * 3600 - 1)
    assert (await visitor.send("GET", f"files/d/{link['downloadLink']}")).status_code == 200
    clock.advance(1)
    assert await visitor.refused("GET", f"files/d/{link['downloadLink']}") == (403, 4)


async def test_no_link_can_be_made_up(api: Client, visitor: Client, file: str):
    link = (await api.ok("GET", f"files/{file}/link", expiration=MS + 1000))["downloadLink"]
    for wrong in ("k3Jd9", link[:-1], f"X{link}", link.replace("-", "", 1)):
        assert await visitor.refused("GET", f"files/d/{wrong}") == (403, 4)
    for expiration in (MS, "x", ""):
        call = ("GET", f"files/{file}/link")
        assert await api.refused(*call, expiration=expiration) == (400, 101)


async def test_a_link_is_another_one_each_time_and_can_be_used_up(
    api: Client, visitor: Client, fault, file: str
):
    fault(Kind.EXPIRED_LINK, uses=1)
    links = [
        (await api.ok("GET", f"files/{file}/link", expiration=MS + 1000))["downloadLink"]
        for _ in range(2)
    ]
    assert links[0] != links[1]
    for link in links:
        assert (await visitor.send("GET", f"files/d/{link}")).status_code == 200
        assert await visitor.refused("GET", f"files/d/{link}") == (403, 4)


async def test_the_log_tells_no_links(api: Client, visitor: Client, running: Running, file: str):
    link = (await api.ok("GET", f"files/{file}/link", expiration=MS + 1000))["downloadLink"]
    await visitor.send("GET", f"files/d/{link}")
    assert not any(link in received.path for received in running.emulator.requests.all())


async def test_an_old_version_is_fetched_by_its_own_hash(api: Client, file: str):
    await api.replace(file, b"second")
    first, second = await api.ok("GET", f"files/{file}/versions")
    assert await api.fetch(first["hash"]) == DATA
    assert await api.fetch(second["hash"]) == b"second"
    link = await api.ok("GET", f"files/{first['hash']}/link", expiration=MS + 1000)
    assert await api.fetch(f"d/{link['downloadLink']}") == DATA


async def test_files_and_folders_come_as_one_archive(api: Client, file: str):
    a = (await api.folder("a"))["hash"]
    await api.upload("inside", b"x", a)
    await api.folder("empty", a)
    twin = (await api.upload("photo é.png", b"twin", a))["hash"]
    response = await api.send("GET", "files", entityHashes=f"{file},{a},{twin}")
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {
        "photo é.png": DATA,
        "a/": b"",
        "a/empty/": b"",
        "a/inside": b"x",
        "a/photo é.png": b"twin",
        "photo é (1).png": b"twin",
    }
    for hashes, expected in ((NOPE, (404, 202)), ("", (400, 101))):
        assert await api.refused("GET", "files", entityHashes=hashes) == expected


async def test_the_whole_account_comes_as_an_archive(api: Client, file: str):
    response = await api.send("GET", "files", entityHashes="ROOT")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["ROOT/", "ROOT/photo é.png"]


async def test_images_have_previews(api: Client, file: str):
    text = (await api.upload("a.txt", b"x"))["hash"]
    empty = (await api.upload("empty.png"))["hash"]
    response = await api.send("GET", f"files/{file}/thumbnail")
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(b"\x89PNG\r\n\x1a\n")
    for none in (text, empty, NOPE):
        assert await api.refused("GET", f"files/{none}/thumbnail") == (404, 202)
        assert await api.refused("GET", f"images/{none}") == (404, 202)
    assert (await api.stat(text))["thumbnail"] == ""


@pytest.mark.parametrize("version", ["", "v2/"])
async def test_images_come_in_sizes(api: Client, file: str, version: str):
    path = f"{version}images/{file}"
    widths = {}
    for size in ("SMALL", "MEDIUM", "LARGE"):
        params = {"size": size, "quality": "0.5", "crop": "true", "forceConvert": "true"}
        content = (await api.send("GET", path, **params)).content
        widths[size] = int.from_bytes(content[16:20], "big")
    assert widths["SMALL"] < widths["MEDIUM"] < widths["LARGE"]
    assert (await api.send("GET", path, size="ACTUAL")).content == DATA
    assert (await api.send("GET", path)).content == DATA
    for wrong in ({"size": "HUGE"}, {"quality": "2"}, {"quality": "x"}, {"crop": "x"}):
        assert await api.refused("GET", path, **wrong) == (400, 101)
