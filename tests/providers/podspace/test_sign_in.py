"""Tokens: configured, kept, renewed, lost; and the sign-in with a code (reference 2)."""

import uuid
from typing import Any

import httpx
import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    ConfigError,
    LoginFailed,
    TransientError,
)
from cloudfs.http.limits import priority
from cloudfs.http.session import Token
from cloudfs.model import EntryId, Priority
from cloudfs.providers.podspace import PodspaceSettings, otp, sign_in_with_code
from cloudfs.providers.podspace.auth import Auth
from cloudfs.providers.podspace.endpoints import Endpoints
from tests.providers.podspace.service import API, FakePodspace

ROOT = EntryId("ROOT")


async def test_a_configured_token_is_used_as_it_is(service: FakePodspace):
    await service.provider().open()
    assert service.asked() == ["folder.list"]
    assert service.calls[0].request.headers["authorization"] == "Bearer 9c1e"


async def test_a_refused_token_is_renewed_and_the_request_repeated_once(service: FakePodspace):
    del service.tokens["9c1e"]
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    assert service.asked() == ["folder.list", "auth.refresh", "folder.list"]
    assert service.calls[1].path == "/api/oauth2/refresh?refreshToken=71aa"
    assert service.calls[2].request.headers["authorization"] == "Bearer token1"
    assert (notes["token"], notes["refresh_token"]) == ("token1", "refresh1")


async def test_a_kept_token_is_used_by_the_next_process(service: FakePodspace):
    del service.tokens["9c1e"]
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    service.calls.clear()
    await service.provider(notes).open()
    assert service.asked() == ["folder.list"]
    assert service.calls[0].request.headers["authorization"] == "Bearer token1"


async def test_the_kept_refresh_token_goes_before_the_configured_one(service: FakePodspace):
    del service.tokens["9c1e"]
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    service.tokens.clear()
    service.refreshes = {"refresh1"}
    service.calls.clear()
    await service.provider(notes).open()
    (refresh,) = service.of("auth.refresh")
    assert refresh.query == {"refreshToken": "refresh1"}


async def test_another_login_forgets_what_was_kept(service: FakePodspace):
    del service.tokens["9c1e"]
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    service.tokens["fresh"] = 0
    service.calls.clear()
    await service.provider(notes, token="fresh").open()
    assert service.calls[0].request.headers["authorization"] == "Bearer fresh"
    assert "token" not in notes


async def test_a_refresh_token_alone_is_enough(service: FakePodspace):
    await service.provider(token="").open()
    assert service.asked() == ["auth.refresh", "folder.list"]


async def test_what_another_process_renewed_is_used_instead_of_renewing_it_again(
    service: FakePodspace,
):
    notes: dict[str, str] = {}
    mount, command = service.provider(notes), service.provider(notes)
    await mount.open()
    await command.open()
    service.tokens.clear()
    await command.root()
    await mount.root()
    assert service.asked().count("auth.refresh") == 1
    assert service.calls[-1].request.headers["authorization"] == "Bearer token1"


async def test_a_token_of_another_process_that_has_ended_too_is_no_lost_login(
    service: FakePodspace,
):
    notes: dict[str, str] = {}
    mount = service.provider(notes)
    await mount.open()
    service.tokens.clear()
    notes["token"] = "theirs"
    await mount.root()
    sent = [call.request.headers["authorization"] for call in service.of("folder.list")]
    assert sent == ["Bearer 9c1e", "Bearer 9c1e", "Bearer theirs", "Bearer token1"]


@pytest.mark.parametrize("kept", [{"refresh_token": "theirs"}, {"token": "theirs"}])
@pytest.mark.parametrize("late", [False, True])
async def test_a_refresh_token_that_another_process_has_used_up_is_no_lost_login(
    service: FakePodspace, kept: dict[str, str], late: bool, autojump_clock: object
):
    """What that process got for it is tried, even if it is noted a moment later."""
    notes: dict[str, str] = {}
    mount = service.provider(notes)
    await mount.open()
    service.tokens = {"theirs": 0} if "token" in kept else {}
    service.refreshes = {"theirs"}

    async def note() -> None:
        if late:
            await trio.sleep(0.2)
        notes.update(kept)

    refresh = mount._auth._ask

    async def ask(token: str) -> Any:
        if token == "71aa":
            nursery.start_soon(note)
            if not late:
                await trio.sleep(0.1)
        return await refresh(token)

    mount._auth._ask = ask  # type: ignore[method-assign]  # the other process is at it, too
    async with trio.open_nursery() as nursery:
        await mount.root()
    asked = [call.query["refreshToken"] for call in service.of("auth.refresh")]
    assert asked == (["71aa", "theirs"] if "refresh_token" in kept else ["71aa"])


async def test_a_missing_new_refresh_token_keeps_the_old_one(service: FakePodspace):
    del service.tokens["9c1e"]
    notes: dict[str, str] = {}
    service.tokens["only"] = 0
    service.fail("auth.refresh", httpx.Response(200, json={"result": {"access_token": "only"}}))
    provider = service.provider(notes)
    await provider.open()
    assert "refresh_token" not in notes
    service.tokens.clear()
    await provider.open()
    assert service.of("auth.refresh")[-1].query == {"refreshToken": "71aa"}


async def test_a_token_is_renewed_a_minute_before_its_end(
    service: FakePodspace, autojump_clock: object
):
    provider = service.provider(token="")
    await provider.open()
    await trio.sleep(839)
    await provider.root()
    assert service.asked().count("auth.refresh") == 1
    await trio.sleep(2)
    await provider.root()
    assert service.asked().count("auth.refresh") == 2


async def test_a_kept_token_that_has_ended_is_not_tried(service: FakePodspace):
    notes: dict[str, str] = {}
    settings = PodspaceSettings(url=API, token="9c1e", refresh_token="71aa")
    http = service.http()
    Auth(http, settings, Endpoints(), notes)  # notes the account
    notes.update(token="old", refresh_token="71aa", token_until="100.0")
    auth = Auth(http, settings, Endpoints(), notes, clock=lambda: 101.0)
    http.trust(API)

    async def attempt(credentials: object) -> object:
        return credentials

    assert await auth.call(attempt) == {"Authorization": "Bearer token1"}
    notes["token_until"] = "nonsense"
    auth = Auth(http, settings, Endpoints(), notes, clock=lambda: 101.0)
    assert await auth.call(attempt) == {"Authorization": "Bearer token2"}
    auth = Auth(http, settings, Endpoints(), notes, clock=lambda: 102.0)
    assert await auth.call(attempt) == {"Authorization": "Bearer token2"}


async def test_one_task_renews_and_the_others_wait(service: FakePodspace):
    provider = service.provider()
    await provider.open()
    service.tokens.clear()
    service.calls.clear()
    async with trio.open_nursery() as nursery:
        for _ in range(6):
            nursery.start_soon(provider.root)
    assert service.asked().count("auth.refresh") == 1


async def test_renewing_needs_no_place_when_all_are_taken(
    service: FakePodspace, autojump_clock: object
):
    """Those who have a place may be waiting for the new token."""
    provider = service.provider()
    await provider.open()
    entry = await provider.stat(service.add_file("/f", b"x" * 10).hash)
    limiter = provider._api.connection.http.limiter
    link = await provider.download_link(entry)
    done = trio.Event()

    async def read_slowly(task_status: trio.TaskStatus[None]) -> None:
        with priority(Priority.INTERACTIVE):
            async with provider.fetch(link, 0, 10):
                task_status.started()
                await done.wait()

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            await nursery.start(read_slowly)
        limiter._limit = limiter.running
        session = provider._auth._session
        with trio.fail_after(5):
            await session.token(instead_of=await session.token())
        done.set()
    assert "auth.refresh" in service.asked()


async def test_a_second_refusal_is_a_lost_login(service: FakePodspace):
    provider = service.provider()
    refused = httpx.Response(401, json={"status": 401, "errorCode": 21})
    service.fail("folder.list", refused)
    service.fail("folder.list", refused)
    with pytest.raises(LoginFailed):
        await provider.open()
    assert service.asked() == ["folder.list", "auth.refresh", "folder.list"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json={"errorCode": 101}),
        httpx.Response(401, json={"errorCode": 21}),
        httpx.Response(404),
        httpx.Response(200, json={"status": 200, "result": {}}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"hasError": True, "errorCode": 21}),
    ],
)
async def test_a_refused_renewal_is_a_lost_login_and_not_repeated(
    service: FakePodspace, answer: httpx.Response, autojump_clock: object
):
    service.tokens.clear()
    service.fail("auth.refresh", answer)
    provider = service.provider()
    for _ in range(2):
        with pytest.raises(LoginFailed):
            await provider.open()
    assert service.asked().count("auth.refresh") == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(500, json={"errorCode": 999}),
        httpx.Response(200, json={"hasError": True, "errorCode": 33}),
        httpx.ConnectError("no route"),
    ],
)
async def test_a_renewal_that_cannot_be_made_now_leaves_the_login_alone(
    service: FakePodspace, answer: httpx.Response | Exception, autojump_clock: object
):
    service.tokens.clear()
    provider = service.provider()
    for _ in range(5):
        service.fail("auth.refresh", answer)
    with pytest.raises(TransientError):
        await provider.open()
    await trio.sleep(60)
    await provider.open()


async def test_without_a_refresh_token_a_refused_token_is_the_end(service: FakePodspace):
    service.tokens.clear()
    provider = service.provider(refresh_token="")
    with pytest.raises(LoginFailed, match="cloudfs login"):
        await provider.open()
    assert service.asked() == ["folder.list"]


NOT_ENTITLED = httpx.Response(401, json={"status": 401, "errorCode": 40})


async def test_a_holder_who_may_not_is_denied_after_one_renewal(service: FakePodspace):
    provider = service.provider()
    await provider.open()
    service.fail("quota", NOT_ENTITLED)
    service.fail("quota", NOT_ENTITLED)
    with pytest.raises(AccessDenied) as caught:
        await provider.quota()
    assert not isinstance(caught.value, LoginFailed)
    assert service.asked() == ["folder.list", "quota", "auth.refresh", "quota"]
    await provider.root()  # the login is none the worse


async def test_a_holder_who_may_not_is_denied_although_others_may(service: FakePodspace):
    """That the new token is good for others does not make it worth while to get a third one."""
    provider = service.provider()
    await provider.open()
    service.fail("quota", NOT_ENTITLED)
    service.fail("quota", NOT_ENTITLED)
    renewed = provider._auth._session.token

    async def prove(**how: Any) -> Token:
        token = await renewed(**how)
        if how["instead_of"] is not None:
            await provider.root()
        return token

    provider._auth._session.token = prove  # type: ignore[method-assign]  # others go first
    with pytest.raises(AccessDenied):
        await provider.quota()
    assert service.asked() == ["folder.list", "quota", "auth.refresh", "folder.list", "quota"]


async def test_a_holder_who_may_not_is_denied_at_once_without_refresh_token(service: FakePodspace):
    provider = service.provider(refresh_token="")
    await provider.open()
    service.fail("quota", NOT_ENTITLED)
    with pytest.raises(AccessDenied) as caught:
        await provider.quota()
    assert not isinstance(caught.value, LoginFailed)
    await provider.root()


async def test_tokens_that_last_a_few_requests_are_enough(service: FakePodspace):
    service.token_uses = 1
    provider = service.provider()
    await provider.open()
    for _ in range(3):
        await provider.root()
    assert service.asked().count("auth.refresh") == 3


async def test_they_are_enough_for_many_requests_at_once(service: FakePodspace):
    """A token that ended while a request waited for it is no lost login."""
    service.token_uses = 3
    provider = service.provider()
    await provider.open()
    node = service.add_file("/f", b"x")
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(provider.stat, EntryId(node.hash))
    assert 20 // 3 <= service.asked().count("auth.refresh") <= 10


async def test_a_session_ends_with_the_mount_only_if_that_is_wanted(service: FakePodspace):
    provider = service.provider()
    await provider.open()
    await provider.aclose()
    assert "auth.logout" not in service.asked()
    notes: dict[str, str] = {}
    provider = service.provider(notes, logout=True)
    await provider.open()
    await provider.aclose()
    assert [call.query for call in service.of("auth.logout")] == [
        {"token": "71aa", "tokenType": "refresh_token"},
        {"token": "9c1e", "tokenType": "access_token"},
    ]
    assert "token" not in notes


async def test_a_token_goes_to_the_service_alone_and_into_no_log(
    service: FakePodspace, caplog: pytest.LogCaptureFixture
):
    provider = service.provider()
    del service.tokens["9c1e"]
    await provider.open()
    for secret in ("9c1e", "71aa", "token1", "refresh1"):
        assert secret not in caplog.text
    settings = repr(PodspaceSettings(token="9c1e", refresh_token="71aa"))
    assert "9c1e" not in settings
    assert "71aa" not in settings


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"token": "", "refresh_token": ""}, "cloudfs login"),
        ({"token": "a b"}, "token"),
        ({"token": "a\nb"}, "token"),
        ({"page_size": 0}, "page_size"),
        ({"chunk_size": 0}, "chunk_size"),
        ({"activities_interval": 0.0}, "activities_interval"),
        ({"endpoints": "x"}, "table"),
        ({"endpoints": {"no.such": "GET /x"}}, "no.such"),
        ({"endpoints": {"folder.size": 3}}, "folder.size"),
        ({"endpoints": {"folder.size": "/folders"}}, "folder.size"),
        ({"endpoints": {"folder.size": "GET /{name}"}}, "folder.size"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(
    service: FakePodspace, settings: dict[str, object], complaint: str
):
    with pytest.raises(ConfigError, match=complaint):
        service.provider(**settings)


async def test_an_operation_can_be_set_to_another_address(service: FakePodspace):
    """The table of 1.9: here the address of a folder is asked for in the documented way."""
    provider = service.provider(endpoints={"entry.address": "GET /folders/{hash}/size"})
    entry = await provider.stat(service.add_folder("/a").hash)
    with pytest.raises(BadReply):
        await provider.details.get(entry, "path")
    assert service.calls[-1].key == "folder.size"


# With a code ---------------------------------------------------------------------------------


async def login(service: FakePodspace, code: str, **settings: str) -> dict[str, str]:
    asked: list[str] = []

    async def ask(question: str) -> str:
        asked.append(question)
        return code

    made = await sign_in_with_code(
        service.http(), PodspaceSettings(url=API, **settings), " 09120000000 ", ask
    )
    assert "09120000000" in asked[0]
    return dict(made)


async def test_a_code_from_a_telephone_gives_tokens(service: FakePodspace):
    stored = await login(service, "123456 ")
    assert stored["token"] == "token1"
    assert stored["refresh_token"] == "refresh1"
    handshake, authorize, verify = service.calls
    assert handshake.method == authorize.method == verify.method == "POST"
    assert b"deviceType=DESKTOP" in handshake.body
    assert f"deviceUID={stored['device_uid']}".encode() in handshake.body
    assert authorize.body == b"identity=09120000000"
    assert verify.body == b"identity=09120000000&otp=123456"
    assert verify.request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in handshake.request.headers
    del service.tokens["9c1e"]
    await service.provider(**stored).open()


async def test_a_machine_is_always_known_by_the_same_id(service: FakePodspace):
    first = await login(service, "123456")
    second = await login(service, "123456")
    assert first["device_uid"] == second["device_uid"]
    assert (await login(service, "123456", device_uid="my own"))["device_uid"] == "my own"


async def test_a_wrong_code_is_a_failed_login(service: FakePodspace):
    with pytest.raises(LoginFailed):
        await login(service, "000000")
    assert service.asked().count("auth.otp.verify") == 1


async def test_tokens_may_come_without_an_envelope(service: FakePodspace):
    service.fail("auth.otp.verify", httpx.Response(200, json={"access_token": "plain"}))
    stored = await login(service, "123456")
    assert stored["token"] == "plain"
    assert "refresh_token" not in stored


async def test_so_may_the_key_of_a_sign_in(service: FakePodspace):
    service.fail("auth.otp.handshake", httpx.Response(200, json={"keyId": "key-1"}))
    assert (await login(service, "123456"))["token"] == "token1"


@pytest.mark.parametrize("key", ["auth.otp.handshake", "auth.otp.authorize", "auth.otp.verify"])
async def test_a_sign_in_that_cannot_be_made_now_is_no_failed_login(
    service: FakePodspace, key: str
):
    service.fail(key, httpx.Response(500, json={"status": 500, "errorCode": 999}))
    with pytest.raises(TransientError):
        await login(service, "123456")
    assert service.asked().count(key) == 1


async def test_a_sign_in_goes_to_the_trusted_service_alone_with_its_key(service: FakePodspace):
    await login(service, "123456")
    handshake, authorize, verify = service.calls
    assert "keyid" not in handshake.request.headers
    assert authorize.request.headers["keyid"] == verify.request.headers["keyid"] == "key-1"
    assert all(call.request.headers["accept-language"] == "fa-IR" for call in service.calls)


async def test_a_machine_without_an_id_gets_one_to_keep(
    service: FakePodspace, monkeypatch, tmp_path
):
    monkeypatch.setattr(otp, "MACHINE_ID", trio.Path(tmp_path / "none"))
    first, second = await login(service, "123456"), await login(service, "123456")
    assert first["device_uid"] != second["device_uid"]
    assert uuid.UUID(first["device_uid"])


async def test_a_service_that_does_not_begin_is_no_failed_login(service: FakePodspace):
    service.fail("auth.otp.handshake", httpx.Response(200, json={"result": {}}))
    with pytest.raises(BadReply):
        await login(service, "123456")


async def test_a_sign_in_is_not_repeated_when_its_answer_is_lost(service: FakePodspace):
    service.lose_answer("auth.otp.authorize")
    with pytest.raises(TransientError):
        await login(service, "123456")
    assert service.asked() == ["auth.otp.handshake", "auth.otp.authorize"]
