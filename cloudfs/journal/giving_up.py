"""What a person may do about changes that the service does not take.

Giving a change up brings the file or folder back to what the service has; saving it elsewhere
before loses nothing.
"""

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import trio

from cloudfs.content.drafts import BaseLost, Snapshot
from cloudfs.errors import InvalidRequest
from cloudfs.journal.changes import Change
from cloudfs.journal.journal import Journal
from cloudfs.model import InodeNumber
from cloudfs.tree.listings import Listings
from cloudfs.tree.nodes import Node, Tree

PARTIAL = ".partial"  # ends the name of a file of which only parts could be saved


async def give_up(journal: Journal, tree: Tree, listings: Listings, change: Change) -> None:
    """Forget a change, and all that waits below a new folder.

    Raises InvalidRequest if it is being carried out, or a program still writes to the file.
    """
    node = tree.known(change.number)
    places = {change.parent} | ({change.origin[0]} if change.origin is not None else set())
    if change.removed or node is None or node.parent is None:
        _check_idle([change])
        await journal.dissolve([change])
    else:
        below = list(node.tree())
        changes = [found for each in below if (found := journal.change(each)) is not None]
        _check_idle(changes)
        if any(each.writers for each in below):
            raise InvalidRequest(f"a program has {node.path()} open for writing")
        await journal.dissolve(changes)
        for each in below:
            journal.closed(each)
        listings.take_out(node)
    for number in places:
        if (folder := tree.known(number)) is not None:
            listings.expire(folder)
            folder.listing.tag = None


async def save_elsewhere(tree: Tree, changes: Sequence[Change], target: Path) -> list[Path]:
    """Write what waits in *changes* below the folder *target*; the files that were written.

    Files there are not overwritten: FileExistsError. A file whose other parts cannot be had is
    saved with zeros in their place, and its name says so.
    """
    saved = []
    for change in changes:
        draft = change.draft
        if not change.content or draft is None:
            continue
        path = target / _path(tree, change)
        await trio.to_thread.run_sync(lambda at: at.mkdir(parents=True, exist_ok=True), path.parent)
        snapshot = draft.snapshot()
        try:
            saved.append(await _write(path, snapshot))
        finally:
            snapshot.release()
    return saved


def _check_idle(changes: Sequence[Change]) -> None:
    busy = next((change for change in changes if change.running), None)
    if busy is not None:
        raise InvalidRequest(f"{busy.name!r} is being brought to the service at this moment")


def _path(tree: Tree, change: Change) -> Path:
    folder: Node | None = tree.known(InodeNumber(change.parent))
    above = folder.path().strip("/") if folder is not None else ""
    return Path(above) / change.name


async def _write(path: Path, snapshot: Snapshot) -> Path:
    try:
        await _copy(path, snapshot)
    except BaseLost:
        await trio.Path(path).unlink()
        path = path.with_name(path.name + PARTIAL)
        await _copy(path, snapshot.alone())
    return path


async def _copy(path: Path, snapshot: Snapshot) -> None:
    async with (
        await trio.open_file(path, "xb") as file,
        aclosing(snapshot.read(0, snapshot.size)) as pieces,
    ):
        async for piece in pieces:
            await file.write(piece)
