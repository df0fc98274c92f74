"""Tokens, and what an account has (reference 2.4, 2.5, 3.14)."""

import secrets
import string
from dataclasses import replace
from xml.etree.ElementTree import Element

from starlette.responses import Response

from cloudfs.emulators.asus.call import PORTAL, Answer, AsusRoutes, Call, refused, serve
from cloudfs.emulators.asus.passwords import decrypted, md5_form
from cloudfs.emulators.asus.payload import branch, leaf
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.asus.settings import MIB
from cloudfs.emulators.store.accounts import Account

routes = AsusRoutes()

FROZEN, CLOSED = 8, 32  # bits of userstate
MISSES_BEFORE_LOCK = 10  # of the one-time password

_SIGNS = string.ascii_lowercase + string.digits
_TOKEN_LENGTH = 16


@serve(
    routes,
    "member/acquiretoken",
    label="login",
    root="aaa",
    needs=replace(PORTAL, signed=True),
)
def _acquire_token(call: Call) -> Answer:
    account = _signed_in(call)
    if call.settings.userstate & CLOSED:
        raise Refusal(Status.FROZEN, "the account is closed")
    refusal = _second_factor(call, account)
    if refusal is not None:
        return refusal
    call.store.accounts.note_login(account.id)
    text = "".join(secrets.choice(_SIGNS) for _ in range(_TOKEN_LENGTH))
    ttl = call.settings.token_ttl
    token = call.store.tokens.issue(account.id, ttl=ttl, text=text)
    search = [leaf("searchserver", call.host)] if call.settings.searchserver else []
    return [
        leaf("token", token.token),
        leaf("inforelay", call.host),
        leaf("webrelay", call.emulator.webrelay_host(call.request)),
        *search,
        leaf("credential"),
        leaf("credentialstate", _credential_state(call, account)),
        _package(call, account),
        leaf("time", call.emulator.clock.now_ms()),
        leaf("timetolive", int(ttl)),
    ]


def _signed_in(call: Call) -> Account:
    account = call.emulator.account_of(call.fields.need("userid"))
    password = call.fields.text("password")
    if password is None:
        text = decrypted(call.fields.need("symmetrypwd"), call.settings.progkey)
        password = "" if text is None else md5_form(text)
    if account is None or password.lower() != md5_form(account.password):
        raise Refusal(Status.AUTHENTICATION, "wrong user or password")
    return account


def _second_factor(call: Call, account: Account) -> Response | None:
    """The reply to a wrong one; it is no exception, since the miss must be counted."""
    settings, given = call.settings, call.fields.text("auxpassword")
    if settings.captcha and given != settings.captcha:
        url = leaf("auxpasswordurl", f"{call.request.url.scheme}://{call.host}/captcha.jpg")
        return refused(call.root, Refusal(Status.CAPTCHA, "read the picture"), url)
    if not settings.otp:
        return None
    if account.failures >= MISSES_BEFORE_LOCK:
        return refused(call.root, Refusal(Status.OTP_LOCKED, "unlock it on the web site"))
    if given == settings.otp:
        return None
    if given is not None:
        misses = account.failures + 1
        call.store.accounts.note_refusal(account.id, failures=misses, locked_until=0)
    return refused(call.root, Refusal(Status.OTP, "a one-time password is needed"))


@serve(routes, "member/getinfo", label="account")
def _get_info(call: Call) -> Answer:
    account = call.user
    capacity = call.view.capacity(account.id)
    used = -(-call.store.accounts.live_bytes(account.id) // MIB)
    return [
        leaf("account", account.id),
        leaf("email", call.view.login(account.id)),
        leaf("regyear", 2008),
        leaf("language", "zh-tw"),
        leaf("activateddate", call.date(account.created)),
        leaf("credential"),
        leaf("credentialstate", _credential_state(call, account)),
        leaf("usedbackuppc", 0),
        _package(call, account, branch("featurelist", _feature("FolderQuota"))),
        leaf("usedcapacity", used),
        leaf("freecapacity", max(0, capacity // MIB - used)),
    ]


@serve(routes, "member/getuserstate", label="account", needs=PORTAL)
def _get_user_state(call: Call) -> Answer:
    if call.emulator.account_of(call.fields.need("userid")) is None:
        raise Refusal(Status.AUTHENTICATION, "there is no such user")
    if call.fields.need("serviceid") != "1":
        raise malformed("serviceid")
    return [
        leaf("userstate", call.settings.userstate),
        leaf("extensionstarttime"),
        leaf("extensionendtime"),
    ]


def _credential_state(call: Call, account: Account) -> str:
    if not call.settings.otp:
        return ""
    return "10" if account.failures >= MISSES_BEFORE_LOCK else "30"


def _package(call: Call, account: Account, *more: Element) -> Element:
    return branch(
        "package",
        leaf("id", 19),
        leaf("display", call.settings.package),
        leaf("capacity", call.view_of(account.id).capacity(account.id) // MIB),
        leaf("uploadbandwidth", 128),
        leaf("downloadbandwidth", 128),
        leaf("upload", 1000),
        leaf("download", 1000),
        leaf("concurrentsession", 1),
        leaf("maxfilesize", call.settings.maxfilesize or ""),
        leaf("hasencryption", 0),
        leaf("expire", "2030-01-01 00:00:00"),
        leaf("maxbackuppc", 3),
        *more,
    )


def _feature(name: str) -> Element:
    feature = branch("feature", branch("property"))
    feature.attrib = {"name": name, "enable": "1"}
    feature[0].attrib = {"name": "limit", "value": "0"}
    return feature
