"""Sign-in: a token and the servers it is good for (reference 2.4, 2.5).

The service locks out who fails too often, so nothing that it refuses is tried twice: not user and
password (`Session` sees to that), and not a one-time password, which is remembered as used up.
"""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from cloudfs.errors import (
    BadReply,
    CloudError,
    LoginFailed,
    TimedOut,
    TransientError,
    Unreachable,
)
from cloudfs.http.retry import Repeat
from cloudfs.http.session import Session, Token, TokenRejected
from cloudfs.providers.asus import answers, statuses, values
from cloudfs.providers.asus.discovery import MOST_FAILURES, Discovery, Servers
from cloudfs.providers.asus.exchange import Answer, Exchange
from cloudfs.providers.asus.passwords import digest_form, encrypted_form
from cloudfs.providers.asus.payload import Member, document
from cloudfs.providers.asus.settings import AsusSettings

T = TypeVar("T")

GRANT_NOTE = "grant"
TRIED_NOTE = "tried"

NEEDS_OTP = 504
NEEDS_CAPTCHA = 508

ADVICE = {
    statuses.NO_TOKEN: "the service does not accept this user and password; correct them with "
    "`cloudfs login`",
    statuses.NOT_THE_DEVELOPER: "the service does not accept sid and progkey; correct them",
    226: "the account is frozen or closed; see the service's web site",
    505: "the one-time password is locked; unlock it on the service's web site",
    506: "there are too many ids for one-time passwords; see the service's web site",
    507: "the id for one-time passwords is not valid; see the service's web site",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A token, and the addresses of the servers that take it."""

    token: str
    gateway: str
    inforelay: str
    webrelay: str
    searchserver: str | None = None
    largest_file: int | None = None
    package: str = ""

    def __repr__(self) -> str:
        return "Grant(...)"


class Auth:
    """Hands out the account's grant; kept in *notes* so that a later mount needs no sign-in."""

    def __init__(
        self,
        exchange: Exchange,
        discovery: Discovery,
        servers: Servers,
        settings: AsusSettings,
        notes: MutableMapping[str, str],
    ) -> None:
        self._exchange = exchange
        self._discovery = discovery
        self._servers = servers
        self._settings = settings
        self._notes = notes
        self._password = self._password_member()
        self._session = Session(self._renew, kept=self._kept)

        # Changing. The grant is that of the session's token, once there is one.
        self._grant: Grant | None = None
        self._failures = 0

    async def call(self, attempt: Callable[[Grant], Awaitable[T]]) -> T:
        """Result of *attempt*; repeated once with a new grant if it raises TokenRejected."""
        try:
            result = await self._session.call(lambda token: attempt(self._granted(token)))
        except (Unreachable, TimedOut):
            self._failed()
            raise
        self._failures = 0
        return result

    async def grant(self) -> Grant:
        """What the next request is made with."""
        return self._granted(await self._session.token())

    async def renewed(self, token: str) -> None:
        """Make sure that *token*, which was refused, is not used any more."""
        await self._session.token(instead_of=Token(token))

    def _granted(self, token: Token) -> Grant:
        """The grant of *token*, or a newer one if another task has just got it."""
        assert self._grant is not None, token
        return self._grant

    def _failed(self) -> None:
        """After three connections that failed in a row the servers may be other ones by now.

        Not where a person has to help with every sign-in.
        """
        self._failures += 1
        if self._failures >= MOST_FAILURES and not (self._settings.otp or self._settings.captcha):
            self._failures = 0
            self._notes.pop(GRANT_NOTE, None)
            self._session.forget()

    async def _renew(self) -> Token:
        self._notes.pop(GRANT_NOTE, None)
        gateway = await self._gateway()
        self._grant = self._keep(await self._signed_in(gateway), gateway)
        return Token(self._grant.token)

    async def _gateway(self) -> str:
        try:
            return await self._discovery.gateway()
        except CloudError as error:
            raise _in_sign_in(error) from error

    # Asking for a token -----------------------------------------------------------------------

    async def _signed_in(self, gateway: str) -> answers.SignedIn:
        answer = await self._acquire(gateway, None)
        if answer.status in {NEEDS_OTP, NEEDS_CAPTCHA}:
            answer = await self._acquire(gateway, self._untried_second_factor(answer))
        status = answer.status
        if status == statuses.SUCCESS:
            return answers.signed_in(answer.root)
        if status in {NEEDS_OTP, NEEDS_CAPTCHA}:
            raise self._wants_second_factor(answer)
        if status in ADVICE:
            raise LoginFailed(ADVICE[status])
        raise _in_sign_in(statuses.error(status, "sign-in"))

    async def _acquire(self, gateway: str, second_factor: str | None) -> Answer:
        members: list[Member] = [
            ("userid", self._settings.username),
            self._password,
            ("time", str(int(time.time()))),
        ]
        if second_factor is not None:
            members.append(("auxpassword", second_factor))
        try:
            answer = await self._exchange.ask(
                f"{gateway}/member/acquiretoken/",
                document("aaa", members),
                call="acquiretoken",
                repeat=Repeat.SAFELY if second_factor is None else Repeat.IF_REFUSED,
                signed=True,
            )
        except CloudError as error:
            self._discovery.failed(error)
            raise _in_sign_in(error) from error
        self._discovery.answered()
        return answer

    def _password_member(self) -> Member:
        settings = self._settings
        if settings.password_scheme == "3des":  # noqa: S105 - the name of a scheme
            return "symmetrypwd", encrypted_form(settings.password, settings.progkey)
        return "password", digest_form(settings.password)

    def _untried_second_factor(self, asked: Answer) -> str:
        """What the settings have for this question, if the service has not had it before."""
        settings = self._settings
        given = settings.otp if asked.status == NEEDS_OTP else settings.captcha
        tried = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()
        if not given or self._notes.get(TRIED_NOTE) == tried:
            raise self._wants_second_factor(asked)
        self._notes[TRIED_NOTE] = tried
        return given

    def _wants_second_factor(self, asked: Answer) -> LoginFailed:
        if asked.status == NEEDS_OTP:
            return LoginFailed(
                "the service asks for a one-time password, or the one given was not right: set "
                "otp to a new one and mount again (after ten misses it is locked)",
                wanted="otp",
            )
        picture = values.visible(asked.root.findtext("auxpasswordurl"))
        return LoginFailed(
            "the service asks for the text in a picture: look at "
            f"{picture or 'its web site'}, set captcha to the text and mount again",
            wanted="captcha",
        )

    # Keeping it -------------------------------------------------------------------------------

    def _keep(self, told: answers.SignedIn, gateway: str) -> Grant:
        grant = self._usable(
            Grant(
                token=told.token,
                gateway=gateway,
                inforelay=told.inforelay,
                webrelay=told.webrelay,
                searchserver=told.searchserver,
                largest_file=told.largest_file,
                package=told.package,
            )
        )
        self._notes[GRANT_NOTE] = json.dumps(asdict(grant))
        return grant

    def _kept(self) -> Token | None:
        """The token of the grant in the notes, which is taken over with it."""
        try:
            grant = Grant(**json.loads(self._notes[GRANT_NOTE]))
            known = isinstance(grant.largest_file, int | None)
            if not known or not values.visible(grant.token):
                return None
            self._grant = self._usable(grant)
        except (KeyError, ValueError, TypeError, AttributeError, BadReply):
            return None
        return Token(self._grant.token, issued=False)

    def _usable(self, grant: Grant) -> Grant:
        """The grant with the addresses of its servers, which may be told without scheme."""
        search = grant.searchserver
        return replace(
            grant,
            gateway=self._servers.told(grant.gateway),
            inforelay=self._servers.told(grant.inforelay),
            webrelay=self._servers.told(grant.webrelay),
            searchserver=self._servers.told(search) if search else None,
        )


def _in_sign_in(error: CloudError) -> CloudError:
    """What a failure to sign in means: never that something does not exist."""
    if isinstance(error, TransientError | LoginFailed | BadReply):
        return error
    if isinstance(error, TokenRejected):
        return LoginFailed("the service refuses to let this client sign in")
    return LoginFailed(f"sign-in is not possible: {error}")
