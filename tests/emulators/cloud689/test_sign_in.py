"""Reference 2: teams, sessions, and the three ways in which a token is not good."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.server import Running
from tests.emulators.cloud689.client import EMAIL, Client, md5, refusal, signed_in, teams

UNKNOWN, EXPIRED = (401, "Token does not exist"), (401, "The token is expired")
MALFORMED = (401, "Invalid access token")
DAY = 86400.0


def login(**changes: object) -> dict[str, object]:
    usual = {"email_address": EMAIL, "password": md5("demo"), "keep_me_login": True}
    return {**usual, "team_id": Cloud689Emulator.team_id, **changes}


async def test_an_address_leads_to_its_team(visitor: Client):
    response = await visitor.post("user/login/checkmail", email_address=EMAIL)
    assert response.json() == {
        "result": [
            {
                "team_id": Cloud689Emulator.team_id,
                "team_name": "ACME",
                "first_name": "Ann",
                "middle_name": None,
                "last_name": "Lee",
                "lang": "auto",
                "email_address": EMAIL,
            }
        ],
        "status_code": 200,
        "total_records": 1,
    }


@pytest.mark.parametrize("address", ["nobody@example.com", "Ann@example.com", "ann"])
async def test_an_address_must_be_known_letter_by_letter(visitor: Client, address: str):
    refused = await visitor.refused("user/login/checkmail", email_address=address)
    assert refused == (110, "User does not exist")


async def test_an_address_may_be_in_several_teams(
    visitor: Client, running: Running, emulator: Cloud689Emulator
):
    other = emulator.add_team("Other")
    emulator.add_account(EMAIL, "another", name="Ann Lee", team_id=other)
    assert await teams(visitor) == [emulator.team_id, other]
    async with signed_in(running, EMAIL, "another", team_id=other) as there:
        assert await there.projects() == []
        whole = await there.ok("user/info")
        assert whole["team_id"] == other
    async with signed_in(running) as here:
        assert [project["project_name"] for project in await here.projects()] == ["Documents"]
        assert (await here.ok("user/info"))["user_id"] != whole["user_id"]


async def test_a_sign_in_gives_a_session(visitor: Client):
    response = await visitor.post("user/login", **login())
    body = response.json()
    assert list(body) == ["result", "status_code", "total_records"]
    found = body["result"]
    assert list(found) == [
        *("session_id", "user_id", "role_id", "first_name", "middle_name", "last_name"),
        *("lang", "email_address"),
    ]
    assert (found["role_id"], found["middle_name"]) == (1, None)
    visitor.token = found["session_id"]
    assert (await visitor.ok("user/info"))["user_id"] == found["user_id"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"email_address": "nobody@example.com"}, (110, "User does not exist")),
        ({"password": md5("Demo")}, (111, "User name or password is not correct")),
        ({"password": "demo"}, (111, "User name or password is not correct")),
        ({"password": md5("demo").upper()}, (111, "User name or password is not correct")),
        ({"team_id": "0" * 32}, (513, "This Team does not exist")),
        ({"team_id": "acme"}, (513, "This Team does not exist")),
        ({"keep_me_login": None}, (404, "Parameter missing")),
        ({"keep_me_login": "yes"}, (400, "Invalid parameter")),
        ({"team_id": None}, (404, "Parameter missing")),
        ({"password": ""}, (404, "Parameter missing")),
    ],
)
async def test_a_sign_in_may_be_refused(
    visitor: Client, changes: dict[str, object], expected: tuple[int, str]
):
    assert await visitor.refused("user/login", **login(**changes)) == expected


async def test_a_password_is_hashed_as_utf_8(running: Running):
    running.emulator.add_account("bob@example.com", "pässwörd")
    async with signed_in(running, "bob@example.com", "pässwörd") as bob:
        assert (await bob.ok("user/info"))["mail_address"] == "bob@example.com"


@pytest.mark.parametrize("token", [None, "", "x", "0" * 31, "F" * 32])
async def test_a_token_must_look_like_one(api: Client, token: str | None):
    assert await api.refused("user/info", auth_token=token) == MALFORMED


async def test_a_token_must_be_known(api: Client):
    assert await api.refused("user/info", auth_token="0" * 32) == UNKNOWN


async def test_an_idle_session_ends_and_each_call_extends_it(running: Running, clock: Clock):
    async with signed_in(running, keep=False) as idle:
        for _ in range(3):
            clock.advance(29 * 60)
            await idle.ok("user/info")
        clock.advance(30 * 60)
        assert await idle.refused("user/info") == EXPIRED
        assert await idle.refused("project/f/browse") == EXPIRED


@pytest.mark.parametrize("call", ["get", "upload", "download", "logout"])
async def test_every_kind_of_call_extends_an_idle_session(
    running: Running, clock: Clock, call: str
):
    async with signed_in(running, keep=False) as idle:
        file = await idle.file("f")
        clock.advance(29 * 60)
        if call == "get":
            await idle.history()
        elif call == "upload":
            await idle.file("g")
        elif call == "download":
            await idle.fetch(file)
        else:
            await idle.refused("user/logout", access_token=None)
        clock.advance(29 * 60)
        extended = (await idle.post("user/info")).json()["status_code"] == 200
        assert extended == (call != "logout")


async def test_a_session_that_is_kept_lasts_30_days_and_no_longer(api: Client, clock: Clock):
    clock.advance(29 * DAY)
    await api.ok("user/info")
    clock.advance(DAY)
    assert await api.refused("user/info") == EXPIRED


async def test_the_times_can_be_set(running: Running, clock: Clock):
    running.emulator.configure(session_time_out=1, kept_session=100.0)
    async with signed_in(running, keep=False) as idle, signed_in(running) as kept:
        assert (await idle.ok("user/info"))["session_time_out"] == 1
        clock.advance(60)
        assert await idle.refused("user/info") == EXPIRED
        await kept.ok("user/info")
        clock.advance(40)
        assert await kept.refused("user/info") == EXPIRED


async def test_a_logout_names_the_token_in_its_own_way(api: Client):
    assert await api.refused("user/logout") == MALFORMED
    await api.done("user/logout", auth_token=None, access_token=api.token)
    assert await api.refused("user/info") == UNKNOWN
    assert await api.refused("user/logout", access_token=api.token) == UNKNOWN


async def test_a_logout_ends_one_session_only(running: Running, api: Client):
    async with signed_in(running) as second:
        await second.done("user/logout", access_token=second.token)
        await api.ok("user/info")


async def test_all_tokens_may_become_worthless(api: Client, running: Running):
    running.emulator.revoke_tokens()
    assert await api.refused("user/info") == UNKNOWN


async def test_who_am_i(api: Client):
    found = await api.ok("user/info")
    for name, value in {
        "team_id": Cloud689Emulator.team_id,
        "role_id": 1,
        "mail_address": EMAIL,
        "status": 1,
        "first_name": "Ann",
        "middle_name": None,
        "last_name": "Lee",
        "session_time_out": 30,
        "time_zone": -5,
        "lang": "auto",
        "password_hash": md5("demo"),
        "signup_date": "2023/11/14 17:13:20",
    }.items():
        assert found[name] == value
    assert {"activation_date", "last_activity", "notification_flag"} < set(found)
    assert {"activation_code", "bookend_user_id"} < set(found)


async def test_the_team_is_told(api: Client, colleague: Client):
    found = await api.ok("user/getteam", team_id=Cloud689Emulator.team_id)
    assert (found["team_name"], found["number_of_user"], found["projects_usage"]) == ("ACME", 2, 1)
    assert "payment_team_id" in found
    assert await api.refused("user/getteam", team_id="x") == (513, "This Team does not exist")


async def test_members_are_told(api: Client, colleague: Client):
    response = await colleague.post("user/project")
    assert response.json()["total_records"] == 2
    ann, bob = response.json()["result"]
    assert (ann["project_role_id"], bob["project_role_id"]) == (1, 2)
    assert (bob["first_name"], bob["email_address"]) == ("Bob", "bob@example.com")


async def test_open_calls_need_no_token(visitor: Client):
    missing = await visitor.post("link/get", link_id="0" * 32)
    assert refusal(missing) == (404, "Link not found")
    for call in ("user/info", "project/list", "link/share", "link/remove", "user/getteam"):
        assert await visitor.refused(call, link_id="x") == MALFORMED
