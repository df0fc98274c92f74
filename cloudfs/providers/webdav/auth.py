"""Who asks: Basic, Digest or Bearer, sent without being asked for (reference 1)."""

from base64 import b64encode
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

import httpx

from cloudfs.errors import ConfigError
from cloudfs.model import NOTHING
from cloudfs.providers.webdav.settings import WebDavSettings

# What httpx raises for a challenge it cannot answer: malformed, an algorithm or a quality of
# protection it does not know.
UNANSWERABLE = (httpx.ProtocolError, NotImplementedError, KeyError, ValueError)


class Digest(httpx.DigestAuth):
    """Digest sign-in (RFC 7616) that never sends a streamed body a second time.

    The first request learns the server's challenge, which all later ones answer without being
    asked, until the server gives out another one. A request whose body is a stream comes back
    as 401 then: the stream is used up, only who made it can make it again. `challenges`
    counts, so that he sees whether that is worth while.
    """

    def __init__(self, username: str, password: str) -> None:
        super().__init__(username, password)
        self.challenges = 0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        flow = super().auth_flow(request)
        try:
            next(flow)
        except UNANSWERABLE:
            yield request  # without an answer: the server will refuse it
            return
        response = yield request
        try:
            again = flow.send(response)
        except (StopIteration, *UNANSWERABLE):
            return  # no challenge, or none that can be answered: the 401 says enough
        self.challenges += 1
        if isinstance(request.stream, httpx.ByteStream):
            yield again


@dataclass(frozen=True, slots=True)
class Credentials:
    """What goes along with every request to the account's own server."""

    headers: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    digest: Digest | None = None

    def __repr__(self) -> str:
        return "Credentials(...)"

    @property
    def challenges(self) -> int:
        """How many challenges the server has given out so far."""
        return self.digest.challenges if self.digest else 0


def credentials_from(settings: WebDavSettings) -> Credentials:
    """The credentials that *settings* mean. Raises ConfigError if they contradict each other."""
    kind = settings.auth or ("bearer" if settings.token else "basic" if settings.username else "")
    if not kind:
        return Credentials()
    if kind == "bearer":
        if not settings.token:
            raise ConfigError("auth is bearer, but there is no token: set token")
        return Credentials({"Authorization": f"Bearer {settings.token}"})
    if not settings.username:
        raise ConfigError(f"auth is {kind}, but there is no user name: set username")
    if kind == "digest":
        return Credentials(digest=Digest(settings.username, settings.password))
    pair = f"{settings.username}:{settings.password}".encode()
    return Credentials({"Authorization": f"Basic {b64encode(pair).decode()}"})
