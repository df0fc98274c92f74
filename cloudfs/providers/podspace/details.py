"""Properties that cost a request each (reference 6, the rows told as extended attributes)."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cloudfs.errors import NotFound
from cloudfs.model import Entry
from cloudfs.providers.facets import Details
from cloudfs.providers.podspace import values, wire
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.places import Places
from cloudfs.providers.podspace.teams import PodspaceTeams

MOST_ACTIVITIES = 100


class PodspaceDetails(Details):
    """What is told on demand; lists are JSON."""

    names = frozenset(
        {
            "folder_size",
            "folder_count",
            "post_id",
            "activity",
            "path",
            "shares",
            "version_count",
            "members",
            "plan",
        }
    )

    def __init__(self, api: Api, account: AccountApi, places: Places, teams: PodspaceTeams) -> None:
        self._api = api
        self._account = account
        self._places = places
        self._teams = teams
        self._tell: Mapping[str, Callable[[Entry], Awaitable[str | None]]] = {
            "folder_size": self._folder_size,
            "folder_count": self._folder_count,
            "post_id": self._post_id,
            "activity": self._activity,
            "path": self._path,
            "shares": self._shares,
            "version_count": self._version_count,
            "members": self._members,
            "plan": self._plan,
        }

    async def get(self, entry: Entry, name: str) -> str | None:
        tell = self._tell.get(name)
        return None if tell is None else await tell(entry)

    async def _folder_size(self, entry: Entry) -> str | None:
        return await self._of_folder(entry, "size")

    async def _folder_count(self, entry: Entry) -> str | None:
        return await self._of_folder(entry, "count")

    async def _of_folder(self, entry: Entry, member: str) -> str | None:
        """Bytes or number of all files below a folder (3.22)."""
        if not entry.is_folder:
            return None
        told = values.optional_record(await self._account.told("folder.size", entry.id))
        figure = values.integer(told.get(member))
        return None if figure is None else str(figure)

    async def _post_id(self, entry: Entry) -> str | None:
        if entry.is_folder:
            return None
        try:
            post = values.integer(await self._account.told("entry.post", entry.id))
        except NotFound:
            return None
        return str(post) if post else None

    async def _activity(self, entry: Entry) -> str | None:
        told = await self._account.told("activity.entry", entry.id)
        if isinstance(told, dict):
            told = told.get("list")
        return _json(values.array(told)[:MOST_ACTIVITIES])

    async def _path(self, entry: Entry) -> str | None:
        """The address from the top of the account, or of the share or team it is in (3.24)."""
        if self._places.is_root(entry.id):
            return "/"
        steps = wire.address(await self._account.told("entry.address", entry.id))
        return "/" + "/".join(name for _, name in reversed(steps[:-1]))

    async def _shares(self, entry: Entry) -> str | None:
        if self._places.is_root(entry.id):
            return None
        return _json(
            [
                {
                    "id": shared.hash,
                    "type": "PUBLIC" if shared.public else "PRIVATE",
                    "level": "EDIT" if shared.edit else "VIEW",
                    "person": shared.person,
                    "inherited": shared.entity_hash not in {None, entry.id},
                    "password": shared.password,
                }
                for shared in await self._account.shares(entry.id)
            ]
        )

    async def _version_count(self, entry: Entry) -> str | None:
        if entry.is_folder:
            return None
        return str(len(await self._api.versions(entry.id)) or 1)

    async def _members(self, entry: Entry) -> str | None:
        if not entry.is_folder or entry.parent_id is not None or self._places.is_root(entry.id):
            return None
        try:
            members = await self._teams.members(entry.id)
        except NotFound:
            return None
        return _json([{"user": name, "authority": role} for name, role in members])

    async def _plan(self, entry: Entry) -> str | None:
        if not self._places.is_root(entry.id):
            return None
        return _json(values.optional_record(await self._account.about_account("plan.mine")))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
