"""Who is asking: logins, tokens and the lock-out (reference 2)."""

import base64
import binascii

from starlette.datastructures import Headers

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloudike.errors import ApiError
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.accounts import Account, Token

TOKEN_HEADERS = ("mountbit-auth", "mountbitauth")

FAILURES_BEFORE_LAST_ATTEMPT = 9
FAILURES_BEFORE_LOCK = 10
LOCKED_MS = 30 * 60 * 1000

_KINDS = ("email", "msisdn", "userid")


def canonical_login(login: str) -> str:
    """A login with its kind in front, which may be left out."""
    kind, colon, _ = login.partition(":")
    if colon and kind in _KINDS:
        return login
    return f"email:{login}" if "@" in login else f"msisdn:{login}"


def find_account(store: Store, login: str) -> Account | None:
    """The account of a login, in any of its spellings."""
    login = canonical_login(login)
    kind, _, value = login.partition(":")
    if kind != "userid":
        return store.accounts.find(login)
    try:
        return store.accounts.get(int(value))
    except (KeyError, ValueError):
        return None


def sign_in(store: Store, clock: Clock, login: str, password: str) -> Account | ApiError:
    """The account, or the refusal: that is returned, since its count must not be undone."""
    account = find_account(store, login)
    if account is None:
        return ApiError(401, description="wrong login or password")
    now = clock.now_ms()
    if account.locked_until > now:
        return ApiError(403, "UserTemporarilyLocked", "too many refused logins")
    if account.password == password:
        store.accounts.note_login(account.id)
        return account
    failures = 1 if account.locked_until else account.failures + 1
    locked = failures >= FAILURES_BEFORE_LOCK
    store.accounts.note_refusal(
        account.id, failures=failures, locked_until=now + LOCKED_MS if locked else 0
    )
    if locked:
        return ApiError(403, "UserTemporarilyLocked", "too many refused logins")
    if failures == FAILURES_BEFORE_LAST_ATTEMPT:
        return ApiError(401, "LastAttempt", "one more failure locks the user")
    return ApiError(401, description="wrong login or password")


def token_text(headers: Headers) -> str | None:
    """The token that a request carries, if it carries one."""
    for name in TOKEN_HEADERS:
        if name in headers:
            return headers[name]
    authorization = headers.get("authorization", "")
    return authorization if authorization and " " not in authorization else None


def authenticate(store: Store, headers: Headers) -> tuple[Account, Token | None] | None:
    """Who sent a request, and by which token; None if it says nothing about that.

    401 if it says something that is not (or no longer) true.
    """
    text = token_text(headers)
    if text is not None:
        token = store.tokens.find(text)
        if token is None:
            raise ApiError(401, description="the token is unknown or has expired")
        return store.accounts.get(token.account), token
    if "authorization" not in headers:
        return None
    return _basic(store, headers["authorization"]), None


def _basic(store: Store, header: str) -> Account:
    scheme, _, encoded = header.partition(" ")
    try:
        login, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ApiError(401, description="these are no Basic credentials") from error
    account = find_account(store, login) if scheme.lower() == "basic" and colon else None
    if account is None or account.password != password:
        raise ApiError(401, description="wrong login or password")
    return account
