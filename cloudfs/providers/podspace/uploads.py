"""Storing content: as a new file, or as a file's next version (reference 3.5 to 3.7).

1. What the service does about a taken name is not certain: it may refuse, or store the content
   under another name. Then what it stored is removed again: the name is taken (`misnamed`).
2. The answer to a small upload may be lost, and nothing but the bytes tells whether what is there
   then is ours (`_settled`). A large upload is asked for by its key (`resumable`).
3. Some services see nothing in a form with an empty file; a resumable upload of no bytes says
   the same in another way (`_sent`).
"""

from collections.abc import Awaitable, Callable

import trio

from cloudfs.errors import (
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    LinkExpired,
    NotFound,
    TransientError,
    Unreachable,
)
from cloudfs.http.retry import Refused
from cloudfs.model import Content, Entry, EntryId, Kind, Transfer
from cloudfs.providers.podspace.api import Api
from cloudfs.providers.podspace.comparing import holds
from cloudfs.providers.podspace.downloads import Downloads
from cloudfs.providers.podspace.places import Places
from cloudfs.providers.podspace.refusals import NotAttached
from cloudfs.providers.podspace.removing import Removals
from cloudfs.providers.podspace.resumable import Resumable
from cloudfs.providers.podspace.tus import Destination
from cloudfs.providers.podspace.wire import Entity

LOOKS = (0.0, 1.0, 4.0)  # pauses before looking whether an unanswered upload took effect

NOT_CARRIED_OUT = (Unreachable, Refused)


class Uploads:
    """Uploads of one account."""

    def __init__(
        self,
        api: Api,
        places: Places,
        *,
        resumable: Resumable,
        downloads: Downloads,
        removals: Removals,
        single_request_limit: int,
    ) -> None:
        self._api = api
        self._places = places
        self._resumable = resumable
        self._downloads = downloads
        self._removals = removals
        self._limit = single_request_limit

    async def create(
        self, folder_id: EntryId, name: str, content: Content, transfer: Transfer
    ) -> Entry:
        """A new file. Raises AlreadyExists if the name is taken."""
        try:
            made = await self._sent(Destination(folder_id=folder_id, name=name), content, transfer)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            if content.size > self._limit:
                raise
            return await self._settled(
                lost, content, lambda: self._found(folder_id, name), AlreadyExists
            )
        if made is None:
            return _verified(await self._found(folder_id, name), content)
        if self._places.is_root(folder_id):
            self._places.learn_root(made.parent_hash)
        if made.name != name:
            raise await self._removals.misnamed(made, folder_id, name, size=content.size)
        return _verified(self._places.entry(made, folder_id=folder_id), content)

    async def replace(self, old: Entry, content: Content, transfer: Transfer) -> Entry:
        """The file *old* with another content; the former one stays as a version."""
        to = Destination(folder_id=old.parent_id or old.id, name=old.name, replacing=old)
        try:
            made = await self._sent(to, content, transfer)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            if content.size > self._limit:
                raise
            return await self._settled(lost, content, lambda: self._newer(old), Changed)
        if made is None:
            made = await self._api.stat(old.id)
        return _verified(self._places.entry(made), content)

    async def _sent(self, to: Destination, content: Content, transfer: Transfer) -> Entity | None:
        """What the service made of *content*, in the way that suits its size."""
        if content.size <= self._limit:
            try:
                made = await self._at_once(to, content)
            except NotAttached:
                if content.size:
                    raise
            else:
                transfer.reset(content.size)
                return made
        try:
            return await self._resumable.upload(to, content, transfer)
        except NotAttached as error:
            raise NotAttached(f"the service takes no empty files; {to.name} needs content") from (
                error
            )

    async def _at_once(self, to: Destination, content: Content) -> Entity | None:
        if to.replacing is None:
            return await self._api.upload(to.folder_id, to.name, content)
        return await self._api.replace(to.replacing.id, to.name, content)

    async def _settled(
        self,
        lost: TransientError,
        content: Content,
        look: Callable[[], Awaitable[Entry]],
        otherwise: type[CloudError],
    ) -> Entry:
        """What an unanswered upload made, if *look* finds it.

        Raises *otherwise* if something else is there, *lost* if nothing is or nobody can tell.
        """
        try:
            for pause in LOOKS:
                await trio.sleep(pause)
                try:
                    found = await look()
                except NotFound:
                    continue
                if await holds(self._downloads, found, content):
                    return found
                raise otherwise(f"{found.name} is not what was sent") from lost
        except (TransientError, LinkExpired):
            raise lost from None
        raise lost

    async def _found(self, folder_id: EntryId, name: str) -> Entry:
        entity = await self._api.exist(folder_id, name)
        if entity is None:
            raise NotFound(f"no {name!r} in {folder_id}")
        return self._places.entry(entity, folder_id=folder_id)

    async def _newer(self, old: Entry) -> Entry:
        """The file if it has another version than before; raises NotFound if not (yet)."""
        entry = self._places.entry(await self._api.stat(old.id))
        if entry.version == old.version:
            raise NotFound(f"no new version of {old.name}")
        return entry


def _verified(entry: Entry, content: Content) -> Entry:
    """*entry*, if it has as many bytes as were sent."""
    if entry.kind is not Kind.FILE or entry.size != content.size:
        raise BadReply("the service stored something else than was sent")
    return entry
