"""A copy under a chosen name, and a new time, without sending bytes (reference 3.6.7, 3.9).

Where the service has the content by its checksum, creating a file with that checksum is enough.
Otherwise a copy is made under whatever name the service gives it, and moved to its place.
"""

from cloudfs.errors import AccessDenied, AlreadyExists, Changed, CloudError, Unsupported
from cloudfs.model import Entry, EntryId, Version
from cloudfs.providers.cloudike.answers import Ticket
from cloudfs.providers.cloudike.api import Api, Creation
from cloudfs.providers.cloudike.moving import Moves
from cloudfs.providers.cloudike.paths import folder_of, join
from cloudfs.providers.cloudike.refusals import Forbidden
from cloudfs.providers.cloudike.removing import Removals
from cloudfs.providers.cloudike.steps import undone_by


class Copies:
    """Copies within one account."""

    def __init__(self, api: Api, moves: Moves, removals: Removals, *, by_content: bool) -> None:
        self._api = api
        self._moves = moves
        self._removals = removals
        self._by_content = by_content

    async def copy(self, entry: Entry, folder: EntryId, name: str) -> Entry:
        """A copy of the file *entry*. Raises AlreadyExists if the name is taken."""
        target = join(folder, name)
        made = await self._by_checksum(entry, target, None, entry.modified_ns)
        if made is not None:
            return made
        if await self._api.metadata_or_none(target) is not None:
            raise AlreadyExists(f"{name} exists")
        copy = await self._somewhere(entry, folder)
        if copy.id == target:
            return copy
        async with undone_by(lambda: self._discard(copy)):
            return await self._moves.move(copy, folder, name, None)

    async def set_modified(self, entry: Entry, modified_ns: int) -> Entry:
        """The file with another time, which makes a new version of the same content."""
        made = await self._by_checksum(entry, entry.id, entry.version, modified_ns)
        if made is None:
            raise Unsupported("the service takes a new time only together with the content")
        return made

    async def _by_checksum(
        self, entry: Entry, path: EntryId, base: Version | None, modified_ns: int | None
    ) -> Entry | None:
        """The file at *path* with the content of *entry*; None if that needs its bytes."""
        if not self._by_content or entry.checksum is None:
            return None
        creation = Creation(
            path=path,
            size=entry.size,
            base=base,
            checksum=entry.checksum,
            modified_ns=modified_ns,
            created_ns=entry.created_ns,
        )
        try:
            made = await self._api.create(creation)
        except Forbidden as error:
            found = await self._api.metadata_or_none(path)
            if base is not None and (found is None or found.version != base):
                raise Changed("the file has changed on the service") from error
            raise AccessDenied(str(error)) from error
        return None if isinstance(made, Ticket) else made

    async def _somewhere(self, entry: Entry, folder: EntryId) -> Entry:
        """A copy in *folder* or, where its name is taken there, beside the original."""
        home = folder_of(entry.id)
        try:
            return await self._copy_into(entry, folder)
        except AlreadyExists:
            if folder == home:
                raise
        return await self._copy_into(entry, home)

    async def _copy_into(self, entry: Entry, folder: EntryId) -> Entry:
        """The copy: only the answer tells its name (reference 3.9)."""
        expected = join(folder, entry.name)
        try:
            copy = await self._api.copy(entry.id, folder, expected, overwrite=False)
        except Forbidden as error:
            if await self._api.metadata_or_none(expected) is not None:
                raise AlreadyExists(f"{entry.name} exists") from error
            raise AccessDenied(str(error)) from error
        if copy.id == entry.id:
            raise CloudError("the service does not tell the name of the copy")
        return copy

    async def _discard(self, copy: Entry) -> Entry:
        await self._removals.remove(copy.id, permanently=True)
        return copy
