"""The smallest complete provider: an account that lives in this process.

It is for tests, and the one to copy: a provider for a real service has the same verbs, with
`api.py`, `wire.py` and `auth.py` where this one has `MemoryService`. Two providers over one
`MemoryService` are two clients of one account.
"""

import hashlib
import mimetypes
from collections.abc import AsyncGenerator, AsyncIterator, MutableMapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from cloudfs.errors import (
    AlreadyExists,
    Changed,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    LinkExpired,
    NameTooLong,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    QuotaExceeded,
)
from cloudfs.http.client import Http
from cloudfs.model import (
    Checksum,
    Content,
    DownloadLink,
    Entry,
    EntryId,
    FileVersion,
    Kind,
    ListingTag,
    News,
    Page,
    Pages,
    Pieces,
    Quota,
    Transfer,
    TrashItem,
    Version,
)
from cloudfs.providers.base import Capabilities, Provider, Verb
from cloudfs.providers.facets import ChangeFeed, Trash, Versions
from cloudfs.providers.settings import setting

PAGE = 100


@dataclass(slots=True)
class _Item:
    """One entry on the imagined server."""

    entry: Entry
    contents: list[tuple[FileVersion, bytes]] = field(default_factory=list)  # oldest first
    deleted_ns: int | None = None  # in the bin since


class MemoryService:
    """The server: a tree of items by id, a bin, a log of changes."""

    def __init__(self, *, quota: int | None = None) -> None:
        self.quota = quota
        self.log: list[EntryId] = []  # folders whose listing changed, in order
        self._clock = count(1_700_000_000_000_000_000, 1_000_000)
        self._ids = count(1)
        self._versions = count(1)
        root = Entry(id=EntryId("root"), parent_id=None, name="", kind=Kind.FOLDER)
        self._items: dict[EntryId, _Item] = {root.id: _Item(root)}

    def now(self) -> int:
        """The server's time, which never stands still."""
        return next(self._clock)

    def new_id(self) -> EntryId:
        """An id that was never used."""
        return EntryId(f"id{next(self._ids)}")

    def item(self, entry_id: EntryId) -> _Item:
        """The live item, which is not in the bin, nor below something that is."""
        item = self._items.get(entry_id)
        walk = item
        while walk is not None and walk.deleted_ns is None:
            if walk.entry.parent_id is None:
                assert item is not None
                return item
            walk = self._items.get(walk.entry.parent_id)
        raise NotFound(f"no entry {entry_id}")

    def folder(self, entry_id: EntryId) -> _Item:
        """The live folder."""
        item = self.item(entry_id)
        if not item.entry.is_folder:
            raise NotAFolder(f"{item.entry.name} is a file")
        return item

    def children(self, folder_id: EntryId) -> list[_Item]:
        """What is in a folder, in order of names."""
        found = [
            item
            for item in self._items.values()
            if item.entry.parent_id == folder_id and item.deleted_ns is None
        ]
        return sorted(found, key=lambda item: item.entry.name)

    def child(self, folder_id: EntryId, name: str) -> _Item | None:
        """The child of that name."""
        return next((i for i in self.children(folder_id) if i.entry.name == name), None)

    def binned(self) -> list[_Item]:
        """What is in the bin."""
        return [item for item in self._items.values() if item.deleted_ns is not None]

    def used(self) -> int:
        """Bytes of all contents, old versions and the bin included."""
        return sum(len(data) for item in self._items.values() for _, data in item.contents)

    def add(self, entry: Entry) -> _Item:
        """Put a new item into the tree."""
        item = self._items[entry.id] = _Item(entry)
        self.touch(entry.parent_id)
        return item

    def drop(self, entry_id: EntryId) -> None:
        """Forget an item and everything below it."""
        for child in [i for i in self._items.values() if i.entry.parent_id == entry_id]:
            self.drop(child.entry.id)
        del self._items[entry_id]

    def touch(self, folder_id: EntryId | None) -> None:
        """The listing of a folder changed."""
        if folder_id is None:
            return
        self.log.append(folder_id)
        item = self._items[folder_id]
        tag = ListingTag(f"t{len(self.log)}")
        item.entry = replace(item.entry, modified_ns=self.now(), tag=tag)

    def write(self, item: _Item, data: bytes, modified_ns: int | None) -> Entry:
        """Give a file a new content."""
        if self.quota is not None and self.used() + len(data) > self.quota:
            raise QuotaExceeded("the account is full")
        version = Version(f"v{next(self._versions)}")
        modified_ns = modified_ns if modified_ns is not None else self.now()
        item.contents.append(
            (FileVersion(version=version, size=len(data), modified_ns=modified_ns), data)
        )
        item.entry = replace(
            item.entry,
            size=len(data),
            version=version,
            modified_ns=modified_ns,
            checksum=Checksum("sha256", hashlib.sha256(data).hexdigest()),
        )
        self.touch(item.entry.parent_id)
        return item.entry


@dataclass(frozen=True, kw_only=True)
class MemorySettings:
    """An account that is gone when the process ends has little to set."""

    quota: int = setting("space of the account in bytes; 0: no limit", default=0)


class MemoryProvider(Provider):
    """An account of a `MemoryService`."""

    title = "An account in memory"
    settings_type = MemorySettings
    capabilities = Capabilities(
        keeps_versions=True,
        conditional=frozenset(Verb),
        modified_step_ns=1,
        checksum="sha256",
        listing_tags=True,
        copy=True,
        set_modified=True,
        quota=True,
    )

    def __init__(
        self,
        settings: MemorySettings | None = None,
        *,
        http: Http | None = None,  # noqa: ARG002 - every provider is given one, and notes
        notes: MutableMapping[str, str] | None = None,  # noqa: ARG002
        service: MemoryService | None = None,
    ) -> None:
        settings = settings or MemorySettings()
        self.service = service or MemoryService(quota=settings.quota or None)
        self.trash = _MemoryTrash(self.service)
        self.versions = _MemoryVersions(self.service)
        self.changes = _MemoryChanges(self.service)

    async def root(self) -> Entry:
        return self.service.item(EntryId("root")).entry

    async def list_folder(self, folder_id: EntryId, *, unless: ListingTag | None = None) -> Pages:
        folder = self.service.folder(folder_id).entry
        if unless is not None and unless == folder.tag:
            yield Page(tag=folder.tag, unchanged=True)
            return
        entries = [item.entry for item in self.service.children(folder_id)]
        for start in range(0, max(len(entries), 1), PAGE):
            yield Page(entries=tuple(entries[start : start + PAGE]), tag=folder.tag)

    async def stat(self, entry_id: EntryId) -> Entry:
        return self.service.item(entry_id).entry

    async def download_link(self, entry: Entry) -> DownloadLink:
        item = self.service.item(entry.id)
        if item.entry.is_folder:
            raise IsAFolder(f"{item.entry.name} is a folder")
        return _link(item, entry.version)

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        try:
            item = self.service.item(EntryId(link.url.removeprefix("memory:")))
        except NotFound as error:
            raise LinkExpired("the file is gone") from error
        data = next(data for known, data in item.contents if known.version == link.version)

        async def pieces() -> Pieces:
            for at in range(start, stop, 65536):
                yield data[at : min(at + 65536, stop)]

        async with aclosing(pieces()) as stream:
            yield stream

    async def create_folder(self, folder_id: EntryId, name: str) -> Entry:
        self._check_name(name)
        self.service.folder(folder_id)
        self._check_free(folder_id, name)
        now = self.service.now()
        return self.service.add(
            Entry(
                id=self.service.new_id(),
                parent_id=folder_id,
                name=name,
                kind=Kind.FOLDER,
                modified_ns=now,
                created_ns=now,
                tag=ListingTag("t0"),
            )
        ).entry

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
        data = b"".join([piece async for piece in content.read(0, content.size)])
        if transfer is not None:
            transfer.advance(len(data))
        if replacing is not None:
            item = self._at_version(replacing)
            return self.service.write(item, data, content.modified_ns)
        self.service.folder(folder_id)
        self._check_free(folder_id, name)
        entry = Entry(
            id=self.service.new_id(),
            parent_id=folder_id,
            name=name,
            kind=Kind.FILE,
            created_ns=self.service.now(),
            mime=mimetypes.guess_type(name)[0],
        )
        item = self.service.add(entry)
        try:
            return self.service.write(item, data, content.modified_ns)
        except QuotaExceeded:
            self.service.drop(entry.id)
            raise

    async def move(
        self, entry: Entry, folder_id: EntryId, name: str, *, replacing: Entry | None = None
    ) -> Entry:
        item = self._at_version(entry)
        self._check_name(name)
        above: Entry | None = self.service.folder(folder_id).entry
        if (item.entry.parent_id, item.entry.name) == (folder_id, name):
            return item.entry
        while above is not None:
            if above.id == item.entry.id:
                raise InvalidRequest("a folder cannot be moved into itself")
            above = self.service.item(above.parent_id).entry if above.parent_id else None
        if replacing is not None:
            self._give_way(item.entry, replacing)
        self._check_free(folder_id, name)
        old_parent = item.entry.parent_id
        item.entry = replace(item.entry, parent_id=folder_id, name=name)
        self.service.touch(old_parent)
        self.service.touch(folder_id)
        return item.entry

    async def remove(
        self, entry: Entry, *, recursive: bool = False, permanently: bool = False
    ) -> None:
        self._put_into_bin(entry, recursive=recursive)
        if permanently:
            self.service.drop(entry.id)

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        source = self._at_version(entry)
        if source.entry.is_folder:
            raise IsAFolder("only files are copied")
        self._check_name(name)
        self.service.folder(folder_id)
        self._check_free(folder_id, name)
        item = self.service.add(
            replace(source.entry, id=self.service.new_id(), parent_id=folder_id, name=name)
        )
        return self.service.write(item, source.contents[-1][1], source.entry.modified_ns)

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        item = self._at_version(entry)
        item.entry = replace(item.entry, modified_ns=modified_ns)
        return item.entry

    async def quota(self) -> Quota:
        used = self.service.used()
        total = self.service.quota
        return Quota(total=total, used=used, free=None if total is None else total - used)

    def _at_version(self, entry: Entry) -> _Item:
        item = self.service.item(entry.id)
        if item.entry.version != entry.version:
            raise Changed(f"{entry.name} has changed on the service")
        return item

    def _check_free(self, folder_id: EntryId, name: str) -> None:
        if self.service.child(folder_id, name) is not None:
            raise AlreadyExists(f"{name} exists")

    def _check_name(self, name: str) -> None:
        if self.capabilities.names.too_long(name):
            raise NameTooLong("the name is too long")
        if problem := self.capabilities.names.problem(name):
            raise InvalidName(f"{name!r} {problem}")

    def _put_into_bin(self, entry: Entry, *, recursive: bool) -> None:
        item = self._at_version(entry)
        if item.entry.parent_id is None:
            raise NotPermitted("the root cannot be removed")
        if item.entry.is_folder and not recursive and self.service.children(entry.id):
            raise NotEmpty(f"{item.entry.name} is not empty")
        item.deleted_ns = self.service.now()
        self.service.touch(item.entry.parent_id)

    def _give_way(self, newcomer: Entry, old: Entry) -> None:
        if newcomer.is_folder and not old.is_folder:
            raise NotAFolder(f"{old.name} is a file")
        if old.is_folder and not newcomer.is_folder:
            raise IsAFolder(f"{old.name} is a folder")
        self._put_into_bin(old, recursive=False)


def _link(item: _Item, version: Version) -> DownloadLink:
    for known, _ in item.contents:
        if known.version == version:
            return DownloadLink(url=f"memory:{item.entry.id}", version=version, size=known.size)
    raise Changed(f"{item.entry.name} has no version {version}")


class _MemoryTrash(Trash):
    def __init__(self, service: MemoryService) -> None:
        self._service = service

    async def items(self) -> AsyncGenerator[Sequence[TrashItem], None]:
        yield [
            TrashItem(
                id=item.entry.id,
                name=item.entry.name,
                kind=item.entry.kind,
                size=item.entry.size,
                deleted_ns=item.deleted_ns,
                origin_parent_id=item.entry.parent_id,
                entry_id=item.entry.id,
            )
            for item in self._service.binned()
        ]

    async def restore(self, item: TrashItem) -> Entry:
        found = self._find(item)
        if found is None:
            raise NotFound(f"{item.name} is not in the bin")
        try:
            parent = self._service.folder(found.entry.parent_id or EntryId("root")).entry.id
        except NotFound:
            parent = EntryId("root")
        name, number = found.entry.name, count(2)
        while self._service.child(parent, name) is not None:
            stem, dot, extension = found.entry.name.partition(".")
            name = f"{stem} ({next(number)}){dot}{extension}"
        found.deleted_ns = None
        found.entry = replace(found.entry, parent_id=parent, name=name)
        self._service.touch(parent)
        return found.entry

    async def purge(self, items: Sequence[TrashItem]) -> None:
        for item in items:
            if (found := self._find(item)) is not None:
                self._service.drop(found.entry.id)

    async def empty(self) -> None:
        for item in self._service.binned():
            self._service.drop(item.entry.id)

    def _find(self, wanted: TrashItem) -> _Item | None:
        return next((i for i in self._service.binned() if i.entry.id == wanted.id), None)


class _MemoryVersions(Versions):
    def __init__(self, service: MemoryService) -> None:
        self._service = service

    async def of(self, entry: Entry) -> Sequence[FileVersion]:
        item = self._service.item(entry.id)
        return [
            replace(known, current=known.version == item.entry.version)
            for known, _ in reversed(item.contents)
        ]

    async def download_link(self, entry: Entry, version: Version) -> DownloadLink:
        return _link(self._service.item(entry.id), version)

    async def restore(self, entry: Entry, version: Version) -> Entry:
        item = self._service.item(entry.id)
        for known, data in item.contents:
            if known.version == version:
                return self._service.write(item, data, known.modified_ns)
        raise NotFound(f"{entry.name} has no version {version}")


class _MemoryChanges(ChangeFeed):
    def __init__(self, service: MemoryService) -> None:
        self._service = service

    async def cursor(self) -> str:
        return str(len(self._service.log))

    async def since(self, cursor: str) -> News:
        log = self._service.log
        if int(cursor) > len(log):
            return News(cursor=str(len(log)), everything=True)
        return News(cursor=str(len(log)), folders=frozenset(log[int(cursor) :]))
