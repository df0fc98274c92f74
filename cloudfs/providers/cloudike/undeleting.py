"""Restoring by path, and purging all there is: what goes past the recycle bin (3.12, 3.13)."""

from collections.abc import Sequence

from cloudfs.errors import AccessDenied, BadReply, CloudError, Unsupported
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike.answers import UNFINISHED
from cloudfs.providers.cloudike.refusals import failure
from cloudfs.providers.cloudike.trashcalls import TrashCalls

AT_ONCE = 100


class Undeleting:
    """Restores what was deleted last at a path; `Trash.restore` knows one item from another."""

    def __init__(self, calls: TrashCalls) -> None:
        self._calls = calls

    async def restore(self, path: EntryId) -> Entry:
        """The entry, back at *path*.

        Raises NotFound if nothing was deleted there, InvalidRequest if something is there, or
        the folder is missing.
        """
        return await self._calls.undelete(path)

    async def restore_many(self, paths: Sequence[EntryId]) -> list[CloudError | None]:
        """What became of each, in order; None: it is back."""
        outcomes: list[CloudError | None] = []
        for start in range(0, len(paths), AT_ONCE):
            part = paths[start : start + AT_ONCE]
            nodes = await self._calls.undelete_many(part)
            if len(nodes) != len(part):
                raise BadReply("the service does not tell what became of each entry")
            outcomes += [
                None if node.error_code is None else failure(node.error_code, "undelete")
                for node in nodes
            ]
        return outcomes


class Purging:
    """Removes all that was deleted, and the old versions of all files, for ever."""

    def __init__(self, calls: TrashCalls) -> None:
        self._calls = calls

    async def start(self) -> None:
        """Begin with it. Raises Unsupported where it is switched off, as it mostly is."""
        try:
            await self._calls.purge()
        except AccessDenied as error:
            raise Unsupported("the service has this switched off") from error

    async def running(self) -> bool:
        """Whether the service is still at it."""
        return await self._calls.purge_status() in UNFINISHED
