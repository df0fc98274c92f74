"""Fetching a web address into the account (reference 3.24)."""

from cloudfs.model import Entry, EntryId
from cloudfs.providers.facets import Fetching
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.places import check_name
from cloudfs.providers.podspace.working import Works


class PodspaceFetching(Fetching):
    """Uploads by address; a taken name is changed by the service."""

    def __init__(self, account: AccountApi, works: Works) -> None:
        self._account = account
        self._works = works

    async def fetch_url(self, url: str, folder_id: EntryId, name: str) -> Entry:
        check_name(name)
        return await self._works.result(
            folder_id, name, lambda: self._account.fetch_url(url, folder_id, name)
        )
