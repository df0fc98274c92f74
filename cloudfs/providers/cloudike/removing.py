"""Deleting, and finding out why a deletion was refused (reference 3.10)."""

from collections.abc import Sequence

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    CloudError,
    NotEmpty,
    NotFound,
    TransientError,
    Unsupported,
)
from cloudfs.model import EntryId
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.cloudike.particulars import Node
from cloudfs.providers.cloudike.paths import name_of
from cloudfs.providers.cloudike.refusals import Forbidden, failure

AT_ONCE = 100  # the service cuts a request off after half a minute (reference 1.6)

Outcome = CloudError | None


class Removals:
    """Deletions of one account."""

    def __init__(self, api: Api, files: FileCalls, *, bypass_trash: bool) -> None:
        self._api = api
        self._files = files
        self._bypass_trash = bypass_trash

        # Changing.
        self._together = True  # does the service take many at once?

    async def remove(
        self, path: EntryId, *, only_empty: bool = False, permanently: bool = False
    ) -> None:
        """Delete what is at *path*. Raises NotEmpty for a folder with children if *only_empty*."""
        try:
            await self._api.delete(
                path, only_empty=only_empty, without_trash=permanently or self._bypass_trash
            )
        except Forbidden as error:
            raise await self._meant(error, path, only_empty=only_empty) from error

    async def remove_files(
        self, paths: Sequence[EntryId], *, permanently: bool = False
    ) -> list[Outcome]:
        """Delete the files at *paths* by few requests; what became of each, in order.

        A folder that has taken a file's place goes only if it is empty. A lost answer is raised:
        what was carried out, a repeat reports as NotFound.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(paths), AT_ONCE):
            part = paths[start : start + AT_ONCE]
            if len(part) > 1 and self._together:
                try:
                    outcomes += await self._remove_together(part, permanently=permanently)
                    continue
                except (NotFound, Unsupported):  # the call, not what it is about
                    self._together = False
            for path in part:
                outcomes.append(await self._outcome(path, permanently=permanently))
        return outcomes

    async def certainly(
        self, path: EntryId, *, only_empty: bool = False, to_trash: bool = False
    ) -> None:
        """Delete what is at *path*, if anything is; look when the answer is lost."""
        try:
            await self.remove(path, only_empty=only_empty, permanently=not to_trash)
        except NotFound:
            return
        except TransientError:
            if await self._api.metadata_or_none(path) is not None:
                raise

    async def _remove_together(
        self, paths: Sequence[EntryId], *, permanently: bool
    ) -> list[Outcome]:
        nodes = await self._files.delete_many(
            paths, only_empty=True, without_trash=permanently or self._bypass_trash
        )
        outcomes: list[Outcome] = []
        for path, node in zip(paths, _matched(paths, nodes), strict=True):
            outcome: Outcome = None
            if node is None:
                outcome = BadReply(f"the service does not tell what became of {name_of(path)}")
            elif node.error_code is not None:
                outcome = failure(node.error_code, "delete")
            if isinstance(outcome, Forbidden):
                outcome = await self._meant(outcome, path, only_empty=True)
            outcomes.append(outcome)
        return outcomes

    async def _outcome(self, path: EntryId, *, permanently: bool) -> Outcome:
        try:
            await self.remove(path, only_empty=True, permanently=permanently)
        except CloudError as error:
            return error
        return None

    async def _meant(self, error: Forbidden, path: EntryId, *, only_empty: bool) -> CloudError:
        """What the service meant by refusing to delete what is at *path*."""
        if only_empty and await self.has_children(path):
            return NotEmpty(f"{name_of(path)} is not empty")
        return AccessDenied(str(error))

    async def has_children(self, path: EntryId) -> bool:
        """Whether the entry at *path* is a folder with something in it."""
        try:
            found = await self._api.listing(path, limit=1)
        except NotFound:
            return False
        return found is not None and found.page is not None and found.page.received > 0


def _matched(paths: Sequence[EntryId], nodes: Sequence[Node]) -> list[Node | None]:
    """What became of each path: the answers are in the same order, and may name the paths."""
    named = {node.path: node for node in nodes if node.path is not None}
    in_order = len(nodes) == len(paths)
    matched: list[Node | None] = []
    for number, path in enumerate(paths):
        node = named.get(path)
        if node is None and in_order and nodes[number].path not in paths:
            node = nodes[number]
        matched.append(node)
    return matched
