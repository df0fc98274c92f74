"""Whether a file on the service has certain bytes.

The service keeps no checksums, so after a lost answer only the bytes themselves tell whether an
upload arrived, or somebody else stored a file of the same size. It is seldom needed.
"""

from contextlib import aclosing

from cloudfs.model import Content, Entry, Pieces
from cloudfs.providers.podspace.downloads import Downloads


async def holds(downloads: Downloads, entry: Entry, content: Content) -> bool:
    """Whether the file has exactly the bytes of *content*."""
    if entry.is_folder or entry.size != content.size:
        return False
    if content.size == 0:
        return True
    link = await downloads.link(entry)
    async with (
        downloads.fetch(link, 0, content.size) as theirs,
        aclosing(content.read(0, content.size)) as ours,
    ):
        return await _same(theirs, ours)


async def _same(theirs: Pieces, ours: Pieces) -> bool:
    """Whether two streams of the same length give the same bytes.

    Both are read to their end: a download that is broken off costs its connection.
    """
    same = True
    rest = b""
    async for piece in theirs:
        at = 0
        while at < len(piece):
            rest = rest or await anext(ours)
            length = min(len(rest), len(piece) - at)
            same = same and rest[:length] == piece[at : at + length]
            rest = rest[length:]
            at += length
    return same
