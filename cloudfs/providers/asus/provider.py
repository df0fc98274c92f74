"""An account of ASUS WebStorage or OmniStor: our verbs, carried out by the service's calls."""

import time
from collections.abc import MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from cloudfs.errors import (
    CloudError,
    ConfigError,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NameTooLong,
    NotAFolder,
    NotFound,
    TooLarge,
    Unsupported,
)
from cloudfs.http.client import Http
from cloudfs.model import (
    Content,
    DownloadLink,
    Entry,
    EntryId,
    Kind,
    ListingTag,
    Pages,
    Pieces,
    Quota,
    Transfer,
)
from cloudfs.providers.asus import attributes
from cloudfs.providers.asus.ids import SYNC, Ref, ref
from cloudfs.providers.asus.parts import Parts, forget_other_account
from cloudfs.providers.asus.places import writable_folder
from cloudfs.providers.asus.removing import TOGETHER
from cloudfs.providers.asus.settings import (
    FORBIDDEN,
    AsusSettings,
    OmniStorSettings,
    WebStorageSettings,
)
from cloudfs.providers.asus.values import SECOND
from cloudfs.providers.base import Capabilities, NameRules, Provider, Verb

LONGEST_NAME = 255  # characters (1.7)

_BARE_NAMES = NameRules(longest_bytes=4 * LONGEST_NAME, longest_chars=LONGEST_NAME)


class AsusProvider(Provider):
    """One account. An entry's id tells its kind and number (`ids`)."""

    settings_type = AsusSettings
    capabilities = Capabilities(
        names=replace(_BARE_NAMES, forbidden=frozenset(FORBIDDEN), controls=False),
        case_sensitive=False,
        conditional=frozenset({Verb.CREATE, Verb.REPLACE}),
        modified_step_ns=SECOND,
        removes_at_once=TOGETHER,
        links_at_once=100,
        copy=True,
        set_modified=True,
        quota=True,
    )

    def __init__(
        self, settings: AsusSettings, *, http: Http, notes: MutableMapping[str, str]
    ) -> None:
        settings.check()
        forget_other_account(notes, settings)
        self._settings = settings
        self._parts = Parts(settings, http, notes)
        self.trash = self._parts.trash
        if settings.root not in {"home", "backup", "all"}:
            self.changes = self._parts.changes
        self.sharing = self._parts.sharing
        self.search = self._parts.search
        self.favorites = self._parts.favorites
        self.recent = self._parts.recent
        self.roots = self._parts.roots
        self.details = self._parts.details
        self.previews = self._parts.previews
        verbs = {Verb.CREATE}
        if settings.on_conflict == "refuse":
            verbs.add(Verb.REPLACE)
        names = replace(type(self).capabilities.names, forbidden=frozenset(settings.forbidden))
        self.capabilities = replace(
            type(self).capabilities,
            names=names,
            conditional=frozenset(verbs),
            set_modified=settings.use_updateattribute,
        )

    async def open(self) -> None:
        try:
            grant = await self._parts.auth.grant()
            self.capabilities = replace(self.capabilities, largest_file=grant.largest_file)
            await self._parts.looking.stat((await self.root()).id)
        except (InvalidRequest, NotFound, Unsupported) as error:
            raise ConfigError(f"the drive cannot show {self._settings.root}: {error}") from error
        if self._parts.places.tree != SYNC:
            self.changes = None  # the other trees tell no changes (3.16)

    # Looking ------------------------------------------------------------------------------

    async def root(self) -> Entry:
        return await self._parts.places.root()

    def list_folder(
        self,
        folder_id: EntryId,
        *,
        unless: ListingTag | None = None,  # noqa: ARG002 - there are no tags
    ) -> Pages:
        return self._parts.looking.list(folder_id)

    async def stat(self, entry_id: EntryId) -> Entry:
        return await self._parts.looking.stat(entry_id)

    async def find(self, folder_id: EntryId, name: str) -> Entry:
        if _BARE_NAMES.problem(name) is not None or _BARE_NAMES.too_long(name):
            raise NotFound(f"no entry can be called {name!r}")
        return await self._parts.looking.find(folder_id, name)

    def domain(self, entry_id: EntryId) -> str:
        return self._parts.places.domain(entry_id)

    # Reading ------------------------------------------------------------------------------

    async def download_link(self, entry: Entry) -> DownloadLink:
        return await self._parts.downloads.link(entry)

    async def download_links(self, entries: Sequence[Entry]) -> Sequence[DownloadLink | CloudError]:
        return await self._parts.downloads.links(entries)

    def fetch(
        self, link: DownloadLink, start: int, stop: int
    ) -> AbstractAsyncContextManager[Pieces]:
        return self._parts.downloads.fetch(link, start, stop)

    # Changing -----------------------------------------------------------------------------

    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        _check_name(name)
        folder, now = _folder(folder_id), int(time.time())
        times = attributes.fresh(created=now, written=now)
        number = await self._parts.api.create(folder, name, times)
        return Entry(
            id=folder.folder(number).id,
            parent_id=folder_id,
            name=name,
            kind=Kind.FOLDER,
            modified_ns=now * SECOND,
            created_ns=now * SECOND,
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
        _check_name(name)
        folder = _folder(folder_id)
        largest = (await self._parts.auth.grant()).largest_file
        if largest is not None and content.size > largest:
            raise TooLarge(f"the service takes no file of more than {largest} bytes")
        return await self._parts.uploads.upload(
            folder, name, content, replacing, transfer or Transfer()
        )

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        _check_name(name)
        return await self._parts.moves.move(entry, _folder(folder_id), name, replacing)

    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        if await self._parts.places.can_be_left(entry.id):
            await self._parts.share_calls.rejectsharing(ref(entry.id))
            return
        here = await self._parts.places.changeable(entry.id)
        await self._parts.removals.remove(
            here, _parent(entry), recursive=recursive, permanently=permanently
        )

    async def remove_many(
        self, entries: Sequence[Entry], *, permanently: bool = False
    ) -> Sequence[CloudError | None]:
        outcomes: dict[EntryId, CloudError | None] = {}
        removable: list[tuple[Ref, Ref | None]] = []
        for entry in entries:
            try:
                here = await self._parts.places.changeable(entry.id)
            except CloudError as error:
                outcomes[entry.id] = error
            else:
                removable.append((here, _parent(entry)))
        done = await self._parts.removals.remove_many(removable, permanently=permanently)
        for (here, _), outcome in zip(removable, done, strict=True):
            outcomes[here.id] = outcome
        return [outcomes[entry.id] for entry in entries]

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        if entry.is_folder:
            raise IsAFolder("only files are copied")
        _check_name(name)
        return await self._parts.copies.copy(entry, _folder(folder_id), name)

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        if not self._parts.times.offered:
            raise Unsupported("the service does not let times be changed")
        here = await self._parts.places.changeable(entry.id)
        described = await self._parts.looking.info(here)
        try:
            return await self._parts.times.set_written(here, described, modified_ns // SECOND)
        except Unsupported:
            self.capabilities = replace(self.capabilities, set_modified=False)
            raise

    async def quota(self) -> Quota:
        return await self._parts.api.getinfo()

    async def open_share_code(self, code: str, password: str | None = None) -> Entry:
        """What a share code, in its long or short form, gives access to.

        Raises NotFound for a code that does not exist, AccessDenied if a password is needed or
        the share is for others, Unsupported if it is in another service area.
        """
        return await self._parts.codes.entry(code, password)


class WebStorageProvider(AsusProvider):
    """An account of the public service."""

    title = "ASUS WebStorage"
    settings_type = WebStorageSettings


class OmniStorProvider(AsusProvider):
    """An account of a private installation."""

    title = "OmniStor"
    settings_type = OmniStorSettings


def _folder(folder_id: EntryId) -> Ref:
    """The folder that something is to be put into."""
    folder = writable_folder(folder_id)
    if not folder.is_folder:
        raise NotAFolder(f"{folder_id} is a file")
    return folder


def _parent(entry: Entry) -> Ref | None:
    """The folder that an entry is in, as far as it says."""
    return None if entry.parent_id is None else ref(entry.parent_id)


def _check_name(name: str) -> None:
    """What no service of this kind can store; about other names the service decides (1.7)."""
    if _BARE_NAMES.too_long(name):
        raise NameTooLong(f"the name is longer than {LONGEST_NAME} characters")
    if problem := _BARE_NAMES.problem(name):
        raise InvalidName(f"{name!r} {problem}")
