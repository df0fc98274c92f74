"""The service's calls, in its own words: one request each, replies as dataclasses."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cloudfs.errors import BadReply, NotFound
from cloudfs.http.client import Reply
from cloudfs.http.retry import Repeat
from cloudfs.model import Checksum, Entry, EntryId, FileVersion, Quota, Version
from cloudfs.providers.cloudike import answers, values, wire
from cloudfs.providers.cloudike.answers import Event, Link, Task, Ticket
from cloudfs.providers.cloudike.connection import Connection
from cloudfs.providers.cloudike.paths import ROOT, name_of, quoted, quoted_segment
from cloudfs.providers.cloudike.refusals import refusal
from cloudfs.providers.cloudike.wire import PageOf

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A page of a folder's listing with the ETag it came with."""

    page: PageOf[Entry] | None  # None: the listing is the one of the tag that was sent
    tag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """What `files/create/` is told about a file (reference 3.6.1). Times are nanoseconds."""

    path: EntryId
    size: int
    base: Version | None  # the version to replace; None: the name has to be free
    checksum: Checksum | None = None
    modified_ns: int | None = None
    created_ns: int | None = None
    create_dirs: bool = False


class Api:
    """The calls of one account."""

    def __init__(self, connection: Connection, *, link_base: str = "") -> None:
        self.connection = connection
        self.link_base = link_base

    # Entries ------------------------------------------------------------------------------

    async def metadata(self, path: EntryId) -> Entry:
        """The entry at *path*. Raises NotFound."""
        reply = await self.connection.get(
            f"metadata/{quoted(path)}", {"listing": False, "extra": False}, call="metadata"
        )
        value = values.decoded(reply.body)
        if path != ROOT and wire.told_name(value) != name_of(path):
            raise NotFound(f"there is another spelling of {name_of(path)!r} only")  # 3.4
        return wire.entry(value, path, link_base=self.link_base)

    async def metadata_or_none(self, path: EntryId) -> Entry | None:
        """The entry at *path*; None if there is definitely none."""
        try:
            return await self.metadata(path)
        except NotFound:
            return None

    async def listing(
        self, path: EntryId, *, offset: int = 0, limit: int, unless: str | None = None
    ) -> Tagged | None:
        """A page of the children of the folder at *path*; None if that is a file."""
        reply = await self.connection.get(
            f"metadata/{quoted(path)}",
            {
                "listing": True,
                "limit": limit,
                "offset": offset,
                "order_by": "name",
                "extra": False,
            },
            call="listing",
            headers={} if unless is None else {"If-None-Match": unless},
        )
        tag = values.text(reply.headers.get("etag"))
        if reply.status == 304:
            return Tagged(None, tag or unless)
        page = wire.listing(values.decoded(reply.body), path, link_base=self.link_base)
        if page is None:
            return None
        return Tagged(page if page.state else replace(page, state=tag), tag)

    async def folder_create(self, path: EntryId) -> Entry:
        """A new folder."""
        reply = await self.connection.post(
            "fileops/folder_create/", {"path": path}, call="folder_create"
        )
        return await self.told(reply, path)

    async def rename(self, path: EntryId, new_name: str, expected: EntryId) -> Entry:
        """Another last segment; *expected* is the path to look at if the answer names none."""
        reply = await self.connection.post(
            "fileops/rename/", {"path": path, "newname": new_name}, call="rename"
        )
        return await self.told(reply, expected)

    async def move(
        self, path: EntryId, folder: EntryId, expected: EntryId, *, overwrite: bool
    ) -> Entry:
        """Another folder, the same name."""
        return await self._transplant("move", path, folder, expected, overwrite=overwrite)

    async def copy(
        self, path: EntryId, folder: EntryId, expected: EntryId, *, overwrite: bool
    ) -> Entry:
        """A copy in *folder*, under a name that the answer tells."""
        return await self._transplant("copy", path, folder, expected, overwrite=overwrite)

    async def delete(
        self, path: EntryId, *, only_empty: bool = False, without_trash: bool = False
    ) -> None:
        """Remove what is at *path*; *only_empty* is about folders."""
        await self.connection.post(
            "fileops/delete/",
            {
                "path": path,
                "only_empty": only_empty or None,
                "without_trash": without_trash or None,
            },
            call="delete",
        )

    # Contents -----------------------------------------------------------------------------

    async def create(self, creation: Creation, *, multipart: bool = False) -> Ticket | Entry:
        """A ticket to upload with, or the finished file if the service had its content."""
        checksum = creation.checksum
        reply = await self.connection.post(
            "files/create/",
            {
                "path": creation.path,
                "overwrite": creation.base is not None,
                "version": int(creation.base) if creation.base else None,
                "create_dirs": creation.create_dirs,
                "size": creation.size,
                "checksum": None if checksum is None else checksum.digest,
                "created": _milliseconds(creation.created_ns),
                "modified": _milliseconds(creation.modified_ns),
                "multipart": multipart or None,
            },
            call="create",
        )
        value = values.decoded(reply.body)
        if reply.status == 201 or not answers.is_ticket(value):
            return await self.told(reply, creation.path)
        return answers.ticket(value, self.connection.url)

    async def create_part(self, temp_path: str, number: int) -> Ticket:
        """Where part *number* is to be sent, counted from 1."""
        reply = await self.connection.post(
            "files/create_part/",
            {"temp_path": temp_path, "part_num": number},
            call="create_part",
            repeat=Repeat.SAFELY,
        )
        return answers.ticket(values.decoded(reply.body), self.connection.url)

    async def confirm(self, url: str, path: EntryId) -> Entry:
        """The file at *path* that the upload has made. A second confirmation is refused."""
        return await self.told(await self.connection.post_to(url, call="confirm"), path)

    async def get(self, path: EntryId, version: Version) -> Link:
        """Where to download that version of the file, even if it is in the trash by now."""
        reply = await self.connection.get(
            f"files/get/{quoted(path)}", {"version": version or None}, call="get"
        )
        return answers.link(values.decoded(reply.body))

    async def versions(self, path: EntryId, *, skip: int, limit: int) -> PageOf[FileVersion]:
        """Contents the file has had, the newest first."""
        reply = await self.connection.get(
            f"files/versions/{quoted(path)}", {"skip": skip, "limit": limit}, call="versions"
        )
        return wire.versions(values.decoded(reply.body))

    async def restore_version(self, path: EntryId, version: Version) -> Entry:
        """Make an old content the newest."""
        reply = await self.connection.post(
            "files/restore/", {"path": path, "version": int(version)}, call="restore"
        )
        return await self.told(reply, path)

    # Tasks --------------------------------------------------------------------------------

    async def task(self, task_id: str) -> Task | None:
        """How the task stands; None if the service does not know it, or not yet."""
        reply = await self.connection.poll(f"task/{quoted_segment(task_id)}/", call="task")
        if reply.ok:
            return answers.task(values.decoded(reply.body))
        if reply.status == 404:
            return _unfinished(reply)
        failed = answers.task_result(_object(reply))
        if reply.status == 400 and failed.error_codes:
            return replace(failed, failed=max(failed.failed, 1))
        raise refusal(reply, "task")

    # Account ------------------------------------------------------------------------------

    async def events(self, *, since: int, skip: int, limit: int) -> tuple[Event, ...]:
        """What happened from *since* on, in milliseconds; the newest first."""
        reply = await self.connection.get(
            "events/",
            {"from_timestamp": since or None, "skip": skip, "limit": limit},
            call="events",
            api=0,  # the only version for which the call is documented
        )
        return answers.events(values.decoded(reply.body))

    async def account(self) -> Quota:
        """Space of the account."""
        value = values.decoded(
            (await self.connection.get("accounts/get/", {}, call="account")).body
        )
        if values.optional_record(value).get("need_password_change") is True:
            log.info("the service wants the account's password changed")
        return wire.quota(value)

    async def logout(self, credentials: Mapping[str, str]) -> None:
        """End the session of a token, whatever the answer is."""
        await self.connection.http.request(
            "POST",
            f"{self.connection.url}/api/1/accounts/logout/",
            label="cloudike.logout",
            repeat=Repeat.IF_REFUSED,
            credentials=credentials,
            body=b"",
        )

    async def _transplant(
        self, call: str, path: EntryId, folder: EntryId, expected: EntryId, *, overwrite: bool
    ) -> Entry:
        reply = await self.connection.post(
            f"fileops/{call}/",
            {"from_path": path, "to_path": folder, "overwrite": overwrite},
            call=call,
        )
        return await self.told(reply, expected)

    async def told(self, reply: Reply, path: EntryId) -> Entry:
        """The entry in the answer to a change; looked up at *path* if the answer is empty."""
        value = values.decoded(reply.body)
        if not value:
            return await self.metadata(path)
        return wire.entry_by_path(value, link_base=self.link_base)


def _milliseconds(ns: int | None) -> int | None:
    """A time as the service takes it; what it would not give back is not sent (3.1)."""
    if ns is None or ns < 1_000_000:
        return None
    return ns // 1_000_000


def _object(reply: Reply) -> dict[str, object]:
    try:
        return values.optional_record(values.decoded(reply.body))
    except BadReply:
        return {}


def _unfinished(reply: Reply) -> Task | None:
    return Task(finished=False) if "progress" in _object(reply) else None
