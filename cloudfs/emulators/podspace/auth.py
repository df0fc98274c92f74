"""Who is asking, and how tokens are got and given back (reference 2)."""

import base64
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.errors import ApiError, Code

if TYPE_CHECKING:
    from cloudfs.emulators.podspace.emulator import PodSpaceEmulator

routes = PodSpaceRoutes()

ACCESS, REFRESH = "access", "refresh"  # labels of tokens in the store
OTP_MS = 120 * 1000
_HANDSHAKE = "handshake"  # kind of record: a device, and the code that was sent to somebody
_DEVICES = {"MOBILE_PHONE", "TABLET", "DESKTOP", "CONSOLE", "TV_DEVICE"}
_KINDS = {"access_token": ACCESS, "refresh_token": REFRESH}


def token_text(request: Request, *, in_query: bool) -> str | None:
    """The access token that a request carries, if it carries one."""
    header = request.headers.get("authorization")
    if header is not None:
        return _without_scheme(header)
    if not in_query:
        return None
    query = request.query_params
    found = query.get("Authorization") or query.get("authorization")
    return None if found is None else _without_scheme(found)


def _without_scheme(value: str) -> str:
    scheme, space, token = value.partition(" ")
    return token.strip() if space and scheme.lower() == "bearer" else value


def authenticate(emulator: "PodSpaceEmulator", token: str | None) -> int | None:
    """The account of a token; None without one, 21 for one that is worthless."""
    if token is None:
        return None
    found = emulator.store.tokens.find(token)
    if found is None or found.label != ACCESS:
        raise ApiError(Code.INVALID_TOKEN, "the token is unknown or has expired")
    return found.account


def issue(emulator: "PodSpaceEmulator", account: int) -> dict[str, Any]:
    """New tokens for an account, as the service hands them out."""
    ttl = emulator.settings.token_ttl
    access = emulator.store.tokens.issue(account, ttl=ttl, label=ACCESS)
    refresh = emulator.store.tokens.issue(account, ttl=None, label=REFRESH)
    return {
        "access_token": access.token,
        "refresh_token": refresh.token,
        "expires_in": int(ttl),
        "id_token": _id_token(emulator, account),
        "scope": "profile",
        "token_type": "Bearer",
    }


def _id_token(emulator: "PodSpaceEmulator", account: int) -> str:
    """A JSON Web Token without a signature: nobody checks it."""
    head = {"alg": "none", "typ": "JWT"}
    claims = {"sub": str(account), "name": emulator.store.accounts.get(account).name}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (head, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


@routes.on("POST", "oauth2/otp/handshake", key="auth.otp.handshake", label="login")
def _handshake(call: Call) -> Any:
    device = {name: call.params.need(name) for name in ("deviceUID", "deviceName", "deviceOs")}
    if call.params.need("deviceType") not in _DEVICES:
        raise ApiError(Code.INVALID_REQUEST, "there are no such devices")
    key_id = secrets.token_hex(16)
    anybody = call.store.accounts.all()[0].id
    call.store.records.put(_HANDSHAKE, key_id, anybody, {"device": device})
    return {"keyId": key_id}


@routes.on("POST", "oauth2/otp/authorize", key="auth.otp.authorize", label="login")
def _authorize(call: Call) -> Any:
    key_id, data = _handshaken(call)
    identity = call.params.need("identity")
    account = call.store.accounts.find(identity)
    if account is None:
        raise ApiError(Code.INVALID_REQUEST, f"nobody is called {identity}")
    sent = {**data, "identity": identity, "until": call.emulator.clock.now_ms() + OTP_MS}
    call.store.records.put(_HANDSHAKE, key_id, account.id, sent)
    return {
        "identity": identity,
        "type": "PHONE_NUMBER",
        "expires_in": OTP_MS // 1000,
        "user_id": account.id,
    }


@routes.on("POST", "oauth2/otp/verify", key="auth.otp.verify", label="login")
def _verify(call: Call) -> Any:
    key_id, data = _handshaken(call)
    identity, otp = call.params.need("identity"), call.params.need("otp")
    late = call.emulator.clock.now_ms() >= data.get("until", 0)
    if late or identity != data.get("identity") or otp != call.settings.otp:
        raise ApiError(Code.INVALID_REQUEST, "the code is wrong or too late")
    account = call.store.accounts.find(identity)
    assert account is not None
    call.store.records.put(_HANDSHAKE, key_id, account.id, {"device": data["device"]})
    return issue(call.emulator, account.id)


def _handshaken(call: Call) -> tuple[str, dict[str, Any]]:
    key_id = call.request.headers.get("keyid", "")
    record = call.store.records.get(_HANDSHAKE, key_id)
    if record is None:
        raise ApiError(Code.INVALID_REQUEST, "the keyId is unknown")
    return key_id, record.data


@routes.on("GET", "oauth2/login", key="auth.login", label="login")
def _login(call: Call) -> Response:
    """Sign the default account in, as if somebody had done so in the browser."""
    target = call.params.web_address("redirectUri")
    account = call.store.accounts.find(call.emulator.login)
    assert account is not None
    tokens = issue(call.emulator, account.id)
    fragment = urlencode(
        {
            "accessToken": tokens["access_token"],
            "refreshToken": tokens["refresh_token"],
            "expiresIn": tokens["expires_in"],
        }
    )
    return RedirectResponse(target._replace(fragment=fragment).geturl(), 302)


@routes.on("GET", "oauth2/refresh", key="auth.refresh", label="login")
def _refresh(call: Call) -> Any:
    found = call.store.tokens.find(call.params.need("refreshToken"))
    if found is None or found.label != REFRESH:
        raise ApiError(Code.INVALID_TOKEN, "the refresh token is unknown")
    return issue(call.emulator, found.account)


@routes.on("DELETE", "oauth2/token", key="auth.logout", label="logout")
def _logout(call: Call) -> Any:
    kind = call.params.text("tokenType") or "access_token"
    if kind not in _KINDS:
        raise ApiError(Code.INVALID_REQUEST, f"there are no tokens of type {kind}")
    found = call.store.tokens.find(call.params.need("token"))
    if found is not None and found.label == _KINDS[kind]:
        call.store.tokens.revoke(found.token)
    return True
