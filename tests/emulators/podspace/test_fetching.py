"""Reference 3.24: files that the service fetches by URL."""

import pytest

from cloudfs.emulators.faults import Kind
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client, display

NOPE = "NOPE000000000000"


@pytest.fixture
async def url(api: Client, running: Running):
    """Where something can be fetched without a token: from the emulator itself."""
    file = (await api.upload("source.bin", bytes(3_000_000)))["hash"]
    expiration = int(NOW * 1000) + 3_600_000
    link = await api.ok("GET", f"files/{file}/link", expiration=expiration)
    return f"{running.api_url}/files/d/{link['downloadLink']}"


async def test_a_file_is_fetched(api: Client, url: str, running: Running):
    folder = (await api.folder("d"))["hash"]
    made = await api.ok("POST", "files/url", url=url, filename="a.pdf", folderHash=folder)
    assert (display(made), made["size"], made["parentHash"]) == ("a.pdf", 3_000_000, folder)
    assert running.emulator.tree()["/d/a.pdf"] == bytes(3_000_000)


async def test_a_taken_name_is_changed(api: Client, url: str):
    names = [
        display(await api.ok("POST", "files/url", url=url, filename="a.pdf", isPublic=public))
        for public in ("false", "true")
    ]
    assert names == ["a.pdf", "a (1).pdf"]
    marks = [one.get("isPublic", False) for one in await api.ls()]
    assert marks == [True, False, False]


async def test_a_name_is_taken_from_the_url_if_none_is_given(api: Client, url: str):
    made = await api.ok("POST", "files/url", url=url)
    assert display(made) == url.rpartition("/")[2]


async def test_a_fetch_may_be_refused(api: Client, url: str, running: Running, fault):
    good = {"url": url, "filename": "a.pdf"}
    for change, expected in (
        ({"url": ""}, (400, 101)),
        ({"url": "file:///etc/passwd"}, (400, 101)),
        ({"url": "http://127.0.0.1:1/"}, (500, 201)),
        ({"url": "http://["}, (400, 101)),
        ({"url": url[:-1]}, (500, 201)),
        ({"filename": "a/b"}, (400, 209)),
        ({"folderHash": NOPE}, (404, 202)),
    ):
        assert await api.refused("POST", "files/url", **{**good, **change}) == expected
    fault(Kind.HALF_BODY, route="file.get_by_link", count=1)
    assert await api.refused("POST", "files/url", **good) == (500, 201)
    running.emulator.configure(quota=4_000_000)
    assert await api.refused("POST", "files/url", **good) == (507, 206)
    assert await api.names() == ["source.bin"]
