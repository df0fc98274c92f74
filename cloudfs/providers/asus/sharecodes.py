"""Share codes that somebody has sent, and the short form of one's own (reference 3.19)."""

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    ConfigError,
    InvalidRequest,
    NotFound,
    Unsupported,
)
from cloudfs.model import Entry
from cloudfs.providers.asus.auth import Auth
from cloudfs.providers.asus.discovery import Servers
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.passwords import digest_form
from cloudfs.providers.asus.sharecalls import ShareCalls


class ShareCodes:
    """Codes, as the account can use them."""

    def __init__(
        self,
        calls: ShareCalls,
        looking: Looking,
        auth: Auth,
        servers: Servers,
        *,
        portal: str | None,
        short_ones: bool,
    ) -> None:
        self._calls = calls
        self._looking = looking
        self._auth = auth
        self._servers = servers
        self._portal = portal
        self._short_ones = short_ones

    async def entry(self, code: str, password: str | None = None) -> Entry:
        """What *code* gives access to.

        Raises NotFound for a code that does not exist, AccessDenied if a password is needed or
        the share is for others, Unsupported if it is in another service area.
        """
        try:
            shared = await self._calls.getinfobysharecode(code)
        except (NotFound, InvalidRequest):
            code = await self._long(code)
            shared = await self._calls.getinfobysharecode(code)
        place = Ref(shared.kind, shared.number)
        if await self._calls.checkpassword(code):
            if password is None:
                raise AccessDenied("the share needs its password")
            await self._calls.comparepassword(place, digest_form(password))
        return await self._looking.entry(place)

    async def short(self, code: str) -> str | None:
        """The short form of *code*; None if the service has none."""
        if self._portal is None or not self._short_ones:
            return None
        return await self._calls.tocompactform(self._portal, code)

    async def _long(self, code: str) -> str:
        """The long form of what may be a short code. Raises NotFound, or Unsupported."""
        if self._portal is None:
            raise NotFound("there is no such share code")
        if self._short_ones:
            try:
                if (long := await self._calls.tonormalform(self._portal, code)) is not None:
                    return long
            except (NotFound, InvalidRequest):
                pass
        try:
            elsewhere = self._servers.address(
                await self._calls.findservicegateway(self._portal, code)
            )
        except (BadReply, InvalidRequest, ConfigError, ValueError) as error:
            raise NotFound("there is no such share code") from error
        if elsewhere != (await self._auth.grant()).gateway:
            raise Unsupported("the share is in another service area")
        raise NotFound("there is no such share code")
