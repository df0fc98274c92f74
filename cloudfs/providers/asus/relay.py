"""The WebRelay: bytes go up, and small pictures come down (reference 3.5, 3.21)."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from cloudfs.errors import BadReply, NotFound, Unsupported
from cloudfs.http.client import Reply
from cloudfs.http.retry import Repeat
from cloudfs.model import Pieces
from cloudfs.providers.asus import answers, statuses
from cloudfs.providers.asus.answers import Upload
from cloudfs.providers.asus.auth import Grant
from cloudfs.providers.asus.calls import Calls, quoted
from cloudfs.providers.asus.exchange import answered, refused
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.payload import encoded_name

NOT_STATED = "system.reserved"

LEAST_DEADLINE = 120.0
SLOWEST = 20_000  # bytes a second; a transfer that stands still is given up much sooner
SILENCE = 60.0  # seconds the service may take to put a file together

JPEG = b"\xff\xd8"
PNG = b"\x89PNG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What initbinaryupload is told about a file (reference 3.5.1)."""

    folder: Ref
    name: str
    size: int
    checksum: str  # SHA-512 in hex, or NOT_STATED
    attribute: str  # the blob as XML
    file: Ref | None = None  # whose content it is to become; None: a new file


class Relay:
    """The WebRelay's calls of one account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def init(
        self, what: Announcement, *, transaction: str | None = None, repeat: Repeat
    ) -> Upload:
        """Begin an upload, or ask how far *transaction* has come."""
        query = [
            ("na", encoded_name(what.name)),
            ("pa", what.folder.number),
            ("sg", what.checksum),
            ("at", what.attribute),
            ("fs", str(what.size)),
        ]
        if what.file is not None:
            query.append(("fi", what.file.number))
        if transaction is not None:
            query.append(("tx", transaction))
        if what.folder.is_group:
            query.append(("igw", "1"))
        root = await self._calls.webrelay(
            "/webrelay/initbinaryupload/",
            query,
            repeat=repeat,
            signed=what.folder.is_group,
            silence=SILENCE,
        )
        return answers.upload(root)

    async def resume(
        self, transaction: str, offset: int, read: Callable[[], Pieces], length: int
    ) -> None:
        """Send *length* bytes that follow the first *offset*.

        Raises TokenRejected without trying again: what arrived has to be asked for first.
        """
        await self._calls.webrelay(
            "/webrelay/resumebinaryupload/",
            [("tx", transaction)],
            repeat=Repeat.IF_REFUSED,
            body=read,
            length=length,
            deadline=LEAST_DEADLINE + length / SLOWEST,
            silence=SILENCE,
            renew=False,
            offset=offset,
        )

    async def finish(self, transaction: str, latest_checksum: str | None) -> str:
        """Make the file of what was sent; its number."""
        query = [("tx", transaction)]
        if latest_checksum:
            query.append(("lsg", latest_checksum))
        root = await self._calls.webrelay(
            "/webrelay/finishbinaryupload/", query, repeat=Repeat.IF_REFUSED, silence=SILENCE
        )
        return answers.finished(root)

    async def checksum(self, file: Ref, folder: Ref, name: str, attribute: str) -> str | None:
        """SHA-512 of what a file holds now; None if the service does not tell.

        Asking for it begins an upload, which is never finished (reference 3.5.1).
        """
        probe = Announcement(
            folder=folder, name=name, size=0, checksum=NOT_STATED, attribute=attribute, file=file
        )
        return (await self.init(probe, repeat=Repeat.SAFELY)).latest_checksum

    async def picture(self, call: str, parameters: str) -> bytes:
        """A small picture (reference 3.21). Raises NotFound if the service makes none."""
        packed = quoted(base64.b64encode(parameters.encode()).decode("ascii"))

        async def attempt(grant: Grant) -> bytes:
            url = (
                f"{grant.webrelay}/webrelay/{call}/{quoted(grant.token)}/{packed}.jpg"
                f"?dis={quoted(self._calls.sid)}&ecd=1"
            )
            reply = await self._calls.exchange.http.request(
                "GET",
                url,
                label=f"asus.{call}",
                repeat=Repeat.SAFELY,
                credentials=self._calls.exchange.credentials,
            )
            return _picture(reply, call)

        return await self._calls.auth.call(attempt)


def _picture(reply: Reply, call: str) -> bytes:
    if reply.status != 200:
        error = refused(reply.status, reply.body, call)
        if isinstance(error, Unsupported):
            raise NotFound(f"{call}: there is no picture") from error
        raise error
    if reply.body.startswith((JPEG, PNG)):
        return reply.body
    status = answered(reply, call).status
    if status == statuses.SUCCESS:
        raise BadReply(f"{call}: the reply is no picture")
    raise statuses.error(status, call)
