"""Reference 2: tokens, and how they are got, renewed and given back."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.registry import default_account
from cloudfs.emulators.server import Running
from tests.emulators.podspace.client import REFRESH, TOKEN, Client, refusal, result

DEVICE = {
    "deviceUID": "5b1f2a30-0000-4000-8000-000000000000",
    "deviceName": "desk",
    "deviceOs": "Linux",
    "deviceOsVersion": "6",
    "deviceType": "DESKTOP",
}
PHONE = "09120000000"


async def handshake(visitor: Client) -> dict[str, str]:
    """The header of the requests that follow."""
    found = result(await visitor.http.post("oauth2/otp/handshake", data=DEVICE))
    return {"keyId": found["keyId"]}


async def authorize(visitor: Client, key: dict[str, str], identity: str = PHONE) -> httpx.Response:
    data = {"identity": identity}
    return await visitor.http.post("oauth2/otp/authorize", data=data, headers=key)


async def verify(visitor: Client, key: dict[str, str], otp: str = "123456") -> httpx.Response:
    data = {"identity": PHONE, "otp": otp}
    return await visitor.http.post("oauth2/otp/verify", data=data, headers=key)


async def who(visitor: Client, token: str) -> httpx.Response:
    return await visitor.http.get("me", headers={"Authorization": f"Bearer {token}"})


async def test_a_telephone_number_and_a_code_are_worth_tokens(visitor: Client):
    key = await handshake(visitor)
    assert result(await authorize(visitor, key)) == {
        "identity": PHONE,
        "type": "PHONE_NUMBER",
        "expires_in": 120,
        "user_id": 42,
    }
    tokens = result(await verify(visitor, key))
    assert set(tokens) == {
        "access_token",
        "refresh_token",
        "expires_in",
        "id_token",
        "scope",
        "token_type",
    }
    assert (tokens["expires_in"], tokens["scope"]) == (900, "profile")
    assert tokens["token_type"] == "Bearer"
    assert result(await who(visitor, tokens["access_token"]))["username"] == "sara"


async def test_the_fields_may_be_in_the_query(visitor: Client):
    key = {"keyId": (await visitor.ok("POST", "oauth2/otp/handshake", **DEVICE))["keyId"]}
    url = f"oauth2/otp/authorize?identity={PHONE}"
    result(await visitor.http.post(url, headers=key))
    result(await visitor.http.post(f"oauth2/otp/verify?identity={PHONE}&otp=123456", headers=key))


async def test_a_wrong_code_is_refused_and_the_right_one_still_works(visitor: Client):
    key = await handshake(visitor)
    result(await authorize(visitor, key))
    assert refusal(await verify(visitor, key, "654321")) == (400, 101)
    result(await verify(visitor, key))
    assert refusal(await verify(visitor, key)) == (400, 101)  # a code works once


async def test_a_late_code_is_refused(visitor: Client, clock: Clock):
    key = await handshake(visitor)
    result(await authorize(visitor, key))
    clock.advance(120)
    assert refusal(await verify(visitor, key)) == (400, 101)


async def test_an_unknown_device_or_number_is_refused(visitor: Client):
    key = await handshake(visitor)
    assert refusal(await verify(visitor, key)) == (400, 101)  # no code was sent
    assert refusal(await authorize(visitor, key, "09129999999")) == (400, 101)
    for wrong in ({}, {"keyId": "x"}):
        assert refusal(await authorize(visitor, wrong)) == (400, 101)
        assert refusal(await verify(visitor, wrong)) == (400, 101)
    fridge = {**DEVICE, "deviceType": "FRIDGE"}
    assert refusal(await visitor.http.post("oauth2/otp/handshake", data=fridge)) == (400, 101)


async def test_a_browser_comes_back_with_tokens_in_the_fragment(visitor: Client):
    response = await visitor.send(
        "GET", "oauth2/login", ssoType="POD", redirectUri="http://127.0.0.1:9/done?x=1"
    )
    assert response.status_code == 302
    target = urlsplit(response.headers["location"])
    assert target._replace(fragment="").geturl() == "http://127.0.0.1:9/done?x=1"
    fragment = {name: values[0] for name, values in parse_qs(target.fragment).items()}
    assert set(fragment) == {"accessToken", "refreshToken", "expiresIn"}
    assert fragment["expiresIn"] == "900"
    assert result(await who(visitor, fragment["accessToken"]))["ssoId"] == 42
    for bad in ("javascript:alert(1)", ""):
        assert await visitor.refused("GET", "oauth2/login", redirectUri=bad) == (400, 101)


async def test_a_token_expires_and_is_renewed(visitor: Client, running: Running, clock: Clock):
    running.emulator.configure(token_ttl=60)
    first = await visitor.ok("GET", "oauth2/refresh", refreshToken=REFRESH)
    assert first["expires_in"] == 60
    assert result(await who(visitor, first["access_token"]))["username"] == "sara"
    clock.advance(60)
    assert refusal(await who(visitor, first["access_token"])) == (401, 21)
    second = await visitor.ok("GET", "oauth2/refresh", refreshToken=first["refresh_token"])
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    result(await who(visitor, second["access_token"]))
    # Earlier refresh tokens stay valid.
    await visitor.ok("GET", "oauth2/refresh", refreshToken=REFRESH)
    await visitor.ok("GET", "oauth2/refresh", refreshToken=first["refresh_token"])


async def test_only_refresh_tokens_refresh_and_only_access_tokens_open(visitor: Client):
    for wrong in (TOKEN, "x"):
        assert await visitor.refused("GET", "oauth2/refresh", refreshToken=wrong) == (401, 21)
    assert await visitor.refused("GET", "oauth2/refresh") == (400, 101)
    assert refusal(await who(visitor, REFRESH)) == (401, 21)


async def test_a_bad_token_is_refused_in_the_services_words(visitor: Client):
    response = await who(visitor, "x")
    body = response.json()
    assert response.status_code == 401
    assert (body["error"], body["message"]) == ("Unauthorized", "INVALID_TOKEN")
    assert (body["errorCode"], body["hasError"]) == (21, True)
    assert await visitor.refused("GET", "me") == (401, 21)


async def test_a_token_that_was_given_back_is_worthless(api: Client, visitor: Client):
    call = {"token": TOKEN, "tokenType": "access_token"}
    assert await api.ok("DELETE", "oauth2/token", **call) is True
    assert await api.refused("GET", "me") == (401, 21)
    await visitor.ok("GET", "oauth2/refresh", refreshToken=REFRESH)
    call = {"token": REFRESH, "tokenType": "refresh_token"}
    assert await visitor.ok("DELETE", "oauth2/token", **call) is True
    assert await visitor.refused("GET", "oauth2/refresh", refreshToken=REFRESH) == (401, 21)
    assert await visitor.ok("DELETE", "oauth2/token", **call) is True  # nobody minds
    wrong = {"token": TOKEN, "tokenType": "x"}
    assert await visitor.refused("DELETE", "oauth2/token", **wrong) == (400, 101)


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_bytes_are_had_with_a_token_in_the_query(api: Client, visitor: Client, name: str):
    picture = (await api.upload("a.png", b"picture"))["hash"]
    for path in (f"files/{picture}", f"files/{picture}/thumbnail", f"images/{picture}"):
        response = await visitor.send("GET", path, **{name: TOKEN})
        assert response.status_code == 200
    response = await visitor.send("GET", "files", entityHashes=picture, **{name: TOKEN})
    assert response.status_code == 200
    assert await visitor.refused("GET", f"files/{picture}", **{name: "x"}) == (401, 21)
    assert await visitor.refused("GET", "me", **{name: TOKEN}) == (401, 21)


async def test_the_header_wins_over_the_query(api: Client, visitor: Client):
    file = (await api.upload("a", b"x"))["hash"]
    assert await api.fetch(file, Authorization="x") == b"x"
    response = await visitor.http.get(
        f"files/{file}?Authorization={TOKEN}", headers={"Authorization": "Bearer x"}
    )
    assert refusal(response) == (401, 21)


def test_the_first_account_is_told_as_a_client_names_it():
    assert default_account("podspace") == {"token": TOKEN, "refresh_token": REFRESH}


async def test_another_account_has_tokens_from_its_password(
    running: Running, emulator: PodSpaceEmulator, visitor: Client
):
    emulator.add_account("ali", "secret", userid=7, name="Ali")
    assert result(await who(visitor, "secret")) == {
        "username": "ali",
        "name": "Ali",
        "ssoId": 7,
        "roles": [],
    }
    refresh = emulator.refresh_token("secret")
    tokens = await visitor.ok("GET", "oauth2/refresh", refreshToken=refresh)
    assert result(await who(visitor, tokens["access_token"]))["ssoId"] == 7
