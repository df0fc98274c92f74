"""Share codes, members, and folders for joint editing (reference 3.19).

An entry is shared in one way only: every code of it has the password, the end and the members
that were given last. So a wish that is left out leaves them as they are, and ending a share ends
all codes of the entry.
"""

import math
import time
from collections.abc import Awaitable, Callable, Sequence

import trio

from cloudfs.errors import InvalidRequest, NotFound, Unsupported, unwrapped
from cloudfs.model import Entry, EntryId, Kind, Share
from cloudfs.providers.asus.answers import SharedEntry, ShareState
from cloudfs.providers.asus.ids import Ref, ref
from cloudfs.providers.asus.passwords import digest_form
from cloudfs.providers.asus.sharecalls import ShareCalls
from cloudfs.providers.asus.values import SECOND
from cloudfs.providers.facets import Sharing

HOUR = 3600
TOGETHER = 8  # shares looked at at once


class AsusSharing(Sharing):
    """The shares of one account."""

    passwords = True
    expiry = True
    editing = True
    members = True

    def __init__(
        self,
        calls: ShareCalls,
        *,
        prefix: str,
        plain_passwords: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._calls = calls
        self._prefix = prefix
        self._plain_passwords = plain_passwords
        self._clock = clock

    async def create(
        self,
        entry: Entry,
        *,
        password: str | None = None,
        expires_ns: int | None = None,
        edit: bool = False,
        members: Sequence[str] = (),
    ) -> Share:
        if edit and not entry.is_folder:
            raise Unsupported("only folders can be shared for joint editing")
        here = ref(entry.id)
        hours = None if expires_ns is None else self._hours(expires_ns)
        before = await self._calls.getadvancedsharecode(here) if members else None
        state = await self._calls.setadvancedsharecode(
            here,
            password=None if password is None else self._password(password),
            hours=hours,
            edit=edit,
            members=members,
        )
        if state.unknown_members:
            if before is not None and before.code is None:
                await self._calls.deletesharecode(here)
            raise InvalidRequest(f"nobody is called {', '.join(state.unknown_members)}")
        return self._share(here, entry.name, state)

    async def shares(self, entry: Entry | None = None) -> Sequence[Share]:
        if entry is not None:
            state = await self._calls.getadvancedsharecode(ref(entry.id))
            return [] if state.code is None else [self._share(ref(entry.id), entry.name, state)]
        listed = {Ref(e.kind, e.number): e for e in await self._calls.listsharingtoothers()}
        for shared in await self._calls.getsharedentries():
            listed[Ref(shared.kind, shared.number)] = shared
        return await self._looked_at(list(listed.values()))

    async def remove(self, share: Share) -> None:
        try:
            await self._calls.deletesharecode(ref(EntryId(share.id)))
        except NotFound:
            return

    async def shared_with_me(self) -> Sequence[Entry]:
        return [
            Entry(
                id=Ref(Kind.FOLDER, shared.number, shared.number).id,
                parent_id=None,
                name=shared.name,
                kind=Kind.FOLDER,
                extra={"owner": shared.owner} if shared.owner else {},
            )
            for shared in await self._calls.listsharingfromothers()
            if shared.kind is Kind.FOLDER
        ]

    async def _looked_at(self, listed: Sequence[SharedEntry]) -> Sequence[Share]:
        """The shares of *listed* with their codes, which the lists do not tell."""
        shares: list[Share | None] = [None] * len(listed)

        async def look(place: int) -> None:
            shared = listed[place]
            entry = Ref(shared.kind, shared.number)
            try:
                state = await self._calls.getadvancedsharecode(entry)
            except NotFound:
                return
            shares[place] = self._share(entry, shared.name, state)

        for start in range(0, len(listed), TOGETHER):
            await _all_at_once(look, range(start, min(start + TOGETHER, len(listed))))
        return [share for share in shares if share is not None]

    def _share(self, entry: Ref, name: str, state: ShareState) -> Share:
        return Share(
            id=entry.id,
            entry_id=entry.id,
            name=name,
            url=None if state.code is None else f"{self._prefix}{state.code}",
            members=state.members,
            password=state.password,
            expires_ns=state.expires_ns,
            edit=state.group,
        )

    def _hours(self, expires_ns: int) -> int:
        left = expires_ns / SECOND - self._clock()
        if left <= 0:
            raise InvalidRequest("a share cannot end in the past")
        return math.ceil(left / HOUR)

    def _password(self, password: str) -> str:
        return password if self._plain_passwords else digest_form(password)


async def _all_at_once(look: Callable[[int], Awaitable[None]], places: range) -> None:
    with unwrapped():
        async with trio.open_nursery() as nursery:
            for place in places:
                nursery.start_soon(look, place)
