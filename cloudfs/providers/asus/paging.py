"""The course of a listing over its pages, with the traps of reference 3.1.

An empty folder answers page 0, a page past the end is the last one again, and the folder may
change between two pages: then entries come twice, or an entry slips through between them.
"""

from cloudfs.providers.asus.wire import Described, Listing


class Course:
    """Which page comes next, and what is new on it."""

    def __init__(self) -> None:
        self.page = 1  # to ask for next
        self.ended = False
        self.shifted = False  # has the folder changed since the first page?
        self.total: int | None = None  # entries that the first page told of

        # Changing. Entries that cannot be shown are counted, as the service counts them.
        self._seen: set[tuple[bool, str]] = set()
        self._left_out = 0

    def fresh(self, listing: Listing) -> list[Described]:
        """What *listing*, the page that was asked for, tells of for the first time."""
        if self.page == 1:
            self.total = listing.total
        elif None not in (listing.total, self.total) and listing.total != self.total:
            self.shifted = True
        found = []
        for described in listing.entries:
            key = (described.is_folder, described.number)
            if key not in self._seen:
                self._seen.add(key)
                found.append(described)
        self._left_out += listing.received - len(listing.entries)
        other_page = listing.page != self.page
        nothing_new = not found and listing.received == len(listing.entries)
        self.ended = not listing.more or other_page or nothing_new
        if self.ended and self.page > 1 and self.total is not None:
            self.shifted |= len(self._seen) + self._left_out != self.total
        self.page += 1
        return found
