"""The contents a file has had (reference 3.14)."""

from collections.abc import Sequence
from dataclasses import replace

import trio

from cloudfs.errors import BadReply, Changed, IsAFolder, NotFound
from cloudfs.model import DownloadLink, Entry, FileVersion, Version
from cloudfs.providers.cloudike.answers import Link
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.facets import Versions

LINK_LIFETIME = 300.0  # seconds; how long a link lives is not documented (reference 3.7)


class CloudikeVersions(Versions):
    """Versions by their number."""

    def __init__(self, api: Api, *, page_limit: int) -> None:
        self._api = api
        self._limit = page_limit

    async def of(self, entry: Entry) -> Sequence[FileVersion]:
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        found: dict[Version, FileVersion] = {}
        skip = 0
        while True:
            page = await self._api.versions(entry.id, skip=skip, limit=self._limit)
            known = len(found)
            for version in page.items:
                found.setdefault(version.version, replace(version, current=not found))
            skip += page.received
            if page.received < self._limit or len(found) == known:
                return list(found.values())

    async def download_link(self, entry: Entry, version: Version) -> DownloadLink:
        _check_number(version)
        link = await self._api.get(entry.id, version)
        if link.version not in {None, version}:
            raise NotFound(f"the service has another version of {entry.name} only")
        if link.size is None:
            raise BadReply("the service does not tell the size of an old version")
        return download_link(link, version, link.size)

    async def restore(self, entry: Entry, version: Version) -> Entry:
        _check_number(version)
        return await self._api.restore_version(entry.id, version)


def _check_number(version: Version) -> None:
    """A person may have written the version; the service knows numbers only (reference 1.7)."""
    if not version.isdecimal():
        raise NotFound(f"there is no version {version!r}")


async def current_link(api: Api, entry: Entry) -> DownloadLink:
    """A link to the version of *entry*, which may be an older one by now.

    Raises NotFound if the file is gone, Changed if only that version is.
    """
    try:
        link = await api.get(entry.id, entry.version)
    except NotFound as error:
        if await api.metadata_or_none(entry.id) is None:
            raise
        raise Changed(f"the service no longer has that version of {entry.name}") from error
    same = (
        link.version in {None, entry.version}
        and link.size in {None, entry.size}
        and (link.checksum is None or entry.checksum in {None, link.checksum})
    )
    if not same:
        raise Changed(f"{entry.name} has changed on the service")
    return download_link(link, entry.version, entry.size)


def download_link(link: Link, version: Version, size: int) -> DownloadLink:
    """*link* in our words; it is used for five minutes at most."""
    return DownloadLink(
        url=link.url,
        version=version,
        size=size,
        expires_at=trio.current_time() + LINK_LIFETIME,
    )
