"""A bucket on an S3 store, or all buckets of an account, as an account.

Addressing is by path, so every verb works on what has that path now. What a store heeds and
keeps is found out, and shows in `capabilities` and in which facets there are.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from cloudfs.errors import (
    CloudError,
    ConfigError,
    InvalidName,
    IsAFolder,
    LoginFailed,
    NameTooLong,
    NotFound,
    NotPermitted,
    TransientError,
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
    Transfer,
)
from cloudfs.providers.base import Capabilities, IdKind, Provider, Verb
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.bodies import Bodies
from cloudfs.providers.s3.conditions import Conditions
from cloudfs.providers.s3.connection import Connection
from cloudfs.providers.s3.copying import Copying
from cloudfs.providers.s3.endpoint import Endpoint
from cloudfs.providers.s3.entries import Entries
from cloudfs.providers.s3.folders import Folders
from cloudfs.providers.s3.keys import (
    LONGEST_KEY,
    ROOT,
    SHADOWED_NAME,
    SLASH_LOOKALIKE,
    KeyNames,
    Layout,
    Place,
    child_of,
    is_shadowed,
)
from cloudfs.providers.s3.links import Links
from cloudfs.providers.s3.listings import Listings
from cloudfs.providers.s3.looking import Looking
from cloudfs.providers.s3.moving import Limits, Moving
from cloudfs.providers.s3.multipart import Multipart
from cloudfs.providers.s3.removing import Removing
from cloudfs.providers.s3.settings import MOST_KEYS, S3Settings
from cloudfs.providers.s3.sharing import PresignedSharing
from cloudfs.providers.s3.signing import Credentials, Signer
from cloudfs.providers.s3.trash import VersionedTrash
from cloudfs.providers.s3.tree import KeyTree
from cloudfs.providers.s3.uploads import Uploads
from cloudfs.providers.s3.versions import BucketVersions
from cloudfs.providers.s3.wire import SECOND

log = logging.getLogger(__name__)

VERSIONING = "versioning"  # the note of what the bucket was last seen to do
ENABLED = "Enabled"
STALE = 7 * 24 * 3600  # seconds after which an upload in parts is not resumed any more


class S3Provider(Provider):
    """An account on an S3 store."""

    title = "S3 and compatible stores"
    settings_type = S3Settings
    capabilities = Capabilities(
        ids=IdKind.PATH,
        names=KeyNames(),
        keeps_versions=True,
        conditional=frozenset({Verb.CREATE, Verb.REPLACE}),
        modified_step_ns=1,
        checksum="md5",
        parallel=32,
        removes_at_once=MOST_KEYS,
        copy=True,
        set_modified=True,
    )

    def __init__(
        self, settings: S3Settings, *, http: Http, notes: MutableMapping[str, str]
    ) -> None:
        settings.check()
        http.trust(settings.url)
        self._settings = settings
        self._notes = notes
        credentials = Credentials(settings.access_key, settings.secret_key, settings.session_token)
        endpoint = Endpoint(settings.url, region=settings.region, style=settings.style, notes=notes)
        connection = Connection(http, endpoint, Signer(None if settings.anonymous else credentials))
        self._api = Api(connection, page=settings.max_keys)
        self._layout = Layout(settings.bucket, settings.prefix)
        entries = Entries(self._layout, notes, meta=settings.mtime == "meta")
        self._looking = Looking(self._api, self._layout, entries)
        self._listings = Listings(
            self._api,
            self._looking,
            show_weird=settings.weird_keys == "show",
            versioned=self._keeps_versions,
        )
        self._folders = Folders(
            self._api,
            self._looking,
            endpoint.name,
            notes,
            placeholder=settings.dir_marker == "placeholder",
        )
        self._conditions = Conditions(self._api, endpoint.name, notes)
        bodies = Bodies(secure=endpoint.secure, checksums=settings.checksums)
        multipart = Multipart(self._api, bodies, part_size=settings.part_size)
        self._uploads = Uploads(
            self._api,
            self._layout,
            entries,
            self._folders,
            self._conditions,
            bodies,
            multipart,
            threshold=settings.multipart_threshold,
        )
        self._copying = Copying(self._api, self._looking, self._folders, multipart)
        self._removing = Removing(self._api, self._looking, self._folders, self._keeps_versions)
        limits = Limits(settings.dir_rename_limit if settings.dir_rename else 0)
        self._moving = Moving(
            self._api, self._looking, self._folders, self._copying, self._removing, limits
        )
        self._links = Links(connection)
        self.tree = KeyTree(self._looking, self._listings)
        self.sharing = PresignedSharing(connection, self._layout)
        self._noted_as = f"{endpoint.name}/{settings.bucket}"
        self._versioning = _remembered(notes.get(VERSIONING, ""), self._noted_as)
        self._adapt()

    async def open(self) -> None:
        try:
            await self._looking.stat(ROOT)
        except NotFound as error:
            raise ConfigError(
                f"the store has no bucket {self._settings.bucket}: set bucket to one that it has"
            ) from error
        if not self._layout.lists_buckets:
            await self._look_for_versions()
            await self._drop_stale_uploads()
        self._adapt()

    def _keeps_versions(self) -> bool:
        return self._versioning == ENABLED

    async def _look_for_versions(self) -> None:
        try:
            self._versioning = await self._api.versioning(self._layout.bucket)
        except TransientError:
            raise
        except LoginFailed:
            raise
        except CloudError as error:  # not everybody may ask, and not every store knows
            log.debug("the bucket is taken to keep no versions: %s", error)
            self._versioning = ""
        self._notes[VERSIONING] = json.dumps({self._noted_as: self._versioning})

    async def _drop_stale_uploads(self) -> None:
        """Abort uploads in parts that nobody goes on with: they cost money (reference 5)."""
        oldest = (time.time() - STALE) * SECOND
        try:
            for upload in await self._api.uploads(self._layout.folder(ROOT)):
                if upload.begun_ns is not None and upload.begun_ns < oldest:
                    await self._api.abort(Place(self._layout.bucket, upload.key), upload.upload_id)
        except CloudError as error:
            log.debug("uploads that were given up are not looked for: %s", error)

    def _adapt(self) -> None:
        """Offer what the store and the bucket, as far as they are known, can do."""
        heeded = self._conditions.heeded
        known = {Verb.CREATE: heeded.create, Verb.REPLACE: heeded.replace}
        meta = self._settings.mtime == "meta"
        versioned = self._keeps_versions()
        self.capabilities = replace(
            type(self).capabilities,
            keeps_versions=versioned,
            conditional=frozenset(verb for verb, heeds in known.items() if heeds),
            modified_step_ns=1 if meta else None,
            set_modified=meta,
            writable=not self._settings.anonymous,
            moves_folders=self._settings.dir_rename,
        )
        self.trash = (
            VersionedTrash(
                self._api,
                self._looking,
                self._removing,
                self._copying,
                gap=self._settings.trash_group,
            )
            if versioned
            else None
        )
        self.versions = (
            BucketVersions(self._api, self._looking, self._copying, self._links.to_version)
            if versioned
            else None
        )

    def domain(self, entry_id: EntryId) -> str:
        return self._layout.object(entry_id).bucket

    # Looking ------------------------------------------------------------------------------

    async def root(self) -> Entry:
        return await self._looking.stat(ROOT)

    async def list_folder(
        self,
        folder_id: EntryId,
        *,
        unless: ListingTag | None = None,  # noqa: ARG002 - a listing has no tag here
    ) -> Pages:
        async with aclosing(self._listings.children(folder_id)) as pages:
            async for page in pages:
                yield page

    async def stat(self, entry_id: EntryId) -> Entry:
        return await self._looking.stat(entry_id)

    async def find(self, folder_id: EntryId, name: str) -> Entry:
        if self.capabilities.names.problem(name) or is_shadowed(folder_id):
            raise NotFound(f"no {name!r} in {folder_id}")
        try:
            return await self._looking.stat(child_of(folder_id, name))
        except NotFound:
            if not name.endswith(SHADOWED_NAME) and SLASH_LOOKALIKE not in name:
                raise
            # What is shown under a name of our making is found by looking at all.
            return await super().find(folder_id, name)

    # Reading ------------------------------------------------------------------------------

    async def download_link(self, entry: Entry) -> DownloadLink:
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        return self._links.to(entry, self._layout.object(entry.id))

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        async with self._links.fetch(link, start, stop) as pieces:
            yield pieces

    # Changing -----------------------------------------------------------------------------

    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        self._check(folder_id, name)
        return await self._folders.create(folder_id, name)

    async def upload(
        self,
        folder_id: EntryId,
        name: str,
        content: Content,
        *,
        replacing: Entry | None = None,
        transfer: Transfer | None = None,
    ) -> Entry:
        if replacing is None:
            self._check(folder_id, name)
        elif not replacing.writable:
            raise NotPermitted(f"{replacing.name} is only shown")
        entry_id = replacing.id if replacing is not None else child_of(folder_id, name)
        before = self._conditions.heeded
        try:
            return await self._uploads.store(entry_id, content, replacing, transfer or Transfer())
        finally:
            if self._conditions.heeded != before:
                self._adapt()

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        if (entry.parent_id, entry.name) == (folder_id, name):
            return await self._looking.stat(entry.id)
        self._check(folder_id, name)
        target = child_of(folder_id, name)
        if replacing is not None and is_shadowed(replacing.id):
            target = replacing.id  # its key is not what it is shown as
        return await self._moving.move(entry, target, replacing)

    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        await self._removing.remove(entry, recursive=recursive, permanently=permanently)

    # Optional -----------------------------------------------------------------------------

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        self._check(folder_id, name)
        return await self._copying.copy(entry, folder_id, name)

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        if not self.capabilities.set_modified:
            raise Unsupported("times are those of the listing: set mtime to meta to keep others")
        if entry.is_folder or not entry.writable:
            raise NotPermitted("only files have a time that can be set")
        return await self._copying.set_modified(entry, modified_ns)

    async def remove_many(
        self, entries: Sequence[Entry], *, permanently: bool = False
    ) -> Sequence[CloudError | None]:
        return await self._removing.remove_many(entries, permanently=permanently)

    def _check(self, folder_id: EntryId, name: str) -> None:
        """Raise unless something may be called *name* in the folder."""
        names = self.capabilities.names
        if problem := names.problem(name):
            raise InvalidName(f"{name!r} {problem}")
        if self._layout.lists_buckets and folder_id == ROOT:
            raise NotPermitted("buckets are made with the tools of the store")
        key = self._layout.folder(child_of(folder_id, name)).key
        if names.too_long(name) or len(key.encode()) > LONGEST_KEY:
            raise NameTooLong("the name, or the whole path, is too long")


def _remembered(text: str, noted_as: str) -> str:
    try:
        return str(json.loads(text)[noted_as])
    except (ValueError, TypeError, KeyError):
        return ""
