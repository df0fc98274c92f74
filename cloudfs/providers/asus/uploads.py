"""Uploading a file: announce it, send its bytes, finish (reference 3.5).

The difficulties, and what answers each:

1. Bytes are appended as they come, so none may be sent twice: after every interruption, a token
   that was refused included, the service is asked how many it has (`sending`).
2. An answer may be lost, and finishing twice is refused: what the target holds is compared with
   what was sent, by the service's own checksum (`_Upload.look`).
3. A file must not be replaced if it has changed. The service compares its content with
   `latestchecksum` when it finishes, but would replace at once where it finds that it has the
   new content already; so the checksum is not stated when something is replaced, unless the
   settings let the later one win (`_Upload.is_stated`).
4. An upload goes on in a later process only as it began: what was announced is kept with the
   transaction (`tickets`).
5. The blob of attributes is replaced with the content: what others keep there is carried along.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from cloudfs.errors import (
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    IsAFolder,
    NotFound,
    TransientError,
    Unsupported,
)
from cloudfs.http.retry import Repeat
from cloudfs.model import Content, Entry, Transfer, Version
from cloudfs.providers.asus import attributes
from cloudfs.providers.asus.arrivals import Arrivals
from cloudfs.providers.asus.attributes import Attribute
from cloudfs.providers.asus.entries import version
from cloudfs.providers.asus.ids import Ref, ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.relay import NOT_STATED, Announcement, Relay
from cloudfs.providers.asus.sending import Sender
from cloudfs.providers.asus.statuses import ChecksumDiffers, FileTrouble, NoSuchUpload
from cloudfs.providers.asus.steps import NOT_CARRIED_OUT
from cloudfs.providers.asus.tickets import Identity, Ticket, marker, resumed
from cloudfs.providers.asus.times import Times
from cloudfs.providers.asus.values import SECOND
from cloudfs.providers.asus.wire import Described

FINISHES = 3


class _StartAgain(CloudError):
    """This attempt is lost; *failure* is what to report if the next one is, too."""

    def __init__(self, failure: CloudError) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _Arrived(CloudError):
    """The file is there already."""

    def __init__(self, entry: Entry) -> None:
        super().__init__("the file is there already")
        self.entry = entry


class Uploads:
    """Uploads of one account."""

    def __init__(
        self,
        relay: Relay,
        looking: Looking,
        arrivals: Arrivals,
        times: Times,
        *,
        chunk: int,
        overwrite: bool,
    ) -> None:
        self._relay = relay
        self._looking = looking
        self._arrivals = arrivals
        self._times = times
        self._chunk = chunk
        self._overwrite = overwrite

    async def upload(
        self,
        folder: Ref,
        name: str,
        content: Content,
        replacing: Entry | None,
        transfer: Transfer,
    ) -> Entry:
        """Store *content*, as `Provider.upload` promises."""
        if replacing is not None and replacing.is_folder:
            raise IsAFolder(f"{replacing.name} is a folder")
        digest = (await content.checksum("sha512")).digest
        base = None if replacing is None else [replacing.id, replacing.version]
        upload = _Upload(
            relay=self._relay,
            looking=self._looking,
            arrivals=self._arrivals,
            times=self._times,
            sender=Sender(self._relay, content, transfer, chunk=self._chunk),
            overwrite=self._overwrite,
            folder=folder,
            name=name,
            content=content,
            base=replacing,
            transfer=transfer,
            digest=digest,
            identity=[folder.id, name, base, content.size, digest, content.modified_ns],
        )
        entry = await upload.run()
        await transfer.save(None)
        return entry


@dataclass(slots=True, kw_only=True)
class _Upload:
    """The course of one upload, over at most two attempts."""

    relay: Relay
    looking: Looking
    arrivals: Arrivals
    times: Times
    sender: Sender
    overwrite: bool
    folder: Ref
    name: str
    content: Content
    transfer: Transfer
    digest: str
    identity: Identity  # what has to be the same for an upload to be resumed

    # Changing.
    base: Entry | None  # what is replaced
    doubtful: bool = False  # might an earlier attempt have succeeded without saying so?
    in_one_piece: bool = True

    @property
    def file(self) -> Ref | None:
        """What is replaced."""
        return None if self.base is None else ref(self.base.id)

    @property
    def is_stated(self) -> bool:
        """Whether the service is told the checksum, and so may put the file together at once."""
        return self.base is None or self.overwrite

    async def run(self) -> Entry:
        """The file, uploaded in one or two attempts."""
        ticket, self.doubtful = resumed(self.transfer.saved, self.identity)
        try:
            try:
                return await self.attempt(ticket)
            except _StartAgain:
                await self.transfer.save(marker(self.identity) if self.doubtful else None)
            try:
                return await self.attempt(None)
            except _StartAgain as again:
                raise again.failure from again
        except _Arrived as arrived:
            return arrived.entry

    async def attempt(self, ticket: Ticket | None) -> Entry:
        """One attempt. Raises _StartAgain if a fresh one may do better."""
        self.transfer.reset()
        if ticket is None:
            ticket = await self.begin()
            offset = 0
        else:
            offset = await self.reopened(ticket)
        await self.send(ticket, offset)
        if not await self.is_still_the_base(ticket):
            raise Changed(f"{self.name} has changed on the service")
        return await self.finish(ticket)

    # Announcing ---------------------------------------------------------------------------

    async def begin(self) -> Ticket:
        """A transaction. Raises _Arrived if there is nothing to send."""
        before = None if self.file is None else await self.looked_at(self.file)
        announced = self.announcement(before)
        try:
            state = await self.relay.init(announced, repeat=Repeat.IF_REFUSED)
        except NOT_CARRIED_OUT:
            raise
        except TransientError:
            # The service may have put the file together at once.
            await self.note_doubt()
            await self.look()
            raise
        except AlreadyExists:
            if self.doubtful:
                await self.look()
            raise
        if state.file is not None:
            raise _Arrived(await self.made(state.file))
        if state.transaction is None:
            raise BadReply("the service names no transaction for an upload")
        if before is not None and not self.is_stated and state.latest_checksum == self.digest:
            raise _Arrived(await self.unchanged(before))
        ticket = Ticket(announced, state.transaction, state.latest_checksum)
        await self.transfer.save(ticket.saved(self.identity))
        return ticket

    async def looked_at(self, file: Ref) -> Described:
        """The file to be replaced. Raises Changed if it is not what it was."""
        described = await self.looking.info(file)
        if not self.overwrite and not self.is_base(described):
            await self.look()
            raise Changed(f"{self.name} has changed on the service")
        return described

    def announcement(self, before: Described | None) -> Announcement:
        """What to tell the service of the file."""
        now, written = int(time.time()), self.content.modified_ns // SECOND
        folder, name = self.folder, self.name
        if before is None:
            attribute = attributes.fresh(created=now, written=written)
        else:
            # The file keeps its place and name, whatever the caller believes they are.
            folder, name = folder.folder(before.parent or folder.number), before.name
            attribute = (before.attribute or Attribute()).timed(accessed=now, written=written)
            if attribute.created_ns is None:
                attribute = attribute.timed(created=now)
        return Announcement(
            folder=folder,
            name=name,
            size=self.content.size,
            checksum=self.digest if self.is_stated else NOT_STATED,
            attribute=attribute.xml,
            file=self.file,
        )

    async def unchanged(self, before: Described) -> Entry:
        """The file, which holds the same bytes already; only its time is another one."""
        assert self.file is not None
        described = await self.looking.info(self.file)
        written = self.content.modified_ns // SECOND
        told = described.attribute or before.attribute
        if self.times.offered and (told is None or told.written_ns != written * SECOND):
            with suppress(Unsupported):
                return await self.times.set_written(self.file, described, written)
        return self.looking.shown(described, self.file)

    # Sending ------------------------------------------------------------------------------

    async def send(self, ticket: Ticket, offset: int) -> None:
        """Send all bytes from *offset* on, through interruptions."""
        self.in_one_piece &= offset == 0
        try:
            whole = await self.sender.send(
                ticket.transaction, offset, lambda: self.reopened(ticket)
            )
        except (FileTrouble, NoSuchUpload) as error:
            raise _StartAgain(error) from error
        self.in_one_piece &= whole

    async def reopened(self, ticket: Ticket) -> int:
        """How many bytes the service has of an upload that was interrupted."""
        try:
            state = await self.relay.init(
                ticket.announced, transaction=ticket.transaction, repeat=Repeat.SAFELY
            )
        except (ChecksumDiffers, NoSuchUpload, FileTrouble) as error:
            if self.doubtful:
                await self.look()
            raise _StartAgain(error) from error
        except (AlreadyExists, NotFound):
            if self.doubtful:
                await self.look()
            raise
        if state.file is not None:
            raise _Arrived(await self.made(state.file))
        if state.offset > self.content.size or state.transaction not in {None, ticket.transaction}:
            raise _StartAgain(BadReply("the service has another upload than was begun"))
        self.transfer.reset(state.offset)
        return state.offset

    # Finishing ----------------------------------------------------------------------------

    async def finish(self, ticket: Ticket) -> Entry:
        """Have the file made; it is looked for when the answer is lost."""
        lost: TransientError | None = None
        for _ in range(FINISHES):
            try:
                number = await self.relay.finish(ticket.transaction, ticket.latest_checksum)
            except NOT_CARRIED_OUT:
                raise
            except TransientError as error:
                lost, self.doubtful = error, True
                await self.look()
                await self.send(ticket, await self.reopened(ticket))
            except (AlreadyExists, NotFound, ChecksumDiffers, NoSuchUpload, FileTrouble) as error:
                if self.doubtful:
                    await self.look()
                raise self.meaning(error, ticket) from error
            else:
                return await self.made(number)
        assert lost is not None
        raise lost

    def meaning(self, error: CloudError, ticket: Ticket) -> CloudError:
        """What it means that the service does not make the file."""
        if isinstance(error, AlreadyExists | NotFound):
            return error
        if isinstance(error, ChecksumDiffers):
            if ticket.latest_checksum is None:
                return _StartAgain(BadReply("the service received other bytes than were sent"))
            changed = Changed(f"{self.name} has changed on the service")
            return _StartAgain(changed) if self.overwrite else changed
        return _StartAgain(error)

    async def made(self, number: str) -> Entry:
        """The file that the service has made."""
        file = self.folder.file(number)
        try:
            entry = await self.arrivals.verified(
                file,
                self.content.size,
                self.digest,
                expected=self.next_version(),
                surely=not (self.is_stated or self.in_one_piece),
            )
        except CloudError:
            await self.note_doubt()
            raise
        if entry is None:
            # They are ours all the same, and what the next attempt replaces.
            assert self.base is not None
            self.base = replace(self.base, version=self.next_version())
            raise _StartAgain(BadReply("the service stored other bytes than were sent"))
        return entry

    def next_version(self) -> Version:
        """The version that follows the one replaced, by the service's way of counting."""
        if self.base is None:
            return Version("1")
        return Version(str(int(self.base.version) + 1) if self.base.version.isdecimal() else "")

    # Looking ------------------------------------------------------------------------------

    def is_base(self, described: Described) -> bool:
        """Whether the file is at the version to be replaced."""
        return self.base is not None and version(described) == self.base.version

    async def is_still_the_base(self, ticket: Ticket) -> bool:
        """Whether `latestchecksum`, on which the service is to insist, is that of the base."""
        if self.file is None or self.base is None or self.overwrite:
            return True
        latest = ticket.latest_checksum
        if latest is not None and latest == self.arrivals.known(self.file, self.base.version):
            return True
        return self.is_base(await self.looking.info(self.file))

    async def look(self) -> None:
        """Raise _Arrived if what was sent is there."""
        size, digest = self.content.size, self.digest
        if self.file is None or self.base is None:
            found = await self.arrivals.new(self.folder, self.name, size, digest)
        else:
            found = await self.arrivals.replaced(self.file, self.base.version, size, digest)
        if found is not None:
            raise _Arrived(found)

    async def note_doubt(self) -> None:
        """Let a later attempt know that this one may have succeeded."""
        self.doubtful = True
        await self.transfer.save(marker(self.identity))
