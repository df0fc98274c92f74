"""Reference 1, 1.1 and 4: requests, answers, errors."""

import httpx
import pytest

from cloudfs.emulators.cloud689.errors import Code
from cloudfs.emulators.server import Running
from tests.emulators.cloud689.client import FORM, PLAIN_OK, Client, md5, refusal, result

MISSING = (404, "Parameter missing")
INVALID = (400, "Invalid parameter")
NO_TOKEN = (401, "Invalid access token")


async def test_the_request_of_the_reference_signs_in(visitor: Client, running: Running):
    team = running.emulator.default_account()["team_id"]
    body = (
        f"email_address=ann%40example.com&password={md5('demo')}&team_id={team}&keep_me_login=true"
    )
    headers = {"Content-Type": FORM, "Accept": "application/json"}
    response = await visitor.http.post("user/login", content=body, headers=headers)
    assert result(response)["email_address"] == "ann@example.com"
    assert response.headers["content-type"] == "application/json"


async def test_an_error_is_json_under_http_200(api: Client):
    response = await api.post("project/f/info", f_id="0" * 32)
    assert response.status_code == 200
    assert response.content == (
        b'{"result":null,"description":"File not found","status_code":404,"total_records":null}'
    )


async def test_plain_ok_is_short(api: Client):
    file = await api.file("f")
    assert (await api.post("project/f/delete", file_id=file)).content == PLAIN_OK


async def test_the_status_may_be_mirrored(api: Client, visitor: Client, running: Running):
    running.emulator.configure(http_status="mirror")
    response = await api.post("project/f/info", f_id="0" * 32)
    assert (response.status_code, refusal(response)) == (404, (404, "File not found"))
    response = await visitor.post("user/info")
    assert (response.status_code, refusal(response)) == (401, NO_TOKEN)
    assert (await api.post("user/info")).status_code == 200


async def test_codes_that_are_no_http_errors_are_never_mirrored(visitor: Client, running: Running):
    running.emulator.configure(http_status="mirror")
    login = {"password": md5("x"), "keep_me_login": True}
    unknown = {**login, "email_address": "x@example.com"}
    response = await visitor.post("user/login", team_id="0" * 32, **unknown)
    assert (response.status_code, refusal(response)[0]) == (200, 513)
    team = running.emulator.default_account()["team_id"]
    response = await visitor.post("user/login", team_id=team, **unknown)
    assert (response.status_code, refusal(response)[0]) == (200, 110)


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("symbol", {"result": None, "description": "FILE_NOT_FOUND"}),
        ("result", {"result": "FILE_NOT_FOUND", "description": "File not found"}),
        ("status", {"description": "File not found", "status": "FILE_NOT_FOUND"}),
    ],
)
async def test_the_symbolic_name_may_be_told(api: Client, running: Running, style: str, shown):
    running.emulator.configure(error_text=style)
    body = (await api.post("project/f/info", f_id="0" * 32)).json()
    assert body["status_code"] == 404
    assert shown.items() <= body.items()


def test_the_codes_are_those_of_the_table():
    numbers = sorted(code.number for code in Code)
    assert numbers == [
        *(100, 110, 111, 112, 300, 301, 400, 401, 401, 401, 401, 403),
        *([404] * 8),
        *(410, 411, 412, 413, 417, 417, 500, 500),
        *range(501, 515),
    ]
    assert len({code.value for code in Code}) == len(Code)


async def test_parameters_of_a_post_are_in_its_body_only(api: Client):
    params = api.fields({})
    in_query = await api.http.post("project/f/browse", params=params)
    assert refusal(in_query) == NO_TOKEN
    as_json = await api.http.post("project/f/browse", json=params)
    assert refusal(as_json) == NO_TOKEN
    body = httpx.QueryParams(params)
    bare = {"Content-Type": "application/x-www-form-urlencoded"}
    assert result(await api.http.post("project/f/browse", content=str(body), headers=bare))


@pytest.mark.parametrize("call", ["history/project", "history/team"])
async def test_history_is_the_only_get(api: Client, call: str):
    assert (await api.post(call)).status_code == 405
    assert (await api.get("project/f/browse")).status_code == 405


async def test_an_unknown_call_is_no_json(api: Client):
    response = await api.post("project/f/copy")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/plain")


async def test_the_token_has_a_second_name(api: Client):
    assert await api.ok("user/info", auth_token=None, access_token=api.token)
    found = await api.get("history/project", auth_token=None, access_token=api.token)
    assert result(found)
    response = await api.send(b"x", file_name="f", auth_token=None, access_token=api.token)
    assert result(response)["title"] == "f"


async def test_text_is_utf_8(api: Client):
    await api.folder("Ordner äöü 漢字 😀")
    response = await api.post("project/f/browse")
    assert "Ordner äöü 漢字 😀".encode() in response.content
    body = f"auth_token={api.token}&project_id={api.project}&name=%ff"
    headers = {"Content-Type": FORM}
    bad = await api.http.post("project/f/create", content=body, headers=headers)
    assert refusal(bad) == INVALID


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("user/getteam", {}),
        ("project/f/browse", {"project_id": None}),
        ("project/f/browse", {"project_id": ""}),
        ("project/f/info", {}),
        ("project/f/create", {}),
        ("project/f/edit", {"file_id": "x"}),
        ("project/f/edit", {"name": "x"}),
        ("project/f/move", {}),
        ("project/f/delete", {}),
        ("project/f/restore", {}),
        ("project/f/deleteforever", {"file_ids": ""}),
        ("project/create", {"name": "x"}),
        ("project/create", {"max_download": 1}),
        ("project/edit", {}),
        ("project/info", {"project_id": None}),
        ("project/delete", {"project_id": None}),
        ("download", {"file_id": "x"}),
        ("download", {"download_type": 1}),
        ("link/create", {}),
        ("link/create", {"type_share": 2}),
        ("link/create", {"type_share": 3, "folder_id": "x"}),
        ("link/get", {}),
        ("link/browse", {}),
        ("link/remove", {}),
        ("link/share", {"link_id": "x"}),
        ("encode/start/license", {}),
        ("encode/status", {}),
        ("license/info", {}),
        ("license/register", {"file_ids": "x", "printable": 1}),
        ("license/update", {}),
        ("project/comment/create", {}),
        ("project/comment/update", {"text": "x"}),
        ("project/comment/delete", {}),
        ("upload/cloud", {"file_name": "x", "content_url": "http://x"}),
    ],
)
async def test_what_is_missing_is_told(api: Client, call: str, params: dict[str, object]):
    assert await api.refused(call, **params) == MISSING


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("project/f/browse", {"active": "1"}),
        ("project/f/browse", {"active": "True"}),
        ("project/f/browse", {"folder_only": "no"}),
        ("project/f/browse", {"sort_key": "name"}),
        ("project/f/create", {"name": ""}),
        ("project/f/edit", {"file_id": "x", "folder_id": "y", "name": "z"}),
        ("project/f/move", {"file_id": "x", "folder_id": "y"}),
        ("project/f/delete", {"file_id": "x", "folder_id": "y"}),
        ("project/f/restore", {"file_ids": "a,,b"}),
        ("project/create", {"name": "x", "max_download": "one"}),
        ("project/create", {"name": "x", "max_download": "-1"}),
        ("project/create", {"name": "a/b", "max_download": 1}),
        ("project/list", {"start": "-1"}),
        ("project/list", {"length": "1.5"}),
        ("project/list", {"length": "9" * 30}),
        ("download", {"file_id": "x", "download_type": 4}),
        ("download", {"file_id": "x", "download_type": 1, "require_auth": "yes"}),
        ("link/create", {"type_share": 4}),
        ("link/create", {"type_share": 1, "expiry_date": "tomorrow"}),
        ("link/create", {"type_share": 1, "expiry_date": "2030/02/31"}),
        ("encode/start/license", {"file_ids": "x", "printable": "often"}),
        ("license/update", {"file_ids": "x", "expiry_date": "2030-01-01"}),
        ("license/update", {"file_ids": "x", "delete": "yes"}),
    ],
)
async def test_what_is_wrong_is_told(api: Client, call: str, params: dict[str, object]):
    assert await api.refused(call, **params) == INVALID


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "x" * 256, "ü" * 128])
async def test_some_names_are_forbidden(api: Client, name: str):
    assert await api.refused("project/f/create", name=name) == INVALID
    assert refusal(await api.send(b"", file_name=name)) == INVALID
    file = await api.file("f")
    assert await api.refused("project/f/edit", file_id=file, name=name) == INVALID
    assert await api.names() == ["f"]


@pytest.mark.parametrize(
    "name", ["x" * 255, "ü" * 127, "...", " a ", 'a\\b:*?"<>|', "a\nb", "a+&=%"]
)
async def test_all_other_names_are_good(api: Client, name: str):
    folder = await api.folder(name)
    file = await api.file(name, b"x", folder)
    assert await api.names() == [name]
    assert await api.names(folder) == [name]
    assert (await api.stat(file))["title"] == name


async def test_a_call_that_is_too_long_is_refused(api: Client):
    response = await api.post("project/f/restore", file_ids=["0" * 32] * 150_000)
    assert response.status_code == 413


async def test_a_session_belongs_to_one_team(api: Client, running: Running):
    other = running.emulator.add_team("Other")
    running.emulator.add_account("zoe@example.com", "z", team_id=other)
    running.emulator.make_folder("Theirs", "zoe@example.com")
    (theirs,) = running.emulator.projects.of(
        next(user.number for user in running.emulator.people.users() if user.first_name == "zoe"),
        running.emulator.people.team(other).number,
    )
    assert await api.refused("project/info", project_id=theirs.id) == (404, "Project not found")
    assert await api.refused("user/getteam", team_id=other) == (403, "User do not have permission")
