"""The calls about links (reference 3.19)."""

from cloudfs.providers.cloud689 import answers
from cloudfs.providers.cloud689.answers import Link
from cloudfs.providers.cloud689.auth import Auth
from cloudfs.providers.cloud689.connection import Connection
from cloudfs.providers.cloud689.ids import Address

PROJECT, FOLDER, FILE = 1, 2, 3  # what a link is to


class LinkCalls:
    """One request each."""

    def __init__(self, connection: Connection, auth: Auth) -> None:
        self._connection = connection
        self._auth = auth

    async def create(
        self, address: Address, *, password: str | None, expiry_date: str | None
    ) -> tuple[str, str | None]:
        """A new link to a project, folder or file: its id, and the end of its address."""
        answer = await self._connection.post(
            "link/create",
            {
                "type_share": _kind(address),
                "project_id": address.project,
                "folder_id": address.folder,
                "file_id": address.own if address.is_file else None,
                "password": password,
                "expiry_date": expiry_date,
                "is_public": 1,
            },
        )
        return answers.made_link(answer.result)

    async def get(self, link_id: str) -> Link:
        """A link, which needs no token. Raises NotFound, or LinkOver."""
        answer = await self._connection.public("link/get", {"link_id": link_id})
        return answers.link(answer.result, await self._auth.zones())

    async def remove(self, link_id: str) -> None:
        """End a link. Raises NotFound if there is none, perhaps since it was ended just now."""
        await self._connection.post("link/remove", {"link_id": link_id}, again=True)


def _kind(address: Address) -> int:
    if address.is_project:
        return PROJECT
    return FILE if address.is_file else FOLDER
