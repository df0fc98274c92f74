"""The service's search, which looks for a part of a name in one project (reference 3.17)."""

from collections.abc import AsyncGenerator, Sequence

from cloudfs.errors import AccessDenied, InvalidRequest, NotFound
from cloudfs.model import Found
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.ids import address_of
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places
from cloudfs.providers.facets import Search


class Cloud689Search(Search):
    """Looks in all projects, one after the other, and at their own names."""

    def __init__(self, api: Api, looks: Looks, places: Places) -> None:
        self._api = api
        self._looks = looks
        self._places = places

    async def find(self, query: str) -> AsyncGenerator[Sequence[Found], None]:
        if not query.strip():
            raise InvalidRequest("a search needs something to look for")
        projects = await self._looks.projects()
        yield [
            Found(entry=project, path=f"/{project.name}")
            for project in projects
            if query.casefold() in project.name.casefold()
        ]
        for project in projects:
            try:
                yield await self._inside(address_of(project.id).project, query)
            except (AccessDenied, NotFound):
                continue  # it went meanwhile, or may be known by its name only

    async def _inside(self, project: str, query: str) -> list[Found]:
        listing = await self._api.search(project, query)
        found = []
        for item in listing.items:
            if not item.deleted:
                entry = self._looks.placed(item, project, listing.project_created_ns)
                found.append(Found(entry=entry, path=self._places.path(entry.id)))
        return found
