"""Finding the ServiceGateway, which issues tokens: ask the ServicePortal (reference 2.2, 2.3)."""

import re
from collections.abc import MutableMapping
from urllib.parse import urlsplit

from cloudfs.errors import BadReply, ConfigError, LoginFailed, TimedOut, Unreachable
from cloudfs.http.client import Http
from cloudfs.http.retry import Repeat
from cloudfs.providers.asus import answers, statuses
from cloudfs.providers.asus.exchange import Answer, Exchange
from cloudfs.providers.asus.passwords import digest_form
from cloudfs.providers.asus.payload import Member, document
from cloudfs.providers.asus.settings import AsusSettings

GATEWAY_NOTE = "gateway"
MOST_FAILURES = 3  # in a row, after which a server is looked up again

NO_GATEWAY = 253

_SERVER = re.compile(r"[A-Za-z0-9._\-\[\]:]+(?:/[A-Za-z0-9._~/-]*)?", re.ASCII)


class Servers:
    """The account's servers: trusted with credentials, whatever way they were learnt."""

    def __init__(self, http: Http, settings: AsusSettings) -> None:
        self._http = http
        self._scheme = settings.server_scheme()

    def given(self, value: str) -> str:
        """The address of a server in the settings. Raises ConfigError."""
        try:
            url = self.address(value)
        except ValueError as error:
            raise ConfigError(f"{value!r} is not the address of a server") from error
        self._http.trust(url)
        return url

    def told(self, value: str) -> str:
        """The address of a server that a reply names. Raises BadReply if it is none."""
        try:
            return self.given(value)
        except ConfigError as error:
            raise BadReply("the service names a server that cannot be used") from error

    def address(self, value: str) -> str:
        """The address in *value*: HOST or HOST:PORT, perhaps with a scheme (reference 1.1).

        It is not trusted by that. Raises ConfigError, or ValueError.
        """
        scheme, separator, rest = value.strip().rpartition("://")
        if _SERVER.fullmatch(rest) is None:
            raise ConfigError(f"{value!r} is not the address of a server: write HOST or HOST:PORT")
        url = f"{scheme.lower() if separator else self._scheme}://{rest}".rstrip("/")
        urlsplit(url).port  # noqa: B018 - ValueError if it is no number
        return url


class Discovery:
    """Knows the gateway, or finds it; it is kept in *notes*."""

    def __init__(
        self,
        exchange: Exchange,
        servers: Servers,
        settings: AsusSettings,
        notes: MutableMapping[str, str],
    ) -> None:
        self._exchange = exchange
        self._servers = servers
        self._settings = settings
        self._notes = notes
        self._portal = servers.given(settings.url) if settings.url else None
        self._fixed = servers.given(settings.gateway) if settings.gateway else None

        # Changing.
        self._failures = 0

    @property
    def portal(self) -> str | None:
        """The ServicePortal, if there is one."""
        return self._portal

    async def gateway(self) -> str:
        """The address of the gateway. Raises LoginFailed if the service refuses to tell."""
        if self._fixed is not None:
            return self._fixed
        kept = self._notes.get(GATEWAY_NOTE)
        if kept is not None:
            try:
                return self._servers.told(kept)
            except BadReply:
                self.forget()
        name = await self._ask()
        url = self._servers.told(name)
        self._notes[GATEWAY_NOTE] = url
        return url

    def answered(self) -> None:
        """The gateway has answered."""
        self._failures = 0

    def failed(self, error: Exception) -> None:
        """A request to the gateway has failed; after three connections in a row look anew."""
        if isinstance(error, Unreachable | TimedOut):
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                self.forget()

    def forget(self) -> None:
        """Look the gateway up at the next sign-in."""
        self._failures = 0
        self._notes.pop(GATEWAY_NOTE, None)

    async def _ask(self) -> str:
        assert self._portal is not None  # the settings have either
        by_area = self._settings.discovery == "acquireservicegateway"
        call = self._settings.discovery
        members = self._by_area() if by_area else self._by_user()
        answer = await self._exchange.ask(
            f"{self._portal}/member/{call}/",
            document(call, members),
            call=call,
            repeat=Repeat.SAFELY,
            signed=by_area,
        )
        self._check(answer, call)
        return answers.gateway(answer.root)

    def _by_area(self) -> list[Member]:
        return [("areaid", str(self._settings.area_id))]

    def _by_user(self) -> list[Member]:
        settings = self._settings
        members: list[Member] = [("userid", settings.username)]
        if settings.discovery_password:
            members += [
                ("password", digest_form(settings.password)),
                ("language", settings.language),
            ]
        return [*members, ("service", "1")]

    def _check(self, answer: Answer, call: str) -> None:
        status = answer.status
        if status == statuses.SUCCESS:
            return
        if status == statuses.NO_TOKEN:
            raise LoginFailed(
                "the service does not know this user and password; correct them with "
                "`cloudfs login`"
            )
        if status == statuses.NOT_THE_DEVELOPER:
            raise LoginFailed("the service does not accept sid and progkey; correct them")
        if status == NO_GATEWAY:
            raise LoginFailed(
                f"the service has no gateway for area {self._settings.area_id}: set area_id"
            )
        raise statuses.error(status, call)
