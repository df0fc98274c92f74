"""Properties that cost a request each (reference 3.17, 3.18, 3.22)."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cloudfs.errors import NotFound, Unsupported
from cloudfs.model import Entry
from cloudfs.providers.cloudike.comments import Comments
from cloudfs.providers.cloudike.filecalls import FileCalls
from cloudfs.providers.cloudike.particulars import FolderInfo
from cloudfs.providers.cloudike.sharecalls import ShareCalls
from cloudfs.providers.facets import Details

SIZES: Mapping[str, Callable[[FolderInfo], int | None]] = {
    "folder_size": lambda info: info.size,
    "folder_count": lambda info: info.items,
    "files_count": lambda info: info.files,
    "folders_count": lambda info: info.folders,
}


class CloudikeDetails(Details):
    """What is told on demand; lists are JSON."""

    names = frozenset({*SIZES, "collaborators", "link", "comments"})

    def __init__(self, files: FileCalls, shares: ShareCalls, comments: Comments) -> None:
        self._files = files
        self._shares = shares
        self._comments = comments
        self._tell: Mapping[str, Callable[[Entry], Awaitable[str | None]]] = {
            "collaborators": self._collaborators,
            "link": self._link,
            "comments": self._of_comments,
        }

    async def get(self, entry: Entry, name: str) -> str | None:
        if name in SIZES:
            return await self._size(entry, SIZES[name])
        tell = self._tell.get(name)
        return None if tell is None else await tell(entry)

    async def _size(self, entry: Entry, figure: Callable[[FolderInfo], int | None]) -> str | None:
        """Bytes or number of all below a folder, at any depth."""
        if not entry.is_folder:
            return None
        told = figure(await self._files.folder_info(entry.id))
        return None if told is None else str(told)

    async def _collaborators(self, entry: Entry) -> str | None:
        if "shared" not in entry.extra:
            return None
        return _json(
            [
                {
                    "login": person.login,
                    "name": person.name,
                    "owner": person.owner,
                    "writer": person.writer,
                    "status": person.status,
                }
                for person in await self._shares.collaborators(entry.id)
            ]
        )

    async def _link(self, entry: Entry) -> str | None:
        """What is agreed for the entry's public link."""
        public_hash = entry.extra.get("public_hash")
        if public_hash is None:
            return None
        try:
            terms = await self._shares.link_terms(public_hash)
        except NotFound:
            return None
        return _json(
            {
                "expires": None if terms.expires_ns is None else terms.expires_ns // 10**9,
                "password": terms.password,
                "uploads": terms.uploads,
                "download_max": terms.download_max,
                "download_count": terms.download_count,
            }
        )

    async def _of_comments(self, entry: Entry) -> str | None:
        try:
            comments = await self._comments.of(entry)
        except (NotFound, Unsupported):
            return None  # many installations have none
        return _json(
            [
                {"id": comment.id, "owner": comment.owner, "text": comment.text}
                for comment in comments
            ]
        )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
