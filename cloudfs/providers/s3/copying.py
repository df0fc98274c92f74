"""Copies that the store makes, and what is made by copying (reference 1.2, 5, 6)."""

from collections.abc import Mapping
from dataclasses import dataclass

import trio

from cloudfs.errors import AlreadyExists, BadReply, Changed, IsAFolder, Unsupported, unwrapped
from cloudfs.model import Entry, EntryId
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.entries import version_of_head
from cloudfs.providers.s3.folders import Folders
from cloudfs.providers.s3.headers import MTIME, Head, could_be_md5, quoted, written_time
from cloudfs.providers.s3.keys import Layout, Place, child_of
from cloudfs.providers.s3.looking import Looking
from cloudfs.providers.s3.multipart import PARTS_AT_ONCE, Multipart
from cloudfs.providers.s3.parts import plan
from cloudfs.providers.s3.settings import LARGEST_PART, MIB

LARGE_COPIES = 1024 * MIB  # bytes of each part of an object that is copied in parts
DIRECTIVE = "x-amz-metadata-directive"


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy has become."""

    etag: str
    version_id: str = ""


class Copying:
    """Copies within one account."""

    def __init__(self, api: Api, looking: Looking, folders: Folders, multipart: Multipart) -> None:
        self._api = api
        self._looking = looking
        self._folders = folders
        self._multipart = multipart

    @property
    def _layout(self) -> Layout:
        return self._looking.layout

    async def copy(self, entry: Entry, folder_id: EntryId, name: str) -> Entry:
        """Copy a file; the name must be free."""
        if entry.is_folder:
            raise IsAFolder("only files are copied")
        target = child_of(folder_id, name)
        if target == entry.id:
            raise AlreadyExists(f"{name} exists")
        head = await self.unchanged(entry)
        await self._folders.require_room(folder_id, target, objects=True)
        place = self._layout.object(target)
        await self.put(self._layout.object(entry.id), place, head)
        return self._looking.entries.headed(target, await self.verified(place, head))

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        """Copy a file onto itself, with another time in its metadata (reference 1.2)."""
        head = await self.unchanged(entry)
        if head.size > LARGEST_PART:
            raise Unsupported("a file of more than 5 GiB keeps its time")
        if head.written_ns == modified_ns:
            return self._looking.entries.headed(entry.id, head)
        place = self._layout.object(entry.id)
        headers = head.again(**{MTIME: written_time(modified_ns)})
        await self._small(place, place, head, {DIRECTIVE: "REPLACE", **headers})
        return self._looking.entries.headed(entry.id, await self._api.head(place))

    async def unchanged(self, entry: Entry) -> Head:
        """The object of a file. Raises NotFound, or Changed if it is at another version."""
        head = await self._api.head(self._layout.object(entry.id))
        if version_of_head(head) != entry.version:
            raise Changed(f"{entry.name} has changed on the service")
        return head

    async def put(
        self, source: Place, target: Place, head: Head, *, version_id: str = ""
    ) -> Copied:
        """Let *target* be a copy of *source*, which *head* describes, or of a version of it."""
        if head.size > LARGEST_PART:
            return await self._in_parts(source, target, head, version_id)
        headers = {DIRECTIVE: "COPY", **head.placing()}
        return await self._small(source, target, head, headers, version_id)

    async def verified(self, target: Place, source: Head) -> Head:
        """The copy at *target*, if it is one of *source*."""
        head = await self._api.head(target)
        if not is_copy(source, head):
            raise BadReply("the store's copy is not what it was made of")
        return head

    async def _small(
        self,
        source: Place,
        target: Place,
        head: Head,
        headers: Mapping[str, str],
        version_id: str = "",
    ) -> Copied:
        condition = {"x-amz-copy-source-if-match": quoted(head.etag)} if head.etag else {}
        reply = await self._api.copy(
            source, target, version_id=version_id, headers={**headers, **condition}
        )
        return Copied(wire.etag_of(reply.body), reply.headers.get("x-amz-version-id", ""))

    async def _in_parts(self, source: Place, target: Place, head: Head, version_id: str) -> Copied:
        """Copy an object of more than 5 GiB: its metadata has to be said again."""
        upload_id = await self._api.begin(target, head.again())
        parts = iter(plan(head.size, LARGE_COPIES))
        etags: dict[int, str] = {}

        async def work() -> None:
            for part in parts:
                etags[part.number] = await self._api.copy_part(
                    target,
                    upload_id,
                    part.number,
                    source=source,
                    version_id=version_id,
                    etag=head.etag,
                    start=part.start,
                    stop=part.stop,
                )

        try:
            with unwrapped():
                async with trio.open_nursery() as nursery:
                    for _ in range(PARTS_AT_ONCE):
                        nursery.start_soon(work)
            listed = [(number, etag, "") for number, etag in sorted(etags.items())]
            return Copied(await self._api.complete(target, upload_id, listed))
        except BaseException:
            await self._multipart.drop(target, upload_id)
            raise


def is_copy(source: Head, found: Head) -> bool:
    """Whether an object may be a copy of *source*: by size, and by MD5 if both tell it."""
    if found.size != source.size:
        return False
    both = could_be_md5(found.etag) and could_be_md5(source.etag)
    encrypted = "x-amz-server-side-encryption-aws-kms-key-id" in {**found.kept, **source.kept}
    return not both or encrypted or found.etag == source.etag


def is_own_copy(source: Head, found: Head) -> bool:
    """Whether an object surely is a copy of *source*, metadata and all."""
    if source.modified_ns and found.modified_ns and found.modified_ns < source.modified_ns:
        return False
    if not is_copy(source, found) or found.metadata != source.metadata:
        return False
    return bool(found.metadata) or (found.size > 0 and found.etag == source.etag)
