"""Reference 3.6: tickets, the object store, confirmation."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, md5, refusal

MIB = 1 << 20


def xml_code(response: httpx.Response) -> tuple[int, str]:
    code = response.text.partition("<Code>")[2].partition("</Code>")[0]
    return response.status_code, code


async def form(api: Client, ticket: dict, *fields: tuple[str, Any]) -> httpx.Response:
    """Send a form whose fields are exactly these."""
    parts = [(name, value if isinstance(value, tuple) else (None, value)) for name, value in fields]
    return await api.store.post(ticket["url"], files=parts)


def fields_of(ticket: dict) -> dict[str, str]:
    return {**ticket["parameters"], **ticket["headers"]}


FILE = ("file", ("x", b"data", "application/octet-stream"))


async def test_a_new_file_appears_with_the_confirmation(api: Client, running: Running):
    ticket = await api.ticket("/a.txt", size=5, modified=7, device_id="d")
    assert (await api.send(ticket, b"hello")).status_code == 201
    assert running.emulator.tree() == {}
    m = (await api.confirm(ticket)).json()
    assert (m["path"], m["bytes"], m["client_data"]) == ("/a.txt", 5, {"modified": 7})
    assert running.emulator.tree() == {"/a.txt": b"hello"}


async def test_a_form_ticket_has_what_the_reference_shows(api: Client, running: Running):
    ticket = await api.ticket("/docs é.txt", size=5, checksum=md5(b"hello"), overwrite=1)
    assert ticket["method"] == "POST"
    assert ticket["url"] == f"{running.store_url}/"
    parameters = ticket["parameters"]
    assert set(parameters) == {
        "key",
        "AWSAccessKeyId",
        "policy",
        "signature",
        "success_action_status",
        "x-amz-storage-class",
        "Filename",
    }
    assert parameters["success_action_status"] == "201"
    user, _, name = parameters["key"].partition("_")
    assert (user, len(name)) == ("94", 32)
    assert ticket["headers"] == {"Content-Type": "application/octet-stream"}
    url = urlsplit(ticket["confirm_url"])
    assert f"{url.scheme}://{url.netloc}" == running.api_url
    assert url.path == "/api/1/files/confirm/docs%20%C3%A9.txt"
    assert dict(parse_qsl(url.query)) == {
        "user_id": "94",
        "temp_name": parameters["key"],
        "overwrite": "1",
        "size": "5",
        "checksum": md5(b"hello"),
    }


async def test_a_put_ticket_has_empty_parameters(api: Client, running: Running):
    running.emulator.configure(upload_mode="put")
    ticket = await api.ticket("/a.txt")
    assert (ticket["method"], ticket["parameters"]) == ("PUT", [])
    response = await api.send(ticket, b"hello")
    assert (response.status_code, response.headers["etag"]) == (200, f'"{md5(b"hello")}"')
    assert (await api.confirm(ticket)).json()["checksum"] == md5(b"hello")


async def test_an_older_server_does_not_tell_the_method(api: Client, running: Running):
    running.emulator.configure(ticket_method=False)
    assert "method" not in await api.ticket("/a.txt")


@pytest.mark.parametrize("mode", ["put", "post_form"])
async def test_an_empty_file_is_uploaded_like_any_other(api: Client, running: Running, mode: str):
    running.emulator.configure(upload_mode=mode)
    ticket = await api.ticket("/empty", size=0, checksum=md5(b""))
    assert (await api.send(ticket, b"")).is_success
    assert (await api.confirm(ticket)).json()["bytes"] == 0
    assert running.emulator.tree() == {"/empty": b""}


async def test_an_overwrite_makes_a_version(api: Client, clock: Clock):
    old = await api.upload("/a", b"one")
    clock.advance(1)
    new = await api.upload("/a", b"three", overwrite=1, version=old["version"])
    assert new["version"] != old["version"]
    assert new["created"] == old["created"]
    assert new["modified"] > old["modified"]
    history = await api.look("files/versions/a")
    assert [v["version"] for v in history] == [new["version"], old["version"]]
    assert await api.fetch("/a", version=old["version"]) == b"one"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, (400, "InvalidParameters")),
        ({"path": "/"}, (400, "InvalidParameters")),
        ({"path": "/x", "version": "a"}, (400, "InvalidVersion")),
        ({"path": "/x", "checksum": "zz"}, (400, "InvalidParameters")),
        ({"path": "/x/y", "create_dirs": 0}, (404, "NotFound")),
        ({"path": "/file/y", "create_dirs": 0}, (405, "NotADirectory")),
        ({"path": "/file/y/z"}, (405, "NotADirectory")),
        ({"path": "/file"}, (409, "ObjectAlreadyExists")),
        ({"path": "/file", "version": 1}, (409, "ObjectAlreadyExists")),
        ({"path": "/folder", "overwrite": 1}, (409, "ObjectAlreadyExists")),
        ({"path": "/folder", "overwrite": 1, "version": 1}, (409, "ObjectAlreadyExists")),
        ({"path": "/file", "overwrite": 1, "version": 1}, (403, "VersionMismatch")),
        ({"path": "/new", "version": 1}, (403, "VersionMismatch")),
        ({"path": "/file", "overwrite": 1, "version": 1, "size": 9**9}, (403, "VersionMismatch")),
        ({"path": "/file", "overwrite": 1, "size": 1000}, (402, "QuotaExceeded")),
        ({"path": "/x/y", "size": 1000, "create_dirs": 0}, (404, "NotFound")),
    ],
)
async def test_a_ticket_may_be_refused(
    api: Client, running: Running, params: dict, expected: tuple
):
    running.emulator.write("/file", b"12345")
    running.emulator.make_folder("/folder")
    running.emulator.configure(quota=900)
    assert await api.refused("files/create/", **params) == expected


async def test_the_space_of_what_is_replaced_counts(api: Client, running: Running):
    running.emulator.write("/file", b"12345")
    running.emulator.configure(quota=8)
    assert await api.refused("files/create/", path="/new", size=4) == (402, "QuotaExceeded")
    await api.upload("/file", b"12345678", overwrite=1)


async def test_quota_may_be_off(api: Client, running: Running):
    running.emulator.configure(quota=-1)
    await api.ticket("/file", size=10**15)


async def test_an_account_may_have_a_quota_of_its_own(running: Running, friend: Client):
    store = running.emulator.store
    with store.transaction():
        store.accounts.set_quota(95, 3)
    assert await friend.refused("files/create/", path="/a", size=4) == (402, "QuotaExceeded")
    await friend.upload("/a", b"123")


async def test_known_content_is_not_uploaded_again(api: Client, friend: Client, clock: Clock):
    await api.upload("/a", b"hello")
    known = {"size": 5, "checksum": md5(b"hello").upper(), "modified": 9}
    for client, path in ((api, "/b"), (friend, "/mine")):
        response = await client.post("files/create/", path=path, **known)
        assert response.status_code == 201
        m = response.json()
        assert (m["path"], m["checksum"], m["bytes"]) == (path, md5(b"hello"), 5)
        assert m["client_data"] == {"modified": 9}
        assert "confirm_url" not in m
    assert await friend.fetch("/mine") == b"hello"


async def test_known_content_on_its_own_path_is_a_new_version(api: Client):
    old = await api.upload("/a", b"hello")
    new = await api.upload("/a", b"hello", overwrite=1)
    assert new["version"] != old["version"]
    assert len(await api.look("files/versions/a")) == 2


async def test_content_is_known_in_the_trash_and_in_history_but_not_after_a_purge(
    api: Client, running: Running
):
    async def status(data: bytes) -> int:
        path = f"/new{len(running.emulator.tree())}"
        found = await api.post("files/create/", path=path, size=len(data), checksum=md5(data))
        return found.status_code

    running.emulator.write("/a", b"history")
    running.emulator.write("/a", b"now")
    running.emulator.write("/b", b"trashed")
    running.emulator.remove("/b")
    running.emulator.write("/c", b"purged")
    await api.ok("fileops/delete/", path="/c", without_trash=1)
    found = [await status(data) for data in (b"history", b"trashed", b"purged", b"never")]
    assert found == [201, 201, 200, 200]


async def test_content_is_recognised_by_size_and_hash_together(api: Client, running: Running):
    await api.upload("/a", b"hello")
    for params in (
        {"checksum": md5(b"hello")},
        {"size": 5},
        {"size": 6, "checksum": md5(b"hello")},
    ):
        assert (await api.post("files/create/", path="/b", **params)).status_code == 200
    running.emulator.configure(dedup=False)
    params = {"size": 5, "checksum": md5(b"hello")}
    assert (await api.post("files/create/", path="/b", **params)).status_code == 200


async def test_an_upload_that_nobody_confirmed_is_not_known(api: Client):
    ticket = await api.ticket("/a", size=5)
    await api.send(ticket, b"hello")
    params = {"path": "/b", "size": 5, "checksum": md5(b"hello")}
    assert (await api.post("files/create/", **params)).status_code == 200


async def test_missing_folders_are_made_with_the_file_and_not_before(api: Client, running: Running):
    ticket = await api.ok("files/create/", path="/x/y/a")
    await api.send(ticket, b"1")
    assert running.emulator.tree() == {}
    await api.confirm(ticket)
    assert running.emulator.tree() == {"/x": None, "/x/y": None, "/x/y/a": b"1"}
    await api.ok("files/create/", path="/z/a", size=1, checksum=md5(b"1"))
    assert running.emulator.tree()["/z/a"] == b"1"


async def test_a_ticket_may_be_used_again_until_it_expires(api: Client, clock: Clock):
    ticket = await api.ticket("/a")
    await api.send(ticket, b"first")
    clock.advance(43199)
    assert (await api.send(ticket, b"second")).status_code == 201
    clock.advance(1)
    assert xml_code(await api.send(ticket, b"third")) == (403, "AccessDenied")
    assert (await api.confirm(ticket)).json()["bytes"] == 6


async def test_a_put_ticket_expires(api: Client, running: Running, clock: Clock):
    running.emulator.configure(upload_mode="put", form_ttl=10)
    ticket = await api.ticket("/a")
    clock.advance(10)
    assert xml_code(await api.send(ticket, b"third")) == (403, "AccessDenied")


async def test_every_form_field_must_be_there_and_unaltered(api: Client):
    ticket = await api.ticket("/a")
    fields = fields_of(ticket)
    for name in fields:
        missing = [(n, v) for n, v in fields.items() if n != name]
        altered = [(n, v + "x" if n == name else v) for n, v in fields.items()]
        for wrong in (missing, altered):
            assert (await form(api, ticket, *wrong, FILE)).status_code == 403, name
    extra = [*fields.items(), ("acl", "public")]
    assert (await form(api, ticket, *extra, FILE)).status_code == 403
    assert (await form(api, ticket, *fields.items(), FILE)).status_code == 201


async def test_the_file_part_is_called_file_and_comes_last(api: Client):
    ticket = await api.ticket("/a")
    fields = list(fields_of(ticket).items())
    for wrong in (
        [FILE, *fields],
        [*fields[:-1], FILE, fields[-1]],
        [*fields, ("content", FILE[1])],
        [*fields, FILE, FILE],
        fields,
    ):
        assert xml_code(await form(api, ticket, *wrong)) == (400, "InvalidRequest")
    assert refusal(await api.confirm(ticket)) == (404, "TempFileNotFound")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"x", "text/plain"),
        (b"x", "multipart/form-data"),
        (b"--B\r\n", "multipart/form-data; boundary=B"),
        (b"nonsense", "multipart/form-data; boundary=B"),
        (
            b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
            "multipart/form-data; boundary=B",
        ),
        (b"x", "multipart/form-data; boundary=" + "B" * 300),
    ],
)
async def test_a_broken_form_is_a_bad_request(api: Client, announce, content: bytes, kind: str):
    announce("boundary")
    ticket = await api.ticket("/a")
    headers = {"Content-Type": kind}
    response = await api.store.post(ticket["url"], content=content, headers=headers)
    assert xml_code(response) == (400, "InvalidRequest")


async def test_a_form_field_may_not_be_endless(api: Client):
    ticket = await api.ticket("/a")
    response = await form(api, ticket, ("key", "x" * 70_000), FILE)
    assert xml_code(response) == (400, "InvalidRequest")


async def test_file_content_may_look_like_a_boundary(api: Client, running: Running):
    data = (b"\r\n--" + b"B" * 30 + b"--\r\n\r\n-") * 50_000
    await api.upload("/a", data)
    assert running.emulator.tree() == {"/a": data}


@pytest.mark.parametrize("mode", ["put", "post_form"])
async def test_a_body_of_unknown_length_is_refused(api: Client, running: Running, mode: str):
    async def pieces():
        yield b"data"

    running.emulator.configure(upload_mode=mode)
    ticket = await api.ticket("/a")
    response = await api.store.request(ticket["method"], ticket["url"], content=pieces())
    assert xml_code(response) == (411, "MissingContentLength")


@pytest.mark.parametrize("header", ["Authorization", "Mountbit-Auth", "MountbitAuth"])
async def test_the_store_wants_no_credentials(api: Client, running: Running, header: str):
    running.emulator.configure(upload_mode="put")
    ticket = await api.ticket("/a")
    headers = {**ticket["headers"], header: "x"}
    response = await api.store.put(ticket["url"], content=b"x", headers=headers)
    assert xml_code(response) == (400, "InvalidRequest")
    await api.upload("/b", b"data")
    link = await api.link("/b")
    assert (await api.store.get(link["url"], headers={header: "x"})).status_code == 400


async def test_a_signed_header_must_be_there_and_unaltered(api: Client, running: Running):
    running.emulator.configure(upload_mode="put")
    ticket = await api.ticket("/a")
    for headers in ({}, {"Content-Type": "text/plain"}):
        response = await api.store.put(ticket["url"], content=b"x", headers=headers)
        assert xml_code(response) == (403, "AccessDenied")


async def test_a_put_url_is_for_put_only(api: Client, running: Running):
    running.emulator.configure(upload_mode="put")
    ticket = await api.ticket("/a")
    assert (await api.store.get(ticket["url"])).status_code == 403
    other = ticket["url"].replace("/94_", "/94_0")
    response = await api.store.put(other, content=b"x", headers=ticket["headers"])
    assert response.status_code == 403


async def test_a_confirmation_needs_no_token_and_ignores_its_body(api: Client, stranger: Client):
    ticket = await api.ticket("/a")
    await api.send(ticket, b"1")
    response = await stranger.http.post(ticket["confirm_url"], content=b"{}")
    assert response.status_code == 200


async def test_the_token_of_somebody_else_does_not_confirm(api: Client, friend: Client):
    ticket = await api.ticket("/a")
    await api.send(ticket, b"1")
    assert refusal(await friend.confirm(ticket)) == (403, "AccessDenied")
    assert (await api.confirm(ticket)).status_code == 200


async def test_a_confirmation_is_good_once(api: Client):
    ticket = await api.ticket("/a")
    assert refusal(await api.confirm(ticket)) == (404, "TempFileNotFound")
    await api.send(ticket, b"1")
    assert (await api.confirm(ticket)).status_code == 200
    assert refusal(await api.confirm(ticket)) == (404, "TempFileNotFound")


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("user_id", (400, "InvalidParameters")),
        ("temp_name", (400, "InvalidParameters")),
    ],
)
async def test_a_confirmation_names_its_upload(
    stranger: Client, api: Client, missing: str, expected: tuple
):
    ticket = await api.ticket("/a")
    url = httpx.URL(ticket["confirm_url"])
    response = await stranger.http.post(url.copy_remove_param(missing))
    assert refusal(response) == expected


@pytest.mark.parametrize(
    ("promised", "expected"),
    [
        ({"size": 4}, (400, "SizeMismatch")),
        ({"checksum": md5(b"other")}, (400, "ChecksumMismatch")),
    ],
)
async def test_what_arrived_is_compared_with_what_was_promised(
    api: Client, running: Running, promised: dict, expected: tuple
):
    ticket = await api.ticket("/a", **promised)
    await api.send(ticket, b"hello")
    assert refusal(await api.confirm(ticket)) == expected
    assert running.emulator.tree() == {}


async def test_the_checks_are_made_again_at_the_confirmation(api: Client, running: Running):
    running.emulator.make_folder("/d")
    old = await api.upload("/v", b"old")
    new_file = await api.ticket("/a")
    version = await api.ticket("/v", overwrite=1, version=old["version"])
    no_parent = await api.ticket("/d/a")
    too_big = await api.ticket("/big")
    for ticket in (new_file, version, no_parent, too_big):
        await api.send(ticket, b"x" * 100)
    running.emulator.write("/a", b"1")
    running.emulator.write("/v", b"1")
    running.emulator.remove("/d")
    running.emulator.configure(quota=50)
    found = [refusal(await api.confirm(t)) for t in (new_file, version, no_parent, too_big)]
    assert found == [
        (409, "ObjectAlreadyExists"),
        (403, "VersionMismatch"),
        (404, "NotFound"),
        (402, "QuotaExceeded"),
    ]
    assert running.emulator.tree() == {"/a": b"1", "/v": b"1"}


async def multipart(api: Client, path: str, **params) -> dict:
    ticket = await api.ticket(path, multipart=1, **params)
    assert (ticket["method"], ticket["parameters"]) == ("PUT", [])
    return ticket


async def test_a_big_file_is_sent_in_parts(api: Client, running: Running):
    parts = [bytes([n]) * (5 * MIB) for n in range(2)] + [b"the end"]
    whole = b"".join(parts)
    ticket = await multipart(api, "/big", size=len(whole), checksum=md5(whole))
    for number in (3, 2):
        further = await api.ok("files/create_part/", temp_path=ticket["temp_path"], part_num=number)
        assert (await api.send(further, parts[number - 1])).status_code == 200
    await api.send(ticket, b"wrong")
    assert (await api.send(ticket, parts[0])).status_code == 200
    m = (await api.confirm(ticket)).json()
    assert (m["bytes"], m["checksum"]) == (len(whole), md5(whole))
    assert running.emulator.tree() == {"/big": whole}
    assert refusal(await api.confirm(ticket)) == (404, "TempFileNotFound")


async def test_part_one_can_be_asked_for_again(api: Client, running: Running):
    ticket = await multipart(api, "/a")
    first = await api.ok("files/create_part/", temp_path=ticket["temp_path"], part_num=1)
    await api.send(first, b"only")
    assert (await api.confirm(ticket)).status_code == 200
    assert running.emulator.tree() == {"/a": b"only"}


async def test_a_part_may_be_refused(api: Client, friend: Client):
    ticket = await multipart(api, "/a")
    path = ticket["temp_path"]
    unknown = await api.refused("files/create_part/", temp_path="/temp/no", part_num=1)
    assert unknown == (404, "TempFileNotFound")
    foreign = await friend.refused("files/create_part/", temp_path=path, part_num=1)
    assert foreign == (404, "TempFileNotFound")
    for number in ("0", "10001", "x", ""):
        refused = await api.refused("files/create_part/", temp_path=path, part_num=number)
        assert refused == (400, "InvalidParameters")


async def test_a_gap_and_a_small_part_are_seen_at_the_confirmation(api: Client, running: Running):
    running.emulator.configure(min_part_size=10)
    ticket = await multipart(api, "/a")

    async def send(number: int, data: bytes) -> None:
        part = await api.ok("files/create_part/", temp_path=ticket["temp_path"], part_num=number)
        await api.send(part, data)

    assert refusal(await api.confirm(ticket)) == (404, "TempFileNotFound")
    await send(1, b"x" * 10)
    await send(3, b"x")
    assert refusal(await api.confirm(ticket)) == (400, "IncompleteUpload")
    await send(2, b"x" * 9)
    assert refusal(await api.confirm(ticket)) == (400, "EntityTooSmall")
    await send(2, b"x" * 10)
    assert (await api.confirm(ticket)).json()["bytes"] == 21
