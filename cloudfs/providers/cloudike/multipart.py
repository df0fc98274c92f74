"""A large file in parts, and how an interrupted upload of one goes on (reference 3.6.4).

The service tells the address of each part when asked, joins them when the upload is confirmed,
and checks the whole. It does not tell which parts it has, so that is kept with the transfer;
parts whose arrival is unknown are sent again, which replaces them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import trio

from cloudfs.errors import BadReply, CloudError, NotFound
from cloudfs.model import Content, Transfer
from cloudfs.providers.cloudike import values
from cloudfs.providers.cloudike.answers import Ticket
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.settings import MIB
from cloudfs.providers.cloudike.store import Bytes, Store, TicketRefused

AT_ONCE = 3  # parts on their way
MOST_PARTS = 9000  # the store takes ten thousand


class UploadLost(CloudError):
    """The service has forgotten the upload, or the store refuses it: it has to begin anew."""


@dataclass(slots=True)
class Parts:
    """An upload in parts: which content it is for, where it goes, and how far it is.

    *identity* describes path, base version and content; parts are resumed for the same only.
    """

    identity: list[Any]
    size: int
    part_size: int
    temp_path: str = field(repr=False)
    confirm_url: str = field(repr=False)
    done: set[int] = field(default_factory=set)

    def missing(self) -> list[int]:
        """Numbers of the parts still to be sent, from 1."""
        count = -(-self.size // self.part_size)
        return [number for number in range(1, count + 1) if number not in self.done]

    def bounds(self, number: int) -> tuple[int, int]:
        """The bytes that a part holds."""
        start = (number - 1) * self.part_size
        return start, min(start + self.part_size, self.size)

    def sent(self) -> int:
        """Bytes that have arrived."""
        return sum(stop - start for start, stop in map(self.bounds, self.done))

    def saved(self) -> str:
        """A text to resume from."""
        return json.dumps(
            {
                "identity": self.identity,
                "part_size": self.part_size,
                "temp_path": self.temp_path,
                "confirm_url": self.confirm_url,
                "done": sorted(self.done),
            }
        )


def resumed(saved: str | None, identity: list[Any], size: int) -> Parts | None:
    """The upload that *saved* tells of, if it is one of this very content."""
    if saved is None:
        return None
    try:
        state = values.record(values.decoded(saved.encode()))
        part_size = values.integer(state.get("part_size"))
        temp_path = values.text(state.get("temp_path"))
        done = {values.integer(number) for number in values.array(state.get("done"))}
        if state.get("identity") != identity or not part_size or temp_path is None:
            return None
        confirm_url = values.address(state.get("confirm_url"))
    except BadReply:
        return None
    return Parts(
        identity, size, part_size, temp_path, confirm_url, {number for number in done if number}
    )


def part_size_for(size: int, wanted: int) -> int:
    """Bytes of a part, raised in whole MiB where there would be too many parts."""
    least = -(-size // MOST_PARTS)
    return wanted if wanted >= least else -(-least // MIB) * MIB


class PartSender:
    """Sends the parts that are missing, a few at once."""

    def __init__(self, api: Api, store: Store, content: Content, transfer: Transfer) -> None:
        self._api = api
        self._store = store
        self._content = content
        self._transfer = transfer
        self._saving = trio.Lock()  # else an older state could be saved after a newer one

    async def send(self, parts: Parts, first: Ticket | None) -> None:
        """Send what is missing; *first* is the ticket for part 1, if it is fresh."""
        missing = iter(parts.missing())
        failure: CloudError | OSError | None = None

        async def work(scope: trio.CancelScope) -> None:
            nonlocal failure
            try:
                await self._send_from(missing, parts, first)
            except (CloudError, OSError) as error:
                failure = failure or error
                scope.cancel()

        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(work, nursery.cancel_scope)
        if failure is not None:
            raise failure

    async def _send_from(self, numbers: Iterator[int], parts: Parts, first: Ticket | None) -> None:
        for number in numbers:
            ticket = first if number == 1 else None
            await self._send_part(parts, number, ticket)
            start, stop = parts.bounds(number)
            self._transfer.advance(stop - start)
            async with self._saving:
                parts.done.add(number)
                await self._transfer.save(parts.saved())

    async def _send_part(self, parts: Parts, number: int, ticket: Ticket | None) -> None:
        start, stop = parts.bounds(number)
        content = Bytes(lambda: self._content.read(start, stop), stop - start)
        if ticket is not None and ticket.url is not None:
            try:
                await self._store.put(ticket.url, ticket.headers, content)
            except TicketRefused:
                pass
            else:
                return
        await self._send_with_fresh_ticket(parts, number, content)

    async def _send_with_fresh_ticket(self, parts: Parts, number: int, content: Bytes) -> None:
        for last in (False, True):
            try:
                ticket = await self._api.create_part(parts.temp_path, number)
            except NotFound as error:
                raise UploadLost("the service no longer knows the upload") from error
            if ticket.url is None:
                raise BadReply("the service tells no address for a part")
            try:
                await self._store.put(ticket.url, ticket.headers, content)
            except TicketRefused as error:
                if last:
                    raise UploadLost(str(error)) from error
            else:
                return
