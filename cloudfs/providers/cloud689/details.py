"""Properties that cost a request each (reference 6, the rows told as extended attributes)."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cloudfs.errors import AccessDenied, NotFound
from cloudfs.model import Entry
from cloudfs.providers.cloud689.answers import Licence
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.ids import ROOT, address_of
from cloudfs.providers.cloud689.licences import Licences
from cloudfs.providers.cloud689.looking import ROLES
from cloudfs.providers.cloud689.sharing import Cloud689Sharing
from cloudfs.providers.facets import Details

# By the last part of their names, the terms of a licence (3.13).
TERMS: Mapping[str, Callable[[Licence], object]] = {
    "printable": lambda licence: licence.printable,
    "editable": lambda licence: licence.editable,
    "local_copies": lambda licence: licence.local_copies,
    "expiry": lambda licence: licence.expiry,
    "label": lambda licence: licence.label,
}


class Cloud689Details(Details):
    """What is told on demand: of files their licence, of projects who takes part."""

    names = frozenset(
        {"link", "members", "comments", "drm.state", *(f"drm.{term}" for term in TERMS)}
    )

    def __init__(self, api: Api, licences: Licences, sharing: Cloud689Sharing) -> None:
        self._api = api
        self._licences = licences
        self._sharing = sharing
        self._tell: Mapping[str, Callable[[Entry], Awaitable[str | None]]] = {
            "link": self._link,
            "members": self._members,
            "comments": self._comments,
            "drm.state": self._state,
        }

    async def get(self, entry: Entry, name: str) -> str | None:
        first, _, term = name.partition(".")
        if first == "drm" and term in TERMS:
            return await self._term(entry, term)
        tell = self._tell.get(name)
        return None if tell is None else await tell(entry)

    async def _link(self, entry: Entry) -> str | None:
        """The address of a link to the entry, if there is one."""
        if entry.id == ROOT:
            return None
        shares = await self._sharing.shares(entry)
        return shares[0].url if shares else None

    async def _members(self, entry: Entry) -> str | None:
        project = _project(entry)
        if project is None:
            return None
        listing = await self._api.browse(project, folder_only=True)
        return _json(
            [
                {"user": member.user_id, "role": ROLES.get(member.role or 0, member.role)}
                for member in listing.members
            ]
        )

    async def _comments(self, entry: Entry) -> str | None:
        project = _project(entry)
        if project is None:
            return None
        return _json(
            [
                {"id": comment.id, "user": comment.user_id, "text": comment.text}
                for comment in await self._api.comments(project)
            ]
        )

    async def _state(self, entry: Entry) -> str | None:
        """How far the protection of a file is."""
        return None if entry.is_folder else await self._licences.state(entry)

    async def _term(self, entry: Entry, term: str) -> str | None:
        if entry.is_folder:
            return None
        try:
            licence = await self._licences.of(entry)
        except (NotFound, AccessDenied):
            return None  # there is none, or it is not for this account to see (4.2)
        value = None if licence is None else TERMS[term](licence)
        return None if value is None else str(value)


def _project(entry: Entry) -> str | None:
    """The project that the entry is; None if it is something else."""
    if entry.id == ROOT:
        return None
    address = address_of(entry.id)
    return address.project if address.is_project else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
