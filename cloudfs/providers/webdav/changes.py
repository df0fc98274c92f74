"""What changed on Nextcloud or ownCloud, seen from ETags (reference 9).

A folder's ETag changes with anything below it, so one small request tells that nothing
happened. If something did, the top folders' ETags tell in which of them. The cursor is these
ETags.
"""

import json
from collections.abc import Mapping

from cloudfs.model import EntryId, News
from cloudfs.providers.facets import ChangeFeed
from cloudfs.providers.webdav.looking import Looking
from cloudfs.providers.webdav.paths import ROOT

MOST_FOLDERS = 1000  # more than these at the top are not told apart


class EtagChanges(ChangeFeed):
    """Changes below the base collection."""

    def __init__(self, looking: Looking) -> None:
        self._looking = looking

    async def cursor(self) -> str:
        return _cursor(await self._tags())

    async def since(self, cursor: str) -> News:
        before = _tags_in(cursor)
        root = await self._looking.stat(ROOT)
        if before and root.tag and before.get(ROOT) == root.tag:
            return News(cursor=cursor)
        now = await self._tags()
        if not before or ROOT not in now or len(now) > MOST_FOLDERS:
            return News(cursor=_cursor(now), everything=True)
        trees = frozenset(
            EntryId(folder)
            for folder, tag in now.items()
            if folder != ROOT and before.get(folder) != tag
        )
        return News(cursor=_cursor(now), folders=frozenset({ROOT}), trees=trees)

    async def _tags(self) -> Mapping[str, str]:
        entries, tag = await self._looking.children(ROOT)
        tags: dict[str, str] = {
            entry.id: entry.tag for entry in entries if entry.is_folder and entry.tag
        }
        return {**tags, ROOT: tag} if tag else {}


def _cursor(tags: Mapping[str, str]) -> str:
    kept = tags if len(tags) <= MOST_FOLDERS else {ROOT: tags[ROOT]}
    return json.dumps(kept, sort_keys=True)


def _tags_in(cursor: str) -> Mapping[str, str]:
    try:
        tags = json.loads(cursor)
    except ValueError:
        return {}
    return tags if isinstance(tags, dict) else {}
