"""The roots of organisations, which the service also calls teams (reference 3.20)."""

from collections.abc import Sequence

from cloudfs.errors import NotFound
from cloudfs.model import Entry, EntryId, Kind
from cloudfs.providers.facets import Roots
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.answers import VIEWERS, Team
from cloudfs.providers.podspace.places import Places


class PodspaceTeams(Roots):
    """The organisations that the account belongs to."""

    def __init__(self, account: AccountApi, places: Places) -> None:
        self._account = account
        self._places = places

        # Changing.
        self._me: str | None = None

    async def roots(self) -> Sequence[tuple[str, Entry]]:
        teams = await self._account.teams()
        if teams and self._me is None:
            self._me = await self._account.me()
        return [(team.name, self._root(team)) for team in teams]

    async def members(self, folder_id: EntryId) -> Sequence[tuple[str, str]]:
        """User names and roles of the organisation with that root. Raises NotFound."""
        for team in await self._account.teams():
            if team.folder == folder_id:
                return team.members
        raise NotFound("the folder is not the root of an organisation")

    def _root(self, team: Team) -> Entry:
        roles = {role for name, role in team.members if name == self._me}
        view_only = team.owner != self._me and bool(roles) and roles <= VIEWERS
        folder_id = EntryId(team.folder)
        self._places.restrict(folder_id, view_only=view_only)
        return Entry(
            id=folder_id,
            parent_id=None,
            name=team.name,
            kind=Kind.FOLDER,
            writable=not view_only,
            extra={"organization": team.hash, **({"owner": team.owner} if team.owner else {})},
        )
