"""Protecting files, and what those who have one may do with it (reference 3.13).

Protection keeps a file's id and changes its content and size, some time after it was asked for.
"""

import logging

import trio

from cloudfs.errors import (
    CloudError,
    IsAFolder,
    NotFound,
    TimedOut,
    TransientError,
    Unreachable,
)
from cloudfs.http.retry import Refused
from cloudfs.model import Entry
from cloudfs.providers.cloud689.answers import Licence
from cloudfs.providers.cloud689.ids import Address, address_of
from cloudfs.providers.cloud689.licencecalls import LicenceCalls, Terms
from cloudfs.providers.cloud689.refusals import EncodingFailed

log = logging.getLogger(__name__)

NONE, QUEUED, RUNNING, DONE, FAILED = range(5)  # states of a protection
STATES = {NONE: "none", QUEUED: "queued", RUNNING: "running", DONE: "done", FAILED: "failed"}
FIRST_WAIT, LONGEST_WAIT = 2.0, 30.0

NOT_CARRIED_OUT = (Unreachable, Refused)


class Licences:
    """Licences of one account's files."""

    def __init__(self, calls: LicenceCalls, *, encode_timeout: float) -> None:
        self._calls = calls
        self._timeout = encode_timeout

    async def of(self, entry: Entry) -> Licence | None:
        """The licence of a file; None if it has none."""
        project, file = _file(entry)
        return await self._calls.info(project, file)

    async def state(self, entry: Entry) -> str:
        """How far the protection of a file is: none, queued, running, done or failed."""
        return STATES.get(await self._state(_file(entry)[1]), "none")

    async def protect(self, entry: Entry, terms: Terms) -> None:
        """Protect a file, and wait until that is done.

        Raises EncodingFailed if the service cannot, TimedOut if it takes too long.
        """
        project, file = _file(entry)
        try:
            await self._calls.start(project, [file], terms)
        except NOT_CARRIED_OUT:
            raise
        except TransientError as lost:
            if await self._state(file) not in {QUEUED, RUNNING, DONE}:
                raise lost from None
        wait = FIRST_WAIT
        with trio.move_on_after(self._timeout):
            while (state := await self._state(file)) != DONE:
                if state == FAILED:
                    raise EncodingFailed(f"the service could not protect {entry.name}")
                await trio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
            return
        raise TimedOut(f"{entry.name} is not protected after {self._timeout:.0f} s")

    async def update(self, entry: Entry, terms: Terms) -> None:
        """Change terms of a file's licence."""
        project, file = _file(entry)
        await self._calls.update(project, [file], terms)

    async def withdraw(self, entry: Entry) -> None:
        """Take a file's licence away; one that has none is no error."""
        project, file = _file(entry)
        await self._calls.update(project, [file], Terms(), delete=True)

    async def hand_on(self, old: Entry, new: Entry) -> None:
        """Give *new*, which replaces *old*, the licence of that, if it has one."""
        try:
            licence = await self.of(old)
            if licence is not None:
                project, file = _file(new)
                await self._calls.register(project, [file], licence)
        except NotFound:
            return  # an earlier attempt has come further
        except TransientError:
            raise
        except CloudError as error:
            log.info("the licence of %s does not go on: %s", old.name, error)

    async def _state(self, file: str) -> int:
        return (await self._calls.status([file])).get(file, NONE)


def _file(entry: Entry) -> tuple[str, str]:
    """Project and id of a file."""
    address: Address = address_of(entry.id)
    if not address.is_file or address.own is None:
        raise IsAFolder(f"{entry.name} is a folder")
    return address.project, address.own
