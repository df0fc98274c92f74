"""Reading: by default each file whole, once (reference 3.9).

1. A small file is read in one go, and comes straight from the service.
2. Of a larger one programs read parts, several at once. The first who needs it fetches all of it
   into a spool, also what it does not need itself, since the next part would cost the whole file
   again; the others read along (`_progress`). Its last byte is kept back until the file is whole,
   as who has everything may leave. Empty pieces tell a waiting reader that the download goes on.
3. A protected file may have another size than its listing told. It is then fetched to its end all
   the same, its size is remembered, and readers are told that it is another version.
4. With `ranges`, parts are asked for; a service that sends all of the file has it taken whole.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from cloudfs.errors import (
    BadReply,
    Changed,
    CloudError,
    ConnectionLost,
    IsAFolder,
    NoLocalSpace,
    TransientError,
)
from cloudfs.http.ranges import exactly
from cloudfs.model import DownloadLink, Entry, EntryId, Pieces
from cloudfs.providers.cloud689.connection import Connection
from cloudfs.providers.cloud689.delivery import CALL, Delivery, delivered
from cloudfs.providers.cloud689.ids import address_of
from cloudfs.providers.cloud689.settings import Cloud689Settings
from cloudfs.providers.cloud689.sizes import Sizes, is_protected
from cloudfs.providers.cloud689.spool import Spool, Spools

PIECE = 1 << 20

_TOTAL = re.compile(r"bytes \d+-\d+/(\d{1,19})")


class Downloads:
    """Reads files of one account."""

    def __init__(self, connection: Connection, sizes: Sizes, settings: Cloud689Settings) -> None:
        self._connection = connection
        self._sizes = sizes
        self._spools = Spools(settings.spool_folder, settings.spool_size)

        # Changing.
        self._ranges = settings.ranges  # until the service turns out not to know them

    def link(self, entry: Entry) -> DownloadLink:
        """Where the file is; there are no signed links, so nothing is asked for."""
        if entry.is_folder:
            raise IsAFolder(f"{entry.name} is a folder")
        url = f"{self._connection.url}/{CALL}#{entry.id}"
        return DownloadLink(url=url, version=entry.version, size=entry.size)

    def close(self) -> None:
        """Keep nothing for later reads."""
        self._spools.close()

    @asynccontextmanager
    async def fetch(self, link: DownloadLink, start: int, stop: int) -> AsyncIterator[Pieces]:
        """What `Provider.fetch` promises."""
        id_ = _file_of(link)
        async with AsyncExitStack() as stack:
            delivery: Delivery | None = None
            if not self._spools.has(id_, link.version):
                if self._ranges:
                    delivery = await self._part(stack, link, start, stop)
                    if delivery.is_part:
                        yield await self._window(stack, link, delivery, start, stop)
                        return
                    self._ranges = False
                elif _is_whole(link, start, stop):
                    delivery = await self._whole(stack, link)
            if delivery is not None and _is_whole(link, start, stop):
                yield await stack.enter_async_context(aclosing(_all_of(delivery, link)))
                return
            spool = stack.enter_context(self._spools.use(id_, link.version))
            reading = self._reading(spool, link, start, stop, delivery)
            yield await stack.enter_async_context(aclosing(reading))

    # Straight from the service --------------------------------------------------------------

    async def _whole(self, stack: AsyncExitStack, link: DownloadLink) -> Delivery:
        return await stack.enter_async_context(
            delivered(self._connection, address_of(_file_of(link)))
        )

    async def _part(
        self, stack: AsyncExitStack, link: DownloadLink, start: int, stop: int
    ) -> Delivery:
        wanted = {"Range": f"bytes={start}-{stop - 1}"}
        return await stack.enter_async_context(
            delivered(self._connection, address_of(_file_of(link)), wanted)
        )

    async def _window(
        self, stack: AsyncExitStack, link: DownloadLink, delivery: Delivery, start: int, stop: int
    ) -> Pieces:
        """The wanted bytes of a delivered part."""
        match = _TOTAL.fullmatch(delivery.reply.headers.get("content-range", "").strip())
        if match is not None and int(match[1]) != link.size and is_protected(link.version):
            self._sizes.learn(link.version, int(match[1]))
        pieces = exactly(delivery.reply, start, stop, link.size)
        return await stack.enter_async_context(aclosing(pieces))

    # Through a spool ------------------------------------------------------------------------

    async def _reading(
        self, spool: Spool, link: DownloadLink, start: int, stop: int, delivery: Delivery | None
    ) -> Pieces:
        """The bytes from *start* up to *stop*, as soon as they are in the spool."""
        at = start
        try:
            async with aclosing(self._progress(spool, link, delivery)) as progress:
                async for ours in progress:
                    yield b""  # the download goes on
                    usable = spool.total in {None, link.size}
                    end = stop - 1 if ours else stop
                    while usable and at < (here := min(end, spool.arrived)):
                        piece = await spool.read(at, min(here, at + PIECE))
                        at += len(piece)
                        yield piece
                    if at == stop:
                        break
        except (TransientError, NoLocalSpace):
            if spool.arrived < stop or spool.total not in {None, link.size}:
                raise
            yield await spool.read(at, stop)  # what is missing, nobody has asked for yet
            return
        if spool.total not in {None, link.size}:
            raise Changed(f"the file has {spool.total} bytes, not {link.size}")

    async def _progress(
        self, spool: Spool, link: DownloadLink, delivery: Delivery | None
    ) -> AsyncGenerator[bool, None]:
        """A turn whenever more is there, until all is; true if it is we who fill the spool."""
        while not spool.complete:
            if spool.filling:
                before = spool.arrived
                yield False
                await spool.moved(before)
                continue
            with spool.being_filled():
                async with AsyncExitStack() as stack:
                    source = delivery or await self._whole(stack, link)
                    delivery = None  # a second attempt needs another one
                    filling = await stack.enter_async_context(
                        aclosing(self._fill(spool, link, source))
                    )
                    async for _ in filling:
                        yield True
        yield False

    async def _fill(
        self, spool: Spool, link: DownloadLink, delivery: Delivery
    ) -> AsyncGenerator[None, None]:
        """Bring the file into the spool, to its end; a turn for every piece.

        Raises Changed if it is not what the link says; of a protected file then the size is known.
        """
        corrected = is_protected(link.version) and not delivery.is_page
        if delivery.total not in {None, link.size} and not corrected:
            raise _mismatch(delivery, link, delivery.total)
        spool.total = delivery.total
        position = 0
        async for piece in delivery.pieces:
            await spool.take(position, piece)
            position += len(piece)
            yield
        if delivery.total not in {None, position}:
            raise ConnectionLost("download: the body ended early")
        if position != spool.arrived or (position != link.size and not corrected):
            spool.forget()
            raise _mismatch(delivery, link, position)
        spool.finish()
        if position != link.size:
            self._sizes.learn(link.version, position)


async def _all_of(delivery: Delivery, link: DownloadLink) -> Pieces:
    """The whole file, straight through."""
    if delivery.total not in {None, link.size}:
        raise _mismatch(delivery, link, delivery.total)
    left = link.size
    async for piece in delivery.pieces:
        left -= len(piece)
        if left < 0:
            raise _mismatch(delivery, link, link.size - left)
        yield piece
    if left:
        raise ConnectionLost(f"download: the body ended {left} bytes early")


def _mismatch(delivery: Delivery, link: DownloadLink, size: int | None) -> CloudError:
    if delivery.is_page:
        return BadReply("download: got a web page instead of the file")
    return Changed(f"the file has {size} bytes now, not {link.size}")


def _is_whole(link: DownloadLink, start: int, stop: int) -> bool:
    """Whether the wanted bytes are all of a file whose size is certain."""
    return start == 0 and stop == link.size and not is_protected(link.version)


def _file_of(link: DownloadLink) -> EntryId:
    return EntryId(link.url.rpartition("#")[2])
