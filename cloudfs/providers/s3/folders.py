"""Folders, which are there as long as a key begins with their name (reference 1.1).

An empty one is an object that marks it. A folder without such a mark would vanish with the last
thing in it: `keep` writes the mark before that goes. The mark's key ends in a slash; some stores
drop that, and would have a file instead, so it is tried with a name that is shown nowhere.
"""

import logging
import secrets
from collections.abc import Collection, MutableMapping, Sequence

import trio

from cloudfs.errors import AccessDenied, CloudError, TransientError, unwrapped
from cloudfs.model import Entry, EntryId
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.headers import FOLDER_TYPE
from cloudfs.providers.s3.histories import erase
from cloudfs.providers.s3.keys import PLACEHOLDER, PROBE, ROOT, Place, child_of
from cloudfs.providers.s3.looking import Looking
from cloudfs.providers.s3.settings import MOST_KEYS

log = logging.getLogger(__name__)

NOTE = "folder_marks"  # what the store does with a key that ends in a slash, and which store
KEPT, DROPPED = "kept", "dropped"


class Folders:
    """Makes and keeps folders. *placeholder*: they are marked by a hidden object in them."""

    def __init__(
        self,
        api: Api,
        looking: Looking,
        endpoint: str,
        notes: MutableMapping[str, str],
        *,
        placeholder: bool,
    ) -> None:
        self._api = api
        self._looking = looking
        self._endpoint = endpoint
        self._notes = notes
        self._placeholder = placeholder

    async def create(self, folder_id: EntryId, name: str) -> Entry:
        """A new folder. Raises AlreadyExists, or NotFound without its parent."""
        target = child_of(folder_id, name)
        await self.require_room(folder_id, target, objects=True)
        await self.mark(self._looking.layout.folder(target))
        self._looking.saw(target)
        return self._looking.entries.folder(target)

    async def require_room(self, folder_id: EntryId, target: EntryId, *, objects: bool) -> None:
        """Raise unless there is a folder in which nothing has the id *target*.

        Without *objects*, only folders are looked for.
        """
        with unwrapped():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._looking.require_folder, folder_id)
                await self._looking.require_free(target, objects=objects)

    async def mark(self, place: Place) -> None:
        """Mark a folder."""
        if self._placeholder or not await self._keeps_slash(place):
            place = place.child(PLACEHOLDER)
        await self._api.put_empty(place, {"content-type": FOLDER_TYPE})

    async def _keeps_slash(self, place: Place) -> bool:
        """Whether the store keeps a key that ends in a slash; tried once, and noted."""
        if self._notes.get(NOTE, "").partition(" ")[2] != self._endpoint:
            keeps = await self._tried(self._looking.layout.top(place))
            self._notes[NOTE] = f"{KEPT if keeps else DROPPED} {self._endpoint}"
        return self._notes[NOTE].startswith(KEPT)

    async def _tried(self, top: Place) -> bool:
        # Not with the folder that is to be marked: if it is there, rclone fails in confusion.
        name = top.child(PROBE + secrets.token_hex(8))
        try:
            reply = await self._api.put_empty(name.folder(), {"content-type": FOLDER_TYPE})
        except (TransientError, AccessDenied):
            raise
        except CloudError as error:
            log.debug("the store takes no key that ends in a slash: %s", error)
            return False
        listing = await self._api.listing(name.folder(), flat=True)
        kept = any(listed.key == name.folder().key for listed in listing.objects)
        versioned = "x-amz-version-id" in reply.headers
        await erase(self._api, name.folder() if kept else name, versioned=versioned)
        return kept

    async def keep(self, folder_id: EntryId | None, going: Collection[str]) -> None:
        """See to it that a folder outlives the keys *going*, whose last may be in it."""
        if folder_id is None or folder_id == ROOT or self._looking.layout.is_bucket(folder_id):
            return
        place = self._looking.layout.folder(folder_id)
        following: str | None = None
        most = min(len(going) + 1, MOST_KEYS)
        found = False
        while True:
            listing = await self._api.listing(place, flat=True, most=most, following=following)
            if any(o.key not in going for o in listing.objects):
                return
            found = found or not listing.empty
            if (following := listing.following) is None:
                break
        if found:
            await self.mark(place)

    async def keys(self, folder_id: EntryId, *, most: int | None = None) -> Sequence[wire.Listed]:
        """The objects in a folder at any depth; of more than *most*, a few more than these."""
        place = self._looking.layout.folder(folder_id)
        found: list[wire.Listed] = []
        following: str | None = None
        while True:
            listing = await self._api.listing(place, flat=True, following=following)
            found += [o for o in listing.objects if o.key.startswith(place.key)]
            following = listing.following
            if following is None or (most is not None and len(found) > most):
                return found
