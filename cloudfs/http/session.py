"""A sign-in that all requests of an account share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import trio

from cloudfs.errors import CloudError, LoginFailed
from cloudfs.http.limits import waited_for_by_others

T = TypeVar("T")

MOST_TOKENS = 10  # that one request is tried with


@dataclass(frozen=True, slots=True)
class Token:
    """Proof of a sign-in. *renew_at* is on trio's clock; None: until it is refused.

    One that is not *issued* was found where another process left it, and may have ended.
    """

    value: str
    renew_at: float | None = None
    issued: bool = field(default=True, compare=False)

    def __repr__(self) -> str:
        return "Token(...)"


class TokenRejected(CloudError):
    """The service does not accept the token of this request."""


class Session:
    """Hands out the account's token; one caller renews it while all others wait.

    *renew* signs in (or refreshes) and returns the new token; it raises LoginFailed if the
    service refuses the credentials. After a refusal no further sign-in is tried with them,
    since services lock accounts for that, until `forget` is called; a failure of any other
    kind leaves everything as it was. Its requests go before all others: an upload that holds a
    place may have to read from the service first, and wait here for the token to do so.

    *kept* gives the token that an earlier process left, or one that is at work now. It is used
    before signing in, and instead of a sign-in that is refused: of two processes that sign in
    at once only one may have been let in.
    """

    def __init__(
        self,
        renew: Callable[[], Awaitable[Token]],
        *,
        token: Token | None = None,
        kept: Callable[[], Token | None] = lambda: None,
    ) -> None:
        self._renew = renew
        self._kept = kept
        self._lock = trio.Lock()

        # Changing. `_last` was handed out last, also if it was forgotten since. `_proven` is the
        # last token that a request was answered with.
        self._token = token
        self._last = token
        self._proven: Token | None = None
        self._refusal: LoginFailed | None = None

    async def token(self, *, instead_of: Token | None = None) -> Token:
        """A token that is good for the next request, and is not *instead_of*."""
        if (token := self._usable(instead_of)) is not None:
            return token
        async with self._lock:
            if (token := self._usable(instead_of)) is not None:
                return token  # another task has just renewed it
            if self._refusal is not None:
                refusal = self._refusal
                raise LoginFailed(str(refusal), wanted=refusal.wanted) from refusal
            try:
                with waited_for_by_others():
                    self._token = self._last = await self._another()
            except LoginFailed as error:
                self._refusal = error
                raise
            return self._token

    async def _another(self) -> Token:
        if (token := self.left()) is not None:
            return token
        try:
            return await self._renew()
        except LoginFailed:
            if (token := self.left()) is not None:
                return token
            raise

    def left(self) -> Token | None:
        """What another process left, if it is another token than the last one here."""
        token = self._kept()
        if token is None or (self._last is not None and token.value == self._last.value):
            return None
        return token

    async def call(self, attempt: Callable[[Token], Awaitable[T]]) -> T:
        """Result of *attempt* with the token; repeated with a new one if it is rejected.

        Raises LoginFailed when the new token is rejected too. But if others were answered with
        it meanwhile, it has only come to its end already, and there is a further one.
        """
        token = None
        for number in range(MOST_TOKENS):
            token = await self.token(instead_of=token)
            try:
                result = await attempt(token)
            except TokenRejected as error:
                if number > 0 and token.issued and token != self._proven:
                    raise LoginFailed("the service rejects the token it has just issued") from error
                rejection = error
            else:
                self._proven = token
                return result
        raise LoginFailed("the service rejects one token after the other") from rejection

    def forget(self) -> None:
        """Sign in anew at the next request: the credentials may have changed."""
        self._token = None
        self._refusal = None

    def _usable(self, rejected: Token | None) -> Token | None:
        token = self._token
        if token is None or token == rejected:
            return None
        if token.renew_at is not None and trio.current_time() >= token.renew_at:
            return None
        return token
