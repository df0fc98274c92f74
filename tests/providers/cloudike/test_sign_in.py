"""Sign-in (reference 2): modes, renewal, lockout, and the encoding of bodies (1.3)."""

import base64

import httpx
import pytest
import trio
import trio.testing

from cloudfs.errors import ConfigError, InvalidRequest, LoginFailed, TransientError
from cloudfs.http.session import TokenRejected
from cloudfs.model import EntryId
from cloudfs.providers.cloudike import CloudikeSettings
from cloudfs.providers.cloudike.auth import LoginToken, login_string
from cloudfs.providers.cloudike.encoding import BodyEncoding
from tests.providers.cloudike.service import API, TOKEN, FakeCloudike

ROOT = EntryId("/")
LOGIN = "accounts/login/"


@pytest.mark.parametrize(
    ("username", "login"),
    [
        ("user@example.com", "email:user@example.com"),
        ("79201234567", "msisdn:79201234567"),
        ("userid:11", "userid:11"),
        ("email:root@root.com", "email:root@root.com"),
    ],
)
def test_a_login_has_a_kind(username: str, login: str):
    assert login_string(username) == login


async def test_the_token_goes_with_every_request(service: FakeCloudike):
    provider = service.provider()
    await provider.root()
    await provider.create_folder(ROOT, "a")
    login, *others = service.calls
    assert login.params == {"login": "email:user@example.com", "password": "secret"}
    assert login.encoding == "json"
    assert "mountbit-auth" not in login.request.headers
    assert len(others) == 2
    for call in others:
        assert call.request.headers["mountbit-auth"] == TOKEN
        assert "authorization" not in call.request.headers
        assert call.request.headers["accept"] == "application/json"


async def test_the_bare_token_may_be_the_authorization(service: FakeCloudike):
    await service.provider(auth_mode="authorization").root()
    assert service.calls[1].request.headers["authorization"] == TOKEN
    assert "mountbit-auth" not in service.calls[1].request.headers


async def test_basic_authentication_needs_no_login(service: FakeCloudike):
    provider = service.provider(auth_mode="basic", username="email:user@example.com")
    await provider.open()
    await provider.open()
    (call,) = service.calls  # once is proof enough
    pair = base64.b64encode(b"user@example.com:secret").decode()
    assert call.request.headers["authorization"] == f"Basic {pair}"


async def test_a_static_token_needs_no_login(service: FakeCloudike):
    provider = service.provider(auth_mode="static_token", token=TOKEN, username="", password="")
    await provider.root()
    (call,) = service.calls
    assert call.request.headers["mountbit-auth"] == TOKEN


@pytest.mark.parametrize("mode", ["basic", "static_token"])
async def test_fixed_credentials_are_not_repeated_once_refused(service: FakeCloudike, mode: str):
    provider = service.provider(auth_mode=mode, token="wrong", password="wrong")
    for _ in range(3):
        with pytest.raises(LoginFailed):
            await provider.root()
    with pytest.raises(LoginFailed):
        await provider.open()
    assert len(service.calls) == 1


# Renewal ----------------------------------------------------------------------------------------


async def test_an_expired_token_is_renewed_once_for_all(service: FakeCloudike):
    provider = service.provider()
    await provider.root()
    service.token = "renewed"
    service.calls.clear()
    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(provider.root)
    assert len(service.of(LOGIN)) == 1
    good = [c for c in service.calls if c.request.headers.get("mountbit-auth") == "renewed"]
    assert len(good) == 10


async def test_a_change_that_was_refused_for_its_token_is_made_after_all(service: FakeCloudike):
    provider = service.provider()
    await provider.root()
    service.token = "renewed"
    await provider.create_folder(ROOT, "a")
    assert "/a" in service.tree


async def test_a_second_refusal_is_final(service: FakeCloudike):
    provider = service.provider()
    for _ in range(2):
        service.fail("metadata", httpx.Response(401, json={"code": "Unauthorized"}))
    with pytest.raises(LoginFailed):
        await provider.root()
    assert len(service.of(LOGIN)) == 2


async def test_forbidden_is_never_taken_for_expiry(service: FakeCloudike):
    provider = service.provider()
    service.fail("metadata", httpx.Response(403, json={"code": "AccessDenied"}))
    with pytest.raises(Exception, match="403"):
        await provider.root()
    assert len(service.of(LOGIN)) == 1


async def test_a_remount_needs_no_login(service: FakeCloudike):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    assert len(service.calls) == 1
    again = service.provider(notes)
    await again.open()
    await again.root()
    assert len(service.of(LOGIN)) == 1


async def test_a_kept_token_that_is_refused_is_replaced(service: FakeCloudike):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    service.token = "renewed"
    await service.provider(notes).root()
    assert notes["token"] == "renewed"


async def test_a_token_that_another_process_got_is_used(service: FakeCloudike):
    notes: dict[str, str] = {}
    mount, command = service.provider(notes), service.provider(notes)
    await mount.open()
    await command.open()
    service.token = "renewed"
    await command.root()
    await mount.root()
    assert len(service.of(LOGIN)) == 2
    service.token, notes["token"] = "third", "ended meanwhile"
    await mount.root()
    assert notes["token"] == "third"


async def test_a_refused_login_is_none_if_another_process_got_a_token_meanwhile(
    service: FakeCloudike,
):
    notes: dict[str, str] = {}
    handle = service.handle

    async def answer(request: httpx.Request) -> httpx.Response:
        reply = await handle(request)
        if reply.status_code == 403:
            notes["token"] = service.token
        return reply

    service.handle = answer  # type: ignore[method-assign]  # another process is at it, too
    service.fail(LOGIN, httpx.Response(403))
    await service.provider(notes).root()
    assert len(service.of(LOGIN)) == 1


async def test_a_token_is_not_used_for_another_account(service: FakeCloudike):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    await service.provider(notes, username="other@example.com").open()
    assert len(service.of(LOGIN)) == 2
    assert service.calls[-1].params["login"] == "email:other@example.com"


class Client:
    """The sign-in alone, with the wall clock going as trio's does."""

    def __init__(self, service: FakeCloudike, notes: dict[str, str], password: str = "secret"):
        settings = CloudikeSettings(url=API, username="user@example.com", password=password)
        http = service.http()
        http.trust(API)
        encoding = BodyEncoding("auto", notes)
        self.auth = LoginToken(http, settings, encoding, notes, clock=self.now)

    def now(self) -> float:
        return 1_700_000_000 + trio.current_time()

    async def use(self) -> str:
        async def attempt(headers: object) -> str:
            return str(headers)

        return await self.auth.call(attempt)


@pytest.mark.parametrize(("lifetime", "margin"), [(3600, 60), (100, 10)])
async def test_a_token_is_renewed_before_it_expires(
    service: FakeCloudike, mock_clock: trio.testing.MockClock, lifetime: int, margin: int
):
    service.lifetime = lifetime * 1000
    notes: dict[str, str] = {}
    client = Client(service, notes)
    await client.use()
    mock_clock.jump(lifetime - margin - 1)
    await client.use()
    await Client(service, notes).use()
    assert len(service.calls) == 1
    mock_clock.jump(2)
    await Client(service, notes).use()
    assert len(service.calls) == 2
    await client.use()
    assert len(service.calls) == 3


async def test_a_token_without_an_end_is_kept_until_it_is_refused(
    service: FakeCloudike, mock_clock: trio.testing.MockClock
):
    service.lifetime = 0
    client = Client(service, {})
    await client.use()
    mock_clock.jump(10**8)
    await client.use()
    assert len(service.calls) == 1


# Lockout ----------------------------------------------------------------------------------------


async def test_refused_credentials_are_not_sent_again(service: FakeCloudike):
    provider = service.provider(password="wrong")
    for _ in range(3):
        with pytest.raises(LoginFailed):
            await provider.open()
        with pytest.raises(LoginFailed):
            await provider.root()
    assert len(service.calls) == 1


async def test_the_next_process_does_not_send_them_either_for_a_while(
    service: FakeCloudike, mock_clock: trio.testing.MockClock
):
    notes: dict[str, str] = {}
    with pytest.raises(LoginFailed):
        await Client(service, notes, "wrong").use()
    again = Client(service, notes, "wrong")
    with pytest.raises(LoginFailed, match="30 min"):
        await again.use()
    assert len(service.calls) == 1
    mock_clock.jump(30 * 60 + 1)
    service.password = "wrong"  # the user has set it on the service meanwhile
    await again.use()
    assert len(service.calls) == 2
    assert "refused" not in notes


async def test_corrected_credentials_are_tried_at_once(service: FakeCloudike):
    notes: dict[str, str] = {}
    with pytest.raises(LoginFailed):
        await Client(service, notes, "wrong").use()
    assert "wrong" not in str(notes)
    await Client(service, notes).use()


async def test_a_locked_user_waits_for_half_an_hour(
    service: FakeCloudike, mock_clock: trio.testing.MockClock
):
    client = Client(service, {})
    service.fail(LOGIN, httpx.Response(403, json={"code": "UserTemporarilyLocked"}))
    with pytest.raises(LoginFailed, match="UserTemporarilyLocked"):
        await client.use()
    mock_clock.jump(30 * 60 - 1)
    with pytest.raises(LoginFailed):
        await client.use()
    assert len(service.calls) == 1
    mock_clock.jump(2)
    await client.use()
    assert len(service.calls) == 2


async def test_a_failure_on_the_way_is_no_refusal(service: FakeCloudike):
    provider = service.provider()
    service.break_before(LOGIN)
    with pytest.raises(TransientError):
        await provider.root()
    service.fail(LOGIN, httpx.Response(500))
    with pytest.raises(TransientError):
        await provider.root()
    await provider.root()


# Encoding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 415])
async def test_a_form_follows_when_json_is_not_understood(service: FakeCloudike, status: int):
    service.encodings = {"form"}
    service.not_understood = status
    notes: dict[str, str] = {}
    provider = service.provider(notes)
    await provider.create_folder(ROOT, "a b")
    assert [call.encoding for call in service.calls] == ["json", "form", "form"]
    assert service.calls[-1].body == b"path=%2Fa+b"
    service.calls.clear()
    notes.pop("token")
    await service.provider(notes).create_folder(ROOT, "c")
    assert [call.encoding for call in service.calls] == ["form", "form"]


async def test_no_other_answer_changes_the_encoding(service: FakeCloudike):
    provider = service.provider()
    await provider.open()
    service.encodings = {"form"}
    for _ in range(2):
        with pytest.raises(Exception, match="415"):
            await provider.create_folder(ROOT, "a")
    assert [call.encoding for call in service.calls] == ["json", "json", "json"]


async def test_a_wrong_password_does_not_change_it_either(service: FakeCloudike):
    with pytest.raises(LoginFailed):
        await service.provider(password="wrong").open()
    assert [call.encoding for call in service.calls] == ["json"]


@pytest.mark.parametrize(("fixed", "spoken"), [("json", "form"), ("form", "json")])
async def test_a_fixed_encoding_has_no_fallback(service: FakeCloudike, fixed: str, spoken: str):
    service.encodings = {spoken}
    with pytest.raises(Exception, match="415"):
        await service.provider(body_encoding=fixed).root()
    assert [call.encoding for call in service.calls] == [fixed]


async def test_without_a_login_the_first_change_finds_out(service: FakeCloudike):
    service.encodings = {"form"}
    provider = service.provider(auth_mode="basic")
    await provider.root()
    await provider.create_folder(ROOT, "a")
    await provider.create_folder(ROOT, "b")
    assert [call.encoding for call in service.calls] == ["", "json", "form", "form"]


async def test_what_is_wrong_in_both_encodings_is_an_error_of_the_request(service: FakeCloudike):
    refusal = httpx.Response(400, json={"code": "InvalidParameters"})
    for _ in range(2):
        service.fail("fileops/folder_create/", refusal)
    with pytest.raises(InvalidRequest):
        await service.provider(auth_mode="basic").create_folder(ROOT, "a")
    assert [call.encoding for call in service.calls] == ["json", "form"]


# Opening and closing ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 405])
async def test_an_address_that_has_no_sign_in_is_a_mistake_in_the_settings(
    service: FakeCloudike, status: int
):
    for _ in range(2):
        service.fail(LOGIN, httpx.Response(status))
    with pytest.raises(ConfigError, match="sign-in"):
        await service.provider().open()


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "https://api.test/api/1"},
        {"url": "http://api.test"},
        {"url": "api.test"},
        {"username": ""},
        {"password": ""},
        {"auth_mode": "static_token"},
        {"page_limit": 0},
        {"task_poll": 0.0},
    ],
)
def test_settings_that_cannot_be_right_are_refused(
    service: FakeCloudike, settings: dict[str, object]
):
    with pytest.raises(ConfigError):
        service.provider(**settings)


async def test_the_session_goes_on_after_unmount(service: FakeCloudike):
    provider = service.provider()
    await provider.open()
    await provider.aclose()
    assert not service.of("accounts/logout/")


async def test_the_session_may_be_ended_at_unmount(service: FakeCloudike):
    notes: dict[str, str] = {}
    provider = service.provider(notes, logout=True)
    await provider.open()
    await provider.aclose()
    (call,) = service.of("accounts/logout/")
    assert call.request.headers["mountbit-auth"] == TOKEN
    assert "token" not in notes
    await provider.aclose()
    assert len(service.of("accounts/logout/")) == 1


async def test_a_logout_that_fails_is_ignored(service: FakeCloudike):
    provider = service.provider(logout=True)
    await provider.open()
    service.fail("accounts/logout/", httpx.ConnectError("gone"))
    service.fail("accounts/logout/", httpx.Response(404))
    with trio.move_on_after(60):
        await provider.aclose()


async def test_a_rejected_token_is_not_shown_to_callers(service: FakeCloudike):
    provider = service.provider()
    for _ in range(2):
        service.fail("fileops/folder_create/", httpx.Response(401))
    with pytest.raises(LoginFailed) as caught:
        await provider.create_folder(ROOT, "a")
    assert not isinstance(caught.value, TokenRejected)
