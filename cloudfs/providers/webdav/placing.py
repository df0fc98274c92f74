"""Moving, copying and removing (reference 6).

The difficulties, and what answers each:

1. `Overwrite: T` deletes whatever is at the target, a full folder too: what gives way is
   looked at just before.
2. A 412 can mean the target (`Overwrite: F`) or the source (If-Match), or a weak ETag that
   never matches: `_settled` looks which.
3. A 207 is an answer to part of a tree: `_check_partly` reads it.
4. A MOVE whose answer is lost cannot be repeated: it was carried out if the source is gone
   and the target is there.
"""

from collections.abc import Mapping
from dataclasses import replace

from cloudfs.errors import (
    AlreadyExists,
    Busy,
    CloudError,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    TransientError,
    Unreachable,
)
from cloudfs.http.client import Reply
from cloudfs.http.retry import Refused
from cloudfs.model import NOTHING, Entry, EntryId
from cloudfs.providers.webdav import wire
from cloudfs.providers.webdav.api import Dav
from cloudfs.providers.webdav.entries import match_header
from cloudfs.providers.webdav.locks import locked
from cloudfs.providers.webdav.looking import Looking
from cloudfs.providers.webdav.paths import ROOT, Collection, lies_in, parent_of
from cloudfs.providers.webdav.server import Server
from cloudfs.providers.webdav.statuses import refusal
from cloudfs.providers.webdav.verdicts import AMBIGUOUS, check_unchanged, why_not_placed


class Placing:
    """Changes of where things are, below the base collection."""

    def __init__(
        self, dav: Dav, base: Collection, server: Server, looking: Looking, *, locks: bool
    ) -> None:
        self._dav = dav
        self._base = base
        self._server = server
        self._looking = looking
        self._locks = locks

    async def move(self, entry: Entry, target: EntryId, replacing: Entry | None) -> Entry:
        """Move *entry* to *target*, where *replacing* gives way."""
        if entry.id == ROOT:
            raise NotPermitted("the root cannot be moved")
        if target == entry.id:
            return await self._looking.stat(target)
        if entry.is_folder and lies_in(target, entry.id):
            raise InvalidRequest("a folder cannot be moved into itself")
        overwrite = replacing is not None and await self._gives_way(entry, replacing)
        await self._check_target(target)
        condition = await self._move_condition(entry, overwrite=overwrite)
        try:
            reply = await self._move(entry, target, condition, overwrite=overwrite)
            if reply.status == 412 and condition:
                await self._settled(entry, target, overwrite=overwrite)
                reply = await self._move(entry, target, NOTHING, overwrite=overwrite)
        except (Refused, Unreachable):
            raise
        except TransientError:
            if await self._was_moved(entry, target, replacing):
                return await self._looking.stat(target)
            raise
        if not reply.ok:
            raise await self._why_not(reply, entry, target, replacing, "MOVE")
        _check_partly(reply, "MOVE")
        if entry.is_folder:
            name = target.rpartition("/")[2]
            return replace(entry, id=target, parent_id=parent_of(target), name=name, tag=None)
        return await self._looking.stat(target)

    async def copy(self, entry: Entry, target: EntryId) -> Entry:
        """Copy a file to *target*, which must be free."""
        if entry.is_folder:
            raise IsAFolder("only files are copied")
        if target == entry.id:
            raise AlreadyExists(f"{entry.name} exists")
        await self._check_target(target)
        source = self._base.file(entry.id)
        reply = await self._dav.copy(source, self._base.file(target), overwrite=False)
        if not reply.ok:
            raise await self._why_not(reply, entry, target, None, "COPY")
        _check_partly(reply, "COPY")
        return await self._looking.stat(target)

    async def remove(
        self, entry: Entry, *, recursive: bool, headers: Mapping[str, str] = NOTHING
    ) -> None:
        """Remove *entry*; a folder with children only if *recursive*."""
        if entry.id == ROOT:
            raise NotPermitted("the root cannot be removed")
        if entry.is_folder:
            if not recursive and not await self._looking.is_empty(entry.id):
                raise NotEmpty(f"{entry.name} is not empty")
            await self._delete(entry, headers)
        elif self._locks and self._server.found.locks:
            await check_unchanged(self._looking, entry)  # a lock would create what is missing
            async with locked(self._dav, self._base.file(entry.id)) as lock:
                await check_unchanged(self._looking, entry)
                await self._delete(entry, {**headers, **lock.condition})
        else:
            await self._delete(entry, headers, match_header(entry))

    async def _check_target(self, target: EntryId) -> None:
        """Raise if the server would put something elsewhere than at *target*, or too readily."""
        profile = self._server.profile
        if not profile.can_place(self._base, target):
            lost = " or ".join(profile.lost_in_destination)
            raise InvalidName(f"this server cannot move to a path with {lost} in it")
        if profile.makes_parents:
            await self._looking.require_parent(target)

    async def _gives_way(self, newcomer: Entry, old: Entry) -> bool:
        """Whether *old* is still there to be replaced. Raises if it must not be."""
        if newcomer.is_folder and not old.is_folder:
            raise NotAFolder(f"{old.name} is a file")
        if old.is_folder and not newcomer.is_folder:
            raise IsAFolder(f"{old.name} is a folder")
        try:
            if not old.is_folder:
                await check_unchanged(self._looking, old)
            elif not await self._looking.is_empty(old.id):
                raise NotEmpty(f"{old.name} is not empty")
        except NotFound:
            return False
        return True

    async def _move_condition(self, entry: Entry, *, overwrite: bool) -> Mapping[str, str]:
        if overwrite and self._server.profile.binds_target:
            await check_unchanged(self._looking, entry)
            return NOTHING
        return match_header(entry)

    async def _move(
        self, entry: Entry, target: EntryId, condition: Mapping[str, str], *, overwrite: bool
    ) -> Reply:
        place = self._base.folder if entry.is_folder else self._base.file
        return await self._dav.move(
            place(entry.id), place(target), overwrite=overwrite, headers=condition
        )

    async def _settled(self, entry: Entry, target: EntryId, *, overwrite: bool) -> None:
        """Raise what a 412 meant; nothing if only the condition could not be judged."""
        if not overwrite and await self._looking.stat_or_none(target) is not None:
            raise AlreadyExists(f"{target} exists")
        await check_unchanged(self._looking, entry)

    async def _was_moved(self, entry: Entry, target: EntryId, replacing: Entry | None) -> bool:
        if await self._looking.stat_or_none(entry.id) is not None:
            return False
        found = await self._looking.stat_or_none(target)
        if found is None or found.kind is not entry.kind or found.size != entry.size:
            return False
        return entry.is_folder or replacing is None or found.version != replacing.version

    async def _why_not(
        self, reply: Reply, entry: Entry, target: EntryId, replacing: Entry | None, what: str
    ) -> CloudError:
        status = reply.status
        if status in AMBIGUOUS and await self._looking.stat_or_none(entry.id) is None:
            return NotFound(f"{entry.name} is gone")
        return await why_not_placed(self._looking, status, target, what, replacing=replacing)

    async def _delete(
        self, entry: Entry, headers: Mapping[str, str], condition: Mapping[str, str] = NOTHING
    ) -> None:
        url = (self._base.folder if entry.is_folder else self._base.file)(entry.id)
        reply = await self._dav.send("DELETE", url, headers={**headers, **condition})
        if reply.status == 412 and condition:
            try:
                await check_unchanged(self._looking, entry)
            except NotFound:
                if reply.doubtful:
                    return
                raise
            reply = await self._dav.send("DELETE", url, headers=headers)
        if reply.status in {404, 410} and reply.doubtful:
            return  # the first attempt was carried out
        if not reply.ok:
            raise refusal(reply.status, f"removing {entry.name}")
        _check_partly(reply, "DELETE")


def _check_partly(reply: Reply, what: str) -> None:
    if reply.status != 207:
        return
    statuses = wire.failures(reply.body)
    if 423 in statuses:
        raise Busy(f"a part of it is locked on the server ({what})")
    if statuses:
        raise CloudError(f"the server did it for a part only ({statuses[0]}, {what})")
