"""The least a workload can cost: requests, and seconds on a line of given length and width.

Nobody can do with less unless the answers are known beforehand. Time is counted in round trips:
requests that need nothing of one another go side by side, `CONCURRENCY` at a time; bytes take
what the line's bandwidth gives. What the machines themselves need is taken as nothing.
"""

from dataclasses import dataclass
from math import ceil

CONCURRENCY = 16
PAGE = 1000  # entries in one answer of a recursive listing, and in one batch of deletions


@dataclass(frozen=True)
class Costs:
    """How many requests a service wants for one thing."""

    lists_trees: bool = False  # one listing answers for all below, in pages
    link: int = 0  # to get the address to read from
    upload: int = 1  # of a small file
    moves_folders: bool = True  # else every file is copied and deleted
    removes_folders: bool = True  # else deletions go in batches


COSTS = {
    "webdav": Costs(),
    "s3": Costs(lists_trees=True, moves_folders=False, removes_folders=False),
    "cloudike": Costs(link=1, upload=3),  # an upload: ticket, content, confirmation
}


@dataclass(frozen=True)
class Minimum:
    """What has to be asked of the service, whoever asks."""

    folders: int = 0  # to list
    entries: int = 0  # in them
    levels: int = 0  # of folders, each known by the listing above it
    reads: int = 0  # of a file, or a part of one
    one_file: bool = False  # all reads are of the same
    in_turn: bool = False  # no read can be foreseen before the one before it is done
    uploads: int = 0
    new_folders: int = 0
    new_levels: int = 0  # of folders, each made in the one above
    moved: int = 0  # files in the folder that is moved
    removed: int = 0  # files in the folder that is removed
    content: int = 0  # bytes of files, down or up

    def requests(self, costs: Costs) -> int:
        """How many requests, all in all."""
        return (
            self._listings(costs)
            + self._reading(costs)
            + self.uploads * costs.upload
            + self.new_folders
            + self._moving(costs)
            + self._removing(costs)
        )

    def seconds(self, costs: Costs, rtt: float, bandwidth: float) -> float:
        """How long, until the last of it is done."""
        trips = self._levels(costs) + self.new_levels
        if self.in_turn:
            trips += self._reading(costs)
        else:
            trips += (1 + costs.link) * bool(self.reads) + costs.upload * bool(self.uploads)
        if self.moved:
            trips += 1 if costs.moves_folders else 2
        trips += bool(self.removed)
        return rtt * max(trips, self.requests(costs) / CONCURRENCY) + self.content / bandwidth

    def _listings(self, costs: Costs) -> int:
        return ceil(self.entries / PAGE) if costs.lists_trees else self.folders

    def _levels(self, costs: Costs) -> int:
        return self._listings(costs) if costs.lists_trees else self.levels

    def _reading(self, costs: Costs) -> int:
        files = min(1, self.reads) if self.one_file else self.reads
        return self.reads + files * costs.link

    def _moving(self, costs: Costs) -> int:
        if not self.moved:
            return 0
        return 1 if costs.moves_folders else self.moved + ceil(self.moved / PAGE)

    def _removing(self, costs: Costs) -> int:
        if not self.removed:
            return 0
        return 1 if costs.removes_folders else ceil(self.removed / PAGE)
