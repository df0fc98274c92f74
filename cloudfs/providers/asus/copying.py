"""Copying a file on the service, also to another name (reference 3.9).

The service's own copy keeps the name. For another one the upload of content that the service has
already is the shortest way: it sends nothing, and makes the file under its name at once. Where
that is not offered, the copy is made in a scratch folder, gets its name there, and moves.
"""

import time
from contextlib import aclosing

from cloudfs.errors import (
    AlreadyExists,
    Changed,
    CloudError,
    NotAFolder,
    TransientError,
)
from cloudfs.http.retry import Repeat
from cloudfs.model import Entry
from cloudfs.providers.asus import attributes
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.arrivals import Arrivals
from cloudfs.providers.asus.attributes import Attribute
from cloudfs.providers.asus.entries import version
from cloudfs.providers.asus.ids import Ref, ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.relay import Announcement, Relay
from cloudfs.providers.asus.removing import Removals
from cloudfs.providers.asus.steps import NOT_CARRIED_OUT, Steps, spare_name
from cloudfs.providers.asus.wire import Described


class Copies:
    """Copies made for one account."""

    def __init__(
        self,
        api: Api,
        relay: Relay,
        looking: Looking,
        arrivals: Arrivals,
        steps: Steps,
        removals: Removals,
    ) -> None:
        self._api = api
        self._relay = relay
        self._looking = looking
        self._arrivals = arrivals
        self._steps = steps
        self._removals = removals

    async def copy(self, entry: Entry, folder: Ref, name: str) -> Entry:
        """Copy a file, as `Provider.copy` promises."""
        source = ref(entry.id)
        if not folder.is_folder:
            raise NotAFolder(f"{folder.id} is a file")
        described = await self._looking.info(source)
        if version(described) != entry.version:
            raise Changed(f"{entry.name} has changed on the service")
        if described.name == name and described.parent != folder.number:
            return await self._plainly(source, described, folder)
        made = await self._by_content(source, described, folder, name)
        if made is None:
            made = await self._by_scratch_folder(source, described, folder, name)
        return made

    async def _plainly(self, source: Ref, described: Described, folder: Ref) -> Entry:
        """The copy with the name of its source; it is looked for when the answer is lost."""
        name = described.name
        try:
            number = await self._copied(source, folder, name)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            try:
                digest = await self._arrivals.checksum(source, described)
            except CloudError:
                raise lost from None
            if digest is None:
                raise
            found = await self._after(lost, folder, name, described.size, digest)
            if found is None:
                raise
            return found
        return await self._looking.entry(folder.file(number))

    async def _copied(self, source: Ref, folder: Ref, name: str) -> str:
        """Number of the copy, which has the name of its source."""
        number = await self._api.copy(source, folder)
        if number is None:
            if await self._api.propfind(folder, name) is not None:
                raise AlreadyExists(f"{name} exists")
            raise CloudError(f"the service did not copy {name}")
        return number

    async def _by_content(
        self, source: Ref, described: Described, folder: Ref, name: str
    ) -> Entry | None:
        """The copy, if the service makes it of content that it has."""
        digest = self._arrivals.known(source, version(described))
        if digest is None:
            digest = await self._arrivals.checksum(source, described)
            if digest is None or version(await self._looking.info(source)) != version(described):
                return None
        what = Announcement(
            folder=folder,
            name=name,
            size=described.size,
            checksum=digest,
            attribute=_attribute_of(described).xml,
        )
        try:
            state = await self._relay.init(what, repeat=Repeat.IF_REFUSED)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            found = await self._after(lost, folder, name, described.size, digest)
            if found is None:
                raise
            return found
        if state.file is None:
            return None
        return await self._looking.entry(folder.file(state.file))

    async def _after(
        self, lost: TransientError, folder: Ref, name: str, size: int, digest: str
    ) -> Entry | None:
        try:
            return await self._arrivals.new(folder, name, size, digest)
        except CloudError:
            raise lost from None

    async def _by_scratch_folder(
        self, source: Ref, described: Described, folder: Ref, name: str
    ) -> Entry:
        if await self._api.propfind(folder, name) is not None:
            raise AlreadyExists(f"{name} exists")
        purpose = spare_name(source.id, version(described), folder.id, name)
        scratch = await scratch_folder(self._api, folder, purpose)
        try:
            copy = await self._copy_into(scratch, source, described.name)
            await self._steps.rename(copy, name)
            await self._steps.move(copy, folder)
        except TransientError:
            raise  # a repeat finds the folder again
        except CloudError:
            await self._removals.certainly(scratch)  # there is but a copy in it
            raise
        await self._removals.certainly(scratch)
        return await self._looking.entry(copy)

    async def _copy_into(self, scratch: Ref, source: Ref, name: str) -> Ref:
        copy = await self._copy_in(scratch)
        if copy is not None:
            return copy
        try:
            return scratch.file(await self._copied(source, scratch, name))
        except NOT_CARRIED_OUT:
            raise
        except TransientError:
            copy = await self._copy_in(scratch)
            if copy is None:
                raise
            return copy

    async def _copy_in(self, scratch: Ref) -> Ref | None:
        """What an earlier attempt has put into the scratch folder."""
        async with aclosing(self._looking.described(scratch)) as pages:
            async for page in pages:
                for found in page:
                    if not found.is_folder:
                        return scratch.file(found.number)
        return None


async def scratch_folder(api: Api, beside: Ref, name: str) -> Ref:
    """A folder in *beside* for a purpose that is told by its *name*; a repeat gets it again."""
    now = int(time.time())
    try:
        return beside.folder(
            await api.create(beside, name, attributes.fresh(created=now, written=now))
        )
    except AlreadyExists:
        found = await api.propfind(beside, name, "system.folder")
        if found is None:
            raise
        return beside.folder(found.number)


def _attribute_of(described: Described) -> Attribute:
    if described.attribute is not None:
        return described.attribute
    now = int(time.time())
    return attributes.fresh(created=now, written=now)
