"""Uploads in parts to Nextcloud and ownCloud, which a later attempt resumes (reference 9).

The parts go into a folder of their own under `uploads/`; a MOVE of the folder's `.file` then
puts them together where the file belongs. That may take longer than a server may be silent,
so its answer may never come: what became of it is seen at the target.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from uuid import uuid4

import trio

from cloudfs.errors import BadReply, CloudError, NotFound, TransientError, Unavailable, Unreachable
from cloudfs.http.client import Reply
from cloudfs.http.retry import Refused, Repeat
from cloudfs.model import Content, Entry, EntryId, Transfer
from cloudfs.providers.webdav.api import Dav
from cloudfs.providers.webdav.entries import match_header
from cloudfs.providers.webdav.looking import Looking
from cloudfs.providers.webdav.nextcloud import files_of
from cloudfs.providers.webdav.paths import Collection
from cloudfs.providers.webdav.server import SECOND, CloudAccount
from cloudfs.providers.webdav.stamps import checksum_stamp, time_stamp
from cloudfs.providers.webdav.statuses import refusal
from cloudfs.providers.webdav.verdicts import check_unchanged, why_not_placed

log = logging.getLogger(__name__)

MIB = 1024 * 1024
WORTHWHILE = 10 * MIB  # smaller files go in one PUT
SMALLEST_PART = 5 * MIB
LARGEST_PART = 5 * 1024 * MIB
MOST_PARTS = 10_000
POLLS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds between looks while the server assembles
CLEANUP = 5.0  # seconds that removing an upload's folder may take


@dataclass(frozen=True, slots=True)
class Plan:
    """An upload under way, as a transfer keeps it."""

    folder: str
    target: EntryId
    size: int
    part: int  # bytes in each part but the last
    assembling: bool = False

    def parts(self) -> Iterator[tuple[str, int, int]]:
        """Name, start and stop of each part. The server puts them together by their names."""
        for number, start in enumerate(range(0, self.size, self.part), start=1):
            yield f"{number:05}", start, min(start + self.part, self.size)

    def arrived(self, sizes: Mapping[str, int]) -> int:
        """How many bytes the server has, of parts that arrived whole."""
        whole = (
            (start, stop) for name, start, stop in self.parts() if sizes.get(name) == stop - start
        )
        return sum(stop - start for start, stop in whole)


def resumed(saved: str | None, target: EntryId, size: int) -> Plan | None:
    """The plan that a transfer saved, if it is for this upload."""
    if not saved:
        return None
    try:
        plan = Plan(**json.loads(saved))
    except (ValueError, TypeError):
        return None
    return plan if (plan.target, plan.size) == (target, size) and plan.part > 0 else None


class ChunkedUploads:
    """Uploads in parts to one account."""

    def __init__(self, dav: Dav, looking: Looking, account: CloudAccount, part_size: int) -> None:
        self._dav = dav
        self._looking = looking
        self._files = files_of(account)
        self._uploads = Collection(account.endpoint).below("uploads", account.user)
        self._names_target = account.product == "nextcloud"  # v2; v1 knows it at the end only
        self._part_size = min(max(part_size, SMALLEST_PART), LARGEST_PART)

    async def store(
        self, target: EntryId, content: Content, replacing: Entry | None, transfer: Transfer
    ) -> Entry:
        """Upload *content* in parts, from where the saved transfer left off."""
        plan = resumed(transfer.saved, target, content.size)
        sizes = await self._sizes(plan) if plan else None
        if plan and sizes is None and plan.assembling:
            entry = await self._looking.stat_or_none(target)
            if entry is not None and _holds(entry, content):
                await transfer.save(None)
                return entry
        if plan is None or sizes is None:
            plan, sizes = await self._begin(target, content.size), {}
            await transfer.save(json.dumps(asdict(plan)))
        try:
            await self._send_parts(plan, sizes, content, transfer)
            await transfer.save(json.dumps(asdict(replace(plan, assembling=True))))
            entry = await self._assemble(plan, content, replacing)
        except CloudError as error:
            if not error.transient:
                await self._abandon(plan)
                await transfer.save(None)
            raise
        await transfer.save(None)
        return entry

    async def _sizes(self, plan: Plan) -> Mapping[str, int] | None:
        """Sizes of the parts that the server has, by name; None if it has dropped them."""
        folder = self._uploads.below(plan.folder)
        try:
            found = await self._dav.propfind(folder.url, 1, ("d:getcontentlength",))
        except NotFound:
            return None
        return {r.segments[-1]: r.size for r in found if r.size is not None and r.segments}

    async def _begin(self, target: EntryId, size: int) -> Plan:
        part = max(self._part_size, -(-size // MOST_PARTS))
        plan = Plan(f"cloudfs-{uuid4()}", target, size, part)
        url = self._uploads.below(plan.folder).url
        reply = await self._dav.send("MKCOL", url, headers=self._destination(target))
        if not (reply.ok or (reply.status == 405 and reply.doubtful)):
            raise refusal(reply.status, "beginning an upload")
        return plan

    async def _send_parts(
        self, plan: Plan, sizes: Mapping[str, int], content: Content, transfer: Transfer
    ) -> None:
        folder = self._uploads.below(plan.folder)
        headers = {**self._destination(plan.target), "OC-Total-Length": str(plan.size)}
        transfer.reset(plan.arrived(sizes))
        for name, start, stop in plan.parts():
            if sizes.get(name) == stop - start:
                continue
            reply = await self._dav.put(
                folder.url + name,
                content,
                start=start,
                stop=stop,
                headers=headers,
                repeat=Repeat.SAFELY,
                transfer=transfer,
            )
            if reply.status in {404, 409}:
                raise Unavailable("the server has dropped the parts of this upload")
            if not reply.ok:
                raise refusal(reply.status, "uploading a part")

    async def _assemble(self, plan: Plan, content: Content, replacing: Entry | None) -> Entry:
        target = plan.target
        headers = {
            "OC-Total-Length": str(plan.size),
            **time_stamp(content, "X-OC-Mtime"),
            **await checksum_stamp(content),
        }
        if replacing is not None and (condition := match_header(replacing)):
            headers["If"] = f"<{self._files.file(target)}> ([{condition['If-Match']}])"
        source = self._uploads.below(plan.folder).url + ".file"
        try:
            reply = await self._dav.move(
                source, self._files.file(target), overwrite=replacing is not None, headers=headers
            )
        except (Refused, Unreachable):
            raise
        except TransientError as error:
            return await self._outcome(target, content, error)
        if not reply.ok:
            raise await self._refused(reply, target, replacing)
        entry = await self._looking.stat(target)
        if entry.size != content.size:
            raise BadReply(f"the server stored {entry.size} bytes of {content.size}")
        return entry

    async def _refused(self, reply: Reply, target: EntryId, replacing: Entry | None) -> CloudError:
        if reply.status == 412 and replacing is not None:
            await check_unchanged(self._looking, replacing)
        return await why_not_placed(
            self._looking, reply.status, target, "putting the parts together", replacing=replacing
        )

    async def _outcome(self, target: EntryId, content: Content, lost: TransientError) -> Entry:
        """The file, once it is there; else the failure that hid what became of it."""
        for pause in POLLS:
            await trio.sleep(pause)
            entry = await self._looking.stat_or_none(target)
            if entry is not None and _holds(entry, content):
                return entry
        raise lost

    async def _abandon(self, plan: Plan) -> None:
        with trio.move_on_after(CLEANUP, shield=True):
            try:
                await self._dav.send("DELETE", self._uploads.below(plan.folder).url)
            except CloudError as error:
                log.debug("the parts of an upload stay until the server drops them: %s", error)

    def _destination(self, target: EntryId) -> dict[str, str]:
        return {"Destination": self._files.file(target)} if self._names_target else {}


def _holds(entry: Entry, content: Content) -> bool:
    """Whether a file is what an upload of *content* makes of it: by size and time."""
    seconds = content.modified_ns // SECOND
    return entry.size == content.size and entry.modified_ns == seconds * SECOND
