"""An account of 689Cloud: our verbs, carried out by the service's calls."""

from collections.abc import MutableMapping
from contextlib import AbstractAsyncContextManager, suppress

from cloudfs.errors import (
    AcrossDomains,
    CloudError,
    ConfigError,
    InvalidRequest,
    IsAFolder,
    NotFound,
    NotPermitted,
    Unsupported,
)
from cloudfs.http.client import Http
from cloudfs.model import (
    Content,
    DownloadLink,
    Entry,
    EntryId,
    ListingTag,
    Pages,
    Pieces,
    Quota,
    Transfer,
)
from cloudfs.providers.base import Capabilities, Provider
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.auth import Auth
from cloudfs.providers.cloud689.changes import Cloud689Changes
from cloudfs.providers.cloud689.connection import Connection
from cloudfs.providers.cloud689.creating import Creations
from cloudfs.providers.cloud689.details import Cloud689Details
from cloudfs.providers.cloud689.downloads import Downloads
from cloudfs.providers.cloud689.fetching import Cloud689Fetching
from cloudfs.providers.cloud689.history import History
from cloudfs.providers.cloud689.ids import ROOT, address_of
from cloudfs.providers.cloud689.licencecalls import LicenceCalls
from cloudfs.providers.cloud689.licences import Licences
from cloudfs.providers.cloud689.linkcalls import LinkCalls
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.moving import Moves
from cloudfs.providers.cloud689.places import NAMES, Places, check_name, is_storable
from cloudfs.providers.cloud689.projects import Projects
from cloudfs.providers.cloud689.refusals import NoSuchTeam
from cloudfs.providers.cloud689.removing import Removals
from cloudfs.providers.cloud689.search import Cloud689Search
from cloudfs.providers.cloud689.settings import Cloud689Settings
from cloudfs.providers.cloud689.sharing import Cloud689Sharing
from cloudfs.providers.cloud689.sizes import Sizes
from cloudfs.providers.cloud689.trash import Cloud689Trash
from cloudfs.providers.cloud689.uploads import Uploads


class Cloud689Provider(Provider):
    """One account. Its top holds the projects, of which ids are the service's own and more.

    *licences* protects files, and changes what those who have one may do with it.
    """

    title = "689Cloud"
    settings_type = Cloud689Settings
    capabilities = Capabilities(names=NAMES, unique_names=False, parallel=8, quota=True)

    def __init__(
        self, settings: Cloud689Settings, *, http: Http, notes: MutableMapping[str, str]
    ) -> None:
        http.trust(settings.url)
        settings.check()
        self._settings = settings
        self._auth = Auth(settings, notes)
        connection = Connection(http, settings.url, self._auth.session)
        self._auth.use(connection)
        api = Api(connection, self._auth)
        places, sizes = Places(), Sizes(notes)
        self._looks = looks = Looks(api, places, sizes, settings)
        self._downloads = Downloads(connection, sizes, settings)
        self.licences = Licences(LicenceCalls(connection), encode_timeout=settings.encode_timeout)
        self._creations = Creations(api, looks, places)
        self._projects = Projects(api, looks, settings)
        self._moves = Moves(api, looks, places)
        self._removals = Removals(api, looks, places)
        self._uploads = Uploads(api, looks, places, self.licences, self._downloads, settings)
        history = History(api, page_size=settings.page_size)
        self.trash = Cloud689Trash(api, looks, places, self._removals, history)
        self.search = Cloud689Search(api, looks, places)
        self.sharing = Cloud689Sharing(
            LinkCalls(connection, self._auth),
            history,
            looks,
            places,
            self._auth,
            site_root=settings.site_root or _site_of(settings.url),
        )
        self.details = Cloud689Details(api, self.licences, self.sharing)
        if settings.change_detection == "history":
            self.changes = Cloud689Changes(
                history, looks, places, interval=settings.history_interval
            )
        if settings.upload_cloud:
            self.fetching = Cloud689Fetching(api, looks, places)

    async def open(self) -> None:
        try:
            await self._auth.user()
        except NoSuchTeam as error:
            raise ConfigError(f"sign-in is not possible: {error}") from error
        except (InvalidRequest, NotFound, Unsupported) as error:
            raise ConfigError(f"sign-in is not possible: {error}; is url right?") from error

    async def aclose(self) -> None:
        self._downloads.close()
        if self._settings.logout:
            with suppress(CloudError):  # the session ends by itself
                await self._auth.log_out()

    # Looking ------------------------------------------------------------------------------

    async def root(self) -> Entry:
        return self._looks.root

    def list_folder(self, folder_id: EntryId, *, unless: ListingTag | None = None) -> Pages:  # noqa: ARG002 - there are no tags
        return self._looks.list_folder(folder_id)

    async def stat(self, entry_id: EntryId) -> Entry:
        return await self._looks.stat(entry_id)

    async def find(self, folder_id: EntryId, name: str) -> Entry:
        found = await self._looks.named(folder_id, name) if is_storable(name) else []
        if not found:
            raise NotFound(f"no {name!r} in {folder_id}")
        return found[0]

    # Reading ------------------------------------------------------------------------------

    async def download_link(self, entry: Entry) -> DownloadLink:
        return self._downloads.link(entry)

    def fetch(
        self, link: DownloadLink, start: int, stop: int
    ) -> AbstractAsyncContextManager[Pieces]:
        return self._downloads.fetch(link, start, stop)

    # Changing -----------------------------------------------------------------------------

    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        check_name(name)
        if folder_id == ROOT:
            return await self._projects.create(name)
        return await self._creations.create_folder(folder_id, name)

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
        if folder_id == ROOT:
            raise NotPermitted("files are kept in projects")
        if replacing is not None and replacing.is_folder:
            raise IsAFolder(f"{replacing.name} is a folder")
        return await self._uploads.upload(
            folder_id, name, content, replacing, transfer or Transfer()
        )

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        self._check_no_root(entry)
        check_name(name)
        if folder_id == entry.id:
            raise InvalidRequest("a folder cannot be moved into itself")
        address = address_of(entry.id)
        if address.is_project:
            return await self._projects.rename(entry, folder_id, name, replacing)
        if self.domain(folder_id) != address.project:
            raise AcrossDomains("the service moves nothing from one project into another")
        return await self._moves.move(entry, folder_id, name, replacing)

    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        self._check_no_root(entry)
        if address_of(entry.id).is_project:
            await self._projects.remove(entry)
        else:
            await self._removals.remove(entry, recursive=recursive, permanently=permanently)

    def domain(self, entry_id: EntryId) -> str:
        return "" if entry_id == ROOT else address_of(entry_id).project

    async def quota(self) -> Quota:
        """What the settings say, without a request: the service does not tell."""
        return Quota(total=self._settings.capacity, free=self._settings.capacity)

    def _check_no_root(self, entry: Entry) -> None:
        if entry.id == ROOT:
            raise NotPermitted("the root cannot be moved or removed")


def _site_of(url: str) -> str:
    """The address of the service's pages, given that of its API."""
    return url.rstrip("/").removesuffix("/api")
