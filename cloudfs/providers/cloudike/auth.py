"""Sign-in: the four modes of reference 2.1, of which exactly the configured one is used."""

import base64
import logging
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TypeVar

import trio

from cloudfs.errors import CloudError, LoginFailed, Unsupported
from cloudfs.http.client import Http, Reply
from cloudfs.http.kept import Clock, KeptToken
from cloudfs.http.retry import Repeat
from cloudfs.http.session import Session, Token, TokenRejected
from cloudfs.providers.cloudike import answers, values
from cloudfs.providers.cloudike.encoding import BodyEncoding, encoded
from cloudfs.providers.cloudike.lockout import LOCK_SECONDS, Lockout
from cloudfs.providers.cloudike.refusals import error_code, refusal
from cloudfs.providers.cloudike.settings import CloudikeSettings

log = logging.getLogger(__name__)

T = TypeVar("T")

LOGIN_ROUTE = "/api/1/accounts/login/"

HEADERS = {"token": "Mountbit-Auth", "authorization": "Authorization"}

_WITH_KIND = re.compile(r"[A-Za-z_]+:.")


def login_string(username: str) -> str:
    """The login as the service wants it, ``kind:value`` (reference 2.2)."""
    if _WITH_KIND.match(username):
        return username
    return f"email:{username}" if "@" in username else f"msisdn:{username}"


class Auth(ABC):
    """Puts credentials on requests."""

    @abstractmethod
    async def call(self, attempt: Callable[[Mapping[str, str]], Awaitable[T]]) -> T:
        """Result of *attempt*, which is given the headers that prove who asks.

        *attempt* raises TokenRejected for a 401. Raises LoginFailed when nothing can be done
        about it.
        """

    @property
    @abstractmethod
    def proven(self) -> bool:
        """Whether the service has accepted the credentials before."""

    async def sign_in(self) -> None:  # noqa: B027 - fixed credentials need no sign-in
        """Make sure that there are credentials for the next request."""

    def own_token(self) -> Mapping[str, str] | None:
        """The headers with a token that was obtained by signing in, if there is one."""
        return None

    def forget_token(self) -> None:  # noqa: B027 - nor have they a token to forget
        """The token has been given back."""


class FixedCredentials(Auth):
    """Basic authentication, or a permanent token: once refused, refused for good (2.3)."""

    def __init__(self, header: str, value: str) -> None:
        self._headers = {header: value}

        # Changing.
        self._refusal: LoginFailed | None = None
        self._proven = False

    @property
    def proven(self) -> bool:
        return self._proven

    async def call(self, attempt: Callable[[Mapping[str, str]], Awaitable[T]]) -> T:
        if self._refusal is not None:
            raise LoginFailed(str(self._refusal)) from self._refusal
        try:
            result = await attempt(self._headers)
        except TokenRejected as error:
            self._refusal = LoginFailed("the service does not accept the account's credentials")
            raise self._refusal from error
        self._proven = True
        return result


class LoginToken(Auth):
    """A token from the login call, kept in *notes* so that a later mount needs no login."""

    def __init__(
        self,
        http: Http,
        settings: CloudikeSettings,
        encoding: BodyEncoding,
        notes: MutableMapping[str, str],
        *,
        clock: Clock = time.time,
    ) -> None:
        self._http = http
        self._url = settings.url.rstrip("/") + LOGIN_ROUTE
        self._login = login_string(settings.username)
        self._password = settings.password
        self._header = HEADERS[settings.auth_mode]
        self._encoding = encoding
        self._kept = KeptToken(notes, clock=clock)
        self._clock = clock
        self._lockout = Lockout(notes, self._login, self._password, clock=clock)
        self._session = Session(self._renew, kept=self._kept_token)

        # Changing.
        self._locked_until: float | None = None  # on trio's clock

    @property
    def proven(self) -> bool:
        return True

    async def call(self, attempt: Callable[[Mapping[str, str]], Awaitable[T]]) -> T:
        self._end_lock()
        return await self._session.call(lambda token: attempt({self._header: token.value}))

    async def sign_in(self) -> None:
        self._end_lock()
        await self._session.token()

    def own_token(self) -> Mapping[str, str] | None:
        token = self._kept.value
        return {self._header: token} if token else None

    def forget_token(self) -> None:
        self._session.forget()
        self._kept.drop()

    def _end_lock(self) -> None:
        """After the time of a lock, and not before, the session may try again."""
        if self._locked_until is not None and trio.current_time() >= self._locked_until:
            self._locked_until = None
            self._session.forget()

    async def _renew(self) -> Token:
        self._kept.drop()
        await self._check_lock()
        reply = await self._encoding.post(self._post_login)
        if not reply.ok:
            raise await self._refused(reply)
        self._lockout.forget()
        answer = answers.login(values.decoded(reply.body))
        if answer.offer:
            log.info("the service has terms that the user still has to accept on its site")
        return self._keep(answer)

    async def _check_lock(self) -> None:
        left = await self._lockout.seconds_left()
        if left:
            self._locked_until = trio.current_time() + left
            raise LoginFailed(
                "the service refused this user and password a short while ago; as it locks "
                f"users out for that, they are not tried again for {left / 60:.0f} min: "
                "correct them with `cloudfs login`"
            )

    async def _post_login(self, encoding: str) -> Reply:
        parameters = {"login": self._login, "password": self._password}
        body, content_type = encoded(parameters, encoding)
        return await self._http.request(
            "POST",
            self._url,
            label="cloudike.login",
            repeat=Repeat.IF_REFUSED,
            headers={"Accept": "application/json", "Content-Type": content_type},
            body=body,
        )

    async def _refused(self, reply: Reply) -> CloudError:
        if reply.status not in {401, 403}:
            error = refusal(reply, "login")
            if reply.status in {404, 405}:
                return Unsupported(f"{error}: does url lead to the service?")
            return error
        await self._lockout.remember()
        code = error_code(reply)
        if reply.status == 403:  # in the table of 2.2 the lock of thirty minutes
            self._locked_until = trio.current_time() + LOCK_SECONDS
            return LoginFailed(f"the service has locked the user for half an hour ({code or 403})")
        return LoginFailed(
            f"the service does not accept this user and password ({code or 401}); "
            "correct them with `cloudfs login`"
        )

    def _keep(self, answer: answers.Login) -> Token:
        usable = self._lifetime(answer)
        if usable is not None:
            usable -= min(60.0, usable / 10)  # reference 2.3
        return self._kept.keep(answer.token, usable)

    def _lifetime(self, answer: answers.Login) -> float | None:
        """Seconds, by the service's own clock if it tells; None: until the token is refused."""
        if answer.expires_ns is None:
            return None
        issued = self._clock() if answer.created_ns is None else answer.created_ns / 1e9
        lifetime = answer.expires_ns / 1e9 - issued
        return lifetime if lifetime > 0 else None

    def _kept_token(self) -> Token | None:
        token = self._kept.load()
        return None if token is None or values.visible(token.value) is None else token


def auth_for(
    settings: CloudikeSettings,
    http: Http,
    encoding: BodyEncoding,
    notes: MutableMapping[str, str],
) -> Auth:
    """The sign-in that *settings* ask for."""
    if settings.auth_mode == "static_token":
        return FixedCredentials(HEADERS["token"], settings.token)
    if settings.auth_mode == "basic":
        # A user name of Basic cannot hold a colon, so the kind of login is left out (2.1).
        user = login_string(settings.username).partition(":")[2]
        pair = base64.b64encode(f"{user}:{settings.password}".encode()).decode()
        return FixedCredentials("Authorization", f"Basic {pair}")
    return LoginToken(http, settings, encoding, notes)
