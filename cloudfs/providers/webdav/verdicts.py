"""What an ambiguous refusal means, found out by looking (reference 5, 6).

For one and the same mistake servers answer differently: a missing parent is 409, 404, 403 or
500. So after such a status, and only then, the server is asked what is there.
"""

from cloudfs.errors import (
    AlreadyExists,
    Changed,
    CloudError,
    IsAFolder,
    NotAFolder,
    NotFound,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.webdav.looking import Looking
from cloudfs.providers.webdav.statuses import refusal

AMBIGUOUS = frozenset({400, 403, 404, 405, 409, 412, 500})


async def check_unchanged(looking: Looking, entry: Entry) -> None:
    """Raise NotFound if the entry is gone, Changed if it is at another version."""
    now = await looking.stat(entry.id)
    if now.is_folder and not entry.is_folder:
        raise IsAFolder(f"{entry.name} is a folder now")
    if entry.is_folder and not now.is_folder:
        raise NotAFolder(f"{entry.name} is a file now")
    if now.version != entry.version:
        raise Changed(f"{entry.name} has changed on the server")


async def why_not_placed(
    looking: Looking, status: int, target: EntryId, what: str, *, replacing: Entry | None = None
) -> CloudError:
    """The error to raise when something could not be put at *target*."""
    if status not in AMBIGUOUS:
        return refusal(status, what)
    found = await looking.stat_or_none(target)
    if found is None:
        return await why_nothing_placed(looking, status, target, what)
    if replacing is None:
        return AlreadyExists(f"{found.name} exists")
    if found.is_folder and not replacing.is_folder:
        return IsAFolder(f"{found.name} is a folder")
    return refusal(status, what)


async def why_nothing_placed(
    looking: Looking, status: int, target: EntryId, what: str
) -> CloudError:
    """The same for a target that has no namesake to stand in the way."""
    if status in AMBIGUOUS:
        try:
            await looking.require_parent(target)
        except (NotFound, NotAFolder) as error:
            return error
    return refusal(status, what)
