"""Sign-in (reference 2): the way to a token, what proves who asks, and when to ask again."""

import hashlib
import json
import re
import sys
from urllib.parse import unquote

import httpx
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    CloudError,
    ConfigError,
    LoginFailed,
    TransientError,
)
from cloudfs.providers.asus import OmniStorSettings, WebStorageSettings
from cloudfs.providers.asus.discovery import Servers
from cloudfs.providers.asus.passwords import digest_form, encrypted_form
from cloudfs.providers.asus.signing import authorization
from cloudfs.providers.asus.statuses import DeveloperRefused
from tests.providers.asus.service import PASSWORD, PROGKEY, FakeAsus
from tests.providers.asus.speech import GATEWAY, INFO, PORTAL, Call
from tests.providers.asus.tree import USER

PORTAL_CALL, AREA_CALL, TOKEN_CALL = (
    f"member/{name}" for name in ("requestservicegateway", "acquireservicegateway", "acquiretoken")
)
SYNC_CALL = "folder/getmysyncfolder"
NONCE = "3f1c0a5be7d94c2c8a6d1b2e4f506172"
DECLARED = b'<?xml version="1.0" encoding="utf-8"?>'
DIGEST = b"040173afc2e9520e65a1773779691d3e"


@pytest.fixture
def omnistor() -> FakeAsus:
    return FakeAsus("omnistor")


# The signature (2.1) ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timestamp", "signature"),
    [
        ("1700000000000", "mP7bMiEqFNogzjs%2B0%2Fpw0tyRBgc%3D"),
        ("1700000000", "JlEBH1lKlaswKkkuywTZE90tngE%3D"),
    ],
)
def test_a_signature_is_as_in_the_reference(timestamp: str, signature: str):
    assert authorization(PROGKEY, nonce=NONCE, timestamp=timestamp) == (
        f'signature_method="HMAC-SHA1",timestamp="{timestamp}",nonce="{NONCE}",'
        f'signature="{signature}"'
    )


def timeless(call: Call) -> bytes:
    return re.sub(rb"<time>\d+</time>", b"<time>NOW</time>", call.body)


def pairs_of(call: Call) -> dict[str, str]:
    header = call.request.headers["authorization"]
    return dict(re.findall(r'(\w+)="([^"]*)"', header))


async def test_each_attempt_has_a_nonce_of_its_own(service: FakeAsus, hasty: object):
    service.lose_answer(TOKEN_CALL)
    service.refuse(TOKEN_CALL, 5)
    await service.provider().open()
    nonces = [pairs_of(call)["nonce"] for call in service.of(TOKEN_CALL)]
    assert len(nonces) == len(set(nonces)) == 3
    for nonce in nonces:
        assert re.fullmatch("[0-9a-f]{32}", nonce)


async def test_the_timestamp_is_now_in_milliseconds(service: FakeAsus):
    await service.provider().open()
    (call,) = service.of(TOKEN_CALL)
    given = int(pairs_of(call)["timestamp"])
    answered = float(call.body.partition(b"<time>")[2].partition(b"</time>")[0])
    assert abs(given / 1000 - answered) < 5


async def test_only_what_needs_a_signature_has_one(service: FakeAsus):
    await service.provider().open()
    signed = [call.route for call in service.calls if "authorization" in call.request.headers]
    assert signed == [TOKEN_CALL]


async def test_everything_can_be_signed(service: FakeAsus):
    file = service.add_file("/file", b"data")
    provider = service.provider(sign_all=True)
    entry = await provider.find((await provider.root()).id, file.name)
    async with provider.fetch(await provider.download_link(entry), 0, 4) as pieces:
        assert b"".join([piece async for piece in pieces]) == b"data"
    headers = [call.request.headers.get("authorization") for call in service.calls]
    assert None not in headers
    assert len(set(headers)) == len(headers)


# Passwords (1.12, 2.4) --------------------------------------------------------------------------


def test_a_password_is_lowered_before_its_digest():
    assert digest_form(PASSWORD).encode() == DIGEST
    assert digest_form("password") == "5f4dcc3b5aa765d61d8327deb882cf99"


def test_a_password_is_encrypted_as_in_the_reference():
    pytest.importorskip("cryptography")
    assert encrypted_form(PASSWORD, PROGKEY) == "yiPmXPJfzd3pEdmcKDTtTw=="


def test_encryption_needs_a_long_key():
    with pytest.raises(ConfigError, match="progkey"):
        encrypted_form(PASSWORD, "short")


def test_encryption_needs_a_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers", None)
    with pytest.raises(ConfigError, match="pip install"):
        encrypted_form(PASSWORD, PROGKEY)


async def test_an_encrypted_password_goes_instead_of_the_digest(omnistor: FakeAsus):
    pytest.importorskip("cryptography")
    await omnistor.provider(password_scheme="3des").open()
    (call,) = omnistor.of(TOKEN_CALL)
    assert timeless(call) == (
        DECLARED + b"<aaa><userid>user@example.com</userid>"
        b"<symmetrypwd>yiPmXPJfzd3pEdmcKDTtTw==</symmetrypwd><time>NOW</time></aaa>"
    )


# Finding the gateway (2.2, 2.3) -----------------------------------------------------------------


async def test_the_public_service_is_asked_by_user_and_password(service: FakeAsus):
    await service.provider().open()
    (call,) = service.of(PORTAL_CALL)
    assert str(call.request.url) == f"https://{PORTAL}/member/requestservicegateway/"
    assert call.request.headers["content-type"] == "application/xml; charset=utf-8"
    assert call.body == (
        DECLARED + b"<requestservicegateway><userid>user@example.com</userid>"
        b"<password>" + DIGEST + b"</password>"
        b"<language>zh_TW</language><service>1</service></requestservicegateway>"
    )


async def test_a_private_installation_is_asked_by_area(omnistor: FakeAsus):
    await omnistor.provider().open()
    (call,) = omnistor.of(AREA_CALL)
    assert call.body == (
        DECLARED + b"<acquireservicegateway><areaid>1</areaid></acquireservicegateway>"
    )
    assert "authorization" in call.request.headers


async def test_a_private_installation_may_be_asked_by_user_alone(omnistor: FakeAsus):
    await omnistor.provider(discovery="requestservicegateway").open()
    (call,) = omnistor.of(PORTAL_CALL)
    assert call.body == (
        DECLARED + b"<requestservicegateway><userid>user@example.com</userid>"
        b"<service>1</service></requestservicegateway>"
    )


async def test_a_gateway_that_is_known_is_not_looked_up(omnistor: FakeAsus):
    await omnistor.provider(url="", gateway=GATEWAY).open()
    first = omnistor.calls[0]
    assert (first.route, first.host) == (TOKEN_CALL, GATEWAY)


async def test_an_area_without_a_gateway_is_named(omnistor: FakeAsus):
    with pytest.raises(LoginFailed, match="area 7"):
        await omnistor.provider(area_id=7).open()


@pytest.mark.parametrize(("status", "said"), [(2, "password"), (5, "progkey")])
async def test_a_refusal_at_the_portal_says_what_to_correct(
    service: FakeAsus, status: int, said: str
):
    service.refuse(PORTAL_CALL, status, times=2)
    with pytest.raises(LoginFailed, match=said):
        await service.provider().open()
    assert service.of(TOKEN_CALL) == []


async def test_a_portal_without_the_call_is_no_missing_entry(omnistor: FakeAsus):
    omnistor.fail(AREA_CALL, httpx.Response(404))
    with pytest.raises(LoginFailed):
        await omnistor.provider().open()


@pytest.mark.parametrize(
    ("told", "host"),
    [
        ("sg.test:8080", "sg.test:8080"),
        ("https://sg.test", "sg.test"),
        ("https://sg.test/", "sg.test"),
        (" sg.test ", "sg.test"),
    ],
)
async def test_a_server_is_told_with_or_without_a_scheme(service: FakeAsus, told: str, host: str):
    service.fail(PORTAL_CALL, found(told))
    await service.provider().open()
    (call,) = service.of(TOKEN_CALL)
    assert str(call.request.url) == f"https://{host}/member/acquiretoken/"


@pytest.mark.parametrize(
    "told",
    ["", "  ", "two words", "host:port", "user@host", "ftp://sg.test", "//", "a?b", "x:99999"],
)
async def test_a_server_that_makes_no_sense_is_a_bad_reply(service: FakeAsus, told: str):
    service.fail(PORTAL_CALL, found(told))
    with pytest.raises(BadReply):
        await service.provider().open()
    assert service.of(TOKEN_CALL) == []


async def test_nobody_is_led_from_https_to_http(service: FakeAsus):
    service.fail(PORTAL_CALL, found("http://sg.test"))
    with pytest.raises(BadReply):
        await service.provider().open()
    assert service.of(TOKEN_CALL) == []


@given(st.text(max_size=30) | st.from_regex(r"(https?://)?[a-z0-9.\-]+(:\d{1,6})?/?"))
def test_whatever_is_told_becomes_an_address_or_a_bad_reply(told: str):
    settings = WebStorageSettings(username="u", password="p", sid="1", progkey="k")
    servers = Servers(FakeAsus().http(), settings)
    try:
        url = servers.told(told)
    except BadReply:
        return
    assert url.startswith(("https://", "http://"))
    assert not url.endswith("/")


def found(server: str) -> httpx.Response:
    root = "requestservicegateway"
    told = f"<status>0</status><servicegateway>{server}</servicegateway>"
    return httpx.Response(200, text=f"<{root}>{told}</{root}>")


# The token (2.4, 2.5) ---------------------------------------------------------------------------


async def test_a_token_is_asked_for_as_the_reference_says(service: FakeAsus):
    await service.provider().open()
    (call,) = service.of(TOKEN_CALL)
    assert str(call.request.url) == f"https://{GATEWAY}/member/acquiretoken/"
    assert timeless(call) == (
        DECLARED + b"<aaa><userid>user@example.com</userid>"
        b"<password>" + DIGEST + b"</password><time>NOW</time></aaa>"
    )


async def test_headers_say_who_asks(service: FakeAsus, omnistor: FakeAsus):
    await service.provider().open()
    await omnistor.provider().open()
    common = "sid=10000001; c=0; v=1.0; EEE_MANU=cloudfs; EEE_PROD=cloudfs; OS_VER=6.1"
    for call in service.calls:
        assert call.request.headers["cookie"] == f"OMNISTORE_VER=1_0; path=/; {common}"
        assert "x-asc-sid" not in call.request.headers
    for call in omnistor.calls:
        assert call.request.headers["cookie"] == common
        assert call.request.headers["x-asc-sid"] == "10000001"


async def test_a_cookie_holds_nothing_that_would_end_it(service: FakeAsus):
    await service.provider(maker="A; B,\tC", product="naïve", os="").open()
    cookie = service.calls[0].request.headers["cookie"]
    assert "EEE_MANU=A__B__C; EEE_PROD=na_ve; OS_VER=" in cookie
    assert cookie.count(";") == 7


async def test_nobody_else_learns_who_asks(service: FakeAsus):
    """Cookie and signature go to the servers of the account only."""
    provider = service.provider()
    await provider.open()
    http = provider._parts.relay._calls.exchange.http
    assert {http.trusts(f"https://{host}/x") for host in (PORTAL, GATEWAY, INFO)} == {True}
    assert not http.trusts("https://elsewhere.test/")


async def test_one_sign_in_serves_all(service: FakeAsus):
    provider = service.provider()
    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(provider.quota)
    assert len(service.of(TOKEN_CALL)) == 1


async def test_a_token_that_ended_is_renewed_once_for_all(service: FakeAsus):
    provider = service.provider()
    await provider.quota()
    service.revoke()
    service.calls.clear()
    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(provider.quota)
    assert len(service.of(TOKEN_CALL)) == 1
    assert service.of(PORTAL_CALL) == []  # the gateway is known
    good = [call for call in service.of("member/getinfo") if b"00002<" in call.body]
    assert len(good) == 8


async def test_a_change_refused_for_its_token_is_made_after_all(service: FakeAsus):
    provider = service.provider()
    root = await provider.root()
    service.revoke()
    await provider.create_folder(root.id, "folder")
    assert service.names() == {"folder"}


async def test_a_second_refusal_is_final(service: FakeAsus):
    provider = service.provider()
    service.refuse("member/getinfo", 2, times=2)
    with pytest.raises(LoginFailed) as caught:
        await provider.quota()
    assert isinstance(caught.value, AccessDenied)
    assert len(service.of(TOKEN_CALL)) == 2


async def test_a_token_is_kept_for_the_next_process(service: FakeAsus):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    service.calls.clear()
    await service.provider(notes).open()
    assert [call.route for call in service.calls] == [SYNC_CALL, "inforelay/browsefolder"]


async def test_a_kept_token_that_ended_is_replaced(service: FakeAsus):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    service.revoke()
    service.calls.clear()
    await service.provider(notes).open()
    assert len(service.of(TOKEN_CALL)) == 1
    assert service.of(PORTAL_CALL) == []


@pytest.mark.parametrize(
    "damaged",
    [
        *("", "{", "[]", "null", '{"token": "x"}', '"x"', "5"),
        json.dumps({"token": "a b", "gateway": "h", "inforelay": "h", "webrelay": "h"}),
        json.dumps({"token": "ab", "gateway": "h", "inforelay": "?", "webrelay": "h"}),
        json.dumps({"token": "ab", "gateway": 5, "inforelay": "h", "webrelay": "h"}),
        json.dumps({"token": 5, "gateway": "h", "inforelay": "h", "webrelay": "h"}),
    ],
)
async def test_a_note_that_is_damaged_is_no_obstacle(service: FakeAsus, damaged: str):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    notes["grant"] = damaged
    await service.provider(notes).open()
    assert len(service.of(TOKEN_CALL)) == 2


async def test_a_gateway_note_that_is_damaged_is_no_obstacle(service: FakeAsus):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    notes["gateway"] = "not a host"
    del notes["grant"]
    await service.provider(notes).open()
    assert notes["gateway"] == f"https://{GATEWAY}"


@pytest.mark.parametrize(
    "other", [{"username": "USER@example.com"}, {"gateway": GATEWAY}, {"area_id": 2}]
)
async def test_what_is_known_of_another_account_is_forgotten(
    service: FakeAsus, other: dict[str, object]
):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    await service.provider(notes, **other).open()
    assert len(service.of(TOKEN_CALL)) == 2


async def test_no_secret_is_written_down(service: FakeAsus):
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    assert not any(PASSWORD in text or PROGKEY in text for text in notes.values())
    assert "t/+" in notes["grant"]  # the token is; notes are private


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (2, "password"),
        (5, "progkey"),
        (226, "frozen"),
        (505, "locked"),
        (506, "too many"),
        (507, "not valid"),
        (994, "users"),
        (996, "expired"),
        (997, "licence"),
        (225, "not accepted"),
    ],
)
async def test_a_refusal_says_what_to_do_and_is_not_repeated(
    service: FakeAsus, status: int, said: str
):
    service.refuse(TOKEN_CALL, status, times=9)
    provider = service.provider()
    for _ in range(3):
        with pytest.raises(LoginFailed, match=said):
            await provider.open()
        with pytest.raises(LoginFailed):
            await provider.quota()
    assert len(service.of(TOKEN_CALL)) == (2 if status == 5 else 1)


async def test_a_nonce_that_was_refused_is_replaced_once(service: FakeAsus):
    service.refuse(TOKEN_CALL, 5)
    await service.provider().open()
    assert len(service.of(TOKEN_CALL)) == 2


async def test_a_developer_refused_later_is_no_ended_token(service: FakeAsus):
    provider = service.provider()
    service.refuse("member/getinfo", 5)
    with pytest.raises(DeveloperRefused):
        await provider.quota()
    assert len(service.of(TOKEN_CALL)) == 1


async def test_a_general_error_is_tried_three_times_more(service: FakeAsus, hasty: object):
    service.refuse(TOKEN_CALL, 999, times=3)
    await service.provider().open()
    assert len(service.of(TOKEN_CALL)) == 4


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>maintenance</html>"),
        httpx.Response(200, text="sorry"),
        httpx.Response(200, text=""),
        httpx.Response(509),
        httpx.Response(500),
        httpx.ReadError("broken"),
    ],
)
async def test_no_answer_is_no_refusal(
    service: FakeAsus, answer: httpx.Response | Exception, hasty: object
):
    service.fail(TOKEN_CALL, answer)
    await service.provider().open()
    assert len(service.of(TOKEN_CALL)) == 2
    for _ in range(9):
        service.fail(TOKEN_CALL, answer)
    provider = service.provider()
    with pytest.raises(TransientError):
        await provider.open()
    service.faults.clear()
    await provider.open()


@pytest.mark.parametrize("missing", ["token", "inforelay", "webrelay"])
async def test_a_sign_in_without_the_indispensable_is_a_bad_reply(service: FakeAsus, missing: str):
    told = {"token": "x", "inforelay": INFO, "webrelay": "wr.test"}
    told[missing] = ""
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in told.items())
    service.fail(TOKEN_CALL, httpx.Response(200, text=f"<aaa><status>0</status>{inner}</aaa>"))
    with pytest.raises(BadReply):
        await service.provider().open()


async def test_without_connections_the_servers_are_looked_up_anew(service: FakeAsus, hasty: object):
    provider = service.provider()
    await provider.quota()
    for _ in range(3):
        for _ in range(2):
            service.fail("member/getinfo", httpx.ConnectError("down"))
        with pytest.raises(TransientError):
            await provider.quota()
        await trio.sleep(60)  # until the way there is tried again
    service.calls.clear()
    await provider.quota()
    assert len(service.of(TOKEN_CALL)) == 1


async def test_a_gateway_that_is_not_there_is_looked_up_anew(service: FakeAsus, hasty: object):
    notes: dict[str, str] = {}
    provider = service.provider(notes)
    for _ in range(3):
        for _ in range(2):
            service.fail(TOKEN_CALL, httpx.ConnectError("down"))
        with pytest.raises(TransientError):
            await provider.open()
        await trio.sleep(60)
    assert "gateway" not in notes
    await provider.open()
    assert len(service.of(PORTAL_CALL)) == 2


# One-time passwords and pictures (2.4) ----------------------------------------------------------


async def test_a_one_time_password_is_given_when_it_is_asked_for(service: FakeAsus):
    service.second_factor = (504, "123456")
    await service.provider(otp="123456").open()
    first, second = service.of(TOKEN_CALL)
    assert b"auxpassword" not in first.body
    assert second.body.endswith(b"</time><auxpassword>123456</auxpassword></aaa>")


async def test_a_one_time_password_that_nobody_asks_for_is_not_sent(service: FakeAsus):
    await service.provider(otp="123456").open()
    (call,) = service.of(TOKEN_CALL)
    assert b"auxpassword" not in call.body


async def test_without_a_one_time_password_the_advice_is_to_set_one(service: FakeAsus):
    service.second_factor = (504, "123456")
    provider = service.provider()
    for _ in range(2):  # the second time it is not asked for
        with pytest.raises(LoginFailed, match="set otp") as caught:
            await provider.open()
        assert caught.value.wanted == "otp"
    assert len(service.of(TOKEN_CALL)) == 1


async def test_the_token_that_another_process_got_needs_no_one_time_password(service: FakeAsus):
    notes: dict[str, str] = {}
    mount, command = service.provider(notes), service.provider(notes, otp="123456")
    await mount.quota()
    service.revoke()
    service.second_factor = (504, "123456")
    await command.quota()
    await mount.quota()
    assert len(service.of(TOKEN_CALL)) == 3


async def test_a_one_time_password_that_another_process_used_first_is_no_failure(
    service: FakeAsus,
):
    notes: dict[str, str] = {}
    theirs: dict[str, str] = {}
    service.second_factor = (504, "123456")
    await service.provider(theirs, otp="123456").quota()
    mount = service.provider(notes)
    before = ("before", lambda: notes.update(grant=theirs["grant"]))
    service.faults[TOKEN_CALL].append(before)
    await mount.quota()


async def test_a_one_time_password_is_never_tried_twice(service: FakeAsus):
    service.second_factor = (504, "123456")
    notes: dict[str, str] = {}
    with pytest.raises(LoginFailed, match="set otp"):
        await service.provider(notes, otp="654321").open()
    with pytest.raises(LoginFailed, match="set otp"):
        await service.provider(notes, otp="654321").open()
    sent = [call for call in service.of(TOKEN_CALL) if b"654321" in call.body]
    assert len(sent) == 1
    assert "654321" not in str(notes)
    assert hashlib.sha256(b"654321").hexdigest() in notes.values()
    await service.provider(notes, otp="123456").open()


async def test_a_one_time_password_lost_on_the_way_is_not_sent_again(
    service: FakeAsus, hasty: object
):
    service.second_factor = (504, "123456")
    service.skip(TOKEN_CALL)
    service.lose_answer(TOKEN_CALL)
    provider = service.provider(otp="123456")
    with pytest.raises(TransientError):
        await provider.open()
    with pytest.raises(LoginFailed):
        await provider.open()
    assert len([c for c in service.of(TOKEN_CALL) if b"123456" in c.body]) == 1


async def test_a_captcha_is_shown_by_its_address(service: FakeAsus):
    service.second_factor = (508, "xK4f")
    with pytest.raises(LoginFailed, match=r"https://pictures\.test/1\.jpg.*set captcha"):
        await service.provider().open()
    await service.provider(captcha="xK4f").open()


async def test_a_token_that_took_a_person_is_not_given_up_lightly(service: FakeAsus, hasty: object):
    service.second_factor = (504, "123456")
    provider = service.provider(otp="123456")
    await provider.quota()
    for _ in range(4):
        for _ in range(2):
            service.fail("member/getinfo", httpx.ConnectError("down"))
        with pytest.raises(TransientError):
            await provider.quota()
        await trio.sleep(60)
    await provider.quota()


# Settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        *({"username": ""}, {"password": ""}, {"sid": ""}, {"progkey": ""}, {"root": "top"}),
        *({"root": "id:"}, {"root": "id:x"}, {"restore_folder": "x"}, {"pagesize": 0}),
        *({"poll": 0.0}, {"upload_chunk_size": -1}, {"time_zone": "Nowhere/Land"}),
        *({"time_zone": "../etc"}, {"marks": "star"}, {"url": "https://sp.test/path"}),
        *({"url": "sp test"}, {"gateway": "x y"}, {"url": "", "gateway": ""}),
        {"password_scheme": "3des", "progkey": "short"},
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_once(
    service: FakeAsus, wrong: dict[str, object]
):
    with pytest.raises(ConfigError):
        service.provider(**wrong)


def test_the_profiles_differ_as_the_reference_says():
    account = {"username": "u", "password": "p", "sid": "1", "progkey": "k"}
    web, omni = WebStorageSettings(**account), OmniStorSettings(**account)
    assert (web.url, omni.url) == ("https://sp.yostore.net", "")
    assert (web.discovery, omni.discovery) == ("requestservicegateway", "acquireservicegateway")
    assert (web.discovery_password, omni.discovery_password) == (True, False)
    assert (web.sid_header, omni.sid_header) == (False, True)
    assert (web.omnistore_cookie, omni.omnistore_cookie) == (True, False)
    assert (web.share_url_prefix, omni.share_url_prefix) == ("http://oeo.la/", "")
    assert (web.compact_sharecode, omni.compact_sharecode) == (True, False)
    assert web.root == omni.root == "sync"
    assert web.password_scheme == omni.password_scheme == "md5"


@pytest.mark.parametrize(
    ("given", "scheme"),
    [
        ({}, "https"),
        ({"url": "http://127.0.0.1:8080"}, "http"),
        ({"url": "", "gateway": "sg.test"}, "https"),
        ({"url": "", "gateway": "http://127.0.0.1:1"}, "http"),
        ({"url": "https://sp.test", "scheme": "http"}, "http"),
    ],
)
def test_the_scheme_of_the_servers_is_that_of_the_portal(given: dict[str, str], scheme: str):
    account = {"username": "u", "password": "p", "sid": "1", "progkey": "k"}
    assert WebStorageSettings(**account, **given).server_scheme() == scheme


async def test_a_user_is_sent_as_it_is_written(service: FakeAsus):
    service.refuse(PORTAL_CALL, 2)
    with pytest.raises(CloudError):
        await service.provider(username="a&b <c>@example.com").open()
    assert b"<userid>a&amp;b &lt;c&gt;@example.com</userid>" in service.calls[0].body


async def test_the_token_is_encoded_in_paths_and_queries(service: FakeAsus):
    """The tokens of these tests hold a slash and a plus sign."""
    file = service.add_file("/file", b"data")
    provider = service.provider()
    entry = await provider.find((await provider.root()).id, file.name)
    link = await provider.download_link(entry)
    assert "/webrelay/directdownload/t%2F%2B0000000000001/?" in link.url
    assert unquote(link.url).count("t/+") == 1
    assert USER not in link.url
