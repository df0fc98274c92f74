"""Changing the times of an entry, and nothing else about it (reference 3.5.6)."""

from dataclasses import replace

from cloudfs.errors import InvalidRequest, Unsupported
from cloudfs.model import Entry
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.attributes import Attribute
from cloudfs.providers.asus.entries import Entries
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.statuses import GeneralError
from cloudfs.providers.asus.wire import Described


class Times:
    """Sets times, unless the service turns out to have no call for it."""

    def __init__(self, api: Api, entries: Entries, *, offered: bool) -> None:
        self._api = api
        self._entries = entries

        # Changing.
        self.offered = offered

    async def set_written(self, entry: Ref, described: Described, seconds: int) -> Entry:
        """Set the time of the last modification of an entry that was just looked at.

        Raises Unsupported if the service cannot, and then does not try again.
        """
        if not self.offered:
            raise Unsupported("the service does not let times be changed")
        attribute = (described.attribute or Attribute()).timed(written=seconds)
        try:
            await self._api.updateattribute(entry, described, attribute)
        except (InvalidRequest, Unsupported, GeneralError) as error:
            # A general error has been tried several times by now.
            self.offered = False
            raise Unsupported("the service does not let times be changed") from error
        changed = replace(described, attribute=attribute, modified_ns=None)
        return self._entries.entry(changed, entry)
