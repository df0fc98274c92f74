"""The versions that Nextcloud and ownCloud keep of a file (reference 9).

They are found by the file's id on the server, and named by the time each was made. What is
current now is among them on newer servers only; here it always is, under the version that
the file's entry has.
"""

from collections.abc import Sequence

from cloudfs.errors import NotFound, Unsupported
from cloudfs.model import DownloadLink, Entry, FileVersion, Version
from cloudfs.providers.facets import Versions
from cloudfs.providers.webdav.api import Dav
from cloudfs.providers.webdav.entries import link_to
from cloudfs.providers.webdav.looking import Looking
from cloudfs.providers.webdav.nextcloud import files_of
from cloudfs.providers.webdav.paths import Collection, id_of
from cloudfs.providers.webdav.server import SECOND, CloudAccount
from cloudfs.providers.webdav.statuses import refusal


class CloudVersions(Versions):
    """The versions of one account's files."""

    def __init__(self, dav: Dav, base: Collection, looking: Looking, account: CloudAccount) -> None:
        self._dav = dav
        self._base = base
        self._looking = looking
        self._account = account
        self._endpoint = Collection(account.endpoint)
        self._files = files_of(account)

    async def of(self, entry: Entry) -> Sequence[FileVersion]:
        now = await self._looking.stat(entry.id)
        current = FileVersion(
            version=now.version, size=now.size, modified_ns=now.modified_ns, current=True
        )
        older = [v for v in await self._kept(now) if v.modified_ns != now.modified_ns]
        return [current, *sorted(older, key=lambda v: v.modified_ns or 0, reverse=True)]

    async def download_link(self, entry: Entry, version: Version) -> DownloadLink:
        if version == entry.version:
            url = self._base.file(entry.id)
            return link_to(entry, url, one_etag=True)
        now, kept = await self._find(entry, version)
        url = self._folder(now).file(id_of((version,)))
        return DownloadLink(url=url, version=version, size=kept.size)

    async def restore(self, entry: Entry, version: Version) -> Entry:
        if version == entry.version:
            return await self._looking.stat(entry.id)
        now, _ = await self._find(entry, version)
        source = self._folder(now).file(id_of((version,)))
        if self._account.product == "nextcloud":
            place = self._endpoint.below("versions", self._account.user, "restore")
            reply = await self._dav.move(source, place.file(id_of(("target",))), overwrite=True)
        else:
            reply = await self._dav.copy(source, self._files.file(entry.id), overwrite=True)
        if not reply.ok:
            raise refusal(reply.status, f"restoring a version of {entry.name}")
        return await self._looking.stat(entry.id)

    async def _find(self, entry: Entry, version: Version) -> tuple[Entry, FileVersion]:
        now = await self._looking.stat(entry.id)
        for kept in await self._kept(now):
            if kept.version == version:
                return now, kept
        raise NotFound(f"the server keeps no version {version} of {entry.name}")

    async def _kept(self, entry: Entry) -> list[FileVersion]:
        folder = self._folder(entry)
        found = await self._dav.propfind(folder.url, 1, ("d:getcontentlength", "d:getlastmodified"))
        return [
            FileVersion(
                version=Version(r.segments[-1]),
                size=r.size or 0,
                modified_ns=int(r.segments[-1]) * SECOND if r.segments[-1].isdecimal() else None,
            )
            for r in found
            if r.status < 300 and r.segments[:-1] == folder.segments
        ]

    def _folder(self, entry: Entry) -> Collection:
        file_id = entry.extra.get("oc:fileid")
        if not file_id:
            raise Unsupported(f"the server gives {entry.name} no id to find its versions by")
        if self._account.product == "nextcloud":
            return self._endpoint.below("versions", self._account.user, "versions", file_id)
        return self._endpoint.below("meta", file_id, "v")
