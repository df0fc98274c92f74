"""The versions of a file in a versioned bucket (reference 7)."""

from collections.abc import Callable, Sequence

from cloudfs.errors import NotFound
from cloudfs.model import DownloadLink, Entry, FileVersion, Version
from cloudfs.providers.facets import Versions
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.copying import Copying
from cloudfs.providers.s3.histories import history
from cloudfs.providers.s3.keys import Place
from cloudfs.providers.s3.looking import Looking

MARK = "version:"  # begins the names of versions, which ETags are not
Linking = Callable[[Place, str, Version, int], DownloadLink]


class BucketVersions(Versions):
    """Versions in one bucket. *link* makes a link to a version of an object."""

    def __init__(self, api: Api, looking: Looking, copying: Copying, link: Linking) -> None:
        self._api = api
        self._looking = looking
        self._copying = copying
        self._link = link

    async def of(self, entry: Entry) -> Sequence[FileVersion]:
        records = await history(self._api, self._looking.layout.object(entry.id))
        found = [
            FileVersion(
                version=Version(MARK + record.version_id),
                size=record.size,
                modified_ns=record.modified_ns,
                current=record.is_latest,
            )
            for record in records
            if not record.is_marker
        ]
        if not found:
            raise NotFound(f"{entry.name} is gone")
        return found

    async def download_link(self, entry: Entry, version: Version) -> DownloadLink:
        place = self._looking.layout.object(entry.id)
        head = await self._api.head(place, _id_in(version))
        return self._link(place, _id_in(version), version, head.size)

    async def restore(self, entry: Entry, version: Version) -> Entry:
        place = self._looking.layout.object(entry.id)
        now = await self._api.head(place)
        if now.version_id == _id_in(version):
            return self._looking.entries.headed(entry.id, now)
        head = await self._api.head(place, _id_in(version))
        await self._copying.put(place, place, head, version_id=_id_in(version))
        return self._looking.entries.headed(entry.id, await self._copying.verified(place, head))


def _id_in(version: Version) -> str:
    if not version.startswith(MARK):
        raise NotFound("there is no such version")
    return version.removeprefix(MARK)
