"""Storing a file (reference 5).

The difficulties, and what answers each:

1. Not every store heeds conditions: `conditions` knows. Where it does not, we look just before.
2. The answer to a PUT may be lost, and the next attempt then fails on the first one's success.
   Whatever stands in the way is looked at: if it has our bytes and our time, it is ours.
3. Replacing an object drops all that its headers said; they are read before, and said again.
4. The ETag is often the MD5 of the bytes, and sometimes only looks like it. So Content-MD5 lets
   the store check what arrived, and the ETag is compared only to learn which it is.
"""

import mimetypes
from collections.abc import Mapping
from contextlib import aclosing

from cloudfs.errors import AlreadyExists, Changed, NotFound, Unavailable
from cloudfs.model import Content, Entry, EntryId, Pieces, Transfer
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.bodies import Bodies, is_ours
from cloudfs.providers.s3.conditions import IF_FREE, Conditions
from cloudfs.providers.s3.entries import Entries, version_of_head
from cloudfs.providers.s3.folders import Folders
from cloudfs.providers.s3.headers import (
    META,
    MTIME,
    UNKNOWN_TYPE,
    Head,
    quoted,
    written_time,
)
from cloudfs.providers.s3.keys import Layout, Place, name_of, parent_of
from cloudfs.providers.s3.multipart import Multipart


class Uploads:
    """Uploads of one account."""

    def __init__(
        self,
        api: Api,
        layout: Layout,
        entries: Entries,
        folders: Folders,
        conditions: Conditions,
        bodies: Bodies,
        multipart: Multipart,
        *,
        threshold: int,
    ) -> None:
        self._api = api
        self._layout = layout
        self._entries = entries
        self._folders = folders
        self._conditions = conditions
        self._bodies = bodies
        self._multipart = multipart
        self._threshold = threshold

    async def store(
        self, entry_id: EntryId, content: Content, replacing: Entry | None, transfer: Transfer
    ) -> Entry:
        """Store *content*: as a new file, or as what *replacing* becomes."""
        place = self._layout.object(entry_id)
        folder_id = parent_of(entry_id)
        assert folder_id is not None
        heeded = await self._conditions.of_put(self._layout.top(place))
        before: Head | None = None
        try:
            if replacing is None:
                await self._folders.require_room(folder_id, entry_id, objects=not heeded.create)
            else:
                before = await self._unchanged(place, replacing)
            headers = _headers(entry_id, content, before)
            if content.size > self._threshold:
                stored = await self._store_parts(place, content, before, transfer, headers)
            else:
                condition = _condition(before, create=heeded.create, replace=heeded.replace)
                stored = await self._put(place, content, transfer, {**headers, **condition})
        except (AlreadyExists, Changed, NotFound) as refused:
            found = await self._api.head_or_none(place)
            if found is not None and await is_ours(found, content):
                return self._entries.headed(entry_id, found)  # of an attempt that went unanswered
            if isinstance(refused, Changed) and replacing is None:
                raise AlreadyExists(f"{name_of(entry_id)} exists") from refused
            if isinstance(refused, Changed) and found is None:
                raise NotFound(f"{name_of(entry_id)} is gone") from refused
            raise
        return self._entries.headed(entry_id, stored)

    async def _unchanged(self, place: Place, entry: Entry) -> Head:
        head = await self._api.head(place)
        if version_of_head(head) != entry.version:
            raise Changed(f"{entry.name} has changed on the service")
        return head

    async def _put(
        self, place: Place, content: Content, transfer: Transfer, headers: Mapping[str, str]
    ) -> Head:
        body = await self._bodies.of(content, 0, content.size)

        async def pieces() -> Pieces:
            transfer.reset()
            async with aclosing(body.read()) as stream:
                async for piece in stream:
                    yield piece
                    transfer.advance(len(piece))

        reply = await self._api.put(
            place,
            body=pieces if content.size else None,
            length=content.size,
            payload=body.payload,
            headers={**headers, **self._bodies.headers(body)},
        )
        etag = wire.plain_etag(reply.headers.get("etag"))
        if not etag:
            return await self._checked(place, content)
        self._entries.learn_etag(place.bucket, etag, body.md5.hex())
        metadata = {name.removeprefix(META): v for name, v in headers.items() if META in name}
        return Head(
            size=content.size,
            etag=etag,
            modified_ns=wire.http_time(reply.headers.get("date")),
            version_id=reply.headers.get("x-amz-version-id", ""),
            kept=dict(headers),
            metadata=metadata,
        )

    async def _store_parts(
        self,
        place: Place,
        content: Content,
        before: Head | None,
        transfer: Transfer,
        headers: Mapping[str, str],
    ) -> Head:
        heeded = await self._conditions.of_complete(self._layout.top(place))
        condition = _condition(before, create=heeded, replace=heeded)

        async def look() -> None:
            """Raise if the parts must not be joined; for stores that would not refuse."""
            if condition:
                return
            now = await self._api.head_or_none(place)
            if before is None and now is not None:
                raise AlreadyExists("the name was taken during the upload")
            if before is not None and (now is None or now.etag != before.etag):
                raise Changed("the file was changed during the upload")

        await self._multipart.store(
            place, content, before, transfer, headers, condition=condition, look=look
        )
        return await self._checked(place, content)

    async def _checked(self, place: Place, content: Content) -> Head:
        """The object that was just stored."""
        head = await self._api.head(place)
        if head.size != content.size or head.written_ns not in {None, content.modified_ns}:
            raise Unavailable("the file was replaced by somebody else just after the upload")
        return head


def _headers(entry_id: EntryId, content: Content, before: Head | None) -> dict[str, str]:
    """What the object's headers shall say."""
    written = written_time(content.modified_ns)
    if before is not None:
        return before.again(**{MTIME: written})
    kind = mimetypes.guess_type(name_of(entry_id))[0] or UNKNOWN_TYPE
    return {"content-type": kind, META + MTIME: written}


def _condition(before: Head | None, *, create: bool | None, replace: bool | None) -> dict[str, str]:
    """The header that spares what exists, or what is at another version."""
    if before is None:
        return dict(IF_FREE) if create else {}
    return {"If-Match": quoted(before.etag)} if replace and before.etag else {}
