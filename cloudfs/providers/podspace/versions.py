"""The contents a file has had (reference 3.18)."""

from collections.abc import Sequence

from cloudfs.errors import Changed, IsAFolder, NotFound
from cloudfs.model import DownloadLink, Entry, FileVersion, Version
from cloudfs.providers.facets import Versions
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.downloads import Downloads
from cloudfs.providers.podspace.places import Places, number_of, numbered


class PodspaceVersions(Versions):
    """Versions by their number."""

    def __init__(self, api: Api, places: Places, downloads: Downloads) -> None:
        self._api = api
        self._places = places
        self._downloads = downloads

    async def of(self, entry: Entry) -> Sequence[FileVersion]:
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        found = await self._api.versions(entry.id)
        if not found:  # it has never been replaced
            now = self._places.entry(await self._api.stat(entry.id))
            return [
                FileVersion(
                    version=now.version, size=now.size, modified_ns=now.modified_ns, current=True
                )
            ]
        return [
            FileVersion(
                version=numbered(listed.number),
                size=listed.size,
                modified_ns=listed.created_ns,
                current=listed is found[0],
            )
            for listed in found
        ]

    async def download_link(self, entry: Entry, version: Version) -> DownloadLink:
        now = self._places.entry(await self._api.stat(entry.id))
        if now.version == version:
            return await self._downloads.link(now)
        number = number_of(version)
        if number is None:
            raise NotFound(f"there is no version {version!r}")
        try:
            return await self._downloads.older(entry, number)
        except Changed as error:
            raise NotFound(f"the service no longer has version {version} of {entry.name}") from (
                error
            )

    async def restore(self, entry: Entry, version: Version) -> Entry:
        now = self._places.entry(await self._api.stat(entry.id))
        if now.version == version:
            return now  # else the service would make another version of the same content
        for listed in await self._api.versions(entry.id):
            if numbered(listed.number) == version:
                restored = await self._api.restore_version(listed.hash)
                if restored is None or restored.hash != entry.id:
                    restored = await self._api.stat(entry.id)
                return self._places.entry(restored)
        raise NotFound(f"there is no version {version!r} of {entry.name}")
