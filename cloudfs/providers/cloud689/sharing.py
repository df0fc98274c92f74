"""Public links to projects, folders and files (reference 3.19).

The service has no list of them: they are collected from the history, where it may be read.
"""

from collections.abc import Sequence

from cloudfs.errors import (
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
from cloudfs.providers.cloud689.answers import Link
from cloudfs.providers.cloud689.auth import Auth
from cloudfs.providers.cloud689.history import History
from cloudfs.providers.cloud689.ids import ROOT, address_of, file_id, folder_id
from cloudfs.providers.cloud689.linkcalls import LinkCalls
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places
from cloudfs.providers.cloud689.refusals import LinkOver
from cloudfs.providers.facets import Sharing

NOT_CARRIED_OUT = (Unreachable, Refused)


class Cloud689Sharing(Sharing):
    """Links of one account; what they lead to can only be looked at.

    The service tells a link's password to everybody who has the link: it keeps out those who
    are asked for it on a page, and nobody else.
    """

    passwords = True
    expiry = True

    def __init__(
        self,
        calls: LinkCalls,
        history: History,
        looks: Looks,
        places: Places,
        auth: Auth,
        *,
        site_root: str,
    ) -> None:
        self._calls = calls
        self._history = history
        self._looks = looks
        self._places = places
        self._auth = auth
        self._site_root = site_root.rstrip("/")

    async def create(
        self,
        entry: Entry,
        *,
        password: str | None = None,
        expires_ns: int | None = None,
        edit: bool = False,
        members: Sequence[str] = (),
    ) -> Share:
        if members:
            raise Unsupported("members are invited to a project on the service's pages")
        if edit:
            raise Unsupported("what a link leads to can only be looked at")
        if entry.id == ROOT:
            raise NotPermitted("the root cannot be shared")
        if password == "":
            raise InvalidRequest("a password needs at least one character")
        day = None
        if expires_ns is not None:
            day = (await self._auth.zones()).day(expires_ns)
        try:
            link_id, path = await self._calls.create(
                address_of(entry.id), password=password, expiry_date=day
            )
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            return await self._after(lost, entry, password, day)
        return Share(
            id=link_id,
            entry_id=entry.id,
            name=entry.name,
            url=self._url(path, link_id),
            password=password is not None,
            expires_ns=expires_ns,
        )

    async def shares(self, entry: Entry | None = None) -> Sequence[Share]:
        if entry is not None and entry.id != ROOT:
            return await self._of_project(address_of(entry.id).project, entry)
        found: list[Share] = []
        for project in await self._looks.projects():
            found += await self._of_project(address_of(project.id).project, entry)
        return found

    async def remove(self, share: Share) -> None:
        try:
            await self._calls.remove(share.id)
        except (NotFound, LinkOver):
            return

    async def _of_project(self, project: str, entry: Entry | None) -> list[Share]:
        """The links into a project that are still good: all, or those to one entry."""
        found: list[Share] = []
        for link_id in await self._history.links(project):
            try:
                share = self._share(await self._calls.get(link_id), project)
            except (NotFound, LinkOver):
                continue  # it was removed, or its time is over
            if entry is None or share.entry_id == entry.id:
                found.append(share)
        return found

    async def _after(
        self, lost: TransientError, entry: Entry, password: str | None, day: str | None
    ) -> Share:
        """The link that an unanswered request made.

        One with a password may be an older link with another: then nothing can be said.
        """
        if password is not None:
            raise lost
        try:
            shares = await self.shares(entry)
            zones = await self._auth.zones()
        except CloudError:
            raise lost from None
        for share in shares:
            ends = None if share.expires_ns is None else zones.day(share.expires_ns)
            if not share.password and ends == day:
                return share
        raise lost

    def _share(self, link: Link, project: str) -> Share:
        inside = link.project or project
        if link.file is not None:
            entry_id = file_id(inside, link.file)
        else:
            entry_id = folder_id(inside, link.folder)
        return Share(
            id=link.id,
            entry_id=entry_id,
            name=self._name(entry_id),
            url=self._url(link.url, link.id),
            password=link.password,
            expires_ns=link.expires_ns,
        )

    def _name(self, entry_id: EntryId) -> str:
        return self._places.name(entry_id) or ""

    def _url(self, path: str | None, link_id: str) -> str:
        """The whole address of a link, of which the service may tell the end."""
        if path is None:
            path = f"view-link/{link_id}"
        if path.startswith(("https://", "http://")):
            return path
        return f"{self._site_root}/{path.lstrip('/')}"
