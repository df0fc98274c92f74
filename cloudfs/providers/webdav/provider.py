"""A WebDAV collection as an account: generic servers, and Nextcloud's extensions.

What distinguishes servers is in `server`; elsewhere a difference shows only as a question to
the profile. Addressing is by path, so every verb works on what has that path now.
"""

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager

from cloudfs.errors import (
    AlreadyExists,
    BadReply,
    InvalidName,
    IsAFolder,
    NameTooLong,
    NotFound,
    Unsupported,
)
from cloudfs.http.client import Http, StreamedReply
from cloudfs.http.retry import Repeat
from cloudfs.model import (
    Content,
    DownloadLink,
    Entry,
    EntryId,
    Kind,
    ListingTag,
    Page,
    Pages,
    Pieces,
    Quota,
    Transfer,
)
from cloudfs.providers.base import Capabilities, IdKind, Provider, Verb
from cloudfs.providers.webdav import wire
from cloudfs.providers.webdav.api import XML, Dav
from cloudfs.providers.webdav.auth import credentials_from
from cloudfs.providers.webdav.changes import EtagChanges
from cloudfs.providers.webdav.chunks import MIB
from cloudfs.providers.webdav.discovery import discover
from cloudfs.providers.webdav.entries import check_reply, link_to, match_header
from cloudfs.providers.webdav.looking import Looking
from cloudfs.providers.webdav.paths import ROOT, Collection, child_of
from cloudfs.providers.webdav.placing import Placing
from cloudfs.providers.webdav.server import SABRE, SECOND, CloudAccount, Server, sharpened
from cloudfs.providers.webdav.settings import WebDavSettings
from cloudfs.providers.webdav.statuses import refusal
from cloudfs.providers.webdav.trash import CloudTrash
from cloudfs.providers.webdav.uploads import Uploads
from cloudfs.providers.webdav.verdicts import why_not_placed
from cloudfs.providers.webdav.versions import CloudVersions

PAGE = 1000
SKIPS_BIN_SINCE = 31  # major version of Nextcloud that knows X-NC-Skip-Trashbin


class WebDavProvider(Provider):
    """An account on a WebDAV server."""

    title = "WebDAV, Nextcloud, ownCloud"
    settings_type = WebDavSettings
    capabilities = Capabilities(
        ids=IdKind.PATH,
        keeps_versions=True,
        conditional=frozenset(Verb),
        modified_step_ns=SECOND,
        checksum="sha1",
        listing_tags=True,
        copy=True,
        set_modified=True,
        quota=True,
    )

    def __init__(
        self, settings: WebDavSettings, *, http: Http, notes: MutableMapping[str, str]
    ) -> None:
        self._settings = settings
        self._base = Collection(settings.url)
        http.trust(self._base.url)
        self._dav = Dav(http, credentials_from(settings))
        self._server = Server(self._base.url, notes)
        self._looking = Looking(self._dav, self._base, self._server)
        self._placing = Placing(
            self._dav, self._base, self._server, self._looking, locks=settings.locks
        )
        self._uploads = Uploads(
            self._dav,
            self._base,
            self._server,
            self._looking,
            atomic_put=settings.atomic_put,
            locks=settings.locks,
            chunk_size=settings.chunk_size * MIB,
        )
        self._adapt()

    async def open(self) -> None:
        await discover(self._dav, self._base, self._server)
        self._adapt()

    def _adapt(self) -> None:
        """Offer what the server, as far as it is known, can do."""
        self.capabilities = sharpened(
            type(self).capabilities,
            self._server,
            atomic_put=self._settings.atomic_put,
            locks=self._settings.locks,
        )
        account = self._account
        self._bin = CloudTrash(self._dav, self._looking, account) if account else None
        self.trash = self._bin if account and account.trash else None
        self.versions = (
            CloudVersions(self._dav, self._base, self._looking, account)
            if account and account.versions
            else None
        )
        tagged = self._server.found.profile == SABRE
        self.changes = EtagChanges(self._looking) if tagged else None

    @property
    def _account(self) -> CloudAccount | None:
        return self._server.found.account

    # Looking ------------------------------------------------------------------------------

    async def root(self) -> Entry:
        return await self._looking.stat(ROOT)

    async def list_folder(self, folder_id: EntryId, *, unless: ListingTag | None = None) -> Pages:
        if unless is not None and (await self._looking.stat(folder_id)).tag == unless:
            yield Page(tag=unless, unchanged=True)
            return
        entries, tag = await self._looking.children(folder_id)
        for start in range(0, max(len(entries), 1), PAGE):
            yield Page(entries=tuple(entries[start : start + PAGE]), tag=tag)

    async def stat(self, entry_id: EntryId) -> Entry:
        return await self._looking.stat(entry_id)

    async def find(self, folder_id: EntryId, name: str) -> Entry:
        if self.capabilities.names.problem(name):
            raise NotFound(f"no {name!r} in {folder_id}")
        return await self._looking.stat(child_of(folder_id, name))

    # Reading ------------------------------------------------------------------------------

    async def download_link(self, entry: Entry) -> DownloadLink:
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        url = self._base.file(entry.id)
        return link_to(entry, url, one_etag=self._server.profile.one_etag)

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        # An old version has its own address, and marks that its link does not know.
        of_file = link.url.startswith(self._base.url)

        def check(reply: StreamedReply) -> None:
            check_reply(
                reply,
                link,
                own=self._dav.is_own(reply.url),
                one_etag=of_file and self._server.profile.one_etag,
            )

        async with self._dav.get_range(link, start, stop, check) as pieces:
            yield pieces

    # Changing -----------------------------------------------------------------------------

    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        self._check_name(name)
        target = child_of(folder_id, name)
        must_look = not self._server.profile.mkcol_refuses
        if must_look and await self._looking.stat_or_none(target) is not None:
            raise AlreadyExists(f"{name} exists")
        reply = await self._dav.send("MKCOL", self._base.folder(target))
        if reply.status == 405 and reply.doubtful:
            entry = await self._looking.stat(target)
            if entry.is_folder:
                return entry  # the first attempt was carried out
        if reply.status == 405:
            raise AlreadyExists(f"{name} exists")
        if not reply.ok:
            raise await why_not_placed(self._looking, reply.status, target, "MKCOL")
        made = wire.http_date(reply.headers.get("date"))
        return Entry(
            id=target,
            parent_id=folder_id,
            name=name,
            kind=Kind.FOLDER,
            modified_ns=None if made is None else made * SECOND,
        )

    async def upload(
        self,
        folder_id: EntryId,
        name: str,
        content: Content,
        *,
        replacing: Entry | None = None,
        transfer: Transfer | None = None,
    ) -> Entry:
        self._check_name(name)
        target = child_of(folder_id, name)
        entry = await self._uploads.store(target, content, replacing, transfer or Transfer())
        if self._server.found.keeps_times and self.capabilities.modified_step_ns is None:
            self._adapt()  # the answer told that the server keeps times
        return entry

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        self._check_name(name)
        return await self._placing.move(entry, child_of(folder_id, name), replacing)

    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        account = self._account
        if not permanently or account is None or not account.trash:
            await self._placing.remove(entry, recursive=recursive)
            return
        if account.product == "nextcloud" and account.major >= SKIPS_BIN_SINCE:
            headers = {"X-NC-Skip-Trashbin": "true"}
            await self._placing.remove(entry, recursive=recursive, headers=headers)
            return
        file_id = entry.extra.get("oc:fileid")
        if not file_id:
            file_id = (await self._looking.stat(entry.id)).extra.get("oc:fileid")
        await self._placing.remove(entry, recursive=recursive)
        if file_id and self._bin:
            await self._bin.purge_deleted(file_id)

    # Optional -----------------------------------------------------------------------------

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        self._check_name(name)
        return await self._placing.copy(entry, child_of(folder_id, name))

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        if not self.capabilities.set_modified:
            raise Unsupported("this server does not let a time be set")
        condition = match_header(entry)
        reply = await self._dav.send(
            "PROPPATCH",
            self._base.file(entry.id),
            headers={"Content-Type": XML, **condition},
            body=wire.proppatch({"d:lastmodified": str(modified_ns // SECOND)}),
            repeat=Repeat.IF_REFUSED if condition else Repeat.SAFELY,
        )
        statuses = wire.failures(reply.body) if reply.status == 207 else [reply.status]
        if statuses:
            raise refusal(statuses[0], "PROPPATCH")
        now = await self._looking.stat(entry.id)
        if now.modified_ns != modified_ns // SECOND * SECOND:
            raise BadReply("the server took a time but does not show it")
        return now

    async def quota(self) -> Quota:
        if not self.capabilities.quota:
            raise Unsupported("this server does not tell its quota")
        found = await self._dav.propfind(self._base.url, 0, wire.QUOTA)
        root = next((r for r in found if r.status < 300), None)
        if root is None:
            raise BadReply("the server no longer tells its quota")
        # Nextcloud says by a negative number that it does not know, or has no limit.
        free = root.quota_available
        free = free if free is not None and free >= 0 else None
        used = root.quota_used
        used = used if used is not None and used >= 0 else None
        total = None if free is None or used is None else free + used
        return Quota(total=total, used=used, free=free)

    def _check_name(self, name: str) -> None:
        if self.capabilities.names.too_long(name):
            raise NameTooLong("the name is too long")
        if problem := self.capabilities.names.problem(name):
            raise InvalidName(f"{name!r} {problem}")
