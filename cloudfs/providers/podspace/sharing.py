"""Shares with people, and public links (reference 3.17)."""

from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    InvalidRequest,
    NotFound,
    NotPermitted,
    TransientError,
    Unreachable,
    Unsupported,
)
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId, Share
from cloudfs.providers.facets import Sharing
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.answers import Shared
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.paging import listed
from cloudfs.providers.podspace.places import Places

FOR_EVER = 50  # years; what the service's own client sends for "never"
YEAR = 365.25 * 24 * 60 * 60  # seconds
LONGEST_PASSWORD = 64

NOT_CARRIED_OUT = (Unreachable, Refused)


class PodspaceSharing(Sharing):
    """Shares of one account.

    An entry has at most one public link. The service makes a share for each person; here those
    that were made together are one, whose id names them all.
    """

    passwords = True
    expiry = True
    editing = True
    members = True

    def __init__(self, api: Api, account: AccountApi, places: Places, *, link_base: str) -> None:
        self._api = api
        self._account = account
        self._places = places
        self._link_base = link_base.rstrip("/")

    async def create(
        self,
        entry: Entry,
        *,
        password: str | None = None,
        expires_ns: int | None = None,
        edit: bool = False,
        members: Sequence[str] = (),
    ) -> Share:
        if self._places.is_root(entry.id):
            raise NotPermitted("the root cannot be shared")
        if members:
            if password is not None:
                raise Unsupported("only public links can have a password")
            return await self._share_with(entry, members, edit=edit, until=_date(expires_ns))
        if edit:
            raise Unsupported("what a public link leads to can only be looked at")
        if password is not None and not 1 <= len(password) <= LONGEST_PASSWORD:
            raise InvalidRequest(f"a password has 1 to {LONGEST_PASSWORD} characters")
        return await self._publish(entry, password, _date(expires_ns))

    async def shares(self, entry: Entry | None = None) -> Sequence[Share]:
        if entry is None:
            raise Unsupported("the service tells the shares of one entry at a time")
        return [self._share(shared, entry) for shared in await self._account.shares(entry.id)]

    async def remove(self, share: Share) -> None:
        for hash_ in share.id.split(","):
            try:
                await self._account.unshare(hash_)
            except NotFound:
                continue

    async def shared_with_me(self) -> Sequence[Entry]:
        found: dict[str, Entry] = {}
        size = self._account.page_size
        pages = listed(self._account.with_me, lambda shared: shared.hash, size=size)
        async with aclosing(pages):
            async for page in pages:
                for shared in page:
                    await self._note(shared, found)
        return list(found.values())

    async def _note(self, shared: Shared, found: dict[str, Entry]) -> None:
        """Add what is shared to *found*; of two shares the one that allows more counts."""
        entity = shared.entity
        if entity is None and shared.entity_hash is not None:  # it is told in short
            with suppress(NotFound, AccessDenied):
                entity = await self._api.stat(EntryId(shared.entity_hash))
        if entity is None:
            return
        before = found.get(entity.hash)
        if before is not None and before.writable:
            return
        self._places.restrict(self._places.id_of(entity.hash), view_only=not shared.edit)
        found[entity.hash] = self._places.entry(entity)

    async def _share_with(
        self, entry: Entry, members: Sequence[str], *, edit: bool, until: str | None
    ) -> Share:
        if any("," in member or not member.strip() for member in members):
            raise InvalidRequest("a person is named without commas")
        made = await self._account.share_with(entry.id, members, edit=edit, until=until)
        if not made:
            made = await self._account.shares(entry.id)
            made = tuple(shared for shared in made if shared.person in members)
        if not made:
            raise CloudError("the service does not tell of the share it has made")
        first = made[0]
        return Share(
            id=",".join(shared.hash for shared in made),
            entry_id=entry.id,
            name=entry.name,
            members=tuple(shared.person or "" for shared in made),
            expires_ns=first.expires_ns,
            edit=first.edit,
        )

    async def _publish(self, entry: Entry, password: str | None, until: str | None) -> Share:
        try:
            made = await self._account.publish(entry.id, until or _never())
            share = self._share(made[0], entry) if made else await self._public(entry)
        except AlreadyExists as taken:
            return await self._take_over(entry, password, until, taken)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            share = await self._after(lost, entry)
        if password is None:
            return share
        try:
            return await self._protect(share, entry, password)
        except CloudError:  # then nobody is to have the link
            with suppress(CloudError):
                await self.remove(share)
            raise

    async def _take_over(
        self, entry: Entry, password: str | None, until: str | None, taken: AlreadyExists
    ) -> Share:
        """The public link that is there already, if it is like the wanted one.

        It may be what an earlier attempt made that came to no end, so a password is still set.
        """
        share = await self._public(entry)
        if _date(share.expires_ns) != until and not (until is None and _is_far(share)):
            raise AlreadyExists(f"{entry.name} has a link with another end: remove it") from taken
        if password is not None:
            return await self._protect(share, entry, password)
        if share.password:
            raise AlreadyExists(f"{entry.name} has a link with a password: remove it") from taken
        return share

    async def _protect(self, share: Share, entry: Entry, password: str) -> Share:
        await self._account.set_password(entry.id, password)
        return replace(share, password=True)

    async def _after(self, lost: TransientError, entry: Entry) -> Share:
        """The link that an unanswered request made."""
        try:
            return await self._public(entry)
        except CloudError:
            raise lost from None

    async def _public(self, entry: Entry) -> Share:
        """The entry's own public link. Raises NotFound."""
        for shared in await self._account.shares(entry.id):
            if shared.public and shared.entity_hash in {None, entry.id}:
                return self._share(shared, entry)
        raise NotFound(f"there is no public link to {entry.name}")

    def _share(self, shared: Shared, entry: Entry) -> Share:
        url = None
        if shared.public:
            is_folder = entry.is_folder if shared.entity is None else shared.entity.is_folder
            kind = "folder" if is_folder else "file"
            hash_ = quote(shared.entity_hash or entry.id, safe="")
            url = f"{self._link_base}/{kind}/{hash_}?shareHash={quote(shared.hash, safe='')}"
        own = shared.entity_hash in {None, entry.id}
        return Share(
            id=shared.hash,
            entry_id=entry.id if own else self._places.id_of(shared.entity_hash or ""),
            name=entry.name if own or shared.entity is None else shared.entity.name,
            url=url,
            members=(shared.person,) if shared.person else (),
            password=shared.password,
            expires_ns=shared.expires_ns,
            edit=shared.edit,
        )


def _date(ns: int | None) -> str | None:
    """The day of a time, in UTC (1.6)."""
    if ns is None:
        return None
    try:
        return datetime.fromtimestamp(ns // 10**9, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidRequest("a share cannot end then") from error


def _never() -> str:
    today = datetime.now(UTC).date()
    return today.replace(year=today.year + FOR_EVER, day=min(today.day, 28)).isoformat()


def _is_far(share: Share) -> bool:
    """Whether a link ends so late that it is meant to last."""
    if share.expires_ns is None:
        return True
    years = (share.expires_ns / 1e9 - datetime.now(UTC).timestamp()) / YEAR
    return years > FOR_EVER / 2
