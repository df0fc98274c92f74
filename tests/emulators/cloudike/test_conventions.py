"""Reference 1.3 to 1.6: encodings, paths, names, times, error bodies."""

import json
from typing import Any

import httpx
import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, refusal


async def send(api: Client, encoding: str, route: str, params: dict[str, Any]) -> httpx.Response:
    url = f"/api/1/{route}"
    if encoding == "json":
        return await api.http.post(url, json=params)
    if encoding == "multipart":
        fields = [(name, (None, str(value))) for name, value in params.items()]
        return await api.http.post(url, files=fields)
    if encoding == "query":
        return await api.http.post(url, params=params)
    return await api.http.post(url, data=params)


@pytest.mark.parametrize("encoding", ["json", "form", "multipart", "query"])
@pytest.mark.parametrize("version", ["0", "1"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_every_encoding_version_and_spelling_is_read(
    api: Client, encoding: str, version: str, slash: str
):
    params = {"path": "/ü +&=%41.txt", "created": 1429500000000}
    url = f"../{version}/fileops/folder_create{slash}"
    response = await send(api, encoding, url, params)
    assert response.status_code == 200
    assert response.json()["path"] == "/ü +&=%41.txt"
    assert response.json()["client_data"] == {"created": 1429500000000}


async def test_json_may_say_a_number_in_digits(api: Client):
    response = await api.http.post(
        "/api/1/fileops/folder_create/", json={"path": "/a", "created": "5", "modified": 6}
    )
    assert response.json()["client_data"] == {"created": 5, "modified": 6}


async def test_a_body_parameter_wins_over_one_of_the_query(api: Client):
    url = "/api/1/fileops/folder_create/"
    response = await api.http.post(url, params={"path": "/query"}, data={"path": "/body"})
    assert response.json()["path"] == "/body"


@pytest.mark.parametrize(
    ("sent", "accepted"),
    [
        *[(value, True) for value in ("1", "true", "True")],
        *[(value, False) for value in ("0", "false", "False", "")],
        *[(value, None) for value in ("2", "yes", "TRUE")],
    ],
)
async def test_a_truth_value_has_several_spellings(api: Client, sent: str, accepted: bool | None):
    response = await api.get("metadata/", listing=sent or "0")
    if accepted is None:
        assert refusal(response) == (400, "InvalidParameters")
    else:
        assert ("content" in response.json()) is accepted


async def test_json_truth_values_are_read(api: Client):
    await api.ok("fileops/folder_create/", path="/a")
    await api.upload("/a/b", b"x")
    url = "/api/1/fileops/delete/"
    response = await api.http.post(url, json={"path": "/a", "only_empty": True})
    assert refusal(response) == (403, "FolderNotEmpty")
    response = await api.http.post(url, json={"path": "/a", "only_empty": False})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"path": ["/a", "/b"]}},
        {"json": {"path": "/a"}},
        {
            "content": "path=%2Fa&path=%2Fb",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
        {"params": [("path", "/a"), ("path", "/b")]},
    ],
)
async def test_a_list_is_repeated_or_an_array_or_a_single_string(api: Client, body: dict):
    for path in ("/a", "/b"):
        await api.ok("fileops/folder_create/", path=path)
    response = await api.http.post("/api/1/fileops/multi/delete/", **body)
    expected = 1 if body == {"json": {"path": "/a"}} else 2
    assert response.json()["success"] == expected


async def test_unknown_and_empty_parameters_do_not_matter(api: Client):
    await api.ok("fileops/folder_create/", path="/a", created="", colour="blue")
    assert (await api.stat("/a"))["client_data"] == {}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"\xff", "application/json"),
        (b"path=\xff\xfe", "application/x-www-form-urlencoded"),
        (b"--B\r\n", "multipart/form-data; boundary=B"),
        (b"no form", "multipart/form-data"),
        (b'{"path": "/\\ud800"}', "application/json"),
    ],
)
async def test_a_body_that_cannot_be_read_is_a_bad_request(api: Client, content: bytes, kind: str):
    response = await api.http.post(
        "/api/1/fileops/folder_create/", content=content, headers={"Content-Type": kind}
    )
    assert refusal(response) == (400, "InvalidParameters")


@pytest.mark.parametrize("status", [415, 400])
async def test_an_encoding_may_be_switched_off(stranger: Client, running: Running, status: int):
    running.emulator.configure(encodings=frozenset({"form"}), refused_encoding=status)
    login = {"login": "demo@example.com", "password": "demo"}
    response = await stranger.http.post("/api/1/accounts/login/", json=login)
    assert refusal(response)[0] == status
    assert (await stranger.http.post("/api/1/accounts/login/", data=login)).status_code == 200
    other = await stranger.http.post(
        "/api/1/accounts/login/", content="x", headers={"Content-Type": "text/plain"}
    )
    assert refusal(other)[0] == status


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "50%",
        "100%25",
        "a+b",
        "a?b",
        "a#b",
        "a;b&c=d",
        "ü😀",
        "a\nb",
        "..a",
        "a\\b:*",
        "~",
        "'",
    ],
)
async def test_any_name_is_found_by_its_path_in_a_url(api: Client, name: str):
    await api.ok("fileops/folder_create/", path=f"/{name}")
    await api.upload(f"/{name}/{name}", name.encode())
    assert await api.names("/") == [name]
    assert (await api.stat(f"/{name}/{name}"))["path"] == f"/{name}/{name}"
    assert await api.fetch(f"/{name}/{name}") == name.encode()


async def test_empty_segments_of_a_url_are_ignored(api: Client):
    await api.ok("fileops/folder_create/", path="/a")
    for spelling in ("/api/1/metadata//a", "/api/1/metadata/a/", "//api//1/metadata/a//"):
        response = await api.http.get(httpx.URL(str(api.http.base_url).rstrip("/") + spelling))
        assert response.json()["path"] == "/a"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "/a/",
        "//a",
        "/a//b",
        "/.",
        "/..",
        "/a/../b",
        "/\0",
        "/" + "x" * 256,
        "/" + "é" * 128,
    ],
)
async def test_a_bad_path_is_refused(api: Client, path: str):
    assert await api.refused("fileops/folder_create/", path=path) == (400, "InvalidParameters")


async def test_the_longest_name_is_255_bytes(api: Client):
    name = "é" * 127 + "x"
    await api.ok("fileops/folder_create/", path=f"/{name}")
    assert await api.names("/") == [name]


async def test_names_are_compared_byte_by_byte(api: Client):
    names = ["A", "a", "\u00e9", "e\u0301"]
    for name in names:
        await api.ok("fileops/folder_create/", path=f"/{name}")
    assert await api.names("/") == sorted(names, key=str.encode)
    assert (await api.get("metadata/B")).status_code == 404


@pytest.mark.parametrize("name", list('\\:*?"<>|'))
async def test_strict_names_refuse_what_windows_cannot_store(
    api: Client, running: Running, name: str
):
    await api.ok("fileops/folder_create/", path=f"/{name}1")
    running.emulator.configure(strict_names=True)
    expected = (400, "InvalidParameters")
    assert await api.refused("fileops/folder_create/", path=f"/{name}") == expected
    assert await api.refused("files/create/", path=f"/{name}") == expected
    assert await api.refused("fileops/rename/", path=f"/{name}1", newname=name) == expected
    assert (await api.stat(f"/{name}1"))["folder"]


async def test_times_are_milliseconds(api: Client, clock: Clock):
    await api.upload("/a", b"x", created=1429500000000, modified=1429500000001)
    m = await api.stat("/a")
    assert m["created"] == m["modified"] == clock.now_ms()
    assert m["client_data"] == {"created": 1429500000000, "modified": 1429500000001}
    (version,) = await api.look("files/versions/a")
    assert version["timestamp"] == m["version"] / 1000


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "٣", "9" * 30])
async def test_a_number_is_decimal_digits(api: Client, number: str):
    response = await api.get("metadata/", limit=number)
    assert refusal(response) == (400, "InvalidParameters")


async def test_an_error_is_a_json_object_with_code_and_description(api: Client):
    response = await api.get("metadata/nothing")
    assert response.headers["content-type"] == "application/json"
    assert json.loads(response.content).keys() == {"code", "description"}


async def test_half_a_surrogate_pair_is_a_bad_request(api: Client):
    content = b'{"key": "k", "value": "\\ud800"}'
    headers = {"Content-Type": "application/json"}
    response = await api.http.post("/api/1/accounts/set_value/", content=content, headers=headers)
    assert refusal(response) == (400, "InvalidParameters")
