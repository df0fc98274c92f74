"""Uploads in parts, which a later attempt resumes (reference 5).

The difficulties, and what answers each:

1. What the store has of an unfinished upload, the transfer keeps: its id, the plan of its parts,
   and the ETags of those that arrived (`Progress`).
2. Parts that are as they were in the version that is replaced are copied by the store. Some
   stores cannot do that: then the upload begins anew, and all bytes are sent.
3. The answer to the last request may be lost. The store then knows no such upload any more, and
   what is at the key tells whether it was carried out (`bodies.is_ours`).
4. A conflict with another upload ends this one: the store wants it begun anew.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import trio

from cloudfs.errors import (
    BadReply,
    Busy,
    CloudError,
    InvalidRequest,
    TransientError,
    Unavailable,
    Unsupported,
    unwrapped,
)
from cloudfs.model import Content, Transfer
from cloudfs.providers.s3.api import Api, base64_of
from cloudfs.providers.s3.bodies import Bodies, is_ours
from cloudfs.providers.s3.entries import version_of_head
from cloudfs.providers.s3.headers import Head
from cloudfs.providers.s3.keys import Place
from cloudfs.providers.s3.parts import Part, plan
from cloudfs.providers.s3.refusals import UploadGone

log = logging.getLogger(__name__)

PARTS_AT_ONCE = 4
SAVES = 100  # times at most that the progress of one upload is kept
CLEANUP = 5.0  # seconds that dropping an upload may take


class _NoCopies(CloudError):
    """The store does not copy parts."""


@dataclass(slots=True)
class Progress:
    """An upload in parts under way."""

    upload_id: str
    parts: Sequence[Part]
    done: dict[int, tuple[str, str]] = field(default_factory=dict)  # ETag and checksum by number

    def text(self, place: Place, content: Content) -> str:
        """What a transfer keeps."""
        return json.dumps(
            {
                "place": [place.bucket, place.key],
                "content": [content.size, content.modified_ns],
                "upload": self.upload_id,
                "parts": [part.stop * (-1 if part.copied else 1) for part in self.parts],
                "done": [[number, *told] for number, told in sorted(self.done.items())],
            },
            separators=(",", ":"),
        )

    @property
    def arrived(self) -> int:
        """Bytes of the parts that the store has."""
        return sum(p.stop - p.start for p in self.parts if p.number in self.done)


def resumed(saved: str | None, place: Place, content: Content) -> Progress | None:
    """The progress that a transfer kept, if it is of this upload."""
    try:
        kept = json.loads(saved or "")
        if kept["place"] != [place.bucket, place.key]:
            return None
        if kept["content"] != [content.size, content.modified_ns]:
            return None
        parts: list[Part] = []
        at = 0
        for number, stop in enumerate(kept["parts"], start=1):
            parts.append(Part(number, at, abs(stop), stop < 0))
            at = abs(stop)
        done = {int(number): (str(etag), str(sum_)) for number, etag, sum_ in kept["done"]}
        return Progress(str(kept["upload"]), parts, done) if at == content.size else None
    except (ValueError, TypeError, KeyError):
        return None


class Multipart:
    """Uploads in parts to one account."""

    def __init__(self, api: Api, bodies: Bodies, *, part_size: int) -> None:
        self._api = api
        self._bodies = bodies
        self._part_size = part_size
        self._copies_parts = True

    async def store(
        self,
        place: Place,
        content: Content,
        before: Head | None,
        transfer: Transfer,
        headers: Mapping[str, str],
        *,
        condition: Mapping[str, str],
        look: Callable[[], Awaitable[None]],
    ) -> None:
        """Store *content* in place of *before*. *look* raises if that must not be done."""
        progress = resumed(transfer.saved, place, content)
        fresh = progress is None
        while True:
            if progress is None:
                progress = await self._begin(place, content, before, headers)
                await transfer.save(progress.text(place, content))
            try:
                await self._finish(place, content, before, transfer, progress, condition, look)
            except _NoCopies as error:
                log.info("this store does not copy parts of an object: %s", error)
                self._copies_parts = False
                await self.drop(place, progress.upload_id)
            except UploadGone as error:
                found = await self._api.head_or_none(place)
                await transfer.save(None)
                if found is not None and await is_ours(found, content):
                    return
                if fresh:
                    raise Unavailable("the store has dropped an upload in parts") from error
                fresh = True
            else:
                return
            progress = None

    async def _begin(
        self, place: Place, content: Content, before: Head | None, headers: Mapping[str, str]
    ) -> Progress:
        unchanged: Sequence[tuple[int, int]] = ()
        if before is not None and before.etag and self._copies_parts:
            unchanged = content.unchanged(version_of_head(before))
        sent = dict(headers)
        if self._bodies.checksums:
            sent["x-amz-checksum-algorithm"] = "SHA256"
        upload_id = await self._api.begin(place, sent)
        return Progress(upload_id, plan(content.size, self._part_size, unchanged))

    async def _finish(
        self,
        place: Place,
        content: Content,
        before: Head | None,
        transfer: Transfer,
        progress: Progress,
        condition: Mapping[str, str],
        look: Callable[[], Awaitable[None]],
    ) -> None:
        try:
            await self._send(place, content, before, transfer, progress)
            await transfer.save(progress.text(place, content))
            await look()
            listed = [(number, *told) for number, told in sorted(progress.done.items())]
            await self._api.complete(place, progress.upload_id, listed, condition)
        except (UploadGone, _NoCopies):
            raise
        except CloudError as error:
            if not error.transient or isinstance(error, Busy):
                await self.drop(place, progress.upload_id)
                await transfer.save(None)
            raise
        await transfer.save(None)

    async def _send(
        self,
        place: Place,
        content: Content,
        before: Head | None,
        transfer: Transfer,
        progress: Progress,
    ) -> None:
        transfer.reset(progress.arrived)
        missing = iter([p for p in progress.parts if p.number not in progress.done])
        step = max(1, len(progress.parts) // SAVES)

        async def work() -> None:
            for part in missing:
                told = await self._part(place, content, before, progress.upload_id, part)
                progress.done[part.number] = told
                transfer.advance(part.stop - part.start)
                if len(progress.done) % step == 0:
                    await transfer.save(progress.text(place, content))

        with unwrapped():
            async with trio.open_nursery() as nursery:
                for _ in range(PARTS_AT_ONCE):
                    nursery.start_soon(work)

    async def _part(
        self, place: Place, content: Content, before: Head | None, upload_id: str, part: Part
    ) -> tuple[str, str]:
        """ETag of a part that arrived, and its SHA-256 if the store was to check it."""
        if part.copied and before is not None and self._copies_parts:
            return await self._copied(place, before, upload_id, part), ""
        body = await self._bodies.of(content, part.start, part.stop)
        etag = await self._api.put_part(
            place,
            upload_id,
            part.number,
            body=body.read if body.length else None,
            length=body.length,
            payload=body.payload,
            headers=self._bodies.headers(body),
        )
        if not etag:
            raise BadReply("a part arrived, and the store does not say what it is called")
        return etag, base64_of(body.sha256) if self._bodies.checksums else ""

    async def _copied(self, place: Place, before: Head, upload_id: str, part: Part) -> str:
        """ETag of a part that the store copied."""
        try:
            return await self._api.copy_part(
                place,
                upload_id,
                part.number,
                source=place,
                etag=before.etag,
                start=part.start,
                stop=part.stop,
            )
        except TransientError:
            raise
        except (Unsupported, BadReply, InvalidRequest) as error:
            raise _NoCopies(str(error)) from error

    async def drop(self, place: Place, upload_id: str) -> None:
        """Let the store forget an upload: its parts cost money."""
        with trio.move_on_after(CLEANUP, shield=True):
            try:
                await self._api.abort(place, upload_id)
            except CloudError as error:
                log.debug("the parts of an upload may have been left: %s", error)
