"""What statfs(2) tells, from what a service tells of its space."""

import pytest

from cloudfs.model import Quota
from cloudfs.operations.space import UNLIMITED, Room, Space
from cloudfs.providers.memory import MemoryProvider

GIB = 1 << 30


@pytest.mark.parametrize(
    ("told", "room"),
    [
        (Quota(total=10 * GIB, used=3 * GIB, free=6 * GIB), Room(10 * GIB, 6 * GIB)),
        (Quota(total=10 * GIB, used=3 * GIB), Room(10 * GIB, 7 * GIB)),
        (Quota(total=10 * GIB), Room(10 * GIB, 10 * GIB)),
        (Quota(total=10 * GIB, used=12 * GIB), Room(10 * GIB, 0)),
        (Quota(total=10 * GIB, free=12 * GIB), Room(10 * GIB, 10 * GIB)),
        (Quota(), Room(UNLIMITED, UNLIMITED)),
        (Quota(used=3 * GIB), Room(UNLIMITED + 3 * GIB, UNLIMITED)),
        (Quota(used=3 << 50), Room(4 << 50, UNLIMITED)),
        (Quota(free=6 * GIB), Room(6 * GIB, 6 * GIB)),
        (Quota(used=3 * GIB, free=6 * GIB), Room(9 * GIB, 6 * GIB)),
        (Quota(used=3 * GIB, free=-1), Room(3 * GIB - 1, 0)),
    ],
)
async def test_what_is_not_told_is_not_taken_for_full_or_used(
    told: Quota, room: Room, monkeypatch: pytest.MonkeyPatch
):
    async def quota(_: MemoryProvider) -> Quota:
        return told

    monkeypatch.setattr(MemoryProvider, "quota", quota)
    space = Space(MemoryProvider())
    assert space.room() == Room(UNLIMITED, UNLIMITED)
    await space.ask()
    assert space.room() == room
