"""Files that the service itself fetches, from three other services (reference 3.8)."""

import mimetypes
from collections.abc import Mapping
from urllib.parse import urlsplit

from cloudfs.errors import (
    AlreadyExists,
    CloudError,
    InvalidRequest,
    NotPermitted,
    TransientError,
    Unreachable,
    Unsupported,
)
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.forms import OCTETS
from cloudfs.providers.cloud689.ids import ROOT, address_of
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places, check_name
from cloudfs.providers.facets import Fetching

# By the end of the address's host, what the service calls the other service.
CLOUDS: Mapping[str, int] = {
    "dropbox.com": 1,
    "dropboxusercontent.com": 1,
    "box.com": 2,
    "boxcloud.com": 2,
    "google.com": 3,
    "googleapis.com": 3,
    "googleusercontent.com": 3,
}

NOT_CARRIED_OUT = (Unreachable, Refused)


class Cloud689Fetching(Fetching):
    """Fetches what an address leads to; there is a request to wait for, and no more."""

    def __init__(self, api: Api, looks: Looks, places: Places) -> None:
        self._api = api
        self._looks = looks
        self._places = places

    async def fetch_url(self, url: str, folder_id: EntryId, name: str) -> Entry:
        check_name(name)
        if folder_id == ROOT:
            raise NotPermitted("files are kept in projects")
        kind = cloud_of(url)
        if await self._looks.named(folder_id, name):
            raise AlreadyExists(f"{name} exists")
        try:
            item = await self._api.upload_from_cloud(
                address_of(folder_id),
                name,
                url,
                file_type=mimetypes.guess_type(name, strict=False)[0] or OCTETS,
                cloud_type=kind,
            )
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            return await self._found(folder_id, name, lost)
        entry = self._looks.entry(item, address_of(folder_id).project, folder_id)
        self._places.learn([entry])
        return entry

    async def _found(self, folder_id: EntryId, name: str, lost: TransientError) -> Entry:
        """The file that an unanswered request has made, if it is the only one of that name."""
        try:
            found = await self._looks.named(folder_id, name)
        except CloudError:
            raise lost from None
        if len(found) != 1 or found[0].is_folder:
            raise lost
        return found[0]


def cloud_of(url: str) -> int:
    """What the service calls the one that *url* leads to. Raises Unsupported, InvalidRequest."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise InvalidRequest("that is no address") from error
    if parts.scheme not in {"http", "https"}:
        raise InvalidRequest("an address begins with https://")
    for domain, kind in CLOUDS.items():
        if host == domain or host.endswith(f".{domain}"):
            return kind
    raise Unsupported("the service fetches from Dropbox, Box and Google Drive only")
