"""Accounts: login, tokens, quota, small values (reference 2.2, 2.4, 3.21, 3.22)."""

import secrets

from starlette.responses import Response

from cloudfs.emulators.cloudike.auth import sign_in
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.changing import quota_of
from cloudfs.emulators.cloudike.describe import mime_type
from cloudfs.emulators.cloudike.errors import ApiError, empty, reply

routes = CloudikeRoutes()

_VALUE = "value"  # kind of record
COOKIE = "sessionid"  # worth nothing here; a client must not carry it to the object store


@routes.on("POST", "accounts/login", label="login")
def _login(call: Call) -> Response:
    login = call.params.need("login", "email")
    password = call.params.need("password")
    permanent = call.params.boolean("permanent_auth", default=False)
    signed_in = sign_in(call.store, call.emulator.clock, login, password)
    if isinstance(signed_in, ApiError):
        return signed_in.response()
    label = call.params.text("device_description") or call.request.headers.get("user-agent", "")
    ttl = None if permanent else call.emulator.settings.token_ttl
    token = call.store.tokens.issue(signed_in.id, ttl=ttl, label=label)
    response = reply(
        {
            "token": token.token,
            "id": token.id,
            "userid": signed_in.id,
            "created": token.created,
            "expires": token.expires or 0,
            "login": call.store.accounts.logins(signed_in.id)[0],
            "name": signed_in.name,
            "device_description": token.label,
        }
    )
    response.set_cookie(COOKIE, secrets.token_hex(16), httponly=True)
    return response


@routes.on("POST", "accounts/logout", label="logout")
def _logout(call: Call) -> Response:
    if call.token is None:
        raise ApiError(400, description="there is no token to take back")
    call.store.tokens.revoke(call.token.token)
    return empty()


@routes.on("GET", "accounts/permanent_tokens", label="tokens")
def _permanent_tokens(call: Call) -> Response:
    everything = call.params.boolean("include_not_permanent", default=False)
    return reply(
        [
            {"id": token.id, "device_description": token.label, "created": token.created}
            for token in call.store.tokens.of(call.user.id)
            if everything or token.expires is None
        ]
    )


@routes.on("POST", "accounts/remove_permanent_token", label="tokens")
def _remove_permanent_token(call: Call) -> Response:
    wanted = call.params.need("token_id")
    for token in call.store.tokens.of(call.user.id):
        if token.id == wanted and token.expires is None:
            call.store.tokens.revoke(token.token)
            return empty()
    raise ApiError(404, description="there is no such token")


@routes.on("GET", "accounts/get", label="account")
def _get(call: Call) -> Response:
    account = call.user
    usage = call.store.accounts.usage(account.id)
    quota = max(-1, quota_of(call.view, account.id))
    return reply(
        {
            "userid": account.id,
            "name": account.name,
            "lang": "en",
            "role": "user",
            "timezone": "UTC",
            "is_active": True,
            "is_deleted": False,
            "deleted_date": 0,
            "registration_date": account.created,
            "last_login": account.last_login,
            "logins": call.store.accounts.logins(account.id),
            "storage_size": usage.live,
            "overhead_size": usage.history,
            "quota_size": quota,
            "hard_quota_size": quota,
            "storage_usage": _usage_by_kind(call),
            "balance": "n/a",
            "need_password_change": False,
            "extra_info": {},
        }
    )


def _usage_by_kind(call: Call) -> dict[str, int]:
    sizes = dict.fromkeys(("image", "audio", "video", "other"), 0)
    for node in call.store.tree.files_of(call.user.id):
        kind = mime_type(node.name).partition("/")[0]
        sizes[kind if kind in sizes else "other"] += node.size
    return sizes


@routes.on("POST", "accounts/set_value", label="values")
def _set_value(call: Call) -> Response:
    key, value = call.params.need("key"), call.params.text("value")
    record = f"{call.user.id}/{key}"
    if value is None:
        call.store.records.remove(_VALUE, record)
    else:
        call.store.records.put(_VALUE, record, call.user.id, {"value": value})
    return empty()


@routes.on("GET", "accounts/get_value", label="values")
def _get_value(call: Call) -> Response:
    key = call.params.need("key")
    record = call.store.records.get(_VALUE, f"{call.user.id}/{key}")
    return reply({key: None if record is None else record.data["value"]})
