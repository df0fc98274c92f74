"""Looking at what the server has: one resource, or a folder's listing (reference 3)."""

import logging
import re
from collections.abc import Sequence

import trio

from cloudfs.errors import BadReply, CloudError, InvalidRequest, NotAFolder, NotFound
from cloudfs.model import Entry, EntryId, ListingTag
from cloudfs.providers.base import NameRules
from cloudfs.providers.webdav.api import Dav
from cloudfs.providers.webdav.entries import entry_from
from cloudfs.providers.webdav.paths import ROOT, Collection, parent_of, segments_of
from cloudfs.providers.webdav.server import SABRE, Server
from cloudfs.providers.webdav.statuses import refusal
from cloudfs.providers.webdav.wire import PROPERTIES, Resource

log = logging.getLogger(__name__)

# Asked for only where they exist: elsewhere they would be so many 404 for each file.
CLOUD_PROPERTIES = (
    "oc:fileid",
    "oc:id",
    "oc:size",
    "oc:permissions",
    "oc:checksums",
    "oc:favorite",
    "oc:owner-id",
    "oc:share-types",
    "nc:has-preview",
)

TEMPORARY = re.compile(r"\..*\.cloudfs-tmp-[0-9a-f]{8}", re.DOTALL)
"""Names of uploads under way (see `uploads`), which are nobody's business."""

_NAMES = NameRules(longest_bytes=4096)


class Looking:
    """Entries of the base collection, as the server describes them now."""

    def __init__(self, dav: Dav, base: Collection, server: Server) -> None:
        self._dav = dav
        self._base = base
        self._server = server

    async def stat(self, entry_id: EntryId) -> Entry:
        """The entry. Raises NotFound."""
        # Whether it is a folder is not known yet: `Dav` adds the slash if the server asks.
        url = self._base.url if entry_id == ROOT else self._base.file(entry_id)
        try:
            found = await self._ask(url, 0)
        except InvalidRequest as error:
            # Apache's answer to a path that leads through a file.
            raise NotFound(f"no {entry_id}") from error
        for resource in found:
            if resource.segments == self._base.segments + segments_of(entry_id):
                return self._entry(resource, entry_id)
        raise BadReply(f"the server was asked about {entry_id} and tells of something else")

    async def stat_or_none(self, entry_id: EntryId) -> Entry | None:
        """The entry; None if there is none."""
        try:
            return await self.stat(entry_id)
        except NotFound:
            return None

    async def children(self, folder_id: EntryId) -> tuple[Sequence[Entry], ListingTag | None]:
        """What is in a folder, and the tag of that listing. Raises NotFound, or NotAFolder."""
        try:
            found = await self._ask(self._base.folder(folder_id), 1)
        except InvalidRequest as error:
            raise NotAFolder(f"{folder_id} is a file") from error  # Apache
        own = self._base.segments + segments_of(folder_id)
        folder: Entry | None = None
        entries: dict[EntryId, Entry] = {}
        outside = 0
        for number, resource in enumerate(found, start=1):
            if number % 1000 == 0:
                await trio.lowlevel.checkpoint()  # let others run during a large one
            if resource.segments == own:
                folder = self._entry(resource, folder_id)
            elif resource.segments[:-1] != own:
                outside += 1
            elif (entry := self._child(resource)) is not None:
                entries.setdefault(entry.id, entry)
        if folder is None and not entries:
            # Nothing of what was asked for: that is no empty folder.
            raise BadReply(f"no word of {folder_id} in its listing")
        if folder is not None and not folder.is_folder:
            raise NotAFolder(f"{folder_id} is a file")
        if outside:
            log.debug("left out of a listing: %d resources that are not in the folder", outside)
        return list(entries.values()), folder.tag if folder else None

    async def is_empty(self, folder_id: EntryId) -> bool:
        """Whether a folder has no children. Raises NotFound, or NotAFolder."""
        entries, _ = await self.children(folder_id)
        return not entries

    async def require_parent(self, entry_id: EntryId) -> None:
        """Raise NotFound or NotAFolder if there is no folder that could hold the entry."""
        parent_id = parent_of(entry_id)
        if parent_id is None:
            return
        if not (await self.stat(parent_id)).is_folder:
            raise NotAFolder(f"{parent_id} is a file")

    async def _ask(self, url: str, depth: int) -> list[Resource]:
        properties: tuple[str, ...] = PROPERTIES
        if self._server.found.profile == SABRE:
            properties += CLOUD_PROPERTIES
        if self._server.found.allprop:
            return await self._dav.propfind(url, depth, ())
        try:
            return await self._dav.propfind(url, depth, properties)
        except InvalidRequest:
            # Some servers cannot be asked for single properties (reference 3).
            found = await self._dav.propfind(url, depth, ())
            self._server.learn(allprop=True)
            return found

    def _entry(self, resource: Resource, entry_id: EntryId) -> Entry:
        if resource.status >= 300:
            raise refusal(resource.status, f"PROPFIND of {entry_id}")
        tagged = self._server.found.profile == SABRE
        return entry_from(resource, entry_id, tagged=tagged)

    def _child(self, resource: Resource) -> Entry | None:
        """A child's entry; None if it is none that a drive could show."""
        name = resource.segments[-1]
        if problem := _NAMES.problem(name):
            log.debug("left out of a listing: a name that %s", problem)
            return None
        if TEMPORARY.fullmatch(name):
            return None
        child_id = self._base.id_at(resource.segments)
        assert child_id is not None
        try:
            return self._entry(resource, child_id)
        except CloudError as error:
            log.debug("left out of a listing: %s", error)
            return None
