"""One version of one file of the service, readable anywhere.

Reads are served from the block cache. What is missing is fetched in ranges over one link,
several at once; every block that arrives wakes those who wait for it, and is then kept on
disk. How far ahead of a reader to fetch, its `Pattern` says, and what is on its way for others.
What is fetched for no reader (`RemoteFile.bring`) gives way to all who read.
"""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import trio

from cloudfs.content.ahead import OnTheWay, Pattern
from cloudfs.content.cache import BLOCK, BlockCache, blocks_of
from cloudfs.content.links import Links
from cloudfs.errors import CloudError, TimedOut, TransientError
from cloudfs.http.retry import jittered
from cloudfs.model import Entry, InodeNumber

log = logging.getLogger(__name__)

PATIENCE = 25.0  # seconds without a single byte after which readers get an error
PAUSE = 2.0  # seconds after such a failure in which readers are not kept waiting again
FIRST_WAIT = 0.25
STORED_TOGETHER = 16  # blocks written to the cache at a time
MOST_UNKEPT = 64  # blocks held in memory while the disk takes none: more than one read needs


class RemoteFile:
    """Reads one version of one file."""

    def __init__(
        self,
        number: InodeNumber,
        entry: Entry,
        *,
        links: Links,
        cache: BlockCache,
        nursery: trio.Nursery,
        on_the_way: OnTheWay,
        locate: Callable[[Entry], Entry] = lambda entry: entry,
    ) -> None:
        self._entry = entry
        self._locate = locate  # the same version, where it is now
        self.size = entry.size
        self.number = number
        self._links = links
        self._cache = cache
        self._nursery = nursery
        self._on_the_way = on_the_way
        self._file = cache.open(number, entry.version, entry.size)

        # Changing. A block is in `_flying` from the moment a task is there to fetch it until
        # it has arrived or failed; `_memory` has those that arrived and are not on disk.
        self._flying: dict[int, trio.Event] = {}
        self._memory: dict[int, bytes] = {}
        self._unkept: deque[int] = deque()  # blocks in memory that the disk did not take
        self._failure: CloudError | None = None  # of the last fetch that failed
        self._failed_at = float("-inf")
        self._fetching: set[trio.CancelScope] = set()
        self._patient: list[_Patient] = []  # what is fetched for no reader
        self._closed = False

    def close(self) -> None:
        """No more reads will come; fetching stops."""
        self._closed = True
        for scope in self._fetching:
            scope.cancel()
        if not self._fetching:
            self._cache.close(self._file)

    async def read(self, start: int, stop: int, pattern: Pattern | None = None) -> bytes:
        """The bytes from *start* up to *stop*, or as many as there are.

        Raises Changed if the version cannot be had any more, a TransientError if the service
        cannot be reached in time.
        """
        stop = min(stop, self.size)
        if start >= stop:
            return b""
        ahead = pattern.ahead(start, stop) if pattern is not None else 0
        ahead = min(ahead, max(0, self._on_the_way.share(self) - (stop - start)))
        while True:
            self._overtake(start, stop)
            self._fetch_missing(start, stop, ahead)
            await self._arrival(start, stop)
            data = await self._gather(start, stop)
            if data is not None:
                return data

    async def bring(
        self, start: int, stop: int, advance: Callable[[int], None] = lambda _: None
    ) -> bool:
        """Have the bytes from *start* up to *stop* on disk; False if it takes no more.

        *advance* is told how many bytes come. Raises what `read` does. Readers are let pass, also
        those who come later.
        """
        wanted = blocks_of(start, min(stop, self.size))
        while True:
            missing = [block for block in wanted if self._missing(block)]
            if missing:
                first, last = _runs(missing)[0]
                if not await self._bring_run(first, last, advance):
                    continue
                if not all(map(self._file.has, range(first, last))):
                    return False
                continue
            flying = next((self._flying[b] for b in wanted if b in self._flying), None)
            if flying is None:
                return not any(block in self._unkept for block in wanted)
            await flying.wait()

    async def _bring_run(self, first: int, last: int, advance: Callable[[int], None]) -> bool:
        """Fetch blocks that are missing; False if others came first."""
        await self._on_the_way.clear()
        if not all(map(self._missing, range(first, last))):
            return False
        events = self._take_off(first, last)
        arriving = _Arrival(first, last, self.size, patient=True, advance=advance)
        patient = _Patient(arriving, events)
        self._patient.append(patient)
        try:
            with patient.scope:
                await self._persistently(arriving)
        finally:
            self._patient.remove(patient)
            self._land(events)
            if arriving.unstored:
                with trio.CancelScope(shield=True):
                    await self._keep(arriving)
        return not arriving.overtaken

    def _overtake(self, start: int, stop: int) -> None:
        """A reader does not wait behind those who are in no hurry; what has arrived stays."""
        wanted = blocks_of(start, stop)
        for patient in self._patient:
            events = patient.events
            if any(
                block in events and self._flying.get(block) is events[block] for block in wanted
            ):
                patient.arriving.overtaken = True
                patient.scope.cancel()
                self._land(events)

    def _take_off(self, first: int, last: int) -> "_Flight":
        """The blocks from *first* up to *last* are under way, until they arrive or `_land`."""
        events = {block: trio.Event() for block in range(first, last)}
        self._flying.update(events)
        return events

    def _land(self, events: "_Flight") -> None:
        """What has not arrived is not under way any more: wake those who wait for it."""
        for block, event in events.items():
            if self._flying.get(block) is event:
                del self._flying[block]
                event.set()

    def _missing(self, block: int) -> bool:
        return not (block in self._flying or block in self._memory or self._file.has(block))

    def _fetch_missing(self, start: int, stop: int, ahead: int) -> None:
        """Have every block that is wanted, now or soon, under way."""
        wanted = blocks_of(start, stop)
        horizon = blocks_of(start, min(stop + ahead, self.size)).stop
        if not self._file.lacks(range(wanted.start, horizon)):
            return
        missing = [block for block in range(wanted.start, horizon) if self._missing(block)]
        urgent = any(block < wanted.stop for block in missing)
        if urgent and (failure := self._recent_failure()) is not None:
            raise failure  # the kernel asks again page by page
        if not missing or (not urgent and len(missing) * BLOCK < ahead // 2):
            return  # fetching ahead is worth a request when half the distance is gone
        for first, last in _runs(missing):
            events = self._take_off(first, last)
            scope = trio.CancelScope()
            self._fetching.add(scope)
            self._nursery.start_soon(self._fetch, first, last, events, scope)

    def _recent_failure(self) -> CloudError | None:
        """Why the service could not be reached a moment ago."""
        failure = self._failure
        if failure is None or not failure.transient:
            return None
        return failure if trio.current_time() < self._failed_at + PAUSE else None

    async def _arrival(self, start: int, stop: int) -> None:
        began = trio.current_time()
        for block in blocks_of(start, stop):
            flying = self._flying.get(block)
            if flying is not None:
                await flying.wait()
            if self._missing(block) and self._failed_at >= began and self._failure is not None:
                raise self._failure

    async def _gather(self, start: int, stop: int) -> bytes | None:
        """The bytes, if all of them are here; None if a block turned out to be damaged."""
        if self._memory:
            parts = []
            for block in blocks_of(start, stop):
                low, high = max(start, block * BLOCK), min(stop, (block + 1) * BLOCK)
                kept = self._memory.get(block)
                part = (
                    await self._from_disk(low, high)
                    if kept is None
                    else kept[low - block * BLOCK : high - block * BLOCK]
                )
                if part is None:
                    return None
                parts.append(part)
            return b"".join(parts)
        return await self._from_disk(start, stop)

    async def _from_disk(self, start: int, stop: int) -> bytes | None:
        try:
            return self._file.read(start, stop, may_block=False)
        except BlockingIOError:
            return await trio.to_thread.run_sync(self._file.read, start, stop)

    async def _fetch(
        self, first: int, last: int, events: "_Flight", scope: trio.CancelScope
    ) -> None:
        """Bring the blocks from *first* up to *last*, whatever it takes within the patience."""
        arriving = _Arrival(first, last, self.size)
        self._on_the_way.begin(self)
        try:
            with scope:
                await self._persistently(arriving)
        except CloudError as error:
            self._failure = error
            self._failed_at = trio.current_time()
        finally:
            self._land(events)
            self._on_the_way.end(self)
            self._fetching.discard(scope)
            if self._closed and not self._fetching:
                self._cache.close(self._file)

    async def _persistently(self, arriving: "_Arrival") -> None:
        wait = FIRST_WAIT
        deadline = _soon()
        while True:
            before = arriving.at
            try:
                with trio.move_on_at(deadline) as patience:
                    await self._stream(arriving, patience)
                    return
                raise TimedOut(f"{self._entry.name}: no data within {PATIENCE:.0f} s")
            except TransientError as error:
                if arriving.at > before:
                    wait, deadline = FIRST_WAIT, _soon()
                pause = jittered(wait)
                if trio.current_time() + pause >= deadline:
                    raise
                log.debug("reading inode %d: %s; again in %.1f s", self.number, error, pause)
                await trio.sleep(pause)
                wait = min(wait * 2, 4.0)

    async def _stream(self, arriving: "_Arrival", patience: trio.CancelScope) -> None:
        arriving.restart()
        if arriving.is_worth_storing:  # all has come, and time was up before it was stored
            await self._keep(arriving)
        if arriving.at >= arriving.stop:
            return
        async with (
            self._links.fetch(self._locate(self._entry), arriving.at, arriving.stop) as stream,
            aclosing(stream) as pieces,
        ):
            async for piece in pieces:
                if arriving.overtaken:
                    return
                patience.deadline = _soon()
                for block, data in arriving.add(piece):
                    self._memory[block] = data
                    self._flying.pop(block).set()
                    arriving.advance(len(data))
                if arriving.is_worth_storing:
                    await self._keep(arriving)
                if arriving.patient:
                    await self._on_the_way.clear()
                    patience.deadline = _soon()

    async def _keep(self, arriving: "_Arrival") -> None:
        """Move arrived blocks from memory to disk; if it does not take them, keep the last few."""
        blocks = list(arriving.unstored)
        data = b"".join(self._memory[block] for block in blocks)
        kept = await trio.to_thread.run_sync(self._cache.store, self._file, blocks[0], data)
        del arriving.unstored[: len(blocks)]
        if not kept:
            self._unkept.extend(blocks)
            blocks = [self._unkept.popleft() for _ in range(len(self._unkept) - MOST_UNKEPT)]
        for block in blocks:
            self._memory.pop(block, None)


_Flight = dict[int, trio.Event]  # by block; in `_flying` too as long as nobody else has the block


@dataclass(eq=False, slots=True)
class _Patient:
    """What is fetched for no reader."""

    arriving: "_Arrival"
    events: "_Flight"
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)


class _Arrival:
    """Cuts a stream of bytes into the blocks from *first* up to *last*."""

    def __init__(
        self,
        first: int,
        last: int,
        size: int,
        *,
        patient: bool = False,
        advance: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.patient = patient
        self.advance = advance
        self.overtaken = False  # do readers fetch what has not arrived?
        self.stop = min(last * BLOCK, size)
        self.at = first * BLOCK  # where a repeated request would start: after whole blocks
        self.unstored: list[int] = []
        self._rest = bytearray()

    @property
    def is_worth_storing(self) -> bool:
        if self.at >= self.stop:
            return bool(self.unstored)
        return len(self.unstored) >= STORED_TOGETHER

    def add(self, piece: bytes) -> list[tuple[int, bytes]]:
        """The blocks that *piece* completes."""
        self._rest += piece
        blocks = []
        offset = 0
        while self.at < self.stop:
            length = min(BLOCK, self.stop - self.at)
            if len(self._rest) - offset < length:
                break
            block = self.at // BLOCK
            blocks.append((block, bytes(self._rest[offset : offset + length])))
            self.unstored.append(block)
            offset += length
            self.at += length
        del self._rest[:offset]
        return blocks

    def restart(self) -> None:
        """Forget the beginning of a block whose end did not come."""
        self._rest.clear()


def _soon() -> float:
    return trio.current_time() + PATIENCE


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Ascending *numbers* as ranges (first, after the last)."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs
