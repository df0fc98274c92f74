"""Uploading a file: announce it, send its bytes, confirm (reference 3.6).

The difficulties, and what answers each:

1. The service may have the content already: then there is nothing to send (`api.create`).
2. A ticket may have expired, and what arrived may not be what was sent: the upload begins anew,
   once (`_StartAgain`).
3. The answer to a confirmation may be lost, and confirming twice is refused: what is at the path
   tells whether the upload took place (`_Upload.arrived`).
4. A refusal may mean that the file has moved on, or that it must not be written: what is at the
   path tells that too (`_Upload.conflict`).
"""

from dataclasses import dataclass
from typing import Any

import trio

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    IsAFolder,
    NotFound,
    TransientError,
    Unreachable,
)
from cloudfs.http.retry import Refused
from cloudfs.model import Content, Entry, EntryId, Kind, Transfer
from cloudfs.providers.cloudike.answers import Ticket
from cloudfs.providers.cloudike.api import Api, Creation
from cloudfs.providers.cloudike.multipart import (
    Parts,
    PartSender,
    UploadLost,
    part_size_for,
    resumed,
)
from cloudfs.providers.cloudike.refusals import Forbidden, Unverified
from cloudfs.providers.cloudike.settings import CloudikeSettings
from cloudfs.providers.cloudike.store import Bytes, Store, TicketRefused

LOOKS = (0.0, 1.0, 4.0)  # pauses before looking whether an unanswered confirmation took effect

NOT_CARRIED_OUT = (Unreachable, Refused)


class _StartAgain(CloudError):
    """This attempt is lost; *failure* is what to report if the next one is, too."""

    def __init__(self, failure: CloudError) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Uploads:
    """Uploads of one account."""

    def __init__(self, api: Api, store: Store, settings: CloudikeSettings) -> None:
        self._api = api
        self._store = store
        self._settings = settings

    async def upload(
        self, path: EntryId, content: Content, replacing: Entry | None, transfer: Transfer
    ) -> Entry:
        """Store *content* at *path*, as `Provider.upload` promises."""
        creation = Creation(
            path=path,
            size=content.size,
            base=None if replacing is None else replacing.version,
            checksum=await content.checksum("md5") if self._settings.send_checksum else None,
            modified_ns=content.modified_ns,
            created_ns=None if replacing is None else replacing.created_ns,
            create_dirs=self._settings.create_dirs,
        )
        upload = _Upload(self._api, self._store, creation, content, transfer)
        if content.size > self._settings.multipart_threshold:
            upload.part_size = part_size_for(content.size, self._settings.part_size)
        try:
            return await upload.run()
        except _StartAgain:
            await transfer.save(None)
        try:
            return await upload.run()
        except _StartAgain as error:
            raise error.failure from error


@dataclass(slots=True)
class _Upload:
    """The course of one upload, over at most two attempts."""

    api: Api
    store: Store
    creation: Creation
    content: Content
    transfer: Transfer
    part_size: int | None = None  # None: it goes in one piece

    # Changing.
    doubtful: bool = False  # a confirmation was sent whose answer never came

    async def run(self) -> Entry:
        """One attempt. Raises _StartAgain if a fresh one may do better."""
        parts = resumed(self.transfer.saved, self.identity(), self.creation.size)
        if parts is not None:
            self.transfer.reset(parts.sent())
            return await self.send_parts(parts, None)
        self.transfer.reset()
        answer = await self.create()
        if isinstance(answer, Entry):
            return self.verified(answer)
        if answer.confirm_url is None:
            raise BadReply("the service does not tell where to confirm an upload")
        if self.part_size is not None and answer.temp_path is not None:
            parts = Parts(
                self.identity(),
                self.creation.size,
                self.part_size,
                answer.temp_path,
                answer.confirm_url,
            )
            return await self.send_parts(parts, answer)
        return await self.confirm(await self.send_whole(answer, answer.confirm_url))

    def identity(self) -> list[Any]:
        """What has to be the same for an upload to be resumed."""
        creation = self.creation
        checksum = None if creation.checksum is None else creation.checksum.digest
        return [creation.path, creation.base, creation.size, checksum, creation.modified_ns]

    async def create(self) -> Ticket | Entry:
        """A ticket, or the finished file."""
        try:
            return await self.api.create(self.creation, multipart=self.part_size is not None)
        except (Changed, Forbidden, AlreadyExists) as error:
            found = None
            if self.doubtful or isinstance(error, Forbidden):
                found = await self.api.metadata_or_none(self.creation.path)
            if self.doubtful and found is not None and self.arrived(found, surely=False):
                return found
            raise self.conflict(error, found) from error

    async def send_whole(self, ticket: Ticket, confirm_url: str) -> str:
        """Send all bytes with one request; return where to confirm them."""
        if ticket.url is None:
            raise BadReply("the service does not tell where to upload to")
        size = self.creation.size
        content = Bytes(lambda: self.content.read(0, size), size)
        fields = {**ticket.parameters, **ticket.headers}  # of two namesakes the header wins (3.6.2)
        try:
            if (ticket.method or ("POST" if fields else "PUT")) == "POST":
                elsewhere = await self.store.post_form(ticket.url, fields, content)
            else:
                elsewhere = await self.store.put(ticket.url, ticket.headers, content)
        except TicketRefused as error:
            raise _StartAgain(CloudError(str(error))) from error
        self.transfer.advance(size)
        return elsewhere or confirm_url

    async def send_parts(self, parts: Parts, first: Ticket | None) -> Entry:
        """Send what is missing of *parts*, and confirm the whole."""
        try:
            await PartSender(self.api, self.store, self.content, self.transfer).send(parts, first)
        except UploadLost as error:
            raise _StartAgain(CloudError(str(error))) from error
        return await self.confirm(parts.confirm_url)

    async def confirm(self, url: str) -> Entry:
        """Make the file of what was sent; it is looked up when the answer is lost."""
        lost: TransientError | None = None
        for _ in range(2):
            try:
                return self.verified(await self.api.confirm(url, self.creation.path))
            except NOT_CARRIED_OUT:
                raise
            except TransientError as error:
                lost, self.doubtful = error, True
                if (found := await self.look()) is not None:
                    return found
            except Unverified as error:
                raise _StartAgain(BadReply(str(error))) from error
            except (Changed, Forbidden, AlreadyExists, NotFound) as error:
                return await self.after_refusal(error)
        assert lost is not None
        raise _StartAgain(lost)

    async def look(self) -> Entry | None:
        """The file, if it shows up at the path; the service may still be at work on it."""
        for pause in LOOKS:
            await trio.sleep(pause)
            found = await self.api.metadata_or_none(self.creation.path)
            if self.arrived(found, surely=False):
                return found
        return None

    async def after_refusal(self, error: CloudError) -> Entry:
        """The file, if the refusal only says that the upload was confirmed before."""
        found = await self.api.metadata_or_none(self.creation.path)
        if found is not None and self.arrived(found, surely=not self.doubtful):
            return found
        if isinstance(error, NotFound):
            raise _StartAgain(
                CloudError("the service does not find what was just uploaded")
            ) from error
        raise self.conflict(error, found) from error

    def arrived(self, found: Entry | None, *, surely: bool) -> bool:
        """Whether *found* is what this upload has made; *surely*: by its checksum."""
        creation = self.creation
        if found is None or found.is_folder or found.size != creation.size:
            return False
        if creation.base is not None and found.version == creation.base:
            return False
        if found.checksum is None or creation.checksum is None:
            return not surely
        return found.checksum == creation.checksum

    def conflict(self, error: CloudError, found: Entry | None) -> CloudError:
        """What a refusal means, given what is at the path."""
        base = self.creation.base
        if isinstance(error, AlreadyExists):
            if base is None:
                return error
            return IsAFolder("a folder has taken the file's place")
        if isinstance(error, Changed) or (
            base is not None and (found is None or found.version != base)
        ):
            return Changed("the file has changed on the service")
        return AccessDenied(str(error))

    def verified(self, entry: Entry) -> Entry:
        """*entry*, if it holds what was sent."""
        creation = self.creation
        known = entry.checksum is not None and creation.checksum is not None
        if (
            entry.kind is not Kind.FILE
            or entry.size != creation.size
            or (known and entry.checksum != creation.checksum)
        ):
            raise BadReply("the service stored something else than was sent")
        return entry
