"""Public links, and folders shared with people (reference 3.17, 3.18)."""

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    InvalidRequest,
    NotFound,
    NotPermitted,
    TransientError,
    Unreachable,
    Unsupported,
)
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId, Invitation, Share
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.auth import login_string
from cloudfs.providers.cloudike.paging import in_pages
from cloudfs.providers.cloudike.particulars import LinkTerms
from cloudfs.providers.cloudike.paths import ROOT, name_of
from cloudfs.providers.cloudike.sharecalls import ShareCalls
from cloudfs.providers.facets import Sharing

LONGEST_LIFE = 31_536_000  # seconds that a link can last, if it is to end at all
SAME_TIME = 120 * 10**9  # nanoseconds within which two ends of a link are taken for one

NOT_CARRIED_OUT = (Unreachable, Refused)


@dataclass(frozen=True, slots=True)
class ShareKey:
    """What a share's id says: ``link:/path``, or ``share:login,login:/path``."""

    path: EntryId
    logins: tuple[str, ...] | None  # None: it is a public link; empty: all of a shared folder

    @classmethod
    def of(cls, share_id: str) -> "ShareKey":
        """Raises InvalidRequest if *share_id* is none."""
        kind, _, rest = share_id.partition(":")
        logins, mark, path = rest.partition(":/")
        if kind == "link" and rest.startswith("/"):
            return cls(EntryId(rest), None)
        if kind == "share" and mark:
            return cls(EntryId(f"/{path}"), tuple(logins.split(",")) if logins else ())
        raise InvalidRequest(f"there is no share {share_id!r}")

    @property
    def id(self) -> str:
        if self.logins is None:
            return f"link:{self.path}"
        return f"share:{','.join(self.logins)}:{self.path}"


class CloudikeSharing(Sharing):
    """Shares of one account. An entry has at most one public link.

    Files and folders can have a link, folders can be shared with people, who can let them write.
    """

    passwords = True
    expiry = True
    editing = True
    members = True

    def __init__(
        self,
        api: Api,
        calls: ShareCalls,
        *,
        page_limit: int,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._api = api
        self._calls = calls
        self._limit = page_limit
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
        if entry.id == ROOT:
            raise NotPermitted("the root cannot be shared")
        if members:
            if password is not None or expires_ns is not None:
                raise Unsupported("only public links can have a password or an end")
            return await self._invite(entry, [_login(member) for member in members], edit=edit)
        if edit:
            raise Unsupported("what a public link leads to can only be looked at")
        return await self._publish(entry, password, expires_ns)

    async def shares(self, entry: Entry | None = None) -> Sequence[Share]:
        if entry is not None:
            found = await self._api.metadata(entry.id)
            return [*await self._link_of(found), *await self._people(found)]
        told: list[Share] = []
        pages = in_pages(
            lambda offset: self._calls.links(offset=offset, limit=self._limit),
            lambda linked: linked.id,
            limit=self._limit,
        )
        async with aclosing(pages):
            async for page in pages:
                for linked in page:
                    told += await self._link_of(linked)
        for folder in await self._calls.folders("my"):
            told += await self._people(folder)
        return told

    async def remove(self, share: Share) -> None:
        key = ShareKey.of(share.id)
        if key.logins:
            for login in key.logins:
                await self._part_with(key.path, login)
            return
        with suppress(NotFound):  # it is gone already
            if key.logins is None:
                await self._calls.unlink(key.path)
            else:
                await self._calls.unshare(key.path)

    async def shared_with_me(self) -> Sequence[Entry]:
        return await self._calls.folders("others")

    async def invitations(self) -> Sequence[Invitation]:
        return await self._calls.invites()

    async def answer(self, invitation: Invitation, *, accept: bool) -> None:
        await self._calls.answer(invitation.id, accept=accept)

    # Links --------------------------------------------------------------------------------

    async def _publish(self, entry: Entry, password: str | None, expires_ns: int | None) -> Share:
        ttl = self._ttl(expires_ns)
        if password is not None and not password:
            raise InvalidRequest("the password is empty")
        found = await self._api.metadata(entry.id)
        if "public_hash" in found.extra:
            # Asking for it again would put the new terms in the place of the old ones.
            return await self._fitting(found, password, expires_ns)
        try:
            linked = await self._calls.link(entry.id, ttl=ttl, password=password)
        except NOT_CARRIED_OUT:
            raise
        except TransientError:
            linked = await self._api.metadata(entry.id)
            if "public_hash" not in linked.extra:
                raise
        if "public_hash" not in linked.extra:
            raise BadReply("the service does not tell of the link it has made")
        return _link(linked, expires_ns, password=password is not None)

    async def _fitting(self, found: Entry, password: str | None, expires_ns: int | None) -> Share:
        """The link that is there, if it is like the wanted one."""
        terms = await self._terms(found)
        if (
            terms is None
            or password is not None
            or terms.password
            or terms.uploads
            or not _same_time(terms.expires_ns, expires_ns)
        ):
            raise AlreadyExists(f"{found.name} has a link on other terms: remove that first")
        return _link(found, terms.expires_ns, password=False)

    async def _link_of(self, found: Entry) -> list[Share]:
        if "public_hash" not in found.extra:
            return []
        terms = await self._terms(found)
        if terms is None:
            return [_link(found, None, password=False)]
        return [_link(found, terms.expires_ns, password=terms.password)]

    async def _terms(self, found: Entry) -> LinkTerms | None:
        """What is agreed for the link; None if it is over, or the service does not tell."""
        try:
            return await self._calls.link_terms(found.extra["public_hash"])
        except (NotFound, AccessDenied, Unsupported):
            return None

    def _ttl(self, expires_ns: int | None) -> int | None:
        """Seconds from now."""
        if expires_ns is None:
            return None
        ttl = (expires_ns - self._clock()) // 10**9
        if ttl < 1:
            raise InvalidRequest("the link would have ended already")
        if ttl > LONGEST_LIFE:
            raise Unsupported("a link that ends does so within a year")
        return ttl

    # People -------------------------------------------------------------------------------

    async def _invite(self, entry: Entry, logins: Sequence[str], *, edit: bool) -> Share:
        if not entry.is_folder:
            raise Unsupported("only folders can be shared with people")
        for login in logins:
            if not await self._calls.add(entry.id, login, writer=edit):
                await self._let_write(entry.id, login, writer=edit)
        key = ShareKey(entry.id, tuple(logins))
        return Share(
            id=key.id, entry_id=entry.id, name=entry.name, members=tuple(logins), edit=edit
        )

    async def _let_write(self, path: EntryId, login: str, *, writer: bool) -> None:
        """Give somebody who takes part already the wanted right."""
        with suppress(NotFound):
            for person in await self._calls.collaborators(path):
                if (
                    login_string(person.login) == login
                    and person.writer != writer
                    and not person.owner
                ):
                    await self._calls.update(path, login, writer=writer)

    async def _people(self, folder: Entry) -> list[Share]:
        """Shares of a folder, one for each who takes part by this folder itself."""
        if not folder.is_folder or folder.id == ROOT:
            return []
        try:
            people = await self._calls.collaborators(folder.id)
        except (NotFound, AccessDenied):
            return []
        told = [
            Share(
                id=ShareKey(folder.id, (person.login,)).id,
                entry_id=folder.id,
                name=folder.name,
                members=(person.login,),
                edit=person.writer,
            )
            for person in people
            if not person.owner and not person.indirect
        ]
        if not told and "shared" in folder.extra and "role" not in folder.extra:
            # Nobody in particular: whoever has its hash may join.
            told = [Share(id=ShareKey(folder.id, ()).id, entry_id=folder.id, name=folder.name)]
        return told

    async def _part_with(self, path: EntryId, login: str) -> None:
        """End somebody's part, which may still be an invitation."""
        try:
            await self._calls.remove(path, login)
        except NotFound:
            return
        except AccessDenied as refused:
            try:
                await self._calls.uninvite(path, login)
            except NotFound:
                return
            except AccessDenied:
                if await self._takes_part(path, login):
                    raise refused from None

    async def _takes_part(self, path: EntryId, login: str) -> bool:
        try:
            people = await self._calls.collaborators(path)
            return any(login_string(person.login) == login_string(login) for person in people)
        except NotFound:
            return False


def _login(member: str) -> str:
    login = member.strip()
    if not login or "," in login or "/" in login:
        raise InvalidRequest(f"{member!r} names nobody")
    return login_string(login)


def _link(entry: Entry, expires_ns: int | None, *, password: bool) -> Share:
    return Share(
        id=ShareKey(entry.id, None).id,
        entry_id=entry.id,
        name=name_of(entry.id),
        url=entry.extra.get("public_link", entry.extra["public_hash"]),
        password=password,
        expires_ns=expires_ns,
    )


def _same_time(one: int | None, other: int | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= SAME_TIME
