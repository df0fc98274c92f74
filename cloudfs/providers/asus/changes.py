"""What changed in the sync folders: a number for each, another one after every change (3.16).

It is told for the sync tree only, and not what changed; the calls that tell more keep silent
about deletions and about folders, so they are of no use here.
"""

import json

from cloudfs.model import News
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.places import Places
from cloudfs.providers.facets import ChangeFeed


class AsusChanges(ChangeFeed):
    """The change sequences of one account. A cursor holds those seen last."""

    def __init__(self, api: Api, places: Places, *, interval: float) -> None:
        self._api = api
        self._places = places
        self.interval = interval  # seconds between two questions

    async def cursor(self) -> str:
        return _cursor(dict(await self._api.getallchangeseq()))

    async def since(self, cursor: str) -> News:
        before = _parsed(cursor)
        now = dict(await self._api.getallchangeseq())
        after = _cursor(now)
        if before is None or before.keys() != now.keys():
            return News(cursor=after, everything=True, trash=True)
        if any(now[folder] < sequence for folder, sequence in before.items()):
            return News(cursor=after, everything=True, trash=True)
        changed = [folder for folder, sequence in now.items() if sequence != before[folder]]
        if not changed:
            return News(cursor=after)
        top = await self._places.root()
        shown = next((number for number in changed if top.id == f"d{number}"), None)
        if shown is None and top.id in {f"d{number}" for number in now}:
            return News(cursor=after, trash=True)  # in a folder beside the one that is shown
        return News(cursor=after, trees=frozenset({top.id}), trash=True)


def _cursor(sequences: dict[str, int]) -> str:
    return json.dumps(sequences, sort_keys=True)


def _parsed(cursor: str) -> dict[str, int] | None:
    try:
        return {str(folder): int(sequence) for folder, sequence in json.loads(cursor).items()}
    except (ValueError, TypeError, AttributeError):
        return None
