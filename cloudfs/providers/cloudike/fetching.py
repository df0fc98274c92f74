"""Fetching what a public link of the service leads to into the account (reference 3.17)."""

import re
from urllib.parse import unquote, urlsplit

from cloudfs.errors import AlreadyExists, BadReply, Unsupported
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.moving import Moves
from cloudfs.providers.cloudike.names import check_name
from cloudfs.providers.cloudike.paths import folder_of, join
from cloudfs.providers.cloudike.sharecalls import ShareCalls
from cloudfs.providers.cloudike.tasks import Tasks, check
from cloudfs.providers.facets import Fetching

_HASH = re.compile(r"[A-Za-z0-9_!-]+")


class CloudikeFetching(Fetching):
    """Links of the service only, given as an address or as the bare key."""

    def __init__(self, api: Api, calls: ShareCalls, tasks: Tasks, moves: Moves) -> None:
        self._api = api
        self._calls = calls
        self._tasks = tasks
        self._moves = moves

    async def fetch_url(self, url: str, folder_id: EntryId, name: str) -> Entry:
        check_name(name)
        key = link_key(url)
        if await self._api.metadata_or_none(join(folder_id, name)) is not None:
            raise AlreadyExists(f"{name} exists")
        task = await self._tasks.result(await self._calls.add_to_storage(key))
        check(task, "add_to_storage")
        if task.place is None:
            raise BadReply("the service does not tell where it put what it fetched")
        entry = await self._api.metadata(task.place)
        if folder_of(entry.id) == folder_id and entry.name == name:
            return entry
        try:
            return await self._moves.move(entry, folder_id, name, None)
        except AlreadyExists:
            return entry  # it is there, under the name that the service gave it


def link_key(url: str) -> str:
    """The key of a public link. Raises Unsupported for any other address."""
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    key = url  # it may be bare
    if parts.scheme in {"http", "https"}:
        _, _, key = unquote(parts.path).rstrip("/").rpartition("/public/")
    if not _HASH.fullmatch(key):
        raise Unsupported("the service fetches only what its own public links lead to")
    return key
