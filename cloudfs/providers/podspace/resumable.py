"""A large file in chunks, and how an interrupted upload of one goes on (reference 3.6).

The service tells how many bytes it has, so only the upload's address is kept with the transfer.

1. A chunk whose answer was lost may have arrived: it is sent again at its offset, which the
   service refuses if it did; then it is asked how far it is (`Tus.chunk`).
2. The service may have forgotten the upload: because it is too old, or because it is finished.
   Before anything is sent again, it is asked whether there is a file of it (`_perhaps_made`).
3. The file may not be made at once, and the refusal "not yet" looks like "no folder": a look at
   the destination tells (`_finished`).
4. The last chunk makes the new version: just before it, a look tells whether somebody else has
   changed the file that is to be replaced (`_look`).
"""

import trio

from cloudfs.errors import (
    Changed,
    CloudError,
    NotFound,
    QuotaExceeded,
    TimedOut,
    Unavailable,
)
from cloudfs.model import Content, Transfer
from cloudfs.providers.podspace.account import AccountApi
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.places import ROOT, version_of
from cloudfs.providers.podspace.settings import PodspaceSettings
from cloudfs.providers.podspace.tus import Begun, Destination, Tus, resumed
from cloudfs.providers.podspace.wire import Entity

LOOKS = (0.5, 1.0, 2.0, 4.0, 8.0)  # pauses before the file is asked for again
MOST_STALLS = 3  # answers in a row after which the service has no more bytes than before


class UploadLost(CloudError):
    """The service has forgotten the upload: it has to begin anew."""


class NotMadeYet(TimedOut):
    """All bytes have arrived, and the service has not made a file of them."""


class Resumable:
    """Resumable uploads of one account."""

    def __init__(self, api: Api, account: AccountApi, settings: PodspaceSettings) -> None:
        self._api = api
        self._account = account
        self._tus = Tus(api.connection)
        self._chunk_size = settings.chunk_size
        self._check_space = settings.check_space

    async def upload(self, to: Destination, content: Content, transfer: Transfer) -> Entity:
        """Bring *content* to its destination; returns what the service made of it.

        Raises AlreadyExists, NotFound, QuotaExceeded or Changed, when the upload is over; after
        a TransientError it can go on.
        """
        run = _Run(self._api, self._tus, to, content, transfer, chunk_size=self._chunk_size)
        begun = resumed(transfer.saved, run.what)
        try:
            if begun is not None:
                try:
                    return await run.resume(begun)
                except UploadLost:
                    await transfer.save(None)
            if self._check_space and content.size:
                await self._look_for_room(to, content.size)
            return await run.begin()
        except UploadLost as error:
            await transfer.save(None)
            raise Unavailable(str(error)) from error
        except CloudError as error:
            if not error.transient:
                await transfer.save(None)
            raise

    async def _look_for_room(self, to: Destination, size: int) -> None:
        """Raise QuotaExceeded if the owner of the folder has no room (3.22)."""
        try:
            room = await self._account.can_upload(to.folder_id, size)
        except CloudError as error:
            if error.transient:
                raise
            return  # the upload itself will tell
        if not room:
            raise QuotaExceeded(f"there is no room for {size} bytes")


class _Run:
    """The course of one upload."""

    def __init__(
        self,
        api: Api,
        tus: Tus,
        to: Destination,
        content: Content,
        transfer: Transfer,
        *,
        chunk_size: int,
    ) -> None:
        self._api = api
        self._tus = tus
        self._to = to
        self._content = content
        self._transfer = transfer
        self._chunk_size = chunk_size
        base = to.replacing and [to.replacing.id, to.replacing.version]
        self.what = [to.folder_id, to.name, base, content.size, content.modified_ns]

    async def begin(self) -> Entity:
        """A fresh upload."""
        self._transfer.reset()
        begun = Begun(self.what, await self._tus.create(self._to, self._content.size))
        await self._transfer.save(begun.saved())
        return await self._go_on(begun, 0)

    async def resume(self, begun: Begun) -> Entity:
        """Go on with an upload of before. Raises UploadLost if the service has forgotten it."""
        if begun.complete:
            self._transfer.reset(self._content.size)
            try:
                return await self._finished(begun)
            except NotMadeYet as error:  # it had time enough since
                raise UploadLost(str(error)) from error
        offset = await self._tus.offset(begun, self._content.size)
        if offset is None:
            return await self._perhaps_made(begun)
        self._transfer.reset(offset)
        return await self._go_on(begun, offset)

    async def _go_on(self, begun: Begun, offset: int) -> Entity:
        try:
            if not await self._send(begun, offset):
                return await self._perhaps_made(begun)
            begun.complete = True
            await self._transfer.save(begun.saved())
            return await self._finished(begun)
        except CloudError as error:
            if not error.transient and not isinstance(error, UploadLost):
                await self._tus.terminate(begun)
            raise

    async def _send(self, begun: Begun, offset: int) -> bool:
        """Send what the service has not got yet; False if it does not know the upload."""
        stalls = 0
        size = self._content.size
        while offset < size:
            stop = min(offset + self._chunk_size, size)
            if stop == size:
                await self._look()
            reached = await self._tus.chunk(begun, self._content, offset, stop)
            if reached is None:
                return False
            stalls = 0 if reached > offset else stalls + 1
            if stalls == MOST_STALLS:
                raise Unavailable("the service takes no more bytes of an upload")
            offset = reached
            self._transfer.reset(offset)
        return True

    async def _look(self) -> None:
        """Raise Changed if the file to be replaced is no longer the one that was seen."""
        replacing = self._to.replacing
        if replacing is None:
            return
        if version_of(await self._api.stat(replacing.id)) != replacing.version:
            raise Changed(f"{replacing.name} has changed on the service")

    async def _finished(self, begun: Begun) -> Entity:
        """The file that the upload has become; the service may need a moment to make it."""
        try:
            return await self._tus.info(begun)
        except NotFound:
            if self._to.entry_id != ROOT:
                await self._api.stat(self._to.entry_id)  # if that is gone, waiting is no use
        for pause in LOOKS:
            await trio.sleep(pause)
            try:
                return await self._tus.info(begun)
            except NotFound:
                continue
        raise NotMadeYet("the service has not made a file of an upload yet")

    async def _perhaps_made(self, begun: Begun) -> Entity:
        """The file, if the service does not know the upload because it is finished."""
        try:
            return await self._tus.info(begun)
        except NotFound as error:
            raise UploadLost("the service has forgotten the upload") from error
