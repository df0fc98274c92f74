"""Signing in, the token in every call, and what is never sent, kept or told (reference 2)."""

import httpx
import pytest
import trio

from cloudfs.errors import BadReply, ConfigError, LoginFailed, TransientError
from cloudfs.http.client import Http
from cloudfs.providers.cloud689 import Cloud689Provider, Cloud689Settings
from tests.providers.cloud689.service import API, DIGEST, EXPIRED, LOGIN, FakeCloud689
from tests.providers.cloud689.store import TEAM, Refusal
from tests.support import BytesContent, content, listing

REJECTIONS = [
    EXPIRED,
    Refusal(401, "Token does not exist", "ERR_TOKEN_NOT_EXIST"),
    Refusal(401, "Invalid access token", "INVALID_ACCESS_TOKEN"),
    Refusal(401, "something new", "SOMETHING"),
]


async def test_the_team_is_found_and_the_password_hashed(service: FakeCloud689):
    await service.provider().open()
    assert service.asked() == ["user/login/checkmail", "user/login", "user/info"]
    assert service.calls[0].fields == {"email_address": LOGIN}
    assert service.calls[1].fields == {
        "email_address": LOGIN,
        "password": DIGEST,
        "team_id": TEAM,
        "keep_me_login": "true",
    }
    assert service.calls[2].fields == {"auth_token": "5e8c1"}


async def test_opening_twice_asks_once(service: FakeCloud689):
    provider = service.provider()
    await provider.open()
    await provider.open()
    assert len(service.calls) == 3


async def test_a_team_id_in_the_settings_is_not_looked_up(service: FakeCloud689):
    await service.provider(team_id=TEAM, keep_me_login=False).open()
    assert service.asked() == ["user/login", "user/info"]
    assert service.calls[0].fields["keep_me_login"] == "false"


@pytest.mark.parametrize("team", ["0f3ae2", "Sales"])
async def test_one_of_several_teams_is_chosen(service: FakeCloud689, team: str):
    service.teams.append({"team_id": "0f3ae2", "team_name": "Sales"})
    await service.provider(team=team).open()
    assert service.of("user/login")[0].fields["team_id"] == "0f3ae2"


@pytest.mark.parametrize("team", ["", "Unknown"])
async def test_several_teams_and_no_choice_names_them(service: FakeCloud689, team: str):
    service.teams.append({"team_id": "0f3ae2", "team_name": "Sales"})
    with pytest.raises(ConfigError, match=r"ACME \(0f3ae1\), Sales \(0f3ae2\)"):
        await service.provider(team=team).open()
    assert service.asked() == ["user/login/checkmail"]


async def test_a_team_that_does_not_exist_is_a_matter_of_the_settings(service: FakeCloud689):
    with pytest.raises(ConfigError):
        await service.provider(team_id="none").open()


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "bob@example.com"}])
@pytest.mark.parametrize("mirror", [True, False])
async def test_refused_credentials_are_not_sent_again(
    service: FakeCloud689, wrong: dict[str, str], mirror: bool
):
    service.mirror = mirror
    provider = service.provider(**wrong)
    for _ in range(3):
        with pytest.raises(LoginFailed):
            await provider.open()
    assert len(service.calls) <= 2


@pytest.mark.parametrize("rejection", REJECTIONS)
@pytest.mark.parametrize("mirror", [True, False])
async def test_a_rejected_token_is_renewed_once(
    service: FakeCloud689, rejection: Refusal, mirror: bool
):
    service.mirror = mirror
    service.told_by = "nonsense" if rejection.symbol == "SOMETHING" else "text"
    provider = service.provider()
    await provider.open()
    service.fail("project/f/browse", rejection)
    await listing(provider, service.top())
    tokens = [call.fields["auth_token"] for call in service.of("project/f/browse")]
    assert tokens == ["5e8c1", "5e8c2"]


async def test_a_second_rejection_is_final(service: FakeCloud689):
    provider = service.provider()
    for _ in range(2):
        service.fail("project/f/browse", EXPIRED)
    with pytest.raises(LoginFailed):
        await listing(provider, service.top())
    assert service.issued == 2


async def test_many_rejected_requests_sign_in_once(service: FakeCloud689):
    provider = service.provider()
    await provider.open()
    service.tokens.clear()
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(listing, provider, service.top())
    assert service.issued == 2


async def test_a_token_goes_on_being_good_for_the_next_mount(service: FakeCloud689):
    notes: dict[str, str] = {}
    first = service.provider(notes)
    await first.open()
    await first.aclose()
    service.calls.clear()
    await service.provider(notes).open()
    assert service.asked() == ["user/info"]
    service.tokens.clear()
    await service.provider(notes).open()
    assert service.issued == 2


async def test_a_session_may_be_ended_at_unmount(service: FakeCloud689):
    notes: dict[str, str] = {}
    provider = service.provider(notes, logout=True)
    await provider.open()
    await provider.aclose()
    assert service.of("user/logout")[0].fields == {"access_token": "5e8c1", "auth_token": "5e8c1"}
    assert "5e8c1" not in str(notes)
    await provider.aclose()
    assert len(service.of("user/logout")) == 1


async def test_a_failing_end_of_the_session_is_nobodys_trouble(service: FakeCloud689):
    provider = service.provider(logout=True)
    await provider.open()
    service.break_before("user/logout")
    await provider.aclose()


@pytest.mark.parametrize("other", [{"username": "bob@example.com"}, {"url": f"{API}/v2"}])
async def test_notes_of_another_account_are_forgotten(service: FakeCloud689, other: dict[str, str]):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    service.provider(notes, **other)
    assert "5e8c1" not in str(notes)


async def test_nothing_secret_is_kept(service: FakeCloud689):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    kept = str(notes)
    assert DIGEST not in kept
    assert "secret-code" not in kept


async def test_nothing_secret_is_logged(service: FakeCloud689, caplog: pytest.LogCaptureFixture):
    provider = service.provider()
    file = service.store.add("file", b"text")
    await provider.open()
    await content(provider, await provider.stat(service.id(file)))
    await provider.upload(service.top(), "new", BytesContent(b"text"))
    assert provider.changes is not None
    await provider.changes.cursor()
    assert "5e8c1" not in caplog.text
    assert DIGEST not in caplog.text


async def test_a_service_that_cannot_be_asked_refuses_nothing(
    service: FakeCloud689, autojump_clock: trio.testing.MockClock
):
    provider = service.provider()
    for _ in range(5):
        service.break_before("user/login")
    with pytest.raises(TransientError):
        await provider.open()
    await provider.open()


async def test_a_session_that_could_not_be_made_is_tried_again(
    service: FakeCloud689, autojump_clock: trio.testing.MockClock
):
    service.fail("user/login", Refusal(417, "Create session failed", "CREATE_SESSION_FAILED"))
    await service.provider().open()
    assert len(service.of("user/login")) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(302, headers={"location": "https://else.test/"}),
        httpx.Response(200, text="<html>"),
    ],
)
async def test_another_server_is_not_taken_for_the_service(
    service: FakeCloud689, answer: httpx.Response
):
    service.fail("user/login/checkmail", answer)
    with pytest.raises((ConfigError, BadReply)) as caught:
        await service.provider().open()
    assert "url" in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": ""},
        {"password": ""},
        {"url": f"{API}?x=1"},
        {"url": "http://cloud.test/api"},
        {"length": 0},
        {"chunk_size": 0},
        {"history_interval": 0.0},
    ],
)
async def test_settings_that_cannot_be_right_are_refused(wrong: dict[str, object]):
    given: dict[str, object] = {"url": API, "username": LOGIN, "password": "x", **wrong}
    with pytest.raises(ConfigError):
        Cloud689Provider(Cloud689Settings(**given), http=Http(), notes={})  # type: ignore[arg-type]
