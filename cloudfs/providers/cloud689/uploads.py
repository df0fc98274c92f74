"""Storing content: as a new file, or in place of one (reference 3.7).

1. The answer to a chunk may be lost, even that to the last one, which makes the file. Repeating the
   chunk with its session is safe for a day: so every file, small ones too, is sent as chunks, and
   the session is noted before the first is sent (`Sending`).
2. The service may have forgotten a session: the folder is looked at, and then all is sent anew.
3. Nothing is ever overwritten: what replaces a file is a new one. Only when that is complete, the
   old one goes to the trash. Cut short in between, both are there, and a repeat goes on from there.
"""

import logging
import secrets
import time
from collections.abc import Callable

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    NotFound,
)
from cloudfs.model import Content, Entry, EntryId, Transfer
from cloudfs.providers.cloud689.api import Api
from cloudfs.providers.cloud689.comparing import holds
from cloudfs.providers.cloud689.downloads import Downloads
from cloudfs.providers.cloud689.forms import Chunk
from cloudfs.providers.cloud689.ids import address_of
from cloudfs.providers.cloud689.licences import Licences
from cloudfs.providers.cloud689.looking import Looks
from cloudfs.providers.cloud689.places import Places
from cloudfs.providers.cloud689.refusals import UploadRefused
from cloudfs.providers.cloud689.sending import Sending, identity, resumed
from cloudfs.providers.cloud689.settings import Cloud689Settings
from cloudfs.providers.cloud689.wire import Item

log = logging.getLogger(__name__)

SESSION_LASTS = 23 * 3600.0  # seconds; the service keeps one for a day


class Uploads:
    """Uploads of one account."""

    def __init__(
        self,
        api: Api,
        looks: Looks,
        places: Places,
        licences: Licences,
        downloads: Downloads,
        settings: Cloud689Settings,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._looks = looks
        self._places = places
        self._licences = licences
        self._downloads = downloads
        self._chunk_size = settings.chunk_size
        self._relicense = settings.relicense
        self._clock = clock
        self._process = secrets.token_hex(8)  # a session is not gone on with by another one

    async def upload(
        self,
        folder: EntryId,
        name: str,
        content: Content,
        replacing: Entry | None,
        transfer: Transfer,
    ) -> Entry:
        """Store *content*, as `Provider.upload` promises."""
        what = await identity(folder, name, content, replacing)
        sending = resumed(transfer.saved, what)
        made: Entry | None = None
        if sending is not None:
            made = await self._resume(sending, content, transfer)
        if made is None:
            if replacing is not None:
                folder, name = await self._place_of(replacing)
            elif await self._looks.named(folder, name):
                raise AlreadyExists(f"{name} exists")
            sending = Sending(
                what=what,
                folder=folder,
                name=name,
                session=secrets.token_hex(16),
                process=self._process,
                began=self._clock(),
                chunk_size=self._chunk_size,
                size=content.size,
                replaces="" if replacing is None else replacing.id,
            )
            made = await self._send(sending, content, transfer)
        if replacing is not None:
            await self._retire(replacing, made)
        return made

    async def _place_of(self, old: Entry) -> tuple[EntryId, str]:
        """Where the file to be replaced is now. Raises NotFound, or Changed."""
        fresh = await self._looks.stat(old.id)
        if fresh.version != old.version:
            raise Changed(f"{old.name} has changed on the service")
        parent = fresh.parent_id or old.parent_id
        if parent is None:
            raise BadReply("the service does not tell where the file is that is to be replaced")
        return parent, fresh.name

    # Chunks ---------------------------------------------------------------------------------

    async def _resume(self, sending: Sending, content: Content, transfer: Transfer) -> Entry | None:
        """What an earlier attempt made, or was about to make; None to begin anew."""
        young = self._clock() - sending.began < SESSION_LASTS
        if young and (sending.process == self._process or sending.at_last):
            try:
                return await self._send(sending, content, transfer)
            except UploadRefused as error:
                log.info("an upload cannot be gone on with: %s", error)
        return await self._made_before(sending, content) if sending.at_last else None

    async def _send(self, sending: Sending, content: Content, transfer: Transfer) -> Entry:
        """Send the chunks that are missing, one after the other."""
        transfer.reset(sending.sent)
        await transfer.save(sending.saved())
        folder = address_of(sending.folder)
        while True:
            start, stop = sending.bounds()
            chunk = Chunk(sending.name, content, start, stop)
            item = await self._api.upload(folder, chunk, part=sending.part())
            if sending.at_last:
                break
            transfer.advance(stop - start)
            sending.next += 1
            await transfer.save(sending.saved())
        if item is None:
            made = await self._made_before(sending, content)
        else:
            made = self._entry(item, sending)
        if made is None:
            raise BadReply("the service does not tell of the file that was uploaded")
        if made.size != content.size:
            await self._discard(made)
            await transfer.save(None)
            raise BadReply(f"the service stored {made.size} bytes, not {content.size}")
        transfer.reset(content.size)
        return made

    async def _made_before(self, sending: Sending, content: Content) -> Entry | None:
        """The file that this upload has made, if it is there: recognised by its bytes."""
        try:
            found = await self._looks.named(sending.folder, sending.name)
        except NotFound:
            return None
        for child in found:
            if child.id != sending.replaces and await holds(self._downloads, child, content):
                return child
        return None

    def _entry(self, item: Item, sending: Sending) -> Entry:
        folder = address_of(sending.folder)
        if item.name != sending.name:
            log.info("the service stored a file under another name than was asked for")
        entry = self._looks.entry(item, folder.project, sending.folder)
        self._places.learn([entry])
        return entry

    async def _discard(self, made: Entry) -> None:
        """Put into the trash what the service stored wrongly."""
        try:
            await self._api.delete(address_of(made.id))
        except CloudError as error:
            log.info("a file that was stored wrongly could not be removed: %s", error)

    # In place of a file ---------------------------------------------------------------------

    async def _retire(self, old: Entry, made: Entry) -> None:
        """Remove the file that *made* replaces, if it is still there.

        Where the account may not do that, both stay, and the newer one has the name (1.2).
        """
        if self._relicense:
            await self._licences.hand_on(old, made)
        try:
            await self._api.delete(address_of(old.id))
        except NotFound:
            pass
        except AccessDenied as error:
            log.info("%s stays beside what replaces it: %s", old.name, error)
            return
        self._places.forget(old.id)
