"""Whether a file has certain bytes: read, since the service tells no checksum (reference 5)."""

from contextlib import aclosing

from cloudfs.errors import Changed, NotFound
from cloudfs.model import Content, Entry
from cloudfs.providers.cloud689.downloads import Downloads


async def holds(downloads: Downloads, entry: Entry, content: Content) -> bool:
    """Whether the file has exactly the bytes of *content*."""
    if entry.is_folder or entry.size != content.size:
        return False
    if content.size == 0:
        return True
    theirs, ours = bytearray(), bytearray()
    try:
        async with (
            downloads.fetch(downloads.link(entry), 0, content.size) as stream,
            aclosing(stream) as pieces,
            aclosing(content.read(0, content.size)) as expected,
        ):
            async for piece in pieces:
                theirs += piece
                while len(ours) < len(theirs):
                    ours += await anext(expected)
                if ours[: len(theirs)] != theirs:
                    return False
                del ours[: len(theirs)]
                theirs.clear()
    except (Changed, NotFound):
        return False
    return True
