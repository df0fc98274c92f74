"""Requests as they go over the wire, to the byte (reference 1, 1.1, 3.7)."""

import httpx
import pytest

from cloudfs.errors import CloudError
from cloudfs.http.client import Http
from cloudfs.model import Entry, EntryId, Kind
from cloudfs.providers.cloud689 import Cloud689Provider, Cloud689Settings
from cloudfs.providers.cloud689.forms import encoded, form, listed
from tests.providers.cloud689.service import FakeCloud689
from tests.support import BytesContent, content, listing

LOGIN_BODY = (
    b"email_address=ann%40example.com&password=5f4dcc3b5aa765d61d8327deb882cf99"
    b"&team_id=0f3ae1&keep_me_login=true"
)


async def test_a_login_is_that_of_the_reference(service: FakeCloud689):
    await service.provider().open()
    (call,) = service.of("user/login")
    assert call.request.method == "POST"
    assert str(call.request.url) == "https://cloud.test/api/user/login"
    headers = call.request.headers
    assert headers["content-type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert headers["accept"] == "application/json"
    assert call.body == LOGIN_BODY


async def test_calls_on_entries_are_those_of_the_reference(service: FakeCloud689):
    folder, file = service.store.add("folder"), service.store.add("file", b"x")
    second = service.store.add("second", b"x")
    provider = service.provider()
    entry = await service.entry(provider, "file")
    await listing(provider, service.id(folder))
    await provider.move(entry, service.id(folder), "file")
    await content(provider, entry)
    await provider.remove(entry)
    await provider.remove(await service.entry(provider, "second"))
    assert provider.trash is not None
    items = [item async for page in provider.trash.items() for item in page]
    await provider.trash.purge(items)
    project = service.project.id
    start = f"auth_token=5e8c1&project_id={project}"
    bodies = {call.name: call.body.decode() for call in service.calls}
    assert bodies["project/f/move"] == f"{start}&file_id={file.id}&new_parent_folder_id={folder.id}"
    assert bodies["download"] == f"{start}&file_id={file.id}&download_type=1&require_auth=true"
    assert bodies["project/f/deleteforever"] == f"{start}&file_ids={file.id},{second.id}"
    browsed = [call.body.decode() for call in service.of("project/f/browse")]
    assert f"{start}&folder_id={folder.id}" in browsed
    assert f"{start}&active=false" in browsed


async def test_the_top_of_a_project_is_no_folder(service: FakeCloud689):
    service.store.add("folder/file", b"x")
    provider = service.provider()
    entry = await service.entry(provider, "folder/file")
    await provider.move(entry, service.top(), "file")
    (call,) = service.of("project/f/move")
    assert "new_parent_folder_id" not in call.fields


async def test_the_history_is_asked_for_by_get(service: FakeCloud689):
    provider = service.provider()
    await listing(provider, service.top())
    assert provider.changes is not None
    await provider.changes.cursor()
    (call,) = service.of("history/project")
    assert call.request.method == "GET"
    assert call.body == b""
    assert call.request.url.query.decode() == (
        f"auth_token=5e8c1&project_id={service.project.id}&page_size=1&page_number=0"
        "&history_types=200,300,301,302,500,800,801,802,803,804"
    )


async def test_a_chunk_is_a_form_of_parts_with_the_file_at_the_end(service: FakeCloud689):
    folder = service.store.add("folder")
    provider = service.provider(chunk_size=4)
    await provider.upload(service.id(folder), "big.bin", BytesContent(b"0123456789"))
    call = service.of("upload")[1]
    boundary = call.request.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    assert len(boundary) == 32
    assert call.request.headers["content-length"] == str(len(call.body))
    fields = {
        "auth_token": "5e8c1",
        "project_id": service.project.id,
        "folder_id": folder.id,
        "file_name": "big.bin",
        "name": "big.bin",
        "session_upload": call.fields["session_upload"],
        "chunk": "1",
        "chunks": "3",
    }
    wanted = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    wanted += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n4567\r\n--{boundary}--\r\n"
    )
    assert call.body == wanted.encode()


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ('quote".txt', "quote%22.txt"),
        ("stra\u00dfe.txt", "stra\u00dfe.txt"),
        ("a;b.txt", "a;b.txt"),
    ],
)
async def test_names_in_parts_are_utf_8(service: FakeCloud689, name: str, escaped: str):
    entry = await service.provider().upload(service.top(), name, BytesContent(b"x"))
    assert entry.name == name
    (call,) = service.of("upload")
    assert call.fields["file_name"] == call.fields["name"] == name
    assert f'filename="{escaped}"\r\nContent-Type: text/plain\r\n'.encode() in call.body


def test_fields_are_written_as_the_reference_has_it():
    assert encoded({"a": True, "b": False, "n": 7, "none": None}) == "a=true&b=false&n=7"
    assert encoded({"ids": "68bf,7d2c"}) == "ids=68bf,7d2c"
    assert encoded({"x": "\u00fc &=+%/"}) == "x=%C3%BC+%26%3D%2B%25%2F"
    assert encoded({"e": ""}) == "e="
    assert listed(["a", "b"]) == "a,b"
    assert listed([]) is None
    body = form({"x": "\u65e5"})
    assert (body.body, body.length) == (b"x=%E6%97%A5", 11)


async def test_the_token_goes_to_the_services_own_address_only():
    """Whatever an id or a reply says, there is one host that anything is sent to."""
    hosts: set[str] = set()

    async def answer(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return httpx.Response(302, headers={"location": "https://evil.test/"})

    settings = Cloud689Settings(username="a", password="b", url="https://cloud.test/api")
    http = Http(transport=httpx.MockTransport(answer))
    notes = {"account": "https://cloud.test/api a ", "token": "5e8c"}
    provider = Cloud689Provider(settings, http=http, notes=notes)
    file = Entry(
        id=EntryId("a:f:..%2F..%2F@evil.test"), parent_id=None, name="x", kind=Kind.FILE, size=1
    )
    for attempt in (provider.stat(file.id), content(provider, file), provider.remove(file)):
        with pytest.raises(CloudError, match=r"302|redirect|no error"):
            await attempt
    assert hosts == {"cloud.test"}
