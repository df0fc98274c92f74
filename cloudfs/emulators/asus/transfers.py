"""Upload transactions: what has arrived of a content that is no file yet (reference 3.5).

Each body that was received is a part of the transaction, so that what arrived before a broken
connection is kept. Only one body is received for a transaction at a time: whoever asks how far
it got, or sends more, ends the one before, whose client is mostly gone.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import trio
from starlette.requests import ClientDisconnect, Request

from cloudfs.emulators.asus.refusals import Refusal, Status
from cloudfs.emulators.asus.times import DAY
from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.blobs import Blob, Incoming
from cloudfs.emulators.store.uploads import Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Where content is to go (reference 3.5.3)."""

    upload: Upload
    parent: int  # node
    name: str
    file: int | None  # node that gets the content; None: a new one
    number: str  # of that file, as the client wrote it; empty: none
    size: int | None
    checksum: str | None  # SHA-512; None: not stated
    attribute: str  # fragment, as the client wrote it
    group: bool  # does group-edit hold for the whole upload?


class Transfers:
    """The transactions of all accounts."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._running: dict[str, tuple[trio.CancelScope, trio.Event]] = {}

    def begin(self, account: int, **data: object) -> Transaction:
        """A new transaction; *data* is what `Transaction` holds besides the upload."""
        name = f"tx-{secrets.token_hex(8)}"
        expires = self._clock.now_ms() + DAY
        return _transaction(
            self._store.uploads.begin(name, account, expires=expires, data=dict(data))
        )

    def get(self, name: str, account: int) -> Transaction:
        """The transaction of that name; 251 if it is unknown, over, or somebody else's."""
        upload = self._store.uploads.get(name)
        if upload is None or upload.account != account or upload.expires <= self._clock.now_ms():
            raise Refusal(Status.NO_TRANSACTION, "there is no such transaction")
        return _transaction(upload)

    def parts(self, transaction: Transaction) -> list[Blob]:
        """What has arrived, in order."""
        return [blob for _, blob in self._store.uploads.parts(transaction.upload)]

    def stored(self, transaction: Transaction) -> int:
        """How many bytes have arrived."""
        return sum(blob.size for blob in self.parts(transaction))

    def end(self, transaction: Transaction) -> None:
        """Forget a transaction."""
        self._store.uploads.end(transaction.upload)

    async def stop(self, name: str, account: int) -> None:
        """End the body that is being received for a transaction, keeping what came of it.

        251 as from `get`, so that nobody else ends it.
        """
        self.get(name, account)
        while name in self._running:
            scope, done = self._running[name]
            scope.cancel()
            await done.wait()

    async def receive(self, name: str, account: int, request: Request, stated: set[int]) -> None:
        """Append a body to what has arrived for a transaction.

        *stated* is where the client says that the body begins, if it says so. A body that is
        refused (220) leaves no trace, one that is broken off is kept as far as it came. Raises
        ClientDisconnect.
        """
        async with self._store.blobs.receive() as incoming, self._alone(name, account) as scope:
            transaction = self.get(name, account)
            stored = self.stored(transaction)
            if not stated <= {stored}:
                raise Refusal(Status.FILE_ERROR, f"{stored} bytes have arrived")
            room = None if transaction.size is None else transaction.size - stored
            gone = await _pour(request, incoming, scope, room)
            await incoming.flush()
            with self._store.transaction():
                self._append(self.get(name, account), incoming)
        if gone:
            raise ClientDisconnect
        if scope.cancelled_caught:
            raise Refusal(Status.FILE_ERROR, "another request has taken over")

    def _append(self, transaction: Transaction, incoming: Incoming) -> None:
        if incoming.size:
            number = len(self.parts(transaction)) + 1
            self._store.uploads.put(transaction.upload, number, self._store.blobs.keep(incoming))

    @asynccontextmanager
    async def _alone(self, name: str, account: int) -> AsyncIterator[trio.CancelScope]:
        """Be the only one who receives for a transaction; others may cancel the scope."""
        await self.stop(name, account)
        # No await may come between the end of the others and the next line.
        scope, done = self._running[name] = trio.CancelScope(), trio.Event()
        try:
            yield scope
        finally:
            del self._running[name]
            done.set()


async def _pour(
    request: Request, incoming: Incoming, scope: trio.CancelScope, room: int | None
) -> bool:
    """Write a body to *incoming*; True if the client went away before its end."""
    received = 0
    try:
        with scope:
            async with aclosing(request.stream()) as pieces:
                async for piece in pieces:
                    received += len(piece)
                    if room is not None and received > room:
                        raise Refusal(Status.FILE_ERROR, "this is more than was announced")
                    await incoming.write(piece)
    except ClientDisconnect:
        return True
    return False


def _transaction(upload: Upload) -> Transaction:
    return Transaction(upload=upload, **upload.data)
