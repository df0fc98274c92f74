"""What is told of a file along with its bytes: its time and its checksum (reference 5)."""

from email.utils import formatdate

from cloudfs.model import Content
from cloudfs.providers.webdav.server import SECOND


def time_stamp(content: Content, header: str) -> dict[str, str]:
    """The time of *content* in that header: a date in Date, seconds since 1970 in others."""
    seconds = content.modified_ns // SECOND
    if seconds < 0:
        return {}
    return {header: formatdate(seconds, usegmt=True) if header == "Date" else str(seconds)}


async def checksum_stamp(content: Content) -> dict[str, str]:
    """The SHA-1 of *content*, which Nextcloud keeps and tells, and ownCloud checks."""
    checksum = await content.checksum("sha1")
    return {"OC-Checksum": f"SHA1:{checksum.digest}"}
