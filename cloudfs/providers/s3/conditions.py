"""Whether the store heeds conditions on what it stores: tried once, and noted (reference 5).

Stores that do not know them ignore them without a word, so only an attempt can tell. It is made
before the first upload, with objects of a name that is shown nowhere, and that are removed.
"""

import json
import logging
import secrets
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Self

import trio

from cloudfs.errors import Changed, CloudError, NotFound, TransientError
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.histories import erase
from cloudfs.providers.s3.keys import PROBE, Place
from cloudfs.providers.s3.signing import EMPTY

log = logging.getLogger(__name__)

NOTE = "conditions"
CLEANUP = 10.0  # seconds that removing what was tried may take

IF_FREE = {"If-None-Match": "*"}
IF_ANOTHER = {"If-Match": '"00000000000000000000000000000000"'}


@dataclass(frozen=True, slots=True)
class Heeded:
    """Which conditions the store heeds; None: not tried yet."""

    create: bool | None = None  # PUT, if the key is free
    replace: bool | None = None  # PUT, if the object has this ETag
    complete: bool | None = None  # either, where parts are joined


class Conditions:
    """What one store was found to heed."""

    def __init__(self, api: Api, endpoint: str, notes: MutableMapping[str, str]) -> None:
        self._api = api
        self._endpoint = endpoint
        self._notes = notes
        self._lock = trio.Lock()
        self.heeded = _remembered(notes.get(NOTE, ""), endpoint)

    async def of_put(self, folder: Place) -> Heeded:
        """What is heeded by PUT; found out in *folder* if need be."""
        async with self._lock:
            if self.heeded.create is None or self.heeded.replace is None:
                async with _Trial(self._api, folder) as trial:
                    self._learn(await trial.put(self.heeded), for_good=trial.worked)
        return self.heeded

    async def of_complete(self, folder: Place) -> bool:
        """Whether conditions are heeded where parts are joined."""
        heeded = await self.of_put(folder)
        if not heeded.create:
            return False
        async with self._lock:
            if self.heeded.complete is None:
                async with _Trial(self._api, folder) as trial:
                    self._learn(await trial.complete(self.heeded), for_good=trial.worked)
        return bool(self.heeded.complete)

    def _learn(self, heeded: Heeded, *, for_good: bool) -> None:
        self.heeded = heeded
        log.debug("the store heeds conditions: %s", heeded)
        if for_good:
            self._notes[NOTE] = json.dumps({self._endpoint: asdict(heeded)})


class _Trial:
    """One attempt, which leaves nothing behind."""

    def __init__(self, api: Api, folder: Place) -> None:
        self._api = api
        self._place = folder.child(PROBE + secrets.token_hex(8))
        self._made = False  # was an object left?
        self._versioned = False
        self.worked = False  # has it told anything?

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        with trio.move_on_after(CLEANUP, shield=True):
            try:
                if self._made:
                    await erase(self._api, self._place, versioned=self._versioned)
            except CloudError as error:
                log.debug("what was tried on the store may have been left: %s", error)

    async def put(self, before: Heeded) -> Heeded:
        """Try PUT."""
        if not await self._stored({}):
            return replace(before, create=False, replace=False)
        self.worked = True
        create = not await self._stored(IF_FREE)
        return replace(before, create=create, replace=not await self._stored(IF_ANOTHER))

    async def complete(self, before: Heeded) -> Heeded:
        """Try to join parts to an object that exists."""
        if not await self._stored({}):
            return replace(before, complete=False)
        upload_id = ""
        try:
            upload_id = await self._api.begin(self._place, {})
            etag = await self._api.put_part(
                self._place, upload_id, 1, body=None, length=0, payload=EMPTY, headers={}
            )
            self.worked = True
            await self._api.complete(self._place, upload_id, [(1, etag, "")], IF_FREE)
        except Changed:
            with suppress(CloudError):
                await self._api.abort(self._place, upload_id)
            return replace(before, complete=True)
        except TransientError:
            raise
        except CloudError as error:
            log.debug("no conditions where parts are joined: %s", error)
            if upload_id:
                with suppress(CloudError):
                    await self._api.abort(self._place, upload_id)
        return replace(before, complete=False)

    async def _stored(self, headers: Mapping[str, str]) -> bool:
        """Whether the object was stored with these conditions."""
        self._made = True  # even if the answer is lost
        try:
            reply = await self._api.put_empty(self._place, headers)
        except (Changed, NotFound):
            return False
        except TransientError:
            raise
        except CloudError as error:
            log.debug("not stored, with the condition %s: %s", headers, error)
            return bool(headers)  # a condition that is refused is as bad as one that is ignored
        self._versioned = "x-amz-version-id" in reply.headers
        return True


def _remembered(text: str, endpoint: str) -> Heeded:
    try:
        return Heeded(**json.loads(text)[endpoint])
    except (ValueError, TypeError, KeyError):
        return Heeded()
