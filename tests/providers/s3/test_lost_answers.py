"""Any answer may be lost: what was asked for is done all the same, once repeated, and no more."""

import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import pytest

from cloudfs.errors import NotFound, TransientError
from cloudfs.model import Entry, EntryId, Kind
from tests.providers.s3.store import BUCKET, Store, provider_for
from tests.support import BytesContent, listing

ROOT = EntryId("/")


class Unreliable:
    """A store behind a line that drops every so many answers, or requests."""

    def __init__(self, store: Store, luck: random.Random) -> None:
        self.store = store
        self.luck = luck
        self.bad = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.bad and self.luck.random() < 0.15:
            raise httpx.ConnectError("no connection")
        reply = await self.store(request)
        if self.bad and self.luck.random() < 0.25:
            raise httpx.ReadError("the answer was lost")
        return reply


async def insisting(attempt: Callable[[], Awaitable[Any]], done: type[Exception] | None = None):
    """What the journal does: the same again, until there is an answer."""
    for number in range(40):
        try:
            return await attempt()
        except TransientError:
            continue
        except NotFound:
            if done is NotFound and number:
                return None
            raise
    raise AssertionError("it never worked")


@pytest.mark.parametrize("versioning", ["", "Enabled"])
@pytest.mark.parametrize("seed", range(20))
async def test_whatever_is_lost_everything_is_done(
    seed: int, versioning: str, autojump_clock: object
):
    luck = random.Random(seed)
    store = Store(versioning=versioning, conditions=seed % 3 != 0)
    line = Unreliable(store, luck)
    provider = provider_for(line, dir_rename=True, mtime="meta")
    await provider.open()
    folders = [ROOT, (await provider.create_folder(ROOT, "folder")).id]
    line.bad = True
    model: dict[str, bytes] = {}
    entries: dict[str, Entry] = {}
    for step in range(25):
        what = luck.choice(["create", "create", "replace", "move", "over", "remove"])
        folder, name = luck.choice(folders), f"n{step}"
        if what == "create" or len(entries) < 2:
            content = BytesContent(f"{step}".encode() * 3)
            entry = await insisting(partial(provider.upload, folder, name, content))
            model[entry.id] = content.data
            entries[entry.id] = entry
            continue
        one, two = (entries[i] for i in luck.sample(sorted(entries), 2))
        if what == "replace":
            content = BytesContent(f"{step}".encode() * 4)
            entry = await insisting(
                partial(provider.upload, ROOT, one.name, content, replacing=one)
            )
            model[entry.id] = content.data
        elif what == "remove":
            await insisting(partial(provider.remove, one), NotFound)
            del model[one.id], entries[one.id]
            continue
        else:
            over = two if what == "over" else None
            target = (over.parent_id, over.name) if over else (folder, name)
            entry = await insisting(partial(provider.move, one, *target, replacing=over), NotFound)
            if entry is None:  # the last answer was lost: what was moved is gone from there
                entry = await insisting(partial(provider.find, *target))
            model[entry.id] = model.pop(one.id)
            del entries[one.id]
        entries[entry.id] = entry
    line.bad = False
    assert {f"/{key}": data for key, data in store.objects.items()} == model
    found = {e.id: e for f in folders for e in (await listing(provider, f)).values()}
    found = {i: e.version for i, e in found.items() if not e.is_folder}
    assert found == {i: e.version for i, e in entries.items()}
    assert not any(".cloudfs" in key for key in store.objects)
    if versioning:
        assert set(store.keys[BUCKET]) >= {i[1:] for i in model}


@pytest.mark.parametrize("versioning", ["", "Enabled"])
@pytest.mark.parametrize("seed", range(15))
async def test_a_folder_arrives_whole(seed: int, versioning: str, autojump_clock: object):
    luck = random.Random(seed)
    store = Store(versioning=versioning)
    wanted = {f"{number}/{number}": bytes(number) for number in range(6)}
    for key, data in wanted.items():
        store.put(f"source/{key}", data)
    line = Unreliable(store, luck)
    provider = provider_for(line, dir_rename=True)
    await provider.open()
    folder = await provider.stat(EntryId("/source"))
    line.bad = True
    moved = await insisting(partial(provider.move, folder, ROOT, "target"), NotFound)
    if moved is None:
        moved = await insisting(partial(provider.find, ROOT, "target"))
    assert store.objects == {f"target/{key}": data for key, data in wanted.items()}
    await insisting(partial(provider.remove, moved, recursive=True), NotFound)
    assert store.objects == {}
    assert store.markers == set()
    if provider.trash is not None:
        line.bad = False
        # Copies of an attempt that was given up may be in the bin, too.
        items = [item async for page in provider.trash.items() for item in page]
        (item,) = (item for item in items if item.kind is Kind.FOLDER)
        line.bad = True
        await insisting(partial(provider.trash.restore, item), NotFound)
        assert len(store.objects) == len(wanted)
