"""The requests of a resumable upload (reference 3.6, tus 1.0.0)."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from cloudfs.errors import BadReply, CloudError, NotFound
from cloudfs.http.client import Reply
from cloudfs.http.origins import origin
from cloudfs.http.retry import Repeat
from cloudfs.model import Content, Entry, EntryId
from cloudfs.providers.podspace import forms, values, wire
from cloudfs.providers.podspace.connection import Connection
from cloudfs.providers.podspace.places import ROOT
from cloudfs.providers.podspace.refusals import check_bare
from cloudfs.providers.podspace.wire import Entity

VERSION = {"Tus-Resumable": "1.0.0"}
OFFSET_OCTETS = "application/offset+octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an upload goes: to a new file in *folder_id*, or over *replacing*."""

    folder_id: EntryId
    name: str
    replacing: Entry | None = None

    @property
    def entry_id(self) -> EntryId:
        """What has to be there for the upload to end well."""
        return self.folder_id if self.replacing is None else self.replacing.id


@dataclass(slots=True)
class Begun:
    """An upload that the service knows, as far as it has to be remembered."""

    what: list[Any]  # destination and content; it is resumed for the same only
    url: str = field(repr=False)
    complete: bool = False  # all bytes were sent

    @property
    def key(self) -> str:
        """What the service calls the upload: the last part of its address."""
        return _key(self.url)

    def saved(self) -> str:
        """This as text."""
        return json.dumps({"what": self.what, "url": self.url, "complete": self.complete})


def resumed(saved: str | None, what: list[Any]) -> Begun | None:
    """The upload that *saved* describes, if it is one of the same content to the same place."""
    try:
        state = values.optional_record(json.loads(saved or "{}"))
    except (ValueError, RecursionError):
        return None
    url = state.get("url")
    if not isinstance(url, str) or state.get("what") != what:
        return None
    return Begun(what, url, state.get("complete") is True)


class Tus:
    """Requests for one account."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, to: Destination, size: int) -> str:
        """The address of a new upload. What the service refuses it with is that of any call."""
        told = {"fileFullName": to.name, "isPublic": "false"}
        key = "file.tus_create"
        if to.replacing is not None:
            key, told["hash"] = "file.tus_replace", to.replacing.id
        elif to.folder_id != ROOT:
            told["folderHash"] = to.folder_id
        url = self._connection.address(key)
        headers = {
            **VERSION,
            "Upload-Length": str(size),
            "Upload-Metadata": forms.metadata(told),
        }
        reply = await self._connection.send(
            "POST", url, headers, label=key, repeat=Repeat.IF_REFUSED
        )
        check_bare(reply, key)
        return located(url, reply.headers.get("location", ""))

    async def chunk(self, begun: Begun, content: Content, start: int, stop: int) -> int | None:
        """Send the bytes from *start* up to *stop*; returns how many bytes the service has.

        None if it does not know the upload.
        """
        reply = await self._connection.send(
            "PATCH",
            begun.url,
            {**VERSION, "Upload-Offset": str(start), "Content-Type": OFFSET_OCTETS},
            label="file.tus_chunk",
            repeat=Repeat.SAFELY,
            sent=forms.part(content, start, stop),
        )
        if reply.status == 409:  # it has got more, or less, than we think
            return await self.offset(begun, content.size)
        if not _is_known(reply, "file.tus_chunk"):
            # It may be finished: by this very request, whose first answer was lost.
            return content.size if reply.doubtful and stop == content.size else None
        told = values.integer(reply.headers.get("upload-offset"))
        return stop if told is None else min(told, content.size)

    async def offset(self, begun: Begun, size: int) -> int | None:
        """How many bytes of *size* the service has; None if it does not know the upload."""
        reply = await self._connection.send(
            "HEAD", begun.url, VERSION, label="file.tus_offset", repeat=Repeat.SAFELY
        )
        if not _is_known(reply, "file.tus_offset"):
            return None
        told = values.integer(reply.headers.get("upload-offset"))
        if told is None or told > size:
            raise BadReply("the service does not tell how far an upload is")
        return told

    async def info(self, begun: Begun) -> Entity:
        """The file that a complete upload has become. Raises NotFound while there is none."""
        answer = await self._connection.call("file.tus_info", key=begun.key)
        return wire.entity(answer.result)

    async def terminate(self, begun: Begun) -> None:
        """Let the service forget an upload that has come to nothing; failures are ignored."""
        try:
            await self._connection.send(
                "DELETE", begun.url, VERSION, label="file.tus_end", repeat=Repeat.IF_REFUSED
            )
        except CloudError:
            return  # it ends by itself


def located(asked: str, location: str) -> str:
    """The address that *location* gives an upload, which was *asked* for somewhere.

    It has to be on the service itself, for the token goes with it. Raises BadReply.
    """
    try:
        url = urljoin(asked, location)
        key = _key(url)
        at_home = origin(url) == origin(asked)
    except ValueError as error:
        raise BadReply("the service gives an upload a malformed address") from error
    if not location or key in {"", ".", ".."} or not url.isprintable() or not url.isascii():
        raise BadReply("the service gives an upload no usable address")
    # A server behind another one may tell a name by which nobody else knows it.
    return url if at_home else f"{asked}/{quote(key, safe='')}"


def _key(url: str) -> str:
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])


def _is_known(reply: Reply, key: str) -> bool:
    """Whether the service knows the upload. Raises for any other refusal."""
    try:
        check_bare(reply, key)
    except NotFound:
        return False
    return True
