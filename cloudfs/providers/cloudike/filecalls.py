"""The service's calls about what goes with files: marks, search, sizes, pictures, archives."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cloudfs.errors import BadReply
from cloudfs.http.client import Reply
from cloudfs.http.retry import Repeat
from cloudfs.model import Entry, EntryId, Version
from cloudfs.providers.cloudike import answers, particulars, values, wire
from cloudfs.providers.cloudike.answers import Task
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.particulars import (
    Comment,
    FolderInfo,
    Foresight,
    Node,
    Thumbnail,
)
from cloudfs.providers.cloudike.paths import quoted, quoted_segment
from cloudfs.providers.cloudike.refusals import refusal
from cloudfs.providers.cloudike.wire import PageOf

SAFELY = Repeat.SAFELY  # calls that come to the same when made twice


@dataclass(frozen=True, slots=True)
class FullListing:
    """How far the service is with a list of the whole tree (reference 3.16.4)."""

    url: str | None = field(repr=False)  # where it is; None: it is not ready


class FileCalls:
    """The calls of one account."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._connection = api.connection

    # Lists --------------------------------------------------------------------------------

    async def favorites(self) -> tuple[Entry, ...]:
        """All marked entries."""
        reply = await self._connection.get("files/favorites/", {}, call="favorites")
        return self._found(reply).items

    async def set_favorite(self, path: EntryId) -> Entry:
        """Mark the entry, or take its mark away: the call has no word for which (3.20)."""
        reply = await self._connection.post(
            "fileops/set_favorite/", {"path": path}, call="set_favorite"
        )
        return await self._api.told(reply, path)

    async def search(self, query: str, *, offset: int, limit: int) -> PageOf[Entry]:
        """A page of what the service finds."""
        reply = await self._connection.post(
            "files/search/",
            {"query": query, "offset": offset, "limit": limit},
            call="search",
            repeat=SAFELY,
        )
        return self._found(reply)

    async def start_full_listing(self) -> str | FullListing:
        """Have a list made of the whole tree: the name to ask for it by, or where it is."""
        reply = await self._connection.get("metadata_full_listing/", {}, call="full_listing")
        members = values.record(values.decoded(reply.body))
        name = members.get("listing_request_id")
        if isinstance(name, int) and not isinstance(name, bool):
            return str(name)
        return values.text(name) or self._listing_at(members.get("url"))

    async def full_listing(self, name: str) -> FullListing | None:
        """How far that list is; None if the service does not know it, or not yet."""
        reply = await self._connection.poll(
            "metadata_full_listing/", {"listing_request_id": name}, call="full_listing"
        )
        if reply.status == 404:
            return FullListing(None) if "progress" in _members(reply) else None
        if not reply.ok:
            raise refusal(reply, "full_listing")
        members = values.record(values.decoded(reply.body))
        if "url" not in members and "progress" in members:
            return FullListing(None)
        return self._listing_at(members.get("url"))

    # One entry ----------------------------------------------------------------------------

    async def folder_info(self, path: EntryId) -> FolderInfo:
        """How much is below the folder."""
        reply = await self._connection.get(
            "fileops/folder_info/", {"path": path}, call="folder_info"
        )
        return particulars.folder_info(values.decoded(reply.body))

    async def precheck(self, paths: Sequence[EntryId], folder: EntryId) -> Foresight:
        """What a move or copy of *paths* into *folder* would meet; for none, a new entry there."""
        reply = await self._connection.get(
            "fileops/precheck/", {"from_path": paths, "to_path": folder}, call="precheck"
        )
        return particulars.foresight(values.decoded(reply.body))

    async def thumbnails(self, path: EntryId) -> tuple[Thumbnail, ...]:
        """Where small pictures of the file are."""
        reply = await self._connection.get(
            f"metadata/{quoted(path)}", {"listing": False, "extra": True}, call="metadata"
        )
        return particulars.thumbnails(values.decoded(reply.body))

    async def picture(self, thumbnail: Thumbnail) -> bytes:
        """A small picture, from where it is."""
        url = values.address(thumbnail.url, base=self._connection.url)
        return (await self._connection.get_from(url, call="thumbnail")).body

    async def get_preview(self, path: EntryId, version: Version) -> bytes:
        """A small picture of that version of the file. Raises NotFound."""
        reply = await self._connection.get(
            "files/get_preview/",
            {"path": path, "version": version or None},
            call="get_preview",
            api=0,
            headers={"Accept": "*/*"},
        )
        return reply.body

    async def create_extra(self, path: EntryId, version: Version) -> bool:
        """Have pictures of the file made anew; whether that was begun."""
        reply = await self._connection.post(
            "files/create_extra/",
            {"path": path, "version": int(version) if version else None},
            call="create_extra",
            api=0,
            repeat=SAFELY,
        )
        return values.flag(values.record(values.decoded(reply.body)).get("started"))

    async def delete_many(
        self, paths: Sequence[EntryId], *, only_empty: bool, without_trash: bool
    ) -> tuple[Node, ...]:
        """Remove what is at each path; *only_empty* is about folders."""
        reply = await self._connection.post(
            "fileops/multi/delete/",
            {
                "path": paths,
                "only_empty": only_empty or None,
                "without_trash": without_trash or None,
            },
            call="delete_many",
        )
        return particulars.nodes(values.decoded(reply.body))

    # Comments -----------------------------------------------------------------------------

    async def comments(self, path: EntryId) -> tuple[Comment, ...]:
        """What was written about the entry."""
        reply = await self._connection.get(f"workflow/comments/{quoted(path)}", {}, call="comments")
        return particulars.comments(values.decoded(reply.body))

    async def comment(self, path: EntryId, text: str) -> None:
        """Write about the entry."""
        await self._connection.post(
            f"workflow/comment/{quoted(path)}", {"text": text}, call="comment"
        )

    async def edit_comment(self, comment_id: str, text: str) -> None:
        """Put *text* in the place of what a comment says."""
        await self._connection.post(
            "workflow/comment/edit",
            {"id": comment_id, "text": text},
            call="edit_comment",
            repeat=SAFELY,
        )

    async def delete_comment(self, comment_id: str) -> None:
        """Remove a comment."""
        await self._connection.post(
            "workflow/comment/delete", {"id": comment_id}, call="delete_comment"
        )

    # Archives -----------------------------------------------------------------------------

    async def archive(self, paths: Sequence[EntryId], parent: EntryId) -> str | Task:
        """Have a zip made of what is at *paths*, all below *parent*: the task that does it."""
        reply = await self._connection.get(
            "files/download_as_archive/",
            {"path": paths, "parent_folder": parent},
            call="archive",
            repeat=Repeat.IF_REFUSED,
        )
        return answers.started(values.decoded(reply.body))

    async def archive_stream(self, paths: Sequence[EntryId]) -> str:
        """Where a zip of what is at *paths* can be read while it is being made."""
        reply = await self._connection.post(
            "files/download_as_archive_stream/", {"path": paths}, call="archive_stream"
        )
        members = values.record(values.decoded(reply.body))
        base = f"{self._connection.url}/"
        if (hash_ := values.text(members.get("hash"))) and not members.get("url"):
            hash_ = quoted_segment(hash_)
            return f"{base}api/1/files/download_as_archive_stream/{hash_}/"
        return values.address(members.get("url"), base=base)

    def _found(self, reply: Reply) -> PageOf[Entry]:
        return wire.found(values.decoded(reply.body), link_base=self._api.link_base)

    def _listing_at(self, url: object) -> FullListing:
        return FullListing(values.address(url, base=self._connection.url))


def _members(reply: Reply) -> dict[str, object]:
    try:
        return values.optional_record(values.decoded(reply.body))
    except BadReply:
        return {}
