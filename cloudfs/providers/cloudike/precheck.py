"""What a move or copy would meet, asked without making it (reference 3.8.3).

The drive does without: an upload announces its size before its bytes are sent, a move or copy
is refused by the same rules, and each costs no request more.
"""

from collections.abc import Sequence

from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.cloudike.particulars import Foresight


class Prechecks:
    """Asks on behalf of a person who wants to know."""

    def __init__(self, calls: FileCalls) -> None:
        self._calls = calls

    async def of(self, entries: Sequence[Entry], folder_id: EntryId) -> Foresight:
        """What bringing *entries* into the folder would meet; for none, a new entry there.

        Raises what the move would be refused with: NotAFolder, InvalidRequest for a folder into
        itself, busy for a share into another one.
        """
        return await self._calls.precheck([entry.id for entry in entries], folder_id)
