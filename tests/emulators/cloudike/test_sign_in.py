"""Reference 2: authentication."""

import base64

import httpx
import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.client import Client, refusal

LOGIN = {"login": "email:demo@example.com", "password": "demo"}
WRONG = {"login": "demo@example.com", "password": "wrong"}


async def test_a_login_gives_a_token_for_31_days(stranger: Client, clock: Clock):
    found = await stranger.ok("accounts/login/", **LOGIN)
    assert found["userid"] == 94
    assert found["login"] == "email:demo@example.com"
    assert len(found["token"]) == 32
    assert int(found["token"], 16) >= 0
    assert found["created"] == clock.now_ms()
    assert found["expires"] - found["created"] == 31 * 86400 * 1000


@pytest.mark.parametrize(
    "who",
    [
        {"login": "email:demo@example.com"},
        {"login": "demo@example.com"},
        {"login": "userid:94"},
        {"email": "demo@example.com"},
    ],
)
async def test_a_login_may_be_spelled_in_several_ways(stranger: Client, who: dict):
    assert (await stranger.ok("accounts/login/", **who, password="demo"))["userid"] == 94


async def test_a_phone_number_is_a_login(stranger: Client, running: Running):
    running.emulator.add_account("msisdn:79201234567", "x", userid=7)
    found = await stranger.ok("accounts/login/", login="79201234567", password="x")
    assert found["userid"] == 7


@pytest.mark.parametrize("name", ["Mountbit-Auth", "MountbitAuth", "Authorization"])
async def test_a_token_goes_in_any_of_three_headers(running: Running, api: Client, name: str):
    async with httpx.AsyncClient(base_url=running.api_url) as client:
        response = await client.get("/api/1/metadata/", headers={name: api.token or ""})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        ("demo@example.com:demo", 200),
        ("demo@example.com:wrong", 401),
        ("nobody@example.com:demo", 401),
        ("demo@example.com", 401),
    ],
)
async def test_basic_needs_no_login(stranger: Client, credentials: str, status: int):
    header = "Basic " + base64.b64encode(credentials.encode()).decode()
    response = await stranger.http.get("/api/1/metadata/", headers={"Authorization": header})
    assert response.status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Mountbit-Auth": "0" * 32},
        {"Mountbit-Auth": ""},
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Bearer abc"},
    ],
)
async def test_without_good_credentials_everything_answers_401(stranger: Client, headers: dict):
    for route in ("metadata/", "task/x/", "events/", "trash/", "accounts/get/"):
        response = await stranger.http.get(f"/api/1/{route}", headers=headers)
        assert refusal(response) == (401, "Unauthorized")


async def test_a_token_expires(api: Client, running: Running, clock: Clock):
    clock.advance(31 * 86400 - 1)
    assert (await api.get("metadata/")).status_code == 200
    clock.advance(1)
    assert refusal(await api.get("metadata/")) == (401, "Unauthorized")


async def test_the_life_of_tokens_can_be_set(stranger: Client, running: Running):
    running.emulator.configure(token_ttl=60)
    found = await stranger.ok("accounts/login/", **LOGIN)
    assert found["expires"] - found["created"] == 60_000


async def test_a_permanent_token_never_expires(stranger: Client, clock: Clock):
    found = await stranger.ok(
        "accounts/login/", **LOGIN, permanent_auth=1, device_description="laptop"
    )
    assert found["expires"] == 0
    clock.advance(10 * 365 * 86400)
    token = {"Mountbit-Auth": found["token"]}
    listed = await stranger.http.get("/api/1/accounts/permanent_tokens/", headers=token)
    (known,) = listed.json()
    assert known["device_description"] == "laptop"
    assert set(known) == {"id", "device_description", "created"}
    removal = "/api/1/accounts/remove_permanent_token/"
    gone = await stranger.http.post(removal, headers=token, data={"token_id": "no"})
    assert refusal(gone) == (404, "NotFound")
    gone = await stranger.http.post(removal, headers=token, data={"token_id": known["id"]})
    assert gone.status_code == 200
    response = await stranger.http.get("/api/1/metadata/", headers=token)
    assert response.status_code == 401


async def test_tokens_that_expire_are_listed_on_demand(api: Client):
    assert await api.look("accounts/permanent_tokens/") == []
    assert len(await api.look("accounts/permanent_tokens/", include_not_permanent=1)) == 1


async def test_a_logout_ends_the_token(api: Client):
    response = await api.post("accounts/logout/")
    assert (response.status_code, response.content) == (200, b"")
    assert refusal(await api.get("metadata/")) == (401, "Unauthorized")


async def test_there_is_nothing_to_log_out_of_with_basic(stranger: Client):
    header = "Basic " + base64.b64encode(b"demo@example.com:demo").decode()
    response = await stranger.http.post(
        "/api/1/accounts/logout/", headers={"Authorization": header}
    )
    assert refusal(response) == (400, "InvalidParameters")


@pytest.mark.parametrize("missing", ["login", "password"])
async def test_a_login_without_a_parameter_is_no_rejection(stranger: Client, missing: str):
    given = {name: value for name, value in LOGIN.items() if name != missing}
    assert await stranger.refused("accounts/login/", **given) == (400, "InvalidParameters")


async def test_an_unknown_user_is_rejected(stranger: Client):
    unknown = {"login": "nobody@example.com", "password": "x"}
    for _ in range(12):
        assert await stranger.refused("accounts/login/", **unknown) == (401, "Unauthorized")


async def test_ten_failures_lock_the_user_for_half_an_hour(stranger: Client, clock: Clock):
    codes = [await stranger.refused("accounts/login/", **WRONG) for _ in range(10)]
    assert codes[:8] == [(401, "Unauthorized")] * 8
    assert codes[8:] == [(401, "LastAttempt"), (403, "UserTemporarilyLocked")]
    assert await stranger.refused("accounts/login/", **LOGIN) == (403, "UserTemporarilyLocked")
    clock.advance(30 * 60 - 1)
    assert await stranger.refused("accounts/login/", **LOGIN) == (403, "UserTemporarilyLocked")
    clock.advance(1)
    await stranger.ok("accounts/login/", **LOGIN)


async def test_after_a_lock_the_count_begins_again(stranger: Client, clock: Clock):
    for _ in range(10):
        await stranger.refused("accounts/login/", **WRONG)
    clock.advance(30 * 60)
    codes = [await stranger.refused("accounts/login/", **WRONG) for _ in range(9)]
    assert codes[7:] == [(401, "Unauthorized"), (401, "LastAttempt")]


async def test_a_success_resets_the_count(stranger: Client):
    for _ in range(9):
        await stranger.refused("accounts/login/", **WRONG)
    await stranger.ok("accounts/login/", **LOGIN)
    assert await stranger.refused("accounts/login/", **WRONG) == (401, "Unauthorized")


async def test_the_account_tells_its_space(api: Client, running: Running):
    await api.upload("/photo.jpg", b"12345")
    await api.upload("/photo.jpg", b"1234567", overwrite=1)
    await api.upload("/notes", b"123")
    await api.upload("/old", b"1")
    await api.ok("fileops/delete/", path="/old")
    found = await api.look("accounts/get/")
    assert found["userid"] == 94
    assert found["logins"] == ["email:demo@example.com"]
    assert found["quota_size"] == found["hard_quota_size"] == 2 << 30
    assert found["storage_size"] == 10
    assert found["overhead_size"] == 6
    assert found["storage_usage"] == {"image": 7, "audio": 0, "video": 0, "other": 3}
    running.emulator.configure(quota=-5)
    assert (await api.look("accounts/get/"))["hard_quota_size"] == -1


async def test_small_values_are_kept_for_each_user(api: Client, friend: Client):
    assert await api.look("accounts/get_value/", key="colour") == {"colour": None}
    await api.ok("accounts/set_value/", key="colour", value="blue")
    assert await api.look("accounts/get_value/", key="colour") == {"colour": "blue"}
    assert await friend.look("accounts/get_value/", key="colour") == {"colour": None}
    await api.ok("accounts/set_value/", key="colour")
    assert await api.look("accounts/get_value/", key="colour") == {"colour": None}
