"""The account's token: configured or kept, renewed when it ends (reference 2.1, 2.4, 2.5)."""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TypeVar

import trio

from cloudfs.errors import AccessDenied, BadReply, CloudError, LoginFailed
from cloudfs.http.client import Http
from cloudfs.http.kept import Clock, KeptToken
from cloudfs.http.retry import Repeat
from cloudfs.http.session import Session, Token
from cloudfs.providers.podspace.endpoints import Endpoints, spoken
from cloudfs.providers.podspace.refusals import NotEntitled, check, check_later
from cloudfs.providers.podspace.settings import PodspaceSettings
from cloudfs.providers.podspace.tokens import Tokens, tokens

T = TypeVar("T")

Credentials = Mapping[str, str]

ACCOUNT_NOTE = "account"
REFRESH_NOTE = "refresh_token"

GRACE = 0.5  # seconds for another process to write down what it was given
MARGIN = 60.0  # seconds before its end at which a token is renewed (2.4)


class Auth:
    """Puts the token on requests. It and its successor are kept in *notes*."""

    def __init__(
        self,
        http: Http,
        settings: PodspaceSettings,
        endpoints: Endpoints,
        notes: MutableMapping[str, str],
        *,
        clock: Clock = time.time,
    ) -> None:
        _forget_other_login(notes, settings)
        self._http = http
        self._url = settings.url.rstrip("/")
        self._configured = settings.token
        self._first_refresh = settings.refresh_token
        self._headers = spoken(settings.accept_language)
        self._endpoints = endpoints
        self._notes = notes
        self._kept = KeptToken(notes, clock=clock)
        untried = bool(self._configured) and self._kept.value is None
        self._session = Session(
            self._refreshed,
            token=Token(self._configured, issued=False) if untried else None,
            kept=self._kept.load,
        )

    async def call(self, attempt: Callable[[Credentials], Awaitable[T]]) -> T:
        """Result of *attempt*, which is given the header that proves who asks.

        *attempt* raises TokenRejected for a token that is not accepted; it is then repeated
        with a new one. Raises LoginFailed when that is not accepted either, or cannot be had,
        AccessDenied when the holder may not do this even with another token (2.5).
        """
        denied_before = False

        async def made(token: Token) -> T:
            nonlocal denied_before
            try:
                return await attempt({"Authorization": f"Bearer {token.value}"})
            except NotEntitled as error:
                if denied_before or not self._refresh_token():
                    raise AccessDenied(str(error)) from error
                denied_before = True
                raise

        return await self._session.call(made)

    def tokens(self) -> dict[str, str]:
        """The tokens in use, by the name that the service gives their kind (2.6)."""
        kept = {
            "access_token": self._kept.value or self._configured,
            "refresh_token": self._refresh_token(),
        }
        return {kind: token for kind, token in kept.items() if token}

    def forget(self) -> None:
        """The tokens have been revoked."""
        self._session.forget()
        self._kept.drop()
        self._notes.pop(REFRESH_NOTE, None)

    def _refresh_token(self) -> str:
        return self._notes.get(REFRESH_NOTE) or self._first_refresh

    async def _refreshed(self) -> Token:
        """A new token. Of two processes that ask with the same refresh token, one is refused."""
        tried: set[str] = set()
        while True:
            refresh = self._refresh_token()
            try:
                return self._keep(await self._ask(refresh))
            except LoginFailed:
                tried.add(refresh)
                if refresh and self._refresh_token() in tried:
                    await trio.sleep(GRACE)
                if self._session.left() is not None or self._refresh_token() in tried:
                    raise

    async def _ask(self, refresh: str) -> Tokens:
        if not refresh:
            raise LoginFailed(
                "the service no longer accepts the token, and there is no refresh_token to get "
                "another with: use `cloudfs login`"
            )
        target = self._endpoints.target("auth.refresh", {"refreshToken": refresh})
        reply = await self._http.request(
            target.method,
            self._url + target.path,
            label="podspace.auth.refresh",
            repeat=Repeat.SAFELY,
            headers=self._headers,
            judge=lambda reply: check_later(reply, "auth.refresh"),
        )
        try:
            return tokens(check(reply, "auth.refresh"))
        except BadReply as error:
            if reply.ok:
                raise LoginFailed("the service gives no new token: use `cloudfs login`") from error
            raise
        except CloudError as error:
            if error.transient:
                raise
            raise LoginFailed(f"the login has ended ({error}): use `cloudfs login`") from error

    def _keep(self, new: Tokens) -> Token:
        if new.refresh is not None:  # first: without it the next renewal might fail
            self._notes[REFRESH_NOTE] = new.refresh
        usable = None
        if new.lifetime is not None:
            usable = new.lifetime - min(MARGIN, new.lifetime / 2)
        return self._kept.keep(new.access, usable)


def _forget_other_login(notes: MutableMapping[str, str], settings: PodspaceSettings) -> None:
    """What is remembered holds for one login on one server: a later one starts afresh."""
    login = "\0".join((settings.url.rstrip("/"), settings.token, settings.refresh_token))
    digest = hashlib.sha256(login.encode()).hexdigest()
    if notes.get(ACCOUNT_NOTE) != digest:
        notes.clear()
        notes[ACCOUNT_NOTE] = digest
