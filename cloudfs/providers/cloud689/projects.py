"""Projects: the folders at the top, which can be changed only if that is wanted (reference 3.6)."""

from cloudfs.errors import (
    AcrossDomains,
    AlreadyExists,
    CloudError,
    NotEmpty,
    NotFound,
    NotPermitted,
    TransientError,
    Unreachable,
)
from cloudfs.http.retry import Refused
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.ids import ROOT, address_of
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.settings import Cloud689Settings

NOT_CARRIED_OUT = (Unreachable, Refused)


class Projects:
    """The projects of one account, as folders."""

    def __init__(self, api: Api, looks: Looks, settings: Cloud689Settings) -> None:
        self._api = api
        self._looks = looks
        self._changeable = settings.projects == "rw"
        self._max_download = settings.max_download

    async def create(self, name: str) -> Entry:
        """A new project."""
        self._check()
        if await self._looks.named(ROOT, name):
            raise AlreadyExists(f"{name} exists")
        try:
            project = await self._api.create_project(name, max_download=self._max_download)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            return await self._found(name, lost)
        return self._looks.project_entry(project)

    async def rename(
        self, entry: Entry, folder: EntryId, name: str, replacing: Entry | None
    ) -> Entry:
        """The project with another name. It stays at the top; it replaces nothing."""
        if folder != ROOT:
            raise AcrossDomains("a project cannot be put into a folder")
        self._check()
        projects = await self._looks.projects()
        here = next((project for project in projects if project.id == entry.id), None)
        if here is None:
            raise NotFound(f"there is no project {entry.name}")
        if here.name == name:
            return here
        if any(project.name == name for project in projects):
            if replacing is not None:
                raise NotPermitted("a project cannot replace another one")
            raise AlreadyExists(f"{name} exists")
        try:
            project = await self._api.edit_project(address_of(entry.id).project, name)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            found = await self._after(lost, entry)
            if found is None or found.name != name:
                raise
            return found
        return self._looks.project_entry(project)

    async def remove(self, entry: Entry) -> None:
        """Remove a project, which has to be empty: nothing brings it back."""
        self._check()
        if await self._looks.children(entry.id):
            raise NotEmpty(f"{entry.name} is not empty")
        try:
            await self._api.delete_project(address_of(entry.id).project)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            if await self._after(lost, entry) is not None:
                raise

    def _check(self) -> None:
        if not self._changeable:
            raise NotPermitted('set projects = "rw" to let projects be made and changed')

    async def _found(self, name: str, lost: TransientError) -> Entry:
        try:
            found = await self._looks.named(ROOT, name)
        except CloudError:
            raise lost from None
        if len(found) != 1:
            raise lost
        return found[0]

    async def _after(self, lost: TransientError, entry: Entry) -> Entry | None:
        """The project after a change whose answer was lost; None if it is gone."""
        try:
            return await self._looks.stat(entry.id)
        except NotFound:
            return None
        except CloudError:
            raise lost from None
