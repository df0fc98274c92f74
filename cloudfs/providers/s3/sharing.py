"""Public links: presigned addresses, which end by themselves (reference 2).

The store knows nothing of them, so they can neither be listed nor taken back.
"""

import time
from collections.abc import Sequence

from cloudfs.errors import InvalidRequest, IsAFolder, Unsupported
from cloudfs.model import Entry, Share
from cloudfs.providers.facets import Sharing
from cloudfs.providers.s3.connection import Connection
from cloudfs.providers.s3.keys import Layout
from cloudfs.providers.s3.signing import LONGEST_LIFE
from cloudfs.providers.s3.wire import SECOND


class PresignedSharing(Sharing):
    """Links to single files, good for a week at most."""

    expiry = True

    def __init__(self, connection: Connection, layout: Layout) -> None:
        self._connection = connection
        self._layout = layout

    async def create(
        self,
        entry: Entry,
        *,
        password: str | None = None,
        expires_ns: int | None = None,
        edit: bool = False,
        members: Sequence[str] = (),
    ) -> Share:
        if entry.is_folder:
            raise IsAFolder("only files can be shared")
        if password is not None or edit or members:
            raise Unsupported("whoever has the link can read the file, and that is all there is")
        now = time.time()
        life = LONGEST_LIFE if expires_ns is None else int(expires_ns / SECOND - now)
        if life > LONGEST_LIFE:
            raise Unsupported("a link is good for seven days at most")
        if life < 1:
            raise InvalidRequest("the link would have ended already")
        url = self._connection.presigned(self._layout.object(entry.id), (), life)
        return Share(
            id=entry.id,
            entry_id=entry.id,
            name=entry.name,
            url=url,
            expires_ns=int((now + life) * SECOND),
        )

    async def shares(self, entry: Entry | None = None) -> Sequence[Share]:  # noqa: ARG002
        return []  # the store keeps no record of what was signed

    async def remove(self, share: Share) -> None:
        raise Unsupported(f"the link to {share.name} ends by itself, and not before")
