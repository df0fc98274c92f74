"""Reference 1.3 to 1.5, 1.9 and 4: how requests are written, and what answers look like."""

import re

import pytest

from cloudfs.emulators.faults import Kind
from cloudfs.emulators.podspace.errors import Code
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client, refusal, result

# Reference 4.2, as it stands there.
STATUSES = {
    4: 403,
    6: 400,
    10: 400,
    21: 401,
    31: 400,
    33: 502,
    34: 404,
    40: 401,
    44: 409,
    78: 404,
    90: 403,
    101: 400,
    103: 400,
    200: 400,
    201: 500,
    202: 404,
    203: 409,
    204: 409,
    205: 400,
    206: 507,
    208: 409,
    209: 400,
    999: 500,
}


async def test_a_success_is_in_its_envelope(api: Client):
    response = await api.send("GET", "folders/ROOT/children")
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["status", "path", "reference", "timestamp", "result"]
    assert body["status"] == 200
    assert body["path"] == "/api/folders/ROOT/children"
    assert re.fullmatch(r"[0-9a-f]{8}", body["reference"])
    assert body["timestamp"] == "2023-11-14T22:13:20.000+0000"


async def test_a_result_that_is_nothing_is_absent(api: Client):
    body = (await api.send("GET", "files/ROOT/exist", fileName="photo.png")).json()
    assert list(body) == ["status", "path", "reference", "timestamp"]


async def test_a_refusal_is_in_its_envelope(api: Client):
    response = await api.send("GET", "files/NOPE000000000000/detail")
    assert response.status_code == 404
    body = response.json()
    reference, timestamp = body.pop("reference"), body.pop("timestamp")
    assert (len(reference), timestamp) == (8, "2023-11-14T22:13:20.000+0000")
    assert body == {
        "status": 404,
        "error": "Not Found",
        "message": "FILE_NOT_FOUND",
        "path": "/api/files/NOPE000000000000/detail",
        "errorCode": 202,
        "hasError": True,
    }


async def test_a_taken_name_is_refused_with_what_has_it(api: Client):
    docs = await api.folder("My docs")
    response = await api.send("POST", "folders", name="My docs", parentHash="ROOT")
    assert response.status_code == 409
    body = response.json()
    for name in ("path", "reference", "timestamp"):
        del body[name]
    assert body == {
        "status": 409,
        "error": "Conflict",
        "message": "FILE_ALREADY_EXISTS",
        "errorCode": 203,
        "hasError": True,
        "result": {
            "hash": docs["hash"],
            "name": "My docs",
            "extension": "",
            "type": "application/vnd.podspace.folder",
        },
    }


@pytest.mark.parametrize(("code", "status"), STATUSES.items())
async def test_every_code_has_its_status(api: Client, fault, code: int, status: int):
    fault(Kind.STATUS, status=status, code=str(code))
    assert refusal(await api.send("GET", "me")) == (status, code)


def test_no_code_is_unknown():
    assert {code.value for code in Code} == set(STATUSES)


async def test_errors_may_come_in_the_legacy_way(api: Client, running: Running):
    running.emulator.configure(legacy_errors=True)
    response = await api.send("GET", "files/NOPE000000000000/detail")
    body = response.json()
    assert (response.status_code, body["status"]) == (200, 200)
    assert (body["hasError"], body["errorCode"]) == (True, 202)
    assert (await api.send("GET", "nothing")).status_code == 404


async def test_errors_may_come_without_a_code(api: Client, running: Running):
    running.emulator.configure(no_error_code=True)
    response = await api.send("GET", "files/NOPE000000000000/detail")
    assert response.status_code == 404
    body = response.json()
    assert not {"errorCode", "hasError"} & set(body)
    assert (body["error"], body["message"]) == ("Not Found", "FILE_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("GET", "files/a/b/c", 404),
        ("PATCH", "folders", 405),
        ("POST", "me", 405),
        ("DELETE", "files/search", 405),
    ],
)
async def test_an_unknown_call_is_refused_without_a_code(
    api: Client, method: str, path: str, status: int
):
    assert refusal(await api.send(method, path)) == (status, None)


async def test_nothing_is_served_outside_the_base(running: Running, api: Client):
    base = running.api_url.removesuffix("/api")
    assert (await api.http.get(f"{base}/me")).status_code == 404
    assert (await api.http.get(f"{base}/api/me")).status_code == 200


async def test_a_doubled_slash_is_harmless(running: Running, api: Client):
    url = f"{running.api_url}//folders//ROOT/children"
    assert result(await api.http.get(url))["count"] == 0


async def test_a_space_is_a_plus_or_an_escape_and_a_plus_is_an_escape(api: Client):
    for query in ("name=a%20b", "name=c+d", "name=e%2Bf"):
        result(await api.http.post(f"folders?{query}"))
    assert await api.names() == ["a b", "c d", "e+f"]


async def test_a_stray_body_is_ignored(api: Client):
    result(await api.http.post("folders?name=a", json={}))
    result(await api.http.post("folders?name=b", json={"name": "c"}))
    result(await api.http.post("folders?name=c", content=b"{", headers={"Content-Type": "x/y"}))
    assert await api.names() == ["a", "b", "c"]


async def test_fields_are_read_from_the_query_and_from_either_kind_of_form(api: Client):
    hash_ = (await api.folder("a"))["hash"]
    await api.ok("PUT", f"files/{hash_}/rename", newName="b")
    assert await api.names() == ["b"]
    result(await api.form("PUT", f"files/{hash_}/rename", newName="ç"))
    assert await api.names() == ["ç"]
    result(await api.http.put(f"files/{hash_}/rename", data={"newName": "d é+f"}))
    assert await api.names() == ["d é+f"]
    result(await api.http.put(f"files/{hash_}/rename?newName=x", data={"newName": "form"}))
    assert await api.names() == ["form"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"newName=%ff", "application/x-www-form-urlencoded"),
        (b"newName=\xff", "application/x-www-form-urlencoded"),
        (b"no form", "multipart/form-data; boundary=B"),
        (b"--B\r\n", "multipart/form-data; boundary=B"),
        (b"--B--", "multipart/form-data"),
        (
            b'--B\r\nContent-Disposition: form-data; name="newName"\r\n\r\n\xff\r\n--B--\r\n',
            "multipart/form-data; boundary=B",
        ),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(api: Client, announce, body: bytes, kind: str):
    announce("Expected boundary character")
    hash_ = (await api.folder("a"))["hash"]
    url, headers = f"files/{hash_}/rename", {"Content-Type": kind}
    assert refusal(await api.http.put(url, content=body, headers=headers)) == (400, 101)


async def test_a_query_that_is_not_utf8_is_refused(api: Client):
    assert refusal(await api.http.post("folders?name=%ff")) == (400, 101)


async def test_a_missing_folder_is_the_root(api: Client):
    await api.ok("POST", "folders", name="a")
    await api.ok("POST", "folders", name="b", parentHash="")
    deep = (await api.folder("deep", (await api.folder("c"))["hash"]))["hash"]
    result(await api.post_file("f", b""))
    assert await api.ok("PUT", f"files/{deep}/move") == {"files": [], "folders": []}
    assert await api.names() == ["a", "b", "c", "deep", "f"]


async def test_unknown_parameters_are_ignored(api: Client):
    await api.ok("GET", "me", whatever="1")


async def test_times_are_milliseconds(api: Client):
    created = (await api.folder("a"))["created"]
    assert created == NOW * 1000
