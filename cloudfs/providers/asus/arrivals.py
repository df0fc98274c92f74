"""Whether the service has what was sent to it: by its own checksum (reference 3.5.1, 3.5.4)."""

from cachetools import LRUCache

from cloudfs.errors import Changed, NotFound
from cloudfs.model import Entry, Version
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.attributes import Attribute
from cloudfs.providers.asus.entries import Entries, version
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.relay import Relay
from cloudfs.providers.asus.wire import Described

REMEMBERED = 10_000


class Arrivals:
    """Looks at what became of uploads, for one account."""

    def __init__(self, api: Api, looking: Looking, relay: Relay, entries: Entries) -> None:
        self._api = api
        self._looking = looking
        self._relay = relay
        self._entries = entries

        # Changing. SHA-512 of contents, by file and version.
        self._known: LRUCache[tuple[str, Version], str] = LRUCache(REMEMBERED)

    async def checksum(self, file: Ref, described: Described) -> str | None:
        """SHA-512 of what *file*, which was just looked at, holds; None if nobody tells."""
        folder = file.folder(described.parent or file.wall)
        attribute = (described.attribute or Attribute()).xml
        return await self._relay.checksum(file, folder, described.name, attribute)

    def known(self, file: Ref, which: Version) -> str | None:
        """SHA-512 of a version that went through here."""
        found: str | None = self._known.get((file.number, which))
        return found

    def remember(self, file: Ref, which: Version, digest: str) -> None:
        """A version of a file has this SHA-512."""
        self._known[file.number, which] = digest

    async def new(self, folder: Ref, name: str, size: int, digest: str) -> Entry | None:
        """The file called *name*, if it holds these very bytes."""
        found = await self._api.propfind(folder, name, "system.file")
        if found is None:
            return None
        return await self._same(folder.file(found.number), size, digest, name=name)

    async def replaced(self, file: Ref, base: Version, size: int, digest: str) -> Entry | None:
        """The file, if it has left version *base* behind and holds these very bytes."""
        return await self._same(file, size, digest, base=base)

    async def verified(
        self, file: Ref, size: int, digest: str, *, expected: Version, surely: bool
    ) -> Entry | None:
        """The file that an upload has made; None if its bytes are others than were sent.

        The checksum is asked for if *surely*, or if the version is not the one that the upload
        should have made: somebody else may have written since. Then raises Changed.
        """
        described = await self._looking.info(file)
        ours = described.size == size and version(described) == expected
        if not ours or surely:
            told = await self.checksum(file, described)
            if ours and told not in {None, digest}:
                return None
            if not ours and (described.size != size or told not in {None, digest}):
                raise Changed("somebody else has written the file meanwhile")
        return self._kept(file, described, digest)

    async def _same(
        self,
        file: Ref,
        size: int,
        digest: str,
        *,
        name: str | None = None,
        base: Version | None = None,
    ) -> Entry | None:
        try:
            described = await self._looking.info(file)
        except NotFound:
            return None
        if described.size != size or version(described) == base:
            return None
        if name is not None and described.name != name:
            return None
        if await self.checksum(file, described) != digest:
            return None
        return self._kept(file, described, digest)

    def _kept(self, file: Ref, described: Described, digest: str) -> Entry:
        self.remember(file, version(described), digest)
        return self._entries.entry(described, file)
