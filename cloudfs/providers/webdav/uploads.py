"""Storing a file (reference 5).

The difficulties, and what answers each:

1. Many servers write in place: a broken upload leaves half a file, and the version it had is
   lost. There the bytes go under a temporary name, and a MOVE puts them in place.
2. Where If-None-Match is ignored, an upload cannot be told to spare what exists. A MOVE can,
   on every server: new files take the same way there.
3. A weak ETag never matches in If-Match (RFC 9110, 13.1.1), and Apache's is weak for a second
   after each change. A 412 is therefore looked into: if the file still is at the version it
   should be, the upload is made without the condition.
4. What the server made of it is not in its answer: size and version are asked for, except
   from Nextcloud, whose answer is complete.
5. Who dies, or is cut off, cannot remove the temporary file. Its name is kept with the transfer,
   and a repeat removes it. (By age nobody could: a server that keeps times shows those of the
   file that is being uploaded.)
"""

import json
import logging
import secrets
from collections.abc import Mapping

import trio

from cloudfs.errors import BadReply, Changed, CloudError, TransientError, Unreachable
from cloudfs.http.client import Reply
from cloudfs.http.retry import Refused, Repeat
from cloudfs.model import NOTHING, Content, Entry, EntryId, Kind, Transfer
from cloudfs.providers.webdav.api import Dav
from cloudfs.providers.webdav.chunks import WORTHWHILE, ChunkedUploads
from cloudfs.providers.webdav.entries import ETAG, match_header, normalised, spelled, version_of
from cloudfs.providers.webdav.gathering import Gathering
from cloudfs.providers.webdav.locks import Lock, locked
from cloudfs.providers.webdav.looking import TEMPORARY, Looking
from cloudfs.providers.webdav.paths import Collection, child_of, parent_of
from cloudfs.providers.webdav.server import SABRE, SECOND, Server
from cloudfs.providers.webdav.stamps import checksum_stamp, time_stamp
from cloudfs.providers.webdav.verdicts import (
    check_unchanged,
    why_not_placed,
    why_nothing_placed,
)

log = logging.getLogger(__name__)

CLEANUP = 5.0  # seconds that removing a temporary file may take
LONGEST_NAME = 255  # bytes
KEPT = "temporary"


def temporary_name(name: str) -> str:
    """A name for an upload under way to *name*; `looking.TEMPORARY` matches it."""
    ending = f".cloudfs-tmp-{secrets.token_hex(4)}"
    room = LONGEST_NAME - len(ending) - 1
    kept = name.encode("utf-8", "surrogatepass")[:room].decode("utf-8", "ignore")
    return f".{kept}{ending}"


class Uploads:
    """Uploads into one collection."""

    def __init__(
        self,
        dav: Dav,
        base: Collection,
        server: Server,
        looking: Looking,
        *,
        atomic_put: bool,
        locks: bool,
        chunk_size: int,
    ) -> None:
        self._dav = dav
        self._base = base
        self._server = server
        self._looking = looking
        self._gathering = Gathering(looking.stat, looking.children)
        self._atomic_put = atomic_put
        self._locks = locks
        self._chunk_size = chunk_size

    async def store(
        self, target: EntryId, content: Content, replacing: Entry | None, transfer: Transfer
    ) -> Entry:
        """Store *content* at *target*: as a new file, or as what *replacing* becomes."""
        if replacing is not None and self._locks and self._server.found.locks:
            return await self._store_locked(target, content, replacing, transfer)
        return await self._store(target, content, replacing, transfer)

    async def _store_locked(
        self, target: EntryId, content: Content, replacing: Entry, transfer: Transfer
    ) -> Entry:
        await check_unchanged(self._looking, replacing)  # a lock would create what is missing
        async with locked(self._dav, self._base.file(target)) as lock:
            await check_unchanged(self._looking, replacing)
            return await lock.held_while(
                lambda: self._store(target, content, replacing, transfer, lock)
            )

    async def _store(
        self,
        target: EntryId,
        content: Content,
        replacing: Entry | None,
        transfer: Transfer,
        lock: Lock | None = None,
    ) -> Entry:
        account = self._server.found.account
        if account is not None and content.size > WORTHWHILE:
            chunked = ChunkedUploads(self._dav, self._looking, account, self._chunk_size)
            return await chunked.store(target, content, replacing, transfer)
        transfer.reset()  # a single PUT is never resumed
        headers = time_stamp(content, self._server.profile.mtime_header)
        if self._server.found.profile == SABRE:
            headers.update(await checksum_stamp(content))
        if self._goes_indirectly(target, replacing):
            return await self._put_and_rename(target, content, replacing, transfer, headers, lock)
        return await self._put(target, content, replacing, transfer, headers, lock)

    def _goes_indirectly(self, target: EntryId, replacing: Entry | None) -> bool:
        profile = self._server.profile
        cannot_spare = replacing is None and not profile.conditions
        return (
            self._atomic_put
            and (not profile.atomic_put or cannot_spare)
            and profile.can_place(self._base, target)
        )

    # Straight to its place ----------------------------------------------------------------

    async def _put(
        self,
        target: EntryId,
        content: Content,
        replacing: Entry | None,
        transfer: Transfer,
        headers: Mapping[str, str],
        lock: Lock | None,
    ) -> Entry:
        if replacing is not None and not self._server.profile.checks_missing:
            await check_unchanged(self._looking, replacing)
        condition = _condition(replacing, lock)
        url = self._base.file(target)
        reply = await self._dav.put(
            url,
            content,
            headers={**headers, **condition},
            # Done twice, a conditional upload fails on its own first success.
            repeat=Repeat.IF_REFUSED if condition else Repeat.SAFELY,
            transfer=transfer,
        )
        if reply.status == 412 and replacing is not None and lock is None:
            await check_unchanged(self._looking, replacing)
            transfer.reset()
            reply = await self._dav.put(
                url, content, headers=headers, repeat=Repeat.SAFELY, transfer=transfer
            )
        if not reply.ok:
            raise await why_not_placed(
                self._looking, reply.status, target, "PUT", replacing=replacing
            )
        return await self._stored(target, content, replacing, reply)

    async def _stored(
        self, target: EntryId, content: Content, replacing: Entry | None, reply: Reply
    ) -> Entry:
        """What the file is now, if it is what was sent."""
        # Nextcloud sends both; a proxy that marks the ETag as weak leaves its own header alone.
        etag = reply.headers.get("oc-etag") or reply.headers.get("etag")
        accepted = reply.headers.get("x-oc-mtime") == "accepted"
        if accepted and not self._server.found.keeps_times:
            self._server.learn(keeps_times=True)
        if accepted and etag and self._server.found.profile == SABRE:
            return await _told(target, content, replacing, reply, etag)
        entry = await self._verified(target, content)
        told = etag and self._server.profile.one_etag and not self._server.found.keeps_times
        if told and etag and normalised(etag) != entry.version:
            raise Changed(f"{entry.name} was replaced by somebody else just after the upload")
        return entry

    async def _verified(self, target: EntryId, content: Content) -> Entry:
        entry = await self._gathering.stat(target)
        if entry.size != content.size or entry.is_folder:
            raise BadReply(f"the server stored {entry.size} bytes of {content.size}")
        return entry

    # Under a temporary name first ---------------------------------------------------------

    async def _put_and_rename(
        self,
        target: EntryId,
        content: Content,
        replacing: Entry | None,
        transfer: Transfer,
        headers: Mapping[str, str],
        lock: Lock | None,
    ) -> Entry:
        folder_id = parent_of(target)
        assert folder_id is not None
        if (left := _left_behind(transfer.saved)) is not None:
            await self._discard(left)
        temporary = child_of(folder_id, temporary_name(target.rpartition("/")[2]))
        await transfer.save(json.dumps({KEPT: temporary}))
        try:
            await self._put_aside(temporary, content, transfer, headers)
            await self._put_in_place(temporary, target, content, replacing, lock)
        except BaseException:
            await self._discard(temporary)
            raise
        await transfer.save(None)
        return await self._verified(target, content)

    async def _put_aside(
        self,
        temporary: EntryId,
        content: Content,
        transfer: Transfer,
        headers: Mapping[str, str],
    ) -> None:
        url = self._base.file(temporary)
        reply = await self._dav.put(
            url, content, headers=headers, repeat=Repeat.SAFELY, transfer=transfer
        )
        if not reply.ok:
            raise await why_nothing_placed(self._looking, reply.status, temporary, "PUT")

    async def _put_in_place(
        self,
        temporary: EntryId,
        target: EntryId,
        content: Content,
        replacing: Entry | None,
        lock: Lock | None,
    ) -> None:
        if replacing is not None:
            await check_unchanged(self._looking, replacing)
        try:
            reply = await self._dav.move(
                self._base.file(temporary),
                self._base.file(target),
                overwrite=replacing is not None,
                headers=lock.condition if lock else NOTHING,
            )
        except (Refused, Unreachable):
            raise
        except TransientError:
            if await self._arrived(temporary, target, content):
                return
            raise
        if not reply.ok:
            raise await why_not_placed(
                self._looking, reply.status, target, "MOVE", replacing=replacing
            )

    async def _arrived(self, temporary: EntryId, target: EntryId, content: Content) -> bool:
        """Whether a MOVE whose answer was lost was carried out (reference 6)."""
        if await self._looking.stat_or_none(temporary) is not None:
            return False
        entry = await self._looking.stat_or_none(target)
        return entry is not None and entry.size == content.size

    async def _discard(self, temporary: EntryId) -> None:
        with trio.move_on_after(CLEANUP, shield=True):
            try:
                await self._dav.send("DELETE", self._base.file(temporary))
            except CloudError as error:
                log.debug("a temporary file may have been left: %s", error)


def _left_behind(saved: str | None) -> EntryId | None:
    """The temporary file of an attempt that came to no end, if there was one."""
    try:
        kept = json.loads(saved or "null")[KEPT]
    except (ValueError, TypeError, KeyError):
        return None
    if isinstance(kept, str) and TEMPORARY.fullmatch(kept.rpartition("/")[2]):
        return EntryId(kept)
    return None


def _condition(replacing: Entry | None, lock: Lock | None) -> Mapping[str, str]:
    """The header that spares what exists, or what is at another version."""
    if lock is not None:
        return lock.condition
    if replacing is None:
        return {"If-None-Match": "*"}
    return match_header(replacing)


async def _told(
    target: EntryId, content: Content, replacing: Entry | None, reply: Reply, etag: str
) -> Entry:
    """The entry that Nextcloud's answer to PUT describes completely."""
    checksum = await content.checksum("sha1")
    extra = dict(replacing.extra) if replacing else {}
    extra.pop("oc:size", None)
    extra |= {ETAG: spelled(etag), "oc:checksums": f"SHA1:{checksum.digest}"}
    if file_id := reply.headers.get("oc-fileid"):
        extra["oc:id"] = file_id
    return Entry(
        id=target,
        parent_id=parent_of(target),
        name=target.rpartition("/")[2],
        kind=Kind.FILE,
        size=content.size,
        version=version_of(etag, content.size, None),
        modified_ns=content.modified_ns // SECOND * SECOND,
        created_ns=replacing.created_ns if replacing else None,
        mime=replacing.mime if replacing else None,
        checksum=checksum,
        extra=extra,
    )
