"""An account of PodSpace: our verbs, carried out by the service's calls."""

from collections.abc import MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress

from cloudfs.errors import (
    CloudError,
    InvalidRequest,
    IsAFolder,
    NotFound,
    NotPermitted,
)
from cloudfs.http.client import Http
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
from cloudfs.providers.base import Capabilities, Provider, Verb
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.archives import PodspaceArchives
from cloudfs.providers.podspace.auth import Auth
from cloudfs.providers.podspace.batch import AT_ONCE, Batches
from cloudfs.providers.podspace.changes import PodspaceChanges
from cloudfs.providers.podspace.connection import Connection
from cloudfs.providers.podspace.copying import Copies
from cloudfs.providers.podspace.details import PodspaceDetails
from cloudfs.providers.podspace.downloads import Downloads
from cloudfs.providers.podspace.endpoints import Endpoints
from cloudfs.providers.podspace.favorites import PodspaceFavorites
from cloudfs.providers.podspace.fetching import PodspaceFetching
from cloudfs.providers.podspace.moving import Moves
from cloudfs.providers.podspace.paging import stretches
from cloudfs.providers.podspace.places import NAMES, ROOT, Places, check_name
from cloudfs.providers.podspace.previews import PodspacePreviews
from cloudfs.providers.podspace.recent import Latest, PodspaceRecent
from cloudfs.providers.podspace.removing import Removals
from cloudfs.providers.podspace.resumable import Resumable
from cloudfs.providers.podspace.search import PodspaceSearch
from cloudfs.providers.podspace.settings import PodspaceSettings
from cloudfs.providers.podspace.sharing import PodspaceSharing
from cloudfs.providers.podspace.steps import Steps
from cloudfs.providers.podspace.teams import PodspaceTeams
from cloudfs.providers.podspace.trash import PodspaceTrash
from cloudfs.providers.podspace.uploads import Uploads
from cloudfs.providers.podspace.versions import PodspaceVersions
from cloudfs.providers.podspace.working import Works


class PodspaceProvider(Provider):
    """One account. An entry's id is its hash, or ROOT."""

    title = "PodSpace"
    settings_type = PodspaceSettings
    capabilities = Capabilities(
        names=NAMES,
        keeps_versions=True,
        conditional=frozenset({Verb.CREATE}),
        parallel=4,
        removes_at_once=AT_ONCE,
        copy=True,
        quota=True,
    )

    def __init__(
        self, settings: PodspaceSettings, *, http: Http, notes: MutableMapping[str, str]
    ) -> None:
        http.trust(settings.url)
        settings.check()
        endpoints = Endpoints(settings.endpoints)
        self._logout = settings.logout
        self._auth = Auth(http, settings, endpoints, notes)
        connection = Connection(
            http, settings.url, endpoints, self._auth, language=settings.accept_language
        )
        self._places = Places(notes)
        self._api = Api(connection, page_size=settings.page_size, upload_key=settings.upload_key)
        self._account = AccountApi(connection, page_size=settings.page_size)
        self._removals = Removals(self._api, Batches(connection))
        self._downloads = Downloads(self._api, verify=settings.verify_reads)
        self._uploads = Uploads(
            self._api,
            self._places,
            resumable=Resumable(self._api, self._account, settings),
            downloads=self._downloads,
            removals=self._removals,
            single_request_limit=settings.single_request_limit,
        )
        steps = Steps(self._api, self._places)
        self._moves = Moves(self._api, steps, self._removals)
        self._copies = Copies(self._api, self._places, steps, self._removals)
        self._offer_facets(settings, steps)

        # Changing.
        self._asked_for_root = False

    def _offer_facets(self, settings: PodspaceSettings, steps: Steps) -> None:
        api, account, places = self._api, self._account, self._places
        latest, works, teams = Latest(account), Works(steps, places), PodspaceTeams(account, places)
        self.trash = PodspaceTrash(api, places, self._removals)
        self.versions = PodspaceVersions(api, places, self._downloads)
        self.sharing = PodspaceSharing(api, account, places, link_base=settings.link_base)
        self.search = PodspaceSearch(account, places)
        self.favorites = PodspaceFavorites(api, account, places)
        self.recent = PodspaceRecent(latest, places)
        self.roots = teams
        self.details = PodspaceDetails(api, account, places, teams)
        self.archives = PodspaceArchives(account, works)
        self.fetching = PodspaceFetching(account, works)
        self.previews = PodspacePreviews(account)
        if settings.change_detection == "activities":
            self.changes = PodspaceChanges(
                latest,
                places,
                interval=settings.activities_interval,
                trust=settings.activities_trust,
            )

    async def open(self) -> None:
        await self.root()

    async def aclose(self) -> None:
        if not self._logout:
            return
        for kind, token in reversed(self._auth.tokens().items()):
            with suppress(CloudError):
                await self._account.revoke(kind, token)
        self._auth.forget()

    # Looking ------------------------------------------------------------------------------

    async def root(self) -> Entry:
        page = await self._api.list_folder(ROOT, size=1)
        self._asked_for_root = True
        self._places.children(page, ROOT)
        told = page.folder
        return Entry(
            id=ROOT,
            parent_id=None,
            name="",
            kind=Kind.FOLDER,
            modified_ns=told.updated_ns if told else None,
            created_ns=told.created_ns if told else None,
        )

    async def list_folder(
        self,
        folder_id: EntryId,
        *,
        unless: ListingTag | None = None,  # noqa: ARG002 - the service gives listings no tags
    ) -> Pages:
        pages = stretches(
            lambda start: self._api.list_folder(folder_id, start),
            lambda entity: entity.hash,
            size=self._api.page_size,
        )
        async with aclosing(pages):
            async for stretch in pages:
                here = self._places.children(stretch.page, folder_id)
                fresh = {entity.hash for entity in stretch.fresh}
                entries = tuple({e.id: e for e in here if e.id in fresh}.values())
                yield Page(entries=entries, restart=stretch.restart)

    async def stat(self, entry_id: EntryId) -> Entry:
        await self._know_root()
        if self._places.is_root(entry_id):
            return await self.root()
        return self._places.entry(await self._api.stat(entry_id))

    async def find(self, folder_id: EntryId, name: str) -> Entry:
        if NAMES.problem(name) is not None or NAMES.too_long(name):
            raise NotFound(f"no entry can be called {name!r}")
        entity = await self._api.exist(folder_id, name)
        if entity is None:
            raise NotFound(f"no {name!r} in {folder_id}")
        return self._places.entry(entity, folder_id=folder_id)

    # Reading ------------------------------------------------------------------------------

    async def download_link(self, entry: Entry) -> DownloadLink:
        return await self._downloads.link(entry)

    def fetch(
        self, link: DownloadLink, start: int, stop: int
    ) -> AbstractAsyncContextManager[Pieces]:
        return self._downloads.fetch(link, start, stop)

    # Changing -----------------------------------------------------------------------------

    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        check_name(name)
        made = await self._api.create_folder(folder_id, name)
        if made is None:
            return await self.find(folder_id, name)
        if made.name != name:
            raise await self._removals.misnamed(made, folder_id, name)
        if self._places.is_root(folder_id):
            self._places.learn_root(made.parent_hash)
        return self._places.entry(made, folder_id=folder_id)

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
        transfer = transfer or Transfer()
        if replacing is None:
            return await self._uploads.create(folder_id, name, content, transfer)
        if replacing.is_folder:
            raise IsAFolder(f"{replacing.name} is a folder")
        await self._know_root()
        return await self._uploads.replace(replacing, content, transfer)

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        self._check_no_root(entry)
        check_name(name)
        if folder_id == entry.id:
            raise InvalidRequest("a folder cannot be moved into itself")
        await self._know_root()
        return await self._moves.move(entry, folder_id, name, replacing)

    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        self._check_no_root(entry)
        await self._removals.remove(
            entry.id, permanently=permanently, only_empty=entry.is_folder and not recursive
        )

    async def remove_many(
        self, entries: Sequence[Entry], *, permanently: bool = False
    ) -> Sequence[CloudError | None]:
        for entry in entries:
            self._check_no_root(entry)
            if entry.is_folder:
                raise IsAFolder(f"{entry.name} is a folder, and might have children")
        entry_ids = [entry.id for entry in entries]
        return await self._removals.remove_many(entry_ids, permanently=permanently)

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        if entry.is_folder:
            raise IsAFolder("only files are copied")
        check_name(name)
        await self._know_root()
        return await self._copies.copy(entry, folder_id, name)

    async def quota(self) -> Quota:
        return await self._account.quota()

    async def _know_root(self) -> None:
        """Ask once for the root's own hash, by which its children name their parent (1.7)."""
        if self._places.root_hash is None and not self._asked_for_root:
            await self.root()

    def _check_no_root(self, entry: Entry) -> None:
        if self._places.is_root(entry.id):
            raise NotPermitted("the root cannot be moved or removed")
