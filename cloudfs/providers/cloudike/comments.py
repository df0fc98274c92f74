"""Comments on files and folders (reference 3.22)."""

from collections.abc import Sequence

from cloudfs.errors import InvalidRequest, Unsupported
from cloudfs.model import Entry
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.cloudike.particulars import Comment

# Addresses of other calls, which a comment on an entry of that path would be taken for.
MISTAKABLE = frozenset({"/edit", "/delete", "/update_task_status"})


class Comments:
    """What people write about entries."""

    def __init__(self, calls: FileCalls) -> None:
        self._calls = calls

    async def of(self, entry: Entry) -> Sequence[Comment]:
        """All comments on an entry. Raises NotFound."""
        return await self._calls.comments(entry.id)

    async def add(self, entry: Entry, text: str) -> None:
        """Write about an entry."""
        if entry.id in MISTAKABLE:
            raise Unsupported(f"the service cannot hold a comment on {entry.id}")
        await self._calls.comment(entry.id, _some(text))

    async def edit(self, comment: Comment, text: str) -> None:
        """Put *text* in the place of what a comment says."""
        await self._calls.edit_comment(comment.id, _some(text))

    async def remove(self, comment: Comment) -> None:
        """Remove a comment. Raises NotFound."""
        await self._calls.delete_comment(comment.id)


def _some(text: str) -> str:
    if not text.strip():
        raise InvalidRequest("a comment needs a text")
    return text
