"""Signing in and out, and who is asking (reference 2)."""

import hashlib
import re
from typing import TYPE_CHECKING

from cloudfs.emulators.cloud689.answers import PLAIN_OK, Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.people import User

if TYPE_CHECKING:
    from cloudfs.emulators.cloud689.emulator import Cloud689Emulator

routes = Cloud689Routes()

LANGUAGE = "auto"
_SHAPE = re.compile(r"[0-9a-f]{32}")
_IDLE, _KEPT = "idle", "kept"  # labels of tokens: what their time is measured from


def hashed(password: str) -> str:
    """A password as it is sent."""
    return hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()


def authenticate(emulator: "Cloud689Emulator", text: str | None) -> User:
    """Who has that token, which is good for a while again; else one of three 401."""
    if text is None or not _SHAPE.fullmatch(text):
        raise ApiError(Code.INVALID_ACCESS_TOKEN, "the token is missing or malformed")
    tokens = emulator.store.tokens
    found = tokens.look_up(text)
    if found is None:
        raise ApiError(Code.ERR_TOKEN_NOT_EXIST, "the token is unknown")
    if tokens.find(text) is None:
        raise ApiError(Code.ERR_EXPIRE_TOKEN, "the token is too old")
    if found.label == _IDLE:
        with emulator.store.transaction():
            tokens.extend(text, _idle_time(emulator))
    return emulator.people.user(found.account)


def _idle_time(emulator: "Cloud689Emulator") -> float:
    return emulator.settings.session_time_out * 60.0


@routes.on("POST", "user/login/checkmail", label="login")
def _check_mail(call: Call) -> Answer:
    email = call.params.need("email_address")
    found = [
        {"team_id": team.id, "team_name": team.name, **_names(user)}
        for team in call.emulator.people.teams()
        for user in [call.emulator.people.find(team.number, email)]
        if user is not None
    ]
    if not found:
        raise ApiError(Code.ERR_USER_NOT_EXIST, email)
    return Answer(found, total=len(found))


@routes.on("POST", "user/login", label="login")
def _login(call: Call) -> Answer:
    params = call.params
    params.need_all("email_address", "password", "team_id", "keep_me_login")
    keep = params.boolean("keep_me_login", default=False)
    user = _checked(call, params.need("team_id"), params.need("email_address"))
    call.store.accounts.note_login(user.number)
    token = call.store.tokens.issue(
        user.number,
        ttl=call.settings.kept_session if keep else _idle_time(call.emulator),
        label=_KEPT if keep else _IDLE,
    )
    who = {"session_id": token.token, "user_id": user.id, "role_id": user.role}
    return Answer({**who, **_names(user)})


def _checked(call: Call, team_id: str, email: str) -> User:
    """The user who signs in."""
    team = call.emulator.people.team(team_id)
    if team is None:
        raise ApiError(Code.ERR_TEAM_NOT_EXIST, team_id)
    user = call.emulator.people.find(team.number, email)
    if user is None:
        raise ApiError(Code.ERR_USER_NOT_EXIST, email)
    if call.params.need("password") != hashed(call.store.accounts.get(user.number).password):
        raise ApiError(Code.ERR_USER_NOT_VALID, email)
    return user


@routes.on("POST", "user/logout", label="logout")
def _logout(call: Call) -> Answer:
    """The token is in `access_token` here, and in no other field."""
    text = call.params.text("access_token")
    authenticate(call.emulator, text)
    call.store.tokens.revoke(text or "")
    return PLAIN_OK


def _names(user: User) -> dict[str, str | None]:
    return {
        "first_name": user.first_name,
        "middle_name": None,
        "last_name": user.last_name,
        "lang": LANGUAGE,
        "email_address": user.email,
    }
