"""The service's calls, in its own words: one request each, replies as dataclasses."""

from collections.abc import Sequence

from cloudfs.errors import NotFound
from cloudfs.providers.cloud689 import answers, wire
from cloudfs.providers.cloud689.answers import Comment, EventPage
from cloudfs.providers.cloud689.auth import Auth
from cloudfs.providers.cloud689.connection import Connection
from cloudfs.providers.cloud689.forms import Chunk, Fields, listed
from cloudfs.providers.cloud689.ids import Address
from cloudfs.providers.cloud689.wire import Described, Item, Listing, Project, ProjectPage

MOST_COMMENTS = 100


class Api:
    """The calls of one account that a drive is made of."""

    def __init__(self, connection: Connection, auth: Auth) -> None:
        self.connection = connection
        self.auth = auth

    # Projects (3.1, 3.3, 3.6) ---------------------------------------------------------------

    async def projects(self, *, start: int, length: int) -> ProjectPage:
        """Some of the projects."""
        answer = await self.connection.post(
            "project/list", {"length": length, "start": start}, again=True
        )
        return wire.projects(answer.result, await self.auth.zones())

    async def project(self, project_id: str) -> Project:
        """One project. Raises NotFound."""
        answer = await self.connection.post("project/info", {"project_id": project_id}, again=True)
        return wire.project(answer.result, await self.auth.zones())

    async def create_project(self, name: str, *, max_download: int) -> Project:
        """A new project, which is this account's."""
        answer = await self.connection.post(
            "project/create", {"name": name, "max_download": max_download}
        )
        return wire.project(answer.result, await self.auth.zones())

    async def edit_project(self, project_id: str, name: str) -> Project:
        """The project with another name."""
        answer = await self.connection.post(
            "project/edit", {"project_id": project_id, "name": name}
        )
        return wire.project(answer.result, await self.auth.zones())

    async def delete_project(self, project_id: str) -> None:
        """Remove a project with all that is in it, for ever."""
        await self.connection.post("project/delete", {"project_id": project_id})

    async def comments(self, project_id: str) -> tuple[Comment, ...]:
        """What was said about a project, the first hundred (reference 6, row 19)."""
        answer = await self.connection.post(
            "project/comment/get",
            {"project_id": project_id, "page_size": MOST_COMMENTS, "page_number": 0},
            again=True,
        )
        return answers.comments(answer.result)

    # Entries (3.2 to 3.5, 3.10, 3.11) -------------------------------------------------------

    async def browse(
        self,
        project_id: str,
        folder_id: str | None = None,
        *,
        active: bool = True,
        folder_only: bool = False,
    ) -> Listing:
        """What is in a folder; if not *active*, what is in the trash. Raises NotFound."""
        answer = await self.connection.post(
            "project/f/browse",
            {
                "project_id": project_id,
                "folder_id": folder_id,
                "active": None if active else False,
                "folder_only": True if folder_only else None,
            },
            again=True,
        )
        return wire.listing(answer.result, await self.auth.zones())

    async def search(self, project_id: str, key: str) -> Listing:
        """What in a project has *key* in its name (3.17)."""
        answer = await self.connection.post(
            "project/f/browse",
            {"project_id": project_id, "search_key": key, "search_global": True},
            again=True,
        )
        return wire.listing(answer.result, await self.auth.zones())

    async def file(self, address: Address, *, active: bool = True) -> Described:
        """A file; if not *active*, one in the trash. Raises NotFound."""
        answer = await self.connection.post(
            "project/f/info",
            {
                "project_id": address.project,
                "f_id": address.own,
                "active": None if active else False,
            },
            again=True,
        )
        described = wire.described(answer.result, await self.auth.zones())
        if active and described.item.deleted:
            raise NotFound("the file is in the trash")
        return described

    async def create_folder(self, parent: Address, name: str) -> Item:
        """A new folder, whether or not there is one of that name."""
        answer = await self.connection.post(
            "project/f/create",
            {"project_id": parent.project, "parent_folder_id": parent.folder, "name": name},
        )
        return wire.folder(answer.result, await self.auth.zones())

    async def edit(self, address: Address, name: str) -> Item | None:
        """Give an entry another name; returns the file as it is then, None for a folder."""
        answer = await self.connection.post(
            "project/f/edit", {**_which(address), "name": name}, again=True
        )
        if not address.is_file or not isinstance(answer.result, dict):
            return None
        return wire.stored(answer.result, await self.auth.zones())

    async def move(self, address: Address, parent: Address) -> None:
        """Put an entry into another folder of its project."""
        await self.connection.post(
            "project/f/move",
            {**_which(address), "new_parent_folder_id": parent.folder},
            again=True,
        )

    # Contents (3.7) -------------------------------------------------------------------------

    async def upload(self, parent: Address, chunk: Chunk, *, part: Fields) -> Item | None:
        """Send a chunk; *part* says which. Returns the file if that was the last one."""
        answer = await self.connection.upload(
            "upload",
            {
                "project_id": parent.project,
                "folder_id": parent.folder,
                "file_name": chunk.name,
                **part,
            },
            chunk,
        )
        if not isinstance(answer.result, dict):
            return None
        return wire.stored(answer.result, await self.auth.zones())

    async def upload_from_cloud(
        self, parent: Address, name: str, url: str, *, file_type: str, cloud_type: int
    ) -> Item:
        """A file that the service fetches from another one (3.8)."""
        answer = await self.connection.post(
            "upload/cloud",
            {
                "project_id": parent.project,
                "folder_id": parent.folder,
                "file_name": name,
                "content_url": url,
                "file_type": file_type,
                "cloud_type": cloud_type,
            },
        )
        return wire.stored(answer.result, await self.auth.zones())

    # Trash (3.14) ---------------------------------------------------------------------------

    async def delete(self, address: Address) -> None:
        """Put an entry into the trash, a folder with all that is in it. Raises NotFound."""
        await self.connection.post(
            "project/f/delete", _which(address), again=True, gone_is_done=True
        )

    async def restore(self, address: Address) -> bool:
        """Put an entry back. Raises NotFound if it is not in the trash.

        Returns whether that is certain: if not, an answer was lost, and the trash has it no more.
        """
        answer = await self.connection.post(
            "project/f/restore", _lists([address]), again=True, gone_is_done=True
        )
        return not answer.doubtful

    async def delete_forever(self, addresses: Sequence[Address]) -> None:
        """Remove entries of one project from its trash.

        Raises NotFound if one of them is not there; then nothing was removed.
        """
        await self.connection.post("project/f/deleteforever", _lists(addresses), again=True)

    # History (3.16) -------------------------------------------------------------------------

    async def history(
        self,
        project_id: str,
        *,
        page_size: int,
        page_number: int,
        types: Sequence[int],
        after: int | None = None,
    ) -> EventPage:
        """Events in a project later than *after*, in milliseconds, the newest first."""
        answer = await self.connection.get(
            "history/project",
            {
                "project_id": project_id,
                "page_size": page_size,
                "page_number": page_number,
                "last_update": after,
                "history_types": listed([str(number) for number in types]),
            },
        )
        return EventPage(answers.events(answer.result), answer.total)


def _which(address: Address) -> Fields:
    """The fields that name one entry: exactly one of `folder_id` and `file_id`."""
    assert address.own is not None, "a project is not an entry in one"
    own = "file_id" if address.is_file else "folder_id"
    return {"project_id": address.project, own: address.own}


def _lists(addresses: Sequence[Address]) -> Fields:
    """The fields that name several entries of one project."""
    return {
        "project_id": addresses[0].project,
        "folder_ids": listed([a.own for a in addresses if a.own and not a.is_file]),
        "file_ids": listed([a.own for a in addresses if a.own and a.is_file]),
    }
