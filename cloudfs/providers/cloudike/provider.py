"""An account of Cloudike: our verbs, carried out by the service's calls."""

from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    CloudError,
    ConfigError,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotFound,
    NotPermitted,
    Unsupported,
)
from cloudfs.http.client import Http
from cloudfs.http.ranges import ranged_get
from cloudfs.model import (
    Content,
    DownloadLink,
    Entry,
    EntryId,
    ListingTag,
    Page,
    Pages,
    Pieces,
    Quota,
    Transfer,
)
from cloudfs.providers.base import Capabilities, IdKind, Provider, Verb
from cloudfs.providers.cloudike.accountcalls import AccountValues, PermanentTokens
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.archives import CloudikeArchives
from cloudfs.providers.cloudike.auth import auth_for, login_string
from cloudfs.providers.cloudike.changes import CloudikeChanges
from cloudfs.providers.cloudike.comments import Comments
from cloudfs.providers.cloudike.connection import Connection, given_address
from cloudfs.providers.cloudike.copying import Copies
from cloudfs.providers.cloudike.details import CloudikeDetails
from cloudfs.providers.cloudike.encoding import BodyEncoding
from cloudfs.providers.cloudike.favorites import CloudikeFavorites
from cloudfs.providers.cloudike.fetching import CloudikeFetching
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.cloudike.moving import Moves
from cloudfs.providers.cloudike.names import RULES, check_name
from cloudfs.providers.cloudike.paging import RESTARTS, is_last, shifted
from cloudfs.providers.cloudike.paths import ROOT, join, within
from cloudfs.providers.cloudike.precheck import Prechecks
from cloudfs.providers.cloudike.previews import CloudikePreviews
from cloudfs.providers.cloudike.recent import CloudikeRecent
from cloudfs.providers.cloudike.refusals import Forbidden
from cloudfs.providers.cloudike.removing import AT_ONCE, Removals
from cloudfs.providers.cloudike.search import CloudikeSearch
from cloudfs.providers.cloudike.settings import CloudikeSettings
from cloudfs.providers.cloudike.sharecalls import ShareCalls
from cloudfs.providers.cloudike.sharing import CloudikeSharing
from cloudfs.providers.cloudike.store import Store
from cloudfs.providers.cloudike.tasks import Tasks
from cloudfs.providers.cloudike.trash import CloudikeTrash
from cloudfs.providers.cloudike.trashcalls import TrashCalls
from cloudfs.providers.cloudike.tree import CloudikeTree
from cloudfs.providers.cloudike.undeleting import Purging, Undeleting
from cloudfs.providers.cloudike.uploads import Uploads
from cloudfs.providers.cloudike.versions import CloudikeVersions, current_link

ACCOUNT_NOTE = "account"


class CloudikeProvider(Provider):
    """One account. An entry's id is its absolute path."""

    title = "Cloudike Enterprise"
    settings_type = CloudikeSettings
    capabilities = Capabilities(
        ids=IdKind.PATH,
        names=RULES,
        keeps_versions=True,
        conditional=frozenset({Verb.CREATE, Verb.REPLACE}),
        modified_step_ns=1_000_000,
        checksum="md5",
        listing_tags=True,
        removes_at_once=AT_ONCE,
        copy=True,
        set_modified=True,
        quota=True,
    )

    def __init__(
        self, settings: CloudikeSettings, *, http: Http, notes: MutableMapping[str, str]
    ) -> None:
        http.trust(settings.url)
        settings.check()
        _forget_other_account(notes, settings)
        self._settings = settings
        self._http = http
        encoding = BodyEncoding(settings.body_encoding, notes)
        self._auth = auth_for(settings, http, encoding, notes)
        connection = Connection(http, settings.url, self._auth, encoding)
        self._api = Api(connection, link_base=settings.public_link_base)
        self._offer(FileCalls(self._api), ShareCalls(self._api), Tasks(self._api, settings))
        if settings.change_detection == "events":
            self.changes = CloudikeChanges(self._api, interval=settings.events_interval)
        self.capabilities = replace(
            type(self).capabilities,
            set_modified=settings.set_modified and settings.send_checksum,
            listing_tags=settings.change_detection != "off",
        )

    def _offer(self, files: FileCalls, shares: ShareCalls, tasks: Tasks) -> None:
        """Make the verbs that take several requests, and the facets."""
        api, settings, limit = self._api, self._settings, self._settings.page_limit
        by_content = settings.send_checksum
        bypass_trash = settings.delete_mode == "permanent"
        self._removals = Removals(api, files, bypass_trash=bypass_trash)
        self._uploads = Uploads(api, Store(self._http), settings)
        self._moves = Moves(api, self._removals, by_content=by_content)
        self._copies = Copies(api, self._moves, self._removals, by_content=by_content)

        binned = TrashCalls(api)
        self.trash = CloudikeTrash(api, binned, shares, tasks, page_limit=limit)
        self.versions = CloudikeVersions(api, page_limit=limit)
        self.tree = CloudikeTree(api, files, tasks)
        self.sharing = CloudikeSharing(api, shares, page_limit=limit)
        self.search = CloudikeSearch(files, page_limit=limit)
        self.favorites = CloudikeFavorites(api, files)
        self.recent = CloudikeRecent(api)
        self.archives = CloudikeArchives(api, files, self._uploads, tasks)
        self.fetching = CloudikeFetching(api, shares, tasks, self._moves)
        self.previews = CloudikePreviews(files)

        # What no other service has.
        self.comments = Comments(files)
        self.details = CloudikeDetails(files, shares, self.comments)
        self.undeleting = Undeleting(binned)
        self.purging = Purging(binned)
        self.prechecks = Prechecks(files)
        self.tokens = PermanentTokens(api.connection)
        self.account_values = AccountValues(api.connection)

    async def open(self) -> None:
        try:
            await self._auth.sign_in()
            if not self._auth.proven:
                await self._api.metadata(ROOT)
        except (InvalidRequest, NotFound, Unsupported) as error:
            raise ConfigError(f"sign-in is not possible: {error}") from error

    async def aclose(self) -> None:
        token = self._auth.own_token() if self._settings.logout else None
        if token is None:
            return
        with suppress(CloudError):  # the token expires by itself
            await self._api.logout(token)
        self._auth.forget_token()

    # Looking ------------------------------------------------------------------------------

    async def root(self) -> Entry:
        return await self._api.metadata(ROOT)

    async def list_folder(self, folder_id: EntryId, *, unless: ListingTag | None = None) -> Pages:
        limit = self._settings.page_limit
        condition = unless if self.capabilities.listing_tags else None
        offset, restarts = 0, 0
        state: str | None = None
        tag: ListingTag | None = None
        listed: set[str] = set()
        while True:
            answer = await self._api.listing(
                folder_id, offset=offset, limit=limit, unless=None if offset else condition
            )
            if answer is None:
                raise NotAFolder(f"{folder_id} is a file")
            page = answer.page
            if page is None:
                yield Page(tag=unless, unchanged=True)
                return
            if offset == 0:
                state, tag = page.state, self._tag(answer.tag, restarts)
            elif shifted(page, state) and restarts < RESTARTS:
                restarts += 1
                offset, condition = 0, None
                listed.clear()
                continue
            fresh = [entry for entry in page.items if entry.name not in listed]
            listed.update(entry.name for entry in fresh)
            yield Page(entries=tuple(fresh), tag=tag, restart=restarts > 0 and offset == 0)
            offset += page.received
            if is_last(page, limit):
                return
            if page.items and not fresh:
                raise BadReply("the service sends the same page of a listing again and again")

    async def stat(self, entry_id: EntryId) -> Entry:
        return await self._api.metadata(entry_id)

    async def find(self, folder_id: EntryId, name: str) -> Entry:
        names = self.capabilities.names
        if names.problem(name) is not None or names.too_long(name):
            raise NotFound(f"no entry can be called {name!r}")
        return await self._api.metadata(join(folder_id, name))

    # Reading ------------------------------------------------------------------------------

    async def download_link(self, entry: Entry) -> DownloadLink:
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        return await current_link(self._api, entry)

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        with given_address("a file"):
            async with ranged_get(self._http, link, start, stop, label="cloudike.read") as pieces:
                yield pieces

    # Changing -----------------------------------------------------------------------------

    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        check_name(name)
        path = join(folder_id, name)
        try:
            return await self._api.folder_create(path)
        except Forbidden as error:
            if await self._api.metadata_or_none(path) is not None:
                raise AlreadyExists(f"{name} exists") from error
            raise AccessDenied(str(error)) from error

    async def upload(
        self,
        folder_id: EntryId,
        name: str,
        content: Content,
        *,
        replacing: Entry | None = None,
        transfer: Transfer | None = None,
    ) -> Entry:
        check_name(name)
        if replacing is not None and replacing.is_folder:
            raise IsAFolder(f"{replacing.name} is a folder")
        path = join(folder_id, name) if replacing is None else replacing.id
        return await self._uploads.upload(path, content, replacing, transfer or Transfer())

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        if entry.id == ROOT:
            raise NotPermitted("the root cannot be moved")
        check_name(name)
        if entry.is_folder and within(folder_id, entry.id):
            raise InvalidRequest("a folder cannot be moved into itself")
        return await self._moves.move(entry, folder_id, name, replacing)

    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        if entry.id == ROOT:
            raise NotPermitted("the root cannot be removed")
        # For a file the service ignores the condition; it is sent all the same, since a folder
        # may have taken the file's place, and would go with all that is in it.
        await self._removals.remove(entry.id, only_empty=not recursive, permanently=permanently)

    async def remove_many(
        self, entries: Sequence[Entry], *, permanently: bool = False
    ) -> Sequence[CloudError | None]:
        for entry in entries:
            if entry.is_folder:
                raise IsAFolder(f"{entry.name} is a folder, and might have children")
        paths = [entry.id for entry in entries]
        return await self._removals.remove_files(paths, permanently=permanently)

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        if entry.is_folder:
            raise IsAFolder("only files are copied")
        check_name(name)
        return await self._copies.copy(entry, folder_id, name)

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        if not self.capabilities.set_modified:
            raise Unsupported("set set_modified = true to let times change; each adds a version")
        if entry.is_folder:
            raise Unsupported("the service keeps no time for folders")
        return await self._copies.set_modified(entry, modified_ns)

    async def quota(self) -> Quota:
        return await self._api.account()

    def _tag(self, tag: str | None, restarts: int) -> ListingTag | None:
        """The tag of a listing that can be trusted to be of one piece."""
        if tag is None or restarts == RESTARTS or not self.capabilities.listing_tags:
            return None
        return ListingTag(tag)


def _forget_other_account(notes: MutableMapping[str, str], settings: CloudikeSettings) -> None:
    """A token and all else that is remembered are of one user on one server."""
    account = f"{settings.url.rstrip('/')} {login_string(settings.username)}"
    if notes.get(ACCOUNT_NOTE) != account:
        notes.clear()
        notes[ACCOUNT_NOTE] = account
