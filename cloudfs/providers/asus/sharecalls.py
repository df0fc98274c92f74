"""The calls for shares, in the service's own words: one request each (reference 3.19)."""

from collections.abc import Sequence
from datetime import tzinfo

from cloudfs.http.retry import Repeat
from cloudfs.providers.asus import answers, values
from cloudfs.providers.asus.answers import SharedEntry, ShareState
from cloudfs.providers.asus.calls import TOKEN, USER, Calls, Given
from cloudfs.providers.asus.ids import Ref

SAFELY = Repeat.SAFELY
IF_REFUSED = Repeat.IF_REFUSED

PAGE = 100


class ShareCalls:
    """The calls of one account."""

    def __init__(self, calls: Calls, zone: tzinfo) -> None:
        self._calls = calls
        self._zone = zone

    async def setadvancedsharecode(
        self,
        entry: Ref,
        *,
        password: str | None,
        hours: int | None,
        edit: bool,
        members: Sequence[str],
    ) -> ShareState:
        """Make one more code for an entry; *password* in the form that it is sent in."""
        options: list[Given] = []
        if password is not None:
            options.append(("password", password))
        if hours is not None:
            options.append(("validityduration", str(hours)))
        if edit:
            options.append(("isgroupaware", "1"))
        options += [("shareforuserid", member) for member in members]
        root = await self._calls.inforelay(
            "/fsentry/setadvancedsharecode/",
            TOKEN,
            USER,
            *_told(entry),
            *options,
            repeat=IF_REFUSED,
            signed=entry.is_group,
        )
        return answers.share_state(root, self._zone)

    async def getadvancedsharecode(self, entry: Ref) -> ShareState:
        """How an entry is shared."""
        root = await self._calls.inforelay(
            "/fsentry/getadvancedsharecode/", TOKEN, USER, *_told(entry), repeat=SAFELY
        )
        return answers.share_state(root, self._zone)

    async def deletesharecode(self, entry: Ref) -> None:
        """Share an entry no longer. Here a file is 1, and a folder 0 (1.8)."""
        await self._calls.inforelay(
            "/fsentry/deletesharecode/",
            TOKEN,
            USER,
            ("entrytype", "0" if entry.is_folder else "1"),
            ("entryid", entry.number),
            repeat=SAFELY,
        )

    async def getsharedentries(self) -> Sequence[SharedEntry]:
        """All that the account shares by codes."""
        found: list[SharedEntry] = []
        bound: str | None = None
        while True:
            start: list[Given] = [] if bound is None else [("firstentrybound", bound)]
            root = await self._calls.inforelay(
                "/fsentry/getsharedentries/",
                USER,
                TOKEN,
                ("kind", "0"),
                ("pagesize", str(PAGE)),
                ("sortby", "0"),
                ("sortdirection", "0"),
                *start,
                repeat=SAFELY,
            )
            page = answers.shared_page(root)
            found += page.entries
            if page.received < PAGE or page.bound is None or page.bound == bound:
                return found
            bound = page.bound

    async def listsharingtoothers(self) -> Sequence[SharedEntry]:
        """The folders that the account shares for joint editing."""
        return await self._list("/groupawareentry/listsharingtoothers/")

    async def listsharingfromothers(self) -> Sequence[SharedEntry]:
        """The folders that others share with the account for joint editing."""
        return await self._list("/groupawareentry/listsharingfromothers/")

    async def rejectsharing(self, folder: Ref) -> None:
        """Leave a folder that somebody else shares; what is in it stays."""
        await self._calls.inforelay(
            "/groupawareentry/rejectsharing/",
            TOKEN,
            ("entryid", folder.number),
            repeat=IF_REFUSED,
            signed=True,
        )

    # Codes that were received ---------------------------------------------------------------

    async def getinfobysharecode(self, code: str) -> SharedEntry:
        """What a code, in its long form, stands for."""
        root = await self._calls.inforelay(
            "/fsentry/getinfobysharecode/", TOKEN, USER, ("sharecode", code), repeat=SAFELY
        )
        return answers.by_share_code(root)

    async def checkpassword(self, code: str) -> bool:
        """Whether a code needs a password."""
        root = await self._calls.inforelay(
            "/fsentry/checkpassword/", TOKEN, USER, ("suri", code), repeat=SAFELY
        )
        return values.flag(root.findtext("ifpassword"))

    async def comparepassword(self, entry: Ref, digest: str) -> None:
        """Check the password of a share. Raises WrongPassword."""
        await self._calls.inforelay(
            "/fsentry/comparepassword/",
            TOKEN,
            USER,
            ("isfolder", "1" if entry.is_folder else "0"),
            ("ffid", entry.number),
            ("passwd", digest),
            repeat=SAFELY,
        )

    async def findservicegateway(self, portal: str, code: str) -> str:
        """The gateway of the area that a share is in."""
        root = await self._calls.portal(
            portal, "/sharecode/findservicegateway/", ("sharecode", code)
        )
        return answers.gateway(root)

    async def tocompactform(self, portal: str, code: str) -> str | None:
        """The short form of a code, for printing."""
        root = await self._calls.portal(portal, "/sharecode/tocompactform/", ("sharecode", code))
        return values.visible(root.findtext("compactsharecode"))

    async def tonormalform(self, portal: str, short: str) -> str | None:
        """The long form of a short code."""
        root = await self._calls.portal(
            portal, "/sharecode/tonormalform/", ("compactsharecode", short)
        )
        return values.visible(root.findtext("sharecode"))

    async def _list(self, path: str) -> Sequence[SharedEntry]:
        root = await self._calls.inforelay(path, TOKEN, USER, repeat=SAFELY)
        return answers.sharings(root)


def _told(entry: Ref) -> tuple[Given, ...]:
    return ("isfolder", "1" if entry.is_folder else "0"), ("entryid", entry.number)
