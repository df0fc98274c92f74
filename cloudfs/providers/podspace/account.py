"""The service's calls about what goes with files: space, shares, marks, teams, archives."""

from collections.abc import Sequence
from typing import Any

from cloudfs.errors import NotFound
from cloudfs.http.retry import Repeat
from cloudfs.model import EntryId, Quota
from cloudfs.providers.podspace import answers, forms, wire
from cloudfs.providers.podspace.answers import Activity, Shared, Team
from cloudfs.providers.podspace.connection import Connection
from cloudfs.providers.podspace.endpoints import Query
from cloudfs.providers.podspace.paging import paging
from cloudfs.providers.podspace.refusals import check
from cloudfs.providers.podspace.wire import Entity, PageOf

SAFELY = Repeat.SAFELY  # calls that come to the same when made twice


class AccountApi:
    """The calls of one account."""

    def __init__(self, connection: Connection, *, page_size: int) -> None:
        self.connection = connection
        self.page_size = page_size

    # Space --------------------------------------------------------------------------------

    async def quota(self) -> Quota:
        """Space of the account."""
        return answers.quota((await self.connection.call("quota")).result)

    async def can_upload(self, folder_id: EntryId, size: int) -> bool:
        """Whether the owner of the folder has room for *size* bytes."""
        answer = await self.connection.call("quota.check", {"size": size}, folderHash=folder_id)
        return answers.can_upload(answer.result)

    # Telling ------------------------------------------------------------------------------

    async def told(self, key: str, entry_id: EntryId) -> Any:
        """What operation *key* tells of an entry, as it tells it."""
        return (await self.connection.call(key, hash=entry_id)).result

    async def about_account(self, key: str) -> Any:
        """What operation *key* tells of the account, as it tells it."""
        return (await self.connection.call(key)).result

    async def me(self) -> str | None:
        """The account's user name (2.7)."""
        return answers.username(await self.about_account("user.me"))

    async def teams(self) -> tuple[Team, ...]:
        """The account's organisations (3.20)."""
        return answers.teams(await self.about_account("org.list"))

    # Lists --------------------------------------------------------------------------------

    async def search(self, criteria: Query, start: int) -> PageOf[Entity]:
        """A page of what matches all *criteria* (3.21)."""
        return await self._entities("search", {**criteria, **paging(start, self.page_size)})

    async def bookmarks(self, start: int) -> PageOf[Entity]:
        """A page of the marked entries (3.23)."""
        return await self._entities("mark.list", {"start": start, "size": self.page_size})

    async def activities(self, start: int, size: int, *, newest_first: bool) -> PageOf[Activity]:
        """A page of what happened lately, an item an entry (3.19)."""
        query: Query = {"start": start, "size": size, "desc": newest_first}
        answer = await self.connection.call("activity.recent", query)
        return wire.page(answer.result, answers.activity)

    async def with_me(self, start: int) -> PageOf[Shared]:
        """A page of what others share with the account (3.17)."""
        query: Query = {"start": start, "size": self.page_size}
        answer = await self.connection.call("share.with_me", query)
        return wire.page(answer.result, answers.share)

    async def _entities(self, key: str, query: Query) -> PageOf[Entity]:
        return wire.page((await self.connection.call(key, query)).result, wire.entity)

    # Marks --------------------------------------------------------------------------------

    async def mark(self, entry_id: EntryId, *, wanted: bool) -> int:
        """Add or remove a bookmark; returns for how many entries (3.23)."""
        key = "mark.add" if wanted else "mark.remove"
        answer = await self.connection.call(key, {"hash": entry_id}, repeat=SAFELY)
        return wire.affected(answer.result)

    # Shares -------------------------------------------------------------------------------

    async def share_with(
        self, entry_id: EntryId, members: Sequence[str], *, edit: bool, until: str | None
    ) -> tuple[Shared, ...]:
        """Share an entry with users, by name, mobile number or e-mail; *until* is a date."""
        query = {
            "expiration": until,
            "level": "EDIT" if edit else "VIEW",
            "persons": ",".join(members),
            "type": "PRIVATE",
        }
        answer = await self.connection.call("share.create_private", query, hash=entry_id)
        return answers.shares(answer.result)

    async def publish(self, entry_id: EntryId, until: str) -> tuple[Shared, ...]:
        """Make an entry public. Raises AlreadyExists if it is so already."""
        query = {"expiration": until}
        answer = await self.connection.call("share.create_public", query, hash=entry_id)
        return answers.shares(answer.result)

    async def set_password(self, entry_id: EntryId, password: str) -> None:
        """Ask those who have a public link for a password, from now on."""
        form = forms.fields({"password": password})
        await self.connection.call("share.password", sent=form, repeat=SAFELY, hash=entry_id)

    async def shares(self, entry_id: EntryId) -> tuple[Shared, ...]:
        """All shares of an entry, also those of a folder it is in."""
        return answers.shares(await self.told("share.list", entry_id))

    async def unshare(self, share_hash: str) -> None:
        """End a share. Raises NotFound."""
        await self.connection.call("share.delete", shareHash=share_hash)

    # Work done by the service -------------------------------------------------------------

    async def fetch_url(self, url: str, folder_id: EntryId, name: str) -> Entity | None:
        """Store what *url* leads to (3.24)."""
        query = {"url": url, "filename": name, "folderHash": folder_id}
        answer = await self.connection.call("file.upload_url", query, slow=True)
        return wire.optional_entity(answer.result)

    async def archive(
        self, entry_ids: Sequence[EntryId], folder_id: EntryId, name: str
    ) -> Entity | None:
        """Pack entries into a zip file."""
        query = {"hashes": ",".join(entry_ids), "name": name, "destFolderHash": folder_id}
        answer = await self.connection.call("archive.create", query, slow=True)
        return wire.optional_entity(answer.result)

    async def extract(self, entry_id: EntryId, folder_id: EntryId) -> Entity | None:
        """Unpack an archive into a new folder."""
        query = {"destFolderHash": folder_id}
        answer = await self.connection.call("archive.extract", query, slow=True, hash=entry_id)
        return wire.optional_entity(answer.result)

    async def thumbnail(self, entry_id: EntryId) -> bytes:
        """An image of a file. Raises NotFound if there is none."""
        reply = await self.connection.request("file.thumbnail", hash=entry_id)
        if not reply.ok or "json" in reply.headers.get("content-type", ""):
            check(reply, "file.thumbnail")
            raise NotFound("the service has no image of the file")
        return answers.preview(reply.body)

    # Session ------------------------------------------------------------------------------

    async def revoke(self, kind: str, token: str) -> None:
        """End a token (2.6)."""
        await self.connection.call("auth.logout", {"token": token, "tokenType": kind})
