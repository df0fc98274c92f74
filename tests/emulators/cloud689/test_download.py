"""Reference 3.9: contents fetched."""

import io
import zipfile

import pytest

from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.server import Running
from tests.emulators.cloud689.client import Client, refusal, signed_in

NO_FILE, NO_TOKEN = (404, "File not found"), (401, "Invalid access token")
DIGITS = b"0123456789"


async def test_a_download_has_the_headers_of_the_reference(api: Client):
    file = await api.file("größe (1).txt", DIGITS)
    response = await api.download(file)
    assert (response.status_code, response.content) == (200, DIGITS)
    shown = {name: value for name, value in response.headers.items() if name != "date"}
    assert shown == {
        "content-type": "text/plain",
        "content-length": "10",
        "content-disposition": "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%281%29.txt",
        "accept-ranges": "none",
    }


async def test_the_request_of_the_reference_is_understood(api: Client):
    file = await api.file("f", DIGITS)
    body = (
        f"auth_token={api.token}&project_id={api.project}&file_id={file}"
        "&download_type=1&require_auth=true"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    assert (await api.http.post("download", content=body, headers=headers)).content == DIGITS


async def test_a_file_that_looks_like_an_error_is_told_by_its_header(api: Client):
    error = b'{"result":null,"description":"File not found","status_code":404,"total_records":null}'
    response = await api.download(await api.file("a.json", error))
    assert response.headers["content-type"] == "application/json"
    assert response.content == error
    assert "content-disposition" in response.headers
    real = await api.download("0" * 32)
    assert real.content == error
    assert "content-disposition" not in real.headers


async def test_ranges_are_off_until_they_are_switched_on(api: Client, running: Running):
    params = api.fields({"file_id": await api.file("f", DIGITS), "download_type": 1})

    async def ask(byte_range: str):
        return await api.http.post("download", data=params, headers={"Range": byte_range})

    response = await ask("bytes=2-4")
    assert (response.status_code, response.content) == (200, DIGITS)
    running.emulator.configure(ranges=True)
    response = await ask("bytes=2-4")
    assert (response.status_code, response.content) == (206, b"234")
    assert response.headers["content-range"] == "bytes 2-4/10"
    assert response.headers["accept-ranges"] == "bytes"
    assert (await ask("bytes=-3")).content == b"789"
    assert (await ask("bytes=8-")).content == b"89"
    assert (await ask("bytes=0-1,4-5")).content == DIGITS
    response = await ask("bytes=10-")
    assert (response.status_code, response.headers["content-range"]) == (416, "bytes */10")
    assert (await api.download(params["file_id"])).status_code == 200


async def test_there_are_three_types(api: Client):
    file = await api.file("f.txt", DIGITS * 100_000)
    for type_ in (1, 2):
        assert (await api.download(file, download_type=type_)).content == DIGITS * 100_000
    response = await api.download(file, download_type=3)
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["content-length"] == str(len(response.content))
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["f.txt"]
        assert archive.testzip() is None
        assert archive.read("f.txt") == DIGITS * 100_000
    assert await api.refused("download", file_id=file, download_type=0) == (
        400,
        "Invalid parameter",
    )


async def test_an_empty_file_may_be_zipped(api: Client):
    response = await api.download(await api.file("ü", b""), download_type=3)
    assert response.headers["content-length"] == str(len(response.content))
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.read("ü") == b""


async def test_a_download_may_be_refused(api: Client):
    assert refusal(await api.download("0" * 32)) == NO_FILE
    assert refusal(await api.download(await api.folder("d"))) == NO_FILE
    file = await api.file("f")
    assert refusal(await api.download(file, project_id="0" * 32)) == (404, "Project not found")
    assert refusal(await api.download(file, project_id=await api.new_project("p"))) == NO_FILE
    await api.done("project/f/delete", file_id=file)
    assert refusal(await api.download(file)) == NO_FILE


async def test_a_limited_member_may_not(api: Client, emulator: Cloud689Emulator, running: Running):
    file = await api.file("f", b"x")
    emulator.add_account("eve@example.com", "e")
    emulator.add_member("Documents", "eve@example.com", 4)
    async with signed_in(running, "eve@example.com", "e") as eve:
        assert refusal(await eve.download(file)) == (403, "User do not have permission")
        assert (await eve.stat(file))["file_size"] == 1


@pytest.mark.parametrize("require_auth", [True, None])
async def test_a_token_is_needed(api: Client, visitor: Client, require_auth: bool | None):
    file = await api.file("f")
    await api.ok("link/create", type_share=3, file_id=file)
    params = {"project_id": api.project, "require_auth": require_auth}
    assert refusal(await visitor.download(file, **params)) == NO_TOKEN


@pytest.mark.parametrize("of", ["file", "folder", "outer", "project"])
async def test_what_is_public_needs_no_token(api: Client, visitor: Client, of: str):
    outer = await api.folder("outer")
    folder = await api.folder("d", outer)
    file = await api.file("f", b"x", folder)
    other = await api.file("other")
    params = {"project_id": api.project, "require_auth": False}
    assert refusal(await visitor.download(file, **params)) == NO_TOKEN
    link = {
        "file": {"type_share": 3, "file_id": file},
        "folder": {"type_share": 2, "folder_id": folder},
        "outer": {"type_share": 2, "folder_id": outer},
        "project": {"type_share": 1},
    }[of]
    made = await api.ok("link/create", **link)
    assert (await visitor.download(file, **params)).content == b"x"
    assert ((await visitor.download(other, **params)).status_code, of) == (200, of)
    reachable = "content-disposition" in (await visitor.download(other, **params)).headers
    assert reachable == (of == "project")
    await api.done("link/remove", link_id=made["link_id"])
    assert refusal(await visitor.download(file, **params)) == NO_TOKEN


async def test_only_an_active_public_link_opens_a_file(api: Client, visitor: Client, clock):
    file = await api.file("f", b"x")
    params = {"project_id": api.project, "require_auth": False}
    await api.ok("link/create", type_share=3, file_id=file, is_public=0)
    assert refusal(await visitor.download(file, **params)) == NO_TOKEN
    await api.ok("link/create", type_share=3, file_id=file, expiry_date="2023/11/14")
    assert (await visitor.download(file, **params)).content == b"x"
    clock.advance(2 * 3600)
    assert refusal(await visitor.download(file, **params)) == NO_TOKEN
    assert refusal(await visitor.download(file, **{**params, "project_id": "0" * 32})) == NO_TOKEN


async def test_with_a_token_nothing_has_to_be_public(api: Client):
    file = await api.file("f", b"x")
    assert (await api.download(file, require_auth=False)).content == b"x"
